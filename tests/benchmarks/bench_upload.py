"""Uploads against the idiomatic way, as ratios in one run: ``python tests/benchmarks/bench_upload.py``."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import requests

import ct_pandas as ct
from ct_pandas._records.batches import batches
from ct_pandas._records.keywords import Keywords
from ct_pandas._records.outgoing import outgoing
from ct_pandas._records.pieces import Pieces
from ct_pandas._records.times import Times

pytestmark = pytest.mark.benchmark
ROWS = 50_000


def _frame(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "identity": [f"CUST-{i:07d}" for i in range(rows)],
            "email": [f"person{i}@example.com" for i in range(rows)],
            "phone": [f"+1{2000000000 + i}" for i in range(rows)],
            "plan": pd.Categorical(rng.choice(["free", "silver", "gold"], rows)),
            "points": pd.array(rng.integers(0, 5000, rows)),
            "spent": np.where(rng.random(rows) < 0.1, np.nan, rng.random(rows) * 100),
            "paid": rng.random(rows) < 0.5,
            "signup": pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.arange(rows), unit="min"),
        }
    )


def _serve(ready: multiprocessing.connection.Connection, delay: float) -> None:  # type: ignore[name-defined]
    """Answer every upload with success; the sandbox would be measured along with the client."""
    listener = socket.create_server(("127.0.0.1", 0))
    ready.send(listener.getsockname()[1])
    while True:
        threading.Thread(target=_talk, args=(listener.accept()[0], delay), daemon=True).start()


def _talk(connection: socket.socket, delay: float) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            if not (more := connection.recv(1 << 16)):
                return
            data += more
        head, _, data = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(data) < length:
            data += connection.recv(1 << 16)
        body, data = data[:length], data[length:]
        time.sleep(delay)
        count = body.count(b'"type":')
        answer = b'{"status":"success","processed":%d,"unprocessed":[]}' % count
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(answer), answer)
        )


@contextmanager
def _server(delay: float = 0.0) -> Iterator[ct.Account]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, delay), daemon=True)
    process.start()
    try:
        yield ct.Account("TEST-1", "none", base_url=f"http://127.0.0.1:{ours.recv()}")
    finally:
        process.terminate()
        process.join()


def _bodies(frame: pd.DataFrame) -> list[bytes]:
    going = outgoing(frame, Keywords(kind="profile"))
    made = batches(Pieces(going, Times("UTC")).cut(), going, np.ones(len(frame), bool), 100)
    return [batch.body() for batch in made]


def _bare_loop(account: ct.Account, bodies: list[bytes]) -> float:
    """Post bodies that are ready-made, and read the answers."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"X-CleverTap-Account-Id": "x", "X-CleverTap-Passcode": "y"})
    session.headers["Content-Type"] = "application/json"
    start = time.perf_counter()
    for body in bodies:
        assert json.loads(session.post(f"{account.host}/1/upload", data=body, timeout=60).content)[
            "processed"
        ]
    return time.perf_counter() - start


def _upload(account: ct.Account, frame: pd.DataFrame, parallel: int = 1) -> float:
    start = time.perf_counter()
    report = frame.clevertap.upload(account=account, progress=False, parallel=parallel)
    assert report.ok
    assert len(report.rows) == len(frame)
    assert report._repr_html_()
    return time.perf_counter() - start


def test_an_upload_costs_little_more_than_posting_ready_made_bodies() -> None:
    """50,000 rows at no latency cost at most twice a bare loop, the report included."""
    frame = _frame(ROWS)
    bodies = _bodies(frame)
    with _server() as account:
        _upload(account, frame.head(1000))
        pairs = [(_bare_loop(account, bodies), _upload(account, frame)) for _ in range(5)]
    bare, ours = (min(times) for times in zip(*pairs, strict=True))
    print(f"\n50,000 rows: bare loop {bare:.2f} s, upload {ours:.2f} s: {ours / bare:.2f} x")
    assert ours <= 2 * bare


def test_three_calls_side_by_side_are_nearly_three_times_as_fast() -> None:
    """With 50 ms latency parallel=3 is at least 2.6 times as fast as 1."""
    frame = _frame(10_000)
    with _server(0.05) as account:
        one, three = (_upload(account, frame, parallel) for parallel in (1, 3))
    print(f"\n10,000 rows at 50 ms: 1 lane {one:.2f} s, 3 lanes {three:.2f} s: {one / three:.2f} x")
    assert one >= 2.6 * three


def test_a_million_rows_are_checked_in_seconds() -> None:
    """Validation works on whole columns."""
    frame = _frame(1_000_000)
    start = time.perf_counter()
    problems = frame.clevertap.validate()
    took = time.perf_counter() - start
    print(f"\n1,000,000 rows of {frame.shape[1]} columns checked in {took:.2f} s")
    assert not len(problems)
    assert took < 20


def test_redacting_costs_little_more_than_hashing() -> None:
    """A frame takes at most twice as long as a bare loop that hashes what is personal in it."""
    frame = _frame(200_000)
    frame.clevertap.redact(salt="warm")
    start = time.process_time()
    for name in ("identity", "email", "phone"):
        [hashlib.blake2b(text.encode(), digest_size=8, key=b"salt").hexdigest() for text in frame[name]]
    bare = time.process_time() - start
    start = time.process_time()
    frame.clevertap.redact(salt="salt")
    ours = time.process_time() - start
    print(f"\n200,000 rows: bare loop {bare:.2f} s, redact {ours:.2f} s: {ours / bare:.2f} x")
    assert ours <= 2 * bare


def test_memory_does_not_grow_with_the_frame() -> None:
    """Checking and encoding work in slices: twice the rows take about the same memory."""
    peaks = []
    for rows in (100_000, 200_000):
        frame = _frame(rows)
        going = outgoing(frame, Keywords(kind="profile"))
        frame.head(10).clevertap.validate()
        tracemalloc.start()
        frame.clevertap.validate()
        for _ in batches(Pieces(going, Times("UTC")).cut(), going, np.ones(rows, bool), 100):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    print(f"\npeak while checking and encoding: {peaks[0] / 1e6:.1f} MB, then {peaks[1] / 1e6:.1f} MB")
    assert peaks[1] < 1.3 * peaks[0]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-s", "-q", "-m", "benchmark"]))
