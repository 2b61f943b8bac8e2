"""The sandbox's protocol: login, cursors, pages, flags, one person, counts, schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import pytest

from ct_pandas.sandbox import SandboxServer

from sandbox_raw import YEAR, Raw

LAUNCHED = {"event_name": "App Launched", **YEAR}
PIZZA = {
    "event_name": "choseNewFavoriteFood",
    "event_properties": [{"name": "value", "operator": "contains", "value": "piz"}],
    "from": 20150810,
    "to": 20151025,
}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_767_225_600.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@pytest.fixture(scope="module")
def raw() -> Iterator[Raw]:
    """Talk to a sandbox that behaves by default."""
    with SandboxServer(users=150) as server:
        yield Raw(server)


def sandbox(**switches: Any) -> SandboxServer:
    """Make a small sandbox."""
    return SandboxServer(**{"users": 150, **switches})


def test_both_headers_are_needed(raw: Raw) -> None:
    """A wrong account id and a wrong passcode are 401, with the texts that were recorded."""
    stranger = Raw(raw.server, account_id="OTHER").get("/1/profile.json?email=x")
    locked = Raw(raw.server, passcode="wrong").get("/1/profile.json?email=x")
    assert stranger.status == locked.status == 401
    assert stranger.json == {"status": "fail", "error": "Account ID is not valid", "code": 401}
    assert locked.json == {"status": "fail", "error": "Invalid Credentials", "code": 401}


def test_bad_login_as_400() -> None:
    """One host was seen to answer bad credentials with 400."""
    with sandbox(bad_login="400") as server:
        assert Raw(server, passcode="wrong").get("/1/profile.json?email=x").status == 400


def test_cursor_arrives_encoded_and_is_taken_verbatim(raw: Raw) -> None:
    """A cursor holds %2F, %2B and %3D%3D; encoded once more it is "Incorrect Usage", code 3."""
    cursor = raw.cursor(LAUNCHED, batch_size=46)
    assert "%2F" in cursor
    assert "%2B" in cursor
    assert cursor.endswith("%3D%3D")
    assert raw.page(cursor)["status"] == "success"
    twice = raw.get(f"/1/profiles.json?cursor={quote(cursor)}").json
    assert twice == {"status": "fail", "error": "Incorrect Usage", "code": 3}


def test_raw_plus_is_a_space(raw: Raw) -> None:
    """A cursor that was decoded and not encoded again is not found."""
    cursor = unquote(raw.cursor(LAUNCHED))
    assert raw.get(f"/1/profiles.json?cursor={cursor}").json["code"] == "CURSOR_INVALIDATED"


def test_previous_cursor_is_raw(raw: Raw) -> None:
    """`previous_cursor` is the cursor just used, decoded; `next_cursor` is encoded."""
    cursor = raw.cursor(LAUNCHED, batch_size=23)
    page = raw.page(cursor)
    assert page["previous_cursor"] == unquote(cursor)
    assert "%" in page["next_cursor"]


def test_first_page_is_in_progress_once(raw: Raw) -> None:
    """The first look at a cursor answers code 2 inside HTTP 200, the second brings the page."""
    cursor = raw.cursor(LAUNCHED)
    first = raw.get(f"/1/profiles.json?cursor={cursor}")
    assert (first.status, first.json["status"], first.json["code"]) == (200, "fail", 2)
    assert first.json["error"] == "Request still in progress, please retry later"
    assert raw.get(f"/1/profiles.json?cursor={cursor}").json["status"] == "success"


def test_in_progress_as_202_and_throttled_mint() -> None:
    """A page can be prepared behind HTTP 202, and a cursor refused with code 1."""
    with sandbox(in_progress=2, in_progress_as="202", mint_throttled=1) as server:
        raw = Raw(server)
        assert raw.post("/1/profiles.json", LAUNCHED).json["code"] == 1
        cursor = raw.cursor(LAUNCHED)
        statuses = [raw.get(f"/1/profiles.json?cursor={cursor}").status for _ in range(3)]
        assert statuses == [202, 202, 200]


def test_a_page_can_be_asked_for_again(raw: Raw) -> None:
    """A cursor keeps its position."""
    cursor = raw.cursor(LAUNCHED, batch_size=23)
    assert raw.page(cursor) == raw.page(cursor)


@pytest.mark.parametrize("size", [23, 46, 4991])
def test_walk_brings_everybody_once(raw: Raw, size: int) -> None:
    """Pages of any size add up to the same people."""
    devices = [one["platformInfo"][0]["objectId"] for one in raw.records(LAUNCHED, batch_size=size)]
    assert len(devices) == len(set(devices)) == raw.count(LAUNCHED)


def test_pages_hold_whole_buckets(raw: Raw) -> None:
    """A batch size of 50 gives 46 records; below 23 there is no limit."""
    assert len(raw.page(raw.cursor(LAUNCHED, batch_size=50))["records"]) == 46
    assert len(raw.pages(LAUNCHED, batch_size=5)) == 1


def test_exact_pages() -> None:
    """Pages can hold exactly what was asked for."""
    with sandbox(paging="exact") as server:
        assert len(Raw(server).page(Raw(server).cursor(LAUNCHED, batch_size=7))["records"]) == 7


@pytest.mark.parametrize(("end", "last"), [("absent", None), ("empty", ""), ("bare", None)])
def test_ends_of_a_walk(end: str, last: str | None) -> None:
    """A walk ends without the key, with an empty one, or with a page that is only a status."""
    with sandbox(end=end) as server:
        pages = Raw(server).pages(LAUNCHED, batch_size=46)
        assert pages[-1].get("next_cursor") == last
        assert ("records" in pages[-1]) == (end != "bare")
        assert pages[-1] == {"status": "success"} or end != "bare"


@pytest.mark.parametrize("there", [False, True])
def test_empty_range(*, there: bool) -> None:
    """The page of an empty result has no records, or an empty list."""
    with sandbox(empty_records=there) as server:
        (page,) = Raw(server).pages({"event_name": "Charged", "from": 20010101, "to": 20010102})
        assert page.get("records") == ([] if there else None)


def test_key_order_and_previous_cursor() -> None:
    """`next_cursor` can stand after the records, and `previous_cursor` can be missing."""
    with sandbox(cursor_first=False, previous_cursor=False, in_progress=0) as server:
        raw = Raw(server)
        body = raw.get(f"/1/profiles.json?cursor={raw.cursor(LAUNCHED, batch_size=23)}").body
        assert body.index(b'"next_cursor"') > body.index(b'"records"')
        assert b"previous_cursor" not in body


def test_cursor_length() -> None:
    """Live cursors are thousands of characters long."""
    with sandbox(cursor_length=2000) as server:
        assert len(Raw(server).cursor(LAUNCHED)) >= 2000


def test_flags_shape_records(raw: Raw) -> None:
    """`app`, `events` and `profile` leave out versions, the event summary and the attributes."""
    (record,) = raw.records(PIZZA, app="false", events="false", profile="false")
    assert set(record) == {"identity", "platformInfo"}
    assert set(record["platformInfo"][0]) == {"platform", "push_token", "objectId"}
    (whole,) = raw.records(PIZZA)
    assert whole["events"]["choseNewFavoriteFood"]["count"] == 1
    assert whole["profileData"] == {"favoriteFood": "pizza"}


def test_old_get_form(raw: Raw) -> None:
    """Older clients send the query in the URL."""
    query = quote(json.dumps(PIZZA))
    cursor = raw.get(f"/1/profiles.json?query={query}&batch_size=10").json["cursor"]
    assert len(raw.page(cursor)["records"]) == 1


def test_page_by_post(raw: Raw) -> None:
    """A page can be fetched by POST, too."""
    cursor = raw.cursor(PIZZA)
    raw.page(cursor)
    assert len(raw.post(f"/1/profiles.json?cursor={cursor}", {}).json["records"]) == 1


def test_page_methods() -> None:
    """An account can insist on GET."""
    with sandbox(page_methods=("GET",)) as server:
        raw = Raw(server)
        assert raw.post(f"/1/profiles.json?cursor={raw.cursor(PIZZA)}", {}).status == 405


def test_event_records(raw: Raw) -> None:
    """An event has four keys; its profile holds one device flat, its `ts` is project-local."""
    (record,) = raw.records(PIZZA, kind="events")
    assert list(record) == ["profile", "ts", "event_props", "session_props"]
    assert record["ts"] == 20150831111640  # 1441000000 is 05:46:40 in UTC, and India is 5:30 ahead
    assert record["event_props"] == {"value": "pizza"}
    assert record["profile"]["platform"] == "iOS"
    assert "platformInfo" not in record["profile"]


def test_days_are_whole_and_inclusive(raw: Raw) -> None:
    """Every event between two midnights of the project's zone is in that day, and nowhere else."""
    days = [
        raw.records({"event_name": "App Launched", "from": d, "to": d}, "events")
        for d in (20250825, 20250826)
    ]
    both = raw.records({"event_name": "App Launched", "from": 20250825, "to": 20250826}, "events")
    assert [{one["ts"] // 10**6 for one in day} for day in days] == [{20250825}, {20250826}]
    assert len(days[0]) + len(days[1]) == len(both)


def test_cursor_expiry_of_events() -> None:
    """A cursor of events lives four hours, or one hour unused."""
    clock = Clock()
    with sandbox(clock=clock) as server:
        raw = Raw(server)
        cursor = raw.cursor(PIZZA, "events")
        clock.now += 3601
        assert raw.page(cursor, "events")["code"] == "CURSOR_INVALIDATED"
        cursor = raw.cursor(PIZZA, "events")
        for _ in range(4):
            clock.now += 3599
            assert raw.page(cursor, "events")["status"] == "success"
        clock.now += 10
        assert raw.page(cursor, "events") == {
            "status": "fail",
            "error": "Invalid cursor",
            "code": "CURSOR_INVALIDATED",
        }


def test_cursor_expiry_of_people() -> None:
    """A cursor of people lives four days."""
    clock = Clock()
    with sandbox(clock=clock) as server:
        cursor = Raw(server).cursor(PIZZA)
        clock.now += 4 * 86_400
        assert Raw(server).page(cursor)["status"] == "success"
        clock.now += 1
        assert Raw(server).page(cursor)["code"] == "CURSOR_INVALIDATED"


@pytest.mark.parametrize("key", ["identity", "email", "objectId"])
def test_one_person_by_every_key(raw: Raw, key: str) -> None:
    """A person is found by identity, e-mail or the id of a device."""
    record = next(one for one in raw.records(LAUNCHED) if key in one)
    found = raw.person(**{key: record[key]})
    assert found["platformInfo"] == record["platformInfo"]


@pytest.mark.parametrize(
    ("form", "status", "reply"),
    [
        ("null", 200, {"status": "success", "record": None}),
        ("absent", 200, {"status": "success"}),
        ("empty", 200, {"status": "success", "record": {}}),
        ("fail", 200, None),
        ("404", 404, None),
        ("400", 400, None),
    ],
)
def test_nobody(form: str, status: int, reply: Any) -> None:
    """A person who is not there is answered in one of six ways."""
    with sandbox(unknown_profile=form) as server:
        got = Raw(server).get("/1/profile.json?identity=nobody")
        assert got.status == status
        assert got.json == reply or (reply is None and got.json["status"] == "fail")


def test_one_key_exactly(raw: Raw) -> None:
    """No key and two keys are 400."""
    assert raw.get("/1/profile.json").status == 400
    assert raw.get("/1/profile.json?email=a&identity=b").status == 400


@pytest.mark.parametrize("kind", ["profiles", "events"])
def test_counts_agree_with_exports(raw: Raw, kind: str) -> None:
    """A count is first partial, then what the export holds."""
    query = {"event_name": "Charged", **YEAR}
    first = raw.post(f"/1/counts/{kind}.json", query).json
    assert set(first) == {"req_id", "status"}
    assert raw.count(query, kind) == len(raw.records(query, kind))


def test_counts_at_once_with_extras() -> None:
    """A count may come at once, and with more numbers than asked for."""
    with sandbox(counts_partial=0, counts_extras=True) as server:
        reply = Raw(server).post("/1/counts/profiles.json", LAUNCHED).json
        assert reply["count"] == reply["nQCount"] == reply["userDeviceCount"]["users"]


def test_schema(raw: Raw) -> None:
    """Events with their properties, and attributes, are listed by name."""
    events = {one["name"]: one for one in raw.get("/getSchema?type=events").json["events"]}
    attributes = {one["name"] for one in raw.get("/getSchema?type=userProperties").json["userProperties"]}
    assert "Amount" in {one["name"] for one in events["Charged"]["properties"]}
    assert {"Plan", "Größe", "Contact Number"} <= attributes
    assert raw.get("/getSchema?type=other").status == 400


def test_schema_tells_discarded_events() -> None:
    """An event that the project discarded is listed, says so, and keeps its history."""
    with sandbox(discarded_events=("Charged",)) as server:
        raw = Raw(server)
        events = raw.get("/getSchema?type=events").json["events"]
        assert {one["name"] for one in events if one["status"] == "Discarded"} == {"Charged"}
        assert raw.records({"event_name": "Charged", **YEAR}, "events")


def test_notifications_are_not_exported(raw: Raw) -> None:
    """Notification events are refused with 400, unless switched on."""
    query = {"event_name": "Notification Viewed", **YEAR}
    refused = raw.post("/1/events.json", query)
    assert refused.status == 400
    assert refused.json["error"] == "Export not allowed for this event"
    with sandbox(notification_export=True) as server:
        assert Raw(server).records(query, "events")


def test_unknown_event(raw: Raw) -> None:
    """The text of an unknown event is a JSON list inside a string."""
    reply = raw.post("/1/profiles.json", {"event_name": "Uninstalled", **YEAR})
    assert reply.json == {"status": "fail", "error": '["Invalid event : Uninstalled"]', "code": 400}


@pytest.mark.parametrize(
    "days", [{"from": "20250701", "to": 20250702}, {"from": 20250702, "to": 20250701}, {}]
)
def test_days_must_be_integers_in_order(raw: Raw, days: dict[str, Any]) -> None:
    """Days that are text, reversed or missing are refused."""
    assert raw.post("/1/profiles.json", {"event_name": "Charged", **days}).status == 400


@pytest.mark.parametrize(("form", "digits"), [("seconds", 10), ("milliseconds", 13), ("local", 14)])
def test_forms_of_first_seen(form: str, digits: int) -> None:
    """`first_seen` is epoch seconds, milliseconds or a local time of 14 digits."""
    with sandbox(seen_as=form) as server:
        summary = Raw(server).person(identity="5555555555")["events"]["choseNewFavoriteFood"]
        assert len(str(summary["first_seen"])) == digits


def test_phone_on_download() -> None:
    """A phone number leaves as an integer, or as text with a plus."""
    with sandbox() as server, sandbox(phone_as="string") as other:
        record = next(one for one in Raw(server).records(LAUNCHED) if "phone" in one and "identity" in one)
        assert isinstance(record["phone"], int)
        assert Raw(other).person(identity=record["identity"])["phone"] == f"+{record['phone']}"


def test_content_type_rules() -> None:
    """`Content-Type: application/json` can be asked for everywhere, or any refused on GET."""
    with sandbox(content_type="always") as server:
        assert Raw(server).get("/1/profile.json?identity=1").status == 400
        text = {"Content-Type": "text/plain"}
        assert Raw(server).ask("POST", "/1/upload", {"d": []}, text).status == 400
        typed = {"Content-Type": "application/json; charset=utf-8"}
        assert Raw(server).ask("GET", "/1/profile.json?identity=1", headers=typed).status == 200
    with sandbox(content_type="never_on_get") as server:
        assert Raw(server).ask("GET", "/1/profile.json?identity=1", headers=typed).status == 400


def test_unknown_path_and_malformed_query(raw: Raw) -> None:
    """Other paths are 404; what is not JSON is 400."""
    assert raw.get("/1/nothing.json").status == 404
    assert raw.post("/1/profiles.json", b"{not json").status == 400
    assert raw.post("/1/profiles.json", []).status == 400
    assert raw.post("/1/profiles.json?batch_size=many", LAUNCHED).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/1/profiles.json"),
        ("GET", "/1/counts/profiles.json"),
        ("GET", "/1/upload"),
        ("POST", "/1/profile.json?email=jack@gmail.com"),
        ("POST", "/getSchema?type=events"),
    ],
)
def test_methods_a_path_does_not_have(raw: Raw, method: str, path: str) -> None:
    """A known path asked by another method is 405, as the real server answers GET on a POST endpoint."""
    reply = raw.ask(method, path)
    assert (reply.status, reply.json["code"]) == (405, 405)


