"""The only room that opens a socket: sends a request, waits, tries again, gives the answer or an error."""

from __future__ import annotations

import email.utils
import functools
import logging
import random
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

import requests
import requests.adapters
import urllib3.exceptions

from ct_pandas import _wire
from ct_pandas._account import Account, is_loopback
from ct_pandas._gate import Gate, gate
from ct_pandas._wire import Failure, Reply, Request, Verdict
from ct_pandas.errors import (
    AuthenticationError,
    ClevertapError,
    CursorError,
    QueryError,
    ServerError,
    ThrottledError,
)

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 60.0  # without a byte
ATTEMPT_SECONDS = 300.0  # for one answer, however slowly it drips
CHUNK = 1 << 20
TEXT_SHOWN = 300  # characters of a server's text that a message repeats

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


@dataclass(frozen=True)
class _Lost:
    """No answer; ``sent`` is false where the request cannot have reached the server."""

    why: str
    sent: bool
    final: bool = False


class _Headers(requests.auth.AuthBase):
    """Both headers of PROFILES on every request; being set, it also keeps ``.netrc`` unread."""

    def __init__(self, account: Account) -> None:
        self._headers = {
            "X-CleverTap-Account-Id": account.account_id,
            "X-CleverTap-Passcode": account.passcode,
        }

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers.update(self._headers)
        return prepared


class Transport:
    """All requests of one account."""

    def __init__(self, account: Account) -> None:
        limits = account.limits
        self.account = account
        self._session = requests.Session()
        self._session.auth = _Headers(account)
        self._session.trust_env = not is_loopback(urllib.parse.urlsplit(account.host).hostname or "")
        self._session.headers["User-Agent"] = "ct_pandas"
        size = max(limits.reads_in_flight, limits.uploads_in_flight)
        adapter = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=size, max_retries=0)
        self._session.mount(account.host, adapter)

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
    ) -> Reply:
        """Send a request until it is answered for good.

        ``whole`` tells whether a body can be used; one that cannot is asked for again, as after a dropped
        connection. Returns the reply to 2xx and to those 4xx that the caller understands better (uploads,
        unknown profiles). Raises ``AuthenticationError``, ``ThrottledError``, ``ServerError``, ``QueryError`` or
        ``CursorError``, and ``Cancelled`` where ``cancel`` is set.
        """
        tries = _Tries(self.account.max_wait if max_wait is None else max_wait)
        while True:
            try:
                reply, problem = self._attempt(request, tries, cancel, on_wait)
            except Cancelled as called_off:
                called_off.reached = tries.reached
                raise
            if problem is None and reply is not None and whole is not None and not whole(reply.body):
                problem = _Problem(Verdict.GARBLED, status=reply.status)
            if problem is None:
                assert reply is not None  # noqa: S101  (without a problem there is a reply)
                return reply
            tries.reached |= problem.reached
            pause = tries.pause(problem, reply)
            if pause is None or not _may_repeat(request, problem):
                error = problem.error(self.account, request)
                error._reached = tries.reached  # noqa: SLF001  (for the room that accounts for rows)
                raise error
            if on_wait:
                on_wait(problem.word, pause)
            CLOCK.sleep(pause, cancel)
            tries.spent += pause

    def _attempt(
        self, request: Request, tries: _Tries, cancel: threading.Event | None, on_wait: OnWait | None
    ) -> tuple[Reply | None, _Problem | None]:
        limit, doors = self._doors(request)
        waiting = functools.partial(on_wait, "waiting for a free slot", 0.0) if on_wait else lambda: None
        with doors.slot(limit, lambda: bool(cancel and cancel.is_set()), waiting) as held:
            if not held or (cancel and cancel.is_set()):
                raise Cancelled
            started = CLOCK.monotonic()
            answer = self._once(request, tries.left)
            tries.spent += CLOCK.monotonic() - started
        if isinstance(answer, _Lost):
            return None, _Problem(Verdict.SERVER, lost=answer)
        verdict, found = _wire.judge(request, answer)
        if verdict is Verdict.THROTTLED:
            doors.throttled(limit)
        elif verdict is Verdict.FINE:
            doors.answered()
        fine = verdict is Verdict.FINE or _is_callers(request, verdict)
        return answer, None if fine else _Problem(verdict, found=found, status=answer.status)

    def _doors(self, request: Request) -> tuple[int, Gate]:
        limits = self.account.limits
        limit = limits.uploads_in_flight if request.kind == "upload" else limits.reads_in_flight
        shared = limits.uploads_in_flight == limits.reads_in_flight
        return limit, gate(self.account.host, self.account.account_id, "any" if shared else request.kind)

    def _once(self, request: Request, seconds: float) -> Reply | _Lost:
        """Send a request once. Errors of requests stay in here: their text holds the URL."""
        prepared = self._session.prepare_request(
            requests.Request(request.method, self.account.host + request.path, data=request.body)
        )
        # requests would normalise the query; a cursor goes out byte for byte.
        prepared.url = self.account.host + request.target
        if request.body is not None:
            prepared.headers["Content-Type"] = "application/json"
        silent = max(0.01, min(SILENT_SECONDS, seconds))
        options = self._session.merge_environment_settings(prepared.url, {}, True, None, None)
        try:
            response = self._session.send(
                prepared, timeout=(min(CONNECT_SECONDS, silent), silent), allow_redirects=False, **options
            )
            with response:
                body = _read(response, CLOCK.monotonic() + min(ATTEMPT_SECONDS, seconds))
                return Reply(response.status_code, response.headers, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return _lost(error)


def _read(response: requests.Response, deadline: float) -> bytes:
    """Read a body as it arrives, within a deadline that a slow drip cannot stretch."""
    chunks = []
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        chunks.append(chunk)
        if CLOCK.monotonic() > deadline:
            raise requests.Timeout("the answer came too slowly")
    return b"".join(chunks)


def _lost(error: Exception) -> _Lost:
    if isinstance(error, requests.exceptions.SSLError):
        return _Lost("the server's certificate could not be verified", sent=False, final=True)
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, requests.ConnectTimeout) or isinstance(
        reason, urllib3.exceptions.NewConnectionError
    ):
        return _Lost("no connection could be made", sent=False)
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return _Lost("the answer did not come in time", sent=True)
    return _Lost("the connection was dropped", sent=True)


