"""Counts: asked for, and asked again while CleverTap is still counting.

CleverTap, Get Event Count and Get Profile Count (developer.clevertap.com/docs/report-object): the answer may
be ``partial`` with a ``req_id``, to be asked for again until it is ``success``.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ct_pandas import _wire
from ct_pandas._failures import Failure, failure, status_of
from ct_pandas._transport import sending
from ct_pandas._transport.scrub import code_of, said
from ct_pandas._transport.sending import OnWait, Transport
from ct_pandas.errors import ClevertapError, QueryError, ServerError

FIRST_LOOK, MOST = 0.3, 10.0  # seconds between two looks; the documentation's 30 s is for hours of counting


def count(
    transport: Transport,
    rows: _wire.Rows,
    cql: Mapping[str, Any],
    *,
    cancel: threading.Event | None = None,
    on_wait: OnWait | None = None,
) -> int:
    """Return how many people or events a query holds.

    Raises ``ThrottledError`` or ``ServerError`` where the server is in trouble, and another
    ``ClevertapError`` where it does not count.
    """
    request = _wire.count(rows, cql)
    spent, pause = 0.0, FIRST_LOOK
    while True:
        reply = transport.send(request, cancel=cancel, on_wait=on_wait)
        told = _told(reply)
        if told.count is not None:
            return told.count
        if not told.counting:
            raise _refused(reply.status, told.failure, transport.account.passcode)
        if spent > transport.account.max_wait:
            raise ServerError(
                "CleverTap did not finish counting; try again later.", status=reply.status, retryable=True
            )
        request = request if told.req_id is None else _wire.count_again(rows, told.req_id)
        if on_wait:
            on_wait("counting", pause)
        sending.CLOCK.sleep(pause, cancel)
        if cancel is not None and cancel.is_set():
            raise sending.Cancelled
        spent, pause = spent + pause, min(pause * 1.6, MOST)


@dataclass(frozen=True)
class _Told:
    """What an answer says; its face is bare, as a server may echo what it was sent."""

    count: int | None = None
    counting: bool = False
    req_id: object = field(default=None, repr=False)
    failure: Failure | None = None


def _told(reply: _wire.Reply) -> _Told:
    try:
        body = _wire.small_json(reply)
    except (ValueError, RecursionError):
        return _Told()
    found = failure(body)
    if reply.status >= 300 or found or not isinstance(body, dict):
        return _Told(failure=found)
    req_id, partial = body.get("req_id"), status_of(body) == "partial"
    count = None if partial else _number(body.get("count"))
    return _Told(count, partial or req_id is not None, req_id)


def _number(value: object) -> int | None:
    """Return a count, also where it came as text or with a point."""
    text = str(value).removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _refused(status: int, found: Failure | None, passcode: str) -> ClevertapError:
    kind = QueryError if found and "invalid event" in found.text.lower() else ClevertapError
    return kind(
        "CleverTap could not count this query. Check the event's name (it is exact) and its filters."
        + said(passcode, _ASKED, found),
        status=status,
        code=code_of(found, passcode),
    )


_ASKED = _wire.count("profile", {})
