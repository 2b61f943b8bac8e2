"""Values of a frame → values as JSON sends them. A missing value is ``None`` and is never sent.

=================================================== =====================================================
in the frame                                        as sent
=================================================== =====================================================
missing: None, NaN, NaT, NA, Decimal("NaN")         left out, in lists and objects too
str, StringDtype, Arrow string, numpy.str_, UUID    text
bool, boolean, numpy.bool_, Arrow bool              ``true`` / ``false``
every integer type, with or without gaps            whole number, exact
float16-64, Float64, Arrow float                    number; an infinity cannot be sent
Decimal, Arrow decimal                              whole number if it is one, else the nearest number
datetime64, Timestamp, datetime, numpy.datetime64,  ``"$D_<seconds since 1970>"``, rounded down; without a
Arrow timestamp                                     zone it is in the account's
date, Arrow date                                    the same, of its midnight
categorical, Arrow dictionary, sparse               as its values
list, tuple, numpy.ndarray, Series, Arrow list      list
set, frozenset                                      list, sorted by its text
dict, Arrow struct, Arrow map                       object; ``{"$add": [...]}`` and its kin as they are
bytes, complex, timedelta, time, Period, Interval,  cannot be sent: a problem of that cell, with the fix
anything else
=================================================== =====================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._records import fragments
from ct_pandas._records.plain import DATE_PREFIX, INFINITE, Unsendable, each, plain
from ct_pandas._records.times import Times

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


@dataclass
class Cells:
    """A column, or a slice of one, on its way to JSON.

    Parameters
    ----------
    present
        Which cells have something to send.
    make
        Gives the JSON-ready values; called when they are needed.
    write
        Gives the JSON text of the cells, where a whole column can be written at once.
    text
        The column as Arrow text, where every value is text.
    numbers
        The column as NumPy has it, where it is all numbers, truths or times; anything for a missing cell.
    faults
        By position: why a cell cannot be sent.
    nested
        Whether values may be lists or objects.
    """

    present: Mask
    make: Callable[[], list[Any]]
    write: Callable[[], pa.Array] | None = None
    text: pa.Array | None = None
    numbers: npt.NDArray[Any] | None = None
    faults: dict[int, Unsendable] = field(default_factory=dict)
    nested: bool = False

    def __len__(self) -> int:
        return len(self.present)

    def values(self) -> list[Any]:
        """Return the values as JSON sends them; ``None`` where there is nothing to send."""
        return self.make()

    def json(self) -> pa.Array:
        """Return the cells as JSON text; null where there is nothing to send."""
        if self.text is not None:
            return fragments.quoted(self.text)
        return self.write() if self.write else fragments.dumped(self.values())

    def where(self, kept: Mask) -> Cells:
        """Return the cells with only these left; the others are missing."""
        if kept.all():
            return self

        faults = {at: fault for at, fault in self.faults.items() if kept[at]}
        mask = pa.array(kept)
        return Cells(
            self.present & kept,
            lambda: with_gaps(self.values(), kept),
            lambda: pc.if_else(mask, self.json(), None),
            None if self.text is None else pc.if_else(mask, self.text, None),
            self.numbers,
            faults,
            self.nested,
        )

    def take(self, codes: Positions) -> Cells:
        """Return the cells at these positions; a negative one is missing."""
        there = codes >= 0
        present = np.zeros(len(codes), bool)
        present[there] = self.present[codes[there]]
        places = pa.array(codes, mask=~there)
        text = None if self.text is None else self.text.take(places)
        faults = (
            {at: self.faults[code] for at, code in enumerate(codes.tolist()) if code in self.faults}
            if self.faults
            else {}
        )

        def make() -> list[Any]:
            values = self.values()
            return [None if code < 0 else values[code] for code in codes.tolist()]

        numbers = None if self.numbers is None or not len(self) else self.numbers[codes]
        return Cells(present, make, lambda: self.json().take(places), text, numbers, faults, self.nested)


def with_gaps(values: list[Any], there: Mask) -> list[Any]:
    """Return values, ``None`` where there is none."""
    return [one if is_there else None for one, is_there in zip(values, there.tolist(), strict=True)]


def encode(column: pd.Series, times: Times) -> Cells:
    """Return a column as cells; see the table at the head of this module."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = pd.Series(column.cat.categories.array)
        return encode(categories, times).take(column.cat.codes.to_numpy().astype("int64"))
    if isinstance(dtype, pd.SparseDtype):
        return encode(pd.Series(np.asarray(column.array), index=column.index), times)
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow(_combined(pa.array(column.array)), times)
    if isinstance(dtype, pd.StringDtype):
        return _words(column, times)
    if dtype.kind == "M":
        return _datetimes(column, times)
    if dtype.kind in "biu":
        return _whole(column)
    if dtype.kind == "f":
        return _floats(column)
    if dtype.kind == "O" and pd.api.types.infer_dtype(column, skipna=True) == "string":
        return _words(column, times)
    return _each(column.astype(object).to_numpy(), times)


