"""Query: the methods, and the JSON that each writes."""

from __future__ import annotations

import datetime as dt
import enum
import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ct_pandas._query.query import Query, as_query, require_event
from ct_pandas.errors import ClevertapError, QueryError

BASE = {"event_name": "Charged", "from": 20251001, "to": 20251031}


def charged() -> Query:
    """Make the query most rules start from."""
    return Query("Charged", "2025-10-01", "2025-10-31")


def only_filter(query: Query, group: str = "event_properties") -> dict[str, Any]:
    """Give the one filter of a group, as it would be sent."""
    cql = query.to_cql()
    (found,) = (cql | cql.get("common_profile_properties", {}))[group]
    return found


def test_base_event() -> None:
    """A base event is a name and two inclusive days, sent as integers."""
    assert charged().to_cql() == BASE


def test_base_is_readable() -> None:
    """The event and its days can be read from the query."""
    assert (charged().event, charged().start, charged().end) == ("Charged", 20251001, 20251031)
    assert (Query().event, Query().start, Query().end) == (None, None, None)


def test_frozen() -> None:
    """A query cannot be changed, and no method changes it."""
    query = charged()
    query.where("Amount", ">", 100).in_region("India").did("App Launched", "2025-10", None)
    assert query == charged()
    with pytest.raises(AttributeError):
        query.event = "Other"
    with pytest.raises(AttributeError):
        query._parts = None


def test_json_given_out_is_a_copy() -> None:
    """Changing what to_cql gave does not change the query."""
    query = charged().where("City", "=", ["Pune", "Goa"])
    query.to_cql()["event_properties"][0]["value"].append("Delhi")
    assert only_filter(query)["value"] == ["Pune", "Goa"]


def test_hash_and_pickle() -> None:
    """Equal queries hash alike, however they were made, and survive a pickle."""
    first = charged().where("City", "=", ["Pune", "Goa"])
    second = Query.from_cql(first.to_cql())
    assert first == second
    assert len({first, second, charged()}) == 2
    assert pickle.loads(pickle.dumps(first)) == first


@pytest.mark.parametrize(
    ("sign", "word"),
    [
        ("=", "equals"),
        ("!=", "not_equals"),
        (">", "greater_than"),
        (">=", "greater_than_equals"),
        ("<", "less_than"),
        ("<=", "less_than_equals"),
    ],
)
def test_signs_and_words(sign: Any, word: Any) -> None:
    """A sign and CleverTap's word for it are the same operator."""
    assert charged().where("Amount", sign, 5) == charged().where("Amount", word, 5)
    assert only_filter(charged().where("Amount", sign, 5)) == {"name": "Amount", "operator": word, "value": 5}


@pytest.mark.parametrize("word", ["contains", "does_not_contain"])
def test_text_operators(word: Any) -> None:
    """Text can be searched."""
    assert only_filter(charged().where("value", word, "piz"))["operator"] == word


@pytest.mark.parametrize("word", ["exists", "does_not_exist"])
def test_presence_takes_no_value(word: Any) -> None:
    """Exists and does_not_exist are sent without a value, which None is too, and refuse one."""
    assert only_filter(charged().where("coupon", word)) == {"name": "coupon", "operator": word}
    assert charged().where("coupon", word, None) == charged().where("coupon", word)
    with pytest.raises(QueryError, match="takes no value"):
        charged().where("coupon", word, "x")


def test_operator_left_out() -> None:
    """None sends no operator, as CleverTap's samples do."""
    assert only_filter(charged().where("first", None, "yes")) == {"name": "first", "value": "yes"}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (True, "True"),
        (np.bool_(False), "False"),
        (np.int64(3), 3),
        (np.float64(2.5), 2.5),
        (Decimal(7), 7),
        (Decimal("7.5"), 7.5),
        (["a", "b"], ["a", "b"]),
        (("a",), ["a"]),
        ({"b", "a"}, ["a", "b"]),
        (np.array([1, 2]), [1, 2]),
        (np.array(5), 5),
        (pd.Series(["x", "y"]), ["x", "y"]),
        ([True, "maybe"], ["True", "maybe"]),
        ("007", "007"),
        (10**20, 10**20),
    ],
)
def test_values(given: Any, sent: Any) -> None:
    """Booleans go as words, NumPy scalars as plain numbers, any list means any of its values."""
    value = only_filter(charged().where("x", "=", given))["value"]
    assert value == sent
    assert type(value) is type(sent)


