"""Parquet files hold lists, objects and mixed types as JSON text: whoever opens them loses nothing by it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ct_pandas as ct
from ct_pandas._frame import stored
from ct_pandas.cohorts import adoption

from scripted import Scripted, Seen

PEOPLE = [
    {
        "identity": "a",
        "profileData": {"tags": ["tea", "home"], "odd": 7, "text": '["like a list"]', "note": "x"},
        "platformInfo": [
            {"platform": "iOS", "objectId": "-1"},
            {"platform": "iOS", "objectId": "-2", "model": "old"},
        ],
    },
    {"identity": "b", "profileData": {"tags": ["tea"], "odd": "7", "note": "y"}},
    {
        "objectId": "c",
        "profileData": {"odd": [1, None], "text": "plain"},
        "platformInfo": [{"objectId": "-3"}],
    },
]
LISTS = ["profileData.odd", "profileData.tags"]


@pytest.fixture
def account(scripted: Scripted) -> ct.Account:
    """Give the account of a server that has these people, and takes every upload."""

    def answer(seen: Seen) -> Any:
        if "upload" in seen.target:
            return {"status": "success", "processed": len(seen.json["d"]), "unprocessed": []}
        return {"status": "success", **({"cursor": "c"} if seen.method == "POST" else {"records": PEOPLE})}

    scripted.answers = answer
    return scripted.account()


@pytest.fixture
def opened(account: ct.Account, tmp_path: Path) -> pd.DataFrame:
    """Open a download as pandas does."""
    ct.download_clevertap_events("A", 20251001, 20251002, directory=tmp_path, account=account, progress=False)
    return pd.read_parquet(tmp_path)


def sent(scripted: Scripted) -> list[Any]:
    """Return the attributes that arrived."""
    return [one["profileData"] for one in scripted.seen[-1].json["d"]]


def test_an_upload_sends_the_values(
    opened: pd.DataFrame, account: ct.Account, scripted: Scripted, tmp_path: Path
) -> None:
    """Not their text: it is the upload of the frame that the reader gives. Text that looks alike stays."""
    assert opened["profileData.tags"].tolist()[0] == '["tea", "home"]'
    keywords: dict[str, Any] = {"columns": "all", "account": account, "progress": False}
    assert opened.clevertap.upload(**keywords).ok
    found = sent(scripted)
    assert found[0] == {"note": "x", "odd": 7, "tags": ["tea", "home"], "text": '["like a list"]'}
    assert [one["odd"] for one in found] == [7, "7", [1]]
    assert ct.open_download(tmp_path).to_frame().clevertap.upload(**keywords).ok
    assert sent(scripted) == found
    assert [one["identity" if "identity" in one else "objectId"] for one in scripted.seen[-1].json["d"]] == [
        "a",
        "b",
        "c",
    ]


@pytest.mark.parametrize(
    "dtype", ["category", "object", pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))]
)
def test_text_of_any_type_stands_for_its_values(
    opened: pd.DataFrame, account: ct.Account, dtype: Any
) -> None:
    """Whoever makes categories of texts has not read their values."""
    frame = opened.astype(dict.fromkeys(LISTS, dtype))
    assert frame.attrs
    found = [one["profileData"] for one in frame.clevertap.preview(9, columns=LISTS, account=account).records]
    assert [one.get("tags") for one in found] == [["tea", "home"], ["tea"], None]
    assert [one["odd"] for one in found] == [7, "7", [1]]


def test_only_what_changed_is_sent(opened: pd.DataFrame, account: ct.Account, tmp_path: Path) -> None:
    """Whichever of the two frames is the original, or opened from files."""
    whole = ct.open_download(tmp_path).to_frame()
    edited = opened.assign(**{"profileData.tags": opened["profileData.tags"].replace('["tea"]', '["milk"]')})
    for frame, original in (
        (edited, whole),
        (edited, opened),
        (pd.concat([edited] * 2), pd.concat([whole] * 2)),
    ):
        looked = frame.clevertap.preview(9, columns="changed", original=original, account=account)
        assert {json.dumps(one["profileData"]) for one in looked.records} == {'{"tags": ["milk"]}'}
    for same, original in (
        (opened, whole),
        (whole, opened),
        (pd.concat([opened] * 2), pd.concat([opened] * 2)),
    ):
        assert not same.clevertap.preview(9, columns="changed", original=original, account=account).records


def test_text_that_is_no_json_is_a_problem_of_its_cell(opened: pd.DataFrame, account: ct.Account) -> None:
    """What somebody typed into such a column is neither sent as it is nor dropped."""
    edited = opened.assign(**{"profileData.odd": ["7", "gold", None]})
    found = edited.clevertap.validate(columns=LISTS, account=account)
    assert found[["position", "column"]].to_numpy().tolist() == [[1, "profileData.odd"]]
    assert "not JSON" in found["reason"][0]


@pytest.mark.filterwarnings("ignore::ct_pandas.UploadWarning")
def test_values_in_mended_rows_leave_the_text_of_others_what_it_is(
    opened: pd.DataFrame, account: ct.Account, scripted: Scripted
) -> None:
    """A row that the mended one held back is sent with it: with its list, not with the text of one."""
    frame = opened.iloc[[0, 0]].set_axis([5, 6])
    frame["profileData.tags"] = ["tea", '["home"]']
    report = frame.clevertap.upload(columns=LISTS, account=account, progress=False, invalid="skip")
    assert report.rows["reason"].str.partition(":")[0].tolist() == ["invalid", "held back"]
    mended = report.failed.iloc[[0]].assign(**{"profileData.tags": pd.Series([["tea"]], [5])})
    assert report.retry(mended).ok
    assert [one["tags"] for one in sent(scripted)] == [["tea"], ["home"]]
    assert [one["odd"] for one in sent(scripted)] == [7, 7]
    assert report.failed["profileData.tags"].tolist() == ["tea", '["home"]']


@pytest.mark.filterwarnings("ignore:No row has a value")
def test_a_column_that_never_came_takes_any_text(account: ct.Account, tmp_path: Path) -> None:
    """There is no JSON text in it that another text could stand beside."""
    columns = ["identity", "objectId", "profileData.none"]
    options: dict[str, Any] = {"columns": columns, "account": account, "progress": False}
    whole = ct.download_clevertap_events("A", 20251001, 20251002, directory=tmp_path, **options).to_frame()
    for empty in (whole, pd.read_parquet(tmp_path)):
        assert empty["profileData.none"].isna().all()
        frame = empty.assign(**{"profileData.none": ["gold", "12", "null"]})
        records = frame.clevertap.preview(9, columns="all", account=account).records
        assert [one["profileData"]["none"] for one in records] == ["gold", "12", "null"]


def test_values_that_somebody_has_read_already_are_values(opened: pd.DataFrame, account: ct.Account) -> None:
    """A column that holds lists is no JSON text any more, nor is the text among them."""
    read = opened.assign(**{name: opened[name].map(json.loads, na_action="ignore") for name in LISTS})
    records = read.clevertap.preview(9, columns=LISTS, account=account).records
    assert [one["profileData"]["odd"] for one in records] == [7, "7", [1]]
    assert records[0]["profileData"]["tags"] == ["tea", "home"]


def test_times_of_several_forms_are_named_as_json_too(scripted: Scripted, tmp_path: Path) -> None:
    """Local times of an unknown zone beside seconds since 1970 are as mixed as any other values."""
    events = [{"identity": "a", "ts": ts} for ts in (20251001120000, 1_759_320_000)]
    scripted.answers = lambda seen: {"cursor": "c"} if seen.method == "POST" else {"records": events}
    with pytest.warns(ct.TimezoneWarning):
        download = ct.download_clevertap_events(
            "A",
            20251001,
            20251002,
            rows="event",
            directory=tmp_path,
            account=scripted.account(),
            progress=False,
        )
    opened = pd.read_parquet(tmp_path)
    assert opened.attrs["clevertap"]["json_columns"] == ["ts"]
    times = [time.isoformat() for time in download.to_frame()["ts"]]
    assert [json.loads(text) for text in opened["ts"]] == times


def test_a_frame_that_lost_its_notes_overwrites_no_list(opened: pd.DataFrame, account: ct.Account) -> None:
    """After a merge nobody can tell text from the text of lists; the notes of the frame before it do."""
    merged = opened.merge(pd.DataFrame({"identity": ["a", "b"], "crm": [1, 2]}), on="identity")
    assert not merged.attrs
    keywords: dict[str, Any] = {"account": account, "progress": False}
    for send in (merged.clevertap.upload, merged.clevertap.validate):
        with pytest.raises(ct.ValidationError, match=r"'profileData\.odd', 'profileData\.tags': .*JSON text"):
            send(columns=[*LISTS, "profileData.note"], **keywords)
    assert merged.clevertap.upload(columns=["profileData.note", "crm"], **keywords).ok
    merged.attrs = opened.attrs
    assert merged.clevertap.upload(columns=[*LISTS, "profileData.note"], **keywords).ok


def said_of_texts(frame: pd.DataFrame, account: ct.Account, columns: list[str]) -> list[str]:
    """Return the columns that an upload refuses or warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            frame.clevertap.upload(columns=columns, account=account, progress=False)
        except ct.ValidationError as refused:
            return [str(refused).partition(": this looks like the JSON text")[0]]
    said = [str(one.message).partition(": this looks like the JSON text") for one in caught]
    return [columns for columns, found, _ in said if found]


