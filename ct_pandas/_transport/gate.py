"""One gate per account for the whole process: holds requests in flight at the account's limit.

The limit is on concurrency, not on rate (developer.clevertap.com/docs/api-request-limit). On a 429 the gate
narrows by one, because another process shares the account; it widens again as answers come.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

RECOVERY = 20  # good answers in a row before one more request may be in flight again


class Gate:
    """Slots for the requests of one account."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._in_flight: Counter[str] = Counter()
        self._less: Counter[str] = Counter()
        self._good: Counter[str] = Counter()

    @contextmanager
    def slot(
        self,
        limit: int,
        kind: str,
        counted: str | None,
        stop: Callable[[], bool],
        waiting: Callable[[], None],
    ) -> Iterator[bool]:
        """Hold a slot; gives ``False`` where the wait was called off, and calls ``waiting`` meanwhile.

        ``counted`` is the kind of requests that the limit is on; ``None`` where it is on all of them.
        """
        with self._changed:
            while self._full(limit, kind, counted) and not stop():
                waiting()
                self._changed.wait(0.1)
            held = not self._full(limit, kind, counted) and not stop()
            self._in_flight[kind] += held
        try:
            yield held
        finally:
            with self._changed:
                self._in_flight[kind] -= held
                self._changed.notify_all()

    def _full(self, limit: int, kind: str, counted: str | None) -> bool:
        inside = self._in_flight.total() if counted is None else self._in_flight[counted]
        return inside >= max(1, limit - self._less[kind])

    def throttled(self, kind: str, limit: int) -> None:
        """Narrow the gate: the server says that too many are in flight."""
        with self._changed:
            self._less[kind] = min(self._less[kind] + 1, limit - 1)
            self._good[kind] = 0

    def answered(self, kind: str) -> None:
        """Count a good answer; enough of them widen a narrowed gate."""
        with self._changed:
            self._good[kind] += 1
            if self._less[kind] and self._good[kind] >= RECOVERY:
                self._less[kind] -= 1
                self._good[kind] = 0
                self._changed.notify_all()


_gates: dict[tuple[str, str], Gate] = {}
_lock = threading.Lock()


def gate(host: str, account_id: str) -> Gate:
    """Return the gate that every request of this host and account goes through."""
    with _lock:
        return _gates.setdefault((host, account_id), Gate())


def start_anew() -> None:
    """Forget all gates: a forked process has no requests in flight."""
    global _lock  # noqa: PLW0603  (its owner may not exist here)
    _lock = threading.Lock()
    _gates.clear()
