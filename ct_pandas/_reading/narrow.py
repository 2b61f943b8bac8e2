"""Pages cut to the columns that were asked for as they arrive, so that the others never pile up in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow.compute as pc

from ct_pandas._decode.columns import Path
from ct_pandas._decode.decoder import Page, PageDecoder
from ct_pandas._decode.flatten import MORE, Kind
from ct_pandas._frame.order import inner
from ct_pandas._frame.persons import page_keys
from ct_pandas._frame.selection import Selection

_NUMBERED = re.compile(r" \(\d+\)$")  # the end of a name that another column has too


class NarrowDecoder(PageDecoder):
    """Decodes pages and keeps what was asked for, and what tells who each row is.

    Parameters
    ----------
    kind
        As in :class:`PageDecoder`.
    columns
        What was asked for.
    """

    def __init__(self, kind: Kind, columns: Selection) -> None:
        super().__init__(kind)
        self._asked = Selection.of(_NUMBERED.sub("", name) for name in columns.patterns)

    def decode(self, body: bytes) -> Page:
        """Decode one answer."""
        page = super().decode(body)
        asked = {path for path in page.columns if self._asked.keeps(".".join(inner(path, self.kind)))}
        if self.kind == "people":
            asked |= _telling(page)
        return _only(page, asked)


def _telling(page: Page) -> set[Path]:
    """Give the columns that tell who each row is: the fewest that leave no row to its whole record."""
    for paths in _ever_more(page):
        keys = page_keys(_only(page, paths), "people")
        if not pc.any(pc.starts_with(keys, "r:")).as_py():
            return paths
    return set(page.columns)


def _ever_more(page: Page) -> Iterator[set[Path]]:
    yield {("identity",)}
    yield {("identity",), ("objectId",)}
    devices = {path for path in page.columns if path[0] == "platformInfo" and path[-1] == "objectId"}
    yield {("identity",), ("objectId",), MORE} | devices


def _only(page: Page, paths: set[Path]) -> Page:
    return Page(
        page.envelope, page.rows, {path: column for path, column in page.columns.items() if path in paths}
    )
