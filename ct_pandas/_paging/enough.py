"""When a download with ``max_rows`` has what its caller wants."""

from __future__ import annotations

from ct_pandas._decode.decoder import Page
from ct_pandas._decode.flatten import Kind
from ct_pandas._frame.persons import page_keys


class Enough:
    """Counts the rows of the frame to be: occurrences, or people, each once however often they came.

    Parameters
    ----------
    max_rows
        How many are wanted; ``None`` for all.
    kind
        What the rows are.
    """

    def __init__(self, max_rows: int | None, kind: Kind) -> None:
        self._wanted, self._kind = max_rows, kind
        self.counts = max_rows is not None
        self.forget()

    def count(self, page: Page) -> None:
        """Count a page that is kept."""
        if self._wanted is None:
            return
        if self._kind == "people":
            self._people.update(page_keys(page, self._kind).to_pylist())
        else:
            self._rows += page.rows

    def forget(self) -> None:
        """Count anew: the walk starts anew, or is read back from where it is kept."""
        self._people: set[str] = set()
        self._rows = 0

    @property
    def reached(self) -> bool:
        """Whether there are as many as are wanted."""
        return self._wanted is not None and self._rows + len(self._people) >= self._wanted

    @property
    def exceeded(self) -> bool:
        """Whether there are more than are wanted."""
        return self._wanted is not None and self._rows + len(self._people) > self._wanted
