"""Uploads: ``POST /1/upload`` (CleverTap, "Working with User Profiles API", "Upload Events").

Success, partial and fail are all HTTP 200. What was refused comes back with its place in the call and an echo
that is not quite what was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ct_pandas.sandbox.answers import Answer, Refused, fail, malformed, read_json, success
from ct_pandas.sandbox.judge import SIZES, Flaw, Judge
from ct_pandas.sandbox.records import Records
from ct_pandas.sandbox.storing import Store
from ct_pandas.sandbox.switches import Switches
from ct_pandas.sandbox.world import World

_AFTER_PHONE: Final = (517, 518, 519, 520, 555)
_LAST: Final = 520
"""Codes of what is judged after the phone, and last: recorded answers with them hold changed attributes."""


class Uploads:
    """Takes records, judges them, stores those that are right.

    Parameters
    ----------
    world, records
        What changes, and what was made of it before.
    switches
        How the account behaves.
    clock
        Gives the time of records that bring none.
    """

    def __init__(
        self, world: World, records: Records, switches: Switches, clock: Callable[[], float]
    ) -> None:
        self._records, self._sizes = records, SIZES[switches.limits]
        self._judge = Judge(switches)
        self._store = Store(world, clock, delete_any=switches.delete_any)

    @property
    def live_errors(self) -> list[dict[str, Any]]:
        """What the dashboard's Live Error Stream would show."""
        return self._store.live_errors

    def answer(self, body: bytes, *, dry: bool) -> Answer:
        """Answer one call.

        Parameters
        ----------
        body
            The JSON as sent.
        dry
            Judge only, store nothing.
        """
        records = self._read(body)
        flaws = [self._judge.flaw(record) for record in records]
        if not dry:
            self._keep([record for record, flaw in zip(records, flaws, strict=True) if flaw is None])
        refused = [
            _skipped(number, record, flaw)
            for number, (record, flaw) in enumerate(zip(records, flaws, strict=True), 1)
            if flaw is not None
        ]
        processed = len(records) - len(refused)
        status = "success" if processed and not refused else "partial" if processed else "fail"
        return success({"status": status, "processed": processed, "unprocessed": refused})

    def _keep(self, records: list[Any]) -> None:
        for record in records:
            self._records.forget(self._store.store(record))
        self._store.settle()

    def _read(self, body: bytes) -> list[Any]:
        raw = read_json(body)
        records = raw.get("d") if isinstance(raw, dict) else None
        if not isinstance(records, list):
            raise Refused(malformed())
        tokens = sum(isinstance(record, dict) and record.get("type") == "token" for record in records)
        for number, most in ((len(records), self._sizes.records), (tokens, self._sizes.tokens)):
            if number > most:
                raise Refused(fail(f"Batch size should not exceed {most}", 400, 400))
        return records


def _skipped(number: int, record: Any, flaw: Flaw) -> dict[str, Any]:
    return {"status": "fail", "code": flaw.code, "error": flaw.at(number), "record": _echo(record, flaw)}


def _echo(record: Any, flaw: Flaw) -> Any:
    """Give a record back as the real server does: the id as text, a phone as a number once it was judged."""
    if not isinstance(record, dict):
        return record
    echo = dict(record)
    if "identity" in echo:
        echo["identity"] = str(echo["identity"])
    data = echo.get("profileData")
    if isinstance(data, dict):
        echo["profileData"] = {**data, **_altered(data, flaw.code)}
    return echo


def _altered(data: dict[str, Any], code: int) -> dict[str, Any]:
    """Give the attributes that come back changed: the further the judging went, the more."""
    altered: dict[str, Any] = {}
    if code in _AFTER_PHONE and isinstance(data.get("Phone"), str):
        altered["Phone"] = int(data["Phone"][1:])
    if code == _LAST and "identity" in data:
        altered["identity"] = str(data["identity"])
    return altered
