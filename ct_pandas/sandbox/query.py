"""The query that a client sends, read from JSON.

Keys that are none are ignored, as the real server does: a misspelt filter finds everybody. What cannot be
read at all is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ct_pandas.sandbox.answers import Refused, fail
from ct_pandas.sandbox.days import is_day
from ct_pandas.sandbox.operators import ALIASES, OPERATORS
from ct_pandas.sandbox.switches import Switches

GROUPS: Final = ("profile_fields", "demographics", "app_fields", "technographics", "reachability")


@dataclass(frozen=True)
class Filter:
    """One condition."""

    name: str
    operator: str
    value: Any


@dataclass(frozen=True)
class EventQuery:
    """Something done between two days, under conditions, a number of times."""

    event: str
    start: int
    end: int
    properties: tuple[Filter, ...] = ()
    session: tuple[Filter, ...] = ()
    operator: str | None = None
    count: Any = None


@dataclass(frozen=True)
class Query:
    """A whole query; without `base` it is about people only."""

    base: EventQuery | None = None
    groups: Mapping[str, tuple[Filter, ...]] = field(default_factory=dict)
    geo_fields: tuple[tuple[str, ...], ...] = ()
    geo_radius: tuple[tuple[float, float, float], ...] = ()
    did_all: tuple[EventQuery, ...] = ()
    did_any: tuple[EventQuery, ...] = ()
    any_operator: str | None = None
    any_count: Any = None
    did_none: tuple[EventQuery, ...] = ()

    def unfiltered(self) -> Query:
        """Forget every filter, as a server does that does not understand them."""
        base = replace(self.base, properties=(), session=()) if self.base else None
        return Query(base)


class Reader:
    """Reads queries under the account's switches."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def read(self, raw: Any) -> Query:
        """Read a whole query; `Refused` where it cannot be."""
        if not isinstance(raw, dict):
            raise _bad("Payload is not a JSON object")
        base = self._event(raw) if "event_name" in raw else None
        common = _mapping(raw.get("common_profile_properties"))
        advanced = _mapping(raw.get("advanced_query"))
        if base is None and not (common or advanced):
            raise _bad("event_name is mandatory")
        anyone = _mapping(advanced.get("did_any"))
        return Query(
            base=base,
            groups={group: self._filters(common.get(group)) for group in GROUPS},
            geo_fields=tuple(tuple(map(str, place)) for place in _rows(common.get("geo_fields"))),
            geo_radius=tuple(_circle(circle) for circle in _rows(common.get("geo_radius"))),
            did_all=self._events(advanced.get("did_all")),
            did_any=self._events(anyone.get("any_events")),
            any_operator=self._operator(anyone["operator"]) if "operator" in anyone else None,
            any_count=anyone.get("value"),
            did_none=self._events(advanced.get("did_none")),
        )

    def _events(self, raw: Any) -> tuple[EventQuery, ...]:
        return tuple(self._event(one) for one in _objects(raw))

    def _event(self, raw: Mapping[str, Any]) -> EventQuery:
        name, start, end = raw.get("event_name"), raw.get("from"), raw.get("to")
        if not isinstance(name, str):
            raise _bad("event_name is mandatory")
        if not (
            isinstance(start, int) and isinstance(end, int) and is_day(start) and is_day(end) and start <= end
        ):
            raise Refused(fail("Invalid date range: from and to are integers YYYYMMDD", 4002, 400))
        return EventQuery(
            event=name,
            start=start,
            end=end,
            properties=self._filters(raw.get("event_properties", raw.get("props"))),
            session=self._filters(raw.get("session_properties")),
            operator=self._operator(raw["operator"]) if "operator" in raw else None,
            count=raw.get("value"),
        )

    def _filters(self, raw: Any) -> tuple[Filter, ...]:
        read = (self._filter(one) for one in _objects(raw))
        return tuple(one for one in read if one is not None)

    def _filter(self, raw: Mapping[str, Any]) -> Filter | None:
        name = self._operator(raw.get("operator", "equals"))
        return None if name is None else Filter(str(raw.get("name")), name, raw.get("value"))

    def _operator(self, name: object) -> str | None:
        name = str(name)
        if self._switches.operator_aliases:
            name = ALIASES.get(name, name)
        if name in OPERATORS:
            return name
        if self._switches.unknown_operator == "ignore":
            return None
        raise _bad(f"Invalid operator : {name}")


def _bad(error: str) -> Refused:
    return Refused(fail(error, 400, 400))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _rows(value: Any) -> list[list[Any]]:
    return [one for one in value if isinstance(one, list)] if isinstance(value, list) else []


def _circle(raw: list[Any]) -> tuple[float, float, float]:
    try:
        latitude, longitude, radius = (float(part) for part in raw)
    except (TypeError, ValueError, OverflowError):
        raise _bad("geo_radius takes latitude, longitude and radius") from None
    return latitude, longitude, radius
