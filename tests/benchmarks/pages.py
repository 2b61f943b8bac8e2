"""Pages made in advance, and a server in a process of its own, fast enough not to be the bottleneck."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import ct_pandas as ct

PAGE = 5_000
PLANS = ["free", "trial", "pro", "team"]
CITIES = ["Mumbai", "Pune", "Berlin", "Lagos", "Lima", "Oslo"]
SUMMARIES = 60  # events in a summary: about 4 KB
FEW, EVENTS = 12, 200  # events in a summary, and events that anybody did
SOME, ATTRIBUTES = 20, 400  # attributes of a person, and of anybody


@dataclass(frozen=True)
class World:
    """What a server holds.

    Parameters
    ----------
    rows
        People, or occurrences.
    kind
        ``"people"``; ``"mixed"``: some attributes change their type from page to page; ``"summaries"``: each
        with a summary of events, about 5 KB; ``"few"``: each with a summary of a few of many events;
        ``"sparse"``: each with some of many attributes; ``"devices"``: each with two devices of a platform;
        ``"events"``: occurrences over 30 days.
    page
        Records in a page.
    latency
        Seconds before each answer.
    """

    rows: int = 100_000
    kind: str = "people"
    page: int = PAGE
    latency: float = 0.0


def person(number: int, dice: random.Random) -> dict[str, Any]:
    """Make one person of about 1 KB."""
    attributes = {
        "Customer Type": PLANS[number % 4],
        "plan": PLANS[number // 7 % 4],
        "city": CITIES[number % 6],
        "score": dice.randrange(1000),
        "ltv": round(dice.random() * 900, 2),
        "newsletter": bool(number % 3),
        "signed_up": f"$D_{1_500_000_000 + number * 60}",
        "referrer": f"campaign-{number % 37}",
        "visits": dice.randrange(100),
        "note": f"segment {number % 11}, wave {number % 5}",
        "tags": ["a", f"t{number % 9}"],
        "address": f"{number % 900} Long Street, {CITIES[number % 6]}",
        "preferences": "mail, push, whatsapp, never after nine in the evening",
        "last_order": f"order-{dice.getrandbits(64):016x}",
        "basket": dice.randrange(40),
        "discount": round(dice.random(), 3),
        "language": ["en", "hi", "de"][number % 3],
    }
    device = {
        "os_version": f"{10 + number % 8}.1",
        "app_version": f"4.{number % 30}.0",
        "make": "Maker",
        "model": f"Model {number % 50}",
        "push_token": f"{dice.getrandbits(512):0128x}",
        "objectId": f"{dice.getrandbits(128):032x}",
    }
    devices = [{"platform": "Android", **device}]
    if number % 3 == 0:
        devices.append({"platform": "Web", "os_version": "10", "objectId": f"{dice.getrandbits(128):032x}"})
    return {
        "identity": f"customer-{number:08}",
        "objectId": f"{dice.getrandbits(128):032x}",
        "email": f"user{number}@example.com",
        "phone": 490000000000 + number,
        "name": f"Person {number}",
        "profileData": attributes,
        "platformInfo": devices,
    }


def record(number: int, world: World, dice: random.Random) -> dict[str, Any]:
    """Make one record of a world."""
    if world.kind == "events":
        return {
            "profile": person(number % 20_000, dice),
            "ts": 20251001000000 + (number % 30) * 1_000_000 + number % 86_400 // 3600 * 10_000,
            "event_props": {"Amount": number % 500 / 4, "Items": number % 9, "Currency": "INR"},
            "session_props": {"utm_source": "mail", "session_source": "Others"},
        }
    found = person(number, dice)
    if world.kind == "mixed":
        page = number // world.page
        found["profileData"] |= {
            "score": str(number) if page % 2 else number,
            "ltv": None if page % 3 else number / 3,
            "odd": [number, "x", 1.5, True][number % 4],
        }
    if world.kind == "sparse":
        chosen = dice.sample(range(ATTRIBUTES), SOME)
        found["profileData"] |= {
            f"attribute {n}": [n + number, n / 7, f"value {n}", True][n % 4] for n in chosen
        }
    if world.kind == "devices":
        found["platformInfo"].append({"platform": "Android", "objectId": f"{dice.getrandbits(128):032x}"})
    if world.kind in {"summaries", "few"}:
        did = range(SUMMARIES) if world.kind == "summaries" else dice.sample(range(EVENTS), FEW)
        found["events"] = {
            f"Event {n}": {
                "count": n + number % 5,
                "first_seen": 1_457_271_567 + n,
                "last_seen": 1_458_041_215,
            }
            for n in did
        }
    return found


def render(world: World) -> list[bytes]:
    """Write the records of every page, without the envelope."""
    dice = random.Random(0)
    starts = range(0, world.rows, world.page)
    spans = [range(start, min(start + world.page, world.rows)) for start in starts]
    pages = ([record(number, world, dice) for number in span] for span in spans)
    return [json.dumps(page, separators=(",", ":")).encode() for page in pages]


class PageServer:
    """Serves a world from a process of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        context = multiprocessing.get_context("spawn")
        self._most = context.Value("i", 0)
        self._refused = context.Value("i", 0)
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(world, theirs, self._most, self._refused), daemon=True
        )
        self._process.start()
        self.port, self.bytes = ours.recv()

    @property
    def account(self) -> ct.Account:
        """The account that lives here."""
        return ct.Account("BENCH-1", "bench-pass", base_url=self.url, timezone="Asia/Kolkata")

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def most_in_flight(self) -> int:
        """The most requests that were in flight at once."""
        return int(self._most.value)

    @property
    def refused(self) -> int:
        """How many requests were answered 429."""
        return int(self._refused.value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _serve(world: World, pipe: Any, most: Any, refused: Any) -> None:
    pages = render(world)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    pipe.send((listener.getsockname()[1], sum(map(len, pages))))
    server = _Answers(world, pages, most, refused)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=server.talk, args=(connection,), daemon=True).start()


