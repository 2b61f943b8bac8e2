"""A real Ctrl-C, in a process of its own, while a server says nothing."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest
import tqdm.auto
import tqdm.notebook
from bars import Bar

import ct_pandas as ct
from ct_pandas._paging.crew import Crew
from ct_pandas._transport import sending
from ct_pandas._unbroken import unbroken
from ct_pandas._upload.interrupts import handler_kept, only_the_first_interrupt
from ct_pandas.sandbox import Fault, SandboxServer

from rawserver import within
from scripted import Answer, Scripted

SCRIPT = """
import json, sys, threading, time
import ct_pandas as ct
account = ct.Account({id!r}, {passcode!r}, base_url={url!r}, timezone="UTC", max_wait=900.0)
print("at work", flush=True)
try:
    {work}
except (ct.DownloadInterrupted, ct.UploadInterrupted) as error:
    stopped = time.monotonic()
    last = ct.last_interruption() is error
    rows = len(error.partial) if hasattr(error, "partial") else error.report.counts
    whole = error.partial.attrs["clevertap"]["complete"] if hasattr(error, "partial") else None
    while any(one.name.startswith("ct_pandas") for one in threading.enumerate()):
        if time.monotonic() - stopped > 8:
            break
        time.sleep(0.01)
    left = [one.name for one in threading.enumerate() if one.name.startswith("ct_pandas")]
    print(json.dumps({{"rows": rows, "complete": whole, "last": last, "left": left}}), flush=True)
"""
READ = "ct.read_clevertap_events('App Launched', 20250701, 20251231, rows='event', batch_size=23, {more})"
WORKS = {
    "read": READ.format(more="progress=False, account=account"),
    "parallel": READ.format(more="progress=False, parallel=3, account=account"),
    "a bar": READ.format(more="account=account"),
    "lookup": (
        "ct.read_profile(identity=[f'CUST-{n:06}' for n in range(40)], progress=False, account=account)"
    ),
}


@pytest.fixture
def server() -> Any:
    """Serve a small world whose pages stop coming after a while."""
    with SandboxServer(users=60, in_progress=0) as running:
        yield running


def interrupted(server: SandboxServer, work: str) -> tuple[dict[str, Any], float]:
    """Start a process, wait until it waits, press Ctrl-C; return what it said and how long it took."""
    script = textwrap.dedent(SCRIPT).format(
        id=server.account_id, passcode=server.passcode, url=server.url, work=work
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "error::ResourceWarning", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline().startswith("at work")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not any(seen.fault == "hang" for seen in server.requests):
        time.sleep(0.02)
    time.sleep(0.3)
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, complaint = process.communicate(timeout=30)
    took = time.monotonic() - pressed
    assert "ResourceWarning" not in complaint
    assert said, complaint
    return json.loads(said.splitlines()[-1]), took


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("work", WORKS)
def test_ctrl_c_while_a_server_hangs(server: SandboxServer, work: str) -> None:
    """At once, with what came, and with nothing left running."""
    server.order(Fault("hang", on="profile" if work == "lookup" else "page", after=3, times=None))
    told, took = interrupted(server, WORKS[work])
    assert took < 4
    assert told["rows"] > 0
    assert told["complete"] is False
    assert told["last"] is True
    assert told["left"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_while_an_upload_hangs(server: SandboxServer) -> None:
    """The answers that came are kept; what is in the air is unknown; the rest was not sent."""
    server.order(Fault("hang", on="upload", after=1, times=None))
    work = (
        "from ct_pandas._upload import dispatch; dispatch.LAST_ANSWERS = 0.3; "
        "__import__('pandas').DataFrame({'identity': [f'i-{n}' for n in range(350)], 'x': 1})"
        ".clevertap.upload(progress=False, account=account)"
    )
    told, took = interrupted(server, work)
    assert took < 4
    assert told["left"] == []
    assert told["rows"] == {"accepted": 100, "refused": 0, "not_sent": 150, "unknown": 100}


def test_a_worker_that_ends_while_it_is_looked_at_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stopped the work is what is raised, whenever the last worker ends."""

    class Bar:
        def beat(self, *_: object) -> None:
            raise KeyboardInterrupt

    crew = Crew(cast(Any, Bar()))
    is_alive = threading.Thread.is_alive

    def look(thread: threading.Thread) -> bool:
        was = is_alive(thread)
        if crew.cancel.is_set():
            thread.join()
        return was

    monkeypatch.setattr(threading.Thread, "is_alive", look)
    with pytest.raises(KeyboardInterrupt):
        crew.run(crew.cancel.wait)


