"""Funnels, active users, overlap, reach, first touch and adoption against readings of their definitions."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ct_pandas.cohorts import active_users, adoption, first_touch, funnel, overlap, reachability, retention

START = datetime(2025, 10, 20)  # noqa: DTZ001 - the zone is chosen by each test


def events(rows: list[tuple[str | None, Any]], zone: str | None = None, **note: Any) -> pd.DataFrame:
    """Build an event frame of (person, time) rows; times are UTC where there is a zone."""
    ts = pd.DatetimeIndex([pd.Timestamp(at) for _, at in rows]).as_unit("us")
    if zone is not None:
        ts = ts.tz_localize("UTC").tz_convert(zone)
    frame = pd.DataFrame({"ts": ts, "identity": pd.Series([who for who, _ in rows], dtype="str")})
    if note:
        frame.attrs["clevertap"] = note
    return frame


who = st.sampled_from(["a", "b", "c", None])
hours = st.integers(0, 24 * 20).map(lambda n: START + timedelta(hours=n))
rows = st.lists(st.tuples(who, hours), max_size=14)


def furthest(steps: list[list[Any]], person: str, within: timedelta) -> list[Any]:
    """Read the definition of a funnel with loops: the moments of a person's best attempt."""
    best: list[Any] = []
    for start in sorted(at for name, at in steps[0] if name == person):
        attempt = [start]
        for step in steps[1:]:
            later = sorted(at for name, at in step if name == person and at > attempt[-1])
            if not later or later[0] - start > within:
                break
            attempt.append(later[0])
        best = attempt if len(attempt) > len(best) else best
    return best


@settings(max_examples=120, deadline=None)
@given(steps=st.lists(rows, min_size=2, max_size=4), days=st.integers(1, 12))
def test_a_funnel_is_exactly_its_definition(steps: list[list[Any]], days: int) -> None:
    """People and the moments of their best attempts equal the definition read with loops."""
    frames = {f"s{number}": events(step) for number, step in enumerate(steps)}
    result = funnel(frames, within=f"{days}D")
    expected = {name: furthest(steps, name, timedelta(days=days)) for name in "abc"}
    for number, name in enumerate(frames):
        assert result.steps.loc[name, "people"] == sum(len(path) > number for path in expected.values())
    for name, path in expected.items():
        if path:
            assert result.people.loc[name].dropna().tolist() == [pd.Timestamp(at) for at in path]


def test_a_second_attempt_counts_where_the_first_ran_out() -> None:
    """Each start is an attempt: a late return does not hide the purchase that followed it at once."""
    seen = events([("a", "2025-10-01"), ("a", "2025-10-20")])
    paid = events([("a", "2025-10-21")])
    result = funnel([seen, paid], within="7D")
    assert result.steps["people"].tolist() == [1, 1]
    assert result.steps["median_total"].iloc[1] == pd.Timedelta("1D")


def test_two_in_the_same_second_are_in_no_order() -> None:
    """A step counts only strictly later than the one before."""
    assert funnel([events([("a", "2025-10-01")])] * 2).steps["people"].tolist() == [1, 0]


def test_a_funnel_does_not_depend_on_how_pandas_shows_what_is_missing() -> None:
    """Where pandas is told to keep NaN apart from NA, somebody who went no further is still nobody lost."""
    seen = events([("a", "2025-10-01"), ("b", "2025-10-01")])
    with pd.option_context("future.distinguish_nan_and_na", True):
        result = funnel([seen, events([("a", "2025-10-02")])])
    assert result.steps["people"].tolist() == [2, 1]


def test_an_open_window_is_told_apart_from_a_loss() -> None:
    """Who started yesterday may still convert; who started a month ago did not."""
    seen = events([("old", "2025-10-01"), ("young", "2025-10-30")])
    result = funnel({"Seen": seen, "Paid": events([])}, within="7D", until="2025-10-31")
    assert result.steps["still_open"].tolist() == [1, 0]
    assert funnel({"Seen": seen, "Paid": events([])}).steps["still_open"].isna().all()


def test_a_funnel_is_broken_down_by_the_start() -> None:
    """The value in the row where the attempt starts; names come from the downloads."""
    seen = events([("a", "2025-10-01"), ("b", "2025-10-01")], query={"event_name": "Seen"}).assign(
        plan=["x", None]
    )
    paid = events([("a", "2025-10-02")], query={"event_name": "Paid"})
    result = funnel([seen, paid], by="plan")
    assert result.steps["people"].to_dict() == {
        ("(missing)", "Seen"): 1,
        ("(missing)", "Paid"): 0,
        ("x", "Seen"): 1,
        ("x", "Paid"): 1,
    }


