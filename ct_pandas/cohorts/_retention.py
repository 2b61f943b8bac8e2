"""Retention: of the people born in a period, how many came back in each later one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ct_pandas._shown import shown
from ct_pandas.cohorts._births import births, check_first
from ct_pandas.cohorts._breakdown import breakdown
from ct_pandas.cohorts._calendar import MOST_PERIODS, Cut, parse_freq, whole
from ct_pandas.cohorts._caveats import caveats
from ct_pandas.cohorts._definitions import retention_sentence
from ct_pandas.cohorts._events import (
    observation_end,
    read_events,
)
from ct_pandas.cohorts._result import Result, count_text, left_out_text, observed_text, share_text
from ct_pandas.cohorts._returns import came_back
from ct_pandas.cohorts._triangle import count_triangle, list_people

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = ("n-day", "unbounded")
AVERAGE = "weighted average"
OWN_NAMES = ("birth", "cohort", "period", "size", "eligible", "returned", "rate", "running")


@dataclass(frozen=True, repr=False, eq=False)
class Retention(Result):
    """Cohort × period tables of who came back; made by :func:`retention`.

    Attributes
    ----------
    counts
        People who came back, ``Int64``; missing where nobody is old enough yet. Rows are the cohorts that
        have people, by their first day (with ``by``: value and first day); columns are the numbers of the
        periods, from 0.
    eligible
        The denominators: people of the cohort who are old enough for that period.
    running
        Which cells are not final: a calendar period that was still running when observation ended; with hours
        from birth, a cohort of which only a part is old enough (its rate is right, its people will grow).
    sizes
        People in each cohort.
    average
        Weighted average by period: all who came back over all who were old enough, running calendar periods
        not counted. With ``by``, a frame with one row per value.
    people
        One row per person: ``birth``, ``cohort``, the value of ``by``, and one boolean column per period.
    definition
        What was counted, as a sentence; printed on every figure.
    left_out
        What was not counted: reason to number.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> retention = ct.retention(opened, periods=2)
    >>> retention.rates.shape
    (5, 3)
    """

    counts: pd.DataFrame
    eligible: pd.DataFrame
    running: pd.DataFrame
    sizes: pd.Series
    average: Any
    people: pd.DataFrame
    definition: str
    freq: str
    by: str | None = None
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def rates(self) -> pd.DataFrame:
        """Share of the eligible people who came back, ``counts / eligible``."""
        return self.counts.astype("float64") / self.eligible.where(self.eligible > 0)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per cohort and period that somebody is old enough for.

        Columns: the value of ``by`` if any, ``cohort``, ``period``, ``size``, ``eligible``, ``returned``,
        ``rate``, ``running``.
        """
        keys = list(self.counts.index.names)
        columns = {
            "returned": self.counts,
            "eligible": self.eligible,
            "rate": self.rates,
            "running": self.running,
        }
        tidy = pd.DataFrame({name: _long(frame) for name, frame in columns.items()})
        tidy["size"] = self.sizes.repeat(len(self.counts.columns)).to_numpy()
        tidy = tidy[tidy["eligible"] > 0].reset_index()
        return tidy[[*keys, "period", "size", "eligible", "returned", "rate", "running"]]

    def table(self) -> pd.DataFrame:
        """Give the table as it is shown: share and count in each cell, ``*`` where the period is running.

        The weighted average stands below the cohorts, with ``by`` below those of each value.
        """
        texts = zip(
            self.rates.to_numpy().flat, self.counts.to_numpy().flat, self.running.to_numpy().flat, strict=True
        )
        cells = np.array([_cell(*each) for each in texts], dtype=object).reshape(self.counts.shape)
        word = parse_freq(self.freq, hours=True).heading
        headings = pd.Index([f"{word} {number}" for number in self.counts.columns])
        shown = pd.DataFrame(cells, self.counts.index, headings)
        shown.insert(0, "people", self.sizes.map(count_text))
        return self._with_averages(shown) if len(shown) else shown

    def _with_averages(self, cells: pd.DataFrame) -> pd.DataFrame:
        days = [f"{day:%Y-%m-%d}" for day in self.counts.index.get_level_values("cohort")]
        average = self.average.to_frame().T if self.by is None else self.average
        sizes = [self.sizes.sum()] if self.by is None else self.sizes.groupby(level=0, sort=False).sum()
        rows = average.map(share_text).set_axis(cells.columns[1:], axis="columns")
        rows.insert(0, "people", pd.Series(sizes, rows.index).map(count_text))
        shown: pd.DataFrame = pd.concat([cells, rows])
        if self.by is None:
            shown.index = pd.Index([*days, AVERAGE], name="cohort")
            return shown
        values = self.counts.index.get_level_values(0)
        labels = zip([*values, *rows.index], [*days, *[AVERAGE] * len(rows)], strict=True)
        shown.index = pd.MultiIndex.from_tuples(labels, names=self.counts.index.names)
        place = [*rows.index.get_indexer(values), *range(len(rows))]
        return shown.iloc[np.argsort(place, kind="stable")]

    def plot(
        self,
        kind: Literal["heatmap", "curves"] = "heatmap",
        *,
        ax: Axes | None = None,
        figsize: tuple[float, float] | None = None,
        **options: Any,
    ) -> Axes:
        """Draw it: ``kind="heatmap"`` (shares and counts) or ``"curves"``. Returns the Axes."""
        from ct_pandas import plots  # noqa: PLC0415 - matplotlib loads when something is drawn

        drawings = {"heatmap": plots.retention_heatmap, "curves": plots.retention_curves}
        if not isinstance(kind, str) or kind not in drawings:
            raise ValueError(f'kind={shown(kind)} is not a drawing of retention: use "heatmap" or "curves".')
        return drawings[kind](self, ax=ax, figsize=figsize, **options)


