"""What the form lets one choose from: no more than CleverTap's grammar has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

BETWEEN: Final = "between dates"
RELATIVE: Final = ("yesterday", "last 7 days", "last 28 days", "this month", "last month")

# Key of a group in the JSON: what the form calls it, the method of Query that makes its filters.
GROUPS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "event_properties": ("Event", "where"),
        "session_properties": ("Session", "where_session"),
        "profile_fields": ("Profile", "where_profile"),
        "demographics": ("Demographics", "where_demographics"),
        "technographics": ("Device", "where_technographics"),
        "app_fields": ("App", "where_app"),
        "reachability": ("Reachability", "where_reachability"),
    }
)
# Before a name, so that a method takes it as it is, whatever it begins with.
PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "event_properties": "event_props.",
        "session_properties": "session_props.",
        "profile_fields": "profileData.",
    }
)
# Names that CleverTap's own pages and samples show, where its schema lists none.
KNOWN_NAMES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "session_properties": {
            "first_time": "Boolean", "time_of_day": "String", "utm_source": "String",
            "utm_medium": "String", "utm_campaign": "String", "session_source": "String",
        },
        "demographics": {"Gender": "String", "Age": "Number", "Education": "String"},
        "technographics": {"Device": "String", "Platform": "String"},
        "app_fields": {"Make": "String", "Model": "String", "OS Version": "String", "App Version": "String"},
        "reachability": {"has_token": "Boolean"},
    }
)  # fmt: skip

TEXT, NUMBER, TRUTH, DATE = "text", "number", "true/false", "date"
KINDS: Final = (TEXT, NUMBER, TRUTH, DATE)


@dataclass(frozen=True)
class Operator:
    """One way to compare: its label in the form, CleverTap's word or sign, how many values it takes."""

    label: str
    sign: str
    values: str = "one"  # or "many", or "none"


_EQUAL = (Operator("is", "="), Operator("is any of", "=", "many"))
_PRESENCE = (Operator("is set", "exists", "none"), Operator("is not set", "does_not_exist", "none"))
# CleverTap Query Language: text can be searched, numbers have an order; not_equals is listed for text only.
# A date is sent as the second at which its day begins, so that only an order makes sense.
OPERATORS: Final[Mapping[str, tuple[Operator, ...]]] = MappingProxyType(
    {
        TEXT: (
            *_EQUAL,
            Operator("is not", "!="),
            Operator("contains", "contains"),
            Operator("does not contain", "does_not_contain"),
            *_PRESENCE,
        ),
        NUMBER: (
            Operator("=", "="),
            Operator("is any of", "=", "many"),
            Operator(">", ">"),
            Operator("≥", ">="),
            Operator("<", "<"),
            Operator("≤", "<="),
            *_PRESENCE,
        ),
        TRUTH: (Operator("is", "="), *_PRESENCE),
        DATE: (Operator("on or after", ">="), Operator("before", "<"), *_PRESENCE),
    }
)
TIMES: Final[Mapping[str, str]] = MappingProxyType(
    {"at least": ">=", "exactly": "=", "at most": "<=", "more than": ">", "fewer than": "<"}
)

MOST_TIMES: Final = 1_000_000


def kind_of(listed: str) -> str:
    """Give the form's kind for a type that CleverTap's schema lists."""
    lowered = listed.lower()
    if any(word in lowered for word in ("number", "int", "float", "double", "numeric")):
        return NUMBER
    if "date" in lowered:
        return DATE
    return TRUTH if "bool" in lowered else TEXT


def operator_named(kind: str, label: str) -> Operator:
    """Find an operator by its label; the kind's first where it has none of that name."""
    return next((each for each in OPERATORS[kind] if each.label == label), OPERATORS[kind][0])


def same_operator(kind: str, label: str, other: str) -> str | None:
    """Find what a comparison of one kind is called for another, ``None`` where that has no such thing.

    The first of a kind stands there unchosen: in its place comes the first of the other.
    """
    if label == OPERATORS[kind][0].label:
        return OPERATORS[other][0].label
    chosen = operator_named(kind, label)
    alike = (each for each in OPERATORS[other] if (each.sign, each.values) == (chosen.sign, chosen.values))
    return next((each.label for each in alike), None)


def relative_days(choice: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """Work out a relative choice; the last days are whole ones and end yesterday."""
    yesterday = today - dt.timedelta(days=1)
    first = today.replace(day=1)
    last_month = first - dt.timedelta(days=1)
    return {
        "yesterday": (yesterday, yesterday),
        "last 7 days": (today - dt.timedelta(days=7), yesterday),
        "last 28 days": (today - dt.timedelta(days=28), yesterday),
        "this month": (first, today),
        "last month": (last_month.replace(day=1), last_month),
    }[choice]
