"""Births: which moment starts each person's clock, and which row of the frame it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ct_pandas._shown import shown
from ct_pandas.cohorts._calendar import Ints, to_utc
from ct_pandas.cohorts._events import NEVER, NOT_A_TIME, Events, first_day, read_times

FIRST_SEEN = ("events.", ".first_seen")


@dataclass(frozen=True)
class Births:
    """The people born in the window: their numbers, the moment of birth, their row at birth."""

    people: Ints
    when: Ints
    row: Ints
    too_old: int = 0
    unknown: int = 0


def check_first(first: Any) -> None:
    """Refuse a word for birth that is not offered."""
    if not isinstance(first, str) or first not in ("in-window", "ever"):
        raise ValueError(f'first={shown(first)}: use "in-window" or "ever".')


def births(first: str, frame: pd.DataFrame, events: Events, people: int, end: int) -> Births:
    """Find who was born in the window: at the first occurrence in the frame, or the first ever."""
    return _ever(frame, events, people, end) if first == "ever" else _in_window(events, people, end)


def _in_window(events: Events, people: int, end: int) -> Births:
    first = events.first(people, before=end)
    born = np.flatnonzero(first != NEVER)
    return Births(born, first[born], _first_rows(events, first)[born])


def _ever(frame: pd.DataFrame, events: Events, people: int, end: int) -> Births:
    """Birth is the profile's ``first_seen``; who was born before the window is not new and left out.

    It is never later than the first occurrence in the frame, although ``first_seen`` may be: that may have
    fractions of a second, which ``ts`` has not, and a ``ts`` in a doubled hour is read as the first of both.
    """
    if not len(frame):  # a download without a row has no summary either
        return _in_window(events, people, end)
    column = first_seen_column(frame, events)
    seen, zone = read_times(frame, "the birth frame", column)
    if (zone is None) != (events.zone is None):
        seen = _same_clock(seen, zone is None, events, column)
    known = (events.person >= 0) & (seen != NOT_A_TIME) & (events.when < end)
    first = np.full(people, NEVER)
    np.minimum.at(first, events.person[known], seen[known])
    present = events.first(people, before=end)
    in_frame = present != NEVER
    start = first_day(frame, events) or 0
    unknown = in_frame & (first == NEVER)
    first = np.minimum(first, present)
    too_old = in_frame & (first < start)
    born = np.flatnonzero(in_frame & ~unknown & ~too_old)
    row = _first_rows(events, present)[born]
    return Births(born, first[born], row, int(too_old.sum()), int(unknown.sum()))


def first_seen_column(frame: pd.DataFrame, events: Events) -> str:
    """Find the column of the birth event's ``first_seen``; without a known event, the only such column."""
    columns = [c for c in frame.columns if isinstance(c, str)]
    if events.name is not None and f"events.{events.name}.first_seen" in columns:
        return f"events.{events.name}.first_seen"
    found = [c for c in columns if c.startswith(FIRST_SEEN[0]) and c.endswith(FIRST_SEEN[1])]
    if events.name is None and len(found) == 1:
        return found[0]
    wanted = "events.<birth event>.first_seen" if events.name is None else f"events.{events.name}.first_seen"
    raise ValueError(
        f'first="ever" needs the column {wanted}: read the birth event with event_summary=True. '
        f'Without it only the first occurrence in the window is known: first="in-window".'
    )


def _same_clock(seen: Ints, seen_is_naive: bool, events: Events, column: str) -> Ints:
    if not seen_is_naive:
        raise ValueError(
            f"{column} has a time zone and ts has none, so they cannot be compared: "
            f'give the zone with connect(timezone=...), or df["ts"].dt.tz_localize(...).'
        )
    local = pd.DatetimeIndex(seen.view("datetime64[us]"))
    known = np.flatnonzero(local.notna())
    utc = np.full(len(seen), NOT_A_TIME)
    utc[known] = [to_utc(moment, events.zone) for moment in local[known]]
    return utc


def _first_rows(events: Events, first: Ints) -> Ints:
    """Give each person's row at ``first``: of rows of the same moment the one that stands first."""
    row = np.full(len(first) + 1, -1)
    first = np.append(first, NOT_A_TIME)  # no row of nobody is first
    for part in reversed(events.parts()):
        person = events.person[part]
        found = np.flatnonzero(events.when[part] == first[person])[::-1]
        row[person[found]] = found + part.start
    return row[:-1]
