"""Rules of the transport: what goes out, what is tried again, and what never leaves."""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import threading
import time
from typing import Any

import pytest

import ct_pandas as ct
from ct_pandas import _wire, errors
from ct_pandas._transport import sending

from scripted import Answer, Scripted

FINE = {"status": "success", "records": []}
THROTTLED = {"status": "fail", "error": "Too many concurrent requests", "code": 429}


def send(server: Scripted, request: _wire.Request | None = None, **options: object) -> _wire.Reply:
    """Send one request to the script."""
    account = server.account(**options)
    return sending.transport(account).send(request or _wire.page("profile", "c1"))


def test_both_headers_on_every_request(scripted: Scripted) -> None:
    """Both credentials go along with every request; a content type only with a body."""
    scripted.answers = [FINE, {"status": "success", "cursor": "c"}]
    send(scripted)
    send(scripted, _wire.mint("profile", {"event_name": "A"}, 5000, _wire.Flags()))
    for seen in scripted.seen:
        assert seen.headers["X-CleverTap-Account-Id"] == "TEST-1"
        assert seen.headers["X-CleverTap-Passcode"] == "pass-CODE-1"
    assert "Content-Type" not in scripted.seen[0].headers
    assert scripted.seen[1].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "bad",
    [
        Answer(THROTTLED, 429),
        Answer({"status": "fail", "error": "request throttled", "code": 1}),
        Answer({"status": "fail", "error": "Request still in progress, please retry later", "code": 2}),
        Answer({"status": "success"}, 202),
        Answer(b"", 202),
        Answer(b"accepted", 202),
        Answer({"status": "fail", "error": "An unknown error occurred"}, 500),
        Answer(b"<html>503</html>", 503, {"Content-Type": "text/html"}),
        Answer(b"<html>fine</html>"),
        Answer(b'{"status": "succ'),
        Answer(b"{}"),
        Answer(FINE, cut=5),
        Answer(FINE, reset=True),
    ],
    ids=lambda bad: f"{bad.status}-{bad.bytes[:40]!r}",
)
def test_what_passes_is_tried_again(scripted: Scripted, bad: Answer) -> None:
    """Throttling, preparing, server errors, cut answers and dropped connections are retried."""
    scripted.answers = [bad, bad, FINE]
    assert b"success" in send(scripted).body
    assert len(scripted.seen) == 3


@pytest.mark.parametrize("answer", [b"{}", b'{"status": "success"}', b"<html>"])
def test_an_answer_that_lacks_what_was_asked_for_is_told_as_one(scripted: Scripted, answer: bytes) -> None:
    """JSON without a cursor is waited for like a cut answer, but not called something that is no JSON."""
    scripted.answers = lambda _: Answer(answer)
    with pytest.raises(ct.DownloadError, match="is not JSON, is cut short or lacks what was asked for"):
        ct.read_clevertap_events("Charged", "2025-10", account=scripted.account(max_wait=1.0), progress=False)


def test_received_but_not_completed_says_so(scripted: Scripted) -> None:
    """A read answered 202 without a body is being prepared, and is not called unreadable at the end."""
    scripted.answers = lambda _: Answer(b"", 202)
    with pytest.raises(ct.errors.ServerError, match="still preparing"):
        send(scripted, max_wait=5.0)


