"""The query builder without a browser: the form's drafts, and its controls moved by hand."""

from __future__ import annotations

import copy
import datetime as dt
import html
import json
import pickle
import re
import sys
import threading
import warnings
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from test_query_properties import documents

import ct_pandas as ct
from ct_pandas import _account, _faces
from ct_pandas.builder import panel, places
from ct_pandas.builder.choices import KINDS, OPERATORS, RELATIVE, kind_of, relative_days
from ct_pandas.builder.composing import compose
from ct_pandas.builder.drafts import (
    Days,
    Deed,
    Draft,
    Place,
    Rule,
    doubt_value,
    join_values,
    split_values,
    take_apart,
)
from ct_pandas.builder.look import STYLE, code, sentence
from ct_pandas.builder.results import _first_columns
from ct_pandas.builder.running import Job, progress_class
from ct_pandas.sandbox.faults import Fault

TODAY = dt.date(2025, 11, 5)
OCTOBER = Days("between dates", dt.date(2025, 10, 1), dt.date(2025, 10, 31))
CHARGED = Draft("Charged", OCTOBER)
QUERY = ct.Query("Charged", "2025-10-01", "2025-10-31")
RICH = (
    QUERY.where("Amount", ">", 100)
    .where_session("utm_source", "=", ["mail", "a;b"])
    .where_profile("plan", "=", "gold")
    .where_profile("email", "does_not_exist")
    .where_reachability("has_token", "=", True)
    .in_region("India", "Maharashtra")
    .did("App Launched", "2025-09", where=("x", "contains", "y"), count=(">=", 3))
    .did_any([ct.Query("A", "2025-10"), ct.Query("B", "2025-10").where("z", "<=", 0.5)], count=("=", 10))
    .did_not("App Uninstalled", "2025-10")
)


# The form's drafts.


def test_a_query_survives_the_form() -> None:
    """What a form can show comes out of it as it went in."""
    assert compose(take_apart(RICH.to_cql()), TODAY).query == RICH
    assert compose(take_apart({}), TODAY).query == ct.Query()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_any_query_survives_the_form(document: dict[str, Any]) -> None:
    """What a form cannot show is kept as it was; an operator left out may come back as equals, no more."""
    query = ct.Query.from_cql(document)
    draft = take_apart(query.to_cql())
    again = compose(draft, TODAY)
    assert again.problems == {}
    assert again.query is not None
    assert _canonical(again.query.to_cql()) == _canonical(query.to_cql())


def _canonical(cql: Any) -> Any:
    """Put a query's JSON into a form in which order within a group and a left-out "equals" do not count."""
    if isinstance(cql, dict):
        found = {key: _canonical(value) for key, value in cql.items()}
        if "value" in found:
            found.setdefault("operator", "equals")
        return found
    if isinstance(cql, list):
        return sorted(map(_canonical, cql), key=lambda each: json.dumps(each, sort_keys=True))
    return cql


@pytest.mark.parametrize("kind", KINDS)
def test_every_operator_makes_a_query(kind: str) -> None:
    """Whatever can be chosen for a kind of value is something that the grammar has."""
    value = {"text": "a", "number": "5", "true/false": "True", "date": "2025-05-01"}[kind]
    for operator in OPERATORS[kind]:
        rule = Rule(name="x", kind=kind, operator=operator.label, value=value)
        assert compose(Draft("Charged", OCTOBER, (rule,)), TODAY).problems == {}


@pytest.mark.parametrize(
    ("draft", "place", "said"),
    [
        (Draft("", OCTOBER, (Rule(name="x", value="1"),)), ("event",), "Choose the event"),
        (Draft("Charged", Days()), ("days",), "first and the last day"),
        (
            Draft("Charged", Days("between dates", dt.date(2025, 10, 2), dt.date(2025, 10, 1))),
            ("days",),
            "after",
        ),
        (Draft("Charged", OCTOBER, (Rule(),)), ("rules", 0), "what to filter by"),
        (Draft("Charged", OCTOBER, (Rule(name="x"),)), ("rules", 0), "Give a value"),
        (
            Draft("Charged", OCTOBER, (Rule(name="x", kind="number", value="many"),)),
            ("rules", 0),
            "not a number",
        ),
        (
            Draft("", rules=(Rule("profile_fields", "identity", value="x"),)),
            ("rules", 0),
            "cannot filter on 'identity'",
        ),
        (Draft(places=(Place(),)), ("places", 0), "country"),
        (Draft(places=(Place("India", "", "Pune"),)), ("places", 0), "region that the city is in"),
        (Draft(did_all=(Deed(days=OCTOBER),)), ("did_all", 0), "Choose the event"),
        (Draft(did_any=(Deed("A"),)), ("did_any", 0, "days"), "first and the last day"),
        (
            Draft(did_none=(Deed("A", OCTOBER, rules=(Rule(name="x"),)),)),
            ("did_none", 0, "rules", 0),
            "value",
        ),
    ],
)
def test_what_is_missing_is_told_at_its_place(draft: Draft, place: Any, said: str) -> None:
    """A form that is no query yet says what is missing, beside the field."""
    composed = compose(draft, TODAY)
    assert composed.query is None
    assert said in composed.problems[place]


def test_all_problems_at_once() -> None:
    """One problem does not hide another."""
    draft = Draft("Charged", Days(), (Rule(), Rule(name="x", kind="number", value="y")), (Place(),))
    assert set(compose(draft, TODAY).problems) == {("days",), ("rules", 0), ("rules", 1), ("places", 0)}


def test_unfinished_is_not_wrong() -> None:
    """What is merely not filled in yet is told apart from what is wrong."""
    draft = Draft("Charged", OCTOBER, (Rule(), Rule(name="x", kind="number", value="y")))
    assert compose(draft, TODAY).unfinished == {("rules", 0)}


def test_muted_parts_are_left_out() -> None:
    """A muted part stays in the form and out of the query, even unfinished."""
    draft = Draft(
        "Charged",
        OCTOBER,
        (Rule(muted=True), Rule(name="x", value="1")),
        (Place(muted=True),),
        *[(Deed(muted=True),)] * 3,
    )
    assert compose(draft, TODAY).query == QUERY.where("x", "=", "1")


