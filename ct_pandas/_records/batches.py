"""Rows → records → batches: in order, none twice, at most as many in a call as the API takes."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._records import fragments, rules
from ct_pandas._records.encode import Cells
from ct_pandas._records.identity import Person
from ct_pandas._records.outgoing import Outgoing
from ct_pandas._records.pieces import Piece

Mask = npt.NDArray[np.bool_]


@dataclass
class Batch:
    """Records of one call, as JSON text, with the rows that they stand for.

    ``once`` holds the places of records that must not be sent a second time after a lost answer.
    """

    positions: list[int] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    people: list[Person | None] = field(default_factory=list)
    once: set[int] = field(default_factory=set)
    request: int = 0

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def repeatable(self) -> bool:
        """Whether the whole call may be sent again after a lost answer."""
        return not self.once

    @functools.cached_property
    def everybody(self) -> frozenset[Person]:
        """Whose records these are; asked for once the batch is full."""
        return frozenset(person for person in self.people if person is not None)

    @property
    def rows(self) -> list[int] | slice:
        """The positions, as a slice where they follow each other."""
        first, last = self.positions[0], self.positions[-1]
        return slice(first, last + 1) if last - first + 1 == len(self.positions) else self.positions

    def extend(
        self, positions: list[int], records: list[str], people: list[Person | None], once: list[bool]
    ) -> None:
        """Append records."""
        start = len(self.positions)
        self.positions += positions
        self.records += records
        self.people += people
        if True in once:
            self.once.update(start + place for place, only_once in enumerate(once) if only_once)

    def only(self, places: Iterable[int]) -> Batch:
        """Return the records at these places."""
        chosen = list(places)
        part = Batch()
        part.extend(
            [self.positions[place] for place in chosen],
            [self.records[place] for place in chosen],
            [self.people[place] for place in chosen],
            [place in self.once for place in chosen],
        )
        return part

    def body(self) -> bytes:
        """Return the body of the call: ``{"d": [...]}``."""
        return f'{{"d":[{",".join(self.records)}]}}'.encode()


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
        positions, made, people, once = _rows(piece, outgoing, wanted[piece.positions], passed)
        start = 0
        while start < len(positions):
            stop = start + size - len(batch)
            batch.extend(positions[start:stop], made[start:stop], people[start:stop], once[start:stop])
            start = stop
            if len(batch) == size:
                yield batch
                batch = Batch()
    if len(batch):
        yield batch


_Rows = tuple[list[int], list[str], list[Person | None], list[bool]]


def _rows(piece: Piece, outgoing: Outgoing, wants: Mask, passed: Callable[[Person, int], None]) -> _Rows:
    """Return positions, records, people and which are for once only, of the wanted rows of a slice."""
    positions = piece.positions.tolist()
    made, once = records(piece, outgoing), once_only(piece, outgoing)
    people = piece.people.everybody()
    if wants.all():
        return positions, made, people, once
    for at in np.flatnonzero(~wants).tolist():
        person = people[at]
        if person is not None:
            passed(person, positions[at])
    chosen = np.flatnonzero(wants).tolist()
    return (
        [positions[at] for at in chosen],
        [made[at] for at in chosen],
        [people[at] for at in chosen],
        [once[at] for at in chosen],
    )


def records(piece: Piece, outgoing: Outgoing) -> list[str]:
    """Return the record of every row of a slice as JSON text."""
    if outgoing.kind == "token":
        return _tokens(piece, outgoing)
    keys = [one.key for one in outgoing.fields]
    columns = [_json(outgoing.kind, key, cells) for key, cells in zip(keys, piece.cells, strict=True)]
    data = fragments.members(keys, columns, len(piece))
    if outgoing.kind == "profile":
        made = fragments.objects("{", _head(piece), '"type":"profile","profileData":{', data, "}}")
    else:
        made = fragments.objects(
            "{", _head(piece), '"type":"event",', _event_name(piece, outgoing), '"evtData":{', data, "}}"
        )
    texts: list[str] = made.to_pylist()
    return texts


def _json(kind: str, key: str, cells: Cells) -> pa.Array:
    """Return a column as JSON; an age of a profile is whole, though gaps made it a float."""
    found = cells.json()
    return pc.replace_substring_regex(found, r"\.0$", "") if (kind, key) == ("profile", "Age") else found


def _head(piece: Piece) -> pa.Array:
    """Return whose record it is, and its own time where there is one, each with a comma behind."""
    ids = fragments.quoted(pa.array(piece.people.ids, pa.string()))
    keys = pa.array(piece.people.keys, pa.string())
    head = pc.binary_join_element_wise('"', keys, '":', ids, ",", "")
    if piece.seconds is None:
        return head
    seconds = pc.cast(pa.array(piece.seconds, pa.int64()), pa.string())
    return fragments.objects("", head, pc.binary_join_element_wise('"ts":', seconds, ",", ""))


def _event_name(piece: Piece, outgoing: Outgoing) -> pa.Array | str:
    if piece.events is None:
        return f'"evtName":{json.dumps(outgoing.keywords.event, ensure_ascii=False)},'
    return pc.binary_join_element_wise('"evtName":', piece.events.json(), ",", "")


def once_only(piece: Piece, outgoing: Outgoing) -> list[bool]:
    """Tell which rows must not be sent twice: events, and what would count or add twice."""
    rows = [outgoing.kind == "event"] * len(piece)
    for cells in piece.cells if outgoing.kind == "profile" else ():
        if cells.nested:
            for at, value in enumerate(cells.values()):
                rows[at] = rows[at] or _counts(value)
    return rows


def _counts(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return any(key in rules.ONCE_ONLY or _counts(one) for key, one in value.items())


def _tokens(piece: Piece, outgoing: Outgoing) -> list[str]:
    """Return records as in "Import Device Tokens", Payload Structure; only chrome has keys."""
    columns = {role: cells.values() for role, cells in piece.tokens.items()}
    made: list[dict[str, Any]] = []
    for at, object_id in enumerate(piece.people.ids):
        kind = outgoing.keywords.token_type or columns["type"][at]
        data = {"id": columns["token"][at], "type": kind}
        if kind == "chrome":
            keys = {role: columns[role][at] for role in ("p256dh", "auth") if role in columns}
            data["keys"] = {role: one for role, one in keys.items() if one is not None}
        record = {"type": "token", "tokenData": {key: one for key, one in data.items() if one is not None}}
        made.append(record if object_id is None else {**record, "objectId": object_id})
    texts: list[str] = fragments.dumped(made).to_pylist()
    return texts
