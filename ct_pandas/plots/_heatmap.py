"""The retention triangle: a share and a count in every cell, what is running hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ct_pandas.plots._canvas import (
    NORMAL,
    axes,
    caption,
    faint,
    ink,
    label,
    nothing,
    plain,
    shorten,
    text_on,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ct_pandas.cohorts import Retention

MOST_ROWS = 40
SIZE_COLUMN = -1.0  # stands left of period 0


def retention_heatmap(result: Retention, *, ax: Axes | None = None, cmap: str = "Blues") -> Axes:
    """Draw the cohort × period triangle.

    Every cell has the share and the number of people; hatched cells are not final. On the left the size of
    each cohort, at the bottom the weighted average. Of more than 40 cohorts the last 40 are drawn.

    Parameters
    ----------
    result
        What :func:`ct_pandas.retention` gave.
    ax
        Axes to draw on; left out: a new figure.
    cmap
        A matplotlib colour map that goes from light to dark, so that it also prints in grey.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> page = ct.plots.retention_heatmap(ct.retention(opened, periods=3))
    """
    headline = title("Retention", result.by)
    if not len(result.counts):
        return nothing(ax, headline, result.definition)
    shown = slice(-MOST_ROWS, None)
    rates, counts, running = result.rates.iloc[shown], result.counts.iloc[shown], result.running.iloc[shown]
    averages = _averages(result)
    rows, columns = len(rates) + len(averages), rates.shape[1]
    page = axes(ax, max(7.0, 2.6 + 0.86 * columns), 2.1 + 0.46 * rows)
    paint = _paint(rates, cmap)
    for row, people in enumerate(result.sizes.iloc[shown]):
        _size(page, row, people)
    cells = zip(rates.to_numpy().flat, counts.to_numpy().flat, running.to_numpy().flat, strict=True)
    for number, cell in enumerate(cells):
        if not np.isnan(cell[0]):
            _cell(page, *divmod(number, columns), cell, paint)
    for offset, (_, people, average) in enumerate(averages):
        _average_row(page, len(rates) + offset, people, average)
    _frame(page, result, rates.index, averages, columns)
    caption(page, headline, _with_note(result, len(result.counts) - len(rates)))
    return page


def _averages(result: Retention) -> list[tuple[str, int, Any]]:
    if result.by is None:
        return [("weighted average", int(result.sizes.sum()), result.average.to_numpy())]
    people = result.sizes.groupby(level=0).sum()
    return [
        (f"{shorten(value, 18)}: average", int(people[value]), result.average.loc[value].to_numpy())
        for value in result.average.index
    ]


def _paint(rates: pd.DataFrame, cmap: str) -> Any:
    """Map shares to colours; period 0 is mostly 100% and would leave everything else pale."""
    from matplotlib import colormaps  # noqa: PLC0415 - matplotlib loads when something is drawn

    later = rates.iloc[:, 1:].to_numpy()
    scale = rates.to_numpy() if not np.isfinite(later).any() else later
    top = float(np.nanmax(scale)) or 1.0
    colours = colormaps[cmap]
    return lambda rate: colours(0.04 + 0.8 * min(rate / top, 1.0))


def _cell(page: Axes, row: int, column: int, cell: tuple[float, Any, Any], paint: Any) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - matplotlib loads when something is drawn

    rate, count, running = cell
    colour = paint(rate)
    text = text_on(colour)
    box = Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.2)
    page.add_patch(box)
    if running:
        stripes = Rectangle(
            (column - 0.5, row - 0.5), 1, 1, fill=False, hatch="////", linewidth=0, edgecolor="#8a8a8a"
        )
        page.add_patch(stripes)
    back = {"facecolor": colour, "edgecolor": "none", "pad": 1.2} if running else None
    page.text(
        column,
        row - 0.13,
        f"{100 * rate:.1f}%",
        ha="center",
        va="center",
        color=text,
        fontsize=NORMAL,
        bbox=back,
    )
    page.text(
        column, row + 0.24, f"{int(count):,}", ha="center", va="center", color=text, fontsize=7.0, bbox=back
    )


def _size(page: Axes, row: int, people: int) -> None:
    page.text(
        SIZE_COLUMN + 0.42, row, f"{people:,}", ha="right", va="center", fontsize=NORMAL, color=ink(page)
    )


def _average_row(page: Axes, row: int, people: int, average: Any) -> None:
    page.text(
        SIZE_COLUMN + 0.42,
        row,
        f"{people:,}",
        ha="right",
        va="center",
        fontsize=NORMAL,
        color=ink(page),
        fontweight="bold",
    )
    for column, rate in enumerate(average):
        text = "" if np.isnan(rate) else f"{100 * rate:.1f}%"
        page.text(
            column, row, text, ha="center", va="center", fontsize=NORMAL, color=ink(page), fontweight="bold"
        )


def _frame(page: Axes, result: Retention, index: pd.Index, averages: Any, columns: int) -> None:
    rows = len(index)
    page.set_xlim(SIZE_COLUMN - 0.5, columns - 0.5)
    page.set_ylim(rows + len(averages) - 0.5, -0.5)
    page.axhline(rows - 0.5, color=faint(page), linewidth=0.8)
    page.xaxis.tick_top()
    page.xaxis.set_label_position("top")
    page.set_xticks([SIZE_COLUMN + 0.42, *range(columns)], ["people", *[str(k) for k in range(columns)]])
    page.get_xticklabels()[0].set_horizontalalignment("right")
    names = [row_name(result, key) for key in index] + [name for name, _, _ in averages]
    page.set_yticks(range(len(names)), [plain(name) for name in names])
    label(page, f"{period_word(result.freq)} since birth")
    page.xaxis.labelpad = 8.0
    page.tick_params(colors=ink(page), labelsize=NORMAL, length=0)
    for name in page.get_yticklabels()[rows:]:
        name.set_fontweight("bold")
    for spine in page.spines.values():
        spine.set_visible(False)


def row_name(result: Retention, key: Any) -> str:
    """Name a cohort, with the value of the breakdown before it."""
    if result.by is None:
        return day_name(key, result.freq)
    return f"{shorten(key[0], 18)} · {day_name(key[1], result.freq)}"


def day_name(day: Any, freq: str | None) -> str:
    """Name a period by its first day; a month by itself."""
    return f"{day:%b %Y}" if freq == "M" else f"{day.day} {day:%b %Y}"


def period_word(freq: str) -> str:
    """Name the unit of the periods."""
    return {"D": "days", "W": "weeks", "M": "months"}.get(freq, f"periods of {freq[:-1]} hours")


def _with_note(result: Retention, dropped: int) -> str:
    said = result.definition.replace("* ", "hatched (*): ")
    return said + (f" Not drawn: the {dropped:,} oldest cohorts." if dropped else "")
