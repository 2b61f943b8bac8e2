"""A query as the Python that rebuilds it.

Every part is spelt with the method of ``Query`` that makes it. What has no method (a radius, an ``exists``
that carries a value) is kept in the opening ``Query.from_cql({...})``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ct_pandas._query.days import iso
from ct_pandas._query.filters import PRESENCE, SIGNS, Filter
from ct_pandas._query.grammar import NO_EVENT, write
from ct_pandas._query.names import column_name
from ct_pandas._query.parts import EVENT_GROUPS, PERSON_GROUPS, AnyOf, Deed, Parts

_SIGN_OF: Final = {word: sign for sign, word in SIGNS.items()}


def python(parts: Parts, *, prefix: str = "", width: int | None = None) -> str:
    """Spell the query; ``prefix`` goes before the class, and beyond ``width`` every call gets a line."""
    opening, *calls = _spell(parts, prefix)
    line = "".join([opening, *calls])
    if width is None or len(line) <= width or not calls:
        return line
    return "(\n    " + "\n    ".join([opening, *calls]) + "\n)"


def literal(value: Any) -> str:
    """Spell a JSON value in Python, with double quotes where they need no escape."""
    if isinstance(value, str):
        said = repr(value)
        return f'"{said[1:-1]}"' if said.startswith("'") and '"' not in said else said
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def _spell(parts: Parts, prefix: str) -> list[str]:
    kept, rest = _without_method(parts), parts
    if kept:
        rest = replace(parts, **{name: getattr(Parts(), name) for name in kept})
        base = Parts(parts.event, parts.start, parts.end, **{name: getattr(parts, name) for name in kept})
        opening = f"{prefix}Query.from_cql({literal(write(base))})"
    else:
        opening = f"{prefix}Query({_base(parts)})"
    return [opening, *_filters(rest), *_places(rest), *_deeds(rest, prefix)]


def _base(parts: Parts) -> str:
    if parts.event is None:
        return ""
    if parts.start is None or parts.end is None:
        return literal(parts.event)
    return ", ".join(map(literal, (parts.event, iso(parts.start), iso(parts.end))))


def _filters(parts: Parts) -> Iterator[str]:
    for group, method in (EVENT_GROUPS | PERSON_GROUPS).items():
        for each in getattr(parts, group):
            yield f".{method}({_arguments(each, column_name(each.name, group))})"


def _places(parts: Parts) -> Iterator[str]:
    for region in parts.geo_fields:
        yield f".in_region({', '.join(map(literal, region))})"


def _deeds(parts: Parts, prefix: str) -> Iterator[str]:
    for deed in parts.did_all:
        yield f".did({_deed(deed)}{_count(deed)})"
    if (any_of := parts.did_any) is not None:
        queries = ", ".join(python(_as_query(each), prefix=prefix) for each in any_of.deeds)
        yield f".did_any([{queries}]{_count(any_of)})"
    for deed in parts.did_none:
        yield f".did_not({_deed(deed)})"


def _deed(deed: Deed) -> str:
    said = ", ".join(map(literal, (deed.event, iso(deed.start), iso(deed.end))))
    if not deed.filters:
        return said
    filters = [f"({_arguments(each, column_name(each.name))})" for each in deed.filters]
    return f"{said}, where={filters[0] if len(filters) == 1 else '[' + ', '.join(filters) + ']'}"


def _arguments(found: Filter, name: str) -> str:
    operator = found.operator if found.operator is None else _SIGN_OF.get(found.operator, found.operator)
    value = list(found.value) if isinstance(found.value, tuple) else found.value
    return ", ".join(map(literal, (name, operator) if value is None else (name, operator, value)))


def _count(counted: Deed | AnyOf) -> str:
    if counted.times is None:
        return ""
    operator = None if counted.operator is None else _SIGN_OF[counted.operator]
    return f", count={literal((operator, counted.times))}"


def _as_query(deed: Deed) -> Parts:
    return Parts(deed.event, deed.start, deed.end, event_properties=deed.filters)


def _without_method(parts: Parts) -> list[str]:
    """Name the fields that no chain of methods can make."""
    checks: dict[str, Callable[[], bool]] = {
        "geo_radius": lambda: bool(parts.geo_radius),
        "did_all": lambda: any(_odd(each) for each in parts.did_all),
        "did_any": lambda: (
            parts.did_any is not None
            and any(_odd(each) or each.times is not None for each in parts.did_any.deeds)
        ),
        "did_none": lambda: any(_odd(each) or each.times is not None for each in parts.did_none),
    }
    groups = [group for group in EVENT_GROUPS | PERSON_GROUPS if any(map(_carries, getattr(parts, group)))]
    return groups + [name for name, check in checks.items() if check()]


def _odd(deed: Deed) -> bool:
    return deed.event == NO_EVENT or any(map(_carries, deed.filters))


def _carries(found: Filter) -> bool:
    """``exists`` takes no value, yet a document may give it one."""
    return found.operator in PRESENCE and found.value is not None