def test_a_window_ends_with_its_last_moment() -> None:
    """A step that comes just then is in it; where observation ends just then, the window is still open."""
    seen = events(
        [("a", "2025-10-01"), ("b", "2025-10-01"), ("c", "2025-10-25"), ("d", "2025-10-24 23:59:59")]
    )
    paid = events([("a", "2025-10-08"), ("b", "2025-10-08 00:00:00.000001")])
    result = funnel([seen, paid], within="7D", until="2025-10-31")
    assert result.steps["people"].tolist() == [4, 1]
    assert result.steps["still_open"].tolist() == [1, 0]


@pytest.mark.parametrize(
    "bad", [{"steps": pd.DataFrame()}, {"steps": []}, {"steps": [events([])] * 2, "within": "-1D"}]
)
def test_a_funnel_without_steps_or_window_is_refused(bad: dict[str, Any]) -> None:
    """One step is no funnel, and a window must be longer than nothing."""
    with pytest.raises((TypeError, ValueError)):
        funnel(**bad)


@settings(max_examples=80, deadline=None)
@given(
    rows=rows,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", None]),
    week=st.integers(1, 9),
)
def test_active_users_are_different_people_of_the_last_days(
    rows: list[Any], zone: str | None, week: int
) -> None:
    """Rolling counts equal sets of people, over the change of the clocks too."""
    frame = events(rows, zone)
    result = active_users(frame, week=week, month=12)
    known = frame[frame["identity"].notna()]
    days = known["ts"].dt.tz_localize(None).dt.normalize()
    for number, day in enumerate(result.days.index):
        for name, window in {"daily": 1, "weekly": week, "monthly": 12}.items():
            inside = (days > day - pd.Timedelta(days=window)) & (days <= day)
            value = result.days.loc[day, name]
            assert pd.isna(value) if number < window - 1 else value == known.loc[inside, "identity"].nunique()
    weeks = (
        known.groupby(days.dt.to_period("W-SUN").dt.start_time)["identity"].nunique() if len(known) else {}
    )
    counted = result.weeks["people"]
    assert counted[counted > 0].to_dict() == dict(weeks)
    assert counted.index.equals(pd.DatetimeIndex(result.days.index.to_period("W-SUN").start_time.unique()))


def test_an_empty_id_is_nobodys() -> None:
    """An identity without a letter tells as little as a missing one: the objectId does."""
    frame = events([("", "2025-10-06"), ("", "2025-10-06"), ("a", "2025-10-06"), (None, "2025-10-06")])
    frame = frame.assign(objectId=["d1", "d2", "d3", ""])
    assert retention(frame, periods=0).people.index.tolist() == ["d1", "d2", "a"]
    assert active_users(frame).left_out == {"rows without a person or a time": 1}


@pytest.mark.parametrize("until", [2025, 202510, 20251301, True])
def test_a_number_is_a_day_of_eight_digits(until: Any) -> None:
    """A year or a month as a number is no day, and is not taken for its first one."""
    with pytest.raises(ValueError, match="is not a day"):
        active_users(events([("a", "2025-10-06")]), until=until)


def test_a_week_that_was_observed_in_part_is_marked() -> None:
    """The first week begins before the query, the last one ends after it."""
    note = {"query": {"event_name": "E", "from": 20251001, "to": 20251015}}
    result = active_users(events([("a", f"2025-10-{day:02d} 12:00") for day in range(1, 16)], **note))
    assert result.weeks["partial"].tolist() == [True, False, True]
    assert not result.days["running"].any()
    assert len(result.days) == 15


@given(st.dictionaries(st.sampled_from(["x", "y", "z"]), st.lists(st.sampled_from("abcde")), min_size=1))
def test_combinations_add_up_to_everybody(audiences: dict[str, list[str]]) -> None:
    """Each person is in exactly one combination, and the sizes come back from the combinations."""
    result = overlap(audiences)
    assert result.intersections["people"].sum() == len(set().union(*audiences.values()))
    for name, ids in audiences.items():
        assert result.intersections.loc[result.intersections[name], "people"].sum() == len(set(ids))
        assert result.sizes[name] == result.pairs.loc[name, name] == len(set(ids))


def test_audiences_are_frames_or_ids_of_any_kind() -> None:
    """Events, people, Series, arrays; numbers meet text as CleverTap writes them."""
    audiences = {
        "events": events([("1", "2025-10-01"), ("1", "2025-10-02"), (None, "2025-10-02")]),
        "floats": pd.Series([1.0, 2.0, np.nan]),
        "set": {"2", "3"},
    }
    result = overlap(audiences)
    assert result.members.loc["1"].tolist() == [True, True, False]
    assert result.members.loc["2"].tolist() == [False, True, True]
    assert result.left_out == {"rows without a person": 2}


