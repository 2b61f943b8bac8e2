"""Connections that can be ended from another thread, send a target as it is, and say nothing of it."""

from __future__ import annotations

import contextlib
import http.client
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import urllib3
import urllib3.connection

REST = 30.0  # seconds: balancers let go of a connection at rest after 60 or more, some without a word
GRACE = 0.01  # seconds: who closes a connection behind an answer, without a word in it, has done so by then

_here = threading.local()
_calls: set[Call] = set()
_lock = threading.Lock()


@dataclass(eq=False)
class Call:
    """One request under way, which another thread can end."""

    target: str
    deadline: float
    cancel: threading.Event | None
    once: bool = False  # it must not be sent a second time
    line: _Line | None = None

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        _here.call = self
        with _lock:
            _calls.add(self)
        try:
            yield
        finally:
            _here.call = None
            with _lock:
                _calls.discard(self)

    @property
    def over(self) -> bool:
        return (self.cancel is not None and self.cancel.is_set()) or time.monotonic() > self.deadline


def hang_up() -> None:
    """End the requests whose time is up, and the reads that were called off, whatever they wait for.

    Whoever minds requests under way calls this now and then: a socket's own timeout does not see an answer
    whose headers drip.
    """
    with _lock:
        for call in _calls:
            line = call.line
            if line is not None and line.call is call and line.sock is not None and call.over:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(line.sock, socket.SHUT_RDWR)


class _Answer(http.client.HTTPResponse):
    """An answer that lets interim ones pass, such as 103 Early Hints, which may come before any.

    The library passes over 100 alone. It takes the others for the answer itself, and what follows for the
    answer to the next request on the same connection: to another person, another page, another upload.
    """

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not http.HTTPStatus.SWITCHING_PROTOCOLS < status < http.HTTPStatus.OK:
                return version, status, reason
            http.client.parse_headers(self.fp)


class _Line:
    """A connection that is shown to ``hang_up`` and sends a target byte for byte."""

    debuglevel = 0  # http.client prints all headers where somebody raises it on its own class
    response_class = _Answer
    call: Call | None = None
    began = 0.0
    sock: Any

    @property
    def is_connected(self) -> bool:
        """Whether it can be used again: an event that is lost on it may not be sent a second time.

        Nor where TLS holds what came unasked behind an answer, which a look at the socket does not show: it
        would be read for the answer to the next request.
        """
        unasked = getattr(self.sock, "pending", int)()
        rested = time.monotonic() - self.began >= REST
        if unasked or rested or not super().is_connected:  # type: ignore[misc]
            return False
        return not (_here.call.once and urllib3.util.wait_for_read(self.sock, GRACE))

    def putrequest(self, method: str, _url: str, *args: Any, **kwargs: Any) -> None:
        """Begin a request; urllib3 has normalised its target, but a cursor goes out as it came."""
        call: Call = _here.call
        self.began = time.monotonic()
        with _lock:
            self.call, call.line = call, self
        if call.over:
            raise TimeoutError("called off")
        super().putrequest(method, call.target, *args, **kwargs)  # type: ignore[misc]


class _Connection(_Line, urllib3.connection.HTTPConnection):  # type: ignore[misc]
    pass


class _SecureConnection(_Line, urllib3.connection.HTTPSConnection):  # type: ignore[misc]
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}


def start_anew() -> None:
    """Forget what is under way: a forked process has no requests of its own yet."""
    global _lock  # noqa: PLW0603  (its owner may not exist here)
    _lock = threading.Lock()
    _calls.clear()


class _WithoutEchoes(logging.Filter):
    """Keeps a server's raw headers out of the log: they may echo what was sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(_here, "call", None) is not None and record.exc_info:
            record.msg, record.args = "%s: the answer's headers could not be read", ("ct_pandas",)
            record.exc_info = record.exc_text = None
        return True


logging.getLogger("urllib3.connection").addFilter(_WithoutEchoes())
