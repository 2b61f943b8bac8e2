"""A whole page with Arrow's JSON reader: no Python object per value, and no GIL held while it parses.

Whatever Arrow would read otherwise than ``json.loads`` is found out and read again as text, key by key;
what cannot be proven is ``Odd``, and the page is then read in plain Python.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from ct_pandas._decode.columns import TAG, Column, Columns, Loose, Pending
from ct_pandas._decode.flatten import Kind
from ct_pandas._decode.lore import Known, Learner, Lore, may_be_loose, told_by
from ct_pandas._decode.page import Page, cursor_of
from ct_pandas._decode.pivot import devices_of
from ct_pandas._decode.shape import Place, Shape, shape_of
from ct_pandas._decode.spelled import Odd, Spelled, searchable
from ct_pandas._decode.summary import listed, summaries_of

_TRIES = 8
_NOT_MARKS = bytes(set(range(256)) - set(b'[]{}"'))
_TEXT = re.compile(rb'"[^"]*"')
_DIGITS = 400  # far below the 4,300 of Python
_LONG_NUMBER = rf"^{TAG}[-+.0-9eE]{{{_DIGITS}}}"
_DEPTH = 32  # far below what overflows the stack of a thread in Arrow's reader

_is_exact: tuple[Callable[[pa.DataType], bool], ...] = (
    pa.types.is_string,
    pa.types.is_int64,
    pa.types.is_boolean,
    pa.types.is_null,
)


def decode(body: bytes, kind: Kind, learner: Learner) -> Page:
    """Decode a page, or raise ``Odd``."""
    text = Spelled(body)
    if not text.is_object:
        raise Odd
    if kind == "people" and learner.lists_summaries(body):
        written = listed(text)
        if written is not None:
            with contextlib.suppress(Odd):
                return _decode(kind, written, learner)
        learner.leave_summaries()
    return _decode(kind, text, learner)


def _decode(kind: Kind, text: Spelled, learner: Learner) -> Page:
    known = learner.known
    if known is not None:
        page = _like(known, kind, text)
        learner.tried(matched=page is not None)
        if page is not None:
            return page
    return _anew(kind, text, learner)


def _like(known: Known, kind: Kind, text: Spelled) -> Page | None:
    """Read a page that is like those before it; None where it is not.

    Held to their schema, Arrow's reader infers nothing: it keeps every null, ends at the first key or type
    that is new, and goes no deeper than the schema.
    """
    try:
        body = text.tagged(known.lore.scalars, known.lore.nested)
        table = _read(body, known.schema, unexpected_field_behavior="error")
        return _page(table, kind, known.lore, text, inferred=False)[0]
    except (pa.ArrowException, Odd):
        return None


def _anew(kind: Kind, text: Spelled, learner: Learner) -> Page:
    """Read a page whose types have to be inferred."""
    if not _is_shallow(text.body) or text.has_null_object:
        raise Odd
    for _ in range(_TRIES):
        lore = learner.lore
        try:
            table = _read(text.tagged(lore.scalars, lore.nested), lore.schema())
        except pa.ArrowException as error:
            news = told_by(str(error), lore, text)
        else:
            page, news = _page(table, kind, lore, text, inferred=True)
            if page is not None:
                learner.saw(Known(lore, table.schema))
                return page
        learner.learn(news)
    raise Odd


def _is_shallow(body: bytes) -> bool:
    """Whether Arrow's reader can infer the types of this: it crashes on very deep nesting."""
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    marks = unescaped.translate(None, _NOT_MARKS).replace(b'""', b"")
    brackets = _TEXT.sub(b"", marks)  # those in text are none
    for _ in range(_DEPTH):
        if not brackets:
            return True
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return False


def _read(body: bytes | pa.Buffer, schema: pa.Schema | None, **options: Any) -> pa.Table:
    """Read the page as a table of one row."""
    return arrow_json.read_json(
        pa.BufferReader(body),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(body) + 1),
        parse_options=arrow_json.ParseOptions(explicit_schema=schema, newlines_in_values=True, **options),
    )


def _page(
    table: pa.Table, kind: Kind, lore: Lore, text: Spelled, *, inferred: bool
) -> tuple[Page | None, Lore]:
    """Give the page, or what has to be known to read it exactly."""
    if table.num_rows != 1:
        raise Odd
    records, cursor = _open(table, lore)
    if records is None:
        return Page(cursor), lore
    shape = shape_of(records, kind, listed=text.listed)
    news = Lore()
    for place, array in shape.everything():
        news |= _judge(place, array, lore, text, inferred=inferred)
    if news != Lore():
        return None, news
    return Page(cursor, len(records), _columns(shape, lore.loose, text, inferred=inferred)), news


