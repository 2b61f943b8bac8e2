"""What Binder does with ``binder/``, without Docker: a fresh environment of it alone runs every notebook."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BINDER = ROOT / "binder"
# The names that repo2docker reads; it passes over any other without a word.
KNOWN = {"runtime.txt", "requirements.txt", "postBuild", "apt.txt", "environment.yml", "start"}
NOT_IN_A_CLONE = shutil.ignore_patterns(
    ".git", ".venv*", ".*_cache", "__pycache__", "build", "dist", "_build", "*.egg-info", ".hypothesis"
)


def test_repo2docker_knows_every_file() -> None:
    """A misspelt file would silently not be used."""
    assert {path.name for path in BINDER.iterdir()} <= KNOWN


def test_the_python_is_one_that_the_package_supports() -> None:
    """Without a pinned version an old default is taken, on which pandas 3 cannot be installed."""
    found = re.fullmatch(r"python-(\d+)\.(\d+)\n?", (BINDER / "runtime.txt").read_text("utf-8"))
    assert found
    assert (int(found[1]), int(found[2])) >= (3, 11)


def test_the_checkout_is_what_is_installed() -> None:
    """Pages and package belong to the same commit."""
    assert (BINDER / "requirements.txt").read_text("utf-8").split() == [".[notebook]"]


def test_post_build_can_be_executed() -> None:
    """It runs as a program of its own."""
    assert (BINDER / "postBuild").stat().st_mode & stat.S_IXUSR


@pytest.mark.binder
@pytest.mark.skipif("'binder' not in config.getoption('-m')", reason="takes a minute: -m binder")
def test_a_fresh_environment_runs_every_notebook(tmp_path: Path) -> None:
    """From binder/ alone: installed, built, every notebook gives what is saved, and leaves no socket open."""
    clone, venv = tmp_path / "clone", tmp_path / "venv"
    shutil.copytree(ROOT, clone, ignore=NOT_IN_A_CLONE)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))},
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": "",
    }
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    for command in (
        ["pip", "install", "-q", "-r", "binder/requirements.txt"],
        ["./binder/postBuild"],
        ["python", "docs/execute_notebooks.py", "--check"],
    ):
        done = subprocess.run(
            [shutil.which(command[0], path=environment["PATH"]) or command[0], *command[1:]],
            cwd=clone,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
