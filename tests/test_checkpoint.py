"""Rules of checkpoints: finished pages outlive the process, belong to one download, and are nobody else's."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bars import once_at
from test_readers import DAYS, PEOPLE, pages_of, person, read

import ct_pandas as ct
from ct_pandas import _account
from ct_pandas._paging import enough
from ct_pandas._storage import files, store
from ct_pandas._storage.files import sealed, unsealed
from ct_pandas._transport import sending

from scripted import Answer, Scripted, Seen

GONE = Answer({"status": "fail", "error": "down"}, 503)


def targets(server: Scripted) -> list[str]:
    """Return what was asked for: the cursors, and "mint" for each new walk."""
    return [
        "mint"
        if seen.method == "POST"
        else urllib.parse.unquote(seen.target.partition("cursor=")[2]).rstrip("=")
        for seen in server.seen
    ]


def ids(df: pd.DataFrame) -> list[str]:
    """Return the people of a frame."""
    return [str(value) for value in df["identity"]]


EVERYBODY = [f"id{number}" for number in range(9)]


def stopped_at(server: Scripted, cursor: str, **options: Any) -> ct.DownloadError:
    """Read until a page that never comes."""
    server.answers = pages_of(PEOPLE, faults={f"profiles.json?cursor={cursor}": [GONE] * 300})
    with pytest.raises(ct.DownloadError) as caught:
        read(server, **options)
    server.seen.clear()
    server.answers = pages_of(PEOPLE)
    return caught.value


def test_the_same_cell_again_goes_on(scripted: Scripted, tmp_path: Path) -> None:
    """Pages that came are not asked for again, in whatever process the cell runs."""
    stopped_at(scripted, "c4", checkpoint=tmp_path / "there")
    df = read(scripted, checkpoint=tmp_path / "there")
    assert ids(df) == EVERYBODY
    assert df.attrs["clevertap"]["complete"]
    assert targets(scripted) == ["c4", "c6", "c8"]


def test_a_frame_with_a_checkpoint_is_the_frame_without(scripted: Scripted, tmp_path: Path) -> None:
    """What is stored and read back is what came: types, order, values, notes."""
    scripted.answers = pages_of([{**person(n), "tags": [n, "x"]} for n in range(9)])
    plain = read(scripted)
    stored = read(scripted, checkpoint=tmp_path)
    again = read(scripted, checkpoint=tmp_path)
    pd.testing.assert_frame_equal(plain, stored)
    pd.testing.assert_frame_equal(plain, again)
    known = [name for name in plain.attrs["clevertap"] if name not in ("downloaded_at", "read")]
    for df in (stored, again):
        assert all(df.attrs["clevertap"][name] == plain.attrs["clevertap"][name] for name in known)


def test_a_finished_checkpoint_is_not_asked_again_and_says_its_age(
    scripted: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stored rows come back with no request, and nobody takes them for new ones."""
    scripted.answers = pages_of(PEOPLE)
    first = read(scripted, checkpoint=tmp_path)
    asked = len(scripted.seen)
    capsys.readouterr()
    again = read(scripted, checkpoint=tmp_path)
    assert len(scripted.seen) == asked
    assert ids(again) == EVERYBODY
    assert "second" in capsys.readouterr().out
    assert (
        again.attrs["clevertap"]["downloaded_at"]
        == json.loads((tmp_path / "manifest.json").read_text())["finished_at"]
    )
    assert first.attrs["clevertap"]["complete"]
    assert again.attrs["clevertap"]["complete"]


