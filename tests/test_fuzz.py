"""Answers that are not JSON, or not of this API: an error of ours or a frame, never a crash or a hang."""

from __future__ import annotations

import contextlib
import json
import random
import time
import warnings
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ct_pandas as ct
from ct_pandas import _wire
from ct_pandas._decode.decoder import NotJSON, Page, PageDecoder
from ct_pandas._failures import Verdict
from ct_pandas._frame import frame as _frame
from ct_pandas._upload import receipt as _receipt

from scripted import Answer, Scripted

KINDS = ("people", "events")
LABELS = [
    _wire.page("profile", "c"),
    _wire.profile("email", "a"),
    _wire.count("profile", {}),
    _wire.schema("events"),
    _wire.upload(b"{}"),
    _wire.mint("event", {}, 5000, _wire.Flags()),
]
KEYS = (
    *("status", "error", "code", "records", "record", "next_cursor", "cursor", "count", "req_id"),
    *("processed", "unprocessed", "profileData", "platformInfo", "events", "identity", "profile", "ts"),
    "event_props",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)
GOOD = json.dumps(
    {
        "status": "success",
        "next_cursor": "abc%3D",
        "records": [
            {
                "identity": f"é{n}",
                "ts": 20251001000000 + n,
                "profileData": {"a": n, "b": [1, {"c": None}], "d": "$D_1615618122"},
                "platformInfo": [{"platform": "iOS", "objectId": f"-{n}"}],
                "events": {"Charged": {"count": n, "first_seen": 1457271567, "last_seen": 1458041215}},
                "profile": {"identity": str(n)},
                "event_props": {"x": 1.5},
            }
            for n in range(4)
        ],
    },
    ensure_ascii=False,
).encode()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return a good page with a few bytes put in, taken out or changed."""
    body = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(body) - 1))
        match draw(st.sampled_from(["change", "cut", "insert", "repeat", "end"])):
            case "change":
                body[at] = draw(st.integers(0, 255))
            case "cut":
                del body[at : at + draw(st.integers(1, 40))]
            case "insert":
                body[at:at] = draw(st.binary(min_size=1, max_size=8))
            case "repeat":
                body[at:at] = body[at : at + 30]
            case _:
                del body[at + 1 :]
        if not body:
            return b""
    return bytes(body)


BODIES = st.one_of(
    st.binary(max_size=200),
    mutated(),
    JSON.map(lambda value: json.dumps(value).encode()),
    JSON.map(lambda value: json.dumps({"status": "success", "records": value}).encode()),
    JSON.map(lambda value: json.dumps({"status": "success", "records": [value, value]}).encode()),
)


@settings(max_examples=250, deadline=None)
@given(BODIES, st.sampled_from(KINDS))
def test_the_decoder_gives_a_page_or_says_that_it_is_none(body: bytes, kind: Any) -> None:
    """Nothing else comes of any bytes; of a page a frame can be made."""
    _wire.glimpsed_cursor(body)
    try:
        page = PageDecoder(kind).decode(body)
    except NotJSON:
        return
    assert isinstance(page, Page)
    with warnings.catch_warnings(action="ignore"):
        frame = _frame.build([page, page], kind=kind, timezone="UTC")
    assert isinstance(frame, pd.DataFrame)


@settings(max_examples=250, deadline=None)
@given(BODIES, st.integers(200, 599), st.sampled_from(LABELS))
def test_every_answer_has_a_meaning(body: bytes, status: int, request_: _wire.Request) -> None:
    """One verdict, whatever a server writes; a failure's text is text and its code a number or a word."""
    verdict, found = _wire.judge(request_, _wire.Reply(status, {}, body))
    assert isinstance(verdict, Verdict)
    assert found is None or isinstance(found.text, str)
    assert _wire.found_profile(_wire.Reply(status, {}, body)) in (True, False, None)
    if verdict is Verdict.FINE:
        assert status < 300


@settings(max_examples=250, deadline=None)
@given(BODIES, st.integers(200, 499), st.integers(1, 9))
def test_a_receipt_accepts_nothing_that_is_not_accounted_for(body: bytes, status: int, size: int) -> None:
    """Rows are accepted only where the answer says so; none is named that was not sent."""
    receipt = _receipt.read(_wire.Reply(status, {}, body), size, "secret")
    named = set(receipt.refused) | set(receipt.unknown)
    assert named <= set(range(size))
    assert not set(receipt.refused) & set(receipt.unknown)
    accepted = size - len(named)
    if accepted:
        said = json.loads(body)
        assert str(said["status"]).lower() in ("success", "partial")
        assert int(said["processed"]) >= accepted


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"records":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"records":[' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"]}",
        b'{"status":"success","records":[{"identity":' + b"9" * 5000 + b"}]}",
        b'{"status":"success","records":[{"a":1e999,"b":-1e999,"c":NaN,"d":Infinity}]}',
        b'{"status":"success","records":[{"a":"\\ud800"}]}',
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        GOOD.decode().encode("latin-1"),
        b'{"status":"success","records":[{"' + b"k" * 200_000 + b'":1}]}',
        json.dumps({"status": "success", "records": [{f"k{n}": n} for n in range(3000)]}).encode(),
    ],
    ids=lambda body: f"{body[:24]!r}-{len(body)}",
)
def test_bodies_made_to_hurt(body: bytes) -> None:
    """Deep, long, wide, in another encoding: a page or not, within seconds."""
    started = time.monotonic()
    for kind in KINDS:
        with contextlib.suppress(NotJSON):
            page = PageDecoder(kind).decode(body)
            with warnings.catch_warnings(action="ignore"):
                _frame.build([page], kind=kind, timezone="UTC")
    for request in LABELS:
        _wire.judge(request, _wire.Reply(200, {}, body))
    _receipt.read(_wire.Reply(200, {}, body), 3)
    assert time.monotonic() - started < 10


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BODIES, max_size=4), st.sampled_from(["profile", "event"]), st.integers(0, 2**32))
def test_a_whole_walk_over_anything(scripted: Scripted, bodies: list[bytes], rows: Any, seed: int) -> None:
    """A frame, or an error of ours with a frame; whatever the pages hold."""
    random.seed(seed)
    queue = [Answer(body) for body in bodies]

    def answer(seen: Any) -> Any:
        if "/counts/" in seen.target:
            return {"status": "success", "count": 0}
        if seen.method == "POST":
            return {"status": "success", "cursor": "c"}
        return queue.pop(0) if queue else {"status": "success"}

    scripted.answers = answer
    with warnings.catch_warnings(action="ignore"):
        try:
            frame = ct.read_clevertap_events(
                "A", 20251001, 20251002, rows=rows, progress=False, account=scripted.account(max_wait=2.0)
            )
        except ct.DownloadError as error:
            frame = error.partial
        except ct.ClevertapError:
            return
    assert isinstance(frame, pd.DataFrame)
