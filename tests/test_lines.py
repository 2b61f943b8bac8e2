"""Rules of connections: ended when nobody waits, exact in what they send, silent about it, not shared."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import logging
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.parse
import warnings
import zlib
from dataclasses import replace

import pandas as pd
import pytest
from bars import Bar, interrupt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ct_pandas as ct
from ct_pandas import _wire, errors
from ct_pandas._reading import listing
from ct_pandas._transport import gate, sending
from ct_pandas._transport import line as _line

from rawserver import RawServer, within
from rawserver import http as answer
from scripted import Answer, Scripted

FINE = json.dumps({"status": "success", "records": []}).encode()
DAYS = ("2025-10-01", "2025-10-31")


def send(
    account: ct.Account, request: _wire.Request | None = None, *, cancel: threading.Event | None = None
) -> _wire.Reply:
    """Send one request; ``cancel`` is given by those that mind it."""
    return sending.transport(account).send(request or _wire.page("profile", "c1"), cancel=cancel)


@pytest.mark.parametrize(
    "cursor", ["abc%3d%3d", "a%2fb%2Bc", "x%zz%3D", "a~b!*'()", "a/../b", "[x]|^`{y}", "a#b", "raw+/=="]
)
def test_a_cursor_is_sent_byte_for_byte(cursor: str) -> None:
    """Not even the case of its hexadecimal digits is changed on the way."""
    with RawServer([answer(FINE)]) as server:
        send(server.account(), _wire.page("profile", cursor))
        assert server.seen[0].startswith(f"GET /1/profiles.json?cursor={cursor} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("interim", ["102 Processing", "103 Early Hints", "199 Whatever"])
def test_an_interim_answer_is_not_the_answer(interim: str) -> None:
    """Else the one that follows it would be read as the answer to the next request: about another person."""

    def told(request: bytes) -> bytes:
        who = urllib.parse.unquote(request.split(b" ")[1].partition(b"=")[2].decode())
        record = json.dumps({"status": "success", "record": {"identity": who, "name": f"I am {who}"}})
        return f"HTTP/1.1 {interim}\r\nLink: </a>; rel=preload\r\n\r\n".encode() * 2 + answer(record.encode())

    with RawServer(told, drip=0.002) as server:
        frame = ct.read_profile(identity=["a", "b", "c"], account=server.account(), progress=False)
        assert list(frame["name"]) == ["I am a", "I am b", "I am c"]
        assert len(server.seen) == 3


def test_a_server_that_closes_behind_its_answers_loses_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word in the answer: the next event would meet the closed door, and may not be sent again."""
    monkeypatch.setattr(_line, "GRACE", 5.0)  # which is not waited for where the door closes
    fine = answer(b'{"status": "success", "processed": 1, "unprocessed": []}')
    frame = pd.DataFrame({"identity": list("abcdef"), "ts": range(1, 7)})
    with RawServer(lambda _: fine, lasting=False) as server:
        account = server.account(limits=replace(ct.Limits.DOCUMENTED, upload_records=1))
        assert frame.clevertap.upload_events("Seen", account=account, progress=False).ok
        assert (len(server.seen), server.connections) == (6, 6)


@pytest.mark.parametrize(("rest", "accepted"), [(0.0, 2), (30.0, 1)])
def test_a_connection_that_rested_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch, rest: float, accepted: int
) -> None:
    """It may be gone without a word, and an event that is lost on it may not be sent a second time."""
    monkeypatch.setattr(_line, "REST", rest)
    fine = answer(b'{"status": "success", "processed": 1, "unprocessed": []}')
    frame = pd.DataFrame({"identity": ["a", "a"], "ts": [1, 2]})
    with RawServer(lambda _: fine if len(server.seen) <= server.connections else None) as server:
        account = server.account(limits=replace(ct.Limits.DOCUMENTED, upload_records=1))
        with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
            report = frame.clevertap.upload_events("Seen", account=account, progress=False)
        assert report.counts["accepted"] == accepted
        assert report.counts["unknown"] == 2 - accepted


