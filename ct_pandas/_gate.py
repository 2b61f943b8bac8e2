"""One gate per account for the whole process: holds requests in flight at the account's limit.

The limit is on concurrency, not on rate (developer.clevertap.com/docs/api-request-limit). On a 429 the gate
narrows by one, because another process shares the account; it widens again as answers come.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

RECOVERY = 20  # good answers in a row before one more request may be in flight again


class Gate:
    """Slots for the requests of one account and kind."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._in_flight = 0
        self._less = 0
        self._good = 0

    @contextmanager
    def slot(self, limit: int, stop: Callable[[], bool], waiting: Callable[[], None]) -> Iterator[bool]:
        """Hold a slot; gives ``False`` where the wait was called off, and calls ``waiting`` meanwhile."""
        with self._changed:
            while self._in_flight >= max(1, limit - self._less):
                if stop():
                    break
                waiting()
                self._changed.wait(0.1)
            held = self._in_flight < max(1, limit - self._less) and not stop()
            self._in_flight += held
        try:
            yield held
        finally:
            with self._changed:
                self._in_flight -= held
                self._changed.notify()

    def throttled(self, limit: int) -> None:
        """Narrow the gate: the server says that too many are in flight."""
        with self._changed:
            self._less = min(self._less + 1, limit - 1)
            self._good = 0

    def answered(self) -> None:
        """Count a good answer; enough of them widen a narrowed gate."""
        with self._changed:
            self._good += 1
            if self._less and self._good >= RECOVERY:
                self._less -= 1
                self._good = 0
                self._changed.notify()


_gates: dict[tuple[str, str, str], Gate] = {}
_lock = threading.Lock()


def gate(host: str, account_id: str, kind: str) -> Gate:
    """Return the gate that every request of this host, account and kind goes through."""
    with _lock:
        return _gates.setdefault((host, account_id, kind), Gate())
