"""Two notebooks on one account, for minutes, under faults: everything stays whole, and nothing grows.

``python tests/soak/soak.py --minutes 5 --users 20000`` prints its figures as JSON; it fails where a result is
not whole, rows do not arrive, or open files, threads or memory grow.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

import ct_pandas as ct
from ct_pandas.sandbox import Fault, SandboxServer

DAYS = ("2025-07-01", "2025-12-31")
READS = [
    ("throttle_429", {}),
    ("throttle_200", {}),
    ("error_500", {}),
    ("html_503", {}),
    ("reset", {}),
    ("cut_body", {"keep": 0.6}),
    ("truncated_json", {"keep": 0.6}),
    ("slow_drip", {"seconds": 0.02, "chunks": 5}),
    ("in_progress", {}),
    ("accepted_202", {}),
    ("cursor_invalidated", {}),
    ("repeated_cursor", {"cycle": 1}),
    ("empty_page_that_goes_on", {}),
    ("empty_export", {}),
    ("login_refused", {}),
    ("hang", {"seconds": 0.3}),
]
UPLOADS = [
    ("throttle_429", {}),
    ("error_500", {"carried_out": True}),
    ("lost_answer_after", {}),
    ("lost_answer_before", {}),
    ("cut_body", {"keep": 0.5}),
    ("unaccounted", {}),
]


# What a figure may grow by: a share and an amount. Memory is what stays once the allocators have given back
# what is free; before that its figure wanders by a hundred megabytes.
ALLOWED = {
    "files": (1.0, 2),
    "threads": (1.0, 1),
    "objects": (1.02, 500),
    "blocks": (1.02, 500),
    "megabytes in use": (1.02, 1),
    "arrow megabytes": (1.0, 1),
    "megabytes": (1.05, 20),
}

# As they come, these keep much of what is free, and more with time: ``malloc_trim`` leaves the end of each
# thread's arena alone, which may be twice the largest block ever freed; Arrow's pool keeps what ended
# threads left.
GIVING = {
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


class Stopping:
    """A bar that calls the work off now and then."""

    left = 0

    def __init__(self, **_: Any) -> None:
        return

    def update(self, _: int) -> None:
        """Count a call."""
        Stopping.left -= 1
        if Stopping.left == 0:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Have nothing to close."""


