"""Reading beside loops and hand-written ways: ``python tests/benchmarks/bench_read.py`` prints the table.

Every figure is the median of interleaved repeats in one run on one machine; memory is the growth of a fresh
process at its peak (Linux). ``--markdown`` prints the table as the documentation shows it.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import rivals
from pages import PageServer, World

import ct_pandas as ct

OCTOBER = ("2025-10-01", "2025-10-30")
FIXED = 150 << 20  # bytes of memory that a read may take beside its frame


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    what: str
    against: str
    ratio: float
    most: float

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The line as text."""
        return self.what, self.against, f"{self.ratio:.2f}", f"{self.most:.2f}"


def interleaved(works: list[Callable[[], Any]], repeats: int) -> list[float]:
    """Give the median seconds of each, in turns, so that a busy moment meets all.

    A first round, in which things are imported, does not count; imports have a line of their own.
    """
    for work in works:
        work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def read(server: PageServer, **options: Any) -> Any:
    """Read everything the server holds."""
    return ct.read_clevertap_events("Charged", *OCTOBER, account=server.account, progress=False, **options)


def against(
    what: str, world: World, limits: dict[str, tuple[Callable[..., Any], float]], repeats: int, **options: Any
) -> list[Line]:
    """Measure a read of a world against others."""
    rows = "events" if world.kind == "events" else "profiles"
    with PageServer(world) as server:
        rival = [functools.partial(work, server.url, rows) for work, _ in limits.values()]
        ours, *theirs = interleaved([lambda: read(server, **options), *rival], repeats)
    pairs = zip(limits.items(), theirs, strict=True)
    return [Line(what, name, ours / other, most) for (name, (_, most)), other in pairs]


LOADS = "requests + orjson.loads, pages dropped"


def speed(scale: float, repeats: int) -> list[Line]:
    """Measure what is bound by the processor."""
    rows = int(100_000 * scale)
    loop = {LOADS: (rivals.loads_dropped, 1.0)}
    lines = against(f"read {rows:,} profiles of 1 KB", World(rows), loop, repeats)
    others = {
        "Polars (read_json, unnest, pivot)": (rivals.with_polars, 0.4),
        "idiomatic pandas (json_normalize, pivot, merge)": (rivals.idiomatic_pandas, 1 / 6),
    }
    lines += against("the same", World(rows), others, repeats)
    mixed = {LOADS: (rivals.loads_dropped, 2.0)}
    lines += against("attributes of mixed type across pages", World(rows, "mixed"), mixed, repeats)
    records = rows // 4
    lines += against(
        f"{records:,} records of 5 KB", World(records, "summaries"), loop, repeats, event_summary=True
    )
    return lines


