"""What becomes of every column: hand-made and downloaded frames, names, keys, keywords."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ct_pandas as ct
from ct_pandas._frame.order import DEVICE
from ct_pandas._records import changes, pieces
from ct_pandas._records.batches import batches
from ct_pandas._records.encode import encode
from ct_pandas._records.keywords import Keywords
from ct_pandas._records.outgoing import outgoing
from ct_pandas._records.pieces import Pieces
from ct_pandas._records.times import Times


@pytest.fixture(autouse=True)
def _connected() -> None:
    """Have an account, so that what is wrong with the frame is what is found."""
    ct.connect("TEST-1", "none")


READ = {
    "identity": ["a"],
    "email": ["a@b.co"],
    "phone": ["+14155551234"],
    "name": ["A"],
    "objectId": ["__a"],
    "all_identities": [["a"]],
    "profileData.plan": ["gold"],
    "profileData.points": [5],
    "platformInfo.iOS.make": ["Apple"],
    "platformInfo.more": [None],
    "events.Charged.count": [1],
    "mine": [1],
}


def sent(frame: pd.DataFrame, **keywords: Any) -> dict[str, Any]:
    """Return the data of the first record."""
    record = frame.clevertap.preview(**keywords).records[0]
    return record.get("profileData", record.get("evtData"))


@pytest.mark.parametrize(("verb", "keyword"), [("upload", "identity="), ("upload_tokens", "object_id=")])
def test_a_frame_without_ids_is_told_how_to_name_one(verb: str, keyword: str) -> None:
    """The message holds the remedy, not only the table of problems."""
    frame = pd.DataFrame({"identity": [None], "objectId": [None], "token": ["t"], "Plan": ["gold"]})
    with pytest.raises(ct.ValidationError, match=rf"no id in any row.*name the column with {keyword}"):
        getattr(frame.clevertap, verb)(**({"token_type": "fcm"} if verb == "upload_tokens" else {}))


@pytest.mark.parametrize("label", [None, float("nan"), pd.NA, pd.NaT])
def test_a_column_without_a_name_is_not_left_out_in_silence(label: Any) -> None:
    """It has no key to be sent under: that is told, unless what is to be sent is named."""
    frame = pd.DataFrame([["a", 1, 2]], columns=pd.Index(["identity", label, "x"], dtype=object))
    with pytest.raises(ct.ValidationError, match="at position 1 has no name"):
        frame.clevertap.upload()
    assert sent(frame, columns=["x"]) == {"x": 2}


def test_one_level_of_columns_is_too_many_of_them() -> None:
    """What pandas makes of a list of lists is named as what it is."""
    frame = pd.DataFrame([["a", 1]], columns=pd.MultiIndex.from_arrays([["identity", "x"]]))
    with pytest.raises(ct.ValidationError, match="flatten"):
        frame.clevertap.upload()


def test_a_hand_made_frame_is_sent_whole() -> None:
    """Every column but the id; email, phone and name under the API's names."""
    frame = pd.DataFrame(
        {"identity": ["a"], "email": ["x@y.co"], "phone": ["+14155551234"], "name": ["A"], 7: [1]}
    )
    assert sent(frame) == {"Email": "x@y.co", "Phone": "+14155551234", "Name": "A", "7": 1}


@pytest.mark.parametrize("with_notes", [True, False])
def test_a_downloaded_frame_is_never_sent_whole_unasked(with_notes: bool) -> None:
    """Told by its notes or by its names; the error offers every way to choose."""
    frame = pd.DataFrame(READ) if not with_notes else pd.DataFrame({"identity": ["a"], "x": 1})
    if with_notes:
        frame.attrs["clevertap"] = {"kind": "people"}
    with pytest.raises(ct.ValidationError, match=r'columns=\[.*"changed".*"all"'):
        frame.clevertap.upload()


def test_a_downloaded_frame_of_events_is_offered_the_same() -> None:
    """Before anybody asks what its times mean for a profile."""
    frame = pd.DataFrame({"identity": ["a"], "ts": [1], "event_props.Amount": [5], "profileData.plan": ["x"]})
    with pytest.raises(ct.ValidationError, match="changed"):
        frame.clevertap.preview()


def test_all_means_every_attribute() -> None:
    """Devices, the event summary and the API's own keys are never attributes."""
    assert sent(pd.DataFrame(READ), columns="all") == {
        "Email": "a@b.co",
        "Phone": "+14155551234",
        "Name": "A",
        "plan": "gold",
        "points": 5,
        "mine": 1,
    }


