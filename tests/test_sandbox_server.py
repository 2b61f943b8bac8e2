"""The sandbox as a server: starting, stopping, limits, log, command line."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

import ct_pandas as ct
from ct_pandas import _sandbox
from ct_pandas.sandbox import Fault, SandboxServer, Switches
from ct_pandas.sandbox.__main__ import main

from rawserver import within
from sandbox_raw import YEAR, Raw

ONE = "/1/profile.json?identity=5555555555"
LAUNCHED = {"event_name": "App Launched", **YEAR}


def test_start_and_stop_leave_nothing() -> None:
    """Threads and sockets are gone after `stop`, also with connections left open; it starts again."""
    before = set(threading.enumerate())
    server = SandboxServer(users=5)
    for _ in range(2):
        server.start()
        port = urlsplit(server.url).port or 0
        idle = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        idle.connect()
        assert Raw(server).get(ONE).status == 200
        server.stop()
        idle.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    assert set(threading.enumerate()) == before
    server.stop()


def test_not_running_has_no_url() -> None:
    """The address of a sandbox that is not running is an error that says what to do."""
    with pytest.raises(RuntimeError, match="start"):
        _ = SandboxServer(users=5).url


def test_passcode_is_drawn_and_not_shown() -> None:
    """Every server has a passcode of its own, which no repr shows."""
    one, other = SandboxServer(users=5), SandboxServer(users=5)
    assert one.passcode != other.passcode
    assert one.passcode not in repr(one)
    assert SandboxServer(users=5, passcode="given").passcode == "given"


def test_connections_are_kept_alive() -> None:
    """Many requests go over one connection."""
    with SandboxServer(users=5) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
        connection.connect()
        local = connection.sock.getsockname()
        for _ in range(3):
            connection.request("GET", ONE, headers={"X-CleverTap-Account-Id": "x"})
            assert connection.getresponse().read()
            assert connection.sock.getsockname() == local
        connection.close()


def test_an_answer_to_head_has_no_body() -> None:
    """The next answer on the connection is not mistaken for it."""
    with SandboxServer(users=5) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
        for method in ("HEAD", "GET"):
            connection.request(method, ONE)
            answer = connection.getresponse()
            assert answer.status == 401
            assert bool(answer.read()) == (method == "GET")
        connection.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_ends_without_the_server() -> None:
    """A forked process stops nothing of its parent's: it has none of the threads that it would wait for."""
    program = (
        "import os, sys, time, ct_pandas as ct\n"
        "ct.connect_sandbox(users=5)\n"
        "if not (child := os.fork()):\n"
        "    sys.exit(7)\n"
        "begun = time.monotonic()\n"
        "while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < begun + 4:\n"
        "    time.sleep(0.05)\n"
        "if not ended[0]:\n"
        "    os.kill(child, 9)\n"
        "assert os.waitstatus_to_exitcode(ended[1]) == 7 and ended[0]\n"
        "assert ct.count_profiles('App Launched', '2025-07', '2025-12') >= 0\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_requests_are_logged_without_the_passcode() -> None:
    """The log has what arrived, raw, but for the passcode."""
    with SandboxServer(users=5) as server:
        raw = Raw(server)
        raw.get("/1/profile.json?email=a%2Bb%40example.com")
        raw.post("/1/upload", {"d": []})
        first, second = server.requests
        assert (first.method, first.path, first.query) == (
            "GET",
            "/1/profile.json",
            "email=a%2Bb%40example.com",
        )
        assert (first.kind, first.status, first.in_flight) == ("profile", 200, 1)
        assert second.json() == {"d": []}
        assert server.passcode not in repr(server.requests)
        assert first.headers["x-clevertap-account-id"] == server.account_id
        server.forget_requests()
        assert server.requests == []


def together(server: SandboxServer, number: int, path: str = ONE, method: str = "GET") -> list[int]:
    """Send several requests at once."""
    raw = Raw(server)
    payload: Any = {"d": []} if method == "POST" else None
    with ThreadPoolExecutor(number) as pool:
        replies = pool.map(lambda _: raw.ask(method, path, payload).status, range(number))
        return sorted(replies)


def test_more_than_three_at_once_are_refused() -> None:
    """The fourth request in flight is 429, in the documented words."""
    with SandboxServer(users=5, latency=0.2) as server:
        assert together(server, 5) == [200, 200, 200, 429, 429]
        assert server.max_in_flight_seen == 5
        assert max(one.in_flight for one in server.requests) == 5


def test_three_per_account_include_uploads() -> None:
    """By the documentation an account has three requests in flight, of whatever kind."""
    with SandboxServer(users=5, in_progress=0) as server:
        raw = Raw(server)
        server.order(Fault("hang", on="profile", times=3, seconds=30))
        with ThreadPoolExecutor(3) as pool:
            waiting = [pool.submit(raw.get, ONE) for _ in range(3)]
            while len(server.requests) < 3:
                time.sleep(0.001)
            assert raw.post("/1/upload", {"d": []}).status == 429
            server.stop()
            assert all(isinstance(one.exception(), ConnectionError) for one in waiting)


def test_uploads_have_a_limit_of_their_own() -> None:
    """Newer accounts take 15 uploads at once, and still 3 of everything else."""
    with SandboxServer(users=5, latency=0.2, limits="current") as server:
        assert together(server, 8, "/1/upload", "POST") == [200] * 8
        assert 429 in together(server, 5)


def test_slot_is_free_when_the_answer_is_there() -> None:
    """A client with exactly as many requests in flight as allowed is never refused."""
    with SandboxServer(users=5, reads_in_flight=2) as server:
        raw = Raw(server)

        def many(_: int) -> set[int]:
            return {raw.get(ONE).status for _ in range(60)}

        with ThreadPoolExecutor(2) as pool:
            assert set().union(*pool.map(many, range(2))) == {200}


def test_a_client_that_goes_away_frees_its_slot() -> None:
    """Who gave up on an answer that never came is not throttled by their own request."""
    with SandboxServer(users=5, reads_in_flight=1, faults=[Fault("hang")]) as server:
        with pytest.raises(OSError, match="timed out"):
            Raw(server, timeout=0.05).get(ONE)
        assert within(5, lambda: Raw(server).get(ONE).status == 200)


def test_over_limit_can_be_silent() -> None:
    """Beyond the limit a cursor can be given for an export without records."""
    with SandboxServer(users=20, in_progress=0, over_limit="empty", reads_in_flight=1) as server:
        raw = Raw(server)
        server.order(Fault("hang", on="profile", seconds=0.2))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(raw.get, ONE)
            while not server.requests:
                time.sleep(0.001)
            cursor = raw.cursor(LAUNCHED)
            with pytest.raises(ConnectionResetError):
                waiting.result()
        assert "records" not in raw.page(cursor)
        assert raw.records(LAUNCHED)


def test_penalty_after_429() -> None:
    """Older accounts stay closed for minutes after they were overrun."""
    now = [1000.0]
    with SandboxServer(users=5, latency=0.1, penalty=600, clock=lambda: now[0]) as server:
        assert 429 in together(server, 5)
        now[0] += 599
        assert Raw(server).get(ONE).status == 429
        now[0] += 1300
        assert Raw(server).get(ONE).status == 200


def test_a_choice_that_is_none_is_told_those_that_are() -> None:
    """The error lists what there is."""
    with pytest.raises(ValueError, match="buckets, exact"):
        Switches(paging="big")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("users", -1),
        ("users", 2.5),
        ("seed", "x"),
        ("port", 99_999),
        ("host", "0.0.0.0"),
        ("timezone", "Mars/Olympus"),
        ("timezone", None),
        ("in_progress", -1),
        ("counts_partial", 1.5),
        ("cursor_length", 5),
        ("reads_in_flight", 0),
        ("latency", "a"),
        ("retry_after", -1),
        ("page_methods", "GET"),
        ("cursor_first", "no"),
    ],
)
def test_impossible_worlds_are_refused(argument: str, value: Any) -> None:
    """An argument that makes no sense is an error that names it and its value, before anything listens."""
    with pytest.raises(ValueError, match=re.escape(f"{argument}={value!r}")):
        SandboxServer(**{"users": 5, argument: value})


