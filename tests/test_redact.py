"""Pseudonyms: stable, so that joins work; complete, so that nobody is named; never uploaded."""

from __future__ import annotations

import ast
import io
import stat
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import ct_pandas as ct
from ct_pandas import _redact

WHO = "ana@example.com"


def frame() -> pd.DataFrame:
    """Return a frame with everything that points to a person."""
    made = pd.DataFrame(
        {
            "identity": [WHO, None],
            "email": [WHO, "b@example.com"],
            "phone": ["+14155551234", None],
            "name": ["Ana", "B"],
            "objectId": ["__a", "__b"],
            "all_identities": [[WHO, "+14155551234"], None],
            "profileData.Customer ID": [7.0, None],
            "profileData.First Name": ["Ana", None],
            "profileData.workEmail": ["w@example.com", None],
            "profileData.plan": ["gold", "free"],
            "profileData.note": [WHO, "fine"],
            "profileData.Points": [1, 2],
            "platformInfo.iOS.push_token": ["tok-1", None],
            "platformInfo.iOS.make": ["Apple", None],
            "platformInfo.more": [[{"platform": "iOS", "objectId": "-x", "push_token": "tok-2"}], None],
            "event_props.Product name": ["Tea", "Cup"],
            "events.Charged.count": [1, 2],
        }
    )
    query = {"event_name": "E", "from": 1, "to": 2, "common_profile_properties": {"Email": WHO}}
    made.attrs["clevertap"] = {"kind": "people", "query": query, "read": "token", "account": "A"}
    return made


@pytest.fixture
def hidden() -> pd.DataFrame:
    """Give the frame redacted."""
    return frame().clevertap.redact("salt")


@pytest.mark.parametrize(
    "secret", [WHO, "Ana", "4155551234", "__a", "tok-1", "tok-2", "-x", "w@example.com", "7.0"]
)
def test_nothing_points_to_a_person(hidden: pd.DataFrame, secret: str) -> None:
    """Not in cells, not in lists and objects, not in the notes."""
    shown = hidden.to_csv() + str(hidden.attrs) + str(hidden["platformInfo.more"].tolist())
    assert secret not in shown


def test_what_is_not_personal_stays(hidden: pd.DataFrame) -> None:
    """With its types; a product has a name, too."""
    for name in (
        "profileData.plan",
        "profileData.Points",
        "platformInfo.iOS.make",
        "event_props.Product name",
    ):
        pd.testing.assert_series_equal(hidden[name], frame()[name])
    assert hidden.columns.tolist() == frame().columns.tolist()
    assert hidden["identity"].isna().tolist() == [False, True]


def test_joins_still_work(hidden: pd.DataFrame) -> None:
    """The same value has the same pseudonym, in every column and frame, whatever its type."""
    assert hidden["identity"][0] == hidden["email"][0] == hidden["all_identities"][0][0]
    other = pd.DataFrame({"customer_id": ["7"]}).clevertap.redact("salt")
    assert hidden["profileData.Customer ID"][0] == other["customer_id"][0]
    assert frame().clevertap.redact("other")["email"][0] != hidden["email"][0]


@pytest.mark.parametrize(
    "name",
    [
        *("WhatsApp Number", "E-Mail ID", "emailid", "customerEmail", "useremail", "Mobile No.", "mobileno"),
        *("phonenumber", "alt_phone", "contact-no", "MSISDN", "firstName", "userid", "pushToken"),
    ],
)
def test_a_column_is_known_by_any_spelling_of_its_name(name: str) -> None:
    """Whether words stand apart, joined or in capitals; also where the value itself looks like nothing."""
    shown = pd.DataFrame({"identity": ["a"], name: [9199]}).clevertap.redact("salt")
    assert str(shown[name][0]).startswith("redacted-")


@pytest.mark.parametrize(
    "dtype", ["str", "string", pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.large_string())]
)
def test_text_keeps_its_type(dtype: Any) -> None:
    """A frame that was read with another dtype_backend joins with others of its kind afterwards, too."""
    df = pd.DataFrame({"email": ["a@b.co", None], "who": [1, 2]}).astype({"email": dtype})
    hidden = df.clevertap.redact("salt")["email"]
    assert hidden.dtype == df["email"].dtype
    assert hidden.isna().tolist() == [False, True]
    assert hidden[0] == pd.DataFrame({"email": ["a@b.co"]}).clevertap.redact("salt")["email"][0]


def test_keep_leaves_columns_as_they_are() -> None:
    """A name that is not there is an error."""
    assert frame().clevertap.redact("salt", keep=["name"])["name"].tolist() == ["Ana", "B"]
    with pytest.raises(ct.ValidationError, match="no column 'nmae'"):
        frame().clevertap.redact("salt", keep=["nmae"])
    with pytest.raises(ct.ValidationError, match="keep= takes a list"):
        frame().clevertap.redact("salt", keep=None)
    with pytest.raises(
        ct.ValidationError, match="keep= takes a list of names, but <list> in it is not a name"
    ):
        frame().clevertap.redact("salt", keep=[["name"]])


