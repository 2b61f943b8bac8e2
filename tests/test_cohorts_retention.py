"""Retention against a reading of its own definition, one person and one period at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ct_pandas.cohorts import retention

FREQS = {"D": "D", "W": "W-SUN", "M": "M"}
# Clocks change on 26 October (Berlin) and 2 November 2025 (New York), at midnight on 7 September (Santiago).
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", None]
START = datetime(2025, 8, 28, tzinfo=ZoneInfo("UTC"))


def events(rows: list[tuple[str | None, Any]], zone: str | None = None, **note: Any) -> pd.DataFrame:
    """Build an event frame of (person, time) rows."""
    ts = pd.DatetimeIndex([pd.Timestamp(at) for _, at in rows]).as_unit("us")
    if zone is not None and ts.tz is None:
        ts = ts.tz_localize(zone)
    frame = pd.DataFrame({"ts": ts, "identity": pd.Series([who for who, _ in rows], dtype="str")})
    if note:
        frame.attrs["clevertap"] = note
    return frame


def in_zone(frame: pd.DataFrame, zone: str | None) -> pd.DataFrame:
    """Move a frame of UTC times to a zone, or to naive times."""
    ts = frame["ts"].dt.tz_localize("UTC")
    return frame.assign(ts=ts.dt.tz_localize(None) if zone is None else ts.dt.tz_convert(zone))


def midnight(day: pd.Timestamp, zone: str | None) -> pd.Timestamp:
    """Give the first moment of a day, also where the clocks skip midnight."""
    return day if zone is None else day.tz_localize(zone, nonexistent="shift_forward", ambiguous=True)


def period_of(at: pd.Timestamp, freq: str) -> pd.Period:
    """Give the calendar period by the clock on the wall."""
    return at.tz_localize(None).to_period(FREQS[freq])


def by_definition(
    birth: pd.DataFrame, back: pd.DataFrame, *, freq: str, periods: int, kind: str, end: pd.Timestamp
) -> dict[tuple[pd.Period, int], tuple[int, int, bool]]:
    """Read the docstring with loops: (cohort, period) to (came back, old enough, running)."""
    births: dict[str, pd.Timestamp] = {}
    for who, at in zip(birth["identity"], birth["ts"], strict=True):
        if isinstance(who, str) and at < end and (who not in births or at < births[who]):
            births[who] = at
    cells: dict[tuple[pd.Period, int], tuple[int, int, bool]] = {}
    for who, born in births.items():
        cohort = period_of(born, freq)
        later = [
            at
            for name, at in zip(back["identity"], back["ts"], strict=True)
            if name == who and born <= at < end
        ]
        for k in range(periods + 1):
            begun = (cohort + k).start_time <= (end - pd.Timedelta(1, "us")).tz_localize(None)
            over = (cohort + k + 1).start_time <= end.tz_localize(None)
            hits = [period_of(at, freq) for at in later]
            came = any(hit == cohort + k or (kind == "unbounded" and hit > cohort + k) for hit in hits)
            had, old, _ = cells.get((cohort, k), (0, 0, False))
            cells[cohort, k] = (had + (came and begun), old + begun, begun and not over)
    return cells


people = st.sampled_from(["a", "b", "c", "d", None])
times = st.integers(0, 80 * 24 * 12).map(lambda n: (START + timedelta(minutes=5 * n)).replace(tzinfo=None))
rows = st.lists(st.tuples(people, times), max_size=25)


@settings(max_examples=150, deadline=None)
@given(
    birth=rows,
    back=st.none() | rows,
    zone=st.sampled_from(ZONES),
    freq=st.sampled_from(["D", "W", "M"]),
    kind=st.sampled_from(["n-day", "unbounded"]),
    periods=st.integers(0, 5),
    until=times,
)
def test_retention_is_exactly_its_definition(
    *, birth: list[Any], back: Any, zone: str | None, freq: str, kind: Any, periods: int, until: datetime
) -> None:
    """Counts, denominators and running marks equal the definition read with loops, clock changes included."""
    born = in_zone(events(birth), zone)
    returned = None if back is None else in_zone(events(back), zone)
    last = in_zone(events([("x", until)]), zone)["ts"].iloc[0] + pd.Timedelta(1, "s")
    result = retention(born, returned, freq=freq, periods=periods, kind=kind, until=last)
    end = last + pd.Timedelta(1, "us")
    if last.strftime("%H:%M:%S") == "00:00:00":
        end = midnight(last.tz_localize(None) + pd.Timedelta(days=1), zone)
    watched = born if returned is None else returned
    expected = by_definition(born, watched, freq=freq, periods=periods, kind=kind, end=end)
    assert sorted(result.counts.index) == sorted({cohort.start_time for cohort, _ in expected})
    for (period, k), (came, old, running) in expected.items():
        cohort = period.start_time
        assert result.eligible.loc[cohort, k] == old
        assert bool(result.running.loc[cohort, k]) == (running and old > 0)
        if old:
            assert result.counts.loc[cohort, k] == came
            assert result.rates.loc[cohort, k] == pytest.approx(came / old)
        else:
            assert pd.isna(result.counts.loc[cohort, k])
            assert np.isnan(result.rates.loc[cohort, k])


@settings(max_examples=60, deadline=None)
@given(
    birth=rows,
    zone=st.sampled_from(ZONES),
    hours=st.sampled_from([1, 24, 168]),
    kind=st.sampled_from(["n-day", "unbounded"]),
)
def test_hours_from_birth_are_elapsed_hours_of_each_person(
    birth: list[Any], zone: str | None, hours: int, kind: Any
) -> None:
    """A person counts in an hourly period once it has passed for them, whatever the clocks did."""
    frame = in_zone(events(birth), zone)
    result = retention(frame, freq=f"{hours}h", periods=3, kind=kind, until="2025-10-31")
    end = midnight(pd.Timestamp("2025-11-01"), zone)
    length = pd.Timedelta(hours=hours)
    first = frame[frame["ts"] < end].dropna().astype({"identity": object}).groupby("identity")["ts"].min()
    for k in range(4):
        old = first[first + length * (k + 1) <= end]
        came = 0
        for who, born in old.items():
            mine = frame.loc[(frame["identity"] == who) & (frame["ts"] >= born) & (frame["ts"] < end), "ts"]
            ages = (mine - born) // length
            came += bool((ages >= k).any() if kind == "unbounded" else (ages == k).any())
        assert result.eligible[k].sum() == len(old)
        assert result.counts[k].fillna(0).sum() == came


def test_an_hour_that_ends_with_the_observation_is_over() -> None:
    """Born a day before the end to the second: old enough; one moment later: not."""
    frame = events([("a", "2025-10-31 00:00:00"), ("b", "2025-10-31 00:00:00.000001")])
    assert retention(frame, freq="24h", periods=0, until="2025-10-31").eligible[0].tolist() == [1]


@pytest.mark.parametrize(("hours", "said"), [(1, "1 hour"), (24, "24 hours"), (1200, "1,200 hours")])
def test_periods_of_hours_are_named_by_their_number(hours: int, said: str) -> None:
    """One hour is none of several."""
    frame = pd.DataFrame({"identity": ["a"], "ts": pd.to_datetime(["2025-10-01 12:00"])})
    result = retention(frame, freq=f"{hours}h", periods=1, until="2025-10-31")
    assert f"Periods: {said} each" in result.definition


def test_the_usual_recipe_counts_people_who_had_no_chance_yet() -> None:
    """Everybody comes back a week later; tutorials say half do, because half are too young."""
    old = [(f"old{n}", day) for n in range(10) for day in ("2025-10-01", "2025-10-08")]
    young = [(f"young{n}", "2025-10-28") for n in range(10)]
    frame = events(old + young)

    born = frame.groupby("identity")["ts"].transform("min")
    tutorial = frame.assign(cohort=born.dt.to_period("M"), age=(frame["ts"] - born).dt.days // 7)
    naive = tutorial.pivot_table(index="cohort", columns="age", values="identity", aggfunc="nunique")
    naive = naive.div(naive[0], axis=0)
    ours = retention(frame, freq="168h", periods=1, until="2025-10-31")

    assert naive.loc["2025-10", 1] == 0.5
    assert ours.average[1] == 1.0
    assert ours.eligible[1].sum() == 10


def test_a_running_period_is_marked_and_not_averaged() -> None:
    """The week that was not over when observation ended would pull the average down: shown and marked."""
    frame = events(
        [(who, day) for who in "abcd" for day in ("2025-10-06", "2025-10-13")] + [("e", "2025-10-13")]
    )
    result = retention(frame, periods=2, until="2025-10-21")
    assert result.running.loc["2025-10-06", 2]
    assert result.counts.loc["2025-10-06", 2] == 0
    assert result.average[1] == 1.0
    assert np.isnan(result.average[2])
    assert "0.0% (0)*" in repr(result)


def test_a_last_day_that_ends_the_week_leaves_nothing_running() -> None:
    """Observation to the end of Sunday is a whole week."""
    frame = events([("a", "2025-10-06 10:00"), ("a", "2025-10-19 23:00")], "Europe/Berlin")
    result = retention(frame, periods=2, until=20251019)
    assert not result.running.any(axis=None)
    assert result.eligible.loc["2025-10-06"].tolist() == [1, 1, 0]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", None])
def test_the_first_moment_after_the_observation_is_not_in_it(zone: str | None) -> None:
    """Neither as a return in the week that is still running, nor as a birth."""
    born = events([("a", "2025-10-13"), ("b", "2025-10-22")], zone)
    back = events([("a", "2025-10-20 12:00")], zone)
    late = events([("a", "2025-10-22")], zone)
    assert retention(born, back, periods=2, until="2025-10-21").counts.iloc[:, 1].tolist() == [1]
    assert retention(born, late, periods=2, until="2025-10-21").counts.iloc[:, 1].tolist() == [0]


@pytest.mark.parametrize(
    ("note", "last"),
    [
        (
            {
                "query": {"event_name": "E", "from": 20251001, "to": 20251012},
                "downloaded_at": "2025-11-01T00:00:00Z",
            },
            "12 Oct 2025",
        ),
        (
            {
                "query": {"event_name": "E", "from": 20251001, "to": 20251031},
                "downloaded_at": "2025-10-10T10:00:00+00:00",
            },
            "10 Oct 2025, 11:59",
        ),
        ({}, "14 Oct 2025, 00:00"),
    ],
)
def test_observation_ends_with_the_query_or_its_download(note: dict[str, Any], last: str) -> None:
    """Whichever is earlier: the query's last day, or the moment of the download; else the last event."""
    frame = events([("a", "2025-10-06"), ("a", "2025-10-14")], "Europe/Berlin", **note)
    assert f"Observed until {last}" in retention(frame).definition


