"""The list of threats names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_every_test_that_the_list_names_is_there() -> None:
    """A promise whose test was renamed or removed is noticed."""
    page = (TESTS.parent / "docs" / "threats.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name
        for path in TESTS.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 25
    assert named <= there, f"not there: {sorted(named - there)}"
    assert all((TESTS / name).exists() for name in re.findall(r"`(test_\w+\.py)`", page))
