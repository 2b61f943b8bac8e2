"""Days and wall-clock stamps in the project's time zone.

Event times leave the API as 14-digit integers in the project's zone, and `from`/`to` are whole days there
(CleverTap, "Get Events API").
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]

DAY = 86_400


class ProjectZone:
    """Epoch seconds to project-local days and stamps, whole arrays at a time.

    Parameters
    ----------
    key
        IANA name, such as ``"Asia/Kolkata"``.
    """

    def __init__(self, key: str) -> None:
        try:
            self._zone = ZoneInfo(key)
        except (KeyError, OSError, TypeError, ValueError):
            raise ValueError(f"timezone={key!r}: give an IANA name, such as 'Asia/Kolkata'") from None

    def offset(self, epoch: int) -> int:
        """Give the seconds east of UTC at one instant."""
        away = datetime.fromtimestamp(epoch, self._zone).utcoffset()
        return int(away.total_seconds()) if away else 0

    def midnight(self, day: int) -> int:
        """Give the instant at which a day ``YYYYMMDD`` begins."""
        start = datetime.combine(day_to_date(day), datetime.min.time(), self._zone)
        return int(start.timestamp())

    def local(self, epochs: Ints) -> Ints:
        """Give wall-clock seconds since 1970 for instants."""
        if not len(epochs):
            return epochs
        starts, offsets = self._changes(int(epochs.min()), int(epochs.max()))
        return epochs + offsets[np.searchsorted(starts, epochs, side="right") - 1]

    def stamps(self, epochs: Ints) -> Ints:
        """Give ``yyyyMMddHHmmss`` integers for instants."""
        wall = self.local(epochs)
        clock = wall % DAY
        hms = clock // 3600 * 10_000 + clock // 60 % 60 * 100 + clock % 60
        return _calendar(wall) * 1_000_000 + hms

    def days(self, epochs: Ints) -> Ints:
        """Give ``YYYYMMDD`` integers for instants."""
        return _calendar(self.local(epochs))

    def minutes(self, epochs: Ints) -> Ints:
        """Give minutes since local midnight for instants."""
        return self.local(epochs) % DAY // 60

    def stamp(self, epoch: int) -> int:
        """Give the 14-digit stamp of one instant."""
        return int(self.stamps(np.array([epoch], dtype=np.int64))[0])

    def _changes(self, low: int, high: int) -> tuple[Ints, Ints]:
        """Find where the offset changes between two instants: probe each day, then halve."""
        starts, offsets = [low], [self.offset(low)]
        for probe in range(low + DAY, high + DAY, DAY):
            now = self.offset(probe)
            if now != offsets[-1]:
                starts.append(self._first(probe - DAY, probe, now))
                offsets.append(now)
        return np.array(starts, dtype=np.int64), np.array(offsets, dtype=np.int64)

    def _first(self, before: int, after: int, offset: int) -> int:
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (before, middle) if self.offset(middle) == offset else (middle, after)
        return after


def _calendar(wall: Ints) -> Ints:
    moment = wall.astype("datetime64[s]")
    months = moment.astype("datetime64[M]")
    years: Ints = months.astype("datetime64[Y]").astype(np.int64) + 1970
    day: Ints = (moment.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    month: Ints = months.astype(np.int64) % 12 + 1
    return years * 10_000 + month * 100 + day


def day_to_date(day: int) -> date:
    """Read ``YYYYMMDD``; `ValueError` where there is no such day."""
    return date(day // 10_000, day // 100 % 100, day % 100)


def days_before(day: int, count: int) -> int:
    """Give the day that lies `count` days earlier."""
    return int((day_to_date(day) - timedelta(days=count)).strftime("%Y%m%d"))


def is_day(value: int) -> bool:
    """Tell whether an integer is a day ``YYYYMMDD`` that exists."""
    try:
        day_to_date(value)
    except (ValueError, OverflowError):
        return False
    return True
