"""Who and what a query selects: the grammar evaluated on the world."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from ct_pandas.sandbox.answers import Refused, encoded, fail
from ct_pandas.sandbox.days import Ints, days_before
from ct_pandas.sandbox.devices import Device
from ct_pandas.sandbox.operators import count_meets, meets
from ct_pandas.sandbox.query import EventQuery, Filter, Query
from ct_pandas.sandbox.switches import Switches
from ct_pandas.sandbox.tracks import MISSING, Track
from ct_pandas.sandbox.world import World

_FOREVER: Final = 99_991_231
_STANDARD: Final = {"Name": "name", "Email": "email", "Phone": "phone"}
_GENDERS: Final = {"M": ["M", "Male"], "F": ["F", "Female"]}
_APP: Final = {"make": "make", "model": "model", "os version": "os_version", "app version": "app_version"}


class Selection:
    """Evaluates queries.

    Parameters
    ----------
    world
        Where to look.
    switches
        How the account behaves.
    """

    def __init__(self, world: World, switches: Switches) -> None:
        self._world, self._switches = world, switches

    def occurrences(self, query: Query) -> Ints:
        """Give the rows of the base event's track that a query selects."""
        if query.base is None:
            raise Refused(fail("event_name is mandatory", 400, 400))
        rows = self._rows(query.base)
        persons = self._track(query.base.event).person[rows]
        kept = self._kept(np.unique(persons), query)
        return rows[np.isin(persons, kept)]

    def people(self, query: Query) -> Ints:
        """Give the people whom a query selects."""
        return self._kept(self._doers(query.base) if query.base else self._recent(), query)

    def _recent(self) -> Ints:
        """Give everyone who did anything in the last year before the world's end, or since."""
        start = days_before(self._world.last_day, self._switches.lookback_days - 1)
        active = [track.person[track.between(start, _FOREVER)] for track in self._world.tracks.values()]
        return np.unique(np.concatenate(active)) if active else np.array([], dtype=np.int64)

    def _rows(self, asked: EventQuery) -> Ints:
        track = self._track(asked.event)
        rows = track.between(asked.start, asked.end)
        for one in asked.properties:
            rows = _those(rows, [_met(one, value) for value in _properties(track, one.name, rows)])
        for one in asked.session:
            rows = _those(rows, _session(track, one, rows))
        return rows

    def _track(self, name: str) -> Track:
        if name not in self._world.tracks:
            raise Refused(fail(encoded([f"Invalid event : {name}"]).decode(), 400, 400))
        return self._world.tracks[name]

    def _doers(self, asked: EventQuery) -> Ints:
        return np.unique(self._track(asked.event).person[self._rows(asked)])

    def _counts(self, asked: Iterable[EventQuery]) -> Counter[int]:
        counts: Counter[int] = Counter()
        for one in asked:
            rows = self._rows(one)
            counts.update(self._track(one.event).person[rows].tolist())
        return counts

    def _kept(self, people: Ints, query: Query) -> Ints:
        for test in self._tests(query):
            people = _those(people, [test(person) for person in people.tolist()])
        return people

    def _tests(self, query: Query) -> Iterable[Callable[[int], bool]]:
        for group, filters in query.groups.items():
            look = self._looks()[group]
            for one in filters:
                yield _tested(look, one)
        if query.geo_fields:
            yield lambda person: self._within(person, query)
        if query.geo_radius:
            yield lambda person: self._around(person, query)
        for asked in query.did_all:
            yield _counted(self._counts([asked]), asked.operator, asked.count)
        if query.did_any:
            yield self._any(query)
        for asked in query.did_none:
            yield _uncounted(self._counts([asked]), asked)

    def _any(self, query: Query) -> Callable[[int], bool]:
        """Test whether any event was done as often as it asks, and these together as often as all do."""
        done = [(self._counts([asked]), asked) for asked in query.did_any]
        own = [(counts, _counted(counts, asked.operator, asked.count)) for counts, asked in done]
        if query.any_operator is None and query.any_count is None:
            return lambda person: any(enough(person) for _, enough in own)
        return lambda person: count_meets(
            sum(counts[person] for counts, enough in own if enough(person)),
            query.any_operator,
            query.any_count,
        )

    def _looks(self) -> dict[str, Callable[[int, str], Any]]:
        return {
            "profile_fields": self._profile_field,
            "demographics": self._demographic,
            "app_fields": self._device_field,
            "technographics": self._technographic,
            "reachability": self._reachable,
        }

    def _profile_field(self, person: int, name: str) -> Any:
        people = self._world.people
        value = people.attributes.get(name, person)
        if value is not MISSING:
            return value
        value = people.top.get(_STANDARD.get(name, ""), person)
        if name == "Phone" and value is not MISSING:
            return f"+{str(value).lstrip('+')}"
        return self._demographic(person, name) if value is MISSING else value

    def _demographic(self, person: int, name: str) -> Any:
        value = self._world.people.demographics.get(name, person)
        return _GENDERS.get(value, value) if name == "Gender" and isinstance(value, str) else value

    def _devices(self, person: int) -> list[Device]:
        return self._world.people.devices[person]

    def _device_field(self, person: int, name: str) -> Any:
        key = _APP.get(name.lower().replace("_", " "), name)
        found = [device[key] for device in self._devices(person) if key in device]
        return found or MISSING

    def _technographic(self, person: int, name: str) -> Any:
        if name.lower() in ("platform", "os"):
            found = [device["platform"] for device in self._devices(person) if "platform" in device]
            return [form for one in found for form in (one, f"{one}App")] or MISSING
        if name.lower() == "device":
            return [_shape(device) for device in self._devices(person)] or MISSING
        return self._device_field(person, name)

    def _reachable(self, person: int, name: str) -> Any:
        people = self._world.people
        if name == "has_token":
            return any("push_token" in device for device in self._devices(person))
        if name in ("has_email", "has_phone"):
            return people.top.get(name.removeprefix("has_"), person) is not MISSING
        return people.attributes.get(name, person)

    def _within(self, person: int, query: Query) -> bool:
        place = self._world.people.places[person]
        return place is not None and any(place[: len(wanted)] == wanted for wanted in query.geo_fields)

    def _around(self, person: int, query: Query) -> bool:
        place = self._world.people.places[person]
        circles = query.geo_radius
        return place is not None and any(_distance(place[3:], circle) <= circle[2] for circle in circles)


