"""Arguments: which are whole numbers, and how a message shows one that cannot be meant."""

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


def shown(value: object) -> str:
    """Return the argument as it would be written; of a frame, a list and the like the kind only.

    A frame in the wrong place is a typing error, and its rows are people.
    """
    if isinstance(value, Sized) and not isinstance(value, str | bytes):
        return f"<{type(value).__name__}>"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
