"""Retention on 5 million rows of 500,000 people, beside finding births and attaching them in pandas.

``python tests/benchmarks/bench_cohorts.py`` prints ratios; memory is the growth of a fresh
process at its peak (Linux).
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ct_pandas.cohorts import retention

ROWS, PEOPLE = 5_000_000, 500_000
REPEATS = 5


def make_events(rows: int = ROWS, people: int = PEOPLE) -> pd.DataFrame:
    """Give a quarter of events by text identities in a zone that changes its clocks."""
    random = np.random.default_rng(0)
    names = pd.Series([f"user-{number}" for number in range(people)], dtype="str")
    start = pd.Timestamp("2025-01-01", tz="UTC").as_unit("us")
    ts = start + pd.to_timedelta(random.integers(0, 90 * 86400, rows), unit="s")
    identity = names.take(random.integers(0, people, rows)).reset_index(drop=True)
    return pd.DataFrame({"ts": pd.Series(ts).dt.tz_convert("Europe/Berlin"), "identity": identity})


def births_and_merge(events: pd.DataFrame) -> pd.DataFrame:
    """Do what every tutorial starts with: one groupby-min and one merge of the same frame."""
    births = events.groupby("identity")["ts"].min().rename("birth")
    return events.merge(births, left_on="identity", right_index=True)


def best_times(works: list[Callable[[pd.DataFrame], Any]], events: pd.DataFrame) -> list[float]:
    """Give the shortest of a few runs of each, in seconds; in turns, so that a busy moment meets all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            work(events)
            taken.append(time.perf_counter() - start)
    return [min(taken) for taken in times]


def in_many_days(events: pd.DataFrame) -> Any:
    """Count the widest table."""
    return retention(events, kind="unbounded", freq="D", periods=30)


def _memory(field: str) -> int:
    """Read a line of Linux's account of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def _growth(stored: str) -> tuple[int, int]:
    events = pd.read_pickle(stored)
    retention(events.head(1000))  # imports and caches do not belong to the frame
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    retention(events)
    return int(events.memory_usage(deep=True).sum()), _memory("VmHWM") - before


def measure_memory(events: pd.DataFrame) -> tuple[int, int]:
    """Give the bytes of the frame and the growth of the peak, in a process that only loaded the frame."""
    spawned = ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"))
    with tempfile.TemporaryDirectory() as folder, spawned as pool:
        stored = f"{folder}/events.pickle"
        events.to_pickle(stored)
        return pool.submit(_growth, stored).result()


@pytest.mark.benchmark
def test_retention_is_no_slower_than_one_groupby_and_one_merge() -> None:
    """Five million rows take no longer than finding the births and attaching them."""
    ours, theirs = best_times([retention, births_and_merge], make_events())
    assert ours <= theirs


def main() -> None:
    """Print the ratios."""
    events = make_events()
    ours, wide, theirs = best_times([retention, in_many_days, births_and_merge], events)
    print(f"rows {len(events):,}, people {PEOPLE:,}")
    print(f"retention {ours:.2f} s, groupby-min + merge {theirs:.2f} s: ratio {ours / theirs:.2f}")
    print(f"unbounded, 31 days: {wide:.2f} s: ratio {wide / theirs:.2f}")
    frame, growth = measure_memory(events)
    print(f"frame {frame / 1e6:.0f} MB, peak grew by {growth / 1e6:.0f} MB: ratio {growth / frame:.2f}")


if __name__ == "__main__":
    main()
