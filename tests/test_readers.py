"""Rules of the readers: everybody once, nothing short in silence, whatever stops it can go on."""

from __future__ import annotations

import enum
import io
import json
import sys
import urllib.parse
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tqdm
import tqdm.auto
from bars import Bar, interrupt, once_at

import ct_pandas as ct

from scripted import Answer, Scripted, Seen

DAYS = ("2025-10-01", "2025-10-31")


def person(number: int) -> dict[str, Any]:
    """Return a person as CleverTap sends one."""
    return {"identity": f"id{number}", "profileData": {"n": number}}


def pages_of(
    people: list[dict[str, Any]], size: int = 2, faults: dict[str, list[Answer]] | None = None
) -> Callable[[Seen], Answer]:
    """Return a script that walks a list in pages; ``faults`` are answered first, by target."""
    faults = faults or {}

    def answer(seen: Seen) -> Answer:
        target = seen.target.partition("/1/")[2]
        for start, queue in faults.items():
            if target.startswith(start) and queue:
                return queue.pop(0)
        if seen.method == "POST":
            if target.startswith("counts"):
                return Answer({"status": "success", "count": len(people)})
            return Answer({"status": "success", "cursor": "c0%3D"})
        at = int(urllib.parse.unquote(target.partition("cursor=c")[2]).rstrip("="))
        body = {"status": "success", "records": people[at : at + size]}
        if at + size < len(people):
            body["next_cursor"] = f"c{at + size}%3D"
        return Answer(body)

    return answer


PEOPLE = [person(number) for number in range(9)]


def read(server: Scripted, **options: Any) -> pd.DataFrame:
    """Read the script's people."""
    options = {"account": server.account(max_wait=20.0), "progress": False} | options
    return ct.read_clevertap_events("Charged", *DAYS, **options)


def test_every_page_is_walked(scripted: Scripted) -> None:
    """The frame holds every person of every page, in order."""
    scripted.answers = pages_of(PEOPLE)
    df = read(scripted)
    assert df["identity"].tolist() == [f"id{n}" for n in range(9)]
    notes = df.attrs["clevertap"]
    assert (notes["rows"], notes["pages"], notes["complete"], notes["kind"]) == (9, 5, True, "people")
    json.dumps(df.attrs)


def test_the_query_goes_out_as_documented(scripted: Scripted) -> None:
    """Days are integers, the three flags are lower-case words, the page size stands in the URL."""
    scripted.answers = pages_of(PEOPLE)
    read(scripted, where=("Amount", ">", 100))
    first = scripted.seen[0]
    assert first.target == "/1/profiles.json?batch_size=5000&app=true&events=false&profile=true"
    assert first.json == {
        "event_name": "Charged",
        "from": 20251001,
        "to": 20251031,
        "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 100}],
    }


@pytest.mark.parametrize(
    "last", [{"status": "success"}, {"status": "success", "records": [], "next_cursor": ""}]
)
def test_the_walk_goes_on_over_small_and_empty_pages(scripted: Scripted, last: dict[str, Any]) -> None:
    """Only an absent or empty next_cursor ends a walk."""
    bodies = [
        {"status": "success", "cursor": "a"},
        {"status": "success", "records": [person(1)], "next_cursor": "b"},
        {"status": "success", "records": [], "next_cursor": "c"},
        {"status": "success", "next_cursor": "d"},
        {"next_cursor": "e", "status": "success", "records": [person(2)]},
        last,
    ]
    scripted.answers = list(bodies)
    assert read(scripted)["identity"].tolist() == ["id1", "id2"]
    assert [seen.target.partition("cursor=")[2] for seen in scripted.seen[1:]] == list("abcde")


def test_the_guess_of_the_next_cursor_is_checked(scripted: Scripted) -> None:
    """A record that holds a cursor of its own does not lead the walk astray."""
    trap = {"identity": "trap", "next_cursor": "wrong", "profileData": {"x": '],"next_cursor":"wrong"'}}
    bodies = {
        "a": {"records": [trap], "status": "success", "next_cursor": "b", "note": [{"next_cursor": "wrong"}]},
        "b": {"status": "success", "records": [person(2)]},
    }

    def answer(seen: Seen) -> Any:
        if seen.method == "POST":
            return {"status": "success", "cursor": "a"}
        return bodies.get(seen.target.partition("cursor=")[2], {"status": "success", "records": [person(99)]})

    scripted.answers = answer
    assert read(scripted)["identity"].tolist() == ["trap", "id2"]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_cursor_that_comes_again_is_an_error(scripted: Scripted, length: int) -> None:
    """A cycle of any length would repeat pages for ever; what came before it is kept."""
    cycle = {f"c{n}": f"c{(n + 1) % length}" for n in range(length)}

    def answer(seen: Seen) -> Any:
        if seen.method == "POST":
            return {"status": "success", "cursor": "c0"}
        cursor = seen.target.partition("cursor=")[2]
        return {"status": "success", "records": [person(int(cursor[1:]))], "next_cursor": cycle[cursor]}

    scripted.answers = answer
    with pytest.raises(ct.CursorError) as caught:
        read(scripted)
    assert len(caught.value.partial) <= length
    assert not caught.value.partial.attrs["clevertap"]["complete"]