def no_such_host(*_: object, **__: object) -> Any:
    """Fail as a look-up does for a name that nobody has."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_a_host_that_is_not_found_is_told_in_seconds(
    monkeypatch: pytest.MonkeyPatch, clock: sending.Clock
) -> None:
    """A typo in base_url= is not looked up for max_wait; a network has some seconds to come up."""
    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    account = ct.Account("TEST-1", "pass", base_url="https://in1.api.clevertapp.example", max_wait=900)
    with pytest.raises(errors.ServerError, match=r"clevertapp\.example: no host of this name.*base_url="):
        sending.transport(account).send(_wire.page("profile", "c1"))
    assert len(clock.slept) == 5
    assert 3 < sum(clock.slept) < 15


def test_a_host_that_answered_before_is_waited_for(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, clock: sending.Clock
) -> None:
    """A network that goes away in the middle may come back until max_wait has run out."""
    scripted.answers = [FINE, FINE]
    account = scripted.account(max_wait=900)
    sending.transport(account).send(_wire.page("profile", "c1"))
    sending.transport(account).close()
    answers = itertools.chain([no_such_host] * 15, itertools.repeat(socket.getaddrinfo))

    def look_up(*args: object, **options: object) -> Any:
        return next(answers)(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert b"success" in sending.transport(account).send(_wire.page("profile", "c2")).body
    assert len(clock.slept) == 15


def test_retry_after_is_honoured(scripted: Scripted, clock: sending.Clock) -> None:
    """A server that names the seconds is waited for that long."""
    scripted.answers = [Answer(THROTTLED, 429, {"Retry-After": "7"}), FINE]
    send(scripted)
    assert clock.slept == [7.0]


def test_a_wait_that_is_too_long_is_told(scripted: Scripted, clock: sending.Clock) -> None:
    """Who is asked to wait longer than max_wait is told so at once, and for how long."""
    scripted.answers = [Answer(THROTTLED, 429, {"Retry-After": "86400"})]
    with pytest.raises(
        ct.ThrottledError, match="asked to wait 86,400 seconds, which is longer than max_wait"
    ):
        send(scripted)
    assert clock.slept == []


def test_the_first_look_at_what_is_prepared_comes_within_half_a_second(
    scripted: Scripted, clock: sending.Clock
) -> None:
    """A page that is still being prepared is looked at again soon."""
    scripted.answers = [Answer({"status": "fail", "error": "still in progress", "code": 2}), FINE]
    send(scripted)
    assert clock.slept[0] < 0.5


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (Answer(THROTTLED, 429), ct.errors.ThrottledError),
        (Answer(b"gateway", 502), ct.errors.ServerError),
        (Answer(FINE, reset=True), ct.errors.ServerError),
    ],
)
def test_max_wait_ends_it(scripted: Scripted, bad: Answer, kind: type[Exception]) -> None:
    """What does not pass within max_wait is an error that says it may pass later."""
    scripted.answers = lambda _: bad
    with pytest.raises(kind) as caught:
        send(scripted, max_wait=20.0)
    assert caught.value.retryable


def test_a_slow_body_meets_the_deadline(scripted: Scripted) -> None:
    """A body that drips for ever is given up, although no single wait is long."""
    scripted.answers = lambda _: Answer(FINE, drip=0.05)
    started = time.monotonic()
    with pytest.raises(ct.errors.ServerError, match="in time"):
        send(scripted, max_wait=0.4)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        ("Invalid event : Foo", 1, ct.QueryError),
        ("Invalid Credentials", 2, ct.AuthenticationError),
        ("Invalid cursor", 429, errors.CursorError),
        ("Who knows", "CURSOR_INVALIDATED", errors.CursorError),
        ("The cursor is unknown", None, errors.CursorError),
    ],
)
def test_words_say_more_than_a_code(
    scripted: Scripted, error: str, code: Any, kind: type[ct.ClevertapError]
) -> None:
    """Codes are few and reused; what is told in words is not waited for because of its code."""
    scripted.answers = [{"status": "fail", "error": error, "code": code}]
    with pytest.raises(kind):
        send(scripted)
    assert len(scripted.seen) == 1


def test_a_failure_without_words_names_its_status(scripted: Scripted) -> None:
    """A gateway's page says nothing that could be repeated, but its status."""
    scripted.answers = [Answer(b"<html>no such page</html>", 404)]
    with pytest.raises(ct.ClevertapError, match=r"with a failure \(HTTP 404\)"):
        send(scripted)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_names_both_causes(scripted: Scripted, status: int) -> None:
    """A wrong region looks the same as a wrong passcode; it is not retried."""
    scripted.answers = [Answer({"status": "fail", "error": "Invalid Credentials", "code": 401}, status)]
    with pytest.raises(ct.errors.AuthenticationError, match="another region") as caught:
        send(scripted)
    assert caught.value.status == status
    assert len(scripted.seen) == 1


def test_other_refusals_are_not_retried(scripted: Scripted) -> None:
    """A query that CleverTap refuses is refused at once, in its own words."""
    text = '["Invalid event : Uninstalled"]'
    scripted.answers = [Answer({"status": "fail", "error": text, "code": 400}, 400)]
    with pytest.raises(ct.errors.QueryError, match="Invalid event : Uninstalled"):
        send(scripted)
    assert len(scripted.seen) == 1


def test_words_that_only_begin_like_a_list_are_words(scripted: Scripted) -> None:
    """Some errors are a list inside a text; what cannot be read as one is repeated as it came."""
    deep = "[" * 200_000 + "Invalid event"
    scripted.answers = [Answer({"status": "fail", "error": deep, "code": 400}, 400)]
    with pytest.raises(ct.errors.QueryError, match=r"\[\[\["):
        send(scripted)


