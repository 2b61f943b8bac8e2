"""Rows against filters: a mismatch is claimed where it is certain, and nowhere else."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_pandas._query.matching import check_rows
from ct_pandas._query.query import Query

CHARGED = Query("Charged", "2025-10-01", "2025-10-31")


def events(**columns: Any) -> pd.DataFrame:
    """Make a frame of events."""
    frame = pd.DataFrame({name.replace("__", "."): cells for name, cells in columns.items()})
    frame.attrs["clevertap"] = {"kind": "events"}
    return frame


def people(**columns: Any) -> pd.DataFrame:
    """Make a frame of people."""
    frame = pd.DataFrame({name.replace("__", "."): cells for name, cells in columns.items()})
    frame.attrs["clevertap"] = {"kind": "people"}
    return frame


def counts(query: Query, frame: pd.DataFrame, **selection: Any) -> tuple[int, int]:
    """Judge the query's only filter: rows judged, rows that fail it."""
    (found,) = check_rows(query, frame, **selection)
    return found.rows, found.mismatching


def test_a_filter_that_was_ignored_shows() -> None:
    """Rows that cannot meet the filter are counted, and the filter is named in English."""
    frame = events(event_props__Amount=pd.array([150, 50, 99, pd.NA], dtype="Int64"))
    (found,) = check_rows(CHARGED.where("Amount", ">", 100), frame)
    assert (found.filter, found.rows, found.mismatching) == ("Amount is greater than 100", 4, 3)


def test_a_misspelt_property_shows() -> None:
    """A property that no row has fails every filter that needs a value."""
    frame = events(event_props__Amount=[150, 50])
    assert counts(CHARGED.where("Amont", ">", 100), frame) == (2, 2)
    assert counts(CHARGED.where("Amont", "does_not_exist"), frame) == (2, 0)


def test_columns_left_out_prove_nothing() -> None:
    """A column that was not asked for says nothing by its absence."""
    frame = events(identity=["a", "b"])
    query = CHARGED.where("Amount", ">", 100)
    assert counts(query, frame, columns=["identity"]) == (0, 0)
    assert counts(query, frame, columns=["identity", "event_props.*"]) == (2, 2)


@pytest.mark.parametrize(
    ("operator", "value", "cell", "verdict"),
    [
        ("=", "gold", "gold", True),
        ("=", "gold", " Gold", True),
        ("=", "gold", "silver", False),
        ("=", "Fish & Chips", "Fish &amp; Chips", True),
        ("=", "Fish &amp; Chips", "Fish & Chips", True),
        ("!=", "Fish & Chips", "Fish &amp; Chips", None),
        ("contains", "& Chips", "Fish &amp; Chips", True),
        ("contains", "amp", "Fish &amp; Chips", True),
        ("does_not_contain", "amp", "Fish &amp; Chips", None),
        ("does_not_contain", "Chips", "Fish &amp; Chips", False),
        ("=", ["gold", "silver"], "silver", True),
        ("=", ["gold", "silver"], "tin", False),
        ("=", 100, "100", True),
        ("=", "100", 100.0, True),
        ("=", True, True, True),
        ("=", True, "true", True),
        ("=", True, False, False),
        ("=", 5, ["a", 5], True),
        ("=", 5, ["a", "b"], False),
        ("=", 5, {"a": 5}, None),
        ("=", 5, pd.Timestamp("2025-10-01"), None),
        ("=", "x", None, False),
        (None, "x", "y", False),
        ("!=", "gold", "silver", True),
        ("!=", "gold", "gold", False),
        ("!=", "gold", "Gold", None),
        ("!=", "007", 7, None),
        ("!=", 7, 7, False),
        ("!=", "gold", None, None),
        ("!=", True, True, False),
        ("!=", "True", True, False),
        ("!=", "true", True, None),
        ("!=", True, "true", None),
        ("!=", 7, 7.0, False),
        ("!=", "7", 7, None),
        ("!=", 7, "7", None),
        ("!=", str(2**53 + 1), 2**53 + 2, None),
        ("!=", ["a", "b"], "a", None),
        (">", 100, 101, True),
        (">", 100, 100, False),
        (">", 100, "101", True),
        (">", 100, "many", None),
        (">", 100, None, False),
        (">=", 0.3, 0.1 + 0.2, True),
        ("<=", 0.3, 0.1 + 0.2, None),
        ("<", [1, 10], 5, True),
        ("contains", "piz", "Pizza", True),
        ("contains", "piz", "pasta", False),
        ("does_not_contain", "piz", "pizza", False),
        ("does_not_contain", "piz", "Pizza", None),
        ("does_not_contain", "piz", "pasta", None),
    ],
)
def test_verdicts(operator: Any, value: Any, cell: Any, verdict: Any) -> None:
    """Case, numbers kept as text, lists and missing cells are read in the query's favour."""
    frame = events(event_props__x=pd.Series([cell], dtype=object))
    rows, wrong = counts(CHARGED.where("x", operator, value), frame)
    assert (rows, wrong) == {True: (1, 0), False: (1, 1), None: (0, 0)}[verdict]


