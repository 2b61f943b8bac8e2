"""One Python value → the value as JSON sends it."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from ct_pandas._records.times import Times
from ct_pandas._unicode import is_unicode

DEEPEST = 16  # levels of lists and objects; CleverTap keeps three (developer.clevertap.com, nested objects)
LONGEST = 14_000  # bits of a whole number; beyond it Python writes no decimal digits
DATE_PREFIX = "$D_"  # "Working with User Profiles API": UNIX epoch with $D_ prefix for date properties

_Sent = TypeVar("_Sent")


@dataclass(frozen=True, repr=False)
class NotJson:
    """Text in a column of JSON text that is none."""

    text: str

    def __repr__(self) -> str:
        return repr(self.text)


# What has no form in JSON, and what the analyst most likely wants instead.
_FIXES: tuple[tuple[type | tuple[type, ...], str, str], ...] = (
    ((bytes, bytearray, memoryview), "bytes cannot be sent as JSON", 'decode them: .str.decode("utf-8")'),
    (complex, "a complex number cannot be sent as JSON", "send its parts as two attributes"),
    ((dt.timedelta, np.timedelta64), "the API has no type for a length of time", "use .dt.total_seconds()"),
    (dt.time, "the API has no type for a time of day", "send it as text: .astype(str)"),
    (pd.Period, "a period is not a point in time", "use .dt.to_timestamp()"),
    (NotJson, "not JSON text, unlike the other cells of this column", "put text in double quotes"),
    (pd.Interval, "the API has no type for an interval", "send its ends as two attributes"),
)


class Unsendable(Exception):  # noqa: N818  (a finding about a cell, not an error)
    """Why a value cannot be sent, and what to do."""

    def __init__(self, reason: str, fix: Any = None, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix
        self.code = code


INFINITE = Unsendable("an infinite number cannot be sent as JSON", "replace it, or set it to missing")


def each(
    values: Iterable[Any], convert: Callable[[Any], _Sent | None]
) -> tuple[list[_Sent | None], dict[int, Unsendable]]:
    """Return values converted one by one, ``None`` where one cannot be sent, and by position why."""
    done: list[_Sent | None] = []
    faults: dict[int, Unsendable] = {}
    for at, value in enumerate(values):
        try:
            done.append(convert(value))
        except Unsendable as fault:
            faults[at] = fault.with_traceback(None)  # which would keep the frames of every cell
            done.append(None)
    return done, faults


def is_missing(value: object) -> bool:
    """Tell whether a value is one of the ways to say that there is none."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float | np.floating | complex):
        return value != value  # noqa: PLR0124  (only NaN differs from itself)
    if isinstance(value, decimal.Decimal):
        return value.is_nan()
    return isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))


def plain(value: Any, times: Times, depth: int = 0) -> Any:
    """Return a value as JSON sends it, ``None`` where it is missing; raises ``Unsendable``."""
    known = _BY_TYPE.get(type(value))
    if known is not None:
        return known(value, times, depth)
    if is_missing(value):
        return None
    for kinds, convert in _BY_KIND:
        if isinstance(value, kinds):
            return convert(value, times, depth)
    return _no_form(value, times, depth)


def _no_form(value: Any, _times: Times, _depth: int) -> Any:
    for kinds, reason, fix in _FIXES:
        if isinstance(value, kinds):
            raise Unsendable(reason, fix)
    raise Unsendable(f"a {type(value).__name__} cannot be sent as JSON", "convert it to text or a number")


def _none(_value: Any, _times: Times, _depth: int) -> None:
    return None


def _text(value: str, _times: Times, _depth: int) -> str:
    if not is_unicode(value):
        raise Unsendable("not valid Unicode: half a surrogate pair", "repair the text")
    return str.__str__(value)  # an enumeration's own text is its name


def _boolean(value: Any, _times: Times, _depth: int) -> bool:
    return bool(value)


def _integer(value: Any, _times: Times, _depth: int) -> int:
    return whole(value)


def whole(value: Any, code: int | None = None) -> int:
    """Return a whole number; raises ``Unsendable`` for one that Python does not write out."""
    number = int(value)
    if number.bit_length() > LONGEST:
        raise Unsendable("a number with thousands of digits cannot be sent as JSON", "send it as text", code)
    return number


def _float(value: Any, _times: Times, _depth: int) -> float | None:
    number = float(value)
    if number != number:  # noqa: PLR0124  (NaN)
        return None
    if math.isinf(number):
        raise INFINITE
    return number


def _decimal(value: decimal.Decimal, times: Times, depth: int) -> int | float | None:
    # int() of 1E+999999 would take all memory.
    if value.is_finite() and value.adjusted() < 300 and value == value.to_integral_value():
        return int(value)
    return _float(value, times, depth)


def _time(value: Any, times: Times, _depth: int) -> str:
    try:
        return f"{DATE_PREFIX}{times.second(value)}"
    except (OverflowError, ValueError):
        raise Unsendable("a time outside the calendar", "set it to missing") from None


def _list(value: Iterable[Any], times: Times, depth: int) -> list[Any] | None:
    """Return a list without its missing elements; one that held nothing else is missing itself."""
    if depth >= DEEPEST:
        raise Unsendable(f"nested more than {DEEPEST} levels deep", "flatten it")
    parts = list(value)
    done = [one for one in (plain(part, times, depth + 1) for part in parts) if one is not None]
    return done if done or not parts else None


def _set(value: Iterable[Any], times: Times, depth: int) -> list[Any] | None:
    return _list(sorted(value, key=lambda one: (str(type(one)), str(one))), times, depth)


def _array(value: np.ndarray[Any, Any], times: Times, depth: int) -> Any:
    if value.ndim == 0:
        if np.ma.is_masked(value):  # a masked element is again such an array
            return None
        return plain(np.asarray(value)[()], times, depth)
    return _list(value, times, depth)


def _object(value: Mapping[Any, Any], times: Times, depth: int) -> dict[str, Any] | None:
    if depth >= DEEPEST:
        raise Unsendable(f"nested more than {DEEPEST} levels deep", "flatten it")
    done: dict[str, Any] = {}
    for key, one in value.items():
        if not isinstance(key, str | int | np.integer) or isinstance(key, bool):
            raise Unsendable("a key of an object is not text", "use text as the key")
        name = _text(key if isinstance(key, str) else str(whole(key)), times, depth)
        sent = plain(one, times, depth + 1)
        if sent is not None and name in done:  # 1 and "1" are two keys in Python
            raise Unsendable("two keys of an object are the same text", "give them different names")
        if sent is not None:
            done[name] = sent
    return done if done or not value else None


_Convert = Callable[[Any, Times, int], Any]
_BY_TYPE: dict[type, _Convert] = {
    type(None): _none,
    str: _text,
    bool: _boolean,
    int: _integer,
    float: _float,
    list: _list,
    dict: _object,
}
_BY_KIND: tuple[tuple[type | tuple[type, ...], _Convert], ...] = (
    ((np.timedelta64, pa.Scalar), _no_form),  # NumPy counts the one among the integers; Arrow's may be maps
    (str, _text),
    ((bool, np.bool_), _boolean),
    ((int, np.integer), _integer),
    ((float, np.floating), _float),
    (decimal.Decimal, _decimal),
    ((dt.date, np.datetime64), _time),
    (uuid.UUID, lambda value, _times, _depth: str(value)),
    (Mapping, _object),
    ((set, frozenset), _set),
    (np.ndarray, _array),
    ((list, tuple, pd.Series, pd.Index, pd.api.extensions.ExtensionArray), _list),
)
