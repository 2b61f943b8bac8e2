"""Rules of downloads to disk: whole or marked, one schema, never a half file, and open to every engine."""

from __future__ import annotations

import os
import shutil
import warnings
import weakref
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from bars import once_at
from test_checkpoint import EVERYBODY, GONE, killed_at, lose_a_page, targets
from test_readers import DAYS, PEOPLE, pages_of, person, read

import ct_pandas as ct
from ct_pandas._download import dataset, packing
from ct_pandas._storage import files, store

from scripted import Scripted

MIXED = [
    person(0),
    person(1) | {"tags": ["a", "b"], "profileData": {"n": "text"}},
    person(2) | {"big": 2**70, "when": "$D_1700000000"},
    person(3) | {"platformInfo": [{"platform": "iOS", "os_version": "17"}, {"platform": "iOS", "x": 1}]},
    person(4) | {"profileData": {"n": 2.5, "late": True}},
]


def download(server: Scripted, directory: Path, **options: Any) -> ct.Download:
    """Download the script's people."""
    options = {"account": server.account(max_wait=20.0), "progress": False} | options
    return ct.download_clevertap_events("Charged", *DAYS, directory=directory, **options)


def visible(directory: Path) -> list[str]:
    """List a directory."""
    return sorted(path.name for path in directory.iterdir())


def people(found: ct.Download) -> list[str]:
    """Return the people of a download."""
    return [str(value) for value in found.to_frame()["identity"]]


@pytest.fixture
def mixed(scripted: Scripted, tmp_path: Path) -> ct.Download:
    """Give a download in which types change and columns come late."""
    scripted.answers = pages_of(MIXED, size=1)
    return download(scripted, tmp_path / "data")


@pytest.mark.parametrize("backend", [{}, {"dtype_backend": "numpy_nullable"}, {"dtype_backend": "pyarrow"}])
def test_a_download_is_the_frame_that_memory_gives(
    scripted: Scripted, mixed: ct.Download, backend: dict[str, str]
) -> None:
    """Types, order, values and notes, however late a column appears or a type changes."""
    plain = read(scripted, **backend)
    stored = mixed.to_frame(**backend)
    pd.testing.assert_frame_equal(plain, stored)
    assert [type(value) for value in stored["profileData.n"]] == [type(v) for v in plain["profileData.n"]]
    left, right = plain.attrs["clevertap"], stored.attrs["clevertap"]
    assert left.keys() == right.keys()
    assert {k: left[k] for k in left if k not in ("downloaded_at", "read")} == {
        k: right[k] for k in right if k not in ("downloaded_at", "read")
    }
    assert mixed.complete


def test_frames_of_any_size_share_one_schema(mixed: ct.Download) -> None:
    """Data larger than memory comes in frames with the same columns and types, and nothing missing."""
    whole = mixed.to_frame()
    for rows in (1, 2, 3, 5, 100):
        frames = list(mixed.iter_frames(rows))
        assert [len(frame) for frame in frames[:-1]] == [rows] * (len(frames) - 1)
        assert all(frame.dtypes.equals(whole.dtypes) for frame in frames)
        pd.testing.assert_frame_equal(pd.concat(frames, ignore_index=True), whole)


def test_pyarrow_opens_it_as_it_is(mixed: ct.Download) -> None:
    """The directory is a dataset; JSON text says so in its field's metadata."""
    table = ds.dataset(os.fspath(mixed)).to_table()
    assert table.num_rows == 5
    assert table.column("profileData.n").to_pylist() == ["0", '"text"', "2", "3", "2.5"]
    forms = {field.name: field.metadata[b"ct_pandas:form"] for field in table.schema}
    assert (forms["profileData.n"], forms["identity"], forms["when"]) == (b"json", b"text", b"time")


def test_polars_opens_it_as_it_is(mixed: ct.Download) -> None:
    """Polars takes every file of a directory for data, so there is nothing else in it."""
    polars = pytest.importorskip("polars")
    for source in (os.fspath(mixed), mixed.directory, f"{os.fspath(mixed)}/*.parquet"):
        frame = polars.scan_parquet(source).collect()
        assert frame.height == 5
        assert frame["when"].drop_nulls().to_list() == [pd.Timestamp(1_700_000_000, unit="s", tz="UTC")]


