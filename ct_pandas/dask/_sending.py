"""One upload of a Dask frame: partition after partition, so that the rows of a person keep their order."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas import _interruptions
from ct_pandas._account import Account
from ct_pandas._limits import Limits
from ct_pandas._records import provenance
from ct_pandas._records.identity import Person
from ct_pandas._records.keywords import Keywords
from ct_pandas._records.outgoing import Outgoing, outgoing
from ct_pandas._records.pieces import Pieces
from ct_pandas._records.strays import refuse_strays
from ct_pandas._records.times import Times
from ct_pandas._shown import counted
from ct_pandas._upload import checking, upload
from ct_pandas._upload.doubts import Doubts
from ct_pandas._upload.interrupts import handler_kept, only_the_first_interrupt
from ct_pandas._upload.ledger import HELD_BACK, Ledger, State
from ct_pandas._upload.mending import mend
from ct_pandas._upload.upload import Order
from ct_pandas._validate.findings import table
from ct_pandas.dask._converted import refuse_texts_of_objects
from ct_pandas.dask._partitions import Partitions
from ct_pandas.dask._parts import Part, by_partition
from ct_pandas.dask._report import PartitionedReport
from ct_pandas.errors import (
    ClevertapError,
    UploadError,
    UploadInterrupted,
    UploadWarning,
    ValidationError,
)

NOT_BEGUN = "stopped before this partition"
_BLOCKING = (State.STOPPED, State.INVALID, State.HELD, State.UNKNOWN)


@dataclass(frozen=True)
class _Look:
    """What a look at a partition found; ``nobody`` is the problem of one that says of nobody who it is."""

    index: pd.Index
    whose: bytes
    found: pd.DataFrame
    anybody: bool
    doubts: Doubts
    nobody: pd.DataFrame | None


class Sending:
    """An upload that can be gone on with.

    Parameters
    ----------
    partitions
        What is sent.
    keywords
        What becomes of the columns.
    account
        Where it goes.
    named
        Whether the caller named the account.
    options
        The other keywords of an upload.
    """

    def __init__(
        self,
        partitions: Partitions,
        keywords: Keywords,
        account: Account,
        *,
        named: bool,
        options: dict[str, Any],
    ) -> None:
        self.partitions, self.keywords, self.account = partitions, keywords, account
        self._named, self.options = named, options
        self.parts: list[Part] = []

    @property
    def dry_run(self) -> bool:
        """Whether the server only judges."""
        return bool(self.options.get("dry_run"))

    def run(self) -> PartitionedReport:
        """Look at all partitions where they are, then send them from here."""
        Order(pd.DataFrame(), self.keywords, self.account, **self.options)  # checks them
        refuse_texts_of_objects(self.partitions.meta, self.keywords)
        known = self.account.timezone, self.account.limits
        problems: list[pd.DataFrame] = []
        looks: list[_Look] = list(self.partitions.each(_look, self.keywords, *known))
        for number, look in enumerate(looks):
            ledger = Ledger(len(look.index))
            ledger.mark(slice(None), State.STOPPED, None, NOT_BEGUN)
            self.parts.append(Part(number, look.index, look.whose, ledger))
            problems.append(look.found.assign(partition=number))
        nobody = [look.nobody for look in looks if look.nobody is not None]
        if nobody and not any(look.anybody for look in looks):
            raise checking.nobody(nobody[0])
        doubts = Doubts()
        for look in looks:
            doubts.add(look.doubts)
        doubts.refuse()
        doubts.tell()
        self._refuse(problems)
        if not self._named and provenance.is_download(self.partitions.meta):
            frames = (self.partitions.frame(part.number) for part in self.parts)
            refuse_strays((outgoing(frame, self.keywords) for frame in frames), self.account)
        return self.go()

    def go(self, mended: Any = None) -> PartitionedReport:
        """Send what is left, partition by partition; or mended rows, and what they held back."""
        placed = {} if mended is None else self._place(mended)
        with warnings.catch_warnings(), handler_kept(), only_the_first_interrupt():
            warnings.simplefilter("ignore", UploadWarning)  # one for all partitions follows
            try:
                self._go_through(placed, only_held=mended is not None)
            except (UploadError, UploadInterrupted) as stop:
                raise self._stopped(stop) from None
            except KeyboardInterrupt:  # while a partition was fetched, or between two of them
                raise self._stopped(UploadInterrupted("You stopped it.", report=None)) from None
            except Exception as error:  # as where a worker dies, or the store of a partition is gone
                if not any(part.ledger.requests.any() for part in self.parts):
                    raise
                ours = isinstance(error, ClevertapError)
                why = str(error) if ours else f"It ended in {type(error).__name__}, the cause of this error."
                raise self._stopped(UploadError(why)) from error
        report = PartitionedReport(self)
        report.warn()
        return report

    def _go_through(self, placed: dict[int, npt.NDArray[np.int64]], *, only_held: bool) -> None:
        held: set[Person] = set()
        for part in self.parts:
            wanted = part.ledger.where(State.HELD) if only_held else part.wanted
            wanted[placed.get(part.number, [])] = True
            if wanted.any():
                self._go(part, wanted, held)
            if part.report is not None:
                held |= self._people(part, np.flatnonzero(part.ledger.where(*_BLOCKING)))

    def _place(self, mended: Any) -> dict[int, npt.NDArray[np.int64]]:
        """Put mended rows in their places; in none where one of them would be refused."""
        placed = {}
        problems = []
        for number, given in by_partition(mended, self.parts).items():
            part = self.parts[number]
            states = (State.REFUSED, State.STOPPED, State.HELD, State.INVALID)
            before = self._frame(part)
            ids = outgoing(before, self.keywords).ids
            frame, rows = mend(before, given, np.flatnonzero(part.ledger.where(*states)), ids)
            found = checking.check(self._pieces(frame), self.account.limits, rows).found
            problems.append(table(found, frame.index).assign(partition=number))
            placed[number] = frame, rows
        self._refuse(problems)
        for number, (frame, rows) in placed.items():
            self._put(self.parts[number], frame, rows)
        return {number: rows for number, (_, rows) in placed.items()}

    def _put(self, part: Part, frame: pd.DataFrame, rows: npt.NDArray[np.int64]) -> None:
        """Keep mended rows before the first of them is sent: what stops the upload loses none."""
        ledger, found = part.ledger.copy(), part.found
        ledger.mark(rows, State.STOPPED, None, NOT_BEGUN)
        found = None if found is None else found[~np.isin(found["position"], rows)]
        part.frame = frame
        order = Order(frame, self.keywords, self.account, **self.options)
        part.keep(upload._Run(order, ledger, found, alone=False)._report())  # noqa: SLF001

    def _frame(self, part: Part) -> pd.DataFrame:
        """Give the rows of a partition; refuses one that did not come out as it was looked at."""
        if part.frame is not None:
            return part.frame
        frame = self.partitions.frame(part.number)
        if not frame.index.equals(part.index) or _whose(outgoing(frame, self.keywords)) != part.whose:
            raise ClevertapError(
                f"Partition {part.number} has other rows now than when it was checked, so none of "
                "it was sent. If computing it again gives other rows, compute it only once: ddf "
                "= ddf.persist()."
            )
        return frame

    def _pieces(self, frame: pd.DataFrame) -> Pieces:
        return Pieces(outgoing(frame, self.keywords), Times(self.account.timezone))

    def _go(self, part: Part, wanted: npt.NDArray[np.bool_], held: set[Person]) -> None:
        part.frame = self._frame(part)
        provenance.guard(part.frame, self.keywords.original, self.account, named=self._named)
        ledger = part.ledger.copy()
        if held:
            rows = np.flatnonzero(wanted)
            late = rows[[person in held for person in self._everybody(part, rows)]]
            ledger.mark(late, State.HELD, None, HELD_BACK)
            wanted[late] = False
        order = Order(part.frame, self.keywords, self.account, **self.options)
        run = upload._Run(order, ledger, part.found, alone=False)  # noqa: SLF001
        try:
            part.keep(run.go(wanted))
        except (UploadError, UploadInterrupted) as stop:
            part.keep(stop.report)
            raise
        except KeyboardInterrupt as stop:  # it had ended, and its report was on the way here
            part.keep(run._report(stop))  # noqa: SLF001
            raise

    def _stopped(self, stop: UploadError | UploadInterrupted) -> UploadError | UploadInterrupted:
        """Say of the whole upload what stopped one partition."""
        report = PartitionedReport(self)
        mine = type(stop)(
            f"The upload stopped in a partition. {stop} In all: {report.sentence()}", report=report
        )
        if isinstance(stop, UploadError) and isinstance(mine, UploadError):
            mine.status, mine.code, mine.retryable = stop.status, stop.code, stop.retryable
        report.stopped_by = mine
        _interruptions.remember(mine)
        return mine

    def _people(self, part: Part, rows: npt.NDArray[np.int64]) -> set[Person]:
        return {person for person in self._everybody(part, rows) if person is not None}

    def _everybody(self, part: Part, rows: npt.NDArray[np.int64]) -> list[Person | None]:
        """Say whose rows these are."""
        if part.frame is None:
            return []
        cut = self._pieces(part.frame).cut(rows)
        return [person for piece in cut for person in piece.people.everybody()]

    def _refuse(self, problems: list[pd.DataFrame]) -> None:
        """Send nothing where something would be refused, unless the caller wants the rest sent."""
        found = pd.concat(problems, ignore_index=True) if problems else pd.DataFrame()
        if not len(found) or self.options.get("invalid", "raise") != "raise":
            return
        rows = len(found[["partition", "position"]].drop_duplicates())
        raise ValidationError(
            f"{counted(rows, 'row')} would be refused, so nothing was sent. All of them are in .problems of "
            'this error, by partition and position; correct them, or give invalid="skip" to send the rest '
            'or invalid="send" to let CleverTap judge.',
            problems=found,
        )


def _look(frame: pd.DataFrame, keywords: Keywords, timezone: str | None, limits: Limits) -> _Look:
    """Look at a partition on its worker."""
    going = outgoing(frame, keywords)
    pieces = Pieces(going, Times(timezone))
    done = checking.check(pieces, limits)
    nobody = checking.no_identity(going) if done.nobody else None
    found = table(done.found, frame.index)
    return _Look(frame.index, _whose(going), found, done.anybody, done.doubts, nobody)


def _whose(going: Outgoing) -> bytes:
    """Give what only these people, in this order, have: labels often count the rows of a partition anew."""
    people = going.ids.of(going.frame).everybody()
    return hashlib.blake2b(repr(people).encode(errors="surrogatepass"), digest_size=16).digest()
