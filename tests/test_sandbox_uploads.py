"""Uploads to the sandbox: what is stored, what is refused, and in which words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ct_pandas.sandbox import SandboxServer

from sandbox_raw import Raw

NOW = 1_767_225_600
JACK = {
    "identity": "1189549",
    "ts": 1468308340,
    "type": "profile",
    "profileData": {
        "Name": "Jack Montana",
        "Email": "jack@gmail.com",
        "Phone": "+14155551234",
        "Gender": "M",
        "Employed": "Y",
        "Education": "Graduate",
        "Married": "Y",
        "DOB": "$D_1487576752",
        "Customer Type": "Platinum",
    },
}


@pytest.fixture
def raw() -> Iterator[Raw]:
    """Talk to a small sandbox whose clock stands still."""
    with SandboxServer(users=30, in_progress=0, clock=lambda: float(NOW)) as server:
        yield Raw(server)


def profile(identity: Any = "u1", **data: Any) -> dict[str, Any]:
    """Write a profile record."""
    return {"type": "profile", "identity": identity, "profileData": data}


def event(name: Any = "Tea Tasted", identity: str = "u1", **data: Any) -> dict[str, Any]:
    """Write an event record."""
    return {"type": "event", "identity": identity, "evtName": name, "evtData": data}


def token(object_id: Any = "__a1", **data: Any) -> dict[str, Any]:
    """Write a token record."""
    return {"type": "token", "objectId": object_id, "tokenData": data}


def test_an_address_that_two_have_finds_whoever_still_has_it(raw: Raw) -> None:
    """One of them takes another address: both addresses find somebody, each its own."""
    raw.upload(profile("u1", Email="both@example.com"), profile("u2", Email="both@example.com"))
    raw.upload(profile("u1", Email="new@example.com"))
    assert raw.person(email="both@example.com")["identity"] == "u2"
    assert raw.person(email="new@example.com")["identity"] == "u1"


def test_a_call_without_a_list_is_malformed(raw: Raw) -> None:
    """It is JSON, and holds no records."""
    for body in (b"{}", b"[]", b'{"d": {}}'):
        reply = raw.post("/1/upload", body)
        assert (reply.status, reply.json["error"]) == (400, "Malformed request")


def test_dry_run_stores_nothing(raw: Raw) -> None:
    """``dryRun=1`` judges and forgets; ``dryRun=0`` is a real upload."""
    assert raw.upload(JACK, dry=True)["processed"] == 1
    assert raw.person(identity="1189549") is None
    raw.post("/1/upload?dryRun=0", {"d": [JACK]})
    assert raw.person(identity="1189549")


def test_existing_person_is_changed(raw: Raw) -> None:
    """An upload changes the person whom the id names, and only what it names; every read shows it."""
    query = {"event_name": "App Launched", "from": 20250701, "to": 20251231}
    known = next(one for one in raw.records(query) if "identity" in one and one.get("profileData"))
    raw.upload(profile(known["identity"], Plan="platinum", New=True))
    after = raw.person(identity=known["identity"])
    assert after["profileData"] == {**known["profileData"], "Plan": "platinum", "New": True}
    assert after in raw.records(query)
    by_plan = {"common_profile_properties": {"profile_fields": [{"name": "Plan", "value": "platinum"}]}}
    assert raw.records({**query, **by_plan}) == [after]


def test_person_without_profile_data_gets_some(raw: Raw) -> None:
    """An anonymous device can be given attributes."""
    query = {"event_name": "App Launched", "from": 20250701, "to": 20251231}
    nobody = next(one for one in raw.records(query) if not one.get("profileData"))
    device = nobody["platformInfo"][0]["objectId"]
    raw.upload({"type": "profile", "objectId": device, "profileData": {"Plan": "free"}})
    assert raw.person(objectId=device)["profileData"] == {"Plan": "free"}


@pytest.mark.parametrize("key", ["identity", "FBID", "GPID", "objectId"])
def test_unknown_id_makes_one_profile(raw: Raw, key: str) -> None:
    """An id that is not there makes a new profile; the second upload finds it."""
    people = len(raw.server.world.people)
    for plan in ("free", "gold"):
        raw.upload({"type": "profile", key: "brand-new", "profileData": {"Plan": plan}})
    assert len(raw.server.world.people) == people + 1


def test_operators_on_values(raw: Raw) -> None:
    """``$add``, ``$remove``, ``$incr`` and ``$decr`` change what is there."""
    raw.upload(profile(tags=["a", "b"], n=5))
    raw.upload(profile(tags={"$add": ["b", "c"]}, n={"$incr": 3}, m={"$decr": 1}))
    raw.upload(profile(tags={"$remove": ["a"]}))
    assert raw.person(identity="u1")["profileData"] == {"tags": ["b", "c"], "n": 8, "m": -1}


@pytest.mark.parametrize(("start", "by"), [(1e308, 1e308), (0.5, 10**400), (1, 10**400), (10**400, 1)])
def test_a_counter_stays_a_number(raw: Raw, start: float, by: float) -> None:
    """What no JSON number can hold is not stored: pages with this person stay JSON."""
    raw.upload(profile(x=start))
    assert raw.upload(profile(x={"$incr": by}))["status"] == "success"
    assert raw.person(identity="u1")["profileData"]["x"] == start
    assert len(raw.server.live_errors) == 1


def test_delete_is_for_name_and_gender(raw: Raw) -> None:
    """``$delete`` removes name and gender; of others only the live stream tells that it did not."""
    raw.upload(profile(Name="A B", Gender="F", Plan="gold"))
    raw.upload(profile(Name={"$delete": 1}, Gender={"$delete": 1}, Plan={"$delete": 1}))
    record = raw.person(identity="u1")
    assert "name" not in record
    assert record["profileData"] == {"Plan": "gold"}
    assert len(raw.server.live_errors) == 1


def test_consent_fields(raw: Raw) -> None:
    """Consent is no custom attribute, and categories are accepted."""
    many = {f"k{i}": 1 for i in range(63)}
    consent = {"MSG-email": False, "MSG-dndPhone": True, "category-unsubscribe": {"email": ["Newsletters"]}}
    assert raw.upload(profile(**many, **consent))["status"] == "success"


@pytest.mark.parametrize(
    ("record", "code", "text"),
    [
        (
            profile(Gender="X"),
            514,
            "Profile data is incorrect. Gender needs to be M/F.Skipped record number : 1",
        ),
        (profile(Email="a@"), 515, "Profile data is incorrect. Email is not valid.Skipped record number : 1"),
        (
            profile(Phone="14155551234"),
            516,
            "Profile data is incorrect. Phone number is not valid.Skipped record number : 1",
        ),
        (profile(Phone=14155551234), 516, None),
        (
            profile(Employed="yes"),
            517,
            "Profile data is incorrect. Employed needs to be Y/N.Skipped record number : 1",
        ),
        (
            profile(Education="PhD"),
            518,
            "Profile data is incorrect. Education needs to be School/College/Graduate.."
            "Skipped record number : 1",
        ),
        (
            profile(Married=True),
            519,
            "Profile data is incorrect. Married needs to be Y/N.Skipped record number : 1",
        ),
        (profile(Age=-1), 520, "Profile data is incorrect. Age is invalid.Skipped record number : 1"),
        (profile(identity="", a=1), 523, None),
        ({"type": "profile", "profileData": {"a": 1}}, 523, None),
        (profile(identity=["x"]), 523, None),
        ({"type": "other", "identity": "x"}, 524, None),
        ({"type": "profile", "identity": "x"}, 524, None),
        (7, 524, None),
        (
            {**profile(a=1), "ts": 0},
            525,
            "Timestamp should be present in the Unix Epoch format. Skipped record number : 1",
        ),
        ({**profile(a=1), "ts": "1468308340"}, 525, None),
        ({**profile(a=1), "ts": 1468308340000}, 525, None),
        ({"type": "profile", "objectId": "a b", "profileData": {}}, 526, None),
        (
            event(None),
            509,
            "Event Name is incorrect. ErrorCode: 509 - Event name is mandatory. Skipped record number : 1",
        ),
        (event("  "), 509, None),
        ({"type": "event", "identity": "x", "evtName": "Tea"}, 512, None),
        (event(nested={"a": 1}), 512, None),
        (
            event("App Launched"),
            513,
            "Event Name is incorrect. ErrorCode: 513 - Trying to raise a restricted system event. "
            "Skipped record number : 1",
        ),
        (event(**{f"p{i}": i for i in range(257)}), 522, None),
        (event(identity=""), 523, None),
        (profile(**{"k" * 33: 1}), 555, None),
        (profile(k="x" * 121), 555, None),
        (profile(k=["ok", "é" * 61]), 555, None),
        (profile(**{f"k{i}": 1 for i in range(64)}), 555, None),
        (profile(k={"a": 1}), 555, None),
        (token("", id="t", type="fcm"), 530, None),
        (token(5, id="t", type="fcm"), 530, None),
        ({"type": "token", "objectId": "__a"}, 531, None),
        (token(type="fcm"), 532, None),
        (token(id="t"), 533, None),
        (token(id="t", type="apns"), 534, None),
        (token(id="t", type="pigeon"), 534, None),
        (token("web-1", id="t", type="chrome"), 535, None),
    ],
)
def test_refusals(raw: Raw, record: Any, code: int, text: str | None) -> None:
    """Every rule has its code, and where one was recorded its text; the answer is HTTP 200."""
    reply = raw.post("/1/upload", {"d": [record]})
    assert reply.status == 200
    assert (reply.json["status"], reply.json["processed"]) == ("fail", 0)
    (skipped,) = reply.json["unprocessed"]
    assert set(skipped) == {"status", "code", "error", "record"}
    assert (skipped["status"], skipped["code"]) == ("fail", code)
    assert skipped["error"] == text or (
        text is None and skipped["error"].endswith("Skipped record number : 1")
    )


def test_sizes_at_the_limit_are_taken(raw: Raw) -> None:
    """Keys of 32 characters, of whatever bytes, values of 120 bytes and 63 attributes pass."""
    full = {f"k{i}": i for i in range(61)}
    data = {**full, "é" * 32: "x", "v": "é" * 60, "Name": "N", "Email": "a@example.com"}
    assert raw.upload(profile(**data))["status"] == "success"


def test_current_limits() -> None:
    """Newer accounts take longer keys and values, and 1000 records of which 100 may be tokens."""
    with SandboxServer(users=5, limits="current", all_token_types=False) as server:
        raw = Raw(server)
        assert raw.upload(profile(**{"é" * 60: "x" * 512}))["status"] == "success"
        assert raw.upload(profile(**{"é" * 61: 1}))["status"] == "fail"
        assert raw.upload(profile(k="x" * 513))["status"] == "fail"
        assert raw.upload(*[profile(f"u{i}", a=1) for i in range(1000)])["processed"] == 1000
        many = raw.upload(*[token(f"__{i}", id="t", type="fcm") for i in range(101)])
        assert (many["code"], many["error"]) == (400, "Batch size should not exceed 100")
        assert raw.upload(token("~1", id="t", type="wns"))["unprocessed"][0]["code"] == 534


def test_too_many_records_are_refused_whole(raw: Raw) -> None:
    """More than 100 records are HTTP 400 and nothing is stored."""
    reply = raw.post("/1/upload", {"d": [profile(f"u{i}", a=1) for i in range(101)]})
    assert reply.status == 400
    assert raw.person(identity="u0") is None


def test_partial_answer_counts_from_one(raw: Raw) -> None:
    """What is right is stored, what is wrong comes back with its place in the call."""
    reply = raw.upload(profile("a", x=1), profile("b", Gender="?"), profile("c", x=1), profile("d", Age=0))
    assert (reply["status"], reply["processed"]) == ("partial", 2)
    assert [one["error"][-1] for one in reply["unprocessed"]] == ["2", "4"]
    assert raw.person(identity="c")
    assert raw.person(identity="b") is None


@pytest.mark.parametrize(
    ("wrong", "phone", "customer"),
    [
        ({"Email": "?"}, "+12005550123", 4),
        ({"Employed": "?"}, 12005550123, 4),
        ({"Married": "?"}, 12005550123, 4),
        ({"Age": "?"}, 12005550123, "4"),
    ],
)
def test_echo_is_altered(raw: Raw, wrong: dict[str, Any], phone: Any, customer: Any) -> None:
    """The id comes back as text; of the attributes, those that were judged before the flaw are changed."""
    data = {"identity": 4, "Phone": "+12005550123", **wrong}
    (refused,) = raw.upload({**profile(4), "profileData": data})["unprocessed"]
    assert refused["record"]["identity"] == "4"
    assert refused["record"]["profileData"] == {"identity": customer, "Phone": phone, **wrong}


def test_ages_as_text(raw: Raw) -> None:
    """An age may be the text of a number, as recorded uploads had it."""
    answer = raw.upload(*(profile(Age=age) for age in (18, "18", "0", "x", "18.5", " 18")))
    assert [one["error"][-1] for one in answer["unprocessed"]] == ["3", "4", "5", "6"]


def test_events_are_stored(raw: Raw) -> None:
    """An uploaded event can be exported and counted; repeated, it is there twice."""
    charged = event("Charged", Amount=300, Items=[{"Category": "books", "Quantity": 1}], By="$D_1468322268")
    raw.upload({**charged, "ts": 1_766_900_000}, {**charged, "ts": 1_766_900_000}, event())
    query = {"event_name": "Charged", "from": 20251228, "to": 20251228}
    mine = [one for one in raw.records(query, "events") if one["profile"].get("identity") == "u1"]
    assert len(mine) == 2
    assert mine[0]["event_props"]["Items"] == [{"Category": "books", "Quantity": 1}]
    assert mine[0]["event_props"]["By"] == "$D_1468322268"
    assert raw.person(identity="u1")["events"]["Charged"]["count"] == 2
    tasted = raw.person(identity="u1")["events"]["Tea Tasted"]
    assert tasted == {"count": 1, "first_seen": NOW, "last_seen": NOW}


def test_new_events_take_part_in_queries(raw: Raw) -> None:
    """Filters see what was uploaded after what was drawn."""
    raw.upload({**event("Charged", Amount=123_456_789), "ts": 1_766_900_000}, event("Charged", Amount=1))
    amount = [{"name": "Amount", "operator": "equals", "value": 123_456_789}]
    query = {"event_name": "Charged", "from": 20250701, "to": 20271231, "event_properties": amount}
    assert [one["event_props"]["Amount"] for one in raw.records(query, "events")] == [123_456_789]
    assert raw.records({"advanced_query": {"did_all": [query]}})[0]["identity"] == "u1"


def test_discarded_event() -> None:
    """An event that the project has discarded is refused with 528."""
    with SandboxServer(users=5, discarded_events=("Old",)) as server:
        assert Raw(server).upload(event("Old"))["unprocessed"][0]["code"] == 528


def test_token_is_stored_once(raw: Raw) -> None:
    """A device without a token gets one; one that has a token keeps it, and the answer is still success."""
    first = raw.upload(token("__new", id="one", type="fcm"))
    second = raw.upload(token("__new", id="two", type="fcm"))
    assert first["status"] == second["status"] == "success"
    (device,) = raw.person(objectId="__new")["platformInfo"]
    assert device == {"platform": "Android", "push_token": "one", "objectId": "__new"}
    assert [one["objectId"] for one in raw.server.live_errors] == ["__new"]


def test_known_device_gets_its_token(raw: Raw) -> None:
    """A token goes to the device that has none, not to the person's others."""
    web = "a8ffcbc9-a747-4ee3-a791-c5e58ad03097"
    keys = {"p256dh": "x", "auth": "y"}
    assert raw.upload(token(web, id="w", type="chrome", keys=keys))["status"] == "success"
    assert raw.person(objectId=web)["platformInfo"][1]["push_token"] == "w"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"Visits": {"$incr": "3"}}, 555),
        ({"Visits": {"$decr": None}}, 555),
        ({"Visits": {"$incr": True}}, 555),
        ({"Name": {"$add": ["A"]}}, 555),
        ({"Email": {"$add": ["a@example.com"]}}, 515),
        ({"Phone": {"$incr": 1}}, 516),
        ({"Phone": "+1415555\u0661\u0662\u0663\u0664"}, 516),
        ({"Gender": {"$remove": ["M"]}}, 514),
    ],
)
def test_operators_where_they_make_no_sense(raw: Raw, data: dict[str, Any], code: int) -> None:
    """Counters take numbers, standard attributes can only be deleted; the rest of the call is stored."""
    answer = raw.upload(event(ts=1), profile(**data), profile("u2", Kept=1))
    assert [(one["code"], one["error"][-1]) for one in answer["unprocessed"]] == [(code, "2")]
    assert raw.person(identity="u2")["profileData"] == {"Kept": 1}
    assert raw.person(identity="u1")["profileData"] == {}


@pytest.mark.parametrize("value", [[["x" * 121]], [{"a": "x" * 121}], {"$add": [["x" * 121]]}])
def test_long_texts_cannot_hide(raw: Raw, value: Any) -> None:
    """A value is measured to its innermost text."""
    assert raw.upload(profile(Deep=value))["unprocessed"][0]["code"] == 555
