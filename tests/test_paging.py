"""Rules of a walk: no page twice, none missing, whatever interrupts it and wherever."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import pytest
from test_readers import PEOPLE, pages_of, person, read

import ct_pandas as ct
from ct_pandas._paging import plan
from ct_pandas._paging import walk as _paging
from ct_pandas._paging.crew import Crew
from ct_pandas._progress import Bar

from scripted import Answer, Scripted, Seen

EMPTY = {"status": "success"}
THROTTLED = Answer({"status": "fail", "error": "Too many concurrent requests", "code": 429}, 429)


def occurrence(number: int) -> dict[str, Any]:
    """Return an event; all look alike but for their time."""
    return {"profile": {"identity": "a"}, "ts": 20251001000000 + number, "event_props": {}}


def test_a_page_that_cannot_be_kept_lets_no_later_one_be_kept() -> None:
    """A full disk at one page must not leave a gap that the next page hides."""
    kept: list[int] = []
    crew = Crew(Bar(False, desc="", unit=""))

    def keep(number: int) -> None:
        if number == 2:
            raise OSError(28, "No space left on device")
        kept.append(number)

    def work() -> None:
        for number in range(5):
            crew.post(lambda number=number: keep(number))

    with pytest.raises(OSError, match="No space"):
        crew.run(work)
    assert kept == [0, 1]


@pytest.mark.parametrize("line", range(12))
def test_an_interrupt_between_any_two_lines_keeps_pages_whole(scripted: Scripted, line: int) -> None:
    """Ctrl-C may fall between keeping a page and counting it: a resume still has every row once."""
    events = [occurrence(number) for number in range(9)]
    scripted.answers = pages_of(events)
    watched = {_paging.Walk._take.__code__, _paging.Pages.page.__code__, plan.Slice.advance.__code__}
    left = [line + 9]

    def trace(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code in watched:
            if event == "line":
                left[0] -= 1
                if left[0] == 0:
                    raise KeyboardInterrupt
            return trace
        return None

    before = sys.gettrace()  # that of a coverage run
    sys.settrace(trace)
    try:
        with pytest.raises(ct.DownloadInterrupted) as caught:
            read(scripted, rows="event", account=scripted.account(timezone="UTC"))
    finally:
        sys.settrace(before)
    partial = caught.value.partial
    assert not partial.attrs["clevertap"]["complete"] or len(partial) == 9
    whole = caught.value.resume()
    assert whole["ts"].is_monotonic_increasing
    assert len(whole) == 9


def test_an_interrupt_while_a_slice_starts_anew_leaves_no_gap(scripted: Scripted) -> None:
    """After a lost cursor the pages so far are forgotten, and their count with them, or neither."""
    lost = Answer({"status": "fail", "error": "Invalid cursor", "code": "CURSOR_INVALIDATED"}, 400)
    events = [occurrence(number) for number in range(9)]
    scripted.answers = pages_of(events, faults={"events.json?cursor=c4": [lost]})
    with pytest.raises(ct.CursorError) as caught:
        read(scripted, rows="event", account=scripted.account(timezone="UTC"))
    pages = caught.value._walk.pages
    restart, pages.restart = pages.restart, lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(ct.DownloadInterrupted) as stopped:
        caught.value.resume()
    pages.restart = restart
    assert len(stopped.value.resume()) == 9


def test_a_big_failure_is_no_page(scripted: Scripted) -> None:
    """A failure inside HTTP 200 is one however long its text is; it must not end a walk."""
    long = Answer({"status": "fail", "error": "x" * 70_000, "code": 77})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [long]})
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted)
    assert len(caught.value.partial) == 4
    assert len(caught.value.resume()) == 9


@pytest.mark.parametrize("first", ["status", "records"])
def test_records_beside_a_failure_are_no_page(scripted: Scripted, first: str) -> None:
    """``status: fail`` is a failure even where records stand beside it, before or behind."""
    body = {"status": "fail", "error": "lost a shard", "records": [person(1) | {"pad": "y" * 70_000}]}
    if first == "records":
        body = dict(reversed(body.items()))
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [Answer(body)]})
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted)
    assert len(caught.value.partial) == 4


@pytest.mark.parametrize("size", [10, 70_000])
def test_a_failure_that_is_said_last_counts(scripted: Scripted, size: int) -> None:
    """A server that had begun with success and failed on the way says so behind the records it had."""
    records = json.dumps([person(1) | {"pad": "y" * size}])
    body = f'{{"status": "success", "records": {records}, "status": "fail", "error": "lost a shard"}}'
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [Answer(body.encode())]})
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted)
    assert len(caught.value.partial) == 4


ODD_ENDS: list[dict[str, Any]] = [
    {"status": "error", "message": "lost a shard"},
    {"status": "failure"},
    {"status": "Fail"},
    {"status": "success", "error": "lost a shard"},
    {"status": "error", "records": [person(1) | {"pad": "y" * 70_000}]},
]


@pytest.mark.parametrize("odd", ODD_ENDS, ids=["error", "failure", "Fail", "success", "big"])
def test_only_success_ends_a_walk(scripted: Scripted, odd: dict[str, Any]) -> None:
    """Whatever else an answer calls itself, that there is no next cursor in it is not the end."""
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [Answer(odd)]})
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted)
    assert len(caught.value.partial) == 4
    assert len(caught.value.resume()) == 9


@pytest.mark.parametrize("word", ["partial", "Partial"])
@pytest.mark.parametrize("records", [[], [person(1)], [person(1) | {"pad": "y" * 70_000}]])
def test_a_partial_page_is_waited_for(scripted: Scripted, records: list[Any], word: str) -> None:
    """What CleverTap is still at is asked for again, as what is in progress is."""
    partial = Answer({"status": word, "req_id": 5, "records": records})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [partial, partial]})
    assert len(read(scripted)) == 9


@pytest.mark.parametrize("word", ["Fail", "error", "partial"])
@pytest.mark.parametrize("first", ["status", "records"])
def test_success_in_a_record_is_not_the_answers_own(scripted: Scripted, word: str, first: str) -> None:
    """A payment that is a "success" does not make a page of what failed, or is not ready."""
    people = [person(1) | {"profileData": {"payment": "success", "status": "success", "pad": "y" * 70_000}}]
    body: dict[str, Any] = {"status": word, "records": [*people, *people]}
    if first == "records":
        body = dict(reversed(body.items()))
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [Answer(body)]})
    if word == "partial":
        assert len(read(scripted)) == 9
        return
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted)
    assert len(caught.value.partial) == 4


def test_a_big_answer_that_is_no_page_is_asked_for_again(scripted: Scripted) -> None:
    """Some other JSON, however long, has no next cursor; that is not the end of a walk."""
    other = Answer({"message": "z" * 70_000})
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [other, other]})
    assert len(read(scripted)) == 9


def test_blanks_behind_a_page_are_no_part_of_it(scripted: Scripted) -> None:
    """A long page that somebody padded is as whole as a short one."""
    people = [person(n) | {"profileData": {"pad": "y" * 70_000}} for n in range(2)]
    body = json.dumps({"status": "success", "records": people}).encode()
    scripted.answers = [{"status": "success", "cursor": "c0"}, Answer(body + b"\n" + b" " * 9_000)]
    assert len(read(scripted)) == 2


def test_a_walk_goes_on_behind_a_page_that_was_damaged_in_its_middle(scripted: Scripted) -> None:
    """Its cursor was guessed right: what was asked ahead is not waited for, and not beside the second try."""
    people = [person(number) | {"pad": "y" * 70_000} for number in range(8)]
    whole, ahead = (
        pages_of(people)(Seen("GET", f"/1/profiles.json?cursor={cursor}", {}, b"", 1))
        for cursor in ("c2", "c4")
    )
    damaged = Answer(whole.bytes.replace(b'"pad": "', b'"pad": ', 1))
    late = Answer(ahead.body, delay=0.3)
    faults = {"profiles.json?cursor=c2": [damaged], "profiles.json?cursor=c4": [late]}
    scripted.answers = pages_of(people, faults=faults)
    found: list[int] = []
    walk = threading.Thread(target=lambda: found.append(len(read(scripted))), daemon=True)
    walk.start()
    walk.join(20)  # or it waits for ever
    assert found == [8]
    assert [seen.target.endswith("cursor=c2%3D") for seen in scripted.seen].count(True) == 2
    assert scripted.most_in_flight == 1


def test_fail_in_a_persons_attribute_is_not_a_failure(scripted: Scripted) -> None:
    """Words of records are no words of the server's."""
    people = [person(n) | {"profileData": {"status": "fail", "pad": "y" * 70_000}} for n in range(3)]
    scripted.answers = pages_of(people)
    assert len(read(scripted)) == 3