def test_an_anonymous_person_is_known_by_a_device() -> None:
    """Frames of people have the id inside the device, frames of events beside it."""
    known = pd.DataFrame({"identity": ["a", None], "platformInfo.iOS.objectId": ["x", "y"]})
    seen = events([("a", "2025-10-01"), (None, "2025-10-01")]).assign(objectId=["x", "y"])
    assert overlap({"known": known, "seen": seen}).intersections["people"].tolist() == [2]


def test_one_text_is_no_audience() -> None:
    """Its letters would be taken for people."""
    with pytest.raises(TypeError, match="put it into a list"):
        overlap({"a": "abc"})


def crowd() -> pd.DataFrame:
    """Build four people: a token, a token on a second device, an address opted out of, nothing."""
    return pd.DataFrame(
        {
            "identity": ["a", "b", "c", "d"],
            "email": pd.Series(["a@example.org", None, "c@example.org", ""], dtype="str"),
            "phone": pd.Series([None, "+4930", None, None], dtype="str"),
            "profileData.MSG-email": pd.array([True, None, False, False], dtype="boolean"),
            "profileData.MSG-dndPhone": pd.array([None, True, None, None], dtype="boolean"),
            "platformInfo.Android.push_token": pd.Series(["t", None, None, ""], dtype="str"),
            "platformInfo.Android.app_version": pd.Series(["1.9", None, "1.10", None], dtype="str"),
            "platformInfo.more": [
                None,
                [{"platform": "iOS", "push_token": "u", "app_version": "1.9"}],
                None,
                None,
            ],
        }
    )


@pytest.mark.parametrize("count", [lambda f: first_touch(f, "city"), lambda f: adoption(f, "city")])
def test_a_face_does_not_grow_with_the_values(count: Any) -> None:
    """A notebook keeps what is printed: of thousands of values it holds the first and the last."""
    sizes = []
    for values in (200, 2_000):
        people = [(f"p{at}", "2025-10-01") for at in range(values)]
        result = count(events(people).assign(city=[f"city {at:04}" for at in range(values)]))
        assert result.counts.shape == (1, values)
        sizes.append((len(repr(result)), len(result._repr_html_())))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.1)


def test_reach_needs_an_address_and_no_opt_out() -> None:
    """Tokens of every device count; flags of both senses are read; an empty address is none."""
    channels = reachability(crowd()).channels
    assert channels["reachable"].to_dict() == {"push": 2, "email": 1, "phone": 0, "any": 2, "none": 2}
    assert channels["known"].to_dict() == {"push": 2, "email": 2, "phone": 1, "any": 3, "none": 0}


def test_reach_is_asked_of_people_not_events() -> None:
    """Counting rows of events as people would be wrong."""
    with pytest.raises(ValueError, match='rows="profile"'):
        reachability(events([("a", "2025-10-01")]))


def test_reach_by_value_adds_up() -> None:
    """The groups of a breakdown hold everybody once."""
    table = reachability(crowd().assign(plan=["x", "x", None, "y"]), by="plan").channels
    assert table["people"].groupby(level=0).first().to_dict() == {"(missing)": 1, "x": 2, "y": 1}


def test_reach_by_value_counts_all_values_at_once() -> None:
    """Thousands of cities: nobody is looked at once for each of them."""
    looked_at = []

    def look(_frame: Any, event: str, _given: Any) -> None:
        looked_at.append(event) if event in {"call", "c_call"} else None

    costs = []
    for values in (2, 200):
        people = pd.concat([crowd()] * 50, ignore_index=True)
        people["city"] = [f"city {at % values}" for at in range(len(people))]
        looked_at.clear()
        sys.setprofile(look)
        try:
            reachability(people, by="city")
        finally:
            sys.setprofile(None)
        costs.append(len(looked_at))
    assert costs[1] - costs[0] < 198 * 20  # calls; a few, in which the values are put in order


def test_devices_too_deep_to_read_are_none() -> None:
    """What a Parquet file holds as text is read as JSON, and text that is none tells of no device."""
    more = ["[" * 100_000, "[{", '[{"app_version": "2.0"}]', None]
    counts = adoption(crowd().assign(**{"platformInfo.more": more}), "app_version").counts
    assert int(counts["2.0"].sum()) == 1