def test_faults_are_faults() -> None:
    """The name of a fault alone is no order; the error says how to give one."""
    with pytest.raises(TypeError, match=r"'reset'.*Fault\(kind"):
        SandboxServer(users=5, faults=["reset"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"'reset'.*Fault\(kind"):
        SandboxServer(users=5).order("reset")  # type: ignore[arg-type]


def test_arguments_that_were_nearly_right() -> None:
    """A misspelt argument is told the right one, be it a switch or not."""
    with pytest.raises(TypeError, match=r"user \(did you mean users\?\)"):
        SandboxServer(user=5)
    with pytest.raises(TypeError, match=r"did you mean in_progress\?\); there are .*, bad_login, "):
        SandboxServer(in_progres=5)


def test_a_page_of_megabytes() -> None:
    """A page of 4,991 people comes whole, and the same when it is asked for again."""
    with SandboxServer(users=6000, in_progress=0) as server:
        raw = Raw(server)
        first, again = (raw.get(f"/1/profiles.json?cursor={raw.cursor(LAUNCHED)}").json for _ in range(2))
        assert len(first["records"]) == 4991
        assert first["records"] == again["records"]


def test_command_line_serves_until_told_to_stop(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints what a shell needs and stops cleanly."""
    stop = threading.Event()
    stop.set()
    assert main(["--users", "5", "--paging", "exact", "--no-app-default", "--latency", "0"], stop) == 0
    told = capsys.readouterr().out
    assert re.search(r"^export CLEVERTAP_BASE_URL=http://127\.0\.0\.1:\d+$", told, re.MULTILINE)
    assert "export CLEVERTAP_PASSCODE=" in told


def test_command_line_in_a_process() -> None:
    """``python -m ct_pandas.sandbox`` answers, and Ctrl-C ends it without a traceback."""
    command = [sys.executable, "-m", "ct_pandas.sandbox", "--users", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(5)]
        url = lines[1].strip().partition("=")[2]
        with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5):
            os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


def test_command_line_says_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is taken, a zone that is none: one line, no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for wrong in (["--port", str(taken.getsockname()[1])], ["--timezone", "Mars"], ["--users", "-1"]):
            with pytest.raises(SystemExit) as stopped:
                main(["--users", "5", *wrong])
            assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert "Address already in use" in told
    assert "timezone='Mars'" in told
    assert "users=-1" in told


def test_command_line_explains_every_switch(capsys: pytest.CaptureFixture[str]) -> None:
    """The help says of each switch what its documentation says."""
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "How often the first page answers" in told
    assert told.count("uploads and all others counted apart") == 2
    assert " switch (default" not in told


def test_a_world_that_cannot_be_leaves_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """`connect_sandbox` stops the running sandbox only when the next one is there."""
    monkeypatch.setattr(_sandbox, "_running", [])
    monkeypatch.setattr(_sandbox, "_worlds", [])
    before = ct.connect_sandbox(users=7)
    with pytest.raises(ValueError, match="users='many'"):
        ct.connect_sandbox(users="many")
    assert ct.connect_sandbox() is before
    assert ct.count_profiles("App Launched", "2025-10", account=before) > 0
    after = ct.connect_sandbox(users=8)
    assert after != before
    assert ct.connect_sandbox() is after
    _sandbox._stop()


def test_a_sandbox_that_cannot_be_an_account_stops() -> None:
    """Nothing goes on listening when the account cannot be made."""
    before = set(threading.enumerate())
    with pytest.raises(ct.ClevertapError), ct.Sandbox(users=5, account_id=""):
        pass
    assert set(threading.enumerate()) == before