def test_an_index_of_ids_is_hidden_too() -> None:
    """As read_profile gives it."""
    found = frame().set_index(pd.Index([WHO, "x"], name="requested")).clevertap.redact("salt")
    assert found.index.name == "requested"
    assert found.index[0] == found["email"].iloc[0]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([f"call {WHO}, or https://x.example/?u={WHO}"]),
        pd.Series(["x", WHO], dtype="category"),
        pd.Series([{WHO}], dtype=object),
        pd.Series([{WHO: 1, "deep": [{"to": WHO}]}], dtype=object),
        pd.Series([f'{{"to": "{WHO}"}}']),
        pd.Series([[WHO]], dtype=pd.ArrowDtype(pa.list_(pa.string()))),
        pd.Series([WHO], dtype=pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))),
    ],
)
def test_an_address_is_hidden_wherever_it_stands(column: pd.Series) -> None:
    """In text, sets, keys and lists, however the column is called and stored; joins still work."""
    found = pd.DataFrame({"profileData.note": column}).clevertap.redact("salt")
    shown = str(found["profileData.note"].tolist())
    assert WHO not in shown
    assert pd.DataFrame({"email": [WHO]}).clevertap.redact("salt")["email"][0] in shown
    assert str(found["profileData.note"].dtype) == str(column.dtype)


def test_keys_of_a_browser_are_hidden() -> None:
    """They reach a device as its token does; an attribute that only begins so is none."""
    frame = pd.DataFrame({"p256dh": ["BNcRdreALRFXTkOO"], "auth": ["tBHItJI5svbpez7K"], "auth_kind": ["sms"]})
    found = frame.clevertap.redact("salt").iloc[0].to_dict()
    assert found["p256dh"].startswith("redacted-")
    assert found["auth"].startswith("redacted-")
    assert found["auth_kind"] == "sms"


def test_a_number_of_a_person_in_a_struct_is_hidden() -> None:
    """Where the type has no room for a pseudonym, the cells become objects."""
    kind = pd.ArrowDtype(pa.struct([("user_id", pa.int64()), ("n", pa.int64())]))
    found = pd.DataFrame({"s": pd.Series([{"user_id": 7123456, "n": 1}, None], dtype=kind)})
    first, second = found.clevertap.redact("salt")["s"]
    assert first["user_id"].startswith("redacted-")
    assert first["n"] == 1
    assert pd.isna(second)


@pytest.mark.parametrize(
    "name",
    ["phones", "Contacts", "cell", "Names", "displayname", "pushtoken", "memberid", "GAID", "device IDs"],
)
def test_plurals_and_names_in_one_word(name: str) -> None:
    """Projects spell as they like."""
    assert hide(**{f"profileData.{name}": ["abc-1"]})[0].startswith("redacted-")


def hide(**columns: Any) -> Any:
    """Give the values of the one column, hidden."""
    return pd.DataFrame(columns).clevertap.redact("salt").iloc[:, 0]


def test_ids_of_people_in_events_are_hidden_and_those_of_things_are_not() -> None:
    """Beside a pseudonym they would say whose it is."""
    for name in (
        "event_props.User ID",
        "event_props.identity",
        "session_props.userid",
        "event_props.device_id",
    ):
        assert hide(**{name: ["7"]})[0].startswith("redacted-")
    for name in ("event_props.Order ID", "event_props.Product name", "session_props.CT Session Id"):
        assert hide(**{name: ["7"]})[0] == "7"
    assert hide(**{"platformInfo.iOS.guid": ["7"]})[0].startswith("redacted-")


@pytest.mark.parametrize(
    "text",
    [
        "https://x.example/?email=jack%40example.com&plan=gold",
        "call +1\u2011415\u2011555\u20110123",
        "call %2B14155550123",
        "jack\uff20example.com",
    ],
)
def test_addresses_in_other_spellings(text: str) -> None:
    """As addresses of the web, typographers and other keyboards write them."""
    found = hide(**{"profileData.note": [text]})[0]
    assert "redacted-" in found
    assert "jack" not in found
    assert "0123" not in found


def test_what_only_looks_alike_stays() -> None:
    """Numbers of things, sums, and ids of advertisements."""
    for name in ("event_props.Phones", "event_props.mobiles", "profileData.Contacts Synced"):
        assert hide(**{name: [3, 4]}).tolist() == [3, 4]
    for name in ("event_props.Ad ID", "event_props.Object ID"):
        assert hide(**{name: ["7"]})[0] == "7"
    for text in ("Buy 1+1 10/12/2024", "size +1/2/3/4", "100% off @home"):
        assert hide(**{"profileData.note": [text]})[0] == text