class Notebook:
    """One of two at work: reads, goes on after every stop, writes, and looks at what it holds."""

    def __init__(self, name: str, account: ct.Account, folder: Path) -> None:
        self.name, self.account, self.folder = name, account, folder
        self.random = random.Random(name)
        self.works = [self.people, self.events, self.events, self.on_disk, self.by_id, self.write]
        self.truth: dict[str, int] = {}
        self.tally: Counter[str] = Counter()
        self.samples: list[dict[str, float]] = []
        self.peak = 0.0

    def until(self, deadline: float) -> None:
        """Work until the time is up."""
        while time.monotonic() < deadline:
            for work in self.random.sample(self.works, len(self.works)):
                if time.monotonic() < deadline:
                    work()
                    self._look()

    def _read(self, rows: str, **more: Any) -> pd.DataFrame:
        stop = self.random.choice([0, 0, 0, self.random.randint(2, 30)])
        Stopping.left = stop
        options = {
            "batch_size": self.random.choice([1150, 2300, 5000]),
            "parallel": self.random.randint(1, 3),
        }
        return self._to_the_end(
            lambda: ct.read_clevertap_events(
                "App Launched",
                *DAYS,
                rows=rows,
                progress=Stopping if stop else False,
                account=self.account,
                **(options | more),
            )
        )

    def _to_the_end(self, work: Any) -> Any:
        """Go on after whatever stops it."""
        while True:
            try:
                return work()
            except (ct.DownloadError, ct.DownloadInterrupted) as error:
                self.tally[f"stopped: {type(error).__name__}"] += 1
                self._part(error.partial)
                Stopping.left = 0
                work = error.resume
            except ct.AuthenticationError:
                self.tally["refused at once"] += 1

    def _part(self, partial: Any) -> None:
        """Check that what stopped is not called whole, unless it is."""
        if isinstance(partial, pd.DataFrame) and partial.attrs["clevertap"]["complete"]:
            self.tally["stopped when all was there"] += 1
            kind = partial.attrs["clevertap"]["kind"]
            assert len(partial) == self.truth.get(kind, len(partial)), f"{kind}: not whole"

    def _whole(self, kind: str, frame: Any) -> None:
        self.tally["records"] += len(frame)
        self.tally[f"whole: {kind}"] += 1
        assert frame.attrs["clevertap"]["complete"]
        assert self.truth.setdefault(kind, len(frame)) == len(frame), f"{kind}: not whole"

    def people(self) -> None:
        """Read everybody."""
        self._whole("people", self._read("profile"))

    def events(self) -> None:
        """Read every occurrence, now and then with a checkpoint."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            kept = {"checkpoint": Path(folder) / "kept"} if self.random.random() < 0.3 else {}
            self._whole("events", self._read("event", **kept))

    def on_disk(self) -> None:
        """Download to disk."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            found = self._to_the_end(
                lambda: ct.download_clevertap_events(
                    "App Launched",
                    *DAYS,
                    rows="event",
                    directory=Path(folder) / "there",
                    progress=False,
                    account=self.account,
                )
            )
            self._whole("events", found.to_frame())

    def by_id(self) -> None:
        """Look up fifty people."""
        ids = [f"CUST-{n:06}" for n in self.random.sample(range(2000), 50)]
        with warnings.catch_warnings(action="ignore"):
            found = self._to_the_end(
                lambda: ct.read_profile(identity=ids, progress=False, account=self.account)
            )
        self.tally["records"] += len(found)

    def write(self) -> None:
        """Send new profiles; send again what may be sent again, until all have arrived."""
        first = self.tally["rows sent"]
        frame = pd.DataFrame(
            {"identity": [f"{self.name}-{n}" for n in range(first, first + 600)], "mark": first}
        )
        self.tally["rows sent"] += len(frame)
        work = lambda: frame.clevertap.upload(parallel=2, progress=False, account=self.account)  # noqa: E731
        with warnings.catch_warnings(action="ignore"):
            for _ in range(50):
                try:
                    report = work()
                except (ct.UploadError, ct.UploadInterrupted) as error:
                    report = error.report
                    self.tally[f"stopped: {type(error).__name__}"] += 1
                assert sum(report.counts.values()) == len(frame)
                if report.ok:
                    return
                work = report.retry
        raise AssertionError(f"not all rows arrived: {report.counts}")

    def _look(self) -> None:
        """Note what this process holds."""
        gc.collect()
        self.peak = max(self.peak, rss())
        give_back()
        self.samples.append(
            {
                "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
                "threads": threading.active_count(),
                "megabytes": rss(),
                "objects": len(gc.get_objects()),
                "blocks": sys.getallocatedblocks(),
                "megabytes in use": in_use(),
                "arrow megabytes": pa.total_allocated_bytes() / 1e6,
            }
        )


def rss() -> float:
    """Return this process's memory in megabytes."""
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Mallinfo(ctypes.Structure):
    """The ``struct mallinfo2`` of glibc."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def in_use() -> float:
    """Return the megabytes that were asked of the system's allocator and not freed (glibc; else nought)."""
    try:
        ask = ctypes.CDLL("libc.so.6").mallinfo2
    except (OSError, AttributeError):
        return 0.0
    ask.restype = Mallinfo
    told = ask()
    return float(told.uordblks + told.hblkhd) / 1e6