@pytest.mark.parametrize(
    ("downloaded", "last"),
    [
        ("2025-10-14T05:30:00Z", "14 Oct 2025, 10:00"),
        ("2025-10-14T23:30:00Z", "14 Oct 2025, 10:00"),
        ("2025-11-02T00:00:00Z", "31 Oct 2025"),
    ],
)
def test_a_download_is_no_moment_on_a_clock_that_is_not_known(downloaded: str, last: str) -> None:
    """Times without a zone may be hours before or behind UTC: the last event tells, and none is left out."""
    frame = events(
        [("a", "2025-10-06 09:00"), ("b", "2025-10-14 10:00")],
        query={"event_name": "E", "from": 20251001, "to": 20251031},
        downloaded_at=downloaded,
    )
    frame["ts"] = frame["ts"].dt.tz_localize(None)
    result = retention(frame, periods=0)
    assert f"Observed until {last}" in result.definition
    assert result.sizes.sum() == 2


def test_the_return_frame_says_how_long_anybody_watched() -> None:
    """Births of October and returns up to December are observed up to December."""
    births = events([("a", "2025-10-06")], query={"event_name": "A", "from": 20251001, "to": 20251031})
    back = events([("a", "2025-12-08")], query={"event_name": "B", "from": 20251001, "to": 20251231})
    result = retention(births, back, freq="M", periods=2)
    assert result.counts.loc["2025-10-01"].tolist() == [0, 0, 1]
    assert "Observed until 31 Dec 2025" in result.definition


