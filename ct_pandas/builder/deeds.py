"""Rows for other events: people who also did, did any of, did not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import ipywidgets as w

from ct_pandas.builder.drafts import Deed, Rule
from ct_pandas.builder.fields import (
    Changed,
    DaysField,
    Handles,
    OftenField,
    focus,
    mark,
    message,
    names,
    on_change,
    tell,
)
from ct_pandas.builder.naming import Naming
from ct_pandas.builder.row_list import Row, RowList
from ct_pandas.builder.rows import RuleRow


class DeedRow:
    """Another event, with its own days and filters; ``counted`` ones say how often."""

    def __init__(
        self,
        deed: Deed,
        duplicate: Callable[[Row], None],
        remove: Callable[[Row], None],
        *,
        naming: Naming,
        today: Callable[[], dt.date],
        changed: Changed,
        counted: bool,
    ) -> None:
        self._naming, self._changed = naming, changed
        self._handles = Handles(deed.muted, changed, lambda: duplicate(self), lambda: remove(self))
        self.event = names("Event", deed.event, naming.events(), "ct-name", quiet=False, placeholder="event")
        self.days = DaysField(deed.days, today, changed)
        self.often = OftenField(deed.often, deed.times, changed) if counted else None
        self.rules = RowList(deed.rules, self._rule, Rule, "filter", changed)
        self.message = message()
        self.widget = mark(w.Box(self._parts()), "ct-row", "ct-deed")
        self._handles.of(self.widget)
        on_change(self.complete, self.event)
        on_change(changed, self.event)

    @property
    def draft(self) -> Deed:
        """What stands in the row."""
        often, times = self.often.draft if self.often else ("", 1)
        return Deed(self.event.value, self.days.draft, often, times, self.rules.drafts, self._handles.muted)

    def tell(self, problems: dict[tuple[str | int, ...], str]) -> None:
        """Show what is wrong with the event, its days or its filters."""
        wrong = problems.get((), "") or problems.get(("days",), "")
        doubt = "" if self._handles.muted else self._naming.doubt_event(self.event.value)
        tell(self.message, wrong, doubt)
        self.rules.tell({path[1:]: said for path, said in problems.items() if path[:1] == ("rules",)})

    def focus(self) -> None:
        """Put the cursor into the event."""
        focus(self.event)

    def call(self, name: str) -> None:
        """Take the name that tells it from other rows."""
        self._handles.call(name)
        self.rules.call(f" of {name}")

    def complete(self) -> None:
        """Offer the names that are known now."""
        self.event.options = self._naming.events()
        for row in self.rules.rows:
            row.complete()  # type: ignore[attr-defined]

    def _parts(self) -> list[Any]:
        base = mark(w.Box([self.event, *self.days.widgets, self.message]), "ct-event")
        often = [self.often.widget] if self.often else []
        body = mark(w.VBox([base, *often, self.rules.box, w.HBox([self.rules.add])]), "ct-body")
        return [self._handles.mute, body, self._handles.duplicate, self._handles.remove]

    def _rule(self, rule: Rule, duplicate: Callable[[Row], None], remove: Callable[[Row], None]) -> RuleRow:
        return RuleRow(
            rule,
            duplicate,
            remove,
            naming=self._naming,
            event=lambda: self.event.value,
            changed=self._changed,
            groups=("event_properties",),
        )
