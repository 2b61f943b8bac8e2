"""Pages → DataFrame: names, order, types, and each person once."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from frames import frame_of, pages_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.api.extensions import no_default

from ct_pandas._decode import decoder
from ct_pandas._decode.decoder import PageDecoder
from ct_pandas._frame.frame import build
from ct_pandas._frame.selection import Selection
from ct_pandas.errors import ClevertapError, ClevertapWarning

STANDARD = ["identity", "email", "phone", "name"]


TEXTS = ["007", "true", "2016-03-01", "NaN", "None", ""]


def column_of(*values: Any, **options: Any) -> pd.Series[Any]:
    """Build one attribute, with each value on a page of its own."""
    return frame_of(*([{"profileData": {"x": value}}] for value in values), dedupe=False, **options)[
        "profileData.x"
    ]


SEED_PAGE = {
    "status": "success", "previous_cursor": "Zi==", "next_cursor": "Zi%3D%3D",
    "records": [{
        "identity": "5555555555", "profileData": {"favoriteFood": "pizza"},
        "platformInfo": [
            {"platform": "iOS", "os_version": "10.2", "app_version": "6.1.3", "make": "Apple",
             "model": "iPhone7,2",
             "push_token": "95f98af6ad9a5e714a56c5bf527a78cb1e3eda18d2f23bc8591437d0d8ae71a3",
             "objectId": "-1a063854f83a4c6484285039ecff87cb"},
            {"platform": "Web", "objectId": "a8ffcbc9-a747-4ee3-a791-c5e58ad03097"}]}],
}  # fmt: skip
SEED_PERSON = {
    "status": "success",
    "record": {
        "email": "jack@gmail.com",
        "profileData": {"Last Score": 308, "High Score": 308, "Replayed": True},
        "events": {
            "App Launched": {"count": 10, "first_seen": 1457271567, "last_seen": 1458041215},
            "Charged": {"count": 6, "first_seen": 1457962417, "last_seen": 1458041276},
        },
        "platformInfo": SEED_PAGE["records"][0]["platformInfo"],
    },
}


def test_the_page_of_the_documentation() -> None:
    """The record that CleverTap's page shows, as a row (CleverTap, Get User Profiles API)."""
    page = PageDecoder("people").decode(json.dumps(SEED_PAGE).encode())
    frame = build([page], kind="people")
    assert page.next_cursor == "Zi%3D%3D"
    assert list(frame) == [
        *STANDARD, "profileData.favoriteFood", "platformInfo.Web.objectId", "platformInfo.iOS.app_version",
        "platformInfo.iOS.make", "platformInfo.iOS.model", "platformInfo.iOS.objectId",
        "platformInfo.iOS.os_version", "platformInfo.iOS.push_token",
    ]  # fmt: skip
    assert (frame.dtypes == "str").all()
    assert frame.loc[0, "platformInfo.iOS.os_version"] == "10.2"


def test_the_person_of_the_documentation() -> None:
    """The record of one person, with counts and times (CleverTap, Get User Profile by ID)."""
    row = frame_of([SEED_PERSON["record"]]).iloc[0]
    assert row["email"] == "jack@gmail.com"
    assert row["profileData.Replayed"] is np.True_ or row["profileData.Replayed"] is True
    assert (row["profileData.High Score"], row["events.Charged.count"]) == (308, 6)
    assert row["events.Charged.first_seen"] == pd.Timestamp("2016-03-14 13:33:37", tz="UTC")


def test_the_order_of_columns() -> None:
    """Standard columns, then the groups of the contract, names sorted within a group."""
    record = {
        "events": {"B": {"count": 1}, "A": {"last_seen": 1, "count": 2}},
        "platformInfo": [{"platform": "Web", "objectId": "1"}, {"objectId": "2"}],
        "profileData": {"z": 1, "a": 1, "email": "in the profile"},
        "zz": 1, "all_identities": ["a"], "objectId": "o", "name": "n", "phone": 1, "email": "e",
        "identity": "i",
    }  # fmt: skip
    assert list(frame_of([record])) == [
        *STANDARD, "objectId", "all_identities", "zz", "profileData.a", "profileData.email", "profileData.z",
        "platformInfo.Web.objectId", "platformInfo.more", "events.A.count", "events.A.last_seen",
        "events.B.count",
    ]  # fmt: skip


