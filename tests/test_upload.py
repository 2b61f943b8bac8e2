"""The engine: what is sent when, what is repeated, and what every row ends as."""

from __future__ import annotations

import functools
import io
import json
import signal
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from bars import Bar, interrupt

import ct_pandas as ct
from ct_pandas._records.identity import Ids
from ct_pandas._transport import sending
from ct_pandas._upload import dispatch, interrupts

from scripted import Answer, Scripted, Seen

FINE = {"status": "success", "unprocessed": []}
LIMITS = ct.Limits(2, 32, "characters", 120, 63, uploads_in_flight=3, token_records=2)


def people(count: int, **columns: Any) -> pd.DataFrame:
    """Return a frame of different people."""
    return pd.DataFrame({"identity": [f"p{i}" for i in range(count)], "x": range(count)} | columns)


def fine(seen: Seen) -> dict[str, Any]:
    """Accept everything."""
    return FINE | {"processed": len(seen.json["d"])}


class Plan:
    """Answers by the number of the call, the rest is accepted; keeps what was sent."""

    def __init__(self, server: Scripted, **answers: Any) -> None:
        self.answers = {int(name[1:]): answer for name, answer in answers.items()}
        self.calls: list[list[Any]] = []
        server.answers = self

    def __call__(self, seen: Seen) -> Any:
        """Answer a call."""
        self.calls.append([record.get("identity") or record.get("objectId") for record in seen.json["d"]])
        answer = self.answers.get(len(self.calls))
        return fine(seen) if answer is None else answer

    @property
    def sent(self) -> list[Any]:
        """Every id, as often as it was sent."""
        return [one for call in self.calls for one in call]


def upload(frame: pd.DataFrame, server: Scripted, kind: str = "", /, **options: Any) -> ct.UploadReport:
    """Upload in calls of two and leave the warning aside."""
    account = server.account(limits=LIMITS, max_wait=options.pop("max_wait", 60.0))
    method = getattr(frame.clevertap, f"upload{kind}")
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        return method(progress=False, account=account, **options)


def states(report: ct.UploadReport) -> list[str]:
    """Return the status of every row; what was not sent with the first word of its reason."""
    rows = report.rows
    short = rows["reason"].str.split("[ :]").str[0]
    return rows["status"].where(rows["status"] != "not_sent", short).tolist()


def test_batches_in_the_order_of_the_frame(scripted: Scripted) -> None:
    """At most as many records in a call as the limit; every call with its number."""
    plan = Plan(scripted)
    report = upload(people(5), scripted)
    assert plan.calls == [["p0", "p1"], ["p2", "p3"], ["p4"]]
    assert report.rows["request"].tolist() == [1, 1, 2, 2, 3]
    assert report.ok
    assert report.counts == {"accepted": 5, "refused": 0, "not_sent": 0, "unknown": 0}


def test_what_goes_over_the_wire(scripted: Scripted) -> None:
    """POST /1/upload, JSON, both headers, no dryRun."""
    Plan(scripted)
    upload(people(1), scripted)
    seen = scripted.seen[0]
    assert (seen.method, seen.target) == ("POST", "/1/upload")
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["X-CleverTap-Account-Id"] == "TEST-1"
    assert seen.json == {"d": [{"identity": "p0", "type": "profile", "profileData": {"x": 0}}]}


def test_a_report_that_was_retried_goes_on_from_there(scripted: Scripted) -> None:
    """A cell with a retry that was interrupted is run again: what it sent is not sent a second time."""
    plan = Plan(scripted)
    account = scripted.account(limits=LIMITS)
    nervous = Bar(lambda bar: interrupt() if bar.n >= 2 else None)
    with pytest.raises(ct.UploadInterrupted) as caught:
        people(8).clevertap.upload_events("Buy", account=account, progress=nervous)
    report = caught.value.report
    with pytest.raises(ct.UploadInterrupted):
        report.retry()
    nervous.then = id
    assert report.retry().ok
    assert report.retry().ok
    assert sorted(plan.sent) == [f"p{i}" for i in range(8)]


def test_mended_rows_are_not_sent_twice_either(scripted: Scripted) -> None:
    """The cell that mends them is run again: they are no failed rows any more."""
    plan = Plan(scripted)
    report = upload(people(3, Gender=["F", "female", "male"]), scripted, invalid="skip")
    mended = report.failed.iloc[:1].assign(Gender="F")
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        report.retry(mended)
        with pytest.raises(ct.ValidationError, match="of the latest report"):
            report.retry(mended)
        assert report.retry(report.failed.iloc[1:].assign(Gender="M")).ok
    assert plan.sent == ["p0", "p1", "p2"]


def test_mended_rows_of_an_index_of_ids_keep_their_order(scripted: Scripted) -> None:
    """Their index may have lost its name, and with it whose they are."""
    refusal = {"status": "partial", "processed": 0, "unprocessed": [
        {"code": 555, "error": f"no. Skipped record number : {number}"} for number in (1, 2)
    ]}  # fmt: skip
    Plan(scripted, n1=refusal)
    frame = pd.DataFrame({"plan": ["BAD", "BAD"]}, index=pd.Index(["a", "a"], name="identity"))
    report = upload(frame, scripted)
    Plan(scripted)
    assert report.retry(pd.DataFrame({"plan": ["x", "y"]}, index=["a", "a"])).ok
    assert [one["profileData"]["plan"] for one in scripted.seen[-1].json["d"]] == ["x", "y"]


def test_a_mend_that_leaves_nothing_is_no_mend(scripted: Scripted) -> None:
    """A cell that was emptied is sent to nobody, and that is said."""
    Plan(scripted)
    frame = pd.DataFrame({"identity": ["a", "b"], "Gender": ["zz", "F"]})
    report = upload(frame, scripted, invalid="skip")
    with pytest.warns(ct.UploadWarning, match="1 mended row has nothing left to send"):
        report.retry(report.failed.assign(Gender=None))