def test_duckdb_opens_it_as_it_is(mixed: ct.Download) -> None:
    """DuckDB reads the parts by their pattern, and JSON text with its own functions."""
    duckdb = pytest.importorskip("duckdb")
    from_parts = f"from read_parquet('{os.fspath(mixed)}/*.parquet')"
    assert duckdb.sql(f"select count(*) {from_parts}").fetchall() == [(5,)]
    assert duckdb.sql(f"select tags ->> '$[1]' {from_parts} where tags is not null").fetchall() == [("b",)]


def test_dask_opens_it_as_it_is(mixed: ct.Download) -> None:
    """Dask reads the directory, with the types of the frame."""
    dask = pytest.importorskip("dask.dataframe")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = dask.read_parquet(os.fspath(mixed)).compute(scheduler="sync")
    assert frame["identity"].tolist() == [f"id{n}" for n in range(5)]
    assert str(frame["profileData.late"].dtype) == "boolean"


def test_pandas_reads_it_with_the_types_of_the_frame(mixed: ct.Download) -> None:
    """Whole numbers with gaps stay whole numbers for pandas' own reader, and the notes are there."""
    frame = pd.read_parquet(mixed)
    plain = mixed.to_frame()
    simple = [name for name in plain.columns if plain[name].dtype != object]
    pd.testing.assert_frame_equal(frame[simple], plain[simple])
    assert frame.attrs["clevertap"]["complete"]


def test_nobody_is_a_dataset_too(scripted: Scripted, tmp_path: Path) -> None:
    """No match: the standard columns, a file for every engine, and no error."""
    scripted.answers = pages_of([])
    found = download(scripted, tmp_path)
    assert list(found.to_frame().columns) == ["identity", "email", "phone", "name"]
    assert found.to_frame().dtypes.equals(read(scripted).dtypes)
    assert ds.dataset(tmp_path).count_rows() == 0
    assert [len(frame) for frame in found.iter_frames(10)] == [0]


def test_each_person_once_and_the_first_copy_stays(scripted: Scripted, tmp_path: Path) -> None:
    """People are told apart while they stream by, so the copy that came first is the one written."""
    scripted.answers = pages_of([person(1), person(2), person(1) | {"name": "later"}, person(3)], size=2)
    frame = download(scripted, tmp_path).to_frame()
    assert frame["identity"].tolist() == ["id1", "id2", "id3"]
    assert frame["name"].isna().all()
    assert frame.attrs["clevertap"]["rows"] == 3


