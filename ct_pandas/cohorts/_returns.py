"""Returns: in which periods after birth each person came back, and which periods they are old enough for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ct_pandas.cohorts._births import Births
from ct_pandas.cohorts._calendar import HOUR, Cut, Ints, to_wall
from ct_pandas.cohorts._events import Events

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Returns:
    """Person × period: came back, was old enough, and whether that period was still running."""

    cohort: Ints
    came: Flags
    eligible: Flags
    running: Flags


def came_back(
    births: Births, returned: Events, *, people: int, end: int, cut: Cut, last: int, kind: str
) -> Returns:
    """Place every return at or after birth in its period; periods are numbered from 0, the one of birth."""
    cohort = cut.number(to_wall(births.when, returned.zone))
    slot = np.full(people + 1, -1)  # the last one is nobody
    slot[births.people] = np.arange(len(births.people))
    origin = births.when if cut.hours is not None else cohort
    came = np.zeros((len(births.people), last + 1), dtype=bool)
    latest = np.full(len(births.people), -1)
    for rows in returned.parts():
        person, at = returned.person[rows], returned.when[rows]
        who = slot[person]
        use = (who >= 0) & (at < end)
        use[use] = at[use] >= births.when[who[use]]
        who, period = who[use], _period(at[use], origin[who[use]], cut, returned)
        if kind == "unbounded":
            np.maximum.at(latest, who, period)
        else:
            near = period <= last
            came[who[near], period[near]] = True
    if kind == "unbounded":
        came = latest[:, None] >= np.arange(last + 1)
    eligible, running = _old_enough(births, cohort, returned, end=end, cut=cut, last=last)
    return Returns(cohort, came & eligible, eligible, running)


def _period(at: Ints, origin: Ints, cut: Cut, events: Events) -> Ints:
    if cut.hours is not None:
        return (at - origin) // (cut.hours * HOUR)
    return cut.number(to_wall(at, events.zone)) - origin


def _old_enough(
    births: Births, cohort: Ints, events: Events, *, end: int, cut: Cut, last: int
) -> tuple[Flags, Flags]:
    """Let a calendar period count once it has begun, hours from birth once they have passed."""
    periods = np.arange(last + 1)
    if cut.hours is not None:
        over = births.when[:, None] + (periods + 1) * (cut.hours * HOUR) <= end
        return over, ~over & (births.when[:, None] + periods * (cut.hours * HOUR) < end)
    if not len(cohort):
        nothing = np.zeros((0, last + 1), dtype=bool)
        return nothing, nothing
    edge = np.array([end - 1, end])
    newest, following = cut.number(to_wall(edge, events.zone))
    reached = cohort[:, None] + periods
    return reached <= newest, (reached == newest) & (following == newest)
