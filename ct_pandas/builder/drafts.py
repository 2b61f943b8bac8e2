"""What stands in the form, filled or not, as plain frozen values; and a query taken apart into them."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ct_pandas.builder.choices import (
    BETWEEN,
    GROUPS,
    MOST_TIMES,
    NUMBER,
    OPERATORS,
    TEXT,
    TIMES,
    TRUTH,
    Operator,
    operator_named,
)

_WORDS: Final = {
    "equals": "=",
    "not_equals": "!=",
    "greater_than": ">",
    "greater_than_equals": ">=",
    "less_than": "<",
    "less_than_equals": "<=",
}
_LOOSE_QUOTE: Final = re.compile(r'"[ \t]+(?=[;\r\n]|$)')
_PERSON: Final = "common_profile_properties"
_ADVANCED: Final = "advanced_query"


@dataclass(frozen=True)
class Days:
    """A choice of days: relative, or between two dates."""

    choice: str = BETWEEN
    start: dt.date | None = None
    end: dt.date | None = None


@dataclass(frozen=True)
class Rule:
    """One filter as it stands in the form; no ``operator`` where it is to be chosen anew."""

    group: str = "event_properties"
    name: str = ""
    kind: str = TEXT
    operator: str = "is"
    value: str = ""
    muted: bool = False

    @property
    def compares(self) -> Operator:
        """The operator chosen."""
        return operator_named(self.kind, self.operator)


@dataclass(frozen=True)
class Place:
    """A place as it stands in the form."""

    country: str = ""
    region: str = ""
    city: str = ""
    muted: bool = False


@dataclass(frozen=True)
class Deed:
    """Another event as it stands in the form; no ``often`` means at least once."""

    event: str = ""
    days: Days = field(default_factory=Days)
    often: str = ""
    times: float = 1
    rules: tuple[Rule, ...] = ()
    muted: bool = False


@dataclass(frozen=True)
class Draft:
    """Everything in the form. ``kept`` is what the form cannot show and gives back as it was."""

    event: str = ""
    days: Days = field(default_factory=Days)
    rules: tuple[Rule, ...] = ()
    places: tuple[Place, ...] = ()
    did_all: tuple[Deed, ...] = ()
    did_any: tuple[Deed, ...] = ()
    did_none: tuple[Deed, ...] = ()
    any_often: str = ""
    any_times: float = 1
    kept: Mapping[str, Any] = field(default_factory=dict)


def take_apart(cql: Mapping[str, Any]) -> Draft:
    """Put a query's JSON into the form."""
    person, advanced = dict(cql.get(_PERSON, {})), dict(cql.get(_ADVANCED, {}))
    sections = {key: cql.get(key, ()) for key in ("event_properties", "session_properties")} | person
    kept_person = {key: sections[key] for key in ("geo_radius",) if sections.get(key)}
    bare = "event_name" in cql and "from" not in cql  # a stand-in for an event, which has no days
    rules: list[Rule] = []
    for group in GROUPS:
        shown, odd = _split(sections.get(group, ()), group)
        rules += shown
        if odd:
            kept_person[group] = odd
    deeds, kept_advanced = _deeds(advanced)
    return Draft(
        "" if bare else cql.get("event_name", ""),
        _days(cql),
        tuple(rules),
        tuple(Place(*each) for each in sections.get("geo_fields", ())),
        **deeds,
        kept=({"event_name": cql["event_name"]} if bare else {}) | _kept(kept_person, kept_advanced),
    )


def join_values(values: Iterable[Any]) -> str:
    """Write several values into one field, parted by semicolons; a value that has one is quoted."""
    return "; ".join(map(_quoted, values))


def split_values(text: str) -> list[str]:
    """Read several values from one field; a line that was pasted into it parts them, too.

    Quotes that do not enclose a value as a whole are part of it: a pasted column was not written for this.
    """
    try:
        lines = _parted(io.StringIO(text, newline=""))
    except csv.Error:
        text = _LOOSE_QUOTE.sub('"', text)  # a blank before the semicolon is no part of a value
        lines = [values for line in io.StringIO(text, newline=None) for values in _parted_line(line)]
    return [each.strip() for line in lines for each in line if each.strip()]


def doubt_value(rule: Rule) -> str:
    """Say so where a value may be read otherwise than it was meant."""
    if rule.compares.values != "many":
        return ""
    with contextlib.suppress(csv.Error):
        values = split_values(rule.value)
        if len(values) == 1 and "," in values[0]:
            return "This is one value. Separate several with semicolons or line breaks."
        if any("\t" in each for each in values):
            return "A tab is part of a value here. Separate several with semicolons or line breaks."
    return ""


