"""What a download is called on its bar, and the line that says how far its number can be trusted."""

from __future__ import annotations

from ct_pandas import _days
from ct_pandas._query import Query


def headline(query: Query, *, events: bool) -> str:
    """Say what the rows are: "people who did Charged, 1–31 Oct 2025"."""
    if query.event is None:
        return "events" if events else "people"
    what = f"occurrences of {query.event}" if events else f"people who did {query.event}"
    if query.start is None or query.end is None:
        return what
    filtered = len(query.to_cql()) > 3  # an event and its two days are three keys
    return f"{what}{', filtered' if filtered else ''}, {_span(query.start, query.end)}"


def _span(start: int, end: int) -> str:
    first, last = _days.as_date(start), _days.as_date(end)
    closing = f"{last.day} {last:%b %Y}"
    if first == last:
        return closing
    if first.year != last.year:
        return f"{first.day} {first:%b %Y}–{closing}"
    return f"{first.day}–{closing}" if first.month == last.month else f"{first.day} {first:%b}–{closing}"


def closing(
    headline: str, *, rows: int, received: int, pages: int, complete: bool, expected: int | None, cut: bool
) -> str:
    """Return the closing line of a download."""
    parts = [f"{rows:,} {headline}", f"{pages:,} page{'' if pages == 1 else 's'}"]
    if received != rows:
        parts.append(f"{received:,} records")
    if complete:
        parts.append("complete: CleverTap ended the walk")
    else:
        parts.append("cut by max_rows" if cut else "incomplete")
    if expected is not None and complete:
        parts.append(_against(received if headline.startswith("occurrences") else rows, expected))
    return " · ".join(parts)


def _against(rows: int, expected: int) -> str:
    if rows == expected:
        return f"as many as CleverTap counts ({expected:,})"
    gap = rows - expected
    share = f" ({gap / expected:+.1%})" if expected else ""
    return f"CleverTap counts {expected:,}: {abs(gap):,} {'more' if gap > 0 else 'fewer'} here{share}"
