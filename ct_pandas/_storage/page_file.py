"""One page in a file: a digest, then its columns as an Arrow stream. A damaged file is known as one."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from ct_pandas._decode.page import Page, about
from ct_pandas._storage.files import DIGEST, digest

_NAME = b"name"


class Damaged(Exception):  # noqa: N818  (the name says what is wrong)
    """The file is not as it was written."""


def write(file: BinaryIO, page: Page, name: str) -> None:
    """Write a page, and the name of its file. The cursor that follows it stands in its notes."""
    table = page.to_table()
    table = table.replace_schema_metadata({**table.schema.metadata, _NAME: name})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    body = sink.getvalue()
    file.write(digest(body))
    file.write(body)


def read(path: Path) -> Page:
    """Read a page back; raises ``Damaged``."""
    with _stream(path) as stream:
        return Page.from_table(stream.read_all())


def outline(path: Path) -> tuple[str | None, int]:
    """Return the cursor that follows a page, and its rows; raises ``Damaged``."""
    with _stream(path) as stream:
        return about(stream.schema)


def _stream(path: Path) -> pa.ipc.RecordBatchStreamReader:
    try:
        data = memoryview(path.read_bytes())
    except FileNotFoundError as error:
        raise Damaged from error  # a disk that cannot be read just now harms no file
    if data[:DIGEST] != digest(data[DIGEST:]):
        raise Damaged
    stream = pa.ipc.open_stream(pa.py_buffer(data[DIGEST:]))
    if stream.schema.metadata.get(_NAME) != path.name.encode():  # of another page, copied or renamed
        raise Damaged
    return stream