def test_an_answer_that_is_too_large_is_no_upload_that_was_not_sent(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was sent, and what became of it is not known."""
    monkeypatch.setattr(sending, "MOST_BYTES", 1 << 10)
    scripted.answers = lambda _: Answer(b" " * (1 << 12))
    with pytest.raises(
        ct.UploadError, match="answer from loopback to the upload was not read to its end"
    ) as caught:
        upload(people(2), scripted)
    assert "batch_size" not in str(caught.value)
    assert states(caught.value.report) == ["unknown", "unknown"]
    assert len(scripted.seen) == 1


def test_mended_rows_of_one_label_are_told_apart_by_person(scripted: Scripted) -> None:
    """In whatever order: each answer is that of its own row, and a person's rows keep their order."""
    rows = [("a", "bad", 1), ("c", "bad", 2), ("a", "bad", 3), ("b", "F", 4)]
    frame = pd.DataFrame(rows, columns=["identity", "Gender", "n"], index=[0, 0, 0, 0])
    Plan(scripted)
    report = upload(frame, scripted, invalid="skip")
    mended = report.failed.assign(Gender="F").sort_values(["identity", "n"], ascending=[False, True])
    refusal = {"code": 555, "error": "no. Skipped record number : 2"}
    bad = {"status": "partial", "processed": 1, "unprocessed": [refusal]}
    plan = Plan(scripted, n1=bad)
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        again = report.retry(mended)
    assert plan.calls == [["a", "c"], ["a"]]
    assert states(again) == ["accepted", "refused", "accepted", "accepted"]
    assert again.failed["identity"].tolist() == ["c"]
    assert [record["profileData"]["n"] for seen in scripted.seen[-2:] for record in seen.json["d"]] == [
        1,
        2,
        3,
    ]


def test_strangers_among_those_who_were_read_are_named(scripted: Scripted) -> None:
    """Whoever changes an id makes somebody else of a person, with all that is known of them."""
    Plan(scripted)
    original = people(3)
    frame = original.assign(x=[0, 5, 2], identity=["p0", "p1", "other"])
    with pytest.warns(ct.ClevertapWarning, match="in 1 row the person is not in the frame that was read"):
        upload(frame, scripted, columns="changed", original=original)
    sent = [(one["identity"], one["profileData"]) for one in scripted.seen[0].json["d"]]
    assert sent == [("p1", {"x": 5}), ("other", {"x": 2})]
    with warnings.catch_warnings(action="error", category=ct.ClevertapWarning):
        upload(original.assign(x=9), scripted, columns="changed", original=original)


READ: dict[str, pd.Series] = {
    "when": pd.Series(pd.to_datetime(["2025-10-01 10:30", None, "1970-01-01 00:00"], utc=True)),
    "points": pd.Series([7, 8, None], dtype="Int64"),
    "card": pd.Series([2**53 + 1, None, 2**53 + 3], dtype="Int64"),
    "yes": pd.Series([True, None, False], dtype="boolean"),
    "tags": pd.Series([["tea", "home"], ["Café"], None], dtype=object),
    "postcode": pd.Series(["007", "+49", None], dtype="str"),
    "note": pd.Series(["a", "b", "c"], dtype="str"),
}


@pytest.mark.parametrize("prefix", ["profileData.", ""])
@pytest.mark.parametrize(
    ("column", "now", "rows"),
    [
        ("when", ["2025-10-01 10:30:00+00:00", None, "1970-01-01 00:00:00+00:00"], 2),
        ("when", ["2025-10-01T10:30:00.000Z", None, "2025-01-01"], 1),
        ("when", [1759314600000, None, 5], 1),
        ("when", ["2025-10-01 16:00:00+05:30", None, "2025-10-01 16:00:00+05:30"], 1),
        ("points", ["7", "9", None], 1),
        ("points", [7.0, 8.0, None], 0),
        ("points", [70, 80, None], 0),
        ("card", [float(2**53 + 1), None, float(2**53 + 3)], 2),
        ("yes", ["True", None, "false"], 2),
        ("yes", [1.0, None, 0.0], 2),
        ("tags", ["['tea', 'home']", "milk", None], 1),
        ("tags", [["tea"], ["Café"], None], 0),
        ("postcode", [7.0, 49.0, None], 2),
        ("postcode", ["7", "49", None], 0),
        ("note", ["A", "b", "7"], 0),
    ],
)
def test_what_a_file_without_types_has_changed_is_named(
    scripted: Scripted, prefix: str, column: str, now: list[Any], rows: int
) -> None:
    """The edits of a colleague are few; what the CSV file made of the types is said before it is sent."""
    Plan(scripted)
    original = pd.DataFrame({"identity": ["p0", "p1", "p2"], f"profileData.{column}": READ[column]})
    edited = original[["identity"]].assign(**{(name := prefix + column): now})
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        upload(edited, scripted, columns="changed", original=original)
    said = [str(one.message) for one in found if "only in their type" in str(one.message)]
    counted = f"{rows} row{'s' * (rows != 1)}"
    assert [one.partition(" differ")[0] for one in said] == [f'columns="changed": {name!r} ({counted})'] * (
        rows > 0
    )


@pytest.mark.parametrize(("hours", "rows"), [(0, 3), (1, 0)])
def test_times_that_lost_their_zone_are_named(scripted: Scripted, hours: int, rows: int) -> None:
    """Excel takes none with a zone: back from there they are the project's, each hours off what was read."""
    Plan(scripted)
    read = pd.Series(pd.date_range("2025-10-01 10:30", periods=3, freq="D", tz="UTC"))
    original = pd.DataFrame({"identity": ["p0", "p1", "p2"], "profileData.when": read})
    edited = original.assign(**{"profileData.when": read.dt.tz_localize(None) + pd.Timedelta(hours=hours)})
    account = scripted.account(timezone="Asia/Kolkata")
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        edited.clevertap.upload("changed", original=original, account=account, progress=False)
    said = [one.message for one in found if f"'profileData.when' ({rows} rows) differ" in str(one.message)]
    assert len(said) == (rows > 0)


def test_a_type_that_was_changed_in_the_frame_that_was_read_is_meant(scripted: Scripted) -> None:
    """It did not come through a file: whoever cleans a column hears nothing of it."""
    Plan(scripted)
    original = pd.DataFrame({"identity": ["p0"], "profileData.points": ["7"]})
    cleaned = original.assign(**{"profileData.points": [7]})
    cleaned.attrs["clevertap"] = {"kind": "people"}
    with warnings.catch_warnings(action="error", category=ct.ClevertapWarning):
        assert upload(cleaned, scripted, columns="changed", original=original).ok
    assert scripted.seen[0].json["d"][0]["profileData"] == {"points": 7}


def test_mended_rows_that_were_not_looked_at_yet_go_on(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt in the look at them leaves them stopped, and not invalid for what they were before."""
    Plan(scripted)
    report = upload(people(3, Gender=["F", "female", "male"]), scripted, invalid="skip")

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ct_pandas._upload.upload.check", interrupted)
        with pytest.raises(ct.UploadInterrupted) as caught:
            report.retry(report.failed.assign(Gender="M"))
    stopped = caught.value.report
    assert states(stopped) == ["accepted", "stopped", "stopped"]
    assert stopped.problems["position"].tolist() == [1, 2]
    assert stopped.retry().ok


@pytest.mark.parametrize("columns", [iter, list, tuple, pd.Index, lambda names: (one for one in names)])
def test_a_retry_sends_the_same_columns(scripted: Scripted, columns: Any) -> None:
    """However they were given, and whatever becomes of the list."""
    Plan(scripted)
    given = columns(["Gender"])
    report = upload(people(2, Gender=["F", "x"]), scripted, columns=given, invalid="skip")
    if isinstance(given, list):
        given.append("x")
    assert report.retry(report.failed.assign(Gender="M")).ok
    assert scripted.seen[-1].json["d"] == [
        {"identity": "p1", "type": "profile", "profileData": {"Gender": "M"}}
    ]


def test_a_dry_run_uses_the_apis_own(scripted: Scripted) -> None:
    """And says so in every face."""
    Plan(scripted)
    report = upload(people(1), scripted, dry_run=True)
    assert scripted.seen[0].target == "/1/upload?dryRun=1"
    assert report.dry_run
    assert "dry run" in repr(report).lower()
    assert "dry run" in report._repr_html_()


def test_nothing_to_send(scripted: Scripted) -> None:
    """A row without values is not sent, is no problem, and holds nobody back."""
    plan = Plan(scripted)
    frame = pd.DataFrame({"identity": ["a", "a", "b"], "x": [None, 1, None]})
    report = upload(frame, scripted)
    assert plan.sent == ["a"]
    assert states(report) == ["nothing", "accepted", "nothing"]
    assert report.ok
    assert report.problems.empty
    assert report.failed.empty


def test_an_empty_frame(scripted: Scripted) -> None:
    """Sends nothing and is fine."""
    report = upload(people(0), scripted)
    assert report.ok
    assert not scripted.seen
    assert len(report.rows) == 0


def test_problems_stop_everything_before_the_first_request(scripted: Scripted) -> None:
    """invalid="raise" is the default; the error holds all problems and no value."""
    frame = people(3, Gender=["F", "secret-value", "x"])
    with pytest.raises(ct.ValidationError, match=r"2 of 3 rows.*514") as caught:
        upload(frame, scripted)
    assert not scripted.seen
    assert caught.value.problems["position"].tolist() == [1, 2]
    assert "secret-value" not in str(caught.value)


def test_skip_sends_the_rest(scripted: Scripted) -> None:
    """And holds back the later rows of those who are skipped."""
    plan = Plan(scripted)
    frame = pd.DataFrame({"identity": ["a", "b", "a"], "Gender": ["x", "F", "M"]})
    report = upload(frame, scripted, invalid="skip")
    assert plan.sent == ["b"]
    assert states(report) == ["invalid", "accepted", "held"]
    assert report.rows["code"].tolist()[:2] == [514, pd.NA]
    assert report.failed.index.tolist() == [0, 2]


def test_rows_before_an_invalid_one_are_sent(scripted: Scripted) -> None:
    """Only later rows wait, though all stand in one slice."""
    plan = Plan(scripted)
    frame = pd.DataFrame({"identity": ["a", "a", "a"], "Gender": ["F", "x", "M"]})
    report = upload(frame, scripted, invalid="skip")
    assert states(report) == ["accepted", "invalid", "held"]
    assert plan.sent == ["a"]


def test_send_lets_the_server_judge(scripted: Scripted) -> None:
    """What no record can be made of stays here all the same."""
    plan = Plan(scripted)
    frame = people(3, Gender=["female", "F", "M"], y=pd.Series([1, b"x", 2], dtype=object))
    report = upload(frame, scripted, invalid="send")
    assert plan.sent == ["p0", "p2"]
    assert states(report) == ["accepted", "invalid", "accepted"]


def test_what_has_no_form_keeps_no_other_row_back(scripted: Scripted) -> None:
    """With "send", a token that is a number goes to the server though its neighbour's is bytes."""
    Plan(scripted)
    frame = pd.DataFrame({"objectId": ["__a", "__b"], "token": pd.Series([5, b"x"], dtype=object)})
    report = upload(frame, scripted, "_tokens", token_type="fcm", invalid="send")
    assert states(report) == ["accepted", "invalid"]


def test_refused_rows_are_found_by_position(scripted: Scripted) -> None:
    """Numbers count within the call; a refused row holds nobody back."""
    item = {
        "status": "fail",
        "code": 515,
        "error": "Email is not valid.Skipped record number : 1",
        "record": {},
    }
    plan = Plan(scripted, n2={"status": "partial", "processed": 1, "unprocessed": [item]})
    frame = pd.DataFrame({"identity": ["a", "b", "c", "d", "c"], "email": [f"x{i}@y.co" for i in range(5)]})
    report = upload(frame, scripted)
    assert states(report) == ["accepted", "accepted", "refused", "accepted", "accepted"]
    assert plan.sent == ["a", "b", "c", "d", "c"]
    problem = report.problems.iloc[0]
    assert (problem["position"], problem["column"], problem["code"]) == (2, "email", 515)
    assert problem["value"] == "x2@y.co"


def test_anything_not_accepted_gives_one_warning(scripted: Scripted) -> None:
    """With counts by code, and with the report, so that it is not lost where warnings are errors."""
    Plan(scripted, n1=Answer({"status": "fail", "error": "Malformed request", "code": 400}, 400))
    with pytest.warns(ct.UploadWarning, match="code 400 × 2") as caught:
        report = people(3).clevertap.upload(progress=False, account=scripted.account(limits=LIMITS))
    assert len(caught) == 1
    assert caught[0].message.report is report
    assert states(report) == ["refused", "refused", "accepted"]


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "of another encoding"])
def test_a_warning_that_its_stream_does_not_take_costs_no_report(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, *, closed: bool
) -> None:
    """Rows were sent: which of them were refused is known, and is said as far as the stream allows."""
    bytes_written = io.BytesIO()
    stream = io.TextIOWrapper(bytes_written, encoding="ascii", write_through=True)
    if closed:
        stream.close()
    Plan(scripted, n1=Answer({"status": "fail", "error": "Malformed request", "code": 400}, 400))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", lambda message, *_: stream.write(str(message)))
        report = people(3).clevertap.upload(progress=False, account=scripted.account(limits=LIMITS))
    assert states(report) == ["refused", "refused", "accepted"]
    assert closed or b"code 400 \\xd7 2" in bytes_written.getvalue()


