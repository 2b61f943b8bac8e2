"""Rules of slices side by side: everything exactly once, never too many at once, and small on the way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from test_readers import pages_of, person, read

import ct_pandas as ct
from ct_pandas._decode.decoder import PageDecoder
from ct_pandas._frame.frame import build
from ct_pandas._frame.selection import Selection
from ct_pandas._reading.narrow import NarrowDecoder
from ct_pandas.sandbox.faults import Fault

from scripted import Answer, Scripted, Seen

OCTOBER = ("Charged", "2025-10")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ct.Sandbox]:
    """Give a world that several reads look at."""
    with ct.Sandbox(users=600, paging="exact") as found:
        yield found


@pytest.fixture(autouse=True)
def _without_faults(sandbox: ct.Sandbox) -> Iterator[None]:
    yield
    sandbox.server.clear_faults()


def walk(sandbox: ct.Sandbox, **options: Any) -> pd.DataFrame:
    """Read October in small pages."""
    return ct.read_clevertap_events(
        *OCTOBER, **({"account": sandbox.account, "progress": False, "batch_size": 40} | options)
    )


def ordered(df: pd.DataFrame) -> pd.DataFrame:
    """Put rows into an order that does not depend on slices."""
    names = [name for name in ("ts", "identity", "objectId") if name in df]
    return df.sort_values(names, kind="stable", ignore_index=True)


@pytest.mark.parametrize("parallel", [2, 3])
def test_events_come_exactly_once(sandbox: ct.Sandbox, parallel: int) -> None:
    """Days are cut so that each occurrence is in one slice; rows stand in slice and page order."""
    one = walk(sandbox, rows="event")
    side_by_side = walk(sandbox, rows="event", parallel=parallel)
    assert len(one) == ct.count_events(*OCTOBER, account=sandbox.account)
    pd.testing.assert_frame_equal(ordered(one), ordered(side_by_side), check_like=True)
    days = side_by_side["ts"].dt.day
    middle = [days[days > edge].index.min() for edge in (31 // parallel,)]
    assert days[: middle[0]].max() <= 31 // parallel


@pytest.mark.parametrize("parallel", [2, 3])
def test_people_come_exactly_once(sandbox: ct.Sandbox, parallel: int) -> None:
    """Who did the event in several slices stands once, whatever slice each copy came in."""
    one, several = walk(sandbox), walk(sandbox, parallel=parallel)
    assert several.clevertap.person.is_unique
    assert sorted(one.clevertap.person) == sorted(several.clevertap.person)
    pd.testing.assert_frame_equal(ordered(one), ordered(several)[one.columns])


def test_never_more_than_three_in_flight_even_with_a_count(sandbox: ct.Sandbox) -> None:
    """The count of verify=True shares the gate with the lanes: the account's limit holds for all together."""
    account = sandbox.account
    frames: list[pd.DataFrame] = []
    reads = [
        threading.Thread(target=lambda: frames.append(walk(sandbox, parallel=3, verify=True)))
        for _ in range(2)
    ]
    for each in reads:
        each.start()
    counted = ct.count_profiles(*OCTOBER, account=account)
    for each in reads:
        each.join()
    assert [len(frame) for frame in frames] == [counted] * 2
    assert sandbox.server.max_in_flight_seen <= 3
    assert not any(arrival.status == 429 for arrival in sandbox.server.requests)


def test_throttling_slows_down_and_loses_nothing(sandbox: ct.Sandbox) -> None:
    """On a 429 the gate narrows, waits and recovers; the rows are the same."""
    whole = walk(sandbox, rows="event")
    for kind in ("throttle_429", "throttle_200"):
        sandbox.server.order(Fault(kind, on="page", after=2, times=5))
        sandbox.server.order(Fault(kind, on="mint", times=2))
    pd.testing.assert_frame_equal(
        ordered(whole), ordered(walk(sandbox, rows="event", parallel=3)), check_like=True
    )


def by_day(seen: Seen, broken: list[Answer]) -> Any:
    """Answer three slices of ten days with two pages each."""
    if seen.method == "POST":
        return {"status": "success", "cursor": f"d{seen.json['from'] % 100:02}-0"}
    cursor = seen.target.partition("cursor=d")[2]
    if cursor == "11-1" and broken:
        return broken.pop(0)
    day, page = cursor.split("-")
    body = {
        "status": "success",
        "records": [{"ts": 1_760_000_000, "event_props": {"day": int(day), "page": int(page)}}],
    }
    return body | ({"next_cursor": f"d{day}-1"} if page == "0" else {})