def test_first_touch_is_the_first_row_only() -> None:
    """What came later does not change what brought somebody in."""
    frame = events([("a", "2025-10-02"), ("a", "2025-10-01"), ("b", "2025-11-01")]).assign(
        source=["ad", "mail", None]
    )
    result = first_touch(frame, "source")
    assert result.people["value"].to_dict() == {"a": "mail", "b": "(missing)"}
    assert result.counts.loc["2025-10-01"].to_dict() == {"(missing)": 0, "mail": 1}
    assert result.shares.sum(axis=1).tolist() == [1.0, 1.0]


def test_adoption_counts_people_by_their_last_row_of_the_period() -> None:
    """An update moves a person within the week; versions stand in their own order."""
    frame = events([("a", "2025-10-06"), ("a", "2025-10-08"), ("b", "2025-10-07"), ("b", "2025-10-13")])
    result = adoption(frame.assign(app_version=["1.9", "1.10", "1.9", "1.9"]), "app_version")
    assert result.counts.columns.tolist() == ["1.9", "1.10"]
    assert result.counts.to_numpy().tolist() == [[1, 1], [1, 0]]


@pytest.mark.parametrize("count", [adoption, first_touch])
def test_what_is_missing_stands_last_among_the_values(count: Any) -> None:
    """However many people lack a value, and whatever sign the names of others begin with."""
    frame = events([(person, "2025-10-06") for person in "abcdef"])
    frame["plan"] = pd.Series(["gold", "gold", "~free", None, None, None], dtype="str")
    assert count(frame, "plan").counts.columns.tolist() == ["gold", "~free", "(missing)"]


def test_values_of_an_arrow_dictionary_are_those_that_occur() -> None:
    """A dictionary may hold values that no row has; they are no groups, as unused categories are not."""
    frame = events([("a", "2025-10-20"), ("b", "2025-10-21"), ("c", "2025-10-22")])
    frame["plan"] = pd.Series(["free", "gold", None]).astype(
        pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    )
    frame = frame.iloc[[0, 2]]
    assert funnel([frame, frame], by="plan").steps.index.unique(0).tolist() == ["free", "(missing)"]
    assert first_touch(frame, "plan").counts.columns.tolist() == ["free", "(missing)"]
    assert set(adoption(frame, "plan").counts.columns) == {"free", "(missing)"}


@pytest.mark.parametrize("rows", [2, 4, 6])
@pytest.mark.parametrize("dtype", ["boolean", "object", "category"])
def test_truths_are_values_like_others(rows: int, dtype: str) -> None:
    """True and False head columns of their own, and everybody is counted."""
    days = ["2025-10-06", "2025-10-07", "2025-10-13", "2025-10-14", "2025-11-03", "2025-11-04"]
    frame = events([(who, day) for who, day in zip("abcdef", days, strict=True)])
    truths = pd.array([True, False, True, None, True, False], dtype="boolean")
    frame = frame.assign(paid=pd.Series(truths).astype(dtype)).iloc[:rows]
    expected = {"True": sum([1, 0, 1, 0, 1, 0][:rows]), "False": sum([0, 1, 0, 0, 0, 1][:rows])}
    for result in (adoption(frame, "paid"), first_touch(frame, "paid", freq="W")):
        found = {str(value): int(size) for value, size in result.counts.sum().items()}
        assert {value: size for value, size in found.items() if value != "(missing)"} == expected
        assert sum(found.values()) == rows


def test_adoption_of_people_reads_every_device() -> None:
    """The devices beyond the first count too, each value once per person."""
    assert adoption(crowd()).counts.iloc[0].to_dict() == {"Android": 3, "iOS": 1}
    assert adoption(crowd(), "app_version").counts.iloc[0].to_dict() == {"1.9": 2, "1.10": 1}


@pytest.mark.parametrize(
    "result",
    [
        funnel([events([]), events([])]),
        active_users(events([])),
        overlap({"a": []}),
        reachability(crowd().iloc[:0]),
        first_touch(events([]).assign(source=pd.Series([], dtype="str")), "source"),
        adoption(events([]).assign(platform=pd.Series([], dtype="str"))),
        adoption(crowd().iloc[:0]),
    ],
    ids=lambda result: type(result).__name__,
)
def test_nobody_still_has_faces(result: Any) -> None:
    """An empty frame gives a result that shows itself and says what it would have counted."""
    assert result.definition in repr(result)
    assert "mathjax_ignore" in result._repr_html_(), "dollars would be read as formulas"
    assert isinstance(result.to_frame(), pd.DataFrame)


