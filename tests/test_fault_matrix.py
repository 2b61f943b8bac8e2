"""The fault matrix: every fault under every operation ends whole, or in an error that can go on."""

from __future__ import annotations

import errno
import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ct_pandas as ct
from ct_pandas._storage import files
from ct_pandas.sandbox import Fault

import fault_matrix
from conftest import QuickClock
from fault_matrix import Cell, Row

PAGE, CALL = 12, 5
LIMITS = ct.Limits(CALL, 32, "characters", 120, 63, uploads_in_flight=3, token_records=CALL)
WORLD = {"users": 60, "paging": "exact", "in_progress": 0, "timezone": "Asia/Kolkata"}
PEOPLE = ("App Launched", "2025-07-01", "2025-12-31")
EVENTS = ("App Launched", "2025-07-01", "2025-07-31")
CASES = [
    pytest.param(row, operation, on, id=f"{row.name}-{operation}-{on}")
    for row in fault_matrix.ROWS
    for operation in fault_matrix.READS
    if operation in row.cells
    for on in (row.on if operation != "by id" else ("profile",))
]
SENT = [
    pytest.param(row, operation, id=f"{row.name}-{operation}")
    for row in fault_matrix.ROWS
    for operation in fault_matrix.UPLOADS
    if operation in row.cells
]


def sandbox(**more: Any) -> ct.Sandbox:
    """Return a small world that waits for nothing."""
    return ct.Sandbox(**(WORLD | {"limits": LIMITS, "max_wait": 30.0} | more))


@pytest.fixture(scope="module")
def world() -> Iterator[ct.Sandbox]:
    """Serve one world to all reads."""
    with sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def ids(world: ct.Sandbox) -> list[str]:
    """Return some ids of the world's people."""
    known = world.server.world.people.top.column("identity")
    return [one for one in known if isinstance(one, str) and not one.startswith("[")][:9]


@pytest.fixture(scope="module")
def truths() -> dict[str, pd.DataFrame]:
    """Keep what each operation reads where nothing goes wrong."""
    return {}


