"""Everybody in the account: what is known of them, column by column, and the record made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ct_pandas.sandbox.devices import Device
from ct_pandas.sandbox.tracks import MISSING

EXPORTED: Final = ("identity", "all_identities", "badKs", "email", "phone", "name", "objectId", "df")
"""Top-level keys of a record, in the order in which they are written."""
IDS: Final = ("identity", "email", "objectId", "FBID", "GPID")
"""By what people are found."""

PRESENT, ABSENT, NULL = "present", "absent", "null"


@dataclass
class Person:
    """Somebody who is not drawn: what is known of them from the start."""

    top: dict[str, Any]
    attributes: dict[str, Any] = field(default_factory=dict)
    devices: list[Device] = field(default_factory=list)


class Columns:
    """Named columns of one value per person."""

    def __init__(self, columns: Mapping[str, list[Any]]) -> None:
        self._columns = dict(columns)

    def names(self) -> list[str]:
        """List the columns' names."""
        return list(self._columns)

    def get(self, name: str, row: int) -> Any:
        """Give one value, or `MISSING`."""
        column = self._columns.get(name)
        return MISSING if column is None or row >= len(column) else column[row]

    def set(self, name: str, row: int, value: Any) -> None:
        """Store one value; `MISSING` removes it."""
        column = self._columns.setdefault(name, [])
        column.extend([MISSING] * (row + 1 - len(column)))
        column[row] = value

    def row(self, row: int) -> dict[str, Any]:
        """Give all values of one person."""
        pairs = ((name, column[row]) for name, column in self._columns.items() if row < len(column))
        return {name: value for name, value in pairs if value is not MISSING}

    def column(self, name: str) -> list[Any]:
        """Give a whole column; it may be shorter than the number of people."""
        return self._columns.get(name, [])


class People:
    """All people, and the ids by which they are found."""

    def __init__(
        self,
        *,
        top: Columns,
        attributes: Columns,
        demographics: Columns,
        places: list[tuple[str, str, str, float, float] | None],
        devices: list[list[Device]],
        profile_data: list[str],
    ) -> None:
        self.top, self.attributes, self.demographics = top, attributes, demographics
        self.places, self.devices, self.profile_data = places, devices, profile_data
        self._index: dict[str, dict[str, int]] | None = None
        self._later: dict[tuple[str, str], list[int]] = {}  # who has an id that finds somebody else

    def __len__(self) -> int:
        return len(self.devices)

    def add(self, person: Person) -> int:
        """Append a person and give their row."""
        row = len(self)
        self.places.append(None)
        self.devices.append([])
        self.profile_data.append(PRESENT)
        for columns, values in ((self.top, person.top), (self.attributes, person.attributes)):
            for name, value in values.items():
                columns.set(name, row, value)
        for device in person.devices:
            self.add_device(row, device)
        self._learn(row)
        return row

    def add_device(self, row: int, device: Device) -> None:
        """Give a person one more device."""
        self.devices[row].append(device)
        self._ids()["objectId"].setdefault(device["objectId"], row)

    def set_top(self, row: int, name: str, value: Any) -> None:
        """Store a top-level value; people are found by it from now on, and no longer by the one before."""
        before, known = self.top.get(name, row), self._ids().get(name, {})
        self.top.set(name, row, value)
        if isinstance(before, str) and known.get(before) == row:
            del known[before]
            # An address that others have, too, still finds the first of them.
            others = self._later.get((name, before), [])
            heir = next((one for one in others if self.top.get(name, one) == before), None)
            if heir is not None:
                known[before] = heir
        self._learn(row)

    def find(self, key: str, value: str) -> int | None:
        """Find the person with an id, by ``identity``, ``email``, ``objectId``, ``FBID`` or ``GPID``."""
        return self._ids().get(key, {}).get(value)

    def device_row(self, object_id: str) -> tuple[int, int] | None:
        """Find the person and the place in their list of a device."""
        row = self.find("objectId", object_id)
        if row is None:
            return None
        ids = [device.get("objectId") for device in self.devices[row]]
        return (row, ids.index(object_id)) if object_id in ids else None

    def _ids(self) -> dict[str, dict[str, int]]:
        if self._index is None:
            self._index = {key: {} for key in IDS}
            for row in range(len(self)):
                self._learn(row)
        return self._index

    def _learn(self, row: int) -> None:
        index = self._ids()
        for key, value in self._names(row):
            if index[key].setdefault(value, row) != row:
                self._later.setdefault((key, value), []).append(row)

    def _names(self, row: int) -> Iterator[tuple[str, str]]:
        for key in IDS:
            value = self.top.get(key, row)
            if value is not MISSING:
                yield key, value
        for identity in _listed(self.top.get("all_identities", row)):
            yield "identity", identity
        for device in self.devices[row]:
            yield "objectId", device["objectId"]

    def record(self, row: int, *, app: bool, profile: bool) -> dict[str, Any]:
        """Make the record of a person, without the event summary."""
        known = self.top.row(row)
        record: dict[str, Any] = {key: known[key] for key in EXPORTED if key in known}
        record.update(self.profile_part(row) if profile else {})
        if self.devices[row]:
            record["platformInfo"] = [shaped(device, app=app) for device in self.devices[row]]
        return record

    def profile_part(self, row: int) -> dict[str, Any]:
        """Make `profileData`: there, null, or not there at all."""
        form = self.profile_data[row]
        if form == ABSENT:
            return {}
        return {"profileData": None if form == NULL else self.attributes.row(row)}


def shaped(device: Device, *, app: bool) -> Device:
    """Drop what the flag ``app=false`` drops: versions, make and model."""
    if app:
        return device
    return {key: value for key, value in device.items() if key not in _APP_FIELDS}


_APP_FIELDS = frozenset(("os_version", "app_version", "make", "model"))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else []
