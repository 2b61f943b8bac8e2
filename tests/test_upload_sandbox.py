"""Whole paths against the sandbox: read back what was sent, send only what changed, restore backups."""

from __future__ import annotations

import errno
import gc
import io
import itertools
import json
import os
import pickle
import stat
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ct_pandas as ct
from ct_pandas._records import reads
from ct_pandas._storage import files
from ct_pandas._upload import backup as backups
from ct_pandas.sandbox import Fault, SandboxServer

from scripted import Scripted, Seen

OCTOBER = ("Charged", "2025-10")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    """One world for all tests here; each works on people of its own."""
    server = SandboxServer(users=120, in_progress=0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def account(server: SandboxServer) -> ct.Account:
    """Make the sandbox the default account."""
    return ct.connect(server.account_id, server.passcode, base_url=server.url, timezone="UTC", max_wait=30)


@pytest.fixture
def read(account: ct.Account) -> pd.DataFrame:
    """Read some people."""
    return ct.read_clevertap_events(*OCTOBER, progress=False)


def upload(frame: pd.DataFrame, **options: Any) -> ct.UploadReport:
    """Upload and leave the warning aside."""
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        return frame.clevertap.upload(progress=False, **options)


def changed(frame: pd.DataFrame, **options: Any) -> list[dict[str, Any]]:
    """Return what columns="changed" would send."""
    return frame.clevertap.preview(len(frame), columns="changed", **options).records


def test_a_round_trip(account: ct.Account) -> None:
    """Read, edit, preview, dry run, upload, read again."""
    df = ct.read_clevertap_events(*OCTOBER, progress=False)
    some = df[df["profileData.Plan"] == "free"].head(3).copy()
    some["profileData.Plan"] = "gold"
    assert [one["profileData"] for one in changed(some)] == [{"Plan": "gold"}] * 3
    assert upload(some, columns="changed", dry_run=True).ok
    before = ct.read_profile(identity=some["identity"].dropna(), progress=False)
    assert set(before["profileData.Plan"]) == {"free"}
    assert upload(some, columns="changed").ok
    after = ct.read_profile(identity=some["identity"].dropna(), progress=False)
    assert set(after["profileData.Plan"]) == {"gold"}


def test_only_what_changed_is_sent(read: pd.DataFrame) -> None:
    """Rows match by person, not by position, through filters, sorts and new columns."""
    assert changed(read) == []
    frame = read.sort_values("profileData.Points").reset_index(drop=True).iloc[::-1].assign(mine=1)
    found = changed(frame.iloc[:2])
    assert [one["profileData"] for one in found] == [{"mine": 1}, {"mine": 1}]


def test_a_change_of_type_alone_is_no_change(read: pd.DataFrame) -> None:
    """5 is 5 whether its column is Int64, float64 or object; the text "5" is another value."""
    frame = read[read["profileData.Points"].notna()].head(2).copy()
    frame["profileData.Points"] = frame["profileData.Points"].astype("float64")
    frame["profileData.Plan"] = frame["profileData.Plan"].astype("category")
    frame["profileData.Interests"] = frame["profileData.Interests"].astype(object)
    assert changed(frame) == []
    frame["profileData.Points"] = frame["profileData.Points"].astype("Int64").astype("str")
    assert len(changed(frame)) == 2


def test_a_change_inside_a_list_is_a_change(read: pd.DataFrame) -> None:
    """A list edited in its cell differs from what was read; so does a truth value from a number."""
    frame = read[read["profileData.Interests"].notna()].head(1)
    frame["profileData.Interests"].iloc[0].append("chess")
    assert changed(frame)[0]["profileData"]["Interests"][-1] == "chess"
    original = pd.DataFrame({"identity": ["a"], "x": [[1]]})
    assert changed(original.assign(x=[[True]]), original=original)
    assert not changed(original.assign(x=[(1.0,)]), original=original)


def test_columns_match_by_what_they_are_sent_as(read: pd.DataFrame) -> None:
    """Under a bare name, and with the id under another name, a cell is compared with the same attribute."""
    frame = read.rename(columns={"profileData.Plan": "Plan", "email": "Email", "identity": "customer"})
    assert changed(frame, identity="customer") == []
    frame["Plan"] = "platinum"
    known = read["identity"].notna().sum()
    assert len(frame.clevertap.preview(columns="changed", identity="customer").changes) >= known


def test_a_person_who_was_not_read_is_all_change(read: pd.DataFrame) -> None:
    """Whatever they have is sent."""
    frame = read.head(1).assign(identity="nobody-yet", **{"profileData.Plan": "gold"})
    assert changed(frame)[0]["profileData"]["Plan"] == "gold"


ONE = {"identity": ["a", "b"], "objectId": ["o-a", "o-b"], "profileData.Plan": ["free", "gold"]}


@pytest.mark.parametrize("dropped", [["identity"], ["objectId"], ["identity", "objectId"]])
@pytest.mark.parametrize("given", [False, True], ids=["remembered", "original="])
def test_people_are_found_by_any_id_that_is_left(read: pd.DataFrame, dropped: list[str], given: bool) -> None:
    """Without the column of its first id a row is still the same person's, so that little is sent."""
    frame = read[read["identity"].notna() & read["profileData.Plan"].notna()].head(4)
    frame = frame.drop(columns=dropped, errors="ignore")
    frame.iloc[1, frame.columns.get_loc("profileData.Plan")] = "platinum"
    options = {"original": read} if given else {}
    assert [record["profileData"] for record in changed(frame, **options)] == [{"Plan": "platinum"}]
    frame.iloc[2, frame.columns.get_loc("profileData.Plan")] = None
    assert frame.clevertap.validate(columns="changed", **options)["position"].tolist() == [2]


def test_a_device_of_two_people_is_no_match_for_either_by_name(account: ct.Account) -> None:
    """Who has an identity is found by it alone; a new one with an old device is a new person."""
    original = pd.DataFrame(ONE)
    frame = original.assign(identity=["a", "new"], **{"profileData.Plan": ["free", "gold"]})
    assert [record["identity"] for record in changed(frame, original=original)] == ["new"]


def test_a_frame_of_strangers_is_not_all_change(account: ct.Account, server: SandboxServer) -> None:
    """Where nobody was read, the id or the original is a mistake, and everything would be rewritten."""
    original = pd.DataFrame(ONE)
    frame = original.drop(columns=["identity", "objectId"]).assign(FBID=["1", "2"])
    with pytest.raises(ct.ValidationError, match="nobody in this frame"):
        upload(frame, columns="changed", original=original)
    assert upload(original.iloc[:0], columns="changed", original=original).ok


def test_of_two_columns_for_one_key_the_one_of_that_name_is_compared(account: ct.Account) -> None:
    """An e-mail and an attribute Email may both have been read; only one can be sent back."""
    original = pd.DataFrame({"identity": ["a", "b"], "email": ["a@x.co", "b@x.co"]})
    original["profileData.Email"] = ["old-a@x.co", "old-b@x.co"]
    for left in ("email", "profileData.Email"):
        frame = original[["identity", left]].copy()
        assert changed(frame, original=original) == []
        frame.iloc[1, 1] = "new@x.co"
        assert [one["profileData"] for one in changed(frame, original=original)] == [{"Email": "new@x.co"}]
        frame.iloc[0, 1] = None
        found = frame.clevertap.validate(columns="changed", original=original)
        assert found["position"].tolist() == [0]


@pytest.mark.parametrize("given", [False, True], ids=["remembered", "original="])
def test_a_retry_compares_with_what_the_first_try_did(
    read: pd.DataFrame, server: SandboxServer, given: bool
) -> None:
    """Other reads, and a change of the original in its place, make a stopped row no different."""
    frame = read.copy()
    at = int(frame["profileData.Plan"].notna().to_numpy().argmax()), frame.columns.get_loc("profileData.Plan")
    frame.iloc[at] = f"retried {given}"
    server.order(Fault("login_refused", on="upload"))
    with pytest.raises(ct.UploadError) as caught:
        upload(frame, columns="changed", **({"original": read} if given else {}))
    server.clear_faults()
    if given:
        read.iloc[at] = frame.iloc[at]
    else:
        reads._reads.clear()
    report = caught.value.report.retry()
    assert report.counts["accepted"] == 1


def test_an_emptied_cell_is_a_problem(read: pd.DataFrame) -> None:
    """The API cannot delete it; the rest of the frame can be sent."""
    frame = read[read["profileData.Plan"].notna()].head(2).copy()
    frame.iloc[0, frame.columns.get_loc("profileData.Plan")] = None
    frame.iloc[1, frame.columns.get_loc("profileData.Plan")] = "platinum"
    found = frame.clevertap.validate(columns="changed")
    assert found[["position", "column"]].to_numpy().tolist() == [[0, "profileData.Plan"]]
    assert upload(frame, columns="changed", invalid="skip").counts == {
        "accepted": 1,
        "refused": 0,
        "not_sent": 1,
        "unknown": 0,
    }


def test_a_preview_shows_old_beside_new(read: pd.DataFrame) -> None:
    """As data, and in its face."""
    frame = read[read["profileData.Plan"] == "free"].head(1).assign(**{"profileData.Plan": "gold"})
    preview = frame.clevertap.preview(columns="changed")
    assert preview.changes[["position", "column", "old", "new"]].to_numpy().tolist() == [
        [0, "profileData.Plan", "free", "gold"]
    ]
    assert "free" in preview._repr_html_()


def test_original_where_the_process_does_not_know(read: pd.DataFrame) -> None:
    """Merge and concat lose the notes: the error asks, and original= answers."""
    frame = read.copy()
    frame.attrs = {}
    frame["profileData.Plan"] = "gold"
    with pytest.raises(ct.ValidationError, match="original="):
        changed(frame)
    assert 0 < len(changed(frame, original=read)) <= len(frame)


def test_the_text_of_lists_is_told_by_the_original(read: pd.DataFrame, tmp_path: Path) -> None:
    """What comes back from a CSV under bare names would overwrite the lists with their text."""
    path = tmp_path / "people.csv"
    read[["identity", "objectId", "profileData.Interests", "profileData.Plan"]].to_csv(path)
    back = pd.read_csv(path, index_col=0, dtype=str, keep_default_na=False, na_values=[""])
    back = back.rename(columns=lambda name: name.removeprefix("profileData."))
    for ask in (back.clevertap.upload, back.clevertap.validate):
        with pytest.raises(ct.ValidationError, match=r"^'Interests': .* text"):
            ask(columns="changed", original=read)
    edited = back.drop(columns="Interests").assign(Plan="gold")
    assert 0 < len(changed(edited, original=read)) <= len(edited)


def test_several_rows_of_a_person_in_the_original() -> None:
    """A cell that equals any of them is unchanged."""
    original = pd.DataFrame({"identity": ["a", "a", "b"], "x": [1, 2, 3]})
    frame = pd.DataFrame({"identity": ["a", "a", "a", "b"], "x": [1, 2, 5, 3]})
    assert [one["profileData"]["x"] for one in changed(frame, original=original)] == [5]


def test_what_is_remembered_is_let_go_with_the_frame(read: pd.DataFrame) -> None:
    """Also when only a frame made from it is left; a pickled or stored token is plain text."""
    token = str(read.attrs["clevertap"]["read"])
    assert type(pickle.loads(pickle.dumps(read.attrs["clevertap"]["read"]))) is str
    assert json.loads(json.dumps(read.attrs))["clevertap"]["read"] == token
    part = _part_of(read)
    assert token in reads._reads
    del part
    read.attrs = {}
    gc.collect()
    assert token not in reads._reads


def _part_of(read: pd.DataFrame) -> pd.DataFrame:
    part = read.head(2).assign(x=1)
    read.attrs = {}
    gc.collect()
    return part


def test_what_is_remembered_is_bounded() -> None:
    """The oldest read goes first."""
    frames = [pd.DataFrame({"identity": ["a"]}) for _ in range(reads.READS_REMEMBERED + 3)]
    for frame in frames:
        frame.attrs["clevertap"] = {"kind": "people", "read": reads.remember(frame)}
    assert len(reads._reads) <= reads.READS_REMEMBERED
    with pytest.raises(ct.ValidationError, match="original="):
        reads.original_of(frames[0], None)
    assert reads.original_of(frames[-1], None).equals(frames[-1])


def test_remembering_survives_changes_in_place(read: pd.DataFrame) -> None:
    """The memory is a view until the frame is changed; it is not changed along."""
    frame = read[read["profileData.Plan"] == "free"]
    read.loc[frame.index[0], "profileData.Plan"] = "gold"
    assert [one["profileData"] for one in changed(read)] == [{"Plan": "gold"}]


def test_a_look_at_ids(read: pd.DataFrame) -> None:
    """check= says how many do not exist and would become new profiles."""
    known = read["identity"].dropna().head(3).tolist()
    frame = pd.DataFrame({"identity": [*known, "nobody-1"], "x": 1})
    preview = frame.clevertap.preview(check=50)
    assert (preview.checked, preview.missing) == (4, 1)
    assert "1 of 4 ids" in repr(preview)


def test_a_backup_restores(read: pd.DataFrame, tmp_path: Path) -> None:
    """What is about to change is saved first, for its owner only, and goes back by the same accessor."""
    names = ["profileData.Plan", "profileData.Interests", "profileData.Größe"]
    frame = read[read["identity"].notna() & read["profileData.Plan"].notna()].head(4)[["identity", *names]]
    ids = frame["identity"].tolist()
    edited = frame.assign(**{"profileData.Plan": "gold", "profileData.Größe": "XL"})
    edited["profileData.Interests"] = pd.Series([["new"]] * 4, index=edited.index)
    edited = pd.concat([edited, edited.head(1).assign(identity="nobody-2")])
    path = tmp_path / "before.parquet"
    assert upload(edited, columns=names, backup=path).ok
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["before.parquet"]
    backup = pd.read_parquet(path)
    assert backup["clevertap.exists"].tolist() == [True] * 4 + [False]
    assert upload(backup, columns="all").counts["refused"] == 0
    again = ct.read_profile(identity=ids, progress=False)
    assert again["profileData.Plan"].tolist() == frame["profileData.Plan"].tolist()
    for name in ("profileData.Interests", "profileData.Größe"):
        was = frame[name].notna().to_numpy()  # what was not there cannot be put back
        assert again[name][was].tolist() == frame[name][was].tolist()


def test_blanks_around_an_id_make_it_somebody_else(account: ct.Account, tmp_path: Path) -> None:
    """What is sent under " 7" is saved as it is under " 7", not as what "7" has."""
    frame = pd.DataFrame({"identity": ["blank-7", " blank-7", "blank-8 "], "Plan": ["one", "two", "three"]})
    assert upload(frame.head(2)).ok
    found = ct.read_profile(identity=frame["identity"].head(2), progress=False)
    assert found["profileData.Plan"].tolist() == ["one", "two"]
    path = tmp_path / "before.parquet"
    assert upload(frame.tail(2).assign(Plan="other"), backup=path).ok
    backup = pd.read_parquet(path)
    assert backup["clevertap.exists"].tolist() == [True, False]
    assert backup["profileData.Plan"].tolist()[0] == "two"


def test_a_dry_run_saves_nothing(read: pd.DataFrame, tmp_path: Path) -> None:
    """Nothing is about to change; the file that the real run names is still free."""
    path = tmp_path / "before.parquet"
    frame = read.head(2).assign(**{"profileData.Plan": "one"})
    assert upload(frame, columns=["Plan"], backup=path, dry_run=True).ok
    assert not path.exists()
    assert upload(frame, columns=["Plan"], backup=path).ok
    assert path.exists()


def test_a_retry_adds_to_the_backup(read: pd.DataFrame, tmp_path: Path) -> None:
    """Rows that are mended later change people too; who was saved before is not read again."""
    frame = read[read["identity"].notna() & read["profileData.Plan"].notna()].tail(2)
    frame = frame[["identity", "profileData.Plan"]].assign(Gender=["F", "female"])
    path = tmp_path / "before.parquet"
    report = upload(frame.assign(**{"profileData.Plan": "one"}), columns="all", backup=path, invalid="skip")
    assert len(pd.read_parquet(path)) == 1
    mended = report.failed.assign(Gender="F")
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        assert report.retry(mended).ok
    backup = pd.read_parquet(path)
    assert backup["identity"].tolist() == frame["identity"].tolist()
    assert backup["profileData.Plan"].tolist() == frame["profileData.Plan"].tolist()


def test_a_retry_saves_what_else_it_changes(read: pd.DataFrame, tmp_path: Path) -> None:
    """A person who is in the backup already is saved once more with an attribute that was not sent before."""
    had = read[
        read["identity"].notna() & read["profileData.Plan"].notna() & read["profileData.Level"].notna()
    ]
    frame = had.head(2)[["identity", "profileData.Plan"]].assign(Gender="female", Level=None)
    path = tmp_path / "before.parquet"
    sent = pd.concat([frame.assign(Gender=None), frame])
    sent["profileData.Plan"] = "one"
    report = upload(sent, columns="all", backup=path, invalid="skip")
    mended = report.failed.assign(Gender="F", Level=99)
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        report.retry(mended)
    backup = pd.read_parquet(path)
    assert backup["identity"].tolist() == frame["identity"].tolist() * 2
    assert backup["profileData.Plan"].tolist()[:2] == frame["profileData.Plan"].tolist()
    assert (
        backup["profileData.Plan"].tolist()[2:] == [None, None] or backup["profileData.Plan"][2:].isna().all()
    )
    assert backup["profileData.Level"].tolist()[2:] == had["profileData.Level"].tolist()[:2]
    upload(backup, columns="all")
    again = ct.read_profile(identity=frame["identity"], progress=False)
    assert again["profileData.Plan"].tolist() == frame["profileData.Plan"].tolist()
    assert again["profileData.Level"].tolist() == had["profileData.Level"].tolist()[:2]


def test_several_retries_of_one_report_keep_the_whole_backup(read: pd.DataFrame, tmp_path: Path) -> None:
    """Whoever mends row after row has the old values of all of them."""
    frame = read[read["identity"].notna()].head(3)[["identity"]].assign(Gender=["F", "female", "male"], x=1)
    path = tmp_path / "before.parquet"
    report = upload(frame, columns=["Gender", "x"], backup=path, invalid="skip")
    failed = report.failed
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        report.retry(failed.iloc[:1].assign(Gender="F"))
        assert report.retry(failed.iloc[1:].assign(Gender="M")).ok
    assert pd.read_parquet(path)["identity"].tolist() == frame["identity"].tolist()


def test_a_backup_keeps_every_digit(scripted: Scripted, tmp_path: Path) -> None:
    """Also where people of two kinds of id, or of two retries, have numbers of two types."""
    card = {"a": 2**53 + 1, "b": 5.5}

    def answer(seen: Seen) -> Any:
        if seen.method == "POST":
            return {"status": "success", "processed": len(seen.json["d"]), "unprocessed": []}
        who = seen.target[-1]
        return {"status": "success", "record": {"identity": who, "profileData": {"card": card[who]}}}

    scripted.answers = answer
    frame = pd.DataFrame({"identity": ["a", None], "objectId": [None, "b"], "card": [1, 2]})
    path, account = tmp_path / "before.parquet", scripted.account()
    assert frame.clevertap.upload(backup=path, account=account, progress=False).ok
    assert pd.read_parquet(path).clevertap.upload(columns="all", account=account, progress=False).ok
    sent = [one["profileData"]["card"] for one in scripted.seen[-1].json["d"]]
    assert sent == [2**53 + 1, 5.5]


def test_a_backup_keeps_times_beside_other_values() -> None:
    """In a column of both, a time is kept as it is sent."""
    mixed = pd.DataFrame({"x": pd.Series([pd.Timestamp(5, unit="s", tz="UTC"), pd.NaT, [1]], dtype=object)})
    assert backups._plain_columns(mixed)["x"].tolist()[::2] == ['"$D_5"', "[1]"]


def test_a_backup_without_its_notes_is_refused(read: pd.DataFrame, tmp_path: Path) -> None:
    """Merge and concat lose them; then text could not be told from what stands for a list."""
    path = tmp_path / "before.parquet"
    people = read[read["identity"].notna()].head(1)
    upload(people, columns=["profileData.Interests"], backup=path)
    lost = pd.read_parquet(path)
    lost.attrs = {}
    with pytest.raises(ct.ValidationError, match="lost its notes"):
        upload(lost, columns="all")


def test_a_backup_needs_its_folder(read: pd.DataFrame, tmp_path: Path) -> None:
    """Which is known before a profile is read."""
    with pytest.raises(ct.ValidationError, match="no such folder"):
        upload(read, columns=["profileData.Plan"], backup=tmp_path / "none" / "before.parquet")


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_backup_that_cannot_be_written_says_so(
    read: pd.DataFrame, server: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full disk stops the upload before it began, and leaves no half of a file."""

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    people = read[read["identity"].notna()].head(2)
    server.forget_requests()
    monkeypatch.setattr(files.os, step, full)
    with pytest.raises(ct.ClevertapError, match=r"No space left.*Nothing was sent"):
        upload(people, columns=["profileData.Plan"], backup=tmp_path / "before.parquet")
    monkeypatch.undo()
    assert not list(tmp_path.iterdir())
    assert not any(seen.path.startswith("/1/upload") for seen in server.requests)


@pytest.mark.parametrize("fault", ["login_refused", "html_503"])
def test_a_backup_that_cannot_be_read_stops_the_upload(tmp_path: Path, fault: str) -> None:
    """As whatever stops an upload does: with a report, and resume goes on with the upload, not a read."""
    path = tmp_path / "before.parquet"
    with SandboxServer(users=5, faults=[Fault(fault, on="profile", times=None)]) as server:
        account = ct.Account(server.account_id, server.passcode, base_url=server.url, max_wait=0.5)
        frame = pd.DataFrame({"identity": ["a", "b"], "Plan": ["gold", "free"]})
        with pytest.raises(ct.UploadError) as stopped:
            upload(frame, backup=path, account=account)
        assert stopped.value.report.counts["not_sent"] == 2
        assert ".partial" not in str(stopped.value)
        assert ct.last_interruption() is stopped.value
        assert not path.exists()
        server.clear_faults()
        assert ct.resume().ok
        assert len(pd.read_parquet(path)) == 2


def test_a_backup_is_never_overwritten(read: pd.DataFrame, tmp_path: Path) -> None:
    """It may hold the only copy of earlier values."""
    path = tmp_path / "before.parquet"
    path.write_bytes(b"precious")
    with pytest.raises(ct.ValidationError, match="exists already"):
        read.head(1).clevertap.upload(columns=["Plan"], backup=path, progress=False)
    assert path.read_bytes() == b"precious"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes with names are POSIX")
def test_a_backup_that_cannot_be_is_refused_before_anybody_is_looked_up(
    read: pd.DataFrame, server: SandboxServer, tmp_path: Path
) -> None:
    """One request a person takes hours for many; and what is no file, such as a device, stays what it is."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    server.forget_requests()
    for path in (tmp_path / "pipe", tmp_path / "folder", tmp_path / ("n" * 251), "", "a\0b", 5):
        with pytest.raises(
            ct.ClevertapError, match=r"backup=.*(not a file|not the path of a file|cannot be written)"
        ):
            upload(read.head(2), columns=["profileData.Plan"], backup=path)
    assert (tmp_path / "pipe").is_fifo()
    assert len(list(tmp_path.iterdir())) == 2
    assert not server.requests


def test_an_accepted_token_is_one_that_the_api_took(account: ct.Account) -> None:
    """Tokens go to the sandbox's own rules."""
    frame = pd.DataFrame({"objectId": ["__a1b2c3"], "token": ["new-token"], "type": ["fcm"]})
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        report = frame.clevertap.upload_tokens(progress=False)
    assert sum(report.counts.values()) == 1
    assert report.counts["not_sent"] == 0


def test_events_can_be_read_back(account: ct.Account) -> None:
    """With their time and their properties."""
    when = pd.Timestamp("2025-12-30 10:00", tz="UTC")
    frame = pd.DataFrame(
        {"identity": ["Upload Tester"], "ts": [when], "Amount": [12.5], "tags": [["a", "b"]]}
    )
    assert frame.clevertap.upload_events("Tested Upload", progress=False).ok
    back = ct.read_clevertap_events("Tested Upload", "2025-12", rows="event", progress=False)
    assert back["event_props.Amount"].tolist() == [12.5]
    assert back["event_props.tags"].tolist() == [["a", "b"]]
    assert back["identity"].tolist() == ["Upload Tester"]


_TURNS = itertools.count()
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
VALUES = st.one_of(
    TEXT.filter(lambda text: not text.startswith("$D_")),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.datetimes(pd.Timestamp("1971-01-01"), pd.Timestamp("2100-01-01")).map(
        lambda time: pd.Timestamp(time.replace(microsecond=0), tz="UTC")
    ),
    st.none(),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, min_size=1, max_size=6))
def test_what_is_uploaded_can_be_read_back(account: ct.Account, values: list[Any]) -> None:
    """Values of every kind, in a column that mixes them."""
    turn = next(_TURNS)
    ids = [f"back-{turn}-{i}" for i in range(len(values))]
    frame = pd.DataFrame({"identity": ids, "v": pd.Series(values, dtype=object), "there": 1})
    assert upload(frame).ok
    back = ct.read_profile(identity=ids, progress=False)
    for who, value in zip(ids, values, strict=True):
        got = back.loc[who].get("profileData.v")
        if value is None:
            assert got is None or pd.isna(got)
        elif isinstance(value, pd.Timestamp) and isinstance(got, str):
            assert got == f"$D_{value.timestamp():.0f}"
        else:
            assert got == value


FAULTS = (
    "error_500",
    "html_503",
    "reset",
    "lost_answer_before",
    "lost_answer_after",
    "unaccounted",
    "throttle_429",
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(FAULTS), st.integers(0, 4), st.integers(1, 3)), max_size=3),
    st.sampled_from(["", "_events"]),
    st.integers(1, 3),
)
def test_states_add_up_whatever_goes_wrong(
    server: SandboxServer, account: ct.Account, faults: list[tuple[str, int, int]], kind: str, parallel: int
) -> None:
    """Every row ends in exactly one state, and no event is stored more than once."""
    server.clear_faults()
    for name, after, times in faults:
        server.order(Fault(name, on="upload", after=after, times=times))
    frame = pd.DataFrame({"identity": [f"state-{i % 7}" for i in range(350)], "x": range(350)})
    options = {"event": "Stated"} if kind else {}
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        try:
            report = getattr(frame.clevertap, f"upload{kind}")(progress=False, parallel=parallel, **options)
        except ct.UploadError as error:
            report = error.report
    assert sum(report.counts.values()) == len(frame) == len(report.rows)
    assert len(report.failed) + len(report.unknown) == len(frame) - report.counts["accepted"]
    looked_at = set(report.problems["position"])
    assert looked_at == set(range(350)) - set(report.rows.reset_index().query("status == 'accepted'").index)


