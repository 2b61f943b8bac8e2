"""Funnels: how far people got through steps in order, and how long it took them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ct_pandas._shown import shown
from ct_pandas.cohorts._attempts import Attempts, best_attempts, still_open
from ct_pandas.cohorts._breakdown import breakdown, labelled, ordered
from ct_pandas.cohorts._calendar import Ints, moments
from ct_pandas.cohorts._caveats import caveats
from ct_pandas.cohorts._events import (
    NEVER,
    Events,
    event_name,
    observation_end,
    read_events,
)
from ct_pandas.cohorts._result import (
    Result,
    count_text,
    duration_text,
    left_out_text,
    observed_text,
    share_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OWN_NAMES = (
    "step",
    "people",
    "of_first",
    "of_previous",
    "lost",
    "still_open",
    "median_step",
    "median_total",
)


@dataclass(frozen=True, repr=False, eq=False)
class Funnel(Result):
    """Steps and how many people reached each; made by :func:`funnel`.

    Attributes
    ----------
    steps
        One row per step (with ``by``: per value and step): ``people``; ``of_first`` and ``of_previous``,
        shares; ``lost`` since the previous step; ``still_open``, those who stopped here and may yet go on,
        because their window was open when observation ended (missing without a window); ``median_step`` and
        ``median_total``, the times from the previous and from the first step (none for the first itself).
    people
        One row per person who started, with the moment of each step of their best attempt, ``NaT`` where it
        was not reached; and the value of ``by``.
    definition
        What was counted, as a sentence; printed on every figure.
    left_out
        What was not counted: reason to number.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> october = {"start": "2025-10", "rows": "event", "progress": False}
    >>> steps = [ct.read_clevertap_events(name, **october) for name in ("Product Viewed", "Charged")]
    >>> ct.funnel(steps, within="7D").steps.index.tolist()
    ['Product Viewed', 'Charged']
    """

    steps: pd.DataFrame
    people: pd.DataFrame
    definition: str
    by: str | None = None
    left_out: dict[str, int] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Give the steps with their names in columns."""
        return self.steps.reset_index()

    def table(self) -> pd.DataFrame:
        """Give the table as it is shown: formatted text."""
        write = {
            "people": count_text,
            "of_first": share_text,
            "of_previous": share_text,
            "lost": count_text,
            "still_open": count_text,
            "median_step": duration_text,
            "median_total": duration_text,
        }
        return pd.DataFrame(
            {name.replace("_", " "): self.steps[name].map(how) for name, how in write.items()}
        )

    def plot(
        self, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None, **options: Any
    ) -> Axes:
        """Draw a bar per step. Returns the Axes."""
        from ct_pandas import plots  # noqa: PLC0415 - matplotlib loads when something is drawn

        return plots.funnel_bars(self, ax=ax, figsize=figsize, **options)


def funnel(
    steps: Mapping[str, pd.DataFrame] | Sequence[pd.DataFrame],
    *,
    within: Any = None,
    by: str | None = None,
    person: str | None = None,
    until: Any = None,
) -> Funnel:
    """Count how far people got through steps in order.

    **Definition.** Every occurrence of the first step starts an attempt. From there each next step is its
    first occurrence strictly later than the step before (two in the same second have no order), and counts
    if it comes no later than ``within`` after the start. Each person counts once, with the attempt that got
    furthest; among equals, the earliest. Other things may happen in between.

    No requests. Sorts the rows once per step; memory of about the columns used.

    Parameters
    ----------
    steps
        Frames with one row per occurrence, in order: a dict from name to frame, or a list (named after the
        events that were downloaded).
    within
        The conversion window, from the first step: ``"7D"``, ``"30min"``, a Timedelta. Left out: no limit.
    by
        Column of the first frame to break down by: its value where the attempt starts.
    person
        Column of the person; left out: ``identity``, and where that is missing ``objectId``.
    until
        Last day (or moment) of observation; left out: as in :func:`retention`, the earliest of all steps.

    Returns
    -------
    Funnel
        ``.steps``, ``.people``, ``.to_frame()``, ``.plot()``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ct_pandas.cohorts import funnel
    >>> viewed = pd.DataFrame({"identity": ["a", "b"], "ts": pd.to_datetime(["2025-10-01"] * 2)})
    >>> paid = pd.DataFrame({"identity": ["a", "b"], "ts": pd.to_datetime(["2025-10-02", "2025-10-10"])})
    >>> funnel({"Viewed": viewed, "Paid": paid}, within="7D").steps["people"].tolist()
    [2, 1]
    """
    named = _named(steps)
    window = None if within is None else _window(within)
    frames = list(named.values())
    values = None if by is None else breakdown(frames[0], by, own=[*OWN_NAMES, *named])
    events, ids = read_events(named, person)
    end = min(observation_end(until, frame, events) for frame in frames)
    attempts = best_attempts(events, end=end, within=window)
    values = None if values is None else values.iloc[attempts.row]
    left_out = {"rows without a person or a time": _unusable(frames, events)}
    said = (
        f"People by the furthest they got: {' → '.join(named)}, each step strictly later than the one before"
        + ("" if within is None else f", all within {duration_text(pd.Timedelta(within))} of the first")
        + ". Each person once, with their best attempt. "
        f"{observed_text(end, events[0].zone)}."
        + ("" if by is None else f" Broken down by {by} at the start.")
        + left_out_text(left_out)
        + caveats(frames, events, end)
    )
    waiting = still_open(events[0], attempts, end=end, within=window)
    table = _steps(attempts, waiting, list(named), values)
    people = _people(attempts, ids, list(named), events[0].zone, values)
    return Funnel(table, people, said, by, left_out)


