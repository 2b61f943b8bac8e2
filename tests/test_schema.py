"""schema(): the names of a project, listed or learnt."""

from __future__ import annotations

from typing import Any

import pytest

import ct_pandas as ct
from ct_pandas._reading.schema import Schema, schema
from ct_pandas.sandbox.faults import Fault

from scripted import Answer, Scripted


def answers(events: Any, attributes: Any) -> Any:
    """Answer both halves of the schema."""
    return lambda seen: Answer(
        {"status": "success", "events": events}
        if "type=events" in seen.target
        else {"status": "success", "userProperties": attributes}
    )


def test_the_sandbox_lists_its_names() -> None:
    """Events, their properties and the attributes of people come with their types, in two requests."""
    with ct.Sandbox(users=50) as sandbox:
        found = schema(sandbox.account)
    assert found.properties("Charged")["Amount"] == "Number"
    assert found.attributes["Email"] == "String"
    assert found.properties("No such event") == found.properties(None) == {}
    assert found.source == "getSchema"


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "A", "properties": [{"name": "x", "dataType": "Number"}]},
        {"eventName": "A", "eventProperties": [{"propertyName": "x", "type": "Number"}]},
        {"name": "A", "properties": {"x": "Number"}},
        {"name": "A", "eventProperties": {"x": {"dataType": "Number"}}},
    ],
)
def test_properties_under_any_key(scripted: Scripted, entry: Any) -> None:
    """The page does not show where properties stand, so they are found by their shape."""
    scripted.answers = answers([entry, "B", 3, {"status": "Active"}], ["plan", {"name": "city"}])
    found = schema(scripted.account())
    assert found.events == {"A": {"x": "Number"}, "B": {}}
    assert found.attributes == {"plan": "", "city": ""}


def test_names_need_no_status_beside_them(scripted: Scripted) -> None:
    """Both halves are taken as they are, the attributes as the events: neither is asked for twice."""
    scripted.answers = [{"events": ["A"]}, {"userProperties": ["plan"]}]
    found = schema(scripted.account())
    assert (list(found.events), list(found.attributes), found.source) == (["A"], ["plan"], "getSchema")


@pytest.mark.parametrize(
    "fault",
    [
        Fault("html_503", on="schema", times=None, status=404),
        Fault("truncated_json", on="schema", times=None),
        Fault("error_500", on="schema", times=None),
    ],
)
def test_learnt_from_a_sample(fault: Fault) -> None:
    """Where names are not listed they are learnt from people: what they did and what they have."""
    with ct.Sandbox(users=80, faults=[fault]) as sandbox:
        found = schema(sandbox.account)
    assert "Charged" in found.events
    assert found.attributes["Newsletter"] == "Boolean"
    assert "a sample of" in found.source


def test_a_refused_login_is_told() -> None:
    """No sample is read with a login that is refused."""
    with (
        ct.Sandbox(users=20, faults=[Fault("login_refused", on="schema")]) as sandbox,
        pytest.raises(ct.AuthenticationError),
    ):
        schema(sandbox.account)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Chraged", "Charged"), ("charged", "Charged"), ("app launch", "App Launched"), ("Zebra", None)],
)
def test_did_you_mean(typed: str, meant: str | None) -> None:
    """A misspelt event is met with the listed one, whatever its case."""
    assert Schema({"Charged": {}, "App Launched": {}}).suggest(typed) == meant


def test_frame() -> None:
    """The frame has a row for every name and says what each is."""
    frame = Schema({"A": {"x": "Number"}}, {"plan": ""}).to_frame()
    assert frame["kind"].tolist() == ["event", "property", "attribute"]
    assert frame["name"].tolist() == ["A", "x", "plan"]
    assert frame["type"].isna().tolist() == [True, False, True]


def test_html_is_escaped() -> None:
    """Names come from the server and are shown as text."""
    shown = Schema({"<img src=x onerror=alert(1)>": {}}, {})._repr_html_()
    assert "<img" not in shown