@pytest.mark.parametrize(
    "name", ["event_props.Referrer User ID", "event_props.user_id_2", "profileData.Login IDs"]
)
def test_ids_of_people_however_they_are_joined(name: str) -> None:
    """At the end of a longer name, numbered, or several."""
    assert hide(**{name: ["7"]})[0].startswith("redacted-")


def test_an_address_is_hidden_whole() -> None:
    """Its beginning, too, however long it is, and what is encoded in it."""
    for address in ("a" * 80 + "@example.com", "jack%2Bnews%40example.com"):
        assert hide(**{"profileData.note": [f"to {address} today"]})[0].startswith("to redacted-")


def test_no_text_takes_longer_than_its_length() -> None:
    """Made to hurt: the time would be squared, and this test would not end."""
    for text in (
        "%40a." * 40_000,
        "%" * 200_000 + "@",
        "a%" * 90_000,
        "+" + "a" * 200_000,
        "a" * 200_000 + "@",
        "a.@" * 60_000,
        "+1" + " " * 200_000,
    ):
        assert hide(**{"profileData.note": [text]})[0] == text


def test_flags_and_products_keep_their_values() -> None:
    """Whether somebody has an address is no address; in properties of events, a name is a product's."""
    made = pd.DataFrame(
        {"MSG-email": [True], "has": [{"email": True}], "event_props.Items": [[{"name": "Tea"}]]}
    )
    pd.testing.assert_frame_equal(made.clevertap.redact("salt"), made)


@pytest.mark.parametrize("name", ["customer_id", "requested", "email", None])
def test_any_index_of_ids_is_hidden(name: str | None) -> None:
    """By its name, or by what stands in it, as a column is; another index stays what it was."""
    made = pd.DataFrame({"x": [1]}, index=pd.MultiIndex.from_tuples([(WHO, 1)], names=[name, "day"]))
    assert WHO not in str(made.clevertap.redact("salt").index)
    assert made.droplevel(0).clevertap.redact("salt").index.equals(pd.Index([1], name="day"))


def test_a_redacted_column_is_refused_beside_true_ids() -> None:
    """It would overwrite what belongs to people."""
    mixed = pd.DataFrame({"identity": ["a"], "name": ["Ana"]}).clevertap.redact("salt", keep=["identity"])
    mixed.attrs = {}
    with pytest.raises(ct.ValidationError, match="redacted"):
        mixed.clevertap.upload(account=ct.Account("TEST-1", "none"))


@pytest.mark.parametrize("named", [True, False])
def test_a_redacted_frame_is_refused(named: bool) -> None:
    """Even where the account is named."""
    ct.connect("TEST-1", "none")
    hidden = pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.redact("salt")
    options: dict[str, Any] = {"account": ct.connect("TEST-1", "none")} if named else {}
    with pytest.raises(ct.ValidationError, match="redacted"):
        hidden.clevertap.upload(**options)


def test_a_redacted_frame_is_refused_whatever_was_kept_in_it() -> None:
    """Also where its ids are true ones and nothing that is sent is a pseudonym: its notes say what it is."""
    hidden = frame().clevertap.redact("salt", keep=["identity", "objectId"])
    with pytest.raises(ct.ValidationError, match="redacted"):
        hidden.clevertap.upload(columns=["profileData.plan"], account=ct.Account("TEST-1", "none"))


def test_a_redacted_frame_is_refused_without_its_notes() -> None:
    """Merge and concat lose them; the pseudonyms tell."""
    hidden = pd.DataFrame({"identity": ["a"], "x": [1]}).clevertap.redact("salt")
    hidden.attrs = {}
    with pytest.raises(ct.ValidationError, match="redacted"):
        hidden.clevertap.upload(account=ct.Account("TEST-1", "none"))


def test_the_salt_is_made_once_and_kept_for_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of the notebook."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    first, again = (frame().clevertap.redact() for _ in range(2))
    assert first["email"].equals(again["email"])
    path = tmp_path / "ct_pandas" / "redact-salt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["redact-salt"]
    assert len(_redact.user_salt()) == 64


@pytest.mark.parametrize("name", ["profileData.about", "event_props.about"])
def test_the_keys_of_json_text_say_what_is_personal(name: str) -> None:
    """Projects write objects down as text; what is no JSON, or too deep for it, is text like any other."""
    texts = [
        '{"email": "hidden", "plan": ["gold"]}',
        '{"plan":  "gold"}',
        '["\\ud800", {"email": "hidden"}]',
        "[no JSON, a@example.com]",
        '{"a":' * 900 + '"deep"' + "}" * 900,
        "[" * 9_000,
        None,
    ]
    hidden = pd.DataFrame({name: texts}).clevertap.redact(salt="s")[name]
    assert not hidden.str.contains("hidden|a@example").any()
    assert hidden[0].startswith('{"email": "redacted-')
    assert hidden[0].endswith(', "plan": ["gold"]}')
    assert [hidden[at] for at in (1, 4, 5)] == [texts[at] for at in (1, 4, 5)]


