"""One download as its caller sees it: a frame, or an error that keeps what came and can go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pandas.api.extensions import no_default

from ct_pandas import _counts, _frame, _interruptions, _wire
from ct_pandas._account import Account
from ct_pandas._closing import closing, headline
from ct_pandas._crew import Crew
from ct_pandas._paging import Count, Pages, Walk
from ct_pandas._progress import Bar
from ct_pandas._query import Query
from ct_pandas._selection import Selection
from ct_pandas._transport import Transport
from ct_pandas.errors import (
    AuthenticationError,
    ClevertapError,
    CursorError,
    DownloadError,
    DownloadInterrupted,
    QueryError,
    RefusedDownloadError,
    ServerDownloadError,
    ServerError,
    ThrottledDownloadError,
    ThrottledError,
)

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
    finish: Callable[[pd.DataFrame], None] = field(default=lambda _: None)

    @property
    def events(self) -> bool:
        """Whether a row is an occurrence rather than a person."""
        return self.rows == "event"


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
    """

    def __init__(self, ask: Ask, walk: Walk, pages: Pages) -> None:
        self.ask, self.walk, self.pages = ask, walk, pages

    def run(self) -> pd.DataFrame:
        """Walk to the end and return the frame; what stops the walk keeps what came."""
        label = headline(self.ask.query, events=self.ask.events)
        stops = Stops(self, lambda: self.walk.rows, "rows")
        with stops, Bar(self.ask.progress, desc=label, unit="rows", total=self.walk.expected) as bar:
            self.walk.run(bar)
        frame = self._build()
        self.ask.finish(frame)
        if self.ask.progress:
            print(self._closing(frame, label))  # noqa: T201  (the line the analyst is promised)
        return frame

    def partial(self) -> pd.DataFrame:
        """Return the frame so far, marked incomplete."""
        return self._build()

    def resume(self) -> pd.DataFrame:
        """Go on from the last good page."""
        return self.run()

    def _build(self) -> pd.DataFrame:
        frame = _frame.build(
            self.pages.ordered(),
            kind="events" if self.ask.events else "people",
            timezone=self.ask.account.timezone,
            dtype_backend=self.ask.dtype_backend,
            columns=self.ask.columns,
        )
        if self.ask.max_rows is not None and len(frame) > self.ask.max_rows:
            frame = frame.iloc[: self.ask.max_rows].copy()
        frame.attrs["clevertap"] = self._attrs(frame)
        return frame

    def _attrs(self, frame: pd.DataFrame) -> dict[str, Any]:
        cut = self.ask.max_rows is not None and self.walk.rows > len(frame) == self.ask.max_rows
        told = {} if self.walk.expected is None else {"expected": self.walk.expected}
        return {
            "query": self.ask.query.to_cql(),
            "kind": "events" if self.ask.events else "people",
            "rows": len(frame),
            "pages": self.walk.pages,
            "complete": self.walk.complete and not cut,
            **told,
            "downloaded_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "account": self.ask.account.account_id,
            "region": self.ask.account.place,
        }

    def _closing(self, frame: pd.DataFrame, label: str) -> str:
        attrs = frame.attrs["clevertap"]
        return closing(
            label,
            rows=len(frame),
            received=self.walk.rows,
            pages=self.walk.pages,
            complete=attrs["complete"],
            expected=self.walk.expected,
            cut=self.ask.max_rows is not None,
        )


class Stops:
    """Turns what stops a download into an error with ``.partial`` and ``.resume()``, and remembers it."""

    def __init__(self, walk: Any, so_far: Callable[[], int], unit: str) -> None:
        self._walk, self._so_far, self._unit = walk, so_far, unit

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None:
            last = _interruptions.last_interruption()
            if last is not None and getattr(last, "_walk", None) is self._walk:
                _interruptions.forget(last)
            return
        at_once = isinstance(error, AuthenticationError) and not self._so_far()
        if at_once or isinstance(error, QueryError):
            return  # to resume would meet the same refusal
        stopped = self._error(error)
        _interruptions.remember(stopped)
        raise stopped from (error if not isinstance(error, KeyboardInterrupt | ClevertapError) else None)

    def _error(self, error: BaseException) -> DownloadError | DownloadInterrupted:
        rows = f"{self._so_far():,} {self._unit}"
        kept = f" {rows} are kept: .partial has them, .resume() or ct.resume() goes on."
        if isinstance(error, ClevertapError):
            kind = next((new for old, new in _STOPPED.items() if isinstance(error, old)), DownloadError)
            return kind(
                str(error) + kept,
                walk=self._walk,
                status=error.status,
                code=error.code,
                retryable=error.retryable,
            )
        if isinstance(error, OSError):
            return DownloadError(
                f"The download could not be written: {error.strerror}.{kept}", walk=self._walk
            )
        return DownloadInterrupted(f"The download was stopped.{kept}", walk=self._walk)


_STOPPED: dict[type[ClevertapError], type[DownloadError]] = {
    CursorError: CursorError,
    AuthenticationError: RefusedDownloadError,
    ThrottledError: ThrottledDownloadError,
    ServerError: ServerDownloadError,
}


def counter(transport: Transport, rows: _wire.Rows) -> Count:
    """Return what asks for counts during a walk; ``None`` where the server cannot say."""

    def count(cql: Mapping[str, Any], crew: Crew) -> int | None:
        try:
            return _counts.count(transport, rows, cql, cancel=crew.cancel, on_wait=crew.waits)
        except (QueryError, AuthenticationError, ServerError, ThrottledError):
            return None
        except ClevertapError as error:
            if error.status in (400, 404, 405) or error.code is not None:
                return None
            raise

    return count
