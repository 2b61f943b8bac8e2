"""What every result shows of itself: its definition in words, its table, what was left out."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from ct_pandas._faces import NO_FORMULAS

SHOWN_ROWS, SHOWN_COLUMNS = 60, 100


class Result:
    """A table with its definition. Subclasses say which table stands for them."""

    definition: str

    def table(self) -> pd.DataFrame:
        """Give the table as it is shown: formatted text."""
        raise NotImplementedError

    def __repr__(self) -> str:
        table = self.table()
        body = (
            table.to_string(max_rows=SHOWN_ROWS, max_cols=SHOWN_COLUMNS)
            if len(table)
            else "Nobody: there is nothing to count."
        )
        return f"{type(self).__name__}: {self.definition}\n\n{body}"

    def _repr_html_(self) -> str:
        table = self.table()
        body = (
            table.to_html(max_rows=SHOWN_ROWS, max_cols=SHOWN_COLUMNS, border=0, escape=True, justify="right")
            if len(table)
            else "<p>Nobody: there is nothing to count.</p>"
        )
        return (
            f'<div class="{NO_FORMULAS}"><p><strong>{escape(type(self).__name__)}</strong><br>'
            f'<span style="display:inline-block;max-width:70em">{escape(self.definition)}</span></p>'
            f"{body}</div>"
        )


def count_text(value: Any) -> str:
    """Write a count with thousands separators; nothing where it is missing."""
    return "" if pd.isna(value) else f"{int(value):,}"


def share_text(value: Any) -> str:
    """Write a share in per cent with one decimal; nothing where it is missing."""
    return "" if pd.isna(value) else f"{100 * float(value):.1f}%"


OBSERVED = "Observed until "


def observed_text(at: int, zone: Any) -> str:
    """Say until when anybody watched: the last moment before ``at``, a day if it ends there."""
    if not at:
        return "Nothing was observed"
    last = pd.Timestamp(at - 1, unit="us", tz=None if zone is None else "UTC")
    last = last if zone is None else last.tz_convert(zone)
    whole = f"{last:%H:%M:%S.%f}" == "23:59:59.999999"
    return f"{OBSERVED}{last.day} {last:%b %Y}" + ("" if whole else f", {last:%H:%M}")


def duration_text(value: Any) -> str:
    """Write a duration in its largest two units."""
    if pd.isna(value):
        return ""
    seconds = round(pd.Timedelta(value).total_seconds())
    units = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    parts = []
    for name, size in units:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount} {name}")
    return " ".join(parts[:2]) or "0 s"


def left_out_text(left_out: dict[str, int]) -> str:
    """Say what was not counted, and why."""
    said = [f"{number:,} {_one(why) if number == 1 else why}" for why, number in left_out.items() if number]
    return f" Left out: {'; '.join(said)}." if said else ""


def _one(several: str) -> str:
    return several.replace("rows", "row", 1).replace("people", "person", 1)
