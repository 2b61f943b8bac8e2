"""Shares that add up: first touches and adoption, a stacked bar per period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ct_pandas._shown import counted, shown
from ct_pandas.cohorts._calendar import WORDS
from ct_pandas.plots._bars import ranked
from ct_pandas.plots._canvas import (
    COLOURS,
    HATCHES,
    LINE,
    NORMAL,
    SMALL,
    caption,
    ink,
    label,
    legend,
    nothing,
    percent,
    require,
    text_on,
    tidy,
)
from ct_pandas.plots._heatmap import day_name
from ct_pandas.plots._layout import axes, height_in_inches, height_of_page, settle, sized, width_in_inches
from ct_pandas.plots._text import apart, plain, title, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ct_pandas.cohorts import Adoption, FirstTouch

OTHER = "#D0D0D0"
STEPS = {"D": "D", "W": "7D", "M": "MS"}
MOST_BARS = 400  # beside each other; one row with a clock of 1970 would ask for twenty thousand
FEW = 5  # places for bars, so that a single one is no wall
ROOM_FOR_WORDS = 1.9  # inches above and below the bars, at least
ROOM_FOR_SHARE, ROOM_FOR_PERIOD, ROOM_FOR_DIGIT = 0.38, 0.72, 0.08  # inches


def first_touch(
    result: FirstTouch, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None, top: int = 6
) -> Axes:
    """Draw what brought people in: a stacked bar per period, the largest values by name.

    Parameters
    ----------
    result
        What :func:`ct_pandas.first_touch` gave.
    ax
        Axes to draw on; left out: a new figure.
    figsize
        Inches of the new figure, width and height; left out: as much as the drawing needs.
    top
        How many values stand alone, at most seven; the rest is one.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> page = ct.plots.first_touch(ct.first_touch(opened, "session_props.utm_source"))
    """
    require(result, "FirstTouch", made_by="first_touch")
    ax = sized(ax, figsize)
    headline = title("First touch", result.by)
    if not result.counts.size:
        return nothing(ax, headline, result.definition)
    totals = result.counts.sum(axis=1)
    said = (headline, result.definition)
    return _stacked(result.counts, totals, name=result.by, freq=result.freq, top=top, ax=ax, said=said)


def adoption(
    result: Adoption, *, ax: Axes | None = None, figsize: tuple[float, float] | None = None, top: int = 6
) -> Axes:
    """Draw who uses what: a stacked bar per period, or a bar per value for a frame of people.

    Parameters
    ----------
    result
        What :func:`ct_pandas.adoption` gave.
    ax
        Axes to draw on; left out: a new figure.
    figsize
        Inches of the new figure, width and height; left out: as much as the drawing needs.
    top
        How many values stand alone over time, at most seven; the rest is one.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> opened = ct.read_clevertap_events("App Launched", "2025-10", rows="event", progress=False)
    >>> page = ct.plots.adoption(ct.cohorts.adoption(opened, "platform"))
    """
    require(result, "Adoption", made_by="adoption")
    ax = sized(ax, figsize)
    headline = title("Adoption", result.column)
    if not result.counts.size:
        return nothing(ax, headline, result.definition)
    if result.freq is not None:
        said = (headline, result.definition)
        name, freq = result.column, result.freq
        return _stacked(result.counts, result.totals, name=name, freq=freq, top=top, ax=ax, said=said)
    order = np.argsort(-result.counts.to_numpy()[0], kind="stable")[:12]
    more = result.counts.shape[1] - len(order)
    return ranked(
        list(result.counts.columns[order]),
        result.counts.to_numpy()[0, order],
        result.shares.to_numpy()[0, order],
        ax,
        said=(headline, result.definition + (f" Not drawn: {counted(more, 'rarer value')}." if more else "")),
    )


def _stacked(
    counts: pd.DataFrame,
    totals: pd.Series,
    *,
    name: str,
    freq: str,
    top: int,
    ax: Axes | None,
    said: tuple[str, str],
) -> Axes:
    counts = counts.asfreq(STEPS[freq], fill_value=0)
    early = max(len(counts) - MOST_BARS, 0)
    counts, totals = counts.iloc[early:], totals.asfreq(STEPS[freq], fill_value=0).iloc[early:]
    if not isinstance(top, int | np.integer):
        raise TypeError(f"top={shown(top)}: give how many values have a colour of their own, a whole number.")
    top = min(max(int(top), 1), len(COLOURS) - 1)
    parts = _parts(counts, top)
    page = axes(ax, 8.6, 4.6)
    place, stacked = np.arange(len(counts)), _pile(page, parts, totals, top)
    tidy(page)
    percent(page, digits=0)
    page.set_ylim(0, 1.0)
    page.set_xlim(-0.6, max(len(counts), FEW) - 0.4)
    label(
        page,
        y=wrap("share of people (numbers above)", max(height_of_page(page) - ROOM_FOR_WORDS, 1.2), NORMAL),
    )
    legend(page, heading=name, reverse=True)
    settle(page)
    room = width_in_inches(page) / max(len(counts), FEW)
    _periods(page, counts.index, totals, freq, room)
    older = f" Not drawn: the {counted(early, f'oldest {WORDS[freq]}')}." if early else ""
    caption(page, said[0], said[1] + older, pad=22)
    if room >= ROOM_FOR_SHARE:
        for low, share, colour in stacked:
            _shares(page, place, low, share, colour)
    return page


def _pile(page: Axes, parts: pd.DataFrame, totals: pd.Series, top: int) -> list[tuple[Any, Any, str]]:
    """Draw the share of each value on those before; give where each begins, its height and its colour."""
    place, base = np.arange(len(parts)), np.zeros(len(parts))
    stacked = []
    for number, (name, (_, people)) in enumerate(zip(apart(list(parts.columns)), parts.items(), strict=True)):
        share = people.to_numpy(dtype=float) / np.maximum(totals.to_numpy(), 1)  # nobody, where nobody was
        other = number >= top
        colour = OTHER if other else COLOURS[number]
        look: dict[str, Any] = {"color": colour, "edgecolor": "white", "linewidth": 0.6, "label": plain(name)}
        for bar in page.bar(place, share, bottom=base, width=0.86, **look):
            bar.set_hatch("" if other else HATCHES[number])
            bar.set_hatch_linewidth(0.6)
        stacked.append((base.copy(), share, colour))
        base += share
    return stacked


def _parts(counts: pd.DataFrame, top: int) -> pd.DataFrame:
    """Keep the largest values, in the order of the table, and add up the rest."""
    if counts.shape[1] <= top:
        return counts
    largest = np.argsort(-counts.sum().to_numpy(), kind="stable")[:top]
    kept = counts.iloc[:, np.sort(largest)].copy()
    rest = counts.sum(axis=1) - kept.sum(axis=1)
    kept.insert(top, "all others", rest, allow_duplicates=True)  # one of the values may be called so, too
    return kept


def _shares(page: Axes, place: np.ndarray, base: np.ndarray, share: np.ndarray, colour: str) -> None:
    least = max(0.06, SMALL * LINE / 72 / height_in_inches(page))
    for x, low, part in zip(place, base, share, strict=True):
        if part >= least:
            page.text(
                x,
                low + part / 2,
                f"{100 * part:.0f}%",
                ha="center",
                va="center",
                fontsize=SMALL,
                color=text_on(colour),
                bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.0},
            )


def _periods(page: Axes, index: pd.Index, totals: pd.Series, freq: str, room: float) -> None:
    """Name the periods, few enough to be read, with their people above; each has ``room`` inches."""
    step = max(1, int(np.ceil(ROOM_FOR_PERIOD / room)))
    names = [day_name(day, freq).rsplit(" ", 1) for day in index]
    shown = ["\n".join(name) if number % step == 0 else "" for number, name in enumerate(names)]
    page.set_xticks(range(len(index)), shown)
    digits = max((len(f"{int(people):,}") for people in totals), default=1)
    every = max(1, int(np.ceil((ROOM_FOR_DIGIT * (digits + 1)) / room)))
    for x, people in enumerate(totals):
        if x % every == 0:
            page.annotate(
                f"{int(people):,}",
                (x, 1.0),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=SMALL,
                color=ink(page),
                annotation_clip=False,
            )