def test_periods_are_cut_in_the_zone_of_birth() -> None:
    """A return frame in another zone is read on the clock of the births."""
    births = events([("a", "2025-10-06 00:30")], "Europe/Berlin")
    back = events([("a", "2025-10-12 22:30")], "UTC")
    result = retention(births, back, periods=1, until="2025-10-19")
    assert result.counts.loc["2025-10-06"].tolist() == [0, 1]


def test_a_return_before_birth_is_none() -> None:
    """Only what happened at or after the moment of birth is coming back, within period 0 too."""
    births = events([("a", "2025-10-06 12:00"), ("b", "2025-10-06 12:00")])
    back = events([("a", "2025-10-06 11:59:59"), ("b", "2025-10-06 12:00")])
    assert retention(births, back, periods=0, until="2025-10-31").counts.iloc[0, 0] == 1


def first_seen(values: list[str]) -> pd.DataFrame:
    """Build a downloaded frame of two people with the profile's summary of E."""
    frame = events(
        [("a", "2025-10-06"), ("b", "2025-10-07")],
        "UTC",
        query={"event_name": "E", "from": 20251001, "to": 20251031},
    )
    frame["events.E.first_seen"] = pd.to_datetime(values, utc=True)
    return frame


def test_a_first_seen_without_a_zone_stands_on_the_clock_of_the_events() -> None:
    """A zone that was given to ts alone is that of both; one that only first_seen has makes no order."""
    frame = first_seen(["2025-10-01 00:30", "2025-09-30 23:30"])
    frame["ts"] = frame["ts"].dt.tz_localize(None).dt.tz_localize("Europe/Berlin")
    local = frame.assign(**{"events.E.first_seen": frame["events.E.first_seen"].dt.tz_localize(None)})
    result = retention(local, first="ever", freq="M", periods=0)
    assert result.people.index.tolist() == ["a"]
    assert str(result.people["birth"].iloc[0]) == "2025-10-01 00:30:00+02:00"
    with pytest.raises(ValueError, match="has a time zone and ts has none"):
        retention(frame.assign(ts=frame["ts"].dt.tz_localize(None)), first="ever")


