"""A finished download as a Parquet dataset: written once, part by part, and read back as the same frame.

The directory holds nothing but Parquet files, because some readers take every file in it for data. The
manifest is one too: it has the schema of the parts, no rows, and what is to be said in its metadata. It is
renamed into place last, so that parts without it are no dataset.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ct_pandas import _warnings
from ct_pandas._download import restoring
from ct_pandas._download.fields import Field
from ct_pandas._storage.belonging import Belonging
from ct_pandas._storage.files import replacing, sealed, settle, unsealed
from ct_pandas._storage.store import DATASET
from ct_pandas.errors import ClevertapError, TimezoneWarning

MANIFEST, PART = DATASET, "part-{:05}.parquet"
NOTES = b"ct_pandas"
"""Where the metadata of the manifest holds what is to be said of the whole."""

GROUP_BYTES = 8 << 20  # of columns in memory before they are written
PART_BYTES = 128 << 20  # of columns in one file


_REMEDY = "Restore its original files, or remove the directory and download again."


class Dataset:
    """Parquet files in a directory.

    Parameters
    ----------
    directory
        Where they are.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def there(self) -> bool:
        """Whether a whole dataset is in the directory."""
        return os.path.exists(self.directory / MANIFEST)  # noqa: PTH110  (also where nobody may look)

    @property
    def parts(self) -> list[Path]:
        """The files that hold the rows, in order."""
        return [self.directory / PART.format(number) for number in range(self.notes()["parts"])]

    def check(self) -> None:
        """Refuse a dataset that lost a part or rows of one, or has other columns than were written."""
        lost = [path.name for path in self.parts if not path.exists()]
        if lost:
            raise ClevertapError(
                f"{str(self.directory)!r} has lost {len(lost)} of its files ({lost[0]}, for one). {_REMEDY}"
            )
        metadata = {name: value for name, value in self.schema.metadata.items() if name != NOTES}
        written, rows = self.schema.with_metadata(metadata), 0
        for path in self.parts:  # one at a time: what is said of columns may be many megabytes
            with self._whole(), pq.ParquetFile(path) as file:
                schema = file.schema_arrow
                rows += file.metadata.num_rows
            if not schema.equals(written, check_metadata=True):
                raise ClevertapError(
                    f"{str(self.directory)!r} cannot be read: {path.name} does not have the "
                    f"columns that were written to it. {_REMEDY}"
                )
        if rows != self.notes()["attrs"]["clevertap"]["rows"]:
            raise ClevertapError(
                f"{str(self.directory)!r} does not hold the rows that were "
                f"written to it: its files were changed. {_REMEDY}"
            )

    def notes(self) -> dict[str, Any]:
        """Read what the manifest says."""
        metadata = self.schema.metadata or {}
        try:
            return unsealed(metadata.get(NOTES, b""))
        except ValueError:
            raise ClevertapError(
                f"{str(self.directory)!r} holds a manifest that ct_pandas did not write, or that was edited. "
                f"Give another directory. {_REMEDY}"
            ) from None

    def belongs(self) -> Belonging:
        """Say what the download belongs to."""
        try:
            return Belonging.read(self.notes()["belongs"])
        except (ValueError, KeyError):
            raise ClevertapError(
                f"{str(self.directory)!r} holds a download that another version of ct_pandas "
                "made. Give another directory."
            ) from None

    def check_zone(self, timezone: str | None) -> None:
        """Warn where the times of events were read in another zone than the one that is known now."""
        notes = self.notes()
        there = notes["timezone"]
        if timezone in (None, there) or notes["attrs"]["clevertap"]["kind"] != "events":
            return
        read = f"in {there}" if there else "without a time zone, because it was not known,"
        _warnings.warn(
            f"The times in {str(self.directory)!r} were read {read} and stay that way; the "
            f"account's time zone is now {timezone}. To read them in it, remove the folder and "
            "download again.",
            TimezoneWarning,
        )

    @property
    def schema(self) -> pa.Schema:
        """The schema of every part."""
        with self._whole():
            return pq.read_schema(self.directory / MANIFEST)

    def tables(self) -> Iterator[pa.Table]:
        """Read the rows, some thousands at a time, in order."""
        for path in self.parts:
            with self._whole(), pq.ParquetFile(path, page_checksum_verification=True) as file:
                schema = file.schema_arrow
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group).cast(schema)

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Say of files that cannot be read what to do."""
        try:
            yield
        except (OSError, UnicodeError, pa.ArrowException) as error:
            raise ClevertapError(
                f"A file in {str(self.directory)!r} cannot be read: {error}. {_REMEDY}"
            ) from None

    def write(self, fields: list[Field], tables: Iterable[pa.Table], notes: dict[str, Any]) -> None:
        """Write the dataset, in place of parts that a killed process left."""
        for left in self.directory.glob("part-*.parquet"):
            left.unlink()
        schema = restoring.with_types(fields, notes["attrs"])
        parts = list(_files(self.directory, schema, tables))
        said = {**(schema.metadata or {}), NOTES: json.dumps(sealed({**notes, "parts": len(parts)})).encode()}
        _write(self.directory / MANIFEST, [schema.with_metadata(said).empty_table()])
        settle(self.directory)


def _files(directory: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> Iterator[Path]:
    """Write one part after another; an empty dataset has one too, for readers that need a file."""
    source = _Groups(schema, tables)
    number = 0
    while number == 0 or not source.ended:
        path = directory / PART.format(number)
        _write(path, source.part())
        number += 1
        yield path


class _Groups:
    """Gathers tables into row groups of a good size, and these into parts."""

    def __init__(self, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
        self._schema, self._tables = schema, iter(tables)
        self._next = self._gather()

    @property
    def ended(self) -> bool:
        """Whether there is no further row."""
        return self._next is None

    def part(self) -> Iterator[pa.Table]:
        """Give the row groups of one part."""
        if self._next is None:
            yield self._schema.empty_table()
        room = PART_BYTES
        while self._next is not None and room > 0:
            group = self._next
            room -= group.nbytes
            yield group
            self._next = self._gather()

    def _gather(self) -> pa.Table | None:
        held: list[pa.Table] = []
        size = 0
        while size < GROUP_BYTES:
            table = next(self._tables, None)
            if table is None:
                break
            held.append(table)
            size += table.nbytes
        return (
            pa.concat_tables(held).combine_chunks().replace_schema_metadata(self._schema.metadata)
            if held
            else None
        )


def _write(path: Path, groups: Iterable[pa.Table]) -> None:
    """Write a Parquet file, which is there whole or not at all."""
    with replacing(path) as file:
        writer: pq.ParquetWriter | None = None
        for group in groups:
            writer = writer or pq.ParquetWriter(
                file, group.schema, compression="zstd", write_page_checksum=True
            )
            writer.write_table(group, row_group_size=max(1, group.num_rows))
        if writer is not None:
            writer.close()
