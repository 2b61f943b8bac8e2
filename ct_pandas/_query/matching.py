"""Which of a query's filters the rows that came back can prove wrong.

CleverTap ignores a filter that it does not understand, and then sends everybody. A frame shows that, as far
as the filtered values are in it. How CleverTap compares is not documented in full (case, numbers kept as
text, several values), so a row counts against a filter only where every reading of the filter refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import pandas as pd

from ct_pandas._query.comparing import elements, folded, verdict
from ct_pandas._query.days import as_date, in_words
from ct_pandas._query.filters import OPERATORS, Filter
from ct_pandas._query.names import COLUMN_OF, EVENT, PREFIX_OF, PROFILE, SESSION
from ct_pandas._query.parts import PERSON_GROUPS, Parts
from ct_pandas._query.query import Query
from ct_pandas._query.sentence import phrase

# Kept by CleverTap outside profileData, or filled in by it, so that their absence proves nothing.
_OWN: Final = frozenset(
    {*COLUMN_OF, "Gender", "Age", "DOB", "Education", "Employed", "Married", "Photo", "Tz"}
)
# Of Charged, a list of objects; a filter may be met by what is inside it.
_ITEMS: Final = "event_props.Items"
# Session filters that CleverTap works out itself; no record carries them.
_WORKED_OUT: Final = frozenset({"first_time", "time_of_day"})
_GENDER: Final = {"f": "F", "female": "F", "m": "M", "male": "M"}
# A row without a value fails these for certain, and may pass the others.
_NEEDS_VALUE: Final = {None, *OPERATORS} - {"not_equals", "does_not_contain", "does_not_exist"}


@dataclass(frozen=True)
class Finding:
    """What the rows say about one filter.

    ``rows`` is how many could be judged, ``mismatching`` how many of these fail it; ``unchecked`` says why
    none could be, and is empty otherwise; ``column`` is the one that would have shown it.
    """

    filter: str
    rows: int
    mismatching: int
    unchecked: str = ""
    column: str = ""


def check_rows(query: Query, frame: pd.DataFrame, *, columns: Sequence[str] | None = None) -> list[Finding]:
    """Judge every filter of the query by the rows of a frame that was read with it.

    ``columns`` is the selection the frame was read with: a column outside of it says nothing by its absence.
    """
    parts = query._parts  # noqa: SLF001
    events = _is_of_events(frame)
    findings = []
    if events and parts.start is not None and parts.end is not None and "ts" in frame:
        findings.append(_days(frame["ts"], parts.start, parts.end))
    for group, prefix in PREFIX_OF.items():
        for each in getattr(parts, group):
            if group in (EVENT, SESSION) and not events:
                findings.append(_unchecked(each, "rows of people do not show the event; read rows='event'"))
            elif group == EVENT and parts.event == "Charged":
                findings.append(_judge_purchase(each, frame, prefix, columns))
            else:
                findings.append(_judge(each, frame, group, prefix, columns, events=events))
    findings += [_demographic(each, frame) for each in parts.demographics]
    return findings + _beyond(parts)


def _judge(
    found: Filter,
    frame: pd.DataFrame,
    group: str,
    prefix: str,
    columns: Sequence[str] | None,
    *,
    events: bool,
    elsewhere: bool = False,
) -> Finding:
    name = COLUMN_OF.get(found.name, prefix + found.name) if group == PROFILE else prefix + found.name
    said = phrase(found)
    # An event carries the person as of now, and often without the attributes.
    elsewhere = elsewhere or (group == PROFILE and (events or found.name in _OWN))
    absence_counts = found.operator in _NEEDS_VALUE and not elsewhere
    if group == SESSION and found.name in _WORKED_OUT:
        return _unchecked(found, "CleverTap sends no such column")
    if _is_exists_with_value(found):
        return _unchecked(found, "what 'exists' with a value asks for is not documented")
    own = _alike(name, frame)
    if own is not None:
        return _tally(said, frame[own], found, absence_counts=absence_counts and own == name)
    if found.operator == "does_not_exist" and len(frame):
        return Finding(said, len(frame), 0)
    if absence_counts and _chosen(name, columns) and len(frame):
        return Finding(said, len(frame), len(frame))
    return _unchecked(found, f"the frame has no column {name}", name)


def _is_exists_with_value(found: Filter) -> bool:
    return found.operator == "exists" and found.value is not None


def _chosen(name: str, columns: Sequence[str] | None) -> bool:
    return columns is None or any(fnmatchcase(name, pattern) for pattern in columns)


def _alike(name: str, frame: pd.DataFrame) -> str | None:
    """Find the column of that name, else one that differs in case only."""
    if name in frame:
        return name
    columns = (column for column in map(str, frame.columns) if column.casefold() == name.casefold())
    return next(columns, None)


def _judge_purchase(
    found: Filter, frame: pd.DataFrame, prefix: str, columns: Sequence[str] | None
) -> Finding:
    """Judge a filter on Charged, which a property of the purchase or of one of its items may have met."""
    name = prefix + found.name
    own = _alike(name, frame)
    inside = _inside_items(found.name, frame)
    unseen = _ITEMS not in frame and not _chosen(_ITEMS, columns)
    if own is None and unseen:
        return _unchecked(found, f"the frame has no column {name}, and none of the items", _ITEMS)
    hidden = own is None and not _chosen(name, columns)
    if not any(inside) or hidden or found.operator == "does_not_exist" or _is_exists_with_value(found):
        return _judge(found, frame, EVENT, prefix, columns, events=True, elsewhere=unseen)
    outside = [[] for _ in inside] if own is None else [elements(cell) for cell in frame[own]]
    needs_value = found.operator in _NEEDS_VALUE
    cells = pd.Series(  # to lack a value may meet "is not", so that the items prove nothing there
        [
            (its + of_items if its or needs_value else []) or None
            for its, of_items in zip(outside, inside, strict=True)
        ],
        dtype=object,
    )
    return _tally(phrase(found), cells, found, absence_counts=needs_value and own in (None, name))


def _inside_items(name: str, frame: pd.DataFrame) -> list[list[Any]]:
    """Give the values that the items of each row have for a property, whatever the case of its name."""
    wanted = name.casefold()
    found: list[list[Any]] = []
    for cell in frame.get(_ITEMS, ()):
        items = [item for item in cell if isinstance(item, dict)] if isinstance(cell, list | tuple) else []
        values = [item[key] for item in items for key in item if str(key).casefold() == wanted]
        found.append([each for value in values for each in elements(value)])
    return found


def _demographic(found: Filter, frame: pd.DataFrame) -> Finding:
    """Judge a gender, whose words are documented: a filter says Female, a profile F."""
    column = "profileData.Gender"
    if found.name != "Gender" or found.operator not in (None, "equals") or column not in frame:
        return _unchecked(found, "how CleverTap words it in a record is not documented")
    wanted = found.value if isinstance(found.value, tuple) else (found.value,)
    letters = tuple(_GENDER.get(folded(each), "") for each in wanted)
    if "" in letters:
        return _unchecked(found, "the value is not one of the documented ones")
    known = frame[column].map(lambda cell: _GENDER.get(folded(cell), "")).astype(object)
    known = known[known != ""]
    return Finding(phrase(found), len(known), int((~known.isin(letters)).sum()))


def _tally(said: str, cells: pd.Series[Any], found: Filter, *, absence_counts: bool) -> Finding:
    rows = wrong = 0
    for cell, times in _distinct(cells):
        met = verdict(found, cell, absence_counts=absence_counts)
        rows += times * (met is not None)
        wrong += times * (met is False)
    return (
        Finding(said, rows, wrong) if rows else Finding(said, 0, 0, "no row has a value that can be judged")
    )


def _distinct(cells: pd.Series[Any]) -> Iterable[tuple[Any, int]]:
    if cells.dtype == object:  # lists have no hash, and True counts as 1
        return ((cell, 1) for cell in cells)
    return cells.value_counts(dropna=False).items()


def _days(times: pd.Series[Any], start: int, end: int) -> Finding:
    """Judge the days by the clock on the wall: ``ts`` is in the project's zone, and so are the days."""
    said = f"the event happened {in_words(start, end)}"
    if not pd.api.types.is_datetime64_any_dtype(times):
        return Finding(said, 0, 0, "ts holds no datetimes")
    walls = times.dt.tz_localize(None).dropna()
    first, last = pd.Timestamp(as_date(start)), pd.Timestamp(as_date(end)) + pd.Timedelta(days=1)
    return Finding(said, len(walls), int(((walls < first) | (walls >= last)).sum()))


def _beyond(parts: Parts) -> list[Finding]:
    """List the filters of which no column of a frame tells anything."""
    groups = [group for group in PERSON_GROUPS if group not in (PROFILE, "demographics")]
    filters: Iterable[Filter] = (each for group in groups for each in getattr(parts, group))
    findings = [_unchecked(each, "CleverTap sends no such column") for each in filters]
    if parts.geo_fields or parts.geo_radius:
        findings.append(Finding("the place", 0, 0, "CleverTap sends no such column"))
    if parts.did_all or parts.did_any or parts.did_none:
        findings.append(Finding("what else people did", 0, 0, "the rows do not show other events by day"))
    return findings


def _unchecked(found: Filter, why: str, column: str = "") -> Finding:
    return Finding(phrase(found), 0, 0, why, column)


def _is_of_events(frame: pd.DataFrame) -> bool:
    kind = frame.attrs.get("clevertap", {}).get("kind")
    return kind == "events" if kind else "ts" in frame
