"""The readers: from a question to a DataFrame."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pandas.api.extensions import no_default

from ct_pandas import _account, _wire
from ct_pandas._paging.counts import count
from ct_pandas._paging.crew import Crew
from ct_pandas._progress import Bar
from ct_pandas._query.query import Query, as_query, require_event
from ct_pandas._reading.asking import wish
from ct_pandas._reading.listing import suggesting
from ct_pandas._storage.files import directory_named
from ct_pandas._transport.sending import transport

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
    checkpoint: str | os.PathLike[str] | None = None,
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
        Whether to add how often each person did every event, and the first and last time. That is about
        three quarters of a record.
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
    CleverTap, Get User Profiles API and Get Events API (https://developer.clevertap.com/docs/get-user-profiles-api,
    https://developer.clevertap.com/docs/get-events-api).

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> df = ct.read_clevertap_events("Charged", "2025-10", progress=False)
    >>> df["identity"].dropna().is_unique, df.attrs["clevertap"]["complete"]
    (True, True)
    """
    wished = wish(
        event,
        start,
        end,
        where,
        rows=rows,
        columns=columns,
        event_summary=event_summary,
        batch_size=batch_size,
        max_rows=max_rows,
        parallel=parallel,
        verify=verify,
        dtype_backend=dtype_backend,
        progress=progress,
        account=account,
    )
    return wished.reading(None if checkpoint is None else directory_named(checkpoint, "checkpoint")).run()


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
    CleverTap, Get Profile Count (https://developer.clevertap.com/docs/get-profile-count-api).

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
    """Count how often an event was done, which is the number of rows with ``rows="event"``.

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
    CleverTap, Get Event Count (https://developer.clevertap.com/docs/get-event-count-api).

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
    asked = _account.resolve(account)
    via = transport(asked)
    with suggesting(query.event, asked), Bar(False, desc="", unit="") as bar:
        crew = Crew(bar)
        crew.run(
            lambda: found.append(count(via, rows, query.to_cql(), cancel=crew.cancel, on_wait=crew.waits))
        )
    return found[0]