def test_first_ever_comes_from_the_profile() -> None:
    """Who first did it before the window is not new; the result says which first it means."""
    result = retention(first_seen(["2025-10-06", "2024-01-01"]), first="ever", freq="M", periods=0)
    assert result.sizes.tolist() == [1]
    assert result.left_out["people born before the window"] == 1
    assert "first-ever E (the profile's first_seen)" in result.definition
    edge = first_seen(["2025-10-01 00:00:00", "2025-09-30 23:59:59"])
    assert retention(edge, first="ever", freq="M", periods=0).sizes.tolist() == [1]
    window = retention(first_seen(["2025-10-06", "2024-01-01"]), freq="M", periods=0)
    assert window.sizes.tolist() == [2]
    assert "may not be their first ever" in window.definition


@pytest.mark.parametrize("freq", ["W", "24h"])
def test_a_first_seen_with_fractions_of_a_second_is_not_after_the_first_occurrence(freq: str) -> None:
    """Times of 13 digits have milliseconds, ts has none: period 0 of the event itself is everybody."""
    frame = first_seen(["2025-10-06 00:00:00.400", "2025-10-07 00:00:00.999"])
    result = retention(frame, first="ever", freq=freq, periods=0)
    assert (result.rates == 1).all(axis=None)
    assert (result.people["birth"].sort_values().to_numpy() == frame["ts"].to_numpy()).all()


