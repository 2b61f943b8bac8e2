"""The partitions of one upload: what became of the rows of each, and which mended rows are whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas._shown import whole_number
from ct_pandas._upload.ledger import Ledger, State
from ct_pandas._upload.report import UploadReport
from ct_pandas.errors import ValidationError


@dataclass
class Part:
    """One partition of an upload: the state of each of its rows, and why."""

    number: int
    index: pd.Index
    whose: bytes
    ledger: Ledger
    found: pd.DataFrame | None = None
    frame: pd.DataFrame | None = None
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
        self.ledger, self.found = report._ledger, report._found  # noqa: SLF001  (one report made of many)
        self.report = None if self.ok else report
        self.frame = None if self.ok else self.frame


def by_partition(mended: Any, parts: Sequence[Part]) -> dict[int, pd.DataFrame]:
    """Give the mended rows of each partition, named by its number or found by their labels."""
    if isinstance(mended, pd.DataFrame):
        return _by_label(mended, parts)
    if not isinstance(mended, Mapping):
        raise ValidationError(
            "retry() takes the mended rows as a pandas DataFrame, or as a dict of partition and "
            f"rows, not {type(mended).__name__}."
        )
    for number in mended:
        if whole_number(number) is None:
            raise ValidationError(f"{number!r} is not the number of a partition; see report.rows.")
        if not 0 <= number < len(parts):
            raise ValidationError(f"There is no partition {number}: the last one is {len(parts) - 1}.")
    return {int(number): rows for number, rows in mended.items()}


def _by_label(mended: pd.DataFrame, parts: Sequence[Part]) -> dict[int, pd.DataFrame]:
    failed = [(part.number, part.report.failed.index) for part in parts if part.report is not None]
    here = {number: mended.index.isin(labels) for number, labels in failed}
    times = np.sum([np.zeros(len(mended), int), *here.values()], axis=0)
    for at in np.flatnonzero(times != 1).tolist():
        what = (
            "has a label that failed rows in several partitions share: give the rows as {partition: rows}"
            if times[at]
            else "is not among the failed rows: take the rows from .failed and keep their labels"
        )
        raise ValidationError(f"Row {at} of the rows given to retry() {what}.")
    return {number: mended[mine] for number, mine in here.items() if mine.any()}