def _parted(lines: Iterable[str], **options: Any) -> list[list[str]]:
    return list(csv.reader(lines, delimiter=";", skipinitialspace=True, strict=True, **options))


def _parted_line(line: str) -> list[list[str]]:
    try:
        return _parted([line])
    except csv.Error:
        return _parted([line], quoting=csv.QUOTE_NONE)


def _quoted(value: Any) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="").writerow([value])
    return line.getvalue()


def _split(filters: Iterable[Mapping[str, Any]], group: str) -> tuple[list[Rule], list[Mapping[str, Any]]]:
    """Part filters into those that the form can show and the others."""
    shown: list[Rule] = []
    odd: list[Mapping[str, Any]] = []
    for each in filters:
        rule = _rule(each, group)
        if rule is None:
            odd.append(each)
        else:
            shown.append(rule)
    return shown, odd


def _rule(found: Mapping[str, Any], group: str) -> Rule | None:
    word = found.get("operator", "equals")
    value = found.get("value")
    values = value if isinstance(value, list) else [] if value is None else [value]
    kind = _kind(values)
    many = "none" if not values else "many" if isinstance(value, list) else "one"
    for operator in OPERATORS[kind] if kind else ():
        if operator.sign == _WORDS.get(word, word) and operator.values == many:
            rule = Rule(group, found["name"], kind or TEXT, operator.label, _shown(values, many))
            return rule if _survives(rule, values) else None
    return None


def _kind(values: list[Any]) -> str | None:
    if values and all(each in ("True", "False") for each in values):
        return TRUTH
    if all(isinstance(each, str) for each in values):
        return TEXT
    return None if any(isinstance(each, str) for each in values) else NUMBER


def _shown(values: list[Any], many: str) -> str:
    return join_values(values) if many == "many" else "".join(map(str, values))


def _survives(rule: Rule, values: list[Any]) -> bool:
    """Whether the fields give it back: blanks at the ends, line breaks, nothing at all would be lost."""
    if not _fits_a_line(rule.name) or not _fits_a_line(rule.value):
        return False
    if rule.compares.values == "many":
        with contextlib.suppress(csv.Error):  # longer than any value
            return split_values(rule.value) == list(map(str, values))
        return False
    return rule.compares.values == "none" or bool(rule.value.strip())


def _fits_a_line(text: str) -> bool:
    return not {"\n", "\r"} & set(text)


def _days(found: Mapping[str, Any]) -> Days:
    if "from" not in found:
        return Days()
    return Days(BETWEEN, *(dt.date.fromisoformat(str(found[key])) for key in ("from", "to")))


def _deeds(advanced: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    found: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for key in ("did_all", "did_none"):
        pairs = [(each, _deed(each, counted=key == "did_all")) for each in advanced.get(key, ())]
        found[key] = tuple(deed for _, deed in pairs if deed)
        if odd := [each for each, deed in pairs if not deed]:
            kept[key] = odd
    if any_of := advanced.get("did_any"):
        deeds = [_deed(each, counted=False) for each in any_of["any_events"]]
        if all(deeds) and any_of.get("value", 0) <= MOST_TIMES:
            often, times = _often(any_of)
            found |= {"did_any": tuple(deeds), "any_often": often, "any_times": times}
        else:
            kept["did_any"] = any_of
    return found, kept


def _deed(found: Mapping[str, Any], *, counted: bool) -> Deed | None:
    rules, odd = _split(found.get("event_properties", ()), "event_properties")
    uncountable = "value" in found and (not counted or found["value"] > MOST_TIMES)
    if odd or uncountable or found["event_name"] == "-1":
        return None
    often, times = _often(found)
    return Deed(found["event_name"], _days(found), often, times, tuple(rules))


def _often(found: Mapping[str, Any]) -> tuple[str, int]:
    if "value" not in found:
        return "", 1
    sign = _WORDS[found.get("operator", "equals")]
    return next(label for label, each in TIMES.items() if each == sign), found["value"]


def _kept(person: Mapping[str, Any], advanced: Mapping[str, Any]) -> dict[str, Any]:
    beside_event = ("event_properties", "session_properties")
    kept = {key: person[key] for key in beside_event if key in person}
    inner = {key: each for key, each in person.items() if key not in beside_event}
    return kept | ({_PERSON: inner} if inner else {}) | ({_ADVANCED: dict(advanced)} if advanced else {})
