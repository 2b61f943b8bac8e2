"""Active users: how many people did it on a day, in a week, in a month, and how often they come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ct_pandas._shown import counted
from ct_pandas.cohorts._calendar import DAY, Cut, Ints, to_wall, whole
from ct_pandas.cohorts._caveats import caveats
from ct_pandas.cohorts._events import first_day, observation_end, read_events
from ct_pandas.cohorts._result import Result, count_text, left_out_text, observed_text, share_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False, eq=False)
class ActiveUsers(Result):
    """People by day, week and month; made by :func:`active_users`.

    Attributes
    ----------
    days
        One row per day: ``daily``, people on that day; ``weekly`` and ``monthly``, people in the last 7 and
        30 days up to it, missing until so many days were observed; ``stickiness`` = ``daily / monthly``;
        ``running``, whether the day was not over when observation ended.
    weeks
        One row per calendar week, by its Monday: ``people``, and ``partial``, whether only a part of it was
        observed.
    months
        The same by month.
    definition
        What was counted, as a sentence; printed on every figure.
    left_out
        What was not counted: reason to number.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> active = ct.active_users(opened)
    >>> list(active.days.columns), len(active.days)
    (['daily', 'weekly', 'monthly', 'stickiness', 'running'], 31)
    """

    days: pd.DataFrame
    weeks: pd.DataFrame
    months: pd.DataFrame
    definition: str
    left_out: dict[str, int] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per day: ``day``, ``daily``, ``weekly``, ``monthly``, ``stickiness``, ``running``."""
        return self.days.reset_index()

    def table(self) -> pd.DataFrame:
        """Give the table as it is shown: formatted text."""
        shown = self.days[["daily", "weekly", "monthly"]].map(count_text)
        shown["daily"] = [
            text + "*" * running for text, running in zip(shown["daily"], self.days["running"], strict=True)
        ]
        shown["stickiness"] = self.days["stickiness"].map(share_text)
        shown.index = pd.Index([f"{day:%Y-%m-%d}" for day in self.days.index], name="day")
        return shown

    def plot(
        self, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None, **options: Any
    ) -> Axes:
        """Draw the three lines. Returns the Axes."""
        from ct_pandas import plots  # noqa: PLC0415 - matplotlib loads when something is drawn

        return plots.active_users(self, ax=ax, figsize=figsize, **options)


def active_users(
    events: pd.DataFrame, *, week: int = 7, month: int = 30, person: str | None = None, until: Any = None
) -> ActiveUsers:
    """Count active people by day, week and month, each person once.

    **Definition.** A person is active on a day, in the zone of ``ts``, if there is a row of theirs on it.
    Weekly and monthly are the different people of the last ``week`` and ``month`` days up to and including
    that day, not sums or means of days. Stickiness is daily over monthly: the share of a month's people who
    come on one day. Days without anybody count as 0.

    No requests. Sorts one number per person and day.

    Parameters
    ----------
    events
        Frame with one row per occurrence and a column ``ts``.
    week, month
        Lengths of the two rolling windows, in days.
    person
        Column of the person; left out: ``identity``, and where that is missing ``objectId``.
    until
        Last day (or moment) of observation; left out: as in :func:`retention`.

    Returns
    -------
    ActiveUsers
        ``.days``, ``.weeks``, ``.months``, ``.to_frame()``, ``.plot()``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ct_pandas.cohorts import active_users
    >>> days = pd.to_datetime(["2025-10-01", "2025-10-02", "2025-10-02"])
    >>> active_users(pd.DataFrame({"identity": ["a", "a", "b"], "ts": days})).days["daily"].tolist()
    [1, 2]
    """
    week = whole("week", week, least=1, what="its length in days")
    month = whole("month", month, least=1, what="its length in days")
    (read,), _ = read_events({"events": events}, person)
    end = observation_end(until, events, (read,))
    start = first_day(events, read)
    start = end if start is None else start
    use = (read.person >= 0) & (read.when < end) & (read.when >= start)
    wall = to_wall(read.when[use], read.zone)
    left_out = {"rows without a person or a time": read.unusable}
    first, last, following = _days([start, end - 1, end], read.zone)
    if start >= end:
        first, last = 0, -1
    days = _rolling(read.person[use], wall, (first, last, following), {"weekly": week, "monthly": month})
    span = (first, last, last + (following > last))
    said = (
        f"Different people with at least one {read.name or 'event'} on that day"
        + ("" if read.zone is None else f" ({read.zone} time)")
        + f", and in the {week} and {counted(month, 'day')} that end with it; stickiness is daily over "
        f"monthly. {observed_text(end, read.zone)}; * the day was still running."
        + left_out_text(left_out)
        + caveats([events], [read], end)
    )
    weeks, months = (_calendar(read.person[use], wall, Cut(unit), span) for unit in ("W", "M"))
    return ActiveUsers(days, weeks, months, said, left_out)