def test_an_interrupt_while_a_thread_ends_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own look at a thread, cut short as that thread ends, raises ``RuntimeError`` instead."""

    class Bar:
        def beat(self, *_: object) -> None:
            pass

    crew = Crew(cast(Any, Bar()))
    is_alive = threading.Thread.is_alive

    def look(thread: threading.Thread) -> bool:
        if not crew.cancel.is_set():
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                raise RuntimeError("release unlocked lock") from None
        return is_alive(thread)

    monkeypatch.setattr(threading.Thread, "is_alive", look)
    with pytest.raises(KeyboardInterrupt):
        crew.run(crew.cancel.wait)


def test_nobody_is_left_at_work_by_a_second_interrupt() -> None:
    """Whoever presses Ctrl-C twice wants the end twice as much."""

    class Bar:
        def beat(self, *_: object) -> None:
            signal.raise_signal(signal.SIGINT)

    ended = threading.Event()
    crew = Crew(cast(Any, Bar()))

    def job() -> None:
        crew.cancel.wait()
        signal.raise_signal(signal.SIGINT)  # which the main thread hears
        time.sleep(0.1)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        crew.run(job)
    assert ended.is_set()


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_interrupt_while_an_upload_starts_its_threads(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """No thread waits for ever for work that nobody will give it."""
    scripted.answers = lambda _: {"status": "success", "processed": 1, "unprocessed": []}
    start = threading.Thread.start
    before = threading.active_count()
    pressed: list[bool] = []

    def start_and_press(thread: threading.Thread) -> None:
        mine = thread.name == "ct_pandas" and not pressed
        if mine and place == "before":
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)
        start(thread)
        if mine and place == "after":
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(threading.Thread, "start", start_and_press)
    with pytest.raises(ct.UploadInterrupted) as stopped:
        pd.DataFrame({"identity": ["a"], "x": 1}).clevertap.upload(account=scripted.account(), progress=False)
    assert stopped.value.report.counts["not_sent"] == 1
    assert within(2, lambda: threading.active_count() == before)


@contextlib.contextmanager
def pressed_at(step: int) -> Iterator[None]:
    """Press Ctrl-C at one of the calls and returns of the block."""
    left = [step]

    def look(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Collect no garbage: an interrupt within the end of some object is raised to nobody."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("managers", [(unbroken,), (handler_kept, only_the_first_interrupt)])
def test_the_handler_stays_wherever_an_interrupt_falls(managers: tuple[Any, ...]) -> None:
    """Also where it cuts short how a block begins or ends: the one left behind would be deaf for a while."""
    before = signal.getsignal(signal.SIGINT)
    kept = []  # whoever keeps the traceback keeps what was cut short
    for step in range(1, 300):
        try:
            with pressed_at(step):
                if len(managers) == 1:
                    with managers[0]():
                        len("x")
                else:
                    with managers[0](), managers[1]():
                        len("x")
        except KeyboardInterrupt as stopped:
            kept.append(stopped)
        now = signal.signal(signal.SIGINT, before)
        assert now is before, step
    assert kept


def test_an_import_is_not_cut_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an import leaves modules that cannot be imported again, or a lock that other threads wait for."""
    whole: list[str] = []
    import_module = importlib.import_module

    def press(name: str) -> Any:
        signal.raise_signal(signal.SIGINT)
        whole.append(name)
        return import_module(name)

    monkeypatch.setattr(importlib, "import_module", press)
    with pytest.raises(KeyboardInterrupt):
        _ = ct.count_profiles
    assert whole == ["ct_pandas._reading.readers"]


def answering(scripted: Scripted) -> None:
    """Answer every query with one page of one person."""
    scripted.answers = lambda seen: (
        {"status": "success", "cursor": "c"}
        if seen.method == "POST"
        else {"status": "success", "records": [{"identity": "a"}]}
    )


