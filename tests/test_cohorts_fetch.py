"""fetch_retention: which downloads it asks for, and that the result is that of the two frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ct_pandas as ct
from ct_pandas.cohorts import fetch_retention, retention


class Reader:
    """Stands in for the download: remembers what was asked and serves the rows of those days."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows
        self.asked: list[tuple[str, str, str]] = []
        self.options: list[dict[str, Any]] = []

    def __call__(self, event: str, start: Any, end: Any, **options: Any) -> pd.DataFrame:
        """Serve the rows of one event, with the note of a download."""
        first, last = pd.Timestamp(start), pd.Timestamp(end)
        self.asked.append((event, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"))
        self.options.append(options)
        day = self.rows["ts"].dt.tz_localize(None).dt.normalize()
        frame = self.rows[(self.rows["event"] == event) & (day >= first) & (day <= last)].reset_index(
            drop=True
        )
        query = {"event_name": event, "from": int(f"{first:%Y%m%d}"), "to": int(f"{last:%Y%m%d}")}
        frame.attrs["clevertap"] = {"query": query, "kind": "events", "downloaded_at": "2026-01-01T00:00:00Z"}
        return frame


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Put a small world in place of the download."""
    rows = pd.DataFrame(
        [
            ("A", "a", "2025-10-06"),
            ("A", "a", "2025-10-21"),
            ("A", "b", "2025-10-20"),
            ("B", "a", "2025-10-14"),
        ],
        columns=["event", "identity", "day"],
    )
    rows["ts"] = pd.to_datetime(rows["day"]).dt.tz_localize("Europe/Berlin")
    reader = Reader(rows)
    monkeypatch.setattr(ct, "read_clevertap_events", reader, raising=False)
    return reader


def test_one_event_is_downloaded_once(reader: Reader) -> None:
    """Births end with the last day of birth; the same download goes on to the last period needed."""
    result = fetch_retention("A", start="2025-10-01", end="2025-10-12", periods=2)
    assert reader.asked == [("A", "2025-10-01", "2025-10-26")]
    assert result.people.index.tolist() == ["a"]
    assert result.counts.loc["2025-10-06"].tolist() == [1, 0, 1]


def test_two_events_are_two_downloads(reader: Reader) -> None:
    """Returns are downloaded for longer than births, and the result is that of the two frames."""
    result = fetch_retention("A", "B", "2025-10-01", "2025-10-12", periods=1, where=("Amount", ">", 1))
    assert reader.asked == [("A", "2025-10-01", "2025-10-12"), ("B", "2025-10-01", "2025-10-19")]
    assert [options["where"] for options in reader.options] == [("Amount", ">", 1), None]
    births, back = reader("A", "2025-10-01", "2025-10-12"), reader("B", "2025-10-01", "2025-10-19")
    pd.testing.assert_frame_equal(result.rates, retention(births, back, periods=1).rates)


def test_first_ever_asks_for_the_summaries(reader: Reader) -> None:
    """Only then, because they make every row larger."""
    with pytest.raises(ValueError, match="first_seen"):
        fetch_retention("A", start="2025-10-01", end="2025-10", first="ever")
    assert reader.options[0]["event_summary"] is True
    assert reader.options[0]["rows"] == "event"


def test_until_is_the_last_day_downloaded(reader: Reader) -> None:
    """Whoever names the end of observation gets no day more."""
    fetch_retention("A", start="2025-10-01", end="2025-10-12", until="2025-10-15")
    assert reader.asked == [("A", "2025-10-01", "2025-10-15")]


def test_days_of_birth_are_required() -> None:
    """Without them there is no cohort."""
    with pytest.raises(ct.QueryError, match="give start and end"):
        fetch_retention("A")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"kind": "nday"}, "n-day"),
        ({"freq": "Q"}, "not a way to divide time"),
        ({"periods": "3"}, "a whole number"),
        ({"start": "2025-10-13"}, "is after"),
        ({"rows": "profile"}, "rows="),
        ({"until": "2025-09-30"}, "until='2025-09-30' is before the first day of birth, 2025-10-01"),
        ({"by": ["platform"]}, "by= takes the name of one column, not list"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_downloaded(
    reader: Reader, bad: dict[str, Any], said: str
) -> None:
    """A long download that ends in a typing error is time lost."""
    with pytest.raises((TypeError, ValueError), match=said):
        fetch_retention("A", **{"start": "2025-10-01", "end": "2025-10-12", **bad})
    assert not reader.asked


@pytest.mark.parametrize("lacking", [{"by": "plan"}, {"person": "customer"}, {"first": "ever"}])
def test_what_a_birth_lacks_is_said_before_returns_are_downloaded(
    reader: Reader, lacking: dict[str, Any]
) -> None:
    """The second download may take an hour, and is for nothing without that column."""
    with pytest.raises(ValueError, match=r"plan|customer|first_seen"):
        fetch_retention("A", "B", "2025-10-01", "2025-10-12", **lacking)
    assert [event for event, _, _ in reader.asked] == ["A"]


def test_two_downloads_keep_their_pages_apart(reader: Reader) -> None:
    """One checkpoint holds one download, so each of two gets a folder of its own."""
    days = {"start": "2025-10-01", "end": "2025-10-12", "checkpoint": "kept"}
    fetch_retention("A", "B", **days)
    fetch_retention("A", **days)
    assert [str(options["checkpoint"]) for options in reader.options] == [
        str(Path("kept") / "birth"),
        str(Path("kept") / "returned"),
        "kept",
    ]


def test_until_may_be_a_moment_of_another_zone(reader: Reader) -> None:
    """The day after is asked for too, because it may have begun in the zone of the account."""
    until = pd.Timestamp("2025-10-20 23:00", tz="UTC")
    result = fetch_retention("A", start="2025-10-01", end="2025-10-12", until=until, periods=2)
    assert reader.asked == [("A", "2025-10-01", "2025-10-21")]
    assert "Observed until 21 Oct 2025, 01:00" in result.definition


def test_a_month_is_named_as_everywhere(reader: Reader) -> None:
    """One text stands for its first and its last day."""
    fetch_retention("A", start="2025-10", until="2025-11-02")
    assert reader.asked == [("A", "2025-10-01", "2025-11-02")]


def test_a_day_that_was_skipped_belongs_to_nobody(reader: Reader) -> None:
    """Samoa went from 29 to 31 December 2011: who was born on the 31st was not born up to the 29th."""
    ts = pd.to_datetime(["2011-12-29 23:30", "2011-12-31 00:30"]).tz_localize("Pacific/Apia")
    reader.rows = pd.DataFrame({"event": "A", "identity": ["a", "b"], "ts": ts})
    result = fetch_retention("A", start="2011-12-01", end="2011-12-29", freq="D", periods=2)
    assert result.people.index.tolist() == ["a"]
    frame = reader("A", "2011-12-01", "2012-01-31")
    assert retention(frame, freq="D", until="2011-12-29").people.index.tolist() == ["a"]
    assert retention(frame, freq="D", until="2011-12-31").people.index.tolist() == ["a", "b"]