class Word(str, enum.Enum):  # noqa: UP042  (str() of a StrEnum would be its text)
    """Constants as projects keep them: each is a text, and its ``str()`` is the name of the member."""

    EVENT, NAME, IS, GOLD = "Charged", "profileData.Plan", "equals", "gold"


def test_constants_are_the_texts_they_stand_for() -> None:
    """A member of an enumeration of texts goes as its text wherever a text is taken."""
    made = Query(Word.EVENT, 20251001, 20251031).where(Word.NAME, Word.IS, [Word.GOLD]).in_region(Word.GOLD)
    plain = Query("Charged", 20251001, 20251031).where("profileData.Plan", "=", ["gold"]).in_region("gold")
    counts = [query.did("x", "2025-10", count=(count, 3)) for query, count in ((made, Word.IS), (plain, "="))]
    assert repr(counts[0]) == repr(counts[1])
    assert str(counts[0].to_cql()) == str(counts[1].to_cql())


@pytest.mark.parametrize(
    "moment",
    [dt.date(2025, 10, 1), dt.datetime(2025, 10, 1, tzinfo=dt.UTC), pd.Timestamp("2025-10-01T05:30+05:30")],
)
def test_dates_as_values(moment: Any) -> None:
    """A date as a value is sent as seconds since 1970, in UTC where it has no zone."""
    assert only_filter(charged().where("renewed", ">", moment))["value"] == 1759276800


def test_naive_datetime_as_value() -> None:
    """A datetime without a zone is taken as UTC."""
    assert only_filter(charged().where("t", "=", pd.Timestamp("2025-10-01")))["value"] == 1759276800


@pytest.mark.parametrize(
    "value",
    [
        None, float("nan"), float("inf"), Decimal("Infinity"), pd.NA, pd.NaT, {"a": 1}, [], [[1]], [None],
        b"x", object(), np.timedelta64(5, "ns"), np.array([5], "m8[ns]"),
        [np.array([1, 2])], np.array([[1, 2]]), "\ud800",
    ],
)  # fmt: skip
def test_values_that_are_none(value: Any) -> None:
    """What JSON or CleverTap cannot take as a value is refused."""
    with pytest.raises(QueryError):
        charged().where("x", "=", value)


@pytest.mark.parametrize(
    ("operator", "meant"),
    [
        ("gt", "'>'"),
        ("==", "'='"),
        ("notEquals", "'not_equals'"),
        ("greaterThan", "'>'"),
        ("not_contains", "'does_not_contain'"),
        ("Equals", "'equals'"),
        ("in", "list"),
        ("is_set", "'exists'"),
        ("≥", "'>='"),
    ],
)
def test_operator_did_you_mean(operator: Any, meant: Any) -> None:
    """A spelling that CleverTap does not know is refused with the one that was meant."""
    with pytest.raises(QueryError, match="Did you mean") as refused:
        charged().where("x", operator, "5")
    assert meant in str(refused.value)
    assert repr(operator) in str(refused.value)


def test_forgotten_operator() -> None:
    """Two arguments, the second no operator, are answered with the three that were meant."""
    with pytest.raises(QueryError, match=r"Did you mean \('plan', '=', 'gold'\)"):
        charged().where("plan", "gold")


@pytest.mark.parametrize("table", [pd.DataFrame({"email": ["a@example.org"]}), np.array([["a"], ["b"]])])
def test_a_table_is_no_list_of_values(table: Any) -> None:
    """Two brackets too many must not filter by the names of the columns."""
    with pytest.raises(QueryError, match=r"one of its columns"):
        charged().where_profile("Email", "=", table)


def test_forgotten_value() -> None:
    """An operator that compares needs something to compare with."""
    with pytest.raises(QueryError, match="needs a value"):
        charged().where("plan", "=")


@pytest.mark.parametrize(
    ("operator", "value"), [(">", "100"), ("<=", ["a", "b"]), ("contains", 12), (">", True)]
)
def test_operator_by_type(operator: Any, value: Any) -> None:
    """Order is for numbers and search is for text; CleverTap has nothing else."""
    with pytest.raises(QueryError, match=r"compares numbers|searches in text"):
        charged().where("x", operator, value)


@pytest.mark.parametrize(
    ("name", "group", "sent"),
    [
        ("Amount", "event_properties", "Amount"),
        ("event_props.Amount", "event_properties", "Amount"),
        ("event_props.profileData.x", "event_properties", "profileData.x"),
        ("item.price", "event_properties", "item.price"),
        ("Email", "event_properties", "Email"),
        ("session_props.utm_source", "session_properties", "utm_source"),
        ("profileData.plan", "profile_fields", "plan"),
        ("profileData.a.b", "profile_fields", "a.b"),
    ],
)
def test_names_as_in_the_frame(name: Any, group: Any, sent: Any) -> None:
    """A filter is named like the column; a bare name is an event property."""
    assert only_filter(charged().where(name, "=", 1), group)["name"] == sent