@pytest.mark.parametrize(
    "result",
    [
        funnel({"<b>": events([("a", "2025-10-01")]), "<i>": events([])}, within="1D"),
        overlap({"<b>": ["a"]}),
        reachability(crowd().assign(plan="<b>"), by="plan"),
        first_touch(events([("a", "2025-10-01")]).assign(source="<b>"), "source"),
        adoption(events([("a", "2025-10-01")]).assign(platform="<b>")),
    ],
    ids=lambda result: type(result).__name__,
)
def test_faces_escape_what_came_from_outside(result: Any) -> None:
    """Names of steps, audiences and values are text, not markup."""
    assert "<b>" not in result._repr_html_()
    assert "&lt;b&gt;" in result._repr_html_()


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (pd.array([10, 9, None], dtype="Int64"), [9, 10, "(missing)"]),
        ([10.5, 9.5, None], [9.5, 10.5, "(missing)"]),
        (pd.Series(["b", 3, None], dtype=object), [3, "b", "(missing)"]),
        (
            pd.Categorical(["high", "low", None], categories=["low", "middle", "high"], ordered=True),
            ["low", "high", "(missing)"],
        ),
    ],
)
def test_values_of_a_breakdown_stand_in_their_own_order(values: Any, order: list[Any]) -> None:
    """Numbers by size, categories as they say, what is missing last."""
    frame = events([("a", "2025-10-01"), ("b", "2025-10-01"), ("c", "2025-10-01")]).assign(value=values)
    assert list(dict.fromkeys(funnel([frame, frame], by="value").steps.index.get_level_values(0))) == order
    assert adoption(frame, "value").totals.tolist() == [3]
    assert set(first_touch(frame, "value").counts.columns) == set(order)


def test_a_breakdown_by_lists_says_what_to_do() -> None:
    """A list is no group; the message offers text, or a row for each."""
    frame = events([("a", "2025-10-01")]).assign(tags=[["x", "y"]])
    with pytest.raises(ValueError, match="explode"):
        first_touch(frame, "tags")


@pytest.mark.parametrize("within", [7, "7", 7.5, "1M", "soon"])
def test_a_window_without_a_unit_is_refused(within: Any) -> None:
    """Pandas would take a bare 7 for nanoseconds, and nobody would get through."""
    with pytest.raises(ValueError, match="write the unit"):
        funnel([events([]), events([])], within=within)


def test_names_that_hide_each_other_are_refused() -> None:
    """Two steps or audiences of one name would be one; a breakdown named like a step would hide its times."""
    seen = events([("a", "2025-10-01")]).assign(Seen="x")
    with pytest.raises(ValueError, match="the same name"):
        funnel({1: seen, "1": seen, "2": seen})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="rename"):
        funnel({"Seen": seen, "Paid": seen}, by="Seen")
    with pytest.raises(ValueError, match="its own name"):
        overlap({1: ["a"], "1": ["b"]})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="its own name"):
        overlap({"people": ["a"], "b": ["b"]})


@pytest.mark.parametrize("kind", ["int64", "uint64", "Int64", "int64[pyarrow]"])
def test_long_numbers_stay_different_people(kind: str) -> None:
    """Beside floats, or in another type of number, pandas would make one of two."""
    long = pd.Series([2**53, 2**53 + 1], dtype=kind)
    for other in (pd.Series([1.0, None]), pd.Series([2**53], dtype="int64"), pd.Series(["x"])):
        sizes = overlap({"other": other, "long": long, "again": long.astype("uint64")}).sizes
        assert sizes[["long", "again"]].tolist() == [2, 2]


@pytest.mark.parametrize("others", [["x"], [1, 2], [2**53 + 1]])
def test_long_numbers_that_gaps_made_floats_are_refused(others: list[object]) -> None:
    """Several people are one there, and who is paired with whom is chance."""
    rounded = pd.DataFrame({"identity": [2**53 + 1, 2**53, None]})
    with pytest.raises(ValueError, match="'identity' holds numbers that became floats"):
        overlap({"rounded": rounded, "others": others})
    with pytest.raises(ValueError, match="'identity' holds numbers that became floats"):
        overlap({"rounded": rounded.assign(objectId=["d", "e", "f"])})


def test_numbers_are_compared_as_text_within_one_audience_too() -> None:
    """A list of mixed ids, and a whole number among others, are written as CleverTap writes them."""
    result = overlap({"mixed": [1, "2"], "text": ["1", "2"], "floats": [1.0, 1.5]})
    assert result.sizes.to_dict() == {"mixed": 2, "text": 2, "floats": 2}
    assert result.members.loc["1"].tolist() == [True, True, True]


