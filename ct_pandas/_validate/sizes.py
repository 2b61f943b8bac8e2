"""Sizes of values as the API counts them: bytes of UTF-8, of every leaf of a list or an object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow.compute as pc

from ct_pandas._records.encode import Cells

LONGEST_NUMBER = 26  # bytes that a 64-bit number, a truth value or a date can take at most


def oversized(cells: Cells, most: int) -> Iterator[tuple[int, int]]:
    """Yield where a value is larger than allowed, and how large it is."""
    if cells.text is not None:
        sizes = pc.binary_length(cells.text).fill_null(0).to_numpy(zero_copy_only=False)
        large = np.flatnonzero(sizes > most)
        yield from zip(large.tolist(), sizes[large].tolist(), strict=True)
    elif cells.nested or most < LONGEST_NUMBER:
        for at, value in enumerate(cells.values()):
            if value is not None and (size := size_of(value)) > most:
                yield at, size


def size_of(value: Any) -> int:
    """Return the bytes of a value, or of its largest leaf."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    if isinstance(value, list):
        return max(map(size_of, value), default=0)
    if isinstance(value, dict):
        return max(map(size_of, value.values()), default=0)
    if isinstance(value, bool):
        return len(str(value))
    return len(repr(value))