def _reader(
    operation: str, world: ct.Sandbox, ids: list[str], folder: Path
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return how to read, and the same again where nothing goes wrong."""
    common = {"account": world.account, "progress": False}
    walk = common | {"batch_size": PAGE}
    match operation:
        case "by id":
            return (lambda: ct.read_profile(identity=ids, **common),) * 2
        case "people":
            return (lambda: ct.read_clevertap_events(*PEOPLE, **walk),) * 2
        case "events":
            return (lambda: ct.read_clevertap_events(*EVENTS, rows="event", **walk),) * 2
        case "checkpoint":
            plain = {"rows": "event", **walk}
            return (
                lambda: ct.read_clevertap_events(*EVENTS, checkpoint=folder / "kept", **plain),
                lambda: ct.read_clevertap_events(*EVENTS, **plain),
            )
    return (
        lambda: ct.download_clevertap_events(*PEOPLE, directory=folder / "there", **walk),
        lambda: ct.read_clevertap_events(*PEOPLE, **walk),
    )


def _frame(found: Any) -> pd.DataFrame:
    return found.to_frame() if isinstance(found, ct.Download) else found


def _same(found: pd.DataFrame, truth: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, truth, check_flags=False)
    assert found.attrs["clevertap"]["complete"] is True
    assert found.attrs["clevertap"]["rows"] == len(truth)


def _part_of(partial: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Check that a partial is a beginning of the truth, and says that it is not all."""
    assert partial.attrs["clevertap"]["complete"] is False
    assert len(partial) <= len(truth)
    if "ts" in truth:
        assert partial["ts"].tolist() == truth["ts"].tolist()[: len(partial)]
    else:
        assert set(partial["identity"].dropna()) <= set(truth["identity"].dropna())


@pytest.mark.parametrize(("row", "operation", "on"), CASES)
def test_reads(  # noqa: PLR0917  (fixtures)
    row: Row,
    operation: str,
    on: str,
    world: ct.Sandbox,
    ids: list[str],
    truths: dict[str, pd.DataFrame],
    clock: QuickClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole result, or an error with the right part of it and a resume that completes it."""
    read, calmly = _reader(operation, world, ids, tmp_path)
    world.server.clear_faults()
    if operation not in truths:
        truths[operation] = calmly()
    truth = truths[operation]
    cell = row.cells[operation]
    world.server.forget_requests()
    _bring_about(row, on, world, clock, monkeypatch)
    if cell.ends == "whole":
        _same(_frame(read()), truth)
        _struck(row, world)
        return
    with pytest.raises(getattr(ct, cell.error)) as caught:
        read()
    _struck(row, world)
    world.server.clear_faults()
    monkeypatch.undo()
    _own_clock(monkeypatch, clock)
    error = caught.value
    assert world.server.passcode not in f"{error!s}{error!r}{error.code}"
    if cell.ends == "at once" and not isinstance(error, ct.DownloadError):
        return
    assert isinstance(error, ct.DownloadError)
    _part_of(_frame(error.partial), truth)
    assert ct.last_interruption() is error
    _same(_frame(error.resume()), truth)
    assert ct.last_interruption() is None


def _own_clock(monkeypatch: pytest.MonkeyPatch, clock: QuickClock) -> None:
    from ct_pandas._transport import sending

    monkeypatch.setattr(sending, "CLOCK", clock)


def _bring_about(
    row: Row, on: str, world: ct.Sandbox, clock: QuickClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = {"mint": 0, "profile": 5}.get(on, 2)  # by id, three are asked for at once
    world.server.clear_faults()
    if row.kind == "clock":
        jumps = itertools.cycle([0.0, 3e9, -1e9, 86_400.0])
        monkeypatch.setattr(clock, "wall", lambda: next(jumps))
        world.server.order(Fault("throttle_429", on=on, after=after, times=2, **row.details))
    elif row.kind == "disk":
        whole, left = files.replacing, [2 + (on == "page")]

        def full(path: Path) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return whole(path)

        for name in ("store", "files"):
            monkeypatch.setattr(f"ct_pandas._storage.{name}.replacing", full)
    else:
        cycle = int(row.details.get("cycle", 1))
        after = max(after, cycle) if row.kind == "repeated_cursor" else after
        world.server.order(Fault(row.kind, on=on, after=after, times=row.times, **row.details))


def _struck(row: Row, world: ct.Sandbox) -> None:
    """Check that the fault struck: one that never did would prove nothing."""
    struck = {arrival.fault for arrival in world.server.requests}
    kind = {"clock": "throttle_429"}.get(row.kind, row.kind)
    assert kind in struck or kind == "disk"


def _rows(operation: str) -> tuple[pd.DataFrame, Callable[[pd.DataFrame, dict[str, Any]], ct.UploadReport]]:
    """Return what to upload and how."""
    number = range(14)
    match operation:
        case "upload":
            frame = pd.DataFrame(
                {"identity": [f"new-{n}" for n in number], "mark": [f"m{n}" for n in number]}
            )
            return frame, lambda frame, rest: frame.clevertap.upload(**rest)
        case "upload events":
            frame = pd.DataFrame(
                {
                    "identity": [f"new-{n}" for n in number],
                    "mark": number,
                    "ts": [1_760_000_000 + n for n in number],
                }
            )
            return frame, lambda frame, rest: frame.clevertap.upload_events("Marked", **rest)
    frame = pd.DataFrame(
        {"objectId": [f"__device{n}" for n in number], "token": [f"token{n}" for n in number]}
    )
    return frame, lambda frame, rest: frame.clevertap.upload_tokens("fcm", **rest)


def _stored(operation: str, world: ct.Sandbox, frame: pd.DataFrame) -> list[int]:
    """Return how often each row has arrived, from the sandbox's own books."""
    inside = world.server.world
    people = inside.people
    if operation == "upload events":
        track = inside.track("Marked")
        marks = [track.props(at)["mark"] for at in range(len(track))]
        return [marks.count(mark) for mark in frame["mark"]]
    if operation == "upload tokens":
        tokens = [device.get("push_token") for devices in people.devices for device in devices]
        return [tokens.count(token) for token in frame["token"]]
    rows = [people.find("identity", identity) for identity in frame["identity"]]
    return [
        int(row is not None and people.attributes.get("mark", row) == mark)
        for row, mark in zip(rows, frame["mark"], strict=True)
    ]


def _true(report: ct.UploadReport, stored: list[int], frame: pd.DataFrame) -> None:
    """Check every row's status against what the account holds."""
    assert sum(report.counts.values()) == len(frame)
    for status, times in zip(report.rows["status"], stored, strict=True):
        assert times <= 1
        assert status != "accepted" or times == 1
        assert status != "not_sent" or times == 0


@pytest.mark.parametrize(("row", "operation"), SENT)
def test_uploads(row: Row, operation: str, clock: QuickClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row ends in one true state; what can be sent again completes, nothing else is sent twice."""
    frame, send = _rows(operation)
    cell = row.cells[operation]
    with sandbox(users=5) as world, warnings.catch_warnings():
        warnings.simplefilter("ignore", ct.UploadWarning)
        kind = "throttle_429" if row.kind == "clock" else row.kind
        if row.kind == "clock":
            jumps = itertools.cycle([0.0, 3e9, -1e9, 86_400.0])
            monkeypatch.setattr(clock, "wall", lambda: next(jumps))
        world.server.order(Fault(kind, on="upload", after=1, times=row.times, **row.details))
        rest = {"account": world.account, "progress": False}
        report = _sent(cell, lambda: send(frame, rest))
        _true(report, _stored(operation, world, frame), frame)
        struck = report.rows["status"].iloc[CALL : 2 * CALL]
        assert set(struck) == {cell.status}
        assert set(report.rows["status"].iloc[:CALL]) == {"accepted"}
        assert kind in {arrival.fault for arrival in world.server.requests}
        world.server.clear_faults()
        if cell.status == "accepted":
            assert report.ok
            assert _stored(operation, world, frame) == [1] * len(frame)
        elif cell.again:
            assert report.retry().ok
            assert _stored(operation, world, frame) == [1] * len(frame)
        else:
            before = len(world.server.requests)
            again = report.retry()
            sent = world.server.requests[before:]
            assert not sent or "not_sent" in set(report.rows["status"])
            assert max(_stored(operation, world, frame)) <= 1
            assert set(again.rows["status"].iloc[CALL : 2 * CALL]) == {cell.status}


def _sent(cell: Cell, send: Callable[[], ct.UploadReport]) -> ct.UploadReport:
    if cell.ends == "whole":
        return send()
    with pytest.raises(getattr(ct, cell.error)) as caught:
        send()
    report: ct.UploadReport = caught.value.report
    return report


def test_what_was_once_unknown_is_never_called_unsent() -> None:
    """A retry that does not go out leaves rows what they were: sent once, and not answered."""
    frame, send = _rows("upload")
    with sandbox(users=5) as world, warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        world.server.order(Fault("lost_answer_after", on="upload", times=None))
        with pytest.raises(ct.UploadError) as caught:
            send(frame, {"account": world.account, "progress": False})
        unanswered = caught.value.report
        world.server.clear_faults()
        world.server.order(Fault("throttle_429", on="upload", times=None))
        with pytest.raises(ct.UploadError) as caught:
            unanswered.retry()
        after = caught.value.report
        assert after.rows["status"].tolist() == unanswered.rows["status"].tolist()
        world.server.clear_faults()
        assert after.retry().ok


def test_the_page_of_the_docs_shows_this_matrix() -> None:
    """The table that people read is made of the same data; make it again with ``python docs/faults.py``."""
    page = Path(__file__).parents[1] / "docs" / "faults.md"
    assert fault_matrix.markdown() in page.read_text(encoding="utf-8")
