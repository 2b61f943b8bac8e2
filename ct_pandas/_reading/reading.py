"""One download as its caller sees it: a frame, or an error that keeps what came and can go on."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pandas.api.extensions import no_default

from ct_pandas import _wire
from ct_pandas._account import Account
from ct_pandas._decode.flatten import Kind
from ct_pandas._frame.frame import build
from ct_pandas._frame.selection import Selection
from ct_pandas._paging.walk import Keep, Walk
from ct_pandas._progress import Bar, say, say_anyway
from ct_pandas._query.query import Query
from ct_pandas._reading import certificate
from ct_pandas._reading.certificate import headline
from ct_pandas._reading.listing import suggesting
from ct_pandas._reading.stops import Stops
from ct_pandas._records import reads
from ct_pandas._storage.belonging import Belonging

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Ask:
    """What the caller of a download asked for."""

    query: Query
    rows: _wire.Rows
    account: Account
    columns: Selection | None = None
    event_summary: bool = False
    max_rows: int | None = None
    dtype_backend: Any = no_default
    progress: Any = True

    @classmethod
    def again(cls, belongs: Belonging, account: Account, **more: Any) -> Self:
        """Ask for what a stored download was asked for."""
        return cls(
            query=Query.from_cql(belongs.query),
            rows=belongs.rows,
            account=account,
            columns=belongs.selection,
            event_summary=belongs.event_summary,
            max_rows=belongs.max_rows,
            **more,
        )

    @property
    def events(self) -> bool:
        """Whether a row is an occurrence rather than a person."""
        return self.rows == "event"

    @property
    def kind(self) -> Kind:
        """What the rows of the frame are."""
        return "events" if self.events else "people"


class Reading:
    """A download into memory.

    Parameters
    ----------
    ask
        What was asked for.
    walk
        The walk that fetches it.
    pages
        Where the walk keeps its pages.
    kept_in
        The directory in which they outlive the process, if there is one.
    """

    def __init__(self, ask: Ask, walk: Walk, pages: Keep, kept_in: Path | None = None) -> None:
        self.ask, self.walk, self.pages, self.kept_in = ask, walk, pages, kept_in

    def run(self) -> pd.DataFrame:
        """Walk to the end and return the frame; what stops the walk keeps what came."""
        label = headline(self.ask.query, events=self.ask.events)
        names = suggesting(self.ask.query.event, self.ask.account)
        with names, contextlib.ExitStack() as alone:
            alone.enter_context(self.pages.alone())
            with Stops(self, lambda: self.walk.rows, "row"), alone:  # also as others are let in
                self.pages.open(self.walk)
                stored_at = self.pages.finished_at
                self._fetch(label)
                frame = self._build()
                if stored_at is not None:
                    say_anyway(certificate.age(stored_at))  # nobody takes old rows for new ones unawares
                self._tell(frame.attrs["clevertap"], [frame])
        return frame

    def _fetch(self, label: str) -> None:
        """Walk what is not kept yet."""
        walk = self.walk
        with Bar(self.ask.progress, desc=label, unit="rows", total=walk.expected, begun=walk.kept) as bar:
            if self.pages.finished_at is None:
                walk.run(bar)
                self.pages.finish(walk)
            elif walk.plan.verify and walk.expected is None:
                walk.expect(bar)
            bar.expect(walk.rows)  # now it is known
            bar.beat()

    def partial(self) -> pd.DataFrame:
        """Return the frame so far, marked incomplete: pages that are kept may not have been read back yet."""
        frame = self._build()
        frame.attrs["clevertap"]["complete"] = False
        return frame

    def resume(self) -> pd.DataFrame:
        """Go on from the last good page."""
        return self.run()

    def _tell(self, attrs: Mapping[str, Any], frames: Iterable[pd.DataFrame]) -> None:
        """Say how far the number can be trusted."""
        facts = self._facts(attrs)
        what = headline(self.ask.query, events=self.ask.events, rows=facts.rows)
        say(self.ask.progress, certificate.line(what, facts))
        if self.walk.refused is not None:
            certificate.doubt(self.walk.refused)
        if self.walk.plan.verify:
            certificate.warn(facts, self.ask.query, frames, self.ask.columns)

    def _build(self) -> pd.DataFrame:
        anew: dict[str, Callable[[], Any]] = {}
        frame = build(
            self.pages.ordered(),
            kind=self.ask.kind,
            timezone=self.ask.account.timezone,
            dtype_backend=self.ask.dtype_backend,
            columns=self.ask.columns,
            most=self.ask.max_rows,
            anew=anew,
        )
        frame.attrs["clevertap"] = self._attrs(len(frame))
        frame.attrs["clevertap"]["read"] = reads.remember(frame, anew)
        return frame

    def _attrs(self, rows: int) -> dict[str, Any]:
        told = {} if self.walk.expected is None else {"expected": self.walk.expected}
        return {
            "query": self.ask.query.to_cql(),
            "kind": self.ask.kind,
            "rows": rows,
            "pages": self.walk.pages,
            "complete": self.walk.complete and not self.walk.plan.enough.exceeded,
            **told,
            "downloaded_at": self.pages.finished_at or dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "account": self.ask.account.account_id,
            "region": self.ask.account.place,
        }

    def _facts(self, attrs: Mapping[str, Any]) -> certificate.Facts:
        return certificate.Facts(
            rows=attrs["rows"],
            records=self.walk.rows,
            pages=self.walk.pages,
            complete=attrs["complete"],
            expected=self.walk.expected,
            verify=self.walk.plan.verify,
            uncounted=self.walk.uncounted,
            open_ended=certificate.open_ended(
                self.ask.query, self.ask.account.timezone, attrs["downloaded_at"]
            ),
        )
