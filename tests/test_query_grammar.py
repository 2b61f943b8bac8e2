"""The JSON of a query, read back: everything CleverTap documents, and nothing it does not."""

from __future__ import annotations

from typing import Any

import pytest

from ct_pandas._query.query import Query
from ct_pandas.errors import QueryError

DEED = {"event_name": "Charged", "from": 20151010, "to": 20151011}
FOOD = {"event_name": "choseNewFavoriteFood", "from": 20150810, "to": 20151025}
AMOUNT = {"name": "Amount", "operator": "equals", "value": 100}

# Each shape is one of the sample payloads that CleverTap publishes
# (github.com/CleverTap/clevertap-support-snippets, clevertap_query_language and getting_started/api).
SAMPLES: dict[str, dict[str, Any]] = {
    "base event": {"event_name": "App Launched", "from": 20150810, "to": 20151025},
    "event property": FOOD
    | {"event_properties": [{"name": "value", "operator": "contains", "value": "pizza"}]},
    "session property": FOOD
    | {
        "session_properties": [
            {"name": "first_time", "value": "True"},
            {"name": "time_of_day", "value": ["22:30", "22:35"]},
        ]
    },
    "profile field": {
        "common_profile_properties": {
            "profile_fields": [{"name": "language", "operator": "equals", "value": "en"}]
        }
    },
    "demographics": {
        "common_profile_properties": {
            "demographics": [
                {"name": "Education", "operator": "equals", "value": ["College", "Graduate"]},
                {"name": "Gender", "value": "Female"},
            ]
        }
    },
    "technographics": {
        "common_profile_properties": {
            "technographics": [
                {"name": "Device", "operator": "equals", "value": ["Mobile", "Tablet"]},
                {"name": "Platform", "value": "AndroidApp"},
            ]
        }
    },
    "app fields": {
        "common_profile_properties": {
            "app_fields": [{"name": "Make", "operator": "contains", "value": "Apple"}]
        }
    },
    "reachability": {"common_profile_properties": {"reachability": [{"name": "has_token", "value": "True"}]}},
    "geo fields": {
        "common_profile_properties": {
            "geo_fields": [["India", "Maharashtra", "Mumbai"], ["United States", "New York"], ["France"]]
        }
    },
    "geo radius": {"common_profile_properties": {"geo_radius": [[35, 42.5, 5.2], [77.6, 76.2, 11]]}},
    "did all": {
        "advanced_query": {
            "did_all": [
                DEED
                | {"event_properties": [{"name": "Feedback", "operator": "contains", "value": "excellent"}]},
                {
                    "event_name": "App Launched",
                    "from": 20151011,
                    "to": 20151012,
                    "operator": "equals",
                    "value": 10,
                },
            ]
        }
    },
    "did any": {
        "advanced_query": {
            "did_any": {
                "any_events": [
                    DEED | {"event_properties": [AMOUNT]},
                    {"event_name": "App Launched", "from": 20151011, "to": 20151012},
                ],
                "operator": "equals",
                "value": 10,
            }
        }
    },
    "did none": {"advanced_query": {"did_none": [DEED | {"event_properties": [AMOUNT]}, FOOD]}},
    "hybrid": DEED
    | {
        "event_properties": [AMOUNT],
        "common_profile_properties": {
            "profile_fields": [{"name": "language", "operator": "equals", "value": "fr"}]
        },
        "advanced_query": {
            "did_none": [{"event_name": "App Uninstalled", "from": 20151010, "to": 20151011}],
            "did_any": {"any_events": [FOOD], "operator": "equals", "value": 10},
        },
    },
    "bad identities": {
        "event_name": "-1",
        "common_profile_properties": {
            "profile_fields": [{"name": "bad_identities", "operator": "exists", "value": "-1"}]
        },
    },
    "count in any_events": {
        "advanced_query": {"did_any": {"any_events": [DEED | {"operator": "less_than", "value": 2}]}}
    },
    "count in did_none": {"advanced_query": {"did_none": [DEED | {"value": 2}]}},
}


@pytest.mark.parametrize("document", SAMPLES.values(), ids=SAMPLES)
def test_documented_samples(document: Any) -> None:
    """What CleverTap documents is read, written back as it was, and rebuilt by its repr."""
    query = Query.from_cql(document)
    assert query.to_cql() == document
    assert eval(repr(query), {"Query": Query}) == query
    assert str(query).startswith("People ")


@pytest.mark.parametrize(
    ("document", "canonical"),
    [
        ({"event_name": "A", "from": "20151010", "to": "2015-10-11"}, {"from": 20151010, "to": 20151011}),
        (DEED | {"event_properties": []}, DEED),
        (DEED | {"common_profile_properties": {"geo_fields": []}, "advanced_query": {}}, DEED),
        (
            DEED | {"event_properties": [{"name": "a", "operator": ">", "value": 1}]},
            {"event_properties": [{"name": "a", "operator": "greater_than", "value": 1}]},
        ),
        (
            DEED | {"event_properties": [{"name": "a", "value": True}]},
            {"event_properties": [{"name": "a", "value": "True"}]},
        ),
    ],
)
def test_canonical(document: Any, canonical: Any) -> None:
    """Days, signs and booleans are put into CleverTap's own form, empty parts left out, once and for all."""
    found = Query.from_cql(document).to_cql()
    assert found.items() >= canonical.items()
    assert set(found) - set(canonical) <= {"event_name", "from", "to"}
    assert Query.from_cql(found).to_cql() == found