@pytest.mark.parametrize(
    "error", [BrokenPipeError(32, "Broken pipe"), ValueError("I/O operation on closed file.")]
)
def test_an_age_that_cannot_be_shown_costs_no_row(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """What is stored comes back, also where nobody reads standard output any more."""

    def fail(*_: object) -> None:
        raise error

    scripted.answers = pages_of(PEOPLE)
    options: dict[str, Any] = {"account": scripted.account(), "progress": False}
    ct.connect("TEST-1", "pass-CODE-1", base_url=scripted.url)

    def download() -> ct.Download:
        return ct.download_clevertap_events("Charged", *DAYS, directory=tmp_path / "d", **options)

    read(scripted, checkpoint=tmp_path / "c")
    download()
    monkeypatch.setattr(sys.stdout, "write", fail)
    assert ids(read(scripted, checkpoint=tmp_path / "c")) == EVERYBODY
    assert len(download()) == len(ct.resume(tmp_path / "d")) == 9
    assert ct.last_interruption() is None


def test_a_folder_that_was_removed_starts_afresh(scripted: Scripted, tmp_path: Path) -> None:
    """Removing the folder is how to download anew."""
    import shutil

    scripted.answers = pages_of(PEOPLE)
    read(scripted, checkpoint=tmp_path / "c")
    shutil.rmtree(tmp_path / "c")
    scripted.seen.clear()
    assert ids(read(scripted, checkpoint=tmp_path / "c")) == EVERYBODY
    assert targets(scripted)[0] == "mint"


def test_an_expired_cursor_asks_anew_for_the_unfinished_slice_only(
    scripted: Scripted, tmp_path: Path
) -> None:
    """A cursor dies after hours; the finished slice stays, the other one is walked anew, nobody twice."""
    lost = Answer({"status": "fail", "error": "Invalid cursor", "code": "CURSOR_INVALIDATED"})
    days: dict[str, list[dict[str, Any]]] = {
        "1": [{"ts": 1759300000 + n, "profile": {"identity": f"a{n}"}} for n in range(4)],
        "2": [{"ts": 1760900000 + n, "profile": {"identity": f"b{n}"}} for n in range(6)],
    }
    broken = {"b4": [GONE] * 300}

    def answer(seen: Seen) -> Any:
        if seen.method == "POST":
            half = "1" if seen.json["from"] == 20251001 else "2"
            return {"status": "success", "cursor": ("a" if half == "1" else "b") + "0"}
        cursor = seen.target.partition("cursor=")[2]
        if broken.get(cursor):
            return broken[cursor].pop(0)
        half, at = ("1" if cursor[0] == "a" else "2"), int(cursor[1:])
        body = {"status": "success", "records": days[half][at : at + 2]}
        return body | ({"next_cursor": f"{cursor[0]}{at + 2}"} if at + 2 < len(days[half]) else {})

    scripted.answers = answer
    options = {"rows": "event", "parallel": 2, "checkpoint": tmp_path}
    with pytest.raises(ct.DownloadError):
        read(scripted, **options)
    broken["b4"] = [lost]
    scripted.seen.clear()
    df = read(scripted, **(options | {"parallel": 1}))
    assert df["identity"].tolist() == [f"a{n}" for n in range(4)] + [f"b{n}" for n in range(6)]
    assert targets(scripted) == ["b4", "mint", "b0", "b2", "b4"]
    assert scripted.seen[1].json["from"] > 20251001


@pytest.mark.parametrize("stored", [True, False])
def test_a_resume_waits_for_the_same_export(scripted: Scripted, tmp_path: Path, stored: bool) -> None:
    """What was still being prepared need not be prepared anew, also in another process."""
    busy = Answer({"status": "fail", "error": "Request still in progress, please retry later", "code": 2})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c0": [busy] * 300})
    options = {"checkpoint": tmp_path} if stored else {}
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted, **options)
    scripted.seen.clear()
    scripted.answers = pages_of(PEOPLE)
    assert ids(read(scripted, **options) if stored else caught.value.resume()) == EVERYBODY
    assert targets(scripted) == ["c0", "c2", "c4", "c6", "c8"]


def test_an_export_that_expired_meanwhile_is_asked_for_anew(scripted: Scripted, tmp_path: Path) -> None:
    """A first cursor is no more trusted than a later one."""
    stopped_at(scripted, "c0", checkpoint=tmp_path)
    lost = Answer({"status": "fail", "error": "Invalid cursor", "code": "CURSOR_INVALIDATED"})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c0": [lost]})
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    assert targets(scripted) == ["c0", "mint", "c0", "c2", "c4", "c6", "c8"]


