"""The fault matrix as data: what each operation does under each fault. Tests and the documentation are made of it.

A cell says what must come of it; ``test_fault_matrix.py`` makes it happen, ``docs/faults.md`` shows it.
"""

# ruff: noqa: E501  (a row of the table is a line)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

WALKS: Final = ("people", "events", "checkpoint", "to disk")
READS: Final = (*WALKS, "by id")
UPLOADS: Final = ("upload", "upload events", "upload tokens")
OPERATIONS: Final = (*READS, *UPLOADS)


@dataclass(frozen=True)
class Cell:
    """What must come of one operation under one fault.

    Parameters
    ----------
    ends
        ``"whole"``: the call returns everything. ``"error"``: it raises ``error`` with what came, and goes on
        from there to everything. ``"at once"``: it raises ``error`` and nothing was done.
    error
        The class of error.
    status
        Of an upload: what the rows that the fault struck end as.
    again
        Of an upload: whether ``retry()`` sends these rows.
    """

    ends: str
    error: str = ""
    status: str = "accepted"
    again: bool = True

    def __str__(self) -> str:
        word = {"accepted": "", "not_sent": "not sent", "refused": "refused", "unknown": "unknown"}[
            self.status
        ]
        if self.ends == "at once":
            return f"`{self.error}` at once"
        if self.ends == "whole":
            return word + ", retries" * self.again if word else "whole"
        return f"`{self.error}`" + (f", {word}, retries" if word else ", resumes")


@dataclass(frozen=True)
class Row:
    """One fault.

    Parameters
    ----------
    name
        As people say it.
    kind
        The sandbox's name of it; ``""`` where the test brings it about by other means.
    cells
        What comes of each operation; one that is missing cannot meet this fault.
    details
        What the sandbox's fault takes.
    times
        How many requests it strikes; ``None`` for all until it is cleared.
    on
        The request of a walk that it strikes: ``"mint"``, ``"page"`` or both, one after the other.
    """

    name: str
    kind: str
    cells: Mapping[str, Cell]
    details: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = 2
    on: tuple[str, ...] = ("mint", "page")


def _row(name: str, kind: str, reads: Cell | None, uploads: Cell | None = None, /, **rest: Any) -> Row:
    """Fill a row: one cell for all reads, one for all uploads, and exceptions by name."""
    cells = {}
    for operations, cell in ((READS, reads), (UPLOADS, uploads)):
        cells |= {operation: cell for operation in operations if cell is not None}
    for operation, cell in rest.pop("but", {}).items():
        if cell is None:
            cells.pop(operation, None)
        else:
            cells[operation] = cell
    return Row(name, kind, MappingProxyType(cells), **rest)


WHOLE = Cell("whole")
AT_ONCE = Cell("at once", "AuthenticationError")
UNKNOWN = Cell("whole", status="unknown", again=False)
LOST_FOR_GOOD = Cell("error", "UploadError", "unknown")
NOT_SENT = Cell("error", "UploadError", "not_sent")
# Events are not sent twice: a lost answer leaves them unknown, and the rest of the upload goes on.
EVENTS = {"upload events": UNKNOWN}
CURSOR = Cell("error", "CursorError")
NO_ID = {"by id": None}


def _error(name: str) -> Cell:
    return Cell("error", name)


ROWS: Final = (
    _row("429", "throttle_429", WHOLE, WHOLE),
    _row("429 with Retry-After", "throttle_429", WHOLE, WHOLE, details={"retry_after": 3}),
    _row("429 for longer than `max_wait`", "throttle_429", _error("ThrottledError"), NOT_SENT, times=None),
    _row("throttled, as HTTP 200", "throttle_200", WHOLE, WHOLE),
    _row("throttled as HTTP 200, for longer than `max_wait`", "throttle_200", _error("ThrottledError"), NOT_SENT, times=None),
    _row("in progress for long", "in_progress", WHOLE, Cell("whole", status="unknown"), times=8, but=NO_ID | EVENTS),
    _row("in progress for longer than `max_wait`", "in_progress", _error("ServerError"), Cell("whole", status="unknown"), times=None, but=NO_ID | EVENTS),
    _row("HTTP 202", "accepted_202", WHOLE, Cell("whole", status="unknown"), times=5, but=NO_ID | EVENTS),
    _row("HTTP 500", "error_500", WHOLE, WHOLE, but=EVENTS),
    _row("HTTP 500 for longer than `max_wait`", "error_500", _error("ServerError"), LOST_FOR_GOOD, times=None, but=EVENTS),
    _row("HTTP 500 although it was done", "error_500", None, WHOLE, details={"carried_out": True}, but=EVENTS),
    _row("HTTP 503 with a page of HTML", "html_503", WHOLE, WHOLE, but=EVENTS),
    _row("connection reset", "reset", WHOLE, WHOLE, but=EVENTS),
    _row("connection reset for longer than `max_wait`", "reset", _error("ServerError"), LOST_FOR_GOOD, times=None, but=EVENTS),
    _row("answer lost after it was done", "lost_answer_after", WHOLE, WHOLE, but=EVENTS),
    _row("body cut in the middle", "cut_body", WHOLE, WHOLE, but=EVENTS),
    _row("JSON cut in the middle", "truncated_json", WHOLE, WHOLE, but=EVENTS),
    _row("slow drip", "slow_drip", WHOLE, WHOLE, details={"seconds": 0.005, "chunks": 5}),
    _row("no answer at all", "hang", WHOLE, WHOLE, details={"seconds": 0.05}, but=EVENTS),
    _row("wrong content type", "wrong_content_type", WHOLE, WHOLE),
    _row("redirect", "redirect", _error("DownloadError"), NOT_SENT, times=1),
    _row("login refused from the start", "login_refused", AT_ONCE, NOT_SENT, times=1, on=("mint",)),
    _row("login refused in the middle", "login_refused", _error("AuthenticationError"), NOT_SENT, times=1, on=("page",)),
    _row("cursor invalidated", "cursor_invalidated", CURSOR, times=1, on=("page",), but=NO_ID),
    *[
        _row(f"cursor cycle of {length}", "repeated_cursor", CURSOR, times=1, on=("page",), details={"cycle": length}, but=NO_ID)
        for length in (1, 2, 3)
    ],
    _row("empty page that goes on", "empty_page_that_goes_on", WHOLE, times=2, on=("page",), but=NO_ID),
    _row("last page with nothing", "bare_last_page", WHOLE, times=1, on=("page",), but=NO_ID),
    _row("a page's records come again", "duplicate_record", WHOLE, times=1, on=("page",), but=NO_ID | {"events": None, "checkpoint": None}, details={"records": 3}),
    _row("export silently empty", "empty_export", WHOLE, times=1, on=("mint",), but=NO_ID),
    _row("export silently empty, twice", "empty_export", _error("DownloadError"), times=2, on=("mint",), but=NO_ID),
    _row("answer that accounts for no record", "unaccounted", None, Cell("whole", status="unknown"), times=1, but=EVENTS),
    _row("the clock jumps", "clock", WHOLE, WHOLE, details={"retry_after": 3}),
    _row("disk full", "disk", None, times=1, but={"checkpoint": _error("DownloadError"), "to disk": _error("DownloadError")}),
)  # fmt: skip


def markdown() -> str:
    """Return the matrix as a table for people."""
    names = list(OPERATIONS)
    lines = [f"| fault | {' | '.join(names)} |", "| --- " * (len(names) + 1) + "|"]
    for row in ROWS:
        cells = [str(row.cells.get(operation, "–")) for operation in OPERATIONS]
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