@pytest.mark.parametrize("audience", [None, 5])
def test_what_is_no_audience_is_named(audience: Any) -> None:
    """The message says which one it was."""
    with pytest.raises(TypeError, match="audience 'a' is"):
        overlap({"a": audience})


@pytest.mark.parametrize("bad", [{"week": 7.5}, {"month": 0}, {"week": True}])
def test_windows_of_active_users_are_whole_days(bad: dict[str, Any]) -> None:
    """The message repeats what was given."""
    with pytest.raises(ValueError, match=str(next(iter(bad.values())))):
        active_users(events([]), **bad)


def test_a_field_that_no_device_has_is_named() -> None:
    """A misspelt field is an error, a known one that nobody has is an empty result."""
    with pytest.raises(ValueError, match="'modle' is not a column"):
        adoption(crowd(), "modle")
    assert adoption(crowd(), "model").counts.empty
    assert adoption(crowd().iloc[:0], "modle").counts.empty


def test_every_result_says_that_a_download_was_cut() -> None:
    """No part is passed off as whole, on the page or in the table."""
    note = {"query": {"event_name": "E"}, "complete": False}
    seen = events([("a", "2025-10-01")], **note).assign(x="y")
    people = crowd()
    people.attrs["clevertap"] = note | {"kind": "people"}
    for result in (
        funnel([seen, events([])]),
        active_users(seen),
        overlap({"a": seen, "b": ["c"]}),
        reachability(people),
        first_touch(seen, "x"),
        adoption(seen, "x"),
        adoption(people),
    ):
        assert "Not complete: the download of E was cut short" in result.definition


def test_one_is_written_as_one() -> None:
    """Counts in words are good English for a single person too."""
    assert "Left out: 1 row without" in active_users(events([(None, "2025-10-01")])).definition
    assert "add up to 1 person." in overlap({"a": ["x"]}).definition


VISITS = pd.DataFrame(
    {
        "identity": pd.Series(["a", "b"], dtype="str"),
        "ts": pd.to_datetime(["2025-10-01", "2025-10-02"]),
        "session_props.utm_source": ["ad", "mail"],
        "platform": ["iOS", "Web"],
        "tags": [["x"], ["y"]],
    }
)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: retention(VISITS, by=["platform"]), r"by= takes the name of one column, not list"),
        (
            lambda: retention(VISITS, person=VISITS["identity"]),
            r"person= takes the name .* not Series",
        ),
        (lambda: adoption(VISITS, ["platform"]), r"column= takes the name of one column, not list"),
        (lambda: first_touch(VISITS, "utm_source"), r"Did you mean 'session_props\.utm_source'\?"),
        (lambda: first_touch(VISITS, "UTM_Source"), r"Did you mean 'session_props\.utm_source'\?"),
        (lambda: retention(VISITS, by="plattform"), r"Did you mean 'platform'\?"),
        (lambda: retention(VISITS, by="PLATFORM"), r"Did you mean 'platform'\?"),
        (lambda: retention(VISITS, person="identty"), r"Did you mean 'identity'\?"),
        (lambda: retention(VISITS, person="tags"), r"'tags' holds lists or objects"),
        (lambda: overlap({"a": [["x"], ["y"]]}), r"holds lists or objects"),
        (lambda: active_users(VISITS.set_index("ts")), r"ts in its index: df\.reset_index\(\)"),
        (lambda: active_users(VISITS.set_index("identity")), r"in the index: df\.reset_index\(\)"),
        (lambda: adoption("Charged"), r"adoption takes a DataFrame of events or of people, not str"),
        (lambda: adoption(VISITS.drop(columns="ts"), "plattform"), r"Did you mean 'platform'\?"),
        (lambda: reachability([VISITS]), r"reachability takes a DataFrame of people, not list"),
        (lambda: reachability(pd.concat([VISITS["identity"]] * 2, axis=1), by="identity"), r"2 columns are"),
        (lambda: retention(VISITS, kind=VISITS["identity"]), r"kind=.*use \"n-day\""),
        (lambda: retention(VISITS, first=VISITS["identity"]), r"first=.*use \"in-window\""),
        (lambda: first_touch(VISITS, "platform", first=["ever"]), r"first=.*use \"in-window\""),
        (lambda: first_touch(VISITS, None), r"by=None is not a column of the frame\.$"),
        (lambda: retention(VISITS).plot(["curves"]), r"not a drawing of retention"),
        (lambda: adoption(VISITS).plot(top=None), r"top=None: give how many values"),
        (lambda: adoption(VISITS).plot(top="3"), r"top='3': give how many values"),
        (lambda: funnel(None), r"a dict from name to frame, or a list of frames"),
    ],
)
def test_what_was_given_wrong_is_named_with_what_to_do(wrong: Any, said: str) -> None:
    """Lists for a column, misspelt columns, names for frames and the like are no errors of pandas itself."""
    with pytest.raises((TypeError, ValueError), match=f"(?s){said}"):
        wrong()


