"""Times as CleverTap writes them → datetimes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from frames import frame_of
from hypothesis import given
from hypothesis import strategies as st

from ct_pandas.errors import ClevertapWarning, TimezoneWarning


def times(*values: Any, timezone: str | None) -> pd.Series[Any]:
    """Build the column ts."""
    return frame_of([{"ts": value} for value in values], kind="events", timezone=timezone)["ts"]


def test_ts_is_in_the_zone_of_the_project() -> None:
    """14 digits are local time of the project; 10 and 13 digits are instants (CleverTap, Get Events API)."""
    found = times(20251023140416, 1761208456, 1761208456000, "20251023140416", timezone="Asia/Kolkata")
    assert found.dtype == "datetime64[us, Asia/Kolkata]"
    assert found.tolist() == [pd.Timestamp("2025-10-23 14:04:16", tz="Asia/Kolkata")] * 4


def test_the_first_number_of_13_digits_is_milliseconds() -> None:
    """As seconds it would lie far beyond the calendar, and the column would stay numbers."""
    found = times(10**12, 10**9, timezone="UTC")
    assert found.tolist() == [pd.Timestamp("2001-09-09 01:46:40", tz="UTC")] * 2


def test_ts_of_an_unknown_zone_is_naive() -> None:
    """Without a time zone local times stay naive, and one warning says so."""
    record = {"ts": 20251023140416, "profile": {"events": {"A": {"first_seen": 20251023140416, "count": 1}}}}
    with pytest.warns(TimezoneWarning, match="timezone=") as caught:
        frame = frame_of([record], [record], kind="events")
    assert len(caught) == 1
    assert frame["ts"].tolist() == [pd.Timestamp("2025-10-23 14:04:16")] * 2
    assert frame["events.A.first_seen"].dtype == "datetime64[us]"


def test_a_doubled_hour_is_its_first_and_a_missing_one_moves_forward() -> None:
    """Changes of clocks are read in one way, with one warning."""
    with pytest.warns(TimezoneWarning, match="clock change") as caught:
        found = times(20251026023000, 20250330023000, timezone="Europe/Berlin")
    assert len(caught) == 1
    assert [at.isoformat() for at in found] == ["2025-10-26T02:30:00+02:00", "2025-03-30T03:00:00+02:00"]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("end", [99991231235959, 253402300799, -62135596800])
def test_a_time_at_the_end_of_the_calendar_is_left_as_it_came(zone: str, end: int) -> None:
    """A clock that says "for ever" costs nobody the frame: in some zone that is another year still."""
    with pytest.warns(ClevertapWarning, match="not times"):
        found = times(end, 20251023140416, timezone=zone)
    assert found.tolist() == [end, 20251023140416]


@pytest.mark.parametrize(
    ("zone", "missing", "moved"),
    [
        ("Australia/Lord_Howe", 20231001021500, "2023-10-01T02:30:00+11:00"),
        ("America/St_Johns", 20100314003000, "2010-03-14T01:01:00-02:30"),
        ("Antarctica/Troll", 20230326013000, "2023-03-26T03:00:00+02:00"),
        ("Pacific/Apia", 20111230120000, "2011-12-31T00:00:00+14:00"),
    ],
)
def test_a_gap_of_any_length_is_left_at_its_end(zone: str, missing: int, moved: str) -> None:
    """Clocks jump by half an hour, two hours or a day, at one minute past midnight too."""
    with pytest.warns(TimezoneWarning, match="clock change"):
        assert times(missing, 20230601000000, timezone=zone)[0].isoformat() == moved


def test_ts_may_come_as_a_number_with_a_point() -> None:
    """A fraction of nought is none: the time is the same."""
    assert times(20251023140416.0, None, timezone="UTC")[0] == pd.Timestamp("2025-10-23 14:04:16", tz="UTC")


@pytest.mark.parametrize(
    "wrong", [20251323000000, 20250230000000, 20250101240000, "soon", 10**14, 10**12 - 1, -(10**12)]
)
def test_ts_that_is_no_time_stays_as_it_came(wrong: Any) -> None:
    """One value that is no time leaves the column as it came, with a warning."""
    with pytest.warns(ClevertapWarning, match="not times"):
        assert times(wrong, 20250101000000, timezone="UTC").tolist() == [wrong, 20250101000000]


def test_the_summary_of_events() -> None:
    """Counts are whole numbers; seconds, milliseconds and local times are UTC."""
    seen = {"A": {"count": 3, "first_seen": 1457271567, "last_seen": 1457271567000}}
    local = {"A": {"count": 1, "first_seen": 20160306190927, "last_seen": None}}
    frame = frame_of([{"events": seen}, {"events": local}, {}], timezone="Asia/Kolkata", dedupe=False)
    assert frame["events.A.count"].tolist() == [3, 1, pd.NA]
    at = pd.Timestamp(1457271567, unit="s", tz="UTC")
    assert frame["events.A.first_seen"].tolist() == [at, at, pd.NaT]
    assert frame["events.A.last_seen"].dtype == "datetime64[us, UTC]"


def test_times_of_which_some_have_no_zone() -> None:
    """Instants beside local times of an unknown zone are not made equal: both stay what they are."""
    records = [{"events": {"A": {"last_seen": at}}} for at in (1457271567, 20160306190927, None)]
    with pytest.warns(TimezoneWarning):
        found = frame_of(records, dedupe=False)["events.A.last_seen"].tolist()
    assert found[:2] == [pd.Timestamp(1457271567, unit="s", tz="UTC"), pd.Timestamp("2016-03-06 19:09:27")]
    assert found[2] is None


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_any_date_of_the_calendar(seconds: int) -> None:
    """A date of the years 1 to 9999 becomes that instant."""
    found = frame_of([{"profileData": {"x": f"$D_{seconds}"}}])["profileData.x"][0]
    assert found == dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
