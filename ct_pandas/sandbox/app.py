"""The API's endpoints as a WSGI application."""

from __future__ import annotations

import hmac
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import numpy as np

from ct_pandas.sandbox import delivery
from ct_pandas.sandbox.answers import Answer, Refused, fail, read_json, throttled
from ct_pandas.sandbox.counts import Counts
from ct_pandas.sandbox.exports import MOST, Exports
from ct_pandas.sandbox.faults import Fault, Plan
from ct_pandas.sandbox.gate import Gate
from ct_pandas.sandbox.journal import Arrival, Journal
from ct_pandas.sandbox.lookup import look_up
from ct_pandas.sandbox.query import Query, Reader
from ct_pandas.sandbox.records import Flags, Records
from ct_pandas.sandbox.schema import schema
from ct_pandas.sandbox.selection import Selection
from ct_pandas.sandbox.switches import Switches
from ct_pandas.sandbox.tracks import Track
from ct_pandas.sandbox.uploads import Uploads
from ct_pandas.sandbox.vocabulary import NOTIFICATIONS
from ct_pandas.sandbox.world import World

_LISTS: Final = ("/1/profiles.json", "/1/events.json")
_COUNTS: Final = ("/1/counts/profiles.json", "/1/counts/events.json")
_SINGLE: Final = {
    "/1/profile.json": ("GET", "profile"),
    "/1/upload": ("POST", "upload"),
    "/getSchema": ("GET", "schema"),
}
_PATHS: Final = frozenset((*_LISTS, *_COUNTS, *_SINGLE))
_LOG: Final = logging.getLogger("ct_pandas.sandbox")


@dataclass(frozen=True)
class Login:
    """What opens the account."""

    account_id: str
    passcode: str

    def __repr__(self) -> str:
        return f"Login({self.account_id!r})"


class Account:
    """The account's content and rules: answers requests, knows nothing of sockets."""

    def __init__(self, world: World, switches: Switches, clock: Callable[[], float]) -> None:
        self.world, self.switches = world, switches
        self.records = Records(world, switches)
        self.selection = Selection(world, switches)
        self.exports = Exports(self.records, switches, clock, world.seed)
        self.counts = Counts(switches)
        self.uploads = Uploads(world, self.records, switches, clock)
        self._reader = Reader(switches)
        self._minted: Counter[bytes] = Counter()

    def answer(self, arrival: Arrival, fault: Fault | None, *, crowded: bool) -> Answer:
        """Answer one request; `Refused` carries the answers that are failures."""
        asked = dict(parse_qsl(arrival.query, keep_blank_values=True))
        with self.world.lock:
            match arrival.kind:
                case "mint":
                    return self._mint(arrival, asked, fault, crowded=crowded)
                case "page":
                    return self._page(arrival, fault)
                case "profile":
                    unknown = self.switches.unknown_profile
                    return look_up(self.world.people, self.records, asked, self._flags(asked), unknown)
                case "counts":
                    return self._count(arrival, asked, fault)
                case "schema":
                    return schema(self.world, asked.get("type", ""), self.switches.discarded_events)
                case "upload":
                    return self.uploads.answer(arrival.body, dry=asked.get("dryRun") == "1")
        raise Refused(_no_such(arrival.path))

    def _mint(self, arrival: Arrival, asked: dict[str, str], fault: Fault | None, *, crowded: bool) -> Answer:
        raw = arrival.body if arrival.method == "POST" else asked.get("query", "").encode()
        self._minted[raw] += 1
        if self._minted[raw] <= self.switches.mint_throttled:
            raise Refused(fail("Request throttled, please retry later", 1))
        query = self._query(raw, fault)
        track, rows = self._select(arrival.path, query)
        empty = crowded or (fault is not None and fault.kind == "empty_export")
        return self.exports.open(track, rows[:0] if empty else rows, _batch_size(asked), self._flags(asked))

    def _query(self, raw: bytes, fault: Fault | None) -> Query:
        query = self._reader.read(read_json(raw))
        return query.unfiltered() if fault and fault.kind == "filter_ignored" else query

    def _select(self, path: str, query: Query) -> tuple[Track | None, np.typing.NDArray[np.int64]]:
        event = query.base.event if query.base else ""
        if path in _LISTS and event in NOTIFICATIONS and not self.switches.notification_export:
            raise Refused(fail("Export not allowed for this event", 400, 400))
        if path.endswith("profiles.json"):
            return None, self.selection.people(query)
        rows = self.selection.occurrences(query)
        return self.world.tracks[event], rows

    def _page(self, arrival: Arrival, fault: Fault | None) -> Answer:
        if arrival.method not in self.switches.page_methods:
            raise Refused(_no_such(arrival.path))
        raw = next((part[7:] for part in arrival.query.split("&") if part.startswith("cursor=")), "")
        return self.exports.page(raw, fault, events=arrival.path.endswith("events.json"))

    def _count(self, arrival: Arrival, asked: dict[str, str], fault: Fault | None) -> Answer:
        if "req_id" in asked:
            return self.counts.poll(arrival.path, asked["req_id"])
        _, rows = self._select(arrival.path, self._query(arrival.body, fault))
        off = int(fault.details.get("by", 1)) if fault and fault.kind == "drift" else 0
        return self.counts.ask(arrival.path, len(rows) + off)

    def _flags(self, asked: dict[str, str]) -> Flags:
        switches = self.switches
        return Flags(
            app=_flag(asked.get("app"), default=switches.app_default),
            events=_flag(asked.get("events"), default=switches.events_default),
            profile=_flag(asked.get("profile"), default=switches.profile_default),
        )


