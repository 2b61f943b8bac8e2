"""Text on a figure: names from outside made harmless and short, sentences broken where the room ends."""

from __future__ import annotations

import re
from typing import Any

EMPTY = "(empty)"
LONGEST_WORD = 36


def shorten(text: Any, length: int = 28) -> str:
    """Write a name on one line, and cut a long one in its middle, where names differ least."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split()) or EMPTY
    if len(name) <= length:
        return name
    front = (length - 1) // 2
    return f"{name[:front]}…{name[len(name) - (length - 1 - front) :]}"


def plain(text: str) -> str:
    """Keep matplotlib from reading dollar signs as formulas, and a first underscore as "do not show"."""
    return (" " if text.startswith("_") else "") + text.replace("$", r"\$")


def wrap(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Break a text into lines that fit into ``room`` inches at this size in points."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - loads when something is drawn
    from matplotlib.textpath import text_to_path  # noqa: PLC0415 - as above

    font = FontProperties(size=size, weight=weight)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {shorten(word, LONGEST_WORD)}".strip()
        width, _, _ = text_to_path.get_text_width_height_descent(longer, font, ismath=False)
        if lines[-1] and width > 72 * room:
            lines.append(shorten(word, LONGEST_WORD))
        else:
            lines[-1] = longer
    return "\n".join(lines)


def title(name: str, subject: str | None = None) -> str:
    """Join a headline and what it is about."""
    return name if not subject else f"{name} by {shorten(subject, 40)}"


def explained(definition: str, mark: str, *, is_drawn: bool) -> str:
    """Say in a definition how what is running is drawn; nothing of it where nothing is."""
    return definition.replace("; * ", f"; {mark}: ") if is_drawn else re.sub(r"; \* [^.]*", "", definition)
