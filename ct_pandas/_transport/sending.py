"""The only room that opens a socket: sends a request, waits, tries again, gives the answer or an error."""

from __future__ import annotations

import atexit
import functools
import http.client
import os
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import replace

import requests
import urllib3.exceptions

from ct_pandas import _wire
from ct_pandas._account import Account
from ct_pandas._failures import Verdict
from ct_pandas._transport import gate, line
from ct_pandas._transport.line import Call
from ct_pandas._transport.losses import Lost, TooLargeError, lost_by
from ct_pandas._transport.patience import Tries
from ct_pandas._transport.session import Session
from ct_pandas._transport.setbacks import Problem
from ct_pandas._wire import Reply, Request

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 60.0  # without a byte
ATTEMPT_SECONDS = 300.0  # for one answer, however slowly it drips
CHUNK = 1 << 18
NAMELESS_TRIES = 5  # of a host that never answered: some seconds, in which a network may come up
MOST_BYTES = 1 << 29  # of an answer, unpacked: a page of 5,000 people with 100 KB each
AT_ONCE = 1 << 26  # bytes that are read in one piece: more than any page has
TOO_LARGE = f"it is larger than {MOST_BYTES >> 20} MB"

OnWait = Callable[[str, float], None]


class Cancelled(Exception):  # noqa: N818  (not an error: somebody asked for it)
    """The work was called off while it waited; ``reached`` where an earlier attempt went unanswered."""

    reached = False


class Clock:
    """Time as the transport sees it; a test brings its own."""

    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    @staticmethod
    def sleep(seconds: float, cancel: threading.Event | None) -> None:
        """Wait, or less where the work is called off."""
        if cancel is None:
            time.sleep(seconds)
        else:
            cancel.wait(seconds)


CLOCK = Clock()