def test_a_page_cut_in_the_middle_is_asked_for_again(scripted: Scripted) -> None:
    """Half a page is no page, even where it happens to look whole."""
    cut = b'{"status":"success","records":[{"identity":"id0","profileData":{"n":0}}'
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [Answer(cut)]})
    assert len(read(scripted)) == 9


def test_an_error_keeps_what_came_and_goes_on(scripted: Scripted) -> None:
    """What cannot be completed has the rows so far, and resumes from the last good page."""
    gone = [Answer({"status": "fail", "error": "down"}, 503)] * 200
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": gone})
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted)
    error = caught.value
    assert isinstance(error, ct.ServerError)
    assert error.partial["identity"].tolist() == ["id0", "id1", "id2", "id3"]
    assert error.partial.attrs["clevertap"]["complete"] is False
    assert ct.last_interruption() is error
    gone.clear()
    asked = len(scripted.seen)
    assert error.resume()["identity"].tolist() == [f"id{n}" for n in range(9)]
    assert "cursor=c4" in scripted.seen[asked].target
    assert ct.last_interruption() is None


def test_a_lost_cursor_is_asked_anew_on_resume(scripted: Scripted) -> None:
    """After a lost cursor the slice is read again from its start, without duplicates."""
    lost = Answer({"status": "fail", "error": "Invalid cursor", "code": "CURSOR_INVALIDATED"}, 400)
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c4": [lost]})
    with pytest.raises(ct.CursorError) as caught:
        read(scripted)
    assert len(caught.value.partial) == 4
    assert caught.value.resume()["identity"].tolist() == [f"id{n}" for n in range(9)]


def test_a_cursor_that_expired_before_the_resume_starts_anew(scripted: Scripted) -> None:
    """A resume after hours finds its cursor gone and asks for the slice again, in one go."""
    down = [Answer(b"", 503)] * 200
    lost = [Answer({"status": "fail", "error": "Invalid cursor"}, 400)]
    faults = {"profiles.json?cursor=c4": down}
    scripted.answers = pages_of(PEOPLE, faults=faults)
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted)
    down[:] = lost
    assert len(caught.value.resume()) == 9


def test_a_login_refused_in_the_middle_keeps_the_rows(scripted: Scripted) -> None:
    """A passcode that expires mid-walk loses nothing."""
    refused = Answer({"status": "fail", "error": "Invalid Credentials", "code": 401}, 401)
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor=c2": [refused]})
    with pytest.raises(ct.DownloadError) as caught:
        read(scripted)
    assert isinstance(caught.value, ct.AuthenticationError)
    assert len(caught.value.resume()) == 9


def test_an_interrupt_keeps_what_came(scripted: Scripted) -> None:
    """Ctrl-C, or a bar that raises, ends the work with the rows so far."""
    scripted.answers = pages_of(PEOPLE)
    with pytest.raises(ct.DownloadInterrupted) as caught:
        read(scripted, progress=once_at(4, interrupt))
    assert 4 <= len(caught.value.partial) <= 9
    assert not isinstance(caught.value, Exception)
    assert len(caught.value.resume()) == 9


def test_no_match_is_an_empty_frame(scripted: Scripted) -> None:
    """Nobody is an answer, once the count agrees: the standard columns, and no error."""
    scripted.answers = pages_of([])
    df = read(scripted)
    assert list(df.columns) == ["identity", "email", "phone", "name"]
    assert df.empty
    assert df.attrs["clevertap"]["complete"]
    assert [seen.target for seen in scripted.seen][-1] == "/1/counts/profiles.json"


def test_empty_is_not_believed_against_the_count(scripted: Scripted) -> None:
    """An export that comes back empty is read again; empty twice, against the count, is an error."""
    empty = {"status": "success"}
    script = pages_of(PEOPLE, faults={"profiles.json?cursor": [Answer(empty)]})
    scripted.answers = script
    assert len(read(scripted)) == 9
    scripted.answers = pages_of(PEOPLE, faults={"profiles.json?cursor": [Answer(empty)] * 2})
    with pytest.raises(ct.DownloadError, match="counts 9") as caught:
        read(scripted)
    assert not caught.value.partial.attrs["clevertap"]["complete"]
    whole = caught.value.resume()
    assert (len(whole), whole.attrs["clevertap"]["complete"]) == (9, True)


def test_empty_twice_is_believed_once_the_count_agrees(scripted: Scripted) -> None:
    """Those who were counted at first may be gone by now."""
    first = Answer({"status": "success", "count": 3})
    scripted.answers = pages_of([], faults={"counts": [first]})
    df = read(scripted)
    assert df.empty
    assert df.attrs["clevertap"]["complete"]


