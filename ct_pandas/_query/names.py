"""The names of a frame's columns, and the part of the query that filters on each.

Two kinds of name cannot be routed: those that CleverTap cannot filter, and those that mean one thing as a
column and another as an event property. Both are refused with the way to say it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from ct_pandas._query.filters import ABSENT, Filter, check_name, filter_tuples, make_filter
from ct_pandas.errors import QueryError

EVENT: Final = "event_properties"
SESSION: Final = "session_properties"
PROFILE: Final = "profile_fields"

PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {"event_props": EVENT, "session_props": SESSION, "profileData": PROFILE}
)
PREFIX_OF: Final = {part: f"{prefix}." for prefix, part in PREFIXES.items()}
_MEANT: Final = {
    "event": "event_props", "event_properties": "event_props", "eventprops": "event_props",
    "eventproperties": "event_props", "props": "event_props", "session": "session_props",
    "session_properties": "session_props", "sessionprops": "session_props", "profile": "profileData",
    "profile_data": "profileData", "profile_fields": "profileData", "user": "profileData",
}  # fmt: skip
# How the frame spells them, and how CleverTap does in filters and in uploads.
SENT_AS: Final = {"email": "Email", "phone": "Phone", "name": "Name"}
COLUMN_OF: Final = {sent: column for column, sent in SENT_AS.items()}
_OF_APP: Final = ("os_version", "app_version", "make", "model")
# CleverTap Query Language has no filter for them; profile.json looks up one person by them.
UNFILTERED: Final = ("identity", "objectId", "all_identities")


def route(name: Any) -> tuple[str, str]:
    """Give the part of the query that a column's name belongs to, and its name there."""
    column = check_name(name, "the name of a filter")
    prefix, dot, rest = column.partition(".")
    if dot and prefix in PREFIXES:
        if not rest.strip():
            raise QueryError(f"where: {column!r} names no property: write {prefix}.<name>.")
        part = PREFIXES[prefix]
        if part == PROFILE:
            check_profile_field(rest, "where")
        return part, rest
    if dot:
        _refuse_prefix(column, prefix, rest)
    else:
        _refuse_bare(column)
    return EVENT, column


def event_filters(where: Any, method: str) -> tuple[Filter, ...]:
    """Read ``where=`` beside another event: only its own properties can be filtered."""
    found = []
    for name, operator, *value in filter_tuples(where):
        plain = check_name(name, f"{method}: the name of a filter")
        prefix, dot, _ = plain.partition(".")
        if dot and PREFIXES.get(prefix, EVENT) != EVENT:
            raise QueryError(
                f"{method}: {name!r} is not a property of the event, and CleverTap can filter on "
                "nothing else here."
            )
        if dot:
            _, plain = route(plain)
        found.append(make_filter(plain, operator, *(value or [ABSENT]), place=method))
    return tuple(found)


def check_profile_field(name: str, place: str) -> None:
    """Refuse the ids, which CleverTap cannot filter on."""
    if name in UNFILTERED:
        raise QueryError(_no_filter(name, place))


def own_name(name: Any, part: str) -> Any:
    """Take the prefix off that the name has as a column, where it is this part's."""
    return name.removeprefix(PREFIX_OF[part]) if isinstance(name, str) else name


def column_name(name: str, part: str = EVENT) -> str:
    """Name a filter for its method: bare where that means the same, else as in the frame."""
    return name if _means_itself(name, part) else f"{PREFIX_OF[part]}{name}"


def _means_itself(name: str, part: str) -> bool:
    if part != EVENT:
        return part not in PREFIX_OF or own_name(name, part) == name
    try:
        return route(name) == (EVENT, name)
    except QueryError:
        return False


def _refuse_bare(column: str) -> None:
    if column in UNFILTERED:
        raise QueryError(
            _no_filter(column, "where")
            + f" For an event property of that name, write 'event_props.{column}'."
        )
    if column in SENT_AS:
        raise QueryError(
            f"where: {column!r} could mean two things. For the person's, write "
            f"'profileData.{SENT_AS[column]}'; for a property of the event, 'event_props.{column}'."
        )
    if column == "ts":
        raise QueryError(
            "where: 'ts' is when the event happened; choose days with start and end. "
            "For an event property of that name, write 'event_props.ts'."
        )


def _refuse_prefix(column: str, prefix: str, rest: str) -> None:
    literal = f" For an event property that is called {column!r}, write 'event_props.{column}'."
    if prefix == "platformInfo":
        field = rest.rpartition(".")[2]
        how = (
            ".where_app('Make', '=', ...)"
            if field in _OF_APP
            else ".where_technographics('Platform', '=', ...)"
        )
        raise QueryError(f"where: {column!r} belongs to a device: use Query(...){how}.{literal}")
    if prefix == "events":
        event = rest.rpartition(".")[0] or rest
        raise QueryError(
            f"where: {column!r} sums up another event: use Query(...).did({event!r}, start, end, "
            f"count=('>=', 3)).{literal}"
        )
    meant = _MEANT.get(prefix.lower())
    if meant is None:
        close = difflib.get_close_matches(prefix.lower(), [each.lower() for each in PREFIXES], 1, 0.75)
        meant = next((each for each in PREFIXES if [each.lower()] == close), None)
    if meant is not None:
        raise QueryError(
            f"where: {column!r} starts with {prefix!r}, which is not a group of columns in a "
            f"frame. Did you mean '{meant}.{rest}'?{literal}"
        )


def _no_filter(name: str, place: str) -> str:
    return (
        f"{place}: CleverTap cannot filter on {name!r}. To read people by their id, "
        f"use ct.read_profile({'object_id' if name == 'objectId' else 'identity'}=...)."
    )
