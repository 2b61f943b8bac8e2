"""A download on disk: a Parquet dataset, or what has arrived of one so far."""

from __future__ import annotations

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pandas.api.extensions import no_default

from ct_pandas._download import restoring
from ct_pandas._download.dataset import Dataset
from ct_pandas._download.packing import packed
from ct_pandas._faces import NO_FORMULAS, STYLE, visible
from ct_pandas._frame import backends
from ct_pandas._query.query import Query
from ct_pandas._reading.asking import whole
from ct_pandas._records import reads
from ct_pandas._shown import counted
from ct_pandas._storage.files import directory_named
from ct_pandas._storage.store import UNFINISHED, Store
from ct_pandas.errors import ClevertapError

if TYPE_CHECKING:
    import pandas as pd


class Download(os.PathLike[str]):
    """A download on disk: a directory of Parquet files, or what has arrived of it so far.

    Pass it, or its ``.directory``, to anything that reads Parquet: ``pyarrow.dataset.dataset``,
    ``dask.dataframe.read_parquet``, ``polars.scan_parquet(download.directory)``, or in DuckDB
    ``read_parquet('.../*.parquet')``.
    Columns of mixed types, lists, objects or numbers beyond 64 bits are JSON text in the files;
    :meth:`to_frame` restores them.

    Parameters
    ----------
    directory
        Where it is.

    Examples
    --------
    >>> import ct_pandas as ct, tempfile
    >>> account = ct.connect_sandbox()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     download = ct.download_clevertap_events("Charged", "2025-10", directory=folder, progress=False)
    ...     download.complete, len(download.to_frame()) == len(download)
    (True, True)
    """

    _timezone: str | None = None  # in place of the one that an unfinished download began with

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = directory_named(directory)
        self._dataset = Dataset(self.directory)
        store = unfinished(self.directory)
        self._whole = self._dataset.there  # all that was asked for; else more is to come
        if self._whole:
            self._dataset.check()
            self._attrs = dict(self._dataset.notes()["attrs"]["clevertap"])
        elif store.there:
            self._attrs = store.attrs()
        else:
            raise ClevertapError(
                f"{str(self.directory)!r} holds no download. Make one with "
                "ct.download_clevertap_events(..., directory=...)."
            )

    @property
    def complete(self) -> bool:
        """Whether everything is here: CleverTap had no more pages, and ``max_rows`` cut nothing off."""
        return bool(self.attrs["complete"])

    @property
    def attrs(self) -> dict[str, Any]:
        """What is known about the download; the same as ``df.attrs["clevertap"]`` of its frame."""
        return dict(self._attrs)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return restoring.names_in(self._open()[0])

    def to_frame(self, *, dtype_backend: Any = no_default) -> pd.DataFrame:
        """Return the frame that a read into memory would give.

        Parameters
        ----------
        dtype_backend
            ``"numpy_nullable"`` or ``"pyarrow"``; left out, pandas' default types.

        Returns
        -------
        DataFrame
            As :func:`read_clevertap_events` returns it, but with the first copy of a person who came twice.
            For an unfinished download it holds what came so far, marked incomplete.
        """
        schema, tables = self._open()
        frame = self._noted(restoring.frame_of(list(tables), schema, backends.of(dtype_backend)))
        frame.attrs["clevertap"]["read"] = reads.remember(frame)
        return frame

    def iter_frames(self, rows: int = 100_000, *, dtype_backend: Any = no_default) -> Iterator[pd.DataFrame]:
        """Give the rows a piece at a time, for data larger than memory.

        Parameters
        ----------
        rows
            Rows in each frame; the last one may have fewer.
        dtype_backend
            As in :meth:`to_frame`.

        Returns
        -------
        iterator of DataFrame
            All with the same columns and types; at least one, which may be empty.
        """
        size = whole("rows", rows, "the rows in each frame")
        form = backends.of(dtype_backend)
        schema, tables = self._open()
        return (self._noted(restoring.frame_of(part, schema, form)) for part in _evenly(tables, schema, size))

    def _open(self) -> tuple[pa.Schema, Iterator[pa.Table]]:
        """Return the one schema, and the rows under it."""
        if self._dataset.there:
            return self._dataset.schema, self._dataset.tables()
        packing = packed(unfinished(self.directory), timezone=self._timezone)
        return packing.schema, packing.tables()

    def _noted(self, frame: pd.DataFrame) -> pd.DataFrame:
        frame.attrs["clevertap"] = self.attrs | {"rows": len(frame)}
        return frame

    def __len__(self) -> int:
        return int(self.attrs["rows"])

    def __fspath__(self) -> str:
        return str(self.directory)

    def __repr__(self) -> str:
        if "_attrs" not in vars(self):  # half made, as a traceback may show it
            return object.__repr__(self)
        state = "complete" if self.complete else "cut by max_rows" if self._whole else "incomplete"
        return f"<Download {str(self.directory)!r}: {self._rows}, {state}>"

    def _repr_html_(self) -> str:
        missing = "cut by max_rows" if self._whole else "incomplete: run it again, or ct.resume(directory)"
        state = "complete" if self.complete else missing
        lines = {
            "Directory": str(self.directory),
            "Rows": self._rows,
            "State": state,
            "Downloaded": self.attrs["downloaded_at"],
            "Account": f"{self.attrs['account']} ({self.attrs['region']})",
            "Query": visible(str(Query.from_cql(self.attrs["query"]))),
        }
        rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in lines.items())
        table = f"<table><caption>CleverTap download</caption><tbody>{rows}</tbody></table>"
        return f'<div class="ct-report {NO_FORMULAS}">{STYLE}{table}</div>'

    @property
    def _rows(self) -> str:
        of_people = self.attrs["kind"] == "people"
        return counted(len(self), "person", "people") if of_people else counted(len(self), "event")


def so_far(directory: Path, timezone: str | None) -> Download:
    """Open what has arrived, with times in the zone that is known now."""
    found = Download(directory)
    found._timezone = timezone  # noqa: SLF001  (nobody else has seen it yet)
    return found


def unfinished(directory: Path) -> Store:
    """Return the place where a download into a directory is kept until it is a dataset."""
    return Store(directory / UNFINISHED, directory)


def _evenly(tables: Iterator[pa.Table], schema: pa.Schema, size: int) -> Iterator[list[pa.Table]]:
    """Cut tables into groups of so many rows; at least one group."""
    held: list[pa.Table] = []
    room = size
    given = False
    for whole_table in tables:
        table = whole_table
        while table.num_rows >= room:
            held.append(table.slice(0, room))
            table = table.slice(room)
            yield held
            held, room, given = [], size, True
        if table.num_rows:
            held.append(table)
            room -= table.num_rows
    if held or not given:
        yield held or [schema.empty_table()]


def open_download(directory: str | os.PathLike[str]) -> Download:
    """Open a directory made by :func:`download_clevertap_events`. Sends nothing.

    Parameters
    ----------
    directory
        The directory that was given to the download.

    Returns
    -------
    Download
        Its ``.complete`` tells whether everything is there.

    Raises
    ------
    ClevertapError
        There is no download in the directory.

    Examples
    --------
    >>> import ct_pandas as ct, tempfile
    >>> account = ct.connect_sandbox()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = ct.download_clevertap_events("Charged", "2025-10", directory=folder, progress=False)
    ...     ct.open_download(folder).complete
    True
    """
    return Download(directory)
