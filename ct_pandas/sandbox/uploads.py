"""Uploads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ct_pandas.sandbox.answers import Answer, success
from ct_pandas.sandbox.records import Records
from ct_pandas.sandbox.switches import Switches
from ct_pandas.sandbox.world import World


class Uploads:
    def __init__(self, world: World, records: Records, switches: Switches, clock: Callable[[], float]) -> None:
        self.live_errors: list[dict[str, Any]] = []

    def answer(self, body: bytes, *, dry: bool) -> Answer:
        return success({"status": "success", "processed": 0, "unprocessed": []})
