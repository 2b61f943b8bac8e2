"""Devices of a page → columns per platform, with Arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._columns import TAG, Columns, Loose, Path, column_of
from ct_pandas._flatten import MORE, pivot
from ct_pandas._spelled import Odd, Spelled, first_list

KEY = "platformInfo"


def devices_of(
    lists: pa.ListArray, fields: dict[str, pa.Array], loose: frozenset[str], prefix: Path, text: Spelled
) -> Columns:
    """Pivot ``platformInfo``: the first device of each platform into columns, every other one as it came.

    Parameters
    ----------
    lists
        The devices of each row.
    fields
        The fields of all devices, one array each, as long as the flat list.
    loose
        Names of the fields whose values are tagged text.
    prefix
        Where the person stands in the record.
    text
        The page itself, for what Arrow does not keep.
    """
    table = _Devices(lists, fields, loose)
    columns: Columns = {}
    for code, platform in enumerate(table.platforms):
        columns |= table.platform(code, (*prefix, KEY, platform))
    if text.has_null_word and any(text.has_null(path[-1]) for path, c in columns.items() if _is_empty(c)):
        return _in_python(lists, prefix, text)
    if table.others.any():
        rows = np.unique(table.rows[table.others])
        columns[*prefix, *MORE] = _others(lists, rows, text)
    return {path: column for path, column in columns.items() if not _is_empty(column)}


def _is_empty(column: Any) -> bool:
    cells = column.cells if isinstance(column, Loose) else column
    return bool(cells.null_count == len(cells))


class _Devices:
    """The flat list of devices of a page."""

    def __init__(self, lists: pa.ListArray, fields: dict[str, pa.Array], loose: frozenset[str]) -> None:
        self.length, self.loose = len(lists), loose
        self.fields = {name: array for name, array in fields.items() if name != "platform"}
        self.rows = pc.list_parent_indices(lists).to_numpy()
        names = fields.get("platform")
        codes, self.platforms = _platforms(names, len(self.rows), tagged="platform" in loose)
        first = np.zeros(len(self.rows), bool)
        named = np.flatnonzero(codes >= 0)
        keys = self.rows[named] * max(len(self.platforms), 1) + codes[named]
        first[named[np.unique(keys, return_index=True)[1]]] = True
        self.codes = np.where(first, codes, -1)
        self.others = ~first

    def platform(self, code: int, path: Path) -> Columns:
        """Give the columns of one platform."""
        devices = np.flatnonzero(self.codes == code)
        index = np.full(self.length, -1, np.int64)
        index[self.rows[devices]] = devices
        picks = pa.array(index, mask=index < 0)
        columns: Columns = {}
        bare = index >= 0
        for name, array in self.fields.items():
            picked = array.take(picks)
            bare &= picked.is_null().to_numpy(zero_copy_only=False)
            columns[*path, name] = Loose(picked) if name in self.loose else picked
        if bare.any():
            columns[*path, "platform"] = pa.array(np.where(bare, path[-1], None), pa.string())
        return columns


def _platforms(names: pa.Array | None, length: int, *, tagged: bool) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Number the platforms; -1 for a device without one."""
    if names is None or not pa.types.is_string(names.type):
        return np.full(length, -1, np.int64), []
    valid = pc.not_equal(names, "")
    if tagged:
        valid = pc.and_not(valid, pc.starts_with(names, TAG))
    coded = pc.if_else(valid, names, pa.scalar(None, pa.string())).dictionary_encode()
    return coded.indices.fill_null(-1).to_numpy().astype(np.int64), coded.dictionary.to_pylist()


def _raw(lists: pa.ListArray, text: Spelled) -> list[bytes]:
    """Give the text of each row that has a list of devices; one list per such row, or it is odd."""
    raw = text.lists(KEY)
    if len(raw) != len(lists) - lists.null_count:
        raise Odd
    return raw


def _others(lists: pa.ListArray, rows: npt.NDArray[np.int64], text: Spelled) -> Loose:
    """Give the other devices of these rows as they came, from the text of the page."""
    raw = _raw(lists, text)
    order = np.cumsum(lists.is_valid().to_numpy(zero_copy_only=False)) - 1
    more: list[Any] = [None] * len(lists)
    for row in rows.tolist():
        more[row] = dict(pivot(first_list(raw[order[row]]), ()))[MORE]
    column = column_of(more)
    return column if isinstance(column, Loose) else Loose(column)


def _in_python(lists: pa.ListArray, prefix: Path, text: Spelled) -> Columns:
    """Pivot from the text: only it tells a field that is null from one that is not there."""
    raw = iter(_raw(lists, text))
    cells: dict[Path, list[Any]] = {}
    for row, there in enumerate(lists.is_valid().to_pylist()):
        for path, value in pivot(first_list(next(raw)), prefix) if there else ():
            cells.setdefault(path, [None] * len(lists))[row] = value
    return {path: column_of(values) for path, values in cells.items()}
