"""The paper: axes that read on light and dark pages, the headline, the definition, the empty page.

Nothing here touches matplotlib's global style: every colour and size is given where it is used.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart by colour-blind people, in an order that also alternates in grey.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#F0E442"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
STROKES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)), (0, (8, 3))]
HATCHES = ["", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo"]
SMALL, NORMAL, HEADLINE = 8.0, 9.5, 12.5
CHARACTERS_PER_INCH = 15.0  # of the small text


def axes(ax: Axes | None, width: float, height: float) -> Axes:
    """Give the axes to draw on: the caller's, or those of a new white figure of this size in inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt  # noqa: PLC0415 - matplotlib loads when something is drawn
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415 - as above

    margins = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.14)
    _, new = plt.subplots(figsize=(width, height), facecolor="white", layout=margins)
    new.set_facecolor("white")
    return new


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


def text_on(colour: Any) -> str:
    """Give black or white, whichever stands out more on ``colour``."""
    light = luminance(colour)
    return "#000000" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "#ffffff"


def shorten(text: Any, length: int = 28) -> str:
    """Cut a long name in its middle, where names differ least."""
    name = str(text)
    if len(name) <= length:
        return name
    front = (length - 1) // 2
    return f"{name[:front]}…{name[len(name) - (length - 1 - front) :]}"


def width_in_inches(ax: Axes) -> float:
    """Give the width of the axes as far as it is known before the layout."""
    return float(ax.bbox.width / ax.figure.dpi)


def caption(
    ax: Axes, headline: str, definition: str, *, width: float | None = None, pad: float = 10.0
) -> None:
    """Write the headline and, under it in small type, what was counted (width in inches, pad in points)."""
    room = int((width or width_in_inches(ax) * 1.1) * CHARACTERS_PER_INCH)
    said = ax.set_title(
        plain(textwrap.fill(definition, max(room, 40))),
        loc="left",
        fontsize=SMALL,
        color=faint(ax),
        fontweight="normal",
        pad=pad,
        linespacing=1.35,
    )
    ax.annotate(
        plain(textwrap.fill(headline, max(int(room * SMALL / HEADLINE), 20))),
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


def plain(text: str) -> str:
    """Keep matplotlib from reading dollar signs as formulas."""
    return text.replace("$", r"\$")


def tidy(ax: Axes, *, grid: Literal["x", "y"] | None = "y", keep: Sequence[str] = ("bottom",)) -> None:
    """Leave the rules that help reading, and colour what remains."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in keep)
        spine.set_color(faint(ax))
    ax.tick_params(colors=ink(ax), labelsize=NORMAL, length=0)
    ax.set_axisbelow(True)
    if grid is not None:
        ax.grid(visible=True, axis=grid, color=faint(ax), alpha=0.25, linewidth=0.8)


def label(ax: Axes, x: str = "", y: str = "") -> None:
    """Name the two directions."""
    ax.set_xlabel(plain(x), fontsize=NORMAL, color=ink(ax))
    ax.set_ylabel(plain(y), fontsize=NORMAL, color=ink(ax))


def legend(ax: Axes, *, heading: str | None = None, **options: Any) -> None:
    """Write the legend in the figure's ink, beside the drawing, under the name of the column."""
    placed = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0, **options}
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - as above

    drawn = ax.legend(frameon=False, fontsize=NORMAL, labelcolor=ink(ax), handlelength=2.6, **placed)
    if heading is not None:
        drawn.set_title(plain(shorten(heading, 30)), prop=FontProperties(size=SMALL))
        drawn.get_title().set_color(faint(ax))
        drawn.set_alignment("left")


def percent(ax: Axes, axis: str = "y", *, digits: int | None = None) -> None:
    """Write one direction in per cent."""
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415 - matplotlib loads when something is drawn

    getattr(ax, f"{axis}axis").set_major_formatter(PercentFormatter(1.0, decimals=digits))


def thousands(ax: Axes, axis: str = "y") -> None:
    """Write one direction as whole numbers with thousands separators."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - as above

    getattr(ax, f"{axis}axis").set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    getattr(ax, f"{axis}axis").set_major_locator(MaxNLocator(integer=True, nbins=6))


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


def title(name: str, subject: str | None = None) -> str:
    """Join a headline and what it is about."""
    return name if not subject else f"{name} by {shorten(subject, 40)}"
