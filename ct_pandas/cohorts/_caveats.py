"""What a definition has to add about its frames: filtered, cut short, of several accounts or too few days."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ct_pandas._shown import counted
from ct_pandas.cohorts._calendar import end_of, to_utc
from ct_pandas.cohorts._events import Events, event_name, first_day, note, observation_end, query_of
from ct_pandas.cohorts._result import OBSERVED, observed_text


def caveats(frames: Sequence[pd.DataFrame], events: Sequence[Events], end: int) -> str:
    """Say what has to be known of frames of events, the first of which says whose figures these are."""
    later = frames[1:] or frames  # of the first, what came later is nobody's loss where others follow
    return (
        _filtered(frames)
        + caveats_of_people(frames)
        + _outside(frames, events)
        + _unread(end, later, events)
        + _late(frames, events)
    )


def caveats_of_people(frames: Sequence[pd.DataFrame]) -> str:
    """Say what has to be known of frames of people."""
    return _incomplete(frames) + _accounts(frames)


def _filtered(frames: Sequence[pd.DataFrame]) -> str:
    """Say so where a download was filtered: what was counted is then not all of the event.

    Of an event that was read twice, with filters and without, it says which frame is meant.
    """
    unfiltered = {event_name(frame) for frame in frames if not _has_filters(frame)}
    names: dict[str, None] = {}
    for number, frame in enumerate(frames, 1):
        if _has_filters(frame):
            name = event_name(frame)
            which = f" (frame {number} of {len(frames)})" if name in unfiltered else ""
            names[f"{name or 'one frame'}{which}"] = None
    if not names:
        return ""
    return f" Of {' and of '.join(names)}, only what the filters of the query let through was read."


def _incomplete(frames: Sequence[pd.DataFrame]) -> str:
    """Say so where a download was cut short, so that no part is passed off as whole."""
    cut = [frame for frame in frames if note(frame).get("complete") is False]
    names = dict.fromkeys(event_name(frame) or "one frame" for frame in cut)
    if not names:
        return ""
    which = " and of ".join(names)
    return f" Not complete: the download of {which} was cut short, so people and events are missing."


def _accounts(frames: Sequence[pd.DataFrame]) -> str:
    """Say so where frames come from different accounts: the same id may be two people."""
    noted = [each for each in map(note, frames) if "account" in each]
    found = dict.fromkeys(f"{each['account']} ({each.get('region')})" for each in noted)
    return (
        f" From several accounts: {', '.join(found)}; equal ids count as one person."
        if len(found) > 1
        else ""
    )


def _outside(frames: Sequence[pd.DataFrame], events: Sequence[Events]) -> str:
    """Say so where a download has rows that it cannot have had, since they may not be counted.

    It is a sign that ``ts`` no longer stands on the project's clock.
    """
    rows = sum(
        {id(frame): _rows_outside(frame, each) for frame, each in zip(frames, events, strict=True)}.values()
    )
    if not rows:
        return ""
    said = counted(rows, "row lies", "rows lie")
    return (
        f" {said} outside the days of the query and may not be counted: was ts converted from the project's "
        f"time zone to another?"
    )


def _unread(end: int, frames: Sequence[pd.DataFrame], events: Sequence[Events]) -> str:
    """Say so where ``until`` lies behind what was read: whoever came in between would count as away."""
    reads = [observation_end(None, frame, events) for frame in frames if _is_dated(frame)]
    read = min(reads, default=end)
    if end <= read:
        return ""
    until = observed_text(read, events[0].zone).removeprefix(OBSERVED)
    return f" The events were read only until {until}: what came later is missing."


def _late(frames: Sequence[pd.DataFrame], events: Sequence[Events]) -> str:
    """Say so where a later step was read from a later day on: whoever did it before would count as away."""
    start = first_day(frames[0], events[0])
    said: dict[str, None] = {}
    for frame, each in zip(frames[1:], events[1:], strict=True):
        read = first_day(frame, each) if _has_days(frame) else None
        if start is not None and read is not None and read > start:
            day = observed_text(read + 1, each.zone).removeprefix(OBSERVED).partition(",")[0]
            said[
                f" {each.name or 'The last event'} was read only from {day} on: what came before is missing."
            ] = None
    return "".join(said)


def _is_dated(frame: pd.DataFrame) -> bool:
    return bool({"query", "downloaded_at"} & note(frame).keys())


def _has_days(frame: pd.DataFrame) -> bool:
    return {"from", "to"} <= query_of(frame).keys()


def _has_filters(frame: pd.DataFrame) -> bool:
    return bool(query_of(frame).keys() - {"event_name", "from", "to"})


def _rows_outside(frame: pd.DataFrame, events: Events) -> int:
    if not _has_days(frame):
        return 0
    query = query_of(frame)
    start = to_utc(pd.Timestamp(str(query["from"])), events.zone)
    end = end_of(int(query["to"]), events.zone)
    return int(((events.person >= 0) & ((events.when < start) | (events.when >= end))).sum())