def test_each_person_once_and_the_later_copy_stays(scripted: Scripted) -> None:
    """The same identity on two pages is one person, as last sent."""
    again = {"identity": "id0", "profileData": {"n": 100}}
    scripted.answers = pages_of([*PEOPLE, again])
    df = read(scripted)
    assert df["identity"].is_unique
    assert df.set_index("identity").loc["id0", "profileData.n"] == 100


def test_an_attribute_may_be_called_like_a_numbered_column(scripted: Scripted) -> None:
    """``Spend (30)`` is a name of its own, and ``plan (2)`` is not what shares the name ``plan``."""
    attributes = {"Spend (30)": 12.5, "Spend": 1.5, "plan (2)": "its own", "plan": "another"}
    scripted.answers = pages_of([{"identity": "a", "profileData": attributes, "profileData.plan": "top"}] * 2)
    whole = read(scripted)
    for name in [column for column in whole.columns if column.startswith("profileData.")]:
        found = read(scripted, columns=["identity", name])
        assert found[name].tolist() == whole[name].tolist()
    assert whole["profileData.plan (2)"].tolist() == ["its own"]


@pytest.mark.parametrize("columns", [["name"], ["identity", "name"], ["name", "profileData.city"]])
def test_people_without_any_id_stay_apart_in_a_part_of_their_records(
    scripted: Scripted, columns: list[str], tmp_path: Path
) -> None:
    """What the API was asked to leave out may be all that tells two of them apart."""
    devices = [{"platform": "iOS", "objectId": "d"}, {"platform": "iOS", "objectId": "e"}]
    people = [{"name": "Ann", "profileData": {"city": city}} for city in ("Pune", "Delhi", "Goa")]
    people += [{"name": "Bob", "platformInfo": [device]} for device in devices]
    people += [{"identity": "x", "name": "Ann"}] * 2

    def answer(seen: Seen) -> Answer:
        if seen.method == "POST" and "profiles.json" in seen.target:
            left_out = {"profile": "profileData", "app": "platformInfo"}
            gone = {key for flag, key in left_out.items() if f"{flag}=false" in seen.target}
            shown = [{key: value for key, value in one.items() if key not in gone} for one in people]
            answer.pages = pages_of(shown)  # type: ignore[attr-defined]
        return answer.pages(seen)  # type: ignore[attr-defined,no-any-return]

    scripted.answers = answer
    frame = read(scripted, columns=columns)
    assert len(frame) == 6 == len(read(scripted))
    assert list(frame.columns) == [column for column in frame.columns if column in columns]
    assert len(read(scripted, columns=columns, max_rows=4)) == 4
    for _ in range(2):
        assert read(scripted, columns=columns, checkpoint=tmp_path / "kept").equals(frame)
    options = {"account": scripted.account(), "progress": False, "columns": columns}
    on_disk = ct.download_clevertap_events("Charged", *DAYS, directory=tmp_path / "disk", **options)
    assert on_disk.to_frame().equals(frame)


def test_slices_ask_for_the_devices_that_tell_people(scripted: Scripted) -> None:
    """A person in two slices stands once, whatever columns are wanted; alone, nothing more is asked for."""
    scripted.answers = pages_of([])
    for parallel, asked in ((1, "app=false"), (2, "app=true")):
        scripted.seen.clear()
        read(scripted, columns=["identity"], parallel=parallel)
        minted = [seen.target for seen in scripted.seen if "batch_size=" in seen.target]
        assert minted
        assert all(asked in target for target in minted)


def test_half_a_character_in_a_name_is_spelled(scripted: Scripted, tmp_path: Path) -> None:
    """An attribute cut in the middle of an emoji costs nobody the download."""
    people = [{"identity": "a", "profileData": {"tag \ud83d": "x", "plan": 1}}, person(2)]
    scripted.answers = pages_of(people)
    frame = read(scripted, checkpoint=tmp_path / "kept")
    assert frame["profileData.tag \\ud83d"].tolist()[0] == "x"
    assert read(scripted, columns=["profileData.tag*"]).shape == (2, 1)
    options = {"account": scripted.account(), "progress": False}
    on_disk = ct.download_clevertap_events("Charged", *DAYS, directory=tmp_path / "disk", **options)
    assert on_disk.to_frame().equals(frame)
    assert read(scripted, checkpoint=tmp_path / "kept").equals(frame)


