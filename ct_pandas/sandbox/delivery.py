"""How an answer goes out: whole, slowly, in part, or not at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from ct_pandas.sandbox.answers import Answer, accepted, fail, in_progress, success, throttled
from ct_pandas.sandbox.faults import Fault
from ct_pandas.sandbox.journal import Arrival

_DROPPED: Final = Answer(b"", 0)
_PAGE: Final = (
    b"<html><head><title>503</title></head><body><h1>Service Temporarily Unavailable</h1></body></html>"
)
_LOOK: Final = 0.02  # seconds between two looks whether a client still waits


def instead(fault: Fault, passcode: str) -> Answer | None:
    """Give the answer that a fault puts in place of the account's, if it is of that kind."""
    told = fault.details
    match fault.kind:
        case "throttle_429":
            return throttled(told.get("retry_after"))
        case "throttle_200":
            return fail("Request throttled, please retry later", 1)
        case "in_progress":
            return in_progress()
        case "accepted_202":
            return accepted()
        case "error_500":
            status = int(told.get("status", 500))
            return fail("An unknown error occurred", status, status)
        case "html_503":
            return Answer(_PAGE, int(told.get("status", 503)), "text/html; charset=utf-8")
        case "redirect":
            there = {"Location": str(told.get("location", "http://127.0.0.1:9/"))}
            return Answer(b"", int(told.get("status", 302)), "text/html", there)
        case "login_refused":
            return fail("Invalid Credentials", 401, 401)
        case "echo_passcode":
            status = int(told.get("status", 400))
            return fail(f"Bad request: X-CleverTap-Passcode {passcode} was not expected", status, status)
        case "reset" | "lost_answer_before" | "hang":
            return _DROPPED
    return None


class Sender:
    """Sends one answer.

    Parameters
    ----------
    environ, start_response
        The request's WSGI environment and callable.
    stopping
        Set when the server stops; ends every wait.
    leave
        Frees the request's slot.
    """

    def __init__(
        self,
        environ: dict[str, Any],
        start_response: Callable[..., Any],
        stopping: threading.Event,
        leave: Callable[[], None],
    ) -> None:
        self._environ, self._start = environ, start_response
        self._stopping, self._leave = stopping, leave

    def send(self, answer: Answer, arrival: Arrival, fault: Fault | None) -> Iterable[bytes]:
        """Send an answer as the fault, if any, would have it."""
        if answer is _DROPPED or (fault and fault.kind == "lost_answer_after"):
            return self._drop(fault)
        if fault and fault.kind == "truncated_json":
            answer = replace(answer, body=_part(answer.body, fault))
        if fault and fault.kind == "wrong_content_type":
            answer = replace(answer, content_type=str(fault.details.get("content_type", "text/html")))
        if fault and fault.kind == "unaccounted":
            answer = success({"status": "fail", "processed": 0, "unprocessed": []})
        arrival.status = answer.status
        length = str(len(answer.body))
        headers = [("Content-Type", answer.content_type), ("Content-Length", length), *answer.headers.items()]
        self._start(answer.status_line, headers)
        if fault and fault.kind == "slow_drip":
            return self._drip(answer.body, fault)
        self._leave()
        if arrival.method == "HEAD":  # the next answer on this connection would be read for its body
            return [b""]
        return [_part(answer.body, fault) if fault and fault.kind == "cut_body" else answer.body]

    def _drop(self, fault: Fault | None) -> list[bytes]:
        if fault and fault.kind == "hang":
            self._hang(float(fault.details.get("seconds", 3600)))
        self._leave()
        self._environ["sandbox.drop"]()
        return []

    def _hang(self, seconds: float) -> None:
        """Wait as long as there is somebody to keep waiting."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._environ["sandbox.gone"]():
            if self._stopping.wait(min(left, _LOOK)):
                return

    def _drip(self, body: bytes, fault: Fault) -> Iterator[bytes]:
        size = max(len(body) // int(fault.details.get("chunks", 10)), 1)
        try:
            for start in range(0, len(body), size):
                self._stopping.wait(float(fault.details.get("seconds", 0.1)))
                if start + size >= len(body):
                    self._leave()
                yield body[start : start + size]
        finally:
            self._leave()


def _part(body: bytes, fault: Fault) -> bytes:
    return body[: int(len(body) * float(fault.details.get("keep", 0.5)))]