class _Answers:
    """Answers every request of a connection; more than three at once get 429."""

    def __init__(self, world: World, pages: list[bytes], most: Any, refused: Any) -> None:
        self._world, self._pages, self._most, self._refused = world, pages, most, refused
        self._in_flight, self._lock = 0, threading.Lock()

    def talk(self, connection: socket.socket) -> None:
        """Serve one connection to its end."""
        with connection, contextlib.suppress(OSError):
            for head, body in _requests(connection):
                with self._lock:
                    self._in_flight += 1
                    self._most.value = max(self._most.value, self._in_flight)
                    busy = self._in_flight > 3
                    self._refused.value += busy
                time.sleep(self._world.latency)
                parts = (
                    [b'{"status":"fail","error":"Too many concurrent requests","code":429}'] if busy else None
                )
                parts = parts or self._body(head, body)
                status = b"429 Too Many Requests" if busy else b"200 OK"
                size = sum(map(len, parts))
                with self._lock:
                    self._in_flight -= 1
                start = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                connection.sendall(start % (status, size))
                for part in parts:
                    connection.sendall(part)

    def _body(self, head: bytes, body: bytes) -> list[bytes]:
        if head.startswith(b"POST"):
            first, last = self._span(json.loads(body))
            return [b'{"status":"success","cursor":"c%d-%d"}' % (first, last)]
        found = re.search(rb"cursor=c(\d+)-(\d+)", head)
        if found is None:
            return [b'{"status":"fail","error":"Incorrect Usage","code":3}']
        at, last = int(found[1]), int(found[2])
        after = b',"next_cursor":"c%d-%d"' % (at + 1, last) if at + 1 < last else b""
        return [b'{"status":"success","records":', self._pages[at], after, b"}"]

    def _span(self, query: dict[str, Any]) -> tuple[int, int]:
        """Give the pages of a query: occurrences are spread evenly over 30 days."""
        if self._world.kind != "events":
            return 0, len(self._pages)
        first, last = query["from"] - 20251001, query["to"] - 20251001 + 1
        return len(self._pages) * first // 30, len(self._pages) * last // 30


def _requests(connection: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    held = b""
    while True:
        while b"\r\n\r\n" not in held:
            more = connection.recv(65_536)
            if not more:
                return
            held += more
        head, _, held = held.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        size = int(length[1]) if length else 0
        while len(held) < size:
            held += connection.recv(65_536)
        yield head, held[:size]
        held = held[size:]