@pytest.mark.parametrize("kind", ["", "_events"])
@pytest.mark.parametrize(
    "answer", [Answer({}, 429), Answer({"status": "fail", "error": "throttled", "code": 1})]
)
def test_throttling_is_waited_for(scripted: Scripted, kind: str, answer: Answer) -> None:
    """Nothing was processed, so even events are sent again."""
    plan = Plan(scripted, n1=answer, n2=answer)
    report = upload(people(2), scripted, kind, **({"event": "E"} if kind else {}))
    assert report.ok
    assert plan.sent == ["p0", "p1"] * 3


def test_throttling_past_max_wait_stops(scripted: Scripted) -> None:
    """Not sent, and an error with the report; no warning beside it."""
    scripted.answers = lambda seen: fine(seen) if "p0" in seen.body.decode() else Answer({}, 429)
    with warnings.catch_warnings(action="error"), pytest.raises(ct.UploadError) as caught:
        people(6).clevertap.upload(progress=False, account=scripted.account(limits=LIMITS, max_wait=1))
    report = caught.value.report
    assert states(report) == ["accepted", "accepted"] + ["stopped"] * 4
    assert report.rows["code"].tolist()[2:4] == [429, 429]
    assert ct.last_interruption() is caught.value


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_stops(scripted: Scripted, status: int) -> None:
    """What was accepted before stays accepted; the rest was not sent."""
    plan = Plan(scripted, n2=Answer({"status": "fail", "error": "Invalid Credentials"}, status))
    with pytest.raises(ct.UploadError) as caught:
        upload(people(20), scripted)
    assert states(caught.value.report) == ["accepted"] * 2 + ["stopped"] * 18
    assert len(plan.calls) == 2
    assert caught.value.status == status
    assert "pass-CODE-1" not in str(caught.value) + repr(caught.value.report)


