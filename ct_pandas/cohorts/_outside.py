"""Rows outside the days of their own query, and days that are looked at although nobody read them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ct_pandas.cohorts._calendar import end_of, to_utc
from ct_pandas.cohorts._events import Events, first_day, note, observation_end
from ct_pandas.cohorts._result import OBSERVED, observed_text


def outside_text(frames: Sequence[pd.DataFrame], events: Sequence[Events]) -> str:
    """Say so where a download has rows that it cannot have had, since they may not be counted.

    It is a sign that ``ts`` no longer stands on the project's clock.
    """
    rows = sum(
        {id(frame): _outside(frame, each) for frame, each in zip(frames, events, strict=True)}.values()
    )
    if not rows:
        return ""
    said = "1 row lies" if rows == 1 else f"{rows:,} rows lie"
    return (
        f" {said} outside the days of the query and may not be counted: was ts converted from the project's "
        f"time zone to another?"
    )


def unread_text(end: int, frames: Sequence[pd.DataFrame], events: Sequence[Events]) -> str:
    """Say so where ``until`` lies behind what was read: whoever came in between would count as away."""
    reads = [observation_end(None, frame, events) for frame in frames if _is_dated(frame)]
    read = min(reads, default=end)
    if end <= read:
        return ""
    until = observed_text(read, events[0].zone).removeprefix(OBSERVED)
    return f" The events were read until {until} only: what came later is missing."


def late_text(frames: Sequence[pd.DataFrame], events: Sequence[Events]) -> str:
    """Say so where a later step was read from a later day on: whoever did it before would count as away."""
    start = first_day(frames[0], events[0])
    said: dict[str, None] = {}
    for frame, each in zip(frames[1:], events[1:], strict=True):
        read = first_day(frame, each) if _has_days(frame) else None
        if start is not None and read is not None and read > start:
            day = observed_text(read + 1, each.zone).removeprefix(OBSERVED).partition(",")[0]
            said[
                f" {each.name or 'The last event'} was read from {day} on only: what came before is missing."
            ] = None
    return "".join(said)


def _is_dated(frame: pd.DataFrame) -> bool:
    return bool({"query", "downloaded_at"} & note(frame).keys())


def _has_days(frame: pd.DataFrame) -> bool:
    query = note(frame).get("query")
    return isinstance(query, dict) and {"from", "to"} <= set(query)


def _outside(frame: pd.DataFrame, events: Events) -> int:
    if not _has_days(frame):
        return 0
    query = note(frame)["query"]
    start = to_utc(pd.Timestamp(str(query["from"])), events.zone)
    end = end_of(int(query["to"]), events.zone)
    return int(((events.person >= 0) & ((events.when < start) | (events.when >= end))).sum())
