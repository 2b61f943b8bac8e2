"""Finished pages that outlive the process: kept on disk as they arrive, and read back by the next one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ct_pandas._decode.decoder import Page
from ct_pandas._paging.plan import Slice
from ct_pandas._paging.walk import Pages, Walk
from ct_pandas._storage.belonging import Belonging
from ct_pandas._storage.store import Store
from ct_pandas.errors import ClevertapError


class Checkpoint:
    """Keeps the pages of a walk in a store; where there is memory for them, there too.

    Parameters
    ----------
    store
        Where pages are kept on disk.
    belongs
        What the download belongs to.
    pages
        Where pages are kept in memory; left out, they are on disk only.
    notes
        What else the manifest says.
    """

    def __init__(self, store: Store, belongs: Belonging, pages: Pages | None = None, **notes: Any) -> None:
        self.store, self._belongs, self._pages, self._notes = store, belongs, pages, notes
        self._parts: list[Slice] = []

    @property
    def finished_at(self) -> str | None:
        """When the download was finished, if it is."""
        return self.store.manifest.get("finished_at")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one at work in the store, if it belongs to this download."""
        with self.store.locked():
            if self.store.there:
                self._belongs.check(self.store.open(), self.store.whose)
            try:
                yield
            finally:
                self._note_lost()

    def open(self, walk: Walk) -> None:
        """Begin, or have the walk stand where its pages end."""
        if not self.store.there:
            self.store.begin(self._belongs, walk.plan.slices, **self._notes)
        self._read_back(walk)

    def finish(self, walk: Walk) -> None:
        """Say that the walk is over; not of pages that somebody took away meanwhile."""
        if not self.store.has_all_of(walk.slices):
            if self._pages is None:
                raise ClevertapError(
                    f"{str(self.store.whose)!r} lost pages during the download: somebody removed "
                    "files. Run the download again: it reads the missing part again."
                )
            return
        doubts = {"uncounted": walk.uncounted, "refused": walk.refused}
        self.store.finish(
            complete=walk.complete, expected=walk.expected, records=walk.rows, pages=walk.pages, **doubts
        )

    def begin(self, part: Slice, cursor: str) -> None:
        """Keep the cursor that a slice starts with."""
        self.store.begin_slice(part, cursor)

    def page(self, part: Slice, page: Page) -> None:
        """Keep a page, on disk first: one that cannot be written has not come."""
        self.store.page(part, page)
        if self._pages is not None:
            self._pages.page(part, page)

    def restart(self, part: Slice) -> None:
        """Forget the pages of a slice."""
        self.store.restart(part)
        if self._pages is not None:
            self._pages.restart(part)

    def ordered(self) -> list[Page]:
        """Return all pages in slice and page order."""
        return list(self.store.ordered() if self._pages is None else self._pages.ordered())

    def _read_back(self, walk: Walk) -> None:
        walk.slices = self._parts = self.store.slices()
        for part in walk.slices:
            part.lost = part.lost or part.number in self.store.manifest.get("lost", ())
            part.believed = self.store.finished
        walk.expected = self.store.manifest.get("expected", walk.expected)
        walk.uncounted = bool(self.store.manifest.get("uncounted"))
        walk.refused = self.store.manifest.get("refused")
        walk.plan.enough.forget()
        if self._pages is not None:
            self._pages.slices = {part.number: [] for part in walk.slices}
        numbers = [part.number for part in walk.slices for _ in range(part.pages)]
        for number, page in zip(numbers, self._needed(walk), strict=False):
            walk.plan.enough.count(page)
            if self._pages is not None:
                self._pages.slices[number].append(page)
        if self.store.finished and not (walk.complete or walk.plan.enough.reached):
            self.store.reopen()
            for part in walk.slices:
                part.believed = False

    def _note_lost(self) -> None:
        """Have whoever goes on know which slices can only start anew."""
        lost = [part.number for part in self._parts if part.lost]
        if self.store.there and lost != self.store.manifest.get("lost", []):
            self.store.note(lost=lost)

    def _needed(self, walk: Walk) -> Iterator[Page]:
        """Read pages back only where anybody wants them."""
        if self._pages is None and not walk.plan.enough.counts:
            return iter(())
        return self.store.ordered()
