"""Rows outside the days of their own query: a sign that ``ts`` no longer stands on the project's clock."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ct_pandas.cohorts._calendar import end_of, to_utc
from ct_pandas.cohorts._events import Events, note


def outside_text(frames: Sequence[pd.DataFrame], events: Sequence[Events]) -> str:
    """Say so where a download has rows that it cannot have had, since they may not be counted."""
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


def _outside(frame: pd.DataFrame, events: Events) -> int:
    query = note(frame).get("query")
    if not isinstance(query, dict) or not {"from", "to"} <= set(query):
        return 0
    start = to_utc(pd.Timestamp(str(query["from"])), events.zone)
    end = end_of(int(query["to"]), events.zone)
    return int(((events.person >= 0) & ((events.when < start) | (events.when >= end))).sum())