@pytest.mark.parametrize("stored", [True, False])
def test_a_cursor_of_before_a_stop_is_known_after_it(
    scripted: Scripted, tmp_path: Path, stored: bool
) -> None:
    """Also the very first one: no page comes twice because a read was stopped in between."""
    options = {"checkpoint": tmp_path} if stored else {}
    stopped = stopped_at(scripted, "c4", **options)
    back = Answer({"status": "success", "records": PEOPLE[4:6], "next_cursor": "c0%3D"})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [back]})
    with pytest.raises(ct.CursorError) as caught:
        read(scripted, **options) if stored else stopped.resume()
    assert caught.value.partial.attrs["clevertap"]["pages"] == 3
    assert ids(caught.value.resume()) == EVERYBODY


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"where": ("Amount", ">", 1)}, "query"),
        ({"columns": ["identity"]}, "columns"),
        ({"event_summary": True}, "event_summary"),
        ({"max_rows": 3}, "max_rows"),
        ({"rows": "event"}, "rows"),
    ],
)
def test_another_download_is_refused_by_name(
    scripted: Scripted, tmp_path: Path, other: dict[str, Any], named: str
) -> None:
    """A checkpoint belongs to one question; another one names the difference and the way out."""
    scripted.answers = pages_of(PEOPLE)
    read(scripted, checkpoint=tmp_path)
    asked = len(scripted.seen)
    with pytest.raises(ct.ClevertapError, match=rf"{named} is .* there, .* here.*ct\.resume\("):
        read(scripted, checkpoint=tmp_path, **other)
    assert len(scripted.seen) == asked


def test_another_account_is_refused(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint belongs to a host and an account id; a new process knows only the account it connects."""
    scripted.answers = pages_of(PEOPLE)
    read(scripted, checkpoint=tmp_path)
    other = ct.Account("TEST-2", "pass-CODE-2", base_url=scripted.url)
    with pytest.raises(ct.ClevertapError, match='account_id is "TEST-1" there, "TEST-2" here'):
        read(scripted, checkpoint=tmp_path, account=other)
    ct.connect("TEST-2", "pass-CODE-2", base_url=scripted.url)
    stopped_at(scripted, "c4", checkpoint=tmp_path / "unfinished")
    monkeypatch.setattr(sending, "_transports", {})
    with pytest.raises(ct.ClevertapError, match="belongs to account TEST-1"):
        ct.resume(tmp_path / "unfinished")


def test_what_may_differ_between_runs(scripted: Scripted, tmp_path: Path) -> None:
    """Page size, lanes, certificate, types and the bar do not make another download."""
    stopped_at(scripted, "c4", checkpoint=tmp_path)
    df = read(
        scripted, checkpoint=tmp_path, batch_size=50, parallel=3, verify=True, dtype_backend="numpy_nullable"
    )
    assert ids(df) == EVERYBODY


def test_a_directory_is_gone_on_with_by_its_own_query(scripted: Scripted, tmp_path: Path) -> None:
    """ct.resume(directory) needs the account, and no more."""
    stopped_at(scripted, "c4", checkpoint=tmp_path, columns=["identity", "profileData.n"])
    ct.connect("TEST-1", "pass-CODE-1", base_url=scripted.url)
    df = ct.resume(str(tmp_path))
    assert ids(df) == EVERYBODY
    assert list(df.columns) == ["identity", "profileData.n"]
    assert targets(scripted) == ["c4", "c6", "c8"]


def test_a_directory_finds_the_account_that_this_process_used(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a call named its account, ct.resume(directory) needs it connected as little as ct.resume()."""
    stopped_at(scripted, "c4", checkpoint=tmp_path)
    assert ids(ct.resume(tmp_path)) == EVERYBODY
    stopped_at(scripted, "c6", checkpoint=tmp_path / "second")
    monkeypatch.setattr(sending, "_transports", dict(sending._transports))
    ct.connect("TEST-2", "pass-CODE-2", base_url=scripted.url)
    assert ids(ct.resume(tmp_path / "second")) == EVERYBODY
    _account._default.clear()
    sending._transports.clear()
    with pytest.raises(ct.CredentialsError, match="account is connected"):
        ct.resume(tmp_path)


def test_a_working_folder_that_is_gone_is_said(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel may outlive the folder of its notebook: a name alone leads nowhere then."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    try:
        (tmp_path / "gone").rmdir()
    except OSError:
        pytest.skip("this system keeps a folder that somebody works in")
    with pytest.raises(ct.ClevertapError, match="works in is gone"):
        read(scripted, checkpoint="here")
    assert not scripted.seen


@pytest.mark.parametrize("keyword", ["checkpoint", "directory"])
@pytest.mark.parametrize("way", ["by its directory", "the same cell again"])
def test_what_was_finished_from_its_directory_is_no_interruption(
    scripted: Scripted, tmp_path: Path, keyword: str, way: str
) -> None:
    """Whichever way a download went on, what stopped it is mended, and nothing is left to resume."""
    reader = ct.read_clevertap_events if keyword == "checkpoint" else ct.download_clevertap_events
    account = ct.connect("TEST-1", "pass-CODE-1", base_url=scripted.url, max_wait=0.5)
    call = functools.partial(reader, "Charged", *DAYS, progress=False, account=account, **{keyword: tmp_path})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [GONE] * 300})
    with pytest.raises(ct.DownloadError) as caught:
        call()
    assert ct.last_interruption() is caught.value
    scripted.answers = pages_of(PEOPLE)
    assert len(call() if way == "the same cell again" else ct.resume(tmp_path)) == 9
    assert ct.last_interruption() is None


