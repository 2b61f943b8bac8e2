"""From the arguments of a reader to its download; what is wrong is said before any request."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pandas.api.extensions import no_default

from ct_pandas import _account, _wire
from ct_pandas._account import Account
from ct_pandas._decode.decoder import PageDecoder
from ct_pandas._frame import backends
from ct_pandas._frame.selection import Selection
from ct_pandas._paging.enough import Enough
from ct_pandas._paging.plan import Plan
from ct_pandas._paging.walk import Keep, Pages, Walk
from ct_pandas._progress import checked
from ct_pandas._query.days import as_date
from ct_pandas._query.query import Query, as_query, require_event
from ct_pandas._reading.narrow import NarrowDecoder
from ct_pandas._reading.reading import Ask, Reading
from ct_pandas._shown import shown, whole_number
from ct_pandas._storage.belonging import Belonging
from ct_pandas._storage.checkpoint import Checkpoint
from ct_pandas._storage.store import Store, holds_download
from ct_pandas._transport.sending import transport
from ct_pandas.errors import ArgumentError, ClevertapError


@dataclass(frozen=True)
class Wish:
    """The arguments of a reader, checked."""

    ask: Ask
    batch_size: int
    lanes: int
    verify: bool
    begun: int | None = None  # the number of slices of what is kept already

    @property
    def parts(self) -> list[Query]:
        """The slices that the days are cut into."""
        return slices(self.ask.query, 1 if self.ask.max_rows else self.lanes)

    @property
    def belongs(self) -> Belonging:
        """What a stored download of this would belong to."""
        ask = self.ask
        return Belonging(
            ask.account.host,
            ask.account.account_id,
            ask.query.to_cql(),
            ask.rows,
            None if ask.columns is None else ask.columns.patterns,
            ask.event_summary,
            ask.max_rows,
        )

    @property
    def plan(self) -> Plan:
        """What is to be walked."""
        return Plan(
            rows=self.ask.rows,
            whole=self.ask.query.to_cql(),
            slices=[part.to_cql() for part in self.parts],
            batch_size=self.batch_size,
            flags=self.flags,
            lanes=self.lanes,
            verify=self.verify,
            enough=Enough(self.ask.max_rows, self.ask.kind),
        )

    @property
    def flags(self) -> _wire.Flags:
        """What the API is asked to send: what ``columns`` needs.

        Where the days are cut into slices, it needs the devices too: who stands in two of them stands
        once, and the ids of devices are all that is known of some people.
        """
        columns = self.ask.columns
        if columns is None:
            return _wire.Flags(events=self.ask.event_summary)
        needs = columns.flags
        are_cut = max(self.begun or 1, len(self.parts)) > 1
        return _wire.Flags(**needs | {"app": needs["app"] or (are_cut and not self.ask.events)})

    def walk(self, keep: Keep) -> Walk:
        """Prepare the walk whose pages go to ``keep``."""
        kind, columns = self.ask.kind, self.ask.columns
        whole = self.flags.app and self.flags.profile
        decoder = PageDecoder(kind) if columns is None else NarrowDecoder(kind, columns, whole=whole)
        return Walk(transport(self.ask.account), self.plan, decoder, keep)

    def reading(self, checkpoint: Path | None = None) -> Reading:
        """Prepare the download into memory."""
        if checkpoint is None:
            return Reading(self.ask, self.walk(pages := Pages()), pages)
        if holds_download(checkpoint):
            raise ClevertapError(
                f"{str(checkpoint)!r} holds a download (directory=) and cannot hold a checkpoint "
                f"as well. Give another directory; ct.resume({str(checkpoint)!r}) continues the "
                "one that is there."
            )
        store = Store(checkpoint)
        kept = self.checkpoint(store, Pages())
        return Reading(self.ask, replace(self, begun=store.begun).walk(kept), kept, checkpoint)

    def checkpoint(self, store: Store, pages: Pages | None) -> Checkpoint:
        """Prepare a place on disk for the pages."""
        who = self.ask.account
        return Checkpoint(
            store,
            self.belongs,
            pages,
            use="dataset" if pages is None else "frame",
            batch_size=self.batch_size,
            verify=self.verify,
            dtype_backend=None if self.ask.dtype_backend is no_default else self.ask.dtype_backend,
            region=who.place,
            timezone=who.timezone,
        )


def wish(
    event: str | Query | Mapping[str, Any],
    start: Any,
    end: Any,
    where: Any,
    *,
    rows: Any,
    columns: Sequence[str] | None,
    event_summary: bool,
    batch_size: Any,
    max_rows: Any,
    parallel: Any,
    verify: bool,
    progress: Any,
    account: Account | None,
    dtype_backend: Any = no_default,
) -> Wish:
    """Check the arguments of a reader."""
    query = as_query(event, start, end, where)
    if one_of("rows", rows, ("profile", "event")) == "event":
        require_event(query, 'rows="event"')
    backends.of(dtype_backend)
    who = _account.resolve(account)
    ask = Ask(
        query=query,
        rows=rows,
        account=who,
        columns=None if columns is None else Selection.of(columns),
        event_summary=truth("event_summary", event_summary),
        max_rows=_max_rows(max_rows),
        dtype_backend=dtype_backend,
        progress=checked(progress),
    )
    return Wish(ask, page_size(batch_size, ask.max_rows), _lanes(parallel, who), truth("verify", verify))


def slices(query: Query, parts: int) -> list[Query]:
    """Cut a query's days into slices of nearly the same length; without days of its own it stays whole."""
    if parts == 1 or query.start is None or query.end is None:
        return [query]
    first, last = as_date(query.start), as_date(query.end)
    days = (last - first).days + 1
    parts = min(parts, days)
    edges = [first + dt.timedelta(days=days * part // parts) for part in range(parts + 1)]
    return [query.between(start, end - dt.timedelta(days=1)) for start, end in itertools.pairwise(edges)]


def one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    """Return a value that is one of those allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ArgumentError(
            f"{name}={shown(value)} is not known; use one of {', '.join(map(repr, allowed))}."
        )
    return value


def truth(name: str, value: Any) -> bool:
    """Return a value that is true or false; a text such as "no" would count as true."""
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(f"{name}={shown(value)} is neither True nor False.")
    return bool(value)


def whole(name: str, value: Any, what: str, most: int | None = None) -> int:
    """Return a whole number of at least 1."""
    plain = whole_number(value) or 0
    if plain < 1 or (most is not None and plain > most):
        upto = f" and at most {most}" if most is not None else ""
        raise ArgumentError(f"{name}={shown(value)}: {what} must be a whole number of at least 1{upto}.")
    return plain


def page_size(batch_size: Any, max_rows: int | None) -> int:
    """Return the records in a page."""
    what = "the records in a page (for the rows in all there is max_rows)"
    size = whole("batch_size", batch_size, what, _wire.MAX_BATCH_SIZE)
    # CleverTap's pages come in multiples of its buckets; fewer than one bucket would mean no limit.
    return size if max_rows is None else min(size, -(-max_rows // _wire.BUCKETS) * _wire.BUCKETS)


def _max_rows(max_rows: Any) -> int | None:
    what = "the rows in all (for the records in a page there is batch_size)"
    return None if max_rows is None else whole("max_rows", max_rows, what)


def _lanes(parallel: Any, account: Account) -> int:
    return whole("parallel", parallel, "the slices walked side by side", account.limits.reads_in_flight)