def script_of(counts: list[Any], pages: int = 99) -> Any:
    """Return a script whose first pages are empty, and whose counts are given."""
    walk = pages_of(PEOPLE, faults={"profiles.json?cursor": [Answer(EMPTY)] * pages})

    def answer(seen: Seen) -> Any:
        return counts.pop(0) if "/counts/" in seen.target else walk(seen)

    return answer


def test_an_empty_slice_is_not_believed_either(scripted: Scripted) -> None:
    """Of three slices one comes back empty: its own count is asked for, it alone is read again."""
    emptied: list[int] = []

    def answer(seen: Seen) -> Any:
        if "/counts/" in seen.target:
            return {"status": "success", "count": 1}
        if seen.method == "POST":
            return {"status": "success", "cursor": f"c{seen.json['from']}"}
        day = int(seen.target[-8:])
        if day == 20251011 and not emptied:
            emptied.append(day)
            return EMPTY
        return {"status": "success", "records": [{"identity": str(day)}]}

    scripted.answers = answer
    df = read(scripted, parallel=3)
    assert df["identity"].tolist() == ["20251001", "20251011", "20251021"]
    assert [seen.json["from"] for seen in scripted.seen if "/counts/" in seen.target] == [20251011]


def test_empty_is_not_believed_while_the_count_is_throttled(scripted: Scripted) -> None:
    """Too many at once is just when exports come back empty: without the count nothing is certain."""
    scripted.answers = script_of([THROTTLED] * 500)
    with pytest.raises(ct.ThrottledError) as caught:
        read(scripted)
    assert not caught.value.partial.attrs["clevertap"]["complete"]
    scripted.answers = pages_of(PEOPLE)
    assert len(caught.value.resume()) == 9


