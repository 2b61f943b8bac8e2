"""What matters on the drawings: the numbers, the marks, the definition, the ink. No pixels."""

from __future__ import annotations

import dataclasses
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ct_pandas import plots
from ct_pandas.cohorts import active_users, adoption, first_touch, funnel, overlap, reachability, retention
from ct_pandas.plots import _canvas
from ct_pandas.plots._text import apart


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def opened() -> pd.DataFrame:
    """Build 1,200 people, a quarter of whom come back in the next two weeks; watched to a Wednesday."""
    monday = pd.Timestamp("2025-10-06 12:00", tz="Europe/Berlin")
    born = pd.DataFrame({"identity": [f"p{n}" for n in range(1200)], "ts": monday})
    again = born[::4].assign(ts=monday + pd.Timedelta("7D"))
    late = born[::4].assign(ts=monday + pd.Timedelta("15D"))
    frame = pd.concat([born, again, late], ignore_index=True)
    frame["platform"] = np.where(frame["identity"].str.endswith("0"), "iOS", "Android")
    query = {"event_name": "Price $ seen", "from": 20251006, "to": 20251022}
    frame.attrs["clevertap"] = {"query": query, "kind": "events"}
    return frame


def people() -> pd.DataFrame:
    """Build people with addresses."""
    flags = pd.array([True, False, True], dtype="boolean")
    mails = ["a@example.org", "b@example.org", None]
    return pd.DataFrame({"identity": ["a", "b", "c"], "email": mails, "profileData.MSG-email": flags})


def results() -> dict[str, Any]:
    """Build one result for every drawing."""
    app = opened()
    return {
        "heatmap": retention(app, periods=2),
        "heatmap by": retention(app, periods=2, by="platform"),
        "funnel": funnel({"Seen": app, "Again": app}, within="8D"),
        "funnel by": funnel({"Seen": app, "Again": app}, within="8D", by="platform"),
        "active": active_users(app),
        "first touch": first_touch(app, "platform", freq="W"),
        "adoption": adoption(app),
        "adoption of people": adoption(people().rename(columns={"email": "make"}), "make"),
        "reachability": reachability(people()),
        "overlap": overlap({"a": ["1", "2", "3"], "b": ["2"]}),
    }


RESULTS = results()
EMPTY = {
    "heatmap": retention(opened().iloc[:0]),
    "funnel": funnel([opened().iloc[:0], opened().iloc[:0]]),
    "active": active_users(opened().iloc[:0]),
    "first touch": first_touch(opened().iloc[:0], "platform"),
    "adoption": adoption(opened().iloc[:0]),
    "reachability": reachability(people().iloc[:0]),
    "overlap": overlap({"a": []}),
}


def texts(ax: Any) -> list[str]:
    """Give every text inside the axes, and the names along them."""
    return [text.get_text() for text in ax.findobj(mpl.text.Text) if text.get_visible() and text.get_text()]


def said(ax: Any) -> str:
    """Give the words under the headline, on one line."""
    return " ".join(ax.get_title(loc="left").split())


def test_the_heatmap_has_a_share_and_a_count_in_every_cell() -> None:
    """Three cells of one cohort, its size, the weighted average; thousands are separated."""
    ax = RESULTS["heatmap"].plot()
    assert {"100.0%", "25.0%", "1,200", "300", "people", "6 Oct 2025", "weighted average"} <= set(texts(ax))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["people", "0", "1", "2"]


def test_the_running_period_is_hatched_and_nothing_else() -> None:
    """The third week ended on a Wednesday."""
    ax = RESULTS["heatmap"].plot()
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert [(patch.get_x(), patch.get_y()) for patch in hatched] == [(1.5, -0.5)]
    assert "hatched (*): the period was still running" in said(ax)


def test_text_in_a_cell_stands_out_from_its_colour() -> None:
    """Black or white, whichever contrasts more: at least 4.5 to 1 on any grey or blue."""
    for level in np.linspace(0, 1, 30):
        for colour in [(level, level, level), mpl.colormaps["Blues"](level)]:
            light, text = _canvas.luminance(colour), _canvas.luminance(_canvas.text_on(colour))
            assert (max(light, text) + 0.05) / (min(light, text) + 0.05) >= 4.5