def test_max_rows_is_a_total(scripted: Scripted) -> None:
    """max_rows cuts the frame and says so."""
    scripted.answers = pages_of(PEOPLE)
    df = read(scripted, max_rows=3)
    assert len(df) == 3
    assert df.attrs["clevertap"]["complete"] is False


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"batch_size": 0}, "max_rows"),
        ({"batch_size": 5001}, "max_rows"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"max_rows": 0}, "batch_size"),
        ({"parallel": 4}, "parallel"),
        ({"rows": "people"}, "profile"),
        ({"dtype_backend": "polars"}, "pyarrow"),
        ({"progress": "bar"}, "tqdm"),
        ({"rows": ["event"]}, "rows"),
        ({"rows": pd.Series(["event"])}, "rows"),
        ({"batch_size": pd.Series([10, 20])}, "batch_size"),
        ({"max_rows": np.array([])}, "max_rows"),
        ({"dtype_backend": ["pyarrow"]}, "dtype_backend"),
        ({"event_summary": "no"}, "event_summary"),
        ({"event_summary": pd.NA}, "event_summary"),
        ({"verify": "False"}, "verify"),
        ({"verify": None}, "verify"),
        ({"columns": 5}, "columns"),
        ({"columns": ["identity", None]}, "columns"),
    ],
)
def test_bad_arguments_are_named_before_any_request(
    scripted: Scripted, options: dict[str, Any], named: str
) -> None:
    """The message names the argument, and its neighbour that was perhaps meant; it is a ValueError, too."""
    with pytest.raises(ct.ClevertapError, match=named) as caught:
        read(scripted, **options)
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, ct.DownloadError)
    assert not scripted.seen


def test_a_warning_points_at_the_call(scripted: Scripted) -> None:
    """The line that is shown is the analyst's own, and none inside this package."""
    scripted.answers = pages_of(PEOPLE)
    with pytest.warns(ct.ClevertapWarning) as caught:
        read(scripted, columns=["identity", "gone"])
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("work", ["read", "verify", "checkpoint", "lookup", "download", "verified download"])
def test_a_warning_made_an_error_loses_nothing(work: str, scripted: Scripted, tmp_path: Path) -> None:
    """It is raised as it is; once it is no error, what came is returned without a request."""
    happened = [{"ts": 20251005101010, "profile": person(number)} for number in range(3)]
    answer, who = pages_of(happened), {"account": scripted.account(), "progress": False}
    counted = Answer({"status": "success", "count": 9})
    scripted.answers = lambda seen: counted if "/counts/" in seen.target else answer(seen)
    event = ("Charged", *DAYS)
    works: dict[str, Callable[[], Any]] = {
        "read": lambda: ct.read_clevertap_events(*event, rows="event", **who),
        "verify": lambda: ct.read_clevertap_events(*event, verify=True, **who),
        "checkpoint": lambda: ct.read_clevertap_events(*event, rows="event", checkpoint=tmp_path, **who),
        "lookup": lambda: ct.read_profile(identity=["a", "b", "c"], **who),
        "download": lambda: ct.download_clevertap_events(*event, rows="event", directory=tmp_path, **who),
        "verified download": lambda: ct.download_clevertap_events(
            *event, verify=True, directory=tmp_path, **who
        ),
    }
    if work == "lookup":
        found = {"identity": "a", "events": {"A": {"count": 1, "first_seen": 20251005101010}}}
        scripted.answers = lambda _: Answer({"status": "success", "record": found})
    with warnings.catch_warnings(action="error"), pytest.raises(ct.ClevertapWarning) as raised:
        works[work]()
    asked = len(scripted.seen)
    assert "ct.resume()" in raised.value.__notes__[0]
    stopped = ct.last_interruption()
    assert isinstance(stopped, ct.DownloadError)
    assert str(raised.value) in str(stopped)
    with warnings.catch_warnings(action="ignore"):
        assert len(stopped.partial) == 3
        assert len(ct.resume()) == 3
    assert len(scripted.seen) == asked
    assert ct.last_interruption() is None


@pytest.mark.parametrize(
    "options", [{"dtype_backend": "polars"}, {"progress": "bar"}, {"event_summary": "no"}]
)
def test_bad_arguments_cost_no_lookup(scripted: Scripted, options: dict[str, Any]) -> None:
    """A profile is not asked for before every argument is known to be good."""
    with pytest.raises(ct.ClevertapError, match=r"polars|tqdm|event_summary='no'"):
        ct.read_profile(identity="a", account=scripted.account(), **{"progress": False} | options)
    assert not scripted.seen


def test_without_an_account_every_way_to_connect_is_named() -> None:
    """The first error that a newcomer sees tells them how to go on."""
    with pytest.raises(ct.CredentialsError) as caught:
        ct.read_clevertap_events("Charged", *DAYS)
    for way in ("ct.connect(", "CLEVERTAP_ACCOUNT_ID", "account=", "connect_sandbox"):
        assert way in str(caught.value)


def test_verify_compares_and_checks_again(scripted: Scripted) -> None:
    """verify=True tells a gap from a match, and rows that do not meet the query's own filters."""
    scripted.answers = pages_of(PEOPLE)
    df = read(scripted, verify=True, where=("profileData.n", ">=", 0))
    assert df.attrs["clevertap"]["expected"] == 9
    scripted.answers = pages_of(PEOPLE, faults={"counts": [Answer({"status": "success", "count": 12})]})
    with pytest.warns(ct.IncompleteDownloadWarning, match="3 fewer"):
        read(scripted, verify=True)
    scripted.answers = pages_of(PEOPLE)
    with pytest.warns(ct.FilterWarning, match="5 of 9 rows"):
        read(scripted, verify=True, where=("profileData.n", ">", 4))


