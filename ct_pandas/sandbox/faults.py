"""Faults that can be ordered: what goes wrong, at which requests, how often."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from ct_pandas.sandbox.arguments import whole

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "throttle_429": "HTTP 429; detail `retry_after`, seconds",
        "throttle_200": "HTTP 200 and code 1, throttled",
        "in_progress": "HTTP 200 and code 2, still in progress",
        "accepted_202": "HTTP 202, still in progress",
        "error_500": "HTTP 500 as JSON; detail `status`",
        "html_503": "HTTP 503 with a gateway's HTML page; detail `status`",
        "reset": "the connection is reset before any answer",
        "cut_body": "the connection closes in the middle of the body; detail `keep`, the share that is sent",
        "slow_drip": "the body comes in pieces; details `seconds` before each, `chunks`",
        "truncated_json": "a whole HTTP answer whose JSON is cut; detail `keep`, the share that is sent",
        "cursor_invalidated": "the cursor is forgotten",
        "repeated_cursor": "`next_cursor` is one that was given before; detail `cycle`, its length in pages",
        "empty_page_that_goes_on": "a page without records whose `next_cursor` brings what is missing",
        "bare_last_page": "this walk ends with a page that is only a status",
        "wrong_content_type": "a right body called something else; detail `content_type`",
        "redirect": "HTTP 302; details `location`, `status`",
        "login_refused": "HTTP 401",
        "echo_passcode": "HTTP 400 whose text holds the passcode; detail `status`",
        "empty_export": "a cursor for an export without records",
        "duplicate_record": "records of one page come again in the next; detail `records`, how many",
        "drift": "a count is off; detail `by`",
        "filter_ignored": "the query's filters are ignored",
        "lost_answer_before": "the connection is reset and nothing was done",
        "lost_answer_after": "the connection is reset after the request was carried out",
        "unaccounted": "an upload is carried out and its answer accounts for nothing",
        "hang": "no answer while the client waits; detail `seconds` until the connection closes",
    }
)
ACTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("cursor_invalidated", "repeated_cursor", "empty_page_that_goes_on"), ("page",)),
        **dict.fromkeys(("bare_last_page", "duplicate_record"), ("page",)),
        "empty_export": ("mint",),
        "filter_ignored": ("mint", "counts"),
        "drift": ("counts",),
        "unaccounted": ("upload",),
    }
)
"""Where the kinds can act that cannot act everywhere."""
PLACES: Final = ("any", "mint", "page", "profile", "counts", "upload", "schema")


class Fault:
    """One order: a kind of failure at some requests.

    Parameters
    ----------
    kind
        One of `KINDS`.
    on
        The requests it counts and strikes: ``"mint"`` (for a cursor), ``"page"``, ``"profile"``,
        ``"counts"``, ``"upload"``, ``"schema"``; ``"any"`` is any that the kind can act at.
    after
        Requests of that kind that pass first, those answered "in progress" included.
    times
        How many are struck; `None` for all that follow.
    **details
        What the kind takes. With ``carried_out=True`` an answer that replaces another one comes after the
        request was carried out.
    """

    def __init__(
        self, kind: str, on: str = "any", after: int = 0, times: int | None = 1, **details: Any
    ) -> None:
        self.kind, self.on, self.after, self.times = kind, on, after, times
        self.details: Mapping[str, Any] = MappingProxyType(details)
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind!r}; there are {', '.join(KINDS)}")
        if on not in PLACES:
            raise ValueError(f"no such request: {on!r}; there are {', '.join(PLACES)}")
        if kind in ACTS and on not in ("any", *ACTS[kind]):
            raise ValueError(f"{kind} changes nothing on={on!r}: it acts on {' and '.join(ACTS[kind])}")
        if wrong := sorted(set(details) - _details(kind)):
            raise TypeError(f"{kind} has no detail {', '.join(wrong)}: {KINDS[kind]}")
        whole("after", after, 0)
        if times is not None:
            whole("times", times, 1)

    def __repr__(self) -> str:
        details = "".join(f", {name}={value!r}" for name, value in self.details.items())
        return f"Fault({self.kind!r}, on={self.on!r}, after={self.after}, times={self.times}{details})"


def _details(kind: str) -> set[str]:
    """Name the details of a kind, as its description does."""
    return {"carried_out", *re.findall(r"`(\w+)`", KINDS[kind])}


class _Order:
    """A fault and how far it has come."""

    def __init__(self, fault: Fault) -> None:
        self.fault, self._seen, self._struck = fault, 0, 0

    def sees(self, place: str) -> bool:
        """Count one request; tell whether the fault is due."""
        if self.fault.on not in ("any", place) or place not in ACTS.get(self.fault.kind, (place,)):
            return False
        self._seen += 1
        return self._seen > self.fault.after and (self.fault.times is None or self._struck < self.fault.times)

    def strike(self) -> Fault:
        """Use the fault up once."""
        self._struck += 1
        return self.fault


class Plan:
    """All faults ordered; safe to use from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        for fault in faults:
            self.order(fault)

    def order(self, fault: Fault) -> None:
        """Order one more; its count of requests begins now."""
        if not isinstance(fault, Fault):
            raise TypeError(f"{fault!r} is no fault: give ct_pandas.sandbox.Fault(kind, ...)")
        with self._lock:
            self._orders.append(_Order(fault))

    def clear(self) -> None:
        """Cancel all."""
        with self._lock:
            self._orders.clear()

    def due(self, place: str) -> Fault | None:
        """Show a request to every order and take the first that is due."""
        with self._lock:
            ready = [order for order in self._orders if order.sees(place)]
            return ready[0].strike() if ready else None