@pytest.mark.parametrize(
    ("name", "offer"),
    [
        ("identity", "read_profile(identity=...)"),
        ("objectId", "read_profile(object_id=...)"),
        ("profileData.identity", "read_profile"),
        ("email", "'profileData.Email'"),
        ("phone", "'profileData.Phone'"),
        ("name", "'event_props.name'"),
        ("ts", "start and end"),
        ("profile.plan", "'profileData.plan'"),
        ("profiledata.plan", "'profileData.plan'"),
        ("event_properties.Amount", "'event_props.Amount'"),
        ("sesion_props.x", "'session_props.x'"),
        ("events.Charged.count", ".did('Charged'"),
        ("platformInfo.iOS.make", ".where_app"),
        ("profileData.", "names no property"),
        ("", "empty"),
        (3, "must be text"),
    ],
)
def test_names_that_lead_astray(name: Any, offer: Any) -> None:
    """A name that CleverTap cannot filter, or that means two things, is refused with the way to say it."""
    with pytest.raises(QueryError) as refused:
        charged().where(name, "=", "x")
    assert offer in str(refused.value)


@pytest.mark.parametrize(
    ("method", "group"),
    [
        ("where_profile", "profile_fields"),
        ("where_demographics", "demographics"),
        ("where_technographics", "technographics"),
        ("where_app", "app_fields"),
        ("where_reachability", "reachability"),
    ],
)
def test_person_filters(method: Any, group: Any) -> None:
    """Every group of filters on the person has its method, needs no event, and keeps its order."""
    query = getattr(getattr(Query(), method)("b", "=", "x"), method)("a", "exists")
    assert query.to_cql() == {
        "common_profile_properties": {
            group: [{"name": "b", "operator": "equals", "value": "x"}, {"name": "a", "operator": "exists"}]
        }
    }


@pytest.mark.parametrize(
    ("method", "name"), [("where_profile", "profileData.plan"), ("where_session", "session_props.plan")]
)
def test_a_method_knows_its_own_prefix(method: Any, name: Any) -> None:
    """A name copied from the frame means its column, and is not sent with the frame's prefix."""
    assert getattr(charged(), method)(name, "=", "x") == getattr(charged(), method)("plan", "=", "x")


def test_session_filters() -> None:
    """Filters on the session stand beside the event's own."""
    query = charged().where_session("utm_source", "=", "mail")
    assert query.to_cql() == BASE | {
        "session_properties": [{"name": "utm_source", "operator": "equals", "value": "mail"}]
    }


@pytest.mark.parametrize("method", ["where", "where_session"])
def test_event_filters_need_an_event(method: Any) -> None:
    """A filter on the event without an event would be ignored, so it is refused."""
    with pytest.raises(QueryError, match="names none"):
        getattr(Query(), method)("Amount", ">", 5)


def test_regions() -> None:
    """A place is a country, or goes on to region and city; several are any of them."""
    query = Query().in_region("India").in_region("United States", "New York", "New York City")
    assert query.to_cql()["common_profile_properties"]["geo_fields"] == [
        ["India"],
        ["United States", "New York", "New York City"],
    ]


def test_city_needs_its_region() -> None:
    """A city without its region cannot be said."""
    with pytest.raises(QueryError, match="needs its region"):
        Query().in_region("India", city="Pune")


@pytest.mark.parametrize("country", ["", None, 3])
def test_country_is_a_name(country: Any) -> None:
    """A place without a country is none, and the message speaks of the country."""
    with pytest.raises(QueryError, match="the country"):
        Query().in_region(country)


def test_did() -> None:
    """Did adds an event with its own days, filters and count; None is at least once and sends no operator."""
    query = (
        charged()
        .did("App Launched", "2025-09-01", "2025-09-30", where=("Version", "contains", "5."), count=(">=", 3))
        .did("Searched", "2025-09", None)
    )
    assert query.to_cql()["advanced_query"] == {
        "did_all": [
            {
                "event_name": "App Launched",
                "from": 20250901,
                "to": 20250930,
                "event_properties": [{"name": "Version", "operator": "contains", "value": "5."}],
                "operator": "greater_than_equals",
                "value": 3,
            },
            {"event_name": "Searched", "from": 20250901, "to": 20250930},
        ]
    }


