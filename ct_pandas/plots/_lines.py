"""Active users as lines over days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ct_pandas.plots._canvas import (
    COLOURS,
    NORMAL,
    STROKES,
    caption,
    ink,
    label,
    nothing,
    percent,
    require,
    thousands,
    tidy,
)
from ct_pandas.plots._layout import axes, sized
from ct_pandas.plots._text import explained

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ct_pandas.cohorts import ActiveUsers


MOST_DAY_TICKS = 9


def active_users(
    result: ActiveUsers,
    *,
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    stickiness: bool = False,
) -> Axes:
    """Draw daily, weekly and monthly active people; or the stickiness alone.

    Parameters
    ----------
    result
        What :func:`ct_pandas.active_users` gave.
    ax
        Axes to draw on; left out: a new figure.
    figsize
        Inches of the new figure, width and height; left out: as much as the drawing needs.
    stickiness
        Draw daily over monthly instead of the three counts.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> page = ct.plots.active_users(ct.active_users(opened), stickiness=True)
    """
    require(result, "ActiveUsers", made_by="active_users")
    ax = sized(ax, figsize)
    headline = "Stickiness: daily over monthly active people" if stickiness else "Active people"
    if not len(result.days) or not int(result.days["daily"].max()):
        return nothing(ax, headline, result.definition)
    if stickiness and not result.days["stickiness"].notna().any():
        return nothing(ax, headline, result.definition, "Too few days for a monthly figure")
    page = axes(ax, 8.6, 4.4)
    measures = ["stickiness"] if stickiness else ["monthly", "weekly", "daily"]
    ends = [_line(page, result, measure, number) for number, measure in enumerate(measures)]
    tidy(page)
    _dates(page, len(result.days))
    (percent if stickiness else thousands)(page)
    label(page, y="share" if stickiness else "people")
    page.set_ylim(0, page.get_ylim()[1])
    _names(page, [end for end in ends if end is not None])
    lacking = [measure for measure, end in zip(measures, ends, strict=True) if end is None]
    short = f" Too few days for a {' or '.join(lacking)} figure." if lacking else ""
    dotted = bool(result.days["running"].any())
    caption(page, headline, explained(result.definition, "dotted", is_drawn=dotted) + short)
    return page


def _line(page: Axes, result: ActiveUsers, measure: str, number: int) -> tuple[str, Any, float] | None:
    """Draw one measure, the running day dotted or hollow; give its name and where it ends."""
    days = result.days.index.to_numpy()
    values = result.days[measure].to_numpy(dtype=float, na_value=np.nan)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return None
    over = known[~result.days["running"].to_numpy()[known]]
    dot = "o" if len(known) == 1 else ""  # a line of one point is none
    page.plot(
        days[over],
        values[over],
        color=COLOURS[number],
        linestyle=STROKES[number],
        linewidth=2.0,
        marker=dot,
        label=measure,
    )
    if len(over) < len(known):
        tail = known[-2:]
        page.plot(
            days[tail],
            values[tail],
            color=COLOURS[number],
            linestyle=":",
            linewidth=2.0,
            marker=dot,
            mfc="none",
        )
    return measure, days[known[-1]], float(values[known[-1]])


def _names(page: Axes, ends: list[tuple[str, Any, float]]) -> None:
    """Write each measure's name at the end of its line, one above the other where lines end together."""
    points = float(page.bbox.height / page.figure.dpi) * 72 / page.get_ylim()[1]
    lowest = -NORMAL * 0.6  # above the axis
    for measure, day, value in sorted(ends, key=lambda end: end[2]):
        lowest = max(value * points, lowest + NORMAL * 1.3)
        page.annotate(
            measure,
            (day, value),
            xytext=(6, lowest - value * points),
            textcoords="offset points",
            va="center",
            fontsize=NORMAL,
            color=ink(page),
            annotation_clip=False,
        )


def _dates(page: Axes, days: int) -> None:
    from matplotlib.dates import (  # noqa: PLC0415 - matplotlib loads when something is drawn
        AutoDateLocator,
        ConciseDateFormatter,
        DayLocator,
    )

    few = days <= MOST_DAY_TICKS
    locator: Any = DayLocator() if few else AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call]
    page.xaxis.set_major_locator(locator)
    page.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    page.xaxis.get_offset_text().set(color=ink(page), fontsize=NORMAL)