def test_verify_says_which_filters_it_cannot_check(scripted: Scripted) -> None:
    """Columns that were not asked for show nothing of a filter that the server may have ignored."""
    where = ("profileData.n", ">", 4)
    scripted.answers = pages_of(PEOPLE)
    with pytest.warns(ct.ClevertapWarning, match="n is greater than 4 could not be checked: columns="):
        read(scripted, verify=True, where=where, columns=["identity"])
    scripted.answers = pages_of(PEOPLE)
    with pytest.warns(ct.FilterWarning, match="5 of 9 rows"):
        read(scripted, verify=True, where=where, columns=["identity", "profileData.*"])


def test_counts_are_polled_while_partial(scripted: Scripted) -> None:
    """A count that is not ready is asked for again by its req_id."""
    scripted.answers = [
        {"status": "partial", "req_id": 384649162721759},
        {"status": "Partial", "req_id": 384649162721759, "count": 5},
        {"status": "success", "count": 7138},
    ]
    assert ct.count_profiles("Charged", *DAYS, account=scripted.account()) == 7138
    assert scripted.seen[1].target == "/1/counts/profiles.json?req_id=384649162721759"


def test_slices_cover_every_day_once(scripted: Scripted) -> None:
    """parallel= cuts the days; every day is in exactly one slice, and nobody is lost or doubled."""
    asked: list[tuple[int, int]] = []

    def answer(seen: Seen) -> Any:
        if seen.method == "POST":
            asked.append((seen.json["from"], seen.json["to"]))
            return {"status": "success", "cursor": f"c{seen.json['from']}"}
        return {"status": "success", "records": [{"identity": seen.target[-8:]}, person(0)]}

    scripted.answers = answer
    df = read(scripted, parallel=3)
    assert sorted(asked) == [(20251001, 20251010), (20251011, 20251020), (20251021, 20251031)]
    assert df["identity"].tolist() == ["20251001", "20251011", "20251021", "id0"]
    assert scripted.most_in_flight <= 3


@pytest.mark.parametrize(
    "unknown",
    [
        Answer({"status": "success", "record": None}),
        Answer({"status": "success"}),
        Answer({"status": "success", "record": {}}),
        Answer({"status": "fail", "error": "Profile not found"}),
        Answer({"status": "fail", "error": "no such profile", "code": 400}, 400),
        Answer(b"", 400),
        Answer(b"", 404),
    ],
    ids=["null", "absent", "empty", "fail", "400", "bare 400", "404"],
)
def test_unknown_people_are_absent_with_a_warning(scripted: Scripted, unknown: Answer) -> None:
    """Seven answers all mean that nobody has this id; the warning gives positions, not ids."""

    def answer(seen: Seen) -> Any:
        found = {"status": "success", "record": {"identity": "a", "email": "a@example.com"}}
        return found if seen.target.endswith("=a") else unknown

    scripted.answers = answer
    with pytest.warns(ct.ProfileNotFoundWarning, match=r"1 of 2 ids .* first positions: 1") as caught:
        df = ct.read_profile(identity=["a", "gone"], account=scripted.account(), progress=False)
    assert df.index.tolist() == ["a"]
    assert "gone" not in str(caught[0].message)


@pytest.mark.parametrize("status", [200, 400])
def test_a_query_refused_for_its_usage_has_no_cursor_to_lose(scripted: Scripted, status: int) -> None:
    """Where no cursor was given yet, none is said to be lost, which a resume would mend."""
    scripted.answers = [Answer({"status": "fail", "error": "Incorrect Usage", "code": 3}, status)]
    with pytest.raises(ct.DownloadError, match=r"answered the query .* 'Incorrect Usage'") as caught:
        read(scripted)
    assert not isinstance(caught.value, ct.CursorError)


@pytest.mark.parametrize(
    "known",
    [
        {"status": "fail", "error": "Failed to process request", "code": 400},
        {"status": "fail", "error": "Incorrect Usage", "code": 3},
    ],
)
def test_a_known_failure_is_not_an_unknown_person(scripted: Scripted, known: dict[str, Any]) -> None:
    """A usage error must not look like an empty answer."""
    scripted.answers = lambda _: Answer(known, 400)
    with pytest.raises(ct.DownloadError):
        ct.read_profile(identity="a", account=scripted.account(), progress=False)


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "success", "record": "somebody"},
        {"status": "success", "record": [{"identity": "a"}]},
        {"status": "partial", "req_id": 5},
    ],
)
def test_an_answer_that_is_none_is_not_an_unknown_person(scripted: Scripted, odd: dict[str, Any]) -> None:
    """Only an answer that says so means that nobody has an id."""
    scripted.answers = lambda seen: (
        {"status": "success", "record": {"identity": "a"}} if seen.target.endswith("=a") else odd
    )
    with pytest.raises(ct.DownloadError) as caught:
        ct.read_profile(identity=["a", "b"], account=scripted.account(max_wait=0.5), progress=False)
    scripted.answers = lambda _: {"status": "success", "record": {"identity": "x"}}
    assert len(caught.value.resume()) == 2