def test_a_first_seen_in_a_doubled_hour_is_not_after_the_first_occurrence() -> None:
    """The ts of a doubled hour is read as its first occurrence, and first_seen tells which one it was."""
    frame = first_seen(["2025-10-26 01:30", "2025-10-07 00:00"])
    frame["ts"] = pd.to_datetime(["2025-10-26 00:30", "2025-10-07 00:00"], utc=True).tz_convert(
        "Europe/Berlin"
    )
    assert retention(frame, first="ever", freq="M", periods=0).counts.iloc[0, 0] == 2


def test_nobody_whose_first_seen_lies_behind_the_end_is_lost() -> None:
    """An occurrence that was watched is not later than itself."""
    frame = first_seen(["2025-10-06", "2025-10-09"])
    result = retention(frame, first="ever", freq="M", periods=0, until="2025-10-08")
    assert result.sizes.sum() + sum(result.left_out.values()) == 2


def test_first_ever_without_the_summary_says_how_to_get_it() -> None:
    """The error names the option of the reader that brings first_seen."""
    with pytest.raises(ValueError, match="event_summary=True"):
        retention(events([("a", "2025-10-06")]), first="ever")


def test_a_frame_of_people_is_refused() -> None:
    """One row per person has no occurrences to place in time."""
    with pytest.raises(ValueError, match='rows="event"'):
        retention(pd.DataFrame({"identity": ["a"]}))
    with pytest.raises(ValueError, match='rows="event"'):
        retention(events([("a", "2025-10-06")], kind="people"))
    with pytest.raises(ValueError, match=r'columns=\["ts", ...\]'):
        retention(events([("a", "2025-10-06")], kind="events").drop(columns="ts"))


def test_a_breakdown_takes_the_value_at_birth() -> None:
    """Somebody born on Android stays in that cohort after a change; a missing value is its own group."""
    frame = events([("a", "2025-10-06"), ("a", "2025-10-13"), ("b", "2025-10-06")])
    frame["platform"] = ["Android", "iOS", None]
    result = retention(frame, by="platform", periods=1, until="2025-10-31")
    assert result.counts.loc[("Android", "2025-10-06")].tolist() == [1, 1]
    assert result.counts.loc[("(missing)", "2025-10-06")].tolist() == [1, 0]
    assert result.average.loc["Android", 1] == 1.0


def test_rows_without_a_person_are_left_out_and_counted() -> None:
    """The identity tells people apart, the objectId where it is missing; without either a row is left out."""
    frame = events([("a", "2025-10-06"), (None, "2025-10-06"), (None, "2025-10-06")])
    frame["objectId"] = ["x", "y", None]
    result = retention(frame, periods=0)
    assert set(result.people.index) == {"a", "y"}
    assert result.left_out["rows of birth without a person or a time"] == 1
    assert "Left out: 1 row of birth" in result._repr_html_()


def test_numbers_and_text_are_the_same_person() -> None:
    """Ids read from a spreadsheet as numbers meet the API's text instead of nobody."""
    births = events([("5", "2025-10-06"), ("7", "2025-10-06")])
    back = pd.DataFrame({"identity": [5.0, None], "ts": pd.to_datetime(["2025-10-06", "2025-10-06"])})
    assert retention(births, back, periods=0, until="2025-10-31").counts.iloc[0, 0] == 1


@pytest.mark.parametrize(
    "ids",
    [
        pd.Categorical([5, None], categories=[5, 7]),
        pd.arrays.ArrowExtensionArray(pa.array([5, None]).dictionary_encode()),  # type: ignore[no-untyped-call]
    ],
    ids=["categories", "dictionary"],
)
def test_encoded_numbers_are_the_same_person(ids: Any) -> None:
    """Categories and Arrow dictionaries of numbers, with gaps, stand for the ids behind them."""
    births = events([("5", "2025-10-06"), ("7", "2025-10-06")])
    back = pd.DataFrame({"identity": ids, "ts": pd.to_datetime(["2025-10-06", "2025-10-06"])})
    assert retention(births, back, periods=0, until="2025-10-31").counts.iloc[0, 0] == 1
    assert retention(back, periods=0).sizes.tolist() == [1]


