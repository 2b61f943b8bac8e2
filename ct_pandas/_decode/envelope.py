"""A cheap look at the next cursor, so that the next request can start before this page is decoded."""

from __future__ import annotations

import json

_HEAD = _TAIL = 16_384  # a live cursor is up to 2.5 KB long, and two of them may stand together
_TRIES = 64


def peek(body: bytes) -> str | None:
    """Guess the next cursor of a page without reading its records.

    None means unknown, never the end: only the exact decoder can tell that there is no next cursor. A guess
    is to be compared with the exact one afterwards.

    Examples
    --------
    >>> peek(b'{"status": "success", "next_cursor": "abc%3D", "records": [{"identity": "1"}]}')
    'abc%3D'
    >>> peek(b'{"status": "success", "records": [{"identity": "1"}], "next_cursor": "abc%3D"}')
    'abc%3D'
    """
    return _after(body) or _before(body)


def _before(body: bytes) -> str | None:
    """Read the keys that stand before the records."""
    head = body[:_HEAD]
    at = head.find(b'"records"')
    return None if at < 0 else _cursor(head[:at] + b'"records":[]}')


def _after(body: bytes) -> str | None:
    """Read the keys that stand behind the records: behind the last ] that leaves valid JSON."""
    tail = body[-_TAIL:]
    at = len(tail)
    for _ in range(_TRIES):
        at = tail.rfind(b"]", 0, at)
        if at < 0:
            return None
        guess = _cursor(b'{"records":[' + tail[at:])
        if guess is not None:
            return guess
    return None


def _cursor(text: bytes) -> str | None:
    try:
        envelope = json.loads(text.decode())
    except (ValueError, RecursionError):
        return None
    cursor = envelope.get("next_cursor") if isinstance(envelope, dict) else None
    return cursor if isinstance(cursor, str) and cursor else None
