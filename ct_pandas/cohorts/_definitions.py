"""Retention's definition in words, as it is printed on tables and figures."""

from __future__ import annotations

from typing import Any

from ct_pandas._shown import counted
from ct_pandas.cohorts._calendar import WORDS, Cut


def retention_sentence(
    cut: Cut, *, kind: str, first: str, birth: str, back: str, by: str | None, watched: str, zone: Any
) -> str:
    """Say who is counted where, over whom, and for how long anybody watched."""
    which = (
        f"first-ever {birth} (the profile's first_seen)"
        if first == "ever"
        else f"first {birth} in the data (which may not be their first ever)"
    )
    how = "in that period" if kind == "n-day" else "in that period or any later one"
    split = "" if by is None else f" Broken down by {by} at that first event."
    return (
        f"People by their {which}; share who did {back} from then on, {how} ({kind} retention). "
        f"{_periods(cut, zone)} {watched}.{split}"
    )


def _periods(cut: Cut, zone: Any) -> str:
    clock = "" if zone is None else f", {zone} time"
    if cut.hours is not None:
        return (
            f"Periods: {counted(cut.hours, 'hour')} each from the person's own first event, number 0 "
            f"starting with it (cohorts by {WORDS[cut.unit]} of that event{clock}). Shares are of the people "
            "for whom the period has passed; * so far only a part of the cohort."
        )
    monday = " from Monday" if cut.unit == "W" else ""
    return (
        f"Periods: calendar {WORDS[cut.unit]}s{monday}{clock}, number 0 the one of that first event. "
        f"Shares are of the people for whom the period has begun; * the period was still running."
    )
