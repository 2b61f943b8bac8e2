"""Rules of the cluster: downloaded once, each person once, nothing sent twice, and no passcode in a graph."""

from __future__ import annotations

import json
import os
import pickle
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ct_pandas as ct
from ct_pandas._storage.files import sealed, unsealed
from ct_pandas.sandbox.faults import Fault

dask = pytest.importorskip("dask")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

OCTOBER = ("Charged", "2025-10")

pytestmark = pytest.mark.filterwarnings("default")  # Dask's own, of its processes' ends


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ct.Sandbox]:
    """Give a world that all workers reach."""
    with ct.Sandbox(users=600, paging="exact") as found:
        yield found


@pytest.fixture(scope="module")
def cluster(sandbox: ct.Sandbox) -> Iterator[Any]:
    """Start two worker processes that have the account in their environment."""
    account = sandbox.account
    theirs = {
        "CLEVERTAP_ACCOUNT_ID": account.account_id,
        "CLEVERTAP_PASSCODE": account.passcode,
        "CLEVERTAP_BASE_URL": sandbox.url,
        "CLEVERTAP_TIMEZONE": str(account.timezone),
        "PYTHONPATH": str(Path(ct.__file__).parents[1]),
    }
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None, env=theirs
        ) as found,
        distributed.Client(found) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def _fresh(sandbox: ct.Sandbox) -> Iterator[None]:
    sandbox.server.forget_requests()
    yield
    sandbox.server.clear_faults()


def read(directory: Path, **options: Any) -> Any:
    """Read October on the cluster."""
    import ct_pandas.dask

    return ct_pandas.dask.read(*OCTOBER, directory=directory, **({"batch_size": 40} | options))


