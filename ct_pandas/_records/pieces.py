"""A frame in slices, each encoded: what validation looks at and records are made of. Memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas._frame import stored
from ct_pandas._records import provenance
from ct_pandas._records.changes import Difference, Original
from ct_pandas._records.encode import Cells, encode
from ct_pandas._records.identity import People
from ct_pandas._records.outgoing import Outgoing, ids_before
from ct_pandas._records.plain import NotJson, Unsendable
from ct_pandas._records.roles import EXISTS
from ct_pandas._records.stamps import stamps
from ct_pandas._records.times import Times
from ct_pandas.errors import ValidationError

CELLS = 500_000  # in one slice
ROWS = 10_000
LEAST = 500  # rows, however wide the frame

EMPTIED = Unsendable(
    "emptied since it was read: the API cannot delete an attribute",
    'put the old value back, or send a value that means "none"; for Name and Gender {"$delete": 1}',
)


@dataclass
class Piece:
    """Some rows of a frame, encoded."""

    positions: npt.NDArray[np.int64]
    part: pd.DataFrame
    people: People
    cells: list[Cells]
    seconds: list[int | None] | None = None
    second_faults: dict[int, Unsendable] = field(default_factory=dict)
    events: Cells | None = None
    tokens: dict[str, Cells] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    strangers: npt.NDArray[np.bool_] | None = None  # rows of people who do not stand in what was read

    def __len__(self) -> int:
        return len(self.positions)


class Pieces:
    """Cuts a frame into encoded slices.

    Parameters
    ----------
    outgoing
        The frame and what becomes of its columns.
    times
        Reads times without a zone.
    """

    def __init__(self, outgoing: Outgoing, times: Times) -> None:
        self.outgoing = outgoing
        self.times = times
        notes = provenance.notes(outgoing.frame)
        backup = notes.get("kind") == "backup"
        if EXISTS in outgoing.frame.columns and not backup:
            raise ValidationError(
                "This is a backup that lost its notes (attrs), as happens in a concat or merge, "
                "so text in it cannot be told from text that stands for a list. Upload each "
                "backup as pd.read_parquet returns it."
            )
        self._as_json = stored.as_json(outgoing.frame)
        self._original = None
        if outgoing.original is not None:
            ids = ids_before(outgoing.original, outgoing.keywords)
            self._original = Original(outgoing.original, ids, outgoing.frame, outgoing.ids)
        self._has_met = False

    @property
    def meets_nobody(self) -> bool:
        """Whether nobody of what was cut so far stands in the frame as it was read."""
        return self._original is not None and not self._has_met

    @property
    def held_values(self) -> frozenset[int]:
        """The columns whose attributes were lists or objects in the frame as it was read."""
        original = self._original
        if original is None:
            return frozenset()
        return frozenset(one.at for one in self.outgoing.fields if original.held_values(one))

    def cut(self, rows: npt.NDArray[np.int64] | None = None) -> Iterator[Piece]:
        """Yield the whole frame, or these rows of it, in order."""
        width = max(1, len(self.outgoing.fields))
        size = max(LEAST, min(ROWS, CELLS // width))
        total = len(self.outgoing.frame) if rows is None else len(rows)
        for start in range(0, total, size):
            stop = min(start + size, total)
            positions = np.arange(start, stop) if rows is None else rows[start:stop]
            frame = self.outgoing.frame
            part = frame.iloc[start:stop] if rows is None else frame.iloc[positions]
            part.attrs = {}  # pandas copies them for every column
            yield self._piece(positions, stored.loaded(part, self._as_json, odd=NotJson))

    def _piece(self, positions: npt.NDArray[np.int64], part: pd.DataFrame) -> Piece:
        going = self.outgoing
        piece = Piece(positions, part, going.ids.of(part), [])
        piece.cells = [encode(part.iloc[:, one.at], self.times) for one in going.fields]
        if self._original is not None:
            self._keep_changes(piece, self._original)
        if going.ts is not None:
            piece.seconds, piece.second_faults = stamps(part.iloc[:, going.ts], self.times)
        if going.event_at is not None:
            piece.events = encode(part.iloc[:, going.event_at], self.times)
        piece.tokens = {role: encode(part.iloc[:, at], self.times) for role, at in going.named.items()}
        return piece

    def _keep_changes(self, piece: Piece, original: Original) -> None:
        beside = original.beside(piece.people, piece.positions)
        self._has_met |= len(beside.frame) > 0
        piece.strangers = beside.strangers
        for at, one in enumerate(self.outgoing.fields):
            cells = piece.cells[at]
            column = piece.part.iloc[:, one.at]
            found = original.difference(one, column, cells, beside, self.times)
            kept = cells.where(found.changed)
            gone = np.flatnonzero(found.emptied).tolist()
            kept.faults = {**kept.faults, **dict.fromkeys(gone, EMPTIED)}
            kept.present = kept.present | found.emptied
            piece.cells[at] = kept
            piece.differences.append(found)
