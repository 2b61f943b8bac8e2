"""Files that are whole or not there, the lock beside them, and the store that is made of them."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from test_readers import PEOPLE, pages_of, read

import ct_pandas as ct
from ct_pandas._decode.decoder import Page, PageDecoder
from ct_pandas._paging.plan import Slice
from ct_pandas._paging.walk import Pages
from ct_pandas._storage import files, page_file
from ct_pandas._storage.belonging import Belonging
from ct_pandas._storage.checkpoint import Checkpoint
from ct_pandas._storage.store import Store

from scripted import Scripted

BELONGS = Belonging("https://host", "TEST-1", {"event_name": "E"}, "profile", None, False, None)
NOTES = {"region": "eu", "timezone": None, "dtype_backend": None, "batch_size": 5000, "verify": False}


def page(*people: str, cursor: str | None = None) -> Page:
    """Return a page of people."""
    body: dict[str, Any] = {"status": "success", "records": [{"identity": who} for who in people]}
    return PageDecoder("people").decode(
        json.dumps(body | ({"next_cursor": cursor} if cursor else {})).encode()
    )


def begun(directory: Path) -> Store:
    """Return a store of one slice."""
    store = Store(directory)
    store.begin(BELONGS, [{"event_name": "E"}], **NOTES)
    return store


def test_a_store_says_how_many_slices_were_begun(tmp_path: Path) -> None:
    """Whoever goes on with fewer asks for what the whole of them needs."""
    store = Store(tmp_path)
    assert store.begun is None
    store.begin(BELONGS, [{"event_name": "E"}] * 3, **NOTES)
    assert Store(tmp_path).begun == 3


def test_the_files_of_all_slices_are_listed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A year by days is 365 slices: none of them looks through the pages of all others."""
    listed: list[Any] = []
    scandir = os.scandir

    def counting(path: Any) -> Any:
        listed.append(path)
        return scandir(path)

    costs = []
    for slices in (2, 20):
        store = Store(tmp_path / str(slices))
        store.begin(BELONGS, [{"event_name": "E"}] * slices, **NOTES)
        parts = [Slice(number, {}) for number in range(slices)]
        for part in parts:
            store.begin_slice(part, f"c{part.number}")
            store.page(part, page(f"p{part.number}"))
            part.advance(1, None)
        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", counting)
            assert store.has_all_of(parts)
            assert [part.rows for part in store.slices()] == [1] * slices
            assert store.attrs()["rows"] == slices
            assert len(store.files()) == slices
        costs.append(len(listed))
        listed.clear()
    assert costs[0] == costs[1]