def test_the_curves_show_the_average_and_dot_what_is_running() -> None:
    """One cohort: its finished part, its running part, and the bold average without it."""
    ax = RESULTS["heatmap"].plot("curves")
    finished, running, average = ax.lines
    assert finished.get_ydata().tolist() == [1.0, 0.25]
    assert running.get_linestyle() == ":"
    assert running.get_ydata().tolist() == [0.25, 0.25]
    assert average.get_ydata()[:2].tolist() == [1.0, 0.25]
    assert np.isnan(average.get_ydata()[2])


def test_a_breakdown_differs_in_more_than_colour() -> None:
    """Lines by dashes and markers, bars by hatches: grey print and colour-blind eyes tell them apart."""
    lines = RESULTS["heatmap by"].plot("curves").lines
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(lines) == 2
    bars = RESULTS["funnel by"].plot().patches
    assert len({bar.get_hatch() for bar in bars}) == 2


def test_the_bars_of_a_funnel_are_its_shares() -> None:
    """And the words between them say what was lost."""
    ax = RESULTS["funnel"].plot()
    assert [bar.get_width() for bar in ax.patches] == [1.0, 0.25]
    assert any(text.startswith("↓ 25.0% went on, 900 lost") for text in texts(ax))


def test_reach_shows_the_opted_out_behind_the_reached() -> None:
    """One of two known addresses may not be used."""
    ax = RESULTS["reachability"].plot()
    assert "33.3%  1" in texts(ax)
    assert "opted out" in texts(ax)


def test_overlap_draws_a_bar_for_each_combination() -> None:
    """Largest first; the sizes of the audiences stand by their names."""
    ax = RESULTS["overlap"].plot()
    assert [bar.get_height() for bar in ax.containers[0]] == [2, 1]
    assert {"a  3", "b  1"} <= set(texts(ax))


@pytest.mark.parametrize("name", RESULTS)
def test_every_drawing_prints_its_definition(name: str) -> None:
    """The figure says what was counted, and a dollar sign in a name is no formula."""
    ax = RESULTS[name].plot()
    start = RESULTS[name].definition.split(" ")[:4]
    assert said(ax).split(" ")[:4] == [word.replace("$", r"\$") for word in start]
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", EMPTY)
def test_nobody_gives_a_figure_that_says_so(name: str) -> None:
    """Empty data is no error and no blank page."""
    ax = EMPTY[name].plot()
    assert "Nobody to show" in texts(ax)
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", RESULTS)
def test_a_drawing_goes_where_it_is_told_and_changes_no_style(name: str) -> None:
    """``ax=`` is drawn on and returned, no other figure opens, and rcParams stay as they were."""
    before = dict(mpl.rcParams)
    _, ax = plt.subplots()
    assert RESULTS[name].plot(ax=ax) is ax
    assert len(plt.get_fignums()) == 1
    assert dict(mpl.rcParams) == before


def test_paper_is_white_whatever_the_style() -> None:
    """On a dark notebook page, or under a dark style, a new figure has white paper and dark ink."""
    with plt.style.context("dark_background"):
        ax = RESULTS["heatmap"].plot("curves")
        assert ax.figure.get_facecolor() == (1, 1, 1, 1)
        assert _canvas.luminance(ax.yaxis.label.get_color()) < 0.1
        assert _canvas.luminance(ax.get_yticklabels()[0].get_color()) < 0.1


def test_ink_is_light_on_dark_paper_of_the_callers() -> None:
    """The caller's figure keeps its colour; the text follows it."""
    figure, ax = plt.subplots(facecolor="#111111")
    RESULTS["heatmap"].plot("curves", ax=ax)
    assert figure.get_facecolor()[0] < 0.1
    assert _canvas.luminance(ax.title.get_color()) < 1
    assert _canvas.luminance(ax.yaxis.label.get_color()) > 0.8


def test_long_names_are_cut_in_the_middle() -> None:
    """The start and the end of a name tell it apart."""
    name = "newsletter-autumn-2025-with-a-very-long-campaign-name-b"
    frame = opened().assign(source=name)
    ax = first_touch(frame, "source", freq="W").plot()
    (label,) = [text for text in texts(ax) if text.startswith("newsletter")]
    assert len(label) == 28
    assert label.endswith("-b")


def test_more_cohorts_than_fit_are_named() -> None:
    """The newest 40 are drawn; the figure says how many are not."""
    days = pd.date_range("2025-08-01", periods=45, freq="D")
    frame = pd.DataFrame({"identity": [str(n) for n in range(45)], "ts": days})
    ax = plots.retention_heatmap(retention(frame, freq="D", periods=1))
    assert "Not drawn: the 5 oldest cohorts" in said(ax)


