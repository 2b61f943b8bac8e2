"""Periods: calendar days, weeks and months in one zone, and stretches of hours from a person's birth.

Times are integers: microseconds since 1970, in UTC or on the wall clock of the zone.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas._shown import shown, whole_number

Ints: TypeAlias = npt.NDArray[np.int64]

HOUR = 3_600_000_000
DAY = 24 * HOUR
EPOCH_IS_THURSDAY = 3  # days from the Monday before 1970-01-01
LONG = ("Y]", "M]", "W]")  # how a datetime64 that names several days spells its unit
LONGEST_HOURS = pd.Timedelta(23, "h")  # a Period that is no longer names a time of day
WORDS = {"D": "day", "W": "week", "M": "month"}
MOST_HOURS, MOST_PERIODS = 100_000, 10_000  # eleven years each; of both at once integers still hold the end


@dataclass(frozen=True)
class Cut:
    """How time is cut: ``unit`` is the calendar of the cohorts, ``hours`` a length from birth."""

    unit: str
    hours: int | None = None

    @property
    def freq(self) -> str:
        """Give the word that parses back to this."""
        return self.unit if self.hours is None else f"{self.hours}h"

    @property
    def heading(self) -> str:
        """Name of one period in the heading of a table."""
        return WORDS[self.unit] if self.hours is None else f"{self.hours} h"

    def number(self, wall: Ints) -> Ints:
        """Give the running number of the calendar period that each wall-clock time falls in."""
        days = wall // DAY
        if self.unit == "D":
            return days
        if self.unit == "W":
            return (days + EPOCH_IS_THURSDAY) // 7
        return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)

    def first_days(self, numbers: Ints, name: str = "cohort") -> pd.DatetimeIndex:
        """Turn running numbers into the first day of each period, a date without a zone."""
        if self.unit == "M":
            days = numbers.astype("datetime64[M]").astype("datetime64[us]")
        else:
            scale, shift = (7, EPOCH_IS_THURSDAY) if self.unit == "W" else (1, 0)
            days = (numbers * scale - shift).astype("datetime64[D]").astype("datetime64[us]")
        return pd.DatetimeIndex(days, name=name)


def parse_freq(freq: Any, *, hours: bool = False) -> Cut:
    """Read ``"D"``, ``"W"``, ``"M"`` and, where ``hours``, a whole number of hours such as ``"24h"``.

    Cohorts of hourly periods are calendar days, or weeks once a period is a week long.
    """
    if isinstance(freq, str) and freq.upper() in WORDS:
        return Cut(freq.upper())
    offered = '"D", "W" or "M"' + (', or hours from birth such as "24h" or "168h"' if hours else "")
    problem = ValueError(f"freq={shown(freq)} is not a way to divide time here: use {offered}.")
    if not hours or not isinstance(freq, str) or not freq.lower().endswith("h"):
        raise problem
    length = freq[:-1].lstrip("0")
    if not freq[:-1].isdecimal() or not length:
        raise problem
    if len(length) > len(str(MOST_HOURS)) or int(length) > MOST_HOURS:
        raise ValueError(f"freq: a period has at most {MOST_HOURS:,} hours.")
    return _of_hours(int(length))


def _of_hours(length: int) -> Cut:
    return Cut("D" if length < 7 * 24 else "W", length)


def whole(name: str, value: Any, *, least: int, what: str, most: int | None = None) -> int:
    """Read a whole number from ``least`` to ``most``, of Python or of NumPy."""
    number = whole_number(value)
    if number is None or number < least:
        raise ValueError(f"{name}={shown(value)}: give {what}, a whole number of at least {least}.")
    if most is not None and number > most:
        raise ValueError(f"{name}= takes at most {most:,}: give {what}.")
    return number


def to_wall(at: Ints, zone: tzinfo | None) -> Ints:
    """Read UTC times on the wall clock of ``zone``; naive times stand on the wall clock already."""
    if zone is None:
        return at
    moments = pd.DatetimeIndex(at.view("datetime64[us]")).tz_localize("UTC")
    return moments.tz_convert(zone).tz_localize(None).to_numpy().view(np.int64)


def to_utc(wall: pd.Timestamp, zone: tzinfo | None) -> int:
    """Turn a wall-clock time into UTC: a doubled hour is its first, a missing one the end of its gap."""
    shown = microseconds(wall)
    if zone is None:
        return shown
    moment = wall.tz_localize(zone, ambiguous=True, nonexistent="NaT")
    if not pd.isna(moment):
        return microseconds(moment)
    near = range(shown - DAY, shown + DAY)  # no clock is further from UTC
    return near[bisect_left(near, True, key=lambda at: to_wall(np.array([at]), zone)[0] >= shown)]


def microseconds(moment: pd.Timestamp) -> int:
    """Give a moment as microseconds since 1970, in UTC if it has a zone."""
    return int(moment.as_unit("us").to_datetime64().astype(np.int64))


def moments(at: Ints, zone: tzinfo | None) -> pd.DatetimeIndex:
    """Turn integer times back into pandas datetimes in ``zone``."""
    index = pd.DatetimeIndex(at.view("datetime64[us]"))
    return index if zone is None else index.tz_localize("UTC").tz_convert(zone)


def end_of(value: Any, zone: tzinfo | None) -> int:
    """Give the first moment after ``value``: a day is meant whole, a time of day to the instant.

    Days are written as elsewhere: text (``"2025-10"`` is the whole month), date, Timestamp, Period,
    ``datetime64`` (one of a month is the whole month) or ``20251031``.
    """
    try:
        moment = _moment(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"until={shown(value)} is not a day: write it as '2025-10-31' (or '2025-10-31 "
            "12:00'), 20251031, a date, a Timestamp or a Period."
        ) from error
    if isinstance(moment, pd.Period):
        return to_utc((moment.end_time.floor("D") + pd.Timedelta(days=1)).as_unit("us"), zone)
    return _after(moment, zone)


def _moment(value: Any) -> pd.Period | pd.Timestamp:
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        if len(str(value)) != 8:
            raise ValueError(value)  # 2025 would be a day too: the first one
        return pd.Period(str(value), freq="D")
    if isinstance(value, str):
        parsed: Any = pd.Period(value)
        return parsed if not pd.isna(parsed) and parsed.freqstr[0] in "DMQY" else _known(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return pd.Period(value, freq="D")
    if isinstance(value, np.datetime64) and not np.isnat(value) and value.dtype.str[-2:] in LONG:
        return pd.Period(str((value + 1).astype("datetime64[D]") - 1), freq="D")
    if isinstance(value, pd.Period):
        return value if value.end_time - value.start_time > LONGEST_HOURS else value.end_time
    return _known(value)


def _known(value: Any) -> pd.Timestamp:
    if not isinstance(value, str | datetime | np.datetime64) or pd.isna(pd.Timestamp(value)):
        raise TypeError(f"{value!r} is not a point in time.")
    return pd.Timestamp(value)


def _after(moment: pd.Timestamp, zone: tzinfo | None) -> int:
    """Give the end of a Timestamp: the next midnight if it names a day, else the next microsecond."""
    if moment.tzinfo is not None and zone is None:
        raise ValueError("until= has a time zone and ts has none: give both one, or neither.")
    wall = moment if moment.tzinfo is None else moment.tz_convert(zone).tz_localize(None)
    if wall == wall.normalize():
        return to_utc(wall + pd.Timedelta(days=1), zone)
    return (to_utc(moment, zone) if moment.tzinfo is None else microseconds(moment)) + 1
