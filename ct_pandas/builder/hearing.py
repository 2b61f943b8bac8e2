"""Warnings of the threads that work for a form, told apart from those of all others.

``warnings.catch_warnings`` puts back what it found, whatever others have changed since: two reads side by
side would leave their changes behind, and a filter that a cell sets during one would be undone. So one hook
is shared, and nothing but that is taken away.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any, Final

import ct_pandas as ct

_ANY: Final = "(?s)"  # matches every message, and is no filter of anybody else's


class Hearing:
    """Hears the warnings of those threads that ask for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, list[str]] = {}
        self._elsewhere: Any = None
        self._filter: Any = None

    @contextlib.contextmanager
    def keep(self, told: list[str]) -> Iterator[None]:
        """Keep what this thread warns of, every time; the warnings of others go where they always go."""
        me = threading.get_ident()
        with self._lock:
            if not self._kept:
                self._begin()
            self._kept[me] = told
        try:
            yield
        finally:
            with self._lock:
                del self._kept[me]
                if not self._kept:
                    self._end()

    def _begin(self) -> None:
        warnings.filterwarnings("always", _ANY, ct.ClevertapWarning)
        self._filter = warnings.filters[0]
        if warnings.showwarning != self._hear:
            self._elsewhere, warnings.showwarning = warnings.showwarning, self._hear

    def _end(self) -> None:
        with contextlib.suppress(ValueError):  # a cell has reset the filters
            warnings.filters.remove(self._filter)  # type: ignore[attr-defined]
        if warnings.showwarning == self._hear:
            warnings.showwarning = self._elsewhere

    def _hear(self, message: Any, *args: Any, **kwargs: Any) -> None:
        kept = self._kept.get(threading.get_ident())
        if kept is None:
            self._elsewhere(message, *args, **kwargs)
        else:
            kept.append(str(message))
