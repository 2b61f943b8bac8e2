"""The parts a query is made of, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ct_pandas._query.filters import Filter

# Groups of filters in the order in which CleverTap's page lists them: key in the JSON, method of Query.
EVENT_GROUPS: Final = {"event_properties": "where", "session_properties": "where_session"}
PERSON_GROUPS: Final = {
    "profile_fields": "where_profile",
    "demographics": "where_demographics",
    "app_fields": "where_app",
    "technographics": "where_technographics",
    "reachability": "where_reachability",
}


@dataclass(frozen=True)
class Deed:
    """Another event, with its days and filters; ``operator`` and ``times`` say how often."""

    event: str
    start: int
    end: int
    filters: tuple[Filter, ...] = ()
    operator: str | None = None
    times: int | None = None


@dataclass(frozen=True)
class AnyOf:
    """Several events, any of which will do."""

    deeds: tuple[Deed, ...]
    operator: str | None = None
    times: int | None = None


@dataclass(frozen=True)
class Parts:
    """Everything that a query can say. Field names are CleverTap's own."""

    event: str | None = None
    start: int | None = None
    end: int | None = None
    event_properties: tuple[Filter, ...] = ()
    session_properties: tuple[Filter, ...] = ()
    profile_fields: tuple[Filter, ...] = ()
    demographics: tuple[Filter, ...] = ()
    app_fields: tuple[Filter, ...] = ()
    technographics: tuple[Filter, ...] = ()
    reachability: tuple[Filter, ...] = ()
    geo_fields: tuple[tuple[str, ...], ...] = ()
    geo_radius: tuple[tuple[int | float, ...], ...] = ()
    did_all: tuple[Deed, ...] = ()
    did_any: AnyOf | None = None
    did_none: tuple[Deed, ...] = ()