@pytest.mark.parametrize(
    "answer", [Answer({}, 500), Answer(b"<html>", 503), Answer(reset=True), Answer(b"<html>")]
)
def test_profiles_are_sent_again_after_a_lost_answer(scripted: Scripted, answer: Answer) -> None:
    """Doing it twice is the same as doing it once."""
    plan = Plan(scripted, n1=answer)
    assert upload(people(2), scripted).ok
    assert plan.sent == ["p0", "p1"] * 2


@pytest.mark.parametrize("answer", [Answer({}, 500), Answer(reset=True), Answer(b"<html>"), Answer({})])
def test_events_are_never_sent_twice(scripted: Scripted, answer: Answer) -> None:
    """An event without an answer is unknown; that person's later events are held back, others go on."""
    plan = Plan(scripted, n1=answer)
    frame = pd.DataFrame({"identity": ["a", "b", "c", "d", "a", "e"], "x": 1})
    report = upload(frame, scripted, "_events", event="E")
    assert states(report) == ["unknown", "unknown", "accepted", "accepted", "held", "accepted"]
    assert plan.sent == ["a", "b", "c", "d", "e"]
    assert report.unknown.index.tolist() == [0, 1]
    assert report.failed.index.tolist() == [4]
    for again in (upload_again(report), upload_again(report, report.failed)):
        assert plan.sent == ["a", "b", "c", "d", "e"]
        assert states(again) == states(report)
    fix = report.problems.set_index("position")["fix"][4]
    assert "if no retry sends that one, check whether it arrived, then upload this one in a new upload" in fix
    assert "nor what is held back behind them: send that in a new upload" in repr(report)
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        assert upload(report.failed, scripted, "_events", event="E").ok


def upload_again(report: ct.UploadReport, *args: Any) -> ct.UploadReport:
    """Retry and leave the warning aside."""
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        return report.retry(*args)


def test_a_dry_run_of_events_may_be_repeated(scripted: Scripted) -> None:
    """It stores nothing."""
    plan = Plan(scripted, n1=Answer(reset=True))
    assert upload(people(2), scripted, "_events", event="E", dry_run=True).ok
    assert len(plan.calls) == 2


@pytest.mark.parametrize("operation", [{"$incr": 1}, {"$decr": 1}, {"$add": ["a"]}])
def test_only_the_people_who_are_counted_up_are_unknown(
    scripted: Scripted, operation: dict[str, Any]
) -> None:
    """In a call with both, the plain rows are sent again by themselves."""
    plan = Plan(scripted, n1=Answer(reset=True))
    frame = people(2, y=pd.Series([operation, None], dtype=object))
    report = upload(frame, scripted)
    assert states(report) == ["unknown", "accepted"]
    assert plan.calls == [["p0", "p1"], ["p1"]]
    assert upload_again(report).counts["unknown"] == 1


def test_what_delete_does_nothing_to_is_named(scripted: Scripted) -> None:
    """Of two attributes only it deletes the value; of any other CleverTap says "accepted" and keeps it."""
    Plan(scripted)
    gone = {"$delete": 1}
    upload(people(2, Name=[gone, gone], Gender=[gone, "F"]), scripted)
    with pytest.warns(ct.ClevertapWarning, match=r"'Plan' \(1 row\), 'Tags' \(2 rows\) and delete nothing"):
        report = upload(people(2, Name=[gone, "x"], Plan=["a", gone], Tags=[gone, gone]), scripted)
    assert report.ok
    assert scripted.seen[-1].json["d"][1]["profileData"]["Plan"] == gone


def test_an_operation_concerns_all_rows_of_its_person(scripted: Scripted) -> None:
    """A plain row repeated after the counting one could undo it."""
    plan = Plan(scripted, n1=Answer(reset=True))
    frame = pd.DataFrame({"identity": ["a", "a"], "x": pd.Series([5, {"$incr": 1}], dtype=object)})
    assert states(upload(frame, scripted)) == ["unknown", "unknown"]
    assert len(plan.calls) == 1


def test_what_was_sent_in_vain_stays_unknown(scripted: Scripted) -> None:
    """Also where the second call, without those counted up, is turned away: the first may have arrived."""
    plan = Plan(scripted, n1=Answer(reset=True), n2=Answer({"status": "fail", "code": 401}, 401))
    with pytest.raises(ct.UploadError) as caught:
        upload(people(2, y=pd.Series([{"$incr": 1}, None], dtype=object)), scripted)
    assert plan.calls == [["p0", "p1"], ["p1"]]
    assert states(caught.value.report) == ["unknown", "unknown"]


