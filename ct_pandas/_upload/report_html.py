"""The faces of a report: a bar of counts, failures grouped, the first rows, what to do next.

Position, column and code only: no value of the frame and no words of a server that might hold one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ct_pandas._faces import NO_FORMULAS, STYLE, coded, share_bar
from ct_pandas._records.rules import MEANINGS
from ct_pandas._shown import counted
from ct_pandas._upload.ledger import STATUS, State
from ct_pandas._upload.receipt import OWN_WORDS

if TYPE_CHECKING:
    from ct_pandas._upload.report import UploadReport

FIRST_ROWS = 5
GROUPS = 12
THEIR_WORDS = "report.problems has CleverTap's words"
_LOOK_AT = (State.REFUSED, State.INVALID, State.UNKNOWN, State.STOPPED, State.HELD)


@dataclass(frozen=True)
class Group:
    """Rows that failed alike."""

    state: State
    code: Any
    reason: str
    rows: int


def groups(report: UploadReport) -> list[Group]:
    """Return the failures, the most frequent first."""
    ledger = report._ledger  # noqa: SLF001  (the report's own face)
    merged: Counter[tuple[State, Any, str]] = Counter()
    for code, reason, state, size in ledger.tally(ledger.where(*_LOOK_AT)):
        merged[state, code, _reason(state, code, reason)] += size
    found = sorted(merged.items(), key=lambda one: -one[1])
    return [Group(*key, rows=size) for key, size in found]


def _reason(state: State, code: Any, reason: str) -> str:
    """Return our own words; a server's may repeat a value, of that row or of another."""
    if state != State.REFUSED or OWN_WORDS.fullmatch(reason):
        return reason
    return MEANINGS.get(code, THEIR_WORDS)


def _status(state: State) -> str:
    return STATUS[state].replace("_", " ")


def steps(report: UploadReport) -> list[str]:
    """Say what to do next."""
    ledger = report._ledger  # noqa: SLF001
    states = {State(one) for one in np.unique(ledger.states).tolist()}
    unsafe = bool((ledger.where(State.UNKNOWN) & ~ledger.safe).any())
    safe = bool((ledger.where(State.UNKNOWN) & ledger.safe).any())
    found = []
    if states & {State.REFUSED, State.INVALID}:
        found.append("Correct the rows of report.failed, then send them with report.retry(mended).")
    if State.STOPPED in states or safe or (State.HELD in states and not unsafe):
        found.append(
            "report.retry() sends what was stopped, or went unanswered and may safely be sent again."
        )
    if unsafe:
        behind = (
            ", nor what is held back behind them: send that in a new upload" if State.HELD in states else ""
        )
        found.append(
            "Check in CleverTap whether the rows of report.unknown arrived: sent twice, they "
            f"would count twice, so no retry sends them{behind}."
        )
    if report.dry_run:
        found.append("This was a dry run: nothing was stored. Leave out dry_run=True to send.")
    return found


def first_rows(report: UploadReport) -> list[tuple[int, str, str, str]]:
    """Return position, status, column and code of the first rows to look at."""
    ledger = report._ledger  # noqa: SLF001
    at = np.flatnonzero(ledger.where(*_LOOK_AT))[:FIRST_ROWS]
    codes, _ = ledger.why()
    found = report.problems.drop_duplicates("position") if len(at) else None
    columns = {} if found is None else dict(zip(found["position"], found["column"], strict=True))
    return [
        (
            position,
            _status(State(ledger.states[position])),
            "" if columns.get(position) is None else str(columns[position]),
            coded(codes[position]),
        )
        for position in at.tolist()
    ]


def text(report: UploadReport) -> str:
    """Return the face for a terminal."""
    lines = [f"UploadReport: {report.sentence()}"]
    lines += [
        f"  {one.rows:>9,}  {f'{_status(one.state)} {coded(one.code)}'.strip()}: {one.reason}"
        for one in groups(report)[:GROUPS]
    ]
    for position, status, column, code in first_rows(report):
        where = f", column {column!r}" if column else ""
        lines.append(f"  position {position}: {status}{f' {code}' if code else ''}{where}")
    return "\n".join([*lines, *(f"  -> {step}" for step in steps(report))])


def html(report: UploadReport) -> str:
    """Return the face for a notebook."""
    counts, total = report.counts, sum(report.counts.values())
    dry = '<span class="ct-tag">dry run: nothing was stored</span>' if report.dry_run else ""
    head = (
        f'<div class="ct-head"><b>{counts["accepted"]:,} of {counted(total, report.kind)} accepted</b> {dry} '
        f'<span class="ct-soft">account {escape(report.account)} · {escape(report.region)}</span></div>'
    )
    body = share_bar(counts) + _group_table(report) + _row_table(report) + _steps(report)
    return f'<div class="ct-report {NO_FORMULAS}">{STYLE}{head}{body}</div>'


def _group_table(report: UploadReport) -> str:
    found = groups(report)
    if not found:
        return ""
    rows = "".join(
        f'<tr><td class="ct-num">{one.rows:,}</td><td class="ct-short">'
        f'<i class="ct-dot ct-{STATUS[one.state]}"></i>{_status(one.state)}</td>'
        f'<td class="ct-short">{escape(coded(one.code))}</td>'
        f"<td>{escape(one.reason)}</td></tr>"
        for one in found[:GROUPS]
    )
    left = counted(len(found) - GROUPS, "more kind")
    more = f'<p class="ct-soft">and {left}</p>' if len(found) > GROUPS else ""
    head = '<tr><th class="ct-num">rows</th><th>status</th><th>code</th><th>reason</th></tr>'
    return f"<table><caption>What happened</caption><thead>{head}</thead><tbody>{rows}</tbody></table>{more}"


def _row_table(report: UploadReport) -> str:
    found = first_rows(report)
    if not found:
        return ""
    rows = "".join(
        f'<tr><td class="ct-num">{position:,}</td><td class="ct-short">{status}</td>'
        f'<td>{escape(column)}</td><td class="ct-short">{escape(code)}</td></tr>'
        for position, status, column, code in found
    )
    head = '<tr><th class="ct-num">position</th><th>status</th><th>column</th><th>code</th></tr>'
    return (
        f"<table><caption>First rows to look at</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"
        '<p class="ct-soft">All of them, with values and suggested fixes: <code>report.problems</code></p>'
    )


def _steps(report: UploadReport) -> str:
    found = steps(report)
    return f"<ul>{''.join(f'<li>{escape(step)}</li>' for step in found)}</ul>" if found else ""
