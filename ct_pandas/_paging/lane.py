"""One slice of a download: its walk along the cursors, with the next page under way while one is decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from typing import Any, TypeAlias

from ct_pandas import _wire
from ct_pandas._decode.decoder import NotJSON, NotRecords, Page, PageDecoder
from ct_pandas._paging.ahead import Ahead, Arrived
from ct_pandas._paging.crew import Crew
from ct_pandas._paging.plan import Plan, Slice, fingerprint
from ct_pandas._transport.sending import Transport
from ct_pandas.errors import ClevertapError, CursorError

REPEATED = (
    "CleverTap sent the same cursor a second time, which would repeat pages for ever. Resume the "
    "download: it reads the unfinished days again from their start."
)


Emit: TypeAlias = Callable[[Page], None]
"""Takes a page that was read whole."""


class Lane:
    """What every slice of a download has in common."""

    def __init__(
        self, transport: Transport, plan: Plan, decoder: PageDecoder, decoders: Executor, crew: Crew
    ) -> None:
        self._transport, self._plan, self._crew = transport, plan, crew
        self._decoder, self._decoders = decoder, decoders

    def walk(
        self, part: Slice, emit: Emit, begin: Callable[[str], None], restart: Callable[[], None]
    ) -> None:
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
        begin(cursor)
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
        following: str | None = cursor
        while following is not None:
            ahead = Ahead(following, send=self._page, decode=self._decode, crew=self._crew)
            try:
                following = self._guessed(ahead, following, seen, emit)
                ahead.end()
            finally:
                ahead.leave()

    def _guessed(self, ahead: Ahead, cursor: str, seen: set[bytes], emit: Emit) -> str | None:
        """Hand pages over for as long as their cursors were guessed; return the one that was not."""
        while True:
            arrived = ahead.take()
            page = self._whole(arrived, ahead, cursor)
            following = page.next_cursor
            emit(page)
            if following is None:
                return None
            if fingerprint(following) in seen:
                raise CursorError(REPEATED)
            seen.add(fingerprint(following))
            if following != arrived.guess or arrived.page.exception():
                return following
            cursor = following

    def _page(self, cursor: str) -> bytes:
        return self._send(_wire.page(self._plan.rows, cursor), None)

    def _decode(self, body: bytes) -> Future[Page]:
        try:
            return self._decoders.submit(self._decoder.decode, body)
        except RuntimeError:  # the main thread has ended, and whoever still reads gets no help any more
            return self._decoded(body)

    def _decoded(self, body: bytes) -> Future[Page]:
        """Decode a page here and now."""
        future: Future[Page] = Future()
        try:
            future.set_result(self._decoder.decode(body))
        except NotJSON as error:
            future.set_exception(error)
        return future

    def _whole(self, arrived: Arrived, ahead: Ahead, cursor: str) -> Page:
        """Return a decoded page; one that turns out to be cut is asked for again, until it is whole."""
        try:
            return arrived.page.result()
        except NotJSON:
            ahead.end()
            body = self._send(_wire.page(self._plan.rows, cursor), self._decodes)
            try:
                return self._decoder.decode(body)
            except NotRecords as odd:
                raise ClevertapError(str(odd)) from None

    def _decodes(self, body: bytes) -> bool:
        try:
            self._decoder.decode(body)
        except NotRecords:
            return True  # and no better the next time
        except NotJSON:
            return False
        return True

    def _send(self, request: _wire.Request, whole: Callable[[bytes], bool] | None) -> bytes:
        reply = self._transport.send(request, cancel=self._crew.cancel, on_wait=self._crew.waits, whole=whole)
        return reply.body
