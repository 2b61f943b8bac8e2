"""Random work under random faults: what is called complete is complete, what is said of a row is true."""

from __future__ import annotations

import contextlib
import itertools
import random
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

import ct_pandas as ct
from ct_pandas import _interruptions
from ct_pandas._transport import sending
from ct_pandas.sandbox import Fault
from ct_pandas.sandbox.faults import ACTS

from conftest import QuickClock

LIMITS = ct.Limits(7, 32, "characters", 120, 63, uploads_in_flight=3, token_records=4)
DAYS = ("2025-07-01", "2025-08-20")
PASSING = st.sampled_from([1, 2, 3, 40])
READ_KINDS = st.sampled_from(
    [
        ("throttle_429", {}),
        ("throttle_429", {"retry_after": 2}),
        ("throttle_200", {}),
        ("in_progress", {}),
        ("accepted_202", {}),
        ("error_500", {}),
        ("html_503", {}),
        ("reset", {}),
        ("cut_body", {"keep": 0.3}),
        ("cut_body", {"keep": 0.99}),
        ("slow_drip", {"seconds": 0.001, "chunks": 3}),
        ("truncated_json", {"keep": 0.5}),
        ("truncated_json", {"keep": 0.999}),
        ("cursor_invalidated", {}),
        ("repeated_cursor", {"cycle": 1}),
        ("repeated_cursor", {"cycle": 2}),
        ("empty_page_that_goes_on", {}),
        ("bare_last_page", {}),
        ("wrong_content_type", {}),
        ("redirect", {}),
        ("login_refused", {}),
        ("echo_passcode", {}),
        ("empty_export", {}),
        ("lost_answer_after", {}),
        ("hang", {"seconds": 0.01}),
    ]
)
UPLOAD_KINDS = st.sampled_from(
    [
        ("throttle_429", {}),
        ("throttle_200", {}),
        ("error_500", {}),
        ("error_500", {"carried_out": True}),
        ("html_503", {}),
        ("html_503", {"carried_out": True}),
        ("reset", {}),
        ("lost_answer_after", {}),
        ("cut_body", {"keep": 0.5}),
        ("truncated_json", {"keep": 0.5}),
        ("wrong_content_type", {}),
        ("slow_drip", {"seconds": 0.001, "chunks": 3}),
        ("unaccounted", {}),
        ("redirect", {}),
        ("login_refused", {}),
        ("hang", {"seconds": 0.01}),
    ]
)


def acting(kind: tuple[str, dict[str, Any]], on: str, after: int, times: int) -> Fault:
    """Order a fault where it was drawn; one that would change nothing there, where it acts."""
    places = ACTS.get(kind[0], (on,))
    return Fault(kind[0], on=on if on in places else places[0], after=after, times=times, **kind[1])


READ_FAULTS = st.lists(
    st.builds(
        acting,
        READ_KINDS,
        st.sampled_from(["mint", "page", "page", "counts"]),
        st.integers(0, 8),
        PASSING,
    ),
    max_size=3,
)
UPLOAD_FAULTS = st.lists(
    st.builds(
        lambda kind, after, times: Fault(kind[0], on="upload", after=after, times=times, **kind[1]),
        UPLOAD_KINDS,
        st.integers(0, 3),
        PASSING,
    ),
    max_size=3,
)
STOP = st.one_of(st.just(0), st.just(0), st.integers(1, 12))


class Stopping:
    """A bar that calls the work off at one of its calls."""

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


def keys(frame: pd.DataFrame) -> Counter[Any]:
    """Return who stands in the rows, and when; a partial may lack other columns."""
    named = [name for name in ("identity", "ts") if name in frame]
    return Counter(frame[named].astype("str").itertuples(index=False, name=None))


def fingerprints(frame: pd.DataFrame) -> Counter[str]:
    """Return the rows, whatever their order."""
    return Counter(frame.to_json(orient="records", lines=True, date_format="iso").splitlines())


