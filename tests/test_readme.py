"""The README: its lines run as printed, its commands are the ones that are run, its links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib
from pathlib import Path

import pytest

import ct_pandas as ct
from ct_pandas import __main__ as demo
from ct_pandas import _sandbox

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
LINES = 10


def block(language: str, number: int = 0) -> str:
    """Return a fenced block."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)[number]


def test_its_lines_print_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten lines that read, look and write, with their real output."""
    monkeypatch.setattr(_sandbox, "_running", [])
    monkeypatch.setattr(_sandbox, "_worlds", [])
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(block("python"), "README.md", "exec"), {})
    _sandbox._stop()
    assert said.getvalue() == block("text")


def test_they_are_ten_lines() -> None:
    """What the heading says."""
    assert len([line for line in block("python").splitlines() if line.strip()]) <= LINES


@pytest.mark.parametrize("number", range(2))
def test_a_command_is_one_line_that_needs_only_python(number: int) -> None:
    """It works in a fresh clone on a machine with Python, pip and git."""
    command = block("sh", number)
    assert command.count("\n") == 1
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q -e '.[")


def test_the_checks_run_the_command_of_the_readme() -> None:
    """What is told to users is what is run before every change."""
    checks = (ROOT / ".ci" / "run").read_text("utf-8")
    install, _, tests = block("sh", 1).strip().rpartition(" && ")
    assert install in checks
    assert tests in checks


def test_its_links_lead_somewhere() -> None:
    """Links into the repository are files of it."""
    for target in re.findall(r"\]\(([^)#\s]+)", README):
        assert "://" in target or (ROOT / target).exists(), target


def test_the_package_index_gets_no_link_that_leads_nowhere() -> None:
    """It has no file of the repository: pictures are left out there, links into it are words."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shown = README
    for one in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        shown = re.sub(one["pattern"], one["replacement"], shown)
    assert all("://" in target for target in re.findall(r"\]\(([^)]*)\)", shown))
    assert "](" in shown
    assert "![" not in shown
    assert shown.split("## ", 1)[0].count("\n") < 6


def test_every_picture_is_described() -> None:
    """Who cannot see them reads what they show."""
    pictures = re.findall(r"!\[(.*?)\]\(", README)
    assert pictures
    assert all(len(words.split()) >= LINES for words in pictures)


def test_the_verbs_exist() -> None:
    """The table of verbs names what there is."""
    names = set(re.findall(r"`ct\.(\w+)`", README))
    assert len(names) >= LINES
    assert names <= set(ct.__all__)


@pytest.mark.parametrize("users", ["0", "-5", "many"])
def test_the_demo_says_how_many_it_needs(users: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A world in which nobody bought anything has nothing to show."""
    with pytest.raises(SystemExit):
        demo.main(["--users", users])
    assert "at least 50" in capsys.readouterr().err


def test_the_demo_goes_on_where_no_picture_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a folder that is read only: the rest of it is worth seeing."""
    assert demo.main(["--users", "300", "--picture", str(tmp_path / "no-folder" / "retention.png")]) == 0
    told = capsys.readouterr().out
    assert "No picture" in told
    assert "Dry run" in told


def test_sandboxes_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever compares two accounts makes two; the last few go on answering, the last one is the default."""
    monkeypatch.setattr(_sandbox, "_running", [])
    monkeypatch.setattr(_sandbox, "_worlds", [])
    accounts = [ct.connect_sandbox(users=users) for users in range(20, 26)]
    try:
        assert ct.Account.default() == accounts[-1] == ct.connect_sandbox()
        assert len(_sandbox._running) == _sandbox.SIDE_BY_SIDE
        for account in accounts[-_sandbox.SIDE_BY_SIDE :]:
            assert ct.count_profiles("App Launched", "2025-07-01", "2025-12-31", account=account) > 0
    finally:
        _sandbox._stop()
