"""Active users as lines over days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ct_pandas.plots._canvas import (
    COLOURS,
    NORMAL,
    STROKES,
    axes,
    caption,
    ink,
    label,
    nothing,
    percent,
    thousands,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ct_pandas.cohorts import ActiveUsers


def active_users(result: ActiveUsers, *, ax: Axes | None = None, stickiness: bool = False) -> Axes:
    """Draw daily, weekly and monthly active people; or the stickiness alone.

    Parameters
    ----------
    result
        What :func:`ct_pandas.active_users` gave.
    ax
        Axes to draw on; left out: a new figure.
    stickiness
        Draw daily over monthly instead of the three counts.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> page = ct.plots.active_users(ct.active_users(opened), stickiness=True)
    """
    headline = "Stickiness: daily over monthly active people" if stickiness else "Active people"
    if not len(result.days) or not int(result.days["daily"].max()):
        return nothing(ax, headline, result.definition)
    if stickiness and not result.days["stickiness"].notna().any():
        return nothing(ax, headline, result.definition, "Too few days for a monthly figure")
    page = axes(ax, 8.6, 4.4)
    for number, measure in enumerate(["stickiness"] if stickiness else ["monthly", "weekly", "daily"]):
        _line(page, result, measure, number)
    tidy(page)
    _dates(page)
    (percent if stickiness else thousands)(page)
    label(page, y="share" if stickiness else "people")
    page.set_ylim(0, page.get_ylim()[1])
    caption(page, headline, result.definition.replace("* ", "dotted: "))
    return page


def _line(page: Axes, result: ActiveUsers, measure: str, number: int) -> None:
    """Draw one measure, the running day dotted, its name at the end of the line."""
    days = result.days.index.to_numpy()
    values = result.days[measure].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return
    over = known[~result.days["running"].to_numpy()[known]]
    page.plot(
        days[over],
        values[over],
        color=COLOURS[number],
        linestyle=STROKES[number],
        linewidth=2.0,
        label=measure,
    )
    if len(over) < len(known):
        tail = known[-2:]
        page.plot(days[tail], values[tail], color=COLOURS[number], linestyle=":", linewidth=2.0)
    page.annotate(
        measure,
        (days[known[-1]], values[known[-1]]),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=NORMAL,
        color=ink(page),
        annotation_clip=False,
    )


def _dates(page: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 - when something is drawn

    locator: Any = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call]
    page.xaxis.set_major_locator(locator)
    page.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    page.xaxis.get_offset_text().set_color(ink(page))
