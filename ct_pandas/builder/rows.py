"""Rows of the form: a filter, a place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from ct_pandas.builder.choices import DATE, GROUPS, KINDS, OPERATORS, TRUTH, operator_named, same_operator
from ct_pandas.builder.drafts import Place, Rule, doubt_value
from ct_pandas.builder.fields import (
    LAST_DAY,
    Changed,
    Handles,
    choice,
    field,
    focus,
    mark,
    message,
    names,
    on_change,
    show,
    tell,
    text,
)
from ct_pandas.builder.naming import Naming
from ct_pandas.builder.row_list import Row


class RuleRow:
    """One filter: what it looks at, how it compares, with what."""

    def __init__(
        self,
        rule: Rule,
        duplicate: Callable[[Row], None],
        remove: Callable[[Row], None],
        *,
        naming: Naming,
        event: Callable[[], str],
        changed: Changed,
        groups: Sequence[str] = tuple(GROUPS),
    ) -> None:
        self._naming, self._event, self._changed = naming, event, changed
        options = [(GROUPS[key][0], key) for key in groups]
        self.group = choice("Filter by", options, rule.group, "ct-group")
        self.name = names("Name", rule.name, (), "ct-name", placeholder="property")
        self.kind = choice("Type of value", KINDS, rule.kind, "ct-kind")
        label = rule.compares.label if rule.operator else None
        self.operator = choice("Comparison", _labels(rule.kind), label, "ct-operator")
        many = rule.compares.values == "many"
        self.value = text("Value", "ct-value", value="" if many else rule.value, placeholder="value")
        self.several = field(
            w.Textarea, "Values", "ct-value", quiet=True, value=rule.value if many else "", rows=3,
            placeholder="one; two; three, or one per line",
        )  # fmt: skip
        truth = rule.value if rule.value in ("True", "False") else "True"
        self.truth = choice("Value", ("True", "False"), truth, "ct-value")
        day = dt.date.fromisoformat(rule.value) if rule.kind == DATE and rule.value else None
        self.day = field(
            w.DatePicker, "Day (from midnight UTC)", "ct-value", quiet=True, value=day, max=LAST_DAY
        )
        self.message = message()
        self._handles = Handles(rule.muted, changed, lambda: duplicate(self), lambda: remove(self))
        show(self.group, len(groups) > 1)
        fields = [self.group, self.name, self.kind, self.operator]
        tail = [self._handles.duplicate, self._handles.remove, self.message]
        parts = [self._handles.mute, *fields, *self._valued, *tail]
        self.widget = mark(w.Box(parts), "ct-row", "ct-rule")
        self._handles.of(self.widget)
        self._listen()
        self.complete()

    @property
    def draft(self) -> Rule:
        """What stands in the row."""
        chosen = self.group.value, self.name.value, self.kind.value, self.operator.value or ""
        return Rule(*chosen, str(self._shown.value or ""), self._handles.muted)

    @property
    def _valued(self) -> list[Any]:
        return [self.value, self.several, self.truth, self.day]

    @property
    def _shown(self) -> Any:
        """The control for the value, by its kind and by how many there may be."""
        if self.kind.value in (TRUTH, DATE):
            return self.truth if self.kind.value == TRUTH else self.day
        many = operator_named(self.kind.value, self.operator.value or "").values == "many"
        return self.several if many else self.value

    def tell(self, problems: dict[tuple[str | int, ...], str]) -> None:
        """Show what is wrong, else what is doubtful; an empty new row is merely unfinished."""
        wrong = problems.get((), "")
        doubt = self._naming.doubt_name(self.group.value, self._event(), self.name.value)
        tell(self.message, wrong, "" if self._handles.muted else doubt or doubt_value(self.draft))
        chosen = self._shown if self.operator.value else self.operator
        at_fault = chosen if self.name.value.strip() else self.name
        for widget in (self.name, self.operator, *self._valued):
            (widget.add_class if wrong and widget is at_fault else widget.remove_class)("ct-wrong")

    def focus(self) -> None:
        """Put the cursor into the name."""
        focus(self.name)

    def call(self, name: str) -> None:
        """Take the name that tells it from other rows."""
        self._handles.call(name)

    def complete(self) -> None:
        """Offer the names that are known now, and take the kind of a name that is listed."""
        self.name.options = self._naming.names(self.group.value, self._event())
        if self.draft.compares.values != "none" and not self._shown.value:
            self._listed()  # the name was typed before the names came
        self._face()

    def _listen(self) -> None:
        on_change(self.complete, self.group)
        on_change(self._listed, self.group, self.name)
        self.kind.observe(lambda change: self._operators(change["old"]), names="value")
        on_change(self._compared, self.operator)
        on_change(self._changed, self.group, self.name, self.kind, self.operator, *self._valued)

    def _listed(self) -> None:
        kind = self._naming.kind(self.group.value, self._event(), self.name.value)
        if kind:
            self.kind.value = kind

    def _operators(self, before: str) -> None:
        """Offer the comparisons of another kind; one that it does not have is chosen anew, not guessed."""
        label, kind = self.operator.value, self.kind.value
        self.operator.options = _labels(kind)
        self.operator.value = same_operator(before, label, kind) if label else None
        if kind == TRUTH and (said := self.value.value.strip().capitalize()) in ("True", "False"):
            self.truth.value = said
        self._compared()

    def _compared(self) -> None:
        """Take over what stands in the field of the comparison before, where one line holds it."""
        self._face()
        other = {self.value: self.several, self.several: self.value}.get(self._shown)
        typed = "" if other is None else other.value
        if typed and not self._shown.value and "\n" not in typed:
            self._shown.value = typed

    def _face(self) -> None:
        there = self.draft.compares.values != "none"
        for widget in self._valued:
            show(widget, there and widget is self._shown)


class PlaceRow:
    """A place: a country, or a region or city in it."""

    def __init__(
        self,
        place: Place,
        duplicate: Callable[[Row], None],
        remove: Callable[[Row], None],
        *,
        changed: Changed,
    ) -> None:
        self.country = text("Country", "ct-country", value=place.country, placeholder="country")
        self.region = text("Region", "ct-region", value=place.region, placeholder="any region")
        self.city = text("City", "ct-city", value=place.city, placeholder="any city")
        self.message = message()
        self._handles = Handles(place.muted, changed, lambda: duplicate(self), lambda: remove(self))
        fields = [self.country, self.region, self.city]
        tail = [self._handles.duplicate, self._handles.remove, self.message]
        parts = [self._handles.mute, *fields, *tail]
        self.widget = mark(w.Box(parts), "ct-row", "ct-place")
        self._handles.of(self.widget)
        on_change(changed, *fields)

    @property
    def draft(self) -> Place:
        """What stands in the row."""
        return Place(self.country.value, self.region.value, self.city.value, self._handles.muted)

    def tell(self, problems: dict[tuple[str | int, ...], str]) -> None:
        """Show what is wrong."""
        tell(self.message, problems.get((), ""))
        (self.country.add_class if problems else self.country.remove_class)("ct-wrong")

    def focus(self) -> None:
        """Put the cursor into the country."""
        focus(self.country)

    def call(self, name: str) -> None:
        """Take the name that tells it from other rows."""
        self._handles.call(name)


def _labels(kind: str) -> list[str]:
    return [operator.label for operator in OPERATORS[kind]]