@pytest.mark.parametrize("field", DEVICE)
def test_what_a_frame_of_events_says_of_a_device_is_never_an_attribute(field: str) -> None:
    """Every field that the reader knows as the device's own, whichever of them CleverTap sends."""
    read = pd.DataFrame({"identity": ["a"], "profileData.plan": ["gold"], field: ["x"]})
    read.attrs["clevertap"] = {"kind": "events"}
    assert sent(read, columns="all") == {"plan": "gold"}


@pytest.mark.parametrize(
    "names", [["profileData.plan", "email"], ["plan", "Email"], ["identity", "plan", "email"]]
)
def test_columns_are_named_as_in_the_frame_or_bare(names: list[str]) -> None:
    """Also as they are sent; the id does not become an attribute."""
    assert sent(pd.DataFrame(READ), columns=names) == {"plan": "gold", "Email": "a@b.co"}


@pytest.mark.parametrize(
    ("names", "match"),
    [
        (["plam"], "no column 'plam'.*profileData.plan"),
        (["platformInfo.iOS.make"], "device field"),
        (["events.Charged.count"], "event summary"),
        (["all_identities"], "the API's own key"),
        ("plan", r"columns=\['plan'\]"),
        (5, "a list of names"),
    ],
)
def test_names_that_cannot_be_sent(names: Any, match: str) -> None:
    """An error that says why, and what was meant."""
    with pytest.raises(ct.ValidationError, match=match):
        pd.DataFrame(READ).clevertap.upload(columns=names)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"identity": ["a"], "email": ["x"], "Email": ["y"]}),
        pd.DataFrame([["a", 1, 2]], columns=["identity", "x", "x"]),
        pd.DataFrame([["a", 1, 2]], columns=["identity", 1, "1"]),
    ],
)
def test_two_columns_for_one_key(frame: pd.DataFrame) -> None:
    """An error, whichever way they collide."""
    with pytest.raises(ct.ValidationError, match="both be sent as"):
        frame.clevertap.upload()


def test_a_column_ts_is_never_taken_unasked() -> None:
    """For a profile it means the date of creation."""
    frame = pd.DataFrame({"identity": ["a"], "ts": [1468308340], "x": [1]})
    with pytest.raises(ct.ValidationError, match=r'ts="ts".*columns='):
        frame.clevertap.upload()
    assert frame.clevertap.preview(ts="ts").records[0]["ts"] == 1468308340
    assert sent(frame, ts="ts") == {"x": 1}
    assert sent(frame, columns=["x"]) == {"x": 1}


def test_events_of_a_hand_made_frame() -> None:
    """Every other column is a property under its own name; ts is the time."""
    frame = pd.DataFrame(
        {"identity": ["a"], "ts": [1468308340], "what": ["E"], "name": ["Tea"], "Amount": [5]}
    )
    record = frame.clevertap.preview(event_column="what").records[0]
    assert record == {
        "identity": "a",
        "ts": 1468308340,
        "type": "event",
        "evtName": "E",
        "evtData": {"name": "Tea", "Amount": 5},
    }


def test_events_of_a_downloaded_frame() -> None:
    """The event's own properties and the user's columns; nothing of the person, the device or the session."""
    data = {
        "ts": [1468308340],
        "identity": ["a"],
        "email": ["a@b.co"],
        "profileData.plan": ["x"],
        "make": ["M"],
    }
    frame = pd.DataFrame(data | {"event_props.Amount": [5], "session_props.utm_source": ["s"], "mine": [1]})
    frame.attrs["clevertap"] = {"kind": "events"}
    assert sent(frame, event="E") == {"Amount": 5, "mine": 1}
    assert sent(frame, event="E", columns=["Amount"]) == {"Amount": 5}


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"identity": "nobody"}, ct.ValidationError),
        ({"id_type": "email"}, ct.ValidationError),
        ({"ts": "nothing"}, ct.ValidationError),
        ({"original": pd.DataFrame()}, ct.ValidationError),
        ({"invalid": "maybe"}, ct.ValidationError),
        ({"parallel": 0}, ct.ValidationError),
        ({"parallel": True}, ct.ValidationError),
        ({"dry_run": "no"}, ct.ValidationError),
        ({"dry_run": None}, ct.ValidationError),
    ],
)
def test_keywords_that_do_not_fit(keywords: dict[str, Any], error: type[Exception]) -> None:
    """Found before anything is sent; every such error is also a ValueError."""
    account = ct.Account("TEST-1", "none")
    with pytest.raises(error) as caught:
        pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.upload(account=account, **keywords)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("keyword", ["identity", "ts", "event_column"])