def test_relative_days() -> None:
    """Relative choices mean the days they mean today; whole days, but for the month that runs."""
    found = {choice: relative_days(choice, dt.date(2024, 3, 1)) for choice in RELATIVE}
    assert found == {
        "yesterday": (dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
        "last 7 days": (dt.date(2024, 2, 23), dt.date(2024, 2, 29)),
        "last 28 days": (dt.date(2024, 2, 2), dt.date(2024, 2, 29)),
        "this month": (dt.date(2024, 3, 1), dt.date(2024, 3, 1)),
        "last month": (dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
    }
    composed = compose(Draft("Charged", Days("last month")), TODAY)
    assert composed.query == QUERY


@pytest.mark.parametrize("values", [["a"], ["a", "b"], ["a;b", 'say "x"'], ["a, b", "c"]])
def test_several_values_in_one_field(values: list[str]) -> None:
    """Values are parted by semicolons; one that has a semicolon is quoted."""
    assert split_values(join_values(values)) == values


def test_blanks_between_values_are_none() -> None:
    """A semicolon too many, as while one is typing, is no value; a pasted column is one value a line."""
    assert split_values("gold; ; silver;") == ["gold", "silver"]
    assert split_values("gold\nsilver\r\n") == ["gold", "silver"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('"Best" product\nother', ['"Best" product', "other"]),
        ('"never closed\nother; "third; one"', ['"never closed', "other", "third; one"]),
        ('5" pipe\n"', ['5" pipe', '"']),
        ('"a\nb"; "say ""x"""', ["a\nb", 'say "x"']),
        ('"New York" ; "a; b" \n"c"\t', ["New York", "a; b", "c"]),
        ('"say ""x"" ; y"; b', ['say "x" ; y', "b"]),
    ],
)
def test_quotes_in_a_pasted_column_are_part_of_the_values(text: str, values: list[str]) -> None:
    """Only what encloses a value as a whole is taken off; one that is never closed swallows no other line."""
    assert split_values(text) == values


def test_a_pasted_row_is_doubted() -> None:
    """Cells of a spreadsheet come parted by tabs, which are part of a value as a comma is."""
    rule = Rule(name="Plan", operator="is any of", value="gold\tsilver\nfree")
    assert "A tab is part of a value" in doubt_value(rule)
    assert doubt_value(replace(rule, value="gold\nsilver")) == ""


@pytest.mark.parametrize("text", ["nan", "inf", "1,000", "0x10", "many"])
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    """A number is one that can be sent."""
    rule = Rule(name="x", kind="number", operator="=", value=text)
    (said,) = compose(Draft("Charged", OCTOBER, (rule,)), TODAY).problems.values()
    assert "is not a number" in said


@pytest.mark.parametrize(
    "query",
    [
        QUERY.where("x", "=", "two\nlines"),
        QUERY.where("x", "=", ["two\r\nlines", "b"]),
        QUERY.where_profile("profileData.profileData.x", "=", 1),
        QUERY.did("A", "2025-10", count=(">", 10**7)),
        QUERY.did_any([ct.Query("A", "2025-10")], count=("=", 10**7)),
        ct.Query("-1").where_profile("bad_identities", "exists"),
    ],
)
def test_a_change_elsewhere_keeps_what_the_form_cannot_hold(query: ct.Query) -> None:
    """Whatever the fields would clip or bend is kept as it was when another field changes."""
    draft = take_apart(query.to_cql())
    changed = compose(replace(draft, places=(Place("India"),)), TODAY).query
    assert changed is not None
    assert _canonical(changed.to_cql()) == _canonical(query.in_region("India").to_cql())


def test_days_in_the_wrong_order_are_told_in_the_forms_words() -> None:
    """A first day after the last is wrong at once, beside the days."""
    days = Days("between dates", dt.date(2025, 10, 2), dt.date(2025, 10, 1))
    composed = compose(Draft("Charged", days), TODAY)
    assert composed.problems == {("days",): "The first day is after the last: swap them."}
    assert composed.unfinished == frozenset()


@pytest.mark.parametrize(
    ("listed", "kind"),
    [("Number", "number"), ("Integer", "number"), ("Boolean", "true/false"), ("Date", "date"), ("", "text")],
)
def test_kinds_of_listed_types(listed: str, kind: str) -> None:
    """The kind of a value follows the type that CleverTap lists."""
    assert kind_of(listed) == kind


# The controls.


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ct.Sandbox]:
    """Share one sandbox."""
    with ct.Sandbox(users=400) as running:
        yield running


@pytest.fixture
def build(sandbox: ct.Sandbox) -> Callable[..., ct.QueryBuilder]:
    """Make a builder whose widget is there and whose names have come."""

    def make(query: Any = None) -> ct.QueryBuilder:
        builder = ct.QueryBuilder(query, account=sandbox.account)
        assert builder.widget is not None
        builder.wait(20)
        return builder

    return make


def form(builder: ct.QueryBuilder) -> Any:
    """Give the form behind the widget."""
    return builder._panel._form


def results(builder: ct.QueryBuilder) -> Any:
    """Give what the runs show."""
    return builder._panel.results


def test_starts_from_a_query_and_gives_it_back(build: Any) -> None:
    """Untouched, it gives back the very query it was given, operators left out included."""
    query = RICH.where_session("first_time", None, True)
    assert build(query).query == query
    assert build(query.to_cql()).query == query


def test_starts_empty(build: Any) -> None:
    """An empty builder is the empty query, and offers no call that would ask for everybody."""
    builder = build()
    assert builder.query == ct.Query()
    assert builder.code.startswith("# Choose an event")


def test_built_by_hand(build: Any) -> None:
    """Every control moves the query, the sentence and the code."""
    builder = build()
    form(builder).event.value = "Charged"
    form(builder).days.choice.value = "between dates"
    form(builder).days.start.value, form(builder).days.end.value = dt.date(2025, 10, 1), dt.date(2025, 10, 31)
    form(builder).rules.add.click()
    row = form(builder).rules.rows[0]
    row.name.value = "Amount"
    assert row.kind.value == "number"  # as the schema lists it
    row.operator.value, row.value.value = ">", "100"
    assert builder.query == QUERY.where("Amount", ">", 100)
    assert builder.sentence == str(builder.query)
    results(builder).rows.value, results(builder).most.value = "events", 50
    assert builder.code == (
        "ct.read_clevertap_events(\n"
        '    ct.Query("Charged", "2025-10-01", "2025-10-31")\n'
        '    .where("Amount", ">", 100),\n'
        '    rows="event",\n    max_rows=50,\n'
        "    account=account,  # the one handed to the builder: TEST-SAN-DBOX (loopback)\n)"
    )


