"""A query in plain English, so that whoever runs it can see whom it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from ct_pandas._query.days import in_words
from ct_pandas._query.filters import Filter, Scalar
from ct_pandas._query.grammar import NO_EVENT
from ct_pandas._query.parts import AnyOf, Deed, Parts

# A session filter whose two values are the ends of a range and no choice.
_TIME_OF_DAY: Final = "time_of_day"

# Two ways to say an operator: "with Amount greater than 100" and "whose plan is ..."; {} is the value.
_WITH: Final = {
    "equals": "{name} equal to {value}",
    "not_equals": "{name} not equal to {value}",
    "greater_than": "{name} greater than {value}",
    "greater_than_equals": "{name} of at least {value}",
    "less_than": "{name} less than {value}",
    "less_than_equals": "{name} of at most {value}",
    "contains": "{name} containing {value}",
    "does_not_contain": "{name} not containing {value}",
    "exists": "a value for {name}",
    "does_not_exist": "no value for {name}",
}
_WHOSE: Final = {
    "equals": "{name} is {value}",
    "not_equals": "{name} is not {value}",
    "greater_than": "{name} is greater than {value}",
    "greater_than_equals": "{name} is at least {value}",
    "less_than": "{name} is less than {value}",
    "less_than_equals": "{name} is at most {value}",
    "contains": "{name} contains {value}",
    "does_not_contain": "{name} does not contain {value}",
    "exists": "{name} is set",
    "does_not_exist": "{name} is not set",
}
_TIMES: Final = {
    "equals": "exactly",
    "greater_than": "more than",
    "greater_than_equals": "at least",
    "less_than": "fewer than",
    "less_than_equals": "at most",
}
# A name with one of these in it would run into the sentence around it.
_JOINTS: Final = re.compile(
    r"[,()]|^\s|\s$|\b(and|between|did|for|in|is|not|on|once|or|than|times|who|whose|with)\b"
)


def sentence(parts: Parts) -> str:
    """Say the whole query."""
    clauses = [*_base(parts), *_person(parts), *_places(parts), *_deeds(parts)]
    if not clauses:
        return "Everybody: no condition yet."
    return "People " + _and(clauses) + "."


def phrase(found: Filter) -> str:
    """Say one filter: "Amount is greater than 100"."""
    return _fill(_WHOSE, found)


def _base(parts: Parts) -> list[str]:
    if parts.event is None or _names_nothing(parts):
        return []
    said = f"who did {_name(parts.event)}"
    if parts.event_properties:
        said += f" with {_and(_fill(_WITH, each) for each in parts.event_properties)}"
    if parts.start is not None and parts.end is not None:
        said += f" {in_words(parts.start, parts.end)}"
    if parts.session_properties:
        said += f" in a session with {_and(map(_session, parts.session_properties))}"
    return [said]


def _names_nothing(parts: Parts) -> bool:
    """Whether the event is the sign for none; with days or filters of its own it is sent as an event."""
    of_event = (parts.start, parts.event_properties, parts.session_properties)
    return parts.event == NO_EVENT and not any(of_event)


def _session(found: Filter) -> str:
    if found.name == _TIME_OF_DAY and found.operator in (None, "equals") and isinstance(found.value, tuple):
        return f"{found.name} from {' to '.join(map(_scalar, found.value))}"
    return _fill(_WITH, found)


def _person(parts: Parts) -> list[str]:
    clauses = []
    for kind, filters in (
        ("whose profile says that", parts.profile_fields),
        ("for whom", parts.demographics),
        ("with an app where", parts.app_fields),
        ("on a device where", parts.technographics),
        ("whose reachability says that", parts.reachability),
    ):
        if filters:
            clauses.append(f"{kind} {_and(phrase(each) for each in filters)}")
    return clauses


def _places(parts: Parts) -> list[str]:
    clauses = []
    if parts.geo_fields:
        clauses.append("in " + _or(map(_place, parts.geo_fields)))
    if parts.geo_radius:
        circles = (f"of {radius} around ({first}, {second})" for first, second, radius in parts.geo_radius)
        clauses.append("within a radius " + _or(circles))
    return clauses


def _place(region: tuple[str, ...]) -> str:
    *around, place = map(_name, region)
    return f"{place} ({', '.join(reversed(around))})" if around else place


def _deeds(parts: Parts) -> list[str]:
    also = "also " if _base(parts) else ""
    clauses = [f"who {also}did {_deed(each)}" for each in parts.did_all]
    if parts.did_any is not None:
        clauses.append(f"who {also}did {_any_of(parts.did_any)}")
    return clauses + [f"who did not do {_deed(each)}" for each in parts.did_none]


def _deed(deed: Deed) -> str:
    said = _name(deed.event)
    if deed.filters:
        said += f" with {_and(_fill(_WITH, each) for each in deed.filters)}"
    return f"{said}{_times(deed)} {in_words(deed.start, deed.end)}"


def _any_of(any_of: AnyOf) -> str:
    listed = _or(_deed(each) for each in any_of.deeds)
    count = _times(any_of)
    if len(any_of.deeds) == 1:
        return f"{listed}{',' * bool(count)}{count}"
    return f"any of these{count}: {listed}"


def _times(counted: Deed | AnyOf) -> str:
    if counted.times is None:
        return ""
    how = _TIMES[counted.operator or "equals"]
    return f" {how} once" if counted.times == 1 else f" {how} {counted.times} times"


def _fill(templates: dict[str, str], found: Filter) -> str:
    template = templates[found.operator or "equals"]
    negative = found.operator in ("not_equals", "does_not_contain")
    value = _value(found, negative=negative)
    beside = f" (sent with {value})" if value and "{value}" not in template else ""
    return template.format(name=_name(found.name), value=value) + beside


def _value(found: Filter, *, negative: bool) -> str:
    if isinstance(found.value, tuple):
        said = _or(_scalar(each) for each in found.value)
        return f"any of {said}" if negative and len(found.value) > 1 else said
    return "" if found.value is None else _scalar(found.value)


def _scalar(value: Scalar) -> str:
    if isinstance(value, str):
        return value if value in ("True", "False") else _quoted(value)
    return str(value)


def _name(name: str) -> str:
    return _quoted(name) if _JOINTS.search(name) else name


def _quoted(text: str) -> str:
    """Quote a text, which stands there as it is: one that has quotes gets others around it."""
    return f"“{text}”" if '"' in text else f'"{text}"'


def _joined(word: str) -> Callable[[Iterable[str]], str]:
    def join(phrases: Iterable[str]) -> str:
        listed = list(phrases)
        if len(listed) < 3:
            return f" {word} ".join(listed)
        return f"{', '.join(listed[:-1])}, {word} {listed[-1]}"

    return join


_and = _joined("and")
_or = _joined("or")
