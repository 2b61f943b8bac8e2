"""The record's own time, ``ts``: "Must be Integer", a UNIX epoch ("Working with User Profiles API", 525)."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas._records import rules
from ct_pandas._records.encode import with_gaps
from ct_pandas._records.plain import Unsendable, each, is_missing
from ct_pandas._records.times import Times

NOT_AN_EPOCH = rules.NOT_AN_EPOCH.code
LATEST = 10**11  # whole seconds beyond it (year 5138) are milliseconds
ENDLESS = 2**63  # no longer a whole number of 64 bits
# Digits of what counts from 1970 in smaller units, and how many of them make a second.
_FINER = {13: 10**3, 16: 10**6, 19: 10**9}

_NAIVE = Unsendable(
    "a time without a zone, and the account's time zone is unknown",
    'connect with timezone=..., or localise the column: .dt.tz_localize("Asia/Kolkata")',
    NOT_AN_EPOCH,
)


def stamps(column: pd.Series, times: Times) -> tuple[list[int | None], dict[int, Unsendable]]:
    """Return whole seconds, ``None`` where there is no time, and why some times cannot be sent."""
    if isinstance(column.dtype, pd.ArrowDtype | pd.CategoricalDtype | pd.SparseDtype):
        column = pd.Series(list(column), dtype=object)
    if column.dtype.kind == "M":
        return _of_datetimes(column, times)
    if (
        column.dtype.kind in "iu"
        and not column.hasnans
        and (column.dtype.kind == "i" or column.max() < ENDLESS)
    ):
        return column.tolist(), {}
    return each(column.astype(object), lambda value: _stamp(value, times))


def _of_datetimes(column: pd.Series, times: Times) -> tuple[list[int | None], dict[int, Unsendable]]:
    there = column.notna().to_numpy(dtype=bool)
    if column.dt.tz is None and times.zone is None:
        return [None] * len(column), dict.fromkeys(np.flatnonzero(there).tolist(), _NAIVE)
    seconds, _ = times.seconds(column)
    return with_gaps(seconds.tolist(), there), {}


def _stamp(value: Any, times: Times) -> int | None:
    if is_missing(value):
        return None
    if isinstance(value, dt.date | np.datetime64):
        if getattr(value, "tzinfo", None) is None and times.zone is None:
            raise _NAIVE
        try:
            return times.second(value)
        except (OverflowError, ValueError):
            raise Unsendable("a time outside the calendar", None, NOT_AN_EPOCH) from None
    number = isinstance(value, int | float | np.integer | np.floating | decimal.Decimal)
    if number and not isinstance(value, bool | np.timedelta64) and math.isfinite(value):
        second: int = math.floor(value)
        if abs(second) < ENDLESS:
            return second
    fix = _fix(value) if isinstance(value, str) else None
    raise Unsendable("not a time: seconds since 1970 or a datetime is needed", fix, NOT_AN_EPOCH)


def _fix(text: str) -> str:
    return f"convert the column: pd.to_{'numeric' if text.strip().isdecimal() else 'datetime'}(...)"


def problem_of(second: int) -> Unsendable | None:
    """Say what is wrong with a whole number as an epoch; the server would refuse it."""
    if second <= 0:
        return Unsendable("not an epoch: it is not after 1970", None, NOT_AN_EPOCH)
    if second >= LATEST:
        unit = _FINER.get(len(str(second)))
        return Unsendable("milliseconds, or not an epoch at all", unit and second // unit, NOT_AN_EPOCH)
    return None