@pytest.mark.parametrize("rows", ["profile", "event"])
def test_the_cluster_reads_what_one_process_reads(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path, rows: Any
) -> None:
    """Slices are walked by the workers, each person stands once, each event once."""
    frame = read(tmp_path, rows=rows).compute()
    plain = ct.read_clevertap_events(*OCTOBER, rows=rows, account=sandbox.account, progress=False)
    names = [name for name in ("ts", "identity", "objectId") if name in plain]
    left, right = (df.sort_values(names, kind="stable", ignore_index=True) for df in (frame, plain))
    assert left["identity"].astype("str").tolist() == right["identity"].tolist()
    assert list(left.columns) == list(right.columns)
    assert sandbox.server.max_in_flight_seen <= 3
    stored = ct.open_download(tmp_path)
    assert stored.complete
    stored_frame = stored.to_frame().sort_values(names, kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(stored_frame, right)


def test_nothing_is_downloaded_twice(cluster: Any, sandbox: ct.Sandbox, tmp_path: Path) -> None:
    """The same call again reads what is stored; another query in the same directory is named."""
    read(tmp_path)
    sandbox.server.forget_requests()
    assert len(read(tmp_path)) == ct.open_download(tmp_path).attrs["rows"]
    assert not sandbox.server.requests
    with pytest.raises(ct.ClevertapError, match="event_summary is false there, true here"):
        read(tmp_path, event_summary=True)


def test_no_passcode_enters_a_graph(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task names a directory and a slice; the account comes from the worker's environment."""
    sent: list[bytes] = []
    submit = type(cluster).submit

    def watched(self: Any, function: Any, *args: Any, **options: Any) -> Any:
        sent.append(pickle.dumps((function, args)))
        return submit(self, function, *args, **options)

    monkeypatch.setattr(type(cluster), "submit", watched)
    read(tmp_path)
    assert sent
    assert not any(sandbox.account.passcode.encode() in each for each in sent)
    assert not any(
        sandbox.account.passcode.encode() in path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    )


def test_a_worker_killed_half_way_costs_no_row_and_no_page_twice(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path
) -> None:
    """The slice of a dead worker goes on where its pages end, on another worker."""
    sandbox.server.order(Fault("slow_drip", on="page", after=3, times=2, seconds=0.15, chunks=10))
    workers = dict(cluster.run(os.getpid))
    done: list[Any] = []
    reading = threading.Thread(target=lambda: done.append(read(tmp_path, rows="event", batch_size=30)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reading.start()
        while sum(arrival.kind == "page" for arrival in sandbox.server.requests) < 4:
            time.sleep(0.01)
        busy = [address for address, tasks in cluster.processing().items() if tasks]
        os.kill(workers[busy[0]], 9)
        reading.join(60)
    frame = done[0].compute()
    plain = ct.read_clevertap_events(*OCTOBER, rows="event", account=sandbox.account, progress=False)
    assert len(frame) == len(plain)
    assert sorted(frame["identity"].dropna()) == sorted(plain["identity"].dropna())
    assert sandbox.server.max_in_flight_seen <= 3


def test_a_failure_on_a_worker_is_ours_and_the_download_goes_on(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path
) -> None:
    """What stops a slice is raised on the client; the same call goes on from the pages that are there."""
    sandbox.server.order(Fault("login_refused", on="page", after=4, times=None))
    with pytest.raises(ct.AuthenticationError, match="refused the login"):
        read(tmp_path, rows="event")
    sandbox.server.clear_faults()
    assert not ct.open_download(tmp_path).complete
    assert len(read(tmp_path, rows="event")) == ct.count_events(*OCTOBER, account=sandbox.account)


def test_a_lost_cursor_on_a_worker_can_be_resumed(cluster: Any, sandbox: ct.Sandbox, tmp_path: Path) -> None:
    """The error on the client has the rows so far and the way to go on, as that of a read here."""
    sandbox.server.order(Fault("cursor_invalidated", on="page", after=3, times=1))
    with pytest.raises(ct.CursorError) as caught:
        read(tmp_path, rows="event")
    assert ct.last_interruption() is caught.value
    assert not caught.value.partial.attrs["clevertap"]["complete"]
    assert len(ct.resume()) == ct.count_events(*OCTOBER, account=sandbox.account)
    assert ct.last_interruption() is None


STOPS: dict[str, tuple[BaseException, type[BaseException]]] = {
    "could not be saved: No space left": (OSError(28, "No space left on device"), ct.DownloadError),
    "The cluster lost the workers": (distributed.CancelledError("gone"), ct.DownloadError),
    "was stopped": (KeyboardInterrupt(), ct.DownloadInterrupted),
}


@pytest.mark.parametrize("said", STOPS)
def test_whatever_stops_a_cluster_can_be_resumed(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """A full disk, a lost worker and Ctrl-C keep what came, as in one process."""
    gather = type(cluster).gather
    stop, kind = STOPS[said]

    def stopped(self: Any, tasks: Any) -> Any:
        gather(self, tasks)
        raise stop

    monkeypatch.setattr(type(cluster), "gather", stopped)
    with pytest.raises(kind, match=said) as caught:
        read(tmp_path, rows="event")
    monkeypatch.undo()
    assert ct.last_interruption() is caught.value
    assert not caught.value.partial.attrs["clevertap"]["complete"]
    assert len(ct.resume()) == ct.count_events(*OCTOBER, account=sandbox.account)
    assert ct.last_interruption() is None


def test_warnings_of_the_workers_are_given_on_the_client(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path
) -> None:
    """Nobody reads the logs of workers: a column that never came, and days that nothing confirms as empty."""
    sandbox.server.order(Fault("login_refused", on="counts", times=None))
    with warnings.catch_warnings(record=True, action="always") as told:
        import ct_pandas.dask

        ct_pandas.dask.read("Charged", "2020-10", directory=tmp_path, columns=["identity", "profileData.no"])
    said = [str(one.message) for one in told if issubclass(one.category, ct.ClevertapWarning)]
    assert any("profileData.no" in one for one in said)
    assert any("refused to count them (HTTP 401)" in one for one in said)


@pytest.mark.parametrize("name", ["a*b", "a [2025-10]?", "plan=gold", "name=2025"])
def test_dask_reads_the_files_of_the_download_and_no_others(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path, name: str
) -> None:
    """Not those of a download in a folder within, and no column out of the name of the folder."""
    inner = tmp_path / name / "2024"
    ct.download_clevertap_events(*OCTOBER, directory=inner, account=sandbox.account, progress=False)
    frame = read(tmp_path / name, columns=["identity", "profileData.*"])
    stored = ct.open_download(tmp_path / name)
    assert len(frame) == len(stored) > 0
    assert list(frame.columns) == stored.columns


def test_a_directory_that_dask_would_not_find_is_refused(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path
) -> None:
    """Two colons part the addresses of two file systems there."""
    with pytest.raises(ct.ClevertapError, match="Dask reads :: in a path"):
        read(tmp_path / "a::b")
    assert not sandbox.server.requests


def test_a_read_without_a_cluster_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask's own words name neither the call that starts one nor the option."""

    def missing() -> Any:
        raise ValueError("No global client found and no address provided")

    monkeypatch.setattr(distributed, "get_client", missing)
    with pytest.raises(ct.ClevertapError, match=r"distributed\.Client\(\), or name one with client="):
        read(tmp_path)


def test_rows_without_columns_have_none_in_dask(cluster: Any, tmp_path: Path) -> None:
    """The field that stands in for them in the files is no column of anybody's."""
    frame = read(tmp_path, columns=["no.*"])
    assert list(frame.columns) == []
    assert len(frame) == len(ct.open_download(tmp_path)) > 0


def test_a_warning_that_is_an_error_is_raised_as_one(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path
) -> None:
    """The rows that came are kept, and can be had once it is none."""
    with warnings.catch_warnings(action="error", category=ct.ClevertapWarning):
        with pytest.raises(ct.ClevertapWarning, match="all missing") as caught:
            read(tmp_path, columns=["identity", "profileData.no"])
        assert "ct.resume() returns them" in caught.value.__notes__[0]
    assert len(ct.resume()) == len(ct.open_download(tmp_path)) > 0
    assert ct.last_interruption() is None


def test_times_are_read_in_the_zone_that_is_known_when_the_files_are_written(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path
) -> None:
    """Not in the zone that the download began with, also before it is whole."""
    sandbox.server.order(Fault("cursor_invalidated", on="page", after=3, times=1))
    with pytest.raises(ct.CursorError) as caught:
        read(tmp_path, rows="event")
    manifest = tmp_path / ".unfinished" / "manifest.json"
    there = unsealed(manifest.read_bytes())
    assert there["timezone"] == sandbox.account.timezone
    manifest.write_text(json.dumps(sealed(there | {"timezone": "America/New_York"})))
    plain = ct.read_clevertap_events(*OCTOBER, rows="event", account=sandbox.account, progress=False)
    assert caught.value.partial["ts"].dtype == plain["ts"].dtype
    assert read(tmp_path, rows="event")["ts"].compute().min() == plain["ts"].min()


def test_a_slice_that_waits_for_its_turn_keeps_others_out(
    cluster: Any, sandbox: ct.Sandbox, tmp_path: Path
) -> None:
    """Its task outlives a client that is killed, and will walk the slice as soon as a request is free."""
    from ct_pandas.dask import _slices

    sandbox.server.order(Fault("cursor_invalidated", on="page", after=3, times=1))
    with pytest.raises(ct.CursorError):
        read(tmp_path, rows="event")
    with distributed.Lock("all requests", cluster.scheduler, cluster.loop) as lease:
        task = cluster.submit(_slices.download_slice, str(tmp_path), 0, 40, lease, pure=False)
        time.sleep(1)
        sandbox.server.forget_requests()
        with pytest.raises(ct.ClevertapError, match=r"Process \d+ is already using"):
            ct.download_clevertap_events(
                *OCTOBER, rows="event", directory=tmp_path, account=sandbox.account, progress=False
            )
        assert not sandbox.server.requests
    task.result()
    assert len(read(tmp_path, rows="event")) == ct.count_events(*OCTOBER, account=sandbox.account)


def people(rows: int = 40) -> Any:
    """Give a Dask frame of made-up people in four partitions."""
    import ct_pandas.dask

    assert ct_pandas.dask
    frame = pd.DataFrame(
        {"identity": [f"dask-{n}" for n in range(rows)], "Stage": [f"s{n % 3}" for n in range(rows)]}
    )
    return dd.from_pandas(frame, npartitions=4)


def uploads(sandbox: ct.Sandbox) -> list[Any]:
    """Return the records that arrived."""
    return [
        record
        for arrival in sandbox.server.requests
        if arrival.kind == "upload" and arrival.status is not None
        for record in arrival.json()["d"]
    ]


def test_an_upload_is_sent_once_and_from_here(cluster: Any, sandbox: ct.Sandbox) -> None:
    """Workers compute partitions; every row goes out once, known by partition and position."""
    report = people().clevertap.upload(account=sandbox.account, progress=False)
    assert report.ok
    assert report.counts == {"accepted": 40, "refused": 0, "not_sent": 0, "unknown": 0}
    assert sorted(record["identity"] for record in uploads(sandbox)) == sorted(f"dask-{n}" for n in range(40))
    rows = report.rows
    assert rows.groupby("partition")["position"].apply(list).tolist() == [list(range(10))] * 4
    assert rows.index.tolist() == list(range(40))
    assert "40 of 40" in repr(report)


def test_problems_of_all_partitions_stop_an_upload_before_it_begins(
    cluster: Any, sandbox: ct.Sandbox
) -> None:
    """With invalid="raise" nothing is sent, whatever partition the problem is in."""
    gender = {"dask-35": "unheard-of"}
    frame = people().assign(Gender=lambda df: df["identity"].map(gender, meta=("Gender", object)))
    with pytest.raises(ct.ValidationError) as caught:
        frame.clevertap.upload(account=sandbox.account, progress=False)
    assert caught.value.problems[["partition", "position"]].to_numpy().tolist() == [[3, 5]]
    assert uploads(sandbox) == []
    with pytest.warns(ct.UploadWarning):
        report = frame.clevertap.upload(account=sandbox.account, progress=False, invalid="skip")
    assert report.counts["accepted"] == 39
    assert report.problems[["partition", "position"]].to_numpy().tolist() == [[3, 5]]


def test_people_of_another_account_in_one_partition_stop_an_upload_before_it_begins(
    sandbox: ct.Sandbox,
) -> None:
    """Nobody can say account= any more once the first partitions were sent."""
    with ct.Sandbox(users=60, seed=5, account_id="OTHER") as other, dask.config.set(scheduler="sync"):
        here, there = (
            ct.read_clevertap_events(*OCTOBER, account=account, progress=False)
            for account in (sandbox.account, other.account)
        )
        mine = here[~here["identity"].isin(there["identity"])].head(3)
        mixed = pd.concat([mine, there.tail(1)], ignore_index=True)[["identity", "email", "profileData.Plan"]]
        assert not mixed.attrs
        sandbox.server.forget_requests()
        ct._account.set_default(sandbox.account)
        frame = dd.from_pandas(mixed.assign(**{"profileData.Plan": "Gold"}), npartitions=4, sort=False)
        with pytest.raises(ct.ValidationError, match=r"1 row is of people .* from account OTHER"):
            frame.clevertap.upload(["profileData.Plan"], progress=False)
        assert not sandbox.server.requests
        assert frame.clevertap.upload(["profileData.Plan"], progress=False, account=sandbox.account).ok


def test_an_upload_that_stops_can_go_on(cluster: Any, sandbox: ct.Sandbox) -> None:
    """What was not begun is not sent; the retry sends just that, and no row goes out twice."""
    sandbox.server.order(Fault("login_refused", on="upload", after=2, times=None))
    with pytest.raises(ct.UploadError) as caught:
        people().clevertap.upload(account=sandbox.account, progress=False)
    report = caught.value.report
    assert report.counts == {"accepted": 20, "refused": 0, "not_sent": 20, "unknown": 0}
    packed = pickle.dumps((report, caught.value))
    assert sandbox.account.passcode.encode() not in packed
    copy = pickle.loads(packed)[0]
    assert (copy.counts, len(copy.failed)) == (report.counts, len(report.failed))
    with pytest.raises(ct.ClevertapError, match="this one is a copy"):
        copy.retry()
    assert ct.last_interruption() is caught.value
    sandbox.server.clear_faults()
    again = ct.resume()
    assert again.ok
    assert report.counts["accepted"] == 20
    sent = [
        record["identity"]
        for arrival in sandbox.server.requests
        if arrival.status == 200
        for record in arrival.json()["d"]
    ]
    assert len(sent) == len(set(sent)) == 40
    assert ct.last_interruption() is None


def test_later_rows_of_a_person_are_held_back_across_partitions(cluster: Any, sandbox: ct.Sandbox) -> None:
    """An event whose answer was lost may have arrived: what the same person did later waits."""
    import ct_pandas.dask

    assert ct_pandas.dask
    frame = pd.DataFrame({"identity": ["p", "q", "p", "r"], "ts": [1_760_000_000 + n for n in range(4)]})
    sandbox.server.order(Fault("lost_answer_after", on="upload", times=1))
    with pytest.warns(ct.UploadWarning):
        report = dd.from_pandas(frame, npartitions=2).clevertap.upload_events(
            "Charged", account=sandbox.account, progress=False
        )
    assert report.rows["status"].tolist() == ["unknown", "unknown", "not_sent", "accepted"]
    assert "held back" in report.rows["reason"].tolist()[2]


MENDING = pd.DataFrame(
    {
        "identity": ["p", "x", "p", None, "q", "p"],
        "Email": ["bad", "x@example.org", "bad", "y@example.org", "q@example.org", "p@example.org"],
        "Plan": ["old", "a", "new", "b", "c", "newest"],
    },
    index=list("uvwxyz"),
)


@pytest.mark.parametrize("order", [["w", "u", "x"], ["u", "w", "x"], ["x", "w", "u"]], ids="".join)
@pytest.mark.parametrize("partitions", [1, 2, 3])
def test_mended_rows_keep_the_order_of_a_person(
    cluster: Any, sandbox: ct.Sandbox, order: list[str], partitions: int
) -> None:
    """Whatever is put right first, a Dask frame ends as the same frame in memory does."""
    import ct_pandas.dask

    assert ct_pandas.dask
    keywords = {"account": sandbox.account, "progress": False, "invalid": "skip"}
    lazily = dd.from_pandas(MENDING, npartitions=partitions, sort=False)
    sent: dict[str, list[Any]] = {"memory": [], "dask": []}

    def run(kind: str, work: Any, *args: Any) -> Any:
        sandbox.server.forget_requests()
        report = work(*args)
        sent[kind] += [record["profileData"] for record in uploads(sandbox) if record["identity"] == "p"]
        return report

    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        report = run("memory", lambda: MENDING.clevertap.upload(**keywords))
        lazy = run("dask", lambda: lazily.clevertap.upload(**keywords))
        for label in order:
            mended = report.failed.loc[[label]].fillna({"identity": "n"}).assign(Email=f"{label}@example.org")
            report, lazy = run("memory", report.retry, mended), run("dask", lazy.retry, mended)
            assert lazy.rows["status"].tolist() == report.rows["status"].tolist()
            assert lazy.failed.index.tolist() == report.failed.index.tolist()
            assert len(lazy.problems) == len(report.problems)
    assert report.ok
    assert lazy.ok
    assert [each["Plan"] for each in sent["dask"]] == ["old", "new", "newest"]
    assert sent["dask"] == sent["memory"]


def test_rows_that_belong_nowhere_are_not_mended(cluster: Any, sandbox: ct.Sandbox) -> None:
    """An unknown partition or label, or one that several partitions have, is an error; nothing is sent."""
    import ct_pandas.dask

    assert ct_pandas.dask
    frame = MENDING.set_axis([0, 1, 2, 0, 1, 2])
    halves = dd.from_delayed([dask.delayed(frame.iloc[:3]), dask.delayed(frame.iloc[3:])])
    with pytest.warns(ct.UploadWarning):
        report = halves.clevertap.upload(account=sandbox.account, progress=False, invalid="skip")
    sent = len(uploads(sandbox))
    first = report.failed.iloc[[0]].assign(Email="p@example.org")
    wrong = {"several partitions": report.failed, "no partition 9": {9: first}, "'1' is no": {"1": first}}
    wrong |= {"not among": first.set_axis(["other"]), "not list": [first]}
    for words, mended in wrong.items():
        with pytest.raises(ct.ValidationError, match=words):
            report.retry(mended)
    assert len(uploads(sandbox)) == sent


def test_nobody_in_any_partition_is_one_problem(cluster: Any, sandbox: ct.Sandbox) -> None:
    """A column of ids that is not there is one error, whatever the number of partitions."""
    frame = people().drop(columns="identity")
    with pytest.raises(ct.ValidationError, match="no id in any row") as caught:
        frame.clevertap.upload(account=sandbox.account, progress=False, invalid="skip")
    assert len(caught.value.problems) == 1
    assert uploads(sandbox) == []


def _partition(number: int, stop: type[BaseException] | None, calls: dict[int, int]) -> pd.DataFrame:
    """Give two rows; the second partition fails once, when it is fetched to be sent."""
    calls[number] = calls.get(number, 0) + 1
    if stop is not None and number == 1 and calls[number] == 2:
        raise stop
    ids = [f"late-{number}-{row}" for row in range(2)]
    return pd.DataFrame({"identity": ids, "ts": 1_760_000_000}, index=[2 * number, 2 * number + 1])


@pytest.mark.parametrize(
    ("stop", "kind"), [(OSError, ct.UploadError), (KeyboardInterrupt, ct.UploadInterrupted)]
)
def test_a_partition_that_cannot_be_fetched_loses_no_answer(
    sandbox: ct.Sandbox, stop: type[BaseException], kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stops an upload between two partitions brings a report, and going on sends no event twice."""
    import ct_pandas.dask
    from ct_pandas.dask import _partitions

    assert ct_pandas.dask
    monkeypatch.setattr(_partitions, "_client", lambda: None)
    calls: dict[int, int] = {}
    parts = [dask.delayed(_partition, pure=False)(number, stop, calls) for number in range(3)]
    frame = dd.from_delayed(parts, meta=_partition(0, None, {}))
    with dask.config.set(scheduler="synchronous"):
        with pytest.raises(kind) as caught:
            frame.clevertap.upload_events("Charged", account=sandbox.account, progress=False)
        assert caught.value.report.counts == {"accepted": 2, "refused": 0, "not_sent": 4, "unknown": 0}
        assert ct.last_interruption() is caught.value
        assert ct.resume().ok
    sent = [record["identity"] for record in uploads(sandbox)]
    assert len(sent) == len(set(sent)) == 6


def test_strangers_are_refused_as_in_memory(cluster: Any, sandbox: ct.Sandbox) -> None:
    """Where nobody was read before, columns="changed" would send every cell; of some it says so."""
    import ct_pandas.dask

    assert ct_pandas.dask
    frame = pd.DataFrame({"identity": ["s-1", "s-2"], "Plan": ["gold", "free"]})
    keywords = {"columns": "changed", "account": sandbox.account, "progress": False}
    lazily = dd.from_pandas(frame, npartitions=2)
    with pytest.raises(ct.ValidationError, match="nobody in this frame"):
        lazily.clevertap.upload(original=frame.assign(identity=["t-1", "t-2"]), **keywords)
    assert uploads(sandbox) == []
    with pytest.warns(ct.ClevertapWarning, match="in 1 row the person is not in the frame that was read"):
        report = lazily.clevertap.upload(original=frame.assign(identity=["t-1", "s-2"]), **keywords)
    assert report.counts == {"accepted": 1, "refused": 0, "not_sent": 1, "unknown": 0}


def test_lists_of_which_dask_made_text_are_refused(cluster: Any, sandbox: ct.Sandbox) -> None:
    """So are mixed values and objects, of people as of events; what was left as it is, is sent as it is."""
    import ct_pandas.dask

    assert ct_pandas.dask
    keywords = {"account": sandbox.account, "progress": False}
    people = ct.read_clevertap_events(*OCTOBER, **keywords)
    events = ct.read_clevertap_events(*OCTOBER, rows="event", **keywords)
    sandbox.server.forget_requests()
    lazily = dd.from_pandas(people, npartitions=2)
    with pytest.raises(
        ct.ValidationError,
        match=r"'profileData\.Interests', .*: Dask has turned the lists, objects or mixed values",
    ):
        lazily.clevertap.upload(columns="all", **keywords)
    with pytest.raises(
        ct.ValidationError,
        match=r"'event_props\.Items': Dask has turned the lists, objects or mixed values",
    ):
        dd.from_pandas(events, npartitions=2).clevertap.upload_events("Again", columns=["Items"], **keywords)
    assert uploads(sandbox) == []
    lazily.clevertap.upload(columns=["Plan"], **keywords)
    with dask.config.set({"dataframe.convert-string": False}):
        kept = dd.from_pandas(people, npartitions=2)
        kept.clevertap.upload(columns=["Interests"], **keywords)
    sent = [record["profileData"].get("Interests") for record in uploads(sandbox)]
    assert [one for one in sent if one is not None] == people["profileData.Interests"].dropna().tolist()


def test_lists_go_back_as_lists(cluster: Any, sandbox: ct.Sandbox, tmp_path: Path) -> None:
    """They are JSON text in the files that a Dask frame is read from, and no text where they are sent."""
    import ct_pandas.dask

    frame = ct_pandas.dask.read("App Launched", "2025-10", directory=tmp_path)
    assert frame.clevertap.upload(
        columns=["profileData.Interests"], account=sandbox.account, progress=False
    ).counts["accepted"]
    lists = [one["profileData"]["Interests"] for one in uploads(sandbox) if "Interests" in one["profileData"]]
    assert lists
    assert {type(each) for each in lists} == {list}


def test_what_delete_does_nothing_to_is_named_once(cluster: Any, sandbox: ct.Sandbox) -> None:
    """For all partitions together, as of a frame in memory."""
    import ct_pandas.dask

    assert ct_pandas.dask
    frame = pd.DataFrame({"identity": ["d-1", "d-2"], "Plan": [{"$delete": 1}] * 2})
    with dask.config.set({"dataframe.convert-string": False}):  # or Dask makes text of objects
        lazily = dd.from_pandas(frame, npartitions=2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        lazily.clevertap.upload(account=sandbox.account, progress=False)
    said = [str(one.message) for one in caught if issubclass(one.category, ct.ClevertapWarning)]
    assert ["'Plan' (2 rows)" in each for each in said] == [True]


@pytest.mark.parametrize("then", [["c", "d", "e"], ["d", "c"]], ids=["more", "reordered"])
def test_a_partition_that_comes_out_otherwise_is_not_sent(
    sandbox: ct.Sandbox, monkeypatch: pytest.MonkeyPatch, then: list[str]
) -> None:
    """Rows are accounted for by position, so other people than those who were looked at are refused."""
    import ct_pandas.dask
    from ct_pandas.dask import _partitions

    assert ct_pandas.dask
    monkeypatch.setattr(_partitions, "_client", lambda: None)
    people = iter([["a", "b"], ["c", "d"], ["a", "b"], then])  # looked at, both; sent, both

    def rows() -> pd.DataFrame:
        return pd.DataFrame({"identity": next(people), "x": 1})

    parts = [dask.delayed(rows, pure=False)() for _ in range(2)]
    frame = dd.from_delayed(parts, meta=pd.DataFrame({"identity": ["a"], "x": 1}))
    with (
        dask.config.set(scheduler="synchronous"),
        pytest.raises(ct.UploadError, match="Partition 1 has other rows now") as caught,
    ):
        frame.clevertap.upload(account=sandbox.account, progress=False)
    assert caught.value.report.counts == {"accepted": 2, "refused": 0, "not_sent": 2, "unknown": 0}
