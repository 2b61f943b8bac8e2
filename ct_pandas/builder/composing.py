"""From the form to a query: either the whole of it, or what is missing and where."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import ct_pandas as ct
from ct_pandas.builder.choices import BETWEEN, DATE, GROUPS, NUMBER, PREFIXES, TIMES, TRUTH, relative_days
from ct_pandas.builder.drafts import Days, Deed, Draft, Place, Rule, split_values

# Where in the form something is: ("event",), ("days",), ("rules", 2), ("did_all", 0, "rules", 1).
Path = tuple[str | int, ...]


class IncompleteError(ValueError):
    """A part of the form that is no query yet; ``path`` says which."""

    def __init__(self, message: str, *path: str | int, unfilled: bool = True) -> None:
        super().__init__(message)
        self.path, self.unfilled = path, unfilled


@dataclass(frozen=True)
class Composed:
    """The query, or ``None`` and the problems by their place."""

    query: ct.Query | None
    problems: Mapping[Path, str] = field(default_factory=dict)
    unfinished: frozenset[Path] = frozenset()  # those of the problems that are merely not filled in yet


def compose(draft: Draft, today: dt.date) -> Composed:
    """Make the query of a form; every part is tried, so that all problems are told at once."""
    wrong: dict[Path, str] = {}
    unfinished: dict[Path, str] = {}
    query = _base(draft, today, wrong, unfinished)
    for path, step in _steps(draft, today):
        try:
            query = step(query)
        except IncompleteError as missing:
            (unfinished if missing.unfilled else wrong)[path + missing.path] = str(missing)
        except ct.QueryError as error:
            wrong[path] = str(error)
        except Exception as error:  # noqa: BLE001  (what a control raises is shown nowhere else)
            wrong[path] = f"{type(error).__name__}: {error}"
    problems = wrong | unfinished
    return Composed(None if problems else query, problems, frozenset(unfinished))


def days_of(days: Days, today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """Give the two days that a choice means today."""
    return (days.start, days.end) if days.choice == BETWEEN else relative_days(days.choice, today)


def _base(draft: Draft, today: dt.date, wrong: dict[Path, str], unfinished: dict[Path, str]) -> ct.Query:
    """Make what all parts are added to; with a problem in it, a stand-in, so that they are checked, too."""
    kept = dict(draft.kept)
    try:
        opening = _opening(draft, today)
        return ct.Query.from_cql({**kept, **opening.to_cql()}) if kept else opening
    except IncompleteError as missing:
        (unfinished if missing.unfilled else wrong)[missing.path] = str(missing)
    except ct.QueryError as error:
        wrong[("event",)] = str(error)
    return ct.Query("?", today, today)


_FIRST_YEAR = 1000
_DIGITS = "Give the year with all of its digits."
_OF_EVENT = ("event_properties", "session_properties")


def _opening(draft: Draft, today: dt.date) -> ct.Query:
    if draft.event.strip():
        return ct.Query(draft.event, *_both(days_of(draft.days, today)))
    if any(rule.group in _OF_EVENT and not rule.muted for rule in draft.rules):
        raise IncompleteError("Choose the event that the filters below are about.", "event")
    return ct.Query()


def _both(days: tuple[dt.date | None, dt.date | None]) -> tuple[dt.date, dt.date]:
    start, end = days
    if start is None or end is None:
        raise IncompleteError("Choose the first and the last day; both are included.", "days")
    if min(start, end).year < _FIRST_YEAR:  # somebody is typing it
        raise IncompleteError(_DIGITS, "days")
    if start > end:
        raise IncompleteError("The first day is after the last: swap them.", "days", unfilled=False)
    return start, end


def _steps(draft: Draft, today: dt.date) -> Iterator[tuple[Path, Any]]:
    """Give every part with its place and what it does to the query."""
    for position, rule in enumerate(draft.rules):
        if not rule.muted:
            yield ("rules", position), lambda query, rule=rule: _filtered(query, rule)
    for position, place in enumerate(draft.places):
        if not place.muted:
            yield ("places", position), lambda query, place=place: query.in_region(*_place(place))
    for position, deed in enumerate(draft.did_all):
        if not deed.muted:
            yield ("did_all", position), lambda query, deed=deed: _did(query, deed, today)
    any_of = [(position, deed) for position, deed in enumerate(draft.did_any) if not deed.muted]
    for position, deed in any_of:
        yield ("did_any", position), lambda query, deed=deed: (_event(deed, today), query)[1]
    if any_of:
        yield ("did_any",), lambda query: _did_any(query, draft, [deed for _, deed in any_of], today)
    for position, deed in enumerate(draft.did_none):
        if not deed.muted:
            yield ("did_none", position), lambda query, deed=deed: query.did_not(_event(deed, today))


def _filtered(query: ct.Query, rule: Rule) -> ct.Query:
    name = rule.name
    if not name.strip():
        raise IncompleteError("Choose what to filter by, or remove this filter.")
    prefix, method = PREFIXES.get(rule.group, ""), GROUPS[rule.group][1]
    filtered: ct.Query = getattr(query, method)(f"{prefix}{name}", rule.compares.sign, *_value(rule))
    return filtered


def _value(rule: Rule) -> list[Any]:
    """Read the value field by its kind; no value at all for "is set"."""
    if not rule.operator:
        raise IncompleteError(f"Choose how to compare: {rule.kind} does not offer what was chosen before.")
    operator = rule.compares
    if operator.values == "none":
        return []
    try:
        texts = split_values(rule.value) if operator.values == "many" else [rule.value]
    except csv.Error:
        raise IncompleteError(
            "This is one value, and far too long. Separate values with semicolons or line breaks.",
            unfilled=False,
        ) from None
    if not texts or not all(text.strip() for text in texts):
        raise IncompleteError("Give a value, or choose “is set”.")
    values = [_READ.get(rule.kind, str)(text) for text in texts]
    return [values if operator.values == "many" else values[0]]


def _number(text: str) -> int | float:
    plain = text.strip()
    with contextlib.suppress(ValueError):
        return int(plain)
    with contextlib.suppress(ValueError):
        if math.isfinite(number := float(plain)):
            return number
    raise IncompleteError(f"{plain!r} is not a number. Write it as 1234.5, or choose text.", unfilled=False)


def _day(text: str) -> dt.date:
    day = dt.date.fromisoformat(text)
    if day.year < _FIRST_YEAR:
        raise IncompleteError(_DIGITS)
    return day


_READ: Mapping[str, Callable[[str], Any]] = {
    NUMBER: _number,
    TRUTH: lambda text: text == "True",
    DATE: _day,
}


def _place(place: Place) -> list[str | None]:
    given = [each if each.strip() else None for each in (place.country, place.region, place.city)]
    if given[0] is None:
        raise IncompleteError("Give the country, or remove this place.")
    if given[2] is not None and given[1] is None:
        raise IncompleteError("Give the region that the city is in, too.")
    return given


def _did(query: ct.Query, deed: Deed, today: dt.date) -> ct.Query:
    return query.did(_event(deed, today), count=_count(deed.often, deed.times))


def _did_any(query: ct.Query, draft: Draft, deeds: list[Deed], today: dt.date) -> ct.Query:
    try:
        events = [_event(deed, today) for deed in deeds]
    except (IncompleteError, ct.QueryError):
        return query  # told beside the event that is incomplete
    return query.did_any(events, count=_count(draft.any_often, draft.any_times))


def _event(deed: Deed, today: dt.date) -> ct.Query:
    if not deed.event.strip():
        raise IncompleteError("Choose the event, or remove this line.")
    query = ct.Query(deed.event, *_both(days_of(deed.days, today)))
    for position, rule in enumerate(deed.rules):
        if not rule.muted:
            try:
                query = _filtered(query, rule)
            except (IncompleteError, ct.QueryError) as error:
                unfilled = getattr(error, "unfilled", False)
                raise IncompleteError(str(error), "rules", position, unfilled=unfilled) from None
    return query


def _count(often: str, times: float) -> tuple[str, int] | None:
    if often and times != int(times):
        raise IncompleteError(f"How often must be a whole number, not {times}.", unfilled=False)
    return (TIMES[often], int(times)) if often else None
