"""One upload of a Dask frame: partition after partition, so that the rows of a person keep their order."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas import _interruptions
from ct_pandas._account import Account
from ct_pandas._limits import Limits
from ct_pandas._records import provenance
from ct_pandas._records.identity import Person
from ct_pandas._records.keywords import Keywords
from ct_pandas._records.outgoing import outgoing
from ct_pandas._records.pieces import Pieces
from ct_pandas._records.times import Times
from ct_pandas._upload import upload
from ct_pandas._upload.ledger import HELD_BACK, Ledger, State
from ct_pandas._upload.report import UploadReport
from ct_pandas._upload.upload import Order
from ct_pandas._validate.findings import table
from ct_pandas.dask._partitions import Partitions
from ct_pandas.dask._report import PartitionedReport
from ct_pandas.errors import UploadError, UploadInterrupted, UploadWarning, ValidationError

NOT_BEGUN = "stopped before this partition"
_BLOCKING = (State.STOPPED, State.INVALID, State.HELD, State.UNKNOWN)


@dataclass
class Part:
    """One partition of an upload: the state of each of its rows, and why."""

    number: int
    index: pd.Index
    ledger: Ledger
    found: pd.DataFrame | None = None
    frame: pd.DataFrame | None = None
    begun: bool = False
    report: UploadReport | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether every row was accepted or had nothing to send."""
        return bool(self.ledger.where(State.ACCEPTED, State.NOTHING).all())

    @property
    def wanted(self) -> npt.NDArray[np.bool_]:
        """The rows that another run would send."""
        left = self.ledger.where(State.STOPPED, State.HELD)
        return np.asarray(left | (self.ledger.where(State.UNKNOWN) & self.ledger.safe))

    def keep(self, report: UploadReport) -> None:
        """Keep what became of the rows; the rows themselves only where something is left to do."""
        self.begun = True
        self.ledger, self.found = report._ledger, report._found  # noqa: SLF001  (one report made of many)
        self.report = None if self.ok else report
        self.frame = None if self.ok else self.frame


class Sending:
    """An upload that can be gone on with.

    Parameters
    ----------
    partitions
        What is sent.
    keywords
        What becomes of the columns.
    account
        Where it goes.
    named
        Whether the caller named the account.
    options
        The other keywords of an upload.
    """

    def __init__(
        self,
        partitions: Partitions,
        keywords: Keywords,
        account: Account,
        *,
        named: bool,
        options: dict[str, Any],
    ) -> None:
        self.partitions, self.keywords, self.account = partitions, keywords, account
        self._named, self.options = named, options
        self.parts: list[Part] = []

    @property
    def dry_run(self) -> bool:
        """Whether the server only judges."""
        return bool(self.options.get("dry_run"))

    def run(self) -> PartitionedReport:
        """Look at all partitions where they are, then send them from here."""
        Order(pd.DataFrame(), self.keywords, self.account, **self.options)  # checks them
        known = self.account.timezone, self.account.limits
        problems: list[pd.DataFrame] = []
        for number, (index, found) in enumerate(self.partitions.each(_look, self.keywords, *known)):
            ledger = Ledger(len(index))
            ledger.mark(slice(None), State.STOPPED, None, NOT_BEGUN)
            self.parts.append(Part(number, index, ledger))
            problems.append(found.assign(partition=number))
        self._refuse(pd.concat(problems, ignore_index=True))
        return self.go()

    def go(self, mended: dict[int, pd.DataFrame] | None = None) -> PartitionedReport:
        """Send what is left of each partition, in order."""
        mended = mended or {}
        held: set[Person] = set()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UploadWarning)  # one for all partitions follows
            for part in self.parts:
                if part.number in mended and part.report is not None:
                    part.keep(part.report.retry(mended[part.number]))
                elif len(part.index) and part.wanted.any():
                    self._go(part, held)
                if part.report is not None:
                    held |= self._people(part, np.flatnonzero(part.ledger.where(*_BLOCKING)))
        report = PartitionedReport(self)
        report.warn()
        return report

    def _go(self, part: Part, held: set[Person]) -> None:
        part.frame = self.partitions.frame(part.number) if part.frame is None else part.frame
        provenance.guard(part.frame, self.account, named=self._named)
        ledger, wanted = part.ledger.copy(), part.wanted
        if held:
            rows = np.flatnonzero(wanted)
            late = rows[[person in held for person in self._everybody(part, rows)]]
            ledger.mark(late, State.HELD, None, HELD_BACK)
            wanted[late] = False
        order = Order(part.frame, self.keywords, self.account, **self.options)
        try:
            part.keep(upload._Run(order, ledger, part.found).go(wanted))  # noqa: SLF001
        except (UploadError, UploadInterrupted) as stop:
            part.keep(stop.report)
            raise self._stopped(stop) from None
        except ValidationError as nobody:  # no id in the whole partition
            ledger.mark(slice(None), State.INVALID, None, "invalid: no id in any row of the partition")
            part.begun, part.ledger, part.found = True, ledger, nobody.problems

    def _stopped(self, stop: UploadError | UploadInterrupted) -> UploadError | UploadInterrupted:
        """Say of the whole upload what stopped one partition."""
        report = PartitionedReport(self)
        mine = type(stop)(
            f"The upload stopped in a partition. {stop} In all: {report.sentence()}", report=report
        )
        if isinstance(stop, UploadError) and isinstance(mine, UploadError):
            mine.status, mine.code, mine.retryable = stop.status, stop.code, stop.retryable
        report.stopped_by = mine
        _interruptions.remember(mine)
        return mine

    def _people(self, part: Part, rows: npt.NDArray[np.int64]) -> set[Person]:
        return {person for person in self._everybody(part, rows) if person is not None}

    def _everybody(self, part: Part, rows: npt.NDArray[np.int64]) -> list[Person | None]:
        """Say whose rows these are."""
        if part.frame is None:
            return []
        pieces = Pieces(outgoing(part.frame, self.keywords), Times(self.account.timezone))
        return [person for piece in pieces.cut(rows) for person in piece.people.everybody()]

    def _refuse(self, found: pd.DataFrame) -> None:
        """Send nothing where something would be refused, unless the caller wants the rest sent."""
        if not len(found) or self.options.get("invalid", "raise") != "raise":
            return
        rows = len(found[["partition", "position"]].drop_duplicates())
        raise ValidationError(
            f"{rows:,} rows would be refused, so nothing was sent. All of them are in .problems of this "
            'error, by partition and position; mend them, or say invalid="skip" to send the rest or '
            'invalid="send" to let CleverTap judge.',
            problems=found,
        )


def _look(
    frame: pd.DataFrame, keywords: Keywords, timezone: str | None, limits: Limits
) -> tuple[pd.Index, pd.DataFrame]:
    """Look at a partition on its worker: its labels and its problems. Nothing is sent from there."""
    pieces = Pieces(outgoing(frame, keywords), Times(timezone))
    return frame.index, table(upload.check(pieces, limits).found, frame.index)
