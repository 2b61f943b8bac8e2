"""Event frames as arrays: who did it, when, and how long anybody was watching."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas.cohorts._breakdown import instead, require_name, single
from ct_pandas.cohorts._calendar import HOUR, Ints, end_of, microseconds, to_utc
from ct_pandas.cohorts._numbering import alike, decoded, number_people

NEVER = np.iinfo(np.int64).max
BEHIND_UTC = 12 * HOUR  # no clock is further behind
NOTHING_SEEN = 0  # the end of an observation that saw nothing
DEVICE_ID = re.compile(
    r"platformInfo\..+\.objectId"
)  # all that a frame of people knows of an anonymous person
PART = 500_000  # rows
NOT_A_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Events:
    """One event frame: the number of the person of each row (-1: nobody) and its time in UTC microseconds."""

    person: Ints
    when: Ints
    zone: tzinfo | None
    name: str | None
    unusable: int

    def first(self, people: int, *, before: int) -> Ints:
        """Give each person's first time before ``before``; ``NEVER`` where there is none."""
        first = np.full(people + 1, NEVER)  # the last one is nobody
        for rows in self.parts():
            when = self.when[rows]
            np.minimum.at(first, self.person[rows], np.where(when < before, when, NEVER))
        return first[:-1]

    def parts(self) -> list[slice]:
        """Cut the rows into parts, so that what is computed for each row never stands for all at once."""
        return [slice(start, start + PART) for start in range(0, len(self.when), PART)]


def person_ids(frame: pd.DataFrame, person: str | None, what: str) -> pd.Series:
    """Find who did it: ``person``, else ``identity`` and, where missing, ``objectId``, a device's last."""
    if person is not None:
        require_name("person", person)
        if person not in frame.columns:
            hint = instead(frame, person)
            raise ValueError(f"{what} has no column {person!r} to tell people apart by.{hint}")
        return told(single(frame, person))
    devices = [c for c in frame.columns if isinstance(c, str) and DEVICE_ID.fullmatch(c)]
    found = [name for name in ("identity", "objectId", *devices) if name in frame.columns]
    if not found:
        hint = instead(frame, "identity") if "identity" in frame.index.names else ""
        hint = hint or (' Or read one too, columns=["identity", ...].' if note(frame) else "")
        raise ValueError(
            f"{what} has neither identity nor objectId: name the column of the person, person=...{hint}"
        )
    ids = told(single(frame, found[0]))
    for name in found[1:]:
        if not ids.isna().any():
            break
        known, other = alike([ids, told(single(frame, name))])
        ids = known.where(known.notna(), other)
    return ids


def told(ids: pd.Series) -> pd.Series:
    """Give a column of ids; an empty text tells of nobody."""
    ids = decoded(ids)  # in an Arrow dictionary mask() would fill gaps that were there before
    empty = (ids == "").fillna(False).astype(bool)
    return ids.mask(empty) if empty.any() else ids


def read_times(frame: pd.DataFrame, what: str, column: str = "ts") -> tuple[Ints, tzinfo | None]:
    """Read a column of datetimes as UTC microseconds, and its zone (``None``: naive)."""
    ts = single(frame, column)
    if isinstance(ts.dtype, pd.ArrowDtype):
        ts = _from_arrow(ts)
    if isinstance(ts.dtype, pd.DatetimeTZDtype):
        zone: tzinfo | None = ts.dtype.tz
    elif pd.api.types.is_datetime64_dtype(ts.dtype):
        zone = None
    else:
        raise TypeError(
            f"{column} of {what} holds {ts.dtype}, not datetimes: convert it with pd.to_datetime first."
        )
    return ts.to_numpy(dtype="datetime64[us]").view(np.int64), zone


def _from_arrow(ts: pd.Series) -> pd.Series:
    """Turn Arrow times into pandas' own; of a column without a value pandas would forget the zone."""
    kind: Any = ts.dtype
    if kind.kind != "M":
        return ts
    zone = kind.pyarrow_dtype.tz
    return ts.astype("datetime64[us]" if zone is None else pd.DatetimeTZDtype("us", zone))


