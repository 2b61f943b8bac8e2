"""How a message shows an argument that cannot be meant."""

from __future__ import annotations

from collections.abc import Sized


def shown(value: object) -> str:
    """Return the argument as it would be written; of a frame, a list and the like the kind only.

    A frame in the wrong place is a typing error, and its rows are people.
    """
    if isinstance(value, Sized) and not isinstance(value, str | bytes):
        return f"<{type(value).__name__}>"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
