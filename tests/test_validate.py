"""The API's rules, each with its code, and whose row it is."""

from __future__ import annotations

import datetime as dt
import decimal
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ct_pandas as ct
from ct_pandas._records import rules as _rules
from ct_pandas._validate.findings import COLUMNS


def problems(
    data: dict[str, Any], limits: str = "documented", timezone: str | None = None, **kw: Any
) -> pd.DataFrame:
    """Return the problems of a frame whose ids are fine."""
    size = len(next(iter(data.values())))
    frame = pd.DataFrame({"identity": [f"p{i}" for i in range(size)]} | data)
    account = ct.Account("TEST-1", "none", limits=ct.Limits.of(limits), timezone=timezone)
    return frame.clevertap.validate(account=account, **kw)


def one(data: dict[str, Any], **kw: Any) -> pd.Series:
    """Return the only problem."""
    found = problems(data, **kw)
    assert len(found) == 1, found
    return found.iloc[0]


@pytest.mark.parametrize(
    ("column", "good", "bad", "code", "fix"),
    [
        ("Gender", "F", "female", 514, "F"),
        ("Gender", "M", "m", 514, "M"),
        ("Email", "a@b.co", "a@b", 515, None),
        ("Email", "a@b.c", "a@b.", 515, None),
        ("email", "a.b+c@d.example.org", " a@b.org ", 515, "a@b.org"),
        ("Phone", "+14155551234", "14155551234", 516, "+14155551234"),
        ("phone", "+14155551234", 14155551234, 516, "+14155551234"),
        ("phone", "+14155551234", 14155551234.0, 516, "+14155551234"),
        ("phone", "+14155551234", "00 1 (415) 555-1234", 516, "+14155551234"),
        ("phone", "+14155551234", "14155551234.0", 516, "+14155551234"),
        ("phone", "+14155551234", "n/a", 516, None),
        ("Employed", "Y", True, 517, "Y"),
        ("Employed", "N", "no", 517, "N"),
        ("Employed", "Y", 0.0, 517, "N"),
        ("Employed", "Y", "single", 517, None),
        ("Education", "Graduate", "college", 518, "College"),
        ("Education", "School", "PhD", 518, None),
        ("Married", "N", "single", 519, "N"),
        ("Married", "N", "employed", 519, None),
        ("Age", 34, -1, 520, None),
        ("Age", 34.0, 34.5, 520, None),
        ("Age", 1, 400, 520, None),
        ("Age", "34", " 34 ", 520, 34),
        ("Age", "34", "34.0", 520, 34),
    ],
)
def test_standard_attributes(column: str, good: Any, bad: Any, code: int, fix: Any) -> None:
    """Each rule has the API's own code, and a proposal where one is obvious."""
    found = one({column: pd.Series([good, bad, None], dtype=object)})
    assert (found["position"], found["column"], found["code"], found["fix"]) == (1, column, code, fix)
    assert found["value"] == bad


def test_a_column_of_text_is_matched_as_a_whole() -> None:
    """The same rule gives the same verdict for text columns and for columns of objects."""
    texts = ["+14155551234", "1", "", "+1415555\n1234", None]
    fast = problems({"Phone": pd.Series(texts, dtype="str")})
    slow = problems({"Phone": pd.Series([*texts[:4], pd.NA], dtype=object)})
    assert fast["position"].tolist() == slow["position"].tolist() == [1, 2, 3]


def test_operations_are_not_judged_as_values() -> None:
    """A name or a gender can be deleted, a list added to; what is no operation of the API is found."""
    assert problems({"Gender": [{"$delete": 1}], "tags": [{"$add": ["x"]}]}).empty
    assert one({"tags": [{"$push": ["x"]}]})["reason"] == "not an operation of the API"


def test_the_columns_of_problems_are_fixed() -> None:
    """They are the same whether there are problems or not, and carry the frame's own labels."""
    frame = pd.DataFrame({"identity": ["a"], "Gender": ["x"]}, index=pd.MultiIndex.from_tuples([("i", 1)]))
    found = frame.clevertap.validate()
    assert found.columns.tolist() == COLUMNS == frame.head(0).clevertap.validate().columns.tolist()
    assert found["row"].tolist() == [("i", 1)]
    assert found["code"].dtype == "Int64"