def test_an_unknown_kind_is_named() -> None:
    """The message offers what there is."""
    with pytest.raises(ValueError, match="heatmap"):
        RESULTS["heatmap"].plot("pie")


def test_matplotlib_loads_when_something_is_drawn() -> None:
    """Counting people and importing the drawings costs no matplotlib."""
    code = "import sys, ct_pandas.cohorts, ct_pandas.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


HOSTILE = ["$x$ and $y_1$", "_private", "two\nlines\tand a tab", "", "<b>&amp;</b>", "W" * 90]


def clipped(ax: Any) -> list[str]:
    """Give the texts that reach beyond the paper."""
    ax.figure.canvas.draw()
    paper = ax.figure.bbox.padded(1)
    found = [text for text in ax.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in found]
    return [
        said
        for said, box in boxes
        if not (paper.x0 <= box.x0 and box.x1 <= paper.x1 and paper.y0 <= box.y0 and box.y1 <= paper.y1)
    ]


def hostile() -> pd.DataFrame:
    """Build people with names that a drawing could stumble over."""
    frame = opened()
    return frame.assign(source=np.array(HOSTILE)[frame.index % len(HOSTILE)])


@pytest.mark.parametrize(
    "draw",
    [
        lambda frame: retention(frame, by="source", periods=2).plot("curves"),
        lambda frame: funnel({"Seen": frame, "Again": frame}, by="source").plot(),
        lambda frame: first_touch(frame, "source", freq="W").plot(top=7),
        lambda frame: adoption(frame, "source").plot(top=7),
    ],
)
def test_every_name_is_in_the_legend(draw: Any) -> None:
    """Matplotlib hides labels that begin with an underscore or are empty, and reads dollars as formulas."""
    names = [text.get_text() for text in draw(hostile()).get_legend().get_texts()]
    joined = "|".join(names)
    for name in ("_private", r"\$x\$ and \$y_1\$", "two lines and a tab", "(empty)", "<b>", "WW…WW"):
        assert name in joined


@pytest.mark.parametrize("where", ["own page", "plain subplots"])
@pytest.mark.parametrize("name", RESULTS)
def test_nothing_is_clipped(name: str, where: str) -> None:
    """Headline, definition, names and legend stand on the paper, on axes of ``plt.subplots()`` too."""
    ax = None if where == "own page" else plt.subplots(figsize=(8, 5))[1]
    assert not clipped(RESULTS[name].plot(ax=ax))


def test_drawings_on_one_page_do_not_cover_each_other() -> None:
    """Axes of ``plt.subplots(2, 2)``, too, keep their headlines, names and legends within their own place."""
    _, pages = plt.subplots(2, 2, figsize=(12, 9))
    for page, name in zip(pages.flat, ["heatmap", "funnel by", "first touch", "active"], strict=True):
        RESULTS[name].plot(ax=page)
    assert not clipped(pages[0, 0])
    places = [page.get_tightbbox().padded(-1) for page in pages.flat]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(places, 2))


def of_campaigns() -> pd.DataFrame:
    """Build people of four campaigns with long names, in a column with a long name."""
    frame = opened()
    names = [f"a campaign of spring with a long name, number {number}" for number in range(4)]
    return frame.assign(**{"session_props.utm_campaign": np.array(names)[frame.index % 4]})


def test_long_names_leave_room_for_grouped_bars_on_a_shared_page() -> None:
    """Beside the bars names are cut and written small, so that the legend keeps within its own place."""
    frame = of_campaigns()
    steps = {"Seen": frame, "Seen again": frame}
    figure, pages = plt.subplots(2, 2, figsize=(11, 8))
    for page in pages.flat:
        funnel(steps, by="session_props.utm_campaign").plot(ax=page)
    figure.canvas.draw()
    places = [page.get_tightbbox().padded(-1) for page in pages.flat]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(places, 2))
    assert all(page.get_window_extent().width > 0.4 * figure.bbox.width / 2 for page in pages.flat)


def test_long_names_leave_room_for_the_cells_of_a_small_heatmap() -> None:
    """Values before their cohorts, and a headline of one long word, are cut to what the page has."""
    page = retention(of_campaigns(), by="session_props.utm_campaign", periods=6).plot(figsize=(4, 3))
    page.figure.canvas.draw()
    assert page.get_window_extent().width > 0.4 * page.figure.bbox.width
    assert not clipped(page)


