"""A download made by the workers of a cluster, read with Dask."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dask
import dask.dataframe as dd
import distributed
from distributed.comm.core import CommClosedError

from ct_pandas import _interruptions, _warnings, _wire
from ct_pandas._download import restoring
from ct_pandas._download.dataset import Dataset
from ct_pandas._download.download import Download, so_far, unfinished
from ct_pandas._frame.selection import Selection
from ct_pandas._progress import say
from ct_pandas._query.query import Query, as_query, require_event
from ct_pandas._reading import certificate
from ct_pandas._reading.asking import one_of, page_size, slices, truth, whole
from ct_pandas._reading.stops import Stops
from ct_pandas._storage.belonging import Belonging
from ct_pandas._storage.files import directory_named
from ct_pandas._storage.store import Store
from ct_pandas.dask._slices import Told, Walked, Who, download_slice, who, write_dataset
from ct_pandas.errors import ArgumentError, ClevertapError

if TYPE_CHECKING:
    from distributed import Client

LEASE = "60s"
"""How long a worker may be silent before its lease is another's: a worker renews it every few seconds."""


def read(
    event: str | Query | Mapping[str, Any],
    start: Any = None,
    end: Any = None,
    *,
    directory: str | os.PathLike[str],
    where: Any = None,
    rows: Literal["profile", "event"] = "profile",
    columns: Sequence[str] | None = None,
    event_summary: bool = False,
    batch_size: int = _wire.MAX_BATCH_SIZE,
    parallel: int | None = None,
    client: Client | None = None,
) -> dd.DataFrame:
    """Download on a Dask cluster, once, and read the result with Dask.

    The workers read slices of the days, and a semaphore of the scheduler keeps their requests within the
    account's limit. Nothing is downloaded twice: the pages go to a directory that all workers share, and a
    slice whose worker died continues from there. Each person comes once.

    Every worker takes the account from its own environment (``CLEVERTAP_ACCOUNT_ID``, ``CLEVERTAP_PASSCODE``,
    ``CLEVERTAP_REGION``): no passcode is part of a task.

    Parameters
    ----------
    directory
        A directory that the client and all workers see under this name. The same call again goes on where
        it stopped, or reads what is stored.
    event, start, end, where, rows, columns, event_summary, batch_size
        As in :func:`ct_pandas.read_clevertap_events`.
    parallel
        Slices of days; left out, as many as requests may be in flight.
    client
        The cluster; left out, the current one.

    Returns
    -------
    dask.dataframe.DataFrame
        ``dask.dataframe.read_parquet`` of its files. Columns of mixed types, lists and objects are JSON
        text; :func:`ct_pandas.open_download` restores them.

    Raises
    ------
    ClevertapError
        No cluster is connected, the directory holds another download, the workers have no account, or their
        login is refused.
    DownloadError
        A slice could not be completed: ``.partial`` is what came, ``.resume()`` or the same call goes on.
    DownloadInterrupted
        You stopped it; the same attributes.

    Examples
    --------
    >>> import ct_pandas.dask  # doctest: +SKIP
    >>> ddf = ct_pandas.dask.read("Charged", "2025-10", directory="/shared/charged")  # doctest: +SKIP
    """
    query = as_query(event, start, end, where)
    if one_of("rows", rows, ("profile", "event")) == "event":
        require_event(query, 'rows="event"')
    cluster = client or _current()
    owner: Who = cluster.submit(who, pure=False).result()
    selection = None if columns is None else Selection.of(columns)
    patterns = None if selection is None else selection.patterns
    belongs = Belonging(
        owner.host,
        owner.account_id,
        query.to_cql(),
        rows,
        patterns,
        truth("event_summary", event_summary),
        max_rows=None,
    )
    size = page_size(batch_size, None)
    lanes = owner.requests if parallel is None else whole("parallel", parallel, "the slices of days")
    folder = _readable(directory_named(directory))
    cut = {"slices": [part.to_cql() for part in slices(query, lanes)], "batch_size": size}
    return _Reading(cluster, owner, folder, belongs, cut).resume()


def _current() -> Client:
    """Return the cluster that is in use."""
    try:
        return distributed.get_client()
    except ValueError:
        raise ArgumentError(
            "No cluster is connected. Start one, client = distributed.Client(), or name one with client=."
        ) from None


def _readable(folder: Path) -> Path:
    """Refuse a directory that Dask would look for elsewhere."""
    if "::" in os.fspath(folder):
        raise ArgumentError(
            f"directory={os.fspath(folder)!r}: Dask reads :: in a path as two addresses. Give "
            "another directory."
        )
    return folder