PERSON = "common_profile_properties"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"event": "A", "from": 1, "to": 2}, ["'event'", "'event_name'"]),
        (DEED | {"fron": 1}, ["'fron'", "'from'"]),
        (DEED | {"props": []}, ["'props'", "'event_properties'"]),
        (DEED | {"event_propertes": []}, ["'event_propertes'", "'event_properties'"]),
        (DEED | {"profile_filters": []}, ["'profile_filters'", f"'{PERSON}'"]),
        (DEED | {"geo_fields": []}, ["'geo_fields'", "belongs inside", f"'{PERSON}'"]),
        (DEED | {"did_all": []}, ["'did_all'", "belongs inside", "'advanced_query'"]),
        (DEED | {"groups": {}}, ["'groups'", "reports"]),
        (DEED | {"zzz": 1}, ["'zzz'", "The keys here are"]),
        (DEED | {PERSON: {"demografics": []}}, [PERSON, "'demografics'", "'demographics'"]),
        (DEED | {"advanced_query": {"did_not_all": []}}, ["'did_not_all'", "'did_none'"]),
        (
            DEED | {PERSON: {"profile_fields": [{"name": "a", "op": "equals", "value": 1}]}},
            [f"{PERSON}.profile_fields[0]", "'op'", "Did you mean 'operator'"],
        ),
        (
            DEED | {"event_properties": [AMOUNT, {"name": "a", "operator": "gte", "value": 1}]},
            ["event_properties[1]", "'gte'", "'>='"],
        ),
        (
            DEED | {"advanced_query": {"did_all": [DEED | {"event_property": []}]}},
            ["advanced_query.did_all[0]", "'event_property'", "'event_properties'"],
        ),
        (
            DEED | {"advanced_query": {"did_all": [DEED | {"count": 3}]}},
            ["advanced_query.did_all[0]", "'count'", "Did you mean 'value'"],
        ),
        (
            DEED | {"advanced_query": {"did_any": {"any_event": []}}},
            ["advanced_query.did_any", "'any_event'", "'any_events'"],
        ),
    ],
)
def test_unknown_keys(document: Any, said: Any) -> None:
    """A key that CleverTap would ignore is refused with its place and the one that was meant."""
    with pytest.raises(QueryError) as refused:
        Query.from_cql(document)
    for each in said:
        assert each in str(refused.value)


@pytest.mark.parametrize(
    "document",
    [
        [],
        "query",
        None,
        {"event_name": "A"},
        {"event_name": "A", "from": 20151010},
        {"event_name": "A", "from": None, "to": None},
        {"event_name": "A", "from": 20151012, "to": 20151011},
        {"event_name": "A", "from": 20151310, "to": 20151311},
        {"event_name": "", "from": 20151010, "to": 20151011},
        {"event_name": 3, "from": 20151010, "to": 20151011},
        {"from": 20151010, "to": 20151011},
        {"event_properties": [AMOUNT]},
        {"session_properties": [AMOUNT]},
        DEED | {"event_properties": AMOUNT},
        DEED | {"event_properties": "Amount"},
        DEED | {"event_properties": ["Amount"]},
        DEED | {"event_properties": [{"operator": "equals", "value": 1}]},
        DEED | {"event_properties": [{"name": "a"}]},
        DEED | {"event_properties": [{"name": "a", "value": None}]},
        DEED | {"event_properties": [{"name": "a", "value": {"b": 1}}]},
        DEED | {"event_properties": [{"name": "a", "operator": "contains", "value": 5}]},
        DEED | {"common_profile_properties": []},
        DEED | {"common_profile_properties": {"profile_fields": [{"name": "identity", "value": "x"}]}},
        DEED | {"common_profile_properties": {"geo_fields": ["India"]}},
        DEED | {"common_profile_properties": {"geo_fields": [[]]}},
        DEED | {"common_profile_properties": {"geo_fields": [["a", "b", "c", "d"]]}},
        DEED | {"common_profile_properties": {"geo_radius": [[1, 2]]}},
        DEED | {"common_profile_properties": {"geo_radius": [["1", "2", "3"]]}},
        DEED | {"common_profile_properties": {"geo_radius": [[1, 2, float("nan")]]}},
        DEED | {"advanced_query": {"did_any": [DEED]}},
        DEED | {"advanced_query": {"did_any": {}}},
        DEED | {"advanced_query": {"did_any": {"any_events": []}}},
        DEED | {"advanced_query": {"did_all": [{"from": 20151010, "to": 20151011}]}},
        DEED | {"advanced_query": {"did_all": [{"event_name": "A"}]}},
        DEED | {"advanced_query": {"did_all": [DEED | {"operator": "equals"}]}},
        DEED | {"advanced_query": {"did_all": [DEED | {"operator": "contains", "value": 1}]}},
        DEED | {"advanced_query": {"did_all": [DEED | {"operator": "equals", "value": "ten"}]}},
    ],
)
def test_outside_the_grammar(document: Any) -> None:
    """What has the right keys and the wrong shape is refused, too."""
    with pytest.raises(QueryError):
        Query.from_cql(document)
