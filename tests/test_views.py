"""Rules of the views of a frame that was read: nothing left out, nobody missing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from frames import frame_of

import ct_pandas as ct


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Give everybody who opened the app of a small sandbox."""
    with ct.Sandbox(users=400, seed=3) as sandbox:
        return ct.read_clevertap_events(
            "App Launched",
            "2025-07-01",
            "2025-12-31",
            event_summary=True,
            account=sandbox.account,
            progress=False,
        )


def test_attributes_lose_their_prefix(people: pd.DataFrame) -> None:
    """The view holds the attributes alone, under bare names, row by row."""
    view = people.clevertap.profile
    assert view.index.equals(people.index)
    assert list(view) == [name.removeprefix("profileData.") for name in people if "profileData." in name]
    pd.testing.assert_series_equal(view["Plan"], people["profileData.Plan"], check_names=False)


def test_nobody_is_missing_and_each_person_is_one(people: pd.DataFrame) -> None:
    """Every row has a key; in a frame of people every key is another."""
    person = people.clevertap.person
    assert person.notna().all()
    assert person.is_unique
    known = people["identity"].notna()
    assert (person[known] == people.loc[known, "identity"]).all()


def test_every_device_is_a_row(people: pd.DataFrame) -> None:
    """The first of each platform and all further ones, each with its id, under its person's label."""
    devices = people.clevertap.devices
    first = people.filter(regex=r"^platformInfo\..*\.objectId$").notna().sum().sum()
    further = people["platformInfo.more"].dropna().map(len).sum()
    assert len(devices) == first + further
    assert set(devices["person"]) <= set(people.clevertap.person)
    assert set(devices.index) <= set(people.index)


def test_the_summary_is_long(people: pd.DataFrame) -> None:
    """One row per person and event; the counts add up to those of the wide columns."""
    summary = people.clevertap.event_summary
    assert list(summary) == ["person", "event", "count", "first_seen", "last_seen"]
    assert not summary.duplicated(["person", "event"]).any()
    assert summary["count"].sum() == people.filter(regex=r"^events\..*\.count$").sum().sum()
    assert summary.index.is_monotonic_increasing


def test_an_event_without_a_name_is_in_the_summary() -> None:
    """It is a row as its columns are columns; ``events.count`` is no event's count."""
    frame = pd.DataFrame(
        {"identity": ["a"], "events..count": [3], "events.Paid.count": [1], "events.count": [9]}
    )
    found = frame.clevertap.event_summary
    assert found.set_index("event")["count"].to_dict() == {"": 3, "Paid": 1}


def test_views_of_an_empty_frame_have_their_columns(people: pd.DataFrame) -> None:
    """Nobody is no error."""
    nobody = people.iloc[:0]
    assert list(nobody.clevertap.event_summary) == ["person", "event", "count", "first_seen", "last_seen"]
    assert list(nobody.clevertap.devices)[:3] == ["person", "platform", "objectId"]
    assert nobody.clevertap.person.empty


@pytest.mark.parametrize("has_notes", [True, False])
def test_a_column_of_ones_own_is_no_device(people: pd.DataFrame, has_notes: bool) -> None:
    """Only events bring the fields of a device flat: people with a ``model`` added have no more devices."""
    scored = people.assign(model="churn-2", location="Oslo")
    if not has_notes:
        scored.attrs = {}  # as merge and concat leave them
    assert len(scored.clevertap.devices) == len(people.clevertap.devices)
    assert "churn-2" not in set(scored.clevertap.devices["model"])


def test_events_beside_what_is_known_of_their_people_keep_their_devices() -> None:
    """A join leaves no notes, and without the times it is their properties that tell events from people."""
    joined = pd.DataFrame(
        {"identity": ["a"], "model": ["X1"], "event_props.Amount": [3], "platformInfo.iOS.model": ["Y2"]}
    )
    assert joined.clevertap.devices["model"].tolist() == ["Y2", "X1"]


def test_events_show_their_device(people: pd.DataFrame) -> None:
    """An event brings the one device it came from, flat."""
    events = pd.DataFrame({"identity": ["a", "a"], "objectId": ["__1", "w"], "platform": ["Android", "Web"]})
    devices = events.clevertap.devices
    assert devices["platform"].tolist() == ["Android", "Web"]
    assert devices["objectId"].tolist() == ["__1", "w"]