def test_the_order_of_an_event() -> None:
    """Time, person, other keys, the device's own fields, then the properties."""
    profile = {"platform": "Web", "os_version": "1", "df": {}, "objectId": "o", "profileData": {"a": 1}}
    record = {"session_props": {"b": 1}, "event_props": {"c": 1}, "profile": profile, "ts": 20250101000000}
    frame = frame_of([record], kind="events", timezone="UTC")
    assert list(frame) == [
        "ts", *STANDARD, "objectId", "df", "profileData.a", "os_version", "platform", "event_props.c",
        "session_props.b",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["people", "events"])
def test_no_match_is_an_empty_frame(kind: Any) -> None:
    """Nothing found is a frame with the standard columns and their types, with or without a page."""
    for pages in ([], [[]]):
        frame = frame_of(*pages, kind=kind, timezone="Asia/Kolkata")
        assert len(frame) == 0
        assert list(frame) == (["ts"] if kind == "events" else []) + STANDARD
        assert (frame[STANDARD].dtypes == "str").all()
        assert kind == "people" or frame["ts"].dtype == "datetime64[us, Asia/Kolkata]"


@pytest.mark.parametrize(
    ("values", "dtype", "told"),
    [
        ([1, None, 2], "Int64", [1, pd.NA, 2]),
        ([2**63 - 1, -(2**63)], "Int64", [2**63 - 1, -(2**63)]),
        ([True, None], "boolean", [True, pd.NA]),
        ([1, 2.5], "float64", [1.0, 2.5]),
        ([1.0, 2.0], "float64", [1.0, 2.0]),
        ([2**53, 0.5], "float64", [float(2**53), 0.5]),
        ([2**53 + 1, 0.5], object, [2**53 + 1, 0.5]),
        ([-(2**53), 0.5], "float64", [-float(2**53), 0.5]),
        ([-(2**53) - 1, 0.5], object, [-(2**53) - 1, 0.5]),
        ([2**63, 1], object, [2**63, 1]),
        ([1, 2.5, "a"], object, [1, 2.5, "a"]),
        ([1, True], object, [1, True]),
        (TEXTS, "str", TEXTS),
        ([["a", "b"], [], None], object, [["a", "b"], [], None]),
        ([{"b": None, "a": 1.0}], object, [{"b": None, "a": 1.0}]),
        (["$D_0", "$D_1615618122", "$D_-1"], "datetime64[us, UTC]", [0, 1615618122, -1]),
        (["$D_0", "$D_99999999999999"], "str", ["$D_0", "$D_99999999999999"]),
        (["$D_0", "$D_x"], "str", ["$D_0", "$D_x"]),
        (["$D_0", ""], "str", ["$D_0", ""]),
        (["$D_0", 1], object, ["$D_0", 1]),
        ([None, None], object, [None, None]),
        (["\x01", "a"], "str", ["\x01", "a"]),
        (["\ud800", "a"], object, ["\ud800", "a"]),
    ],
)  # fmt: skip
def test_types(values: list[Any], dtype: Any, told: list[Any]) -> None:
    """Types follow the values of all pages, exactly, in one page as in many; text is never guessed at."""
    together = frame_of([{"profileData": {"x": value}} for value in values], dedupe=False)["profileData.x"]
    for found in (column_of(*values), together):
        assert found.dtype == dtype
        if "datetime" in str(dtype):
            assert found.tolist() == [pd.Timestamp(at, unit="s", tz="UTC") for at in told]
        else:
            assert repr(found.tolist()) == repr(pd.Series(told, dtype=dtype).tolist())


