"""The sandbox on a loopback port.

Served by waitress: a small pure-Python WSGI server that keeps connections alive, which werkzeug's does not.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Final, Self

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from ct_pandas.sandbox.app import Account, App, Login
from ct_pandas.sandbox.arguments import loopback, whole
from ct_pandas.sandbox.faults import Fault, Plan
from ct_pandas.sandbox.gate import Gate
from ct_pandas.sandbox.journal import Arrival, Journal
from ct_pandas.sandbox.switches import Switches, switches_of
from ct_pandas.sandbox.world import World

ACCOUNT_ID: Final = "TEST-SAN-DBOX"
_ARGUMENTS: Final = ("users", "seed", "timezone", "port", "passcode", "faults", "examples", "clock")
_THREADS: Final = 24
_LARGEST: Final = 1 << 26  # bytes of a request: 1,000 records of the largest kind that are likely
_IN_MEMORY: Final = 1 << 30
_LOG: Final = logging.getLogger("ct_pandas.sandbox.http")
_LOG.setLevel(logging.ERROR)


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """A request whose connection the application can look at and drop."""

    logger = _LOG
    dropped = False

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["sandbox.drop"], environ["sandbox.gone"] = self.drop, self.gone
        return environ

    def drop(self) -> None:
        """Send nothing and reset the connection: closing with no linger makes the kernel send RST."""
        linger = struct.pack("ii", 1, 0)
        self.channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.dropped = self.close_on_finish = True

    def gone(self) -> bool:
        """Tell whether the client has closed the connection; the socket never blocks."""
        try:
            return not self.channel.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def finish(self) -> None:
        if not self.dropped:
            super().finish()


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    task_class = _Task
    logger = _LOG


class _Workers(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress has no types
    """Threads that can be waited for."""

    logger = queue_logger = _LOG

    def __init__(self) -> None:
        super().__init__()
        self.started: list[threading.Thread] = []

    def start_new_thread(self, target: Callable[[int], None], thread_no: int) -> None:
        thread = threading.Thread(target=target, args=(thread_no,), name=f"sandbox-{thread_no}", daemon=True)
        self.started.append(thread)
        thread.start()

    def stop(self) -> None:
        """Let every thread end what it does, and wait for it."""
        self.shutdown()
        for thread in self.started:
            thread.join(5)


class _Http(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    channel_class = _Channel
    logger = _LOG

    @property
    def sockets(self) -> dict[int, Any]:
        """Every socket that is open; the server's own loop would never end while there is one."""
        return self._map  # type: ignore[no-any-return]