def test_what_is_sent_again_comes_before_the_later_rows_of_its_people(scripted: Scripted) -> None:
    """The second call overtakes what waits, and once it is answered, nobody is held back for the first."""
    plan = Plan(scripted, n1=Answer(reset=True))
    frame = people(4, y=pd.Series([{"$incr": 1}, None, None, None], dtype=object))
    frame["identity"] = ["p0", "p1", "p1", "p2"]
    report = upload(frame, scripted)
    assert plan.calls == [["p0", "p1"], ["p1"], ["p1", "p2"]]
    assert [one["profileData"]["x"] for one in scripted.seen[1].json["d"]] == [1]
    assert states(report) == ["unknown", "accepted", "accepted", "accepted"]


def test_what_was_sent_in_vain_stays_unknown_when_a_retry_is_turned_away(scripted: Scripted) -> None:
    """The retry sent nothing, and the call before it may have arrived."""
    scripted.answers = lambda _: Answer({}, 500)
    with pytest.raises(ct.UploadError) as caught:
        upload(people(4), scripted, max_wait=1)
    scripted.answers = lambda _: Answer({"status": "fail", "code": 401}, 401)
    with pytest.raises(ct.UploadError) as again:
        caught.value.report.retry()
    assert states(again.value.report) == ["unknown"] * 2 + ["stopped"] * 2
    assert again.value.report.unknown["identity"].tolist() == ["p0", "p1"]


def test_a_retry_counts_its_calls_on(scripted: Scripted) -> None:
    """Two calls of one report never have one number."""
    Plan(scripted)
    report = upload(people(3, Gender=["F", "female", "F"]), scripted, invalid="skip")
    assert report.rows["request"].tolist() == [1, pd.NA, 1]
    mended = report.retry(report.failed.assign(Gender="F"))
    assert mended.rows["request"].tolist() == [1, 2, 1]


def test_a_row_that_was_not_sent_names_no_call(scripted: Scripted) -> None:
    """Nor that of an earlier try, whose answer is not what its status says any more."""
    error = {"code": 514, "error": "Gender needs to be M/F.Skipped record number : 1"}
    Plan(scripted, n1=FINE | {"status": "partial", "processed": 1, "unprocessed": [error]})
    report = upload(people(2, Gender="F"), scripted, invalid="skip")
    assert report.rows["request"].tolist() == [1, 1]
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        mended = report.retry(report.failed.assign(Gender="female"))
    assert states(mended) == ["invalid", "accepted"]
    assert mended.rows["request"].tolist() == [pd.NA, 1]


def test_the_first_problem_of_a_row_is_its_reason(scripted: Scripted) -> None:
    """As CleverTap names one; all of them stand in the problems."""
    report = upload(people(1, Gender="x", Employed="x"), scripted, invalid="skip")
    assert report.problems["code"].tolist() == [514, 517]
    assert report.rows["code"].tolist() == [514]


def test_a_kind_of_problem_costs_its_own_rows_not_all_that_have_one(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts that are too long are of as many kinds as they have lengths: none is sought among all rows."""
    sought: list[int] = []
    isin = np.isin

    def counting(rows: Any, among: Any, **options: Any) -> Any:
        sought.append(np.size(rows) + np.size(among))
        return isin(rows, among, **options)

    monkeypatch.setattr(np, "isin", counting)
    costs = []
    for kinds in (1, 50):
        sought.clear()
        frame = people(400, note=["x" * (121 + at % kinds) for at in range(400)])
        assert upload(frame, scripted, invalid="skip").counts["not_sent"] == 400
        costs.append(sum(sought))
    assert costs[0] == costs[1]


def test_rows_that_share_labels_are_told_apart_at_once(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two frames put together share every label: whose the rows are is asked of all, not of each pair."""
    asked: list[int] = []
    whose = Ids.of

    def counting(ids: Ids, part: pd.DataFrame) -> Any:
        asked.append(len(part))
        return whose(ids, part)

    monkeypatch.setattr(Ids, "of", counting)
    costs = []
    for labels in (2, 40):
        Plan(scripted)
        frame = people(2 * labels, Gender="x").set_axis([*range(labels), *range(labels)])
        report = upload(frame, scripted, invalid="skip")
        asked.clear()
        mended = report.retry(report.failed.iloc[::-1].assign(Gender="F"))
        assert mended.ok
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_mended_rows_that_share_a_label_come_together(scripted: Scripted) -> None:
    """One of two does not tell which of them it is."""
    plan = Plan(scripted)
    frame = people(2, Gender=["male", "female"]).set_axis([7, 7])
    report = upload(frame, scripted, invalid="skip")
    with pytest.raises(ct.ValidationError, match="stands for 2 failed rows, not 1"):
        report.retry(report.failed.iloc[1:].assign(Gender="F"))
    assert plan.sent == []


def test_removing_may_be_repeated(scripted: Scripted) -> None:
    """$remove and $delete do the same twice as once."""
    Plan(scripted, n1=Answer(reset=True))
    frame = people(1, y=[{"$remove": ["a"]}], Name=[{"$delete": 1}])
    assert upload(frame, scripted).ok


def test_a_service_that_is_away_stops_the_upload(scripted: Scripted) -> None:
    """Past max_wait: what was sent is unknown and may be sent again, the rest was not sent."""
    scripted.answers = lambda _: Answer({}, 500)
    with pytest.raises(ct.UploadError) as caught:
        upload(people(6), scripted, max_wait=1)
    report = caught.value.report
    assert states(report) == ["unknown"] * 2 + ["stopped"] * 4
    Plan(scripted)
    again = report.retry()
    assert again.ok
    assert ct.last_interruption() is None


def test_a_service_that_is_away_stops_events_too(scripted: Scripted) -> None:
    """Not every event is thrown after a server that does not answer."""
    scripted.answers = lambda _: Answer({}, 500)
    with pytest.raises(ct.UploadError) as caught:
        upload(people(20), scripted, "_events", event="E")
    counts = caught.value.report.counts
    assert counts["unknown"] == 2 * len(scripted.seen) <= 2 * (dispatch.SILENT_CALLS + 1)
    assert counts["not_sent"] == 20 - counts["unknown"]


def test_an_answer_between_lost_ones_says_that_the_service_is_there(scripted: Scripted) -> None:
    """Lost answers stop the rest only where none came between them."""
    lost = {f"n{number}": Answer(reset=True) for number in (1, 3, 5, 7)}
    Plan(scripted, **lost)
    report = upload(people(16), scripted, "_events", event="E")
    assert report.counts == {"accepted": 8, "refused": 0, "not_sent": 0, "unknown": 8}


def test_no_connection_means_not_sent() -> None:
    """Nothing can have reached a server that is not there, not even an event."""
    account = ct.Account("TEST-1", "none", base_url="http://127.0.0.1:9", max_wait=1)
    with pytest.raises(ct.UploadError) as caught:
        people(2).clevertap.upload_events("E", progress=False, account=account)
    assert states(caught.value.report) == ["stopped", "stopped"]


def test_a_drop_and_then_no_connection_is_unknown(scripted: Scripted) -> None:
    """The first attempt may have arrived, whatever the last one says."""
    Plan(scripted, n1=Answer(reset=True))
    scripted.answers = [Answer(reset=True)] + [Answer({}, 429)] * 50
    with pytest.raises(ct.UploadError) as caught:
        upload(people(2), scripted, max_wait=1)
    assert states(caught.value.report) == ["unknown", "unknown"]


def test_rows_of_a_person_are_never_side_by_side(scripted: Scripted) -> None:
    """With parallel, a person's rows still arrive in order; other people's calls do run side by side."""
    order: list[tuple[str, int]] = []
    lock = threading.Lock()

    def answer(seen: Seen) -> Any:
        with lock:
            order.extend((one["identity"], one["profileData"]["x"]) for one in seen.json["d"])
        return Answer(fine(seen), delay=0.01)

    scripted.answers = answer
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"identity": rng.integers(0, 12, 60).astype(str), "x": range(60)})
    assert upload(frame, scripted, parallel=3).ok
    for _, rows in pd.DataFrame(order, columns=["identity", "x"]).groupby("identity"):
        assert rows["x"].is_monotonic_increasing
    assert 1 < scripted.most_in_flight <= 3