@dataclass(frozen=True)
class _Problem:
    """Why an attempt did not give the answer."""

    verdict: Verdict
    found: Failure | None = None
    status: int | None = None
    lost: _Lost | None = None

    @property
    def reached(self) -> bool:
        """Whether the server may have processed the request although it gave no usable answer."""
        return self.verdict in (Verdict.SERVER, Verdict.GARBLED) and (self.lost is None or self.lost.sent)

    @property
    def word(self) -> str:
        """What a progress bar says while this is waited for."""
        return {Verdict.PREPARING: "preparing", Verdict.THROTTLED: "throttled"}.get(self.verdict, "retrying")

    def error(self, account: Account, request: Request) -> ClevertapError:
        """Return the error to raise, without the passcode or an id."""
        code = self.found.code if self.found else None
        kind, text = _EXPLAINED[self.verdict]
        said = _said(account, request, self.found)
        lost = f": {self.lost.why}" if self.lost else ""
        message = (
            text.format(account=account.account_id, place=account.place, label=request.label) + lost + said
        )
        error = kind(message, status=self.status, code=code, retryable=self.verdict in _WAITED)
        if isinstance(error, ServerError):
            error.sent = self.lost is None or self.lost.sent
        return error


_WAITED = {Verdict.PREPARING, Verdict.THROTTLED, Verdict.SERVER, Verdict.GARBLED}
_EXPLAINED: dict[Verdict, tuple[type[ClevertapError], str]] = {
    Verdict.PREPARING: (
        ServerError,
        "CleverTap was still preparing the {label} when max_wait ran out. Run it again later, or give "
        "the account a larger max_wait.",
    ),
    Verdict.THROTTLED: (
        ThrottledError,
        "CleverTap has too many requests in flight for account {account} ({place}) and went on refusing the "
        "{label} until max_wait ran out. Another notebook or a nightly job may share the account; CleverTap "
        "advises to try again after 10 minutes.",
    ),
    Verdict.SERVER: (ServerError, "CleverTap ({place}) did not answer the {label}; try again later"),
    Verdict.GARBLED: (
        ServerError,
        "CleverTap ({place}) answered the {label} with something that is not JSON, or that is cut short, "
        "until max_wait ran out; a proxy or gateway may stand between",
    ),
    Verdict.LOGIN: (
        AuthenticationError,
        "CleverTap refused the login of account {account} at {place}. Either the id or the passcode is "
        "wrong, or the account lives in another region, which looks the same: check region= too.",
    ),
    Verdict.REDIRECT: (
        ClevertapError,
        "The {label} to {place} was answered with a redirect, which is not followed because the passcode "
        "would go along. Check region= or base_url=.",
    ),
    Verdict.CURSOR: (
        CursorError,
        "CleverTap no longer knows the cursor of this download. Resume it: what is unfinished is asked for "
        "again from its start.",
    ),
    Verdict.QUERY: (QueryError, "CleverTap refused the {label}"),
    Verdict.FAILED: (ClevertapError, "CleverTap answered the {label} with a failure"),
}