def test_the_keys_of_what_a_csv_file_made_of_objects_say_what_is_personal() -> None:
    """Devices and lists come back from a CSV file as Python writes them; what is no such text stays."""
    made = pd.DataFrame(
        {
            "platformInfo.more": [[{"objectId": "__hidden", "push_token": "fcm:hidden", "os_version": "1"}]],
            "profileData.kin": [[{"name": "Jo O'Hidden", "age": 7, "since": None}]],
            "profileData.plan": [["gold", "it's"]],
            "profileData.path": [r"['\d', nan]"],
        }
    )
    file = pd.read_csv(io.StringIO(made.to_csv(index=False)))
    redacted = file.clevertap.redact(salt="s")
    assert "hidden" not in redacted.to_csv().lower()
    straight = made.clevertap.redact(salt="s")
    for name in ("platformInfo.more", "profileData.kin"):
        assert ast.literal_eval(redacted[name][0]) == straight[name][0]
    for name in ("profileData.plan", "profileData.path"):
        assert redacted[name].equals(file[name])


def test_an_address_is_hidden_in_whatever_text_python_can_read() -> None:
    """A text that happens to be Python, such as of numbers, sets or bytes, hides no address in them."""
    texts = ["[+14155550100, +442071838750]", "[b'hidden@example.com']", "{'hidden@example.com'}"]
    told = pd.DataFrame({"Remarks": texts}).clevertap.redact(salt="s")["Remarks"]
    assert not told.str.contains(r"hidden@|4155550100|2071838750").any()


def test_a_salt_that_cannot_be_kept_names_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the home is read only, or is none."""
    (tmp_path / "no-folder").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-folder"))
    frame = pd.DataFrame({"email": ["a@example.com"]})
    with pytest.raises(ct.ClevertapError, match="salt="):
        frame.clevertap.redact()
    assert frame.clevertap.redact(salt="mine")["email"][0] != "a@example.com"


def test_a_user_without_a_home_is_told_of_salt(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number alone: no name, no HOME."""

    def nameless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(Path, "home", nameless)
    with pytest.raises(ct.ClevertapError, match=r"no home folder\. Give salt="):
        pd.DataFrame({"email": ["a@example.com"]}).clevertap.redact()


def test_an_empty_salt_is_an_error() -> None:
    """Pseudonyms could be guessed."""
    with pytest.raises(ct.ValidationError):
        frame().clevertap.redact("")
    with pytest.raises(ct.ValidationError, match="text or bytes"):
        frame().clevertap.redact(5)


def test_the_ids_of_views_and_of_tables_of_people_are_hidden() -> None:
    """An id that looks like nothing in particular is told by the name that this package gives its column."""
    frame = pd.DataFrame({"identity": ["0001450", "0001854"], "platformInfo.iOS.objectId": ["one", "two"]})
    frame["ts"] = pd.Timestamp("2025-10-06")
    frame["events.Charged.count"] = pd.array([1, 2], dtype="Int64")
    shown = [
        frame.clevertap.devices,
        frame.clevertap.event_summary,
        frame.clevertap.person.to_frame(),
        ct.retention(frame).people,
        ct.overlap({"a": frame}).members.reset_index(),
        pd.DataFrame({"requested": ["0001450"], "n": [1]}),
    ]
    for each in shown:
        assert "0001450" in each.to_csv()
        assert "00014" not in each.clevertap.redact(salt="s").to_csv()
    hidden = frame.clevertap.redact(salt="s")
    assert set(shown[0].clevertap.redact(salt="s")["person"]) == set(hidden["identity"])


def test_a_key_is_judged_once_in_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """People with many devices bring the same few keys millions of times."""
    judged: list[str] = []
    is_personal = _redact.is_personal

    def counting(name: str) -> bool:
        judged.append(name)
        return is_personal(name)

    monkeypatch.setattr(_redact, "is_personal", counting)
    costs = []
    for people in (1, 50):
        devices = [{"platform": "iOS", "model": f"M{at}", "objectId": f"d{at}"} for at in range(3)]
        frame = pd.DataFrame({"plan": ["gold"] * people, "platformInfo.more": [devices] * people})
        judged.clear()
        redacted = frame.clevertap.redact(salt="s")["platformInfo.more"][0]
        assert [device["platform"] for device in redacted] == ["iOS"] * 3
        assert all(device["objectId"].startswith("redacted-") for device in redacted)
        costs.append(len(judged))
    assert costs[0] == costs[1]
