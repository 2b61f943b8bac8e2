"""The request of the next page, under way while the one before it is decoded and kept."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from ct_pandas import _wire
from ct_pandas._decode.decoder import Page
from ct_pandas._paging.crew import Crew
from ct_pandas._progress import BEAT
from ct_pandas._transport.line import hang_up
from ct_pandas._transport.sending import Cancelled

ROOM = 2  # pages that wait to be handed over before no further one is asked for
LAST_LOOK = 0.5  # seconds that a request which was called off is waited for


@dataclass(frozen=True)
class Arrived:
    """A page that came and is being decoded; ``guess`` is the next cursor as it looks at a glance."""

    page: Future[Page]
    guess: str | None = None


class Ahead:
    """Asks for page after page in a thread of its own, as far as the next cursor can be guessed.

    A thread, because the end of the process must not wait for it. What it guessed is checked by whoever takes
    the pages.

    Parameters
    ----------
    cursor
        The first page to ask for.
    send
        Asks for the page of a cursor.
    decode
        Has a page decoded elsewhere.
    crew
        Says when the work is called off.
    """

    def __init__(
        self,
        cursor: str,
        *,
        send: Callable[[str], bytes],
        decode: Callable[[bytes], Future[Page]],
        crew: Crew,
    ) -> None:
        self._send, self._decode, self._crew = send, decode, crew
        self._arrived: queue.Queue[Arrived] = queue.Queue(ROOM)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, args=(cursor,), daemon=True, name="ct_pandas-page")
        self._thread.start()

    def take(self) -> Arrived:
        """Wait for the next page that came, and until it is decoded."""
        arrived: Arrived | None = None
        while arrived is None or not arrived.page.done():
            if self._crew.cancel.is_set():
                raise Cancelled
            with contextlib.suppress(queue.Empty, TimeoutError):
                arrived = arrived or self._arrived.get(timeout=BEAT)
                arrived.page.exception(timeout=BEAT)
        return arrived

    def end(self) -> None:
        """Ask for no more, and wait for the page on its way, so that no second one is beside it."""
        self._over.set()
        while self._thread.is_alive() and not self._crew.cancel.is_set():
            self._thread.join(BEAT)

    def leave(self) -> None:
        """Ask for no more; end the request that nobody waits for."""
        self._over.set()
        for _ in range(10):
            if not self._thread.is_alive() or not self._crew.cancel.is_set():
                return
            hang_up()
            self._thread.join(LAST_LOOK / 10)

    def _go(self, cursor: str) -> None:
        ask: str | None = cursor
        while ask is not None and not self._over.is_set():
            found = self._ask(ask)
            ask = found.guess
            self._put(found)

    def _ask(self, cursor: str) -> Arrived:
        """Ask for one page; a failure waits its turn behind the pages that came before it."""
        try:
            body = self._send(cursor)
            return Arrived(self._decode(body), _wire.glimpsed_cursor(body))
        except BaseException as error:  # noqa: BLE001  (raised where the page is taken)
            failed: Future[Page] = Future()
            failed.set_exception(error)
            return Arrived(failed)

    def _put(self, found: Arrived) -> None:
        while not self._over.is_set() and not self._crew.cancel.is_set():
            with contextlib.suppress(queue.Full):
                self._arrived.put(found, timeout=BEAT)
                return