def test_a_last_day_at_the_end_of_the_calendar_is_a_day() -> None:
    """Nothing is asked of the year 10000."""
    assert "Observed until 31 Dec 9999." in retention(VISITS, until="9999-12-31").definition


@pytest.mark.parametrize(("count", "said"), [(1, "1 row lies outside"), (0, "")])
def test_rows_that_a_change_of_zone_moved_out_of_the_query_are_told(count: int, said: str) -> None:
    """The last evening of October in New York is November in UTC, past the query's last day."""
    note = {"kind": "events", "query": {"event_name": "E", "from": 20251001, "to": 20251031}}
    frame = events([("a", "2025-10-06"), ("b", "2025-11-01 02:30")], "America/New_York", **note)
    frame["b"] = "x"
    frame["ts"] = frame["ts"].dt.tz_convert("UTC") if count else frame["ts"]
    for result in (
        retention(frame),
        active_users(frame),
        first_touch(frame, "b"),
        adoption(frame, "b"),
        funnel([frame, frame]),
    ):
        assert ("outside the days" in result.definition) == bool(count)
        assert said in result.definition


@pytest.mark.parametrize(("until", "told"), [("2025-12-31", True), ("2025-10-31", False), (None, False)])
def test_days_that_nobody_read_are_told(until: Any, told: bool) -> None:
    """With until= behind the query, whoever came in between would pass for somebody who stayed away."""
    note = {"kind": "events", "query": {"event_name": "E", "from": 20251001, "to": 20251031}}
    frame = events([("a", "2025-10-06"), ("b", "2025-10-20")], "Asia/Kolkata", **note)
    makers: list[Any] = [retention, active_users, lambda frame, until: funnel([frame, frame], until=until)]
    for make in makers:
        said = make(frame, until=until).definition
        assert ("The events were read only until 31 Oct 2025" in said) == told
    frame.attrs = {}
    assert "read until" not in retention(frame, until=until).definition


def test_a_first_step_may_be_read_for_fewer_days_than_those_after_it() -> None:
    """It says whose funnel this is: nobody passes for lost because no further attempts were read."""
    query = {"event_name": "E", "from": 20251001}
    viewed = events([("a", "2025-10-30")], "Asia/Kolkata", query=query | {"to": 20251031})
    paid = events([("a", "2025-11-02")], "Asia/Kolkata", query=query | {"to": 20251130})
    found = funnel([viewed, paid], until="2025-11-30")
    assert found.steps["people"].tolist() == [1, 1]
    assert "were read until" not in found.definition
    assert "were read only until 30 Nov 2025" in funnel([viewed, paid], until="2025-12-31").definition


def test_a_window_longer_than_anything_is_never_full() -> None:
    """However many days are asked for, none has seen them all; no number is too long."""
    days = active_users(events([("a", "2025-10-01"), ("a", "2025-10-02")]), week=10**9, month=10**30).days
    assert days["daily"].tolist() == [1, 1]
    assert days[["weekly", "monthly"]].isna().all(axis=None)


@pytest.mark.parametrize(
    "values", [[("x", 1), ("y", 2)], [("x",), None], [range(1), range(2)], [object(), object()]]
)
def test_values_without_an_order_or_a_label_are_no_groups(values: list[Any]) -> None:
    """Tuples would be taken for several levels of an index; objects stand in no order."""
    frame = events([("a", "2025-10-01"), ("b", "2025-10-02")]).assign(v=pd.Series(values, dtype=object))
    makers: list[Any] = [
        lambda: retention(frame, by="v"),
        lambda: funnel([frame, frame], by="v"),
        lambda: first_touch(frame, "v"),
        lambda: adoption(frame, "v"),
        lambda: reachability(frame.drop(columns="ts"), by="v"),
    ]
    for make in makers:
        with pytest.raises(ValueError, match=r"'v' holds lists or objects"):
            make()


