"""The query grammar as the sandbox evaluates it; expectations are counted from whole exports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ct_pandas.sandbox import SandboxServer
from ct_pandas.sandbox.operators import count_meets, meets
from ct_pandas.sandbox.tracks import MISSING

from sandbox_raw import YEAR, Raw

LAUNCHED = {"event_name": "App Launched", **YEAR}
CHARGED = {"event_name": "Charged", **YEAR}


@pytest.fixture(scope="module")
def raw() -> Iterator[Raw]:
    """Talk to a sandbox whose pages come at once."""
    with SandboxServer(users=250, in_progress=0, counts_partial=0) as server:
        yield Raw(server)


@pytest.fixture(scope="module")
def people(raw: Raw) -> list[Any]:
    """Everybody who launched the app."""
    return raw.records(LAUNCHED)


@pytest.fixture(scope="module")
def purchases(raw: Raw) -> list[Any]:
    """Every purchase."""
    return raw.records(CHARGED, "events")


def device(person: Any) -> str:
    """Name a person by their first device."""
    return str(person["platformInfo"][0]["objectId"])


def devices(people: list[Any]) -> set[str]:
    """Name many people."""
    return {device(one) for one in people}


def asked(raw: Raw, **parts: Any) -> set[str]:
    """Ask for people who launched the app, under conditions."""
    return devices(raw.records({**LAUNCHED, **parts}, events="false"))


def profile(group: str, name: str, operator: str, value: Any) -> dict[str, Any]:
    """Write a condition on the person."""
    return {"common_profile_properties": {group: [{"name": name, "operator": operator, "value": value}]}}


def custom(person: Any, name: str) -> Any:
    """Look at an attribute."""
    return (person.get("profileData") or {}).get(name)


@pytest.mark.parametrize(
    ("operator", "wanted", "test"),
    [
        ("equals", 320.5, lambda price: price == 320.5),
        ("greater_than", 900, lambda price: price > 900),
        ("greater_than_equals", 899, lambda price: price >= 899),
        ("less_than", 180, lambda price: price < 180),
        ("less_than_equals", 180, lambda price: price <= 180),
        ("equals", [180, 240], lambda price: price in (180, 240)),
    ],
)
def test_numbers(raw: Raw, operator: str, wanted: Any, test: Callable[[float], bool]) -> None:
    """Numbers compare; a list means any of them."""
    viewed = {"event_name": "Product Viewed", **YEAR}
    prices = [one["event_props"]["Price"] for one in raw.records(viewed, "events")]
    query = {**viewed, "event_properties": [{"name": "Price", "operator": operator, "value": wanted}]}
    assert raw.count(query, "events") == sum(map(test, prices)) > 0


@pytest.mark.parametrize(
    ("operator", "wanted", "test"),
    [
        ("equals", "UPI", lambda mode: mode == "UPI"),
        ("not_equals", "UPI", lambda mode: mode != "UPI"),
        ("contains", "Card", lambda mode: "Card" in mode),
        ("does_not_contain", "Card", lambda mode: "Card" not in mode),
        ("not_equals", ["UPI", "Wallet"], lambda mode: mode not in ("UPI", "Wallet")),
    ],
)
def test_text(
    raw: Raw, purchases: list[Any], operator: str, wanted: Any, test: Callable[[str], bool]
) -> None:
    """Text is compared as it stands."""
    query = {**CHARGED, "event_properties": [{"name": "Payment mode", "operator": operator, "value": wanted}]}
    modes = [one["event_props"]["Payment mode"] for one in purchases]
    assert raw.count(query, "events") == sum(map(test, modes)) > 0


def test_exists(raw: Raw, purchases: list[Any]) -> None:
    """`exists` and `does_not_exist` split everything in two."""
    with_coupon = sum("Coupon" in one["event_props"] for one in purchases)
    found = [
        raw.count({**CHARGED, "event_properties": [{"name": "Coupon", "operator": name}]}, "events")
        for name in ("exists", "does_not_exist")
    ]
    assert found == [with_coupon, len(purchases) - with_coupon]


def test_booleans_are_words(raw: Raw, people: list[Any]) -> None:
    """A stored boolean answers to "True"; so does one stored as text."""
    newsletter = asked(raw, **profile("profile_fields", "Newsletter", "equals", "True"))
    assert newsletter == devices([one for one in people if custom(one, "Newsletter") is True]) != set()
    paid = asked(raw, **profile("profile_fields", "Is Paid", "equals", "True"))
    assert paid == devices([one for one in people if custom(one, "Is Paid") == "true"]) != set()


def test_items_of_charged(raw: Raw, purchases: list[Any]) -> None:
    """A purchase meets a condition on items when one item does."""
    query = {**CHARGED, "event_properties": [{"name": "Category", "operator": "equals", "value": "Tea"}]}
    with_tea = [one for one in purchases if any(i["Category"] == "Tea" for i in one["event_props"]["Items"])]
    assert raw.count(query, "events") == len(with_tea) > 0
    inside = {**CHARGED, "event_properties": [{"name": "Items", "operator": "contains", "value": "Chai"}]}
    assert raw.count(inside, "events") > 0


def test_session_properties(raw: Raw, purchases: list[Any]) -> None:
    """The campaign stands in the session of the event."""
    query = {**CHARGED, "session_properties": [{"name": "utm_campaign", "value": "Weekly Digest"}]}
    found = [one for one in purchases if one["session_props"].get("utm_campaign") == "Weekly Digest"]
    assert raw.count(query, "events") == len(found) > 0


def test_first_time(raw: Raw, purchases: list[Any]) -> None:
    """`first_time` keeps one occurrence for each person who began in the range."""
    query = {**CHARGED, "session_properties": [{"name": "first_time", "value": "True"}]}
    buyers = {one["profile"]["objectId"] for one in purchases}
    assert 0 < raw.count(query, "events") <= len(buyers)
    assert raw.count(query) == raw.count(CHARGED)


@pytest.mark.parametrize("hours", [("20:00", "21:30"), ("22:30", "01:00")])
def test_time_of_day(raw: Raw, purchases: list[Any], hours: tuple[str, str]) -> None:
    """Times of day are project-local, both ends included; a range may pass midnight."""
    query = {**CHARGED, "session_properties": [{"name": "time_of_day", "value": list(hours)}]}
    start, end = (int(hour.replace(":", "")) for hour in hours)
    times = [one["ts"] // 100 % 10_000 for one in purchases]
    wanted = [t for t in times if (start <= t <= end if start <= end else t >= start or t <= end)]
    assert raw.count(query, "events") == len(wanted)


def test_profile_fields(raw: Raw, people: list[Any]) -> None:
    """Custom attributes are asked for by their own names, whatever these are."""
    found = asked(raw, **profile("profile_fields", "Größe", "equals", ["M", 42]))
    assert found == devices([one for one in people if custom(one, "Größe") in ("M", 42)]) != set()


def test_multi_value_attribute(raw: Raw, people: list[Any]) -> None:
    """A list meets a condition when one of its values does."""
    found = asked(raw, **profile("profile_fields", "Interests", "equals", "tea"))
    assert found == devices([one for one in people if "tea" in (custom(one, "Interests") or [])]) != set()


def test_custom_email_hides_nothing(raw: Raw, people: list[Any]) -> None:
    """`Email` is the person's own; a custom attribute `email` is asked for as such."""
    person = next(one for one in people if "email" in one and custom(one, "email"))
    for name, value in (("Email", person["email"]), ("email", custom(person, "email"))):
        assert asked(raw, **profile("profile_fields", name, "equals", value)) == {device(person)}


