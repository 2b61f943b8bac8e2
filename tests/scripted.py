"""A server that answers from a script, byte for byte; it knows nothing of CleverTap."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import ct_pandas as ct


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    in_flight: int

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Answer:
    """What to answer: a body, or how to fail."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False  # the connection is reset before the answer
    cut: int | None = None  # only so many bytes of the body are sent, then the connection closes
    drip: float | None = None  # seconds between two bytes
    delay: float = 0.0  # seconds before the answer
    until: threading.Event | None = None  # answered only once it is set

    @property
    def bytes(self) -> bytes:
        """The body as it goes out."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Scripted:
    """The server; ``answers`` is a list that is used up, or a function of the request."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answers: list[Answer | Any] | Callable[[Seen], Answer | Any] = []
        self._lock = threading.Lock()
        self._in_flight = 0
        self.most_in_flight = 0

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        from ct_pandas._transport import sending

        for account in list(sending._transports):
            if account.base_url == self.url:
                sending.close(account)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def account(self, **options: Any) -> ct.Account:
        """Return an account that lives here."""
        return ct.Account("TEST-1", "pass-CODE-1", base_url=self.url, **({"max_wait": 60.0} | options))

    def answer(self, seen: Seen) -> Answer:
        """Return the next answer of the script."""
        with self._lock:
            self.seen.append(seen)
            if callable(self.answers):
                found = self.answers(seen)
            elif self.answers:
                found = self.answers.pop(0)
            else:
                found = Answer({"status": "fail", "error": "the script is at its end"}, 418)
        return found if isinstance(found, Answer) else Answer(found)

    def enters(self) -> int:
        """Count a request in."""
        with self._lock:
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            return self._in_flight

    def leaves(self) -> None:
        """Count a request out."""
        with self._lock:
            self._in_flight -= 1


def _handler(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            in_flight = script.enters()
            try:
                self._serve(in_flight)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                script.leaves()

        do_POST = do_GET  # noqa: N815  (the name that http.server looks for)

        def _serve(self, in_flight: int) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = script.answer(Seen(self.command, self.path, dict(self.headers), body, in_flight))
            if answer.until is not None:
                answer.until.wait(10)
            time.sleep(answer.delay)
            if answer.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            self._write(answer)

        def _write(self, answer: Answer) -> None:
            self.send_response_only(answer.status)
            for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.bytes)))
            self.end_headers()
            if answer.drip is not None:
                for at in range(len(answer.bytes)):
                    self.wfile.write(answer.bytes[at : at + 1])
                    time.sleep(answer.drip)
                return
            self.wfile.write(answer.bytes[: answer.cut])
            self.close_connection = answer.cut is not None

        def log_message(self, *_: object) -> None:
            return

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ValueError, OSError):  # the connection was reset on purpose
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except (ValueError, OSError):
                return

    return Handler