def _named(steps: Any) -> dict[str, pd.DataFrame]:
    if isinstance(steps, pd.DataFrame | str) or not isinstance(steps, Iterable):
        raise TypeError("funnel takes its steps as a dict from name to frame, or a list of frames.")
    if isinstance(steps, Mapping):
        named = {str(name): frame for name, frame in steps.items()}
        if len(named) < len(steps):
            raise ValueError(f"Two of the steps have the same name: {', '.join(map(str, steps))}.")
    else:
        named = {}
        for number, frame in enumerate(steps, 1):
            name = (event_name(frame) if isinstance(frame, pd.DataFrame) else None) or f"step {number}"
            named[f"{name} ({number})" if name in named else name] = frame
    if len(named) < 2:
        raise ValueError("A funnel needs two steps or more.")
    return named


def _window(within: Any) -> int:
    try:
        length = None if _is_number(within) else pd.Timedelta(within)
    except ValueError:
        length = None
    if length is None:
        raise ValueError(f'within={shown(within)} is not a length of time: write the unit too, as in "7D".')
    if not length > pd.Timedelta(0):
        raise ValueError(f"within={within!r}: the window must be longer than zero.")
    return int(length / pd.Timedelta(1, "us"))


def _is_number(within: Any) -> bool:
    """Say whether there is no unit, which pandas would take for nanoseconds."""
    try:
        float(str(within))
    except ValueError:
        return False
    return True


def _unusable(frames: list[pd.DataFrame], events: list[Events]) -> int:
    return sum({id(frame): each.unusable for frame, each in zip(frames, events, strict=True)}.values())


def _steps(attempts: Attempts, waiting: Any, names: list[str], values: pd.Series | None) -> pd.DataFrame:
    if values is None:
        return _one(attempts.times, waiting, names)
    codes, kinds = ordered(values)
    tables = {
        kind: _one(attempts.times[codes == code], None if waiting is None else waiting[codes == code], names)
        for code, kind in enumerate(kinds)
    }
    return pd.concat(tables, names=[values.name]) if tables else _one(attempts.times, waiting, names)


def _one(times: Ints, waiting: Any, names: list[str]) -> pd.DataFrame:
    reached = times != NEVER
    people = reached.sum(axis=0)
    depth = reached.sum(axis=1)
    first, previous = people[0], np.append(people[0], people[:-1])
    with np.errstate(invalid="ignore"):
        shares = people / np.where(first, first, np.nan), people / np.where(previous, previous, np.nan)
    here = [depth == number for number in range(1, len(names) + 1)]
    still = [pd.NA if waiting is None else int((waiting & at).sum()) for at in here[:-1]]
    return pd.DataFrame(
        {
            "people": people,
            "of_first": shares[0],
            "of_previous": shares[1],
            "lost": previous - people,
            "still_open": pd.array([*still, 0 if waiting is not None else pd.NA], dtype="Int64"),
            "median_step": _medians(times, reached, np.maximum(np.arange(len(names)) - 1, 0)),
            "median_total": _medians(times, reached, np.zeros(len(names), dtype=int)),
        },
        index=pd.Index(names, name="step"),
    )


def _medians(times: Ints, reached: Any, since: Any) -> pd.TimedeltaIndex:
    medians = [
        float(np.median(times[use, step] - times[use, since[step]]))
        if step and (use := reached[:, step]).any()
        else np.nan
        for step in range(times.shape[1])
    ]
    return pd.TimedeltaIndex(pd.to_timedelta(np.round(medians), unit="us")).as_unit("us")


def _people(
    attempts: Attempts, ids: pd.Index, names: list[str], zone: Any, values: pd.Series | None
) -> pd.DataFrame:
    times = np.where(attempts.times == NEVER, np.iinfo(np.int64).min, attempts.times)
    columns = {
        name: moments(np.ascontiguousarray(column), zone) for name, column in zip(names, times.T, strict=True)
    }
    people = pd.DataFrame(columns, index=ids[attempts.people].rename("person"))
    if values is not None:
        people[values.name] = labelled(values).to_numpy()
    return people