def test_the_code_names_the_account_as_the_notebook_does(
    monkeypatch: pytest.MonkeyPatch, build: Any, sandbox: ct.Sandbox
) -> None:
    """What is copied runs where it is pasted; where the account has no name, none of another is taken."""
    builder, main = build(QUERY), sys.modules["__main__"]
    stand_in = builder.code
    assert "account=account,  # the one handed to the builder: TEST-SAN-DBOX" in stand_in
    other = ct.Account("OTHER", "never-shown", base_url="http://127.0.0.1:9")
    monkeypatch.setattr(main, "account", other, raising=False)
    assert "account=its_account,  #" in builder.code
    monkeypatch.setattr(main, "_12", sandbox.account, raising=False)  # as IPython keeps what was shown
    monkeypatch.setattr(main, "europe", sandbox.account, raising=False)
    said = 'ct.read_clevertap_events(ct.Query("Charged", "2025-10-01", "2025-10-31"), account=europe)'
    assert "".join(builder.code.split()).replace(",)", ")") == "".join(said.split())


def test_a_date_is_chosen_as_a_day(build: Any) -> None:
    """What the schema lists as a date has a day for its value, and an order; nobody types an epoch."""
    builder = build(QUERY)
    form(builder).rules.add.click()
    row = form(builder).rules.rows[0]
    row.group.value, row.name.value = "profile_fields", "Signup Date"
    assert (row.kind.value, row.operator.options) == (
        "date",
        ("on or after", "before", "is set", "is not set"),
    )
    with pytest.raises(ct.QueryError, match="Give a value"):
        assert builder.query
    row.day.value = dt.date(2025, 5, 1)
    assert builder.query == QUERY.where_profile("Signup Date", ">=", dt.date(2025, 5, 1))
    row.operator.value = "before"
    assert builder.query == QUERY.where_profile("Signup Date", "<", dt.date(2025, 5, 1))
    press(row, "Duplicate filter 1")
    assert form(builder).rules.rows[1].day.value == dt.date(2025, 5, 1)


def test_a_name_that_was_typed_before_the_names_came_has_its_kind(sandbox: ct.Sandbox) -> None:
    """Whoever is quicker than the schema chooses a day all the same; what has a value stays as it is."""
    builder = ct.QueryBuilder(QUERY.where_profile("Signup Date", ">", 1750000000), account=sandbox.account)
    builder._learn = lambda: None  # type: ignore[method-assign]
    assert builder.widget is not None
    form(builder).rules.add.click()
    row = form(builder).rules.rows[1]
    row.group.value, row.name.value = "profile_fields", "Signup Date"
    assert row.kind.value == "text"
    builder._state.naming.schema = ct.schema(sandbox.account)
    builder._panel.named("")
    assert [each.kind.value for each in form(builder).rules.rows] == ["number", "date"]


def test_a_pasted_column_parts_into_values(build: Any) -> None:
    """The field for several values keeps line breaks; what may be meant otherwise is doubted."""
    builder = build(QUERY)
    form(builder).rules.add.click()
    row = form(builder).rules.rows[0]
    row.group.value, row.name.value, row.value.value = "profile_fields", "Plan", "gold"
    row.operator.value = "is any of"
    assert row.several.value == "gold"
    row.several.value = "gold\nsilver\r\nfree"
    assert builder.query == QUERY.where_profile("Plan", "=", ["gold", "silver", "free"])
    row.several.value = "gold, silver"
    assert "one value" in row.message.value
    row.operator.value = "is"
    assert builder.query == QUERY.where_profile("Plan", "=", "gold")


def test_lines_do_not_go_into_a_field_of_one(build: Any) -> None:
    """What the page shows is what is asked for: a field of one line would swallow the breaks."""
    builder = build(QUERY.where_profile("Plan", "=", ["a", "b"]))
    row = form(builder).rules.rows[0]
    row.several.value = "gold\nsilver"
    row.operator.value = "is"
    assert row.value.value == ""
    with pytest.raises(ct.QueryError, match="Give a value"):
        assert builder.query


def test_a_day_of_a_year_that_is_being_typed_is_none(build: Any) -> None:
    """In a filter as in the days of the event; and no browser is let beyond four digits."""
    builder = build(QUERY)
    form(builder).rules.add.click()
    row = form(builder).rules.rows[0]
    row.group.value, row.name.value, row.day.value = "profile_fields", "Signup Date", dt.date(2, 10, 3)
    with pytest.raises(ct.QueryError, match="all of its digits"):
        assert builder.query
    assert row.day.max == form(builder).days.start.max == dt.date(9999, 12, 31)


@pytest.mark.parametrize(
    ("kind", "before", "other", "after"),
    [
        ("text", "is", "number", "="),
        ("text", "is", "date", "on or after"),
        ("number", "≥", "date", "on or after"),
        ("number", "is any of", "text", "is any of"),
        ("text", "is not", "number", None),
        ("text", "does not contain", "true/false", None),
        ("number", "<", "text", None),
    ],
)
def test_another_kind_turns_no_comparison_around(
    build: Any, kind: str, before: str, other: str, after: str | None
) -> None:
    """What a kind does not have is chosen anew: of "is not", a number would make "equal to"."""
    builder = build(QUERY)
    form(builder).rules.add.click()
    row = form(builder).rules.rows[0]
    row.name.value, row.kind.value, row.operator.value, row.value.value = "x", kind, before, "5"
    row.kind.value = other
    assert row.operator.value == after
    if after is None:
        press(row, "Duplicate filter 1")
        assert form(builder).rules.rows[1].operator.value is None
        with pytest.raises(ct.QueryError, match="Choose how to compare"):
            assert builder.query
        results(builder).read.click()
        assert "ct-wrong" in row.operator._dom_classes