def test_phone_is_asked_for_with_a_plus(raw: Raw, people: list[Any]) -> None:
    """A phone is a number on download and ``+<digits>`` in a query."""
    person = next(one for one in people if "phone" in one)
    found = asked(raw, **profile("profile_fields", "Phone", "equals", f"+{person['phone']}"))
    assert found == {device(person)}


def test_dates_are_asked_for_in_epoch_seconds(raw: Raw, people: list[Any]) -> None:
    """A date attribute compares with a number of seconds."""
    found = asked(raw, **profile("profile_fields", "Signup Date", "greater_than", 1_764_000_000))
    dates = {device(one): int((custom(one, "Signup Date") or "$D_0")[3:]) for one in people}
    assert found == {name for name, date in dates.items() if date > 1_764_000_000} != set()


def test_technographics_and_app_fields(raw: Raw, people: list[Any]) -> None:
    """Devices are asked for by platform, kind and make, under the documentation's words, too."""
    android = {
        device(one) for one in people if any(d.get("platform") == "Android" for d in one["platformInfo"])
    }
    for word in ("Android", "AndroidApp"):
        assert asked(raw, **profile("technographics", "Platform", "equals", word)) == android
    apple = {device(one) for one in people if any(d.get("make") == "Apple" for d in one["platformInfo"])}
    assert asked(raw, **profile("app_fields", "Make", "contains", "App")) == apple
    assert asked(raw, **profile("technographics", "Device", "equals", ["Tablet"])) < apple


def test_reachability(raw: Raw, people: list[Any]) -> None:
    """Who has a push token can be reached."""
    tokens = {device(one) for one in people if any("push_token" in d for d in one["platformInfo"])}
    assert asked(raw, **profile("reachability", "has_token", "equals", "True")) == tokens
    assert asked(raw, **profile("reachability", "has_token", "equals", "False")) == devices(people) - tokens


