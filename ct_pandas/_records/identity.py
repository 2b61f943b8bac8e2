"""Whose row is it: the id that every record is sent under, always as text.

"Working with User Profiles API": one of identity, FBID, GPID, objectId; each must be a string.
"""

from __future__ import annotations

import decimal
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._frame.order import FURTHER
from ct_pandas._records.encode import Cells, encode
from ct_pandas._records.plain import Unsendable, each, is_missing, whole
from ct_pandas._records.times import Times
from ct_pandas._unicode import is_unicode
from ct_pandas.errors import ValidationError

ID_KEYS = ("identity", "objectId", "FBID", "GPID")
# "Download Profiles by ID": by identity and objectId (and e-mail), not by FBID or GPID.
READABLE = {"identity": "identity", "objectId": "object_id"}
"""The ids that ``read_profile`` can look up, each with its keyword."""

Person = tuple[str, str]


@dataclass
class People:
    """The ids of a slice of rows."""

    keys: list[str | None]
    ids: list[str | None]
    faults: dict[int, Unsendable] = field(default_factory=dict)
    at_fault: dict[int, Source] = field(default_factory=dict)

    def everybody(self) -> list[Person | None]:
        """Return whose rows these are."""
        if None not in self.ids:
            return list(zip(self.keys, self.ids, strict=True))  # type: ignore[arg-type]  # none is missing
        return [self.person(at) for at in range(len(self.ids))]

    def person(self, at: int) -> Person | None:
        """Return whose row it is, ``None`` where that is not known."""
        key, value = self.keys[at], self.ids[at]
        return None if key is None or value is None else (key, value)


@dataclass(frozen=True)
class Source:
    """One place where ids may stand."""

    key: str
    label: Any
    values: Callable[[pd.DataFrame], pd.Series]

    def ids(self, part: pd.DataFrame) -> tuple[list[str | None], dict[int, Unsendable]]:
        """Return the ids of a slice as text."""
        return id_texts(self.values(part))


def at_column(key: str, at: int, label: Any) -> Source:
    """Return the source that is a column."""
    return Source(key, label, functools.partial(_column, at))


def at_level(key: str, name: Any) -> Source:
    """Return the source that is a level of the index."""
    return Source(key, name, functools.partial(_level, name))


def in_more(at: int) -> Source:
    """Return the source that is the first object with an id among the further devices."""
    return Source("objectId", FURTHER, functools.partial(_first_ids, at))


def _column(at: int, part: pd.DataFrame) -> pd.Series:
    return part.iloc[:, at]


def _level(name: Any, part: pd.DataFrame) -> pd.Series:
    number = list(part.index.names).count(name)
    if number > 1:
        raise ValidationError(
            f"{number} levels of the index are called {name!r}, which a groupby of an index can "
            "cause. Keep one, for example with reset_index(level=0, drop=True)."
        )
    return part.index.get_level_values(name).to_series(index=pd.RangeIndex(len(part)))


def _first_ids(at: int, part: pd.DataFrame) -> pd.Series:
    return pd.Series([_first_id(value) for value in part.iloc[:, at]], dtype=object)


def _first_id(devices: object) -> object:
    if isinstance(devices, list | tuple | np.ndarray):
        for device in devices:
            if isinstance(device, dict) and device.get("objectId"):
                return device["objectId"]
    return None


@dataclass(frozen=True)
class Ids:
    """Every place where the ids of a frame may stand; the first that is present counts."""

    sources: tuple[Source, ...]

    def of(self, part: pd.DataFrame) -> People:
        """Return whose rows these are."""
        people = People([None] * len(part), [None] * len(part))
        left = range(len(part))
        for source in self.sources:
            if not left:
                break
            values, faults = source.ids(part)
            if len(left) == len(part) and None not in values and not faults:
                return People([source.key] * len(part), values)
            for at in left:
                if values[at] is not None or at in faults:
                    people.keys[at], people.ids[at] = source.key, values[at]
                if at in faults:
                    people.faults[at], people.at_fault[at] = faults[at], source
            left = [at for at in left if people.keys[at] is None]  # type: ignore[assignment]
        return people


def id_texts(column: pd.Series) -> tuple[list[str | None], dict[int, Unsendable]]:
    """Return ids as text, ``None`` where there is none, and why some cannot be ids."""
    cells = encode(column, Times(None))
    if cells.text is not None:
        return _present(cells), {}
    if not cells.nested and column.dtype.kind in "iu":
        return [None if one is None else str(one) for one in cells.values()], {}
    exact = _exact(column.dtype)
    return each(column.astype(object), lambda value: id_text(value, exact))


def _present(cells: Cells) -> list[str | None]:
    """Text, where blank text is no id."""
    blank = pc.equal(pc.utf8_trim_whitespace(cells.text), "")
    found: list[str | None] = pc.if_else(blank, pa.scalar(None, pa.string()), cells.text).to_pylist()
    return found


def _exact(kind: Any) -> int:
    """Return the first whole number that floats of a type no longer tell from its neighbours."""
    if isinstance(kind, pd.CategoricalDtype):
        return _exact(kind.categories.dtype)
    held = getattr(kind, "subtype", None) or getattr(kind, "numpy_dtype", kind)
    digits: int = np.finfo(held if held.kind == "f" else float).nmant
    return 1 << digits + 1


def id_text(value: Any, exact: int = 2**53) -> str | None:
    """Return an id as text; raises ``Unsendable`` for what is none.

    A float is an id below ``exact`` only: from there on it stands for several whole numbers.
    """
    if is_missing(value):
        return None
    if isinstance(value, str):
        return _checked(value) if value.strip() else None
    if isinstance(value, bool | np.bool_):
        raise Unsendable("an id cannot be true or false", "name another column with identity=", 523)
    if isinstance(value, int | np.integer) and type(value).__name__ != "timedelta64":
        return str(whole(value, 523))
    if isinstance(value, float | np.floating | decimal.Decimal):
        return _number(value, min(exact, _exact(value.dtype)) if isinstance(value, np.floating) else exact)
    if type(value).__name__ == "UUID":
        return str(value)
    raise Unsendable(f"an id must be text, not {type(value).__name__}", "send it as text", 523)


def _checked(value: str) -> str:
    if not is_unicode(value):
        raise Unsendable("the id is not valid Unicode", "repair the text", 523)
    return str.__str__(value)


def _number(value: Any, exact: int) -> str:
    """Return a whole number as text without ``.0``: gaps turn whole numbers of a column into floats."""
    if not (np.isfinite(float(value)) and value == int(value)):
        raise Unsendable("an id must be text or a whole number", "send it as text", 523)
    if not isinstance(value, decimal.Decimal) and abs(value) >= exact:
        reason = f"an id of {exact} or more may have lost digits as a float"
        raise Unsendable(reason, 'read it with dtype="str"', 523)
    return str(int(value))