def test_a_cursor_cannot_write_a_header() -> None:
    """A line break in a cursor would be a header of the server's making."""
    with RawServer([answer(FINE)]) as server:
        send(server.account(), _wire.page("profile", "a\r\nX-Evil: 1\u2603 b"))
        assert b"X-Evil: 1" not in server.seen[0]
        assert b"cursor=a%0D%0AX-Evil:%201%E2%98%83%20b " in server.seen[0]


def test_a_path_of_the_address_is_kept() -> None:
    """An account behind a company's gateway may live below a path."""
    with RawServer([answer(FINE)]) as server:
        account = ct.Account("A", "b", base_url=f"{server.url}/gateway/ct/", max_wait=5)
        send(account)
        sending.close(account)
        assert server.seen[0].startswith(b"GET /gateway/ct/1/profiles.json?cursor=c1 ")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x00\x01\x02\xff" * 50,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: banana\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 7\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a',
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n" + b"X-H: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nbroken header line\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
    ids=lambda said: repr(said[:40]),
)
@pytest.mark.parametrize("cancel", [None, threading.Event()], ids=["alone", "minded"])
def test_an_answer_that_is_none_is_an_error_of_ours(said: bytes, cancel: threading.Event | None) -> None:
    """Whatever a server writes, one of our errors comes of it, in time, and nothing of the library's."""
    with RawServer(lambda _: said or None) as server:
        started = time.monotonic()
        with pytest.raises(errors.ClevertapError) as caught:
            send(server.account(max_wait=0.2), cancel=cancel)
        assert time.monotonic() - started < 5
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


