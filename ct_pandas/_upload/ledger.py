"""The state of every row of an upload: exactly one each, from the first look to the last answer."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64] | list[int] | slice


class State(enum.IntEnum):
    """Where a row stands. What is below ``ACCEPTED`` was not sent."""

    OPEN = 0
    STOPPED = 1
    INVALID = 2
    HELD = 3
    NOTHING = 4
    ACCEPTED = 5
    REFUSED = 6
    UNKNOWN = 7


STATUS = {state: "not_sent" if state < State.ACCEPTED else state.name.lower() for state in State}
STATUSES = ("accepted", "refused", "not_sent", "unknown")
_NAMES = np.array([STATUS[state] for state in State], dtype=object)

HELD_BACK = "held back: an earlier row of the same person is not known to have arrived"
NOTHING_TO_SEND = "nothing to send"


class Ledger:
    """State, code, reason and request of every row, in a few bytes each.

    Parameters
    ----------
    rows
        How many rows there are.
    """

    def __init__(self, rows: int) -> None:
        self.states = np.zeros(rows, np.uint8)
        self.requests = np.zeros(rows, np.int32)
        self.safe = np.zeros(rows, bool)
        self._why = np.zeros(rows, np.int32)
        self._known: dict[tuple[Any, str], int] = {(None, ""): 0}

    def __len__(self) -> int:
        return len(self.states)

    def copy(self) -> Ledger:
        """Return a ledger to go on with."""
        other = Ledger(0)
        other.states, other.requests, other.safe = self.states.copy(), self.requests.copy(), self.safe.copy()
        other._why, other._known = self._why.copy(), dict(self._known)
        return other

    def mark(self, rows: Rows, state: State, code: Any = None, reason: str = "", request: int = 0) -> None:
        """Set the state of rows and why."""
        self.states[rows] = state
        self.requests[rows] = request
        self._why[rows] = self._known.setdefault((code, reason), len(self._known))

    def put_back(self, rows: Mask, earlier: Ledger) -> None:
        """Let rows be what they were in the ledger that this one is a copy of."""
        for name in ("states", "requests", "safe", "_why"):
            getattr(self, name)[rows] = getattr(earlier, name)[rows]

    def where(self, *states: State) -> Mask:
        """Tell which rows are in one of these states."""
        return np.isin(self.states, states)

    def counts(self) -> dict[str, int]:
        """Return the number of rows by status; they add up to all rows."""
        tally = np.bincount(self.states, minlength=len(State))
        return {
            status: int(sum(tally[state] for state in State if STATUS[state] == status))
            for status in STATUSES
        }

    def why(self) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """Return the code and the reason of every row; missing where there is none."""
        known = list(self._known)
        codes, reasons = np.empty(len(known), object), np.empty(len(known), object)
        for at, (code, reason) in enumerate(known):
            codes[at], reasons[at] = code, reason or None
        return codes[self._why], reasons[self._why]

    def tally(self, rows: Mask) -> list[tuple[Any, str, State, int]]:
        """Return code, reason, state and number of these rows, the most frequent first."""
        known = list(self._known)
        pairs, sizes = np.unique(
            np.stack([self._why[rows], self.states[rows].astype(np.int32)]), axis=1, return_counts=True
        )
        found = [
            (*known[why], State(state), int(size))
            for why, state, size in zip(*pairs.tolist(), sizes, strict=True)
        ]
        return sorted(found, key=lambda one: -one[3])

    def table(self, index: pd.Index) -> pd.DataFrame:
        """Return a row per row: status, code, reason and the number of the request."""
        codes, reasons = self.why()
        return pd.DataFrame(
            {
                "status": pd.Series(_NAMES[self.states], index=index, dtype="str"),
                "code": code_array(codes),
                "reason": pd.Series(reasons, index=index, dtype="str"),
                "request": pd.Series(self.requests, index=index, dtype="Int64").mask(self.requests == 0),
            },
            index=index,
        )


def code_array(codes: npt.NDArray[np.object_]) -> Any:
    """Return codes as whole numbers with gaps; as they are where the API sent words."""
    if any(isinstance(code, str) for code in set(codes.tolist())):
        return codes
    return pd.Series(codes, dtype=object).astype("Int64").array