def test_problems_stand_in_the_order_of_the_rows() -> None:
    """All problems of all columns at once, by position."""
    found = problems({"Gender": ["x", "F", "y"], "email": ["a@b.co", "bad", "bad"]})
    assert found["position"].tolist() == [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("limits", "key", "value", "fits"),
    [
        ("documented", "k" * 32, "v" * 120, True),
        ("documented", "ü" * 32, "ü" * 60, True),
        ("documented", "k" * 33, "v", False),
        ("documented", "k", "ü" * 61, False),
        ("documented", "k", ["x", "v" * 121], False),
        ("documented", "k", {"$add": ["v" * 121]}, False),
        ("current", "ü" * 60, "v" * 512, True),
        ("current", "ü" * 61, "v", False),
        ("current", "k", "v" * 513, False),
    ],
)
def test_sizes(limits: str, key: str, value: Any, fits: bool) -> None:
    """Keys are counted in characters (now in bytes), values in bytes, of lists every element."""
    found = problems({key: [value]}, limits=limits)
    assert found.empty is fits
    if not fits:
        assert found["code"].isna().all()
        assert found["column"].tolist() == [key]
        assert ('limits="current"' in found["fix"][0]) is (limits == "documented")


def test_a_key_that_no_limits_allow_has_no_such_remedy() -> None:
    """Other limits are named only where they would help."""
    assert one({"k" * 121: ["v"]})["fix"] == "rename the column"


def test_the_number_of_attributes_is_counted_by_row() -> None:
    """Missing cells and standard attributes do not count."""
    data: dict[str, Any] = {f"a{i}": [1, 1] for i in range(63)} | {"one more": [1, None]}
    data |= {"Name": ["x", "x"], "email": ["a@b.co", "a@b.co"], "Gender": ["F", "F"]}
    found = one(data)
    assert found["position"] == 0
    assert "64 custom attributes" in found["reason"]
    assert problems(data, limits="current").empty


def test_a_cell_that_cannot_be_sent_has_a_problem() -> None:
    """Bytes are a problem of their cell."""
    found = one({"picture": [b"x", None]})
    assert (found["position"], found["column"], found["value"]) == (0, "picture", b"x")


def test_of_rows_with_one_problem_those_with_nothing_to_send_are_left_out() -> None:
    """What is said of the others is theirs: the position, the value, the fix."""
    frame = pd.DataFrame({"identity": ["a", None, None, " ", 1.5, 2.5], "x": [1, None, 2, None, None, 3]})
    found = frame.clevertap.validate()
    assert found["position"].tolist() == [2, 5]
    assert found["value"].tolist() == [None, 2.5]
    assert found["fix"].str.contains("identity=|as text").all()


def test_rows_with_nothing_to_send_are_no_problem() -> None:
    """Not even without an id."""
    frame = pd.DataFrame({"identity": ["a", None], "plan": ["gold", None]})
    assert frame.clevertap.validate().empty


def test_rows_without_an_id() -> None:
    """523 for each row, unless nobody has one: that is one problem, not a million."""
    frame = pd.DataFrame({"identity": ["a", None, "  ", float("nan"), True], "plan": ["x"] * 5})
    found = frame.clevertap.validate()
    assert found["position"].tolist() == [1, 2, 3, 4]
    assert set(found["code"]) == {523}
    assert len(frame.iloc[1:4].clevertap.validate()) == 1
    nobody = frame.drop(columns="identity")
    assert len(nobody.clevertap.validate()) == 1
    with pytest.raises(ct.ValidationError, match="identity, objectId, FBID, GPID"):
        nobody.clevertap.upload(account=ct.Account("TEST-1", "never-shown"))


def ids(frame: pd.DataFrame, **kw: Any) -> list[Any]:
    """Return the key and the value that each row is sent under."""
    keys = ("identity", "objectId", "FBID", "GPID")
    found = frame.clevertap.preview(len(frame), **kw).records
    return [next(((key, row[key]) for key in keys if key in row), None) for row in found]


def test_the_first_id_that_is_present_counts() -> None:
    """identity, objectId, FBID, GPID, as columns or index levels, then the first device's objectId."""
    frame = pd.DataFrame(
        {
            "GPID": ["g", "g", "g", "g", None, None],
            "FBID": ["f", "f", "f", None, None, None],
            "objectId": ["o", "o", None, None, None, None],
            "platformInfo.iOS.objectId": [None, None, None, None, "-i", None],
            "platformInfo.more": [None] * 5 + [[{"platform": "iOS"}, {"objectId": ""}, {"objectId": "-m"}]],
            "x": 1,
        },
        index=pd.Index(["i", None, None, None, None, None], name="identity"),
    )
    assert ids(frame, columns=["x"]) == [
        ("identity", "i"),
        ("objectId", "o"),
        ("FBID", "f"),
        ("GPID", "g"),
        ("objectId", "-i"),
        ("objectId", "-m"),
    ]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([7.0, np.nan]), "7"),
        (pd.Series([7, None], dtype="Int64"), "7"),
        (pd.Series(["007", None]), "007"),
        (pd.Series([decimal.Decimal(7), None], dtype=object), "7"),
        (pd.Series(["7", None], dtype="category"), "7"),
        (pd.Series([7, None], dtype="int64[pyarrow]"), "7"),
        (pd.Series([7, "x"], dtype=object), "7"),
        (pd.Series([2.0**53 - 1]), "9007199254740991"),
        (pd.Series([2.0**24 - 1], dtype="float32"), "16777215"),
    ],
)
def test_an_id_is_always_text(column: pd.Series, expected: str) -> None:
    """A whole number that gaps made a float loses its point; text stays as it is."""
    assert ids(pd.DataFrame({"identity": column, "x": 1}))[0] == ("identity", expected)


