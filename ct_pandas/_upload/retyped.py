"""Cells that differ from what was read by their type alone, as in files that keep no types."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections import Counter
from typing import Any

import numpy as np

from ct_pandas._records import provenance
from ct_pandas._records.outgoing import Outgoing
from ct_pandas._records.pieces import Piece
from ct_pandas._records.plain import DATE_PREFIX


def retyped(piece: Piece, going: Outgoing) -> Counter[Any]:
    """Count cells of which nothing was changed but their type, by column.

    Of a frame with its notes none: it came through no such file, and a type that was changed in it is meant.
    """
    found: Counter[Any] = Counter()
    if provenance.notes(going.frame):
        return found
    for one, cells, difference in zip(going.fields, piece.cells, piece.differences, strict=False):
        old = difference.old
        if old is not None and (both := np.flatnonzero(difference.changed & old.present)).size:
            values, read = cells.values(), old.values()
            found[one.label] = sum(_is_retyped(values[at], read[at]) for at in both.tolist())
    return +found


def _is_retyped(value: Any, read: Any) -> bool:
    """Whether a value that differs from what was read is that in another type."""
    if isinstance(read, str) and read.startswith(DATE_PREFIX):
        return not _spellings(value).isdisjoint(_spellings_of_date(read))
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


def _spellings_of_date(read: str) -> set[str]:
    """Return how pandas writes a time: as text of either standard, or in milliseconds."""
    try:
        time = dt.datetime.fromtimestamp(int(read.removeprefix(DATE_PREFIX)), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return set()
    local = f"{time:%Y-%m-%d %H:%M:%S}"
    iso = local.replace(" ", "t")
    numbers = {str(float(number)) for number in (time.timestamp(), time.timestamp() * 1000)}
    return {local, f"{local}+00:00", iso, f"{iso}+00:00", f"{iso}z", f"{iso}.000z", local[:10]} | numbers
