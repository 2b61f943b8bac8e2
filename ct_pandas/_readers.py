"""The readers: from a question to a DataFrame."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pandas.api.extensions import no_default

from ct_pandas import _account, _counts, _days, _wire
from ct_pandas._crew import Crew
from ct_pandas._decode import Page, PageDecoder
from ct_pandas._paging import Pages, Walk
from ct_pandas._plan import Plan
from ct_pandas._progress import Bar
from ct_pandas._query import Query, as_query, require_event
from ct_pandas._reading import Ask, Reading, counter
from ct_pandas._selection import Selection
from ct_pandas._transport import transport
from ct_pandas.errors import ClevertapError

if TYPE_CHECKING:
    import pandas as pd

    from ct_pandas._account import Account


def read_clevertap_events(
    event: str | Query | Mapping[str, Any],
    start: Any = None,
    end: Any = None,
    *,
    where: Any = None,
    rows: Literal["profile", "event"] = "profile",
    columns: Sequence[str] | None = None,
    event_summary: bool = False,
    batch_size: int = _wire.MAX_BATCH_SIZE,
    max_rows: int | None = None,
    parallel: int = 1,
    checkpoint: Any = None,
    verify: bool = False,
    dtype_backend: Any = no_default,
    progress: Any = True,
    account: Account | None = None,
) -> pd.DataFrame:
    """Read everybody who did an event, or every time it was done, into a DataFrame.

    Costs one request for the query, one or more while CleverTap prepares it, and one for each page of up to
    ``batch_size`` records. Memory: about twice the frame.

    Parameters
    ----------
    event
        Name of the event, exactly as in CleverTap; or a :class:`Query`; or a query in CleverTap's JSON form.
    start, end
        First and last day, both included, in the project's time zone: text such as ``"2025-10-01"``, a date,
        a Timestamp without a time of day, an integer ``YYYYMMDD`` or a Period. ``"2025-10"`` is the whole
        month. A ``Query`` or JSON query brings its own.
    where
        One ``(name, operator, value)`` or a list of them, named as in the frame: ``"profileData.plan"``,
        ``"event_props.Amount"``, ``"session_props.utm_source"``; a bare name is an event property.
    rows
        ``"profile"``: one row per person, each person once. ``"event"``: one row per occurrence.
    columns
        Names or patterns to keep, such as ``["identity", "ts", "profileData.*"]``; CleverTap is asked for no
        more than they need.
    event_summary
        Whether to bring each person's count, first and last time of every event, which is about three
        quarters of a record.
    batch_size
        Records in a page, 1 to 5000.
    max_rows
        Rows in all; the frame is then marked incomplete if there are more.
    parallel
        Slices of days to walk side by side, 1 to 3. A query without days of its own walks alone.
    checkpoint
        A directory in which finished pages outlive the process: the same call again goes on.
    verify
        Ask for the count beside the walk, compare, and check again here the filters that can be.
    dtype_backend
        ``"numpy_nullable"`` or ``"pyarrow"``; left out, pandas' default types.
    progress
        ``True``, ``False`` or a tqdm-compatible class.
    account
        Another account than the default.

    Returns
    -------
    DataFrame
        ``ts`` (events only), ``identity``, ``email``, ``phone``, ``name``, then other top-level keys,
        ``profileData.*``, ``platformInfo.<platform>.<field>``, ``platformInfo.more``, ``events.*``,
        ``event_props.*`` and ``session_props.*``. Whole numbers are ``Int64``, booleans ``boolean``, other
        numbers ``float64``, times ``datetime64[us]``, text ``str``; mixed, nested and larger values
        ``object``. ``df.attrs["clevertap"]`` says where it came from and whether it is complete. No match is
        an empty frame.

    Raises
    ------
    QueryError
        The query is not one that CleverTap understands; nothing was sent.
    CredentialsError, AuthenticationError
        There is no account, or its login is refused.
    DownloadError
        The download could not be completed: ``.partial`` is what came, ``.resume()`` goes on.
    DownloadInterrupted
        You stopped it; the same attributes.

    Notes
    -----
    CleverTap, Get User Profiles API and Get Events API (developer.clevertap.com/docs/get-user-profiles-api,
    developer.clevertap.com/docs/get-events-api).

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> df = ct.read_clevertap_events("Charged", "2025-10", progress=False)
    >>> df["identity"].is_unique, df.attrs["clevertap"]["complete"]
    (True, True)
    """
    query = as_query(event, start, end, where)
    if rows == "event":
        require_event(query, 'rows="event"')
    reading = _reading(
        query,
        rows=_one_of("rows", rows, ("profile", "event")),
        columns=columns,
        event_summary=event_summary,
        batch_size=_batch_size(batch_size, max_rows),
        max_rows=_max_rows(max_rows),
        parallel=parallel,
        checkpoint=checkpoint,
        verify=verify,
        dtype_backend=_backend(dtype_backend),
        progress=progress,
        account=_account.resolve(account),
    )
    return reading.run()


def _reading(
    query: Query,
    *,
    rows: _wire.Rows,
    columns: Sequence[str] | None,
    event_summary: bool,
    batch_size: int,
    max_rows: int | None,
    parallel: int,
    checkpoint: Any,
    verify: bool,
    dtype_backend: Any,
    progress: Any,
    account: Account,
) -> Reading:
    lanes = _lanes(parallel, account)
    selection = None if columns is None else Selection.of(columns)
    plan = Plan(
        rows=rows,
        whole=query.to_cql(),
        slices=[part.to_cql() for part in slices(query, 1 if max_rows else lanes)],
        batch_size=batch_size,
        flags=_flags(selection, event_summary),
        lanes=lanes,
        verify=verify,
        enough=_Enough(max_rows),
    )
    ask = Ask(query, rows, account, selection, event_summary, max_rows, dtype_backend, progress)
    pages = Pages()
    via = transport(account)
    walk = Walk(via, plan, PageDecoder("events" if ask.events else "people"), pages, counter(via, rows))
    return Reading(ask, walk, pages)


def slices(query: Query, parts: int) -> list[Query]:
    """Cut a query's days into slices of nearly the same length; without days of its own it stays whole."""
    if parts == 1 or query.start is None or query.end is None:
        return [query]
    first, last = _days.as_date(query.start), _days.as_date(query.end)
    days = (last - first).days + 1
    parts = min(parts, days)
    edges = [first + dt.timedelta(days=days * part // parts) for part in range(parts + 1)]
    return [query.between(start, end - dt.timedelta(days=1)) for start, end in itertools.pairwise(edges)]


def _flags(selection: Selection | None, event_summary: bool) -> _wire.Flags:
    return _wire.Flags(events=event_summary) if selection is None else _wire.Flags(**selection.flags)


class _Enough:
    """Counts rows until there are as many as the caller wants."""

    def __init__(self, max_rows: int | None) -> None:
        self._wanted, self._rows = max_rows, 0

    def __call__(self, page: Page) -> bool:
        self._rows += page.rows
        return self._wanted is not None and self._rows >= self._wanted


def count_profiles(
    event: str | Query | Mapping[str, Any],
    start: Any = None,
    end: Any = None,
    *,
    where: Any = None,
    account: Account | None = None,
) -> int:
    """Count the people whom :func:`read_clevertap_events` would return, without downloading them.

    Costs one request, and a few more while CleverTap is still counting.

    Parameters
    ----------
    event, start, end, where, account
        As in :func:`read_clevertap_events`.

    Returns
    -------
    int
        People. CleverTap's counts and downloads may differ by a few per cent.

    Notes
    -----
    CleverTap, Get Profile Count (developer.clevertap.com/docs/get-profile-count-api).

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> ct.count_profiles("Charged", "2025-10") > 0
    True
    """
    return _count("profile", as_query(event, start, end, where), account)


def count_events(
    event: str | Query | Mapping[str, Any],
    start: Any = None,
    end: Any = None,
    *,
    where: Any = None,
    account: Account | None = None,
) -> int:
    """Count how often an event was done: the rows of ``rows="event"``.

    Costs one request, and a few more while CleverTap is still counting.

    Parameters
    ----------
    event, start, end, where, account
        As in :func:`read_clevertap_events`.

    Returns
    -------
    int
        Occurrences.

    Notes
    -----
    CleverTap, Get Event Count (developer.clevertap.com/docs/get-event-count-api).

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> ct.count_events("Charged", "2025-10") >= ct.count_profiles("Charged", "2025-10")
    True
    """
    query = as_query(event, start, end, where)
    require_event(query, "count_events")
    return _count("event", query, account)


def _count(rows: _wire.Rows, query: Query, account: Account | None) -> int:
    found: list[int] = []
    via = transport(_account.resolve(account))
    with Bar(False, desc="", unit="") as bar:
        crew = Crew(bar)
        crew.run(
            lambda: found.append(
                _counts.count(via, rows, query.to_cql(), cancel=crew.cancel, on_wait=crew.waits)
            )
        )
    return found[0]


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ClevertapError(f"{name}={value!r} is not known; use one of {', '.join(map(repr, allowed))}.")
    return value


def _backend(dtype_backend: Any) -> Any:
    if dtype_backend is not no_default:
        _one_of("dtype_backend", dtype_backend, ("numpy_nullable", "pyarrow"))
    return dtype_backend


def _whole(name: str, value: Any, what: str, most: int | None = None) -> int:
    plain = value.item() if hasattr(value, "item") else value
    good = isinstance(plain, int) and not isinstance(plain, bool) and plain >= 1
    if not good or (most is not None and plain > most):
        upto = f" and at most {most}" if most is not None else ""
        raise ClevertapError(f"{name}={value!r}: {what} must be a whole number of at least 1{upto}.")
    return int(plain)


def _batch_size(batch_size: Any, max_rows: Any) -> int:
    what = "the records in a page (for the rows in all there is max_rows)"
    size = _whole("batch_size", batch_size, what, _wire.MAX_BATCH_SIZE)
    if max_rows is None:
        return size
    wanted = _max_rows(max_rows) or size
    # CleverTap's pages come in multiples of its buckets; fewer than one bucket would mean no limit.
    return min(size, -(-wanted // _wire.BUCKETS) * _wire.BUCKETS)


def _max_rows(max_rows: Any) -> int | None:
    what = "the rows in all (for the records in a page there is batch_size)"
    return None if max_rows is None else _whole("max_rows", max_rows, what)


def _lanes(parallel: Any, account: Account) -> int:
    return _whole("parallel", parallel, "the slices walked side by side", account.limits.reads_in_flight)