def test_debug_lines_hold_no_id(scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    """The HTTP library's own debug lines name the path, not the person."""
    scripted.answers = [{"status": "success", "record": {}}]
    with caplog.at_level(logging.DEBUG):
        send(scripted, _wire.profile("email", "jack@example.com"))
    assert "profile.json" in caplog.text
    assert "jack" not in caplog.text
    assert "pass-CODE-1" not in caplog.text


def test_a_write_that_may_have_arrived_is_not_repeated(scripted: Scripted) -> None:
    """Without an answer nobody knows whether it was processed."""
    scripted.answers = [Answer(b"", reset=True)]
    with pytest.raises(ct.errors.ServerError) as caught:
        send(scripted, _wire.upload(b'{"d":[]}', repeatable=False))
    assert caught.value.sent
    assert len(scripted.seen) == 1


@pytest.mark.parametrize("ending", [b"", b"\x15\x03\x03\x00\x02\x02\x28", b"HTTP/1.1 403 Forbidden\r\n\r\n"])
def test_what_ends_while_hands_are_shaken_was_not_sent(ending: bytes) -> None:
    """A firewall that closes, or answers something else than TLS, has not seen the events."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    with line:
                        line.recv(65_536)
                        line.sendall(ending)

        threading.Thread(target=refuse, daemon=True).start()
        base_url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        account = ct.Account("TEST-1", "pass-CODE-1", base_url=base_url, max_wait=5.0)
        with pytest.raises(ct.errors.ServerError) as caught:
            sending.transport(account).send(_wire.upload(b'{"d":[]}', repeatable=False))
        assert caught.value.sent is False
        assert caught.value._reached is False


def test_a_proxy_that_cannot_be_used_is_told_at_once(monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    """A port that is none, or a kind that needs another package, gets no better by waiting."""
    for proxy in ("http://127.0.0.1:abc", "socks5://127.0.0.1:1"):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        account = ct.Account("TEST-1", "pass-CODE-1", base_url="https://nowhere.invalid")
        with pytest.raises(ct.errors.ServerError, match="cannot be used") as caught:
            sending.Transport(account).send(_wire.page("profile", "c1"))
        assert not caught.value.retryable
        assert caught.value.__cause__ is None
    assert clock.slept == []


@pytest.mark.parametrize(
    ("request_", "least"),
    [
        (_wire.upload(b'{"d":[]}', repeatable=False), 60.0),
        (_wire.upload(b'{"d":[]}'), 60.0),
        (_wire.page("profile", "c1"), 0.0),
    ],
    ids=["events", "profiles", "read"],
)
def test_a_write_is_not_begun_without_time_for_its_answer(
    scripted: Scripted, clock: Any, request_: _wire.Request, least: float
) -> None:
    """Throttled to the end, it was never carried out, and a last attempt in a hurry would leave that open."""
    scripted.answers = lambda _: Answer(THROTTLED, 429)
    with pytest.raises(ct.errors.ThrottledError):
        send(scripted, request_, max_wait=900.0)
    assert least <= 900.0 - sum(clock.slept) < least + 75


def test_a_throttled_write_is_repeated(scripted: Scripted) -> None:
    """A 429 was not processed, so that even an event may be sent again."""
    scripted.answers = [Answer(THROTTLED, 429), {"status": "success", "processed": 0, "unprocessed": []}]
    assert send(scripted, _wire.upload(b'{"d":[]}', repeatable=False)).status == 200


def test_a_write_that_cannot_have_arrived_says_so() -> None:
    """Where no connection was made, nothing can have been processed."""
    nobody = ct.Account("A", "b", base_url="http://127.0.0.1:9", max_wait=0.2)
    with pytest.raises(errors.ServerError) as caught:
        sending.transport(nobody).send(_wire.upload(b"{}", repeatable=False))
    assert not caught.value.sent
    sending.close(nobody)


def test_no_more_in_flight_than_the_limit(scripted: Scripted) -> None:
    """All requests of an account go through one gate, whoever sends them."""
    scripted.answers = lambda _: Answer(FINE, delay=0.02)
    threads = [threading.Thread(target=send, args=(scripted,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(scripted.seen) == 12
    assert scripted.most_in_flight <= 3


def test_cancelling_ends_a_wait(scripted: Scripted) -> None:
    """Work that is called off does not wait for the next attempt."""
    cancel = threading.Event()
    scripted.answers = lambda _: cancel.set() or Answer(THROTTLED, 429)
    with pytest.raises(sending.Cancelled):
        sending.transport(scripted.account()).send(_wire.page("profile", "c"), cancel=cancel)


def test_no_cookie_is_kept(scripted: Scripted) -> None:
    """A request holds what it was made of: nothing that grows, nothing of an earlier answer."""
    scripted.answers = [Answer(FINE, headers={"Set-Cookie": "session=1; Path=/"}), FINE]
    send(scripted)
    send(scripted)
    assert "Cookie" not in scripted.seen[1].headers


def test_netrc_is_not_read(scripted: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """No credentials of another tool are sent."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    scripted.answers = [FINE]
    send(scripted)
    assert "Authorization" not in scripted.seen[0].headers
