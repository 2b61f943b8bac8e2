"""Bars: steps of a funnel, channels that reach people, devices of a frame of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ct_pandas._shown import counted
from ct_pandas.cohorts._breakdown import is_missing
from ct_pandas.plots._canvas import (
    COLOURS,
    HATCHES,
    LINE,
    NORMAL,
    SMALL,
    caption,
    faint,
    ink,
    label,
    legend,
    nothing,
    percent,
    require,
    text_on,
    tidy,
)
from ct_pandas.plots._layout import axes, height_in_inches, sized, width_in_inches
from ct_pandas.plots._text import apart, plain, title, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ct_pandas.cohorts import Funnel, Reachability

MOST_VALUES = 6
ROOM_INSIDE = 1.5  # inches of a bar that its own text fits into
MARGIN = 0.1  # inches beside the axes that a text may run into
GAP = 0.2  # inches from the end of a bar to its text


def funnel_bars(
    result: Funnel, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None
) -> Axes:
    """Draw a bar per step with its people, the share that went on, and the time it took.

    Parameters
    ----------
    result
        What :func:`ct_pandas.funnel` gave.
    ax
        Axes to draw on; left out: a new figure.
    figsize
        Inches of the new figure, width and height; left out: as much as the drawing needs.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> october = {"start": "2025-10", "rows": "event", "progress": False}
    >>> steps = [ct.read_clevertap_events(name, **october) for name in ("Product Viewed", "Charged")]
    >>> page = ct.plots.funnel_bars(ct.funnel(steps, within="7D"))
    """
    require(result, "Funnel", made_by="funnel")
    ax = sized(ax, figsize)
    headline = title("Funnel", result.by)
    if not int(result.steps["people"].max() or 0):
        return nothing(ax, headline, result.definition)
    said = (headline, result.definition + _dropped(result.steps, result.by))
    page = grouped(result.steps, result.by, "of_first", ax, along="share of the first step", said=said)
    if result.by is None and height_in_inches(page) * 72 > 2 * SMALL * len(result.steps) + NORMAL:
        _between(page, result)
    return page


def _between(page: Axes, result: Funnel) -> None:
    """Write between two bars what happened on the way."""
    table = result.table()
    for number in range(1, len(table)):
        row = table.iloc[number]
        parts = [f"{row['of previous']} went on" if row["of previous"] else ""]
        parts.append(f"{row['lost']} lost" if row["lost"] else "")
        waiting = table["still open"].iloc[number - 1]
        parts.append(f"{waiting} of them may still come" if waiting not in {"", "0"} else "")
        parts.append(f"median {row['median step']}" if row["median step"] else "")
        parts = [part for part in parts if part]
        while parts and width_of("↓ " + ", ".join(parts), SMALL) > width_in_inches(page):
            parts.pop()  # what matters less stands further back
        if parts:
            look: dict[str, Any] = {"fontsize": SMALL, "color": faint(page)}
            page.text(
                0.005, number - 0.5, "↓ " + ", ".join(parts), ha="left", va="center", in_layout=False, **look
            )


def reachability(
    result: Reachability, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None
) -> Axes:
    """Draw a bar per channel: whom it reaches, and behind it who opted out.

    Parameters
    ----------
    result
        What :func:`ct_pandas.reachability` gave.
    ax
        Axes to draw on; left out: a new figure.
    figsize
        Inches of the new figure, width and height; left out: as much as the drawing needs.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> people = ct.read_clevertap_events("Charged", "2025-10", progress=False)
    >>> page = ct.plots.reachability(ct.reachability(people))
    """
    require(result, "Reachability", made_by="reachability")
    ax = sized(ax, figsize)
    headline = title("Reachability", result.by)
    if not int(result.channels["people"].max() or 0):
        return nothing(ax, headline, result.definition)
    table = result.channels.rename(columns={"people": "of"}).rename(columns={"reachable": "people"})
    table = table.rename(index={"phone": "phone (SMS)", "any": "at least one", "none": "none of them"})
    said = (headline, result.definition + _dropped(table, result.by))
    extra = table["opted_out"] / table["of"]
    return grouped(table, result.by, "share", ax, along="share of people", said=said, extra=extra)


def grouped(
    table: Any,
    by: str | None,
    share: str,
    ax: Axes | None,
    *,
    along: str,
    said: tuple[str, str],
    extra: Any = None,
) -> Axes:
    """Draw a horizontal bar per row with its share and people; with ``by`` side by side in groups."""
    values = [None] if by is None else largest(table["people"].groupby(level=0).max(), MOST_VALUES)
    names = list(dict.fromkeys(table.index if by is None else table.index.get_level_values(-1)))
    page = axes(ax, 8.6, 1.9 + max(0.62, 0.3 * len(values)) * len(names))
    thick = (0.55 if by is None else 0.82) / len(values)
    called = [None] if by is None else [plain(name) for name in apart(values)]
    drawn = []
    for number, value in enumerate(values):
        rows = slice(None) if value is None else table.index.get_level_values(0) == value
        part, more = table[rows], None if extra is None else extra[rows]
        place = np.arange(len(names)) + (number - (len(values) - 1) / 2) * thick
        bars = _bars(page, part[share], place, thick=thick, number=number, name=called[number])
        ends = part[share].fillna(0).to_numpy(dtype=float)
        if more is not None:
            ends = _behind(page, bars, ends, more)
        drawn.append((bars, ends, part["people"], COLOURS[number]))
    page.set_yticks(range(len(names)), [plain(name) for name in apart(names, 30)])
    page.set_ylim(len(names) - 0.45, -0.55)
    tidy(page, grid="x", keep=("left",))
    percent(page, "x", digits=0)
    opted = extra is not None and float(extra.max()) > 0
    if opted:
        page.barh([0], [0], facecolor="none", edgecolor=faint(page), linewidth=1.0, label="opted out")
    if by is not None or opted:
        legend(page, heading=by)
    page.set_xlim(0, 1.0)
    label(page, along)
    caption(page, *said)
    pitch = 72 * height_in_inches(page) / len(names)
    page.tick_params(axis="y", labelsize=min(NORMAL, max(5.0, pitch / LINE)))
    for each in drawn:
        _bar_texts(page, *each)
    return page


def largest(people: Any, most: int) -> list[Any]:
    """Choose the values with most people, the largest first and what is missing last."""
    inorder = people.sort_values(ascending=False, kind="stable")
    return sorted(inorder.index[:most], key=is_missing)


def _dropped(table: Any, by: str | None) -> str:
    more = 0 if by is None else len(table.index.get_level_values(0).unique()) - MOST_VALUES
    return f" Not drawn: {counted(more, 'smaller group')}." if more > 0 else ""


def _bars(page: Axes, shares: Any, place: Any, *, thick: float, number: int, name: str | None) -> Any:
    widths = shares.fillna(0).to_numpy(dtype=float)
    look: dict[str, Any] = {"color": COLOURS[number], "edgecolor": "white", "linewidth": 0, "label": name}
    bars = page.barh(place, widths, height=thick * 0.94, **look)
    for bar in bars:
        bar.set_hatch(HATCHES[number])
        bar.set_hatch_linewidth(0.6)
    return bars


def _behind(page: Axes, bars: Any, ends: Any, more: Any) -> Any:
    """Go on from the end of each bar with an empty one; give the new ends."""
    gone = more.fillna(0).to_numpy(dtype=float)
    for bar, end, width in zip(bars, ends, gone, strict=True):
        look = {"facecolor": "none", "edgecolor": bar.get_facecolor(), "linewidth": 1.0, "align": "edge"}
        page.barh(bar.get_y(), width, left=end, height=bar.get_height(), **look)
    return ends + gone


def _bar_texts(page: Axes, bars: Any, ends: Any, people: Any, colour: str) -> None:
    """Write into each bar where there is room, else behind its end."""
    across = width_in_inches(page)
    scale = height_in_inches(page) / abs(float(np.diff(page.get_ylim())[0]))
    for bar, end, number in zip(bars, ends, people, strict=True):
        width = bar.get_width()
        said = f"{100 * width:.1f}%  {int(number):,}"
        place = _place(width * across, end * across, across, width_of(said, NORMAL) + GAP)
        if place is None or bar.get_height() * scale * 72 < NORMAL:
            continue
        inside = place == "inside"
        page.annotate(
            said,
            (end if place == "behind" else width, bar.get_y() + bar.get_height() / 2),
            xytext=(-6 if inside else 5, 0),
            textcoords="offset points",
            ha="right" if inside else "left",
            va="center",
            fontsize=NORMAL,
            color=text_on(colour) if inside else ink(page),
            bbox={"facecolor": colour, "edgecolor": "none", "pad": 0.8} if inside else None,
            annotation_clip=False,
        )


def _place(width: float, end: float, across: float, needed: float) -> str | None:
    """Choose where the text of a bar has room: in it, behind all of it, or over what opted out; in inches."""
    if width > max(ROOM_INSIDE, needed):
        return "inside"
    if across - end + MARGIN > needed:
        return "behind"
    if width > needed:
        return "inside"
    return "after" if across - width > needed else None


def ranked(names: Sequence[Any], people: Any, shares: Any, ax: Axes | None, *, said: tuple[str, str]) -> Axes:
    """Draw a bar per name, all in one colour."""
    import pandas as pd  # noqa: PLC0415 - only bars of names need a table of their own

    table = pd.DataFrame({"people": people, "share": shares}, index=pd.Index(names))
    return grouped(table, None, "share", ax, along="share of people", said=said)
