"""What an accepted record changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from ct_pandas.sandbox.judge import CATEGORIES, IDENTITIES, is_operation
from ct_pandas.sandbox.people import PRESENT, Person
from ct_pandas.sandbox.tracks import MISSING, Occurrence
from ct_pandas.sandbox.world import World

_TOP: Final = {"Name": "name", "Email": "email", "Phone": "phone"}
_DEMOGRAPHICS: Final = frozenset(("Gender", "Age", "Education", "Employed", "Married"))
_DELETABLE: Final = frozenset(("Name", "Gender"))
_PLATFORMS: Final = {"__": "Android", "-": "iOS", "~": "Windows"}


class Store:
    """Stores accepted records in the world.

    Parameters
    ----------
    world
        What changes.
    clock
        Gives the time of records that bring none.
    delete_any
        Whether ``$delete`` works for every attribute.
    """

    def __init__(self, world: World, clock: Callable[[], float], *, delete_any: bool) -> None:
        self._world, self._clock, self._delete_any = world, clock, delete_any
        self.live_errors: list[dict[str, Any]] = []
        self._events: dict[str, list[Occurrence]] = {}

    def store(self, record: Mapping[str, Any]) -> int:
        """Store one record and give the person it is about; events wait for `settle`."""
        if record["type"] == "token":
            return self._token(record)
        person = self._person(record)
        if record["type"] == "profile":
            self._profile(person, record["profileData"])
        else:
            epoch = int(record.get("ts", self._clock()))
            props = {"CT Source": "API", **record["evtData"]}
            self._events.setdefault(record["evtName"], []).append(Occurrence(person, epoch, 0, props, {}))
        return person

    def settle(self) -> None:
        """Put the events of one call into their tracks."""
        for name, occurrences in self._events.items():
            self._world.track(name).extend(occurrences)
        self._events.clear()

    def _person(self, record: Mapping[str, Any]) -> int:
        """Find the person, or make a new profile."""
        key = next(key for key in IDENTITIES if record.get(key) not in (None, ""))
        value = str(record[key])
        found = self._world.people.find(key, value)
        return self._world.people.add(Person(top={key: value})) if found is None else found

    def _profile(self, person: int, data: Mapping[str, Any]) -> None:
        people = self._world.people
        people.profile_data[person] = PRESENT
        for key, value in data.items():
            if value is None or value == {} or key in CATEGORIES:
                continue
            if is_operation(value):
                self._operate(person, key, *next(iter(value.items())))
            elif key in _TOP:
                people.set_top(person, _TOP[key], int(value[1:]) if key == "Phone" else value)
            else:
                self._attribute(person, key, value)

    def _attribute(self, person: int, key: str, value: Any) -> None:
        if key in _DEMOGRAPHICS:
            self._world.people.demographics.set(key, person, value)
        self._world.people.attributes.set(key, person, value)

    def _operate(self, person: int, key: str, operation: str, wanted: Any) -> None:
        """Apply ``$add``, ``$remove``, ``$incr``, ``$decr`` or ``$delete``."""
        before = self._world.people.attributes.get(key, person)
        if operation == "$delete":
            self._delete(person, key)
        elif operation in ("$incr", "$decr"):
            self._count(person, key, before, wanted if operation == "$incr" else -wanted)
        else:
            many = [] if before is MISSING else before if isinstance(before, list) else [before]
            given = wanted if isinstance(wanted, list) else [wanted]
            kept = [one for one in many if operation == "$add" or one not in given]
            fresh = [one for one in given if operation == "$add" and one not in many]
            self._attribute(person, key, kept + fresh)

    def _count(self, person: int, key: str, before: Any, by: Any) -> None:
        start = 0 if before is MISSING else before
        if isinstance(start, bool) or not isinstance(start, int | float):
            self.live_errors.append({"error": f"{key} is no number, $incr and $decr change nothing"})
            return
        try:
            total = start + by
            counted = math.isfinite(total)
        except OverflowError:  # a whole number that no double holds
            counted = False
        if counted:
            self._attribute(person, key, total)
        else:  # no number of JSON
            self.live_errors.append({"error": f"{key} would be no number any more: it stays"})

    def _delete(self, person: int, key: str) -> None:
        if key not in _DELETABLE and not self._delete_any:
            self.live_errors.append({"error": f"$delete does not work for {key}"})
            return
        people = self._world.people
        if key in _TOP:
            people.set_top(person, _TOP[key], MISSING)
        people.demographics.set(key, person, MISSING)
        people.attributes.set(key, person, MISSING)

    def _token(self, record: Mapping[str, Any]) -> int:
        """Give a device its token; one that has a token keeps it, and only the live stream tells."""
        people, object_id, token = self._world.people, record["objectId"], record["tokenData"]["id"]
        found = people.device_row(object_id)
        if found is None:
            person = people.find("objectId", object_id)
            person = people.add(Person(top={"objectId": object_id})) if person is None else person
            people.add_device(person, {**_platform(object_id), "push_token": token, "objectId": object_id})
            return person
        person, place = found
        device = people.devices[person][place]
        if "push_token" in device:
            self.live_errors.append({"error": "Profile already has a token", "objectId": object_id})
        else:
            device["push_token"] = token
        return person


def _platform(object_id: str) -> dict[str, str]:
    named = [name for prefix, name in _PLATFORMS.items() if object_id.startswith(prefix)]
    return {"platform": named[0] if named else "Web"}