def test_a_legend_of_long_names_leaves_room_for_the_drawing() -> None:
    """Below a small drawing names are cut shorter rather than to stand in a column as high as the page."""
    frame = opened()
    names = [f"a campaign of ${number} with a long name" for number in range(7)]
    frame["source"] = np.array(names)[frame.index % 7]
    page = first_touch(frame, "source", freq="W").plot(figsize=(4, 3), top=7)
    assert page.get_legend().get_window_extent().height < 0.3 * page.figure.bbox.height
    said = [text.get_text() for text in page.get_legend().get_texts()]
    assert len(set(said)) == 7
    assert not clipped(page)


def test_a_legend_cuts_names_and_not_what_tells_them_apart() -> None:
    """Whose curve is whose can be read on a small page, too, and how many stand behind it."""
    frame = opened()
    frame["plan"] = [f"campaign number {row % 10} of spring" for row in range(len(frame))]
    page = retention(frame, by="plan", freq="W", periods=2).plot("curves", figsize=(6, 4))
    *said, rest = [text.get_text() for text in page.get_legend().get_texts()]
    numbers = [re.fullmatch(r".*…(\d) of.* \([\d,]+\)", each) for each in said]
    assert len({each[1] for each in numbers if each}) == 8
    assert rest == "and 2 smaller ones"


def test_long_names_of_steps_leave_the_definition_on_the_page() -> None:
    """Row names push the axes to the right, and the definition is broken into the room that is left."""
    app = opened()
    assert not clipped(funnel({"W" * 90: app, "second step of a long name, " * 4: app}).plot())


def test_margins_of_the_caller_are_left_alone() -> None:
    """Who placed the axes wants them there; who asks for a tight layout afterwards gets one."""
    figure, ax = plt.subplots()
    figure.subplots_adjust(left=0.4, top=0.5)
    RESULTS["funnel"].plot(ax=ax)
    assert figure.subplotpars.left == 0.4
    figure, ax = plt.subplots(figsize=(8, 5))
    RESULTS["funnel"].plot(ax=ax)
    figure.tight_layout()
    assert not clipped(ax)
    figure, pages = plt.subplots(1, 2)
    figure.colorbar(pages[1].imshow([[1, 2]]), ax=pages)  # moves both
    placed = [each.get_position(original=True).bounds for each in figure.axes]
    RESULTS["funnel"].plot(ax=pages[0])
    assert [each.get_position(original=True).bounds for each in figure.axes] == placed
    figure = plt.figure(figsize=(10, 6))
    within, _ = figure.subfigures(1, 2)
    placed = (ax := within.subplots()).get_position().bounds
    RESULTS["funnel"].plot(ax=ax)
    assert ax.get_position().bounds == placed  # no layout of the page knows where a figure within it ends


def test_many_periods_stay_on_one_page() -> None:
    """Cells get narrower, and what has no room in them is left out, the count first."""
    app = opened()
    wide = retention(app, freq="D", periods=60).plot()
    assert wide.figure.get_size_inches()[0] < 30
    assert "100%" in texts(wide)
    curves = retention(app, freq="D", periods=60).plot("curves")
    assert curves.get_xticks().tolist() == [0, 7, 14, 21, 28, 35, 42, 49, 56]


@pytest.mark.parametrize("gap", [False, True], ids=["all told", "with gaps"])
def test_truths_can_be_drawn(gap: bool) -> None:
    """A breakdown by True and False has a place for each in every drawing."""
    app = opened()
    paid = pd.array(np.arange(len(app)) % 2 == 0, dtype="boolean")
    if gap:
        paid[::5] = pd.NA
    app = app.assign(paid=paid)
    for ax in (
        retention(app, by="paid", periods=1).plot(),
        retention(app, by="paid", periods=1).plot("curves"),
        funnel({"Seen": app, "Again": app}, by="paid").plot(),
        reachability(people(), by="profileData.MSG-email").plot(),
        adoption(app, "paid").plot(),
        first_touch(app, "paid", freq="W").plot(),
    ):
        known = " ".join([*texts(ax), *(label.get_text() for label in ax.get_yticklabels())])
        assert "True" in known
        assert "False" in known


def test_truths_of_people_keep_their_bars() -> None:
    """Each value has its own bar and number, whether it is True or False."""
    frame = pd.DataFrame({"identity": list("abcd"), "paid": pd.array([True, False, True, True])})
    ax = adoption(frame, "paid").plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["True", "False"]
    assert {"75.0%  3", "25.0%  1"} <= set(texts(ax))


