"""One schema over all pages of a download, decided and then filled page by page.

The types are those of the frame in memory. What Arrow has no exact type for is JSON text, and the field says
so in its metadata, from which the frame is restored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from ct_pandas._decode.columns import TAG, Column, Columns, Loose, Path
from ct_pandas._decode.flatten import Kind
from ct_pandas._frame import frame, values
from ct_pandas._frame.backends import arrow_times
from ct_pandas._frame.instants import Clock, dates
from ct_pandas._frame.order import Meaning, meaning_of
from ct_pandas._frame.selection import Selection
from ct_pandas._frame.values import Trait, Type
from ct_pandas.errors import ClevertapWarning

Form = Literal["text", "whole", "fraction", "truth", "time", "json", "times", "nothing"]
FORM = b"ct_pandas:form"
"""Where a field's metadata says what its values are: "json" is JSON text, "times" JSON text of times.

"nothing" is the one field of rows without columns, which Parquet cannot hold: the frame does not have it.
"""


@dataclass
class _Evidence:
    """What the chunks of one column have shown so far."""

    traits: set[Trait] = field(default_factory=set)
    dated: bool = True  # every text so far is a date of CleverTap
    textual: bool = True  # every value so far is an id that is text
    timely: bool = True  # every number so far is a time
    local: bool = False  # one of them is a local time whose zone is unknown
    epoch: bool = False  # one of them counts from 1970


@dataclass(frozen=True)
class Field:
    """One column of a dataset: its name, what its values are, and how a chunk of a page becomes them."""

    path: Path
    name: str
    form: Form
    zone: str | None
    fill: Callable[[Column], pa.Array]
    filled: bool = True  # whether any row has a value

    @property
    def arrow(self) -> pa.Field:
        """The field of the file's schema."""
        kinds: Mapping[str, pa.DataType] = {**values.ARROW, "time": pa.timestamp("us", self.zone)}
        return pa.field(self.name, kinds.get(self.form, pa.string()), metadata={FORM: self.form})


