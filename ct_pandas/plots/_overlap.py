"""Overlap: bars of who is in exactly which audiences, over a grid of dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ct_pandas._shown import counted
from ct_pandas.plots._canvas import (
    COLOURS,
    LINE,
    SMALL,
    caption,
    faint,
    ink,
    nothing,
    require,
    tidy,
)
from ct_pandas.plots._layout import axes, height_in_inches, height_of_page, settle, sized, width_in_inches
from ct_pandas.plots._text import apart, plain, width_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ct_pandas.cohorts import Overlap

MOST_COMBINATIONS = 20
WORDS, ROOM_FOR_ROW = 1.6, 0.17  # inches high: what stands above the bars, the name of an audience
FEW = 4  # places for bars, so that a single one is no wall


def overlap(result: Overlap, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None) -> Axes:
    """Draw a bar per combination, largest first, over dots that say which audiences it is made of.

    Parameters
    ----------
    result
        What :func:`ct_pandas.overlap` gave. Of more than 20 combinations the 20 largest are drawn.
    ax
        Axes to draw on; left out: a new figure. The grid of dots is put below, within their own place.
    figsize
        Inches of the new figure, width and height; left out: as much as the drawing needs.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> page = ct.plots.overlap(ct.overlap({"paid": ["a", "b"], "viewed": ["b", "c", "d"]}))
    """
    require(result, "Overlap", made_by="overlap")
    ax = sized(ax, figsize)
    headline = "Overlap of audiences"
    if not len(result.intersections):
        return nothing(ax, headline, result.definition)
    shown = result.intersections.iloc[:MOST_COMBINATIONS]
    names = [
        f"{name}  {people:,}"
        for name, people in zip(apart(list(result.sizes.index)), result.sizes, strict=True)
    ]
    margin = 0.5 + 0.085 * max(len(name) for name in names)
    across = max(4.6, 0.66 * len(shown))
    page = axes(ax, margin + across, 3.4 + 0.34 * len(names))
    tallest = float(shown["people"].max())
    row = _row_height(page, len(names)) * tallest
    _sides(page, names, row, tallest, len(shown))
    settle(page)
    _bars(page, shown)
    _dots(page, shown, list(result.sizes.index), row)
    left = len(result.intersections) - len(shown)
    said = result.definition + (f" Not drawn: {counted(left, 'smaller one')}." if left else "")
    caption(page, headline, said)
    _leave_room(page, tallest)
    _measure(page, len(shown))
    return page


def _leave_room(page: Axes, tallest: float) -> None:
    """Keep what stands above the bars within the axes, however low these have become."""
    bottom, top = page.get_ylim()
    high, needed = height_in_inches(page), 2 * LINE * SMALL / 72 + 0.05
    if high > 2 * needed and (top - tallest) / (top - bottom) * high < needed:
        page.set_ylim(top=(tallest - bottom * needed / high) / (1 - needed / high))


def _row_height(page: Axes, names: int) -> float:
    """Give the height of a row of dots, of that of the tallest bar: more on a small page, to be read."""
    spare = height_of_page(page) - WORDS - ROOM_FOR_ROW * names
    return 0.115 if spare <= 0 else min(max(0.115, 1.2 * ROOM_FOR_ROW / spare), 0.4)


def _bars(page: Axes, shown: pd.DataFrame) -> None:
    bars = page.bar(range(len(shown)), shown["people"], width=0.62, color=COLOURS[0])
    room = width_in_inches(page) / (max(len(shown), FEW) + 0.2)
    for bar, people, share in zip(bars, shown["people"], shown["share"], strict=True):
        lines = [f"{people:,}", f"{100 * share:.1f}%"]
        if max(width_of(line, SMALL) for line in lines) > room:
            lines = [f"{people:,}"] if width_of(f"{people:,}", SMALL) <= room else []
        page.annotate(
            "\n".join(lines),
            (bar.get_x() + bar.get_width() / 2, people),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=SMALL,
            color=ink(page),
        )


def _dots(page: Axes, shown: pd.DataFrame, names: list[str], row: float) -> None:
    """Draw under each bar which audiences it is made of; the rows of dots are ``row`` people high."""
    for number, name in enumerate(names):
        level = -(number + 0.8) * row
        if number % 2 == 0:
            page.axhspan(level - row / 2, level + row / 2, color=faint(page), alpha=0.1, linewidth=0)
        inside = shown[name].to_numpy(dtype=bool)
        there, absent = np.flatnonzero(inside), np.flatnonzero(~inside)
        page.scatter(there, [level] * len(there), s=64, c=ink(page), zorder=3)
        page.scatter(
            absent,
            [level] * len(absent),
            s=64,
            facecolors="none",
            edgecolors=faint(page),
            alpha=0.5,
            zorder=3,
        )
    for column in range(len(shown)):
        rows = [number for number, name in enumerate(names) if shown[name].iloc[column]]
        if len(rows) > 1:
            ends = [-(rows[0] + 0.8) * row, -(rows[-1] + 0.8) * row]
            page.plot([column, column], ends, color=ink(page), linewidth=2.0, zorder=2)


def _sides(page: Axes, names: list[str], row: float, tallest: float, columns: int) -> None:
    """Name counts beside the bars and audiences beside the dots."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - matplotlib loads when something is drawn

    ticks = [
        tick for tick in MaxNLocator(integer=True, nbins=5).tick_values(0, tallest) if 0 <= tick <= tallest
    ]
    levels = [-(number + 0.8) * row for number in range(len(names))]
    tidy(page, grid=None, keep=())
    page.set_yticks(
        [*ticks, *levels], [*[f"{tick:,.0f}" for tick in ticks], *[plain(name) for name in names]]
    )
    for tick in ticks:
        page.axhline(tick, color=faint(page), alpha=0.25 if tick else 1.0, linewidth=0.8, zorder=0)
    page.set_xticks([])
    page.set_xlim(-0.6, max(columns, FEW) - 0.4)
    page.set_ylim(-(len(names) + 0.4) * row, tallest * 1.2)


def _measure(page: Axes, columns: int) -> None:
    """Say what the bars count, where there is room beside the first one."""
    where: dict[str, Any] = {
        "transform": page.transAxes,
        "ha": "right",
        "va": "top",
        "fontsize": SMALL,
        "color": faint(page),
    }
    measure = "people in exactly these audiences"
    if width_of(measure, SMALL) < width_in_inches(page) * (1 - 1 / max(columns, FEW)):
        page.text(1.0, 1.0, measure, **where)