def test_parallel_never_exceeds_the_accounts_limit(scripted: Scripted) -> None:
    """More lanes than the limit are cut to it."""
    scripted.answers = lambda seen: Answer(fine(seen), delay=0.01)
    assert upload(people(30), scripted, parallel=50).ok
    assert upload(people(30), scripted, parallel=np.int64(50)).ok
    assert scripted.most_in_flight <= 3


def test_retry_sends_mended_rows_and_what_they_held_back(scripted: Scripted) -> None:
    """In the order of the frame; the report is on the whole frame again."""
    plan = Plan(scripted)
    frame = pd.DataFrame(
        {"identity": ["a", "b", "a", "a"], "Gender": ["x", "F", "M", "y"]}, index=["k", "k", "l", "m"]
    )
    report = upload(frame, scripted, invalid="skip")
    assert states(report) == ["invalid", "accepted", "held", "invalid"]
    plan.calls.clear()
    mended = report.failed.iloc[[2, 0]].assign(Gender="F")
    again = upload_again(report, mended)
    assert again.ok
    assert plan.sent == ["a"] * 3
    assert again.rows.index.tolist() == ["k", "k", "l", "m"]
    assert again.counts["accepted"] == 4
    assert states(report) == ["invalid", "accepted", "held", "invalid"]


def test_retry_of_some_mended_rows(scripted: Scripted) -> None:
    """What another row still holds back stays held back."""
    Plan(scripted)
    frame = pd.DataFrame({"identity": ["a", "a", "b", "b"], "Gender": ["x", "F", "y", "M"]})
    report = upload(frame, scripted, invalid="skip")
    again = upload_again(report, report.failed.iloc[:1].assign(Gender="F"))
    assert states(again) == ["accepted", "accepted", "invalid", "held"]
    assert again.problems["position"].tolist() == [2, 3]


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([float("nan"), float("nan")]),
        pd.Index([pd.NA, 1], dtype="Int64"),
        pd.MultiIndex.from_tuples([("a", None), ("a", 1)]),
    ],
)
def test_mended_rows_are_found_under_any_label(scripted: Scripted, index: pd.Index) -> None:
    """Also under one that is missing, and with their columns in another order."""
    Plan(scripted)
    frame = pd.DataFrame({"identity": ["a", "b"], "Gender": ["x", "y"], "n": [1, 2]}, index=index)
    report = upload(frame, scripted, invalid="skip")
    again = report.retry(report.failed.assign(Gender="F")[["Gender", "n", "identity"]])
    assert again.ok
    assert scripted.seen[-1].json["d"][0]["profileData"] == {"Gender": "F", "n": 1}


@pytest.mark.parametrize(
    "column",
    [
        pd.arrays.SparseArray([0, 7], fill_value=0),
        pd.Categorical([0, 7], categories=[0, 7, 8]),
        pd.arrays.ArrowExtensionArray(pa.array([0, 7]).dictionary_encode()),
        pd.array([0, 7]),
    ],
    ids=["sparse", "categorical", "Arrow dictionary", "Int64"],
)
def test_a_column_of_any_type_can_be_mended(scripted: Scripted, column: Any) -> None:
    """Also one whose cells cannot be set, such as a sparse one."""
    Plan(scripted)
    frame = pd.DataFrame({"identity": ["a", "b"], "Gender": ["F", "x"], "n": column})
    report = upload(frame, scripted, invalid="skip")
    assert report.retry(report.failed.assign(Gender="M")).ok
    assert scripted.seen[-1].json["d"][0]["profileData"] == {"Gender": "M", "n": 7}


@pytest.mark.parametrize(
    "column",
    [
        pd.arrays.ArrowExtensionArray(pa.array(["u", None, "v"]).dictionary_encode()),
        pd.Series(["u", None, "v"], dtype=object),
        pd.arrays.SparseArray([0.5, float("nan"), 7.5]),
    ],
    ids=["Arrow dictionary", "object", "sparse"],
)
def test_mending_touches_no_other_row(scripted: Scripted, column: Any) -> None:
    """What is missing elsewhere stays missing, and no column changes its type."""
    Plan(scripted)
    frame = pd.DataFrame({"identity": list("abc"), "Gender": list("xyz"), "n": column})
    report = upload(frame, scripted, invalid="skip")
    again = upload_again(report, report.failed.iloc[:1].assign(Gender="F"))
    pd.testing.assert_frame_equal(again.failed, frame.iloc[1:])
    assert upload_again(again, again.failed.assign(Gender="F")).ok
    first, second = (record["profileData"] for record in scripted.seen[-1].json["d"])
    assert (first, second["n"]) == ({"Gender": "F"}, column[2])