def test_a_file_is_on_the_disk_before_its_name_and_its_name_before_what_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut leaves the old file or the new one, and what was said to be kept is kept."""
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def replaced(path: Path, target: Path) -> Path:
        done.append("name")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    files.write_json(tmp_path / "there", {})
    assert done == ["file", "name", "folder"]


def test_what_fails_halfway_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """And nothing beside it."""
    path = tmp_path / "there"
    path.write_text("old")

    def fail(file: Any) -> None:
        file.write(b"ne")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), files.replacing(path) as file:
        fail(file)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_file_is_written_through_what_stands_in_its_place(tmp_path: Path) -> None:
    """A link that somebody lays there between two steps leads nowhere."""
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(FileExistsError):
        files._descriptor(tmp_path / "link")
    assert not (tmp_path / "theirs").exists()


def test_a_lock_that_was_taken_away_is_no_lock(tmp_path: Path) -> None:
    """Whoever waited for it with the old file open would stand beside the next one, who makes a new file."""
    lock = files.Lock(tmp_path / "lock")
    (tmp_path / "lock").unlink()
    assert not lock.take(tmp_path)
    lock.release()
    with files.locked(tmp_path / "lock", tmp_path) as held:
        assert held.is_there


def test_a_slice_ends_with_its_last_page(tmp_path: Path) -> None:
    """Files behind it are of some older walk: their rows would be counted, and read."""
    store = begun(tmp_path)
    part = Slice(0, {})
    store.begin_slice(part, "c0")
    store.page(part, page("a"))
    older = store._file(0, 1)
    with files.replacing(older) as file:
        page_file.write(file, page("older"), older.name)
    (found,) = store.slices()
    assert (found.rows, found.pages, found.done) == (1, 1, True)
    assert not older.exists()


def kept(store: Store, cursor: str, *pages: Page) -> Slice:
    """Keep the pages of a walk, from its first one."""
    part = Slice(0, {})
    store.begin_slice(part, cursor)
    part.begin(cursor)
    for one in pages:
        store.page(part, one)
        part.advance(one.rows, one.next_cursor)
    return part


def test_a_new_walk_does_not_go_on_into_an_older_one(tmp_path: Path) -> None:
    """Whoever is killed behind its first page would have the second one of the walk before."""
    store = begun(tmp_path)
    kept(store, "c0", page("a", cursor="c1"), page("b", cursor="c2"), page("c", cursor="c3"))
    kept(store, "n0", page("new", cursor="n1"))
    (found,) = store.slices()
    assert (found.rows, found.pages, found.cursor) == (1, 1, "n1")


def test_pages_that_are_half_forgotten_are_a_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt while they are removed leaves no gap."""
    store = begun(tmp_path)
    part = kept(store, "c0", page("a", cursor="c1"), page("b", cursor="c2"), page("c", cursor="c3"))
    unlink, left = Path.unlink, [2]  # the start and one page

    def stopped(path: Path, **options: Any) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        unlink(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", stopped)
        with pytest.raises(KeyboardInterrupt):
            store.restart(part)
    assert store.files() == [store._file(0, 0), store._file(0, 1)]


def test_a_store_whose_folder_was_begun_anew_is_not_finished(tmp_path: Path) -> None:
    """It would call the pages of somebody else whole."""
    store = begun(tmp_path / "there")
    with store.locked():
        shutil.rmtree(tmp_path / "there")
        begun(tmp_path / "there")
        with pytest.raises(ct.ClevertapError, match="started over"):
            store.finish(complete=True)
    assert "finished_at" not in json.loads((tmp_path / "there" / "manifest.json").read_text())


def test_a_page_that_cannot_be_written_has_not_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither into memory: a resume would go on behind it, and the next process would miss it."""
    memory = Pages()
    monkeypatch.setattr(Store, "page", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space"):
        Checkpoint(begun(tmp_path), BELONGS, memory).page(Slice(0, {}), page("a"))
    assert memory.ordered() == []


def test_what_a_download_without_a_manifest_left_is_not_gone_on_with(
    scripted: Scripted, tmp_path: Path
) -> None:
    """Its cursor leads to the people of another query, for four days."""
    begun(tmp_path).begin_slice(Slice(0, {}), "c4%3D")
    (tmp_path / "manifest.json").unlink()
    scripted.answers = pages_of(PEOPLE)
    assert len(read(scripted, checkpoint=tmp_path)) == len(PEOPLE)


def test_a_slice_begins_with_its_own_cursor_or_none(tmp_path: Path) -> None:
    """A cursor that was changed, or that stands in the place of another, would pass over rows."""
    kept = Store(tmp_path)
    kept.begin(BELONGS, [{"from": 20251001}, {"from": 20251002}], **NOTES)
    for part in kept.slices():
        kept.begin_slice(part, f"c{part.number}")
    assert [part.cursor for part in kept.slices()] == ["c0", "c1"]
    first, second = sorted((tmp_path / "pages").glob("*.start"))
    first.write_bytes(second.read_bytes())
    second.write_bytes(second.read_bytes().replace(b'"c1"', b'"c7"'))
    assert [part.cursor for part in kept.slices()] == [None, None]