def test_profiles_keep_the_callers_values_and_order(scripted: Scripted) -> None:
    """The index holds what was asked for, each once; missing values are skipped, ids percent-encoded."""
    scripted.answers = lambda seen: {
        "status": "success",
        "record": {"identity": urllib.parse.unquote(seen.target.partition("=")[2])},
    }
    asked = [7, "+91 1", None, float("nan"), pd.NA, 7.0, "a@example.com"]
    df = ct.read_profile(identity=asked, account=scripted.account(), progress=False)
    assert df.index.name == "requested"
    assert df.index.tolist() == [7, "+91 1", "a@example.com"]
    assert df["identity"].tolist() == ["7", "+91 1", "a@example.com"]
    assert {seen.target.partition("=")[2] for seen in scripted.seen} == {"7", "%2B91%201", "a%40example.com"}


def test_an_id_that_reads_like_a_missing_value_is_an_id(scripted: Scripted) -> None:
    """Text is text: "NaT" and "<NA>" are asked for like any other id."""
    scripted.answers = lambda seen: {
        "status": "success",
        "record": {"identity": urllib.parse.unquote(seen.target.partition("=")[2])},
    }
    asked = ["NaT", "<NA>", "nan", "None"]
    df = ct.read_profile(identity=asked, account=scripted.account(), progress=False)
    assert df["identity"].tolist() == asked


def test_positions_are_those_of_what_was_given(scripted: Scripted) -> None:
    """Missing values and repeats are skipped, and the positions still find the ids that do not exist."""
    scripted.answers = lambda seen: {
        "status": "success",
        "record": {"identity": "a"} if seen.target.endswith("=a") else None,
    }
    asked = pd.Series(["a", None, "a", "gone", "gone", "lost"])
    with pytest.warns(ct.ProfileNotFoundWarning, match=r"2 of 3 ids .* first positions: 3, 5\."):
        ct.read_profile(identity=asked, account=scripted.account(), progress=False)


@pytest.mark.parametrize("dtype", ["str", "string", "object", "category", pd.ArrowDtype(pa.string())])
def test_the_index_has_the_type_of_what_was_given(scripted: Scripted, dtype: Any) -> None:
    """So that a merge on it leaves the caller's column as it was."""
    scripted.answers = lambda _: {"status": "success", "record": {"identity": "a"}}
    df = pd.DataFrame({"who": pd.Series(["a", "b", None], dtype=dtype)})
    found = ct.read_profile(identity=df["who"], account=scripted.account(), progress=False)
    assert found.index.dtype == df["who"].dtype
    assert df.merge(found, left_on="who", right_index=True, how="left")["who"].dtype == df["who"].dtype


def test_an_id_that_has_no_address_is_refused(scripted: Scripted) -> None:
    """Text that no URL can hold is told before any request, not taken for a fault of the server."""
    with pytest.raises(ct.QueryError, match="not valid Unicode"):
        ct.read_profile(identity=["a", "\ud83d"], account=scripted.account(), progress=False)
    assert not scripted.seen


def test_an_id_that_lost_its_digits_is_not_looked_up(scripted: Scripted) -> None:
    """Gaps turn whole numbers into floats, and a long one into a neighbour: it may be somebody else."""
    asked = pd.Series([123456789012345678, None])
    with pytest.raises(ct.QueryError, match=r"identity=.*lost digits as a float.*dtype"):
        ct.read_profile(identity=asked, account=scripted.account(), progress=False)
    assert not scripted.seen


@pytest.mark.parametrize("given", [np.array("a"), np.str_("a"), np.array(["a"])])
def test_one_id_however_numpy_holds_it(scripted: Scripted, given: Any) -> None:
    """A scalar that NumPy wrapped is one id."""
    scripted.answers = lambda _: {"status": "success", "record": {"identity": "a"}}
    assert ct.read_profile(identity=given, account=scripted.account(), progress=False).index.tolist() == ["a"]


def test_an_id_may_be_a_constant(scripted: Scripted) -> None:
    """A member of an enumeration asks for the text or number that it stands for, not for its name."""
    scripted.answers = lambda seen: {"status": "success", "record": {"identity": seen.target[-1]}}
    text, number = enum.Enum("Text", {"A": "a"}, type=str), enum.Enum("Number", {"B": 2}, type=int)
    found = ct.read_profile(identity=[text.A, number.B], account=scripted.account(), progress=False)
    assert found["identity"].tolist() == ["a", "2"]


