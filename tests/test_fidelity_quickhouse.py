"""A public client, written in Rust by somebody else, exports from the sandbox and gets everything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ct_pandas as ct
from ct_pandas.sandbox import Fault, SandboxServer

from sandbox_raw import Raw

RUNS = Path(__file__).parent / "fidelity" / "quickhouse_runs.py"
CLIENT = "quickhouse==0.21.0"
REQUIRED = bool(os.environ.get("CT_PANDAS_REQUIRE_QUICKHOUSE"))
OCTOBER = {"event_name": "Charged", "from_date": "2025-10-01", "to_date": "2025-10-31", "batch_size": 46}

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the client, ready-made, where nothing else is."""
    folder = tmp_path_factory.mktemp("quickhouse")
    options = "-q --no-deps --only-binary=:all: --disable-pip-version-check --retries=1 --timeout=30 --target"
    command = [sys.executable, "-m", "pip", "install", *options.split(), str(folder), CLIENT]
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    except subprocess.SubprocessError as error:
        reason = f"{CLIENT} could not be installed: {str(error.stderr)[-300:]}"
        if REQUIRED:
            pytest.fail(f"CT_PANDAS_REQUIRE_QUICKHOUSE is set, but {reason}")
        pytest.skip(reason)
    return folder


@pytest.fixture
def run(client: Path, tmp_path: Path) -> Run:
    """Return what runs exports of the client against a sandbox and gives what came of each."""

    def runs(server: SandboxServer, *asked: dict[str, Any], passcode: str | None = None) -> list[Any]:
        login = {"id": server.account_id, "passcode": passcode or server.passcode, "url": server.url}
        inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        done = subprocess.run(
            [sys.executable, str(RUNS), str(tmp_path)],
            env={
                **inherited,
                "PYTHONPATH": str(client),
                "FIDELITY_ACCOUNT": json.dumps(login),
                "FIDELITY_RUNS": json.dumps([{**OCTOBER, **one} for one in asked]),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        found: list[Any] = json.loads(done.stdout)
        return found

    return runs


def _mine(server: SandboxServer) -> list[tuple[str, ...]]:
    """Read the same occurrences with this package, as the client writes them."""
    account = ct.Account(
        server.account_id, server.passcode, base_url=server.url, timezone=server.timezone, max_wait=10
    )
    read = ct.read_clevertap_events(
        "Charged", "2025-10", rows="event", batch_size=46, account=account, progress=False
    )
    stamps = read["ts"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    columns = (read["identity"].fillna(""), read["objectId"].fillna(""), stamps)
    return list(zip(*columns, strict=True))


def _theirs(found: dict[str, Any]) -> list[tuple[str, ...]]:
    assert found["error"] is None
    return [(row["identity"], row["objectId"], row["ts"][:19]) for row in found["rows"]]


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"in_progress": 2, "end": "bare", "cursor_length": 2400, "previous_cursor": False},
        {"in_progress_as": "202", "cursor_first": False, "content_type": "never_on_get"},
    ],
)
def test_every_occurrence_in_the_same_order(run: Run, switches: dict[str, Any]) -> None:
    """Both clients read the same events over several pages, however the account words what is not settled."""
    with SandboxServer(users=400, **switches) as server:
        (found,) = run(server, {})
        assert _theirs(found) == _mine(server)
        assert len(found["rows"]) > 46


def test_values_arrive(run: Run) -> None:
    """Numbers and lists of items are what was stored."""
    sent = {"type": "event", "identity": "u1", "ts": 1_760_000_000, "evtName": "Charged"}
    items = [{"Category": "Bücher", "Quantity": 2}]
    with SandboxServer(users=0) as server:
        Raw(server).upload({**sent, "evtData": {"Amount": 59.99, "Items": items}})
        (found,) = run(server, {})
    (row,) = found["rows"]
    assert (row["identity"], row["Amount"], json.loads(row["Items"])) == ("u1", "59.99", items)


@pytest.mark.parametrize("kind", ["throttle_429", "error_500", "html_503", "reset"])
def test_passing_failures_cost_nothing(run: Run, kind: str) -> None:
    """A client that asks again after a failure, at the cursor and in the middle, has everything once."""
    with SandboxServer(users=400, faults=[Fault(kind, on="mint"), Fault(kind, on="page", after=2)]) as server:
        (found,) = run(server, {})
        assert _theirs(found) == _mine(server)


def test_refusals_are_in_the_words_it_knows(run: Run) -> None:
    """An unknown event, one that is not exported, no cursor any more, a wrong passcode."""
    with SandboxServer(users=400) as server:
        unknown, hidden = run(server, {"event_name": "Nope"}, {"event_name": "Notification Sent"})
        server.order(Fault("cursor_invalidated", on="page", after=2))
        (lost,) = run(server, {})
        (locked,) = run(server, {}, passcode="wrong")
    assert "Invalid event : Nope" in unknown["error"]
    assert "Export not allowed for this event" in hidden["error"]
    assert "Invalid cursor" in lost["error"]
    assert "401" in locked["error"]
    assert "Invalid Credentials" in locked["error"]