@pytest.mark.parametrize(
    "trouble",
    [Answer(b"<html>", 503), {"status": "partial", "req_id": 7}, {"status": "partial"}, Answer(b"<html>")],
    ids=["503", "partial", "partial without a number", "no JSON"],
)
def test_empty_is_not_believed_while_the_server_is_in_trouble(scripted: Scripted, trouble: Any) -> None:
    """A server that counts, and cannot just now, says nothing of an export that came back empty."""
    scripted.answers = script_of([trouble] * 500)
    with pytest.raises(ct.ServerError) as caught:
        read(scripted)
    assert caught.value.retryable
    assert not caught.value.partial.attrs["clevertap"]["complete"]
    scripted.answers = pages_of(PEOPLE)
    assert len(caught.value.resume()) == 9


@pytest.mark.parametrize(
    "refusal",
    [Answer(b"", 404), Answer(b"", 302), {"status": "fail", "error": "no"}, {"status": "success"}]
    + [{"status": "success", "count": odd} for odd in (None, True, -1, {"a": 1}, "9" * 5_000)],
)
def test_empty_is_believed_where_the_server_does_not_count(scripted: Scripted, refusal: Any) -> None:
    """Whoever refuses to count, or gives no number, cannot contradict."""
    scripted.answers = pages_of([])
    walk = scripted.answers
    scripted.answers = lambda seen: refusal if "/counts/" in seen.target else walk(seen)
    assert read(scripted).attrs["clevertap"]["complete"]


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("status", [401, 403])
def test_empty_is_doubted_where_the_login_may_not_count(
    scripted: Scripted, status: int, verify: bool
) -> None:
    """The server has a count and did not say it: the frame is there, and so is a warning."""
    walk = pages_of([])
    scripted.answers = lambda seen: Answer(b"", status) if "/counts/" in seen.target else walk(seen)
    with pytest.warns(ct.IncompleteDownloadWarning, match=rf"refused to count them \(HTTP {status}\)"):
        assert read(scripted, verify=verify).empty
    rows = pages_of(PEOPLE)
    scripted.answers = lambda seen: Answer(b"", status) if "/counts/" in seen.target else rows(seen)
    assert len(read(scripted, verify=verify)) == 9