def test_what_was_emptied_stays_empty(build: Any) -> None:
    """A value of another comparison, out of sight, does not come back when something else changes."""
    builder = build(QUERY.where_profile("Plan", "=", ["gold"]))
    row = form(builder).rules.rows[0]
    row.operator.value = "is"
    assert row.value.value == "gold"
    row.value.value = ""
    form(builder).event.value = "App Launched"
    assert row.value.value == ""


def test_false_that_was_typed_stays_false(build: Any) -> None:
    """Also where the name, which comes later, is one of true and false."""
    builder = build(QUERY)
    form(builder).rules.add.click()
    row = form(builder).rules.rows[0]
    row.value.value, row.group.value, row.name.value = "false", "reachability", "has_token"
    assert builder.query == QUERY.where_reachability("has_token", "=", False)


def test_a_copy_of_a_builder_keeps_its_account(build: Any, sandbox: ct.Sandbox) -> None:
    """It asks the same project."""
    assert copy.copy(build(QUERY))._state.account == sandbox.account


def test_no_value_is_too_long_to_be_told(build: Any) -> None:
    """What a control raises is shown nowhere: the form says it, and gives no query of before."""
    builder = build(QUERY.where_profile("plan", "=", ["gold", "free"]))
    row = form(builder).rules.rows[0]
    row.several.value = ",".join(f"user{n}@example.com" for n in range(10_000))
    with pytest.raises(ct.QueryError, match="far too long"):
        assert builder.query
    assert "far too long" in row.message.value
    row.several.value = row.several.value.replace(",", "\n")
    assert len(builder.query.to_cql()["common_profile_properties"]["profile_fields"][0]["value"]) == 10_000
    long = QUERY.where_profile("plan", "=", ["x" * 200_000, "y"])
    assert build(long).query == long


def test_anything_else_that_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    """Errors that nobody thought of included."""
    builder = build(QUERY.where_profile("plan", "=", ["gold", "free"]))
    monkeypatch.setattr("ct_pandas.builder.composing.split_values", lambda _: 1 / 0)
    form(builder).rules.rows[0].several.value = "gold"
    with pytest.raises(ct.QueryError, match="ZeroDivisionError"):
        assert builder.query