def test_a_period_without_anybody_keeps_its_place() -> None:
    """Bars stand as far apart as their periods."""
    days = pd.to_datetime(["2025-01-06", "2025-01-28", "2025-01-28"])
    frame = pd.DataFrame({"identity": list("abc"), "ts": days, "plan": ["x", "y", "x"]})
    for ax in (first_touch(frame, "plan", freq="W").plot(), adoption(frame, "plan").plot()):
        assert [label.get_text() for label in ax.get_xticklabels()] == [
            "6 Jan\n2025",
            "13 Jan\n2025",
            "20 Jan\n2025",
            "27 Jan\n2025",
        ]
        assert [text for text in texts(ax) if text.isdigit()] == ["1", "0", "0", "2"]


def hollow(ax: Any) -> int:
    """Count the lone points that are drawn hollow."""
    return sum(
        line.get_marker() == "o" and line.get_markerfacecolor() == "none" and len(line.get_xdata()) == 1
        for line in ax.lines
    )


def test_a_lone_point_that_is_running_can_be_seen() -> None:
    """A line of one point shows nothing: it is a dot, hollow because the period is not over."""
    days = pd.date_range("2025-09-01 09:00", periods=30, freq="D")
    frame = pd.DataFrame({"identity": "a", "ts": days})
    assert hollow(active_users(frame, until="2025-09-30 15:00").plot()) == 1
    assert hollow(active_users(frame.head(1), until="2025-09-01 15:00").plot()) == 1
    week = retention(frame.head(2), periods=2, until="2025-09-05")
    assert hollow(week.plot("curves")) == 1
    by = retention(frame.head(2).assign(plan="x"), by="plan", periods=2, until="2025-09-05")
    assert "No period is over yet" in texts(by.plot("curves"))


