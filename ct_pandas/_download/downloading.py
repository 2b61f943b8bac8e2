"""A download to disk: walked in bounded memory, then written as a dataset, once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ct_pandas import _wire
from ct_pandas._download.dataset import Dataset
from ct_pandas._download.download import Download, so_far, unfinished
from ct_pandas._download.packing import pack
from ct_pandas._interruptions import mended
from ct_pandas._progress import Bar, say_anyway
from ct_pandas._query.query import Query
from ct_pandas._reading import certificate
from ct_pandas._reading.asking import Wish, wish
from ct_pandas._reading.certificate import headline
from ct_pandas._reading.listing import suggesting
from ct_pandas._reading.reading import Reading
from ct_pandas._reading.stops import Stops
from ct_pandas._storage.checkpoint import Checkpoint
from ct_pandas._storage.files import directory_named
from ct_pandas._storage.store import Store
from ct_pandas.errors import ClevertapError

if TYPE_CHECKING:
    import pandas as pd

    from ct_pandas._account import Account


class Downloading(Reading):
    """A download into a directory.

    Parameters
    ----------
    wished
        What was asked for.
    directory
        Where it goes.
    """

    def __init__(self, wished: Wish, directory: Path) -> None:
        self.directory, self._belongs = directory, wished.belongs
        self._store, self._dataset = unfinished(directory), Dataset(directory)
        self._kept: Checkpoint = wished.checkpoint(self._store, None)
        walk = replace(wished, begun=self._store.begun).walk(self._kept)
        super().__init__(wished.ask, walk, self._kept, directory)

    def run(self) -> Download:  # type: ignore[override]  # what is handed over is on disk
        """Walk to the end and write the dataset; what stops it keeps what came."""
        if self._dataset.there:
            return self._stored()
        self._refuse_strangers()
        names = suggesting(self.ask.query.event, self.ask.account)
        with names, contextlib.ExitStack() as alone:
            alone.enter_context(self._kept.alone())
            with Stops(self, lambda: self.walk.rows, "row"), alone:
                mine = not self._dataset.there  # another process may have finished it meanwhile
                if mine:
                    self._kept.open(self.walk)
                    self._fetch(headline(self.ask.query, events=self.ask.events))
                    self._pack()
                    download = Download(self.directory)
                    self._tell(download.attrs, download.iter_frames())
                    return download
        return self._stored()

    def partial(self) -> pd.DataFrame:
        """Return the frame so far, marked incomplete."""
        if not self._store.there and not self._dataset.there:
            return super().partial()
        found = so_far(self.directory, self.ask.account.timezone)
        return found.to_frame(dtype_backend=self.ask.dtype_backend)

    def _pack(self) -> None:
        """Write the dataset, then let go of the pages it was made of."""
        with Bar(self.ask.progress, desc="writing Parquet", unit="rows") as bar:
            pack(self._store, self._dataset, bar, self.ask.account.timezone)

    def _stored(self) -> Download:
        """Return the dataset that is here, if it is the one that is asked for."""
        self._belongs.check(self._dataset.belongs(), self.directory)
        self._dataset.check_zone(self.ask.account.timezone)
        download = settled(self.directory)
        mended(self, self.kept_in)
        say_anyway(certificate.age(download.attrs["downloaded_at"]))  # old rows are not new ones
        return download

    def _refuse_strangers(self) -> None:
        """Refuse to write beside a checkpoint or among Parquet files of others, which would pass for rows."""
        if Store(self.directory).there:
            raise ClevertapError(
                f"{str(self.directory)!r} holds the checkpoint of a read (checkpoint=) and cannot "
                "hold a download as well. Give another directory; "
                f"ct.resume({str(self.directory)!r}) continues the read."
            )
        others = False
        with contextlib.suppress(OSError):  # no directory at all: that is told by whoever makes it
            others = not self._store.there and any(self.directory.glob("*.parquet"))
        if others:
            raise ClevertapError(
                f"{str(self.directory)!r} holds Parquet files that ct_pandas did not write. Give "
                "an empty directory, or one that does not exist yet."
            )


def settled(directory: Path) -> Download:
    """Return the dataset that is here, without what a process left that was killed after its last file."""
    download, store = Download(directory), unfinished(directory)  # which is whole, or said to be not
    with contextlib.suppress(ClevertapError, OSError):  # as where nothing may be removed
        if store.directory.exists():
            with store.locked():
                store.remove()
    return download


def download_clevertap_events(
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
    max_rows: int | None = None,
    parallel: int = 1,
    verify: bool = False,
    progress: Any = True,
    account: Account | None = None,
) -> Download:
    """Download everybody who did an event, or every time it was done, to a Parquet dataset on disk.

    Costs the same requests as :func:`read_clevertap_events`. Memory does not grow with the data, except for a
    few bytes per person. On disk, the pages are kept, compressed, until all have come; then the dataset is
    written once, with one schema for all of them, and the pages are removed.

    Make the same call again to continue where it stopped, even after the process was killed. Once it is
    finished, the same call returns what is stored.

    Parameters
    ----------
    directory
        Where the files go: an empty directory, or one that does not exist yet. Its files are readable by
        their owner only. One directory holds one download.
    event, start, end, where, rows, columns, event_summary
        As in :func:`read_clevertap_events`.
    batch_size, max_rows, parallel, verify, progress, account
        As in :func:`read_clevertap_events`.

    Returns
    -------
    Download
        Path-like, with ``.complete``, ``.to_frame()`` and ``.iter_frames(rows)``.

    Raises
    ------
    ClevertapError
        The directory holds another download, or another process is at work in it.
    DownloadError
        The download could not be completed: ``.partial`` is what came, ``.resume()`` goes on.
    DownloadInterrupted
        You stopped it; the same attributes.

    Notes
    -----
    CleverTap, Get User Profiles API and Get Events API (https://developer.clevertap.com/docs/get-user-profiles-api,
    https://developer.clevertap.com/docs/get-events-api).

    Examples
    --------
    >>> import ct_pandas as ct, tempfile
    >>> account = ct.connect_sandbox()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     download = ct.download_clevertap_events(
    ...         "Charged", "2025-10", rows="event", directory=folder, progress=False
    ...     )
    ...     sum(len(frame) for frame in download.iter_frames(rows=1000)) == len(download)
    True
    """
    wished = wish(
        event,
        start,
        end,
        where,
        rows=rows,
        columns=columns,
        event_summary=event_summary,
        batch_size=batch_size,
        max_rows=max_rows,
        parallel=parallel,
        verify=verify,
        progress=progress,
        account=account,
    )
    return Downloading(wished, directory_named(directory)).run()