def test_a_row_without_ids_is_known_by_its_devices_else_by_itself() -> None:
    """The key is the set of device ids, whatever their order, else all that the row holds."""
    frame = pd.DataFrame(
        {
            "identity": pd.Series([None, None, None, None], dtype="str"),
            "platformInfo.Web.objectId": ["w", "x", None, None],
            "platformInfo.more": [[{"objectId": "x"}], [{"objectId": "w"}], None, None],
            "name": ["A", "B", "C", "D"],
        }
    )
    keys = frame.clevertap.person.tolist()
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    "ids",
    [
        pd.Series([7.0, None]),
        pd.Series([7.0, None], dtype="Float64"),
        pd.Series([7.0, None], dtype="category"),
        pd.Series([7, None], dtype="object"),
        pd.Series([7.0, None], dtype="object"),
        pd.Series(["7", None]),
    ],
    ids=lambda ids: str(ids.dtype),
)
def test_numbers_as_ids_are_the_ids_that_are_sent(ids: pd.Series) -> None:
    """A gap makes floats of whole numbers; whoever they are does not change by that."""
    frame = pd.DataFrame({"identity": ids, "objectId": ["x", "y"], "profileData.a": [1, 2]})
    assert frame.clevertap.person.tolist() == ["7", "y"]
    records = frame.clevertap.preview(columns="all").records
    assert [one.get("identity", one.get("objectId")) for one in records] == ["7", "y"]


def test_ids_in_the_index_are_ids() -> None:
    """As for an upload: two rows of one person are one person's."""
    frame = pd.DataFrame(
        {
            "identity": ["a", "a", None, None],
            "objectId": ["x", "y", "z", "z"],
            "n": range(4),
            "platformInfo.iOS.objectId": ["1", None, None, None],
        }
    )
    for levels in (["identity"], ["objectId"], ["identity", "objectId"], ["n", "identity"]):
        assert frame.set_index(levels).clevertap.person.tolist() == ["a", "a", "z", "z"]
    assert frame.set_index("identity").clevertap.devices["person"].tolist()[0] == "a"
    frame.attrs = {"clevertap": {"kind": "people"}}
    assert frame.drop(columns="objectId").set_index("identity").clevertap.person.tolist()[:2] == ["a", "a"]


@pytest.mark.parametrize("name", ["identity", "objectId"])
def test_two_columns_of_one_id_are_named(name: str) -> None:
    """As ``pd.concat(..., axis=1)`` makes them: nothing tells which of the two it is."""
    frame = pd.DataFrame([["a", "b", 1]], columns=[name, name, "x"])
    for view in ("person", "devices", "event_summary"):
        with pytest.raises(ct.ValidationError, match=f"Several columns are named '{name}'"):
            getattr(frame.clevertap, view)


def test_nobody_is_given_a_device_of_somebody_else() -> None:
    """A device of which only the platform is known is a row of its own person alone."""
    frame = pd.DataFrame(
        {
            "identity": ["a", "b", "c"],
            "platformInfo.Web.model": ["m", None, None],
            "platformInfo.Web.platform": [None, "Web", None],
        }
    )
    devices = frame.clevertap.devices
    assert devices["person"].tolist() == ["a", "b"]
    assert devices["platform"].tolist() == ["Web", "Web"]


def test_names_of_platforms_and_fields_may_hold_dots() -> None:
    """A field with a dot stays with its device: no second device is made of it."""
    frame = pd.DataFrame(
        {
            "identity": ["a"],
            "platformInfo.iOS.model": ["m"],
            "platformInfo.iOS.a.b": ["x"],
            "platformInfo.Fire.OS.make": ["n"],
        }
    )
    devices = frame.clevertap.devices
    assert devices["platform"].tolist() == ["iOS", "Fire.OS"]
    assert devices["a.b"].tolist()[0] == "x"


def test_further_devices_keep_their_numbers() -> None:
    """A whole number is not rounded because another device lacks the field."""
    frame = pd.DataFrame({"identity": ["a"], "platformInfo.more": [[{"ls": 2**53 + 1}, {"make": "m"}]]})
    assert frame.clevertap.devices["ls"].tolist() == [2**53 + 1, pd.NA]


def test_text_that_is_no_unicode_is_shown() -> None:
    """Half a surrogate pair, which JSON can spell, stops no view."""
    half = "\ud83d"
    frame = pd.DataFrame(
        {
            "identity": pd.Series([half, "a", None], dtype=object),
            "platformInfo.more": [[{"make": half}], None, [{"objectId": half}]],
        }
    )
    assert frame.clevertap.person.is_unique
    assert frame.clevertap.devices["make"].tolist()[0] == half


