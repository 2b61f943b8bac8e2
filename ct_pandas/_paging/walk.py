"""A download: slices of days walked side by side, and what is kept of them."""

from __future__ import annotations

import contextlib
import os
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from ct_pandas._decode.decoder import Page, PageDecoder
from ct_pandas._paging.counts import count
from ct_pandas._paging.crew import Crew
from ct_pandas._paging.lane import Lane
from ct_pandas._paging.plan import Plan, Slice
from ct_pandas._progress import Bar
from ct_pandas._shown import counted
from ct_pandas._transport.sending import Transport
from ct_pandas.errors import (
    AuthenticationError,
    ClevertapError,
    CursorError,
    DownloadError,
    ServerError,
    ThrottledError,
)

TWICE_EMPTY = (
    "CleverTap counts {:,} for this query, but twice sent no rows. Exports come back empty when "
    "too many run at once for one account: resume when the others have finished."
)


class Keep(Protocol):
    """Where pages go: into memory, or to disk."""

    @property
    def finished_at(self) -> str | None:
        """When a download that is kept was finished; ``None`` where it is not, or was not kept."""

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Keep others out while a walk is under way."""

    def open(self, walk: Walk) -> None:
        """Be ready for a walk, which then stands where the pages that are kept end."""

    def finish(self, walk: Walk) -> None:
        """Hear that the walk is over."""

    def ordered(self) -> list[Page]:
        """Return all pages in slice and page order."""

    def begin(self, part: Slice, cursor: str) -> None:
        """Keep the cursor that a slice starts with."""

    def page(self, part: Slice, page: Page) -> None:
        """Keep a page; ``part`` does not count it yet."""

    def restart(self, part: Slice) -> None:
        """Forget the pages of a slice: it is walked anew."""


@dataclass
class Pages:
    """Pages kept in memory."""

    slices: dict[int, list[Page]] = field(default_factory=dict)
    finished_at: str | None = None

    def begin(self, part: Slice, cursor: str) -> None:
        """Keep nothing: the slice itself knows."""

    def page(self, part: Slice, page: Page) -> None:
        """Keep a page in its place; one that was kept and not counted is replaced."""
        self.slices.setdefault(part.number, [])[part.pages :] = [page]

    def restart(self, part: Slice) -> None:
        """Forget the pages of a slice."""
        self.slices.pop(part.number, None)

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Keep nobody out: nobody else has this memory."""
        return contextlib.nullcontext()

    def open(self, walk: Walk) -> None:
        """Be ready for a walk: it stands where it stood. What stopped it may have left a page uncounted."""
        enough = walk.plan.enough
        enough.forget()
        for page in self.ordered() if enough.counts else ():
            enough.count(page)

    def finish(self, walk: Walk) -> None:
        """Hear that the walk is over."""

    def ordered(self) -> list[Page]:
        """Return all pages in slice and page order."""
        return [page for number in sorted(self.slices) for page in self.slices[number]]


