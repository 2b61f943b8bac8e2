"""Names of a frame's columns, and the order they stand in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ct_pandas._decode.columns import Path
from ct_pandas._decode.flatten import MORE, PROFILE, Kind
from ct_pandas._unicode import spelled

STANDARD = ("identity", "email", "phone", "name")
"""Always there, in this order."""

TEXT = (*STANDARD, "objectId")
"""Always text, whatever came."""

DEVICE = ("app_version", "build", "lat", "lng", "location", "lon", "ls", "make", "model", "os_version",
          "platform", "push_token")  # fmt: skip
"""A device's own fields, which stand flat in the profile of an event (CleverTap, Get Events API)."""

TS = ("ts",)

SUMMARY = ("count", "first_seen", "last_seen")
"""What is said of each event that somebody did (CleverTap, Get User Profiles API)."""

Meaning = Literal["ts", "id", "phone", "count", "seen", "value"]

REQUESTED = "requested"
"""The index of a frame of people who were asked for by their ids, and what ``reset_index`` makes of it."""

FURTHER = ".".join(MORE)
"""The column of every device but the first of its platform."""


def inner(path: Path, kind: Kind) -> Path:
    """Give the path within the person: the profile embedded in an event adds nothing to a name."""
    return path[1:] if kind == "events" and path[:1] == PROFILE and len(path) > 1 else path


def outer(name: str, kind: Kind) -> Path:
    """Give the path of a column of the person that stands alone."""
    return (*PROFILE, name) if kind == "events" else (name,)


def always(kind: Kind) -> list[Path]:
    """Give the paths of the columns that every frame of this kind has."""
    return ([TS] if kind == "events" else []) + [outer(name, kind) for name in STANDARD]


def meaning_of(path: Path, kind: Kind) -> Meaning:
    """Say what the values of a column mean, and so by which rule they are read."""
    person = inner(path, kind)
    if kind == "events" and path == TS:
        return "ts"
    if len(person) == 1 and person[0] in TEXT and path == outer(person[0], kind):
        return "phone" if person[0] == "phone" else "id"
    if len(person) == 3 and person[0] == "events" and person[2] in SUMMARY:
        return "count" if person[2] == "count" else "seen"
    return "value"


def name_of(path: Path, kind: Kind) -> str:
    """Name a column whose name no other shares; no label holds half a surrogate pair, so it is spelled."""
    return spelled(".".join(inner(path, kind)))


def named(paths: Iterable[Path], kind: Kind) -> dict[Path, str]:
    """Name columns, in the order of the frame.

    A name that two paths would share stays with the one of more keys (an attribute rather than a key that is
    spelled with a dot), else with the event's own key; the others get `` (2)``, `` (3)``, in the order of
    the frame. This depends on the set of paths only, never on the page or the order they came in.

    Examples
    --------
    >>> named([("profileData.plan",), ("profileData", "plan")], "people")["profileData", "plan"]
    'profileData.plan'
    """
    wanted = {path: name_of(path, kind) for path in paths}
    ranked = sorted(wanted, key=lambda path: (_group(path, kind), wanted[path], path))
    taken = set(wanted.values())
    names: dict[Path, str] = {}
    owner: dict[str, Path] = {}
    for path in sorted(ranked, key=lambda path: (-len(inner(path, kind)), len(path))):
        owner.setdefault(wanted[path], path)
    for path in ranked:
        name, number = wanted[path], 2
        if owner[name] != path:
            while (name := f"{wanted[path]} ({number})") in taken:
                number += 1
            taken.add(name)
        names[path] = name
    return names


def _group(path: Path, kind: Kind) -> tuple[int, int]:
    """Rank the groups of columns."""
    person = inner(path, kind)
    head = person[0]
    if kind == "events" and path == TS:
        return (0, 0)
    if person == MORE:
        return (6, 0)
    if len(person) > 1:
        order = ("profileData", "platformInfo", "events", "event_props", "session_props")
        return ((4, 5, 7, 9, 10)[order.index(head)], 0)
    if head in TEXT and path == outer(head, kind):
        return (1, TEXT.index(head))
    return (8 if kind == "events" and head in DEVICE else 3, 0)


def path_of(name: str, kind: Kind) -> Path:
    """Guess the path of a column that was named but never came."""
    head, _, rest = name.partition(".")
    if kind == "events" and (name == "ts" or (rest and head in {"event_props", "session_props"})):
        return (head, rest) if rest else (name,)
    field = tuple(rest.rsplit(".", 1))
    if name == FURTHER:
        path: Path = MORE
    elif len(field) == 2 and head in {"platformInfo", "events"}:
        path = (head, *field)
    else:
        path = (head, rest) if rest and head == "profileData" else (name,)
    return (*PROFILE, *path) if kind == "events" else path