@pytest.mark.parametrize(
    ("backend", "types"),
    [
        ("numpy_nullable", ["string", "Int64", "Float64", "boolean", "datetime64[us, UTC]", "object"]),
        (
            "pyarrow",
            ["string[pyarrow]", "int64[pyarrow]", "double[pyarrow]", "bool[pyarrow]",
             "timestamp[us, tz=UTC][pyarrow]", "object"],
        ),
    ],
)  # fmt: skip
def test_dtype_backend(backend: Any, types: list[str]) -> None:
    """The other backends of pandas are honoured; mixed columns, lists and objects stay objects."""
    values = {"a": "x", "b": 1, "c": 1.5, "d": True, "e": "$D_5", "f": ["x"]}
    frame = frame_of([{"profileData": values}, {}], dtype_backend=backend)
    assert [str(frame[f"profileData.{name}"].dtype) for name in values] == types
    assert frame.iloc[1].isna().all()


def test_an_unknown_backend_is_refused() -> None:
    """A dtype_backend that pandas has not is an error."""
    with pytest.raises(ValueError, match="numpy_nullable"):
        frame_of([], dtype_backend="polars")


def test_ids_are_text() -> None:
    """Ids and names are text whatever came; a phone number gets its plus sign back."""
    frame = frame_of(
        [{"identity": 5, "phone": 911, "email": True, "objectId": 1.5}],
        [{"identity": "007", "phone": "+49", "name": None}, {"phone": 1, "identity": 2**70}],
        [{"phone": 5e3, "identity": ["a"]}, {"phone": "12"}],
    )
    assert (frame[[*STANDARD, "objectId"]].dtypes == "str").all()
    assert frame["phone"].tolist() == ["+911", "+49", "+1", "+5000", "12"]
    assert frame["identity"].fillna("").tolist() == ["5", "007", str(2**70), '["a"]', ""]
    assert frame.loc[0, ["email", "objectId"]].tolist() == ["true", "1.5"]


def test_cells_can_be_changed() -> None:
    """The memory of a frame is its own: every column takes a new value."""
    values = {"a": 1, "b": 1.5, "c": True, "d": "x", "e": "$D_5"}
    frame = frame_of([{"profileData": values}, {"profileData": values}], dedupe=False)
    for name in values:
        frame.loc[1, f"profileData.{name}"] = frame.loc[0, f"profileData.{name}"]
        frame[f"profileData.{name}"].to_numpy()
    frame.loc[0, "profileData.b"] = 7.5
    frame.loc[0, "profileData.c"] = False
    assert frame.loc[0, ["profileData.b", "profileData.c"]].tolist() == [7.5, False]


def test_no_name_overwrites_another() -> None:
    """A name that two paths would share stays with the attribute; a key with a dot gets a number.

    An upload sends what stands in ``profileData.plan`` as the attribute plan.
    """
    record = {
        "profileData.plan": "top", "profileData": {"plan": "in", "plan (2)": "own"},
        "platformInfo": [{"platform": "a.b", "c": 1}, {"platform": "a", "b.c": 2}],
    }  # fmt: skip
    row = frame_of([record]).iloc[0]
    names = ["profileData.plan", "profileData.plan (2)", "profileData.plan (3)"]
    assert row[names].tolist() == ["in", "own", "top"]
    assert row[["platformInfo.a.b.c", "platformInfo.a.b.c (2)"]].tolist() == [2, 1]


def test_the_time_of_an_event_is_not_a_key_of_its_profile() -> None:
    """A profile that has a key ``ts`` keeps it, under another name."""
    record = {"ts": 20250101000000, "profile": {"ts": "mine", "identity": "1"}}
    row = frame_of([record], kind="events", timezone="UTC").iloc[0]
    assert (row["ts"], row["ts (2)"]) == (pd.Timestamp("2025-01-01", tz="UTC"), "mine")


