"""Faults that the sandbox can be ordered to make."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ct_pandas.sandbox import Fault, SandboxServer
from ct_pandas.sandbox.faults import ACTS, KINDS, Plan

from sandbox_raw import YEAR, Raw

LAUNCHED = {"event_name": "App Launched", **YEAR}
ONE = "/1/profile.json?identity=5555555555"


@pytest.fixture(scope="module")
def shared() -> Iterator[SandboxServer]:
    """Run one sandbox for all tests here."""
    with SandboxServer(users=120, in_progress=0, counts_partial=0) as server:
        yield server


@pytest.fixture
def raw(shared: SandboxServer) -> Raw:
    """Talk to it with no fault ordered."""
    shared.clear_faults()
    return Raw(shared)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("throttle_429", 429, 429),
        ("throttle_200", 200, 1),
        ("in_progress", 200, 2),
        ("accepted_202", 202, 2),
        ("error_500", 500, 500),
        ("login_refused", 401, 401),
        ("echo_passcode", 400, 400),
    ],
)
def test_answers_in_json(raw: Raw, kind: str, status: int, code: int) -> None:
    """Failures that are worded keep the envelope; the next request is answered."""
    raw.server.order(Fault(kind))
    reply = raw.get(ONE)
    assert (reply.status, reply.json["status"], reply.json["code"]) == (status, "fail", code)
    assert raw.get(ONE).json["status"] == "success"


def test_details_of_answers(raw: Raw) -> None:
    """Details name the seconds to wait, the place to go, the type of content, the passcode."""
    raw.server.order(Fault("throttle_429", retry_after=2))
    assert raw.get(ONE).headers["Retry-After"] == "2"
    raw.server.order(Fault("redirect", location="http://127.0.0.1:1/there", status=307))
    moved = raw.get(ONE)
    assert (moved.status, moved.headers["Location"]) == (307, "http://127.0.0.1:1/there")
    raw.server.order(Fault("wrong_content_type", content_type="text/plain"))
    plain = raw.get(ONE)
    assert (plain.headers["Content-Type"], plain.json["status"]) == ("text/plain", "success")
    raw.server.order(Fault("echo_passcode"))
    assert raw.server.passcode in raw.get(ONE).json["error"]
    raw.server.order(Fault("html_503"))
    page = raw.get(ONE)
    assert page.status == 503
    assert page.body.startswith(b"<html>")


def test_reset(raw: Raw) -> None:
    """The connection is reset before any byte of an answer."""
    raw.server.order(Fault("reset"))
    with pytest.raises(ConnectionResetError):
        raw.get(ONE)


def test_cut_body(raw: Raw) -> None:
    """The connection ends before the promised length."""
    raw.server.order(Fault("cut_body", keep=0.3))
    with pytest.raises(http.client.IncompleteRead):
        raw.get(ONE)


def test_truncated_json(raw: Raw) -> None:
    """The length is right and the JSON is not."""
    raw.server.order(Fault("truncated_json"))
    reply = raw.get(ONE)
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    with pytest.raises(json.JSONDecodeError):
        _ = reply.json


def test_slow_drip(raw: Raw) -> None:
    """The body comes in pieces, whole in the end."""
    raw.server.order(Fault("slow_drip", seconds=0.01, chunks=5))
    began = time.perf_counter()
    assert raw.get(ONE).json["status"] == "success"
    assert time.perf_counter() - began >= 0.05


def test_hang_ends_with_the_server() -> None:
    """A request that hangs does not keep the server from stopping."""
    with SandboxServer(users=5, faults=[Fault("hang")]) as server, pytest.raises(OSError, match="timed out"):
        Raw(server, timeout=0.05).get(ONE)


def test_hang_for_a_while(raw: Raw) -> None:
    """A hang can end by itself, with a dropped connection."""
    raw.server.order(Fault("hang", seconds=0.01))
    with pytest.raises(ConnectionResetError):
        raw.get(ONE)


def test_where_when_and_how_often(raw: Raw) -> None:
    """A fault strikes only its kind of request, after some, a number of times."""
    raw.server.order(Fault("error_500", on="page", after=1, times=2))
    cursor = raw.cursor(LAUNCHED)
    statuses = [raw.get(f"/1/profiles.json?cursor={cursor}").status for _ in range(5)]
    assert statuses == [200, 500, 500, 200, 200]
    assert raw.get(ONE).status == 200


def test_faults_queue() -> None:
    """Two faults due at once strike one after the other; `times=None` never ends."""
    plan = Plan([Fault("reset", times=2), Fault("hang", on="mint"), Fault("error_500", after=3, times=None)])
    struck = [plan.due("mint") for _ in range(6)]
    kinds = [one.kind if one else None for one in struck]
    assert kinds == ["reset", "reset", "hang", "error_500", "error_500", "error_500"]


def test_wrong_orders() -> None:
    """A fault or a place that does not exist is an error that lists what there is."""
    with pytest.raises(ValueError, match="throttle_429"):
        Fault("nonsense")
    with pytest.raises(ValueError, match="upload"):
        Fault("reset", on="nowhere")
    assert repr(Fault("drift", by=3)) == "Fault('drift', on='any', after=0, times=1, by=3)"


def walk(raw: Raw, **flags: Any) -> list[list[str]]:
    """Walk to the end and name the people of each page."""
    pages = raw.pages(LAUNCHED, batch_size=23, **flags)
    return [[one["platformInfo"][0]["objectId"] for one in page.get("records", [])] for page in pages]


def test_cursor_invalidated(raw: Raw) -> None:
    """A lost cursor stays lost; a new one works."""
    cursor = raw.cursor(LAUNCHED, batch_size=23)
    second = raw.page(cursor)["next_cursor"]
    raw.server.order(Fault("cursor_invalidated", on="page"))
    assert raw.page(second)["code"] == "CURSOR_INVALIDATED"
    assert raw.page(second)["code"] == raw.page(cursor)["code"] == "CURSOR_INVALIDATED"
    assert walk(raw)


@pytest.mark.parametrize("cycle", [1, 2, 3])
def test_repeated_cursor(raw: Raw, cycle: int) -> None:
    """The walk comes back to a cursor of `cycle` pages ago."""
    raw.server.order(Fault("repeated_cursor", on="page", after=2, times=None, cycle=cycle))
    seen = [raw.cursor(LAUNCHED, batch_size=23)]
    while seen.count(seen[-1]) == 1:
        seen.append(raw.page(seen[-1])["next_cursor"])
    assert len(seen) - 1 - seen.index(seen[-1]) == cycle


def test_empty_page_that_goes_on(raw: Raw) -> None:
    """A page without records in the middle loses nothing."""
    whole = walk(raw)
    raw.server.order(Fault("empty_page_that_goes_on", on="page", after=1))
    holed = walk(raw)
    assert holed == [whole[0], [], *whole[1:]]


def test_bare_last_page(raw: Raw) -> None:
    """The walk ends with one more page, which is only a status."""
    whole = walk(raw)
    raw.server.order(Fault("bare_last_page", on="page"))
    assert walk(raw) == [*whole, []]


def test_duplicate_record(raw: Raw) -> None:
    """Records of one page come again in the next."""
    whole = walk(raw)
    raw.server.order(Fault("duplicate_record", on="page", records=2))
    doubled = walk(raw)
    assert doubled == [whole[0], whole[0][-2:] + whole[1], *whole[2:]]


def test_empty_export_and_ignored_filter(raw: Raw) -> None:
    """An export can be empty without a word, or hold everybody."""
    raw.server.order(Fault("empty_export", on="mint"))
    assert raw.records(LAUNCHED) == []
    filtered = {
        **LAUNCHED,
        "common_profile_properties": {"profile_fields": [{"name": "Plan", "value": "gold"}]},
    }
    few = raw.records(filtered)
    raw.server.order(Fault("filter_ignored", on="mint"))
    assert len(raw.records(filtered)) == len(raw.records(LAUNCHED)) > len(few)


def test_drift(raw: Raw) -> None:
    """A count is off."""
    count = raw.count(LAUNCHED)
    raw.server.order(Fault("drift", on="counts", by=-3))
    assert raw.count(LAUNCHED) == count - 3


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        (Fault("lost_answer_before", on="upload"), False),
        (Fault("lost_answer_after", on="upload"), True),
        (Fault("error_500", on="upload"), False),
        (Fault("error_500", on="upload", carried_out=True), True),
        (Fault("unaccounted", on="upload"), True),
    ],
)
def test_lost_answers(fault: Fault, *, stored: bool) -> None:
    """An upload can fail before or after it was carried out."""
    with SandboxServer(users=5, faults=[fault]) as server:
        raw = Raw(server)
        record = {"type": "profile", "identity": "u1", "profileData": {"a": 1}}
        try:
            reply = raw.post("/1/upload", {"d": [record]})
        except ConnectionResetError:
            reply = None
        assert (reply is None) == fault.kind.startswith("lost")
        assert (raw.person(identity="u1") is not None) == stored


@pytest.mark.parametrize(
    ("kind", "on"),
    [("drift", "mint"), ("empty_export", "counts"), ("unaccounted", "profile"), ("repeated_cursor", "mint")],
)
def test_a_fault_that_would_change_nothing_is_refused(kind: str, on: str) -> None:
    """A test that ordered it would pass and have tested nothing."""
    with pytest.raises(ValueError, match=f"{kind} changes nothing on='{on}'"):
        Fault(kind, on=on)


@pytest.mark.parametrize(
    "kind", ["cursor_invalidated", "repeated_cursor", "bare_last_page", "duplicate_record"]
)
def test_a_fault_of_pages_waits_for_a_page(raw: Raw, kind: str) -> None:
    """Ordered for any request, it is not used up by one that it leaves as it is."""
    raw.server.order(Fault(kind))
    cursor = raw.cursor(LAUNCHED, batch_size=23)
    assert raw.server.requests[-1].fault is None
    raw.get(f"/1/profiles.json?cursor={cursor}")
    assert raw.server.requests[-1].fault == kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_to_the_server(raw: Raw, kind: str) -> None:
    """Each kind of fault strikes where it can act; none makes the server itself fail."""
    (place, *_) = ACTS.get(kind, ("page",))
    asked: dict[str, tuple[str, str, Any]] = {
        "mint": ("POST", "/1/profiles.json", LAUNCHED),
        "page": ("GET", f"/1/profiles.json?cursor={raw.cursor(LAUNCHED, batch_size=23)}", None),
        "counts": ("POST", "/1/counts/profiles.json", LAUNCHED),
        "upload": ("POST", "/1/upload", {"d": []}),
    }
    quickly = {"seconds": 0.001} if "`seconds`" in KINDS[kind] else {}
    raw.server.order(Fault(kind, **quickly))
    with contextlib.suppress(OSError, http.client.HTTPException):
        reply = raw.ask(*asked[place])
        assert (reply.status == 500) == (kind == "error_500")
    assert raw.server.requests[-1].fault == kind


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"second": 1}, TypeError),
        ({"by": 1}, TypeError),
        ({"after": -1}, ValueError),
        ({"times": 0}, ValueError),
        ({"times": "2"}, ValueError),
    ],
)
def test_orders_that_would_do_nothing(wrong: dict[str, Any], error: type[Exception]) -> None:
    """A detail that the kind does not have, and counts that make no sense, are errors and not ignored."""
    with pytest.raises(error, match=next(iter(wrong))):
        Fault("slow_drip", **wrong)
