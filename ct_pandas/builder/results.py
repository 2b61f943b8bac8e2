"""What a run shows: its progress, its outcome, the head of the frame, an error in full."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

import ct_pandas as ct
from ct_pandas._shown import counted
from ct_pandas.builder import look
from ct_pandas.builder.fields import button, choice, mark, number, show

if TYPE_CHECKING:
    import pandas as pd

PREVIEW_ROWS, PREVIEW_COLUMNS = 6, 12
PEOPLE, EVENTS = "people", "events"
DOUBT = "Is the event spelt exactly, and did it happen in these days?"


class Results:
    """The buttons that run a query, and what comes of it."""

    def __init__(
        self,
        count: Callable[[], None],
        read: Callable[[], None],
        cancel: Callable[[], None],
        go_on: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self.rows = choice(
            "Rows", [("people, each once", PEOPLE), ("events, each time", EVENTS)], PEOPLE, quiet=False
        )
        self.most = number("At most (0: all)", 0, 2**31)
        self.count = button("Count", count, tooltip="Ask CleverTap how many there are, without reading them")
        self.read = button("Read", read, tooltip="Read the rows into .frame", style="primary")
        self.cancel = button("Cancel", cancel, tooltip="Stop; the rows that came are kept")
        self.go_on = button("Go on", go_on, tooltip="Go on from the last good page")
        self.progress = w.IntProgress(value=0, min=0, max=1, description="Progress", tooltip="Progress")
        self.refusal = w.HTML()  # of the click just made: what is shown below it may be older
        self.aged, self.status, self.told, self.preview = w.HTML(), w.HTML(), w.HTML(), w.HTML()
        self.outcome = mark(w.VBox([self.aged, self.status, self.told, self.preview]), "ct-outcome")
        self.bar = mark(w.Box([self.progress, self.cancel]), "ct-progress")
        actions = mark(w.HBox([self.rows, self.most, self.count, self.read, self.go_on]), "ct-actions")
        self.widget = mark(w.VBox([actions, self.refusal, self.bar, self.outcome]), "ct-run")
        for control in (self.rows, self.most):
            control.observe(lambda _: changed(), names="value")
        self.idle()
        show(self.go_on, False)

    @property
    def asked_rows(self) -> str:
        """What a row is to be, as the reader calls it."""
        return "event" if self.rows.value == EVENTS else "profile"

    @property
    def max_rows(self) -> int | None:
        """How many rows at most; ``None`` for all."""
        return math.ceil(self.most.value) or None

    def busy(self, said: str) -> None:
        """Show that something is under way."""
        self.refusal.value = ""
        self.status.value, self.told.value, self.preview.value = look.status(said), "", ""
        self._wait(True)
        self._move_endlessly()
        show(self.bar, True)
        show(self.go_on, False)

    def old(self, is_old: bool) -> None:
        """Say whether what is shown came before the last change of the query."""
        shown = any(each.value for each in (self.status, self.told, self.preview))
        said = look.note("From before the last change of the query:") if is_old and shown else ""
        if self.aged.value != said:
            self.aged.value = said
        (self.outcome.add_class if said else self.outcome.remove_class)("ct-old")

    def refused(self, said: str) -> None:
        """Say why nothing is under way; what was shown before stays."""
        self.refusal.value = look.boxed(said, "bad")

    def mended(self) -> None:
        """Take away the complaint about the form."""
        self.refusal.value = ""

    def idle(self) -> None:
        """Show that nothing is under way."""
        self._wait(False)
        show(self.bar, False)

    def _wait(self, waits: bool) -> None:
        """Fade what starts a run; a browser takes the cursor away from what is disabled or gone."""
        for each in (self.count, self.read):
            (each.add_class if waits else each.remove_class)("ct-waits")

    def moved(self, rows: int, total: int | None, note: str, what: str) -> None:
        """Show how far a read has come."""
        if total:
            self.progress.bar_style, self.progress.max = "", max(total, rows, 1)
            self.progress.value = rows
        else:
            self._move_endlessly()
        said = f"{rows:,} of {counted_rows(total, what)}" if total else counted_rows(rows, what)
        self.status.value = look.status(f"{said} so far{', ' + note if note else ''} …")

    def _move_endlessly(self) -> None:
        """No end is in sight: a bar in motion."""
        self.progress.bar_style, self.progress.max, self.progress.value = "info", 1, 1

    def counted(self, number: int, what: str) -> None:
        """Show a count."""
        doubt = f" {DOUBT}" if number == 0 else ""
        self.status.value = look.status(f"{counted_rows(number, what)}.{doubt}")

    def show_frame(self, frame: pd.DataFrame, said: str) -> None:
        """Show what was read: a line, and the head of the frame."""
        self.status.value = look.status(said)
        self.preview.value = _head(frame)

    def failed(self, error: BaseException, *, resumable: bool) -> None:
        """Show an error: what happened and what to do. Others than this package's are named."""
        own = isinstance(error, ct.ClevertapError | KeyboardInterrupt)
        said = str(error) if own else f"{type(error).__name__}: {error}"
        self.status.value, self.told.value = "", look.boxed(said or type(error).__name__, "bad")
        show(self.go_on, resumable)

    def stopped(self) -> None:
        """Show that what was asked for was called off, which is no error."""
        self.status.value = look.status("Stopped before anything came.")
        self.told.value = look.note("“Go on” continues it.")
        show(self.go_on, True)

    def warned(self, warnings: list[str]) -> None:
        """Show warnings below whatever else is shown."""
        self.told.value += "".join(look.boxed(each, "warn") for each in warnings)