def test_demographics_by_letter_or_word(raw: Raw) -> None:
    """Gender is stored as a letter and asked for as a letter or a word."""
    women = asked(raw, **profile("demographics", "Gender", "equals", "F"))
    assert women == asked(raw, **profile("demographics", "Gender", "equals", "Female")) != set()
    assert not women & asked(raw, **profile("demographics", "Gender", "equals", "Male"))


def test_places(raw: Raw) -> None:
    """Places are prefixes of country, region and city; several mean any of them."""

    def at(*places: list[str]) -> set[str]:
        return asked(raw, common_profile_properties={"geo_fields": list(places)})

    mumbai, pune = at(["India", "Maharashtra", "Mumbai"]), at(["India", "Maharashtra", "Pune"])
    assert mumbai | pune == at(["India", "Maharashtra"]) < at(["India"])
    assert at(["India", "Maharashtra", "Pune"], ["Germany"]) > pune
    near = asked(raw, common_profile_properties={"geo_radius": [[19.0, 72.9, 30]]})
    assert near == mumbai
    elsewhere = {"geo_fields": [["Germany"], ["India", "Maharashtra"]], "geo_radius": [[19.0, 72.9, 30]]}
    assert asked(raw, common_profile_properties=elsewhere) == mumbai


def test_groups_combine_with_and(raw: Raw) -> None:
    """Several conditions must all hold."""
    plan, android = (
        profile("profile_fields", "Plan", "equals", "gold"),
        profile("technographics", "Platform", "equals", "Android"),
    )
    both = {
        "common_profile_properties": {
            **plan["common_profile_properties"],
            **android["common_profile_properties"],
        }
    }
    assert asked(raw, **both) == asked(raw, **plan) & asked(raw, **android) != set()


def buyers(purchases: list[Any]) -> Counter[str]:
    """Count purchases by person, named by e-mail."""
    return Counter(one["profile"]["email"] for one in purchases if "email" in one["profile"])


def emails(raw: Raw, query: dict[str, Any]) -> set[str]:
    """Ask for people, named by e-mail."""
    return {one["email"] for one in raw.records(query) if "email" in one}


@pytest.mark.parametrize(
    ("operator", "value", "test"),
    [
        (None, None, lambda n: n > 0),
        ("greater_than_equals", 3, lambda n: n >= 3),
        ("equals", 1, lambda n: n == 1),
        (None, 2, lambda n: n == 2),
    ],
)
def test_did_all_with_counts(
    raw: Raw, purchases: list[Any], operator: str | None, value: int | None, test: Callable[[int], bool]
) -> None:
    """People who did something a number of times; without a number, once is enough."""
    times = {"operator": operator, "value": value}
    did = {**CHARGED, **{key: one for key, one in times.items() if one is not None}}
    wanted = {name for name, n in buyers(purchases).items() if test(n)}
    assert emails(raw, {"advanced_query": {"did_all": [did]}}) == wanted != set()


def test_did_any_counts_all_its_events(raw: Raw) -> None:
    """The count of `did_any` is that of all its events together."""
    either = {"any_events": [CHARGED, {"event_name": "Added To Cart", **YEAR}]}
    carts = raw.records({"event_name": "Added To Cart", **YEAR}, "events")
    totals = buyers(carts) + buyers(raw.records(CHARGED, "events"))
    assert emails(raw, {"advanced_query": {"did_any": either}}) == set(totals)
    often = {"did_any": {**either, "operator": "greater_than", "value": 5}}
    assert emails(raw, {"advanced_query": often}) == {name for name, n in totals.items() if n > 5} != set()


def test_did_any_keeps_how_often_each_event_asks(raw: Raw, purchases: list[Any]) -> None:
    """An event of `did_any` may say how often; done less often it counts for nothing."""
    totals = buyers(purchases)
    often = {**CHARGED, "operator": "greater_than_equals", "value": 3}
    wanted = {name for name, n in totals.items() if n >= 3}
    assert emails(raw, {"advanced_query": {"did_any": {"any_events": [often]}}}) == wanted != set(totals)
    both = {"any_events": [often], "operator": "less_than", "value": 5}
    some = emails(raw, {**CHARGED, "advanced_query": {"did_any": both}})
    assert some == {name for name, n in totals.items() if n < 5}


def test_did_none(raw: Raw) -> None:
    """`did_none` takes people away; with properties only those who did it like that."""
    launched, bought = emails(raw, LAUNCHED), emails(raw, CHARGED)
    assert emails(raw, {**LAUNCHED, "advanced_query": {"did_none": [CHARGED]}}) == launched - bought
    upi = {**CHARGED, "event_properties": [{"name": "Payment mode", "operator": "equals", "value": "UPI"}]}
    some = emails(raw, {**LAUNCHED, "advanced_query": {"did_none": [upi]}})
    assert launched - bought < some < launched


