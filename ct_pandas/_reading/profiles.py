"""Profiles by id: one request each, within the limit of requests in flight."""

from __future__ import annotations

import datetime as dt
import functools
import queue
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray, no_default

from ct_pandas import _account, _warnings, _wire
from ct_pandas._decode.flatten import columns_of
from ct_pandas._decode.page import Page
from ct_pandas._frame import backends
from ct_pandas._frame.frame import build
from ct_pandas._frame.order import REQUESTED
from ct_pandas._paging.crew import Crew
from ct_pandas._progress import Bar, checked, say
from ct_pandas._query.days import unwrapped
from ct_pandas._reading.asking import truth
from ct_pandas._reading.stops import Stops
from ct_pandas._records import reads
from ct_pandas._records.identity import id_text
from ct_pandas._records.plain import Unsendable, is_missing
from ct_pandas._shown import counted
from ct_pandas._transport.sending import Transport, transport
from ct_pandas._unicode import is_unicode
from ct_pandas.errors import DownloadError, ProfileNotFoundWarning, QueryError

if TYPE_CHECKING:
    from ct_pandas._account import Account

RECORDS_IN_PAGE = 1000  # profiles made into columns at a time
POSITIONS_NAMED = 5


def read_profile(
    *,
    email: Any = None,
    identity: Any = None,
    object_id: Any = None,
    event_summary: bool = True,
    dtype_backend: Any = no_default,
    progress: Any = True,
    account: Account | None = None,
) -> pd.DataFrame:
    """Read profiles by their ids into a DataFrame.

    Costs one request per id, with as many at once as the account allows.

    Parameters
    ----------
    email, identity, object_id
        Exactly one of them: one id, or any iterable of ids such as a column. Missing values are skipped, and
        each id is asked for once.
    event_summary
        Whether to keep how often each person did every event, and the first and last time.
    dtype_backend, progress, account
        As in :func:`read_clevertap_events`.

    Returns
    -------
    DataFrame
        One row for each id that exists, with the columns of :func:`read_clevertap_events`. The index is named
        ``requested`` and holds the ids as they were given, of the same type, in that order, each once.

    Raises
    ------
    QueryError
        No key, more than one key, or a value that is not an id; nothing was sent.
    DownloadError, DownloadInterrupted
        Not every id could be read; see ``.partial`` and ``.resume()``.

    Warns
    -----
    ProfileNotFoundWarning
        Some ids do not exist. It says how many, and their first positions (from 0) among those given.

    Notes
    -----
    CleverTap, Download Profiles by ID (https://developer.clevertap.com/docs/get-user-profiles-api).

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> some = ct.read_clevertap_events("Charged", "2025-10", max_rows=3, progress=False)
    >>> people = ct.read_profile(identity=some["identity"].dropna(), progress=False)
    >>> people.index.name
    'requested'
    """
    given = {"email": email, "identity": identity, "object_id": object_id}
    named = [key for key, value in given.items() if value is not None]
    if len(named) != 1:
        raise QueryError(
            f"read_profile takes exactly one of email=, identity= and object_id=; it was given "
            f"{' and '.join(named) or 'none of them'}."
        )
    backends.of(dtype_backend)
    asked = _Asked.of(named[0], given[named[0]])
    via = transport(_account.resolve(account))
    hidden = () if truth("event_summary", event_summary) else ("events",)
    return _Lookup(asked, via, checked(progress), hidden, dtype_backend).run()


@dataclass(frozen=True)
class _Asked:
    """The ids that are asked for.

    ``ids`` are the caller's own values, each once, with the text that is sent for each; ``places`` tells
    where each stood first, and ``dtype`` which type pandas has for them, so that a merge leaves it alone.
    """

    key: str
    ids: Mapping[Any, str]
    places: Sequence[int]
    dtype: Any

    @classmethod
    def of(cls, key: str, given: Any) -> Self:
        if isinstance(given, pd.DataFrame):
            raise QueryError(f"{key}= takes ids, not a DataFrame: name its column, as in {key}=df[{key!r}].")
        if isinstance(given, np.ndarray) and given.ndim == 0:
            given = given.item()
        if isinstance(given, pa.Array | pa.ChunkedArray):
            given = given.to_pylist()  # its own scalars are no values of the caller's frame
        scalar = isinstance(given, str | bytes) or not isinstance(given, Iterable)
        dtype = given.dtype if isinstance(given, pd.Series | pd.Index | ExtensionArray) else None
        ids: dict[Any, str] = {}
        places = []
        for place, value in enumerate([given] if scalar else given):
            text = _text(key, value)
            if text is not None and value not in ids:
                ids[value] = text
                places.append(place)
        return cls(key, ids, places, dtype)


