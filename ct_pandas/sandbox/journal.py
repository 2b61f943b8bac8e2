"""What arrived, as it arrived, but for the passcode."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any


@dataclass
class Arrival:
    """One request.

    Attributes
    ----------
    method, path, query
        As sent; the query is raw, not decoded.
    headers
        Names in lower case; the passcode is left out.
    body
        The bytes sent.
    kind
        What it asks for: ``mint``, ``page``, ``profile``, ``counts``, ``upload``, ``schema``, ``other``.
    in_flight
        Requests of its class inside when it came, itself included.
    at
        The account's clock.
    fault
        The kind of fault that struck it.
    status
        The HTTP status answered; `None` while there is none and where the connection was dropped.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    kind: str
    in_flight: int
    at: float
    fault: str | None = None
    status: int | None = None

    def json(self) -> Any:
        """Read the body."""
        import json  # noqa: PLC0415  # the method's name would hide it

        return json.loads(self.body)


class Journal:
    """The last requests; safe to use from several threads."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._arrivals: deque[Arrival] = deque(maxlen=size)

    def note(self, arrival: Arrival) -> None:
        """Remember one."""
        with self._lock:
            self._arrivals.append(arrival)

    def all(self) -> list[Arrival]:
        """Give all that are remembered, oldest first."""
        with self._lock:
            return list(self._arrivals)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._arrivals.clear()