def test_mended_values_may_have_another_type(scripted: Scripted) -> None:
    """And do not change the type of the rows beside them."""
    plan = Plan(scripted)
    frame = pd.DataFrame({"identity": ["a", "b"], "phone": [14155551234, 14155551235], "n": [2**60 + 1, 1]})
    report = upload(frame, scripted, invalid="skip")
    mended = report.failed.assign(phone=[f"+{one}" for one in report.failed["phone"]], n=[0.5, 1.5])
    assert report.retry(mended).ok
    assert [one["profileData"]["n"] for one in scripted.seen[-1].json["d"]] == [0.5, 1.5]
    assert plan.calls


@pytest.mark.parametrize(
    "mended",
    [
        pd.DataFrame({"identity": ["z"], "Gender": ["F"]}, index=["secret@example.com"]),
        pd.DataFrame({"identity": ["b"], "Gender": ["F"]}, index=[1]),
        pd.DataFrame({"identity": ["a"], "Gender": ["F"], "new": [1]}, index=[0]),
        pd.DataFrame({"identity": ["a"]}, index=[0]),
        "rows",
    ],
)
def test_mended_rows_must_belong_to_the_report(scripted: Scripted, mended: Any) -> None:
    """Rows that did not fail, unknown labels and other columns are an error, and nothing is sent."""
    Plan(scripted)
    report = upload(pd.DataFrame({"identity": ["a", "b"], "Gender": ["x", "F"]}), scripted, invalid="skip")
    seen = len(scripted.seen)
    with pytest.raises(ct.ValidationError) as caught:
        report.retry(mended)
    assert "secret" not in str(caught.value)
    assert len(scripted.seen) == seen


def test_editing_the_frame_later_does_not_change_the_report(scripted: Scripted) -> None:
    """The report keeps the rows as they were sent."""
    Plan(scripted, n1=Answer({"status": "fail", "error": "no", "code": 400}, 400))
    frame = people(1)
    report = upload(frame, scripted)
    frame["x"] = 99
    assert report.failed["x"].tolist() == [0]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("cancel"), SystemExit()])
def test_whatever_the_bar_raises_ends_the_upload(scripted: Scripted, stop: BaseException) -> None:
    """As an interrupt would: the answers on their way are waited for, and the report knows every row."""
    Plan(scripted)

    def throw(_: Bar) -> None:
        raise stop

    bar = Bar(throw)
    with pytest.raises(ct.UploadInterrupted) as caught:
        people(40).clevertap.upload(progress=bar, account=scripted.account(limits=LIMITS))
    report = caught.value.report
    counts = report.counts
    assert counts["accepted"] >= 2
    assert counts["accepted"] + counts["not_sent"] == 40
    assert ct.last_interruption() is caught.value
    bar.then = id
    assert report.retry().ok
    assert ct.last_interruption() is None


