"""CleverTap's own Node client runs its calls against the sandbox and gets what it expects."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ct_pandas as ct
from ct_pandas.sandbox import SandboxServer

HERE = Path(__file__).parent / "fidelity"
REQUIRED = bool(os.environ.get("CT_PANDAS_REQUIRE_NODE"))
QUERY = {"event_name": "Charged", "from": 20251001, "to": 20251031}


def _missing(reason: str) -> None:
    if REQUIRED:
        pytest.fail(f"CT_PANDAS_REQUIRE_NODE is set, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the client, as its lock file says, where nothing else is."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        _missing("node or npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "calls.js"):
        shutil.copy(HERE / name, folder)
    environment = {**os.environ, "npm_config_cache": str(Path.home() / ".cache" / "ct_pandas-npm")}
    command = [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=True
        )
    except subprocess.SubprocessError as error:
        _missing(f"the Node client could not be installed: {str(error.stderr)[-300:]}")
    return folder


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """Serve a world as the Node client expects it: it does not wait for what is in progress."""
    with SandboxServer(users=300, in_progress=0, counts_partial=0, unknown_profile="fail") as running:
        yield running


@pytest.fixture
def call(client: Path, server: SandboxServer) -> Callable[..., list[Any]]:
    """Return what runs calls of the client and gives what came of each."""

    def run(*calls: list[Any]) -> list[Any]:
        login = {"id": server.account_id, "passcode": server.passcode, "url": server.url}
        done = subprocess.run(
            ["node", "calls.js"],
            cwd=client,
            env={**os.environ, "FIDELITY_ACCOUNT": json.dumps(login), "FIDELITY_CALLS": json.dumps(calls)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        results = json.loads(done.stdout)
        assert all(one["called"] for one in results), "a callback was not called with the result"
        return [one["found"] for one in results]

    return run


def _account(server: SandboxServer) -> ct.Account:
    return ct.Account(
        server.account_id, server.passcode, base_url=server.url, timezone=server.timezone, max_wait=10
    )


def test_profiles_by_event(call: Callable[..., list[Any]], server: SandboxServer) -> None:
    """Both clients read the same people, page after page."""
    (people,) = call(["profiles", QUERY, {"batchSize": 23}])
    mine = ct.read_clevertap_events("Charged", "2025-10", account=_account(server), progress=False)
    mine = mine["identity"].astype(object).where(mine["identity"].notna(), None)
    assert [one.get("identity") for one in people] == mine.tolist()
    assert len(people) > 23


def test_events(call: Callable[..., list[Any]], server: SandboxServer) -> None:
    """Both clients read the same occurrences."""
    (events,) = call(["events", QUERY, {"batchSize": 46}])
    mine = ct.read_clevertap_events(
        "Charged", "2025-10", rows="event", account=_account(server), progress=False
    )
    assert len(events) == len(mine)
    assert {"profile", "ts", "event_props", "session_props"} >= set(events[0])
    stamps = mine["ts"].dt.strftime("%Y%m%d%H%M%S").astype("int64").tolist()
    assert [one["ts"] for one in events] == stamps


def test_the_documented_query(call: Callable[..., list[Any]]) -> None:
    """The query of the documentation finds its person."""
    query = {
        "event_name": "choseNewFavoriteFood",
        "event_properties": [{"name": "value", "operator": "contains", "value": "piz"}],
        "from": 20150810,
        "to": 20151025,
    }
    (people,) = call(["profiles", query, {}])
    assert [one["identity"] for one in people] == ["5555555555"]
    assert people[0]["profileData"] == {"favoriteFood": "pizza"}


def test_one_profile(call: Callable[..., list[Any]]) -> None:
    """By e-mail, by identity, by object id; somebody unknown is a failure."""
    by_email, by_identity, by_object, nobody = call(
        ["profile", {"email": "jack@gmail.com"}],
        ["profile", {"identity": "5555555555"}],
        ["profile", {"objectId": "-1a063854f83a4c6484285039ecff87cb"}],
        ["profile", {"email": "nobody@example.com"}],
    )
    assert by_email["status"] == "success"
    assert by_email["record"]["profileData"]["High Score"] == 308
    assert by_identity["record"]["profileData"] == {"favoriteFood": "pizza"}
    assert by_object["status"] == "success"
    assert nobody["status"] == "fail"


def test_counts(call: Callable[..., list[Any]], server: SandboxServer) -> None:
    """Counts of people and of events."""
    people, events = call(["getProfilesCount", QUERY, {}], ["getEventsCount", QUERY, {}])
    account = _account(server)
    assert people == {"status": "success", "count": ct.count_profiles("Charged", "2025-10", account=account)}
    assert events["count"] == ct.count_events("Charged", "2025-10", account=account)


def test_upload_and_read_back(call: Callable[..., list[Any]], server: SandboxServer) -> None:
    """Profiles, events and tokens in calls of 100; what is wrong comes back with its place."""
    profiles = [
        {"type": "profile", "identity": f"node-{n}", "profileData": {"Name": f"N {n}", "Level": n}}
        for n in range(130)
    ]
    events = [{"type": "event", "identity": "node-1", "evtName": "Tried", "evtData": {"Amount": 3}}]
    token = [{"type": "token", "objectId": "__node", "tokenData": {"id": "a token", "type": "fcm"}}]
    wrong = [profiles[0], {"type": "profile", "identity": "node-x", "profileData": {"Email": "no address"}}]
    sent, event, device, partial, back = call(
        ["upload", profiles, {}],
        ["upload", events, {}],
        ["uploadDeviceTokens", token, {}],
        ["upload", wrong, {}],
        ["profile", {"identity": "node-129"}],
    )
    assert [(one["status"], one["processed"]) for one in sent] == [("success", 100), ("success", 30)]
    assert event == {"status": "success", "processed": 1, "unprocessed": []}
    assert device["status"] == "success"
    assert partial["status"] == "partial"
    assert partial["unprocessed"][0]["code"] == 515
    assert partial["unprocessed"][0]["error"].endswith("Skipped record number : 2")
    assert back["record"]["profileData"]["Level"] == 129
    mine = ct.read_profile(identity="node-129", account=_account(server), progress=False)
    assert mine["profileData.Level"].tolist() == [129]


def test_a_wrong_passcode(client: Path, server: SandboxServer) -> None:
    """The client hands the refusal on as it came."""
    login = {"id": server.account_id, "passcode": "wrong", "url": server.url}
    calls = [["profile", {"identity": "5555555555"}]]
    done = subprocess.run(
        ["node", "calls.js"],
        cwd=client,
        env={**os.environ, "FIDELITY_ACCOUNT": json.dumps(login), "FIDELITY_CALLS": json.dumps(calls)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout)[0]["found"] == {
        "status": "fail",
        "error": "Invalid Credentials",
        "code": 401,
    }