class Walk:
    """The walk of a plan, which can be run again where it stopped."""

    def __init__(self, transport: Transport, plan: Plan, decoder: PageDecoder, keep: Keep) -> None:
        self.plan = plan
        self.slices = [Slice(number, cql) for number, cql in enumerate(plan.slices)]
        self.expected: int | None = None
        self.uncounted = False  # something came back empty, and CleverTap gave no count of it
        self.refused: int | None = None  # the status of the refusal of a login to count
        self._transport, self._decoder, self._keep = transport, decoder, keep

    @property
    def complete(self) -> bool:
        """Whether the server ended every walk."""
        return all(part.whole for part in self.slices)

    @property
    def rows(self) -> int:
        """Records received so far."""
        return sum(part.rows for part in self.slices)

    @property
    def kept(self) -> int:
        """Records received so far that need not be asked for again."""
        return sum(part.rows for part in self.slices if not part.lost)

    @property
    def pages(self) -> int:
        """Pages received so far."""
        return sum(part.pages for part in self.slices)

    def run(self, bar: Bar) -> None:
        """Walk what is unfinished. Whatever stops it leaves the pages so far kept and counted."""
        if self.plan.enough.reached:
            return
        for part in self.slices:
            if part.lost:
                self._restart(part)
        self._walk([part for part in self.slices if not part.done], self.plan.lanes, bar)
        self._disbelieve_empty(bar)

    def _walk(self, parts: Sequence[Slice], lanes: int, bar: Bar) -> None:
        crew = Crew(bar, lambda: counted(self.pages, "page"))
        waiting: queue.SimpleQueue[Slice] = queue.SimpleQueue()
        for part in parts:
            waiting.put(part)
        with _decoders() as decoders:
            lane = Lane(self._transport, self.plan, self._decoder, decoders, crew)
            jobs: list[Callable[[], object]] = [lambda: self._work(lane, waiting, crew)] * min(
                lanes, len(parts)
            )
            if self.plan.verify and self.expected is None:
                jobs.append(lambda: self._expect(crew))
            crew.run(*jobs)

    def _work(self, lane: Lane, waiting: queue.SimpleQueue[Slice], crew: Crew) -> None:
        """Walk one slice after another until none waits: the job of one lane."""
        with contextlib.suppress(queue.Empty):
            while not crew.cancel.is_set():
                self._walk_slice(lane, waiting.get_nowait(), crew)

    def _walk_slice(self, lane: Lane, part: Slice, crew: Crew) -> None:
        try:
            lane.walk(
                part,
                emit=lambda page: crew.post(lambda: self._take(part, page, crew)),
                begin=lambda cursor: crew.post(lambda: self._begin(part, cursor)),
                restart=lambda: crew.post(lambda: self._restart(part)),
            )
        except CursorError:
            part.lost = True
            raise

    def _take(self, part: Slice, page: Page, crew: Crew) -> None:
        self._keep.page(part, page)
        part.advance(page.rows, page.next_cursor)
        self.plan.enough.count(page)
        if self.plan.enough.reached:
            crew.call_off()
        crew.bar.beat(page.rows)

    def _begin(self, part: Slice, cursor: str) -> None:
        self._keep.begin(part, cursor)
        part.begin(cursor)

    def _restart(self, part: Slice) -> None:
        part.restart()  # first: pages that stay are replaced, pages that are gone would be missed
        self.plan.enough.forget()
        self._keep.restart(part)

    def expect(self, bar: Bar) -> None:
        """Ask for the count alone."""
        crew = Crew(bar)
        crew.run(lambda: self._expect(crew))

    def _expect(self, crew: Crew) -> None:
        with contextlib.suppress(ThrottledError, ServerError, AuthenticationError):
            self.expected = self._count(self.plan.whole, crew)
        if (expected := self.expected) is not None:
            crew.post(lambda: crew.bar.expect(expected))

    def _disbelieve_empty(self, bar: Bar) -> None:
        """Ask for the count of slices that came back empty; read again, alone, what should not be."""
        for part in [part for part in self.slices if part.done and not part.whole]:
            expected = self._counted(part, bar)
            self.uncounted |= expected is None
            if expected:
                refused = self.refused
                self._restart(part)
                self._walk([part], 1, bar)
                if part.rows == 0 and (again := self._counted(part, bar)) != 0:
                    part.lost, self.refused = True, refused
                    raise DownloadError(TWICE_EMPTY.format(again or expected), retryable=True)
            part.believed = True

    def _counted(self, part: Slice, bar: Bar) -> int | None:
        found: list[int | None] = []
        crew = Crew(bar, lambda: "checking that it is empty")
        try:
            crew.run(lambda: found.append(self._count(part.cql, crew)))
        except AuthenticationError as error:
            self.refused = error.status
        return found[0] if found else None

    def _count(self, cql: Mapping[str, Any], crew: Crew) -> int | None:
        """Ask how many rows a query holds; ``None`` where the server cannot say."""
        try:
            return count(self._transport, self.plan.rows, cql, cancel=crew.cancel, on_wait=crew.waits)
        except (ThrottledError, ServerError, AuthenticationError):
            raise  # a server in trouble is also one whose exports come back empty: the count is then needed
        except ClevertapError:
            return None


@contextlib.contextmanager
def _decoders() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(max(2, os.cpu_count() or 2), thread_name_prefix="ct_pandas-decode")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
