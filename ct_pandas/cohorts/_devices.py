"""What people frames say about devices: the columns of each platform, and the devices beyond the first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas._unicode import spelled
from ct_pandas.cohorts._breakdown import single, writable

MORE = "platformInfo.more"
DEVICE = re.compile(r"platformInfo\.(?P<platform>.+)\.(?P<field>[^.]+)")


def device_values(frame: pd.DataFrame, field: str) -> pd.DataFrame:
    """Give ``position`` (of the row) and ``value`` of a field of every device; a device may lack it."""
    parts = [_flat(single(frame, field))] if field in frame.columns else []
    platforms: dict[str, np.ndarray] = {}
    for column in frame.columns:
        match = DEVICE.fullmatch(column) if isinstance(column, str) else None
        if match is None:
            continue
        if field == "platform":
            platform = match["platform"]
            present = single(frame, column).notna().to_numpy(dtype=bool)
            platforms[platform] = platforms.get(platform, False) | present
        elif match["field"] == field:
            parts.append(_flat(single(frame, column)))
    parts += [_pairs(np.flatnonzero(present), platform) for platform, present in platforms.items()]
    if MORE in frame.columns:
        parts.append(_more(single(frame, MORE), field))
    return pd.concat(parts, ignore_index=True) if parts else _pairs([], "")


def device_fields(frame: pd.DataFrame) -> set[str]:
    """Give the names of all fields that a device of the frame has."""
    columns = [DEVICE.fullmatch(column) for column in frame.columns if isinstance(column, str)]
    more = _listed(single(frame, MORE)) if MORE in frame.columns else ()
    return {match["field"] for match in columns if match} | {name for _, device in more for name in device}


def _flat(column: pd.Series) -> pd.DataFrame:
    known = np.flatnonzero(column.notna())
    return _pairs(known, writable(column.iloc[known]).astype(str).to_numpy())


def _more(column: pd.Series, field: str) -> pd.DataFrame:
    found = [
        (position, spelled(str(device[field])))
        for position, device in _listed(column)
        if device.get(field) is not None
    ]
    return _pairs([position for position, _ in found], [value for _, value in found])


def _listed(column: pd.Series) -> Iterator[tuple[int, dict[str, Any]]]:
    for position, cell in enumerate(column):
        devices = _read(cell) if isinstance(cell, str) else cell
        if isinstance(devices, list | tuple | np.ndarray):
            yield from ((position, device) for device in devices if isinstance(device, dict))


def _read(text: str) -> Any:
    """Read JSON text, as which Parquet files of a download hold devices."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _pairs(position: Any, value: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "position": np.asarray(position, dtype=np.int64),
            "value": pd.Series(value, index=range(len(position)), dtype="str"),
        }
    )