def test_did_takes_a_query() -> None:
    """Did and did_not take a Query that is an event with filters on it."""
    other = Query("Searched", "2025-09").where("term", "=", "x")
    assert Query().did(other) == Query().did("Searched", "2025-09", where=("term", "=", "x"))
    assert Query().did_not(other) == Query().did_not("Searched", "2025-09", where=[("term", "=", "x")])


@pytest.mark.parametrize(
    "other",
    [Query(), Query().where_profile("a", "exists"), Query("A", "2025-10").in_region("India")],
    ids=["empty", "no event", "with a place"],
)
def test_did_takes_only_what_it_can_say(other: Any) -> None:
    """A query with more than an event and its filters has no place inside another."""
    with pytest.raises(QueryError):
        Query().did(other)


def test_did_refuses_days_beside_a_query() -> None:
    """A Query brings its own days."""
    with pytest.raises(QueryError, match="brings its own"):
        Query().did(Query("A", "2025-10"), "2025-09")


def test_did_filters_only_the_event() -> None:
    """Filters beside another event are on its own properties, where bare names mean just that."""
    assert Query().did("A", "2025-10", where=("email", "=", "x")) == Query().did(
        "A", "2025-10", where=("event_props.email", "=", "x")
    )
    with pytest.raises(QueryError, match="not a property of the event"):
        Query().did("A", "2025-10", where=("profileData.plan", "=", "x"))


@pytest.mark.parametrize(
    "count", [3, (">=",), ("!=", 3), ("contains", 3), (">=", -1), (">=", 2.5), (">=", True)]
)
def test_counts_that_count_nothing(count: Any) -> None:
    """How often is a comparison with a whole number."""
    with pytest.raises(QueryError, match=r"how often|count is a pair"):
        Query().did("A", "2025-10", count=count)


def test_did_any() -> None:
    """did_any is one object with its events and, if asked, a count."""
    events = [Query("A", "2025-10").where("x", "=", 1), Query("B", "2025-09")]
    assert Query().did_any(events, count=("=", 10)).to_cql() == {
        "advanced_query": {
            "did_any": {
                "any_events": [
                    {
                        "event_name": "A",
                        "from": 20251001,
                        "to": 20251031,
                        "event_properties": [{"name": "x", "operator": "equals", "value": 1}],
                    },
                    {"event_name": "B", "from": 20250901, "to": 20250930},
                ],
                "operator": "equals",
                "value": 10,
            }
        }
    }
    assert "operator" not in Query().did_any(events).to_cql()["advanced_query"]["did_any"]


def test_did_any_once() -> None:
    """A query has room for one did_any."""
    query = Query().did_any([Query("A", "2025-10")])
    with pytest.raises(QueryError, match="once"):
        query.did_any([Query("B", "2025-10")])


@pytest.mark.parametrize("events", [[], "A", Query("A", "2025-10"), ["A"], [Query()], None, 5])
def test_did_any_takes_queries(events: Any) -> None:
    """did_any takes a list of queries, each with an event."""
    with pytest.raises(QueryError):
        Query().did_any(events)


def test_did_not() -> None:
    """did_not adds an event that must not have happened."""
    assert Query().did_not("App Uninstalled", "2025-10-01", "2025-10-02").to_cql() == {
        "advanced_query": {"did_none": [{"event_name": "App Uninstalled", "from": 20251001, "to": 20251002}]}
    }


def test_between_makes_a_slice() -> None:
    """The same question can be asked of other days; what else it says stays."""
    query = charged().where("Amount", ">", 1).in_region("India")
    assert query.between(20251001, 20251003).to_cql() == query.to_cql() | {"to": 20251003}
    with pytest.raises(QueryError, match="names no event"):
        Query().between("2025-10")


@pytest.mark.parametrize("event", ["", "  ", 3, b"Charged"])
def test_event_is_a_name(event: Any) -> None:
    """An event without a name is refused."""
    with pytest.raises(QueryError):
        Query(event, "2025-10")


def test_event_needs_days() -> None:
    """An event without days, and days without an event, are refused."""
    with pytest.raises(QueryError, match="needs its days"):
        Query("Charged")
    with pytest.raises(QueryError, match="belong to an event"):
        Query(None, "2025-10")


def test_query_error_is_a_value_error() -> None:
    """What is wrong with a query is both a ClevertapError and a ValueError."""
    with pytest.raises(ValueError) as refused:
        Query("Charged")
    assert isinstance(refused.value, ClevertapError)