ASKED = (
    '"event_name": "Charged", "from": 20250701, "to": 20251231, "d": []'  # a query, and an upload of nothing
)
NO_JSON = {
    "a comment": f"{{{ASKED} // and no more\n}}".encode(),
    "a byte order mark": f"\ufeff{{{ASKED}}}".encode(),
    "UTF-16": f"{{{ASKED}}}".encode("utf-16"),
    "not a number": f'{{{ASKED}, "value": NaN}}'.encode(),
    "beyond a double": f'{{{ASKED}, "value": 1e999}}'.encode(),
    "half a character": f'{{{ASKED}, "value": "\\ud83d"}}'.encode(),
    "too deep": b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("path", ["/1/profiles.json", "/1/counts/events.json", "/1/upload"])
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_only_json_is_json(raw: Raw, path: str, body: bytes) -> None:
    """What only Python's reader would take is malformed, everywhere."""
    reply = raw.post(path, body)
    assert (reply.status, reply.json) == (400, {"status": "fail", "error": "Malformed request", "code": 400})


@pytest.mark.parametrize(
    "odd",
    [
        {"from": 10**26},
        {"event_properties": [{"name": "Amount", "operator": ["equals"], "value": 3}]},
        {"common_profile_properties": {"geo_radius": [[10**400, 1, 1]]}},
    ],
)
def test_odd_queries_are_the_clients_fault(raw: Raw, odd: dict[str, Any]) -> None:
    """A query with impossible values is 400, never a failure of the server."""
    assert raw.post("/1/profiles.json", {"event_name": "Charged", **YEAR, **odd}).status == 400


def test_what_fails_inside_is_500(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """An error of the sandbox itself reaches the client in the API's words, and its author in the log."""
    with sandbox() as server:
        monkeypatch.setattr(server.account, "answer", None)
        reply = Raw(server).get("/1/profile.json?email=x")
    assert reply.status == 500
    assert reply.json == {"status": "fail", "error": "An unknown error occurred", "code": 500}
    assert "failed at GET /1/profile.json" in caplog.text


@pytest.mark.parametrize("size", ["0", "-1", "-46", "1.5", "", "9" * 5000])
@pytest.mark.parametrize("paging", ["buckets", "exact"])
def test_page_sizes_that_are_none(paging: str, size: str) -> None:
    """A page holds at least one record; a negative size would walk backwards for ever."""
    with sandbox(paging=paging) as server:
        reply = Raw(server).post(f"/1/profiles.json?batch_size={size}", LAUNCHED)
        assert (reply.status, reply.json["error"]) == (400, "Invalid batch_size")


@pytest.mark.parametrize(("mine", "other"), [("profiles", "events"), ("events", "profiles")])
def test_cursors_belong_to_their_endpoint(raw: Raw, mine: str, other: str) -> None:
    """A cursor for people is none for events, and the other way round."""
    cursor = raw.cursor(PIZZA, mine)
    assert raw.page(cursor, other)["code"] == "CURSOR_INVALIDATED"
    assert raw.page(cursor, mine)["status"] == "success"


def test_counts_are_polled_where_they_were_asked(raw: Raw) -> None:
    """The id of a count of people is unknown to the counts of events."""
    asked = raw.post("/1/counts/profiles.json", LAUNCHED).json["req_id"]
    assert raw.get(f"/1/counts/events.json?req_id={asked}").status == 400
    assert raw.get(f"/1/counts/profiles.json?req_id={asked}").json["status"] == "success"


def test_only_exports_of_notifications_are_refused() -> None:
    """They can be counted; and a project's own event may begin with the same word."""
    with sandbox() as server:
        raw, own = Raw(server), {"event_name": "Notification Settings Opened", **YEAR}
        assert raw.count({"event_name": "Notification Viewed", **YEAR}, "events") > 0
        sent = {"type": "event", "identity": "u1", "evtName": own["event_name"], "ts": 1_760_000_000}
        raw.upload({**sent, "evtData": {"From": "menu"}})
        assert [one["event_props"]["From"] for one in raw.records(own, "events")] == ["menu"]