@pytest.mark.parametrize("lose", ["concat", "merge", "file"])
def test_people_of_two_accounts_are_not_mixed_when_their_notes_are_lost(lose: str) -> None:
    """Notes are dropped where two frames differ in them; who was read from where is still known."""
    with ct.Sandbox(users=60, seed=1) as first, ct.Sandbox(users=60, seed=1, account_id="OTHER") as second:
        read = {"start": "2025-10", "progress": False}
        there = ct.read_clevertap_events("App Launched", account=second.account, **read)
        if lose == "concat":
            here = ct.read_clevertap_events("Charged", account=first.account, **read)
            mixed = pd.concat([here, there], ignore_index=True)
        elif lose == "file":
            mixed = pd.read_csv(io.StringIO(there.to_csv(index=False)), dtype={"identity": "str"})
        else:
            mixed = there.merge(pd.DataFrame({"identity": there["identity"], "Segment": "A"}), on="identity")
        assert not mixed.attrs
        ct._account.set_default(first.account)
        sent = len(first.server.requests)
        with pytest.raises(ct.ValidationError, match=r"a file, and .* from account OTHER \(.*\).*account="):
            upload(mixed, columns=["profileData.Plan"])
        assert len(first.server.requests) == sent
        assert upload(mixed, columns=["profileData.Plan"], account=first.account).counts["accepted"]