def test_a_name_or_a_value_of_ones_own_loses_the_notes_of_a_column(
    opened: pd.DataFrame, account: ct.Account
) -> None:
    """The notes are there, and do not fit any more: a bare name, or a list among texts."""
    bare = opened.rename(columns=lambda name: name.removeprefix("profileData."))
    assert said_of_texts(bare, account, ["tags", "note"]) == ["'tags'"]
    some = opened.astype({"profileData.tags": object})
    some["profileData.tags"] = pd.Series(['["tea", "home"]', ["milk"], None], some.index)
    assert said_of_texts(some, account, LISTS) == ["'profileData.tags'"]
    part = opened[["identity", "objectId", "profileData.tags", "profileData.text"]]
    read = part.assign(**{"profileData.tags": part["profileData.tags"].map(json.loads, na_action="ignore")})
    for frame in (opened, part, read, part.assign(mine="x")):
        assert not said_of_texts(frame, account, ["profileData.tags", "profileData.text"])


def test_a_frame_is_looked_at_as_a_whole(account: ct.Account) -> None:
    """Plain numbers may be the JSON text of numbers: what tells stands thousands of rows below."""
    frame = pd.DataFrame({"identity": [f"i{n}" for n in range(10_002)], "profileData.odd": "7"})
    assert not said_of_texts(frame, account, ["profileData.odd"])
    frame.loc[[10_001], "profileData.odd"] = '"7"'
    assert said_of_texts(frame, account, ["profileData.odd"]) == ["'profileData.odd'"]


