"""Views of a frame that was read: attributes, devices, event summary, and who each row is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas._frame.order import DEVICE
from ct_pandas._frame.persons import fingerprint

PROFILE, PLATFORMS, EVENTS = "profileData.", "platformInfo.", "events."
MORE = PLATFORMS + "more"
SUMMARY = ("count", "first_seen", "last_seen")
FIELDS = ("platform", "objectId", "os_version", "app_version", "make", "model", "push_token")


def profile(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the attributes under their bare names, with the frame's own index."""
    found = [name for name in _names(frame) if name.startswith(PROFILE)]
    return frame[found].rename(columns=lambda name: name.removeprefix(PROFILE))


def person(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return who each row is about: never missing, equal for copies of one person."""
    keys = pd.Series(pd.NA, index=pd.RangeIndex(len(frame)), dtype="str", name="person")
    for name in ("identity", "objectId"):
        if name in frame and keys.isna().any():
            ids = frame[name].reset_index(drop=True).astype("str")
            keys = keys.where(keys.notna(), ids.where(ids != ""))
    for at in np.flatnonzero(keys.isna()).tolist():
        keys.iloc[at] = _nameless(frame.iloc[at])
    return keys.set_axis(frame.index)


def _nameless(row: pd.Series[Any]) -> str:
    """Return the key of a row without identity and objectId: its devices, else all that it holds."""
    ids = set(_long(row.to_frame().T)["objectId"].dropna())
    if ids:
        return json.dumps(sorted(map(str, ids)))
    return fingerprint({str(name): value for name, value in row.items() if _there(value)})


def devices(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per device, under the index label of its person's row."""
    table = _long(frame)
    at = table.pop("_at").to_numpy(dtype=np.int64)
    table.insert(0, "person", person(frame).array.take(at))
    return table.set_axis(frame.index.take(at))


def _long(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per device: those of each platform, every other one as it came, those of events."""
    platforms: dict[str, dict[str, str]] = {}
    for name in _names(frame):
        platform, _, field = name.removeprefix(PLATFORMS).rpartition(".")
        if name.startswith(PLATFORMS) and platform:
            platforms.setdefault(platform, {})[name] = field
    flat = [name for name in DEVICE if name in frame]
    parts = [_part(frame, fields, platform) for platform, fields in platforms.items()]
    parts += [_further(frame)]
    parts += (
        [_part(frame, {name: name for name in [*flat, "objectId"] if name in frame}, None)] if flat else []
    )
    filled = [part for part in parts if len(part)]
    together = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({"_at": []})
    together = together.reindex(columns=list(dict.fromkeys([*FIELDS, *together])))
    never = [name for name in together if together[name].isna().all()]
    together = together.astype(dict.fromkeys(never, "str"))
    return together.sort_values("_at", kind="stable", ignore_index=True)


def _part(frame: pd.DataFrame, fields: dict[str, str], platform: str | None) -> pd.DataFrame:
    table = frame[list(fields)].set_axis(list(fields.values()), axis=1).reset_index(drop=True)
    if platform is not None:
        table["platform"] = pd.Series(platform, index=table.index, dtype="str")
    mine = [field for field in fields.values() if platform is not None or field != "objectId"]
    return table.assign(_at=np.arange(len(table)))[table[mine].notna().any(axis=1)]


def _further(frame: pd.DataFrame) -> pd.DataFrame:
    if MORE not in frame:
        return pd.DataFrame({"_at": []})
    cells = frame[MORE].set_axis(np.arange(len(frame)))
    cells = cells[[isinstance(cell, list | np.ndarray) for cell in cells]].explode()
    cells = cells[[isinstance(cell, Mapping) for cell in cells]]
    table = pd.DataFrame(list(cells)).assign(_at=cells.index)
    text = [name for name in FIELDS if name in table and table[name].map(_is_text).all()]
    return table.astype(dict.fromkeys(text, "str"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or not _there(value)


def _there(value: Any) -> bool:
    return isinstance(value, list | dict | tuple | np.ndarray) or bool(pd.notna(value))


def event_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per person and event, under the index label of the person's row."""
    who = person(frame)
    events: dict[str, list[str]] = {}
    for name in _names(frame):
        event, _, field = name.removeprefix(EVENTS).rpartition(".")
        if name.startswith(EVENTS) and field in SUMMARY and event:
            events.setdefault(event, []).append(field)
    parts = [_summary(frame, who, event, fields) for event, fields in events.items()]
    parts = [part for part in parts if len(part)]
    if not parts:
        return _summary(frame.iloc[:0], who.iloc[:0], "", [])
    together = pd.concat(parts)
    at = np.concatenate([part["_at"].to_numpy() for part in parts])
    return together.drop(columns="_at").iloc[np.argsort(at, kind="stable")]


def _summary(frame: pd.DataFrame, who: pd.Series[Any], event: str, fields: list[str]) -> pd.DataFrame:
    empty = {"count": "Int64", "first_seen": "datetime64[us, UTC]", "last_seen": "datetime64[us, UTC]"}
    table = pd.DataFrame({"person": who, "event": pd.Series(event, index=frame.index, dtype="str")})
    for field in SUMMARY:
        source = f"{EVENTS}{event}.{field}"
        missing = pd.Series(pd.NA if field == "count" else pd.NaT, index=frame.index, dtype=empty[field])
        table[field] = frame[source] if field in fields else missing
    table["_at"] = np.arange(len(frame))
    there = table[list(SUMMARY)].notna().any(axis=1).to_numpy()
    table = table[there]
    return table if event else table.drop(columns="_at")


def _names(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if isinstance(name, str)]