@pytest.mark.parametrize("nowhere", ["", True, 5, b"here", "a\0b", "~nobody-lives-here/kept"])
def test_a_directory_has_a_name(scripted: Scripted, nowhere: Any) -> None:
    """An empty variable does not mean the current directory."""
    options: dict[str, Any] = {"account": scripted.account(), "progress": False}
    for call in (
        lambda: read(scripted, checkpoint=nowhere),
        lambda: ct.download_clevertap_events("Charged", *DAYS, directory=nowhere, **options),
        lambda: ct.open_download(nowhere),
        lambda: ct.resume(nowhere),
    ):
        with pytest.raises(ct.ClevertapError, match="is not the path of a directory"):
            call()
    assert scripted.seen == []


def test_resume_goes_on_with_what_stopped_last(scripted: Scripted) -> None:
    """Nobody has to have caught the error; what was resumed to its end is forgotten."""
    with pytest.raises(ct.ClevertapError, match="nothing to resume: no download or upload stopped"):
        ct.resume()
    stopped_at(scripted, "c4")
    assert ids(ct.resume()) == EVERYBODY
    assert ct.last_interruption() is None
    with pytest.raises(ct.ClevertapError, match="neither a checkpoint nor a download"):
        ct.resume("/nowhere")


def test_a_full_disk_keeps_what_was_written(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that cannot be written has not come; with room again the download completes."""
    scripted.answers = pages_of(PEOPLE)
    fsync, written = os.fsync, [0]

    def full(descriptor: int) -> None:
        written[0] += not stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if 4 <= written[0] < 9:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ct.DownloadError, match="No space left on device") as caught:
        read(scripted, checkpoint=tmp_path)
    partial = caught.value.partial
    assert 0 < len(partial) < 9
    assert not partial.attrs["clevertap"]["complete"]
    written[0] = 100
    assert ids(caught.value.resume()) == EVERYBODY
    assert len(list(tmp_path.rglob("*.tmp"))) == 0


def test_a_disk_that_is_full_from_the_start_is_a_download_error_too(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a manifest fits: the partial is empty, and the resume completes."""
    scripted.answers = pages_of(PEOPLE)
    room = [False]
    replacing = files.replacing

    def full(path: Path) -> Any:
        if not room[0]:
            raise OSError(28, "No space left on device")
        return replacing(path)

    monkeypatch.setattr(store, "replacing", full)
    monkeypatch.setattr(files, "replacing", full)
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted, checkpoint=tmp_path)
    assert caught.value.partial.empty
    room[0] = True
    assert ids(caught.value.resume()) == EVERYBODY


def test_a_half_file_is_never_read(scripted: Scripted, tmp_path: Path) -> None:
    """A page cut at any byte, or in the middle of being written, is asked for again."""
    stopped_at(scripted, "c8", checkpoint=tmp_path)
    pages = sorted((tmp_path / "pages").glob("*.arrow"))
    assert len(pages) == 4
    pages[2].write_bytes(pages[2].read_bytes()[:-40])
    (tmp_path / "pages" / ".000-0000004.arrow.tmp").write_bytes(b"half")
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    assert targets(scripted) == ["c4", "c6", "c8"]


DAMAGE = {
    "removed": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "empty": lambda path: path.write_bytes(b""),
    "a byte": lambda path: path.write_bytes(path.read_bytes()[:-90] + b"\7" + path.read_bytes()[-89:]),
}