def test_nobody_in_an_arrow_dictionary_stays_nobody() -> None:
    """Where an Arrow dictionary of ids has gaps beside empty texts, nobody's rows are given to a person."""
    frame = events([(None, "2025-10-06"), ("", "2025-10-06"), ("a", "2025-10-13")])
    frame["identity"] = frame["identity"].astype(pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())))
    result = retention(frame, periods=0)
    assert result.people["birth"].to_dict() == {"a": pd.Timestamp("2025-10-13")}
    assert result.left_out["rows of birth without a person or a time"] == 2


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_any_dtype_backend_gives_the_same(backend: Any) -> None:
    """Arrow and nullable columns are read like NumPy's."""
    frame = events(
        [("a", "2025-10-06 10:00"), ("a", "2025-10-13 10:00"), ("b", "2025-10-07 09:00")], "Europe/Berlin"
    )
    plain, other = retention(frame), retention(frame.convert_dtypes(dtype_backend=backend))
    pd.testing.assert_frame_equal(plain.rates, other.rates)
    assert "Europe/Berlin" in other.definition


def test_nobody_is_an_empty_result() -> None:
    """No rows give empty tables that still show themselves."""
    result = retention(events([]))
    assert result.counts.shape == (0, 9)
    assert len(result.to_frame()) == 0
    assert "Nobody" in repr(result)
    assert "Nobody" in result._repr_html_()


def test_the_html_face_escapes_what_came_from_outside() -> None:
    """An event name or a value of the breakdown is text, not markup."""
    frame = events([("a", "2025-10-06")], query={"event_name": "<img src=x>"})
    frame["plan"] = "<script>alert(1)</script>"
    html = retention(frame, by="plan")._repr_html_()
    assert "<script>" not in html
    assert "<img" not in html


def test_to_frame_is_tidy() -> None:
    """One row per cohort and period that somebody is old enough for."""
    tidy = retention(
        events([("a", "2025-10-06"), ("b", "2025-10-13")]), periods=2, until="2025-10-19"
    ).to_frame()
    assert tidy.columns.tolist() == ["cohort", "period", "size", "eligible", "returned", "rate", "running"]
    assert len(tidy) == 3


@pytest.mark.parametrize(
    "bad",
    [
        {"freq": "7D"},
        {"freq": "0h"},
        {"kind": "rolling"},
        {"first": "once"},
        {"periods": -1},
        {"by": "nope"},
        {"person": "nope"},
    ],
)
def test_words_that_are_not_offered_are_named(bad: dict[str, Any]) -> None:
    """The message repeats what was given."""
    with pytest.raises(ValueError, match=str(next(iter(bad.values())))):
        retention(events([("a", "2025-10-06")]), **bad)


def test_the_shown_table_has_the_average_below_every_value() -> None:
    """A breakdown is shown with one weighted average per value, right under its cohorts."""
    frame = events([("a", "2025-10-06"), ("a", "2025-10-13"), ("b", "2025-10-06")])
    frame["platform"] = ["Android", "Android", "iOS"]
    shown = retention(frame, by="platform", periods=1, until="2025-10-31").table()
    assert shown.index.tolist() == [
        ("Android", "2025-10-06"),
        ("Android", "weighted average"),
        ("iOS", "2025-10-06"),
        ("iOS", "weighted average"),
    ]
    assert shown["week 1"].tolist() == ["100.0% (1)", "100.0%", "0.0% (0)", "0.0%"]


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_arrow_times_keep_their_zone_where_no_row_has_one(zone: str | None) -> None:
    """An empty return frame is nobody who came back, not a frame without a zone."""
    births = in_zone(events([("a", "2025-10-06")]), zone).convert_dtypes(dtype_backend="pyarrow")
    for nothing in (births.iloc[:0], births.assign(ts=births["ts"].where(births["ts"].isna()))):
        result = retention(births, nothing, periods=1, until="2025-10-31")
        assert result.counts.loc["2025-10-06"].tolist() == [0, 0]


