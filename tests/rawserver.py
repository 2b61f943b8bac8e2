"""A server that writes bytes as they are, HTTP or not."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import ct_pandas as ct
from ct_pandas._transport import sending


class RawServer:
    """Answers each request with the next bytes of a list, or with what a function makes of the request.

    Parameters
    ----------
    answers
        Bytes to write, or a function of the request's bytes; ``None`` closes the connection.
    tls
        A context that makes the server speak TLS.
    drip
        Seconds between two bytes.
    eager
        Answer the first bytes, whatever they are.
    lasting
        Whether a connection outlives an answer; one that does not is closed without a word.
    """

    def __init__(
        self,
        answers: list[bytes] | Callable[[bytes], bytes | None],
        *,
        tls: ssl.SSLContext | None = None,
        drip: float = 0.0,
        eager: bool = False,
        lasting: bool = True,
    ) -> None:
        self.seen: list[bytes] = []
        self.connections = 0
        self._answers, self._tls, self._drip, self._eager = answers, tls, drip, eager
        self._lasting = lasting
        self._open: list[socket.socket] = []
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for account in list(sending._transports):
            if account.base_url and account.base_url.endswith(f":{self.port}"):
                sending.close(account)
        self._stopping.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def account(self, **options: Any) -> ct.Account:
        """Return an account that lives here."""
        return ct.Account("TEST-1", "pass-CODE-1", base_url=self.url, **({"max_wait": 20.0} | options))

    def _accept(self) -> None:
        threads = []
        while not self._stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                break
            self.connections += 1
            self._open.append(connection)
            threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(5)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            if self._tls:
                connection = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
            while request := self._request(connection):
                self.seen.append(request)
                answer = self._answers(request) if callable(self._answers) else self._answers.pop(0)
                if answer is None:
                    return
                self._write(connection, answer)
                if not self._lasting:
                    return

    def _request(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (chunk := connection.recv(65536)):
                return b""
            data += chunk
            if self._eager:
                return data
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def _write(self, connection: socket.socket, answer: bytes) -> None:
        if not self._drip:
            connection.sendall(answer)
            return
        for at in range(len(answer)):
            if self._stopping.wait(self._drip):
                return
            connection.sendall(answer[at : at + 1])


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return an answer as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def within(seconds: float, what: Callable[[], bool]) -> bool:
    """Tell whether something comes true soon."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.01)
    return what()
