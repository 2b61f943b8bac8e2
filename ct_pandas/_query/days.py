"""Days: what a reader may call a day, and the integer ``YYYYMMDD`` that CleverTap takes for it.

CleverTap, Get User Profiles API (developer.clevertap.com/docs/get-user-profiles-api): ``from`` and ``to``
are integers ``YYYYMMDD``; both days are inclusive and run in the project's time zone.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from typing import Any

from ct_pandas._shown import shown
from ct_pandas.errors import QueryError

_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_COMPACT_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_ISO_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_TIME_AFTER_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ].+")
_HOW = "Write a day as '2025-10-01', 20251001 or a date, and a whole month as '2025-10'."

# Not strftime's, which follows the locale.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def parse_days(start: Any, end: Any) -> tuple[int, int]:
    """Read an inclusive range of days; a span as ``start`` needs no ``end``."""
    if start is None:
        if end is None:
            raise QueryError(f"An event needs its days: give start and end. {_HOW}")
        raise QueryError(f"end={shown(end)} was given without start: give the first day too. {_HOW}")
    first, last = _span(start, "start")
    if end is None:
        if first == last and not hasattr(start, "start_time"):
            raise QueryError(
                f"start={shown(start)} was given without end: give the last day too (both days "
                f"are inclusive, so a single day is start={shown(start)}, end={shown(start)})."
            )
        return first, last
    _, last = _span(end, "end")
    if first > last:
        raise QueryError(
            f"start={shown(start)} is after end={shown(end)}: swap them, or correct the one that is wrong."
        )
    return first, last


def as_date(day: int) -> dt.date:
    """Turn ``20251001`` into a date."""
    return dt.date(day // 10_000, day // 100 % 100, day % 100)


def as_int(day: dt.date) -> int:
    """Turn a date into ``20251001``."""
    return day.year * 10_000 + day.month * 100 + day.day


def iso(day: int) -> str:
    """Turn ``20251001`` into ``"2025-10-01"``."""
    return as_date(day).isoformat()


def in_short(start: int, end: int) -> str:
    """Say a range of days in few letters, whatever the locale: "1–31 Oct 2025"."""
    first, last = as_date(start), as_date(end)
    closing = f"{last.day} {_MONTHS[last.month - 1][:3]} {last.year}"
    if first == last:
        return closing
    if first.year != last.year:
        return f"{first.day} {_MONTHS[first.month - 1][:3]} {first.year}–{closing}"
    opening = str(first.day) if first.month == last.month else f"{first.day} {_MONTHS[first.month - 1][:3]}"
    return f"{opening}–{closing}"


def in_words(start: int, end: int) -> str:
    """Say a range of days in English: "between 1 and 31 October 2025"."""
    first, last = as_date(start), as_date(end)
    if first == last:
        return f"on {_day(last)} {last.year}"
    if first.year != last.year:
        return f"between {_day(first)} {first.year} and {_day(last)} {last.year}"
    opening = str(first.day) if first.month == last.month else _day(first)
    return f"between {opening} and {_day(last)} {last.year}"


def _span(value: Any, what: str) -> tuple[int, int]:
    """First and last day of what was given."""
    if _is_long(value):
        return _long_span(value, what)
    plain = unwrapped(value)
    if isinstance(plain, bool) or plain is None or is_missing(plain):
        raise _refusal(value, what, "is not a day")
    if hasattr(plain, "start_time") and hasattr(plain, "end_time"):  # pandas.Period, by its shape
        return _period_span(plain, what)
    if isinstance(plain, dt.datetime) and (plain.time() != dt.time() or getattr(plain, "nanosecond", None)):
        raise _refusal(value, what, "has a time of day, but CleverTap takes whole days only")
    if isinstance(plain, dt.date):
        return _one(plain.year, plain.month, plain.day, value, what)
    if isinstance(plain, int):
        plain = str(plain)
    if isinstance(plain, str):
        return _text_span(plain.strip(), value, what)
    raise _refusal(value, what, f"is a {type(value).__name__}, not a day")


def _is_long(value: Any) -> bool:
    """Whether it is a ``datetime64`` of years, months or weeks, which names more than one day."""
    dtype: Any = getattr(value, "dtype", None)
    is_of_time = getattr(dtype, "kind", "") == "M" and getattr(value, "ndim", None) == 0
    return is_of_time and dtype.str[-2:] in ("Y]", "M]", "W]") and not is_missing(value)


def _long_span(value: Any, what: str) -> tuple[int, int]:
    first, after = (each.astype("datetime64[D]").item() for each in (value, value + 1))
    if not (isinstance(first, dt.date) and isinstance(after, dt.date)):  # NumPy's calendar is longer
        raise _refusal(value, what, "is not in the calendar")
    last = after - dt.timedelta(days=1)
    opening, _ = _one(first.year, first.month, first.day, value, what)
    return opening, as_int(last)


def _text_span(text: str, value: Any, what: str) -> tuple[int, int]:
    if found := _ISO_DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text):
        year, month, day = map(int, found.groups())
        return _one(year, month, day, value, what)
    if found := _ISO_MONTH.fullmatch(text):
        year, month = map(int, found.groups())
        first, _ = _one(year, month, 1, value, what)
        return first, first - 1 + monthrange(year, month)[1]
    if _TIME_AFTER_DAY.fullmatch(text):
        raise _refusal(value, what, "has a time of day, but CleverTap takes whole days only")
    raise _refusal(value, what, "is not a day")


def _period_span(period: Any, what: str) -> tuple[int, int]:
    first, last = period.start_time, period.end_time
    if first.time() != dt.time() or (last - first) < dt.timedelta(hours=23):
        raise _refusal(period, what, "is shorter than a day, but CleverTap takes whole days only")
    return as_int(first), as_int(last)


def _one(year: int, month: int, day: int, value: Any, what: str) -> tuple[int, int]:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        raise _refusal(value, what, "is not in the calendar") from None
    if year < 1000:
        raise _refusal(value, what, "is too long ago to be a day of any app")
    return as_int(date), as_int(date)


def unwrapped(value: Any) -> Any:
    """Take one NumPy value out of its wrapping; what is of time, in ``ns``, would unwrap to a number."""
    if type(value).__module__ != "numpy" or getattr(value, "ndim", None) != 0 or value.dtype.kind == "m":
        return value
    return (value.astype("datetime64[us]") if value.dtype.kind == "M" else value).item()


def is_missing(value: Any) -> bool:
    """Whether it is NaN, NaT or NA: none of them equals itself."""
    try:
        return bool(value != value)  # noqa: PLR0124
    except TypeError:
        return True
    except ValueError:  # an array, which is several values
        return False


def _refusal(value: Any, what: str, why: str) -> QueryError:
    return QueryError(f"{what}={shown(value)} {why}. {_HOW}")


def _day(date: dt.date) -> str:
    return f"{date.day} {_MONTHS[date.month - 1]}"
