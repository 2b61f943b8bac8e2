"""Every JSON example of "Working with User Profiles API" on both sides: the client and the sandbox."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
import requests

import ct_pandas as ct
from ct_pandas import _wire
from ct_pandas._upload import receipt as _receipt
from ct_pandas.sandbox import SandboxServer

from scripted import Scripted, Seen

# As printed on the page, but for the comments of the upload, which are no JSON.
QUERY = """{ "event_name": "choseNewFavoriteFood", "event_properties": [ { "name": "value", "operator":
"contains", "value": "piz" } ], "from": 20150810, "to": 20151025 }"""
CURSOR = "ZiZiNwMEBQBkaWZzY2MuO20BBQFlYmN7ZG5hewYBTQVjb2BzZmphfwEABQUra2Jmeg%3D%3D"
MINTED = '{ "status": "success", "cursor": "' + CURSOR + '" }'
DEVICES = """[ { "platform" : "iOS" , "os_version": "10.2", "app_version": "6.1.3", "make": "Apple", "model":
"iPhone7,2", "push_token" : "95f98af6ad9a5e714a56c5bf527a78cb1e3eda18d2f23bc8591437d0d8ae71a3" , "objectId" :
"-1a063854f83a4c6484285039ecff87cb"} , { "platform" : "Web" , "objectId" :
"a8ffcbc9-a747-4ee3-a791-c5e58ad03097"} ]"""
FOLLOWING = "ZiZjNwMEBQBkaWZzY2MuO20BBQFlYmN7ZG5hewYBTQVjb2BzZmphfwEABQUra2Jmeg%3D%3D"
PAGE = (
    '{ "status" : "success" , "previous_cursor" : "'
    + CURSOR.replace("%3D", "=")
    + '" , "next_cursor" : "'
    + FOLLOWING
    + '" , "records" : [ { "identity" : "5555555555" , "profileData": {"favoriteFood": "pizza"}, '
    + f'"platformInfo" : {DEVICES} }} ] }}'
)
PROFILE = (
    '{ "status": "success", "record": { "email": "jack@gmail.com", "profileData": { "Last Score": 308, '
    '"High Score": 308, "Replayed": true }, "events": { "App Launched": { "count": 10, "first_seen": '
    '1457271567, "last_seen": 1458041215 }, "Charged": { "count": 6, "first_seen": 1457962417, "last_seen": '
    f'1458041276 }} }}, "platformInfo" : {DEVICES} }} }}'
)
UPLOAD = """{ "d": [ { "identity": "1189549", "ts": 1468308340, "type": "profile", "profileData": { "Name":
"Jack Montana", "Email": "jack@gmail.com", "Phone": "+14155551234", "Gender": "M", "Employed": "Y",
"Education": "Graduate", "Married": "Y", "DOB": "$D_1487576752", "Customer Type": "Platinum" } } ] }"""
UPLOADED = '{ "status": "success", "processed": 1, "unprocessed": [] }'
FAILED = """{ "status":"fail", "processed":0, "unprocessed": [{"status":"fail", "code":515, "error":
"Email invalid", "record":{"identity":"1189549"}}] }"""
SAME = "frfsgvrwe:APfdsafsgdfsgghfgfgjkhfsfgdhjhbvcvnetry767456fxsasdf"
FCM = (
    "dYfuuBmHLGI:APA91bEfAq1b6NAmz0uhUbVxwSLqgKF25zDb7vhgajzS-bOAEUKekH_jbzO5oU1Qip-ZLvDpwKccxAxVNjC3rUUJnFTKDUi"
    "BcF9AtuG03_PRfjoUxLKHMR9qykK22SiubrLirNzQtNnO"
)
KEYS = {
    "p256dh": "BLc4xRzKlKORKWlbdgFaBrrPK3ydWAHo4M0gs0i1oEKgPpWC5cW8OCzVrOQRv-1npXRWk8udnW3oYhIO4475rds=",
    "auth": "5I2Bu2oKdyy9CwL8QVF0NQ==",
}
TOKENS = [
    ("QBOpVJZmKilRAzfaiVS86Tovxm75lHxg", SAME, "chrome"),
    ("__gc4grg4053N1eYkW6OBH71jhFev7b1iP", FCM, "fcm"),
    ("__QlXHaDHBZxZPLEMpPo6VvwdZ7FnbGvWA", SAME, "gcm"),
    ("-HwB9gZWb3RcKhXCQ222FhAhkjeYQs0Hj", SAME, "apns"),
    ("~9XrS4Dy6GsnDbdX98Ijs63kEtJDQbhJA", SAME, "wns"),
    ("~y9MqjkDGRfbzwwH8fZI6LIXgTKaEPxHr", SAME, "mpns"),
]
TOKEN_BODY = {
    "d": [
        {
            "type": "token",
            "tokenData": {"id": token, "type": kind} | ({"keys": KEYS} if kind == "chrome" else {}),
            "objectId": device,
        }
        for device, token, kind in TOKENS
    ]
}


def ask(server: SandboxServer, method: str, target: str, body: str | None = None) -> Any:
    """Send a request as the page shows it: both headers, and ``Content-Type`` always."""
    headers = {
        "X-CleverTap-Account-Id": server.account_id,
        "X-CleverTap-Passcode": server.passcode,
        "Content-Type": "application/json",
    }
    with requests.Session() as session:
        return session.request(method, server.url + target, data=body, headers=headers, timeout=10).json()


@pytest.fixture
def server() -> Any:
    """Serve the documentation's own people."""
    with SandboxServer(users=20, in_progress=0, events_default=True) as running:
        yield running


