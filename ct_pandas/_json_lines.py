"""Where in a JSON text something stands: ``json`` forgets lines, and a message has to name one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[{}\[\],:]|[^\s{}\[\],:"\']+')


@dataclass
class _Level:
    """One object or list on the way down."""

    place: str
    is_list: bool
    position: int = 0
    key: str = ""

    @property
    def child(self) -> str:
        """The place of what stands here now."""
        if self.is_list:
            return f"{self.place}[{self.position}]"
        return f"{self.place}.{self.key}" if self.place else self.key


@dataclass(frozen=True)
class Spot:
    """A key or a value: its place, such as ``event_properties[0].operator``, its text, its line."""

    place: str
    text: str
    line: int
    is_key: bool = field(default=False)


def spots(body: str) -> Iterator[Spot]:
    """Give every key and value of a JSON text in order, as far as it can be read."""
    levels: list[_Level] = []
    pieces = [(found.group(), body.count("\n", 0, found.start()) + 1) for found in _TOKEN.finditer(body)]
    for index, (piece, line) in enumerate(pieces):
        level = levels[-1] if levels else None
        following = pieces[index + 1][0] if index + 1 < len(pieces) else ""
        if piece in "{[":
            place = level.child if level else ""
            yield Spot(place, "", line)
            levels.append(_Level(place, piece == "["))
        elif piece in "}]":
            del levels[-1:]
        elif piece == "," and level:
            level.position += 1
        elif piece not in ",:" and level:
            text = piece[1:-1] if piece[0] in "\"'" else piece
            is_key = following == ":" and not level.is_list
            if is_key:
                level.key = text
            yield Spot(level.child, text, line, is_key)


def line_of(body: str, message: str) -> int | None:
    """Find the line that a message is about: its place comes first, and what it quotes stands below that."""
    place = message.partition(": ")[0]
    place = "" if place == "the query" else place
    known = list(spots(body))
    within = (
        [spot for spot in known if spot.place.startswith(place)]
        if any(s.place == place for s in known)
        else known
    )
    quoted = [spot for said in re.findall(r"'([^']*)'", message) for spot in within if spot.text == said]
    # A message on a filter begins with its name, and is mostly about what follows.
    for spot in sorted(quoted, key=lambda spot: spot.place.endswith(".name") and not spot.is_key):
        return spot.line
    if match := re.search(r"(?:^|: )(start|end)=", message):
        return _day_line(within, match.group(1))
    return within[0].line if within else None


def second(body: str, key: str) -> int | None:
    """Find the line where a key stands a second time within one object."""
    seen: set[str] = set()
    for spot in spots(body):
        if spot.is_key and spot.text == key:
            if spot.place in seen:
                return spot.line
            seen.add(spot.place)
    return None


def _day_line(within: list[Spot], name: str) -> int | None:
    key = {"start": "from", "end": "to"}[name]
    return next((spot.line for spot in within if spot.is_key and spot.text == key), None)