def _open(table: pa.Table, lore: Lore) -> tuple[pa.StructArray | None, str | None]:
    """Give the records, if there are any, and the cursor that follows them."""
    values = {name: column.chunk(0) for name, column in zip(table.column_names, table.columns, strict=True)}
    cursor = _cursor(values.get("next_cursor"), tagged="next_cursor" in lore.loose)
    records = values.get("records")
    if records is None or records.null_count:
        return None, cursor
    if not pa.types.is_list(records.type):
        raise Odd
    rows = records.flatten()
    if rows.null_count or (len(rows) and not pa.types.is_struct(rows.type)):
        raise Odd
    return (rows if len(rows) else None), cursor


def _cursor(value: pa.Array | None, *, tagged: bool) -> str | None:
    if value is None:
        return None
    if not any(is_exact(value.type) for is_exact in _is_exact):
        raise Odd
    cells = Loose(value) if tagged and pa.types.is_string(value.type) else value
    return cursor_of(cells.to_pylist()[0])


def _is_absent(array: pa.Array, text: Spelled) -> bool:
    """Whether this page has not this key of the schema: nothing stands there, and nowhere stands null."""
    if array.null_count < len(array):
        return False
    if text.has_null_word:
        raise Odd
    return True


def _judge(place: Place, array: pa.Array, lore: Lore, text: Spelled, *, inferred: bool) -> Lore:
    """Say what has to be known to read this leaf exactly; nothing where it is exact already."""
    key, kind = place[-1] or "", array.type
    if key in lore.loose:
        if not (pa.types.is_string(kind) or pa.types.is_null(kind)) or _is_event(place):
            raise Odd
        if key in lore.scalars and pa.types.is_string(kind) and _holds_long_number(array):
            raise Odd
        return Lore()
    steps: Place = ()
    while pa.types.is_list(kind):
        if inferred and text.has_null_in_list:
            break  # the reader loses nulls that stand first in a list whose type it infers
        array, kind, steps = array.flatten(), kind.value_type, (*steps, None)
    if any(is_exact(kind) for is_exact in _is_exact):
        return Lore()
    if pa.types.is_timestamp(kind) and searchable(key):
        return Lore(texts=frozenset({(*place, *steps)}))
    if pa.types.is_float64(kind) and not _may_hide_whole(array, None if steps else key, text):
        return Lore()
    if not may_be_loose(key):
        raise Odd
    if steps or pa.types.is_nested(kind):
        return Lore(nested=frozenset({key}))
    return Lore(scalars=frozenset({key}))


def _holds_long_number(texts: pa.Array) -> bool:
    """Whether a number that became text has more digits than ``json.loads`` may take."""
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    return longest > _DIGITS and pc.any(pc.match_substring_regex(texts, _LONG_NUMBER)).as_py() is True


def _is_event(place: Place) -> bool:
    """Whether this is an event of the summary, which has to be an object."""
    return len(place) > 1 and place[-2] == "events"


def _may_hide_whole(numbers: pa.Array, key: str | None, text: Spelled) -> bool:
    """Whether some of these floats may have come as whole numbers; a key tells, a list has none."""
    values = numbers.drop_null().to_numpy()
    if not np.isfinite(values).all():
        raise Odd
    return bool((values == np.rint(values)).any()) and (key is None or text.has_whole(key))


def _columns(shape: Shape, loose: frozenset[str], text: Spelled, *, inferred: bool) -> Columns:
    columns = Pending()
    for path, array in shape.leaves.items():
        if not inferred and _is_absent(array, text):
            continue
        column = _column(array, path[-1], text, tagged=path[-1] in loose)
        if column is not None:
            columns[path] = column
    for path, lists in shape.lists.items():
        fields = shape.fields[path]
        if path[-1] == "events":
            columns |= summaries_of(lists, fields, path)
        else:
            columns |= devices_of(lists, fields, loose, path, text)
    return columns


def _column(array: pa.Array, key: str, text: Spelled, *, tagged: bool) -> Column | None:
    """Give a leaf as a column; None where only an earlier page had this key."""
    if not pa.types.is_string(array.type):
        return array
    if array.null_count == len(array):
        return pa.nulls(len(array)) if text.has_null_word and text.has_null(key) else None
    return Loose(array) if tagged and pc.any(pc.starts_with(array, TAG)).as_py() else array