def _flag(value: str | None, *, default: bool) -> bool:
    return default if value is None else value == "true"


def _batch_size(asked: dict[str, str]) -> int:
    try:
        size = int(asked.get("batch_size", MOST))
    except ValueError:
        size = 0
    if size < 1:
        raise Refused(fail("Invalid batch_size", 400, 400))
    return size


class App:
    """The door: login, limits, faults, journal; then the account.

    Parameters
    ----------
    account
        What answers.
    login
        Who may ask.
    gate, plan, journal
        Limits in flight, faults ordered, what arrived.
    clock
        Gives the time in seconds.
    stopping
        Set when the server stops; ends every wait.
    """

    def __init__(
        self,
        account: Account,
        login: Login,
        *,
        gate: Gate,
        plan: Plan,
        journal: Journal,
        clock: Callable[[], float],
        stopping: threading.Event,
    ) -> None:
        self._account, self._login = account, login
        self._gate, self._plan, self._journal = gate, plan, journal
        self._clock, self._stopping = clock, stopping

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        kind = _kind(environ)
        inside, free = self._gate.enter(kind)
        left = threading.Event()

        def leave() -> None:
            """Free the slot before the last byte goes out: a client that has its answer may ask at once."""
            if not left.is_set():
                left.set()
                self._gate.leave(kind)

        try:
            arrival = _arrival(environ, kind, inside, self._clock())
            self._journal.note(arrival)
            fault = self._plan.due(kind)
            arrival.fault = fault.kind if fault else None
            answer = self._answer(arrival, environ, fault, free=free)
            self._stopping.wait(self._account.switches.latency)
            sender = delivery.Sender(environ, start_response, self._stopping, leave)
            return sender.send(answer, arrival, fault)
        except BaseException:
            leave()
            raise

    def _answer(
        self, arrival: Arrival, environ: dict[str, Any], fault: Fault | None, *, free: bool
    ) -> Answer:
        struck = delivery.instead(fault, self._login.passcode) if fault else None
        if fault and struck is not None:
            if fault.details.get("carried_out"):
                self._carry_out(arrival, environ, fault, free=free)
            return struck
        return self._carry_out(arrival, environ, fault, free=free)

    def _carry_out(
        self, arrival: Arrival, environ: dict[str, Any], fault: Fault | None, *, free: bool
    ) -> Answer:
        try:
            self._let_in(arrival, environ)
            crowded = not free and arrival.kind == "mint" and self._account.switches.over_limit == "empty"
            if not free and not crowded:
                return throttled(self._account.switches.retry_after)
            return self._account.answer(arrival, fault, crowded=crowded)
        except Refused as refusal:
            return refusal.answer
        except Exception:  # noqa: BLE001  # whatever fails in here is a 500 to the client, and is logged
            _LOG.exception("the sandbox failed at %s %s", arrival.method, arrival.path)
            return fail("An unknown error occurred", 500, 500)

    def _let_in(self, arrival: Arrival, environ: dict[str, Any]) -> None:
        account, passcode = (
            environ.get("HTTP_X_CLEVERTAP_ACCOUNT_ID"),
            environ.get("HTTP_X_CLEVERTAP_PASSCODE"),
        )
        known = account == self._login.account_id
        opened = hmac.compare_digest((passcode or "").encode(), self._login.passcode.encode())
        if not (known and opened):
            arrival.body = b""  # nothing is kept of strangers
            if self._account.switches.bad_login == "400":
                raise Refused(fail("Failed to process request", 400, 400))
            raise Refused(fail("Invalid Credentials" if known else "Account ID is not valid", 401, 401))
        given, rule = arrival.headers.get("content-type", ""), self._account.switches.content_type
        named = given.partition(";")[0].strip().lower()
        if (rule == "always" and named != "application/json") or (
            rule == "never_on_get" and given and arrival.method == "GET"
        ):
            raise Refused(fail("Invalid Content-Type", 400, 400))


def _kind(environ: dict[str, Any]) -> str:
    """Tell what a request asks for."""
    path, query, method = environ["PATH_INFO"], environ["QUERY_STRING"], environ["REQUEST_METHOD"]
    named = {part.partition("=")[0] for part in query.split("&")}
    if path in _LISTS:
        if "cursor" in named:
            return "page"
        return "mint" if method in ("GET", "POST") else "other"
    if path in _COUNTS:
        return "counts" if method == "POST" or (method == "GET" and "req_id" in named) else "other"
    wanted, kind = _SINGLE.get(path, ("", "other"))
    return kind if method == wanted else "other"


def _no_such(path: str) -> Answer:
    """Refuse a path that is none, or a method that a path does not have."""
    if path in _PATHS:
        return fail("Method not allowed", 405, 405)
    return fail("Not found", 404, 404)


def _arrival(environ: dict[str, Any], kind: str, inside: int, now: float) -> Arrival:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value)
    }
    headers.pop("x-clevertap-passcode", None)
    body = environ["wsgi.input"].read()
    method, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
    return Arrival(method, path, query, headers, body, kind, inside, now)
