"""Rows → records → batches: in order, none twice, at most as many in a call as the API takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ct_pandas import _rules
from ct_pandas._encode import Cells
from ct_pandas._identity import Person
from ct_pandas._outgoing import Outgoing
from ct_pandas._pieces import Piece

Record = dict[str, Any]
Mask = npt.NDArray[np.bool_]
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass
class Batch:
    """Records of one call, with the rows that they stand for.

    ``once`` holds the places of records that must not be sent a second time after a lost answer.
    """

    positions: list[int] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    people: list[Person | None] = field(default_factory=list)
    once: set[int] = field(default_factory=set)
    request: int = 0

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def repeatable(self) -> bool:
        """Whether the whole call may be sent again after a lost answer."""
        return not self.once

    def add(self, position: int, record: Record, person: Person | None, *, once: bool) -> None:
        """Append a record."""
        if once:
            self.once.add(len(self.positions))
        self.positions.append(position)
        self.records.append(record)
        self.people.append(person)

    def only(self, places: Iterable[int]) -> Batch:
        """Return the records at these places."""
        part = Batch()
        for place in places:
            part.add(self.positions[place], self.records[place], self.people[place], once=place in self.once)
        return part

    def body(self) -> bytes:
        """Return the body of the call: ``{"d": [...]}``."""
        return _ENCODER.encode({"d": self.records}).encode()


def records(piece: Piece, outgoing: Outgoing) -> tuple[list[Record], set[int]]:
    """Return a record per row of a slice, and which of them must not be sent twice."""
    if outgoing.kind == "token":
        return _token_records(piece, outgoing), set()
    data = _data(piece.cells, [field.key for field in outgoing.fields], len(piece))
    made = [_head(piece, at, outgoing.kind) for at in range(len(piece))]
    if outgoing.kind == "profile":
        for record, values in zip(made, data, strict=True):
            record["profileData"] = values
        return made, _counting(piece)
    names = piece.events.values() if piece.events else [outgoing.keywords.event] * len(piece)
    for record, name, values in zip(made, names, data, strict=True):
        if name is not None:
            record["evtName"] = name
        record["evtData"] = values
    return made, set(range(len(piece)))


def _data(cells: list[Cells], keys: list[str], rows: int) -> list[Record]:
    if not cells:
        return [{} for _ in range(rows)]
    columns = zip(*(one.values() for one in cells), strict=True)
    return [{key: one for key, one in zip(keys, row, strict=True) if one is not None} for row in columns]


def _head(piece: Piece, at: int, kind: str) -> Record:
    """Return whose record it is, its own time where there is one, and its type."""
    record: Record = {}
    key, value = piece.people.keys[at], piece.people.ids[at]
    if key is not None and value is not None:
        record[key] = value
    if piece.seconds is not None and piece.seconds[at] is not None:
        record["ts"] = piece.seconds[at]
    record["type"] = kind
    return record


def _counting(piece: Piece) -> set[int]:
    """Return the rows with an operation that would count or add twice."""
    found: set[int] = set()
    for cells in piece.cells:
        if cells.nested:
            found.update(at for at, value in enumerate(cells.values()) if _is_once_only(value))
    return found


def _is_once_only(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return any(key in _rules.ONCE_ONLY or _is_once_only(one) for key, one in value.items())


def _token_records(piece: Piece, outgoing: Outgoing) -> list[Record]:
    """Return records as in "Import Device Tokens", Payload Structure; only chrome has keys."""
    columns = {role: cells.values() for role, cells in piece.tokens.items()}
    made = []
    for at, object_id in enumerate(piece.people.ids):
        kind = outgoing.keywords.token_type or columns["type"][at]
        data = {"id": columns["token"][at], "type": kind}
        if kind == "chrome":
            keys = {role: columns[role][at] for role in ("p256dh", "auth") if role in columns}
            data["keys"] = {role: one for role, one in keys.items() if one is not None}
        record = {"type": "token", "tokenData": {key: one for key, one in data.items() if one is not None}}
        made.append(record if object_id is None else {**record, "objectId": object_id})
    return made


def batches(
    pieces: Iterable[Piece],
    outgoing: Outgoing,
    wanted: Mask,
    size: int,
    passed: Callable[[Person, int], None] = lambda _person, _position: None,
) -> Iterator[Batch]:
    """Yield the wanted rows as batches of at most ``size`` records, in the order of the frame.

    ``passed`` is told whose the rows are that stand in the slices and are not wanted.
    """
    batch = Batch()
    for piece in pieces:
        made, once = records(piece, outgoing)
        positions = piece.positions.tolist()
        for at, wants in enumerate(wanted[piece.positions].tolist()):
            person = piece.people.person(at)
            if not wants:
                if person is not None:
                    passed(person, positions[at])
                continue
            batch.add(positions[at], made[at], person, once=at in once)
            if len(batch) == size:
                yield batch
                batch = Batch()
    if len(batch):
        yield batch
