"""Pages cut to the columns that were asked for as they arrive, so that the others never pile up in memory."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._decode.columns import Path
from ct_pandas._decode.decoder import Page, PageDecoder
from ct_pandas._decode.flatten import MORE, Kind
from ct_pandas._frame.order import name_of
from ct_pandas._frame.persons import page_keys
from ct_pandas._frame.selection import Selection

_NUMBERED = re.compile(r" \(\d+\)$")  # the end of a name that another column has too
_APART = ("\0apart",)  # a path that no record has: it tells rows apart, and no selection names it


class NarrowDecoder(PageDecoder):
    """Decodes pages and keeps what was asked for, and what tells who each row is.

    Parameters
    ----------
    kind
        As in :class:`PageDecoder`.
    columns
        What was asked for.
    whole
        Whether records come whole, so that two alike are one person's. Of a part that says of nobody who it
        is, each stays a row.
    """

    def __init__(self, kind: Kind, columns: Selection, *, whole: bool = True) -> None:
        super().__init__(kind)
        bare = [_NUMBERED.sub("", name) for name in columns.patterns if _NUMBERED.search(name)]
        alike = [f"{name} (*)" for name in bare]  # which number a name gets depends on them
        self._asked = Selection.of([*columns.patterns, *bare, *alike])
        self._whole = whole

    def decode(self, body: bytes) -> Page:
        """Decode one answer."""
        page = super().decode(body)
        asked = {path for path in page.columns if self._asked.keeps(name_of(path, self.kind))}
        if self.kind == "people":
            telling, nameless = _telling(page)
            if nameless is not None and not self._whole:
                words = [
                    secrets.token_hex(8) if is_nameless else None for is_nameless in nameless.to_pylist()
                ]
                page.columns[_APART] = pa.array(words, pa.string())
                telling |= {_APART}
            elif nameless is not None:
                telling = set(page.columns)
            asked |= telling
        return _only(page, asked)


def _telling(page: Page) -> tuple[set[Path], pa.Array | None]:
    """Give the fewest columns that tell who each row is, and which rows only their whole record tells."""
    for paths in _ever_more(page):
        nameless = pc.starts_with(page_keys(_only(page, paths), "people"), "r:")
        if not pc.any(nameless).as_py():
            return paths, None
    return paths, nameless


def _ever_more(page: Page) -> Iterator[set[Path]]:
    yield {("identity",)}
    yield {("identity",), ("objectId",)}
    devices = {path for path in page.columns if path[0] == "platformInfo" and path[-1] == "objectId"}
    yield {("identity",), ("objectId",), MORE} | devices


def _only(page: Page, paths: set[Path]) -> Page:
    return Page(
        page.next_cursor, page.rows, {path: column for path, column in page.columns.items() if path in paths}
    )