@pytest.mark.parametrize("made", [pd.Series, list, pd.Index, np.array], ids=lambda made: made.__name__)
def test_a_column_is_named_and_not_given(keyword: str, made: Any) -> None:
    """``identity=df["customer"]`` is what a user of other libraries writes first."""
    frame = pd.DataFrame({"customer": ["a"], "x": [1]})
    keywords = {"event_column": "x", "identity": "customer"} | {keyword: made(["a"])}
    with pytest.raises(ct.ValidationError, match=rf"{keyword}= takes the name of one column, not"):
        frame.clevertap.upload_events(**keywords, progress=False)
    with pytest.raises(ct.ValidationError, match=rf"Give its name: {keyword}='customer'"):
        frame.clevertap.validate("event", **(keywords | {keyword: frame["customer"]}))


@pytest.mark.parametrize("keyword", ["object_id", "token", "type", "p256dh", "auth"])
def test_the_columns_of_tokens_are_named_and_not_given(keyword: str) -> None:
    """As those of people are; a column of tokens there must be."""
    frame = pd.DataFrame({"objectId": ["__a"], "token": ["t"], "type": ["fcm"]})
    with pytest.raises(ct.ValidationError, match=rf"{keyword}= takes the name of one column, not Series"):
        frame.clevertap.upload_tokens(**{keyword: frame["token"]}, progress=False)
    with pytest.raises(ct.ValidationError, match="token= must name"):
        frame.clevertap.upload_tokens(token=None, progress=False)


@pytest.mark.parametrize(
    "keywords",
    [
        {"n": "3"},
        {"n": 2.5},
        {"n": None},
        {"n": -1},
        {"check": [1]},
        {"check": float("nan")},
        {"kind": ["profile"]},
        {"id_type": pd.Series(["identity"])},
        {"invalid": ["skip"]},
        {"identity": pd.NA},
        {"identity": (["a"],)},
        {"columns": [["x"]]},
        {"columns": ["x", pd.Series(["x"], name="x")]},
    ],
    ids=str,
)
def test_a_look_names_a_keyword_of_the_wrong_kind(keywords: dict[str, Any]) -> None:
    """Not by an error of the comparison that it did not survive."""
    with pytest.raises(ct.ValidationError, match=rf"{next(iter(keywords))}="):
        pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.preview(**keywords)


@pytest.mark.parametrize("account", ["TEST-1", "", 0, [], pd.Series(["a"])], ids=str)
def test_a_look_takes_an_account_or_none(account: Any) -> None:
    """Whatever else is given is named, also where an account is not needed."""
    frame = pd.DataFrame({"identity": ["a"], "x": [1]})
    for look in (frame.clevertap.preview, frame.clevertap.validate):
        with pytest.raises(ct.CredentialsError, match=r"account= takes a ct\.Account"):
            look(account=account)


def test_an_event_has_one_name() -> None:
    """Neither none nor two."""
    frame = pd.DataFrame({"identity": ["a"], "what": ["E"]})
    for arguments in ({}, {"event": "E", "event_column": "what"}, {"event": " "}, {"event": "\ud800"}):
        with pytest.raises(ct.ValidationError):
            frame.clevertap.upload_events(**arguments)


def test_a_name_that_cannot_be_written_is_an_error() -> None:
    """Half a surrogate pair in the name of a column has no form in JSON."""
    frame = pd.DataFrame([["a", 1]], columns=pd.Index(["identity", "\ud800"], dtype=object))
    with pytest.raises(ct.ValidationError, match="Unicode"):
        frame.clevertap.preview()


def test_keywords_of_a_look_are_those_of_the_upload() -> None:
    """A keyword of another upload, or a typing error, is named."""
    frame = pd.DataFrame({"identity": ["a"], "x": [1]})
    with pytest.raises(TypeError, match="Did you mean 'columns'"):
        frame.clevertap.preview(colums=["x"])
    assert frame.clevertap.validate(dry_run=True, invalid="skip", parallel=3, progress=False).empty


