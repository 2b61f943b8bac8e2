"""CleverTap's protocol with no I/O: builds every request, reads every reply.

Each of the API's numbers stands here once, with the page it comes from; what goes wrong, in ``_failures``:

* PROFILES: "Working with User Profiles API", developer.clevertap.com/docs/get-user-profiles-api
* EVENTS: developer.clevertap.com/docs/get-events-api
* ERRORS: developer.clevertap.com/docs/api-errors
* REPORTS: developer.clevertap.com/docs/report-object
"""

from __future__ import annotations

import contextlib
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ct_pandas._failures import Failure, Verdict, by_status, by_words, carries, failure, status_of

MAX_BATCH_SIZE = 5000  # records in a page: PROFILES
BUCKETS = 23  # pages come in multiples of it, and a size below it means no limit: PROFILES
# How one profile is asked for: PROFILES
WIRE_KEYS = {"email": "email", "identity": "identity", "object_id": "objectId"}

Rows = Literal["profile", "event"]
Kind = Literal["read", "upload"]
# The endpoints of a walk, by what a row is.
ENDPOINTS: dict[str, str] = {"profile": "profiles", "event": "events"}

SMALL = 65_536  # bytes: a longer body holds records, a smaller one a status, and is read whole
_EDGE = 16_384  # bytes at either end of a page: room for two cursors of up to 2.5 KB beside the status
_TRIES = 64  # brackets at the end of a page that may be the one behind its records


@dataclass(frozen=True)
class Request:
    """One request: everything but the host and the headers of the account.

    ``query`` is sent byte for byte. ``repeatable`` says whether it may be sent again when no answer came.
    ``label`` names it to people and holds no id.
    """

    method: Literal["GET", "POST"]
    path: str
    query: str = ""
    body: bytes | None = field(default=None, repr=False)
    kind: Kind = "read"
    repeatable: bool = True
    label: str = "request"

    @property
    def target(self) -> str:
        """The path with its query."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True)
class Reply:
    """One answer as it came."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Flags:
    """What each record brings along (PROFILES, EVENTS: ``app``, ``events``, ``profile``)."""

    app: bool = True
    events: bool = False
    profile: bool = True

    def encode(self) -> str:
        """Return the flags as a query; the lower-case words, always all three."""
        return "&".join(f"{name}={str(on).lower()}" for name, on in vars(self).items())


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def mint(rows: Rows, cql: Mapping[str, Any], batch_size: int, flags: Flags) -> Request:
    """Ask for a cursor: step 1 of PROFILES and EVENTS."""
    path = f"/1/{ENDPOINTS[rows]}.json"
    return Request("POST", path, f"batch_size={batch_size}&{flags.encode()}", _json(cql), label="query")


def minted(body: bytes) -> str | None:
    """Return the cursor that step 1 gave, if it gave one."""
    return _cursor_of(json.loads(body), "cursor")


def _cursor_of(body: Any, key: str = "next_cursor") -> str | None:
    cursor = body.get(key) if isinstance(body, dict) else None
    return cursor if isinstance(cursor, str) and cursor else None


def glimpsed_cursor(body: bytes) -> str | None:
    """Guess the next cursor of a page without reading its records, so that it can be asked for meanwhile.

    None means unknown, never the end: only the exact decoder can tell that there is no next cursor. A guess
    is to be compared with the exact one afterwards.

    Examples
    --------
    >>> glimpsed_cursor(b'{"status": "success", "next_cursor": "abc%3D", "records": [{"identity": "1"}]}')
    'abc%3D'
    >>> glimpsed_cursor(b'{"status": "success", "records": [{"identity": "1"}], "next_cursor": "abc%3D"}')
    'abc%3D'
    """
    return _beside_records(body, _cursor_of)


def page(rows: Rows, cursor: str) -> Request:
    """Ask for the page of a cursor; only what cannot stand in a request is encoded, such as a line break."""
    sent = re.sub(r"[^!-~]", lambda odd: urllib.parse.quote(odd[0], safe=""), cursor)
    return Request("GET", f"/1/{ENDPOINTS[rows]}.json", f"cursor={sent}", label="page")


def profile(key: str, value: str) -> Request:
    """Ask for one profile; the value is percent-encoded, so that a plus or an at sign survives."""
    query = f"{WIRE_KEYS[key]}={urllib.parse.quote(value, safe='')}"
    return Request("GET", "/1/profile.json", query, label="profile")


def count(rows: Rows, cql: Mapping[str, Any]) -> Request:
    """Ask how many people or events a query holds: REPORTS."""
    return Request("POST", f"/1/counts/{ENDPOINTS[rows]}.json", "", _json(cql), label="count")


def count_again(rows: Rows, req_id: object) -> Request:
    """Ask again for a count that was ``partial``."""
    query = f"req_id={urllib.parse.quote(str(req_id), safe='')}"
    return Request("GET", f"/1/counts/{ENDPOINTS[rows]}.json", query, label="count")