@pytest.mark.parametrize(
    ("operator", "cell", "expected"),
    [
        ("exists", "x", (1, 0)),
        ("exists", None, (1, 1)),
        ("exists", "", (0, 0)),
        ("exists", ["a"], (1, 0)),
        ("exists", [], (0, 0)),
        ("does_not_exist", "x", (1, 1)),
        ("does_not_exist", "", (0, 0)),
        ("does_not_exist", None, (0, 0)),
    ],
)
def test_presence(operator: Any, cell: Any, expected: Any) -> None:
    """Exists and does_not_exist go by the cell; an empty text or list could be either."""
    frame = events(event_props__x=pd.Series([cell], dtype=object))
    assert counts(CHARGED.where("x", operator), frame) == expected


def test_people_do_not_show_the_event() -> None:
    """Rows of people say nothing of a filter on the event, and the finding says so."""
    (found,) = check_rows(CHARGED.where("Amount", ">", 1), people(identity=["a"]))
    assert "rows='event'" in found.unchecked


def test_what_a_session_works_out_is_in_no_record() -> None:
    """`first_time` and `time_of_day` are filters only: that no row has them says nothing."""
    frame = events(session_props__utm_source=["mail", "mail"])
    assert counts(CHARGED.where_session("first_time", None, True), frame) == (0, 0)
    assert counts(CHARGED.where_session("time_of_day", None, ["22:30", "22:35"]), frame) == (0, 0)
    assert counts(CHARGED.where_session("utm_sauce", "=", "mail"), frame) == (2, 2)


def test_a_property_of_the_items_may_have_met_the_filter() -> None:
    """What stands inside the items of a purchase is no misspelt property of the purchase."""
    frame = events(
        event_props__Items=[[{"Category": "Tea"}], [{"Category": "Tea"}, {"Category": "Home"}]],
        event_props__Price=[None, 5],
    )
    assert counts(CHARGED.where("Category", "=", "Tea"), frame) == (2, 0)
    assert counts(CHARGED.where("category", "=", "Tea"), frame) == (2, 0)
    assert counts(CHARGED.where("Categorie", "=", "Tea"), frame) == (2, 2)
    assert counts(CHARGED.where("Price", ">", 3), frame) == (2, 1)
    narrow = frame[["event_props.Price"]]
    assert counts(CHARGED.where("Category", "=", "Tea"), narrow, columns=["event_props.[CP]*"]) == (0, 0)
    assert counts(Query("Viewed", "2025-10").where("Category", "=", "Tea"), frame) == (2, 2)


def test_items_show_that_a_filter_was_ignored() -> None:
    """A purchase counts that has the value neither itself nor in an item, unless a reading lets it pass."""
    frame = events(
        event_props__Items=[[{"Category": "Tea"}, {"Category": None}], [{"Category": "Home"}], [], None],
        event_props__Category=["Book", "Book", "Home", None],
    )
    inside = frame[["event_props.Items"]]
    assert counts(CHARGED.where("Category", "=", "Home"), inside) == (4, 3)
    assert counts(CHARGED.where("Category", "=", "Home"), frame) == (4, 2)
    assert counts(CHARGED.where("Category", "exists"), inside) == (4, 2)
    assert counts(CHARGED.where("Category", "!=", "Home"), inside) == (0, 0)
    assert counts(CHARGED.where("Category", "!=", "Home"), frame) == (2, 1)
    assert counts(CHARGED.where("Category", "does_not_exist"), inside) == (4, 0)
    narrow = ["event_props.Items"]
    assert counts(CHARGED.where("Category", "=", "Home"), inside, columns=narrow) == (0, 0)
    outside = ["event_props.Category"]
    assert counts(CHARGED.where("Category", "=", "Home"), frame[outside], columns=outside) == (3, 2)


