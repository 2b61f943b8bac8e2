"""Adoption: which platforms and app versions people use, and how that shifts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ct_pandas.cohorts._breakdown import breakdown, by_period, instead, is_missing, require_name
from ct_pandas.cohorts._calendar import WORDS, parse_freq, to_wall
from ct_pandas.cohorts._caveats import caveats, caveats_of_people
from ct_pandas.cohorts._devices import device_fields, device_values
from ct_pandas.cohorts._events import note, observation_end, read_events
from ct_pandas.cohorts._result import Result, count_text, left_out_text, observed_text, share_text

OWN_NAMES = ("period", "people", "share")
DEVICE_FIELDS = ("platform", "app_version", "os_version", "make", "model")

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False, eq=False)
class Adoption(Result):
    """People by platform, version or the like; made by :func:`adoption`.

    Attributes
    ----------
    counts
        Period × value: people. For a frame of people there is one row, ``"now"``.
    totals
        People in each period.
    definition
        What was counted, as a sentence; printed on every figure.
    left_out
        What was not counted: reason to number.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> platforms = ct.cohorts.adoption(opened, "platform")
    >>> "Android" in platforms.shares.columns
    True
    """

    counts: pd.DataFrame
    totals: pd.Series
    definition: str
    column: str
    freq: str | None
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def shares(self) -> pd.DataFrame:
        """People with the value, of all people of the period."""
        return self.counts.div(self.totals, axis=0)

    def to_frame(self) -> pd.DataFrame:
        """Give ``period``, the value under its column's name, ``people``, ``share``: a row for each."""
        tidy = self.counts.melt(ignore_index=False, var_name=self.column, value_name="people")
        tidy["share"] = self.shares.melt()["value"].to_numpy()
        return tidy.reset_index().sort_values("period", kind="stable", ignore_index=True)

    def table(self) -> pd.DataFrame:
        """Give the table as it is shown: count and share."""
        shown = self.counts.map(count_text) + " (" + self.shares.map(share_text) + ")"
        shown.insert(0, "people", self.totals.map(count_text))
        shown.index = pd.Index([str(label)[:10] for label in shown.index], name="period")
        return shown if self.counts.size else shown.iloc[:0]

    def plot(
        self, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None, **options: Any
    ) -> Axes:
        """Draw the shares: stacked areas over time, or bars for a frame of people. Returns the Axes."""
        from ct_pandas import plots  # noqa: PLC0415 - matplotlib loads when something is drawn

        return plots.adoption(self, ax=ax, figsize=figsize, **options)


def adoption(
    frame: pd.DataFrame,
    column: str = "platform",
    *,
    freq: str = "W",
    person: str | None = None,
    until: Any = None,
) -> Adoption:
    """Count people by platform, app version or another trait of their devices.

    **Definition.** In a frame of events, each person counts once in every period they are active in, with the
    value of their last row in it. In a frame of people, each person counts once for every different value on
    their devices at the time of the download, so shares may add up to more than 100%.

    No requests.

    Parameters
    ----------
    frame
        Events (``ts`` and a column such as ``platform``) or people (``platformInfo.<platform>.<field>``).
    column
        ``"platform"``, ``"app_version"``, ``"os_version"``, ``"make"``, ``"model"``; or any other column.
    freq
        ``"D"``, ``"W"`` or ``"M"``, in the zone of ``ts``; not used for a frame of people.
    person
        Column of the person; left out: ``identity``, and where that is missing ``objectId``.
    until
        Last day (or moment) of observation; left out: as in :func:`retention`.

    Returns
    -------
    Adoption
        ``.counts``, ``.shares``, ``.totals``, ``.to_frame()``, ``.plot()``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ct_pandas.cohorts import adoption
    >>> days = pd.to_datetime(["2025-10-06", "2025-10-07", "2025-10-07"])
    >>> versions = ["1.9", "1.10", "1.9"]
    >>> opened = pd.DataFrame({"identity": ["a", "a", "b"], "ts": days, "app_version": versions})
    >>> adoption(opened, "app_version").counts.loc["2025-10-06"].to_dict()
    {'1.9': 1, '1.10': 1}
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"adoption takes a DataFrame of events or of people, not {type(frame).__name__}.")
    if "ts" not in frame.columns or note(frame).get("kind") == "people":
        return _of_people(frame, column)
    cut = parse_freq(freq)
    (read,), _ = read_events({"events": frame}, person)
    values = breakdown(frame, column, own=OWN_NAMES, word="column")
    end = observation_end(until, frame, (read,))
    use = np.flatnonzero((read.person >= 0) & (read.when < end))
    use = use[np.argsort(read.when[use], kind="stable")]
    number = cut.number(to_wall(read.when[use], read.zone))
    rows = pd.DataFrame({"person": read.person[use], "period": number, "row": use})
    last = rows.drop_duplicates(["person", "period"], keep="last")
    counts = by_period(last["period"].to_numpy(), values.iloc[last["row"]], cut, "period")
    left_out = {"rows without a person or a time": read.unusable}
    said = (
        f"People with {read.name or 'an event'} in that {WORDS[cut.unit]}, by {column} in the last one. "
        f"{observed_text(end, read.zone)}." + left_out_text(left_out)
    )
    said += caveats([frame], [read], end)
    order = sorted(range(counts.shape[1]), key=lambda at: version_key(counts.columns[at]))
    counts = counts.iloc[:, order]  # by position: truths as labels would pick rows
    return Adoption(counts, counts.sum(axis=1).rename("people"), said, column, cut.freq, left_out)


def _of_people(frame: pd.DataFrame, column: str) -> Adoption:
    require_name("column", column)
    if len(frame) and column not in {*frame.columns, *DEVICE_FIELDS, *device_fields(frame)}:
        raise ValueError(
            f"{column!r} is not a column of the frame, and no device in it has such a "
            f"field.{instead(frame, column)}"
        )
    if column in OWN_NAMES:
        breakdown(frame, column, own=OWN_NAMES, word="column")
    found = device_values(frame, column).drop_duplicates()
    counted = found["value"].value_counts()
    order = sorted(counted.index, key=version_key)
    now = pd.Index(["now"], name="period")
    counts = pd.DataFrame([counted.reindex(order).to_numpy()], now, pd.Index(order, name=column))
    totals = pd.Series([found["position"].nunique()], now, name="people")
    without = {"people without one": len(frame) - int(totals.iloc[0])}
    said = (
        f"People by {column} on any of their devices, as of the download; who has several counts in each. "
        f"Shares are of the people with at least one." + left_out_text(without) + caveats_of_people([frame])
    )
    return Adoption(counts, totals, said, column, None, without)


def version_key(value: Any) -> tuple[Any, ...]:
    """Order versions by their numbers, 1.9 before 1.10; then other texts; what is missing stands last."""
    parts = str(value).split(".")
    if all(part.isdigit() for part in parts):
        return (0, tuple(int(part) for part in parts), "")
    return (2 if is_missing(value) else 1, (), str(value))
