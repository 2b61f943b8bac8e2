"""Arrow columns → pandas arrays, for each ``dtype_backend``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import no_default
from pandas.arrays import ArrowExtensionArray, ArrowStringArray, BooleanArray, FloatingArray, IntegerArray

from ct_pandas._shown import shown
from ct_pandas.errors import ArgumentError

_CHUNK = 1_000  # rows

Backend = Literal["default", "numpy_nullable", "pyarrow"]


def of(dtype_backend: Any) -> Backend:
    """Read the ``dtype_backend`` of pandas' own readers."""
    if dtype_backend is no_default:
        return "default"
    for known in ("numpy_nullable", "pyarrow"):
        if isinstance(dtype_backend, str) and dtype_backend == known:
            return known
    raise ArgumentError(
        f"dtype_backend={shown(dtype_backend)} is not known; use 'numpy_nullable' or 'pyarrow'."
    )


def array(values: pa.ChunkedArray, backend: Backend) -> Any:
    """Give Arrow text, whole numbers, fractions or truths as the pandas array of a backend."""
    if backend == "pyarrow":
        return ArrowExtensionArray(_in_few(values))
    if pa.types.is_string(values.type):
        missing = np.nan if backend == "default" else pd.NA
        texts = _in_few(values.cast(pa.large_string()))
        dtype = pd.StringDtype("pyarrow", na_value=missing)
        return ArrowStringArray(texts, dtype=dtype)  # type: ignore[call-arg]  # pandas-stubs lag behind
    if pa.types.is_float64(values.type) and backend == "default":
        return _own(values)
    gaps = values.is_null().to_numpy()
    if pa.types.is_boolean(values.type):
        return BooleanArray(values.fill_null(False).to_numpy(), gaps)
    if pa.types.is_int64(values.type):
        return IntegerArray(_own(values.fill_null(0)), gaps)
    return FloatingArray(_own(values.fill_null(0.0)), gaps)


def _in_few(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Leave values in the chunks that pages make, as a copy needs memory again; join small ones."""
    small = values.num_chunks > 1 and len(values) < _CHUNK * values.num_chunks
    return pa.chunked_array([values.combine_chunks()]) if small else values


def _own(values: pa.ChunkedArray) -> Any:
    """Give NumPy memory that pandas may write to."""
    numbers = values.to_numpy()
    return numbers if numbers.flags.writeable else numbers.copy()


def frame(arrays: Mapping[str, Any], rows: int) -> pd.DataFrame:
    """Put arrays side by side; objects stay objects, also where all of them are text."""
    columns = {
        name: pd.Series(array, dtype=object, copy=False)
        if isinstance(array, np.ndarray) and array.dtype == object
        else array
        for name, array in arrays.items()
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(rows), copy=False)


def times(values: Any, backend: Backend) -> Any:
    """Give datetimes as the pandas array of a backend."""
    if backend != "pyarrow" or not isinstance(values, pd.DatetimeIndex):
        return values
    zone = None if values.tz is None else str(values.tz)
    return ArrowExtensionArray(pa.chunked_array([arrow_times(values, zone)]))


def arrow_times(values: pd.DatetimeIndex, zone: str | None) -> pa.Array:
    """Give datetimes as an Arrow array in a zone; all missing ones fit in any."""
    utc = values if values.tz is None else values.tz_convert("UTC").tz_localize(None)
    return pa.array(utc.to_numpy(), pa.timestamp("us")).cast(pa.int64()).cast(pa.timestamp("us", zone))
