"""Counts: asked for once, then polled by `req_id` until they are there (CleverTap, "Get Profile Count")."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from ct_pandas.sandbox.answers import Answer, Refused, fail, success
from ct_pandas.sandbox.switches import Switches

_FIRST_ID: Final = 384_649_162_721_759
_REMEMBERED: Final = 1000


@dataclass
class _Pending:
    path: str
    count: int
    partial: int


class Counts:
    """Counts that were asked for."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._next = _FIRST_ID

    def ask(self, path: str, count: int) -> Answer:
        """Answer with the count, or with an id to poll on the same path."""
        if not self._switches.counts_partial:
            return self._ready(count)
        self._next += 1
        self._pending[str(self._next)] = _Pending(path, count, self._switches.counts_partial - 1)
        if len(self._pending) > _REMEMBERED:
            self._pending.popitem(last=False)
        return self._partial(str(self._next))

    def poll(self, path: str, req_id: str) -> Answer:
        """Answer a poll."""
        pending = self._pending.get(req_id)
        if pending is None or pending.path != path:
            raise Refused(fail("Invalid req_id", 400, 400))
        if pending.partial > 0:
            pending.partial -= 1
            return self._partial(req_id)
        return self._ready(pending.count)

    def _partial(self, req_id: str) -> Answer:
        return success({"req_id": int(req_id), "status": "partial"})

    def _ready(self, count: int) -> Answer:
        answer: dict[str, Any] = {"status": "success", "count": count}
        if self._switches.counts_extras:
            devices = {"devices": count, "users": count}
            answer.update(nQCount=count, tcount=count, userDeviceCount=devices)
        return success(answer)