def test_an_id_that_is_none_is_shown_from_where_it_stands() -> None:
    """A name may stand twice: as a column and as a level of the index, or as two columns of devices."""
    label = pd.Index([1.5, "q"], name="identity", dtype=object)
    frame = pd.DataFrame({"identity": [None, "b"], "x": [1, 2]}, index=label)
    assert frame.clevertap.validate()["value"].tolist() == [1.5]
    devices = pd.DataFrame([[True, "__a", 1]], columns=["platformInfo.A.objectId"] * 2 + ["plan"])
    assert devices.clevertap.validate(columns=["plan"])["value"].tolist() == [True]


@pytest.mark.parametrize(
    "bad",
    [
        True,
        1.5,
        2.0**53,
        np.float32(2**24),
        dt.date(2025, 1, 1),
        b"x",
        float("inf"),
        pytest.param(10**5000, id="huge"),
    ],
)
def test_what_cannot_be_an_id(bad: Any) -> None:
    """523, with the value."""
    frame = pd.DataFrame({"identity": pd.Series(["a", bad], dtype=object), "x": 1})
    found = frame.clevertap.validate()
    assert (found["position"].tolist(), found["code"].tolist()) == ([1], [523])


@pytest.mark.parametrize("dtype", ["float32", "Float32", "float[pyarrow]", "category"])
def test_narrow_floats_lose_digits_of_ids_early(dtype: str) -> None:
    """From 2**24 on such a float stands for several whole numbers, and so for several people."""
    column = pd.Series([123456789, 5], dtype="float32").astype(dtype)
    assert pd.DataFrame({"identity": column, "x": 1}).clevertap.validate()["position"].tolist() == [0]


def test_an_id_type_needs_a_column() -> None:
    """The message says which keyword names it."""
    with pytest.raises(ct.ValidationError, match="identity="):
        pd.DataFrame({"cid": ["a"], "x": 1}).clevertap.validate(id_type="FBID")


def test_an_index_backs_up_a_column_of_ids() -> None:
    """Where the column has a gap, the level of the same name counts."""
    frame = pd.DataFrame({"identity": ["c", None], "x": 1}, index=pd.Index(["a", "b"], name="identity"))
    assert ids(frame) == [("identity", "c"), ("identity", "b")]


def test_another_column_as_the_id() -> None:
    """It is sent under the key asked for, and is not also an attribute."""
    frame = pd.DataFrame({"customer": [7], "identity": ["other"], "x": 1})
    preview = frame.clevertap.preview(identity="customer", id_type="FBID")
    assert preview.records == [{"FBID": "7", "type": "profile", "profileData": {"x": 1}}]
    assert ids(frame, identity="customer") == [("identity", "7")]
    assert ids(frame.set_index("customer"), identity="customer") == [("identity", "7")]


def test_an_objectid_with_blanks() -> None:
    """526 for profiles."""
    frame = pd.DataFrame({"objectId": ["__ok", "not ok"], "x": 1})
    assert frame.clevertap.validate()[["position", "code"]].to_numpy().tolist() == [[1, 526]]


@pytest.mark.parametrize(
    ("ts", "zone", "sent"),
    [
        (1468308340, None, 1468308340),
        (1468308340.9, None, 1468308340),
        (pd.Timestamp("2016-07-12 07:25:40.9", tz="UTC"), None, 1468308340),
        (dt.datetime(2016, 7, 12, 12, 55, 40), "Asia/Kolkata", 1468308340),  # noqa: DTZ001  (naive on purpose)
        (None, None, None),
    ],
)
def test_the_time_of_a_record(ts: Any, zone: str | None, sent: int | None) -> None:
    """Seconds or datetimes, rounded down; a missing one is left to the server."""
    frame = pd.DataFrame({"identity": ["a"], "ts": [ts]})
    account = ct.Account("TEST-1", "none", timezone=zone)
    record = frame.clevertap.preview(event="E", account=account).records[0]
    assert record.get("ts") == sent
    assert type(record.get("ts")) is type(sent)


