"""Columns of a page: Arrow arrays, and the text form that keeps what Arrow cannot type exactly."""

from __future__ import annotations

import json
from collections import UserDict
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._unicode import is_unicode

Path: TypeAlias = tuple[str, ...]
"""Where a value stands: ``("profileData", "plan")``. Names of columns are made from it, never parsed back."""

TAG = "\x01"
"""Starts a cell that holds JSON text. No raw control character can stand in a JSON string."""


@dataclass(frozen=True, slots=True, eq=False)
class Loose:
    """A column whose values are of several JSON types, or of one that Arrow has not.

    Text stands as it is. Anything else (and text that itself starts with the tag) is JSON text behind the
    tag, so that nothing is rounded, reordered or invented, and no Python object exists before it is needed.
    """

    cells: pa.Array

    def __len__(self) -> int:
        return len(self.cells)

    def to_pylist(self) -> list[Any]:
        """Give the values as ``json.loads`` gives them; a missing one is None."""
        values: list[Any] = self.cells.to_pylist()
        at = pc.indices_nonzero(pc.starts_with(self.cells, TAG).fill_null(False)).to_pylist()
        texts = [values[i][1:] for i in at]
        for i, value in zip(at, json.loads("[" + ",".join(texts) + "]"), strict=True):
            values[i] = value
        return values


Column: TypeAlias = pa.Array | Loose
Columns: TypeAlias = MutableMapping[Path, Column]


class Pending(UserDict[Path, Any]):
    """Columns of which some are functions that make them, whenever they are asked for.

    What is missing in most rows takes little memory as long as it is no column yet.
    """

    def __getitem__(self, path: Path) -> Column:
        column = self.data[path]
        return column() if callable(column) else column


def column_of(values: Sequence[Any]) -> Column:
    """Give Python values (None is missing) the narrowest exact column.

    Examples
    --------
    >>> column_of([1, None]).type
    DataType(int64)
    >>> column_of([1, "a"]).to_pylist()
    [1, 'a']
    """
    kinds = {type(value) for value in values} - {type(None)}
    arrow = _ARROW_TYPE.get(next(iter(kinds))) if len(kinds) == 1 else None
    if not kinds:
        return pa.nulls(len(values))
    if arrow is not None:
        try:
            return pa.array(values, arrow)
        except (OverflowError, UnicodeEncodeError, pa.ArrowInvalid):
            pass  # beyond 64 bits, or half a surrogate pair
    return Loose(pa.array([_cell(value) for value in values], pa.string()))


_ARROW_TYPE: Mapping[type, pa.DataType] = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
}


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and not value.startswith(TAG) and is_unicode(value):
        return value
    return TAG + json.dumps(value)


def take(column: Column, rows: pa.Array) -> Column:
    """Pick rows; a null index gives a missing value."""
    return Loose(column.cells.take(rows)) if isinstance(column, Loose) else column.take(rows)


def filtered(column: Column, kept: pa.Array) -> Column:
    """Keep some rows."""
    return Loose(column.cells.filter(kept)) if isinstance(column, Loose) else column.filter(kept)


def is_empty(column: Column) -> bool:
    """Whether every value is missing."""
    cells = column.cells if isinstance(column, Loose) else column
    return bool(cells.null_count == len(cells))


def cut(column: Column, start: int, length: int) -> Column:
    """Give a slice without a copy."""
    if isinstance(column, Loose):
        return Loose(column.cells.slice(start, length))
    return column.slice(start, length)
