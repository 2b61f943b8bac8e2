"""A track: all occurrences of one event, oldest first, then what was uploaded.

Drawn occurrences stand in columns; a property is a code per row and a short list of values, so that a filter
looks at each value once. Uploaded occurrences are kept as they came.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from ct_pandas.sandbox.days import Ints, ProjectZone

MISSING: Final = object()
"""Stands where a record has no such key."""


class Column(Protocol):
    """One property of every drawn occurrence."""

    def at(self, row: int) -> Any:
        """Give the value in one row, or `MISSING`."""

    def take(self, rows: Ints) -> list[Any]:
        """Give the values in many rows."""


@dataclass(frozen=True)
class Choice:
    """A column of few values: ``values[codes[row]]``; a code of -1 is a missing key."""

    codes: Ints
    values: Sequence[Any]

    def at(self, row: int) -> Any:
        """Give the value in one row, or `MISSING`."""
        code = self.codes[row]
        return MISSING if code < 0 else self.values[code]

    def take(self, rows: Ints) -> list[Any]:
        """Give the values in many rows."""
        values = [*self.values, MISSING]
        return [values[code] for code in self.codes[rows].tolist()]


@dataclass(frozen=True)
class Numbers:
    """A column of integers, one for every row."""

    numbers: Ints

    def at(self, row: int) -> Any:
        """Give the number in one row."""
        return int(self.numbers[row])

    def take(self, rows: Ints) -> list[Any]:
        """Give the numbers in many rows."""
        numbers: list[Any] = self.numbers[rows].tolist()
        return numbers


class Occurrence(NamedTuple):
    """One uploaded event."""

    person: int
    epoch: int
    device: int
    props: Mapping[str, Any]
    session: Mapping[str, Any]


class Seen(NamedTuple):
    """What one person did of one event: how often, first and last."""

    times: int
    first: int
    last: int


class Track:
    """All occurrences of one event.

    Rows ``0 .. drawn - 1`` are the drawn ones in order of time; uploaded ones follow in order of arrival.
    """

    def __init__(
        self,
        name: str,
        zone: ProjectZone,
        *,
        person: Ints,
        epoch: Ints,
        device: Ints,
        props: Mapping[str, Column],
        session: Choice,
    ) -> None:
        self.name = name
        self._zone = zone
        self.person, self.epoch, self.device = person, epoch, device
        self.drawn = len(person)
        self.day = zone.days(epoch)
        self.stamp = zone.stamps(epoch)
        self._props, self._session = dict(props), session
        self._added: list[Occurrence] = []
        self._seen: dict[int, Seen] | None = None

    @classmethod
    def empty(cls, name: str, zone: ProjectZone) -> Track:
        """Make the track of an event that nobody has done yet."""
        none = np.array([], dtype=np.int64)
        return cls(name, zone, person=none, epoch=none, device=none, props={}, session=Choice(none, ()))

    def __len__(self) -> int:
        return self.drawn + len(self._added)

    def extend(self, occurrences: Sequence[Occurrence]) -> None:
        """Append uploaded occurrences."""
        seen = self._summaries()
        for one in occurrences:
            seen[one.person] = _joined(seen.get(one.person), one.epoch)
        epoch = np.array([one.epoch for one in occurrences], dtype=np.int64)
        self._added.extend(occurrences)
        self.person = np.append(self.person, [one.person for one in occurrences])
        self.device = np.append(self.device, [one.device for one in occurrences])
        self.epoch = np.append(self.epoch, epoch)
        self.day = np.append(self.day, self._zone.days(epoch))
        self.stamp = np.append(self.stamp, self._zone.stamps(epoch))

    def seen(self, person: int) -> Seen | None:
        """Summarise what a person did of this event."""
        return self._summaries().get(person)

    def _summaries(self) -> dict[int, Seen]:
        if self._seen is None:
            order = np.argsort(self.person, kind="stable")
            people, starts, counts = np.unique(self.person[order], return_index=True, return_counts=True)
            first, last = self.epoch[order[starts]], self.epoch[order[starts + counts - 1]]
            rows = zip(people.tolist(), counts.tolist(), first.tolist(), last.tolist(), strict=True)
            self._seen = {person: Seen(*seen) for person, *seen in rows}
        return self._seen

    def between(self, start: int, end: int) -> Ints:
        """Give the rows of whole project-local days, both ends included."""
        return np.flatnonzero((self.day >= start) & (self.day <= end))

    def minutes(self, rows: Ints) -> Ints:
        """Give minutes since local midnight of rows."""
        return self._zone.minutes(self.epoch[rows])

    def firsts(self, rows: Ints) -> list[bool]:
        """Tell for each row whether it is the first time this person did it."""
        pairs = zip(self.person[rows].tolist(), self.epoch[rows].tolist(), strict=True)
        return [(seen := self.seen(person)) is not None and seen.first == epoch for person, epoch in pairs]

    def property_names(self) -> list[str]:
        """List the names of event properties, drawn and uploaded."""
        names = dict.fromkeys(self._props)
        for occurrence in self._added:
            names.update(dict.fromkeys(occurrence.props))
        return list(names)

    def property_values(self, name: str, rows: Ints) -> list[Any]:
        """Give one event property in many rows."""
        return self._values(self._props.get(name), [one.props for one in self._added], name, rows)

    def session_values(self, name: str, rows: Ints) -> list[Any]:
        """Give one session property in many rows."""
        by_code = Choice(self._session.codes, [one.get(name, MISSING) for one in self._session.values])
        return self._values(by_code, [one.session for one in self._added], name, rows)

    def props(self, row: int) -> dict[str, Any]:
        """Give the event properties of one row."""
        if row >= self.drawn:
            return dict(self._added[row - self.drawn].props)
        return _present(self._props, row)

    def session(self, row: int) -> dict[str, Any]:
        """Give the session properties of one row."""
        if row >= self.drawn:
            return dict(self._added[row - self.drawn].session)
        return dict(self._session.at(row))

    def _values(
        self, column: Column | None, added: list[Mapping[str, Any]], name: str, rows: Ints
    ) -> list[Any]:
        cut = bisect.bisect_left(rows.tolist(), self.drawn) if added else len(rows)
        values = column.take(rows[:cut]) if column else [MISSING] * cut
        return values + [added[row - self.drawn].get(name, MISSING) for row in rows[cut:].tolist()]


def _present(columns: Mapping[str, Column], row: int) -> dict[str, Any]:
    found = ((name, column.at(row)) for name, column in columns.items())
    return {name: value for name, value in found if value is not MISSING}


def _joined(before: Seen | None, epoch: int) -> Seen:
    if before is None:
        return Seen(1, epoch, epoch)
    return Seen(before.times + 1, min(before.first, epoch), max(before.last, epoch))