def test_half_a_surrogate_pair_is_a_value_and_an_id() -> None:
    """A read keeps it in a column of objects; labels show it as it is escaped."""
    broken = pd.Series(["\ud83d", "\ud83d", None], dtype=object)
    frame = events([("a", "2025-10-01"), ("b", "2025-10-02"), ("c", "2025-10-03")]).assign(v=broken)
    makers: list[Any] = [
        lambda: retention(frame, by="v"),
        lambda: funnel([frame, frame], by="v"),
        lambda: first_touch(frame, "v"),
        lambda: adoption(frame, "v"),
        lambda: adoption(frame.drop(columns="ts"), "v"),
        lambda: reachability(frame.drop(columns="ts"), by="v"),
        lambda: overlap({"x": ["\ud83d"], "y": frame}, person="v"),
    ]
    for make in makers:
        assert len(make().to_frame())
    assert retention(frame, person="v").people.index.tolist() == [r"\ud83d"]
    assert first_touch(frame, "v").counts.columns.tolist() == [r"\ud83d", "(missing)"]


def test_an_empty_text_is_nobody_in_a_column_of_ones_own_too() -> None:
    """All the rows that a CRM export left blank would be one very busy person."""
    frame = events([("a", "2025-10-01"), ("b", "2025-10-02"), ("c", "2025-10-09")]).assign(crm=["7", "", ""])
    assert retention(frame, person="crm").people.index.tolist() == ["7"]
    assert retention(frame, person="crm").left_out["rows of birth without a person or a time"] == 2
    for audience in (frame, frame["crm"], ["7", "", ""], pd.Index(["7", ""])):
        assert overlap({"x": audience}, person="crm").sizes.tolist() == [1]


@pytest.mark.parametrize(("start", "told"), [(20251015, True), (20251001, False), (20250901, False)])
def test_a_later_step_that_was_read_from_a_later_day_on_is_told(start: int, told: bool) -> None:
    """Who came back in the days that were not read would pass for somebody who stayed away."""
    notes = [{"kind": "events", "query": {"event_name": name, "to": 20251031}} for name in ("Birth", "Back")]
    first = events([("a", "2025-10-06")], "Asia/Kolkata", **notes[0])
    first.attrs["clevertap"]["query"]["from"] = 20251001
    later = events([("a", "2025-10-20")], "Asia/Kolkata", **notes[1])
    later.attrs["clevertap"]["query"]["from"] = start
    for result in (retention(first, later), funnel([first, later]), funnel([first, later, later])):
        assert result.definition.count("Back was read only from 15 Oct 2025 on") == told
    for unknown in ({}, {"clevertap": {"kind": "events", "downloaded_at": "2025-11-02T00:00:00+00:00"}}):
        later.attrs = unknown
        assert "was read from" not in retention(first, later).definition


@pytest.mark.parametrize("other", ["A-1", "B-2"])
def test_the_definition_says_that_frames_come_from_several_accounts(other: str) -> None:
    """The identity 5 of the test account is somebody else than that of the real one."""
    ours, theirs = (events([("5", "2025-10-06")], account=name, region="eu") for name in ("A-1", other))
    results: list[Any] = [retention(ours, theirs), funnel([ours, theirs]), overlap({"a": ours, "b": theirs})]
    for result in results:
        assert ("From several accounts: A-1 (eu), B-2 (eu)" in result.definition) == (other != "A-1")


@pytest.mark.parametrize(
    "count",
    [
        retention,
        active_users,
        lambda frame: funnel({"Buy": frame, "again": frame}),
        lambda frame: first_touch(frame, "identity"),
        lambda frame: adoption(frame, "identity"),
    ],
)
def test_the_definition_says_that_an_event_was_filtered(count: Any) -> None:
    """A figure of purchases above 500 is no figure of purchases."""
    query = {"event_name": "Buy", "from": 20251001, "to": 20251031}
    above = {"event_properties": [{"name": "Amount", "operator": "greater_than", "value": 500}]}
    said = "Of Buy, only what the filters of the query let through was read."
    assert said in count(events([("a", "2025-10-06")], query=query | above)).definition
    assert said not in count(events([("a", "2025-10-06")], query=query)).definition


def test_of_an_event_read_with_filters_and_without_the_filtered_frame_is_named() -> None:
    """Who first bought above 500 and then bought anything: nothing was left out of the latter."""
    query = {"event_name": "Buy", "from": 20251001, "to": 20251031}
    above = {"event_properties": [{"name": "Amount", "operator": "greater_than", "value": 500}]}
    rows = [("5", "2025-10-06")]
    some, every = events(rows, query=query | above), events(rows, query=query)
    assert "Of Buy (frame 1 of 2), only what" in retention(some, every).definition
    assert "Of Buy (frame 2 of 2), only what" in funnel({"Buy": every, "large": some}).definition
    assert "Of Buy, only what" in retention(some, some.copy()).definition
