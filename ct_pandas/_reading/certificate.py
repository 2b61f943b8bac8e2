"""What a download is called, how far its number can be trusted, and the warning where it cannot."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ct_pandas import _warnings
from ct_pandas._frame.selection import Selection
from ct_pandas._query import days, matching
from ct_pandas._query.query import Query
from ct_pandas._shown import counted
from ct_pandas.errors import ClevertapWarning, FilterWarning, IncompleteDownloadWarning

if TYPE_CHECKING:
    import pandas as pd

# CleverTap counts and exports from different stores; teams that compare them daily tolerate this much.
DRIFT = 0.05


@dataclass(frozen=True)
class Facts:
    """What is known of a finished download.

    ``rows`` stand in the frame, ``records`` came; ``expected`` is CleverTap's own count, where it was asked
    for; ``uncounted`` is whether something came back empty of which it gave no count; ``open_ended`` is
    whether the query's days were not over.
    """

    rows: int
    records: int
    pages: int
    complete: bool
    expected: int | None = None
    verify: bool = False
    uncounted: bool = False
    open_ended: bool = False

    @property
    def gap(self) -> int:
        """How many more rows came than CleverTap counts; below zero, how many fewer."""
        return 0 if self.expected is None else self.rows - self.expected


def headline(query: Query, *, events: bool, rows: int | None = None) -> str:
    """Say what the rows are, or the one row is: "people who did Charged, 1–31 Oct 2025"."""
    person = "person" if rows == 1 else "people"
    if query.event is None:
        return "events" if events else person
    occurrence = "occurrence" if rows == 1 else "occurrences"
    what = f"{occurrence} of {query.event}" if events else f"{person} who did {query.event}"
    if query.start is None or query.end is None:
        return what
    filtered = len(query.to_cql()) > 3  # an event and its two days are three keys
    return f"{what}{', filtered' if filtered else ''}, {days.in_short(query.start, query.end)}"


def open_ended(query: Query, timezone: str | None, downloaded_at: str) -> bool:
    """Tell whether the last day of a query was not over, so that events were still arriving."""
    zone = zoneinfo.ZoneInfo(timezone) if timezone else dt.UTC
    then = dt.datetime.fromisoformat(downloaded_at).astimezone(zone)
    return query.end is not None and query.end >= days.as_int(then.date())


def line(label: str, facts: Facts) -> str:
    """Return the closing line of a download."""
    parts = [f"{facts.rows:,} {label}", counted(facts.pages, "page")]
    if facts.records != facts.rows:
        parts.append(counted(facts.records, "record"))
    parts.append("complete: CleverTap sent its last page" if facts.complete else "not all: cut by max_rows")
    if facts.expected is not None and facts.complete:
        parts.append(_against(facts))
    elif (facts.verify or facts.uncounted) and facts.complete:
        parts.append("CleverTap gave no count to compare with")
    if facts.open_ended:
        parts.append("the last day was not over")
    return " · ".join(parts)


def age(finished_at: str) -> str:
    """Say that rows were not downloaded now, and how old they are."""
    then = dt.datetime.fromisoformat(finished_at)
    seconds = int((dt.datetime.now(dt.UTC) - then).total_seconds())
    sizes = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)]
    unit, size = next((unit, size) for unit, size in sizes if seconds >= size or size == 1)
    old = f"{counted(max(0, seconds) // size, unit)} old"
    when = f"{then:%Y-%m-%d %H:%M} UTC"
    return f"Stored, not downloaded again: {old}, from {when}. Remove the folder to start afresh."


def _against(facts: Facts) -> str:
    if facts.gap == 0:
        return f"as many as CleverTap counts ({facts.expected:,})"
    share = f" ({facts.gap / facts.expected:+.1%})" if facts.expected else ""
    more = "more" if facts.gap > 0 else "fewer"
    return f"{abs(facts.gap):,} {more} than the {facts.expected:,} that CleverTap counts{share}"


def doubt(status: int) -> None:
    """Warn that nothing confirms what came back empty."""
    _warnings.warn(
        "No rows came for some or all of the days, and CleverTap refused to count them (HTTP "
        f"{status}), so nothing confirms that there are none. When too many exports run at once, "
        "some come back empty: read again when nothing else runs.",
        IncompleteDownloadWarning,
    )


def warn(facts: Facts, query: Query, frames: Iterable[pd.DataFrame], columns: Selection | None) -> None:
    """Warn where the count differs, and where rows do not meet the query's own filters."""
    if facts.gap and facts.complete:
        _warnings.warn(
            f"The download holds {_against(facts)}. Likely cause: {_why(facts)}.",
            IncompleteDownloadWarning,
        )
    told, unseen = _wrong(query, frames, columns)
    if unseen:
        _warnings.warn(
            f"Whether the rows meet {'; '.join(unseen)} could not be checked: columns= leaves out "
            "the columns that would show it.",
            ClevertapWarning,
        )
    if told:
        _warnings.warn(
            f"{told}. CleverTap ignores a filter that it does not understand: check its name and its value.",
            FilterWarning,
        )


def _wrong(query: Query, frames: Iterable[pd.DataFrame], columns: Selection | None) -> tuple[str, list[str]]:
    """Say which filters some rows do not meet, and which are not seen in the columns that were chosen."""
    patterns = None if columns is None else columns.patterns
    tally: dict[str, tuple[int, int]] = {}
    unseen: dict[str, None] = {}
    for frame in frames:
        for found in matching.check_rows(query, frame, columns=patterns):
            if columns is not None and found.column and not columns.keeps(found.column):
                unseen[found.filter] = None
            wrong, rows = tally.get(found.filter, (0, 0))
            tally[found.filter] = (wrong + found.mismatching, rows + found.rows)
    told = [
        f"{wrong:,} of {counted(rows, 'row does', 'rows do')} not meet {said}"
        for said, (wrong, rows) in tally.items()
        if wrong
    ]
    return "; ".join(told), list(unseen)


def _why(facts: Facts) -> str:
    if facts.open_ended:
        return "the last day was not over, and events arrive with a delay"
    if facts.expected and abs(facts.gap) <= DRIFT * facts.expected:
        return "normal drift: counts and exports come from different stores and differ by a few per cent"
    if facts.gap > 0:
        return "a filter that the export ignored, or events that arrived meanwhile"
    return "too many exports at once for this account; read again when nothing else runs"
