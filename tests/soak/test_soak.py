"""Load: run it with ``-m soak``, by hand or at night; ``SOAK_MINUTES`` says for how long."""

from __future__ import annotations

import os

import pytest
import soak


@pytest.mark.soak
def test_two_notebooks_on_one_account() -> None:
    """Millions of records under faults: all whole, and open files, threads and memory flat at the end."""
    figures = soak.soak(float(os.environ.get("SOAK_MINUTES", "5")), 20_000)
    assert not soak.judge(figures)
    print(figures)
