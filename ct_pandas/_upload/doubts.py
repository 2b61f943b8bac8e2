"""What CleverTap would take although nobody can have meant it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ct_pandas import _warnings
from ct_pandas._frame import stored
from ct_pandas._records import provenance
from ct_pandas._records.encode import Cells
from ct_pandas._records.outgoing import Outgoing
from ct_pandas._records.pieces import Piece
from ct_pandas._records.rules import DELETABLE
from ct_pandas._shown import counted
from ct_pandas.errors import ClevertapWarning, ValidationError


@dataclass
class Doubts:
    """What is doubtful in a frame, or in a part of one.

    Parameters
    ----------
    busy
        Rows with something to send.
    strangers
        Those of people who do not stand in what was read.
    meets_nobody
        Whether none of the others stands there either.
    kept
        Cells whose "$delete" does nothing, by column.
    texts
        How columns look that may hold the JSON text of a file.
    held
        Those of them whose attributes were lists or objects when they were read, whatever they are called.
    retyped
        Cells that differ from what was read by their type alone, by column.
    """

    busy: int = 0
    strangers: int = 0
    meets_nobody: bool = True
    kept: Counter[Any] = field(default_factory=Counter)
    texts: dict[Any, stored.Look] = field(default_factory=dict)
    held: frozenset[Any] = frozenset()
    retyped: Counter[Any] = field(default_factory=Counter)

    def add(self, other: Doubts) -> None:
        """Add those of a further part."""
        self.busy += other.busy
        self.strangers += other.strangers
        self.meets_nobody &= other.meets_nobody
        self.kept.update(other.kept)
        self.retyped.update(other.retyped)
        for label, look in other.texts.items():
            self.texts[label] = look.beside(self.texts.get(label))
        self.held |= other.held

    def refuse(self) -> None:
        """Refuse a frame of which nobody was read: all of it would be changed; and text in place of lists."""
        if self.busy and self.meets_nobody:
            raise ValidationError(
                'columns="changed": nobody in this frame is in the frame that was read, so every cell would '
                "be sent. Keep the column of the id, or give the frame that this one came from: original=..."
            )
        columns = self._looking_like_json(read=True)
        if columns:
            raise ValidationError(
                f"{columns}: this looks like the JSON text that stands for lists, objects and "
                "mixed types in the Parquet files of a download. It would overwrite them, so "
                "nothing was sent. A merge or concat lost the notes that tell them apart: "
                "restore these with frame.attrs = df.attrs, where df is the frame that this one "
                "came from; or turn the text into values with json.loads. Neither helps with "
                "what a CSV file made of lists: leave such a column out."
            )

    def tell(self) -> None:
        """Warn of the others."""
        for said in (self._of_strangers(), self._of_kept(), self._of_texts(), self._of_retyped()):
            if said:
                _warnings.warn(said, ClevertapWarning)

    def _of_strangers(self) -> str:
        """Whoever changed an id made somebody else of a person."""
        if not self.strangers:
            return ""
        return (
            f'columns="changed": in {counted(self.strangers, "row")} the person is not in the frame that was '
            "read, or has another id there: all cells of these rows are sent."
        )

    def _of_kept(self) -> str:
        """Nothing is deleted, though the answer may be "accepted"."""
        if not self.kept:
            return ""
        return (
            f'"$delete" works for Name and Gender only. CleverTap may accept it for {_counted(self.kept)} '
            'and delete nothing: send a value that means "none" instead.'
        )

    def _of_texts(self) -> str:
        """Whoever lost the notes of a frame no longer knows that its lists are text."""
        columns = self._looking_like_json(read=False)
        if not columns:
            return ""
        return (
            f"{columns}: this looks like the JSON text that stands for lists, objects and mixed "
            "types in the Parquet files of a download. It is sent as text. "
            "ct.open_download(...).to_frame() gives the values; so does json.loads on each cell."
        )

    def _of_retyped(self) -> str:
        """Whoever went through a CSV file, a spreadsheet or a database has edited less than differs."""
        if not self.retyped:
            return ""
        return (
            f'columns="changed": {_counted(self.retyped)} differ from what was read only in their type, '
            "such as text in place of a date, a number or a list, a number in place of text, a rounded "
            "number or a time without its zone. This happens in files that keep no types. They are sent as "
            "they are now: give the columns their types back, or keep only those that were edited."
        )

    def _looking_like_json(self, *, read: bool) -> str:
        """Name the columns whose text looks so, of those that only a download has, or of others."""
        names = (label for label, look in self.texts.items() if look.is_json)
        return ", ".join(
            repr(label) for label in names if (provenance.is_name_read(label) or label in self.held) is read
        )


def _counted(cells: Counter[Any]) -> str:
    return ", ".join(f"{label!r} ({counted(rows, 'row')})" for label, rows in cells.items())


def kept(piece: Piece, going: Outgoing) -> Counter[Any]:
    """Count cells that ask to delete what CleverTap does not delete."""
    found: Counter[Any] = Counter()
    for one, cells in zip(going.fields, piece.cells, strict=True):
        if going.kind == "profile" and cells.nested and one.key not in DELETABLE:
            found[one.label] = sum(isinstance(value, dict) and "$delete" in value for value in cells.values())
    return +found


def suspected(going: Outgoing) -> frozenset[int]:
    """Return the columns that would be sent as text, though the files of a download may have held values so.

    The notes that say so are lost, or do not fit any more: a column was renamed, or has values in some cells.
    """
    frame, notes = going.frame, provenance.notes(going.frame)
    if not provenance.is_download(frame):
        return frozenset()
    if not notes:
        return frozenset(one.at for one in going.fields)
    named = frozenset(notes.get(stored.JSON_COLUMNS, ()))
    lost = named - stored.as_json(frame)
    renamed = not lost <= frozenset(frame.columns)
    return frozenset(
        one.at
        for one in going.fields
        if one.label in lost or (renamed and not provenance.is_name_read(one.label))
    )


def texts(piece: Piece, going: Outgoing, places: frozenset[int]) -> dict[Any, stored.Look]:
    """Say of these columns how their text looks."""
    found = {
        one.label: _written(cells)
        for one, cells in zip(going.fields, piece.cells, strict=True)
        if one.at in places and cells.present.any()
    }
    return {label: stored.Look.at(text) for label, text in found.items() if len(text)}


def _written(cells: Cells) -> pa.Array:
    """Return the text of a column; of one that holds other values, too, its text."""
    if cells.text is not None:
        return cells.text.drop_null()
    values = cells.values() if cells.nested else []
    return pa.array([value for value in values if isinstance(value, str)], pa.string())