class Trust(RuleBasedStateMachine):
    """One account, reads and uploads that go wrong in every way, and the account's own books."""

    stopped = Bundle("stopped")
    reports = Bundle("reports")

    def __init__(self) -> None:
        super().__init__()
        self.box = ct.Sandbox(
            users=70, paging="exact", in_progress=0, limits=LIMITS, max_wait=20.0, timezone="Asia/Kolkata"
        ).start()
        self.server = self.box.server
        whole = {rows: self._read(rows) for rows in ("profile", "event")}
        self.truth = {rows: fingerprints(frame) for rows, frame in whole.items()}
        self.keys = {rows: keys(frame) for rows, frame in whole.items()}
        self.folder = tempfile.TemporaryDirectory()
        self.number = itertools.count()

    def _read(self, rows: str, **options: Any) -> pd.DataFrame:
        options = {"batch_size": 11, "progress": False, "account": self.box.account} | options
        return ct.read_clevertap_events("App Launched", *DAYS, rows=rows, **options)

    def teardown(self) -> None:
        """Stop the account."""
        self.box.stop()
        self.folder.cleanup()

    @rule(
        target=stopped,
        rows=st.sampled_from(["profile", "event"]),
        size=st.integers(3, 40),
        parallel=st.integers(1, 3),
        kept=st.booleans(),
        stop=STOP,
        faults=READ_FAULTS,
    )
    def read(  # noqa: PLR0917
        self, rows: str, size: int, parallel: int, kept: bool, stop: int, faults: list[Fault]
    ) -> Any:
        """Read everything; what stops it is kept for later."""
        self._order(faults)
        checkpoint = Path(self.folder.name) / f"kept-{next(self.number)}" if kept else None
        options = {"batch_size": size, "parallel": parallel, "checkpoint": checkpoint}
        Stopping.left = stop
        progress = Stopping if stop else False
        return self._outcome(rows, lambda: self._read(rows, progress=progress, **options))

    @rule(target=stopped, one=consumes(stopped), faults=READ_FAULTS)
    def go_on(self, one: Any, faults: list[Fault]) -> Any:
        """Resume what stopped."""
        self._order(faults)
        if one is None:
            return None
        error, rows = one
        Stopping.left = 0
        return self._outcome(rows, error.resume)

    @rule(one=consumes(stopped))
    def go_on_in_peace(self, one: Any) -> None:
        """Without faults a resume completes."""
        if one is not None:
            self.server.clear_faults()
            Stopping.left = 0
            assert self._outcome(one[1], one[0].resume) is None

    def _order(self, faults: list[Fault]) -> None:
        self.server.clear_faults()
        for fault in faults:
            self.server.order(fault)

    def _outcome(self, rows: str, work: Callable[[], pd.DataFrame]) -> Any:
        """Check what came of a read; return what is left to do."""
        try:
            frame = work()
        except (ct.DownloadError, ct.DownloadInterrupted) as error:
            self._says_nothing_secret(error)
            partial = error.partial
            told = partial.attrs["clevertap"]
            assert keys(partial) <= self.keys[rows], "a partial holds a row twice, or one that nobody did"
            if told["complete"]:
                assert fingerprints(partial) == self.truth[rows]
            return error, rows
        except ct.AuthenticationError:
            return None
        assert frame.attrs["clevertap"]["complete"] is True
        assert fingerprints(frame) == self.truth[rows]
        return None

    @rule(
        target=reports,
        kind=st.sampled_from(["profile", "event", "token"]),
        size=st.integers(1, 30),
        parallel=st.integers(1, 3),
        stop=STOP,
        faults=UPLOAD_FAULTS,
    )
    def upload(self, kind: str, size: int, parallel: int, stop: int, faults: list[Fault]) -> Any:
        """Send new rows."""
        self._order(faults)
        number = [next(self.number) for _ in range(size)]
        frame = pd.DataFrame({"identity": [f"new-{n}" for n in number], "mark": number})
        Stopping.left = stop
        rest = {"progress": Stopping if stop else False, "account": self.box.account, "parallel": parallel}
        match kind:
            case "profile":
                return self._sent(kind, frame, lambda: frame.clevertap.upload(**rest))
            case "event":
                dated = frame.assign(ts=1_760_000_000)
                return self._sent(kind, dated, lambda: dated.clevertap.upload_events("Marked", **rest))
        tokens = {"objectId": [f"__new-{n}" for n in number], "token": [f"token-{n}" for n in number]}
        devices = pd.DataFrame(tokens)
        return self._sent(kind, devices, lambda: devices.clevertap.upload_tokens("fcm", **rest))

    @rule(target=reports, one=consumes(reports), faults=UPLOAD_FAULTS)
    def retry(self, one: Any, faults: list[Fault]) -> Any:
        """Send what is left."""
        self._order(faults)
        kind, frame, report, doubtful = one
        Stopping.left = 0
        return self._sent(kind, frame, report.retry, doubtful)

    @rule(one=consumes(reports))
    def retry_in_peace(self, one: Any) -> None:
        """Without faults everything that may be sent arrives."""
        kind, frame, report, doubtful = one
        self.server.clear_faults()
        Stopping.left = 0
        again = self._sent(kind, frame, report.retry, doubtful)[2]
        left = set(again.rows["status"]) - {"accepted", "refused"}
        assert left <= ({"unknown"} if kind == "event" else set())

    def _says_nothing_secret(self, error: BaseException) -> None:
        assert self.server.passcode not in f"{error!s}{error!r}"

    def _sent(
        self,
        kind: str,
        frame: pd.DataFrame,
        send: Callable[[], ct.UploadReport],
        doubtful: frozenset[int] = frozenset(),
    ) -> Any:
        """Check every row against the account's books; ``doubtful`` were once sent and not answered."""
        with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
            try:
                report = send()
            except (ct.UploadError, ct.UploadInterrupted) as error:
                report = error.report
                self._says_nothing_secret(error)
        assert sum(report.counts.values()) == len(frame)
        statuses = report.rows["status"].tolist()
        for row, (status, times) in enumerate(zip(statuses, self._stored(kind, frame), strict=True)):
            assert times <= 1, "sent twice"
            assert status != "accepted" or times == 1
            assert status != "not_sent" or times == 0
            assert status != "refused" or times == 0 or row in doubtful
        unknown = (row for row, status in enumerate(statuses) if status == "unknown")
        return kind, frame, report, doubtful | frozenset(unknown)

    def _stored(self, kind: str, frame: pd.DataFrame) -> list[int]:
        world = self.server.world
        with world.lock:
            if kind == "event":
                track = world.track("Marked")
                marks = Counter(track.props(at)["mark"] for at in range(len(track)))
                return [marks[mark] for mark in frame["mark"]]
            if kind == "token":
                held = Counter(one.get("push_token") for devices in world.people.devices for one in devices)
                return [held[token] for token in frame["token"]]
            rows = [world.people.find("identity", one) for one in frame["identity"]]
            return [
                int(row is not None and world.people.attributes.get("mark", row) == mark)
                for row, mark in zip(rows, frame["mark"], strict=True)
            ]

    @invariant()
    def never_more_in_flight_than_allowed(self) -> None:
        """Whatever goes wrong, the gate holds."""
        assert self.server.max_in_flight_seen <= 3


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """Let waits pass; a fixture would last for all examples of a property."""
    before = sending.CLOCK
    sending.CLOCK = QuickClock()
    random.seed(0)
    try:
        yield
    finally:
        sending.CLOCK = before
        _interruptions.forget()


def explore(examples: int, steps: int, *, derandomize: bool = False) -> None:
    """Run the machine, then see that nothing of it is left."""
    common = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        phases=[Phase.generate],  # a shorter story takes many minutes to find
        database=None,
        derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
    )
    threads = threading.active_count()
    with quickly():
        run_state_machine_as_test(Trust, settings=common)
    assert threading.active_count() <= threads + 2


def test_what_is_said_is_true() -> None:
    """Random work under random faults, a dozen times."""
    explore(14, 14, derandomize=True)


@pytest.mark.soak
def test_what_is_said_is_true_for_long() -> None:
    """The same, for many minutes."""
    explore(400, 40)