def _text(key: str, value: Any) -> str | None:
    if is_missing(value):
        return None
    plain = unwrapped(value) if isinstance(value, np.generic) else value
    if isinstance(plain, float) and plain.is_integer():
        try:
            return id_text(plain)
        except Unsendable as fault:  # it may be somebody else's
            raise QueryError(f"{key}=: {fault.reason}; {fault.fix}.") from None
    if isinstance(plain, bool) or not isinstance(plain, str | int):
        raise QueryError(f"{key}= takes text or whole numbers, not {type(value).__name__}.")
    text = str.__str__(plain) if isinstance(plain, str) else str(int(plain))  # of an Enum, what it stands for
    # Blanks are no part of an address; around an id they are, as where it is sent: " 7" is somebody else.
    text = text.strip() if key == "email" or not text.strip() else text
    if not is_unicode(text):
        raise QueryError(
            f"{key}= contains text that is not valid Unicode (half a surrogate pair), which "
            "cannot be looked up."
        )
    return text


class _Lookup:
    """Profiles asked for by id, which can go on where they stopped."""

    def __init__(
        self, asked: _Asked, via: Transport, progress: Any, hidden: tuple[str, ...], dtype_backend: Any
    ) -> None:
        self.found: dict[str, Mapping[str, Any] | None] = {}
        self._asked, self._via, self._progress = asked, via, progress
        self._hidden, self._dtype_backend = hidden, dtype_backend
        self._key, self._ids = asked.key, asked.ids

    def run(self) -> pd.DataFrame:
        with Stops(self, lambda: len(self.found), "profile"):
            self.fetch()
            frame = self.partial()
            self._warn()
            asked = counted(len(self._ids), "id")
            say(self._progress, f"{len(frame):,} found of {asked} asked for by {self._key}")
        return frame

    resume = run

    def fetch(self) -> None:
        """Ask for what has not been answered yet."""
        waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        todo = [text for text in dict.fromkeys(self._ids.values()) if text not in self.found]
        for text in todo:
            if text:
                waiting.put(text)
            else:
                self.found[text] = None  # nobody has the empty id
        lanes = min(self._via.account.limits.reads_in_flight, waiting.qsize())
        with Bar(self._progress, desc=f"profiles by {self._key}", unit="ids", total=len(todo)) as bar:
            crew = Crew(bar)
            crew.run(*[lambda: self._work(waiting, crew)] * lanes)

    def _work(self, waiting: queue.SimpleQueue[str], crew: Crew) -> None:
        while not crew.cancel.is_set():
            try:
                text = waiting.get_nowait()
            except queue.Empty:
                return
            record = self._one(text, crew)
            crew.post(functools.partial(self._take, text, record, crew))

    def _one(self, text: str, crew: Crew) -> Mapping[str, Any] | None:
        request = _wire.profile(self._key, text)
        reply = self._via.send(request, cancel=crew.cancel, on_wait=crew.waits)
        found = _wire.found_profile(reply)
        if found is None:
            raise DownloadError(
                "CleverTap answered a request for a profile with something that is not a profile "
                f"(HTTP {reply.status}).",
                status=reply.status,
            )
        record: Mapping[str, Any] | None = _wire.small_json(reply)["record"] if found else None
        return record

    def _take(self, text: str, record: Mapping[str, Any] | None, crew: Crew) -> None:
        self.found[text] = record
        crew.bar.beat(1)

    def partial(self) -> pd.DataFrame:
        """Return the frame of what has been answered."""
        asked = [value for value, text in self._ids.items() if self.found.get(text)]
        records = [self.found[self._ids[value]] or {} for value in asked]
        frame = build(
            list(self._pages(records)),
            kind="people",
            timezone=self._via.account.timezone,
            dtype_backend=self._dtype_backend,
            dedupe=False,
        )
        frame.index = pd.Index(asked, dtype=self._asked.dtype, name=REQUESTED)
        account = self._via.account
        frame.attrs["clevertap"] = {
            "query": {"profile_by": self._key, "ids": len(self._ids)},
            "kind": "people",
            "rows": len(frame),
            "pages": len(self.found),
            "complete": all(text in self.found for text in self._ids.values()),
            "downloaded_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "account": account.account_id,
            "region": account.place,
        }
        frame.attrs["clevertap"]["read"] = reads.remember(frame)
        return frame

    def _pages(self, records: list[Mapping[str, Any]]) -> Iterable[Page]:
        for start in range(0, len(records), RECORDS_IN_PAGE):
            part = [
                {key: value for key, value in record.items() if key not in self._hidden}
                for record in records[start : start + RECORDS_IN_PAGE]
            ]
            yield Page(None, len(part), columns_of(part, "people"))

    def _warn(self) -> None:
        placed = zip(self._asked.places, self._ids.values(), strict=True)
        missing = [place for place, text in placed if not self.found.get(text)]
        if missing:
            first = ", ".join(map(str, missing[:POSITIONS_NAMED]))
            more = ", …" if len(missing) > POSITIONS_NAMED else ""
            one, several = "id does not exist in this account", "ids do not exist in this account"
            asked = counted(len(self._ids), one, several)
            _warnings.warn(
                f"{len(missing):,} of {asked}; first positions: {first}{more}.",
                ProfileNotFoundWarning,
            )
