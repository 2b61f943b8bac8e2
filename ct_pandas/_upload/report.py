"""What became of every row of an upload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas import _interruptions, _warnings
from ct_pandas._faces import coded
from ct_pandas._records import rules
from ct_pandas._records.outgoing import Outgoing, same_label
from ct_pandas._shown import counted
from ct_pandas._upload.ledger import STATUSES, Ledger, State, code_array
from ct_pandas._upload.report_html import html, text
from ct_pandas._validate.findings import COLUMNS, labels
from ct_pandas.errors import ClevertapError, UploadError, UploadWarning

_RETRY = "report.retry() sends it again"
_LOOK = "check whether it arrived before you send it again: sent twice, it would count twice"
_AFTER = (
    "report.retry() sends it after the earlier row of the same person; if no retry sends that "
    "one, check whether it arrived, then upload this one in a new upload"
)


class UploadReport:
    """The outcome of an upload, row by row. Made by the uploads of ``df.clevertap``, never by hand.

    Every row of the frame ends in exactly one status: ``accepted``, ``refused`` (CleverTap said why),
    ``not_sent`` (stopped, invalid, held back, or nothing to send) or ``unknown`` (sent, no answer).

    Attributes
    ----------
    counts
        How many rows ended in which of the four; they add up to ``len(df)``.
    rows
        ``status``, ``code``, ``reason`` and ``request`` of every row, under the frame's own index.
    problems
        What is wrong, for every row to look at: ``position``, ``row``, ``column``, ``code``,
        ``reason``, ``value``, ``fix``.
    failed
        The original rows that were refused, stopped, held back or invalid.
    unknown
        The original rows that were sent and not answered.
    ok
        Whether every row was accepted or had nothing to send.
    account, region
        Where the rows went.
    dry_run
        Whether CleverTap only judged the rows and stored nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> df = pd.DataFrame({"identity": ["a-1", "a-2"], "plan": ["gold", None]})
    >>> report = df.clevertap.upload(progress=False)
    >>> report.counts
    {'accepted': 1, 'refused': 0, 'not_sent': 1, 'unknown': 0}
    >>> report.rows["reason"].tolist()[1]
    'nothing to send'
    """

    stopped_by: BaseException | None = None

    def __init__(
        self,
        going: Outgoing,
        ledger: Ledger,
        found: pd.DataFrame | None,
        order: Any,
        again: Callable[[pd.DataFrame | None], UploadReport],
    ) -> None:
        self._going, self._ledger, self._found, self._again = going, ledger, found, again
        self._problems: pd.DataFrame | None = None
        self.account: str = order.account.account_id
        self.region: str = order.account.place
        self.dry_run: bool = order.dry_run
        self.kind: str = going.kind

    @property
    def counts(self) -> dict[str, int]:
        """How many rows ended in which status."""
        return self._ledger.counts()

    @property
    def rows(self) -> pd.DataFrame:
        """Status, code, reason and request of every row."""
        return self._ledger.table(self._going.frame.index)

    @property
    def failed(self) -> pd.DataFrame:
        """The original rows that were refused, stopped, held back or invalid."""
        states = (State.REFUSED, State.STOPPED, State.HELD, State.INVALID)
        return self._going.frame.iloc[np.flatnonzero(self._ledger.where(*states))]

    @property
    def unknown(self) -> pd.DataFrame:
        """The original rows that were sent and not answered."""
        return self._going.frame.iloc[np.flatnonzero(self._ledger.where(State.UNKNOWN))]

    @property
    def ok(self) -> bool:
        """Whether every row was accepted or had nothing to send."""
        return bool(self._ledger.where(State.ACCEPTED, State.NOTHING).all())

    @property
    def problems(self) -> pd.DataFrame:
        """What is wrong, for every row to look at."""
        if self._problems is None:
            self._problems = self._explained()
        return self._problems

    def retry(self, mended: pd.DataFrame | None = None) -> UploadReport:
        """Send what is left, with the same keywords; the new report is again about the whole frame.

        Parameters
        ----------
        mended
            Rows of ``.failed`` that you mended, under their own labels. They are sent, and so is what they
            held back. Left out: what was stopped is sent, what is unknown if sending it twice does no harm,
            and what these held back.

        Returns
        -------
        UploadReport
            About the whole frame.

        Raises
        ------
        ValidationError
            If the mended rows do not belong to this report, or are still invalid.
        UploadError, UploadInterrupted
            As the upload itself.

        Examples
        --------
        >>> import pandas as pd
        >>> import ct_pandas as ct
        >>> account = ct.connect_sandbox()
        >>> df = pd.DataFrame({"identity": ["a-1", "a-2"], "Gender": ["F", "female"]})
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     report = df.clevertap.upload(invalid="skip", progress=False)
        >>> report.retry(report.failed.assign(Gender="F")).ok
        True
        """
        report = self._again(mended)
        if self.stopped_by is not None:
            _interruptions.forget(self.stopped_by)
        return report

    def raise_if_failed(self) -> None:
        """Raise ``UploadError`` unless every row was accepted or had nothing to send."""
        if not self.ok:
            raise UploadError(self.sentence(), report=self)

    def sentence(self) -> str:
        """Say in one line what became of the rows, with codes but never with values."""
        counts, total = self.counts, len(self._ledger)
        dry = "Dry run: " if self.dry_run else ""
        parts = [f"{counts[one]:,} {one.replace('_', ' ')}" for one in STATUSES[1:] if counts[one]]
        to = f"{self.account} ({self.region})"
        return f"{dry}{counts['accepted']:,} of {counted(total, self.kind)} accepted by {to}" + (
            "; " + ", ".join(parts) + self._codes() + "." if parts else "."
        )

    def _codes(self) -> str:
        """Return the number of refused and invalid rows by code."""
        by_code: dict[Any, int] = {}
        for code, _, _, size in self._ledger.tally(self._ledger.where(State.REFUSED, State.INVALID)):
            by_code[code] = by_code.get(code, 0) + size
        named = [
            f"{'without a code' if code is None else f'code {coded(code)}'} × {size:,}"
            for code, size in by_code.items()
        ]
        return f" ({', '.join(named)})" if named else ""

    def warn(self) -> None:
        """Warn once if anything was not accepted."""
        if not self.ok:
            message = f"{self.sentence()} See report.problems and report.failed."
            warning = UploadWarning(message)
            warning.report = self  # type: ignore[attr-defined]  # not lost where warnings are errors
            _warnings.warn(warning)

    def _explained(self) -> pd.DataFrame:
        """Join what was found here and what the answers said, by position."""
        parts = [] if self._found is None else [self._found]
        at = np.flatnonzero(self._ledger.where(State.REFUSED, State.UNKNOWN, State.STOPPED, State.HELD))
        parts.append(self._from_answers(at))
        parts = [part for part in parts if len(part)] or parts[-1:]
        return pd.concat(parts).sort_values("position", kind="stable", ignore_index=True)

    def _from_answers(self, at: Any) -> pd.DataFrame:
        codes, reasons = self._ledger.why()
        places = _columns_by_code(self._going)
        rows = []
        for position in at.tolist():
            code = codes[position]
            column = places.get(code) if self._ledger.states[position] == State.REFUSED else None
            value = None if column is None else self._going.frame.iloc[position, column]
            rows.append((self._going.label(column), value, self._fix(position, code, value)))
        found = pd.DataFrame(rows, columns=["column", "value", "fix"], dtype=object).assign(
            position=at,
            row=labels(self._going.frame.index, at),
            code=code_array(codes[at]),
            reason=pd.array(reasons[at], dtype="str"),
        )
        return found[COLUMNS]

    def _fix(self, position: int, code: Any, value: Any) -> Any:
        state = self._ledger.states[position]
        if state == State.REFUSED:
            rule = next((one for one in rules.ATTRIBUTES.values() if one.code == code), None)
            return None if rule is None or value is None else rule.fix(value)
        if state == State.UNKNOWN:
            return _RETRY if self._ledger.safe[position] else _LOOK
        return _AFTER if state == State.HELD else _RETRY

    def __getstate__(self) -> dict[str, Any]:
        """Travel to another process as a record: what could send again holds the passcode."""
        return vars(self) | {"_again": _elsewhere, "stopped_by": None}

    def __repr__(self) -> str:
        return text(self)

    def _repr_html_(self) -> str:
        return html(self)


def _elsewhere(_: pd.DataFrame | None) -> UploadReport:
    raise ClevertapError("A report can only be retried in the process that made it, and this one is a copy.")


def _columns_by_code(going: Outgoing) -> dict[Any, int]:
    """Return the column that a code of the API is about."""
    places = {rule.code: field.at for field in going.fields if (rule := rules.ATTRIBUTES.get(field.key))}
    ids = [
        at
        for source in going.ids.sources
        for at, label in enumerate(going.frame.columns)
        if same_label(label, source.label)
    ]
    of_ids = (rules.NO_IDENTITY, rules.OBJECT_ID, rules.TOKEN_OBJECT_ID)
    places |= {rule.code: ids[0] for rule in of_ids if ids}
    places |= {rules.NOT_AN_EPOCH.code: going.ts} if going.ts is not None else {}
    places |= {rules.EVENT_NAME.code: going.event_at} if going.event_at is not None else {}
    by_role = {
        "token": (rules.TOKEN_DATA, rules.TOKEN_MISSING, rules.CHROME_KEYS),
        "type": (rules.TOKEN_TYPE_MISSING, rules.TOKEN_TYPE),
    }
    return places | {
        rule.code: going.named[role] for role in by_role.keys() & going.named for rule in by_role[role]
    }
