"""Counts: asked for, and asked again while CleverTap is still counting.

CleverTap, Get Event Count and Get Profile Count (developer.clevertap.com/docs/report-object): the answer may
be ``partial`` with a ``req_id``, to be asked for again until it is ``success``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from ct_pandas import _wire
from ct_pandas._transport import sending
from ct_pandas._transport.scrub import said, scrub
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

    Raises ``ClevertapError`` with a ``status`` of 400, 404 or 405 where the server does not count.
    """
    request = _wire.count(rows, cql)
    spent, pause = 0.0, FIRST_LOOK
    while True:
        reply = transport.send(request, cancel=cancel, on_wait=on_wait)
        body = _body(reply)
        if reply.status >= 300 or _wire.failure(body):
            raise _refused(reply.status, _wire.failure(body), transport.account.passcode)
        if isinstance(body.get("count"), int) and body.get("status") != "partial":
            return int(body["count"])
        if body.get("req_id") is None or spent > transport.account.max_wait:
            raise ServerError("CleverTap did not come to a count; try again later.", status=reply.status)
        request = _wire.count_again(rows, body["req_id"])
        if on_wait:
            on_wait("counting", pause)
        sending.CLOCK.sleep(pause, cancel)
        if cancel is not None and cancel.is_set():
            raise sending.Cancelled
        spent, pause = spent + pause, min(pause * 1.6, MOST)


def _body(reply: _wire.Reply) -> dict[str, Any]:
    try:
        body = json.loads(reply.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(status: int, found: _wire.Failure | None, passcode: str) -> ClevertapError:
    code = found.code if found else None
    kind = QueryError if found and "invalid event" in found.text.lower() else ClevertapError
    return kind(
        "CleverTap could not count this query. Check the event's name (it is exact) and its filters."
        + said(passcode, _ASKED, found),
        status=status,
        code=scrub(code, passcode) if isinstance(code, str) else code,
    )


_ASKED = _wire.count("profile", {})
