"""Cells that differ from what was read by their type alone, as in files that keep no types."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from ct_pandas._records import provenance
from ct_pandas._records.encode import Cells
from ct_pandas._records.outgoing import Outgoing
from ct_pandas._records.pieces import Piece
from ct_pandas._records.plain import DATE_PREFIX
from ct_pandas._records.times import Times


def retyped(piece: Piece, going: Outgoing, zone: str | None) -> Counter[Any]:
    """Count cells of which nothing was changed but their type, by column; ``zone`` is the account's.

    Of a frame with its notes none: it came through no such file, and a type that was changed in it is meant.
    """
    found: Counter[Any] = Counter()
    if provenance.notes(going.frame):
        return found
    times = Times(zone)  # one of its own: nothing is sent here, so nothing is assumed
    for one, cells, difference in zip(going.fields, piece.cells, piece.differences, strict=False):
        old = difference.old
        if old is None:
            continue
        alike = np.flatnonzero(difference.changed & old.present & ~_are_other_numbers(cells, old))
        if alike.size:
            values, read = cells.values(), old.values()
            found[one.label] = sum(_is_retyped(values[at], read[at], times) for at in alike.tolist())
    return +found


def _are_other_numbers(cells: Cells, old: Cells) -> npt.NDArray[np.bool_]:
    """Tell of columns of numbers where the numbers differ, as far as floats do: most edits, told at once."""
    both = cells.numbers, old.numbers
    if any(numbers is None or numbers.dtype.kind == "M" for numbers in both):
        return np.zeros(len(cells), bool)
    new, read = (np.asarray(numbers, "float64") for numbers in both)
    different: npt.NDArray[np.bool_] = new != read
    return different


def _is_retyped(value: Any, read: Any, times: Times) -> bool:
    """Whether a value that differs from what was read is that in another type."""
    if isinstance(read, str) and read.startswith(DATE_PREFIX):
        with contextlib.suppress(ValueError, OverflowError, OSError):
            return _is_that_time(value, int(read.removeprefix(DATE_PREFIX)), times)
        return False
    both_text = isinstance(value, str) and isinstance(read, str)
    return not both_text and not _spellings(value).isdisjoint(_spellings(read))


def _spellings(value: Any) -> set[str]:
    """Return how a value may be written; numbers by their value."""
    if isinstance(value, list | dict):
        written = str(value), json.dumps(value), json.dumps(value, ensure_ascii=False)
        return {one.lower() for one in written}
    text = str(value).lower()
    numbers = {str(float(value))} if isinstance(value, bool) else set()
    with contextlib.suppress(ValueError, OverflowError):
        text = str(float(text))
    return {text} | numbers


def _is_that_time(value: Any, second: int, times: Times) -> bool:
    """Whether a value stands for a time: as text, in seconds or less, without its zone, or as its day."""
    time = dt.datetime.fromtimestamp(second, dt.UTC)
    wall = time.replace(tzinfo=None)
    if isinstance(value, str) and value.startswith(DATE_PREFIX):
        return value in {f"{DATE_PREFIX}{times.second(one)}" for one in (wall, wall.date())}
    with contextlib.suppress(ValueError, TypeError):
        return float(value) in {float(second * 1000**power) for power in range(4)}
    said = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    if said is None or said.tzinfo is not None:
        return said == time
    day = len(value) == len("2025-10-31") and said.date() == wall.date()
    return said == wall or day or times.second(said) == second
