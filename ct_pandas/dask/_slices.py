"""What runs on a worker: one slice of days, with one request in flight for as long as it holds its lease.

A task may run twice, when its worker died or was only thought to have died. Pages are therefore kept in the
store of the whole download: the second run goes on where the first one stopped, and does not begin before
the first one has ended.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ct_pandas import _account
from ct_pandas._download.dataset import Dataset
from ct_pandas._download.download import unfinished
from ct_pandas._download.packing import pack
from ct_pandas._paging.walk import Walk
from ct_pandas._progress import Bar
from ct_pandas._reading.asking import Wish
from ct_pandas._reading.reading import Ask
from ct_pandas._storage.checkpoint import Checkpoint
from ct_pandas._storage.files import InUse, locked
from ct_pandas.errors import ClevertapError, ClevertapWarning

PATIENCE = 0.5  # seconds between two looks at a lock that an older run of the same task still holds


Told = tuple[str, type[ClevertapWarning]]
"""What a warning says, and its kind."""


@dataclass(frozen=True)
class Walked:
    """A slice that is all there: its records, and the status of a refusal to count it where it is empty."""

    records: int
    refused: int | None


@dataclass(frozen=True)
class Who:
    """The account of a worker, without its passcode."""

    host: str
    account_id: str
    place: str
    timezone: str | None
    requests: int


def who() -> Who:
    """Say whose account this worker has in its environment."""
    account = _account.resolve(None)
    limit = account.limits.reads_in_flight
    return Who(account.host, account.account_id, account.place, account.timezone, limit)


class SliceCheckpoint(Checkpoint):
    """One slice of a store that other workers fill too."""

    number = 0

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one at work on this slice."""
        with patiently(self.store.directory / f"lock-{self.number:03}", self.store.whose):
            yield

    def open(self, walk: Walk) -> None:
        """Have the walk stand where the pages of its slice end."""
        self.store.open()
        walk.slices = [self.store.slice(self.number)]

    def finish(self, walk: Walk) -> None:
        """Leave the store open for the other slices."""


@contextlib.contextmanager
def patiently(path: Path, whose: Path) -> Iterator[None]:
    """Hold a lock, once whoever holds it has ended."""
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(locked(path, whose))
                break
            except InUse:
                time.sleep(PATIENCE)
        yield


def download_slice(directory: str, number: int, batch_size: int, lease: Any) -> Walked:
    """Walk one slice of a store to its end."""
    store = unfinished(Path(directory))
    belongs = store.open()
    account = _account.resolve(None)
    belongs.check_account(account, store.whose)
    lanes = len(store.manifest["slices"])
    wished = Wish(Ask.again(belongs, account), batch_size, lanes, verify=False)
    kept = SliceCheckpoint(store, belongs)
    kept.number = number
    with _plain(), kept.alone(), lease, Bar(False, desc="", unit="") as bar:
        walk = wished.walk(kept)
        kept.open(walk)
        walk.run(bar)
        return Walked(walk.rows, walk.refused)


def write_dataset(directory: str, timezone: str | None) -> list[Told]:
    """Write the dataset of a store whose slices are all there; give the warnings, for the client to show."""
    store, dataset = unfinished(Path(directory)), Dataset(Path(directory))
    with _plain(), warnings.catch_warnings(record=True, action="always") as told:
        if dataset.there:
            return []
        with patiently(store.directory / "lock-dataset", store.whose):
            if not dataset.there:
                with Bar(False, desc="", unit="") as bar:
                    pack(store, dataset, bar, timezone)
    return [(str(one.message), one.category) for one in told if issubclass(one.category, ClevertapWarning)]


@contextlib.contextmanager
def _plain() -> Iterator[None]:
    """Let errors travel to the client: without what cannot be sent along, such as open connections."""
    try:
        yield
    except ClevertapError as error:
        raise type(error)(
            str(error), status=error.status, code=error.code, retryable=error.retryable
        ) from None