def retention(
    birth: pd.DataFrame,
    returned: pd.DataFrame | None = None,
    *,
    freq: str = "W",
    periods: int = 8,
    kind: Literal["n-day", "unbounded"] = "n-day",
    first: Literal["in-window", "ever"] = "in-window",
    by: str | None = None,
    person: str | None = None,
    until: Any = None,
) -> Retention:
    """Count who came back, by the period of their first event.

    **Definition.** A person is *born* at their first occurrence in ``birth``, and belongs to the cohort of
    that period. They *came back* in period k if an occurrence in ``returned``, at or after the moment of
    birth, falls into the k-th period after that of birth (``kind="n-day"``), or into it or any later one
    (``"unbounded"``). Period 0 is the period of birth; with one and the same event it is 100% by definition,
    because birth itself counts. The rate is over the people who are old enough for that period, never over
    the whole cohort.

    The usual recipe (``groupby(cohort, age).nunique()`` over the first column) divides by everybody, so the
    youngest people, who had no chance to come back yet, count as lost, and the right edge always falls. Here
    a cell has only those people who had the chance, and a calendar period that was still running when
    observation ended is marked and is not part of the average.

    No requests. One pass over the rows; memory of about one copy of the two columns used.

    Parameters
    ----------
    birth, returned
        Frames with one row per occurrence and a column ``ts``. ``returned`` left out: coming back is the
        birth event again.
    freq
        ``"D"``, ``"W"`` or ``"M"``: calendar days, weeks from Monday, months, in the zone of ``ts``, however
        many hours they have. ``"24h"`` (any whole number of hours): that long, counted from each person's own
        moment of birth, in cohorts of one day (of one week from ``"168h"`` on); a person counts in such a
        period once it has passed for them.
    periods
        How many periods after the one of birth, at most 10,000; the columns are 0 to ``periods``.
    kind
        ``"n-day"``: came back in that period. ``"unbounded"``: in that period or later. Older cohorts had
        longer for the latter.
    first
        ``"in-window"``: birth is the first occurrence in the frame, which may well not be the person's first.
        ``"ever"``: birth is the profile's own ``first_seen`` of that event (or the first occurrence in the
        frame, should that be earlier), and who was born before the query's first day is left out. Needs
        ``event_summary=True`` when reading.
    by
        Column of ``birth`` to break down by: its value in the row of birth.
    person
        Column of the person; left out: ``identity``, and where that is missing ``objectId``. Rows without one
        are left out and counted.
    until
        Last day (or moment) of observation. Left out: the last day of the query that ``returned`` was read
        with, or the moment of its download, whichever is earlier; without either the last event. Later rows
        are ignored.

    Returns
    -------
    Retention
        ``.counts``, ``.eligible``, ``.rates``, ``.running``, ``.average``, ``.people``; ``.to_frame()``;
        ``.plot()``.

    Raises
    ------
    ValueError
        A frame of people instead of events, a missing column, a word that is not offered.

    Examples
    --------
    >>> import pandas as pd
    >>> from ct_pandas.cohorts import retention
    >>> days = pd.to_datetime(["2025-10-06", "2025-10-14", "2025-10-07", "2025-10-22"])
    >>> opened = pd.DataFrame({"identity": ["a", "a", "b", "b"], "ts": days})
    >>> retention(opened, periods=2, until="2025-10-26").rates.iloc[0].tolist()
    [1.0, 0.5, 0.5]
    """
    cut, periods = check_words(freq, periods, kind, first)
    watched = birth if returned is None else returned
    (start, back), ids = read_events({"birth": birth, "returned": watched}, person)
    values = None if by is None else breakdown(birth, by, own=OWN_NAMES)
    end = observation_end(until, watched, (start, back))
    born = births(first, birth, start, len(ids), end)
    came = came_back(born, back, people=len(ids), end=end, cut=cut, last=periods, kind=kind)
    values = None if values is None else values.iloc[born.row]
    left_out = {
        "rows of birth without a person or a time": start.unusable,
        "rows of return without a person or a time": 0 if watched is birth else back.unusable,
        "people born before the window": born.too_old,
        "people without a first_seen": born.unknown,
    }
    said = retention_sentence(
        cut,
        kind=kind,
        first=first,
        birth=start.name or "birth event",
        back=back.name or ("it again" if watched is birth else "return event"),
        by=by,
        watched=observed_text(end, back.zone),
        zone=start.zone,
    )
    said += left_out_text(left_out) + caveats([birth, watched], [start, back], end)
    cells = count_triangle(came, values, cut=cut, by=by)
    people = list_people(born, came, values, ids, cut=cut, by=by, zone=start.zone)
    return Retention(**vars(cells), people=people, definition=said, freq=cut.freq, by=by, left_out=left_out)


def check_words(freq: Any, periods: Any, kind: str, first: str) -> tuple[Cut, int]:
    """Refuse words that are not offered; give the periods and how many."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f'kind={shown(kind)}: use "n-day" (in that period) or "unbounded" (in it or later).')
    check_first(first)
    what = "how many periods after the one of birth"
    last = whole("periods", periods, least=0, what=what, most=MOST_PERIODS)
    return parse_freq(freq, hours=True), last


def _cell(rate: float, count: Any, running: bool) -> str:
    return "" if np.isnan(rate) else f"{share_text(rate)} ({count_text(count)}){'*' if running else ''}"


def _long(frame: pd.DataFrame) -> Any:
    return frame.stack()  # noqa: PD013 - keeps the row labels, which melt drops
