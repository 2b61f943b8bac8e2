"""The question in one line: download the events and count who came back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ct_pandas.cohorts._breakdown import require_name
from ct_pandas.cohorts._calendar import DAY, HOUR, Cut, end_of, moments
from ct_pandas.cohorts._events import require_events
from ct_pandas.cohorts._retention import Retention, check_words, retention

if TYPE_CHECKING:
    from ct_pandas import Account


def fetch_retention(
    birth_event: str,
    return_event: str | None = None,
    start: Any = None,
    end: Any = None,
    *,
    freq: str = "W",
    periods: int = 8,
    kind: Literal["n-day", "unbounded"] = "n-day",
    first: Literal["in-window", "ever"] = "in-window",
    by: str | None = None,
    where: Any = None,
    return_where: Any = None,
    person: str | None = None,
    until: Any = None,
    account: Account | None = None,
    progress: Any = True,
    **reading: Any,
) -> Retention:
    """Download two events and count who came back; see :func:`retention` for the definition.

    People are born from ``start`` to ``end``; returns are downloaded from ``start`` to ``until``. Costs one
    download of each event, or a single one if both are the same with the same filter, and the memory of both
    frames.

    Parameters
    ----------
    birth_event, return_event
        Names of the events. ``return_event`` left out: coming back is the birth event again.
    start, end
        First and last day of birth, both included; ``"2025-10"`` is the whole month.
    freq, periods, kind, first, by, person
        As in :func:`retention`. ``first="ever"`` also downloads the profiles' summaries of events.
    where, return_where
        Filters of the two events, as in ``read_clevertap_events``. Without a ``return_event`` the one
        ``where`` is for both.
    until
        Last day of observation. Left out: the last day of the last period of the last cohort, or today.
    account, progress
        As in ``read_clevertap_events``.
    **reading
        Other keywords of ``read_clevertap_events``, such as ``parallel`` or ``verify``. ``checkpoint`` is a
        directory; where two events are downloaded it gets a folder for each, ``birth`` and ``returned``.

    Returns
    -------
    Retention
        The same as :func:`retention` gives for the two frames.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> fetched = ct.fetch_retention("App Installed", "App Launched", "2025-09", periods=2, progress=False)
    >>> fetched.average.round(2).tolist()
    [1.0, 0.69, 0.61]
    """
    import ct_pandas as ct  # noqa: PLC0415 - cohorts stand on the public names only

    asked = ct.Query(birth_event, start, end)  # refuses days out of order before anything is downloaded
    start, last = (pd.Timestamp(str(day)) for day in (asked.start, asked.end))
    if return_event is None and return_where is not None:
        raise ValueError("return_where= needs a return_event=; without one where= is for both.")
    if "rows" in reading:
        raise ValueError('rows= is always "event" here: retention counts occurrences.')
    for word, name in {"by": by, "person": person}.items():
        require_name(word, name)
    cut, periods = check_words(freq, periods, kind, first)
    watched = _last_watched(until) if until is not None else _last_needed(last, cut, periods, account)
    if watched < start:
        raise ValueError(f"until={until!r} is before the first day of birth, {start:%Y-%m-%d}.")
    options: dict[str, Any] = {
        "rows": "event",
        "event_summary": first == "ever",
        "account": account,
        "progress": progress,
        **reading,
    }
    if return_event is None or (return_event == birth_event and return_where == where):
        returned = ct.read_clevertap_events(birth_event, start, watched, where=where, **options)
        births = _up_to(returned, last)
    else:
        births = ct.read_clevertap_events(birth_event, start, last, where=where, **_apart(options, "birth"))
        retention(births, periods=0, first=first, by=by, person=person)  # says now what a birth lacks
        options = _apart(options, "returned")
        returned = ct.read_clevertap_events(return_event, start, watched, where=return_where, **options)
    return retention(
        births,
        returned,
        freq=freq,
        periods=periods,
        kind=kind,
        first=first,
        by=by,
        person=person,
        until=until,
    )


def _apart(options: dict[str, Any], name: str) -> dict[str, Any]:
    """Give each of two downloads a folder of its own in the checkpoint."""
    if options.get("checkpoint") is None:
        return options
    return {**options, "checkpoint": Path(options["checkpoint"]) / name}


def _last_day(value: Any) -> pd.Timestamp:
    """Give the last day that ``value`` touches; ``"2025-10"`` is the whole month."""
    return pd.Timestamp(end_of(value, None) - 1, unit="us").normalize()


def _last_watched(until: Any) -> pd.Timestamp:
    """Give the last day to download; of a moment with a zone the next day, which it may be elsewhere."""
    zone = getattr(until, "tzinfo", None)
    if zone is None:
        return _last_day(until)
    return _last_day(until.replace(tzinfo=None)) + pd.Timedelta(days=1)


def _last_needed(last: pd.Timestamp, cut: Cut, periods: int, account: Any) -> pd.Timestamp:
    """Give the last day of the last period of the people born on ``last``, or today if that is earlier.

    Today is that of the account; where that is unknown, the latest on earth.
    """
    midnight = end_of(last, None)
    if cut.hours is not None:
        needed = pd.Timestamp(midnight + (periods + 1) * cut.hours * HOUR - 1, unit="us").normalize()
    else:
        following = cut.number(np.array([midnight - DAY])) + periods + 1
        needed = cut.first_days(following)[0] - pd.Timedelta(days=1)
    zone = getattr(account, "timezone", None) or "Etc/GMT-14"
    today = pd.Timestamp.now(tz=zone).tz_localize(None).normalize()
    return max(min(needed, today), last)


def _up_to(births: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Keep the occurrences up to the end of the last day of birth."""
    require_events("birth", births)
    zone = births["ts"].dt.tz
    return births[births["ts"] < moments(np.array([end_of(last, zone)]), zone)[0]]
