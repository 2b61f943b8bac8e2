"""The retention triangle: a share and a count in every cell, what is running hatched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ct_pandas._shown import counted
from ct_pandas.cohorts._calendar import WORDS
from ct_pandas.plots._canvas import (
    NORMAL,
    caption,
    colour_map,
    faint,
    ink,
    label,
    nothing,
    require,
    text_on,
)
from ct_pandas.plots._layout import axes, height_in_inches, sized, width_in_inches
from ct_pandas.plots._text import apart, explained, plain, title, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

    from ct_pandas.cohorts import Retention

MOST_ROWS = 40
ROOM_FOR_SIZE, ROOM_FOR_NUMBER = 0.62, 0.24  # inches across: people of a cohort, number of a period
ROOM_FOR_DIGIT = 0.092  # inches across: a digit of the people of all cohorts, bold
ROOM_FOR_ROW = 0.16  # inches high: the name of a row
ROOM_FOR_COUNT = 0.3  # inches high: a share with its count below
LENGTHS = (18, 11, 6)  # signs of a value before its cohort
MOST_NAMES = 0.5  # of the axes' width as they are before: longer names would leave no room for cells
SIZES = -0.58  # where they end, left of period 0


@dataclass(frozen=True)
class Style:
    """How a cell of at least ``room`` inches is written: sizes in points, 0 for not at all."""

    room: float
    share: float
    digits: int
    count: float


STYLES = (Style(0.6, NORMAL, 1, 7.0), Style(0.42, 7.5, 1, 6.0), Style(0.3, 7.0, 0, 0), Style(0, 0, 0, 0))


def retention_heatmap(
    result: Retention,
    *,
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    cmap: str | Colormap = "Blues",
) -> Axes:
    """Draw the cohort × period triangle.

    Every cell has the share and the number of people, where there is room for them; hatched cells are not
    final. On the left the size of each cohort, at the bottom the weighted average. Of more than 40 cohorts
    the last 40 are drawn; with ``by`` the largest values that have as many together.

    Parameters
    ----------
    result
        What :func:`ct_pandas.retention` gave.
    ax
        Axes to draw on; left out: a new figure.
    figsize
        Inches of the new figure, width and height; left out: as much as the drawing needs.
    cmap
        A matplotlib colour map that goes from light to dark, so that it also prints in grey.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> page = ct.plots.retention_heatmap(ct.retention(opened, periods=3))
    """
    require(result, "Retention", made_by="retention")
    colours = colour_map(cmap)
    ax = sized(ax, figsize)
    headline = title("Retention", result.by)
    if not len(result.counts):
        return nothing(ax, headline, result.definition)
    shown, dropped = _shown(result)
    rates, counts, running = result.rates.iloc[shown], result.counts.iloc[shown], result.running.iloc[shown]
    averages = _averages(result, rates.index)
    rows, columns = len(rates) + len(averages), rates.shape[1]
    page = axes(ax, 2.6 + max(4.4, _cell_width(columns) * columns), 2.1 + 0.46 * rows)
    paint = _paint(rates, colours)
    _frame(page, result, rates.index, columns)
    hatched = bool(running.to_numpy().any())
    caption(page, headline, explained(result.definition, "hatched (*)", is_drawn=hatched) + dropped)
    if width_of(page.get_xlabel(), NORMAL) > width_in_inches(page):
        label(page, period_word(result.freq))
    most = max(people for people, _ in averages)
    style = _fit(page, rows, columns, longest=f"{most:,}")
    named = _thin(page, len(rates), len(averages))
    for row, people in enumerate(result.sizes.iloc[shown]):
        if row in named:
            _size(page, row, people)
    cells = zip(rates.to_numpy().flat, counts.to_numpy().flat, running.to_numpy().flat, strict=True)
    for number, cell in enumerate(cells):
        if not np.isnan(cell[0]):
            _cell(page, number // columns, number % columns, cell, look=(paint, style))
    for offset, (people, average) in enumerate(averages):
        if len(rates) + offset in named:
            _average_row(page, len(rates) + offset, people, average, style)
    return page


def _thin(page: Axes, cohorts: int, averages: int) -> set[int]:
    """Name only so many rows as have room, the first average among them; give their numbers."""
    step = max(1, int(np.ceil(ROOM_FOR_ROW * (cohorts + averages) / height_in_inches(page))))
    named = {*range(0, cohorts - step + 1, step), *range(cohorts, cohorts + averages, step)}
    for row, name in enumerate(page.get_yticklabels()):
        name.set_visible(row in named)
    return named


def _cell_width(columns: int) -> float:
    """Give the inches of a cell: narrower where there are many, so that the page stays one."""
    if columns <= 14:
        return 0.86
    return 0.52 if columns <= 35 else max(0.12, min(0.36, 30 / columns))


def _shown(result: Retention) -> tuple[Any, str]:
    """Choose the rows that fit on a page; say in words which do not."""
    rows = np.arange(len(result.counts))
    if result.by is None:
        left = len(rows) - MOST_ROWS
        return rows[-MOST_ROWS:], f" Not drawn: the {counted(left, 'oldest cohort')}." if left > 0 else ""
    groups = result.sizes.groupby(level=0)
    people = groups.sum().sort_values(ascending=False, kind="stable")
    fit = max(1, int((groups.size().reindex(people.index).cumsum() <= MOST_ROWS).sum()))
    chosen = rows[result.counts.index.get_level_values(0).isin(people.index[:fit])]
    left = len(people) - fit
    return chosen[-MOST_ROWS:], f" Not drawn: {counted(left, 'smaller value')}." if left else ""


def _averages(result: Retention, shown: pd.Index) -> list[tuple[int, Any]]:
    """Give the people of each value of the breakdown and their average; without one those of all."""
    if result.by is None:
        return [(int(result.sizes.sum()), result.average.to_numpy())]
    people = dict(result.sizes.groupby(level=0).sum())
    averages = dict(zip(result.average.index, result.average.to_numpy(), strict=True))
    return [(int(people[value]), averages[value]) for value in shown.unique(0)]


def _paint(rates: pd.DataFrame, colours: Colormap) -> Any:
    """Map shares to colours; period 0 is mostly 100% and would leave everything else pale."""
    later = rates.iloc[:, 1:].to_numpy()
    scale = rates.to_numpy() if not np.isfinite(later).any() else later
    top = float(np.nanmax(scale, initial=0.0)) or 1.0  # nobody may be old enough yet
    return lambda rate: colours(0.04 + 0.8 * min(rate / top, 1.0))


def _cell(page: Axes, row: int, column: int, cell: tuple[Any, ...], *, look: tuple[Any, Style]) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - matplotlib loads when something is drawn

    (rate, count, running), (paint, style) = cell, look
    colour = paint(rate)
    box = Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.2)
    page.add_patch(box)
    if running:
        stripes = Rectangle(
            (column - 0.5, row - 0.5), 1, 1, fill=False, hatch="////", linewidth=0, edgecolor="#8a8a8a"
        )
        page.add_patch(stripes)
    where: dict[str, Any] = {"ha": "center", "va": "center", "color": text_on(colour)}
    if running:
        where["bbox"] = {"facecolor": colour, "edgecolor": "none", "pad": 1.2}
    if style.share:
        lift = 0.13 if style.count else 0
        page.text(column, row - lift, _percent(rate, style), fontsize=style.share, **where)
    if style.count:
        page.text(column, row + 0.24, f"{int(count):,}", fontsize=style.count, **where)


def _percent(rate: float, style: Style) -> str:
    return f"{100 * rate:.{style.digits}f}%"


def _fit(page: Axes, rows: int, columns: int, *, longest: str) -> Style:
    """Leave room for the sizes, thin out the numbers of periods, and choose how cells are written."""
    width = width_in_inches(page)
    beside = min(max(ROOM_FOR_SIZE, ROOM_FOR_DIGIT * (len(longest) + 1)), width / 2)
    sizes = max(1.0, beside * columns / (width - beside))  # as wide as so many cells
    page.set_xlim(-0.5 - sizes, columns - 0.5)
    room = width / (columns + sizes)
    step = int(np.ceil(ROOM_FOR_NUMBER / room))
    for number, name in enumerate(page.get_xticklabels()[1:]):
        name.set_visible(number % step == 0)
    style = next(style for style in STYLES if room >= style.room)
    high = height_in_inches(page) / rows
    if high * 72 < style.share:
        return replace(style, share=0, count=0)
    return style if high >= ROOM_FOR_COUNT else replace(style, count=0)


def _size(page: Axes, row: int, people: int, weight: str = "normal") -> None:
    look: dict[str, Any] = {"fontsize": NORMAL, "color": ink(page), "fontweight": weight}
    page.text(SIZES, row, f"{people:,}", ha="right", va="center", **look)


def _average_row(page: Axes, row: int, people: int, average: Any, style: Style) -> None:
    _size(page, row, people, "bold")
    look: dict[str, Any] = {"fontsize": style.share, "color": ink(page), "fontweight": "bold"}
    for column, rate in enumerate(average):
        if style.share and not np.isnan(rate):
            page.text(column, row, _percent(rate, style), ha="center", va="center", **look)


def _frame(page: Axes, result: Retention, index: pd.Index, columns: int) -> None:
    rows, names = len(index), _names(page, result, index)
    page.set_xlim(-1.5, columns - 0.5)
    page.set_ylim(len(names) - 0.5, -0.5)
    page.axhline(rows - 0.5, color=faint(page), linewidth=0.8)
    page.xaxis.tick_top()
    page.tick_params(axis="x", labeltop=True)  # of axes that share theirs only the lowest would be named
    page.xaxis.set_label_position("top")
    page.set_xticks([SIZES, *range(columns)], ["people", *[str(k) for k in range(columns)]])
    page.get_xticklabels()[0].set_horizontalalignment("right")
    page.set_yticks(range(len(names)), [plain(name) for name in names])
    label(page, f"{period_word(result.freq)} since the first event")
    page.xaxis.labelpad = 8.0
    page.tick_params(colors=ink(page), labelsize=NORMAL, length=0)
    for name in page.get_yticklabels()[rows:]:
        name.set_fontweight("bold")
    page.grid(visible=False)
    for spine in page.spines.values():
        spine.set_visible(False)


def _names(page: Axes, result: Retention, index: pd.Index) -> list[str]:
    """Name the cohorts and the averages, with the values of a breakdown cut as short as the page asks."""
    if result.by is None:
        everybody = len(index) == len(result.counts)
        average = "weighted average" if everybody else f"all {len(result.counts):,} cohorts"
        return [*(day_name(day, result.freq) for day in index), average]
    values, names = list(index.unique(0)), [""]
    for length in LENGTHS:
        short = dict(zip(values, apart(values, length), strict=True))
        names = [f"{short[value]} · {day_name(day, result.freq)}" for value, day in index]
        names += [f"{name}: average" for name in short.values()]
        if max(width_of(name, NORMAL) for name in names) < width_in_inches(page) * MOST_NAMES:
            break
    return names


def day_name(day: Any, freq: str | None) -> str:
    """Name a period by its first day; a month by itself."""
    return f"{day:%b %Y}" if freq == "M" else f"{day.day} {day:%b %Y}"


def period_word(freq: str) -> str:
    """Name the unit of the periods."""
    if freq in WORDS:
        return f"{WORDS[freq]}s"
    return f"periods of {counted(int(freq[:-1]), 'hour')}"
