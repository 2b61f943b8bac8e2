"""Summaries of many events of which each person did a few: written as lists for Arrow's reader.

Its reader keeps a field for every event that anybody did, and a null there for everybody who did not. As
``[{"event_name": "Charged", "count": 1, …}, …]`` a summary takes the time of the events that are in it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._decode.columns import Path
from ct_pandas._decode.spelled import SPACE, Odd, Spelled

KEY = "events"
NAME = "event_name"
"""The key of an event's name in such a list."""

Numbers: TypeAlias = npt.NDArray[np.int64]

_SAMPLE = 131_072
_SPARE = 40
_EACH = 5  # a field costs everybody a little; an element of a list costs five times that, and lists a start
_FIELD = rb'"(?:count|first_seen|last_seen)"' + SPACE + b":"
_ENTRY = rb'("(?:[^"\\]|\\.)*")' + SPACE + b":" + SPACE + rb"\{(" + SPACE + _FIELD + b")"
_LAST = b"(" + _FIELD + SPACE + rb"-?[0-9]+" + SPACE + rb"\})" + SPACE + rb"\}"
_SHORT = re.compile(rb'"([^"\\]{1,200})"' + SPACE + b":" + SPACE + rb"\{" + SPACE + _FIELD)
_OPEN = (b'"events":{', b'"events": {')


def is_sparse(body: bytes) -> bool:
    """Whether the first people of a page did few of the events that anybody did."""
    head = body[:_SAMPLE]
    people = sum(map(head.count, _OPEN))
    names = _SHORT.findall(head) if people else []
    return len(set(names)) * people > _EACH * len(names) + _SPARE * people


def listed(text: Spelled) -> Spelled | None:
    """Write the summaries of a page as lists; None where a list stands there already.

    No string can be taken for a part of a summary, as its quotes are escaped. Whatever else is written
    otherwise than expected, or stands elsewhere in a record, becomes invalid JSON, or a list in a place where
    Arrow's path takes none.
    """
    if text.has_list(KEY):
        return None
    body = text.replaced(_ENTRY, b'{"%b":\\1,\\2' % NAME.encode()).replaced(_LAST, rb"\1]").body
    for start in _OPEN:
        if start in body:
            bracket = start[:-1] + b"["
            body = body.replace(start + b"}", bracket + b"{}]").replace(start, bracket)
    return Spelled(body, listed=True)


def is_listed(kind: pa.DataType) -> bool:
    """Whether this is the type of summaries that were written as lists."""
    value = kind.value_type if pa.types.is_list(kind) else kind
    return bool(pa.types.is_struct(value) and value.get_field_index(NAME) >= 0)


def summaries_of(
    lists: pa.ListArray, fields: dict[str, pa.Array], path: Path
) -> dict[Path, Callable[[], pa.Array]]:
    """Pivot summaries that were written as lists: what makes the column of each event and field.

    Parameters
    ----------
    lists
        The summary of each row.
    fields
        The fields of all events, one array each, as long as the flat list.
    path
        Where summaries stand in the record.
    """
    filled = pc.indices_nonzero(fields[NAME].is_valid())  # an empty summary was written as a list of one
    names = fields[NAME].take(filled).dictionary_encode()
    order = np.argsort(names.indices.to_numpy(), kind="stable")
    codes = names.indices.to_numpy()[order]
    rows = pc.list_parent_indices(lists).take(filled).to_numpy()[order]
    if (np.diff(rows) == 0)[np.diff(codes) == 0].any():
        raise Odd  # the same event twice: the later one counts
    numbers = {name: _whole(array.take(filled))[order] for name, array in fields.items() if name != NAME}
    ends = np.searchsorted(codes, np.arange(len(names.dictionary)), side="right").tolist()
    return {
        (*path, event, name): functools.partial(_column, len(lists), rows[start:end], values[start:end])
        for event, start, end in zip(names.dictionary.to_pylist(), [0, *ends], ends, strict=False)
        for name, values in numbers.items()
    }


def _column(length: int, rows: Numbers, values: Numbers) -> pa.Array:
    cells, missing = np.zeros(length, np.int64), np.ones(length, bool)
    cells[rows], missing[rows] = values, False
    return pa.array(cells, mask=missing)


def _whole(array: pa.Array) -> Numbers:
    """Give numbers that are whole and all there: a missing one may be null, or not be there at all."""
    if array.null_count or not pa.types.is_int64(array.type):
        raise Odd
    numbers: Numbers = array.to_numpy()
    return numbers