@dataclass(frozen=True)
class _Reading:
    """One read of a cluster, which can be gone on with."""

    cluster: Client
    owner: Who
    kept_in: Path
    belongs: Belonging
    cut: Mapping[str, Any]

    def resume(self) -> dd.DataFrame:
        """Go on from the pages that are there, or read what is stored."""
        if Dataset(self.kept_in).there or not self._download(unfinished(self.kept_in)):
            _stored(self.kept_in, self.belongs, self.owner.timezone)
        _interruptions.mended(self, self.kept_in)
        return _frame(Dataset(self.kept_in))

    def partial(self) -> Any:
        """Return the frame so far, marked incomplete."""
        return so_far(self.kept_in, self.owner.timezone).to_frame()

    def _download(self, store: Store) -> bool:
        """Have the workers walk what is missing and write the dataset; what stops them keeps what came.

        False where another client has finished it meanwhile.
        """
        with contextlib.ExitStack() as alone:
            alone.enter_context(store.locked(workers=True))
            if Dataset(self.kept_in).there:
                store.remove()
                return False
            if store.there:
                self.belongs.check(store.open(), self.kept_in)
            else:
                who = self.owner
                kept: dict[str, Any] = {"region": who.place, "timezone": who.timezone, "dtype_backend": None}
                store.begin(self.belongs, use="dataset", verify=False, **self.cut, **kept)
            with Stops(self, lambda: len(Download(self.kept_in)), "row"), alone, _alive():
                if not (store.finished and all(part.done for part in store.slices())):
                    _slices(self.cluster, self.owner, store)
                where = os.fspath(self.kept_in), self.owner.timezone
                told = self.cluster.submit(write_dataset, *where, pure=False).result()
                store.remove()
                _tell(told, store.manifest.get("refused"))
        return True


def _stored(folder: Path, belongs: Belonging, timezone: str | None) -> None:
    dataset = Dataset(folder)
    belongs.check(dataset.belongs(), folder)
    dataset.check_zone(timezone)
    dataset.check()
    say(True, certificate.age(Download(folder).attrs["downloaded_at"]))


def _frame(dataset: Dataset) -> dd.DataFrame:
    """Read the files of a dataset: no others in its folder, and no column out of the folder's name."""
    frame: dd.DataFrame = dd.read_parquet(
        [glob.escape(os.fspath(part)) for part in dataset.parts],
        columns=restoring.names_in(dataset.schema),
        dataset={"partitioning": None},
    )
    return frame


def _tell(told: Sequence[Told], refused: int | None) -> None:
    """Warn here of what nobody would see on a worker."""
    for text, category in told:
        _warnings.warn(text, category)
    if refused is not None:
        certificate.doubt(refused)


@contextlib.contextmanager
def _alive() -> Iterator[None]:
    """Say of a cluster that lost its work what that is, in place of errors of its own."""
    try:
        yield
    except (distributed.KilledWorker, distributed.CancelledError, CommClosedError) as error:
        raise ClevertapError(
            "The cluster lost the workers of this download, or the connection to them "
            f"({type(error).__name__}); their logs say why, often that memory ran out."
        ) from None


def _slices(cluster: Client, owner: Who, store: Store) -> None:
    """Have the workers walk what is missing."""
    folder, size = os.fspath(store.whose), store.manifest["batch_size"]
    lease = _lease(cluster, owner)
    numbers = range(len(store.manifest["slices"]))
    tasks = [cluster.submit(download_slice, folder, number, size, lease, pure=False) for number in numbers]
    try:
        walked: list[Walked] = cluster.gather(tasks)  # type: ignore[no-untyped-call]
    finally:
        cluster.cancel(tasks)  # type: ignore[no-untyped-call]
    store.finish(
        complete=True,
        expected=None,
        records=sum(each.records for each in walked),
        pages=len(store.files()),
        refused=next((each.refused for each in walked if each.refused is not None), None),
    )


def _lease(cluster: Client, owner: Who) -> Any:
    """Give the semaphore that all downloads of this account share on this cluster."""
    name = f"ct_pandas {owner.host} {owner.account_id}"
    with dask.config.set({"distributed.scheduler.locks.lease-timeout": LEASE}):
        make: Any = distributed.Semaphore
        lease = make(owner.requests, name, cluster.scheduler, cluster.loop)
        lease.register()
    return lease