def test_tokens_name_their_columns() -> None:
    """One type for all rows, or a column of types; the keys of chrome only where they are needed."""
    frame = pd.DataFrame({"device": ["__a"], "t": ["x"]})
    record = frame.clevertap.preview(token_type="fcm", object_id="device", token="t").records[0]
    assert record == {"type": "token", "tokenData": {"id": "x", "type": "fcm"}, "objectId": "__a"}
    with pytest.raises(ct.ValidationError, match=r"type='type'.*one type for all rows"):
        frame.clevertap.preview(object_id="device", token="t")
    with pytest.raises(ct.ValidationError, match="not one of apns"):
        frame.clevertap.upload_tokens("palm", object_id="device", token="t")


@pytest.mark.parametrize("keyword", ["token", "object_id", "type"])
def test_what_every_token_needs_is_named(keyword: str) -> None:
    """A part that was named away is an error before anything is looked at."""
    frame = pd.DataFrame({"objectId": ["__d"], "token": ["abc"], "type": ["fcm"]})
    with pytest.raises(ct.ValidationError, match=f"^{keyword}="):
        frame.clevertap.preview(kind="token", **{keyword: None})


def test_a_device_may_stand_in_the_index() -> None:
    """As any other id may."""
    frame = pd.DataFrame({"token": ["x"]}, index=pd.Index(["__a"], name="objectId"))
    record = frame.clevertap.preview(token_type="fcm").records[0]
    assert record == {"type": "token", "tokenData": {"id": "x", "type": "fcm"}, "objectId": "__a"}
    with pytest.raises(ct.ValidationError, match="object_id= must name"):
        frame.clevertap.preview(token_type="fcm", object_id=None)


@pytest.mark.parametrize("keywords", [{}, {"identity": "identity"}])
def test_one_level_of_the_index_is_the_id(keywords: dict[str, Any]) -> None:
    """A groupby of an index of ids has two of that name; of columns, two are an error as well."""
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="identity"))
    grouped = frame.groupby("identity").apply(lambda part: part)
    with pytest.raises(ct.ValidationError, match="2 levels of the index are called 'identity'"):
        grouped.clevertap.preview(**keywords)
    one = grouped.reset_index(level=0, drop=True)
    assert one.clevertap.preview(**keywords).records == frame.clevertap.preview().records
    told = grouped.assign(identity=["a", "b"])  # the column comes first, and leaves nothing to the index
    assert told.clevertap.preview(**keywords).records == frame.clevertap.preview().records


def test_an_attribute_called_like_an_id_is_nobodys_id() -> None:
    """In the view of attributes it keeps its whole name, and no row goes to somebody else for it."""
    frame = pd.DataFrame(READ | {"profileData.identity": ["other"], "profileData.email": ["x@y.zz"]})
    frame.attrs["clevertap"] = {"kind": "people", "account": "TEST-1"}
    view = frame.clevertap.profile
    with pytest.raises(ct.ValidationError, match="no id in any row"):
        view.clevertap.upload(columns=["plan"])
    record = view.assign(who=["a"]).clevertap.preview(identity="who", columns=["email", "plan"]).records[0]
    assert record["identity"] == "a"
    assert record["profileData"] == {"email": "x@y.zz", "plan": "gold"}
    mine = view.assign(identity=frame["identity"])
    assert mine.clevertap.preview(columns=["plan"]).records[0]["identity"] == "a"
    named = view.set_index(pd.Index(["a"], name="identity"))
    assert named.clevertap.preview(columns=["plan"]).records[0]["identity"] == "a"


def test_a_view_beside_its_ids_is_still_a_download() -> None:
    """Its notes are those of the frame, so that pandas keeps them, and with them every guard."""
    frame = pd.DataFrame(READ)
    frame.attrs["clevertap"] = {"kind": "people", "account": "OTHER", "region": "eu1"}
    for joined in (
        pd.concat([frame[["identity"]], frame.clevertap.profile], axis=1),
        frame[["identity"]].join(frame.clevertap.profile),
    ):
        with pytest.raises(ct.ValidationError, match="OTHER"):
            joined.clevertap.upload()


