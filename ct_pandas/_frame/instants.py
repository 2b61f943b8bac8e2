"""Times as CleverTap writes them → datetimes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas import _warnings
from ct_pandas._frame.walls import localized
from ct_pandas.errors import ClevertapWarning, TimezoneWarning

_LOCAL = 10**13  # 14 digits: YYYYMMDDHHMMSS in the project's time zone (CleverTap, Get Events API)
_MILLI = 10**12  # 13 digits: milliseconds since 1970
_YEARS = (-62_135_596_800, 253_402_300_799)  # seconds from the year 1 to the year 9999
_DAY = 86_400  # seconds: no zone is further from UTC
_SECONDS = r"^-?[0-9]{1,18}$"

Instants = pd.DatetimeIndex | npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]


class Clock:
    """Reads times in the zone of one account, and remembers what has to be said about them."""

    def __init__(self, timezone: str | None) -> None:
        self.timezone = timezone
        self._notes: dict[str, type[ClevertapWarning]] = {}

    def warn(self) -> None:
        """Say once what was noted."""
        for note, category in self._notes.items():
            _warnings.warn(note, category)
        self._notes.clear()

    def note(self, text: str, category: type[ClevertapWarning] = TimezoneWarning) -> None:
        """Remember something to say at the end."""
        self._notes.setdefault(text, category)

    def instants(self, numbers: pa.ChunkedArray, zone: str | None) -> Instants | None:
        """Read 10-digit, 13-digit and 14-digit times; None if one of them is none of these.

        The result is in ``zone``. 14-digit times stay naive where the account's zone is unknown; beside
        others they make an object column then.
        """
        there = numbers.is_valid().to_numpy()
        values = numbers.drop_null().to_numpy()
        local = values >= _LOCAL
        epochs = _epochs(values[~local])
        naive = _naive(values[local])
        if naive is None or epochs is None:
            return None
        if len(naive) and self.timezone is None:
            return self._unknown(there, local, naive, epochs)
        if not _are_in_every_calendar(naive, epochs[: 0 if zone in (None, "UTC") else None]):
            return None
        found = np.empty(len(values), "M8[us]")
        found[~local] = epochs
        if len(naive):
            found[local] = self.localize(naive).tz_convert("UTC").tz_localize(None).to_numpy()
        return pd.DatetimeIndex(_spread(found, there)).tz_localize("UTC").tz_convert(zone or "UTC")

    def _unknown(self, there: Mask, local: Mask, naive: Any, epochs: Any) -> Instants:
        """Leave local times naive: no zone is known to read them in."""
        self.note(
            "CleverTap sent times as local times of the project (YYYYMMDDHHMMSS), but its time "
            "zone is not known, so they stay naive (without a time zone). Set it with "
            "ct.connect(timezone='Asia/Kolkata') or CLEVERTAP_TIMEZONE."
        )
        if local.all():
            return pd.DatetimeIndex(_spread(naive, there))
        found = np.empty(len(local), object)
        found[local] = pd.DatetimeIndex(naive).astype(object)
        found[~local] = pd.DatetimeIndex(epochs).tz_localize("UTC").astype(object)
        mixed = np.empty(len(there), object)
        mixed[there] = found
        return mixed

    def localize(self, naive: Any) -> pd.DatetimeIndex:
        """Put local times into the account's zone.

        A doubled hour is read as its first occurrence and a missing one moves forward; both are noted.
        """
        index, moved = localized(pd.DatetimeIndex(naive), str(self.timezone))
        if moved:
            self.note(
                f"Some local times fall on a clock change in {self.timezone}: an hour that "
                "happens twice is read as its first occurrence, and one that does not exist is "
                "moved forward."
            )
        return index


def _are_in_every_calendar(*times: npt.NDArray[Any]) -> bool:
    """Whether times stay between the years 1 and 9999 in whatever zone: no Timestamp is outside of them."""
    first, last = (np.datetime64(second, "s") for second in (_YEARS[0] + _DAY, _YEARS[1] - _DAY))
    return all(bool(((first <= some) & (some <= last)).all()) for some in times)


def _spread(times: npt.NDArray[Any], there: Mask) -> npt.NDArray[Any]:
    """Put times where some are, and NaT elsewhere."""
    spread = np.full(len(there), np.datetime64("NaT", "us"), "M8[us]")
    spread[there] = times
    return spread


def dates(texts: pa.ChunkedArray) -> pd.DatetimeIndex | None:
    """Read a column whose every value is ``$D_<epoch seconds>``; None if one of them is not."""
    for chunk in texts.chunks:  # the first one tells of most columns that they are no dates
        if pc.all(pc.starts_with(chunk, "$D_")).as_py() is False:
            return None
    numbers = pc.binary_replace_slice(texts, 0, 3, "")
    if not _are_digits(numbers) and pc.all(pc.match_substring_regex(numbers, _SECONDS)).as_py() is False:
        return None
    seconds = numbers.cast(pa.int64())
    gaps = seconds.is_null().to_numpy()
    values = seconds.fill_null(0).to_numpy()
    if len(values) and not _YEARS[0] <= values.min() <= values.max() <= _YEARS[1]:
        return None
    micros = (values * 1_000_000).astype("M8[us]")
    micros[gaps] = np.datetime64("NaT", "us")
    return pd.DatetimeIndex(micros).tz_localize("UTC")


def _are_digits(texts: pa.ChunkedArray) -> bool:
    """Whether all are 1 to 18 digits, without a sign; much quicker than a pattern."""
    return bool(pc.all(pc.ascii_is_decimal(texts)).as_py() and pc.max(pc.binary_length(texts)).as_py() <= 18)


def _epochs(values: npt.NDArray[np.int64]) -> npt.NDArray[Any] | None:
    """Turn seconds since 1970 (13 digits: milliseconds) into datetimes."""
    if len(values) and values.min() < _YEARS[0]:
        return None
    milli = values >= _MILLI
    if (values[~milli] > _YEARS[1]).any():
        return None
    return (values * np.where(milli, 1_000, 1_000_000)).astype("M8[us]")


def _naive(values: npt.NDArray[np.int64]) -> npt.NDArray[Any] | None:
    """Turn 14-digit local times into naive datetimes; None if one of them is no time."""
    day, clock = np.divmod(values, 1_000_000)
    year, month, date = day // 10_000, day // 100 % 100, day % 100
    hour, minute, second = clock // 10_000, clock // 100 % 100, clock % 100
    months = (year - 1970).astype("M8[Y]").astype("M8[M]") + (month - 1).astype("m8[M]")
    days = months.astype("M8[D]") + (date - 1).astype("m8[D]")
    fits = (month >= 1) & (month <= 12) & (date >= 1) & (days.astype("M8[M]") == months)
    fits &= (hour < 24) & (minute < 60) & (second < 60) & (values < 10**14)
    if not fits.all():
        return None
    seconds = hour * 3600 + minute * 60 + second
    return np.asarray(days.astype("M8[us]") + (seconds * 1_000_000).astype("m8[us]"))
