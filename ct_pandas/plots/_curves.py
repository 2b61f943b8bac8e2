"""Retention curves: every cohort thin, the average bold; with a breakdown one bold curve per value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ct_pandas._shown import counted
from ct_pandas.plots._bars import largest
from ct_pandas.plots._canvas import (
    CLOSE,
    COLOURS,
    MARKERS,
    SMALL,
    STROKES,
    caption,
    colour_map,
    ink,
    label,
    legend,
    nothing,
    percent,
    require,
    tidy,
)
from ct_pandas.plots._heatmap import period_word
from ct_pandas.plots._layout import axes, sized, width_in_inches
from ct_pandas.plots._text import apart, explained, plain, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

    from ct_pandas.cohorts import Retention

MOST_VALUES = 8
MOST_TICKS = 14
ROOM_FOR_SHARE = 0.33  # inches across
ABOVE = 18.0  # points from the axes to the definition: a share of 100% stands between them
STEPS = {"D": (1, 7, 14, 28, 91), "24h": (1, 7, 14, 28, 91)}  # whole weeks, where periods are days
SPREAD = 1.96  # standard errors to either side that hold 95%


def retention_curves(
    result: Retention,
    *,
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    cmap: str | Colormap = "Blues",
) -> Axes:
    """Draw shares by period: each cohort as a thin line, younger ones darker, and the weighted average bold.

    The band is Wilson's 95% interval of the average. The last stretch of a cohort is dotted, or its one point
    hollow, while its period is running. With ``by`` there is one bold line per value, the eight largest,
    instead.

    Parameters
    ----------
    result
        What :func:`ct_pandas.retention` gave.
    ax
        Axes to draw on; left out: a new figure.
    figsize
        Inches of the new figure, width and height; left out: as much as the drawing needs.
    cmap
        A matplotlib colour map that goes from light to dark, for the cohorts from old to young.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> page = ct.plots.retention_curves(ct.retention(opened, periods=3, by="platform"))
    """
    require(result, "Retention", made_by="retention")
    colours = colour_map(cmap)
    ax = sized(ax, figsize)
    headline = title("Retention curves", result.by)
    if not len(result.counts):
        return nothing(ax, headline, result.definition)
    if result.by is not None and not np.isfinite(result.average.to_numpy(dtype=float)).any():
        return nothing(ax, headline, result.definition, "No period is over yet")
    page = axes(ax, 8.6, 4.8)
    if result.by is None:
        _cohorts(page, result, colours)
    else:
        _values(page, result)
    tidy(page)
    percent(page)
    label(page, f"{period_word(result.freq)} since the first event", "came back")
    page.set_xticks(_ticks(result))
    page.set_ylim(0, _top(page, result))
    page.set_xlim(-0.2, len(result.counts.columns) - 0.8)
    running = result.by is None and bool(result.running.to_numpy().any())  # averages end before it
    said = explained(result.definition, "dotted", is_drawn=running)
    caption(page, headline, said, pad=ABOVE if result.by is None else CLOSE)
    if result.by is None:
        _shares(page, result)
    return page


def _ticks(result: Retention) -> list[int]:
    """Give the periods to write about: all, or every so many where they would stand too close."""
    columns = list(range(result.counts.shape[1]))
    steps = STEPS.get(result.freq, (1, 2, 5, 10, 20, 50, 100))
    step = next((step for step in steps if len(columns) <= MOST_TICKS * step), len(columns))
    return columns[::step]


def _top(page: Axes, result: Retention) -> float:
    heights = [line.get_ydata() for line in page.lines] + ([_band(result)[1]] if result.by is None else [])
    highest = max((float(np.nanmax(each)) for each in heights if np.isfinite(each).any()), default=1)
    return min(max(highest * 1.08, 0.01), 1.05)


def _cohorts(page: Axes, result: Retention, colours: Colormap) -> None:
    rates, running = result.rates, result.running
    periods = rates.columns.to_numpy()
    for row, shade in enumerate(np.linspace(0.35, 0.8, len(rates))):
        known = np.flatnonzero(rates.iloc[row].notna())
        over = known[~running.iloc[row].to_numpy()[known]]
        colour, values = colours(shade), rates.iloc[row].to_numpy()
        name = "one cohort (darker: younger)" if row == len(rates) // 2 else None
        dot = "o" if len(known) == 1 else ""  # a line of one point is none
        page.plot(periods[over], values[over], color=colour, linewidth=1.1, label=name, marker=dot, ms=4)
        if len(over) < len(known):
            tail = known[max(len(over) - 1, 0) :]
            page.plot(
                periods[tail],
                values[tail],
                color=colour,
                linewidth=1.1,
                linestyle=":",
                marker=dot,
                ms=4,
                mfc="none",
            )
    _average(page, result)
    legend(page)


def _average(page: Axes, result: Retention) -> None:
    """Draw the average of all cohorts, bold, in its band."""
    periods, average = result.counts.columns.to_numpy(), result.average.to_numpy(dtype=float)
    low, high = _band(result)
    page.fill_between(
        periods, low, high, color=ink(page), alpha=0.18, linewidth=0, label="95% interval of the average"
    )
    page.plot(
        periods,
        average,
        color=ink(page),
        linewidth=2.6,
        marker="o",
        markersize=4.5,
        markevery=_ticks(result),
        label="weighted average",
    )


def _shares(page: Axes, result: Retention) -> None:
    """Write the average above its points, as many of them as have room."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - matplotlib loads when something is drawn

    average, ticks = result.average.to_numpy(dtype=float), _ticks(result)
    room = width_in_inches(page) / max(len(average) - 0.6, 1) * (ticks[1] if len(ticks) > 1 else 1)
    halo = [withStroke(linewidth=2.5, foreground=page.get_facecolor())]
    for period in ticks[:: int(np.ceil(ROOM_FOR_SHARE / room))]:
        if not np.isfinite(average[period]):
            continue
        page.annotate(
            f"{100 * average[period]:.0f}%",
            (period, average[period]),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
            color=ink(page),
            fontweight="bold",
            path_effects=halo,
        )


def _band(result: Retention) -> tuple[Any, Any]:
    """Give Wilson's interval of the average: Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212."""
    final = result.eligible > 0
    if not result.freq.endswith("h"):
        final &= ~result.running
    people = result.eligible.where(final, 0).sum().to_numpy(dtype=float)
    people[people == 0] = np.nan
    share = result.average.to_numpy(dtype=float)
    middle = (share + SPREAD**2 / (2 * people)) / (1 + SPREAD**2 / people)
    reach = (
        SPREAD
        * np.sqrt(share * (1 - share) / people + (SPREAD / (2 * people)) ** 2)
        / (1 + SPREAD**2 / people)
    )
    return middle - reach, middle + reach


def _values(page: Axes, result: Retention) -> None:
    people = result.sizes.groupby(level=0).sum()
    averages = dict(zip(result.average.index, result.average.to_numpy(dtype=float), strict=True))
    values = largest(people, MOST_VALUES)
    names, sizes = apart(values), dict(people)
    for number, value in enumerate(values):
        page.plot(
            result.average.columns,
            averages[value],
            color=COLOURS[number] if COLOURS[number] != "#000000" else ink(page),
            linestyle=STROKES[number],
            marker=MARKERS[number],
            markevery=_ticks(result),
            markersize=5,
            linewidth=2.0,
            label=plain(f"{names[number]} ({sizes[value]:,})"),
        )
    if len(people) > MOST_VALUES:
        page.plot([], [], linestyle="none", label=f"and {counted(len(people) - MOST_VALUES, 'smaller one')}")
    legend(page, heading=result.by)