def test_the_closing_line_says_that_nothing_confirms_it(
    scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody, and no count of nobody, is less than nobody as counted."""
    for counted in (False, True):
        walk = pages_of([])
        scripted.answers = lambda seen, walk=walk, counted=counted: (
            walk(seen) if counted or "/counts/" not in seen.target else Answer(b"", 404)
        )
        read(scripted, progress=True)
        assert ("gave no count to compare with" in capsys.readouterr().out) is not counted


@pytest.mark.parametrize("count", [9, "9", 9.0])
def test_a_count_is_a_number_however_it_is_written(scripted: Scripted, count: object) -> None:
    """As other numbers of the API, it may come as text."""
    scripted.answers = script_of([{"status": "success", "count": count}] * 3, pages=1)
    assert len(read(scripted)) == 9


@pytest.mark.parametrize("records", [[{"identity": "a"}, None], [5], [[]], {"a": {"b": 1}}, "x"])
def test_records_that_are_none_are_told_at_once(scripted: Scripted, records: Any) -> None:
    """It is JSON, and the same the next time: asked for once more, and not for as long as max_wait allows."""
    scripted.answers = lambda seen: (
        {"status": "success", "cursor": "c"}
        if seen.method == "POST"
        else {"status": "success", "records": records}
    )
    with pytest.raises(ct.DownloadError, match="its records are not a list of objects"):
        read(scripted)
    assert len(scripted.seen) == 3


@pytest.mark.parametrize("status", [404, 400, 401, 302])
def test_what_was_counted_is_not_empty_because_nobody_counts_it_again(
    scripted: Scripted, status: int, recwarn: pytest.WarningsRecorder
) -> None:
    """Twice empty, and counted above zero once: a second count that is refused confirms nothing."""
    counts = [Answer({"status": "success", "count": 9})]
    walk = pages_of([])

    def answers(seen: Seen) -> Any:
        if "/counts/" not in seen.target:
            return walk(seen)
        return counts.pop() if counts else Answer({"status": "fail", "error": "No"}, status)

    scripted.answers = answers
    with pytest.raises(ct.DownloadError, match="counts 9") as caught:
        read(scripted)
    assert not caught.value.partial.attrs["clevertap"]["complete"]
    scripted.answers = pages_of(PEOPLE)
    assert caught.value.resume().attrs["clevertap"]["complete"]
    assert not recwarn.list  # of what was refused before, nothing is left in doubt


def test_a_partial_count_is_waited_for_before_empty_is_believed(scripted: Scripted) -> None:
    """A count that is still partial is no zero."""
    counts = [{"status": "partial", "req_id": 1}, {"status": "partial", "req_id": 1, "count": 0}]
    counts += [{"status": "success", "count": 9}]
    scripted.answers = script_of(counts, pages=1)
    assert len(read(scripted)) == 9


def test_counted_as_empty_is_believed_also_with_verify(scripted: Scripted) -> None:
    """Nobody, and a count of nobody, is a whole answer without a warning."""
    scripted.answers = pages_of([])
    df = read(scripted, verify=True)
    assert df.attrs["clevertap"]["complete"]
    assert df.attrs["clevertap"]["expected"] == 0


def test_what_a_count_says_is_scrubbed(scripted: Scripted) -> None:
    """A server that echoes the passcode where it refuses to count brings it into no message."""
    echo = {"status": "fail", "error": "who is pass-CODE-1?", "code": "pass-CODE-1"}
    scripted.answers = [Answer(echo, 400)]
    with pytest.raises(ct.ClevertapError) as caught:
        ct.count_profiles("Charged", 20251001, 20251031, account=scripted.account())
    assert "pass-CODE-1" not in f"{caught.value!s}{caught.value.code}"


@pytest.mark.parametrize("progress", ["yes", 1, object()])
def test_a_progress_that_is_no_class_is_named(scripted: Scripted, progress: object) -> None:
    """A bad argument is an error of the argument, not an interrupt."""
    with pytest.raises(ct.ClevertapError, match="progress="):
        read(scripted, progress=progress)
    assert not scripted.seen


def test_what_cannot_be_read_is_no_interrupt(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong while a page is made into columns is an error that says so and keeps what came."""
    scripted.answers = pages_of(PEOPLE)
    from ct_pandas._reading import reading

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("odd data")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "build", fails)
        with pytest.raises(ct.DownloadError, match="RuntimeError") as caught:
            read(scripted)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert len(caught.value.resume()) == 9


def test_empty_is_not_complete_before_it_is_believed(scripted: Scripted) -> None:
    """Stopped between the end of an empty walk and its count, nothing is known to be complete."""
    scripted.answers = script_of([{"status": "success", "count": 9}] * 9, pages=1)
    stopped: list[int] = []

    def stop(*_: object) -> None:
        stopped.append(1)
        raise KeyboardInterrupt

    from ct_pandas._paging.walk import Walk

    before, Walk._disbelieve_empty = Walk._disbelieve_empty, stop  # type: ignore[method-assign]
    try:
        with pytest.raises(ct.DownloadInterrupted) as caught:
            read(scripted)
    finally:
        Walk._disbelieve_empty = before  # type: ignore[method-assign]
    assert stopped
    assert not caught.value.partial.attrs["clevertap"]["complete"]
    assert len(caught.value.resume()) == 9
