"""Sends batches, side by side where nobody's order can suffer, and writes every outcome into the ledger.

* Rows of one person are never in flight in two calls at once, so they arrive in the order of the frame.
* Once a row of a person is not known to have arrived, that person's later rows are held back.
* A call is repeated after a lost answer only where doing it twice is the same as doing it once.
* An answer that came is kept until it stands in the ledger: an interrupt may fall between any two steps.
"""

from __future__ import annotations

import collections
import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ct_pandas import _wire
from ct_pandas._account import Account
from ct_pandas._progress import BEAT, Bar
from ct_pandas._records.batches import Batch
from ct_pandas._records.identity import Person
from ct_pandas._transport.line import hang_up
from ct_pandas._transport.sending import Cancelled, transport
from ct_pandas._unbroken import tell, unbroken
from ct_pandas._upload.ledger import HELD_BACK, Ledger, State
from ct_pandas._upload.receipt import read
from ct_pandas._wire import Reply
from ct_pandas.errors import AuthenticationError, ClevertapError, ServerError, ThrottledError

LAST_ANSWERS = 3.0  # seconds that called-off work is given for answers already on their way
SILENT_CALLS = 3  # calls in a row without an answer, of those that cannot be repeated, before the rest stops


@dataclass
class _Outcome:
    batch: Batch
    came: Reply | BaseException


