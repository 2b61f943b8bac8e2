"""A progress bar as ``progress=`` takes it, for tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any


class Bar:
    """Counts rows, writes down when it was called, and hands itself to a function at each call.

    It stands for its own class: who makes one gets this very bar, at its start.
    """

    def __init__(self, then: Callable[[Bar], object] = lambda _: None) -> None:
        self.then = then

    def __call__(self, *, total: int | None = None, initial: int = 0, **_: Any) -> Bar:
        """Be made by the reader or the upload."""
        self.total, self.n, self.closed = total, initial, False
        self.at = [time.monotonic()]
        return self

    def update(self, rows: int) -> None:
        """Count."""
        self.n += rows
        self.at.append(time.monotonic())
        self.then(self)

    def close(self) -> None:
        """Note the end."""
        self.at.append(time.monotonic())
        self.closed = True

    @property
    def longest(self) -> float:
        """The longest silence."""
        return max(after - before for before, after in pairwise(self.at))


def once_at(rows: int, what: Callable[[], object]) -> Bar:
    """Make a bar that does something, once, when so many rows have come."""
    left = [what]
    return Bar(lambda bar: left.pop()() if left and bar.n >= rows else None)


def interrupt(*_: object) -> None:
    """Press Ctrl-C."""
    raise KeyboardInterrupt