@pytest.mark.parametrize(
    ("ts", "fix"),
    [
        (0, None),
        (-5, None),
        (10**11, None),
        (1468308340000, 1468308340),
        (1468308340000000000, 1468308340),
        (20160712072540, None),
        (10**30, None),
        ("1468308340", "convert the column: pd.to_numeric(...)"),
        ("2016-07-12", "convert the column: pd.to_datetime(...)"),
        (True, None),
        (dt.datetime(2016, 7, 12), "connect with timezone=..., or localise"),  # noqa: DTZ001  (naive on purpose)
        (pd.Timestamp("1960-01-01", tz="UTC"), None),
    ],
)
def test_what_is_no_epoch(ts: Any, fix: Any) -> None:
    """525: milliseconds, text, times before 1970, naive times in an unknown zone."""
    found = one({"ts": pd.Series([ts], dtype=object)}, kind="event", event="E")
    assert (found["column"], found["code"]) == ("ts", 525)
    assert str(found["fix"]).startswith(str(fix))


def test_a_time_beyond_the_calendar_is_a_problem_of_its_row() -> None:
    """NumPy reaches further than the calendar of Python."""
    times = pd.Series([np.datetime64("12000-01-01"), np.datetime64("2016-07-12")], dtype=object)
    found = one({"ts": times}, kind="event", event="E", timezone="UTC")
    assert (found["position"], found["code"], found["reason"]) == (0, 525, "a time outside the calendar")


def test_times_beyond_64_bits_are_a_problem_of_their_rows() -> None:
    """In a column of unsigned numbers too, and a look does not crash."""
    frame = pd.DataFrame({"identity": ["a", "b"], "ts": pd.Series([2**64 - 1, 1468308340], dtype="uint64")})
    assert frame.clevertap.validate(event="E", kind="event")["position"].tolist() == [0]
    assert frame.clevertap.preview(event="E").records[0]["ts"] == 1468308340


def test_times_in_the_index_are_not_passed_over() -> None:
    """An event without its time would be one of now."""
    frame = pd.DataFrame({"identity": ["a"]}, index=pd.Index([1468308340], name="ts"))
    with pytest.raises(ct.ValidationError, match="reset_index"):
        frame.clevertap.preview(event="E")


def test_naive_columns_of_times_need_a_zone_too() -> None:
    """As for single values."""
    found = problems({"ts": pd.to_datetime(["2016-07-12", None])}, kind="event", event="E")
    assert found["code"].tolist() == [525]
    assert problems({"ts": pd.to_datetime(["2016-07-12"])}, kind="event", event="E", timezone="UTC").empty


def test_events_need_a_name() -> None:
    """509 where the column of names has none."""
    found = problems({"what": ["E", None, " ", 5]}, kind="event", event_column="what")
    assert set(found["position"]) == {1, 2, 3}
    assert set(found["code"]) == {509}


def test_tokens() -> None:
    """530 to 535, each for its own reason."""
    frame = pd.DataFrame(
        {
            "objectId": ["__a", None, "has blank", "__a", "__a", "__a", "__a", "__a", "__c", "__c", "__a"],
            "token": ["t", "t", "t", None, 5, "t", "t", "t", "t", "t", "t"],
            "type": ["fcm", "fcm", "fcm", "fcm", "fcm", None, "FCM", "palm", "chrome", "chrome", {"a": 1}],
            "p256dh": [None] * 8 + ["k", None, None],
            "auth": [None] * 8 + ["k", "k", None],
        }
    )
    found = frame.clevertap.validate("token")
    assert found[["position", "code"]].to_numpy().tolist() == [
        [1, 530], [2, 530], [3, 532], [4, 531], [5, 533], [6, 534], [7, 534], [9, 535], [10, 534],
    ]  # fmt: skip
    assert found.loc[found["position"] == 6, "fix"].tolist() == ["fcm"]


@pytest.mark.parametrize(("token_type", "codes"), [("fcm", []), ("chrome", [535, 535])])
def test_keys_are_asked_of_tokens_that_have_some(token_type: str, codes: list[int]) -> None:
    """Also where one type is given for all rows."""
    frame = pd.DataFrame({"objectId": ["__a", "__b"], "token": ["t", "t"]})
    found = frame.clevertap.validate("token", token_type=token_type)
    assert found.drop_duplicates(["position", "column"]).groupby("column")["code"].apply(list).tolist() == (
        [codes, codes] if codes else []
    )


def test_every_rule_cites_its_page() -> None:
    """No rule without a source."""
    rules = [rule for rule in vars(_rules).values() if isinstance(rule, _rules.Rule)]
    assert len(rules) > 15
    assert all(rule.source.startswith("CleverTap, ") and rule.code in _rules.MEANINGS for rule in rules)


def test_checking_warns_of_nothing() -> None:
    """Problems are the answer; naive times are warned of when they are sent."""
    with warnings.catch_warnings(action="error"):
        assert problems({"when": pd.to_datetime(["2025-01-01"])}).empty