def test_a_span_of_time_is_no_id(scripted: Scripted) -> None:
    """NumPy unwraps one to a bare number, which would be somebody else's id."""
    with pytest.raises(ct.QueryError, match="not timedelta64"):
        ct.read_profile(identity=np.array([7], "m8[ns]"), account=scripted.account(), progress=False)


@pytest.mark.parametrize("given", [pa.array(["a", None]), pa.chunked_array([["a"], ["a"]])])
def test_ids_may_stand_in_an_arrow_column(scripted: Scripted, given: Any) -> None:
    """A column of Arrow is an iterable of ids like any other; the index holds plain text."""
    scripted.answers = lambda _: {"status": "success", "record": {"identity": "a"}}
    found = ct.read_profile(identity=given, account=scripted.account(), progress=False)
    assert found.index.tolist() == ["a"]


@pytest.mark.parametrize("given", [np.array([["1", "2"]]), [np.array(["1"])], [pd.Series(["1"])]])
def test_arrays_among_ids_are_no_ids(scripted: Scripted, given: Any) -> None:
    """What holds arrays rather than ids is told before any request, in this package's own words."""
    with pytest.raises(ct.QueryError, match="identity= takes text or whole numbers, not"):
        ct.read_profile(identity=given, account=scripted.account(), progress=False)
    assert not scripted.seen


def test_a_frame_is_no_column_of_ids(scripted: Scripted) -> None:
    """Iterating over a frame gives the names of its columns, which are nobody's ids."""
    with pytest.raises(ct.QueryError, match=r"identity=df\['identity'\]"):
        ct.read_profile(identity=pd.DataFrame({"identity": ["a"]}), account=scripted.account())
    assert not scripted.seen


@pytest.mark.parametrize("code", [1, 2, 3, 400, 404])
def test_of_an_unknown_person_the_words_count(scripted: Scripted, code: int) -> None:
    """Codes are reused: one that elsewhere means "wait" does not, beside words that say something else."""
    scripted.answers = [{"status": "fail", "error": "User not found", "code": code}]
    with pytest.warns(ct.ProfileNotFoundWarning, match="^1 of 1 id does not exist in this account; "):
        assert ct.read_profile(identity="x", account=scripted.account(), progress=False).empty


def test_a_failure_that_is_no_unknown_person_keeps_its_words(scripted: Scripted) -> None:
    """A wrong region was once answered so: the words, the code and what to check stand in the error."""
    scripted.answers = [Answer({"status": "fail", "error": "Failed to process request", "code": 400}, 400)]
    with pytest.raises(ct.DownloadError, match="'Failed to process request'") as caught:
        ct.read_profile(identity="x", account=scripted.account(), progress=False)
    assert "check region=" in str(caught.value)
    assert (caught.value.status, caught.value.code) == (400, 400)


def test_a_profile_has_no_cursor_to_lose(scripted: Scripted) -> None:
    """A request that was used wrongly is told as what it is."""
    for status in (200, 400):
        scripted.answers = [Answer({"status": "fail", "error": "Incorrect Usage", "code": 3}, status)]
        with pytest.raises(ct.DownloadError, match="Incorrect Usage") as caught:
            ct.read_profile(identity="x", account=scripted.account(), progress=False)
        assert not isinstance(caught.value, ct.CursorError)


@pytest.mark.parametrize("error", [UnicodeEncodeError("cp437", "–", 0, 1, "no"), BrokenPipeError(32, "pipe")])
def test_a_line_that_cannot_be_shown_ends_nothing(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """What was downloaded is there, whatever the stream that it is told on can take."""
    told: list[str] = []

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            if "–" in text or isinstance(error, OSError):
                raise error
            told.append(text)
            return len(text)

    monkeypatch.setattr(sys, "stdout", Stream())
    scripted.answers = pages_of(PEOPLE)
    assert len(read(scripted, progress=True)) == 9
    assert isinstance(error, OSError) or "1-31 Oct 2025" in "".join(told)


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "of another encoding"])
def test_a_bar_that_its_stream_does_not_take_ends_nothing(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, *, closed: bool
) -> None:
    """Nobody asked for an end: the bar is ours, and the stream another's, such as a log file."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    if closed:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    scripted.answers = pages_of(PEOPLE)
    assert len(read(scripted, progress=True)) == 9


def test_a_bar_of_ours_that_fails_ends_nothing(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tqdm's do with TQDM_ASCII=1, or with widgets of another version: nobody asked for an end."""

    class Failing(tqdm.tqdm):  # type: ignore[type-arg]
        def update(self, n: float | None = 1) -> bool | None:
            return n / 0  # type: ignore[operator]

    monkeypatch.setattr(tqdm.auto, "tqdm", Failing)
    scripted.answers = pages_of(PEOPLE)
    assert len(read(scripted, progress=True)) == 9
    with pytest.raises(ct.DownloadInterrupted):
        read(scripted, progress=Failing)