class Dispatch:
    """One upload under way.

    Parameters
    ----------
    account
        Where the records go.
    ledger
        Where every row's outcome is written.
    bar
        Moved at least twice a second; whatever it raises calls the work off.
    dry_run
        Whether the server only judges; repeating is then always safe.
    lanes
        Calls side by side.
    """

    def __init__(self, account: Account, ledger: Ledger, bar: Bar, *, dry_run: bool, lanes: int) -> None:
        self.error: BaseException | None = None
        self._account, self._ledger, self._bar = account, ledger, bar
        self._dry_run, self._lanes = dry_run, lanes
        self._via = transport(account)
        self._cancel, self._abandon = threading.Event(), threading.Event()
        self._todo: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._came: collections.deque[_Outcome] = collections.deque()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._flying: dict[int, Batch] = {}
        self._in_the_air: set[Person] = set()
        self._held: dict[Person, int] = {}
        self._again: list[Batch] = []
        self._requests = int(ledger.requests.max(initial=0))
        self._silent = 0
        self._note = ("", 0.0)

    def hold(self, person: Person | None, position: int) -> None:
        """Hold back the rows of a person that come after this one."""
        if person is not None:
            self._held[person] = min(position, self._held.get(person, position))

    def run(self, batches: Iterator[Batch]) -> None:
        """Send batches to the end, or until ``error`` says why not."""
        try:
            with unbroken():
                for _ in range(self._lanes):
                    threading.Thread(target=self._work, daemon=True, name="ct_pandas").start()
            pending: Batch | None = None
            while True:
                pending = self._fill(pending, batches)
                if not self._flying:
                    break
                if pending is None and self.error is None:
                    pending = next(batches, None)  # made while the others are in flight
                self._step(BEAT)
        except BaseException:
            self._call_off()
            raise
        finally:
            for _ in range(self._lanes):
                self._todo.put(None)

    def _fill(self, pending: Batch | None, batches: Iterator[Batch]) -> Batch | None:
        """Launch what can fly; return the batch that has to wait for its turn."""
        while self.error is None and len(self._flying) <= self._lanes:  # one more waits to be taken
            batch = self._again.pop() if self._again else pending or next(batches, None)
            if batch is None:
                return None
            if batch is pending:
                pending = None
            batch = self._without_held(batch)
            if not len(batch):
                continue
            if not self._in_the_air.isdisjoint(batch.everybody):
                return batch
            self._launch(batch)
        return pending

    def _without_held(self, batch: Batch) -> Batch:
        if not self._held:
            return batch
        held = {
            place
            for place, (person, row) in enumerate(zip(batch.people, batch.positions, strict=True))
            if person is not None and self._held.get(person, row) < row
        }
        if not held:
            return batch
        self._ledger.mark([batch.positions[place] for place in held], State.HELD, None, HELD_BACK)
        return batch.only([place for place in range(len(batch)) if place not in held])

    def _launch(self, batch: Batch) -> None:
        self._requests += 1
        batch.request = self._requests
        self._flying[batch.request] = batch
        self._in_the_air |= batch.everybody
        self._todo.put(batch)

    def _work(self) -> None:
        while (batch := self._todo.get()) is not None:
            try:
                repeatable = batch.repeatable or self._dry_run
                request = _wire.upload(batch.body(), dry_run=self._dry_run, repeatable=repeatable)
                reply = self._via.send(
                    request, cancel=self._cancel, abandon=self._abandon, on_wait=self._waits
                )
                self._arrived(_Outcome(batch, reply))
            except BaseException as error:  # noqa: BLE001  (settled in the thread that called)
                if _ends_all(error, batch, dry_run=self._dry_run):
                    self._cancel.set()  # what waits behind it is not sent any more
                self._arrived(_Outcome(batch, error))

    def _arrived(self, outcome: _Outcome) -> None:
        self._came.append(outcome)
        self._bell.put(None)

    def _waits(self, word: str, seconds: float) -> None:
        self._note = (word, time.monotonic() + max(seconds, 2 * BEAT))

    def _step(self, seconds: float) -> None:
        """Wait a little for an answer, settle it, move the bar."""
        with contextlib.suppress(queue.Empty):
            self._bell.get(timeout=seconds)
        rows = self._settle_all()
        hang_up()
        word, until = self._note
        self._bar.beat(rows, word if time.monotonic() < until else "")

    def _settle_all(self) -> int:
        """Settle what came. One that an interrupt cuts off is settled anew, which does no harm."""
        rows = 0
        while self._came:
            outcome = self._came[0]
            rows += self._settle(outcome)
            self._flying.pop(outcome.batch.request, None)
            self._in_the_air -= outcome.batch.everybody
            self._came.popleft()
        return rows

    def _settle(self, outcome: _Outcome) -> int:
        """Write an outcome down; return how many rows were answered."""
        batch, came = outcome.batch, outcome.came
        if isinstance(came, Reply):
            self._silent = 0
            self._answered(batch, came)
            return len(batch)
        if not isinstance(came, Cancelled):
            self._failed(batch, came)
        elif came.reached:
            self._unanswered(batch, "stopped before an answer came", None)
        return 0

    def _answered(self, batch: Batch, reply: Reply) -> None:
        receipt = read(reply, len(batch), self._account.passcode)
        not_accepted = receipt.refused.keys() | receipt.unknown.keys()
        if not not_accepted:
            self._ledger.mark(batch.rows, State.ACCEPTED, request=batch.request)
            return
        accepted = [row for place, row in enumerate(batch.positions) if place not in not_accepted]
        self._ledger.mark(accepted, State.ACCEPTED, request=batch.request)
        for place, (code, reason) in receipt.refused.items():
            self._ledger.mark([batch.positions[place]], State.REFUSED, code, reason, batch.request)
        for place, reason in receipt.unknown.items():
            self._unknown(batch, [place], reason, None)

    def _failed(self, batch: Batch, error: BaseException) -> None:
        """No answer, or one that refuses everybody: the login, or too many requests."""
        code = error.code if isinstance(error, ClevertapError) else None
        if not _reached(error):
            # What an earlier call sent in vain is no less unknown because a second one was turned away.
            fresh = [row for row in batch.positions if self._ledger.states[row] != State.UNKNOWN]
            code = code or getattr(error, "status", None)
            self._ledger.mark(fresh, State.STOPPED, code, why(error), batch.request)
            self._stop(error)
        elif batch.repeatable or self._dry_run:
            self._unanswered(batch, "no answer", code)
            self._stop(error)
        else:
            self._silent += 1
            self._unanswered(batch, "no answer, and it must not be sent twice", code, once=True)
            if self._silent >= SILENT_CALLS:
                self._stop(error)

    def _unanswered(self, batch: Batch, reason: str, code: object, *, once: bool = False) -> None:
        """Mark what is unknown; rows of people whom no operation concerns are sent again by themselves."""
        risky = self._risky(batch)
        places = list(range(len(batch)))
        if once:
            rest = [place for place in places if batch.people[place] not in risky]
            places = [place for place in places if batch.people[place] in risky]
            if rest:
                self._again.append(batch.only(rest))
                self._unknown(batch, rest, reason, code, hold=False)  # unless the second call settles it
        self._unknown(batch, places, reason, code)

    def _unknown(
        self, batch: Batch, places: list[int], reason: str, code: object, *, hold: bool = True
    ) -> None:
        risky = self._risky(batch)
        rows = [batch.positions[place] for place in places]
        self._ledger.mark(rows, State.UNKNOWN, code, reason, batch.request)
        for place in places:
            self._ledger.safe[batch.positions[place]] = batch.people[place] not in risky
            if hold:
                self.hold(batch.people[place], batch.positions[place])

    def _risky(self, batch: Batch) -> set[Person | None]:
        """Whose rows of a batch must not be sent twice."""
        return set() if self._dry_run else {batch.people[place] for place in batch.once}

    def _stop(self, error: BaseException) -> None:
        """Launch nothing more; those in flight still get their answers, those that wait give up."""
        self.error = self.error or error
        tell(self._cancel)

    def _take_back(self) -> None:
        """Take back what waits for a lane: it was not sent."""
        with contextlib.suppress(queue.Empty):
            while batch := self._todo.get_nowait():
                del self._flying[batch.request]

    def _call_off(self) -> None:
        """Give answers on their way a little time; what stays in the air is unknown."""
        tell(self._cancel)
        self._take_back()
        deadline = time.monotonic() + LAST_ANSWERS
        try:
            self._settle_all()
            while self._flying and (left := deadline - time.monotonic()) > 0:
                self._bell.get(timeout=left)
                self._settle_all()
        except (queue.Empty, KeyboardInterrupt):
            pass
        self._settle_all()
        for batch in list(self._flying.values()):
            self._unanswered(batch, "stopped before the answer came", None)
        self._flying.clear()
        tell(self._abandon)
        hang_up()


def _ends_all(error: BaseException, batch: Batch, *, dry_run: bool) -> bool:
    """Tell whether a failure stops the upload; one lost answer to what must not be repeated does not."""
    return not isinstance(error, Cancelled) and (not _reached(error) or batch.repeatable or dry_run)


def _reached(error: BaseException) -> bool:
    return not isinstance(error, ClevertapError) or error._reached  # noqa: SLF001  (our own transport's)


def why(error: BaseException) -> str:
    """Say in a few words why rows were not sent."""
    if isinstance(error, AuthenticationError):
        return "stopped: the login was refused"
    if isinstance(error, ThrottledError):
        return "stopped: CleverTap kept throttling"
    if isinstance(error, ServerError):
        return "stopped: CleverTap did not answer"
    if isinstance(error, KeyboardInterrupt):
        return "stopped: interrupted"
    return "stopped: the upload failed"
