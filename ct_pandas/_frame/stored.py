"""Columns that Parquet files hold as JSON text, read as the values that they stand for.

The files of a download, and backups, keep columns of mixed types, of lists and of objects so; their notes
name them. Whoever opens such files with pandas or Dask has the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._frame.order import FURTHER

_JSON = r'^(\[.*\]|\{.*\}|".*"|true|false|-?[0-9].*)$'
_NO_PLAIN = r'^[\[{"]'
JSON_COLUMNS = "json_columns"
"""The note that names them."""


def as_json(frame: pd.DataFrame) -> frozenset[Any]:
    """Return the columns that hold JSON text; one of which somebody has read the values does not.

    The further devices are a list whatever the notes say: merge and concat lose them.
    """
    notes = frame.attrs.get("clevertap")
    named = notes.get(JSON_COLUMNS, ()) if isinstance(notes, dict) else ()
    return frozenset(name for name in (*named, FURTHER) if name in frame.columns and is_text(frame[name]))


def is_text(column: pd.Series[Any] | pd.DataFrame) -> bool:
    """Whether a column holds nothing but text."""
    if isinstance(column, pd.DataFrame):
        return False  # two of that name: neither is as it was read
    if isinstance(column.dtype, pd.CategoricalDtype):
        return is_text(pd.Series(column.cat.categories))
    if isinstance(column.dtype, pd.ArrowDtype) and pa.types.is_dictionary(column.dtype.pyarrow_dtype):
        return is_text(pd.Series(dtype=pd.ArrowDtype(column.dtype.pyarrow_dtype.value_type)))
    if column.dtype == object:
        return pd.api.types.infer_dtype(column, skipna=True) in {"string", "empty"}
    return bool(pd.api.types.is_string_dtype(column.dtype))


@dataclass(frozen=True)
class Look:
    """How text looks: whether all of it may be JSON, and whether some of it is more than a plain number."""

    alike: bool
    telling: bool

    @classmethod
    def at(cls, texts: pa.Array) -> Look:
        """Look at texts, of which none is missing."""
        alike, telling = (pc.match_substring_regex(texts, form) for form in (_JSON, _NO_PLAIN))
        return cls(bool(pc.all(alike).as_py()), bool(pc.any(telling).as_py()))

    def beside(self, other: Look | None) -> Look:
        """Look at both."""
        return self if other is None else Look(self.alike and other.alike, self.telling or other.telling)

    @property
    def is_json(self) -> bool:
        """Whether it is JSON text to all appearances."""
        return self.alike and self.telling


def restored(frame: pd.DataFrame, *, but: Iterable[Any] = ()) -> pd.DataFrame:
    """Return the frame with the values of all such columns, as the reader gives it; those in ``but`` stay."""
    stay = as_json(frame).intersection(but)
    names = as_json(frame) - stay
    if not names:
        return frame
    found = loaded(frame, names)
    if "clevertap" in frame.attrs:
        notes = {name: one for name, one in frame.attrs["clevertap"].items() if name != JSON_COLUMNS}
        found.attrs = {**frame.attrs, "clevertap": notes | ({JSON_COLUMNS: sorted(stay)} if stay else {})}
    return found


def loaded(
    frame: pd.DataFrame, names: Iterable[Any], *, odd: Callable[[str], Any] = lambda text: text
) -> pd.DataFrame:
    """Return a frame with the values of these columns; ``odd`` gives what stands for text that is no JSON."""
    columns = {name: [_value(text, odd) for text in frame[name]] for name in names}
    made = {name: pd.Series(values, frame.index, dtype=object) for name, values in columns.items()}
    return frame.assign(**made) if made else frame


def _value(text: Any, odd: Callable[[str], Any]) -> Any:
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return odd(text)