def test_a_breakdown_by_many_values_draws_the_largest() -> None:
    """The page holds 40 cohorts; the figure says how many values are not on it."""
    app = opened()
    many = app.assign(number=np.arange(len(app)) % 1200 // 2)
    ax = retention(many, by="number", periods=1).plot()
    assert "Not drawn: 560 smaller values" in said(ax)
    assert sum(text.endswith(": average") for text in texts(ax)) == 40


def test_what_is_missing_stands_last_in_every_legend() -> None:
    """It is no value beside others, however many people have none."""
    frame = opened()
    frame["platform"] = frame["platform"].where(frame["platform"] == "iOS")
    pages = [
        retention(frame, by="platform", periods=2).plot("curves"),
        funnel({"Viewed": frame, "Paid": frame}, by="platform").plot(),
        first_touch(frame, "platform").plot(),
        adoption(frame, "platform").plot(),
    ]
    for page in pages:
        names = [name.partition(" ")[0] for name in page.get_legend_handles_labels()[1]]
        assert names == ["iOS", "(missing)"]


def test_one_that_is_not_drawn_is_none_of_several() -> None:
    """A figure says how many are left out, of one in the singular; so does the name of a period."""
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(range(41), unit="D")
    born = pd.DataFrame({"identity": [f"p{n}" for n in range(41)], "ts": days})
    ax = retention(born, freq="1h", periods=1).plot()
    assert "Not drawn: the 1 oldest cohort." in said(ax)
    assert ax.get_xlabel() == "periods of 1 hour since the first event"


def test_names_of_lines_that_end_together_do_not_cover_each_other() -> None:
    """Where daily and weekly people are the same few, their names stand one above the other."""
    days = pd.date_range("2025-10-01", periods=40, freq="D")
    ax = active_users(pd.DataFrame({"identity": "a", "ts": days})).plot()
    ax.figure.canvas.draw()
    boxes = [
        text.get_window_extent() for text in ax.texts if text.get_text() in {"daily", "weekly", "monthly"}
    ]
    assert len(boxes) == 3
    assert not any(one.overlaps(other) for one in boxes for other in boxes if one is not other)


def test_a_single_day_is_a_dot() -> None:
    """A line through one point would be invisible."""
    ax = active_users(pd.DataFrame({"identity": ["a"], "ts": pd.to_datetime(["2025-10-01"])})).plot()
    assert ax.lines[0].get_marker() == "o"


def test_a_style_with_a_grid_draws_none_through_the_cells() -> None:
    """The rules of the caller's style end where they would cross numbers."""
    with plt.style.context("fivethirtyeight"):
        ax = RESULTS["heatmap"].plot()
    assert not any(line.get_visible() for line in [*ax.get_xgridlines(), *ax.get_ygridlines()])


def test_who_is_not_in_an_audience_is_told_apart_on_any_paper() -> None:
    """By a hollow dot, which no colour of paper makes one that is filled."""
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            ax = overlap({"a": ["1", "2", "3"], "b": ["2"]}).plot(ax=plt.subplots()[1])
        filled = sum(len(dots.get_offsets()) for dots in ax.collections if len(dots.get_facecolors()))
        empty = sum(len(dots.get_offsets()) for dots in ax.collections if not len(dots.get_facecolors()))
        assert (filled, empty) == (3, 1)


def test_an_average_of_more_than_is_drawn_says_so() -> None:
    """It would be taken for that of the rows above it."""
    days = pd.date_range("2025-01-01", periods=45, tz="UTC")
    frame = pd.DataFrame({"identity": [f"p{n}" for n in range(45)], "ts": days})
    assert "all 45 cohorts" in texts(retention(frame, freq="D", periods=2).plot())
    assert "weighted average" in texts(retention(frame.tail(5), freq="D", periods=2).plot())


def test_only_marks_that_are_drawn_are_explained() -> None:
    """Averages end before what is still running."""
    assert "dotted: the period was still running" in said(retention(opened(), periods=2).plot("curves"))
    by = said(retention(opened(), periods=2, by="platform").plot("curves"))
    assert "running" not in by
    over = retention(opened(), periods=1, until="2025-10-19")
    assert not over.running.to_numpy().any()
    assert "running" not in said(over.plot()) + said(over.plot("curves"))
    assert "Broken down by platform" in by


def test_the_interval_is_on_the_page() -> None:
    """Where nobody came back of a few people, many more may."""
    few = opened().head(3)
    ax = retention(few, few.iloc[:0], periods=2).plot("curves")
    assert ax.get_ylim()[1] > 0.3


def test_every_bar_has_its_number_where_there_is_room() -> None:
    """The names of periods are wider, and thinned out on their own."""
    start = pd.Timestamp("2025-01-06", tz="UTC")
    who = [f"p{n}" for n in range(12)]
    frame = pd.DataFrame(
        {"identity": who, "ts": [start + n * pd.Timedelta("7D") for n in range(12)], "make": "x"}
    )
    ax = first_touch(frame, "make", freq="W").plot()
    assert texts(ax).count("1") == 12


def test_a_measure_that_cannot_be_had_is_named() -> None:
    """Thirty days are needed for a monthly figure."""
    assert "Too few days for a monthly figure" in said(active_users(opened()).plot())


@pytest.mark.parametrize("name", results())
def test_a_size_is_that_of_the_figure(name: str) -> None:
    """As pandas users write it; the page is drawn to fit and stays inside."""
    page = results()[name].plot(figsize=(11, 5))
    assert page.figure.get_size_inches().tolist() == [11, 5]
    assert mpl.colors.to_hex(page.figure.get_facecolor()) == "#ffffff"
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"figsize": 5}, "figsize=5: give width and height in inches"),
        ({"figsize": (0, 3)}, "give width and height in inches"),
        ({"figsize": (float("nan"), 3)}, "give width and height in inches"),
        ({"figsize": (5, 3), "ax": plt.Figure().subplots()}, "give one of the two"),
        ({"ax": plt.Figure().subplots(1, 2)}, "ax= takes the Axes to draw on, not ndarray"),
        ({"ax": plt.Figure()}, r"not Figure: .* figure\.subplots\(\)"),
        ({"cmap": "Bleus"}, "Bleus"),
    ],
)
def test_a_place_or_colour_that_is_none_is_named_and_leaves_no_figure(
    options: dict[str, Any], said: str
) -> None:
    """An empty page under an error would look like a result."""
    with pytest.raises((TypeError, ValueError), match=said):
        retention(opened(), periods=2).plot(**options)
    assert not plt.get_fignums()


def test_a_colour_map_may_be_given_itself() -> None:
    """Matplotlib takes a colour map or its name, and so does a drawing."""
    result = retention(opened(), periods=2)
    for kind in ("heatmap", "curves"):
        result.plot(kind, cmap=mpl.colormaps["Greens"])  # type: ignore[arg-type]


def test_a_frame_is_no_result() -> None:
    """The message says what makes one."""
    with pytest.raises(TypeError, match=r"draws what ct\.retention\(\.\.\.\) returns, not DataFrame"):
        plots.retention_heatmap(opened())  # type: ignore[arg-type]