def shapes(scale: float, repeats: int) -> list[Line]:
    """Measure people whose frame is large beside their answer, or whose devices are kept as they came."""
    rows = int(50_000 * scale)
    kinds = {
        "few": f"{rows:,} people, each with 12 of 200 events in the summary",
        "sparse": f"{rows:,} people, each with 20 of 400 attributes",
        "devices": f"{rows:,} people, each with two devices of one platform",
    }
    lines = []
    for kind, what in kinds.items():
        others = {LOADS: (rivals.loads_dropped, 3.0), "Polars, as above": (rivals.with_polars, 1.2)}
        lines += against(what, World(rows, kind), others, max(1, repeats // 2), event_summary=True)
    return lines


def latency(scale: float, repeats: int) -> list[Line]:
    """Measure what is bound by the network."""
    rows = int(100_000 * scale)
    lines = []
    for seconds in (0.05, 0.1):
        loop = {"a loop that only downloads the bytes": (rivals.bytes_only, 1.15)}
        lines += against(
            f"{seconds * 1000:.0f} ms a page, one lane", World(rows, latency=seconds), loop, repeats
        )
    return lines + lanes(scale, repeats)


def lanes(scale: float, repeats: int) -> list[Line]:
    """Measure slices walked side by side."""
    world = World(int(60_000 * scale), "events", page=1_000, latency=0.1)
    with PageServer(world) as server:
        frames: dict[int, Any] = {}

        def walk(parallel: int) -> None:
            frames[parallel] = read(server, rows="event", parallel=parallel)

        three, one = interleaved([lambda: walk(3), lambda: walk(1)], max(1, repeats // 2))
        assert frames[3].equals(frames[1])
        assert server.most_in_flight <= 3
        assert server.refused == 0
    return [Line("30 days of events, parallel=3", "parallel=1, the same rows", three / one, 1 / 2.6)]


def _memory(field: str) -> int:
    """Read a line of Linux's account of this process, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024


def _fresh(url: str) -> tuple[ct.Account, int]:
    """Warm everything up that is imported once, and start to count."""
    import pyarrow.parquet  # noqa: F401

    Path("/proc/self/clear_refs").write_text("5")
    return ct.Account("BENCH-1", "bench-pass", base_url=url, timezone="Asia/Kolkata"), _memory("VmRSS")


def peak_of_read(url: str) -> tuple[int, int]:
    """Return the growth of a process that reads, and the size of the frame."""
    account, before = _fresh(url)
    frame = ct.read_clevertap_events("Charged", *OCTOBER, account=account, progress=False)
    return _memory("VmHWM") - before, int(frame.memory_usage(deep=True).sum())


def peak_of_download(url: str) -> int:
    """Return the peak of a process that downloads to disk."""
    account, _ = _fresh(url)
    with tempfile.TemporaryDirectory() as directory:
        ct.download_clevertap_events(
            "Charged", *OCTOBER, directory=directory, account=account, progress=False
        )
        return _memory("VmHWM")


def _apart(work: Callable[[str], Any], url: str) -> Any:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, url).result()


def memory(scale: float, _: int) -> list[Line]:
    """Measure peaks."""
    rows = int(100_000 * scale)
    with PageServer(World(rows)) as server:
        grown, frame = _apart(peak_of_read, server.url)
        once = _apart(peak_of_download, server.url)
    with PageServer(World(rows * 4)) as server:
        four = _apart(peak_of_download, server.url)
    what = f"peak memory of a read ({frame >> 20} MB frame)"
    return [
        Line(what, "2 × the frame + 150 MB", grown / (2 * frame + FIXED), 1.0),
        Line("download to disk, four times the data", f"its own peak ({once >> 20} MB)", four / once, 1.15),
    ]


def _seconds(work: str, before: str = "pass") -> float:
    """Measure one line of Python in a fresh process."""
    code = f"import time; {before}; t = time.perf_counter(); {work}; print(time.perf_counter() - t)"
    root = str(Path(__file__).parents[2])
    return float(
        subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=root, check=True).stdout
    )


def imports(_: float, repeats: int) -> list[Line]:
    """Measure what a notebook's first cell costs."""
    others = "pandas, requests, tqdm"
    rounds = [
        (
            _seconds("import ct_pandas"),
            _seconds("ct.connect_sandbox()", "import ct_pandas as ct"),
            _seconds(f"import {others}"),
        )
        for _ in range(2 * repeats + 3)
    ]
    ours, sandbox, theirs = (statistics.median(times) for times in zip(*rounds, strict=True))
    return [
        Line("import ct_pandas", f"import {others}", ours / theirs, 1.1),
        Line("start the sandbox", f"import {others}", sandbox / theirs, 1.0),
    ]


PARTS = {"speed": speed, "shapes": shapes, "latency": latency, "memory": memory, "imports": imports}


def table(lines: list[Line], *, markdown: bool) -> str:
    """Lay the lines out."""
    head = ("what", "against", "ratio", "at most")
    rows = [head, *(line.cells for line in lines)]
    if markdown:
        return "\n".join("| " + " | ".join(row) + " |" for row in [head, ("---",) * 4, *rows[1:]])
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


@pytest.mark.benchmark
@pytest.mark.parametrize("part", PARTS)
def test_targets(part: str) -> None:
    """The targets hold, medians of interleaved repeats."""
    for line in PARTS[part](1.0, 5):
        print(table([line], markdown=False))
        assert line.ratio <= line.most, line


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    lines = [line for part in options.parts for line in PARTS[part](options.scale, options.repeats)]
    print(table(lines, markdown=options.markdown))


if __name__ == "__main__":
    main()
