"""Attempts at a funnel: from every start as far as the steps go, and each person's best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ct_pandas.cohorts._calendar import Ints
from ct_pandas.cohorts._events import NEVER, Events
from ct_pandas.cohorts._returns import Flags


@dataclass(frozen=True)
class Attempts:
    """One attempt per person: who, the row it starts with, the moment of each step (``NEVER``: none)."""

    people: Ints
    row: Ints
    times: Ints


def best_attempts(events: Sequence[Events], *, end: int, within: int | None) -> Attempts:
    """Follow every start, and keep each person's furthest attempt, of equals the earliest."""
    starts = _occurrences(events[0], end)
    times = [starts["time"].to_numpy()]
    for step in events[1:]:
        times.append(_next(starts["person"].to_numpy(), times[-1], _occurrences(step, end)))
        if within is not None:
            late = times[-1] - times[0] > within
            times[-1] = np.where(late, NEVER, times[-1])
    reached = np.stack(times, axis=1)
    depth = (reached != NEVER).sum(axis=1)
    person = starts["person"].to_numpy()
    order = np.lexsort((starts["row"].to_numpy(), times[0], -depth, person))
    best = order[np.append(True, np.diff(person[order]) != 0)] if len(order) else order
    return Attempts(person[best], starts["row"].to_numpy()[best], reached[best])


def still_open(start: Events, attempts: Attempts, *, end: int, within: int | None) -> Flags | None:
    """Say of whom a window was still open when observation ended, that of their latest start."""
    if within is None:
        return None
    latest = np.full(int(start.person.max(initial=-1)) + 1, np.iinfo(np.int64).min)
    use = (start.person >= 0) & (start.when < end)
    np.maximum.at(latest, start.person[use], start.when[use])
    open_: Flags = latest[attempts.people] >= end - within
    return open_


def _occurrences(events: Events, end: int) -> pd.DataFrame:
    """Give the usable rows in order of time."""
    row = np.flatnonzero((events.person >= 0) & (events.when < end))
    row = row[np.argsort(events.when[row], kind="stable")]
    return pd.DataFrame({"person": events.person[row], "time": events.when[row], "row": row})


def _next(person: Ints, after: Ints, step: pd.DataFrame) -> Ints:
    """Find each person's first occurrence of the step strictly after a moment."""
    result = np.full(len(person), NEVER)
    going = np.flatnonzero(after != NEVER)
    going = going[np.argsort(after[going], kind="stable")]
    if not len(going) or not len(step):
        return result
    found = pd.merge_asof(
        pd.DataFrame({"person": person[going], "time": after[going]}),
        step[["person", "time"]].assign(found=step["time"]),
        on="time",
        by="person",
        direction="forward",
        allow_exact_matches=False,
    )["found"]
    # A missing match turns whole numbers into floats: exact for microseconds, but NEVER is none of them.
    came = found.notna().to_numpy()
    result[going[came]] = found[came].to_numpy(dtype=np.int64)
    return result
