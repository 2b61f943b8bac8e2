"""Rows outside the days of their own query, and days that are looked at although nobody read them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ct_pandas.cohorts._calendar import end_of, to_utc
from ct_pandas.cohorts._events import Events, note, observation_end
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


def unread_text(end: int, watched: pd.DataFrame, events: Sequence[Events]) -> str:
    """Say so where ``until`` lies behind what was read: whoever came in between would count as away."""
    if not {"query", "downloaded_at"} & note(watched).keys():
        return ""
    read = observation_end(None, watched, events)
    if end <= read:
        return ""
    until = observed_text(read, events[0].zone).removeprefix(OBSERVED)
    return f" The events were read until {until} only: who came later is missing in the periods after it."


def _outside(frame: pd.DataFrame, events: Events) -> int:
    query = note(frame).get("query")
    if not isinstance(query, dict) or not {"from", "to"} <= set(query):
        return 0
    start = to_utc(pd.Timestamp(str(query["from"])), events.zone)
    end = end_of(int(query["to"]), events.zone)
    return int(((events.person >= 0) & ((events.when < start) | (events.when >= end))).sum())
