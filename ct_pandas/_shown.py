"""Numbers and arguments: which are whole, and how a message shows them."""

from __future__ import annotations

import operator
from collections.abc import Sized
from typing import Any


def whole_number(value: Any) -> int | None:
    """Return a whole number, NumPy's too; ``None`` for anything else: true and false are none."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun, which is that of one, of several, or of one with an "s"."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def shown(value: object) -> str:
    """Return the argument as it would be written; of a frame, a list and the like the kind only.

    A frame in the wrong place is a typing error, and its rows are people.
    """
    if isinstance(value, Sized) and not isinstance(value, str | bytes):
        return f"<{type(value).__name__}>"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