def test_an_attribute_called_like_a_field_of_an_event_is_one() -> None:
    """In the view of a frame of events: the model of a car, and the time of something else."""
    frame = pd.DataFrame({"identity": ["a"], "ts": [1], "profileData.model": ["T"], "profileData.ts": ["x"]})
    frame.attrs["clevertap"] = {"kind": "events", "account": "TEST-1"}
    view = frame.clevertap.profile.assign(who=["a"])
    record = view.clevertap.preview(identity="who", columns=["model", "ts"]).records[0]
    assert record["profileData"] == {"model": "T", "ts": "x"}


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize("name", ["requested", "index", "level_0"])
def test_an_index_that_became_a_column_is_no_attribute_unasked(name: str, noted: bool) -> None:
    """``reset_index`` makes one of what was asked for and of row numbers: nobody means to write them."""
    original = pd.DataFrame({"identity": ["a"], "profileData.plan": ["free"]})
    frame = original.assign(**{name: ["x"], "profileData.plan": "gold"})
    if noted:
        frame.attrs["clevertap"] = {"kind": "people", "account": "TEST-1"}
    assert sent(frame, columns="changed", original=original) == {"plan": "gold"}
    assert sent(frame, columns="all") == {"plan": "gold"}
    assert sent(frame.assign(mine=1), event="E") == {"mine": 1}
    noticed = frame.clevertap.preview(columns="all").columns.set_index("column")["note"]
    assert "index of what was read" in noticed[name]
    assert sent(frame, columns=[name]) == {name: "x"}
    assert sent(frame, columns=[name], event="E") == {name: "x"}
    whole = frame.rename(columns={name: f"profileData.{name}"})
    assert sent(whole, columns="changed", original=original) == {"plan": "gold", name: "x"}
    if noted:
        view = whole.clevertap.profile.assign(identity=whole["identity"])
        assert sent(view, columns="all") == {"plan": "gold", name: "x"}
    made = pd.DataFrame({"identity": ["a"], name: ["x"]})
    assert sent(made) == {name: "x"}


def test_a_view_is_compared_with_the_view_that_was_read() -> None:
    """As original= too, what is called like something else is the attribute that it is, unchanged."""
    frame = pd.DataFrame({"identity": ["a"], "profileData.email": ["x"], "profileData.plan": ["free"]})
    frame.attrs["clevertap"] = {"kind": "people", "account": "TEST-1"}
    view = frame.clevertap.profile.assign(identity=frame["identity"])
    for original in (view, frame):
        assert sent(view.assign(plan="gold"), columns="changed", original=original) == {"plan": "gold"}


def test_an_age_is_whole_as_an_attribute_only() -> None:
    """What an event brings along stays the number it is."""
    frame = pd.DataFrame({"identity": ["a"], "Age": [30.0]})
    texts = [upload_body(frame, kind) for kind in ("profile", "event")]
    assert '"Age":30}' in texts[0]
    assert '"Age":30.0}' in texts[1]


def upload_body(frame: pd.DataFrame, kind: str) -> str:
    """Return the records of a frame as they would go out."""
    going = outgoing(frame, Keywords(kind=kind, event="E" if kind == "event" else None))
    pieces = Pieces(going, Times(None))
    return next(batches(pieces.cut(), going, np.ones(len(frame), bool), 100)).body().decode()


def test_a_preview_leaves_out_what_cannot_be_sent() -> None:
    """Records are those that would go; the others are named as what they are."""
    frame = pd.DataFrame({"identity": ["a", None, "c"], "x": [float("inf"), 1.0, 2.0]})
    look = frame.clevertap.preview()
    assert look.records == [{"identity": "c", "type": "profile", "profileData": {"x": 2}}]
    assert "validate()" in repr(look)
    assert "validate()" not in repr(frame.tail(1).clevertap.preview())


def test_a_device_is_no_attribute_where_an_event_has_no_properties() -> None:
    """A merge loses the notes of a frame; time and device beside the person tell that it was of events."""
    events = {"ts": [1_760_000_000], "identity": ["a"], "profileData.plan": ["gold"]}
    frame = pd.DataFrame(events | {"platform": ["iOS"], "make": ["Apple"], "push_token": ["secret"]})
    record = frame.clevertap.preview(columns="all", ts="ts").records[0]
    assert record["profileData"] == {"plan": "gold"}
    assert frame.assign(mine=1).clevertap.preview(event="E").records[0]["evtData"] == {"mine": 1}


def test_a_look_takes_no_keyword_that_the_upload_refuses() -> None:
    """A misspelt invalid= is told before the upload, as its other keywords are."""
    frame = pd.DataFrame({"identity": ["a"], "x": [1]})
    for look in (frame.clevertap.preview, frame.clevertap.validate):
        with pytest.raises(ct.ValidationError, match="invalid='drop' is not one of 'raise', 'skip', 'send'"):
            look(invalid="drop")


