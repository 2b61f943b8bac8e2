"""One record → its cells, in plain Python.

This is the meaning of every column. The Arrow path is faster and must say the same.
Source: CleverTap, Get User Profiles API and Get Events API.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from ct_pandas._decode.columns import Columns, Path, column_of

Kind = Literal["people", "events"]

PROFILE = ("profile",)
MORE = ("platformInfo", "more")
"""Where the devices stand that have no columns of their own: a path that no key of a record has."""
Cell = tuple[Path, Any]


def columns_of(records: Sequence[dict[str, Any]], kind: Kind) -> Columns:
    """Flatten records one level deep into columns."""
    cells: dict[Path, list[Any]] = {}
    for row, record in enumerate(records):
        for path, value in flatten(record, kind):
            column = cells.get(path)
            if column is None:
                column = cells[path] = [None] * len(records)
            column[row] = value
    return {path: column_of(values) for path, values in cells.items()}


def flatten(record: dict[str, Any], kind: Kind) -> Iterator[Cell]:
    """Give every cell of one record."""
    return _event(record) if kind == "events" else _person(record, ())


def _event(record: dict[str, Any]) -> Iterator[Cell]:
    for key, value in record.items():
        if key == "profile" and isinstance(value, dict):
            yield from _person(value, PROFILE)
        elif key in {"event_props", "session_props"} and isinstance(value, dict):
            yield from (((key, name), inner) for name, inner in value.items())
        elif value is not None or key not in {"profile", "event_props", "session_props"}:
            yield (key,), value


def _person(record: dict[str, Any], prefix: Path) -> Iterator[Cell]:
    for key, value in record.items():
        path = (*prefix, key)
        if key == "profileData" and isinstance(value, dict):
            yield from (((*path, name), inner) for name, inner in value.items())
        elif key == "platformInfo" and isinstance(value, list):
            yield from pivot(value, prefix)
        elif key == "events" and isinstance(value, dict):
            yield from _summary(value, path)
        elif value is not None or key not in {"profileData", "platformInfo", "events"}:
            yield path, value


def _summary(events: dict[str, Any], path: Path) -> Iterator[Cell]:
    for event, numbers in events.items():
        if isinstance(numbers, dict):
            yield from (((*path, event, field), value) for field, value in numbers.items())
        elif numbers is not None:
            yield (*path, event), numbers


def pivot(devices: list[Any], prefix: Path) -> Iterator[Cell]:
    """Pivot the first device of each platform; every other one stays an object.

    The platform itself is in the name of the column. It is a cell only where nothing else would tell that
    this device exists.
    """
    seen: set[str] = set()
    more = []
    for device in devices:
        platform = device.get("platform") if isinstance(device, dict) else None
        if not isinstance(platform, str) or not platform or platform in seen:
            more.append(device)
            continue
        seen.add(platform)
        path = (*prefix, "platformInfo", platform)
        fields = {name: value for name, value in device.items() if name != "platform"}
        yield from (((*path, name), value) for name, value in fields.items())
        if all(value is None for value in fields.values()):
            yield (*path, "platform"), platform
    if more:
        yield (*prefix, *MORE), more