def counted_rows(number: int, what: str) -> str:
    """Write how many people or events there are."""
    return counted(number, {PEOPLE: "person", EVENTS: "event"}[what], what)


def _head(frame: pd.DataFrame) -> str:
    """Draw the head; pandas escapes names and values."""
    if frame.empty:
        return ""
    columns = _first_columns(frame)
    more = frame.shape[1] - len(columns)
    head = frame[columns].iloc[:PREVIEW_ROWS].astype(object)
    head = head.where(head.notna(), "")
    table = head.to_html(border=0, index=False, escape=True, notebook=False, max_cols=PREVIEW_COLUMNS)
    note = f"First {min(len(frame), PREVIEW_ROWS)} of {counted(len(frame), 'row')}"
    note += f"; {counted(more, 'more column')} in .frame" if more else ""
    region = f'<div class="ct-preview" tabindex="0" role="region" aria-label="Preview">{table}</div>'
    return region + look.note(note)


def _first_columns(frame: pd.DataFrame) -> list[str]:
    """Choose the columns to show: those that the query filters by come early, empty ones not at all."""
    cql = frame.attrs.get("clevertap", {}).get("query", {})
    groups = {
        "event_props": cql.get("event_properties", []),
        "session_props": cql.get("session_properties", []),
        "profileData": cql.get("common_profile_properties", {}).get("profile_fields", []),
    }
    asked = {f"{prefix}.{each['name']}" for prefix, filters in groups.items() for each in filters}
    filled = [
        name for name in frame.columns if frame.shape[1] <= PREVIEW_COLUMNS or frame[name].notna().any()
    ]
    who: list[str] = [name for name in ("ts", "identity", "email", "phone", "name") if name in filled]
    if "objectId" in filled and (
        "identity" not in filled or frame["identity"].head(PREVIEW_ROWS).isna().any()
    ):
        who.append("objectId")  # of somebody who never logged in, this is all that is known
    early = who + [name for name in filled if name in asked]
    grouped = [name for name in filled if "." in name]  # before the API's own keys
    return list(dict.fromkeys(early + grouped + filled))[:PREVIEW_COLUMNS]
