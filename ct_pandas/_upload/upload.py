"""From a frame to a report: check everything, save what is about to change, send, account for every row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas import _account, _interruptions, _warnings
from ct_pandas._account import Account
from ct_pandas._progress import Bar, CalledOff, checked
from ct_pandas._records import provenance
from ct_pandas._records.batches import batches
from ct_pandas._records.keywords import Keywords, check_invalid
from ct_pandas._records.outgoing import outgoing
from ct_pandas._records.pieces import Pieces
from ct_pandas._records.reads import original_of
from ct_pandas._records.strays import refuse_strays
from ct_pandas._records.times import Times
from ct_pandas._shown import shown, whole_number
from ct_pandas._unbroken import unbroken
from ct_pandas._upload.checking import Check, check, no_identity, nobody, summary
from ct_pandas._upload.dispatch import Dispatch, why
from ct_pandas._upload.interrupts import handler_kept, only_the_first_interrupt
from ct_pandas._upload.ledger import NOTHING_TO_SEND, Ledger, State
from ct_pandas._upload.mending import mend
from ct_pandas._upload.report import UploadReport
from ct_pandas._validate.findings import table
from ct_pandas.errors import (
    ClevertapError,
    UploadError,
    UploadInterrupted,
    UploadWarning,
    ValidationError,
)

if TYPE_CHECKING:
    from ct_pandas._upload.backup import Saved

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Order:
    """What the caller asked for, kept so that a retry asks for the same."""

    frame: pd.DataFrame
    keywords: Keywords
    account: Account
    backup: Any = None
    dry_run: bool = False
    invalid: str = "raise"
    parallel: int = 1
    progress: Any = True

    def __post_init__(self) -> None:
        checked(self.progress)
        check_invalid(self.invalid)
        if not isinstance(self.dry_run, bool | np.bool_):
            raise ValidationError(f"dry_run={shown(self.dry_run)} is neither True nor False.")
        if (whole_number(self.parallel) or 0) < 1:
            raise ValidationError(f"parallel={shown(self.parallel)} is not a whole number above 0.")

    @property
    def lanes(self) -> int:
        """Calls side by side: never more than the account may have in flight."""
        return min(int(self.parallel), self.account.limits.uploads_in_flight)

    @property
    def records(self) -> int:
        """Records of one call."""
        limits = self.account.limits
        return limits.token_records if self.keywords.kind == "token" else limits.upload_records


def upload(frame: pd.DataFrame, keywords: Keywords, account: Account | None, **options: Any) -> UploadReport:
    """Send a frame; see the accessor for the keywords."""
    known = _account.resolve(account)
    provenance.guard(frame, keywords.original, known, named=account is not None)
    if keywords.changed:  # a retry compares with the same, whatever has become of it
        keywords = replace(keywords, original=original_of(frame, keywords.original).copy(deep=False))
    order = Order(frame.copy(deep=False), keywords, known, **options)
    ledger = Ledger(len(frame))
    run = _Run(order, ledger)
    if account is None:
        refuse_strays([run.going], known)
    return run.go(np.ones(len(frame), bool))


@dataclass
class _Run:
    """One pass over a frame: all of it, or in a retry what is left of it.

    ``alone`` is false for a frame that is a part of another: that nobody stands in it is no mistake then.
    ``chain`` holds the last run of an upload and its retries: whoever has the report of an earlier one goes
    on from there, as an event of it may be on its way already.
    """

    order: Order
    ledger: Ledger
    found: pd.DataFrame | None = None
    saved: Saved | None = None
    alone: bool = True
    chain: list[_Run] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.going = outgoing(self.order.frame, self.order.keywords)
        self.times = Times(self.order.account.timezone)
        self.pieces = Pieces(self.going, self.times)
        self.before = self.ledger.copy()

    def go(self, wanted: Mask) -> UploadReport:
        """Check, save, send; the report knows every row whatever happens."""
        # As a decorator it would stand between a warning and its caller.
        with handler_kept(), only_the_first_interrupt():
            try:
                return self._go(wanted)
            except UploadInterrupted:
                raise
            except KeyboardInterrupt as stop:  # when all was sent, and only the outcome had to be told
                raise self._interrupted(stop) from None

    def _go(self, wanted: Mask) -> UploadReport:
        # In a retry only the rows that are looked at again change their state before the first request.
        try:
            self._check(wanted)
        except KeyboardInterrupt as stop:
            self.ledger = self.before.copy()
            raise self._interrupted(stop) from None
        self.times.warn()
        try:
            self._back_up(wanted)
            error = self._send(wanted & self.ledger.where(State.OPEN))
            report = self._report(error)
        except KeyboardInterrupt as stop:
            raise self._interrupted(stop) from None
        except CalledOff as stop:
            raise self._interrupted(stop) from stop.__cause__
        except Exception as error:
            # Of the backup, too: what could not be read or written stops the upload, which can go on later.
            ours = isinstance(error, ClevertapError)
            mistaken = isinstance(error, ValueError)  # what was asked for cannot be, now or later
            if not self.ledger.requests.any() and (mistaken or not ours):
                raise
            raise self._stopped(error, self._report(error)) from (None if ours else error)
        if error is not None:
            raise self._stopped(error, report) from (None if isinstance(error, ClevertapError) else error)
        report.warn()
        return report

    def _check(self, wanted: Mask) -> None:
        rows = None if wanted.all() else np.flatnonzero(wanted)
        done = check(self.pieces, self.order.account.limits, rows)
        self.ledger.mark(np.flatnonzero(wanted), State.OPEN)
        for idle in done.idle:
            self.ledger.mark(idle, State.NOTHING, None, NOTHING_TO_SEND)
        if self.alone and wanted.all():
            if done.nobody:
                raise nobody(no_identity(self.going))
            done.doubts.refuse()
            done.doubts.tell()
        found = table(done.found, self.order.frame.index)
        if len(found) and self.order.invalid == "raise":
            raise ValidationError(summary(found, len(self.order.frame)), problems=found)
        bad = np.zeros(len(self.ledger), bool)
        bad[done.kept_back(self.order.invalid)] = True
        self._mark_invalid(done, bad)
        kept = found[bad[found["position"]]]
        both = [one for one in (self.found, kept) if one is not None and len(one)]
        self.found = pd.concat(both, ignore_index=True) if both else kept

    def _mark_invalid(self, done: Check, bad: Mask) -> None:
        for rows, one in reversed(done.found):  # so that the first finding of a row is what stays
            self.ledger.mark(rows[bad[rows]], State.INVALID, one.code, f"invalid: {one.reason}")

    def _back_up(self, wanted: Mask) -> None:
        order = self.order
        if order.backup is None or order.dry_run:
            return
        with unbroken():
            from ct_pandas._upload.backup import save  # noqa: PLC0415  (reading is another room, entered only when asked for)

        rows = np.flatnonzero(wanted & self.ledger.where(State.OPEN))
        self.saved = save(
            order.backup, self.pieces, rows, order.account, progress=order.progress, earlier=self.saved
        )

    def _send(self, wanted: Mask) -> BaseException | None:
        order = self.order
        with Bar(order.progress, desc=self._heading(), unit="rows", total=int(wanted.sum())) as bar:
            dispatch = Dispatch(order.account, self.ledger, bar, dry_run=order.dry_run, lanes=order.lanes)
            blocking = self.ledger.where(State.STOPPED, State.INVALID, State.HELD, State.UNKNOWN)
            rows = wanted | blocking
            cut = self.pieces.cut(None if rows.all() else np.flatnonzero(rows))
            dispatch.run(batches(cut, self.going, wanted, order.records, dispatch.hold))
        return dispatch.error

    def _heading(self) -> str:
        account = self.order.account
        dry = "dry run, " if self.order.dry_run else ""
        return f"{dry}{self.order.keywords.kind}s to {account.account_id} ({account.place})"

    def _report(self, stop: BaseException | None = None) -> UploadReport:
        left = self.ledger.where(State.OPEN)
        if left.any():
            reason = why(stop) if stop is not None else "stopped"
            self.ledger.mark(np.flatnonzero(left), State.STOPPED, None, reason)
        # What was sent once and not answered is no less unknown because a second call did not go out.
        unsent = self.ledger.where(State.STOPPED, State.HELD)
        self.ledger.put_back(unsent & self.before.where(State.UNKNOWN), self.before)
        self.chain[:] = [self]
        return UploadReport(self.going, self.ledger, self.found, self.order, self._again)

    def _stopped(self, error: BaseException, report: UploadReport) -> UploadError:
        stopped = UploadError(
            f"{error} {report.sentence()} What earlier calls answered is in .report; "
            ".report.retry() sends the rest.",
            report=report,
            status=getattr(error, "status", None),
            code=getattr(error, "code", None),
            retryable=getattr(error, "retryable", False),
        )
        report.stopped_by = stopped
        _interruptions.remember(stopped)
        return stopped

    def _interrupted(self, stop: BaseException) -> UploadInterrupted:
        report = self._report(stop if isinstance(stop, KeyboardInterrupt) else KeyboardInterrupt())
        stopped = UploadInterrupted(
            f"You stopped the upload. {report.sentence()} .report holds every row; "
            ".report.retry() sends the rest.",
            report=report,
        )
        report.stopped_by = stopped
        _interruptions.remember(stopped)
        return stopped

    def _again(self, mended: pd.DataFrame | None) -> UploadReport:
        """Send what is left, in the order of the frame, and report on the whole frame."""
        run = self.chain[0]
        ledger, order = run.ledger.copy(), run.order
        wanted = ledger.where(State.HELD)
        found = run.found
        if mended is None:
            wanted |= ledger.where(State.STOPPED) | (ledger.where(State.UNKNOWN) & ledger.safe)
        else:
            failed = ledger.where(State.REFUSED, State.STOPPED, State.HELD, State.INVALID)
            frame, rows = mend(order.frame, mended, np.flatnonzero(failed), run.going.ids)
            order = replace(order, frame=frame)
            wanted[rows] = True
            ledger.mark(rows, State.STOPPED, None, "stopped")  # until they have been looked at
            if found is not None:
                found = found[~np.isin(found["position"], rows)]
        again = _Run(order, ledger, found, run.saved, chain=run.chain)
        report = again.go(wanted)
        gone = 0 if mended is None else int((again.ledger.states[rows] == State.NOTHING).sum())
        if gone:
            _warnings.warn(
                f"{gone:,} mended row{'s have' if gone > 1 else ' has'} nothing left to send, so "
                f"nothing was sent for {'them' if gone > 1 else 'it'}.",
                UploadWarning,
            )
        return report
