"""Exports: a cursor for a query, then its pages.

CleverTap, "Get User Profiles API" and "Get Events API". A cursor keeps its position, so a page can be asked
for again. Cursors arrive percent-encoded and are accepted as they came.
"""

from __future__ import annotations

import base64
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote_plus

from ct_pandas.sandbox.answers import (
    Answer,
    Refused,
    accepted,
    encoded,
    in_progress,
    incorrect_usage,
    invalid_cursor,
)
from ct_pandas.sandbox.days import Ints
from ct_pandas.sandbox.faults import Fault
from ct_pandas.sandbox.records import Flags, Records
from ct_pandas.sandbox.switches import Switches
from ct_pandas.sandbox.tracks import Track

MOST: Final = 5000
SHAPING: Final = ("repeated_cursor", "empty_page_that_goes_on", "bare_last_page", "duplicate_record")
"""Faults of a page itself; they never strike a page that is only in progress."""
BUCKETS: Final = 23
_REMEMBERED: Final = 500
_EVENTS_AGE, _EVENTS_IDLE, _PEOPLE_AGE = 4 * 3600, 3600, 4 * 86_400


@dataclass
class Export:
    """One answered query and where its cursors stand."""

    track: Track | None
    rows: Ints
    size: int
    flags: Flags
    born: float
    used: float
    end: str
    waiting: int
    cursors: dict[str, int] = field(default_factory=dict)
    standing: dict[int, str] = field(default_factory=dict)
    again: int = 0

    @property
    def events(self) -> bool:
        """Tell whether its records are events; its cursors are no cursors of people then."""
        return self.track is not None

    def expired(self, now: float) -> bool:
        """Tell whether its cursors are too old: events 4 hours or 1 hour idle, people 4 days."""
        if not self.events:
            return now - self.born > _PEOPLE_AGE
        return now - self.born > _EVENTS_AGE or now - self.used > _EVENTS_IDLE


class Exports:
    """All exports of the account."""

    def __init__(self, records: Records, switches: Switches, clock: Callable[[], float], seed: int) -> None:
        self._records, self._switches, self._clock = records, switches, clock
        self._random = random.Random(seed)
        self._exports: dict[str, Export] = {}
        self._alive: deque[Export] = deque()

    def open(self, track: Track | None, rows: Ints, batch_size: int, flags: Flags) -> Answer:
        """Start an export and answer with its first cursor."""
        now, switches = self._clock(), self._switches
        size = page_size(batch_size, switches.paging)
        export = Export(track, rows, size, flags, now, now, switches.end, switches.in_progress)
        self._remember(export)
        return Answer(
            b'{"status":"success","cursor":"%b"}' % quote(self._cursor(export, 0), safe="").encode()
        )

    def page(self, raw: str, fault: Fault | None, *, events: bool) -> Answer:
        """Answer one page of people or of events, by its cursor as it stands in the URL."""
        cursor = _given(raw)
        export = self._exports.get(cursor)
        if export is None or export.events != events or export.expired(self._clock()):
            raise Refused(invalid_cursor())
        export.used = self._clock()
        if fault and fault.kind == "cursor_invalidated":
            self._drop(export)
            raise Refused(invalid_cursor())
        if export.waiting > 0 and not (fault and fault.kind in SHAPING):
            export.waiting -= 1
            raise Refused(accepted() if self._switches.in_progress_as == "202" else in_progress())
        return self._answer(export, cursor, fault)

    def _remember(self, export: Export) -> None:
        self._alive.append(export)
        if len(self._alive) > _REMEMBERED:
            self._drop(self._alive.popleft())

    def _drop(self, export: Export) -> None:
        for cursor in export.cursors:
            self._exports.pop(cursor, None)

    def _cursor(self, export: Export, position: int) -> str:
        """Give the cursor of a position: one text each, with the characters that need encoding."""
        return export.standing.get(position) or self._fresh(export, position)

    def _fresh(self, export: Export, position: int) -> str:
        length = self._switches.cursor_length - 6
        text = base64.b64encode(self._random.randbytes(length)).decode()[:length].replace("=", "A")
        middle = length // 2
        cursor = f"{text[:middle]}/{text[middle:-3]}+{text[-3:]}=="
        export.cursors[cursor] = position
        export.standing.setdefault(position, cursor)
        self._exports[cursor] = export
        return cursor

    def _answer(self, export: Export, cursor: str, fault: Fault | None) -> Answer:
        kind = fault.kind if fault else None
        position = export.cursors[cursor]
        if position > len(export.rows) or (position and position == len(export.rows)):
            return Answer(b'{"status":"success"}')
        if kind == "bare_last_page":
            export.end = "bare"
        if kind == "empty_page_that_goes_on":
            return self._assembled(cursor, self._fresh(export, position), [])
        rows = export.rows[position : position + export.size]
        repeated = export.rows[max(position - export.again, 0) : position]
        export.again = int(fault.details.get("records", 1)) if fault and kind == "duplicate_record" else 0
        records = self._records.page(export.track, repeated, export.flags)
        records += self._records.page(export.track, rows, export.flags)
        following = self._following(export, position + export.size, fault)
        return self._assembled(cursor, following, records)

    def _following(self, export: Export, position: int, fault: Fault | None) -> str | None:
        """Give the next cursor; `None` for no such key, and ``""`` where walks end like that."""
        if fault and fault.kind == "repeated_cursor":
            back = int(fault.details.get("cycle", 1)) * export.size
            return self._cursor(export, max(position - back, 0))
        if position < len(export.rows):
            return self._cursor(export, position)
        if export.end == "bare" and len(export.rows):
            return self._cursor(export, len(export.rows))
        return "" if export.end == "empty" else None

    def _assembled(self, cursor: str, following: str | None, records: list[bytes]) -> Answer:
        before = b',"previous_cursor":%b' % encoded(cursor) if self._switches.previous_cursor else b""
        after = b"" if following is None else b',"next_cursor":%b' % encoded(quote(following, safe=""))
        held = b"" if not (records or following or self._switches.empty_records) else b',"records":[%b]'
        listed = held % b",".join(records) if held else b""
        parts = [after, listed] if self._switches.cursor_first else [listed, after]
        return Answer(b'{"status":"success"%b%b}' % (before, b"".join(parts)))


def page_size(batch_size: int, paging: str) -> int:
    """Give the records of a page: at most 5000, and whole rounds of 23 buckets.

    CleverTap, "Get User Profiles API": give a multiple of 23, "as there are 23 memory buckets". Below 23
    there is no limit.
    """
    size = min(batch_size, MOST)
    if paging == "exact":
        return size
    return size // BUCKETS * BUCKETS or MOST // BUCKETS * BUCKETS


def _given(raw: str) -> str:
    if "%25" in raw:
        raise Refused(incorrect_usage())
    return unquote_plus(raw)
