"""One slice of a download: its walk along the cursors, with the next page under way while one is decoded."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Protocol

from ct_pandas import _wire
from ct_pandas._crew import Crew
from ct_pandas._decode import NotJSON, Page, PageDecoder, peek
from ct_pandas._plan import Plan, Slice, fingerprint
from ct_pandas._progress import BEAT
from ct_pandas._transport import Cancelled, Transport
from ct_pandas.errors import CursorError

AHEAD = 3  # pages that wait to be decoded before no further one is asked for

REPEATED = (
    "CleverTap gave a cursor for the second time, which would repeat pages for ever. Resume the download: "
    "the unfinished days are asked for again from their start."
)


class Emit(Protocol):
    """Takes a page that was read whole, with the cursor that follows it; ``None`` at the end."""

    def __call__(self, body: bytes, page: Page, cursor: str | None) -> None: ...


@dataclass(frozen=True)
class _Coming:
    """A page that was asked for."""

    cursor: str
    body: Future[bytes]


@dataclass(frozen=True)
class _Arrived:
    """A page that came and is being decoded."""

    cursor: str
    body: bytes
    page: Future[Page]
    guess: str | None


class Lane:
    """What every slice of a download has in common."""

    def __init__(
        self, transport: Transport, plan: Plan, decoder: PageDecoder, decoders: Executor, crew: Crew
    ) -> None:
        self._transport, self._plan, self._crew = transport, plan, crew
        self._decoder, self._decoders = decoder, decoders

    def walk(self, part: Slice, emit: Emit, restart: Callable[[], None]) -> None:
        """Walk a slice from where it stands to its end.

        The walk ends only where ``next_cursor`` is absent or empty. A slice that goes on after a while may
        find its cursor expired; it then starts anew, once.
        """
        if part.cursor is not None:
            kept = part.pages
            try:
                self._follow(part.cursor, part.seen | {fingerprint(part.cursor)}, emit)
            except CursorError:
                if part.pages > kept:
                    raise
                restart()
            else:
                return
        cursor = self._mint(part.cql)
        self._follow(cursor, {fingerprint(cursor)}, emit)

    def _mint(self, cql: Mapping[str, Any]) -> str:
        request = _wire.mint(self._plan.rows, cql, self._plan.batch_size, self._plan.flags)
        body = self._send(request, lambda body: _wire.minted(body) is not None)
        return str(_wire.minted(body))

    def _follow(self, cursor: str, seen: set[bytes], emit: Emit) -> None:
        """Ask for page after page. The next cursor is guessed at a glance, then checked once decoded.

        A page is handed over as soon as it is decoded, while the next one is on its way: what stops that one
        cannot take this one along.
        """
        coming: _Coming | None = self._ask(cursor)
        arrived: deque[_Arrived] = deque()
        ask: str | None = None
        while True:
            self._wait(coming, arrived)
            if coming is not None and coming.body.done():
                arrived.append(self._take(coming))
                coming, ask = None, arrived[-1].guess
            if coming is None and ask is not None and len(arrived) < AHEAD:
                coming, ask = self._ask(ask), None
            if not arrived or not arrived[0].page.done():
                continue
            following = self._hand_over(arrived.popleft(), coming, seen, emit)
            if following is None:
                return
            expected = arrived[0].cursor if arrived else coming.cursor if coming else ask
            if expected != following:
                self._settle(coming)
                arrived.clear()
                coming, ask = self._ask(following), None

    def _hand_over(self, first: _Arrived, coming: _Coming | None, seen: set[bytes], emit: Emit) -> str | None:
        """Keep a page; return the cursor that follows it."""
        body, page = self._whole(first, coming)
        following = page.next_cursor or None
        emit(body, page, following)
        if following is not None:
            if fingerprint(following) in seen:
                raise CursorError(REPEATED)
            seen.add(fingerprint(following))
        return following

    def _ask(self, cursor: str) -> _Coming:
        """Ask for a page in a thread of its own, which the end of the process does not wait for."""
        body: Future[bytes] = Future()

        def ask() -> None:
            try:
                body.set_result(self._send(_wire.page(self._plan.rows, cursor), None))
            except BaseException as error:  # noqa: BLE001  (raised where the page is taken)
                body.set_exception(error)

        threading.Thread(target=ask, daemon=True, name="ct_pandas-page").start()
        return _Coming(cursor, body)

    def _take(self, coming: _Coming) -> _Arrived:
        """Have a page decoded; a failure waits its turn behind the pages that came before it."""
        error = coming.body.exception()
        if error is not None:
            failed: Future[Page] = Future()
            failed.set_exception(error)
            return _Arrived(coming.cursor, b"", failed, None)
        body = coming.body.result()
        return _Arrived(coming.cursor, body, self._decoders.submit(self._decoder.decode, body), peek(body))

    def _wait(self, coming: _Coming | None, arrived: Iterable[_Arrived]) -> None:
        """Wait until the page on its way has come or the first one that came is decoded."""
        awaited: list[Future[Any]] = [asked.page for asked in itertools.islice(arrived, 1)]
        awaited += [coming.body] if coming else []
        while not wait(awaited, timeout=BEAT, return_when=FIRST_COMPLETED).done:
            if self._crew.cancel.is_set():
                break
        if self._crew.cancel.is_set():
            raise Cancelled

    def _settle(self, coming: _Coming | None) -> None:
        """Wait for a page that nobody wants any more, so that no second one is on its way beside it."""
        if coming is not None:
            self._wait(coming, ())

    def _whole(self, first: _Arrived, coming: _Coming | None) -> tuple[bytes, Page]:
        """Return a decoded page; one that turns out to be cut is asked for again."""
        try:
            return first.body, first.page.result()
        except NotJSON:
            self._settle(coming)
            body = self._send(_wire.page(self._plan.rows, first.cursor), self._decodes)
            return body, self._decoder.decode(body)

    def _decodes(self, body: bytes) -> bool:
        try:
            self._decoder.decode(body)
        except NotJSON:
            return False
        return True

    def _send(self, request: _wire.Request, whole: Callable[[bytes], bool] | None) -> bytes:
        reply = self._transport.send(request, cancel=self._crew.cancel, on_wait=self._crew.waits, whole=whole)
        return reply.body