def test_without_a_stream_of_errors_there_is_no_bar(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a program without a console."""
    monkeypatch.setattr(sys, "stderr", None)
    scripted.answers = pages_of(PEOPLE)
    assert len(read(scripted, progress=True)) == 9


def test_profiles_merge_back(scripted: Scripted) -> None:
    """The documented merge works, ids that do not exist included."""

    def answer(seen: Seen) -> Any:
        email = urllib.parse.unquote(seen.target.partition("=")[2])
        return {"status": "success", "record": {"email": email} if email != "x" else None}

    scripted.answers = answer
    df = pd.DataFrame({"email": ["a@example.com", "x", "b@example.com"], "n": [1, 2, 3]})
    with pytest.warns(ct.ProfileNotFoundWarning):
        found = ct.read_profile(email=df["email"], account=scripted.account(), progress=False)
    merged = df.merge(found, left_on="email", right_index=True, how="left", suffixes=("", "_ct"))
    assert merged["email_ct"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("keys", [{}, {"email": "a", "identity": "b"}])
def test_exactly_one_key(keys: dict[str, str]) -> None:
    """Two keys or none is an error before any request."""
    with pytest.raises(ct.QueryError, match="exactly one"):
        ct.read_profile(**keys)


def test_the_closing_line_certifies(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says the rows, the pages, and that the end of the walk was reached."""
    scripted.answers = pages_of(PEOPLE)
    read(scripted, progress=True)
    line = "9 people who did Charged, 1–31 Oct 2025 · 5 pages · complete: CleverTap sent its last page"
    assert line in capsys.readouterr().out


@pytest.mark.parametrize(("last", "told"), [("9990-10-31", True), ("2020-10-31", False)])
def test_days_that_are_not_over_are_told(
    scripted: Scripted, capsys: pytest.CaptureFixture[str], last: str, told: bool
) -> None:
    """Complete is what has arrived so far: today is always short, and next month is empty."""
    scripted.answers = pages_of(PEOPLE)
    account = scripted.account()
    ct.read_clevertap_events("Charged", "2020-10-01", last, account=account, progress=True)
    assert capsys.readouterr().out.endswith(" · the last day was not over\n") == told


@pytest.mark.parametrize(("rows", "said"), [("profile", "1 person who did"), ("event", "1 occurrence of")])
def test_the_closing_line_of_one_row(
    scripted: Scripted, capsys: pytest.CaptureFixture[str], rows: str, said: str
) -> None:
    """One is not many."""
    scripted.answers = pages_of(PEOPLE)
    read(scripted, rows=rows, max_rows=1, progress=True)
    assert said in capsys.readouterr().out


def test_the_bar_counts_the_rows_and_is_closed(scripted: Scripted) -> None:
    """Every row once, though a request was repeated."""
    scripted.answers = pages_of(PEOPLE[:2], faults={"profiles.json?batch": [Answer(b"", 503)]})
    bar = Bar()
    read(scripted, progress=bar)
    assert (bar.n, bar.closed) == (2, True)


@pytest.mark.parametrize("kept_on_disk", [False, True])
def test_the_bar_of_a_resumed_read_starts_where_it_stopped(tmp_path: Path, kept_on_disk: bool) -> None:
    """Rows that came before the stop are counted, so that a whole read ends with a full bar."""
    bar = once_at(1, interrupt)
    with ct.Sandbox(users=100, in_progress=0) as sandbox:
        options: Any = {"batch_size": 23, "progress": bar, "account": sandbox.account}
        checkpoint = tmp_path / "pages" if kept_on_disk else None
        with pytest.raises(ct.DownloadInterrupted) as stopped:
            ct.read_clevertap_events("App Launched", *DAYS, rows="event", checkpoint=checkpoint, **options)
        whole = stopped.value.resume()
    assert bar.n == bar.total == len(whole)


def test_an_event_that_is_not_exported_has_another_way() -> None:
    """CleverTap's words say only no; the event summary has what can be had."""
    with ct.Sandbox(users=200) as sandbox:
        options: Any = {"progress": False, "account": sandbox.account}
        with pytest.raises(ct.QueryError, match=r"not allowed.*event_summary=True"):
            ct.read_clevertap_events("Notification Sent", *DAYS, rows="event", **options)
        people = ct.read_clevertap_events("Charged", *DAYS, event_summary=True, **options)
    assert people["events.Notification Sent.count"].sum() > 0


def test_a_misspelt_event_is_told_its_neighbour() -> None:
    """Names are exact; the project's own list says which one was perhaps meant."""
    with ct.Sandbox(users=50) as sandbox:
        options = {"account": sandbox.account}
        with pytest.raises(ct.QueryError, match="Did you mean 'Charged'") as caught:
            ct.read_clevertap_events("charged", *DAYS, progress=False, **options)
        assert caught.value.__suppress_context__  # told once, not again as an error within an error
        with pytest.raises(ct.QueryError, match="Did you mean 'Charged'"):
            ct.count_profiles("Chraged", *DAYS, **options)