def test_a_field_that_is_no_unicode_is_spelled() -> None:
    """A device's field named with half a surrogate pair stops no view; its name is that of the frame."""
    device = {"\ud83d": "x"}
    frame = frame_of([{"platformInfo": [device | {"platform": "iOS"}, device | {"platform": "iOS"}]}])
    assert frame.clevertap.devices[r"\ud83d"].tolist() == ["x", "x"]
    assert frame.clevertap.person.notna().all()
    assert frame.clevertap.event_summary.empty


@pytest.mark.parametrize("field", ["person", "_at"])
def test_a_field_of_a_device_may_have_any_name(field: str) -> None:
    """Names that the view itself uses, too, hide no field and are no error."""
    devices = [{"platform": "iOS", "objectId": "1", field: 7}, {"platform": "iOS", "objectId": "2", field: 8}]
    found = frame_of([{"identity": "a", "platformInfo": devices}]).clevertap.devices
    assert found["person"].tolist() == ["a", "a"]
    assert found[field if field == "_at" else "person (2)"].tolist() == [7, 8]


def test_many_rows_without_ids_are_told_apart() -> None:
    """Each row without identity and objectId has a key of its own, however many there are."""
    frame = pd.DataFrame({"identity": pd.Series([None] * 2000, dtype="str"), "name": map(str, range(2000))})
    assert frame.clevertap.person.is_unique


@pytest.mark.parametrize("backend", [{}, {"dtype_backend": "numpy_nullable"}, {"dtype_backend": "pyarrow"}])
def test_devices_have_types_under_every_backend(backend: dict[str, Any]) -> None:
    """Devices with columns of their own and further ones stand in one typed table."""
    devices = [{"platform": "iOS", "objectId": "1", "ls": 5}, {"platform": "iOS", "objectId": "2", "ls": 6}]
    frame = frame_of([{"identity": "a", "platformInfo": devices}], **backend)
    found = frame.clevertap.devices
    assert found["objectId"].tolist() == ["1", "2"]
    assert found["ls"].tolist() == [5, 6]
    assert found.dtypes.astype(str).isin(["str", "string", "Int64"]).all()


@pytest.mark.parametrize("backend", [{}, {"dtype_backend": "numpy_nullable"}, {"dtype_backend": "pyarrow"}])
def test_whole_numbers_of_devices_stay_whole(backend: dict[str, Any]) -> None:
    """One that no fraction can hold, beside a fraction, keeps every digit."""
    devices = [{"platform": "iOS", "ls": 2**53 + 1}, {"platform": "Web", "ls": 1.5}]
    frame = frame_of([{"identity": "1", "platformInfo": devices}], **backend)
    found = frame.clevertap.devices.set_index("platform")["ls"]
    assert (int(found["iOS"]), found["Web"]) == (2**53 + 1, 1.5)


@pytest.mark.parametrize("backend", [{}, {"dtype_backend": "numpy_nullable"}, {"dtype_backend": "pyarrow"}])
def test_whole_numbers_stay_whole_where_the_fractions_are_gone(backend: dict[str, Any]) -> None:
    """A column of fractions says so by its type, also in rows that have none of them."""
    people = [
        {
            "identity": "1",
            "platformInfo": [{"platform": "Web", "objectId": "w"}, {"platform": "iOS", "ls": 2**53 + 1}],
        },
        {"identity": "2", "platformInfo": [{"platform": "Web", "objectId": "v", "ls": 1.5}]},
    ]
    found = frame_of(people, **backend).iloc[:1].clevertap.devices.set_index("platform")["ls"]
    assert int(found["iOS"]) == 2**53 + 1


def test_devices_say_where_they_came_from(people: pd.DataFrame) -> None:
    """So that their tokens go to no other account unasked."""
    assert people.clevertap.devices.attrs == people.attrs


def test_people_read_without_their_ids_are_not_one() -> None:
    """Each stands once in a frame of people: alike in what was asked for, they are still several."""
    frame = frame_of(
        [{"identity": n, "profileData": {"plan": "g"}} for n in "abc"], columns=["profileData.plan"]
    )
    frame.attrs["clevertap"] = {"kind": "people"}
    assert frame.clevertap.person.is_unique
    frame = frame_of([{"identity": n, "profileData": {"plan": "g"}} for n in "aab"], dedupe=False)
    frame.attrs["clevertap"] = {"kind": "people"}
    assert frame.clevertap.person.tolist() == ["a", "a", "b"]
