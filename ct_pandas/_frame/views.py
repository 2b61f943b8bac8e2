"""Views of a frame that was read: attributes, devices, event summary, and who each row is about."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas._frame.order import DEVICE, FURTHER, SUMMARY
from ct_pandas._frame.persons import fingerprint
from ct_pandas._frame.stored import restored
from ct_pandas._unicode import is_unicode, spelled
from ct_pandas.errors import ValidationError

PROFILE, PLATFORMS, EVENTS = "profileData.", "platformInfo.", "events."
_TYPES = {str: "str", bool: "boolean", int: "Int64", float: "float64"}
_AT = "\0at"
"""The column with the position of each device's row, while devices are collected: no field has this name."""
FIELDS = ("platform", "objectId", "os_version", "app_version", "make", "model", "push_token")


def profile(frame: pd.DataFrame, *, whole: Collection[str] = ()) -> pd.DataFrame:
    """Return the attributes under their bare names, those in ``whole`` under their whole ones."""
    frame = restored(frame)
    bare = {name: name.removeprefix(PROFILE) for name in _names(frame, PROFILE)}
    return frame[list(bare)].rename(columns={name: one for name, one in bare.items() if one not in whole})


def person(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return who each row is about: never missing, equal for copies of one person."""
    frame = restored(frame)
    keys = pd.Series(pd.NA, index=pd.RangeIndex(len(frame)), dtype="str", name="person")
    for ids in _ids(frame):
        if keys.isna().any():
            texts = _text(ids)
            keys = keys.where(keys.notna(), texts.where(texts != ""))
    bare = np.flatnonzero(keys.isna())
    if len(bare):
        keys.iloc[bare] = _nameless(frame.iloc[bare])
    if _kind(frame) == "people" and not _tells(frame):
        again = keys.groupby(keys).cumcount()  # read without ids, each is somebody else
        keys = keys.where(again == 0, keys + " (" + (again + 1).astype("str") + ")")
    return keys.set_axis(frame.index)


def _kind(frame: pd.DataFrame) -> str | None:
    """Return what the rows are, where the notes of a reader say so."""
    found: str | None = frame.attrs.get("clevertap", {}).get("kind")
    return found


def _tells(frame: pd.DataFrame) -> bool:
    """Whether the frame has a column that says who somebody is."""
    devices = [name for name in _names(frame, PLATFORMS) if name == FURTHER or name.endswith(".objectId")]
    return bool(devices) or any(True for _ in _ids(frame))


def _ids(frame: pd.DataFrame) -> Iterator[pd.Series[Any]]:
    """Yield the columns of ids, and the levels of the index that are called so, in the order that counts."""
    rows = pd.RangeIndex(len(frame))
    for name in ("identity", "objectId"):
        if name in frame:
            found: Any = frame[name]
            if isinstance(found, pd.DataFrame):
                raise ValidationError(f"Several columns are named {name!r}: drop or rename all but one.")
            yield found.set_axis(rows)
        if name in frame.index.names:
            yield frame.index.get_level_values(name).to_series(index=rows)


def _text(ids: pd.Series[Any]) -> pd.Series[str]:
    """Return ids as text; one that is no Unicode, which pandas has no text column for, as JSON spells it.

    A whole number has no ``.0``, though gaps made it a float: so is it sent, too.
    """
    kind = ids.cat.categories.dtype if isinstance(ids.dtype, pd.CategoricalDtype) else ids.dtype
    if kind == "object" or pd.api.types.is_numeric_dtype(kind):
        ids = pd.Series([_whole(each) for each in ids], index=ids.index, dtype="object")
    try:
        return ids.astype("str")
    except UnicodeEncodeError:
        spelt = [json.dumps(each) if _is_broken(each) else each for each in ids]
        return pd.Series(spelt, index=ids.index, dtype="object").astype("str")


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float | np.floating) and value.is_integer() else value


def _nameless(rows: pd.DataFrame) -> list[str]:
    """Return the keys of rows without identity and objectId: their devices, else all that they hold."""
    found: list[set[str]] = [set() for _ in range(len(rows))]
    table = _long(rows)
    for at, device in zip(table[_AT].tolist(), table["objectId"].tolist(), strict=True):
        if isinstance(device, str) and device:
            found[int(at)].add(device)
    keys = [json.dumps(sorted(ids)) if ids else "" for ids in found]
    rest = [at for at, key in enumerate(keys) if not key]
    for at, record in zip(rest, _records(rows.iloc[rest]), strict=True):
        keys[at] = fingerprint(record)
    return keys


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return all that each row holds."""
    records: list[dict[str, Any]] = [{} for _ in range(len(rows))]
    for name, column in rows.items():
        values = column.tolist()
        for at in np.flatnonzero(column.notna()).tolist():
            records[at][str(name)] = values[at]
    return records


def devices(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per device, under the index label of its person's row."""
    frame = restored(frame)
    table = _long(frame).rename(columns={"person": "person (2)"})  # a field that is called so, too
    at = table.pop(_AT).to_numpy(dtype=np.int64)
    table.insert(0, "person", person(frame).array.take(at))
    table.attrs = dict(frame.attrs)
    return table.set_axis(frame.index.take(at))


def _long(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per device: those of each platform, every other one as it came, those of events.

    A column of people that is called like a field, such as ``model``, is somebody's own and no device.
    """
    parts = [_part(frame, fields, platform) for platform, fields in _platforms(frame).items()]
    parts += [_further(frame)]
    flat = [] if _are_people(frame) else [name for name in DEVICE if name in frame]
    if flat:
        parts += [_part(frame, {name: name for name in [*flat, "objectId"] if name in frame}, None)]
    filled = _exact([part for part in parts if len(part)])
    together = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({_AT: []})
    together = together.reindex(columns=list(dict.fromkeys([*FIELDS, *together])))
    for name in together.columns.drop(_AT):
        if together[name].dtype == "object" or together[name].isna().all():
            together[name] = _typed(together[name].tolist())
    return together.sort_values(_AT, kind="stable", ignore_index=True)


def _are_people(frame: pd.DataFrame) -> bool:
    """Whether the rows are people; without the notes of a reader, by what only they or events have."""
    if _kind(frame) is not None:
        return _kind(frame) == "people"
    are_events = "ts" in frame or _names(frame, "event_props.") or _names(frame, "session_props.")
    return bool(_names(frame, PLATFORMS)) and not are_events


def _exact(parts: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Keep whole numbers that no fraction holds as objects, where other parts have a type of fractions."""
    for name in dict.fromkeys(name for part in parts for name in part):
        kinds = [part[name].dtype for part in parts if name in part]
        numbers = [kind for kind in kinds if pd.api.types.is_numeric_dtype(kind)]
        if len({str(kind) for kind in numbers}) > 1:
            for part in parts:
                if name in part and _is_big(part[name]):
                    part[name] = part[name].astype(object)
    return parts


def _is_big(column: pd.Series[Any]) -> bool:
    if not pd.api.types.is_integer_dtype(column.dtype) or not column.notna().any():
        return False
    return int(column.min()) < -(2**53) or int(column.max()) > 2**53


def _platforms(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return the columns of each platform, and the field that each one holds.

    Names of platforms and of fields may hold dots. What stands before a field that every device may have is
    a platform; any other column belongs to the longest of these that it begins with.
    """
    cut = {name: name.removeprefix(PLATFORMS).rpartition(".") for name in _names(frame, PLATFORMS)}
    known = {platform for platform, _, field in cut.values() if field in {*FIELDS, *DEVICE}}
    platforms: dict[str, dict[str, str]] = {}
    for name, (before, dot, _) in cut.items():
        rest = name.removeprefix(PLATFORMS)
        platform = max((each for each in known if rest.startswith(each + ".")), key=len, default=before)
        if dot:
            platforms.setdefault(platform, {})[name] = rest.removeprefix(platform + ".")
    return platforms


def _part(frame: pd.DataFrame, fields: dict[str, str], platform: str | None) -> pd.DataFrame:
    """Return the devices of one platform, or, without one, those that stand flat in events."""
    table = frame[list(fields)].set_axis(list(fields.values()), axis=1).reset_index(drop=True)
    mine = [field for field in fields.values() if platform is not None or field != "objectId"]
    there = table[mine].notna().any(axis=1)
    if platform is not None:
        table["platform"] = pd.Series(platform, index=table.index, dtype="str")
    return table.assign(**{_AT: np.arange(len(table))})[there]


def _further(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the devices that have no columns of their own, typed as a column of the frame would be."""
    if FURTHER not in frame:
        return pd.DataFrame({_AT: []})
    cells = frame[FURTHER].set_axis(np.arange(len(frame)))
    cells = cells[[isinstance(cell, list | np.ndarray) for cell in cells]].explode()
    cells = cells[[isinstance(cell, Mapping) for cell in cells]]
    further = [{spelled(name): value for name, value in device.items()} for device in cells]
    names = dict.fromkeys(name for device in further for name in device)
    table = pd.DataFrame({name: _typed([device.get(name) for device in further]) for name in names})
    return table.assign(**{_AT: cells.index})


def _typed(values: list[Any]) -> pd.Series[Any]:
    """Return values as a column of their one type; several, or what does not fit in it, stay as they came."""
    kinds = {type(value) for value in values if _there(value)} or {str}
    dtype = _TYPES.get(kinds.pop(), "object") if len(kinds) == 1 else "object"
    try:
        return pd.Series(values, dtype=dtype)
    except (OverflowError, TypeError, UnicodeEncodeError):
        return pd.Series(values, dtype="object")


def _is_broken(value: Any) -> bool:
    """Whether this is text that no column of text can hold: half a surrogate pair stands in it."""
    return isinstance(value, str) and not is_unicode(value)


def _there(value: Any) -> bool:
    return isinstance(value, list | dict | tuple | np.ndarray) or bool(pd.notna(value))


def event_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per person and event, under the index label of the person's row."""
    who = person(frame)
    events: dict[str, list[str]] = {}
    for name in _names(frame, EVENTS):
        event, dot, field = name.removeprefix(EVENTS).rpartition(".")
        if field in SUMMARY and dot:
            events.setdefault(event, []).append(field)
    parts = [_summary(frame, who, event, fields) for event, fields in events.items()]
    parts = [part for part in parts if len(part)]
    if not parts:
        return _summary(frame.iloc[:0], who.iloc[:0], "", []).drop(columns="_at")
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
    return table[there]


def _names(frame: pd.DataFrame, group: str) -> list[str]:
    """Return the columns of one group."""
    return [name for name in frame.columns if isinstance(name, str) and name.startswith(group)]
