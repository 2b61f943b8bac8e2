"""A page of an export: its envelope and its columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ct_pandas._decode.columns import Columns, Loose, cut


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One answer of the API, decoded.

    Parameters
    ----------
    envelope
        Every top-level key but the records, as it came.
    rows
        The number of records.
    columns
        An Arrow array, or a ``Loose`` column, by path.
    """

    envelope: Mapping[str, Any]
    rows: int = 0
    columns: Columns = field(default_factory=dict)

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page; None at the end of the walk, also where it came empty."""
        cursor = self.envelope.get("next_cursor")
        if not cursor:
            return None
        return cursor if isinstance(cursor, str) else json.dumps(cursor)

    def head(self, rows: int) -> Page:
        """Give the page as if only its first rows had come."""
        if rows >= self.rows:
            return self
        heads = {path: cut(column, 0, rows) for path, column in self.columns.items()}
        return Page(self.envelope, rows, heads)

    def to_table(self) -> pa.Table:
        """Give the page as an Arrow table that ``from_table`` reads back, for files.

        Of the envelope only the cursor: what else a server says may repeat the passcode.
        """
        arrays, fields = [], []
        for path, column in self.columns.items():
            array = column.cells if isinstance(column, Loose) else column
            note = {"loose": str(int(isinstance(column, Loose)))}
            arrays.append(array)
            fields.append(pa.field(json.dumps(path), array.type, metadata=note))
        envelope = {"next_cursor": self.next_cursor}
        about = {"envelope": json.dumps(envelope), "rows": str(self.rows)}
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=about))

    @classmethod
    def from_table(cls, table: pa.Table) -> Page:
        """Read back what ``to_table`` gave."""
        note = table.schema.metadata
        columns: Columns = {}
        for name, chunks in zip(table.schema, table.columns, strict=True):
            array = chunks.combine_chunks()
            array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
            columns[tuple(json.loads(name.name))] = Loose(array) if name.metadata[b"loose"] == b"1" else array
        return cls(json.loads(note[b"envelope"]), int(note[b"rows"]), columns)