def test_the_query_is_sent_as_printed(scripted: Scripted) -> None:
    """Client: the example payload, for a cursor, which then stands in the address as it came."""
    scripted.answers = [json.loads(MINTED), json.loads(PAGE), {"status": "success"}]
    found = ct.read_clevertap_events(
        "choseNewFavoriteFood",
        "2015-08-10",
        "2015-10-25",
        where=("value", "contains", "piz"),
        account=scripted.account(),
        progress=False,
    )
    first, second, third = scripted.seen
    assert (first.method, first.json) == ("POST", json.loads(QUERY))
    assert first.target.startswith("/1/profiles.json?batch_size=5000")
    assert first.headers["Content-Type"] == "application/json"
    assert second.target == f"/1/profiles.json?cursor={CURSOR}"
    assert third.target == f"/1/profiles.json?cursor={FOLLOWING}"
    row = found.iloc[0]
    assert row["identity"] == "5555555555"
    assert row["profileData.favoriteFood"] == "pizza"
    assert row["platformInfo.iOS.model"] == "iPhone7,2"
    assert row["platformInfo.Web.objectId"] == "a8ffcbc9-a747-4ee3-a791-c5e58ad03097"


def test_a_raw_query_is_sent_as_printed(scripted: Scripted) -> None:
    """Client: the example payload given as a dict goes out as it is."""
    scripted.answers = [json.loads(MINTED), json.loads(PAGE), {"status": "success"}]
    ct.read_clevertap_events(json.loads(QUERY), account=scripted.account(), progress=False)
    assert scripted.seen[0].json == json.loads(QUERY)


def test_the_sandbox_answers_the_query(server: SandboxServer) -> None:
    """Sandbox: a cursor, percent-encoded; with it the person of the page; then no ``next_cursor``."""
    minted = ask(server, "POST", "/1/profiles.json?batch_size=5000", QUERY)
    assert set(minted) == set(json.loads(MINTED))
    assert "%3D%3D" in minted["cursor"]
    page = ask(server, "GET", f"/1/profiles.json?cursor={minted['cursor']}")
    assert page["status"] == "success"
    assert "next_cursor" not in page
    printed = json.loads(PAGE)["records"][0]
    (record,) = page["records"]
    assert record["identity"] == printed["identity"]
    assert record["profileData"] == printed["profileData"]
    assert record["platformInfo"] == printed["platformInfo"]


