"""Tables of a dataset → the frame that the read into memory gives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ct_pandas._download.fields import FORM, Field
from ct_pandas._frame import backends
from ct_pandas._frame.backends import Backend
from ct_pandas._frame.stored import JSON_COLUMNS
from ct_pandas._frame.uncollected import uncollected


def frame_of(tables: Sequence[pa.Table], schema: pa.Schema, backend: Backend) -> pd.DataFrame:
    """Put tables of one schema into a typed frame; each table's columns are let go as the frame grows."""
    rows = sum(table.num_rows for table in tables)
    columns = [dict(zip(schema.names, table.columns, strict=True)) for table in tables]
    del tables
    arrays = {}
    with uncollected():
        for field in map(schema.field, names_in(schema)):
            chunks = [chunk for table in columns for chunk in table.pop(field.name).chunks]
            arrays[field.name] = _array(pa.chunked_array(chunks, field.type), form_of(field), backend)
    return backends.frame(arrays, rows)


def names_in(schema: pa.Schema) -> list[str]:
    """Give the columns that the frame has."""
    return [field.name for field in schema if form_of(field) != "nothing"]


def form_of(field: pa.Field) -> str:
    """Tell what the values of a field are."""
    return str((field.metadata or {})[FORM].decode())


def _array(values: pa.ChunkedArray, form: str, backend: Backend) -> Any:
    if form == "json":
        return _objects(values)
    if form == "times":
        return _boxed([None if text is None else pd.Timestamp(text) for text in _loaded(values)])
    if form == "time":
        return backends.times(_instants(values), backend)
    return backends.array(values, backend)


def _instants(values: pa.ChunkedArray) -> pd.DatetimeIndex:
    zone = values.type.tz
    plain = pd.DatetimeIndex(values.cast(pa.timestamp("us")).to_numpy())
    return plain if zone is None else plain.tz_localize("UTC").tz_convert(zone)


def _objects(values: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    return _boxed(_loaded(values))


def _loaded(values: pa.ChunkedArray) -> list[Any]:
    """Read JSON texts, a chunk at a time."""
    loaded: list[Any] = []
    for chunk in values.chunks:
        loaded += json.loads("[" + ",".join(text or "null" for text in chunk.to_pylist()) + "]")
    return loaded


def _boxed(values: list[Any]) -> npt.NDArray[np.object_]:
    return np.fromiter(values, object, len(values))


def with_types(fields: Sequence[Field], attrs: dict[str, Any]) -> pa.Schema:
    """Tell pandas' own reader, and Dask's, which types the columns have in a frame, and its attrs.

    A column without a value is no JSON text there: whoever fills it may do so with any text.
    """
    schema = pa.schema([field.arrow for field in fields])
    empty = frame_of([], schema, "default")
    texts = [field.name for field in schema if form_of(field) in ("json", "times")]
    empty = empty.astype(dict.fromkeys(texts, "str"))
    as_json = [field.name for field in fields if field.name in texts and field.filled]
    empty.attrs.update(attrs | {"clevertap": attrs["clevertap"] | {JSON_COLUMNS: as_json}})
    told = pa.Schema.from_pandas(empty, preserve_index=False).metadata
    return schema.with_metadata({b"pandas": told[b"pandas"]})
