"""The chunks of one column from all pages → one array of one type.

Types are decided over all pages at once, so that they do not depend on page size or order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._decode.columns import TAG, Column, Loose, is_empty
from ct_pandas._unicode import is_unicode

Trait = Literal["text", "whole", "big", "fraction", "truth", "other"]
Type = Literal["missing", "text", "whole", "fraction", "truth", "object"]

_EXACT = 2**53
"""Whole numbers up to here are exact as floats."""

_NUMBER = r"^(-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|NaN|-?Infinity)$"


def type_of(chunks: Sequence[Column]) -> Type:
    """Decide the type that holds every value of the chunks as it came."""
    wholes: list[pa.Array] = []
    others: list[Column] = []
    for chunk in chunks:
        is_whole = not isinstance(chunk, Loose) and pa.types.is_int64(chunk.type) and not is_empty(chunk)
        (wholes if is_whole else others).append(chunk)
    traits: set[Trait] = _whole(pa.chunked_array(wholes)) if wholes else set()
    return type_for(traits.union(*map(traits_of, others)))


def type_for(traits: set[Trait]) -> Type:
    """Decide the type that holds values of these kinds as they came."""
    if not traits:
        return "missing"
    if traits == {"text"}:
        return "text"
    if traits == {"truth"}:
        return "truth"
    if traits <= {"whole", "big"}:
        return "whole"
    return "fraction" if traits <= {"whole", "fraction"} else "object"


def traits_of(chunk: Column) -> set[Trait]:
    """Say what kinds of value a chunk holds."""
    if isinstance(chunk, Loose):
        return _loose_traits(chunk.cells)
    if chunk.null_count == len(chunk):
        return set()
    if pa.types.is_string(chunk.type):
        return {"text"}
    if pa.types.is_int64(chunk.type):
        return _whole(chunk)
    if pa.types.is_float64(chunk.type):
        return {"fraction"}
    return {"truth"} if pa.types.is_boolean(chunk.type) else {"other"}


def _whole(numbers: pa.Array | pa.ChunkedArray) -> set[Trait]:
    low, high = pc.min_max(numbers).values()
    return {"big"} if low.as_py() < -_EXACT or high.as_py() > _EXACT else {"whole"}


def _loose_traits(cells: pa.Array) -> set[Trait]:
    cells = cells.drop_null()
    texts = _untag(cells)
    traits: set[Trait] = set() if len(texts) == len(cells) else {"text"}
    wholes, texts = _part(texts, r"^-?[0-9]+$")
    if len(wholes):
        number = as_whole(wholes)
        traits |= {"other"} if number is None else _whole(number)
    numbers, texts = _part(texts, _NUMBER)
    truths, texts = _part(texts, r"^(true|false)$")
    strings, texts = _part(texts, r'^"')
    traits |= {"text" if is_unicode(json.loads(text)) else "other" for text in strings.to_pylist()}
    rest: list[tuple[Trait, pa.Array]] = [("fraction", numbers), ("truth", truths), ("other", texts)]
    return traits | {trait for trait, found in rest if len(found)}


def _untag(cells: pa.Array) -> pa.Array:
    """Give the JSON text of the cells that are not plain text."""
    return pc.utf8_slice_codeunits(cells.filter(pc.starts_with(cells, TAG)), 1)


def _part(texts: pa.Array, pattern: str) -> tuple[pa.Array, pa.Array]:
    hit = pc.match_substring_regex(texts, pattern)
    return texts.filter(hit), texts.filter(pc.invert(hit))


def as_whole(texts: pa.Array) -> pa.Array | None:
    """Read decimal texts as 64-bit integers; None where one does not fit."""
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def whole_numbers(chunk: Column) -> pa.Array | None:
    """Read whole numbers, also as text or with a fraction of nought; None where one is no such number."""
    texts = as_text(chunk)
    return None if texts is None else as_whole(pc.replace_substring_regex(texts, r"\.0+$", ""))


ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "fraction": pa.float64(),
    "truth": pa.bool_(),
}


def typed(chunk: Column, kind: Type) -> pa.Array:
    """Give a chunk as an Arrow array of the type that was decided for its column."""
    target = ARROW[kind]
    if is_empty(chunk):
        return pa.nulls(len(chunk), target)  # of a type that cannot be cast, where lists did not stay
    if not isinstance(chunk, Loose):
        return chunk if chunk.type == target else chunk.cast(target)
    if kind == "text":
        tagged = pc.any(pc.starts_with(chunk.cells, TAG)).as_py()
        return pa.array(chunk.to_pylist(), pa.string()) if tagged else chunk.cells
    texts = pc.utf8_slice_codeunits(chunk.cells, 1)
    if kind == "fraction":  # the whole number -0 is 0, as it is beside whole numbers only
        texts = pc.if_else(pc.equal(texts, "-0"), "0", texts)
    return texts.cast(target)


def as_text(chunk: Column, *, phone: bool = False) -> pa.Array | None:
    """Give an id or a name as text: numbers as their digits, anything else as JSON.

    A whole number in ``phone`` gets its plus sign back. None where a value is no Unicode text.
    """
    if not isinstance(chunk, Loose):
        if pa.types.is_string(chunk.type) or pa.types.is_null(chunk.type):
            return chunk.cast(pa.string())
        if pa.types.is_int64(chunk.type):
            return _digits(chunk, phone=phone)
    try:
        return pa.array([_text(value, phone=phone) for value in chunk.to_pylist()], pa.string())
    except UnicodeEncodeError:
        return None


def _digits(numbers: pa.Array, *, phone: bool) -> pa.Array:
    texts = numbers.cast(pa.string())
    if not phone:
        return texts
    return pc.if_else(pc.greater_equal(numbers, 0), pc.binary_replace_slice(texts, 0, 0, "+"), texts)


def _text(value: Any, *, phone: bool) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if phone and isinstance(value, float) and value.is_integer():
        value = int(value)
    plus = "+" if phone and type(value) is int and value >= 0 else ""
    return plus + json.dumps(value, ensure_ascii=False)


def objects(chunks: Sequence[Column]) -> npt.NDArray[np.object_]:
    """Give each value as it came, as a Python object; a missing one is None."""
    values: list[Any] = []
    for chunk in chunks:
        is_list = not isinstance(chunk, Loose) and pa.types.is_list(chunk.type)
        values += _lists(chunk) if is_list else chunk.to_pylist()
    return np.fromiter(values, object, len(values))


def _lists(lists: pa.ListArray) -> list[list[Any] | None]:
    """Give Arrow lists as Python lists; equal texts share one string, each list is its own."""
    flat = lists.flatten()
    if pa.types.is_string(flat.type):
        words = flat.dictionary_encode()
        known = np.array([*words.dictionary.to_pylist(), None], object)
        items = known[words.indices.fill_null(len(known) - 1).to_numpy()].tolist()
    else:
        items = flat.to_pylist()
    ends = np.cumsum(pc.list_value_length(lists).fill_null(0).to_numpy()).tolist()
    spans = zip([0, *ends], ends, strict=False)
    if not lists.null_count:
        return [items[start:end] for start, end in spans]
    there = lists.is_valid().to_pylist()
    return [items[start:end] if ok else None for (start, end), ok in zip(spans, there, strict=True)]