def test_a_profile_as_printed(scripted: Scripted) -> None:
    """Client: the example answer by e-mail, its event summary included."""
    scripted.answers = [json.loads(PROFILE)]
    found = ct.read_profile(email="jack@gmail.com", account=scripted.account(), progress=False)
    assert scripted.seen[0].target == "/1/profile.json?email=jack%40gmail.com"
    row = found.loc["jack@gmail.com"]
    assert (row["profileData.Last Score"], row["profileData.Replayed"]) == (308, True)
    assert row["events.App Launched.count"] == 10
    assert row["events.Charged.last_seen"] == pd.Timestamp(1458041276, unit="s", tz="UTC")
    assert row["platformInfo.iOS.os_version"] == "10.2"


@pytest.mark.parametrize(
    "by", ["email=jack%40gmail.com", "objectId=-1a063854f83a4c6484285039ecff87cb", "identity=5555555555"]
)
def test_the_sandbox_gives_a_profile(server: SandboxServer, by: str) -> None:
    """Sandbox: by each of the three ids."""
    found = ask(server, "GET", f"/1/profile.json?{by}")
    assert found["status"] == "success"
    if by.startswith("email"):
        printed = json.loads(PROFILE)["record"]
        assert {key: found["record"][key] for key in ("email", "profileData", "events")} == {
            key: printed[key] for key in ("email", "profileData", "events")
        }


def test_an_upload_as_printed(scripted: Scripted) -> None:
    """Client: a frame with the example's columns is sent as the example's payload."""
    scripted.answers = [json.loads(UPLOADED)]
    printed = json.loads(UPLOAD)["d"][0]
    frame = pd.DataFrame([{"identity": printed["identity"], "ts": printed["ts"], **printed["profileData"]}])
    frame["DOB"] = pd.to_datetime(1487576752, unit="s", utc=True)
    report = frame.clevertap.upload(ts="ts", account=scripted.account(), progress=False)
    assert report.ok
    (seen,) = scripted.seen
    assert (seen.method, seen.target) == ("POST", "/1/upload")
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.json == json.loads(UPLOAD)


def test_the_sandbox_takes_the_upload(server: SandboxServer) -> None:
    """Sandbox: the example payload, and its example answer; with comments it is no JSON."""
    assert ask(server, "POST", "/1/upload", UPLOAD) == json.loads(UPLOADED)
    assert ask(server, "POST", "/1/upload?dryRun=1", UPLOAD) == json.loads(UPLOADED)
    found = ask(server, "GET", "/1/profile.json?identity=1189549")["record"]
    assert (found["name"], found["email"], found["phone"]) == ("Jack Montana", "jack@gmail.com", 14155551234)
    assert found["profileData"]["Customer Type"] == "Platinum"
    assert found["profileData"]["DOB"] == "$D_1487576752"
    commented = UPLOAD.replace('"ts"', '// customer ID\n"ts"')
    assert ask(server, "POST", "/1/upload", commented)["code"] == 400


def test_the_form_of_a_failure() -> None:
    """Client: ``unprocessed`` holds status, code, error and record."""
    receipt = _receipt.read(_wire.Reply(200, {}, FAILED.encode()), 1)
    assert receipt.refused[0][0] == 515


def test_tokens_as_printed(scripted: Scripted) -> None:
    """Client: the six kinds of tokens, with the keys of chrome, as the example's payload."""

    def answer(seen: Seen) -> Any:
        return {"status": "success", "processed": len(seen.json["d"]), "unprocessed": []}

    scripted.answers = answer
    frame = pd.DataFrame(TOKENS, columns=["objectId", "token", "type"])
    for name, key in KEYS.items():
        frame[name] = pd.Series([key] + [None] * 5, dtype="str")
    report = frame.clevertap.upload_tokens(account=scripted.account(), progress=False)
    assert report.ok
    assert scripted.seen[0].json == TOKEN_BODY


def test_the_sandbox_takes_the_tokens(server: SandboxServer) -> None:
    """Sandbox: the example payload is accepted whole."""
    found = ask(server, "POST", "/1/upload", json.dumps(TOKEN_BODY))
    assert found == {"status": "success", "processed": 6, "unprocessed": []}
