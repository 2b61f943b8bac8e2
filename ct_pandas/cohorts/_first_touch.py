"""First touch: what brought people in, period by period."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ct_pandas.cohorts._births import births, check_first
from ct_pandas.cohorts._breakdown import breakdown, by_period, is_missing, labelled
from ct_pandas.cohorts._calendar import WORDS, moments, parse_freq, to_wall
from ct_pandas.cohorts._caveats import caveats
from ct_pandas.cohorts._events import observation_end, read_events
from ct_pandas.cohorts._result import Result, count_text, left_out_text, observed_text, share_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False, eq=False)
class FirstTouch(Result):
    """Cohorts by an attribute of the first occurrence; made by :func:`first_touch`.

    Attributes
    ----------
    counts
        Period of birth × value: people. Values stand in order of their size, ``(missing)`` last.
    people
        One row per person: ``birth``, ``cohort``, ``value``.
    definition
        What was counted, as a sentence; printed on every figure.
    left_out
        What was not counted: reason to number.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> touched = ct.first_touch(opened, "session_props.utm_source")
    >>> "Newsletter" in set(touched.to_frame()["session_props.utm_source"])
    True
    """

    counts: pd.DataFrame
    people: pd.DataFrame
    definition: str
    freq: str
    by: str
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def shares(self) -> pd.DataFrame:
        """Share of each value among the people of the period."""
        return self.counts.div(self.counts.sum(axis=1), axis=0)

    def to_frame(self) -> pd.DataFrame:
        """Give ``cohort``, the value under its column's name, ``people``, ``share``: a row for each."""
        tidy = self.counts.melt(ignore_index=False, var_name=self.by, value_name="people")
        tidy["share"] = self.shares.melt()["value"].to_numpy()
        return tidy.reset_index().sort_values("cohort", kind="stable", ignore_index=True)

    def table(self) -> pd.DataFrame:
        """Give the table as it is shown: count and share."""
        shown = self.counts.map(count_text) + " (" + self.shares.map(share_text) + ")"
        shown.insert(0, "people", self.counts.sum(axis=1).map(count_text))
        shown.index = pd.Index([f"{day:%Y-%m-%d}" for day in shown.index], name="cohort")
        return shown

    def plot(
        self, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None, **options: Any
    ) -> Axes:
        """Draw the shares as stacked bars. Returns the Axes."""
        from ct_pandas import plots  # noqa: PLC0415 - matplotlib loads when something is drawn

        return plots.first_touch(self, ax=ax, figsize=figsize, **options)


def first_touch(
    events: pd.DataFrame,
    by: str,
    *,
    freq: str = "M",
    first: Literal["in-window", "ever"] = "in-window",
    person: str | None = None,
    until: Any = None,
) -> FirstTouch:
    """Group people by what their first occurrence says, such as the campaign that brought them.

    **Definition.** A person's first touch is the value of ``by`` in the row of their first occurrence (of two
    at the same moment, the one that stands first), whatever came later. Columns of the profile hold the value
    at the time of the download; properties of the event and of its session hold that of the day.

    No requests. One pass over the rows.

    Parameters
    ----------
    events
        Frame with one row per occurrence and a column ``ts``.
    by
        The column, such as ``"session_props.utm_source"``.
    freq
        ``"D"``, ``"W"`` or ``"M"``: the periods of birth, in the zone of ``ts``.
    first
        ``"in-window"``, or ``"ever"``: only who was ``first_seen`` in the window (:func:`retention`).
    person
        Column of the person; left out: ``identity``, and where that is missing ``objectId``.
    until
        Last day (or moment) of observation; left out: as in :func:`retention`.

    Returns
    -------
    FirstTouch
        ``.counts``, ``.shares``, ``.people``, ``.to_frame()``, ``.plot()``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ct_pandas.cohorts import first_touch
    >>> days = pd.to_datetime(["2025-10-01", "2025-10-02", "2025-10-02"])
    >>> visits = pd.DataFrame({"identity": ["a", "a", "b"], "ts": days, "source": ["mail", "ad", "ad"]})
    >>> first_touch(visits, "source").counts.loc["2025-10-01"].to_dict()
    {'ad': 1, 'mail': 1}
    """
    cut = parse_freq(freq)
    check_first(first)
    (read,), ids = read_events({"events": events}, person)
    values = breakdown(events, by, own=("cohort", "people", "share"))
    end = observation_end(until, events, (read,))
    born = births(first, events, read, len(ids), end)
    values = values.iloc[born.row]
    cohort = cut.number(to_wall(born.when, read.zone))
    born_on = {"birth": moments(born.when, read.zone), "cohort": cut.first_days(cohort)}
    people = pd.DataFrame(born_on, index=ids[born.people].rename("person"))
    people["value"] = labelled(values).to_numpy()
    left_out = {
        "rows without a person or a time": read.unusable,
        "people born before the window": born.too_old,
        "people without a first_seen": born.unknown,
    }
    which = "first-ever" if first == "ever" else "first observed"
    said = (
        f"People by the {WORDS[cut.unit]} of their {which} {read.name or 'event'} and by {by} in it. "
        f"{observed_text(end, read.zone)}." + left_out_text(left_out)
    )
    said += caveats([events], [read], end)
    counts = by_period(cohort, values, cut, "cohort")
    size = counts.sum().to_numpy()
    order = sorted(range(len(size)), key=lambda at: (is_missing(counts.columns[at]), -size[at]))
    return FirstTouch(counts.iloc[:, order], people, said, cut.freq, by, left_out)
