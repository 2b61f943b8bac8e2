"""A list of rows: what adds, duplicates and removes them, and tells each from the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import ipywidgets as w

from ct_pandas.builder.fields import Changed, button, discard, focus, mark, show


class Row(Protocol):
    """One row: it shows a draft, gives it back, and says what is wrong with it."""

    widget: Any

    @property
    def draft(self) -> Any:
        """What stands in the row."""

    def tell(self, problems: dict[tuple[str | int, ...], str]) -> None:
        """Show the problems, by their place within the row."""

    def focus(self) -> None:
        """Put the cursor into the row."""

    def call(self, name: str) -> None:
        """Take the name that tells it from other rows."""


class RowList:
    """Rows that can be added, duplicated and removed.

    Parameters
    ----------
    drafts
        What the rows show at first.
    make
        Makes a row of a draft; it is handed what its two buttons do.
    blank
        The draft of a new row.
    add
        What the button says that adds one.
    changed
        Called after every change.
    called
        What a row is called, with its number for the braces, where ``add`` does not say it.
    """

    def __init__(
        self,
        drafts: Iterable[Any],
        make: Callable[[Any, Callable[[Row], None], Callable[[Row], None]], Row],
        blank: Callable[[], Any],
        add: str,
        changed: Changed,
        *,
        called: str | None = None,
    ) -> None:
        self._make, self._blank, self._changed = make, blank, changed
        self._adds, self._called, self._of = f"Add: {add}", called or f"{add} {{}}", ""
        self.box = mark(w.VBox(), "ct-rows")
        self.add = button(f"+ {add}", self._add, "ct-add", tooltip=self._adds)
        self.rows: list[Row] = []
        self._set([make(draft, self._duplicate, self._remove) for draft in drafts])

    @property
    def drafts(self) -> tuple[Any, ...]:
        """What stands in the rows."""
        return tuple(row.draft for row in self.rows)

    def tell(self, problems: dict[tuple[str | int, ...], str]) -> None:
        """Hand every row its problems."""
        for position, row in enumerate(self.rows):
            row.tell({path[1:]: said for path, said in problems.items() if path[:1] == (position,)})

    def call(self, of: str) -> None:
        """Say what the rows belong to."""
        self._of, self.add.tooltip = of, self._adds + of
        self._number()

    def _add(self) -> None:
        self._insert(len(self.rows), self._blank())

    def _duplicate(self, row: Row) -> None:
        self._insert(self.rows.index(row) + 1, row.draft)

    def _insert(self, position: int, draft: Any) -> None:
        row = self._make(draft, self._duplicate, self._remove)
        self._set([*self.rows[:position], row, *self.rows[position:]])
        row.focus()
        self._changed()

    def _remove(self, row: Row) -> None:
        position = self.rows.index(row)
        self._set([each for each in self.rows if each is not row])
        discard(row.widget)
        if self.rows:
            self.rows[min(position, len(self.rows) - 1)].focus()
        else:
            focus(self.add)
        self._changed()

    def _set(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        self.box.children = tuple(row.widget for row in self.rows)
        show(self.box, bool(self.rows))
        self._number()

    def _number(self) -> None:
        for number, row in enumerate(self.rows, 1):
            row.call(self._called.format(number) + self._of)
