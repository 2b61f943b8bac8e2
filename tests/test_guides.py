"""The guides that one works along: their code runs on the sandbox, in order, and prints what they show."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ct_pandas as ct

GUIDES = Path(__file__).resolve().parent.parent / "docs" / "guides"
BLOCKS = re.compile(r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)


def blocks(name: str) -> list[tuple[str, str]]:
    """Return the code of a guide, each piece with what is shown below it."""
    return BLOCKS.findall((GUIDES / f"{name}.md").read_text("utf-8"))


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ct.Account]:
    """Give the sandbox's account by way of the environment, and an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    with ct.Sandbox() as sandbox:
        for name, value in environment(sandbox.account).items():
            monkeypatch.setenv(name, value)
        yield sandbox.account


def environment(account: ct.Account) -> dict[str, str]:
    """Return the variables that a shell would have."""
    found = {
        "ACCOUNT_ID": account.account_id,
        "PASSCODE": account.passcode,
        "BASE_URL": account.base_url,
        "TIMEZONE": account.timezone or "",
    }
    return {f"CLEVERTAP_{name}": value for name, value in found.items()}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", ["spreadsheets", "joining", "operators"])
def test_it_runs_and_prints_what_it_shows(name: str) -> None:
    """Every block in order, in one namespace, without a warning."""
    found = blocks(name)
    assert found
    names: dict[str, Any] = {}
    for code, shown in found:
        assert printed(code, names) == shown


def printed(code: str, names: dict[str, Any]) -> str:
    """Run a block and return what it prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings():
        exec(compile(code, "guide", "exec"), names)
    return said.getvalue()


def run(account: ct.Account, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the nightly script as cron would."""
    path = [str(GUIDES.parent.parent), os.environ.get("PYTHONPATH", "")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_")}
    return subprocess.run(
        [sys.executable, "nightly.py", *arguments],
        env=kept | environment(account) | {"PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_nightly_script_keeps_a_day_and_does_it_once(account: ct.Account) -> None:
    """The file is whole, the pages are gone, a second run changes nothing, and a stranger gets code 1."""
    import pandas as pd

    (script, _), (sending, shown) = blocks("nightly")
    Path("nightly.py").write_text(script, "utf-8")
    first = run(account, "2025-10-03")
    assert first.returncode == 0, first.stderr
    kept = pd.read_parquet("purchases/2025-10-03.parquet")
    assert len(kept) == ct.count_events("Charged", "2025-10-03", "2025-10-03", account=account) > 0
    assert [path.name for path in Path("purchases").iterdir()] == ["2025-10-03.parquet"]
    again = run(account, "2025-10-03")
    assert (again.returncode, "is there already" in again.stderr) == (0, True)
    stranger = ct.Account("NOBODY", "wrong", base_url=account.base_url, timezone="UTC")
    refused = run(stranger, "2025-10-04")
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert account.passcode not in first.stdout + first.stderr + again.stderr
    assert printed(sending, {}) == shown


@pytest.mark.usefixtures("account")
def test_the_nightly_script_keeps_what_is_not_counted_and_of_mixed_types() -> None:
    """A project may refuse counts, and send text among numbers, which no column of a Parquet file holds."""
    import pandas as pd

    from ct_pandas.sandbox.faults import Fault

    Path("nightly.py").write_text(blocks("nightly")[0][0], "utf-8")
    with ct.Sandbox(faults=[Fault("echo_passcode", on="counts", times=None)]) as sandbox:
        zone = sandbox.account.timezone
        odd = {
            "identity": ["0000016"],
            "ts": [pd.Timestamp("2025-10-03 12:00", tz=zone)],
            "Amount": ["12,50"],
        }
        pd.DataFrame(odd).clevertap.upload_events("Charged", progress=False, account=sandbox.account)
        done = run(sandbox.account, "2025-10-03")
    assert (done.returncode, "counted: None" in done.stderr) == (0, True), done.stderr
    kept = pd.read_parquet("purchases/2025-10-03.parquet")
    assert "12,50" in kept["event_props.Amount"].to_list()
    assert kept.attrs["clevertap"]["complete"]


@pytest.mark.usefixtures("account")
def test_the_nightly_script_goes_on_where_it_stopped() -> None:
    """What is over in a while is code 75, and the next run has all of it."""
    from ct_pandas.sandbox.faults import Fault

    Path("nightly.py").write_text(blocks("nightly")[0][0], "utf-8")
    away = Fault("throttle_429", on="page", retry_after=10_000)  # longer than anybody waits
    with ct.Sandbox(faults=[away]) as busy:
        stopped = run(busy.account, "2025-10-03")
        assert (stopped.returncode, "Traceback" in stopped.stderr) == (75, False), stopped.stderr
        assert [path.name for path in Path("purchases").iterdir()] == ["2025-10-03.partial"]
        done = run(busy.account, "2025-10-03")
        assert (done.returncode, "complete: True" in done.stderr) == (0, True), done.stderr
    assert [path.name for path in Path("purchases").iterdir()] == ["2025-10-03.parquet"]
