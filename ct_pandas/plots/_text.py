"""Text on a figure: names from outside made harmless and short, sentences broken where the room ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

EMPTY = "(empty)"
LONGEST_WORD = 36


def shorten(text: Any, length: int = 28) -> str:
    """Write a name on one line, and cut a long one in its middle, where names differ least."""
    name = _on_one_line(text)
    if len(name) <= length:
        return name
    front = (length - 1) // 2
    return f"{name[:front]}…{name[len(name) - (length - 1 - front) :]}"


def _on_one_line(text: Any) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split()) or EMPTY


def apart(names: Sequence[Any], length: int = 28) -> list[str]:
    """Shorten names so that different ones stay different: of those cut alike, show where they differ."""
    short = [shorten(name, length) for name in names]
    for form in {each for each in short if short.count(each) > 1}:
        places = [place for place, each in enumerate(short) if each == form]
        full = [_on_one_line(names[place]) for place in places]
        differ = (at for at, signs in enumerate(zip(*full, strict=False)) if len(set(signs)) > 1)
        start = next(differ, min(map(len, full)))
        for place, text in zip(places, full, strict=True):
            end = text[start : start + 2 * length // 3]
            if end and start > length // 3:
                short[place] = f"{text[: length // 3 - 1]}…{end}"
    return [
        f"{each} ({short[:place].count(each) + 1})" if short.count(each) > 1 else each
        for place, each in enumerate(short)
    ]


def plain(text: str) -> str:
    """Keep matplotlib from reading dollar signs as formulas, and a first underscore as "do not show"."""
    return (" " if text.startswith("_") else "") + text.replace("$", r"\$")


def wrap(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Break a text into lines that fit into ``room`` inches at this size in points."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {shorten(word, LONGEST_WORD)}".strip()
        if lines[-1] and width_of(longer, size, weight) > room:
            lines.append(shorten(word, LONGEST_WORD))
        else:
            lines[-1] = longer
    return "\n".join(_fitted(line, room, width_of(line, size, weight)) for line in lines)


def _fitted(line: str, room: float, width: float) -> str:
    """Cut a line of one word that has no room."""
    return line if width <= room or " " in line else shorten(line, max(int(len(line) * room / width), 3))


def width_of(text: str, size: float, weight: str = "normal") -> float:
    """Give the inches that a text takes at this size in points."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - loads when something is drawn
    from matplotlib.textpath import text_to_path  # noqa: PLC0415 - as above

    font = FontProperties(size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def cut(text: str, lines: int) -> str:
    """Keep so many lines of a text; dots say that there are more."""
    kept = text.split("\n")
    return text if len(kept) <= lines else "\n".join(kept[:lines]) + " …"


def title(name: str, subject: str | None = None) -> str:
    """Join a headline and what it is about."""
    return name if not subject else f"{name} by {shorten(subject, 40)}"


def explained(definition: str, mark: str, *, is_drawn: bool) -> str:
    """Say in a definition how what is running is drawn; nothing of it where nothing is."""
    return definition.replace("; * ", f"; {mark}: ") if is_drawn else re.sub(r"; \* [^.]*", "", definition)