@pytest.mark.parametrize("harm", DAMAGE)
@pytest.mark.parametrize("finished", [True, False])
def test_a_damaged_page_is_asked_for_again(
    scripted: Scripted, tmp_path: Path, harm: str, finished: bool
) -> None:
    """Also of a download that was finished: what is left of it is never passed off as the whole."""
    if finished:
        scripted.answers = pages_of(PEOPLE)
        read(scripted, checkpoint=tmp_path)
        scripted.seen.clear()
    else:
        stopped_at(scripted, "c8", checkpoint=tmp_path)
    DAMAGE[harm](sorted((tmp_path / "pages").glob("*.arrow"))[2])
    df = read(scripted, checkpoint=tmp_path)
    assert ids(df) == EVERYBODY
    assert df.attrs["clevertap"]["complete"]
    assert targets(scripted) == ["c4", "c6", "c8"]
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    assert targets(scripted) == ["c4", "c6", "c8"]


def test_a_disk_that_cannot_be_read_costs_no_page(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails to be read for a moment is not taken for damaged, and not removed."""
    stopped_at(scripted, "c8", checkpoint=tmp_path)
    read_bytes = Path.read_bytes

    def fails(path: Path) -> bytes:
        if path.suffix == ".arrow":
            raise OSError(5, "Input/output error")
        return read_bytes(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fails)
        with pytest.raises(ct.DownloadError, match="cannot be read: Input/output error"):
            read(scripted, checkpoint=tmp_path)
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    assert targets(scripted) == ["c8"]


def test_nothing_of_anybody_elses_is_touched(scripted: Scripted, tmp_path: Path) -> None:
    """A folder that was in use already, with names like ours in it, keeps every file as it was."""
    (tmp_path / "pages").mkdir()
    mine = [tmp_path / "notes.txt", tmp_path / "lock", tmp_path / "pages" / "app.py"]
    for path in mine:
        path.write_text("mine")
    scripted.answers = pages_of(PEOPLE)
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    assert [path.read_text() for path in mine] == ["mine"] * 3


@pytest.mark.parametrize(
    ("finished", "told"), [("2025-10-31T12:00:00", True), ("2025-11-02T12:00:00", False)]
)
def test_what_was_stored_on_its_last_day_stays_short(
    scripted: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str], finished: str, told: bool
) -> None:
    """What counts is the moment of the download: no later one adds the rest of the day."""
    scripted.answers = pages_of(PEOPLE)
    read(scripted, checkpoint=tmp_path)
    path = tmp_path / "manifest.json"
    kept = unsealed(path.read_bytes()) | {"finished_at": f"{finished}+00:00"}
    path.write_text(json.dumps(sealed(kept)))
    capsys.readouterr()
    read(scripted, checkpoint=tmp_path, progress=True)
    assert capsys.readouterr().out.endswith(" · the last day was not over\n") == told


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace(b"20251001", b"20251011"),  # days that would be passed over
        lambda text: text.replace(b'"timezone": null', b'"timezone": "Mars"'),
        lambda text: text.replace(b'"profile"', b'"profilf"'),
        lambda text: text[:-20],
        lambda text: b"[" + text + b"]",
        lambda text: b"[" * 100_000,
        lambda text: json.dumps(sealed(unsealed(text) | {"format": 0})).encode(),
        lambda text: json.dumps(sealed(unsealed(text) | {"belongs": {}})).encode(),
    ],
)
def test_an_edited_manifest_is_named(
    scripted: Scripted, tmp_path: Path, edit: Callable[[bytes], bytes]
) -> None:
    """One byte suffices for other days or another question: it is an error that says so; the pages stay."""
    stopped_at(scripted, "c4", checkpoint=tmp_path)
    path = tmp_path / "manifest.json"
    whole = path.read_bytes()
    path.write_bytes(edit(whole))
    assert path.read_bytes() != whole
    for again in (lambda: read(scripted, checkpoint=tmp_path), lambda: ct.resume(tmp_path)):
        with pytest.raises(ct.ClevertapError, match="manifest"):
            again()
    assert len(list((tmp_path / "pages").glob("*.arrow"))) == 2


def test_an_interrupt_while_the_lock_is_taken_leaves_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody would ever let go of it: the directory could not be used again in this process."""

    def stopped(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files, "_sign", stopped)
        with pytest.raises(KeyboardInterrupt), files.locked(tmp_path / "lock", tmp_path):
            pass
    with files.locked(tmp_path / "lock", tmp_path):
        pass


@pytest.mark.parametrize("name", ["lock", "manifest.json"])
def test_a_folder_that_cannot_be_used_is_an_error_of_ours(
    scripted: Scripted, tmp_path: Path, name: str
) -> None:
    """Whatever the system says of it."""
    (tmp_path / name).mkdir()
    with pytest.raises(ct.ClevertapError, match="directory"):
        read(scripted, checkpoint=tmp_path)
    assert scripted.seen == []


def test_an_empty_folder_of_somebody_elses_can_be_used(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shared disk lets one write where its rights cannot be changed; the files are still one's own."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    scripted.answers = pages_of(PEOPLE)
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    assert stat.S_IMODE((tmp_path / "manifest.json").stat().st_mode) == 0o600


def test_a_page_that_repeats_the_passcode_is_kept_without_it(scripted: Scripted, tmp_path: Path) -> None:
    """Beside its records a server may say anything, the headers of the request included."""
    echo = {"status": "success", "message": "X-CleverTap-Passcode: pass-CODE-1", "records": PEOPLE}
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c0": [Answer(echo)]})
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 4
    assert not any(b"pass-CODE-1" in each for each in kept)


def test_a_second_process_is_refused(scripted: Scripted, tmp_path: Path) -> None:
    """Two at work in one directory would write over each other."""
    held = store.Store(tmp_path)
    scripted.answers = pages_of(PEOPLE)
    with held.locked(), pytest.raises(ct.ClevertapError, match=f"Process {os.getpid()} is already using"):
        read(scripted, checkpoint=tmp_path)
    assert scripted.seen == []
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY


def test_max_rows_counts_what_is_stored(scripted: Scripted, tmp_path: Path) -> None:
    """A read that has enough is finished: it asks for no more the next time, and stays marked incomplete."""
    scripted.answers = pages_of(PEOPLE)
    assert ids(read(scripted, checkpoint=tmp_path, max_rows=3)) == EVERYBODY[:3]
    asked = len(scripted.seen)
    again = read(scripted, checkpoint=tmp_path, max_rows=3)
    assert ids(again) == EVERYBODY[:3]
    assert not again.attrs["clevertap"]["complete"]
    assert len(scripted.seen) == asked


CHILD = """
import sys
import ct_pandas as ct
account = ct.Account("TEST-1", "pass-CODE-1", base_url=sys.argv[1])
ct.{call}("Charged", {days}, {where}=sys.argv[2], progress=False, account=account)
"""


def killed_at(server: Scripted, page: str, directory: Path, call: str, where: str) -> None:
    """Run a download in a process of its own and kill it while a page is on its way."""
    walk = pages_of(PEOPLE)
    asked: list[str] = []

    def answer(seen: Seen) -> Answer:
        found = walk(seen)
        if page in seen.target:
            asked.append(seen.target)
            found.delay = 3.0
        return found

    server.answers = answer
    code = CHILD.format(call=call, days=", ".join(map(repr, DAYS)), where=where)
    child = subprocess.Popen([sys.executable, "-c", code, server.url, str(directory)])
    try:
        for _ in range(600):
            if asked or child.poll() is not None:
                break
            time.sleep(0.02)
        time.sleep(0.3)  # the page before may still be on its way to the disk
        child.send_signal(signal.SIGKILL)
    finally:
        child.wait(10)
    assert asked
    server.seen.clear()
    server.answers = pages_of(PEOPLE)


def test_a_killed_process_loses_the_page_on_its_way_and_no_more(scripted: Scripted, tmp_path: Path) -> None:
    """After a kill the next process asks for the page that was on its way, and for none before it."""
    killed_at(scripted, "c6", tmp_path, "read_clevertap_events", "checkpoint")
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    assert targets(scripted) == ["c6", "c8"]


def test_what_is_read_back_halfway_is_marked_incomplete(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped while stored pages come back into memory, a frame of some of them is not the whole."""
    scripted.answers = pages_of(PEOPLE)
    read(scripted, checkpoint=tmp_path)
    whole = store.Store.ordered

    def halfway(self: store.Store) -> Any:
        for number, page in enumerate(whole(self)):
            if number == 2:
                raise KeyboardInterrupt
            yield page

    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "ordered", halfway)
        with pytest.raises(ct.DownloadInterrupted) as caught:
            read(scripted, checkpoint=tmp_path)
    assert 0 < len(caught.value.partial) < len(PEOPLE)
    assert caught.value.partial.attrs["clevertap"]["complete"] is False
    assert ids(caught.value.resume()) == EVERYBODY


@pytest.mark.parametrize(
    ("work", "place"), [(ct.read_clevertap_events, "checkpoint"), (ct.download_clevertap_events, "directory")]
)
def test_an_interrupt_as_the_lock_is_let_go_keeps_what_came(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Any, place: str
) -> None:
    """Also in its last moment a read that is stopped says what is kept, and goes on without a request."""
    scripted.answers = pages_of(PEOPLE)
    options = {place: tmp_path, "account": scripted.account(), "progress": False}
    release = files.Lock.release

    def stopped(self: files.Lock) -> None:
        release(self)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files.Lock, "release", stopped)
        with pytest.raises(ct.DownloadInterrupted, match="9 rows are kept") as caught:
            work("Charged", *DAYS, **options)
    scripted.seen.clear()
    assert len(caught.value.partial) == len(caught.value.resume()) == len(PEOPLE)
    assert scripted.seen == []


def lose_a_page(pages: Path) -> None:
    """Remove the second file."""
    sorted(pages.glob("*.arrow"))[1].unlink()


def test_a_folder_that_is_removed_meanwhile_is_noticed(scripted: Scripted, tmp_path: Path) -> None:
    """Removed, renamed, or begun anew by another process: no half of it is kept as if it were all."""
    ways: list[Any] = [
        shutil.rmtree,
        lambda path: path.rename(tmp_path / "elsewhere"),
        lambda path: (path / "lock").unlink() or (path / "lock").touch(),
    ]
    for number, way in enumerate(ways):
        place = tmp_path / str(number)
        scripted.answers = pages_of(PEOPLE)
        with pytest.raises(ct.DownloadError, match="was removed, renamed or started over"):
            read(scripted, checkpoint=place, progress=once_at(4, lambda way=way, place=place: way(place)))
        scripted.answers = pages_of(PEOPLE)
        assert ids(read(scripted, checkpoint=place)) == EVERYBODY


def test_pages_that_vanish_meanwhile_are_not_called_finished(scripted: Scripted, tmp_path: Path) -> None:
    """The frame is whole, as it was in memory; what is stored is mended by the next run."""
    scripted.answers = pages_of(PEOPLE)
    vanish = once_at(6, functools.partial(lose_a_page, tmp_path / "pages"))
    assert ids(read(scripted, checkpoint=tmp_path, progress=vanish)) == EVERYBODY
    scripted.answers = pages_of(PEOPLE)
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY
    assert ids(ct.resume(tmp_path)) == EVERYBODY


def test_a_page_stands_in_its_own_place(scripted: Scripted, tmp_path: Path) -> None:
    """A file that was copied or renamed is none of the walk's."""
    stopped_at(scripted, "c8", checkpoint=tmp_path)
    pages = sorted((tmp_path / "pages").glob("*.arrow"))
    shutil.copy(pages[0], pages[2])
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY


def test_a_page_in_the_place_of_another_skips_none(scripted: Scripted, tmp_path: Path) -> None:
    """Its cursor would go on behind the one that is gone."""
    stopped_at(scripted, "c8", checkpoint=tmp_path)
    pages = sorted((tmp_path / "pages").glob("*.arrow"))
    pages[-1].replace(pages[-2])
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY


def test_a_process_killed_at_a_cursor_that_came_twice_is_gone_on_with(
    scripted: Scripted, tmp_path: Path
) -> None:
    """It could not note that its walk goes round: the pages themselves tell."""
    back = Answer({"status": "success", "records": PEOPLE[4:6], "next_cursor": "c2%3D"})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [back]})
    with pytest.raises(ct.CursorError):
        read(scripted, checkpoint=tmp_path)
    kept = unsealed((tmp_path / "manifest.json").read_bytes())
    del kept["lost"]
    (tmp_path / "manifest.json").write_text(json.dumps(sealed(kept)))
    scripted.answers = pages_of(PEOPLE)
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY


def test_an_empty_export_is_not_believed_for_what_was_finished_once(
    scripted: Scripted, tmp_path: Path
) -> None:
    """Its pages are gone, and with them what was known of it."""
    scripted.answers = pages_of(PEOPLE)
    read(scripted, checkpoint=tmp_path)
    shutil.rmtree(tmp_path / "pages")
    nothing = Answer({"status": "success"})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor": [nothing]})
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY


def test_an_empty_export_that_nobody_counted_is_not_believed_by_the_next_run(
    scripted: Scripted, tmp_path: Path
) -> None:
    """The first run stopped before it had the count: whoever goes on has to ask for it."""
    walk = pages_of(PEOPLE, faults={"profiles.json?cursor": [Answer({"status": "success"})]})
    scripted.answers = lambda seen: GONE if "/counts/" in seen.target else walk(seen)
    with pytest.raises(ct.DownloadError):
        read(scripted, checkpoint=tmp_path, account=scripted.account(max_wait=1.0))
    scripted.answers = pages_of(PEOPLE)
    assert ids(read(scripted, checkpoint=tmp_path)) == EVERYBODY


def test_what_nothing_confirmed_is_not_confirmed_by_reading_it_again(
    scripted: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The closing line of the same cell says so both times."""
    walk = pages_of([])
    scripted.answers = lambda seen: Answer(b"", 404) if "/counts/" in seen.target else walk(seen)
    for _ in range(2):
        read(scripted, checkpoint=tmp_path, progress=True)
        assert "gave no count to compare with" in capsys.readouterr().out


@pytest.mark.parametrize("lanes", [(3, 1), (1, 3)])
def test_another_number_of_lanes_goes_on_with_the_slices_that_are_there(
    scripted: Scripted, tmp_path: Path, lanes: tuple[int, int]
) -> None:
    """People whom only their devices tell apart stand once, however the second run was to be cut."""
    nobody = {"platformInfo": [{"platform": "iOS", "objectId": "d1"}], "profileData": {"n": 1}}

    def answer(seen: Seen) -> Any:
        if seen.method == "POST":
            return {
                "status": "success",
                "cursor": f"c{seen.json['from']}{'+' if 'app=true' in seen.target else '-'}",
            }
        record = nobody if seen.target.endswith("+") else {"profileData": {"n": 1}}
        return {"status": "success", "records": [record, person(int(seen.target[-9:-1]))]}

    options = {"columns": ["identity", "profileData.n"], "checkpoint": tmp_path}
    scripted.answers = lambda seen: (
        GONE if seen.method == "GET" and (lanes[0] == 1 or seen.target[-3:-1] != "01") else answer(seen)
    )
    with pytest.raises(ct.DownloadError):
        read(scripted, parallel=lanes[0], **options)
    scripted.answers = answer
    df = read(scripted, parallel=lanes[1], **options)
    assert df["identity"].isna().sum() == 1
    assert df.attrs["clevertap"]["complete"]


def test_a_page_that_an_interrupt_left_uncounted_counts(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """max_rows cuts, and says so, whenever the interrupt came."""
    scripted.answers = pages_of(PEOPLE)
    real = enough.Enough.count

    def stopped(self: Any, page: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(enough.Enough, "count", stopped)
        with pytest.raises(ct.DownloadInterrupted) as caught:
            read(scripted, max_rows=1)
    assert enough.Enough.count is real
    df = caught.value.resume()
    assert len(df) == 1
    assert not df.attrs["clevertap"]["complete"]


def test_a_directory_is_the_same_wherever_the_process_goes(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative name is that of the directory of the call."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    stopped = stopped_at(scripted, "c4", checkpoint="there")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(stopped.partial) == 4
    assert ids(stopped.resume()) == EVERYBODY
    assert targets(scripted) == ["c4", "c6", "c8"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_child_that_was_forked_meanwhile_keeps_no_lock(tmp_path: Path) -> None:
    """It has the file open, too; the lock is let go of all the same."""
    with files.locked(tmp_path / "lock", tmp_path) as lock:
        other = os.dup(lock._file.fileno())  # as a fork would
    try:
        with files.locked(tmp_path / "lock", tmp_path):
            pass
    finally:
        os.close(other)
