"""Decoding alone, without a network: ``python tests/benchmarks/bench_decode.py`` prints the ratios.

Each figure is CPU time of one thread, the median of interleaved repeats, of decoding all pages and building
the frame, against ``orjson.loads`` of the same bytes with its result dropped. A read decodes two pages at a
time, beside the network, and so takes less than these figures say.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest
from pages import PAGE, World, record

from ct_pandas._decode.decoder import PageDecoder
from ct_pandas._frame.frame import build

ROWS = 50_000
MOST = {
    "people": 1.0,
    "mixed": 1.5,
    "summaries": 1.0,
    "few": 3.0,
    "sparse": 5.0,
    "devices": 3.0,
    "events": 1.0,
}


def bodies(kind: str, rows: int = ROWS) -> list[bytes]:
    """Make the pages of a world."""
    world, dice = World(rows=rows, kind=kind), random.Random(0)
    return [
        json.dumps(
            {
                "status": "success",
                "next_cursor": "a%3D%3D",
                "records": [record(number, world, dice) for number in range(start, start + PAGE)],
            },
            separators=(",", ":"),
        ).encode()
        for start in range(0, rows, PAGE)
    ]


def parse(pages: Sequence[bytes]) -> None:
    """Parse pages into Python objects, and drop them."""
    for page in pages:
        orjson.loads(page)


def decode(pages: Sequence[bytes], kind: Any) -> list[Any]:
    """Decode the pages of one walk."""
    decoder = PageDecoder(kind)
    return [decoder.decode(page) for page in pages]


def seconds(works: Sequence[Callable[[], Any]], repeats: int = 5) -> list[float]:
    """Give the median CPU seconds of each, in turns."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, times in zip(works, spent, strict=True):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
    return [statistics.median(times) for times in spent]


def ratios(world: str) -> tuple[float, float, float]:
    """Give bytes per record, and decoding and the whole way to a frame as ratios."""
    pages = bodies(world)
    kind: Any = "events" if world == "events" else "people"
    decoded = decode(pages, kind)
    loads, first, second = seconds(
        [
            lambda: parse(pages),
            lambda: decode(pages, kind),
            lambda: build(decoded, kind=kind, timezone="Asia/Kolkata"),
        ]
    )
    return sum(map(len, pages)) / ROWS, first / loads, (first + second) / loads


@pytest.mark.benchmark
@pytest.mark.parametrize("world", MOST)
def test_decoding_beside_orjson(world: str) -> None:
    """Bytes to a typed frame cost about what parsing the same bytes into objects costs."""
    size, decoding, whole = ratios(world)
    print(f"\n{world:<10} {size:6.0f} bytes a record: decode {decoding:.2f}, with the frame {whole:.2f}")
    assert whole <= MOST[world]


if __name__ == "__main__":
    print("CPU time against orjson.loads of the same pages")
    for name in MOST:
        size, decoding, whole = ratios(name)
        print(f"{name:<10} {size:6.0f} bytes a record: decode {decoding:.2f}, with the frame {whole:.2f}")