def test_whole_numbers_beyond_doubles() -> None:
    """Numbers that differ in their last digits only are not held against a filter that tells them apart."""
    card = 2**53
    frame = people(profileData__Card=pd.array([card + 1, card + 3, card + 9], dtype="Int64"))
    query = Query("Charged", "2025-10")
    assert counts(query.where_profile("Card", ">", card), frame) == (3, 0)
    assert counts(query.where_profile("Card", "!=", card + 2), frame) == (0, 0)
    assert counts(query.where_profile("Card", "!=", card + 3), frame) == (1, 1)
    assert counts(query.where_profile("Card", "<", card - 10**9), frame) == (3, 3)
    text = people(profileData__Card=[str(card + 1), f" {card + 3} ", str(card - 10**9)])
    assert counts(query.where_profile("Card", ">", card), text) == (3, 1)


def test_dates_among_other_text() -> None:
    """How a date compares with a number is not documented, in a column of mixed text neither."""
    frame = people(profileData__Renewal=["$D_1764720000", "never", "later"])
    query = Query("Charged", "2025-10")
    assert counts(query.where_profile("Renewal", "=", [1764720000, "never"]), frame) == (2, 1)
    assert counts(query.where_profile("Renewal", "=", "never"), frame) == (3, 2)


def test_attributes_of_people() -> None:
    """Attributes, and the standard ones in columns of their own, are judged on rows of people."""
    frame = people(email=["a@example.com", None], profileData__plan=["gold", "tin"])
    assert counts(Query().where_profile("plan", "=", "gold"), frame) == (2, 1)
    assert counts(Query().where_profile("Email", "contains", "example"), frame) == (1, 0)
    assert counts(Query().where_profile("paln", "=", "gold"), frame) == (2, 2)


def test_attributes_beside_events() -> None:
    """An event carries the person as of now, often without attributes: absence proves nothing there."""
    frame = events(profileData__plan=["gold", None, "tin"])
    assert counts(CHARGED.where("profileData.plan", "=", "gold"), frame)[1] == 1
    assert counts(CHARGED.where("profileData.other", "=", "gold"), frame) == (0, 0)


def test_case_of_a_name() -> None:
    """A column that differs in case only is judged by its values, not by its gaps."""
    frame = events(event_props__amount=[50, None, 150])
    assert counts(CHARGED.where("Amount", ">", 100), frame) == (2, 1)


def test_gender() -> None:
    """A gender is judged by the letters that profiles carry."""
    frame = people(profileData__Gender=["F", "M", "female", None, "x"])
    assert counts(Query().where_demographics("Gender", "=", "Female"), frame) == (3, 1)


def test_days() -> None:
    """Events outside of the days are found by the clock on the wall."""
    times = pd.to_datetime(["2025-10-01 00:00", "2025-10-31 23:59", "2025-11-01 00:00"])
    for ts in (times, times.tz_localize("Asia/Kolkata")):
        assert counts(CHARGED, events(ts=ts)) == (3, 1)


def test_what_cannot_be_checked_is_listed() -> None:
    """Every filter has its finding, checked or not."""
    query = (
        Query()
        .where_demographics("Education", "=", "Graduate")
        .where_app("Make", "=", "Apple")
        .where_technographics("Platform", "=", "iOS")
        .where_reachability("has_token", "=", True)
        .in_region("India")
        .did("A", "2025-10")
    )
    found = check_rows(query, people(identity=["a"]))
    assert len(found) == 6
    assert all(each.unchecked and not each.mismatching for each in found)


def test_no_rows() -> None:
    """An empty frame proves nothing."""
    assert counts(CHARGED.where("Amount", ">", 100), events(identity=[])) == (0, 0)


@given(st.lists(st.integers(-5, 5) | st.none() | st.text("ab1", max_size=2), max_size=5), st.integers(-5, 5))
def test_counts_add_up(cells: list[Any], operand: int) -> None:
    """No more rows fail than were judged, and no more are judged than there are."""
    frame = events(event_props__x=pd.Series(cells, dtype=object))
    for operator in ("=", "!=", ">", ">=", "<", "<="):
        rows, wrong = counts(CHARGED.where("x", operator, operand), frame)
        assert 0 <= wrong <= rows <= len(cells)
