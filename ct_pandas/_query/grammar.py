"""CleverTap's JSON query, read and written. What the grammar does not have is refused, never passed on.

CleverTap, CleverTap Query Language (developer.clevertap.com/docs/clevertap-query-language), and its sample
payloads (github.com/CleverTap/clevertap-support-snippets). The server ignores keys that it does not know and
answers with everybody, so that a typo has to be caught here.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from ct_pandas._query.days import parse_days, unwrapped
from ct_pandas._query.filters import ABSENT, COUNT_OPERATORS, SIGNS, Filter, check_name, make_filter
from ct_pandas._query.names import PROFILE, check_profile_field
from ct_pandas._query.parts import EVENT_GROUPS, PERSON_GROUPS, AnyOf, Deed, Parts
from ct_pandas._shown import shown
from ct_pandas.errors import QueryError

T = TypeVar("T")

_PERSON: Final = "common_profile_properties"
_ADVANCED: Final = "advanced_query"
_TOP: Final = ("event_name", "from", "to", *EVENT_GROUPS, _PERSON, _ADVANCED)
_PERSON_KEYS: Final = (*PERSON_GROUPS, "geo_fields", "geo_radius")
_ADVANCED_KEYS: Final = ("did_all", "did_any", "did_none")
_DEED_KEYS: Final = ("event_name", "from", "to", "event_properties", "operator", "value")
_MEANT: Final = {
    "props": "event_properties",  # the key of CleverTap's older clients
    "start": "from", "end": "to", "event": "event_name", "filters": "event_properties",
    "profile_filters": _PERSON, "profile_properties": _PERSON, "user_properties": _PERSON,
    "op": "operator", "count": "value", "times": "value", "key": "name", "property": "name",
    "did": "did_all", "did_not": "did_none", "did_not_all": "did_none", "events": "any_events",
}  # fmt: skip
_OF_REPORTS: Final = ("groups", "unique", "trend_type", "sum_event_prop", "top_n", "order")

# Stands in documents in use where a base event is asked for and none is meant; it has no days.
NO_EVENT: Final = "-1"


def read(document: Any) -> Parts:
    """Read the JSON object of a query."""
    whole = _object(document, "the query", _TOP)
    event, start, end = _base(whole)
    found: dict[str, Any] = {key: _filters(whole, key, "") for key in EVENT_GROUPS}
    if event is None and (stray := next((key for key, filters in found.items() if filters), None)):
        raise QueryError(f"{stray} filters the event, but the query names none: add event_name, from and to.")
    person = _object(whole.get(_PERSON, {}), _PERSON, _PERSON_KEYS)
    found |= {key: _filters(person, key, _PERSON) for key in PERSON_GROUPS}
    found["geo_fields"] = _listed(person, "geo_fields", _PERSON, read_region)
    found["geo_radius"] = _listed(person, "geo_radius", _PERSON, _circle)
    advanced = _object(whole.get(_ADVANCED, {}), _ADVANCED, _ADVANCED_KEYS)
    for key in ("did_all", "did_none"):
        found[key] = _listed(advanced, key, _ADVANCED, _deed)
    if "did_any" in advanced:
        found["did_any"] = _any_of(advanced["did_any"], f"{_ADVANCED}.did_any")
    return Parts(event, start, end, **found)


def write(parts: Parts) -> dict[str, Any]:
    """Write the JSON object of a query; what is empty is left out."""
    found = _drop_empty({"event_name": parts.event, "from": parts.start, "to": parts.end})
    found |= _drop_empty({key: [each.to_cql() for each in getattr(parts, key)] for key in EVENT_GROUPS})
    person: dict[str, Any] = {key: [each.to_cql() for each in getattr(parts, key)] for key in PERSON_GROUPS}
    person["geo_fields"] = [list(each) for each in parts.geo_fields]
    person["geo_radius"] = [list(each) for each in parts.geo_radius]
    advanced: dict[str, Any] = {"did_all": [_write_deed(each) for each in parts.did_all]}
    if (any_of := parts.did_any) is not None:
        events = [_write_deed(each) for each in any_of.deeds]
        advanced["did_any"] = {"any_events": events} | _write_count(any_of)
    advanced["did_none"] = [_write_deed(each) for each in parts.did_none]
    return found | _drop_empty({_PERSON: _drop_empty(person), _ADVANCED: _drop_empty(advanced)})


def read_count(operator: Any, times: Any, place: str) -> tuple[str | None, int | None]:
    """Check "how often": an operator that counts and a whole number."""
    if operator is ABSENT and times is ABSENT:
        return None, None
    if times is ABSENT:
        raise QueryError(
            f"{place}: the operator {operator!r} says how often, but the number is missing beside it."
        )
    number = unwrapped(times)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise QueryError(f"{place}: how often must be a whole number, not {shown(times)}.")
    if operator is ABSENT or operator is None:
        return None, int(number)
    word = SIGNS.get(operator, operator) if isinstance(operator, str) else None
    if word not in COUNT_OPERATORS:
        raise QueryError(
            f"{place}: the operator of how often must be one of = > >= < <=, not {shown(operator)}."
        )
    return str.__str__(word), int(number)


def read_region(region: Any, place: str) -> tuple[str, ...]:
    """Check a place: country, then region, then city; the last two may be left out."""
    if isinstance(region, str) or not isinstance(region, Sequence) or not 1 <= len(region) <= 3:
        raise QueryError(
            f"{place} must be a list [country, region, city], the last two optional, not {region!r}."
        )
    names = ("the country", "the region", "the city")
    return tuple(check_name(each, f"{place}: {what}") for each, what in zip(region, names, strict=False))


def _base(whole: Mapping[str, Any]) -> tuple[str | None, int | None, int | None]:
    if "event_name" not in whole:
        if stray := next((key for key in ("from", "to") if key in whole), None):
            raise QueryError(f"{stray!r} belongs to an event, but the query names none: add event_name.")
        return None, None, None
    event = check_name(whole["event_name"], "event_name")
    if event == NO_EVENT and "from" not in whole and "to" not in whole:
        return event, None, None
    return event, *_window(whole, "the query")


def _window(found: Mapping[str, Any], place: str) -> tuple[int, int]:
    for key in ("from", "to"):
        if found.get(key) is None:
            raise QueryError(f"{place}: {key!r} is missing. An event needs from and to, integers YYYYMMDD.")
    try:
        return parse_days(found["from"], found["to"])
    except QueryError as error:
        raise QueryError(f"{place}: from/to: {error}") from None


def _filters(found: Mapping[str, Any], key: str, place: str) -> tuple[Filter, ...]:
    return _listed(found, key, place, _filter)


def _filter(found: Any, place: str) -> Filter:
    known = _object(found, place, ("name", "operator", "value"))
    if "name" not in known:
        raise QueryError(f"{place}: 'name' is missing.")
    made = make_filter(
        known["name"], known.get("operator"), known.get("value", ABSENT), place=place, raw=True
    )
    if place.startswith(f"{_PERSON}.{PROFILE}"):
        check_profile_field(made.name, place)
    return made


def _deed(found: Any, place: str) -> Deed:
    known = _object(found, place, _DEED_KEYS)
    if "event_name" not in known:
        raise QueryError(f"{place}: 'event_name' is missing.")
    event = check_name(known["event_name"], f"{place}: event_name")
    start, end = _window(known, place)
    filters = _filters(known, "event_properties", place)
    operator, times = read_count(known.get("operator", ABSENT), known.get("value", ABSENT), place)
    return Deed(event, start, end, filters, operator, times)


def _any_of(found: Any, place: str) -> AnyOf:
    if isinstance(found, list | tuple):
        raise QueryError(f'{place} must be an object {{"any_events": [...]}}, not a list.')
    known = _object(found, place, ("any_events", "operator", "value"))
    deeds = _listed(known, "any_events", place, _deed)
    if not deeds:
        raise QueryError(f"{place}: 'any_events' is missing or empty.")
    operator, times = read_count(known.get("operator", ABSENT), known.get("value", ABSENT), place)
    return AnyOf(deeds, operator, times)


def _circle(found: Any, place: str) -> tuple[int | float, ...]:
    numbers = tuple(map(unwrapped, found)) if isinstance(found, list | tuple) else ()
    if len(numbers) != 3 or not all(map(_is_number, numbers)):
        raise QueryError(f"{place} must be three numbers: latitude, longitude, radius; not {found!r}.")
    return numbers


def _is_number(value: Any) -> bool:
    return type(value) is int or (isinstance(value, float) and math.isfinite(value))


def _listed(found: Mapping[str, Any], key: str, place: str, each: Callable[[Any, str], T]) -> tuple[T, ...]:
    listed = found.get(key, ())
    path = f"{place}.{key}" if place else key
    if isinstance(listed, str | Mapping) or not isinstance(listed, Sequence):
        raise QueryError(f"{path} must be a list, not {type(listed).__name__}.")
    return tuple(each(one, f"{path}[{position}]") for position, one in enumerate(listed))


def _object(found: Any, place: str, keys: Collection[str]) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise QueryError(f"{place} must be a JSON object, not {type(found).__name__}.")
    for key in found:
        if key not in keys:
            raise QueryError(
                f"{place}: {_unknown(key, keys)} CleverTap would ignore it and return everybody."
            )
    return found


def _unknown(key: Any, keys: Collection[str]) -> str:
    if key in _OF_REPORTS:
        return f"{key!r} belongs to the reports (counts/top, counts/trends), not to a query."
    if place := _home(key):
        return f"unknown key {key!r} here: it belongs inside {place!r}."
    meant = _MEANT.get(key) if isinstance(key, str) else None
    if meant not in keys:
        close = difflib.get_close_matches(str(key), list(keys), 1, 0.6)
        meant = close[0] if close else None
    if meant is not None:
        return f"unknown key {key!r}. Did you mean {meant!r}?"
    return f"unknown key {key!r}. The keys here are: {', '.join(keys)}."


def _home(key: Any) -> str | None:
    if key in _PERSON_KEYS:
        return _PERSON
    if key in _ADVANCED_KEYS:
        return _ADVANCED
    return "advanced_query.did_any" if key == "any_events" else None


def _write_deed(deed: Deed) -> dict[str, Any]:
    found: dict[str, Any] = {"event_name": deed.event, "from": deed.start, "to": deed.end}
    if deed.filters:
        found["event_properties"] = [each.to_cql() for each in deed.filters]
    return found | _write_count(deed)


def _write_count(counted: Deed | AnyOf) -> dict[str, Any]:
    found: dict[str, Any] = {} if counted.operator is None else {"operator": counted.operator}
    return found if counted.times is None else found | {"value": counted.times}


def _drop_empty(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value not in (None, [], {})}