def give_back() -> None:
    """Have the allocators of Arrow and of the system (glibc) give back what is free."""
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def grown(samples: list[dict[str, float]], name: str, warm: int) -> tuple[float, float]:
    """Return a figure early, once every kind of work was done, and at the end: medians of many looks."""
    values = [sample[name] for sample in samples]
    third = max(1, len(values) // 3)
    return statistics.median(values[warm : warm + third] or values), statistics.median(values[-third:])


def notebook(name: str) -> None:
    """Be one notebook, in a process of its own."""
    told = json.loads(sys.stdin.readline())
    account = ct.Account(
        told["id"], told["passcode"], base_url=told["url"], timezone="Asia/Kolkata", max_wait=60.0
    )
    with tempfile.TemporaryDirectory() as folder:
        mine = Notebook(name, account, Path(folder))
        mine.until(time.monotonic() + told["seconds"])
    figures = {key: grown(mine.samples, key, len(mine.works)) for key in mine.samples[0]}
    print(
        json.dumps({"tally": mine.tally, "figures": figures, "looks": len(mine.samples), "peak": mine.peak})
    )


def trouble(server: SandboxServer, stop: threading.Event, chance: random.Random) -> None:
    """Order faults, one for every dozen requests: with more, nobody would get on."""
    seen = 0
    while not stop.wait(0.1):
        if len(server.requests) < seen + 12:
            continue
        seen = len(server.requests)
        kind, details = chance.choice(READS if chance.random() < 0.75 else UPLOADS)
        on = "upload" if (kind, details) in UPLOADS and (kind, details) not in READS else "page"
        on = "mint" if kind == "empty_export" else on
        server.order(
            Fault(kind, on=on, after=chance.randint(0, 6), times=chance.choice([1, 1, 2, 4]), **details)
        )


def soak(minutes: float, users: int) -> dict[str, Any]:
    """Run it and return the figures."""
    stop = threading.Event()
    with SandboxServer(users=users, journal_size=200_000) as server:
        troubled = threading.Thread(target=trouble, args=(server, stop, random.Random(0)))
        troubled.start()
        login = {
            "id": server.account_id,
            "passcode": server.passcode,
            "url": server.url,
            "seconds": minutes * 60,
        }
        started = time.monotonic()
        at_work = [
            subprocess.Popen(
                [sys.executable, __file__, "--notebook", name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | GIVING,
            )
            for name in ("one", "two")
        ]
        try:
            for process in at_work:
                assert process.stdin
                process.stdin.write(json.dumps(login) + "\n")
                process.stdin.close()
            told = [process.stdout.read() if process.stdout else "" for process in at_work]
            codes = [process.wait(60) for process in at_work]
        finally:
            stop.set()
            troubled.join()
            for process in at_work:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                if process.stdout:
                    process.stdout.close()
        seconds = time.monotonic() - started
        struck = Counter(arrival.fault for arrival in server.requests if arrival.fault)
        requests = len(server.requests)
    assert codes == [0, 0], told
    found = [json.loads(text) for text in told]
    tally: Counter[str] = Counter()
    for one in found:
        tally.update(one["tally"])
    return {
        "minutes": round(seconds / 60, 2),
        "requests": requests,
        "faults": dict(struck.most_common()),
        "tally": dict(tally.most_common()),
        "notebooks": [{key: one[key] for key in ("looks", "figures", "peak")} for one in found],
    }


def judge(figures: dict[str, Any]) -> list[str]:
    """Say what grew."""
    grew = []
    for number, one in enumerate(figures["notebooks"]):
        for name, (share, slack) in ALLOWED.items():
            early, late = one["figures"][name]
            if late > early * share + slack:
                grew.append(f"notebook {number}: {name} grew from {early:.0f} to {late:.0f}")
    return grew


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--notebook")
    given = parser.parse_args()
    if given.notebook:
        notebook(given.notebook)
        return
    figures = soak(given.minutes, given.users)
    print(json.dumps(figures, indent=1))
    sys.exit("\n".join(judge(figures)) or 0)


if __name__ == "__main__":
    main()
