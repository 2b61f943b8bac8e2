"""What a query says of itself in English."""

from __future__ import annotations

from typing import Any

import pytest

from ct_pandas._query.filters import make_filter
from ct_pandas._query.query import Query
from ct_pandas._query.sentence import phrase


def test_a_whole_query() -> None:
    """Every part has its clause, in the order in which one would say it."""
    query = (
        Query("Charged", "2025-10-01", "2025-10-31")
        .where("Amount", ">", 100)
        .where("City", "=", ["Pune", "Goa"])
        .where_session("utm_source", "=", "mail")
        .where_profile("plan", "=", "gold")
        .where_demographics("Gender", "=", "Female")
        .where_app("Make", "contains", "Apple")
        .where_technographics("Platform", "=", "AndroidApp")
        .where_reachability("has_token", "=", True)
        .in_region("India", "Maharashtra", "Mumbai")
        .in_region("France")
        .did("App Launched", "2025-10-01", "2025-10-31", count=(">=", 3))
        .did_not("App Uninstalled", "2025-10-31", "2025-10-31")
    )
    assert str(query) == (
        'People who did Charged with Amount greater than 100 and City equal to "Pune" or "Goa" between 1 '
        'and 31 October 2025 in a session with utm_source equal to "mail", whose profile says that plan '
        'is "gold", for whom Gender is "Female", with an app where Make contains "Apple", on a device '
        'where Platform is "AndroidApp", whose reachability says that has_token is True, in Mumbai '
        "(Maharashtra, India) or France, who also did App Launched at least 3 times between 1 and 31 October "
        "2025, and who did not do App Uninstalled on 31 October 2025."
    )


def test_two_clauses_need_no_comma() -> None:
    """Two clauses are joined by "and" alone."""
    query = Query().where_profile("plan", "exists").did("A", "2025-10-01", "2025-10-01")
    assert str(query) == "People whose profile says that plan is set and who did A on 1 October 2025."


def test_did_any() -> None:
    """Any of several events is said as a list, with its count before it."""
    events = [Query("A", "2025-10"), Query("B", "2025-10").where("x", "=", 1), Query("C", "2025-10")]
    assert str(Query().did_any(events, count=("=", 10))) == (
        "People who did any of these exactly 10 times: A between 1 and 31 October 2025, B with x equal to 1 "
        "between 1 and 31 October 2025, or C between 1 and 31 October 2025."
    )
    assert str(Query().did_any(events[:1])) == "People who did A between 1 and 31 October 2025."


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (None, "A on"),
        (("=", 1), "A exactly once on"),
        (("=", 2), "A exactly 2 times on"),
        ((">", 1), "A more than once on"),
        ((">=", 1), "A at least once on"),
        ((">=", 3), "A at least 3 times on"),
        (("<", 3), "A fewer than 3 times on"),
        (("<=", 1), "A at most once on"),
        (("=", 0), "A exactly 0 times on"),
        ((None, 4), "A exactly 4 times on"),
    ],
)
def test_counts(count: Any, said: Any) -> None:
    """How often is said as one says it."""
    assert said in str(Query().did("A", "2025-10-01", "2025-10-01", count=count))


@pytest.mark.parametrize(
    ("operator", "value", "said"),
    [
        ("=", "gold", 'plan is "gold"'),
        (None, 3, "plan is 3"),
        ("=", True, "plan is True"),
        ("=", ["a", "b", 3], 'plan is "a", "b", or 3'),
        ("!=", "a", 'plan is not "a"'),
        ("!=", ["a", "b"], 'plan is not any of "a" or "b"'),
        (">", 1, "plan is greater than 1"),
        (">=", 1, "plan is at least 1"),
        ("<", 1.5, "plan is less than 1.5"),
        ("<=", 1, "plan is at most 1"),
        ("contains", "a", 'plan contains "a"'),
        ("does_not_contain", "a", 'plan does not contain "a"'),
    ],
)
def test_operators(operator: Any, value: Any, said: Any) -> None:
    """Every operator has its words; text is quoted, numbers and truths are not."""
    assert phrase(make_filter("plan", operator, value, place="x")) == said


def test_nothing_yet() -> None:
    """An empty query says that it means everybody."""
    assert str(Query()) == "Everybody: no condition yet."


def test_a_time_of_day_is_a_range() -> None:
    """The two times of `time_of_day` are the ends of a range and not a choice of two minutes."""
    query = Query("A", "2025-10").where_session("time_of_day", None, ["22:30", "22:35"])
    assert str(query).endswith('in a session with time_of_day from "22:30" to "22:35".')


def test_the_sign_for_no_event() -> None:
    """It is no event where it stands alone; days and filters of its own are said."""
    nobody = Query("-1").where_profile("bad_identities", "exists")
    assert str(nobody) == "People whose profile says that bad_identities is set."
    assert str(Query("-1", "2025-10")) == "People who did -1 between 1 and 31 October 2025."
    assert str(Query("-1").where("Amount", ">", 5)) == "People who did -1 with Amount greater than 5."


def test_radius() -> None:
    """A radius is said in the document's own order, which CleverTap does not explain."""
    query = Query.from_cql({"common_profile_properties": {"geo_radius": [[35, 42.5, 5.2], [1, 2, 3]]}})
    assert str(query) == "People within a radius of 5.2 around (35, 42.5) or of 3 around (1, 2)."


def test_a_list_ends_with_a_comma() -> None:
    """The last of three conditions is set apart, so that it does not belong to the second."""
    query = Query("A", "2025-10").where("x", "exists").where("y", "does_not_exist").where("z", "!=", 5)
    assert "with a value for x, no value for y, and z not equal to 5 between" in str(query)


@pytest.mark.parametrize(
    "name",
    [
        "Open and close",
        "Charged with x",
        "a, b",
        "A ",
        "Sign in",
        "Opened at least 3 times",
        "Paid exactly once",
    ],
)
def test_names_that_run_into_the_sentence(name: Any) -> None:
    """A name that could be read as more of the sentence stands in quotes, every other bare."""
    assert f'did "{name}" with "{name}" equal to 5' in str(Query(name, "2025-10").where(name, "=", 5))
    assert "did Added To Cart with Payment mode" in str(
        Query("Added To Cart", "2025-10").where("Payment mode", "=", 5)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Query("Paid at least 3 times", "2025-10"), Query().did("Paid", "2025-10", count=(">=", 3))),
        (Query().where_profile("a", "=", 5), Query().where_profile("a", "=", "5")),
        (
            Query("A", "2025-10").where("a value for x", "=", 5),
            Query("A", "2025-10").where("x equal to 5", "exists"),
        ),
        (
            Query().where_profile("bad_identities", "exists"),
            Query.from_cql(
                {
                    "common_profile_properties": {
                        "profile_fields": [{"name": "bad_identities", "operator": "exists", "value": "-1"}]
                    }
                }
            ),
        ),
        (Query().in_region("Goa (India)"), Query().in_region("India", "Goa")),
    ],
)
def test_two_queries_two_sentences(one: Query, other: Query) -> None:
    """However things are named, queries that ask for different people do not read alike."""
    assert str(one) != str(other)


def test_quotes_in_values() -> None:
    """A value stands as it is; one that has quotes in it gets others around it."""
    assert 'x equal to “5" pipe” between' in str(Query("A", "2025-10").where("x", "=", '5" pipe'))


def test_braces_are_text() -> None:
    """Names and values may hold what a format would take for its own."""
    assert '"{0}"' in str(Query("{name}", "2025-10").where("{x}", "=", "{0}"))
