"""Problems as a frame; the same columns in a check, in an error and in a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]
COLUMNS = ["position", "row", "column", "code", "reason", "value", "fix"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with some rows of a slice.

    ``sendable`` says whether a record could still be made, for a server that judges otherwise.
    """

    places: Positions
    column: Any
    code: int | None
    reason: str
    found: list[Any] | None = None
    fixes: list[Any] | None = None
    sendable: bool = True

    def keeps_back(self, invalid: str) -> bool:
        """Tell whether its rows are not sent, with ``invalid=`` of an upload."""
        return invalid != "send" or not self.sendable


def only(finding: Finding, keep: Mask) -> Finding:
    """Return a finding for some of its rows."""

    def some(values: list[Any] | None) -> list[Any] | None:
        return None if values is None else [one for one, kept in zip(values, keep, strict=True) if kept]

    places = finding.places[keep]
    return replace(finding, places=places, found=some(finding.found), fixes=some(finding.fixes))


def table(found: Iterable[tuple[Positions, Finding]], index: pd.Index) -> pd.DataFrame:
    """Return findings as a frame, by position; ``row`` is the label of the frame's own index."""
    parts = [(positions, finding) for positions, finding in found if len(positions)]
    positions = np.concatenate([one for one, _ in parts]) if parts else np.zeros(0, "int64")
    order = np.argsort(positions, kind="stable")

    def spread(pick: Callable[[Finding], Any]) -> Any:
        values: list[Any] = []
        for at, finding in parts:
            picked = pick(finding)
            values += picked if isinstance(picked, list) else [picked] * len(at)
        return pd.Series([values[at] for at in order.tolist()], dtype=object)  # no type is guessed

    positions = positions[order]
    return pd.DataFrame(
        {
            "position": positions,
            "row": labels(index, positions),
            "column": spread(lambda one: one.column),
            "code": spread(lambda one: one.code).astype("Int64"),
            "reason": spread(lambda one: one.reason).astype("str"),
            "value": spread(lambda one: one.found),
            "fix": spread(lambda one: one.fixes),
        },
        columns=COLUMNS,
    )


def labels(index: pd.Index, positions: Positions) -> Any:
    """Return the labels of rows; those of several levels as tuples."""
    taken = index.take(positions)
    if taken.nlevels == 1:
        return taken.array
    return np.fromiter(taken, object, len(taken))
