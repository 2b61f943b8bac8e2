"""Breakdowns: the column that splits a result, and the order of its values."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Hashable
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ct_pandas._unicode import spelled
from ct_pandas.cohorts._calendar import Cut, Ints

MISSING = "(missing)"


def breakdown(frame: pd.DataFrame, by: Any, *, own: Collection[str], word: str = "by") -> pd.Series:
    """Give the column to split by; ``own`` are the names that the result uses itself.

    A download without a row has no column beyond the standard ones, and its result is empty, not wrong.
    """
    require_name(word, by)
    if by not in frame.columns:
        if len(frame):
            raise ValueError(f"{word}={by!r} is not a column of the frame.{instead(frame, by)}")
        return pd.Series([], dtype="str", name=by)
    if by in own:
        raise ValueError(
            f"{word}={by!r} is a name that the result needs for a column of its own: "
            f'rename yours, df.rename(columns={{{by!r}: "my {by}"}}).'
        )
    return writable(single(frame, by))


def writable(column: pd.Series) -> pd.Series:
    """Give the values behind an Arrow dictionary; spell half a surrogate pair, which no label can hold."""
    kind: Any = column.dtype
    if isinstance(kind, pd.ArrowDtype) and isinstance(kind.pyarrow_dtype, pa.DictionaryType):
        return column.astype(pd.ArrowDtype(kind.pyarrow_dtype.value_type))
    if column.dtype != object:
        return column
    return column.map(lambda value: spelled(value) if isinstance(value, str) else value)


def require_name(word: str, name: Any) -> None:
    """Refuse what cannot name a column, such as a list of names or the column itself."""
    if not isinstance(name, Hashable):
        raise TypeError(
            f"{word}= takes the name of one column, not {type(name).__name__}: combine several "
            "into one column of text first, and give its name."
        )


def instead(frame: pd.DataFrame, name: Any) -> str:
    """Say which column may have been meant: one with the same last part, or of a similar name."""
    if name is not None and name in frame.index.names:
        return " It is in the index: df.reset_index() makes a column of it."
    columns = [column for column in frame.columns if isinstance(column, str)]
    last = f".{name}".casefold()
    near = [column for column in columns if f".{column}".casefold().endswith(last)]
    near = near or difflib.get_close_matches(str(name), columns, n=1)
    return f" Did you mean {' or '.join(repr(each) for each in near[:3])}?" if near else ""


def single(frame: pd.DataFrame, name: Any) -> pd.Series:
    """Give the one column of that name."""
    times = int((frame.columns == name).sum())
    if times > 1:
        raise ValueError(f"{times} columns are named {name!r}: drop or rename all but one.")
    column: pd.Series = frame[name]
    return column


def labelled(values: pd.Series) -> pd.Series:
    """Give the values of a breakdown with the missing ones as ``(missing)``."""
    if not values.isna().any():
        return values
    return values.astype(object).where(values.notna(), MISSING)


def ordered(values: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Give the values of a breakdown their numbers, in order: what is missing stands last."""
    try:
        codes, found = pd.factorize(labelled(values))
    except (TypeError, NotImplementedError) as error:
        raise _no_groups(values) from error
    plain = list(found)
    if any(isinstance(value, Collection) and not isinstance(value, str | bytes) for value in plain):
        raise _no_groups(values)
    try:
        ranked = sorted(plain, key=_rank(values.dtype, plain))
    except TypeError as error:  # of one kind, and in no order among themselves
        raise _no_groups(values) from error
    place = {value: number for number, value in enumerate(ranked)}
    return np.array([place[value] for value in plain], dtype=np.int64)[codes], ranked


def by_period(numbers: Ints, values: pd.Series, cut: Cut, name: str) -> pd.DataFrame:
    """Count people by the period and the value of each; ``name`` is what the periods are called."""
    codes, named = ordered(values)
    periods, row = np.unique(numbers, return_inverse=True)
    cells = np.bincount(row * max(len(named), 1) + codes, minlength=len(periods) * len(named))
    columns = pd.Index(named, name=values.name)
    return pd.DataFrame(cells.reshape(len(periods), len(named)), cut.first_days(periods, name), columns)


def _no_groups(values: pd.Series) -> ValueError:
    return ValueError(
        f"{values.name!r} holds lists or objects, which cannot be groups: turn them into text "
        f"with astype(str), or give each item its own row with explode({values.name!r})."
    )


def _rank(dtype: Any, values: list[Any]) -> Any:
    """Order categories as they say, values of one kind among themselves, mixed ones numbers first."""
    if isinstance(dtype, pd.CategoricalDtype) and dtype.ordered:
        place = {value: number for number, value in enumerate(dtype.categories)}
        return lambda value: place.get(value, len(place))
    known = {type(value) for value in values if not is_missing(value)}
    if len(known) == 1 and str not in known:
        return lambda value: (True,) if is_missing(value) else (False, value)
    return _mixed


def _mixed(value: Any) -> tuple[Any, ...]:
    number = isinstance(value, Number)
    return is_missing(value), not number, value if number else 0, str(value).casefold(), str(value)


def is_missing(value: Any) -> bool:
    """Whether it is the label of those without a value."""
    return isinstance(value, str) and value == MISSING