def test_an_interrupt_between_an_answer_and_its_record_loses_nothing(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What CleverTap answered is known, or a retry would send an event twice."""
    plan, read, stops = Plan(scripted), dispatch.read, [KeyboardInterrupt()]

    def interrupted(*answer: Any) -> Any:
        if stops:
            raise stops.pop()
        return read(*answer)

    monkeypatch.setattr(dispatch, "read", interrupted)
    with pytest.raises(ct.UploadInterrupted) as caught:
        upload(people(2), scripted, "_events", event="E")
    assert caught.value.report.counts["accepted"] == 2
    assert len(plan.calls) == 1


@pytest.mark.parametrize("where", ["_take_back", "_settle_all"])
def test_whoever_presses_twice_forgets_nothing_that_was_sent(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """While one interrupt is dealt with another one changes nothing, or a retry would send events twice."""
    plan, step, read = Plan(scripted), getattr(dispatch.Dispatch, where), dispatch.read
    heard = signal.getsignal(signal.SIGINT)

    def pressed(called: Any, *arguments: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return called(*arguments)

    monkeypatch.setattr(dispatch, "read", functools.partial(pressed, read))
    monkeypatch.setattr(dispatch.Dispatch, where, lambda one: pressed(step, one))
    with pytest.raises(ct.UploadInterrupted) as caught:
        upload(people(40), scripted, "_events", event="E")
    monkeypatch.undo()
    assert caught.value.report.counts["accepted"] == len(plan.sent)
    assert signal.getsignal(signal.SIGINT) is heard
    assert caught.value.report.retry().ok
    assert sorted(plan.sent) == sorted(people(40)["identity"])


@pytest.mark.parametrize(("deaf", "heard"), [(60.0, 1), (0.0, 2)])
def test_an_interrupt_that_got_lost_locks_nobody_in(
    monkeypatch: pytest.MonkeyPatch, deaf: float, heard: int
) -> None:
    """Python drops what is raised in a finalizer: after a while the next interrupt is heard again."""
    monkeypatch.setattr(interrupts, "DEAF", deaf)
    came = 0
    with interrupts.only_the_first_interrupt():
        for _ in range(2):
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                came += 1
    assert came == heard


def test_an_interrupt_while_no_answer_comes(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the air is unknown; profiles among it may be sent again."""
    monkeypatch.setattr(dispatch, "LAST_ANSWERS", 0.05)
    release = threading.Event()
    scripted.answers = lambda seen: Answer(fine(seen), until=release)
    with pytest.raises(ct.UploadInterrupted) as caught:
        people(6).clevertap.upload(progress=Bar(interrupt), account=scripted.account(limits=LIMITS))
    release.set()
    assert states(caught.value.report) == ["unknown"] * 2 + ["stopped"] * 4


def test_the_bar_is_called_while_nothing_happens(scripted: Scripted) -> None:
    """At least twice a second."""
    scripted.answers = lambda seen: Answer(fine(seen), delay=1.1)
    bar = Bar()
    people(1).clevertap.upload(progress=bar, account=scripted.account(limits=LIMITS))
    assert len(bar.at) >= 5  # made, called three times, closed


def test_a_frame_of_another_account_is_refused(scripted: Scripted) -> None:
    """Unless the account is named in the call."""
    frame = people(1)
    frame.attrs["clevertap"] = {"kind": "people", "account": "OTHER", "region": "in1"}
    ct.connect("TEST-1", "none", base_url=scripted.url)
    with pytest.raises(ct.ValidationError, match=r"OTHER \(in1\).*account="):
        frame.clevertap.upload(columns=["x"])
    Plan(scripted)
    assert upload(frame, scripted, columns=["x"]).ok


def test_a_frame_without_notes_comes_from_the_account_of_its_original(scripted: Scripted) -> None:
    """A merge or a file loses the notes; the frame as it was read still says where it was read."""
    original, frame = people(1), people(1).assign(x="new")
    original.attrs["clevertap"] = {"kind": "people", "account": "OTHER", "region": "in1"}
    ct.connect("TEST-1", "none", base_url=scripted.url)
    with pytest.raises(ct.ValidationError, match=r"original= .*OTHER \(in1\).*account="):
        frame.clevertap.upload("changed", original=original)
    assert not scripted.seen
    Plan(scripted)
    assert upload(frame, scripted, columns="changed", original=original).ok


def test_naive_times_of_an_unknown_zone_are_warned_of_once(scripted: Scripted) -> None:
    """They are sent as UTC."""
    Plan(scripted)
    when = pd.to_datetime(["2025-01-01"])
    with pytest.warns(ct.TimezoneWarning) as caught:
        upload(people(1, a=when, b=when), scripted)
    assert len(caught) == 1
    assert scripted.seen[0].json["d"][0]["profileData"]["a"] == "$D_1735689600"


def test_tokens(scripted: Scripted) -> None:
    """Their own limit of records, their own shape; they may be repeated."""
    plan = Plan(scripted, n1=Answer(reset=True))
    frame = pd.DataFrame(
        {"objectId": ["__a", "__b", "c"], "token": ["1", "2", "3"], "type": ["fcm", "gcm", "chrome"]}
    )
    frame = frame.assign(p256dh=[None, None, "P"], auth=[None, None, "A"])
    assert upload(frame, scripted, "_tokens").ok
    assert plan.calls == [["__a", "__b"], ["__a", "__b"], ["c"]]
    assert scripted.seen[-1].json["d"][0]["tokenData"] == {
        "id": "3",
        "type": "chrome",
        "keys": {"p256dh": "P", "auth": "A"},
    }


def test_bodies_are_json_without_null(scripted: Scripted) -> None:
    """Quotes, line breaks, other scripts and numbers arrive as they are."""
    Plan(scripted)
    odd = ['"\\', "a\nb\x00", "ü😀", "</script>"]
    upload(people(4, t=odd, f=[1.0, np.nan, 1e300, -0.0]), scripted)
    data = [one["profileData"] for seen in scripted.seen for one in seen.json["d"]]
    assert [one["t"] for one in data] == odd
    assert [one.get("f") for one in data] == [1.0, None, 1e300, -0.0]
    assert not any(b"null" in seen.body for seen in scripted.seen)


def test_a_mistake_of_our_own_keeps_the_report(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks after the first call: what was answered is not lost."""
    Plan(scripted)
    real = dispatch.read
    calls: list[int] = []

    def breaks(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("broken")
        return real(*args)

    monkeypatch.setattr(dispatch, "read", breaks)
    with pytest.raises(ct.UploadError) as caught:
        upload(people(10), scripted)
    counts = caught.value.report.counts
    assert counts["accepted"] >= 2
    assert sum(counts.values()) == 10
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_json_helpers_agree(scripted: Scripted) -> None:
    """The preview shows exactly what is sent."""
    Plan(scripted)
    frame = people(2, y=[[1, "a"], {"$add": ["b"]}], z=pd.to_datetime(["2025-01-01"] * 2, utc=True))
    upload(frame, scripted)
    assert frame.clevertap.preview().records == json.loads(scripted.seen[0].body)["d"]


@pytest.mark.parametrize("invalid", ["skip", "send"])
def test_a_preview_and_the_upload_agree_on_what_is_left_out(scripted: Scripted, invalid: Any) -> None:
    """What is refused here, and what it holds back, stands in neither; what the server judges in both."""
    frame = pd.DataFrame(
        {
            "identity": ["a", "b", "a", None, "c", "b", "c"],
            "Gender": ["female", "F", "M", "M", "F", "x", "M"],
            "x": [1.0, 2.0, 3.0, 4.0, float("inf"), 5.0, 6.0],
        }
    )
    scripted.answers = fine
    upload(frame, scripted, invalid=invalid)
    sent = [record for seen in scripted.seen for record in seen.json["d"]]
    assert frame.clevertap.preview(9, invalid=invalid).records == sent


def test_what_cannot_be_sent_is_no_change_where_it_was_read(scripted: Scripted, tmp_path: Path) -> None:
    """Half a surrogate pair, as of a text that was cut, stays where it is; nothing else waits for it."""
    odd = {"identity": "a", "profileData": {"note": "cut \ud83d", "deep": ["\ud83d"], "plan": "free"}}

    def answer(seen: Seen) -> Any:
        return fine(seen) if seen.body else {"status": "success", "record": odd}

    scripted.answers = answer
    account = scripted.account()
    read = ct.read_profile(identity=["a"], account=account, progress=False)
    edited = read.assign(**{"profileData.plan": "gold"})
    assert upload(edited, scripted, columns="changed").ok
    assert scripted.seen[-1].json["d"][0]["profileData"] == {"plan": "gold"}
    repeated = pd.concat([edited, edited])
    found = repeated.clevertap.validate(columns="changed", original=pd.concat([read, read]), account=account)
    assert found.empty
    changed = edited.assign(**{"profileData.note": pd.Series(["\ud83d"], edited.index, dtype=object)})
    assert changed.clevertap.validate(columns="changed")["column"].tolist() == ["profileData.note"]
    path = tmp_path / "before.parquet"
    names = ["profileData.plan", "profileData.note"]
    assert upload(edited.assign(**{"profileData.note": "whole"}), scripted, columns=names, backup=path).ok
    backup = pd.read_parquet(path)
    assert json.loads(backup["profileData.note"][0]) == "cut \ud83d"
    assert backup.clevertap.validate(columns="all")["column"].tolist() == ["profileData.note"]


def test_an_interrupt_at_the_very_end_loses_no_report(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All was sent, and the warning about it is being made: the report is kept all the same."""
    scripted.answers = fine
    frame = people(2, Gender=["F", "female"])
    with monkeypatch.context() as patch:
        patch.setattr(ct.UploadReport, "warn", lambda _: signal.raise_signal(signal.SIGINT))
        with pytest.raises(ct.UploadInterrupted) as caught:
            frame.clevertap.upload_events("E", account=scripted.account(), progress=False)
    assert caught.value.report.counts["accepted"] == 2
    assert ct.resume().ok
    assert len(scripted.seen) == 1