def test_the_same_call_again_returns_what_is_stored(
    scripted: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A finished download is not asked again, and says how old it is."""
    scripted.answers = pages_of(PEOPLE)
    download(scripted, tmp_path)
    asked = len(scripted.seen)
    assert people(download(scripted, tmp_path)) == EVERYBODY
    assert "old" in capsys.readouterr().out
    assert people(ct.resume(tmp_path)) == EVERYBODY
    assert len(scripted.seen) == asked
    with pytest.raises(ct.ClevertapError, match=r"event_summary is false there, true here.*ct\.resume"):
        download(scripted, tmp_path, event_summary=True)


def test_an_unfinished_download_says_so_and_goes_on(scripted: Scripted, tmp_path: Path) -> None:
    """Until the schema is final there is no Parquet file, and what came can be looked at."""
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [GONE] * 300})
    with pytest.raises(ct.DownloadError) as caught:
        download(scripted, tmp_path)
    assert caught.value.partial["identity"].tolist() == EVERYBODY[:4]
    opened = ct.open_download(tmp_path)
    assert not opened.complete
    assert not opened.to_frame().attrs["clevertap"]["complete"]
    assert opened.to_frame()["identity"].tolist() == EVERYBODY[:4]
    assert "incomplete" in repr(opened)
    assert visible(tmp_path) == [".unfinished"]
    scripted.answers = pages_of(PEOPLE)
    scripted.seen.clear()
    finished = caught.value.resume()
    assert people(finished) == EVERYBODY
    assert targets(scripted) == ["c4", "c6", "c8"]
    assert visible(tmp_path) == ["_manifest.parquet", "part-00000.parquet"]
    assert ct.last_interruption() is None


def test_resume_finishes_it_by_its_own_query(scripted: Scripted, tmp_path: Path) -> None:
    """Another process needs the directory and the account."""
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [GONE] * 300})
    with pytest.raises(ct.DownloadError):
        download(scripted, tmp_path, columns=["identity"])
    scripted.answers = pages_of(PEOPLE)
    ct.connect("TEST-1", "pass-CODE-1", base_url=scripted.url)
    assert ct.resume(tmp_path).to_frame().columns.tolist() == ["identity"]


def test_a_killed_download_loses_the_page_on_its_way_and_no_more(scripted: Scripted, tmp_path: Path) -> None:
    """After a kill the next process asks for the page that was on its way, and for none before it."""
    killed_at(scripted, "c6", tmp_path, "download_clevertap_events", "directory")
    assert not ct.open_download(tmp_path).complete
    assert people(download(scripted, tmp_path)) == EVERYBODY
    assert targets(scripted) == ["c6", "c8"]


@pytest.mark.parametrize("step", range(19))
def test_a_stop_at_any_step_of_the_writing_is_mended(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Whatever file was being written or renamed, the download is incomplete until it is whole."""
    scripted.answers = pages_of(MIXED, size=1)
    monkeypatch.setattr(dataset, "GROUP_BYTES", 1)
    monkeypatch.setattr(dataset, "PART_BYTES", 1)
    left = [step]

    def counted(function: Any) -> Any:
        def called(*args: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] == -1:
                raise OSError(28, "No space left on device")
            return function(*args, **options)

        return called

    for owner in (files, dataset, store):
        monkeypatch.setattr(owner, "settle", lambda _: None)
    for owner, name in ((dataset, "replacing"), (os, "fsync"), (packing, "packed")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    with pytest.raises(ct.DownloadError) as caught:
        download(scripted, tmp_path)
    assert not visible(tmp_path)[0].startswith("_manifest")
    assert not caught.value.partial.attrs["clevertap"]["complete"]
    found = caught.value.resume()
    assert found.complete
    pd.testing.assert_frame_equal(found.to_frame(), read(scripted))
    assert visible(tmp_path) == ["_manifest.parquet", *(f"part-{n:05}.parquet" for n in range(5))]


def test_what_a_kill_after_the_last_file_left_is_cleared(scripted: Scripted, tmp_path: Path) -> None:
    """The manifest is there, so the download is whole; the pages behind it are removed the next time."""
    scripted.answers = pages_of(PEOPLE)
    download(scripted, tmp_path)
    (tmp_path / ".unfinished" / "pages").mkdir(parents=True)
    (tmp_path / ".unfinished" / "manifest.json").write_text("{}")
    assert ct.open_download(tmp_path).complete
    assert people(download(scripted, tmp_path)) == EVERYBODY
    assert visible(tmp_path) == ["_manifest.parquet", "part-00000.parquet"]


def test_parts_without_a_manifest_are_no_dataset(scripted: Scripted, tmp_path: Path) -> None:
    """Files of others are not written among, and a manifest that is not ours is named."""
    (tmp_path / "mine.parquet").write_bytes(b"PAR1")
    with pytest.raises(ct.ClevertapError, match="did not write"):
        download(scripted, tmp_path)
    with pytest.raises(ct.ClevertapError, match="holds no download"):
        ct.open_download(tmp_path)
    shutil.copy(tmp_path / "mine.parquet", tmp_path / "file")
    with pytest.raises(ct.ClevertapError, match="cannot be used as a directory"):
        download(scripted, tmp_path / "file")
    assert scripted.seen == []


def test_a_part_that_is_missing_is_named(scripted: Scripted, mixed: ct.Download) -> None:
    """A dataset that lost a part is not passed off as whole."""
    (mixed.directory / "part-00000.parquet").unlink()
    with pytest.raises(ct.ClevertapError, match=r"part-00000\.parquet"):
        ct.open_download(mixed)


def test_a_download_is_opened_without_all_that_is_said_of_its_parts(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a file says of its columns may be many megabytes: a hundred files are looked at one by one."""
    monkeypatch.setattr(dataset, "GROUP_BYTES", 1)
    monkeypatch.setattr(dataset, "PART_BYTES", 1)
    scripted.answers = pages_of(MIXED, size=1)
    stored = download(scripted, tmp_path / "data")
    held: list[weakref.ref[Any]] = []
    most = 0

    class File(pq.ParquetFile):  # type: ignore[misc]  (pyarrow has no types)
        def __init__(self, *args: Any, **options: Any) -> None:
            nonlocal most
            super().__init__(*args, **options)
            held.append(weakref.ref(self.metadata))
            most = max(most, sum(each() is not None for each in held))

    monkeypatch.setattr(pq, "ParquetFile", File)
    assert len(dataset.Dataset(stored.directory).parts) > 2
    assert len(ct.open_download(stored)) == 5
    assert most == 2  # the last one, too, while the next is read


@pytest.mark.parametrize("name", ["part-00000.parquet", "_manifest.parquet"])
def test_a_file_that_is_damaged_is_named(mixed: ct.Download, name: str) -> None:
    """Cut or changed at any byte, it is an error of ours, never fewer rows, other names or other values."""
    path, frame = mixed.directory / name, mixed.to_frame()
    told = mixed.attrs
    whole = path.read_bytes()
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 31)]
    refused = 0
    for damaged in (b"", whole[:-40], whole[:20] + b"\7\7\7" + whole[23:], *changed):
        path.write_bytes(damaged)
        try:
            found = ct.open_download(mixed)
            pd.testing.assert_frame_equal(found.to_frame(), frame)
            assert found.attrs == told
        except ct.ClevertapError:
            refused += 1
    path.write_bytes(whole)
    assert refused > len(changed) / 3
    assert len(ct.open_download(mixed).to_frame()) == 5


def test_rows_that_were_taken_out_are_missed(mixed: ct.Download) -> None:
    """A part that somebody wrote anew with fewer rows is not passed off as whole."""
    path = mixed.directory / "part-00000.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    with pytest.raises(ct.ClevertapError, match="does not hold the rows that were written to it"):
        ct.open_download(mixed)


def test_what_another_process_finished_meanwhile_is_not_downloaded_again(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Between the look for a dataset and the lock somebody else may have made it."""
    scripted.answers = pages_of(PEOPLE)
    locked, others = store.Store.locked, []

    def late(mine: store.Store) -> Any:
        if not others:
            others.append(1)
            download(scripted, tmp_path)
            scripted.seen.clear()
        return locked(mine)

    monkeypatch.setattr(store.Store, "locked", late)
    assert people(download(scripted, tmp_path)) == EVERYBODY
    assert scripted.seen == []
    assert "Stored, not downloaded again" in capsys.readouterr().out
    assert visible(tmp_path) == ["_manifest.parquet", "part-00000.parquet"]


def test_max_rows_cuts_and_says_so(scripted: Scripted, tmp_path: Path) -> None:
    """As many rows as were asked for, counted as people, marked incomplete."""
    scripted.answers = pages_of([person(0), person(0), *PEOPLE])
    found = download(scripted, tmp_path, max_rows=3)
    assert people(found) == EVERYBODY[:3]
    assert not found.complete
    asked = len(scripted.seen)
    assert people(download(scripted, tmp_path, max_rows=3)) == EVERYBODY[:3]
    assert len(scripted.seen) == asked
    assert repr(found).endswith("3 people, cut by max_rows>")  # to run it again would bring no more
    assert "<td>cut by max_rows</td>" in found._repr_html_()


def test_verify_certifies_a_download_too(scripted: Scripted, tmp_path: Path) -> None:
    """Counts against rows and filters checked again, frame by frame."""
    scripted.answers = pages_of([*PEOPLE, person(8)])
    with pytest.warns(ct.IncompleteDownloadWarning, match="fewer"):
        found = download(scripted, tmp_path, verify=True)
    assert found.attrs["expected"] == 10


def test_faces_say_what_it_is(mixed: ct.Download) -> None:
    """The repr and the HTML name directory, rows and state; what came from outside is escaped."""
    assert repr(mixed) == f"<Download {str(mixed.directory)!r}: 5 people, complete>"
    html = mixed._repr_html_()
    assert "complete" in html
    assert "TEST-1" in html
    assert len(mixed) == 5
    assert mixed.columns == list(mixed.to_frame().columns)


def test_pages_that_vanish_meanwhile_are_missed(scripted: Scripted, tmp_path: Path) -> None:
    """A dataset is made of all that arrived, or not at all; the next run asks for what is missing."""
    scripted.answers = pages_of(PEOPLE)
    pages = tmp_path / "d" / ".unfinished" / "pages"
    with pytest.raises(ct.DownloadError, match="lost pages") as caught:
        download(scripted, tmp_path / "d", progress=once_at(6, partial(lose_a_page, pages)))
    scripted.answers = pages_of(PEOPLE)
    assert people(caught.value.resume()) == EVERYBODY


def test_a_dataset_has_as_many_records_as_arrived(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever became of the files between the last page and the first part."""
    scripted.answers = pages_of(PEOPLE)
    real = store.Store.finish

    def finish(self: store.Store, **facts: Any) -> None:
        real(self, **facts)
        self.files()[1].unlink()

    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "finish", finish)
        with pytest.raises(ct.DownloadError, match="does not hold the pages that arrived"):
            download(scripted, tmp_path / "d")
    scripted.answers = pages_of(PEOPLE)
    assert people(download(scripted, tmp_path / "d")) == EVERYBODY


def test_a_checkpoint_and_a_download_do_not_share_a_folder(scripted: Scripted, tmp_path: Path) -> None:
    """ct.resume() would go on with the one, and the other would be forgotten."""
    scripted.answers = pages_of(PEOPLE)
    for place, first, second in (("a", download, read_into), ("b", read_into, download)):
        first(scripted, tmp_path / place)
        scripted.seen.clear()
        with pytest.raises(ct.ClevertapError, match=r"holds .* and cannot hold"):
            second(scripted, tmp_path / place)
        assert scripted.seen == []
    cut = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [GONE] * 300})
    scripted.answers = cut
    with pytest.raises(ct.DownloadError):
        download(scripted, tmp_path / "c")
    with pytest.raises(ct.ClevertapError, match="holds a download"):
        read_into(scripted, tmp_path / "c")


def read_into(server: Scripted, directory: Path) -> pd.DataFrame:
    """Read with a checkpoint."""
    return read(server, checkpoint=directory)


def test_resume_clears_what_a_kill_left(scripted: Scripted, mixed: ct.Download) -> None:
    """Engines that take every file in the folder for rows must find nothing else."""
    left = mixed.directory / ".unfinished"
    left.mkdir()
    (left / "lock").touch()
    assert ct.resume(mixed.directory).complete
    assert not left.exists()


def test_a_download_of_another_version_is_named(
    scripted: Scripted, mixed: ct.Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do, whatever it kept there."""
    notes = dataset.Dataset.notes

    def newer(self: dataset.Dataset) -> dict[str, Any]:
        found = notes(self)
        return found | {"belongs": found["belongs"] | {"more": 1}}

    monkeypatch.setattr(dataset.Dataset, "notes", newer)
    with pytest.raises(ct.ClevertapError, match="another version"):
        download(scripted, mixed.directory)


def test_a_directory_of_too_long_a_name_is_an_error_of_ours(scripted: Scripted, tmp_path: Path) -> None:
    """As of a checkpoint."""
    with pytest.raises(ct.ClevertapError, match="cannot be used as a directory"):
        download(scripted, tmp_path / ("x" * 400))
    with pytest.raises(ct.ClevertapError, match="cannot be used as a directory"):
        read(scripted, checkpoint=tmp_path / ("x" * 400))


def test_a_worker_of_a_cluster_that_is_still_at_work_keeps_others_out(
    scripted: Scripted, tmp_path: Path
) -> None:
    """Tasks outlive the client that failed or was killed: to walk their slices, too, would mix two walks."""
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [GONE] * 300})
    with pytest.raises(ct.DownloadError):
        download(scripted, tmp_path)
    scripted.answers = pages_of(PEOPLE)
    scripted.seen.clear()
    with files.locked(tmp_path / ".unfinished" / "lock-000", tmp_path):
        with pytest.raises(ct.ClevertapError, match=f"Process {os.getpid()} is already using"):
            download(scripted, tmp_path)
        assert scripted.seen == []
    assert people(download(scripted, tmp_path)) == EVERYBODY


@pytest.mark.parametrize("people", [PEOPLE, []])
def test_a_pattern_that_nothing_matches_leaves_the_rows(
    scripted: Scripted, tmp_path: Path, people: list[Any]
) -> None:
    """Parquet has no rows without columns: what stands in for them is no column of the frame."""
    scripted.answers = pages_of(people)
    found = download(scripted, tmp_path, columns=["profileData.none*"])
    assert (len(found), found.columns, found.complete) == (len(people), [], True)
    pd.testing.assert_frame_equal(found.to_frame(), read(scripted, columns=["profileData.none*"]))
    assert sum(len(frame) for frame in found.iter_frames(2)) == len(people)
    assert ds.dataset(found).count_rows() == len(people)


def test_a_dataset_is_read_where_nothing_may_be_removed(
    scripted: Scripted, mixed: ct.Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill left behind a whole dataset, in a folder that is read-only since, stays there."""
    (mixed.directory / ".unfinished").mkdir()
    (mixed.directory / ".unfinished" / "manifest.json").write_text("{}")

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refused)
    assert len(download(scripted, mixed.directory)) == len(ct.resume(mixed.directory)) == len(mixed)


def test_a_time_zone_that_was_given_later_is_not_passed_over(scripted: Scripted, tmp_path: Path) -> None:
    """What is still to be written takes it; a dataset in another zone is returned with a warning."""
    events = [{"profile": {"identity": f"id{n}"}, "ts": 20251001120000 + n} for n in range(9)]
    scripted.answers = pages_of(events, faults={"events.json?cursor=c4": [GONE] * 300})
    options: dict[str, Any] = {"rows": "event", "max_rows": None}
    with pytest.raises(ct.DownloadError):
        download(scripted, tmp_path, account=scripted.account(timezone="UTC", max_wait=2.0), **options)
    kolkata = scripted.account(timezone="Asia/Kolkata", max_wait=2.0)
    with pytest.raises(ct.DownloadError) as caught:
        download(scripted, tmp_path, account=kolkata, **options)
    assert str(caught.value.partial["ts"].iloc[0]) == "2025-10-01 12:00:00+05:30"
    scripted.answers = pages_of(events)
    found = download(scripted, tmp_path, account=kolkata, **options)
    assert str(found.to_frame()["ts"].iloc[0]) == "2025-10-01 12:00:00+05:30"
    with pytest.warns(ct.TimezoneWarning, match=r"were read in Asia/Kolkata .* time zone is now Europe/Rome"):
        download(scripted, tmp_path, account=scripted.account(timezone="Europe/Rome"), **options)
    with warnings.catch_warnings(action="error"):
        download(scripted, tmp_path, account=kolkata, **options)
        download(scripted, tmp_path, account=scripted.account(timezone=None), **options)


def test_a_page_that_cannot_be_read_just_now_is_an_error_of_ours(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk in trouble is named, where what came so far is opened and where it is read."""
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [GONE] * 300})
    with pytest.raises(ct.DownloadError):
        download(scripted, tmp_path)
    opened = ct.open_download(tmp_path)

    read_bytes = Path.read_bytes

    def fails(path: Path) -> bytes:
        if path.suffix == ".arrow":
            raise OSError(5, "Input/output error")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", fails)
    with pytest.raises(ct.ClevertapError, match="cannot be read: Input/output error"):
        opened.to_frame()
    with pytest.raises(ct.ClevertapError, match="cannot be read: Input/output error"):
        ct.open_download(tmp_path)