def test_the_ts_of_a_hand_made_frame_is_never_taken_unasked() -> None:
    """A column called like a field of a device makes no event of a row that was never read."""
    original = pd.DataFrame({"identity": ["a"], "ts": [1_760_000_000], "platform": ["web"], "plan": ["free"]})
    frame = original.assign(ts=1_760_000_001, plan="gold")
    with pytest.raises(ct.ValidationError, match="column 'ts'"):
        frame.clevertap.preview(columns="changed", original=original)


def test_a_preview_says_which_ids_have_blanks_around_them() -> None:
    """They look the same in every table, and are sent as other people."""
    frame = pd.DataFrame({"identity": [" 007", "CUST-1 ", "a b", None, " 8"], "x": [1, 2, 3, 4, None]})
    assert "2 of 3 ids begin or end with a blank" in repr(frame.clevertap.preview())
    assert "2 of 3 ids begin or end with a blank" in frame.clevertap.preview()._repr_html_()
    assert "blank" not in repr(frame.tail(2).clevertap.preview())


def test_a_preview_of_nothing_but_mistakes_says_so() -> None:
    """Rows that have something to send, and no record below, is no answer."""
    frame = pd.DataFrame({"identity": ["a", "b"], "Phone": ["12", "34"]})
    assert "As they are, none of them would be sent" in repr(frame.clevertap.preview())
    mended = frame.assign(Phone=["12", "+4930123456"])
    assert "Rows that would not be sent are left out here" in repr(mended.clevertap.preview())
    assert "would" not in repr(frame.clevertap.preview(n=0))


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([" 7"], ["1 of 1 row has profiles to send", "1 of 1 id begins or ends with a blank"]),
        ([" 7", "8"], ["2 of 2 rows have profiles to send", "1 of 2 ids begin or end with a blank"]),
    ],
)
def test_a_preview_of_one_row_does_not_speak_of_several(ids: list[str], said: list[str]) -> None:
    """Where a number stands with a noun, there is one of one."""
    shown = repr(pd.DataFrame({"identity": ids, "plan": "gold"}).clevertap.preview())
    assert all(each in shown for each in said)


def test_a_preview_says_which_events_would_be_of_now() -> None:
    """An event without its time counts from its arrival, and cannot be taken back."""
    frame = pd.DataFrame({"identity": ["a", "b", None], "when": pd.to_datetime(["2025-10-01", None, None])})
    zoned = frame.assign(when=frame["when"].dt.tz_localize("UTC"))
    assert "2 of 2 events have no time," in repr(zoned.clevertap.preview(event="E"))
    named = zoned.clevertap.preview(event="E", ts="when")
    assert "1 of 2 events have no time," in repr(named)
    assert "1 of 2 events have no time," in named._repr_html_()
    assert "no time" not in repr(zoned.head(1).clevertap.preview(event="E", ts="when"))
    assert "no time" not in repr(zoned.clevertap.preview())
    faulty = pd.DataFrame({"identity": ["a", "b"], "ts": ["yesterday", None]})
    assert "1 of 2 events have no time," in repr(faulty.clevertap.preview(event="E"))


def test_a_redacted_frame_has_no_preview() -> None:
    """As it has no upload: the records would belong to nobody."""
    frame = pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.redact(salt="for this test")
    with pytest.raises(ct.ValidationError, match="redacted"):
        frame.clevertap.preview()


def test_a_preview_says_what_every_column_becomes() -> None:
    """In the order of the frame, with a reason for what is left."""
    columns = pd.DataFrame(READ).clevertap.preview(columns=["plan"]).columns
    assert columns["column"].tolist() == list(READ)
    assert columns.set_index("column").loc["profileData.plan", "sent_as"] == "plan"
    assert columns.set_index("column").loc["objectId", "note"] == "the id, not also an attribute"


def test_the_face_of_a_preview_hides_who_it_is() -> None:
    """Ids, addresses and names are masked in faces and stand in .records."""
    frame = pd.DataFrame({"identity": ["Secret1"], "email": ["who@example.com"], "plan": ["<b>gold</b>"]})
    frame = frame.assign(note="mail who@example.com", tags=[["who@example.com", "tea"]])
    frame = frame.assign(more='[{"objectId": "Secret1", "model": "old"}]')
    frame = frame.assign(kin="[({'name': 'Secret1'}, 'who@example.com')]", set="{'who@example.com'}")
    preview = frame.clevertap.preview()
    for face in (repr(preview), preview._repr_html_()):
        assert "Secret1" not in face
        assert "who@example.com" not in face
        assert "gold" in face
    assert "<b>gold" not in preview._repr_html_()


