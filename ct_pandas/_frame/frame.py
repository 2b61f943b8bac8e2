"""Columns of all pages → DataFrame."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import no_default

from ct_pandas import _warnings
from ct_pandas._decode.columns import Column, Path, filtered, is_empty
from ct_pandas._decode.flatten import Kind
from ct_pandas._decode.page import Page
from ct_pandas._frame import backends
from ct_pandas._frame.backends import Backend
from ct_pandas._frame.instants import Clock, dates
from ct_pandas._frame.order import DEVICE, TEXT, TS, Meaning, always, meaning_of, named, path_of
from ct_pandas._frame.persons import survivors
from ct_pandas._frame.selection import Selection
from ct_pandas._frame.uncollected import uncollected
from ct_pandas._frame.values import as_text, objects, type_of, typed, whole_numbers
from ct_pandas.errors import ClevertapWarning

Mask = npt.NDArray[np.bool_]
Array = Any  # a pandas extension array, a DatetimeIndex or a NumPy array


def build(
    pages: Sequence[Page],
    *,
    kind: Kind,
    timezone: str | None = None,
    dtype_backend: Any = no_default,
    columns: Selection | Iterable[str] | None = None,
    dedupe: bool | None = None,
    most: int | None = None,
    anew: dict[str, Callable[[], Array]] | None = None,
) -> pd.DataFrame:
    """Put the pages of a walk, in slice and page order, into one typed frame.

    Parameters
    ----------
    pages
        Decoded pages.
    kind
        ``"people"`` or ``"events"``: what the rows are.
    timezone
        The account's time zone, or None where it is not known.
    dtype_backend
        As in pandas: left out, ``"numpy_nullable"`` or ``"pyarrow"``.
    columns
        Names to keep, in which ``*`` stands for any text.
    dedupe
        Whether each person stands once; by default for people.
    most
        How many rows are wanted. What came after them counts for nothing, not for names and types either.
    anew
        Filled with what makes a column of Python objects once more, by name: what is done to the objects of
        the frame does not show in it.

    Returns
    -------
    pandas.DataFrame
        One row per record; columns named, typed and ordered whatever the size and order of the pages.
    """
    dedupe = kind == "people" if dedupe is None else dedupe
    keep = survivors(pages, kind) if dedupe and pages else None
    full = False  # of as many rows as were wanted: what came with them depends on where pages end
    if most is not None:
        pages, keep = _first(pages, keep, most)
        full = (sum(page.rows for page in pages) if keep is None else int(keep.sum())) >= most
    sheet = _Sheet(pages, kind, timezone, backends.of(dtype_backend), keep)
    names = wanted(set().union(*(_paths(page, filled=full) for page in pages)), kind, columns)
    with uncollected():
        arrays = {name: sheet.array(path) for path, name in names.items()}
    sheet.clock.warn()
    if anew is not None:
        anew |= {names[path]: functools.partial(objects, chunks) for path, chunks in sheet.objects.items()}
    return backends.frame(arrays, sheet.rows)


def _paths(page: Page, *, filled: bool) -> set[Path]:
    """Give the columns of a page; only those with a value, if so wanted."""
    return {path for path in page.columns if not filled or not is_empty(page.columns[path])}


def _first(pages: Sequence[Page], keep: Mask | None, most: int) -> tuple[Sequence[Page], Mask | None]:
    """Cut pages behind the last row that is wanted."""
    ends = np.cumsum([page.rows for page in pages])
    staying = np.arange(ends[-1] if pages else 0) if keep is None else np.flatnonzero(keep)
    if len(staying) <= most:
        return pages, keep
    end = int(staying[most - 1]) + 1
    starts = zip(pages, [0, *ends[:-1].tolist()], strict=True)
    heads = [page.head(end - start) for page, start in starts if start < end]
    return heads, keep if keep is None else keep[:end]


def wanted(paths: Iterable[Path], kind: Kind, columns: Selection | Iterable[str] | None) -> dict[Path, str]:
    """Give the columns of a frame, path and name, in order, for the paths that came."""
    names = named({*always(kind), *paths}, kind)
    if columns is None:
        return names
    chosen = columns if isinstance(columns, Selection) else Selection.of(columns)
    kept = {path: name for path, name in names.items() if chosen.keeps(name)}
    absent = chosen.absent(kept.values())
    if not absent:
        return kept
    bare = [name for name in absent if "." not in name and name not in (*TEXT, *TS, *DEVICE)]
    group = "'event_props.{0}' or 'profileData.{0}'" if kind == "events" else "'profileData.{0}'"
    hint = f" An attribute is named with its group: {group.format(bare[0])}." if bare else ""
    _warnings.warn(
        f"No row has a value for {', '.join(map(repr, absent))}: the column is there, but its "
        f"values are all missing.{hint}",
        ClevertapWarning,
    )
    kept |= {path_of(name, kind): name for name in absent}
    order = named(kept, kind)
    return {path: kept[path] for path in order}


class _Sheet:
    """The pages of one frame, read column by column."""

    def __init__(
        self, pages: Sequence[Page], kind: Kind, timezone: str | None, backend: Backend, keep: Mask | None
    ) -> None:
        self._pages, self._kind, self._backend = pages, kind, backend
        self.clock = Clock(timezone)
        self.objects: dict[Path, list[Column]] = {}  # what became columns of Python objects
        ends = np.cumsum([0, *(page.rows for page in pages)])
        cuts = [None if keep is None else keep[a:b] for a, b in itertools.pairwise(ends)]
        self._cuts = [None if cut is None or cut.all() else pa.array(cut) for cut in cuts]
        self.rows = int(ends[-1] if keep is None else keep.sum())

    def array(self, path: Path) -> Array:
        """Build one column of the frame."""
        chunks = self._chunks(path)
        meaning = meaning_of(path, self._kind)
        if meaning == "ts":
            return self._ts(chunks)
        if meaning in ("id", "phone"):
            return self._id(chunks, phone=meaning == "phone")
        if meaning in ("count", "seen"):
            return self._summary(chunks, meaning)
        found = self._by_value(chunks, dated=True)
        if isinstance(found, np.ndarray) and found.dtype == object:
            self.objects[path] = chunks
        return found

    def _chunks(self, path: Path) -> list[Column]:
        """Give the chunks of one column, missing pages included, without the rows that do not stay."""
        chunks: list[Column] = []
        for page, cut in zip(self._pages, self._cuts, strict=True):
            column = page.columns.get(path)
            rows = page.rows if cut is None else cut.true_count
            if column is None:
                chunks.append(pa.nulls(rows))
            else:
                chunks.append(column if cut is None else filtered(column, cut))
        return chunks

    def _by_value(self, chunks: list[Column], *, dated: bool) -> Array:
        kind = type_of(chunks)
        if kind in {"missing", "object"}:
            return objects(chunks)
        whole = pa.chunked_array([typed(chunk, kind) for chunk in chunks])
        found = dates(whole) if dated and kind == "text" else None
        return self._plain(whole) if found is None else backends.times(found, self._backend)

    def _plain(self, values: pa.ChunkedArray) -> Array:
        return backends.array(values, self._backend)

    def _id(self, chunks: list[Column], *, phone: bool) -> Array:
        texts = [as_text(chunk, phone=phone) for chunk in chunks]
        if any(text is None for text in texts):
            return objects(chunks)
        return self._plain(pa.chunked_array(texts, pa.string()))

    def _summary(self, chunks: list[Column], meaning: Meaning) -> Array:
        """Read one number of an event summary: a count, or a time of it in UTC."""
        if type_of(chunks) not in {"missing", "whole"}:
            return self._by_value(chunks, dated=True)
        numbers = pa.chunked_array([typed(chunk, "whole") for chunk in chunks], pa.int64())
        found = None if meaning == "count" else self.clock.instants(numbers, "UTC")
        return self._plain(numbers) if found is None else backends.times(found, self._backend)

    def _ts(self, chunks: list[Column]) -> Array:
        """Read the time of each event in the account's zone."""
        numbers = [whole_numbers(chunk) for chunk in chunks]
        found = None
        if all(number is not None for number in numbers):
            found = self.clock.instants(pa.chunked_array(numbers, pa.int64()), self.clock.timezone)
        if found is None:
            self.clock.note(
                "The column ts holds values that are not times, so it is left as it came.", ClevertapWarning
            )
            return self._by_value(chunks, dated=False)
        if self.clock.timezone is None and isinstance(found, pd.DatetimeIndex) and found.isna().all():
            found = found.tz_localize(None)
        return backends.times(found, self._backend)
