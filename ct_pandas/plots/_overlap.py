"""Overlap: bars of who is in exactly which audiences, over a grid of dots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ct_pandas.plots._canvas import (
    COLOURS,
    NORMAL,
    SMALL,
    axes,
    caption,
    faint,
    ink,
    label,
    nothing,
    plain,
    shorten,
    thousands,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ct_pandas.cohorts import Overlap

MOST_COMBINATIONS = 20
ABSENT = "#d9d9d9"


def overlap(result: Overlap, *, ax: Axes | None = None) -> Axes:
    """Draw a bar per combination, largest first, over dots that say which audiences it is made of.

    Parameters
    ----------
    result
        What :func:`ct_pandas.overlap` gave. Of more than 20 combinations the 20 largest are drawn.
    ax
        Axes to draw on; left out: a new figure. The grid of dots is put below, within their own place.
    """
    headline = "Overlap of audiences"
    if not len(result.intersections):
        return nothing(ax, headline, result.definition)
    shown = result.intersections.iloc[:MOST_COMBINATIONS]
    audiences = len(result.sizes)
    page = axes(ax, max(6.5, 2.6 + 0.62 * len(shown)), 3.6 + 0.36 * audiences)
    _bars(page, shown)
    depth = 0.14 * audiences
    grid = page.inset_axes((0.0, -depth - 0.03, 1.0, depth), sharex=page)
    _dots(grid, shown, result.sizes)
    left = len(result.intersections) - len(shown)
    caption(page, headline, result.definition + (f" Not drawn: {left:,} smaller ones." if left else ""))
    return page


def _bars(page: Axes, shown: pd.DataFrame) -> None:
    bars = page.bar(range(len(shown)), shown["people"], width=0.62, color=COLOURS[0])
    for bar, people, share in zip(bars, shown["people"], shown["share"], strict=True):
        page.annotate(
            f"{people:,}\n{100 * share:.1f}%",
            (bar.get_x() + bar.get_width() / 2, people),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=SMALL,
            color=ink(page),
        )
    page.set_ylim(0, float(shown["people"].max()) * 1.18)
    page.set_xlim(-0.6, len(shown) - 0.4)
    tidy(page)
    thousands(page)
    page.tick_params(labelbottom=False)
    label(page, y="people in exactly these")


def _dots(grid: Axes, shown: pd.DataFrame, sizes: pd.Series) -> None:
    names = list(sizes.index)
    for row, name in enumerate(names):
        if row % 2 == 0:
            grid.axhspan(row - 0.5, row + 0.5, color=faint(grid), alpha=0.1, linewidth=0)
        inside = shown[name].to_numpy()
        for column, present in enumerate(inside):
            grid.plot(column, row, "o", markersize=8.5, color=ink(grid) if present else ABSENT, zorder=3)
    for column in range(len(shown)):
        rows = [row for row, name in enumerate(names) if shown[name].iloc[column]]
        if len(rows) > 1:
            grid.plot([column, column], [rows[0], rows[-1]], color=ink(grid), linewidth=2.0, zorder=2)
    grid.set_ylim(len(names) - 0.5, -0.5)
    grid.set_yticks(range(len(names)), [plain(f"{shorten(name)}  {sizes[name]:,}") for name in names])
    grid.tick_params(colors=ink(grid), labelsize=NORMAL, length=0, labelbottom=False)
    grid.set_facecolor("none")
    for spine in grid.spines.values():
        spine.set_visible(False)