def _those(rows: Ints, kept: list[bool]) -> Ints:
    chosen: Ints = rows[np.fromiter(kept, bool, len(rows))]
    return chosen


def _tested(look: Callable[[int, str], Any], one: Filter) -> Callable[[int], bool]:
    return lambda person: _met(one, look(person, one.name))


def _counted(counts: Counter[int], name: str | None, wanted: Any) -> Callable[[int], bool]:
    return lambda person: count_meets(counts[person], name, wanted)


def _uncounted(counts: Counter[int], asked: EventQuery) -> Callable[[int], bool]:
    return lambda person: not (counts[person] and count_meets(counts[person], asked.operator, asked.count))


def _met(one: Filter, value: Any) -> bool:
    """Test a value; of a list of objects, as `Items` is, any value of any object is enough."""
    if isinstance(value, list) and any(isinstance(part, dict) for part in value):
        value = [part for item in value for part in (item.values() if isinstance(item, dict) else [item])]
    return meets(value, one.operator, one.value)


def _properties(track: Track, name: str, rows: Ints) -> list[Any]:
    """Give a property; of `Charged`, the items' own properties answer to their bare names."""
    values = track.property_values(name, rows)
    if track.name != "Charged" or name == "Items":
        return values
    items = track.property_values("Items", rows)
    return [_of_items(name, its) if one is MISSING else one for one, its in zip(values, items, strict=True)]


def _of_items(name: str, items: Any) -> Any:
    listed = items if isinstance(items, list) else []
    return [item[name] for item in listed if isinstance(item, dict) and name in item] or MISSING


def _session(track: Track, one: Filter, rows: Ints) -> list[bool]:
    if one.name == "first_time":
        return [_met(one, first) for first in track.firsts(rows)]
    if one.name == "time_of_day":
        return _at_time(track.minutes(rows).tolist(), one.value)
    return [_met(one, value) for value in track.session_values(one.name, rows)]


def _at_time(minutes: list[int], value: Any) -> list[bool]:
    """Test times of day against ``["22:30", "22:35"]``; a range may pass midnight."""
    try:
        start, end = (int(hour) * 60 + int(minute) for hour, minute in (part.split(":") for part in value))
    except (AttributeError, TypeError, ValueError):
        raise Refused(fail("time_of_day takes two times HH:MM", 400, 400)) from None
    if start <= end:
        return [start <= minute <= end for minute in minutes]
    return [minute >= start or minute <= end for minute in minutes]


def _shape(device: Device) -> str:
    if device.get("platform") == "Web":
        return "Desktop"
    return "Tablet" if "iPad" in str(device.get("model", "")) else "Mobile"


def _distance(place: tuple[float, ...], circle: tuple[float, float, float]) -> float:
    """Give kilometres between two points on the sphere."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, place), map(math.radians, circle[:2]))
    part = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 12_742 * math.asin(math.sqrt(min(1.0, part)))
