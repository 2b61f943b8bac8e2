"""The paper: what reads on light and dark pages, the headline, the definition, the empty page.

Nothing here touches matplotlib's global style: every colour and size is given where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ct_pandas._extras import comes_with
from ct_pandas.plots._layout import (
    axes,
    height_in_inches,
    height_of_page,
    is_alone,
    room_for_words,
    settle,
    width_of_page,
)
from ct_pandas.plots._text import apart, cut, plain, shorten, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.legend import Legend

# Okabe and Ito's colours, told apart by colour-blind people, in an order that also alternates in grey.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#F0E442"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
STROKES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)), (0, (8, 3))]
HATCHES = ["", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo"]
SMALL, NORMAL, HEADLINE = 8.0, 9.5, 12.5
LINE = 1.35  # from line to line
HINTED = 0.94  # text on a coarse screen runs a little wider than measured
LONGEST_LINE = 10.0  # inches that eyes follow in small type
MOST_WORDS = 0.3  # of a page's height: more of a definition would leave no room for the drawing
MOST_BESIDE, MOST_BELOW = 0.36, 0.72  # of a page's width: a wider legend stands below, in fewer columns
LEAST_HEIGHT = 1.0  # inches of a drawing: where a definition leaves less, one line of it has to do
MOST_HIGH = 0.25  # of a page's height: a higher legend below has shorter names
SHORT, LONG = 11, 20  # signs of a name that is cut for it, and of the longest one that is not
_COUNT = re.compile(r" \([\d,]+\)$")
CLOSE = 10.0  # points from the axes to the definition
BELOW = 0.52  # inches from the axes to what stands below their names


def paper(ax: Axes) -> Any:
    """Give the colour of the figure that the axes stand on."""
    figure = ax.get_figure(root=True)
    return "white" if figure is None else figure.get_facecolor()


def ink(ax: Axes) -> str:
    """Give the colour of text: dark on light paper, light on dark paper."""
    return "#1a1a1a" if luminance(paper(ax)) > 0.4 else "#f2f2f2"


def faint(ax: Axes) -> str:
    """Give the colour of what stands behind: rules, captions, second thoughts."""
    return "#595959" if luminance(paper(ax)) > 0.4 else "#bfbfbf"


def luminance(colour: Any) -> float:
    """Give the relative luminance of a colour, as WCAG 2 defines contrast; see-through is white paper."""
    from matplotlib.colors import to_rgba  # noqa: PLC0415 - matplotlib loads when something is drawn

    red, green, blue, alpha = to_rgba(colour)
    parts = [part * alpha + 1 - alpha for part in (red, green, blue)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def colour_map(cmap: str | Colormap) -> Colormap:
    """Give the colour map of a name, or the one that was given."""
    with comes_with("notebook"):
        from matplotlib import colormaps  # noqa: PLC0415 - matplotlib loads when something is drawn

    return colormaps.get_cmap(cmap)


def require(result: Any, kind: str, *, made_by: str) -> None:
    """Refuse to draw what is not a result of this kind, such as the frame that it is made from."""
    if kind not in {each.__name__ for each in type(result).__mro__}:
        raise TypeError(f"This draws what ct.{made_by}(...) returns, not {type(result).__name__}.")


def text_on(colour: Any) -> str:
    """Give black or white, whichever stands out more on ``colour``."""
    light = luminance(colour)
    return "#000000" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "#ffffff"


def caption(ax: Axes, headline: str, definition: str, *, pad: float = CLOSE) -> None:
    """Write the headline and, under it in small type, what was counted (pad in points)."""
    settle(ax)
    room = min(max(room_for_words(ax) * HINTED, 1.2), LONGEST_LINE)
    lines = max(2, int(MOST_WORDS * height_of_page(ax) * 72 / (SMALL * LINE)))
    words = plain(wrap(definition, room, SMALL))
    said = ax.set_title(
        cut(words, lines),
        loc="left",
        fontsize=SMALL,
        color=faint(ax),
        fontweight="normal",
        pad=pad,
        linespacing=LINE,
    )
    above = ax.annotate(
        plain(wrap(headline, room, HEADLINE, "bold")),
        xy=(0, 1),
        xycoords=said,
        xytext=(0, 6),
        textcoords="offset points",
        ha="left",
        va="bottom",
        fontsize=HEADLINE,
        fontweight="bold",
        color=ink(ax),
    )
    settle(ax)
    page = ax.get_figure(root=True)
    cramped = page is not None and above.get_window_extent().y1 > page.bbox.y1
    if cramped or height_in_inches(ax) < LEAST_HEIGHT:
        said.set_text(cut(words, 1))
        settle(ax)


def tidy(ax: Axes, *, grid: Literal["x", "y"] | None = "y", keep: Sequence[str] = ("bottom",)) -> None:
    """Leave the rules that help reading, and colour what remains."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in keep)
        spine.set_color(faint(ax))
        spine.set_linewidth(0.8)
    ax.tick_params(colors=ink(ax), labelsize=NORMAL, length=0)
    ax.set_axisbelow(True)
    ax.grid(visible=False)
    if grid is not None:
        ax.grid(visible=True, axis=grid, color=faint(ax), alpha=0.25, linewidth=0.8)