def _said(account: Account, request: Request, found: Failure | None) -> str:
    """Return the server's own words, scrubbed of the passcode and of the id that was asked for."""
    if found is None or not found.text:
        return f" (code {found.code})" if found and found.code is not None else ""
    text = found.text
    secrets = [account.passcode, urllib.parse.quote(account.passcode, safe="")]
    if request.label == "profile":
        value = request.query.partition("=")[2]
        secrets += [value, urllib.parse.unquote(value)]
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    text = text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN] + "…"
    code = "" if found.code is None else f" (code {found.code})"
    return f" CleverTap says: {text!r}{code}."


def _is_callers(request: Request, verdict: Verdict) -> bool:
    """Tell whether a failure is an answer that the caller reads for itself."""
    if request.kind == "upload":
        return verdict in (Verdict.FAILED, Verdict.QUERY, Verdict.CURSOR)
    return request.label in ("profile", "count") and verdict in (
        Verdict.FAILED,
        Verdict.QUERY,
        Verdict.CURSOR,
    )


def _may_repeat(request: Request, problem: _Problem) -> bool:
    """Tell whether sending again is safe: a write that may have been processed is not repeated unasked."""
    if request.repeatable or problem.verdict is Verdict.THROTTLED:
        return True
    return problem.lost is not None and not problem.lost.sent


class _Tries:
    """How long one request has been tried, and how long to wait before the next attempt."""

    def __init__(self, max_wait: float) -> None:
        self._max_wait = max_wait
        self._number = 0
        self.spent = 0.0
        self.reached = False

    @property
    def left(self) -> float:
        """Seconds that may still be spent."""
        return self._max_wait - self.spent

    def pause(self, problem: _Problem, reply: Reply | None) -> float | None:
        """Return the seconds to wait, or ``None`` to give up."""
        if problem.verdict not in _WAITED or (problem.lost and problem.lost.final):
            return None
        self._number += 1
        asked = _retry_after(reply)
        pause = self._growing(problem.verdict) if asked is None else asked
        if asked is None and 0 < self.left < pause:
            pause = self.left * 0.9  # one last look before the time is up
        return pause if pause < self.left and self.left > 0.05 else None

    def _growing(self, verdict: Verdict) -> float:
        import tenacity  # noqa: PLC0415  (only a request that has to wait pays for it)

        first, most = (0.2, 15.0) if verdict is Verdict.PREPARING else (0.4, 60.0)
        state = tenacity.RetryCallState(None, None, (), {})  # type: ignore[arg-type]
        state.attempt_number = self._number
        jitter = random.uniform(0.8, 1.2)  # noqa: S311  (spreads retries; no secret depends on it)
        return float(tenacity.wait_exponential(multiplier=first, exp_base=1.6, max=most)(state)) * jitter


def _retry_after(reply: Reply | None) -> float | None:
    """Return the seconds of a ``Retry-After`` header, given as a number or as a date."""
    value = (reply.headers.get("Retry-After") or "").strip() if reply else ""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return max(0.0, when.timestamp() - CLOCK.wall()) if when else None


class _WithoutIds(logging.Filter):
    """Keeps ids out of the HTTP library's debug lines: a query is not logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.partition("?")[0] + "?…"
                if isinstance(arg, str) and arg.startswith("/") and "?" in arg
                else arg
                for arg in record.args
            )
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutIds())

_transports: dict[Account, Transport] = {}
_lock = threading.Lock()


def transport(account: Account) -> Transport:
    """Return the one transport of an account in this process."""
    with _lock:
        if account not in _transports:
            _transports[account] = Transport(account)
        return _transports[account]


def close(account: Account) -> None:
    """Close an account's connections, such as those to a sandbox that stops."""
    with _lock:
        found = _transports.pop(account, None)
    if found:
        found.close()
