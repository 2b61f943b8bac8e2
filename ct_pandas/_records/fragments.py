"""JSON text of whole columns at once; ``null`` marks a cell that is left out.

Made by Arrow, outside of Python's lock, so that encoding does not slow the calls that are in flight.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_TO_ESCAPE = r'["\\\x00-\x1f]'


def quoted(text: pa.Array) -> pa.Array:
    """Return texts as JSON strings."""
    if pc.any(pc.match_substring_regex(text, _TO_ESCAPE)).as_py():
        return dumped(text.to_pylist())
    return pc.binary_join_element_wise('"', text, '"', "")


def dumped(values: Iterable[Any]) -> pa.Array:
    """Return any values as JSON, one by one."""
    encode = _ENCODER.encode
    return pa.array([None if value is None else encode(value) for value in values], pa.string())


def whole(numbers: pa.Array) -> pa.Array:
    """Return whole numbers or booleans as JSON."""
    if pa.types.is_boolean(numbers.type):
        return pc.if_else(numbers, "true", "false")
    return pc.cast(numbers, pa.string())


def fractions(numbers: pa.Array) -> pa.Array:
    """Return floats as JSON; ``1.0`` keeps its point and so its type."""
    text = pc.cast(numbers, pa.string())
    bare = pc.invert(pc.match_substring_regex(text, "[.e]"))
    return pc.if_else(bare, pc.binary_join_element_wise(text, ".0", ""), text)


def dates(seconds: pa.Array) -> pa.Array:
    """Return epochs as the API's dates: ``"$D_<seconds>"``."""
    return pc.binary_join_element_wise('"$D_', pc.cast(seconds, pa.string()), '"', "")


def members(keys: Sequence[str], columns: Sequence[pa.Array], rows: int) -> pa.Array:
    """Return the inside of an object per row, without the members that are left out."""
    if not columns:
        return pa.array([""] * rows, pa.string())
    named = [
        pc.binary_join_element_wise("," + _ENCODER.encode(key) + ":", column, "")
        for key, column in zip(keys, columns, strict=True)
    ]
    # The empty text in front keeps rows in which every member is missing: Arrow drops rows of nulls alone.
    return pc.utf8_slice_codeunits(pc.binary_join_element_wise("", *named, "", null_handling="skip"), 1)


def objects(*parts: pa.Array | str) -> pa.Array:
    """Return the parts of every row, joined; a missing part is nothing. The first part is never missing."""
    return pc.binary_join_element_wise(*parts, "", null_handling="skip")
