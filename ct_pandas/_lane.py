"""One slice of a download: its walk along the cursors, with the next page under way while one is decoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, Protocol

from ct_pandas import _wire
from ct_pandas._crew import Crew
from ct_pandas._decode import NotJSON, Page, PageDecoder, peek
from ct_pandas._plan import Plan, Slice, fingerprint
from ct_pandas._transport import Transport
from ct_pandas.errors import ClevertapError, CursorError

AHEAD = 3  # pages asked for and not yet handed over: two being decoded, one on its way

REPEATED = (
    "CleverTap gave a cursor for the second time, which would repeat pages for ever. Resume the download: "
    "the unfinished days are asked for again from their start."
)


class Emit(Protocol):
    """Takes a page that was read whole, with the cursor that follows it; ``None`` at the end."""

    def __call__(self, body: bytes, page: Page, cursor: str | None) -> None: ...


@dataclass(frozen=True)
class _Asked:
    """A page that has arrived and is being decoded."""

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
                self._follow(part.cursor, set(part.seen), emit)
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
        """Ask for page after page. The next cursor is guessed at a glance, then checked once decoded."""
        under_way: deque[_Asked] = deque()
        ask: str | None = cursor
        while True:
            if ask is not None:
                arrived = self._ask(ask)
                under_way.append(arrived)
                ask = arrived.guess
                if ask is not None and len(under_way) < AHEAD:
                    continue
            first = under_way.popleft()
            body, page = self._whole(first)
            following = page.next_cursor or None
            emit(body, page, following)
            if following is None:
                return
            if fingerprint(following) in seen:
                raise CursorError(REPEATED)
            seen.add(fingerprint(following))
            expected = under_way[0].cursor if under_way else ask
            if expected != following:
                under_way.clear()
                ask = following

    def _ask(self, cursor: str) -> _Asked:
        """Ask for a page; a failure waits its turn behind the pages that came before it."""
        try:
            body = self._send(_wire.page(self._plan.rows, cursor), None)
        except ClevertapError as error:
            failed: Future[Page] = Future()
            failed.set_exception(error)
            return _Asked(cursor, b"", failed, None)
        return _Asked(cursor, body, self._decoders.submit(self._decoder.decode, body), peek(body))

    def _whole(self, asked: _Asked) -> tuple[bytes, Page]:
        """Return a decoded page; one that turns out to be cut is asked for again."""
        try:
            return asked.body, asked.page.result()
        except NotJSON:
            body = self._send(_wire.page(self._plan.rows, asked.cursor), self._decodes)
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