PACKED = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("cancel", [None, threading.Event()], ids=["alone", "minded"])
@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("most", [1 << 26, 100], ids=["at once", "in pieces"])
def test_a_body_arrives_whole_however_it_is_sent(
    cancel: threading.Event | None, encoding: str, chunked: bool, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of known length or in chunks, compressed or not, read in one piece or in several."""
    monkeypatch.setattr(sending, "AT_ONCE", most)
    body = b" " * 50_000 + json.dumps({"status": "success", "records": []}).encode()
    packed = PACKED[encoding](body)
    header = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(packed)}"
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed) if chunked else packed
    with RawServer(lambda _: f"HTTP/1.1 200 OK\r\n{header}{length}\r\n\r\n".encode() + sent) as server:
        assert send(server.account(), cancel=cancel).body == body


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_survived(said: bytes) -> None:
    """Fuzzed: an error of ours or an answer, never a crash or a hang."""
    with RawServer(lambda _: said or None) as server, contextlib.suppress(errors.ClevertapError):
        send(server.account(max_wait=0.06))


@pytest.mark.parametrize(
    "rest", [b"X-Drip: y\r\n" * 500, b"Content-Length: 5000\r\n\r\n" + b" " * 5_000], ids=["headers", "body"]
)
def test_a_dripping_answer_meets_the_deadline(rest: bytes) -> None:
    """A socket's timeout never sees what comes byte by byte; whoever minds the work ends it."""
    with RawServer(lambda _: b"HTTP/1.1 200 OK\r\n" + rest, drip=0.005) as server:
        started = time.monotonic()
        with pytest.raises(errors.ServerError):
            ct.count_profiles("Charged", *DAYS, account=server.account(max_wait=0.4))
        assert time.monotonic() - started < 4


def test_a_dripping_list_of_names_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are a convenience: whoever looks them up is not kept by a server that drips."""
    monkeypatch.setattr("ct_pandas._reading.listing.PATIENCE", 0.4)
    with RawServer(lambda _: b"HTTP/1.1 200 OK\r\n" + b"X-Drip: y\r\n" * 500, drip=0.005) as server:
        started = time.monotonic()
        with pytest.raises(errors.ServerError):
            listing.listed(server.account())
        assert time.monotonic() - started < 4


def test_an_interrupt_ends_requests_under_way(scripted: Scripted) -> None:
    """Nobody waits for the answer any more: its thread and its connection end at once."""
    never = threading.Event()
    scripted.answers = lambda seen: (
        {"status": "success", "cursor": "c"} if seen.method == "POST" else Answer(b"{}", until=never)
    )

    stop = Bar(lambda bar: interrupt() if len(bar.at) > 3 and len(scripted.seen) > 1 else None)
    with pytest.raises(ct.DownloadInterrupted):
        ct.read_clevertap_events("Charged", *DAYS, progress=stop, account=scripted.account())
    assert within(1, lambda: not [one for one in threading.enumerate() if one.name.startswith("ct_pandas")])
    assert not _line._calls
    never.set()


def test_a_connection_that_another_call_took_over_is_not_ended() -> None:
    """A call that is over ends its own connection only."""
    ours, theirs = socket.socketpair()
    over, under_way = _line.Call("/", 0.0, None), _line.Call("/", 1e12, None)
    line = _line._Connection("127.0.0.1")
    line.sock, line.call = ours, under_way
    over.line = under_way.line = line
    with over.under_way(), under_way.under_way():
        _line.hang_up()
    ours.sendall(b"x")
    assert theirs.recv(1) == b"x"
    line.call = over
    with over.under_way():
        _line.hang_up()
    assert theirs.recv(1) == b""
    ours.close()
    theirs.close()


def test_not_even_http_client_prints_headers(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The well-known way to watch requests, ``debuglevel``, would print the passcode."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    scripted.answers = [{"status": "success", "records": []}]
    send(scripted.account())
    assert "pass-CODE-1" not in "".join(capfd.readouterr())


def test_broken_headers_are_logged_without_the_id(caplog: pytest.LogCaptureFixture) -> None:
    """The library warns of headers it cannot parse, with the whole address and what it found."""
    said = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\x00echo pass-CODE-1 jack\r\n\r\n"
        b'{"status":"success","record":null}'
    )
    with RawServer([said]) as server, caplog.at_level(logging.DEBUG):
        send(server.account(), _wire.profile("email", "jack@example.com"))
    assert "could not be read" in caplog.text
    assert "jack" not in caplog.text
    assert "pass-CODE-1" not in caplog.text


def test_lines_of_others_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Only requests to this API are shortened in the log."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("urllib3.connectionpool").debug('"%s %s"', "GET", "/search?q=pandas")
    assert "/search?q=pandas" in caplog.text


def test_one_gate_whatever_the_limits_are_called(scripted: Scripted) -> None:
    """Two values of one account, with different limits, still share what is in flight."""
    assert gate.gate(scripted.url, "TEST-1") is gate.gate(scripted.url, "TEST-1")
    scripted.answers = lambda _: Answer({"status": "success", "records": []}, delay=0.03)
    accounts = [scripted.account(), scripted.account(limits="current")]
    threads = [threading.Thread(target=send, args=(account,)) for account in accounts * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scripted.most_in_flight <= 3


def test_a_forked_process_has_connections_of_its_own(scripted: Scripted) -> None:
    """On a shared connection each process could read the other's answer."""
    scripted.answers = lambda seen: {
        "status": "success",
        "record": {"identity": urllib.parse.unquote(seen.target.partition("=")[2])},
    }
    script = f"""
        import os, sys, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        import ct_pandas as ct
        account = ct.Account("TEST-1", "pass-CODE-1", base_url={scripted.url!r}, max_wait=5)
        def look(name):
            asked = [f"{{name}}-{{n}}" for n in range(40)]
            found = ct.read_profile(identity=asked, account=account, progress=False)
            return found["identity"].tolist() == asked
        assert look("before")
        child = os.fork()
        good = look(f"child-{{child == 0}}")
        if child == 0:
            os._exit(0 if good else 1)
        status = os.waitpid(child, 0)[1]
        sys.exit(0 if good and status == 0 else 1)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