def test_people_of_both_accounts_may_go_to_either() -> None:
    """The same ids in a test account and in the real one say nothing about where a frame came from."""
    with ct.Sandbox(users=60, seed=1) as first, ct.Sandbox(users=60, seed=1, account_id="OTHER") as second:
        read = {"start": "2025-10", "progress": False}
        here = ct.read_clevertap_events("Charged", account=first.account, **read)
        there = ct.read_clevertap_events("Charged", account=second.account, **read)
        assert len(there) == len(here)
        joined = here.merge(pd.DataFrame({"identity": here["identity"], "Segment": "A"}), on="identity")
        ct._account.set_default(first.account)
        assert upload(joined, columns=["Segment"]).ok


def test_a_read_that_is_forgotten_is_not_denied() -> None:
    """Who was read from here and let go in a merge may belong here: the error claims only what is known."""
    with ct.Sandbox(users=60, seed=1) as first, ct.Sandbox(users=60, seed=1, account_id="OTHER") as second:
        read = {"start": "2025-10", "progress": False}
        there = ct.read_clevertap_events("Charged", account=second.account, **read)
        here = ct.read_clevertap_events("Charged", account=first.account, **read)
        here = here.merge(pd.DataFrame({"identity": there["identity"], "Segment": "A"}), on="identity")
        ct._account.set_default(first.account)
        with pytest.raises(
            ct.ValidationError,
            match=r"to TEST-SAN-DBOX .* no read of them from there is remembered.*account=",
        ):
            upload(here, columns=["Segment"])
        assert upload(here, columns=["Segment"], account=first.account).ok


def test_ids_of_any_type_are_told_from_those_of_another_account() -> None:
    """Ids are compared as they would be sent, numbers as text; what is no id is nobody's."""
    frame = pd.DataFrame(
        {"identity": pd.Series(["q", None, None], dtype="str"), "objectId": [None, 5, ["x"]]}, dtype=object
    )
    frame.attrs["clevertap"] = {"account": "OTHER", "region": "eu"}
    frame.attrs["clevertap"]["read"] = reads.remember(frame)
    others = reads.people_elsewhere({"q", "5", "x"}, ("MINE", "eu"))
    assert others == dict.fromkeys(("q", "5"), ("OTHER", "eu"))
