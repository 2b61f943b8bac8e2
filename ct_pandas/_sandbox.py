"""The embedded sandbox as an account of this process: where the client meets it, and the only place."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING, Any, Literal, Self

from ct_pandas import _account
from ct_pandas._account import Account
from ct_pandas._limits import Limits
from ct_pandas._transport import sending
from ct_pandas._unbroken import unbroken
from ct_pandas.errors import ClevertapError

if TYPE_CHECKING:
    from ct_pandas.sandbox.server import SandboxServer


class Sandbox:
    """A CleverTap account on this machine: a real HTTP server on loopback with synthetic people.

    Parameters
    ----------
    users
        People in its world.
    seed
        The same seed gives the same world.
    limits
        The limits that the client keeps to and the server holds it to.
    **world
        Everything else that :class:`ct_pandas.sandbox.server.SandboxServer` takes: its time zone, its faults,
        and a switch for every behaviour on which CleverTap's own pages disagree.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> with ct.Sandbox(users=200) as sandbox:
    ...     df = ct.read_clevertap_events("Charged", "2025-10", account=sandbox.account, progress=False)
    >>> df.attrs["clevertap"]["complete"]
    True
    """

    def __init__(
        self,
        users: int = 2000,
        seed: int = 0,
        *,
        limits: Limits | Literal["documented", "current"] = "documented",
        max_wait: float = _account.MAX_WAIT,
        **world: Any,
    ) -> None:
        with unbroken():
            from ct_pandas.sandbox.server import SandboxServer  # noqa: PLC0415  (only who uses it pays for it)

        self._limits, self._max_wait = Limits.of(limits), max_wait
        if self._limits.name in ("documented", "current"):
            world = {"limits": self._limits.name} | world
        self.server: SandboxServer = SandboxServer(users=users, seed=seed, **world)
        self._account: Account | None = None

    @property
    def url(self) -> str:
        """The address it answers at."""
        return str(self.server.url)

    @property
    def account(self) -> Account:
        """The account to give to readers and uploads."""
        if self._account is None:
            raise ClevertapError("The sandbox is not running: use it as a context manager, or call start().")
        return self._account

    def start(self) -> Self:
        """Start answering."""
        with unbroken():
            self.server.start()
        try:
            self._account = Account(
                self.server.account_id,
                self.server.passcode,
                base_url=self.server.url,
                timezone=self.server.timezone,
                limits=self._limits,
                max_wait=self._max_wait,
            )
        except BaseException:
            self.server.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop answering and free the port."""
        if self._account is not None:
            sending.close(self._account)
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        if "server" not in vars(self):  # half made, as a traceback may show it
            return object.__repr__(self)
        return f"Sandbox({self.server!r})"


SIDE_BY_SIDE = 4  # sandboxes of one process: somebody may compare two accounts

_lock = threading.Lock()
_running: list[Sandbox] = []
_worlds: list[dict[str, Any]] = []


def connect_sandbox(**world: Any) -> Account:
    """Start the embedded sandbox, once for the process, and make it the default account.

    Sends nothing to CleverTap and needs no account. Takes well under a second.

    Parameters
    ----------
    **world
        As in :class:`Sandbox`, such as ``users=5000``. If they differ from the last call's, another sandbox
        is started; the last few keep answering.

    Returns
    -------
    Account
        The sandbox's account.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> ct.connect_sandbox().timezone
    'Asia/Kolkata'
    """
    with _lock:
        if not _running or (world and world != _worlds[0]):
            made = Sandbox(**world)
            with unbroken():  # one that runs is one that is stopped at the end
                _running.insert(0, made.start())
                _worlds[:] = [world]
            for old in _running[SIDE_BY_SIDE:]:
                old.stop()
            del _running[SIDE_BY_SIDE:]
        return _account.set_default(_running[0].account)


@atexit.register
def _stop() -> None:
    for sandbox in _running:
        sandbox.stop()