def schema(kind: Literal["events", "userProperties"]) -> Request:
    """Ask for the project's names; this path has no ``/1``."""
    return Request("GET", "/getSchema", f"type={kind}", label="schema")


def upload(body: bytes, *, dry_run: bool = False, repeatable: bool = True) -> Request:
    """Send records, ``{"d": [...]}`` ready-made: developer.clevertap.com/docs/upload-user-profiles-api."""
    query = "dryRun=1" if dry_run else ""
    return Request("POST", "/1/upload", query, body, kind="upload", repeatable=repeatable, label="upload")


def small_json(reply: Reply) -> Any:
    """Return the body of a small answer; raises ``ValueError`` where it is not JSON."""
    return json.loads(reply.body)


def judge(request: Request, reply: Reply) -> tuple[Verdict, Failure | None]:
    """Say what an answer means. Pages of records are not read here: only small bodies are."""
    if 300 <= reply.status < 400:
        return Verdict.REDIRECT, None
    if _is_big_page(request, reply):
        return (Verdict.FINE if reply.body.rstrip(b" \t\r\n").endswith(b"}") else Verdict.GARBLED), None
    try:
        body = small_json(reply)
    except (ValueError, RecursionError):
        if reply.status == 202 and request.kind == "read":  # received, not completed: ERRORS
            return Verdict.PREPARING, None
        return (Verdict.GARBLED if reply.status < 300 else by_status(reply.status)), None
    found = failure(body)
    if found is not None and request.kind == "read":
        return by_words(request.label, reply.status, found), found
    if found is not None and reply.status < 300 and not _accounts(body):
        verdict = by_words(request.label, reply.status, found)
        return (verdict if verdict in _OF_NO_RECORD else Verdict.FINE), found
    ready = carries(body) if reply.status == 202 else request.label == "count" or status_of(body) != "partial"
    if reply.status < 300 and request.kind == "read" and not ready:
        return Verdict.PREPARING, found
    if reply.status < 300 and not _says_something(body):
        return Verdict.GARBLED, None
    return (Verdict.FINE if reply.status < 300 else by_status(reply.status)), found


def _is_big_page(request: Request, reply: Reply) -> bool:
    """Tell a page of records, which the decoder will read, from what is long for another reason."""
    body = reply.body
    if len(body) <= SMALL or request.label != "page" or reply.status >= 300:
        return False
    return _beside_records(body, status_of) == "success"


def _beside_records(body: bytes, read: Callable[[Any], str | None]) -> str | None:
    """Read a key of a page itself without reading its records, which may hold any word."""
    for text in _without_records(body):
        with contextlib.suppress(ValueError, RecursionError):
            if found := read(json.loads(text)):
                return found
    return None


def _without_records(body: bytes) -> Iterator[str]:
    """Give what may be a page without its records, its end first, as the last of two equal keys counts."""
    tail = body[-_EDGE:].decode(errors="replace")
    at = len(tail)
    for _ in range(_TRIES):
        at = tail.rfind("]", 0, at)
        if at < 0:
            break
        yield '{"records":[' + tail[at:]
    head, records, _ = body[:_EDGE].decode(errors="replace").partition('"records"')
    if records:
        yield head + '"records":[]}'


def _accounts(body: object) -> bool:
    """Tell whether the answer to an upload says anything of its records."""
    return isinstance(body, dict) and ("processed" in body or "unprocessed" in body)


def _says_something(body: object) -> bool:
    """Tell an answer of this API from any other JSON: an empty object must not end a walk."""
    lists = isinstance(body, dict) and not body.keys().isdisjoint(_LISTED)
    return status_of(body) is not None or carries(body) or lists


_LISTED = ("events", "userProperties")  # what the schema lists
# What an upload may be refused with before any of its records is looked at.
_OF_NO_RECORD = {Verdict.THROTTLED, Verdict.LOGIN, Verdict.SERVER}


def is_callers(request: Request, reply: Reply, verdict: Verdict) -> bool:
    """Tell whether a failure is an answer that the caller reads for itself."""
    if verdict not in (Verdict.FAILED, Verdict.QUERY, Verdict.CURSOR):
        return False
    if request.label == "profile":
        return found_profile(reply) is not None
    return request.kind == "upload" or request.label == "count"


def found_profile(reply: Reply) -> bool | None:
    """Tell whether an answer of ``profile.json`` holds a profile; ``None`` where it is some other failure.

    Five answers to an unknown person have been coded for by others; all mean "not found".
    """
    try:
        body = small_json(reply)
    except (ValueError, RecursionError):
        bare = reply.status == 400 and not reply.body.strip()  # no text is no known error
        return False if bare or reply.status == 404 else None
    if reply.status == 404:
        return False
    text = failure(body)
    if text is not None or reply.status == 400:
        known = text is not None and re.search(r"usage|failed to process|server", text.text, re.IGNORECASE)
        return None if known else False
    record = body.get("record") if isinstance(body, dict) else None
    told = reply.status < 300 and (isinstance(record, dict) or not record)
    return bool(record) if told else None