def test_filters_hold_for_events_too(raw: Raw, purchases: list[Any]) -> None:
    """Conditions on people keep the occurrences of those people."""
    query = {**CHARGED, **profile("profile_fields", "Plan", "equals", "gold")}
    gold = [one for one in purchases if custom(one["profile"], "Plan") == "gold"]
    assert raw.records(query, "events") == gold != []


def test_query_without_event(raw: Raw, people: list[Any]) -> None:
    """People can be asked for without an event: all who did anything in the last 365 days. Events cannot."""
    query = profile("profile_fields", "Plan", "exists", None)
    assert devices(raw.records(query)) >= devices([one for one in people if custom(one, "Plan") is not None])
    assert raw.post("/1/events.json", query).status == 400
    assert raw.post("/1/profiles.json", {}).status == 400


def test_unknown_keys_are_ignored(raw: Raw, people: list[Any]) -> None:
    """A misspelt group of filters finds everybody, as the real server does."""
    assert asked(raw, profile_filters=[{"name": "Plan", "value": "gold"}]) == devices(people)


def test_did_any_is_an_object(raw: Raw, people: list[Any]) -> None:
    """A list of events in its place is no part of the grammar, and ignored like any other unknown thing."""
    assert asked(raw, advanced_query={"did_any": [CHARGED]}) == devices(people)


@pytest.mark.parametrize("name", ["Email", "Phone", "Name"])
def test_names_of_attributes_are_exact(raw: Raw, name: str) -> None:
    """A standard attribute answers to its own spelling only."""
    assert asked(raw, **profile("profile_fields", name, "exists", None))
    assert not asked(raw, **profile("profile_fields", name.upper(), "exists", None))


def test_unknown_operator(raw: Raw) -> None:
    """An operator that is none is refused, ignored or understood, by switch."""
    query = {**CHARGED, "event_properties": [{"name": "Amount", "operator": "gt", "value": 5000}]}
    assert raw.post("/1/events.json", query).status == 400
    with SandboxServer(users=250, unknown_operator="ignore") as server:
        assert Raw(server).count(query, "events") == raw.count(CHARGED, "events")
    with SandboxServer(users=250, operator_aliases=True) as server:
        official = {
            **CHARGED,
            "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 5000}],
        }
        assert Raw(server).count(query, "events") == raw.count(official, "events")


@pytest.mark.parametrize(
    ("value", "operator", "wanted", "met"),
    [
        ("7", "equals", 7, True),
        ("007", "equals", 7, False),
        ("7", "greater_than", 3, False),
        ("true", "equals", "True", True),
        (True, "equals", "False", False),
        (True, "equals", 1, False),
        ("$D_100", "less_than", 200, True),
        ("$D_100", "equals", "$D_100", True),
        (MISSING, "not_equals", "x", False),
        (MISSING, "does_not_exist", None, True),
        (None, "exists", None, False),
        (["a", "b"], "not_equals", "a", False),
        (["a", "b"], "contains", "b", True),
    ],
)
def test_single_values(value: Any, operator: str, wanted: Any, *, met: bool) -> None:
    """Odd values compare by the rules that the module states."""
    assert meets(value, operator, wanted) is met


def test_counts_of_nothing() -> None:
    """Zero times is no time, unless zero is asked for."""
    assert not count_meets(0, None, None)
    assert count_meets(0, "equals", 0)


def test_hybrid_query_of_the_documentation(raw: Raw) -> None:
    """All parts of the grammar stand in one query."""
    query = {
        **CHARGED,
        "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 100}],
        "common_profile_properties": {
            "profile_fields": [{"name": "language", "operator": "equals", "value": "en"}]
        },
        "advanced_query": {
            "did_none": [{"event_name": "App Uninstalled", **YEAR}],
            "did_any": {
                "any_events": [{"event_name": "Added To Cart", **YEAR}],
                "operator": "less_than",
                "value": 90,
            },
        },
    }
    assert 0 < raw.count(query) < raw.count(CHARGED)


@pytest.mark.parametrize(
    "broken",
    [
        {"common_profile_properties": {"geo_radius": [["a", "b", "c"]]}},
        {"session_properties": [{"name": "time_of_day", "value": "noon"}]},
        {"advanced_query": {"did_all": [{"from": 20250701, "to": 20250702}]}},
    ],
)
def test_what_cannot_be_read_is_refused(raw: Raw, broken: dict[str, Any]) -> None:
    """Values that make no sense are 400."""
    assert raw.post("/1/profiles.json", {**CHARGED, **broken}).status == 400
