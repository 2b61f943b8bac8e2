"""Times of a frame → seconds since 1970, rounded down, under the account's time zone."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas import _warnings
from ct_pandas._frame.walls import localized
from ct_pandas.errors import TimezoneWarning

Seconds = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND = dt.timedelta(seconds=1)


class Times:
    """Reads times without a zone as the account's, and remembers what had to be assumed.

    Parameters
    ----------
    zone
        The account's time zone as an IANA name, or ``None`` where it is unknown: UTC is then assumed.
    """

    def __init__(self, zone: str | None) -> None:
        self.zone = zone
        self.assumed_utc = False
        self.moved = False

    def seconds(self, times: pd.Series) -> tuple[Seconds, Mask]:
        """Return whole seconds since 1970 and which of them are there, of a column of datetimes."""
        there = times.notna().to_numpy(dtype=bool)
        if times.dt.tz is None and there.any():
            times = self._located(times)
        if times.dt.tz is not None:
            times = times.dt.tz_convert("UTC").dt.tz_localize(None)
        return times.to_numpy().astype("datetime64[s]").astype("int64"), there

    def second(self, time: dt.date | np.datetime64) -> int:
        """Return the whole second of one time; a date is its midnight."""
        if isinstance(time, np.datetime64):
            # NumPy reaches further than the calendar of Python; both count from 1970.
            whole = int(time.astype("datetime64[s]").astype("int64"))
            time = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=whole)  # noqa: DTZ001  (located below)
        elif isinstance(time, pd.Timestamp):
            time = time.to_pydatetime(warn=False)
        elif not isinstance(time, dt.datetime):
            time = dt.datetime(time.year, time.month, time.day)  # noqa: DTZ001  (located below)
        return ((self._aware(time) if time.tzinfo is None else time) - _EPOCH) // _SECOND

    def _aware(self, time: dt.datetime) -> dt.datetime:
        if self.zone is None:
            self.assumed_utc = True
            return time.replace(tzinfo=dt.UTC)
        first = time.replace(tzinfo=zoneinfo.ZoneInfo(self.zone), fold=0)
        if first.utcoffset() == first.replace(fold=1).utcoffset():
            return first
        self.moved = True  # a change of clocks: by the same rule as for columns
        return localized(pd.DatetimeIndex([time.replace(fold=0)]), self.zone)[0][0]

    def _located(self, times: pd.Series) -> pd.Series:
        """Read naive times in the account's zone: a doubled hour as its first, a missing one later."""
        if self.zone is None:
            self.assumed_utc = True
            return times
        located, moved = localized(pd.DatetimeIndex(times), self.zone)
        self.moved |= moved
        return pd.Series(located, index=times.index)

    def warn(self) -> None:
        """Say once what was assumed."""
        if self.assumed_utc:
            _warnings.warn(
                "Times without a zone were sent as UTC, because the account's time zone is unknown. Connect "
                'with timezone="Asia/Kolkata" (your project\'s zone), or localise the columns.',
                TimezoneWarning,
            )
        elif self.moved:
            _warnings.warn(
                f"Some times without a zone fall on a clock change in {self.zone}: an hour that "
                "happens twice was sent as its first occurrence, and one that does not exist was "
                "moved forward.",
                TimezoneWarning,
            )