TIMES = [pd.Timestamp(0, tz="UTC"), pd.Timestamp("2025-01-01 00:00:00.5", tz="UTC"), None]
KINDS: dict[str, list[Any]] = {
    "object": [0, 1, True, False, 0.0, 1.5, "a", "$D_0", None, [1], [True], [], *TIMES],
    "category": ["a", "$D_0", None],
    "str": ["a", "$D_0", "1", None],
    "Int64": [0, 1, 2**53 + 1, None],
    "uint8": [0, 1],
    "float64": [0.0, -0.0, 1.0, 1.5, 2.0**53, None],
    "Float64": [0.0, 1.0, 1.5, None],
    "bool": [True, False],
    "boolean": [True, False, None],
    "int64[pyarrow]": [0, 1, None],
    "datetime64[us, UTC]": TIMES,
}


@st.composite
def columns(draw: st.DrawFn) -> pd.Series[Any]:
    """Draw a column of some type."""
    kind = draw(st.sampled_from(list(KINDS)))
    return pd.Series(draw(st.lists(st.sampled_from(KINDS[kind]), min_size=4, max_size=4)), dtype=kind)


def as_sent(value: Any) -> Any:
    """Return a cell as JSON has it, with truths apart from numbers."""
    if isinstance(value, list):
        return [as_sent(one) for one in value]
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return f"$D_{int(value.timestamp() // 1)}"
    return repr(bool(value)) if isinstance(value, bool | np.bool_) else value


def test_a_cell_is_no_change_because_another_row_of_its_person_was_edited() -> None:
    """What stands as often as before stays, though something else stands less often."""
    read = pd.DataFrame({"identity": ["a", "a"], "plan": ["x", "y"]})
    edited = read.assign(plan=["x", "z"])
    changes = edited.clevertap.preview(columns="changed", original=read).changes
    assert changes[["position", "new"]].to_numpy().tolist() == [[1, "z"]]


def test_a_person_with_several_rows_is_compared_with_all_of_them() -> None:
    """A value of another row is a change where it took the place of one, however rows are sorted."""
    original = pd.DataFrame({"identity": ["a", "a", "b"], "plan": ["gold", "silver", "free"]})
    for frame in (
        original.assign(plan="gold"),
        original.assign(plan="gold").iloc[[2, 0, 1]].reset_index(drop=True),
    ):
        records = frame.clevertap.preview(9, columns="changed", original=original).records
        sent = {(one["identity"], one["profileData"]["plan"]) for one in records}
        assert sent == {("a", "gold"), ("b", "gold")}
    untouched = original.iloc[[1, 2, 0]]
    for same in (
        untouched,
        untouched.reset_index(drop=True),
        untouched.set_axis(["x", "y", "z"]),
        original.iloc[[1]],
        original.iloc[[0]],
        pd.concat([original, original.iloc[[0]]]),
    ):
        assert same.clevertap.preview(columns="changed", original=original).rows == 0