def test_each_person_stands_once() -> None:
    """By identity, else objectId, else devices, else the record; the later copy stays, where it stands."""
    device = [{"platform": "Web", "objectId": "d"}]
    pages = [
        [
            {"identity": "1", "name": "old"},
            {"objectId": "1", "name": "o"},
            {"platformInfo": device, "name": "x"},
        ],
        [{"name": "bare"}, {"identity": 1, "name": "new"}, {"identity": "", "objectId": "1", "name": "p"}],
        [{"name": "bare"}, {"platformInfo": [{"objectId": "d"}], "name": "y"}, {"name": "other"}],
    ]
    assert frame_of(*pages)["name"].tolist() == ["new", "p", "bare", "y", "other"]


IDS = st.sampled_from(["a", "b", "c", "", 'a"', "a\\", "ä", "\u007f", "\ud83d", "\x01a", 1, None, "a"])
DEVICES = st.lists(
    st.fixed_dictionaries({"platform": st.sampled_from(["Web", "iOS", None])}, optional={"objectId": IDS}),
    max_size=3,
)


@settings(deadline=None, max_examples=200)
@given(st.lists(DEVICES, min_size=1, max_size=6))
def test_people_without_a_name_are_one_when_they_have_the_same_devices(people: list[Any]) -> None:
    """The set of the ids that are text, however many devices bear them; else the number of the record."""
    ids = [{device.get("objectId") for device in devices} for devices in people]
    texts = [frozenset(value for value in found if isinstance(value, str) and value) for found in ids]
    last = {found or number: number for number, found in enumerate(texts)}
    rows = [{"platformInfo": devices, "number": number} for number, devices in enumerate(people)]
    assert frame_of(rows)["number"].tolist() == sorted(last.values())
    assert frame_of(*([row] for row in rows))["number"].tolist() == sorted(last.values())


def test_lists_of_a_copy_that_does_not_stay_do_no_harm() -> None:
    """A page on which a column held lists, all of them in older copies, stands beside pages of text."""
    people = [{"identity": str(n), "profileData": {"a": ["x"]}} for n in range(4000)]
    newer = [{"identity": str(n), "profileData": {"a": "x"}} for n in range(4000)]
    assert frame_of(people, newer)["profileData.a"].dtype == "str"


def test_an_id_that_is_no_unicode_merges_nobody() -> None:
    """One odd id on a page changes the keys of nobody else: empty ids stay none, and copies are found."""
    odd = {"identity": "\ud83d"}
    people = [{"identity": "", "objectId": "1"}, {"identity": "", "objectId": "2"}, {"identity": "a"}]
    assert len(frame_of([odd, *people], [{"identity": "a"}, odd])) == 4


def test_text_that_starts_with_a_control_character_is_text() -> None:
    """Also where other platforms send numbers in the same field."""
    devices = [{"platform": "Web", "make": "\x01a"}, {"platform": "iOS", "make": 1}]
    page = [{"identity": str(n), "platformInfo": [devices[n % 2]]} for n in range(3000)]
    frame = frame_of(page, [{"identity": "x", "platformInfo": [{"platform": "iOS", "make": "a"}]}], page)
    assert frame["platformInfo.Web.make"].dtype == "str"
    assert frame["platformInfo.Web.make"].dropna().unique().tolist() == ["\x01a"]


def test_rows_beyond_those_wanted_leave_no_trace() -> None:
    """A row that came on the same page as the last one wanted gives the frame no column and no type."""
    records = [
        {"identity": "1", "profileData": {"n": 1}},
        {"identity": "2", "profileData": {"n": 2, "never": None}},
        {"identity": "3", "profileData": {"n": 2.5, "late": 1}},
    ]
    apart = frame_of(*[[record] for record in records], most=2)
    together = frame_of(records, most=2)
    assert list(together.filter(like="profileData")) == ["profileData.n"]
    assert together["profileData.n"].dtype == "Int64"
    pd.testing.assert_frame_equal(apart, together)
    assert "profileData.late" in frame_of(records, most=3)