def test_a_download_without_a_row_is_an_empty_result() -> None:
    """It has only the standard columns, so neither the breakdown's nor the summary's can be asked for."""
    nothing = events([], "UTC", query={"event_name": "E", "from": 20251001, "to": 20251031})
    assert retention(nothing, by="session_props.utm_source").counts.empty
    assert retention(nothing, first="ever").counts.empty


def test_a_download_that_was_cut_is_called_incomplete() -> None:
    """People and returns are missing from a part, so the definition says that it is one."""
    births = events([("a", "2025-10-06")], query={"event_name": "E"}, complete=False)
    whole = events([("a", "2025-10-13")], query={"event_name": "R"}, complete=True)
    assert "Not complete: the download of E was cut short" in retention(births, whole).definition
    assert "Not complete" not in retention(whole).definition


@pytest.mark.parametrize("name", ["cohort", "period", "size", "rate"])
def test_a_breakdown_named_like_a_column_of_the_result_is_refused(name: str) -> None:
    """Two columns of one name would hide each other; the message says how to rename."""
    frame = events([("a", "2025-10-06")]).assign(**{name: "x"})
    with pytest.raises(ValueError, match="rename"):
        retention(frame, by=name)


@pytest.mark.parametrize("until", ["2025-10", pd.Period("2025-10"), np.datetime64("2025-10")])
def test_a_month_as_last_day_is_the_whole_month(until: Any) -> None:
    """However it is written, as for the days of a query."""
    frame = events([("a", "2025-10-06"), ("a", "2025-10-31 23:00")])
    assert "Observed until 31 Oct 2025." in retention(frame, until=until).definition
    assert "Observed until 31 Dec 2025." in retention(frame, until=np.datetime64("2025")).definition


@pytest.mark.parametrize("until", ["garbage", "", pd.NaT, 1.5, True, 20251032, np.datetime64("NaT", "M")])
def test_a_last_day_that_is_none_is_named(until: Any) -> None:
    """The message repeats what was given and shows how a day is written."""
    with pytest.raises(ValueError, match="is not a day: write it as '2025-10-31'"):
        retention(events([("a", "2025-10-06")]), until=until)


def test_a_column_that_is_there_twice_is_named() -> None:
    """Joining frames side by side doubles columns; which one is meant cannot be known."""
    frame = events([("a", "2025-10-06")])
    with pytest.raises(ValueError, match="2 columns are named 'identity'"):
        retention(pd.concat([frame, frame[["identity"]]], axis=1))


def test_periods_may_be_a_number_of_numpy() -> None:
    """A length computed from data is as good as a written one."""
    assert retention(events([("a", "2025-10-06")]), periods=np.int64(2)).counts.shape == (1, 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"periods": 10**9}, "periods= takes at most 10,000"),
        ({"periods": 10**400}, "periods= takes at most 10,000"),
        ({"freq": "9999999999h"}, "at most 100,000 hours"),
        ({"freq": "9" * 5000 + "h"}, "at most 100,000 hours"),
    ],
)
def test_more_than_anybody_counts_is_refused(words: dict[str, Any], said: str) -> None:
    """A slip of zeros asks for a table that no memory holds, and is no crash."""
    with pytest.raises(ValueError, match=said):
        retention(events([("a", "2025-10-01")]), **words)


@pytest.mark.parametrize("zone", [None, "Asia/Kolkata"])
def test_until_the_end_of_an_hour_is_no_day(zone: str | None) -> None:
    """A Period of an hour ends with it; one of a day or more with its last day."""
    frame = events([("a", "2025-10-06 01:00"), ("b", "2025-10-06 12:30"), ("c", "2025-10-06 13:00")])
    frame["ts"] = frame["ts"].dt.tz_localize(zone)
    hour = retention(frame, until=pd.Period("2025-10-06 12:00", freq="h"))
    assert hour.people.index.tolist() == ["a", "b"]
    assert "Observed until 6 Oct 2025, 12:59" in hour.definition
    assert len(retention(frame, until=pd.Period("2025-10-06", freq="D")).people) == 3
    assert "until 31 Oct 2025." in retention(frame, until=pd.Period("2025-10", freq="M")).definition
