"""Single controls, each with a label that screen readers find, and the smallest groups of them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ipywidgets as w

from ct_pandas.builder import look
from ct_pandas.builder.choices import BETWEEN, MOST_TIMES, RELATIVE, TIMES
from ct_pandas.builder.composing import days_of
from ct_pandas.builder.drafts import Days

Changed = Callable[[], None]
LAST_DAY = dt.date(9999, 12, 31)  # so that a browser takes no year of five digits
DRAWN = 0.25  # seconds until a new control is surely on the page


def mark(widget: Any, *classes: str) -> Any:
    """Give a widget its classes for the style sheet."""
    for name in classes:
        widget.add_class(name)
    return widget


def show(widget: Any, shown: bool) -> None:
    """Show a widget, or take it away for eyes, keyboard and screen readers alike."""
    (widget.remove_class if shown else widget.add_class)("ct-gone")


def field(kind: type[Any], label: str, *classes: str, quiet: bool = False, **traits: Any) -> Any:
    """Make a control; a quiet label is there for screen readers only."""
    made = kind(description=label, tooltip=label, **traits)
    return mark(made, "ct-field", *(["ct-quiet"] if quiet else []), *classes)


def text(label: str, *classes: str, **traits: Any) -> Any:
    """Make a text field."""
    return field(w.Text, label, *classes, quiet=True, **traits)


def number(label: str, value: float, most: int) -> Any:
    """Make a field for a number from 0.

    One for whole numbers would read "1e3", which browsers take, as 1 and "2.7" as 2, and show neither.
    """
    return field(w.BoundedFloatText, label, value=value, min=0, max=most, step=1)


def whole(value: float) -> float:
    """Give a number as the whole one that it is; another as it is, for those who say that it is none."""
    return int(value) if value == int(value) else value


def names(
    label: str, value: str, options: Iterable[str], *classes: str, quiet: bool = True, **traits: Any
) -> Any:
    """Make a text field that completes names; others can be typed, too."""
    found = {"options": tuple(options), "ensure_option": False, "value": value}
    return field(w.Combobox, label, *classes, quiet=quiet, **found, **traits)


def choice(label: str, options: Sequence[Any], value: Any, *classes: str, quiet: bool = True) -> Any:
    """Make a list to choose from."""
    return field(w.Dropdown, label, *classes, quiet=quiet, options=list(options), value=value)


def button(label: str, pressed: Callable[[], None], *classes: str, tooltip: str = "", style: str = "") -> Any:
    """Make a button."""
    made = mark(w.Button(description=label, tooltip=tooltip or label, button_style=style), *classes)
    made.on_click(lambda _: pressed())
    return made


def icon(name: str, pressed: Callable[[], None], *classes: str) -> Any:
    """Make a button that is a picture; what it is called is there for screen readers, and as its tooltip."""
    made = mark(w.Button(icon=name), "ct-icon", *classes)
    made.on_click(lambda _: pressed())
    return made


def message() -> Any:
    """Make the place for what is wrong with a field."""
    return mark(w.HTML(), "ct-message")


def discard(widget: Any) -> None:
    """Close a control and all in it: what was taken away is not to be saved with the notebook."""
    for child in getattr(widget, "children", ()):
        discard(child)
    for part in (widget.layout, getattr(widget, "style", None), widget):
        if part is not None:
            part.close()


def focus(widget: Any) -> None:
    """Put the cursor into a control once it is drawn: told at once, a new one would not be there to hear."""
    later = threading.Timer(DRAWN, widget.focus)
    later.daemon = True
    later.start()


def on_change(changed: Changed, *widgets: Any) -> None:
    """Call back whenever one of the controls changes."""
    for widget in widgets:
        widget.observe(lambda _: changed(), names="value")


class Handles:
    """The buttons of a row: mute, which keeps it and leaves it out of the query, duplicate, remove."""

    def __init__(
        self, muted: bool, changed: Changed, duplicate: Callable[[], None], remove: Callable[[], None]
    ) -> None:
        self._called = ""
        self._row: Any = None
        self.mute = mark(w.ToggleButton(value=muted), "ct-icon")
        self.duplicate = icon("copy", duplicate, "ct-duplicate")
        self.remove = icon("times", remove, "ct-remove")
        on_change(self._face, self.mute)
        on_change(changed, self.mute)

    @property
    def muted(self) -> bool:
        """Whether the row is muted."""
        return bool(self.mute.value)

    def of(self, row: Any) -> None:
        """Name the row that fades when muted."""
        self._row = row
        self._face()

    def call(self, row: str) -> None:
        """Say which row it is, for those who do not see where a button stands."""
        self._called = row
        self._face()

    def _face(self) -> None:
        self.mute.icon = "eye-slash" if self.muted else "eye"
        mute = "Use" if self.muted else "Mute"
        for made, deed in ((self.mute, mute), (self.duplicate, "Duplicate"), (self.remove, "Remove")):
            made.description = made.tooltip = f"{deed} {self._called}"
        (self._row.add_class if self.muted else self._row.remove_class)("ct-muted")


class DaysField:
    """A choice of days: a relative one shows the dates it means, "between dates" lets them be set."""

    def __init__(self, days: Days, today: Callable[[], dt.date], changed: Changed) -> None:
        self._today, self._changed = today, changed
        start, end = days_of(days, today())
        self.choice = choice("Days", (*RELATIVE, BETWEEN), days.choice, "ct-days", quiet=False)
        self.start = field(w.DatePicker, "From (included)", "ct-from", value=start, max=LAST_DAY)
        self.end = field(w.DatePicker, "To (included)", "ct-to", value=end, max=LAST_DAY)
        self.widgets = [self.choice, self.start, self.end]
        self._lock()
        self.choice.observe(lambda _: self._chosen(), names="value")
        on_change(changed, self.start, self.end)

    @property
    def draft(self) -> Days:
        """What stands in the fields."""
        if self.choice.value != BETWEEN:
            return Days(self.choice.value)
        return Days(BETWEEN, self.start.value, self.end.value)

    def renew(self) -> None:
        """Show the dates that a relative choice means by now: a notebook stays open over night."""
        if self.choice.value != BETWEEN:
            self.start.value, self.end.value = days_of(self.draft, self._today())

    def _chosen(self) -> None:
        self.renew()
        self._lock()
        self._changed()

    def _lock(self) -> None:
        self.start.disabled = self.end.disabled = self.choice.value != BETWEEN


class OftenField:
    """How often: at least once, or a comparison with a number."""

    ONCE = "at least once"

    def __init__(self, often: str, times: float, changed: Changed) -> None:
        self.often = choice("How often", (self.ONCE, *TIMES), often or self.ONCE, quiet=False)
        self.times = number("Times", times, MOST_TIMES)
        self.widget = mark(w.Box([self.often, self.times]), "ct-often")
        self.often.observe(lambda _: self._face(), names="value")
        on_change(changed, self.often, self.times)
        self._face()

    @property
    def draft(self) -> tuple[str, float]:
        """What stands in the fields; an empty text for at least once."""
        return ("" if self.often.value == self.ONCE else self.often.value), whole(self.times.value)

    def _face(self) -> None:
        show(self.times, self.often.value != self.ONCE)


def tell(place: Any, wrong: str, doubt: str = "") -> None:
    """Show what is wrong beside the field, else what is doubtful, else nothing."""
    said = look.problem(wrong) or look.hint(doubt)
    if place.value != said:
        place.value = said