def test_a_view_has_no_note_of_what_was_read() -> None:
    """Its values are none that a further look could read once more."""
    frame = pd.DataFrame({"identity": ["a"], "profileData.identity": ['"007"'], "profileData.email": ["x"]})
    frame.attrs = {"clevertap": {"kind": "people", "json_columns": ["profileData.identity"]}}
    view = frame.clevertap.profile
    assert view["profileData.identity"].tolist() == ["007"]
    assert stored.restored(view) is view


def test_views_are_those_of_the_reader(opened: pd.DataFrame, tmp_path: Path) -> None:
    """Devices beyond the first of a platform are text in the files, and devices all the same."""
    whole = ct.open_download(tmp_path).to_frame()
    for name in ("devices", "profile", "person", "event_summary"):
        found, wanted = getattr(opened.clevertap, name), getattr(whole.clevertap, name)
        assert found.equals(wanted), name
    assert len(opened.clevertap.devices) == 3
    assert adoption(opened, "model").counts.equals(adoption(whole, "model").counts)


def test_no_device_is_lost_with_the_notes(opened: pd.DataFrame, tmp_path: Path) -> None:
    """What stands in the column of the further devices is always a list."""
    whole = ct.open_download(tmp_path).to_frame()
    opened.attrs = {}
    assert opened.clevertap.devices["objectId"].tolist() == ["-1", "-2", "-3"]
    assert opened.clevertap.person.tolist() == whole.clevertap.person.tolist()
    alone = opened.drop(columns=["identity", "objectId"]).assign(**{"profileData.note": "z"})
    sent_to = alone.clevertap.preview(9, columns=["note"]).records
    assert [one.get("objectId") for one in sent_to] == ["-1", "-3"]


def test_a_redacted_frame_has_no_id_in_its_texts(opened: pd.DataFrame) -> None:
    """The ids of devices are hidden, also where they stand in JSON text."""
    told = opened.clevertap.redact(salt="s").astype(object).to_string()
    assert "-2" not in told
    assert "-3" not in told
    assert "old" in told


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(2**53) | st.text(),
    lambda some: st.lists(some) | st.dictionaries(st.text(), some),
    max_leaves=10,
)


@given(st.lists(VALUES))
def test_what_was_written_is_read(values: list[Any]) -> None:
    """Whatever JSON holds, each cell by itself."""
    frame = pd.DataFrame(
        {"x": pd.Series([None if v is None else json.dumps(v) for v in values], dtype="str")}
    )
    frame.attrs = {"clevertap": {"kind": "people", "json_columns": ["x", "gone"]}}
    found = stored.restored(frame)
    assert found["x"].tolist() == values
    assert found.attrs == {"clevertap": {"kind": "people"}}
    assert frame.attrs["clevertap"]["json_columns"]
    assert stored.restored(found) is found


def test_two_columns_of_one_name_stay_as_they_are() -> None:
    """Neither is as it was read, so neither is taken for what it was."""
    frame = pd.DataFrame(np.array([["[1]", "[2]"]]), columns=["x", "x"])
    frame.attrs = {"clevertap": {"json_columns": ["x"]}}
    assert stored.restored(frame) is frame


def test_nor_has_one_whose_notes_were_lost(opened: pd.DataFrame) -> None:
    """A merge loses the notes, and the text of devices has their ids and tokens all the same."""
    merged = opened.merge(pd.DataFrame({"identity": ["a"], "crm": [1]}), on="identity", how="left")
    assert not merged.attrs
    for frame in (merged, merged.astype({"platformInfo.more": "category"})):
        hidden = frame.clevertap.redact(salt="s")
        told = hidden.astype(object).to_string()
        assert "-2" not in told
        assert "-3" not in told
        assert hidden["platformInfo.more"][0][0]["model"] == "old"
        assert hidden["profileData.text"].astype(object).equals(opened["profileData.text"].astype(object))
