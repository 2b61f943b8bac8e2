"""Properties of every query: its faces lose nothing."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ct_pandas._query.filters import ORDER, TEXT
from ct_pandas._query.query import Query

# A whole query is a large draw; on a busy machine its first ones are slow.
drawn = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
names = st.text(min_size=1, max_size=12).filter(str.strip)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=12)
days = st.dates(min_value=dt.date(1970, 1, 1), max_value=dt.date(2100, 1, 1))


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw a value or a list of them."""
    return values | st.lists(values, min_size=1, max_size=3)


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one filter, as JSON."""
    kind = draw(st.sampled_from(["bare", "equality", "order", "text", "presence"]))
    found: dict[str, Any] = {
        "name": draw(names.filter(lambda each: each not in ("identity", "objectId", "all_identities")))
    }
    if kind == "presence":
        found["operator"] = draw(st.sampled_from(["exists", "does_not_exist"]))
        return found | ({"value": draw(texts)} if draw(st.booleans()) else {})
    choices = {"equality": ("equals", "not_equals"), "order": ORDER, "text": TEXT}
    if kind != "bare":
        found["operator"] = draw(st.sampled_from(choices[kind]))
    values = {"order": numbers, "text": texts}.get(kind, numbers | texts)
    return found | {"value": draw(one_or_more(values))}


@st.composite
def windows(draw: st.DrawFn) -> dict[str, int]:
    """Draw a range of days, as JSON."""
    first, last = sorted([draw(days), draw(days)])
    return {"from": int(f"{first:%Y%m%d}"), "to": int(f"{last:%Y%m%d}")}


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Draw a short list that is not empty: what is empty is left out."""
    return st.lists(values, min_size=1, max_size=3)


@st.composite
def objects(draw: st.DrawFn, **optional: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw a JSON object with at least one of the keys."""
    keys = draw(st.sets(st.sampled_from(sorted(optional)), min_size=1))
    return {key: draw(optional[key]) for key in optional if key in keys}


@st.composite
def deeds(draw: st.DrawFn) -> dict[str, Any]:
    """Draw another event, as JSON."""
    found = {"event_name": draw(names)} | draw(windows())
    if draw(st.booleans()):
        found["event_properties"] = draw(some(filters()))
    return found | draw(counts())


@st.composite
def counts(draw: st.DrawFn) -> dict[str, Any]:
    """Draw how often, as JSON."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["value"] = draw(st.integers(0, 20))
        if draw(st.booleans()):
            found["operator"] = draw(st.sampled_from(["equals", *ORDER]))
    return found


groups = ("profile_fields", "demographics", "app_fields", "technographics", "reachability")
persons = objects(
    **{group: some(filters()) for group in groups},
    geo_fields=some(st.lists(names, min_size=1, max_size=3)),
    geo_radius=some(st.lists(numbers, min_size=3, max_size=3)),
)
advanced = objects(
    did_all=some(deeds()),
    did_any=st.builds(lambda events, count: {"any_events": events} | count, some(deeds()), counts()),
    did_none=some(deeds()),
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a whole query, as JSON."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found |= {"event_name": draw(names)} | draw(windows())
        for key in ("event_properties", "session_properties"):
            if draw(st.booleans()):
                found[key] = draw(some(filters()))
    if draw(st.booleans()):
        found["common_profile_properties"] = draw(persons)
    if draw(st.booleans()):
        found["advanced_query"] = draw(advanced)
    return found


@drawn
@given(documents())
def test_json_loses_nothing(document: dict[str, Any]) -> None:
    """A document in CleverTap's own form is read and written back as it was, and is JSON."""
    query = Query.from_cql(document)
    assert query.to_cql() == document
    assert Query.from_cql(json.loads(json.dumps(query.to_cql()))) == query


@drawn
@given(documents())
def test_python_loses_nothing(document: dict[str, Any]) -> None:
    """The repr of any query rebuilds it."""
    query = Query.from_cql(document)
    assert eval(repr(query), {"Query": Query}) == query


@drawn
@given(documents())
def test_equal_queries_hash_alike(document: dict[str, Any]) -> None:
    """Two readings of one document are one query, whatever they are kept in."""
    first, second = Query.from_cql(document), Query.from_cql(document)
    assert {first: 1}[second] == 1
    assert str(first) == str(second)


@drawn
@given(documents())
def test_every_query_has_a_sentence(document: dict[str, Any]) -> None:
    """Whatever can be asked can be said, every event by its name."""
    said = str(Query.from_cql(document))
    assert said.endswith((".", "!"))
    if "event_name" in document and document["event_name"] != "-1":
        assert document["event_name"] in said
