"""Pages of a finished walk → a dataset, in bounded memory: once over them to decide, once to write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ct_pandas._decode.columns import Columns, filtered
from ct_pandas._decode.decoder import Page
from ct_pandas._decode.flatten import Kind
from ct_pandas._download.dataset import Dataset
from ct_pandas._download.fields import Field, Survey
from ct_pandas._download.seen import Seen
from ct_pandas._frame.persons import page_keys
from ct_pandas._frame.selection import Selection
from ct_pandas._progress import Bar
from ct_pandas._storage.store import Store
from ct_pandas.errors import ClevertapError


class Packing:
    """The rows that stay of the pages of a walk, under one schema.

    Parameters
    ----------
    pages
        Gives the pages in slice and page order, as often as it is called.
    kind
        What the rows are; people stand once, where they came first.
    timezone
        The account's time zone, or None where it is not known.
    columns
        The columns that were asked for.
    max_rows
        How many rows are wanted.
    """

    def __init__(
        self,
        pages: Callable[[], Iterable[Page]],
        *,
        kind: Kind,
        timezone: str | None,
        columns: Selection | None,
        max_rows: int | None,
    ) -> None:
        self._pages, self._kind = pages, kind
        self._keep: dict[int, npt.NDArray[np.uint8]] = {}  # a bit for each row, where not all stay
        self.records = 0  # on all pages, whether they stay or not
        self._ends: dict[int, int] = {}  # where the last row that is wanted ends a page
        survey = Survey(kind, timezone)
        rows = self._survey(survey, max_rows)
        self.cut = max_rows is not None and rows > max_rows
        self.rows = max_rows if self.cut and max_rows is not None else rows
        full = max_rows is not None and rows >= max_rows
        self.fields: list[Field] = survey.fields(columns, filled=full)
        self.clock = survey.clock

    @property
    def schema(self) -> pa.Schema:
        """The schema of all tables."""
        return pa.schema([field.arrow for field in self.fields])

    def tables(self) -> Iterator[pa.Table]:
        """Give the rows, page by page."""
        for number, page in enumerate(self._pages()):
            columns, rows = self._staying(number, page)
            arrays = [_filled(field, columns, rows) for field in self.fields]
            yield pa.Table.from_arrays(arrays, schema=self.schema)
            if number in self._ends:
                return

    def _survey(self, survey: Survey, max_rows: int | None) -> int:
        """Look at the rows that stay; return how many there would be if all were wanted."""
        seen, total = Seen(), 0
        for number, page in enumerate(self._pages()):
            self.records += page.rows
            people = self._kind == "people" and page.rows
            mask = seen.first(page_keys(page, self._kind)) if people else np.ones(page.rows, bool)
            staying = np.flatnonzero(mask)
            left = len(staying) + 1 if max_rows is None else max_rows - total
            total += len(staying)
            if left <= 0:
                continue
            if left <= len(staying):
                self._ends[number] = int(staying[left - 1]) + 1
            if not mask.all():
                self._keep[number] = np.packbits(mask)
            survey.see(self._staying(number, page)[0])
        return total

    def _staying(self, number: int, page: Page) -> tuple[Columns, int]:
        bits = self._keep.get(number)
        head = page.head(self._ends.get(number, page.rows))
        if bits is None:
            return head.columns, head.rows
        mask = pa.array(np.unpackbits(bits, count=head.rows).astype(bool))
        return {path: filtered(column, mask) for path, column in head.columns.items()}, mask.true_count


def _filled(field: Field, columns: Columns, rows: int) -> pa.Array:
    chunk = columns.get(field.path)
    return pa.nulls(rows, field.arrow.type) if chunk is None else field.fill(chunk)


def packed(store: Store, bar: Bar | None = None, timezone: str | None = None) -> Packing:
    """Look at all pages of a store, and decide what the columns of its dataset are."""
    belongs = store.open()

    def pages() -> Iterator[Page]:
        for page in store.ordered():
            if bar is not None:
                bar.beat()
            yield page

    return Packing(
        pages,
        kind=belongs.kind,
        timezone=timezone or store.manifest["timezone"],
        columns=belongs.selection,
        max_rows=belongs.max_rows,
    )


def pack(store: Store, dataset: Dataset, bar: Bar, timezone: str | None = None) -> None:
    """Write the dataset of a finished store, then let go of the pages it was made of."""
    packing = packed(store, bar, timezone)
    bar.expect(packing.rows)
    kept = store.manifest
    if packing.records != kept["records"]:
        raise ClevertapError(
            f"{str(store.whose)!r} does not hold the pages that arrived: {packing.records:,} records of "
            f"{kept['records']:,}. Run the download again; where that does not help, remove the directory "
            "first."
        )
    complete = kept["complete"] and not packing.cut
    attrs = store.attrs() | {"rows": packing.rows, "complete": complete}
    zone = timezone or kept["timezone"]
    notes = {"belongs": kept["belongs"], "records": kept["records"], "timezone": zone}
    notes["attrs"] = {"clevertap": attrs}
    dataset.write(packing.fields, _beaten(packing, bar), notes)
    packing.clock.warn()
    store.remove()


def _beaten(packing: Packing, bar: Bar) -> Iterator[pa.Table]:
    for table in packing.tables():
        bar.beat(table.num_rows)
        yield table
