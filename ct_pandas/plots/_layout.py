"""The room on a figure: a new page, the layout of the caller's, and how much there is to write on."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from ct_pandas._extras import comes_with

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAD = 0.14  # inches of empty paper at the edges
BESIDE_OTHERS = 0.62  # of their place on a shared figure, what is left of axes beside all their names
_FITTED: WeakKeyDictionary[Figure, dict[str, Any]] = WeakKeyDictionary()


def sized(ax: Axes | None, figsize: tuple[float, float] | None) -> Axes | None:
    """Give the caller's axes, or where a size in inches is asked for those of a new figure of it."""
    if ax is not None:
        _require_axes(ax)
    if figsize is None:
        return ax
    if ax is not None:
        raise ValueError(
            "figsize= is the size of a new figure, but ax= is part of a figure already: give one of the two."
        )
    try:
        width, height = (float(inches) for inches in figsize)
    except (TypeError, ValueError):
        width = height = 0.0
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise ValueError(f"figsize={figsize!r}: give width and height in inches, such as (10, 4).")
    return axes(None, width, height)


def _require_axes(ax: Any) -> None:
    from matplotlib.axes import Axes  # noqa: PLC0415 - matplotlib loads when something is drawn

    if not isinstance(ax, Axes):
        raise TypeError(
            f"ax= takes the Axes to draw on, not {type(ax).__name__}: give one of those that "
            "plt.subplots(1, 2) returns, or for a figure the one that figure.subplots() makes."
        )


def axes(ax: Axes | None, width: float, height: float) -> Axes:
    """Give the axes to draw on: the caller's, or those of a new white figure of this size in inches."""
    if ax is not None:
        return ax
    with comes_with("notebook"):
        from matplotlib import pyplot as plt  # noqa: PLC0415 - matplotlib loads when something is drawn
        from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415 - as above

    margins = ConstrainedLayoutEngine(w_pad=PAD, h_pad=PAD)
    _, new = plt.subplots(figsize=(width, height), facecolor="white", layout=margins)
    new.set_facecolor("white")
    return new


def settle(ax: Axes) -> None:
    """Let the figure find its layout, so that room can be measured.

    Axes of a grid on a figure without a layout, as ``plt.subplots()`` makes them, are fitted into it; a
    layout, margins or places of the caller's are left alone.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        return
    engine = figure.get_layout_engine()
    if engine is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # too small for now: it warns again when it is drawn
            engine.execute(figure)
    elif ax.get_subplotspec() is not None and not figure.subfigs:
        _fit(figure)


def _fit(figure: Figure) -> None:
    from matplotlib.figure import SubplotParams  # noqa: PLC0415 - matplotlib loads when something is drawn
    from matplotlib.layout_engine import TightLayoutEngine  # noqa: PLC0415 - as above

    if vars(figure.subplotpars) not in (vars(SubplotParams()), _FITTED.get(figure)):
        return
    if not all(_is_in_its_grid(each, figure) for each in figure.axes):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a figure too small for its text stays as it is
        TightLayoutEngine(pad=1.2).execute(figure)
    _FITTED[figure] = dict(vars(figure.subplotpars))


def _is_in_its_grid(ax: Axes, figure: Figure) -> bool:
    """Say whether axes stand where their grid has them: who moved them, for a colour bar say, wants that."""
    place = ax.get_subplotspec()
    stands = ax.get_position(original=True).bounds
    return place is None or bool(np.allclose(stands, place.get_position(figure).bounds))


def width_in_inches(ax: Axes) -> float:
    """Give the width of the axes as far as it is known; beside others they may yet shrink."""
    width = float(ax.bbox.width / ax.figure.dpi)
    place = ax.get_subplotspec()
    if place is None or is_alone(ax):
        return width
    return min(width, BESIDE_OTHERS * width_of_page(ax))


def room_for_words(ax: Axes) -> float:
    """Give the inches from the left of the axes to where the paper, or their share of it, ends."""
    if not is_alone(ax):
        return width_in_inches(ax) * 1.1
    return float((ax.figure.bbox.width - ax.bbox.x0) / ax.figure.dpi) - PAD


def height_in_inches(ax: Axes) -> float:
    """Give the height of the axes as far as it is known; above and below others they may yet shrink."""
    height = float(ax.bbox.height / ax.figure.dpi)
    place = ax.get_subplotspec()
    if place is None or len(place.rowspan) == place.get_gridspec().nrows:
        return height
    return min(height, BESIDE_OTHERS * height_of_page(ax))


def width_of_page(ax: Axes) -> float:
    """Give the inches from left to right of the paper, or of the share of it that is for these axes."""
    place, figure = ax.get_subplotspec(), ax.get_figure(root=True)
    share = 1.0 if place is None else len(place.colspan) / place.get_gridspec().ncols
    return 0.0 if figure is None else share * float(figure.bbox.width / figure.dpi)


def height_of_page(ax: Axes) -> float:
    """Give the inches from top to bottom of the paper, or of the share of it that is for these axes."""
    place, figure = ax.get_subplotspec(), ax.get_figure(root=True)
    share = 1.0 if place is None else len(place.rowspan) / place.get_gridspec().nrows
    return 0.0 if figure is None else share * float(figure.bbox.height / figure.dpi)


def is_alone(ax: Axes) -> bool:
    """Say whether no other axes stand on the figure."""
    figure = ax.get_figure(root=True)
    return figure is not None and figure.axes == [ax]
