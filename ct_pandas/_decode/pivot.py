"""Devices of a page → columns per platform, with Arrow."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._decode.columns import TAG, Column, Loose, Path, column_of, is_empty
from ct_pandas._decode.flatten import MORE, pivot
from ct_pandas._decode.spelled import Odd, Spelled

KEY = "platformInfo"


def devices_of(
    lists: pa.ListArray, fields: dict[str, pa.Array], loose: frozenset[str], path: Path, text: Spelled
) -> dict[Path, Column]:
    """Pivot ``platformInfo``: the first device of each platform into columns, every other one as it came.

    Parameters
    ----------
    lists
        The devices of each row.
    fields
        The fields of all devices, one array each, as long as the flat list.
    loose
        Names of the fields whose values are tagged text.
    path
        Where devices stand in the record.
    text
        The page itself, for what Arrow does not keep.
    """
    prefix = path[:-1]
    table = _Devices(lists, fields, loose)
    columns: dict[Path, Column] = {}
    for code, platform in enumerate(table.platforms):
        columns |= table.platform(code, (*path, platform))
    empty = {path for path, column in columns.items() if is_empty(column)}
    if empty and text.has_null_word and any(map(text.has_null, {path[-1] for path in empty})):
        return _in_python(lists, prefix, text)
    if table.others.any():
        columns[*prefix, *MORE] = _others(lists, table, text)
    return {path: column for path, column in columns.items() if path not in empty}


class _Devices:
    """The flat list of devices of a page."""

    def __init__(self, lists: pa.ListArray, fields: dict[str, pa.Array], loose: frozenset[str]) -> None:
        self.length, self.loose = len(lists), loose
        self.fields = {name: array for name, array in fields.items() if name != "platform"}
        self.rows = pc.list_parent_indices(lists).to_numpy()
        names = fields.get("platform")
        self._codes, self.platforms = _platforms(names, len(self.rows), tagged="platform" in loose)
        self.others = np.ones(len(self.rows), bool)  # no platform's first one, so far

    def _is_tagged(self, name: str) -> bool:
        return name in self.loose and pa.types.is_string(self.fields[name].type)

    def platform(self, code: int, path: Path) -> dict[Path, Column]:
        """Give the columns of one platform: of several devices in a row, those of the first."""
        devices = np.flatnonzero(self._codes == code)
        rows = self.rows[devices]
        first = np.diff(rows, prepend=-1) > 0  # rows ascend
        devices, rows = devices[first], rows[first]
        self.others[devices] = False
        index = np.full(self.length, -1, np.int64)
        index[rows] = devices
        picks = pa.array(index, mask=index < 0)
        columns: dict[Path, Column] = {}
        bare = index >= 0
        for name, array in self.fields.items():
            picked = array.take(picks)
            if bare.any():
                bare &= picked.is_null().to_numpy(zero_copy_only=False)
            columns[*path, name] = Loose(picked) if self._is_tagged(name) else picked
        if bare.any():
            columns[*path, "platform"] = pc.if_else(pa.array(bare), path[-1], pa.scalar(None, pa.string()))
        return columns


def _platforms(
    names: pa.Array | None, length: int, *, tagged: bool
) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Give each platform a number; a device without one has -1."""
    if names is None or not pa.types.is_string(names.type):
        return np.full(length, -1, np.int32), []
    valid = pc.not_equal(names, "")
    if tagged:
        valid = pc.and_not(valid, pc.starts_with(names, TAG))
    coded = pc.if_else(valid, names, pa.scalar(None, pa.string())).dictionary_encode()
    return coded.indices.fill_null(-1).to_numpy(), coded.dictionary.to_pylist()


def _starts(lists: pa.ListArray, text: Spelled) -> list[int]:
    """Tell where the devices of each row that has some begin; lists of another place make it odd."""
    starts = text.lists(KEY)
    if len(starts) != len(lists) - lists.null_count:
        raise Odd
    return starts


def _others(lists: pa.ListArray, table: _Devices, text: Spelled) -> Loose:
    """Give the other devices of each row as they came, from the text of the page."""
    others = np.flatnonzero(table.others)
    rows, begins = np.unique(table.rows[others], return_index=True)
    within = others - np.searchsorted(table.rows, table.rows[others])
    bounds = itertools.pairwise([*begins.tolist(), len(within)])
    elements = [within[start:end].tolist() for start, end in bounds]
    order = np.cumsum(lists.is_valid().to_numpy(zero_copy_only=False)) - 1
    more: list[str | None] = [None] * len(lists)
    found = text.elements_at(_starts(lists, text), zip(order[rows].tolist(), elements, strict=True))
    for row, devices in zip(rows.tolist(), found, strict=True):
        more[row] = TAG + devices
    return Loose(pa.array(more, pa.string()))


def _in_python(lists: pa.ListArray, prefix: Path, text: Spelled) -> dict[Path, Column]:
    """Pivot from the text: only it tells a field that is null from one that is not there."""
    starts = _starts(lists, text)
    rows = np.flatnonzero(lists.is_valid().to_numpy(zero_copy_only=False)).tolist()
    cells: dict[Path, list[Any]] = {}
    for row, there in zip(rows, text.lists_at(starts), strict=True):
        for path, value in pivot(there, prefix):
            cells.setdefault(path, [None] * len(lists))[row] = value
    return {path: column_of(values) for path, values in cells.items()}
