"""Ids made comparable, and numbered: the same person has the same number in every column."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas.cohorts._breakdown import writable
from ct_pandas.cohorts._calendar import Ints

EXACT = 2**53  # from here on a float stands for several whole numbers
NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal"}


def alike(columns: Sequence[pd.Series]) -> list[pd.Series]:
    """Make ids comparable: where some are text, in this column or in another, numbers become text.

    So do they where one type of number has no room for all of them.
    """
    plain = [decoded(ids) for ids in columns]
    if all(_is_numeric(ids) or ids.isna().all() for ids in plain):
        big = [_is_big(ids) for ids in plain]
        if not any(big) or len({ids.dtype for ids in plain}) == 1:
            return plain
    return [as_text(ids) for ids in plain]


def _is_big(ids: pd.Series) -> bool:
    """Whether there are numbers that floats do not tell apart; refuses them where they are floats already."""
    if not pd.api.types.is_numeric_dtype(ids.dtype) or ids.isna().all():
        return False
    floats = pd.api.types.is_float_dtype(ids.dtype)
    exact = 1 << (np.finfo(getattr(ids.dtype, "numpy_dtype", ids.dtype)).nmant + 1) if floats else EXACT
    big = int(ids.max() >= exact) or int(ids.min() <= -exact)
    if big and floats:
        raise _rounded(ids)
    return bool(big)


def decoded(ids: pd.Series) -> pd.Series:
    """Give the values behind categories and Arrow dictionaries."""
    kind: Any = ids.dtype
    if isinstance(kind, pd.CategoricalDtype):
        values = kind.categories.dtype
        gaps = pd.api.types.is_integer_dtype(values) and ids.isna().any()
        return writable(ids.astype(object if gaps else values))  # NumPy's integers have no missing value
    return writable(ids)


def _is_numeric(ids: pd.Series) -> bool:
    if ids.dtype == object:
        return pd.api.types.infer_dtype(ids, skipna=True) in NUMBERS
    return bool(pd.api.types.is_numeric_dtype(ids.dtype))


def as_text(ids: pd.Series) -> pd.Series:
    """Write numbers as CleverTap writes an identity: a whole number has no ``.0``."""
    numeric = pd.api.types.is_numeric_dtype(ids.dtype)
    if not numeric and ids.dtype != object:
        return ids
    _is_big(ids)
    try:
        different = pd.Series(ids.dropna().unique(), dtype=object)
    except TypeError as error:
        raise _no_ids(ids) from error
    written = dict(zip(different, different.map(_written), strict=True))
    return ids.astype(object).map(written, na_action="ignore").astype("str" if numeric else object)


def _no_ids(ids: pd.Series) -> ValueError:
    which = "An audience" if ids.name is None else repr(ids.name)
    return ValueError(
        f"{which} holds lists or objects, which cannot be ids of people: give ids as text or numbers."
    )


def _rounded(ids: pd.Series) -> ValueError:
    which = "An audience" if ids.name is None else repr(ids.name)
    return ValueError(
        f"{which} holds numbers that became floats, as numbers with gaps do, and are too long for that: they "
        'have lost digits, and several people look like one. Read them as text, as with dtype="str".'
    )


def _written(value: Any) -> Any:
    if isinstance(value, float | np.floating) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, Number) else value


def number_people(columns: Sequence[pd.Series]) -> tuple[list[Ints], pd.Index]:
    """Give the people of several columns their numbers; -1 is nobody."""
    numbers: list[Ints] = []
    people = pd.Index([])
    for position, ids in enumerate(alike(columns)):
        codes, found = _factorize(ids)
        if position:
            known = people.get_indexer(found)
            new = known < 0
            known[new] = len(people) + np.arange(new.sum())
            people = people.append(found[new])
            codes = np.append(known, -1)[codes]
        else:
            people = found
        numbers.append(codes)
    return numbers, people


def _factorize(ids: pd.Series) -> tuple[Ints, pd.Index]:
    if ids.isna().all():  # an empty Arrow dictionary has no entry for a missing value to point at
        return np.full(len(ids), -1), pd.Index([], dtype=ids.dtype)
    try:
        codes, found = pd.factorize(ids)
    except (TypeError, NotImplementedError) as error:
        raise _no_ids(ids) from error
    return codes, pd.Index(found)