def _combined(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _text(array: pa.Array) -> Cells:
    return Cells(np.asarray(array.is_valid()), array.to_pylist, text=array)


def _words(column: pd.Series, times: Times) -> Cells:
    try:
        return _text(_combined(pa.array(column.array, pa.string(), from_pandas=True)))
    except (UnicodeEncodeError, pa.ArrowException):  # half a surrogate pair
        return _each(column.to_numpy(), times)


def _whole(column: pd.Series) -> Cells:
    """Booleans and integers, with or without gaps."""
    present = column.notna().to_numpy(dtype=bool)

    def write() -> pa.Array:
        return fragments.whole(_combined(pa.array(column.array, from_pandas=True)))

    kind: Any = getattr(column.dtype, "numpy_dtype", column.dtype)
    numbers = column.to_numpy(dtype=kind, na_value=0)
    return Cells(present, lambda: with_gaps(column.tolist(), present), write, numbers=numbers)


def _floats(column: pd.Series) -> Cells:
    numbers = column.to_numpy(dtype="float64", na_value=np.nan)
    faults = dict.fromkeys(np.flatnonzero(np.isinf(numbers)).tolist(), INFINITE)
    present = ~np.isnan(numbers)
    finite = np.isfinite(numbers)
    return Cells(
        present,
        lambda: with_gaps(numbers.tolist(), finite),
        lambda: fragments.fractions(pa.array(numbers, mask=~finite)),
        numbers=numbers,
        faults=faults,
    )


def _datetimes(column: pd.Series, times: Times) -> Cells:
    seconds, present = times.seconds(column)

    def make() -> list[Any]:
        pairs = zip(seconds.tolist(), present.tolist(), strict=True)
        return [f"{DATE_PREFIX}{second}" if there else None for second, there in pairs]

    return Cells(
        present,
        make,
        lambda: fragments.dates(pa.array(seconds, mask=~present)),
        numbers=seconds.astype("datetime64[s]"),
    )


def _arrow(array: pa.Array, times: Times) -> Cells:
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _arrow(array.dictionary_decode(), times)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _text(array.cast(pa.string()))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _datetimes(pd.Series(array.to_pandas(date_as_object=False)), times)
    if pa.types.is_floating(kind):
        return _floats(pd.Series(array.to_numpy(zero_copy_only=False)))
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return Cells(np.asarray(array.is_valid()), array.to_pylist, lambda: fragments.whole(array))
    return _each(_python(array), times)


def _python(array: pa.Array) -> list[Any]:
    """Return Arrow values as Python's; a map in which a key stands twice is left, and has no form."""
    try:
        found: list[Any] = array.to_pylist(maps_as_pydicts="strict")
    except KeyError:
        found = [_scalar(one) for one in array]
    return found


def _scalar(value: pa.Scalar) -> Any:
    try:
        return value.as_py(maps_as_pydicts="strict")
    except KeyError:
        return value


def _each(values: Iterable[Any], times: Times) -> Cells:
    """Cells whose values are looked at one by one."""
    done, faults = each(values, lambda value: plain(value, times))
    present = np.fromiter((value is not None for value in done), bool, len(done))
    present[list(faults)] = True
    return Cells(present, lambda: done, faults=faults, nested=True)
