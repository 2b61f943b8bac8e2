"""The form: all of its fields, and the draft that stands in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets as w

from ct_pandas.builder import look
from ct_pandas.builder.composing import Path
from ct_pandas.builder.deeds import DeedRow
from ct_pandas.builder.drafts import Days, Deed, Draft, Place, Rule
from ct_pandas.builder.fields import (
    Changed,
    DaysField,
    OftenField,
    mark,
    message,
    names,
    on_change,
    show,
    tell,
)
from ct_pandas.builder.naming import Naming
from ct_pandas.builder.row_list import RowList
from ct_pandas.builder.rows import PlaceRow, RuleRow

NEW_DAYS = Days("last 28 days")


class Form:
    """Fields for every part of a query."""

    def __init__(self, draft: Draft, naming: Naming, today: Callable[[], dt.date], changed: Changed) -> None:
        self._naming, self._changed, self._kept = naming, changed, draft.kept
        self.event = names(
            "Event", draft.event, (), "ct-name", quiet=False, placeholder="event, spelt as in CleverTap"
        )
        days = draft.days if draft.event else NEW_DAYS
        self.days = DaysField(days, today, changed)
        self.message = message()
        rule = partial(RuleRow, naming=naming, event=lambda: self.event.value, changed=changed)
        counted, uncounted = (
            partial(DeedRow, naming=naming, today=today, changed=changed, counted=each)
            for each in (True, False)
        )
        self.rules = RowList(draft.rules, rule, self._new_rule, "filter", changed)
        self.places = RowList(draft.places, partial(PlaceRow, changed=changed), Place, "place", changed)
        self.did_all, self.did_any, self.did_none = (
            RowList(drafts, make, self._new_deed, add, changed, called=f"event {{}} of “{add}”")
            for drafts, make, add in (
                (draft.did_all, counted, "also did"),
                (draft.did_any, uncounted, "did any of"),
                (draft.did_none, uncounted, "did not"),
            )
        )
        self.any_often = OftenField(draft.any_often, draft.any_times, changed)
        self.widget = self._laid_out()
        on_change(self.complete, self.event)
        on_change(changed, self.event)
        self.complete()
        self.tell({})

    @property
    def draft(self) -> Draft:
        """What stands in the form."""
        often, times = self.any_often.draft
        return Draft(
            self.event.value,
            self.days.draft,
            self.rules.drafts,
            self.places.drafts,
            self.did_all.drafts,
            self.did_any.drafts,
            self.did_none.drafts,
            often,
            times,
            self._kept,
        )

    def tell(self, problems: Mapping[Path, str]) -> None:
        """Show every problem beside its field, and no section that is empty."""
        wrong = problems.get(("event",), "") or problems.get(("days",), "") or problems.get(("did_any",), "")
        tell(self.message, wrong, self._naming.doubt_event(self.event.value))
        for name, rows in self._lists().items():
            rows.tell({path[1:]: said for path, said in problems.items() if path[0] == name})
            show(self._sections[name], bool(rows.rows))

    def complete(self) -> None:
        """Offer the names that are known now."""
        self.event.options = self._naming.events()
        for rows in self._lists().values():
            for row in rows.rows:
                getattr(row, "complete", lambda: None)()

    def renew(self) -> None:
        """Show the dates that relative choices of days mean by now."""
        deeds = [*self.did_all.rows, *self.did_any.rows, *self.did_none.rows]
        for days in (self.days, *(deed.days for deed in deeds)):  # type: ignore[attr-defined]
            days.renew()

    def _new_rule(self) -> Rule:
        return Rule(group="event_properties" if self.event.value else "profile_fields")

    def _new_deed(self) -> Deed:
        return Deed(days=self.days.draft)

    def _lists(self) -> dict[str, RowList]:
        return {
            "rules": self.rules,
            "places": self.places,
            "did_all": self.did_all,
            "did_any": self.did_any,
            "did_none": self.did_none,
        }

    def _laid_out(self) -> Any:
        base = mark(w.Box([self.event, *self.days.widgets, self.message]), "ct-event")
        headings = {
            "rules": "where all of this holds",
            "places": "in any of these places",
            "did_all": "and who also did all of these",
            "did_any": "and who did any of these",
            "did_none": "and who did none of these",
        }
        self._sections = {}
        for name, said in headings.items():
            above = [w.HTML(look.heading(said))]
            above += [self.any_often.widget] if name == "did_any" else []
            section = w.VBox([*above, self._lists()[name].box])
            self._sections[name] = mark(section, "ct-section")
        adding = mark(w.HBox([rows.add for rows in self._lists().values()]), "ct-actions", "ct-section")
        kept = [mark(w.HTML(look.note(_said_kept(self._kept))), "ct-kept")] if self._kept else []
        people = mark(w.VBox([w.HTML(look.heading("People who did")), base]), "ct-section")
        return w.VBox([people, *self._sections.values(), adding, *kept])


def _said_kept(kept: Mapping[str, Any]) -> str:
    inner = [name for value in kept.values() if isinstance(value, dict) for name in value]
    outer = [name for name, value in kept.items() if not isinstance(value, dict)]
    return f"Kept from the query as it was, but not shown here: {', '.join([*outer, *inner])}."