def test_events_are_never_dropped() -> None:
    """Two occurrences that look alike are two rows."""
    record = {"ts": 20250101000000, "profile": {"identity": "1"}, "event_props": {"a": 1}}
    assert len(frame_of([record, record], [record], kind="events", timezone="UTC")) == 3


@pytest.mark.parametrize(
    ("kind", "absent", "hint"),
    [
        ("people", "plan", "'profileData.plan'."),
        ("events", "Amount", "'event_props.Amount' or 'profileData.Amount'."),
        ("events", "os_version", "all missing."),
        ("people", "objectId", "all missing."),
    ],
)
def test_a_bare_name_that_never_came_is_told_its_group(kind: Any, absent: str, hint: str) -> None:
    """A property of an event is no attribute, and a device's field or an id has no group."""
    with pytest.warns(ClevertapWarning, match=f"{re.escape(hint)}$"):
        frame_of([{}], kind=kind, columns=[absent])


def test_a_selection() -> None:
    """Only the named columns are there; one that never came is all missing, with one warning."""
    records = [
        {"identity": "1", "name": "n", "profileData": {"a": 1, "b": 2}},
        {"identity": "1", "name": "m"},
    ]
    with pytest.warns(ClevertapWarning, match="'profileData.z', 'events.A.count'") as caught:
        frame = frame_of(records, columns=["profileData.*", "identity", "profileData.z", "events.A.count"])
    assert len(caught) == 1
    assert list(frame) == ["identity", "profileData.a", "profileData.b", "profileData.z", "events.A.count"]
    assert frame["profileData.z"].isna().all()
    assert frame["events.A.count"].dtype == "Int64"
    assert list(frame_of(records, columns=["name"])["name"]) == ["m"]


def test_a_bare_name_is_told_its_group() -> None:
    """Whoever asks for an attribute by its bare name hears how columns are named."""
    with pytest.warns(ClevertapWarning, match="'profileData.plan'"):
        frame_of([{"identity": "1"}], columns=["identity", "plan"])


@pytest.mark.parametrize("columns", [5, ["identity", 5], [""]])
def test_a_selection_is_of_names(columns: Any) -> None:
    """Anything else is an error that says what names look like."""
    with pytest.raises(ClevertapError, match=r"names such as 'profileData\.plan'"):
        Selection.of(columns)


@pytest.mark.parametrize("small", [0, 10**9], ids=["arrow", "python"])
@pytest.mark.parametrize("most", [None, 2])
def test_columns_of_objects_can_be_made_once_more(
    small: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they were, whatever is done inside the cells of the frame; of the rows that stay, in their order."""
    monkeypatch.setattr(decoder, "_SMALL", small)
    rows = [("1", ["a"], 1), ("2", ["b", "c"], "x"), ("3", None, None), ("1", ["d"], 2.5)]
    people = [{"identity": who, "profileData": {"tags": tags, "odd": odd}} for who, tags, odd in rows]
    anew: dict[str, Any] = {}
    frame = build(pages_of(people[:2], people[2:]), kind="people", most=most, anew=anew)
    before = {name: copy.deepcopy(frame[name].tolist()) for name in frame if frame[name].dtype == object}
    assert set(anew) == set(before) >= {"profileData.tags"}
    frame["profileData.tags"].iloc[0].append("new")
    assert {name: list(make()) for name, make in anew.items()} == before


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow", no_default])
def test_small_pages_leave_no_crumbs(backend: Any) -> None:
    """Text from many small pages stands in one piece, whose rows are found at once."""
    frame = build(
        pages_of(*([{"identity": str(n)}] for n in range(50))), kind="people", dtype_backend=backend
    )
    assert pa.chunked_array(frame["identity"].array.__arrow_array__()).num_chunks == 1
    assert frame["identity"].tolist() == [str(n) for n in range(50)]