def label(ax: Axes, x: str = "", y: str = "") -> None:
    """Name the two directions."""
    ax.set_xlabel(plain(x), fontsize=NORMAL, color=ink(ax))
    ax.set_ylabel(plain(y), fontsize=NORMAL, color=ink(ax))


def legend(ax: Axes, *, heading: str | None = None, reverse: bool = False) -> None:
    """Write the legend in the figure's ink, beside the drawing, under the name of the column."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - as above
    from matplotlib.transforms import ScaledTranslation  # noqa: PLC0415 - as above

    handles, names = ax.get_legend_handles_labels()
    if reverse:
        handles, names = handles[::-1], names[::-1]
    looks: dict[str, Any] = {"frameon": False, "labelcolor": ink(ax), "handlelength": 2.6}
    looks |= {"loc": "upper left", "borderaxespad": 0.0}
    beside: dict[str, Any] = looks | {"bbox_to_anchor": (1.01, 1.0)}
    drawn = ax.legend(handles, names, fontsize=NORMAL, **beside)
    page = ax.get_figure(root=True)
    is_wide, longest = _share(drawn, ax)[0] > MOST_BESIDE, 30
    if is_wide and not is_alone(ax):  # below it would take the height of a whole row of axes
        drawn, longest = ax.legend(handles, _shorter(names), fontsize=SMALL, **beside), LONG
    elif is_wide and page is not None:
        drop = ScaledTranslation(0, -BELOW, page.dpi_scale_trans)
        looks |= {"bbox_to_anchor": (0, 0), "bbox_transform": ax.transAxes + drop, "columnspacing": 1.2}
        short = _shorter(names)
        for said, columns in ((names, 3), (names, 2), (names, 1), (short, 3), (short, 2)):
            drawn = ax.legend(handles, said, fontsize=SMALL, ncols=columns, **looks)
            across, high = _share(drawn, ax)
            if across <= MOST_BELOW and high <= MOST_HIGH:
                break
    if heading is not None:
        drawn.set_title(plain(shorten(heading, longest)), prop=FontProperties(size=SMALL))
        drawn.get_title().set_color(faint(ax))
        drawn.set_alignment("left")


def _shorter(names: list[str]) -> list[str]:
    """Cut long names so that they stay apart, and not the count behind them, by which nobody knows one."""
    bare = {name: _COUNT.sub("", name.replace(r"\$", "$")) for name in names if len(name) > LONG}
    short = dict(zip(bare, apart(list(bare.values()), SHORT), strict=True))
    return [plain(short[name]) + "".join(_COUNT.findall(name)) if name in short else name for name in names]


def _share(drawn: Legend, ax: Axes) -> tuple[float, float]:
    """Give the width and height of a legend, of those of the paper that is for these axes."""
    box, dpi = drawn.get_window_extent(), ax.figure.dpi
    return float(box.width / dpi / width_of_page(ax)), float(box.height / dpi / height_of_page(ax))


def percent(ax: Axes, axis: str = "y", *, digits: int | None = None) -> None:
    """Write one direction in per cent."""
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415 - matplotlib loads when something is drawn

    getattr(ax, f"{axis}axis").set_major_formatter(PercentFormatter(1.0, decimals=digits))


def thousands(ax: Axes) -> None:
    """Write the heights as whole numbers with thousands separators."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - as above

    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))


def nothing(ax: Axes | None, headline: str, definition: str, why: str = "Nobody to show") -> Axes:
    """Draw a page that says that it is empty."""
    page = axes(ax, 7.0, 2.8)
    page.set_xticks([])
    page.set_yticks([])
    for spine in page.spines.values():
        spine.set_color(faint(page))
        spine.set_linestyle((0, (4, 4)))
    page.text(
        0.5,
        0.5,
        why,
        transform=page.transAxes,
        ha="center",
        va="center",
        fontsize=HEADLINE,
        color=faint(page),
    )
    caption(page, headline, definition)
    return page