def test_names_that_differ_in_their_middle_stay_apart() -> None:
    """Campaigns of one scheme would else all carry one name in the legend."""
    scheme = "2025_autumn_newsletter_variant_{}_segment_premium_germany"
    names = [scheme.format("A"), scheme.format("B"), "direct"]
    assert apart(names) == ["2025_aut…A_segment_premium_", "2025_aut…B_segment_premium_", "direct"]
    assert apart(["1", 1, "two"]) == ["1 (1)", "1 (2)", "two"]
    app = opened()
    app["platform"] = app["platform"].map({"iOS": names[0], "Android": names[1]})
    page = retention(app, periods=2, by="platform").plot("curves")
    labels = [text.get_text() for text in page.get_legend().get_texts()]
    assert len({label.rpartition(" ")[0] for label in labels}) == 2


def test_axes_that_share_theirs_keep_the_names_of_periods() -> None:
    """Matplotlib hides the names of all but the lowest; a heatmap has its own at the top."""
    _, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(8, 9), layout="constrained")
    for ax in (above, below):
        retention(opened(), periods=2).plot(ax=ax)
        assert [text.get_text() for text in ax.get_xticklabels()] == ["people", "0", "1", "2"]


def test_numbers_of_millions_have_room_beside_their_names() -> None:
    """The people of all cohorts stand clear of the words "weighted average"."""
    result = retention(opened(), periods=8)
    many = dataclasses.replace(result, sizes=result.sizes * 90_000)
    page = many.plot()
    page.figure.canvas.draw()
    name = page.get_yticklabels()[-1].get_window_extent()
    numbers = [text.get_window_extent() for text in page.texts if text.get_text() == "108,000,000"]
    assert min(number.x0 for number in numbers) > name.x1 + 4


def test_a_value_called_all_others_is_not_the_rest() -> None:
    """The bars still add up to everybody, and the value keeps its own colour."""
    frame = pd.DataFrame({"identity": [f"p{n}" for n in range(20)], "ts": pd.Timestamp("2025-10-06")})
    page = first_touch(frame.assign(v=["all others"] * 8 + list("aaabbbccdefg")), "v").plot(top=3)
    heights = {bars.get_label(): float(bars[0].get_height()) for bars in page.containers}
    assert heights == pytest.approx({"all others (1)": 0.4, "a": 0.15, "b": 0.15, "all others (2)": 0.3})
    assert mpl.colors.to_hex(page.containers[0][0].get_facecolor()) != "#d0d0d0"
    later = frame.assign(v=list("abcdefghijklmnopqrst"), ts=pd.date_range("2025-10-06", periods=20))
    assert len(first_touch(later, "v", freq="W").plot(top=3).containers) == 4  # without a warning


def many() -> dict[str, Any]:
    """Build results with more rows, names and bars than a small page has room for."""
    monday = pd.Timestamp("2025-08-04 12:00")
    days = [monday + pd.Timedelta(days=day) for day in range(70)]
    frame = pd.DataFrame({"identity": [f"p{n % 23}" for n in range(700)], "ts": [*days] * 10})
    frame["source"] = [f"a campaign with a long name, {n % 5}" for n in range(700)]
    whom = {f"the people of list {n}": [f"p{m}" for m in range(40) if m % (n + 2)] for n in range(3)}
    crowd = pd.concat([people()] * 40, ignore_index=True).assign(plan=["free", "plus", "premium"] * 40)
    steps = {f"Step {n} of many": frame.iloc[n::n] for n in range(1, 5)}
    return {
        "heatmap": lambda size: retention(frame.assign(identity=range(700))).plot(figsize=size),
        "heatmap by": lambda size: retention(frame, by="source").plot(figsize=size),
        "heatmap by months": lambda size: retention(frame, freq="M", periods=3, by="source").plot(
            figsize=size
        ),
        "curves": lambda size: retention(frame).plot("curves", figsize=size),
        "long curves": lambda size: retention(frame, periods=12).plot("curves", figsize=size),
        "curves by": lambda size: retention(frame, by="source").plot("curves", figsize=size),
        "funnel": lambda size: funnel(steps, within="3D").plot(figsize=size),
        "funnel by": lambda size: funnel(steps, within="3D", by="source").plot(figsize=size),
        "first touch": lambda size: first_touch(frame, "source", freq="W").plot(figsize=size),
        "adoption": lambda size: adoption(frame, "source").plot(figsize=size),
        "reachability": lambda size: reachability(crowd).plot(figsize=size),
        "reachability by": lambda size: reachability(crowd, by="plan").plot(figsize=size),
        "overlap": lambda size: overlap(whom).plot(figsize=size),
    }


