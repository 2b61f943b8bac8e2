"""Local times, as a clock on the wall shows them → moments."""

from __future__ import annotations

import bisect
import datetime as dt
import math
import zoneinfo

import numpy as np
import pandas as pd


def localized(walls: pd.DatetimeIndex, zone: str) -> tuple[pd.DatetimeIndex, bool]:
    """Put local times into a zone, and tell whether some of them fall on a change of clocks.

    A doubled time is read as its first occurrence; a missing one moves forward to the end of the gap. (The
    ``shift_forward`` of pandas takes every gap for one of a whole hour.)

    Examples
    --------
    >>> localized(pd.DatetimeIndex(["2023-10-01 02:15"]), "Australia/Lord_Howe")[0][0].isoformat()
    '2023-10-01T02:30:00+11:00'
    """
    exact = walls.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    there = np.asarray(walls.notna())
    if not np.asarray(exact.isna())[there].any():
        return exact, False
    first = walls.tz_localize(zone, ambiguous=np.ones(len(walls), bool), nonexistent="NaT")
    gone = np.asarray(first.isna()) & there
    moments = first.tz_convert("UTC").tz_localize(None).to_numpy().copy()
    ends = {wall: _end_of_gap(wall, zone) for wall in walls[gone].unique()}
    moments[gone] = [np.datetime64(ends[wall], "s") for wall in walls[gone]]
    return pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(zone), True


def _end_of_gap(wall: pd.Timestamp, zone: str) -> int:
    """Find the first second behind a gap: the one from which on the clock is what it is after it."""
    clock = zoneinfo.ZoneInfo(zone)
    after, before = (wall.to_pydatetime().replace(tzinfo=clock, fold=fold).timestamp() for fold in (1, 0))
    seconds = range(math.floor(after), math.ceil(before) + 1)

    def offset(second: int) -> dt.timedelta | None:
        return dt.datetime.fromtimestamp(second, clock).utcoffset()

    final = offset(seconds[-1])
    return seconds[bisect.bisect_left(seconds, True, key=lambda second: offset(second) == final)]