def test_repr_of_every_part_rebuilds_it() -> None:
    """Repr is Python; names and text that need care are spelt so that it still works."""
    query = (
        charged()
        .where("event_props.email", "=", 'it\'s "here"\n')
        .where("event_props.profileData.x", "does_not_exist")
        .where_session("first_time", None, True)
        .where_profile("name", "=", ["a", 2])
        .where_profile("profileData.profileData.x", "=", 1)
        .where_session("session_props.session_props.", "=", 1)
        .in_region("India")
        .did("A", "2025-10", where=[("email", "=", "x"), ("y", "exists")], count=("<", 2))
        .did_any([Query("B", "2025-10")], count=(">", 1))
        .did_not("C", "2025-10", where=("z", ">=", 0.5))
    )
    assert eval(repr(query), {"Query": Query}) == query
    assert repr(charged()) == 'Query("Charged", "2025-10-01", "2025-10-31")'


def test_repr_keeps_what_has_no_method() -> None:
    """A radius, and exists with a value, are spelt through from_cql."""
    query = Query.from_cql(
        BASE
        | {
            "common_profile_properties": {
                "geo_radius": [[35, 42.5, 5.2]],
                "profile_fields": [{"name": "bad", "operator": "exists", "value": "-1"}],
            }
        }
    ).where("Amount", ">", 1)
    assert "Query.from_cql({" in repr(query)
    assert '.where("Amount", ">", 1)' in repr(query)
    assert eval(repr(query), {"Query": Query}) == query


def test_python_on_lines() -> None:
    """Beyond a width every call has a line, in brackets that keep it one expression."""
    query = charged().where("Amount", ">", 100).in_region("India")
    said = query.to_python(width=40)
    assert said.splitlines()[1:3] == [
        '    ct.Query("Charged", "2025-10-01", "2025-10-31")',
        '    .where("Amount", ">", 100)',
    ]
    assert eval(said.replace("ct.", "")) == query
    assert query.to_python(prefix="", width=None) == repr(query)


def test_html_is_escaped() -> None:
    """The face in a notebook shows hostile names as text."""
    shown = Query("<img src=x onerror=alert(1)>", "2025-10").where("a", "=", "</pre><b>")._repr_html_()
    assert "<img" not in shown
    assert "<b>" not in shown


def test_as_query_from_a_name() -> None:
    """A reader's event name needs days and may have filters, one or several."""
    assert as_query("Charged", "2025-10-01", "2025-10-31") == charged()
    assert as_query("Charged", "2025-10") == charged()
    one = charged().where("profileData.plan", "=", "gold")
    assert as_query("Charged", "2025-10", None, ("profileData.plan", "=", "gold")) == one
    assert as_query("Charged", "2025-10", None, [("profileData.plan", "=", "gold")]) == one
    assert as_query("Charged", "2025-10", None, [["plan", "exists"]]) == charged().where("plan", "exists")
    assert as_query("Charged", "2025-10", None, []) == charged()


@pytest.mark.parametrize("event", [charged(), BASE])
def test_as_query_from_a_query(event: Any) -> None:
    """A Query or a raw dict is taken as it is; days or filters beside it are refused."""
    assert as_query(event) == charged()
    for beside in ({"start": "2025-10"}, {"end": "2025-10-01"}, {"where": ("a", "=", 1)}):
        with pytest.raises(QueryError, match="brings its own"):
            as_query(event, **beside)


@pytest.mark.parametrize("event", [None, 3, ["Charged"], "", Query(), {}, Query("-1")])
def test_as_query_refuses(event: Any) -> None:
    """What names no event and no condition would ask for everybody."""
    with pytest.raises(QueryError):
        as_query(event, *(("2025-10-01", "2025-10-02") if isinstance(event, str) else ()))


@pytest.mark.parametrize(
    "where", ["Amount > 5", {"Amount": 5}, [5], [("a",)], [("a", "=", 1, 2)], ["a", "b", "c", "d"]]
)
def test_where_has_one_shape(where: Any) -> None:
    """Filters are tuples (name, operator, value)."""
    with pytest.raises(QueryError, match="where takes"):
        as_query("Charged", "2025-10", None, where)


def test_require_event() -> None:
    """Events are exported by their base event only."""
    require_event(charged(), "rows='event'")
    with pytest.raises(QueryError, match="rows='event' needs a base event"):
        require_event(Query().where_profile("a", "exists"), "rows='event'")