def read_events(frames: dict[str, pd.DataFrame], person: str | None) -> tuple[list[Events], pd.Index]:
    """Read several event frames so that people have the same numbers; a frame given twice is read once.

    Where zones differ, the first frame's is that of all: periods are cut on one clock.
    """
    distinct = {id(frame): (what, frame) for what, frame in reversed(frames.items())}
    for what, frame in distinct.values():
        require_events(what, frame)
    numbers, people = number_people([person_ids(frame, person, what) for what, frame in distinct.values()])
    read = {
        key: _events(frame, what, codes)
        for (key, (what, frame)), codes in zip(distinct.items(), numbers, strict=True)
    }
    result = [read[id(frame)] for frame in frames.values()]
    if len({events.zone is None for events in result}) > 1:
        raise ValueError("ts has a zone in one frame and none in another: give both one (dt.tz_localize).")
    return [replace(events, zone=result[0].zone) for events in result], people


def require_events(what: str, frame: Any) -> None:
    """Refuse what is not a frame of occurrences."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"{what} must be a DataFrame of events, not {type(frame).__name__}: "
            f'read it with read_clevertap_events(..., rows="event").'
        )
    if "ts" in frame.index.names and "ts" not in frame.columns:
        raise ValueError(f"{what} has ts in its index: df.reset_index() makes a column of it.")
    kind = note(frame).get("kind")
    if kind == "events" and "ts" not in frame.columns:
        raise ValueError(f'{what} has no column ts, the time of each row: name it too, columns=["ts", ...].')
    if "ts" not in frame.columns or kind == "people":
        raise ValueError(
            f"{what} has one row per person, and this needs one row per occurrence, with its time in the "
            f'column ts: read it with read_clevertap_events(..., rows="event").'
        )


def _events(frame: pd.DataFrame, what: str, codes: Ints) -> Events:
    at, zone = read_times(frame, what)
    timeless = at == NOT_A_TIME
    if timeless.any():
        codes = np.where(timeless, -1, codes)
    return Events(codes, at, zone, event_name(frame), int((codes < 0).sum()))


def note(frame: pd.DataFrame) -> dict[str, Any]:
    """Give what the download noted on the frame, if it is one that was downloaded."""
    noted = frame.attrs.get("clevertap")
    return noted if isinstance(noted, dict) else {}


def query_of(frame: pd.DataFrame) -> dict[str, Any]:
    """Give the query that a frame was downloaded with, where it is known."""
    query = note(frame).get("query")
    return query if isinstance(query, dict) else {}


def event_name(frame: pd.DataFrame) -> str | None:
    """Give the name of the event that the frame was downloaded for, if known."""
    name = query_of(frame).get("event_name")
    return name if isinstance(name, str) else None


def first_day(frame: pd.DataFrame, events: Events) -> int | None:
    """Give the start of the query's first day, else of the day of the first event; else nothing."""
    day = query_of(frame).get("from")
    if day is not None:
        return to_utc(pd.Timestamp(str(day)), events.zone)
    used = events.when[events.person >= 0]
    if not len(used):
        return None
    start = pd.Timestamp(int(used.min()), unit="us", tz=None if events.zone is None else "UTC")
    wall = start if events.zone is None else start.tz_convert(events.zone).tz_localize(None)
    return to_utc(wall.normalize(), events.zone)


def observation_end(until: Any, watched: pd.DataFrame, events: Sequence[Events]) -> int:
    """Give the first moment that nobody watched.

    That is the end of ``until``; else of the last day of the query that ``watched`` was read for, or the
    moment of its download, whichever is earlier; else the moment after the last event. Where the zone of
    the events is not known, the download is no moment on their clock, and the last event stands for it.
    """
    zone = events[0].zone
    if until is not None:
        return end_of(until, zone)
    last = [int(each.when[each.person >= 0].max()) + 1 for each in events if (each.person >= 0).any()]
    day, moment = query_of(watched).get("to"), note(watched).get("downloaded_at")
    ends = [] if day is None else [end_of(int(day), zone)]
    if moment is not None and (zone is not None or not last):
        ends.append(_download(moment))
    elif moment is not None and (not ends or ends[0] > _download(moment) - BEHIND_UTC):
        ends.append(max(last))
    return min(ends or [max(last, default=NOTHING_SEEN)])


def _download(moment: Any) -> int:
    """Read the moment of the download; it is noted in UTC."""
    stamp = pd.Timestamp(moment)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return microseconds(stamp)
