"""The structs that Arrow's reader makes of a page → the leaves that become columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa

from ct_pandas._decode.columns import Path
from ct_pandas._decode.flatten import PROFILE, Kind
from ct_pandas._decode.spelled import Odd
from ct_pandas._decode.summary import is_listed

Place: TypeAlias = tuple[str | None, ...]
"""The keys that lead to a value in the JSON; None stands for the elements of a list."""

CONTAINERS = frozenset({"profile", "profileData", "platformInfo", "events", "event_props", "session_props"})
"""Keys that are flattened where they stand in a record."""


@dataclass(slots=True)
class Shape:
    """The leaves of a page: plain ones by path, and those in lists of devices or of events."""

    leaves: dict[Path, pa.Array] = field(default_factory=dict)
    lists: dict[Path, pa.ListArray] = field(default_factory=dict)
    """Lists of devices, and summaries that were written as lists."""

    fields: dict[Path, dict[str, pa.Array]] = field(default_factory=dict)
    """The fields of all elements of such a list."""

    listed: bool = False
    """Whether a list of events is a summary."""

    def everything(self) -> Iterator[tuple[Place, pa.Array]]:
        """Give every leaf with its place in a record, fields in lists included."""
        yield from self.leaves.items()
        for path, fields in self.fields.items():
            for name, array in fields.items():
                yield (*path, None, name), array


def shape_of(records: pa.StructArray, kind: Kind, *, listed: bool) -> Shape:
    """Find the leaves, one level deep, as the reference does record by record.

    ``listed`` says that summaries were written as lists.
    """
    shape = Shape(listed=listed)
    if kind == "events":
        _event(records, shape)
    else:
        _person(records, (), shape)
    return shape


def _members(struct: pa.StructArray) -> Iterator[tuple[str, pa.Array]]:
    names = [struct.type.field(i).name for i in range(struct.type.num_fields)]
    yield from zip(names, struct.flatten(), strict=True)


def _event(records: pa.StructArray, shape: Shape) -> None:
    for key, array in _members(records):
        if key == "profile" and pa.types.is_struct(array.type):
            _person(array, PROFILE, shape)
        elif key in {"event_props", "session_props"} and pa.types.is_struct(array.type):
            shape.leaves |= {(key, name): leaf for name, leaf in _members(array)}
        elif not (pa.types.is_null(array.type) and key in {"profile", "event_props", "session_props"}):
            shape.leaves[key,] = array


def _person(record: pa.StructArray, prefix: Path, shape: Shape) -> None:
    for key, array in _members(record):
        path = (*prefix, key)
        if key == "profileData" and pa.types.is_struct(array.type):
            shape.leaves |= {(*path, name): leaf for name, leaf in _members(array)}
        elif key == "platformInfo" and pa.types.is_list(array.type):
            _elements(array, path, shape)
        elif key == "events" and pa.types.is_struct(array.type):
            _summary(array, path, shape)
        elif key == "events" and shape.listed and is_listed(array.type):
            _elements(array, path, shape)
        elif not (pa.types.is_null(array.type) and key in {"profileData", "platformInfo", "events"}):
            shape.leaves[path] = array


def _elements(lists: pa.ListArray, path: Path, shape: Shape) -> None:
    flat = lists.flatten()
    if flat.null_count and not pa.types.is_null(flat.type):
        raise Odd
    if pa.types.is_struct(flat.type):
        shape.lists[path] = lists
        shape.fields[path] = dict(_members(flat))
    elif len(flat):
        raise Odd


def _summary(events: pa.StructArray, path: Path, shape: Shape) -> None:
    for event, array in _members(events):
        if pa.types.is_struct(array.type):
            shape.leaves |= {(*path, event, name): leaf for name, leaf in _members(array)}
        elif not pa.types.is_null(array.type):
            shape.leaves[*path, event] = array
