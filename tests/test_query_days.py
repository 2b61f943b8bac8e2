"""Days: what counts as one, and what is said of what does not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_pandas._query import days
from ct_pandas._query.days import in_words, parse_days
from ct_pandas.errors import QueryError


@pytest.mark.parametrize(
    "value",
    [
        "2025-10-01",
        "20251001",
        " 2025-10-01 ",
        20251001,
        np.int64(20251001),
        dt.date(2025, 10, 1),
        dt.datetime(2025, 10, 1),  # noqa: DTZ001
        pd.Timestamp("2025-10-01"),
        pd.Timestamp("2025-10-01", tz="Asia/Kolkata"),
        np.datetime64("2025-10-01"),
        np.datetime64("2025-10-01", "ns"),
        pd.Period("2025-10-01", "D"),
        np.str_("2025-10-01"),
    ],
)
def test_one_day(value: Any) -> None:
    """Every way to write a day gives the same integer, as the first and as the last day."""
    assert parse_days(value, value) == (20251001, 20251001)


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2025-10", 20251001, 20251031),
        ("2024-02", 20240201, 20240229),
        (np.datetime64("2025-10"), 20251001, 20251031),
        (np.datetime64("2024-02"), 20240201, 20240229),
        (np.datetime64("2025"), 20250101, 20251231),
        (pd.Period("2025-10", "M"), 20251001, 20251031),
        (pd.Period("2025Q4", "Q"), 20251001, 20251231),
        (pd.Period("2025", "Y"), 20250101, 20251231),
        (pd.Period("2025-10-01", "W"), 20250929, 20251005),
        (pd.Period("2025-10-01", "D"), 20251001, 20251001),
    ],
)
def test_spans(value: Any, first: Any, last: Any) -> None:
    """A month or a period is its first day as start, its last as end, and the whole of it alone."""
    assert parse_days(value, None) == (first, last)
    assert parse_days(value, value) == (first, last)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("2025-02-30", "not in the calendar"),
        (20251301, "not in the calendar"),
        ("2025-13", "not in the calendar"),
        ("2025-10-01 08:30", "time of day"),
        ("2025-10-01T00:00:01Z", "time of day"),
        (pd.Timestamp("2025-10-01 08:30"), "time of day"),
        (pd.Timestamp("2025-10-01").replace(nanosecond=1), "time of day"),
        (dt.datetime(2025, 10, 1, 23, 59), "time of day"),  # noqa: DTZ001
        (pd.Period("2025-10-01 08:00", "h"), "shorter than a day"),
        ("October", "is not a day"),
        ("2025-10-1", "is not a day"),
        ("01/10/2025", "is not a day"),
        ("", "is not a day"),
        (2025, "is not a day"),
        (1759276800, "is not a day"),
        (-20251001, "is not a day"),
        (True, "is not a day"),
        (pd.NaT, "is not a day"),
        (np.datetime64("NaT", "M"), "is not a day"),
        (np.datetime64("20000-10"), "not in the calendar"),
        (np.timedelta64(1, "M"), "not a day"),
        (np.timedelta64(1, "W"), "not a day"),
        (pd.NA, "is not a day"),
        (float("nan"), "is not a day"),
        (20251001.0, "is a float, not a day"),
        (["2025-10-01"], "is a list, not a day"),
        (b"2025-10-01", "is a bytes, not a day"),
    ],
)
def test_no_day(value: Any, why: Any) -> None:
    """What is no whole day is refused with its value and the ways to write one."""
    with pytest.raises(QueryError, match=why) as refused:
        parse_days(value, value)
    assert "2025-10-01" in str(refused.value)


def test_what_is_wrong_is_named() -> None:
    """The message says which of the two days is wrong."""
    with pytest.raises(QueryError, match="end='soon'"):
        parse_days("2025-10-01", "soon")


def test_order() -> None:
    """Days the wrong way round are refused, with both."""
    with pytest.raises(QueryError, match=r"start='2025-10-05' is after end=20251001"):
        parse_days("2025-10-05", 20251001)


def test_one_day_is_a_range() -> None:
    """The same day twice is one day."""
    assert parse_days("2025-10-01", "2025-10-01") == (20251001, 20251001)


def test_halves() -> None:
    """One day without the other is refused: both are inclusive, and neither is guessed."""
    with pytest.raises(QueryError, match="was given without end"):
        parse_days("2025-10-01", None)
    with pytest.raises(QueryError, match="was given without start"):
        parse_days(None, "2025-10-01")
    with pytest.raises(QueryError, match="give start and end"):
        parse_days(None, None)


@given(st.dates(min_value=dt.date(1970, 1, 1)))
def test_integers_and_dates_agree(day: Any) -> None:
    """A day survives the way to an integer, to ISO text and back."""
    assert days.as_date(days.as_int(day)) == day
    text, number = days.iso(days.as_int(day)), days.as_int(day)
    assert parse_days(text, text) == (number, number)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (20251003, 20251003, "on 3 October 2025"),
        (20251001, 20251031, "between 1 and 31 October 2025"),
        (20250928, 20251003, "between 28 September and 3 October 2025"),
        (20241230, 20250102, "between 30 December 2024 and 2 January 2025"),
    ],
)
def test_in_words(start: Any, end: Any, said: Any) -> None:
    """A range of days is said once, with what both share said once."""
    assert in_words(start, end) == said
