"""Who a row is: ``identity``, else ``objectId``, else the set of device ids, else the record itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._decode.columns import Column, Columns, Loose, Path, column_of, take
from ct_pandas._decode.flatten import MORE, Kind
from ct_pandas._decode.page import Page
from ct_pandas._frame.order import inner, outer
from ct_pandas._frame.values import as_text
from ct_pandas._unicode import is_unicode

_PLAIN = r"^[ !#-\[\]-~]+$"
"""What JSON spells as it stands."""


def page_keys(page: Page, kind: Kind) -> pa.Array:
    """Give the key of each row of a page: a text that is equal for copies of one person, never missing.

    Keys of different kinds never meet: the identity ``5`` is not the objectId ``5``. An identity is what
    its text is, so that the number 5 and the text "5" are one person. An empty text is no key.
    """
    keys = pa.nulls(page.rows, pa.string())
    for name, mark in (("identity", "i:"), ("objectId", "o:")):
        column = page.columns.get(outer(name, kind))
        if keys.null_count and column is not None:
            marked = _marked(column, mark)
            keys = marked if keys.null_count == page.rows else pc.coalesce(keys, marked)
    if keys.null_count:
        keys = pc.coalesce(keys, _lone(page.columns, page.rows, kind))
    if not keys.null_count:
        return keys
    rows = pc.indices_nonzero(keys.is_null())
    return _fill(
        keys, rows, nameless({path: take(c, rows) for path, c in page.columns.items()}, len(rows), kind)
    )


def _marked(column: Column, mark: str) -> pa.Array:
    texts = as_text(column)
    if texts is None:
        texts = as_text(column_of([_spelt(value) for value in column.to_pylist()]))
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return pc.binary_replace_slice(texts, 0, 0, mark)


def _spelt(value: Any) -> Any:
    """Give half a surrogate pair, which no column of text can hold, as JSON spells it."""
    return value if value is None or is_unicode(json.dumps(value, ensure_ascii=False)) else json.dumps(value)


def _fill(keys: pa.Array, rows: pa.Array, values: Sequence[str]) -> pa.Array:
    mask = np.zeros(len(keys), bool)
    mask[rows.to_numpy()] = True
    return pc.replace_with_mask(keys, pa.array(mask), pa.array(values, pa.string()))


def _device(path: Path, kind: Kind) -> Literal["id", "more"] | None:
    """Say whether a column holds the ids of devices, or whole devices."""
    person = inner(path, kind)
    if person == MORE:
        return "more"
    return "id" if person[0] == "platformInfo" and len(person) == 3 and person[2] == "objectId" else None


def _lone(columns: Columns, rows: int, kind: Kind) -> pa.Array:
    """Give the key of each row with just one device that has an id, of plain letters; else null.

    Most people without a name have one, and so need no Python object each.
    """
    lone, count = pa.nulls(rows, pa.string()), np.zeros(rows, int)
    for path in columns:
        if (device := _device(path, kind)) is None:
            continue
        column = columns[path]
        if isinstance(column, Loose):
            count += 2 * column.cells.is_valid().to_numpy(zero_copy_only=False)
        elif device == "id" and pa.types.is_string(column.type):
            there = pc.not_equal(column, "").fill_null(False)
            count += there.to_numpy(zero_copy_only=False)
            lone = pc.if_else(there, column, lone)
    plain = pc.and_(pc.match_substring_regex(lone, _PLAIN), pa.array(count == 1))
    return pc.if_else(
        plain, pc.binary_join_element_wise('d:["', lone, '"]', ""), pa.scalar(None, pa.string())
    )


def nameless(columns: Columns, rows: int, kind: Kind) -> list[str]:
    """Give the keys of rows that have neither identity nor objectId."""
    devices: list[set[str]] = [set() for _ in range(rows)]
    for path in columns:
        device = _device(path, kind)
        if device is None:
            continue
        values = columns[path].to_pylist()
        if device == "more":
            lists = (more if isinstance(more, list) else () for more in values)
            ids = [[d.get("objectId") for d in more if isinstance(d, dict)] for more in lists]
        else:
            ids = [[value] for value in values]
        for found, new in zip(devices, ids, strict=True):
            found.update(value for value in new if isinstance(value, str) and value)
    keys = ["d:" + json.dumps(sorted(found)) if found else "" for found in devices]
    bare = [row for row, key in enumerate(keys) if not key]
    if bare:
        index = pa.array(bare, pa.int64())
        records: list[dict[str, Any]] = [{} for _ in bare]
        for path, column in columns.items():
            name = json.dumps(path)
            for record, value in zip(records, take(column, index).to_pylist(), strict=True):
                if value is not None:
                    record[name] = value
        for row, record in zip(bare, records, strict=True):
            keys[row] = "r:" + fingerprint(record)
    return keys


def fingerprint(record: Mapping[str, Any]) -> str:
    """Give a short text that is equal for equal records, whatever the order of their keys."""
    there = {key: _plain(value) for key, value in record.items() if value is not None}
    text = json.dumps(there, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """Give 5.0 as 5: whether a number came with a point depends on its neighbours' column."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def survivors(pages: Sequence[Page], kind: Kind) -> npt.NDArray[np.bool_] | None:
    """Tell which rows stay so that each person stands once; None where all do.

    Of several copies the last one stays, where it stands: pages come in the order of slices and pages.
    """
    keys = pa.chunked_array([page_keys(page, kind) for page in pages], pa.string())
    codes = keys.combine_chunks().dictionary_encode()
    codes = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    if len(codes.dictionary) == len(codes):
        return None
    numbers = codes.indices.to_numpy()
    last = np.empty(len(codes.dictionary), np.int64)
    last[numbers] = np.arange(len(numbers))
    keep = np.zeros(len(numbers), bool)
    keep[last] = True
    return keep