def test_a_row_in_place_of_others_that_are_gone_is_no_change() -> None:
    """A join repeats rows and a filter drops some: nobody has changed a cell."""
    original = pd.DataFrame({"identity": ["a", "a", "a"], "plan": ["gold", "silver", "free"]})
    repeated = original.iloc[[0, 0]]
    assert repeated.clevertap.preview(columns="changed", original=original).rows == 0


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many cells are encoded for a comparison, call by call."""
    sizes: list[int] = []

    def counting(column: pd.Series, times: Any) -> Any:
        sizes.append(len(column))
        return encode(column, times)

    monkeypatch.setattr(changes, "encode", counting)
    return sizes


def test_people_with_several_rows_are_compared_a_column_at_a_time(encoded: list[int]) -> None:
    """A frame of events has many rows of everybody: what one of them costs must not stand for each cell."""
    calls = []
    for rows in (40, 400):
        people = [f"p{at % 10}" for at in range(rows)]
        plans = [("free", "gold")[at // 10 % 2] for at in range(rows)]
        original = pd.DataFrame({"identity": people, "plan": plans})
        for frame, changed in ((original, 0), (original.assign(plan="new"), rows)):
            encoded.clear()
            assert frame.clevertap.preview(1, columns="changed", original=original).rows == changed
            calls.append(len(encoded))
    assert calls[:2] == calls[2:]


def test_people_whose_rows_stand_in_many_slices_are_looked_at_once(
    encoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events stand in the order of time: all rows of a person must not be read again for each slice."""
    monkeypatch.setattr(pieces, "ROWS", 20)
    monkeypatch.setattr(pieces, "LEAST", 20)
    costs = []
    for rows in (100, 1600):
        people = [f"p{at % 10}" for at in range(rows)]
        plans = [("free", "gold")[at // 10 % 2] for at in range(rows)]
        original = pd.DataFrame({"identity": people, "plan": plans})
        encoded.clear()
        edited = original.assign(plan="new")
        assert edited.clevertap.preview(1, columns="changed", original=original).rows == rows
        costs.append(sum(encoded) / rows)
    assert costs[0] == costs[1]


def test_what_cannot_be_sent_is_a_change_also_beside_a_row_without_a_value() -> None:
    """Of a person with several rows it must not pass for the missing value of another one."""
    original = pd.DataFrame({"identity": ["a", "a", "b"], "score": [None, 1.0, 2.0]})
    edited = original.assign(score=[np.inf, 1.0, np.inf])
    found = edited.clevertap.validate(columns="changed", original=original)
    assert found["position"].tolist() == [0, 2]
    assert edited.iloc[::-1].clevertap.validate(columns="changed", original=edited).empty


def test_whoever_has_several_rows_under_a_further_id_is_compared_with_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An edit is one in a later slice too, whose people are named by another id than before."""
    monkeypatch.setattr(pieces, "ROWS", 2)
    monkeypatch.setattr(pieces, "LEAST", 2)
    original = pd.DataFrame(
        {
            "identity": ["a", "a", "b", "b"],
            "objectId": ["__1", "__1", "__2", "__2"],
            "plan": ["gold", "silver", "gold", "silver"],
        }
    )
    edited = original.assign(identity=["a", "a", None, None], plan=["new", "new", "gold", "gold"])
    changes = edited.clevertap.preview(9, columns="changed", original=original).changes
    assert changes["position"].tolist() == [0, 1, 2, 3]


def test_a_person_with_many_rows_costs_as_much_a_cell_as_one_with_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody's cells are compared each with each: of a person with thousands of rows that takes minutes."""
    calls = []
    form = changes._form

    def counting(value: Any) -> Any:
        calls.append(value)
        return form(value)

    monkeypatch.setattr(changes, "_form", counting)
    costs = []
    for rows in (40, 400):
        original = pd.DataFrame({"identity": ["p"] * rows, "visit": [f"v{at}" for at in range(rows)]})
        calls.clear()
        mixed = original.iloc[::-1].reset_index(drop=True)
        assert mixed.clevertap.preview(1, columns="changed", original=original).rows == 0
        costs.append(len(calls) / rows)
    assert costs[1] <= costs[0] * 1.1


@settings(deadline=None, max_examples=300)
@given(columns(), columns(), st.permutations(range(4)), st.integers(1, 4))
def test_what_changed_is_what_would_be_sent_otherwise(
    old: pd.Series[Any], new: pd.Series[Any], order: list[int], known: int
) -> None:
    """Whatever the types of both columns and the order of people, read or not; what was emptied is said."""
    people = pd.Series([f"person {number}" for number in range(4)])
    original = pd.DataFrame({"identity": people, "x": old})[:known]
    frame = pd.DataFrame({"identity": people, "x": new}).iloc[order]
    before = dict(zip(original["identity"], map(as_sent, original["x"].astype(object)), strict=True))
    after = {person: as_sent(value) for person, value in zip(people, new.astype(object), strict=True)}
    changed = {person for person, value in after.items() if value is not None and before.get(person) != value}
    records = frame.clevertap.preview(4, columns="changed", original=original).records
    sent = {one["identity"]: as_sent(one["profileData"]["x"]) for one in records if one["profileData"]}
    assert sent == {person: after[person] for person in changed}
    emptied = [order.index(n) for n in range(known) if as_sent(new.astype(object)[n]) is None]
    emptied = [at for at in emptied if before[f"person {order[at]}"] is not None]
    found = frame.clevertap.validate(columns="changed", original=original)
    assert sorted(found["position"]) == sorted(emptied)