def test_an_outcome_that_cannot_be_shown_is_told(
    monkeypatch: pytest.MonkeyPatch, build: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The frame is there, and the form does not go on saying that it is being read."""
    builder = build(QUERY)
    monkeypatch.setattr(results(builder), "show_frame", lambda *_: 1 / 0)
    results(builder).read.click()
    builder.wait(20)
    assert "ZeroDivisionError" in results(builder).told.value
    assert results(builder).status.value == ""
    assert builder.frame is not None
    capsys.readouterr()


def test_a_click_that_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    """So is a change of the form: the query of before is not given for it."""
    builder = build(QUERY)
    monkeypatch.setattr(builder._panel, "_ready", lambda: 1 / 0)
    results(builder).count.click()
    assert "ZeroDivisionError" in results(builder).refusal.value
    monkeypatch.setattr(form(builder), "renew", lambda: 1 / 0)
    form(builder).event.value = "App Launched"
    with pytest.raises(ct.QueryError, match="ZeroDivisionError"):
        assert builder.query
    monkeypatch.undo()
    form(builder).event.value = "Charged"
    assert builder.query == QUERY
    assert results(builder).refusal.value == ""


def test_settings_that_make_no_account_do_not_break_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with them stands in it."""
    found = {"ACCOUNT_ID": "ABC-123", "PASSCODE": "never-shown", "TIMEZONE": "Nowhere"}
    for name, value in found.items():
        monkeypatch.setenv(f"CLEVERTAP_{name}", value)
    builder = ct.QueryBuilder(QUERY)
    assert builder.widget is not None
    builder.wait(20)
    assert "Nowhere" in builder._panel._head.value  # type: ignore[union-attr]
    results(builder).read.click()
    builder.wait(20)
    assert "Nowhere" in results(builder).told.value


def test_the_days_shown_are_the_days_asked(monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    """A notebook stays open over night: relative days are shown as what they mean by now."""
    builder = build(QUERY.did("App Launched", "2025-10"))
    form(builder).days.choice.value = "yesterday"
    form(builder).did_all.rows[0].days.choice.value = "last 7 days"
    now = SimpleNamespace(now=lambda _: dt.datetime(2025, 11, 5, tzinfo=dt.UTC))
    monkeypatch.setattr("ct_pandas.builder.state.dt", SimpleNamespace(datetime=now))
    results(builder).count.click()
    builder.wait(20)
    assert form(builder).days.start.value == dt.date(2025, 11, 4)
    assert builder.query.start == 20251104
    assert form(builder).did_all.rows[0].days.end.value == dt.date(2025, 11, 4)


def test_a_year_that_is_being_typed_is_unfinished(build: Any) -> None:
    """A browser tells of every digit: no alarm until the query is run."""
    builder = build(QUERY)
    form(builder).days.start.value = dt.date(20, 10, 1)
    assert form(builder).message.value == ""
    results(builder).read.click()
    assert "all of its digits" in form(builder).message.value


def test_events_are_those_of_an_event(build: Any) -> None:
    """Occurrences of nothing cannot be read: no call is offered that would be refused."""
    builder = build(ct.Query().where_profile("plan", "=", "gold"))
    assert builder.code.startswith("ct.read")
    results(builder).rows.value = "events"
    assert builder.code.startswith("# “Events, each time”")
    results(builder).read.click()
    assert "choose one above" in results(builder).refusal.value
    assert builder.frame is None


def test_rows_can_be_doubled_muted_and_removed(build: Any) -> None:
    """A duplicate stands below its original; a muted row is left out; a removed one is gone."""
    builder = build(QUERY.where("Amount", ">", 100))
    first = form(builder).rules.rows[0]
    press(first, "Duplicate filter 1")
    assert builder.query == QUERY.where("Amount", ">", 100).where("Amount", ">", 100)
    form(builder).rules.rows[1].value.value = "200"
    assert builder.query == QUERY.where("Amount", ">", 100).where("Amount", ">", 200)
    first._handles.mute.value = True
    assert builder.query == QUERY.where("Amount", ">", 200)
    press(first, "Remove filter 1")
    assert len(form(builder).rules.rows) == 1


def press(row: Any, tooltip: str) -> None:
    """Press a row's button by its name."""
    (found,) = [each for each in row.widget.children if getattr(each, "tooltip", "") == tooltip]
    found.click()


def test_no_two_buttons_of_rows_are_called_alike(build: Any) -> None:
    """What a screen reader says of a button tells its row, and goes on doing so when rows come and go."""
    other = ct.Query("Charged", "2025-10").where("x", "=", 1).where("x", "=", 2)
    query = other.in_region("India").in_region("Nepal").did_any([other, other])
    builder = build(query.did(other).did(other).did_not(other).did_not(other))

    def called() -> list[str]:
        lists = form(builder)._lists().values()
        rows = [row for each in lists for row in each.rows]
        rows += [inner for row in rows if hasattr(row, "rules") for inner in row.rules.rows]
        handles = [row._handles for row in rows]
        return [button.description for h in handles for button in (h.mute, h.duplicate, h.remove)]

    assert len(set(called())) == len(called()) == 3 * (2 + 2 + 6 + 12)
    assert "Remove filter 2 of event 2 of “did not”" in called()
    press(form(builder).did_none.rows[0], "Remove event 1 of “did not”")
    assert len(set(called())) == len(called()) == 3 * (2 + 2 + 5 + 10)
    assert "Remove filter 2 of event 1 of “did not”" in called()


@pytest.mark.parametrize("name", ["did_all", "did_any", "did_none"])
def test_other_events(build: Any, name: str) -> None:
    """People who also did, did any of, did not: each a list of events with their own filters."""
    builder = build(QUERY)
    rows = getattr(form(builder), name)
    rows.add.click()
    deed = rows.rows[0]
    deed.event.value = "App Launched"
    deed.rules.add.click()
    deed.rules.rows[0].name.value = "x"
    deed.rules.rows[0].operator.value = "is set"
    found = builder.query.to_cql()["advanced_query"][name]
    (entry,) = found["any_events"] if name == "did_any" else found
    assert entry == {
        "event_name": "App Launched",
        "from": 20251001,
        "to": 20251031,
        "event_properties": [{"name": "x", "operator": "exists"}],
    }


def test_how_often_is_a_whole_number(build: Any) -> None:
    """What is no whole number is told, and not cut to one that the page does not show."""
    builder = build(QUERY.did("App Launched", "2025-10", count=(">=", 2)))
    times = form(builder).did_all.rows[0].often.times
    times.value = 1e3  # as a browser reads "1e3"
    assert builder.query == QUERY.did("App Launched", "2025-10", count=(">=", 1000))
    times.value = 2.7
    assert "whole number, not 2.7" in form(builder).did_all.rows[0].message.value
    with pytest.raises(ct.QueryError, match=r"2\.7"):
        assert builder.query


def test_a_wrong_value_is_told_beside_it(build: Any) -> None:
    """The message stands in the row, and the query cannot be had until it is mended."""
    builder = build(QUERY.where("Amount", ">", 100))
    row = form(builder).rules.rows[0]
    row.value.value = "<b>many"
    assert "not a number" in row.message.value
    assert "<b>" not in row.message.value
    with pytest.raises(ct.QueryError, match="not a number"):
        _ = builder.query
    row.value.value = "100"
    assert row.message.value == ""


def test_an_empty_new_row_is_not_scolded_until_it_is_run(build: Any) -> None:
    """A row that was only just added shows no error; "Read" then says what is missing, and reads nothing."""
    builder = build(QUERY)
    form(builder).rules.add.click()
    row = form(builder).rules.rows[0]
    assert row.message.value == ""
    results(builder).read.click()
    assert "Choose what to filter by" in row.message.value
    assert "Nothing was sent" in results(builder).refusal.value
    assert builder.frame is None


def test_what_is_taken_away_is_not_saved(build: Any) -> None:
    """A row that was removed, and the fields of a query that was replaced, leave the notebook's state."""
    import ipywidgets

    builder = build(QUERY)
    before = len(ipywidgets.Widget.get_manager_state()["state"])
    form(builder).did_all.add.click()
    form(builder).did_all.rows[0].rules.add.click()
    form(builder).did_all.rows[0].event.value = "taken away"
    press(form(builder).did_all.rows[0], "Remove event 1 of “also did”")
    builder.query = QUERY.where("taken away", "exists")
    builder.query = QUERY
    state = ipywidgets.Widget.get_manager_state()["state"]
    assert "taken away" not in repr(state)
    assert len(state) == before


def test_a_cell_that_is_run_again_takes_its_old_form_away(
    monkeypatch: pytest.MonkeyPatch, sandbox: ct.Sandbox
) -> None:
    """With all its controls, but for a form that stands in another cell, too, or was asked for by .widget."""
    import ipywidgets

    def run(cell: str, builder: ct.QueryBuilder) -> ct.QueryBuilder:
        this_run = next(runs)
        monkeypatch.setattr(places, "running_cell", lambda: (cell, this_run))
        builder._repr_mimebundle_()
        builder.wait(20)
        return builder

    def new() -> ct.QueryBuilder:
        return ct.QueryBuilder(QUERY.where("Amount", ">", 1), account=sandbox.account)

    runs = iter("abcdefghij")
    first = run("one", new())
    before = len(ipywidgets.Widget.get_manager_state()["state"])
    form(first).rules.rows[0].value.value = ""
    results(first).most.value = 7
    second = run("one", new())
    assert len(ipywidgets.Widget.get_manager_state()["state"]) == before
    assert run("two", second) is run("one", second)
    third = run("one", new())
    assert not second._panel.closed  # type: ignore[union-attr]
    assert third.widget is not None
    run("one", new())
    assert not third._panel.closed  # type: ignore[union-attr]
    run("three", first)  # drawn anew, as it was left
    assert results(first).most.value == 7
    with pytest.raises(ct.QueryError, match="Give a value"):
        assert first.query


def test_a_form_that_reads_is_not_taken_away(monkeypatch: pytest.MonkeyPatch, sandbox: ct.Sandbox) -> None:
    """What it reads comes to its builder; the run after that takes it away."""
    runs = iter("abc")
    monkeypatch.setattr(places, "running_cell", lambda: ("a cell", next(runs)))
    reading = ct.QueryBuilder(QUERY, account=sandbox.account)
    reading._repr_mimebundle_()
    panel: Any = reading._panel
    busy = True
    monkeypatch.setattr(type(panel), "busy", property(lambda self: self is panel and busy))
    ct.QueryBuilder(QUERY, account=sandbox.account)._repr_mimebundle_()
    assert not panel.closed
    busy = False
    ct.QueryBuilder(QUERY, account=sandbox.account)._repr_mimebundle_()
    assert panel.closed


def test_the_complaint_goes_when_the_form_is_mended(build: Any) -> None:
    """Once nothing is marked any more, nothing says that something is."""
    builder = build(QUERY)
    form(builder).rules.add.click()
    results(builder).read.click()
    assert "Nothing was sent" in results(builder).refusal.value
    press(form(builder).rules.rows[0], "Remove filter 1")
    assert results(builder).refusal.value == ""


def test_a_refusal_stands_beside_what_is_older(build: Any) -> None:
    """It answers the click just made: it is not greyed out with the rows of the read before."""
    builder = build(QUERY)
    results(builder).read.click()
    builder.wait(20)
    shown = results(builder).status.value, results(builder).preview.value
    form(builder).rules.add.click()
    results(builder).count.click()
    assert "Nothing was sent" in results(builder).refusal.value
    assert results(builder).refusal not in results(builder).outcome.children
    assert (results(builder).status.value, results(builder).preview.value) == shown


def test_another_number_of_rows_makes_a_result_old(build: Any) -> None:
    """What stands below came of a call that read more, or fewer, than the one that is shown."""
    builder = build(QUERY)
    results(builder).read.click()
    builder.wait(20)
    results(builder).most.value = 10
    assert "before the last change" in results(builder).aged.value
    results(builder).most.value = 0
    assert results(builder).aged.value == ""


def test_what_is_shown_says_of_which_query_it_is(build: Any) -> None:
    """After a change of the query a count is marked as one from before, until it is the same query again."""
    builder = build(QUERY)
    results(builder).count.click()
    builder.wait(20)
    assert results(builder).aged.value == ""
    form(builder).event.value = "App Launched"
    assert "before the last change" in results(builder).aged.value
    form(builder).event.value = "Charged"
    assert results(builder).aged.value == ""


def test_days_are_those_of_the_project() -> None:
    """Yesterday is a day of the default account's zone, as of one that is handed over."""
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        account = ct.connect("X", "never-shown", base_url="http://127.0.0.1:9", timezone=zone)
        here = dt.datetime.now(zoneinfo.ZoneInfo(zone)).date()
        for builder in (ct.QueryBuilder(), ct.QueryBuilder(account=account)):
            assert builder._state.today() - here in (dt.timedelta(0), dt.timedelta(1))  # midnight may pass


def test_misspelt_names_are_doubted(build: Any) -> None:
    """A name that the schema does not list is met with the one that was meant, and stands in nobody's way."""
    builder = build(QUERY.where("Amonut", ">", 1))
    form(builder).event.value = "Chraged"
    assert "Did you mean &#x27;Charged&#x27;" in form(builder).message.value
    form(builder).event.value = "Charged"
    assert form(builder).message.value == ""
    assert "Did you mean &#x27;Amount&#x27;" in form(builder).rules.rows[0].message.value
    assert builder.query == QUERY.where("Amonut", ">", 1)


def test_names_complete(build: Any) -> None:
    """Events, their properties, attributes and the fixed names of other groups are offered."""
    builder = build(QUERY.where("x", "exists"))
    row = form(builder).rules.rows[0]
    assert "Charged" in form(builder).event.options
    assert "Amount" in row.name.options
    row.group.value = "profile_fields"
    assert "Email" in row.name.options
    row.group.value = "reachability"
    assert row.name.options == ("has_token",)


def test_counting(build: Any, sandbox: ct.Sandbox) -> None:
    """Count shows the number of people or of events."""
    builder = build(QUERY)
    results(builder).count.click()
    builder.wait(20)
    assert f"{ct.count_profiles(QUERY, account=sandbox.account):,} people." in results(builder).status.value
    results(builder).rows.value = "events"
    results(builder).count.click()
    builder.wait(20)
    assert f"{ct.count_events(QUERY, account=sandbox.account):,} events." in results(builder).status.value


def test_a_count_that_takes_long_can_be_left(monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    """Cancel frees the form at once, and the number that comes later is not shown."""
    may_end = threading.Event()
    monkeypatch.setattr(ct, "count_profiles", lambda *_, **__: may_end.wait(20) and 7)
    builder = build(QUERY)
    results(builder).count.click()
    late = builder._panel.thread
    results(builder).cancel.click()
    assert "ct-waits" not in results(builder).read._dom_classes
    monkeypatch.undo()
    results(builder).rows.value = "events"
    results(builder).count.click()
    builder.wait(20)
    shown = results(builder).status.value
    may_end.set()
    late.join(20)
    assert "events." in shown
    assert results(builder).status.value == shown


def test_reading(build: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Read leaves the frame in .frame and shows its head."""
    builder = build(QUERY)
    results(builder).read.click()
    builder.wait(20)
    assert builder.frame is not None
    assert builder.frame.attrs["clevertap"]["complete"]
    assert f"{len(builder.frame):,} people" in results(builder).status.value
    assert results(builder).preview.value.count("<tr") <= 8
    assert builder.error is None
    capsys.readouterr()


def test_one_row_is_none_of_several(build: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A read of one person says so, on its way, at its end and below its preview."""
    builder = build(QUERY)
    results(builder).moved(1, None, "", "people")
    assert "1 person so far" in results(builder).status.value
    results(builder).most.value = 1
    results(builder).read.click()
    builder.wait(20)
    assert "1 person, " in results(builder).status.value
    assert ", 1 page, not complete" in results(builder).status.value
    assert "First 1 of 1 row;" in results(builder).preview.value
    capsys.readouterr()


def test_nobody_found_is_met_with_a_doubt(build: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """As a count of nobody is."""
    builder = build(QUERY.between("2019-01-01", "2019-01-02"))
    results(builder).read.click()
    builder.wait(20)
    assert "0 people" in results(builder).status.value
    assert "spelt exactly" in results(builder).status.value
    capsys.readouterr()


def test_the_preview_shows_attributes_before_bookkeeping() -> None:
    """The API's own keys come last."""
    names = ["identity", "email", "objectId", "all_identities", *(f"profileData.{n}" for n in range(12))]
    frame = pd.DataFrame([[name] for name in names], index=names).T
    shown = _first_columns(frame)
    assert shown == ["identity", "email", *(f"profileData.{n}" for n in range(10))]


def test_the_preview_knows_everybody_by_something() -> None:
    """Who never logged in has an objectId, and would else be an empty row."""
    names = ["identity", "email", "objectId", *(f"profileData.{n}" for n in range(12))]
    frame = pd.DataFrame([["a", None, "o1", *"x" * 12], [None, None, "o2", *[None] * 12]], columns=names)
    assert _first_columns(frame)[:2] == ["identity", "objectId"]


def test_a_cancelled_read_that_fails_gives_the_cursor_to_what_is_there(
    monkeypatch: pytest.MonkeyPatch, build: Any
) -> None:
    """An error that cannot be gone on from shows no "Go on", which could take the cursor."""
    may_end, given = threading.Event(), []

    def failing(*_: Any, **__: Any) -> None:
        may_end.wait(20)
        raise ct.ClevertapError("no such event")

    monkeypatch.setattr(ct, "read_clevertap_events", failing)
    monkeypatch.setattr(panel, "focus", given.append)
    builder = build(QUERY)
    results(builder).read.click()
    results(builder).cancel.click()
    may_end.set()
    builder.wait(20)
    assert given == [results(builder).read]


def test_a_cancel_that_comes_too_late_leaves_the_outcome(build: Any) -> None:
    """A press that was on its way when the run ended takes neither its number nor what it said."""
    builder = build(QUERY)
    results(builder).count.click()
    builder.wait(20)
    shown = results(builder).status.value
    results(builder).cancel.click()
    assert results(builder).status.value == shown


def test_cancelling_and_going_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Cancel keeps what came, marked incomplete; "Go on" fetches the rest."""
    stuck = Fault("hang", on="page", after=2, times=None)
    with ct.Sandbox(users=400, faults=[stuck], paging="exact") as slow:
        builder = ct.QueryBuilder(QUERY.between("2025-07-01", "2025-12-31"), account=slow.account)
        assert builder.widget is not None
        moved = threading.Event()
        builder._panel._moved = _signalling(builder, moved)
        builder._panel._progress = progress_class(lambda: builder._panel._job, builder._panel._moved)
        builder.wait(20)
        real = ct.read_clevertap_events
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ct, "read_clevertap_events", lambda *a, **k: real(*a, **k, batch_size=23))
            results(builder).read.click()
            assert moved.wait(20)
            results(builder).cancel.click()
            builder.wait(20)
        assert isinstance(builder.error, ct.DownloadInterrupted)
        assert builder.frame is not None
        assert not builder.frame.attrs["clevertap"]["complete"]
        assert "marked incomplete" in results(builder).status.value
        assert "ct-bad" not in results(builder).told.value  # it was asked for
        some = len(builder.frame)
        slow.server.clear_faults()
        results(builder).go_on.click()
        builder.wait(20)
        assert builder.frame.attrs["clevertap"]["complete"]
        assert len(builder.frame) > some
    capsys.readouterr()


def _signalling(builder: ct.QueryBuilder, moved: threading.Event) -> Any:
    """Tell when the first rows have come."""
    real = builder._panel._moved  # type: ignore[union-attr]

    def said(rows: int, total: int | None, note: str) -> None:
        real(rows, total, note)
        if rows:
            moved.set()

    return said


def test_errors_are_shown(build: Any) -> None:
    """What CleverTap refuses stands in the widget, and in .error."""
    builder = build(ct.Query("Chraged", "2025-10"))
    results(builder).read.click()
    builder.wait(20)
    assert isinstance(builder.error, ct.ClevertapError)
    assert 'role="alert"' in results(builder).told.value
    assert builder.frame is None


@pytest.mark.parametrize("account", ["TEST-1", 0, {}])
def test_an_account_is_an_account(account: Any) -> None:
    """Told where it is given, not in the form when it is needed."""
    with pytest.raises(ct.CredentialsError, match=r"account= takes a ct\.Account"):
        ct.QueryBuilder(account=account)


def test_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an account the form works, and says how to connect."""
    builder = ct.QueryBuilder(QUERY)
    assert builder.widget is not None
    builder.wait(20)
    assert "connect" in builder._panel._head.value  # type: ignore[union-attr]
    assert builder.query == QUERY


def test_names_come_with_the_account(sandbox: ct.Sandbox) -> None:
    """A form that was made before there was an account learns the names after its first run with one."""
    builder = ct.QueryBuilder(QUERY)
    assert builder.widget is not None
    builder.wait(20)
    assert form(builder).event.options == ()
    _account.set_default(sandbox.account)
    results(builder).count.click()
    builder.wait(20)
    assert "Charged" in form(builder).event.options


def test_no_passcode_in_any_widget(build: Any, sandbox: ct.Sandbox) -> None:
    """The state of the widgets is saved in notebooks: the passcode is nowhere in it."""
    import ipywidgets

    builder = build(RICH)
    results(builder).count.click()
    builder.wait(20)
    state = repr(ipywidgets.Widget.get_manager_state())
    assert "CleverTap query" in state
    assert sandbox.account.passcode not in state + repr(builder) + str(builder._repr_mimebundle_())


def test_a_builder_travels_as_its_query(build: Any, sandbox: ct.Sandbox) -> None:
    """Pickled, by a pool or a shell that keeps variables, it leaves the account behind."""
    packed = pickle.dumps(build(QUERY))
    assert sandbox.server.passcode.encode() not in packed
    assert pickle.loads(packed).query == QUERY


def test_hostile_text_is_escaped(build: Any) -> None:
    """Names, values and cells are shown as text, whatever they hold."""
    import pandas as pd

    hostile = "<img src=x onerror=alert(1)>"
    builder = build(ct.Query(hostile, "2025-10").where_profile(hostile, "=", hostile))
    panel: Any = builder._panel
    frame = pd.DataFrame({hostile: [hostile], "list": [[hostile]]})
    panel.results.show_frame(frame, hostile)
    panel.results.failed(ct.ClevertapError(hostile), resumable=False)
    panel.results.warned([hostile])
    shown = [
        panel._faces,
        panel.results.preview,
        panel.results.told,
        panel.results.status,
        form(builder).message,
    ]
    assert all("<img" not in widget.value for widget in shown)
    assert "<img" not in builder._repr_mimebundle_()["text/html"]


def test_the_call_is_shown_as_it_is_copied() -> None:
    """Each name keeps its own direction of writing, money is no formula, and the text is that of the call."""
    query = ct.Query("שלום", "2025-10").where("a'b\"c\\", "=", "$5 and $10 <b>")
    builder = ct.QueryBuilder(query)
    shown = code(builder.code)
    assert "<bdi>&quot;שלום&quot;</bdi>, <bdi>&quot;2025-10-01&quot;</bdi>" in shown
    pre = re.search(r"<pre[^>]*>(.*)</pre>", shown, re.DOTALL)
    assert pre
    assert html.unescape(re.sub("</?bdi>", "", pre.group(1))) == builder.code
    assert "mathjax_ignore" in builder._still()["text/html"]


def test_what_is_not_seen_is_spelt_out_on_the_page() -> None:
    """A mark that turns the direction of writing would show the days after it back to front."""
    query = ct.Query("\u202eVisit", "2025-10").where("a\nb", "=", "x\u2066\x1b[2J")
    still = ct.QueryBuilder(query)._still()["text/html"]
    for shown in (sentence(str(query)), query._repr_html_(), still):
        assert r"did \u202eVisit with a\nb equal to &quot;x\u2066\x1b[2J&quot; between" in shown
    assert "שלום 👩‍👧" in sentence(str(ct.Query("שלום 👩‍👧", "2025-10")))


def test_without_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ipywidgets it shows the sentence and the code, and says how to get the form."""
    for name in [name for name in sys.modules if name.startswith(("ct_pandas.builder.panel", "ipywidgets"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    builder = ct.QueryBuilder(QUERY)
    found = builder._repr_mimebundle_()
    assert set(found) == {"text/plain", "text/html"}
    assert str(QUERY) in found["text/plain"]
    assert all("pip install" in text and "ct_pandas[notebook]" in text for text in found.values())
    assert eval(builder.code.removeprefix("ct.read_clevertap_events"), {"ct": ct}) == QUERY


def test_display_brings_a_still_picture_along(build: Any) -> None:
    """Where widgets cannot be drawn, such as on GitHub, the sentence and the code are."""
    found = build(QUERY)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in found
    assert str(QUERY) in found["text/plain"]
    assert "ct.read_clevertap_events" in found["text/html"]
    assert all("form as it was when the cell was run" in found[kind] for kind in ("text/plain", "text/html"))


def test_another_query_can_be_put_in(build: Any) -> None:
    """Setting .query fills the form."""
    builder = build()
    builder.query = RICH
    assert form(builder).event.value == "Charged"
    assert builder.query == RICH
    with pytest.raises(ct.QueryError):
        builder.query = 3


def test_every_control_has_a_name(build: Any) -> None:
    """Every control has a label, be it a picture or not: screen readers need one."""
    import ipywidgets as w

    def controls(widget: Any) -> Iterator[Any]:
        for child in getattr(widget, "children", ()):
            yield from controls(child)
        fields = w.Text | w.Textarea | w.Dropdown | w.DatePicker | w.BoundedFloatText
        if isinstance(widget, fields | w.Button | w.ToggleButton):
            yield widget

    found = list(controls(build(RICH).widget))
    assert len(found) > 40
    assert all(each.description.strip() for each in found)
    assert all(each.tooltip for each in found)


def test_warnings_of_a_run_are_the_forms() -> None:
    """Warnings raised beside the notebook are kept for the form; those of other threads are not touched."""
    told: list[str] = []

    def work() -> None:
        warnings.warn("only 3 of 4", ct.IncompleteDownloadWarning, stacklevel=1)

    for _ in range(2):  # the second is not swallowed as a repetition
        job = Job(work, lambda _result, _error, warned: told.extend(warned))
        job.start()
        job.thread.join(10)
    assert told == ["only 3 of 4", "only 3 of 4"]


def test_runs_side_by_side_leave_the_warnings_as_they_were() -> None:
    """Two runs that overlap take away their own changes only; a filter that a cell sets meanwhile stays."""
    before, shown = list(warnings.filters), warnings.showwarning
    turns = [(threading.Event(), threading.Event()) for _ in range(2)]

    def work(started: threading.Event, may_end: threading.Event) -> None:
        started.set()
        may_end.wait(10)

    jobs = [Job(partial(work, *turn), lambda *_: None) for turn in turns]
    for job, (started, _) in zip(jobs, turns, strict=True):
        job.start()
        started.wait(10)
    warnings.filterwarnings("ignore", "of this cell")
    mine = warnings.filters[0]
    for job, (_, may_end) in zip(jobs, turns, strict=True):
        may_end.set()
        job.thread.join(10)
    assert list(warnings.filters) == [mine, *before]
    assert warnings.showwarning is shown


def test_the_form_leaves_reports_as_they_are() -> None:
    """A style sheet holds for the whole page: what a report also uses is styled within the form alone."""
    theirs = set(re.findall(r"\.(ct-[\w-]+)", _faces.STYLE))
    selectors = re.findall(r"([^{}]+)\{", STYLE)
    shared = [each.strip() for each in selectors if theirs & set(re.findall(r"\.(ct-[\w-]+)", each))]
    assert shared
    assert [each for each in shared if ".ct-builder" not in each] == []


def test_progress_is_tqdm_compatible() -> None:
    """The progress takes what tqdm takes, shows rows as they come, and stops when it is told to."""
    seen: list[Any] = []
    job = Job(lambda: None, lambda *_: None)
    bar: Any = progress_class(lambda: job, lambda *said: seen.append(said))(total=5, desc="x", unit="row")
    bar.set_postfix_str("preparing", refresh=False)
    bar.update(2)
    assert seen == [(2, 5, "preparing")]
    job.cancel()
    with pytest.raises(KeyboardInterrupt):
        bar.refresh()
    bar.close()