class Transport:
    """All requests of one account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._session = Session(account)
        self._has_answered = False

    def close(self) -> None:
        """Close the connections that wait for another request."""
        self._session.close()

    def send(
        self,
        request: Request,
        *,
        cancel: threading.Event | None = None,
        on_wait: OnWait | None = None,
        max_wait: float | None = None,
        whole: Callable[[bytes], bool] | None = None,
        abandon: threading.Event | None = None,
    ) -> Reply:
        """Send a request until it is answered for good.

        ``whole`` tells whether a body can be used; one that cannot is asked for again, as after a dropped
        connection. Returns the reply to 2xx and to those 4xx that the caller understands better (uploads,
        unknown profiles). Raises ``AuthenticationError``, ``ThrottledError``, ``ServerError``, ``QueryError``
        or ``CursorError``, and ``Cancelled`` where ``cancel`` is set. That ends a read under way; a write
        only where ``abandon`` is set too, as its answer is worth a little wait.
        """
        tries = Tries(self.account.max_wait if max_wait is None else max_wait)
        told: Problem | None = None  # the last one that is no matter of having had too little time left
        while True:
            try:
                ends = cancel if request.kind == "read" else abandon
                reply, problem = self._attempt(request, tries, cancel, ends, on_wait)
            except Cancelled as called_off:
                called_off.reached = tries.reached
                raise
            if problem is None and reply is not None and whole is not None and not whole(reply.body):
                problem = Problem(Verdict.GARBLED, status=reply.status)
            if problem is None:
                assert reply is not None  # noqa: S101  (without a problem there is a reply)
                return reply
            tries.reached |= problem.reached
            told = problem if told is None or not (problem.lost and problem.lost.late) else told
            pause = None
            if problem.passing:
                pause = tries.pause(problem.verdict, reply, CLOCK.wall(), write=request.kind == "upload")
            if pause is None or not problem.may_be_repeated(request):
                error = told.error(self.account, request, tries)
                error._reached = tries.reached  # noqa: SLF001  (for the room that accounts for rows)
                raise error
            if on_wait:
                on_wait(problem.word, pause)
            CLOCK.sleep(pause, cancel)
            tries.spent += pause

    def _attempt(
        self,
        request: Request,
        tries: Tries,
        cancel: threading.Event | None,
        ends: threading.Event | None,
        on_wait: OnWait | None,
    ) -> tuple[Reply | None, Problem | None]:
        limits = self.account.limits
        limit = limits.uploads_in_flight if request.kind == "upload" else limits.reads_in_flight
        counted = None if limits.uploads_in_flight == limits.reads_in_flight else request.kind
        doors = gate.gate(self.account.host, self.account.account_id)
        waiting = functools.partial(on_wait, "waiting for a free slot", 0.0) if on_wait else lambda: None
        with doors.slot(limit, request.kind, counted, lambda: _is_set(cancel), waiting) as held:
            if not held or _is_set(cancel):
                raise Cancelled
            started = CLOCK.monotonic()
            answer = self._once(request, tries.left, ends)
            tries.took(CLOCK.monotonic() - started)
        if isinstance(answer, Lost):
            self._session.look_again()
            if answer.nameless and not self._has_answered and tries.number >= NAMELESS_TRIES:
                answer = replace(answer, final=True)
            return None, Problem(Verdict.SERVER, lost=answer)
        self._has_answered = True
        verdict, found = _wire.judge(request, answer)
        if verdict is Verdict.THROTTLED:
            doors.throttled(request.kind, limit)
        elif verdict is Verdict.FINE:
            doors.answered(request.kind)
        fine = verdict is Verdict.FINE or _wire.is_callers(request, answer, verdict)
        return answer, None if fine else Problem(verdict, found=found, status=answer.status)

    def _once(self, request: Request, seconds: float, ends: threading.Event | None) -> Reply | Lost:
        """Send a request once. Errors of requests stay in here: their text holds the URL."""
        silent = max(0.01, min(SILENT_SECONDS, seconds))
        # The library sees the path alone: the rest holds an id or a cursor, and the line sends it itself.
        target = urllib.parse.urlsplit(self.account.host).path + request.target
        deadline = CLOCK.monotonic() + min(ATTEMPT_SECONDS, seconds)
        call = Call(target, deadline, ends, once=not request.repeatable)
        try:
            prepared = self._session.prepare_request(
                requests.Request(request.method, self.account.host + request.path, data=request.body)
            )
            if request.body is not None:
                prepared.headers["Content-Type"] = "application/json"
            with call.under_way():
                timeout = (min(CONNECT_SECONDS, silent), silent)
                response = self._session.send(
                    prepared, timeout=timeout, allow_redirects=False, **self._session.environment
                )
                with response:
                    body = _read(response, deadline, minded=ends is not None)
                    return Reply(response.status_code, response.headers, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException) as error:
            lost = lost_by(error, late=CLOCK.monotonic() > deadline)
        except (OSError, ValueError) as error:  # what the libraries let through
            lost = lost_by(error, late=CLOCK.monotonic() > deadline)
        # A line that no request was begun on was still shaking hands.
        return lost if call.line is not None else replace(lost, sent=False)


def _is_set(cancel: threading.Event | None) -> bool:
    return cancel is not None and cancel.is_set()


def _read(response: requests.Response, deadline: float, *, minded: bool) -> bytes:
    """Read a body, within a deadline that a slow drip cannot stretch.

    One of known length goes straight into its place where another thread minds the request, and hangs up.
    """
    size = response.raw.length_remaining
    if size and size > MOST_BYTES:
        raise TooLargeError(TOO_LARGE)
    if minded and size and size <= AT_ONCE and "Content-Encoding" not in response.headers:
        whole: bytes = response.raw.read(size, decode_content=True)  # so urllib3 misses what is cut
        return whole
    chunks = []
    received = 0
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        chunks.append(chunk)
        received += len(chunk)
        if received > MOST_BYTES:
            raise TooLargeError(TOO_LARGE)
        if CLOCK.monotonic() > deadline:
            raise requests.Timeout("the answer came too slowly")
    return b"".join(chunks)


_transports: dict[Account, Transport] = {}
_lock = threading.Lock()


def transport(account: Account) -> Transport:
    """Return the one transport of an account in this process."""
    with _lock:
        if account not in _transports:
            _transports[account] = Transport(account)
        return _transports[account]


def used(host: str, account_id: str) -> Account | None:
    """Return the account that this process used last at a host under an id."""
    with _lock:
        mine = (each for each in reversed(_transports) if (each.host, each.account_id) == (host, account_id))
        return next(mine, None)


def close(account: Account) -> None:
    """Close an account's connections, such as those to a sandbox that stops."""
    with _lock:
        found = _transports.pop(account, None)
    if found:
        found.close()


@atexit.register
def _close_all() -> None:
    """Leave no socket open behind."""
    for account in list(_transports):
        close(account)


def _start_anew() -> None:
    """Share no connection with the process this one was forked from: answers would be mixed up."""
    global _lock  # noqa: PLW0603  (its owner may not exist here)
    _lock = threading.Lock()
    line.start_anew()
    for account, inherited in list(_transports.items()):
        _transports[account] = Transport(account)
        inherited.__dict__.update(vars(_transports[account]))
    gate.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
