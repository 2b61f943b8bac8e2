"""How many requests are answered at once, per class of endpoint (CleverTap, "API Request Limit")."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable


class Gate:
    """Counts requests in flight.

    Parameters
    ----------
    limits
        Most requests at once, per class: an endpoint's kind, and ``"rest"`` for all others together.
    penalty
        Seconds for which a class is closed after it was overrun.
    clock
        Gives the time in seconds.
    """

    def __init__(self, limits: dict[str, int], penalty: float, clock: Callable[[], float]) -> None:
        self._limits, self._penalty, self._clock = limits, penalty, clock
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._closed: dict[str, float] = {}
        self.most = 0

    def enter(self, kind: str) -> tuple[int, bool]:
        """Count a request in; give how many are inside now and whether this one may be answered."""
        with self._lock:
            lane = self._lane(kind)
            self._inside[lane] += 1
            inside = self._inside[lane]
            self.most = max(self.most, inside)
            now = self._clock()
            free = inside <= self._limits[lane] and now >= self._closed.get(lane, now)
            if not free and self._penalty:
                self._closed[lane] = now + self._penalty
            return inside, free

    def leave(self, kind: str) -> None:
        """Count a request out."""
        with self._lock:
            self._inside[self._lane(kind)] -= 1

    def _lane(self, kind: str) -> str:
        return kind if kind in self._limits else "rest"
