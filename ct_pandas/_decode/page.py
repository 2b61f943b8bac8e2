"""A page of an export: its columns, and the cursor that follows it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ct_pandas._decode.columns import Columns, Loose, cut


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One answer of the API, decoded.

    Parameters
    ----------
    next_cursor
        The cursor of the next page; None at the end of the walk.
    rows
        The number of records.
    columns
        An Arrow array, or a ``Loose`` column, by path.
    """

    next_cursor: str | None
    rows: int = 0
    columns: Columns = field(default_factory=dict)

    def head(self, rows: int) -> Page:
        """Give the page as if only its first rows had come."""
        if rows >= self.rows:
            return self
        heads = {path: cut(column, 0, rows) for path, column in self.columns.items()}
        return Page(self.next_cursor, rows, heads)

    def to_table(self) -> pa.Table:
        """Give the page as an Arrow table that ``from_table`` reads back, for files."""
        arrays, fields = [], []
        for path, column in self.columns.items():
            array = column.cells if isinstance(column, Loose) else column
            note = {"loose": str(int(isinstance(column, Loose)))}
            arrays.append(array)
            fields.append(pa.field(json.dumps(path), array.type, metadata=note))
        notes = {"envelope": json.dumps({"next_cursor": self.next_cursor}), "rows": str(self.rows)}
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=notes))

    @classmethod
    def from_table(cls, table: pa.Table) -> Page:
        """Read back what ``to_table`` gave."""
        columns: Columns = {}
        for name, chunks in zip(table.schema, table.columns, strict=True):
            array = chunks.combine_chunks()
            array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
            columns[tuple(json.loads(name.name))] = Loose(array) if name.metadata[b"loose"] == b"1" else array
        return cls(*about(table.schema), columns)


def cursor_of(value: Any) -> str | None:
    """Read what an answer has for the next cursor; one that is empty is none."""
    return (value if isinstance(value, str) else json.dumps(value)) if value else None


def about(schema: pa.Schema) -> tuple[str | None, int]:
    """Read from the schema of such a table the cursor that follows the page, and its rows."""
    notes = schema.metadata
    return json.loads(notes[b"envelope"])["next_cursor"], int(notes[b"rows"])
