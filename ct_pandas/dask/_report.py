"""What became of every row of a Dask frame, by partition and position."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from ct_pandas import _interruptions, _warnings
from ct_pandas._faces import NO_FORMULAS
from ct_pandas._shown import counted
from ct_pandas._upload.ledger import STATUSES
from ct_pandas.errors import ClevertapError, UploadError, UploadWarning

if TYPE_CHECKING:
    from ct_pandas.dask._parts import Part
    from ct_pandas.dask._sending import Sending


class PartitionedReport:
    """The outcome of ``ddf.clevertap.upload()``, as of the same upload of a frame in memory.

    Attributes
    ----------
    counts
        How many rows are accepted, refused, not sent or unknown; they add up to the rows of the frame.
    rows
        ``partition``, ``position`` in it, ``status``, ``code``, ``reason``, ``request``, under the frame's
        own labels.
    problems
        Why, for every row to look at, with its partition.
    failed, unknown
        The original rows that did not arrive, or were sent and not answered.
    ok
        Whether every row was accepted or had nothing to send.
    """

    stopped_by: BaseException | None = None

    def __init__(self, sending: Sending) -> None:
        self._sending: Sending | None = sending
        self._parts = [dataclasses.replace(part) for part in sending.parts]
        self.account: str = sending.account.account_id
        self.region: str = sending.account.place
        self.dry_run: bool = sending.dry_run
        self.kind: str = sending.keywords.kind

    @property
    def counts(self) -> dict[str, int]:
        """How many rows ended in which status."""
        each = [part.ledger.counts() for part in self._parts]
        return {status: sum(counts[status] for counts in each) for status in STATUSES}

    @property
    def rows(self) -> pd.DataFrame:
        """Status, code, reason and request of every row, by partition and position."""
        return self._joined(lambda part: part.ledger.table(part.index))

    @property
    def problems(self) -> pd.DataFrame:
        """What is wrong, for every row to look at."""
        return self._joined(lambda part: part.report.problems if part.report else part.found, position=False)

    @property
    def failed(self) -> pd.DataFrame:
        """The original rows that were refused, stopped, held back or invalid, where it began."""
        return self._joined(lambda part: part.report.failed if part.report else None, named=False)

    @property
    def unknown(self) -> pd.DataFrame:
        """The original rows that were sent and not answered."""
        return self._joined(lambda part: part.report.unknown if part.report else None, named=False)

    @property
    def ok(self) -> bool:
        """Whether every row was accepted or had nothing to send."""
        return all(part.ok for part in self._parts)

    def retry(self, mended: pd.DataFrame | Mapping[int, pd.DataFrame] | None = None) -> PartitionedReport:
        """Send what is left, with the same keywords; the new report is again about the whole frame.

        Parameters
        ----------
        mended
            Rows of ``.failed`` that you put right, under their own labels; where several partitions have a
            label, by partition: ``{3: rows}``. They are sent, and what they held back. Left out: what was
            stopped is sent, what is unknown where sending twice is the same as sending once, and what these
            held back.

        Raises
        ------
        ValidationError
            If the mended rows do not belong to this report, or are still invalid; nothing is sent then.
        UploadError, UploadInterrupted
            As the upload itself.
        """
        if self._sending is None:
            raise ClevertapError(
                "A report can only be retried in the process that made it, and this one is a copy."
            )
        report = self._sending.go(mended)
        if self.stopped_by is not None:
            _interruptions.forget(self.stopped_by)
        return report

    def raise_if_failed(self) -> None:
        """Raise ``UploadError`` unless every row was accepted or had nothing to send."""
        if not self.ok:
            raise UploadError(self.sentence(), report=self)

    def warn(self) -> None:
        """Warn once if anything was not accepted."""
        if not self.ok:
            _warnings.warn(f"{self.sentence()} See report.problems.", UploadWarning)

    def sentence(self) -> str:
        """Say in a line what became of the rows."""
        counts = self.counts
        dry = "Dry run: " if self.dry_run else ""
        others = [
            f"{counts[status]:,} {status.replace('_', ' ')}" for status in STATUSES[1:] if counts[status]
        ]
        total = f"{counts['accepted']:,} of {counted(sum(counts.values()), self.kind)} accepted"
        parts = counted(len(self._parts), "partition")
        rest = f"; {', '.join(others)}" if others else ""
        return f"{dry}{total} by {self.account} ({self.region}), {parts}{rest}."

    def __getstate__(self) -> dict[str, Any]:
        """Travel to another process as a record: what could send again holds the passcode."""
        return vars(self) | {"_sending": None, "stopped_by": None}

    def __repr__(self) -> str:
        return f"<PartitionedReport: {self.sentence()}>"

    def _repr_html_(self) -> str:
        return f'<p class="{NO_FORMULAS}">{escape(self.sentence())}</p>'

    def _joined(
        self, of: Callable[[Part], pd.DataFrame | None], *, position: bool = True, named: bool = True
    ) -> pd.DataFrame:
        """Put tables of all partitions under one another, with the number of each."""
        found: list[pd.DataFrame] = []
        for part in self._parts:
            table: Any = of(part)
            if table is None or (not len(table) and found):
                continue
            table = table.copy(deep=False)
            if named and position:
                table.insert(0, "position", range(len(table)))
            if named:
                table.insert(0, "partition", part.number)
            found.append(table)
        return pd.concat(found) if found else pd.DataFrame()