class Survey:
    """Looks at every page once, then says what the columns are.

    Parameters
    ----------
    kind
        What the rows are.
    timezone
        The account's time zone, or None where it is not known.
    """

    def __init__(self, kind: Kind, timezone: str | None) -> None:
        self._kind = kind
        self.clock = Clock(timezone)
        self._found: dict[Path, _Evidence] = {}

    def see(self, columns: Columns) -> None:
        """Look at the columns of a page, with the rows that stay."""
        for path, column in columns.items():
            self._look(path, column, self._found.setdefault(path, _Evidence()))

    def fields(self, columns: Selection | None, *, filled: bool = False) -> list[Field]:
        """Decide the columns of the dataset, in the order of the frame; ``filled`` ones have a value."""
        found = [path for path, evidence in self._found.items() if evidence.traits or not filled]
        wanted = frame.wanted(found, self._kind, columns)
        return [self._field(path, name) for path, name in wanted.items()] or [_NOTHING]

    def _look(self, path: Path, column: Column, evidence: _Evidence) -> None:
        traits = values.traits_of(column)
        evidence.traits |= traits
        meaning = meaning_of(path, self._kind)
        if meaning in ("id", "phone"):
            evidence.textual = (
                evidence.textual and values.as_text(column, phone=meaning == "phone") is not None
            )
        elif traits and meaning in ("ts", "seen"):
            zone = self.clock.timezone if meaning == "ts" else "UTC"
            self._time(self._numbers(meaning, column, traits), zone, evidence)
        if traits == {"text"} and evidence.dated:
            evidence.dated = dates(_whole(column)) is not None

    def _numbers(self, meaning: Meaning, column: Column, traits: set[Trait]) -> pa.Array | None:
        if meaning == "ts":
            return values.whole_numbers(column)
        return values.typed(column, "whole") if values.type_for(traits) == "whole" else None

    def _time(self, numbers: pa.Array | None, zone: str | None, evidence: _Evidence) -> None:
        found = None if numbers is None else self._instants(numbers, zone)
        evidence.timely = evidence.timely and found is not None
        naive = isinstance(found, pd.DatetimeIndex) and found.tz is None
        evidence.local = evidence.local or naive or isinstance(found, np.ndarray)
        evidence.epoch = evidence.epoch or not naive

    def _instants(self, numbers: pa.Array, zone: str | None) -> Any:
        return self.clock.instants(pa.chunked_array([numbers]), zone)

    def _field(self, path: Path, name: str) -> Field:
        evidence = self._found.get(path, _Evidence())
        meaning = meaning_of(path, self._kind)
        kind = values.type_for(evidence.traits)
        if meaning in ("id", "phone") and evidence.textual:
            return Field(path, name, "text", None, lambda chunk: _id(chunk, phone=meaning == "phone"))
        if meaning == "ts":
            return self._ts(path, name, evidence)
        if meaning == "count" and kind == "missing":
            return Field(path, name, "whole", None, lambda chunk: values.typed(chunk, "whole"))
        if meaning == "seen" and kind in ("missing", "whole") and evidence.timely:
            return self._timed(path, name, evidence, "UTC", lambda chunk: values.typed(chunk, "whole"))
        return self._by_value(path, name, kind, dated=evidence.dated)

    def _by_value(self, path: Path, name: str, kind: Type, *, dated: bool) -> Field:
        if kind in ("missing", "object"):
            return Field(path, name, "json", None, _json, filled=kind == "object")
        if kind == "text" and dated:
            return Field(path, name, "time", "UTC", _dates)
        return Field(path, name, kind, None, lambda chunk: values.typed(chunk, kind))  # type: ignore[arg-type]

    def _ts(self, path: Path, name: str, evidence: _Evidence) -> Field:
        """Decide the time of each event, in the account's zone."""
        if not evidence.timely:
            self.clock.note(
                "The column ts holds values that are not times, so it is left as it came.", ClevertapWarning
            )
            return self._by_value(path, name, values.type_for(evidence.traits), dated=False)
        nothing = not evidence.local and not evidence.epoch
        zone = None if nothing and self.clock.timezone is None else self.clock.timezone or "UTC"
        return self._timed(path, name, evidence, zone, values.whole_numbers)

    def _timed(
        self,
        path: Path,
        name: str,
        evidence: _Evidence,
        zone: str | None,
        numbers: Callable[[Column], pa.Array],
    ) -> Field:
        mixed = evidence.local and evidence.epoch
        aware = None if evidence.local else zone

        def fill(chunk: Column) -> pa.Array:
            found = self._instants(numbers(chunk), zone)
            return _time_texts(found) if mixed else arrow_times(found, aware)

        return Field(path, name, "times" if mixed else "time", aware, fill)


def _missing(chunk: Column) -> pa.Array:
    return pa.nulls(len(chunk), pa.string())


_NOTHING = Field((), "no column", "nothing", None, _missing, filled=False)


def _whole(column: Column) -> pa.ChunkedArray:
    return pa.chunked_array([values.typed(column, "text")])


def _id(chunk: Column, *, phone: bool) -> pa.Array:
    texts = values.as_text(chunk, phone=phone)
    assert texts is not None  # noqa: S101  (the survey has seen that all are)
    return texts


def _dates(chunk: Column) -> pa.Array:
    found = dates(_whole(chunk))
    assert found is not None  # noqa: S101  (the survey has seen that all are)
    return arrow_times(found, "UTC")


def _time_texts(found: Any) -> pa.Array:
    stamps = found if isinstance(found, np.ndarray) else found.astype(object)
    return pa.array(
        [None if pd.isna(stamp) else json.dumps(stamp.isoformat()) for stamp in stamps], pa.string()
    )


def _json(chunk: Column) -> pa.Array:
    """Give values as JSON text, exactly as they came."""
    if isinstance(chunk, Loose):
        return pa.array([_cell(cell) for cell in chunk.cells.to_pylist()], pa.string())
    if pa.types.is_integer(chunk.type) or pa.types.is_boolean(chunk.type):
        return chunk.cast(pa.string())
    return pa.array([None if v is None else _dumps(v) for v in values.objects([chunk])], pa.string())


def _cell(cell: str | None) -> str | None:
    return None if cell is None else cell[1:] if cell.startswith(TAG) else _dumps(cell)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