class SandboxServer:
    """An embedded CleverTap account on a loopback port.

    Costs a few hundredths of a second to make with 2,000 people and about a second with 50,000.

    Parameters
    ----------
    users
        How many people to draw.
    seed
        Equal seeds give equal worlds.
    timezone
        IANA name of the project's time zone.
    host, port
        Where to listen, on loopback only; port 0 takes a free one.
    account_id, passcode
        What clients log in with; the passcode is drawn anew for each server unless given.
    faults
        Faults ordered from the start.
    examples
        Whether the people and events of the API's documentation are there too.
    clock
        Gives the time in seconds since 1970; cursors expire by it, uploads are dated by it.
    **switches
        See `ct_pandas.sandbox.switches.Switches`.

    Examples
    --------
    >>> with SandboxServer(users=50) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        users: int = 2000,
        seed: int = 0,
        timezone: str = "Asia/Kolkata",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        account_id: str = ACCOUNT_ID,
        passcode: str | None = None,
        faults: Iterable[Fault] = (),
        examples: bool = True,
        clock: Callable[[], float] = time.time,
        **switches: Any,
    ) -> None:
        self.switches = switches_of(switches, _ARGUMENTS)
        self._host, self._port = loopback(host), whole("port", port, 0, 65_535)
        self._plan, self._journal = Plan(faults), Journal(self.switches.journal_size)
        self.world = World(whole("users", users, 0), whole("seed", seed, 0), timezone, examples=examples)
        self.account_id, self.passcode = account_id, passcode or secrets.token_hex(16)
        self.timezone, self.clock = timezone, clock
        self._gate = Gate(_limits(self.switches), self.switches.penalty, self._now)
        self.account = Account(self.world, self.switches, self._now)
        self._stopping = threading.Event()
        self._http: _Http | None = None
        self._threads: tuple[_Workers, threading.Thread] | None = None
        self._process = os.getpid()

    def __repr__(self) -> str:
        if "_process" not in vars(self):  # half made, as a traceback may show it
            return object.__repr__(self)
        where = self.url if self._http else "stopped"
        return f"SandboxServer({where}, account_id={self.account_id!r}, people={len(self.world.people)})"

    def _now(self) -> float:
        return self.clock()

    @property
    def url(self) -> str:
        """Where it listens; an error while it does not."""
        if self._http is None:
            raise RuntimeError("the sandbox is not running: call start() or use it in a with statement")
        return f"http://{self._host}:{self._http.effective_port}"

    @property
    def requests(self) -> list[Arrival]:
        """What has arrived, oldest first."""
        return self._journal.all()

    def forget_requests(self) -> None:
        """Empty the list of what has arrived."""
        self._journal.clear()

    @property
    def max_in_flight_seen(self) -> int:
        """Most requests of one class that were inside at once."""
        return self._gate.most

    @property
    def live_errors(self) -> list[dict[str, Any]]:
        """What the dashboard's Live Error Stream would show."""
        return self.account.uploads.live_errors

    def order(self, fault: Fault) -> None:
        """Order a fault while the server runs; it counts requests from now on."""
        self._plan.order(fault)

    def clear_faults(self) -> None:
        """Cancel all faults ordered."""
        self._plan.clear()

    def start(self) -> Self:
        """Begin to listen."""
        if self._http is not None:
            return self
        self._stopping.clear()
        login = Login(self.account_id, self.passcode)
        app = App(
            self.account,
            login,
            gate=self._gate,
            plan=self._plan,
            journal=self._journal,
            clock=self._now,
            stopping=self._stopping,
        )
        workers = _Workers()
        self._http = _listening(app, workers, self._host, self._port)
        workers.set_thread_count(_THREADS)
        loop = threading.Thread(target=self._serve, args=(self._http,), name="sandbox", daemon=True)
        self._threads, self._process = (workers, loop), os.getpid()
        loop.start()
        return self

    def _serve(self, http: _Http) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=30, use_poll=True, map=http.sockets, count=1)

    def stop(self) -> None:
        """Stop listening, end every wait, close every connection, and wait for all threads."""
        if self._http is None or self._threads is None:
            return
        if self._process != os.getpid():  # a fork has no threads to wait for, and the server is its parent's
            self._http = self._threads = None
            return
        workers, loop = self._threads
        self._stopping.set()
        self._http.pull_trigger()
        loop.join(10)
        workers.stop()
        wasyncore.close_all(self._http.sockets, ignore_all=True)
        self._http = self._threads = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listening(app: App, workers: _Workers, host: str, port: int) -> _Http:
    """Open the port; a port that cannot be had leaves no socket open."""
    sockets: dict[int, Any] = {}
    try:
        return _Http(app, map=sockets, adj=_adjustments(host, port), dispatcher=workers)
    except OSError:
        wasyncore.close_all(sockets, ignore_all=True)
        raise


def _adjustments(host: str, port: int) -> Any:
    return Adjustments(
        host=host,
        port=port,
        threads=_THREADS,
        ident="sandbox",
        asyncore_use_poll=True,
        outbuf_overflow=_IN_MEMORY,
        inbuf_overflow=_IN_MEMORY,
        outbuf_high_watermark=_IN_MEMORY,
        max_request_body_size=_LARGEST,
        connection_limit=1000,
        log_socket_errors=False,
        clear_untrusted_proxy_headers=False,
    )


def _limits(switches: Switches) -> dict[str, int]:
    """Give the most requests at once, per class.

    CleverTap, "Working with User Profiles API": 3 per account, of whatever kind. "API Request Limit": 15
    uploads, and 3 of the rest.
    """
    reads, uploads = switches.reads_in_flight, switches.uploads_in_flight
    if switches.limits == "documented" and reads is uploads is None:
        return {"rest": 3}
    return {"rest": reads or 3, "upload": uploads or (15 if switches.limits == "current" else 3)}