def _days(times: list[int], zone: Any) -> list[int]:
    return [int(day) for day in Cut("D").number(to_wall(np.array(times, dtype=np.int64), zone))]


def _rolling(person: Ints, wall: Ints, span: tuple[int, int, int], windows: dict[str, int]) -> pd.DataFrame:
    first, last, following = span
    length = max(last - first + 1, 0)
    pairs = _different(person * max(length, 1) + Cut("D").number(wall) - first)
    who, day = np.divmod(pairs, max(length, 1))
    counts: dict[str, Any] = {"daily": _trailing(who, day, length, 1)}
    for name, asked in windows.items():
        window = min(asked, length + 1)  # of a longer one no day has seen the whole
        rolled = pd.array(_trailing(who, day, length, window), dtype="Int64")
        rolled[: window - 1] = pd.NA
        counts[name] = rolled
    index = Cut("D").first_days(np.arange(first, first + length), "day")
    days = pd.DataFrame(counts, index=index)
    monthly = days["monthly"].astype("float64")
    days["stickiness"] = days["daily"] / monthly.where(monthly > 0)
    days["running"] = (np.arange(first, first + length) == last) & (following == last)
    return days


def _different(numbers: Ints) -> Ints:
    """Give the different numbers in order; NumPy's own ``unique`` takes ten times as long for millions."""
    inorder = np.sort(numbers)
    different: Ints = inorder[np.append(True, np.diff(inorder) != 0)[: len(inorder)]]
    return different


def _trailing(who: Ints, day: Ints, length: int, window: int) -> Ints:
    """Count the different people of the last ``window`` days: each day covers itself and those after."""
    if not len(day):
        return np.zeros(length, dtype=np.int64)
    following = np.where(np.append(np.diff(who) == 0, False), np.append(day[1:], 0), length)
    leaves = np.minimum(np.minimum(day + window, following), length)
    change = np.bincount(day, minlength=length + 1) - np.bincount(leaves, minlength=length + 1)
    return np.cumsum(change)[:length]


def _calendar(person: Ints, wall: Ints, cut: Cut, span: tuple[int, int, int]) -> pd.DataFrame:
    """Count people by calendar period; ``span``: the first and last day observed, the first not wholly so."""
    first, last, covered = span
    least, most = cut.number(np.array([first, last]) * DAY).tolist()
    width = 0 if first > last else most - least + 1
    pairs = _different(person * max(width, 1) + cut.number(wall) - least)
    people = np.bincount(pairs % max(width, 1), minlength=width)
    numbers = np.arange(least, least + width)
    from_day = cut.first_days(numbers, "week" if cut.unit == "W" else "month")
    observed = Cut("D").first_days(np.array([first, covered]))
    until = cut.first_days(numbers + 1)
    partial = (from_day < observed[0]) | (until > observed[1])
    return pd.DataFrame({"people": people, "partial": partial}, index=from_day)