def test_a_bar_is_not_half_made(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is half made stays known to tqdm, and is drawn again with every line that is written later."""
    answering(scripted)
    made: list[bool] = []

    class Pressed(tqdm.auto.tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            signal.raise_signal(signal.SIGINT)
            super().__init__(*args, **options)
            made.append(True)

    monkeypatch.setattr(tqdm.auto, "tqdm", Pressed)
    with pytest.raises(ct.DownloadInterrupted):
        ct.read_clevertap_events("A", 20251001, 20251002, account=scripted.account())
    assert made


def test_a_half_made_bar_of_somebody_else_fails_no_read(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An interrupt in a loop of the user's own may leave one behind; the line is out when it is met."""
    answering(scripted)

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tqdm.std.tqdm._instances", weakref.WeakSet())
    monkeypatch.setattr(tqdm.notebook.tqdm, "status_printer", press)
    half_made: Any = tqdm.notebook.tqdm.__new__(tqdm.notebook.tqdm)
    with pytest.raises(KeyboardInterrupt):
        half_made.__init__(range(3))
    frame = ct.read_clevertap_events("A", 20251001, 20251002, account=scripted.account())
    assert len(frame) == 1
    half_made.disable = True
    assert "1 person who did A" in capsys.readouterr().out


def test_a_read_in_another_thread(scripted: Scripted) -> None:
    """Work in a thread of the caller's is work like any other; it is stopped through its bar."""
    scripted.answers = lambda seen: (
        {"status": "success", "cursor": "c"}
        if seen.method == "POST"
        else {"status": "success", "records": [{"identity": "a"}]}
    )
    found: list[Any] = []
    account = scripted.account()
    thread = threading.Thread(
        target=lambda: found.append(
            ct.read_clevertap_events("A", 20251001, 20251002, account=account, progress=False)
        )
    )
    thread.start()
    thread.join(10)
    assert len(found[0]) == 1


def test_work_where_another_program_runs_python(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that imports ``threading`` first passes for the main one, and is given no signals."""
    monkeypatch.setattr(threading, "main_thread", threading.current_thread)
    scripted.answers = [
        {"status": "success", "cursor": "c"},
        {"status": "success", "records": [{"identity": "a"}]},
        {"status": "success", "processed": 1, "unprocessed": []},
    ]
    found: list[Any] = []
    options: dict[str, Any] = {"account": scripted.account(), "progress": False}

    def work() -> None:
        found.append(ct.read_clevertap_events("A", 20251001, 20251002, **options))
        found.append(pd.DataFrame({"identity": ["a"], "x": 1}).clevertap.upload(**options).counts["accepted"])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert [len(found[0]), found[1]] == [1, 1]


def test_a_read_outlives_the_main_thread(scripted: Scripted) -> None:
    """A script may end while a thread of its own still reads; Python then gives no helpers any more."""
    person = {"status": "success", "records": [{"identity": "a"}]}
    pages = [*({**person, "next_cursor": f"{number}"} for number in range(9)), person]
    answers = [Answer(page, delay=0.05) for page in pages]
    answers.insert(6, Answer(b'{"status": "succ', delay=0.05))  # and is asked for again
    scripted.answers = [{"status": "success", "cursor": "c"}, *answers]
    script = f"""
import threading, ct_pandas as ct
account = ct.Account("TEST-1", "x", base_url={scripted.account().base_url!r}, max_wait=20.0)
def read():
    options = {{"rows": "event", "account": account, "progress": False}}
    print(len(ct.read_clevertap_events("A", 20251001, 20251002, **options)))
threading.Thread(target=read).start()
"""
    told = subprocess.check_output([sys.executable, "-c", script], text=True, timeout=60)
    assert told.strip() == "10"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that takes nothing")
def test_a_bar_that_nobody_can_see_stops_nothing(scripted: Scripted) -> None:
    """The terminal may be gone, or the disk full that standard error goes to: nobody asked for an end.

    Nor may tqdm's lock stay behind, for which the bars of other threads would wait for ever.
    """
    answering(scripted)
    script = f"""
import threading
import ct_pandas as ct
account = ct.Account("TEST-1", "x", base_url={scripted.account().base_url!r}, max_wait=20.0)
def read():
    print(len(ct.read_clevertap_events("A", 20251001, 20251002, account=account)))
read()
thread = threading.Thread(target=read, daemon=True)
thread.start()
thread.join(20)
"""
    with Path("/dev/full").open("w") as full:
        told = subprocess.check_output([sys.executable, "-c", script], stderr=full, text=True, timeout=60)
    assert told.splitlines()[1::2] == ["1", "1"]


def test_the_bar_is_called_while_others_hold_every_slot(scripted: Scripted) -> None:
    """Waiting for a free slot is a wait like any other: twice a second at least, and it does not count."""
    release = threading.Event()
    scripted.answers = lambda seen: (
        Answer({"status": "success", "count": 1}, until=release)
        if "/counts/" in seen.target
        else {"status": "success", "cursor": "c"}
        if seen.method == "POST"
        else {"status": "success", "records": [{"identity": "a"}]}
    )
    account = scripted.account(max_wait=1.0)
    patient = scripted.account(max_wait=30.0)
    busy = [
        threading.Thread(
            target=ct.count_profiles, args=("A", 20251001, 20251002), kwargs={"account": patient}
        )
        for _ in range(3)
    ]
    for thread in busy:
        thread.start()
    while scripted.most_in_flight < 3:
        time.sleep(0.01)
    threading.Timer(1.6, release.set).start()
    beats = Bar()
    frame = ct.read_clevertap_events("A", 20251001, 20251002, progress=beats, account=account)
    for thread in busy:
        thread.join()
    assert len(frame) == 1
    assert beats.longest <= 0.5


def test_the_bar_is_called_while_an_answer_drips(scripted: Scripted) -> None:
    """A slow body is a wait like any other, and so is an answer that has not begun."""
    page = {"status": "success", "records": [{"identity": "a"}]}
    scripted.answers = [Answer({"status": "success", "cursor": "c"}, delay=0.8), Answer(page, drip=0.015)]
    beats = Bar()
    ct.read_clevertap_events("A", 20251001, 20251002, progress=beats, account=scripted.account())
    assert beats.longest <= 0.5


def test_retries_wait_in_real_time_too(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the clock of this machine: the first retry comes within a second, the bar is called meanwhile."""
    monkeypatch.setattr(sending, "CLOCK", sending.Clock())
    page = {"status": "success", "records": [{"identity": "a"}]}
    scripted.answers = [{"status": "success", "cursor": "c"}, Answer(b"", 503), Answer(b"", 503), page]
    started = time.monotonic()
    beats = Bar()
    ct.read_clevertap_events("A", 20251001, 20251002, progress=beats, account=scripted.account())
    assert time.monotonic() - started < 3
    assert beats.longest <= 0.5