def test_when_one_lane_fails_the_pages_of_the_others_are_kept(scripted: Scripted) -> None:
    """The partial holds what every lane brought, and only what is missing is asked for again."""
    others = threading.Event()
    broken = [Answer({"status": "fail", "error": "down"}, 503, until=others)] * 300

    def answer(seen: Seen) -> Any:
        if seen.target.endswith("21-1"):
            others.set()
        return by_day(seen, broken)

    scripted.answers = answer
    account = scripted.account(max_wait=20.0)
    with pytest.raises(ct.DownloadError) as caught:
        ct.read_clevertap_events(
            "Charged", 20251001, 20251030, rows="event", parallel=3, account=account, progress=False
        )
    partial = caught.value.partial
    assert {(1, 0), (1, 1), (11, 0), (21, 0)} <= set(
        zip(partial["event_props.day"], partial["event_props.page"], strict=True)
    )
    broken.clear()
    scripted.seen.clear()
    df = caught.value.resume()
    assert df["event_props.day"].tolist() == [1, 1, 11, 11, 21, 21]
    assert not any("cursor=d01" in seen.target for seen in scripted.seen)


def test_a_query_without_days_walks_alone(sandbox: ct.Sandbox) -> None:
    """There is nothing to cut where a query has no days of its own."""
    query = ct.Query().did("Charged", "2025-10-01", "2025-10-31")
    sandbox.server.forget_requests()
    df = ct.read_clevertap_events(query, parallel=3, account=sandbox.account, progress=False)
    assert sum(arrival.kind == "mint" for arrival in sandbox.server.requests) == 1
    assert sorted(df.clevertap.person) == sorted(walk(sandbox).clevertap.person)


@pytest.mark.parametrize("parallel", [0, 4, True, 1.5])
def test_lanes_are_held_at_the_limit(sandbox: ct.Sandbox, parallel: Any) -> None:
    """More lanes than requests in flight are an error before any request."""
    with pytest.raises(ct.ClevertapError, match="parallel="):
        walk(sandbox, parallel=parallel)


def test_max_rows_counts_people_and_not_records(scripted: Scripted) -> None:
    """A person who came twice is one row: the walk goes on until there are enough people."""
    scripted.answers = pages_of([person(0), person(0), person(1), person(0), person(2), person(3)])
    df = read(scripted, max_rows=3)
    assert df["identity"].tolist() == ["id1", "id0", "id2"]
    assert not df.attrs["clevertap"]["complete"]


def test_max_rows_that_cut_nothing_leave_the_frame_complete(scripted: Scripted) -> None:
    """As many as there are, and the server ended the walk: nothing is missing."""
    scripted.answers = pages_of([person(0), person(0), person(1)])
    df = read(scripted, max_rows=2)
    assert df.attrs["clevertap"]["complete"]


def decoded(records: list[dict[str, Any]], kind: Any, columns: list[str]) -> Any:
    """Decode a page for some columns."""
    body = json.dumps({"status": "success", "records": records}).encode()
    return NarrowDecoder(kind, Selection.of(columns)).decode(body)


def test_pages_hold_only_what_was_asked_for() -> None:
    """With columns= the other columns never pile up; what tells who a row is stays."""
    people = [
        person(n) | {"objectId": f"o{n}", "email": "e", "profileData": {"a": n, "b": "x" * 99}}
        for n in range(9)
    ]
    assert set(decoded(people, "people", ["profileData.a"]).columns) == {("identity",), ("profileData", "a")}
    nobody = [{key: value for key, value in each.items() if key != "identity"} for each in people]
    page = decoded([people[0], *nobody], "people", ["profileData.a"])
    assert set(page.columns) == {("identity",), ("objectId",), ("profileData", "a")}
    events = [{"ts": 1, "profile": each, "event_props": {"x": 1}} for each in people]
    assert set(decoded(events, "events", ["ts", "event_props.*"]).columns) == {("ts",), ("event_props", "x")}


@pytest.mark.parametrize(
    "records",
    [
        [{"platformInfo": [{"platform": "iOS", "objectId": "d1"}], "name": "n"}] * 2,
        [{"platformInfo": [{"objectId": "d1"}, {"objectId": "d2"}], "email": "e"}] * 2,
        [{"email": "same", "profileData": {"a": n}} for n in (1, 1, 2)],
        [{"identity": ""}, {"identity": None, "email": "x"}, {"identity": "i"}],
    ],
)
def test_narrow_pages_tell_people_apart_as_whole_ones_do(records: list[dict[str, Any]]) -> None:
    """Who has neither identity nor objectId is known by devices, else by the whole record."""
    body = json.dumps({"status": "success", "records": records}).encode()
    chosen = Selection.of(["email"])
    whole = build([PageDecoder("people").decode(body)], kind="people", columns=chosen)
    narrow = build([NarrowDecoder("people", chosen).decode(body)], kind="people", columns=chosen)
    pd.testing.assert_frame_equal(whole, narrow)


def test_columns_ask_for_no_more_than_they_need(sandbox: ct.Sandbox) -> None:
    """The flags of the request leave out what no column needs."""
    sandbox.server.forget_requests()
    df = walk(sandbox, columns=["identity", "events.Charged.*"])
    mint = next(arrival for arrival in sandbox.server.requests if arrival.kind == "mint")
    assert "app=false" in mint.query
    assert "events=true" in mint.query
    assert "profile=false" in mint.query
    assert df["events.Charged.count"].notna().all()