@pytest.mark.parametrize("size", [(4, 3), (6, 4)])
@pytest.mark.parametrize("kind", list(many()))
def test_a_small_page_drops_words_rather_than_to_print_them_over_each_other(
    kind: str, size: tuple[float, float]
) -> None:
    """Names are thinned out, legends stand below, a definition is cut short; the drawing keeps its place."""
    page = many()[kind](size)
    page.figure.canvas.draw()
    texts = [
        text for text in page.figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()
    ]
    boxes = [text.get_window_extent() for text in texts]
    whole = page.figure.bbox
    shown = [box for box in boxes if box.height]
    assert all(
        box.x0 > -3 and box.y0 > -3 and box.x1 < whole.x1 + 3 and box.y1 < whole.y1 + 3 for box in shown
    )
    for number, box in enumerate(shown):
        for other in shown[:number]:
            common = mpl.transforms.Bbox.intersection(box, other)
            least = min(box.width * box.height, other.width * other.height)
            assert common is None or common.width * common.height < 0.2 * least
    assert page.bbox.width > 0.2 * whole.width


def test_names_of_rows_have_room_above_other_axes_too() -> None:
    """The axes of a page shrink as the others are drawn: what had room at first must have it then."""
    monday = pd.Timestamp("2025-06-02 12:00")
    days = [monday + pd.Timedelta(weeks=week) for week in range(14)]
    result = retention(pd.DataFrame({"identity": range(14), "ts": days}), periods=12)
    figure, pages = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    for page in pages.flat:
        result.plot(ax=page)
    figure.canvas.draw()
    for page in pages.flat:
        names = [name.get_window_extent() for name in page.get_yticklabels() if name.get_visible()]
        assert all(above.y0 >= below.y1 for above, below in itertools.pairwise(names))
    plt.close(figure)


def test_shares_of_curves_have_room_beside_each_other() -> None:
    """Twelve of them on a small page were one long number."""
    days = pd.to_datetime(["2025-06-02"] * 3 + [f"2025-{month:02}-16" for month in range(6, 12)])
    page = retention(pd.DataFrame({"identity": 1, "ts": days}), periods=12).plot("curves", figsize=(4, 3))
    page.figure.canvas.draw()
    shares = sorted(
        (one.get_window_extent() for one in page.texts if "%" in one.get_text()), key=lambda box: box.x0
    )
    assert len(shares) > 4
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(shares))


@pytest.mark.parametrize("size", [(4, 3), (6, 4), (8.6, 4.8)])
def test_a_share_of_everybody_stands_clear_of_the_definition(size: tuple[float, float]) -> None:
    """Period 0 is 100%, at the top of the axes, and its number stands above them."""
    page = RESULTS["heatmap"].plot("curves", figsize=size)
    page.figure.canvas.draw()
    share = next(one for one in page.texts if one.get_text() == "100%")
    definition = next(one for one in page.findobj(mpl.text.Text) if one.get_text() == page.get_title("left"))
    assert share.get_window_extent().y1 < definition.get_window_extent().y0


@pytest.mark.parametrize("kind", ["heatmap", "curves"])
def test_a_cohort_too_young_for_any_period_is_drawn_in_silence(kind: Any) -> None:
    """Its people stand on the page beside cells that stay empty."""
    frame = pd.DataFrame({"identity": ["a"], "ts": pd.to_datetime(["2025-10-06 12:00"])})
    page = retention(frame, freq="24h", periods=2, until="2025-10-06 13:00").plot(kind)
    assert not [one for one in page.texts if "%" in one.get_text()]
    assert not clipped(page)


def test_a_row_of_long_ago_does_not_ask_for_a_bar_for_each_day_since() -> None:
    """A device whose clock stood in 1970 is drawn no more than the days of two decades before the others."""
    ts = pd.to_datetime(["1970-01-02", "2025-10-06", "2025-10-07"])
    frame = pd.DataFrame({"identity": list("abc"), "ts": ts, "platform": ["iOS", "Web", "Web"]})
    for page in (first_touch(frame, "platform", freq="D").plot(), adoption(frame, freq="D").plot()):
        assert {len(bars) for bars in page.containers} == {400}
        assert "oldest days" in " ".join(page.get_title(loc="left").split())
