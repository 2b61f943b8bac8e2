"""What a walk has learned about its pages, so that a surprise costs time once and not on every page."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ct_pandas._decode.columns import TAG, Columns, Loose
from ct_pandas._decode.flatten import MORE
from ct_pandas._decode.shape import CONTAINERS, Place
from ct_pandas._decode.spelled import Odd, Spelled, searchable
from ct_pandas._decode.summary import is_sparse
from ct_pandas._unicode import is_unicode

_CHANGED = re.compile(r"Column\(/records/\[\]/(.*)\) changed from \w+ to (\w+)", re.DOTALL)
_INSIDE = ("profileData/", "event_props/", "session_props/", "platformInfo/[]/")
_SPARE = 3  # pages that may be unlike those before them
_WORTH = 4  # pages that have to match before a further one may: together they save what its first try costs


@dataclass(frozen=True, slots=True)
class Lore:
    """Keys and places that Arrow's reader needs to be told about."""

    scalars: frozenset[str] = frozenset()
    """Keys whose values are numbers or truths beside other types, somewhere."""

    nested: frozenset[str] = frozenset()
    """Keys whose values are objects, or lists that Arrow cannot type exactly, somewhere."""

    texts: frozenset[Place] = frozenset()
    """Places of text that looks like times, which Arrow would convert."""

    @property
    def loose(self) -> frozenset[str]:
        """Keys that are read as text and typed later."""
        return self.scalars | self.nested

    def __or__(self, other: Lore) -> Lore:
        nested = self.nested | other.nested
        return Lore((self.scalars | other.scalars) - nested, nested, self.texts | other.texts)

    def schema(self) -> pa.Schema | None:
        """Give the places of text as the schema that Arrow's reader takes."""
        tree: dict[str | None, Any] = {}
        for place in self.texts:
            node = tree.setdefault(None, {})
            for step in self._cut(place):
                node = node.setdefault(step, {})
        return pa.schema([pa.field("records", _type(tree))]) if tree else None

    def _cut(self, place: Place) -> Place:
        """Give a place without what is now inside tagged text."""
        for i, step in enumerate(place):
            if step in self.loose:
                return place[: i + 1]
        return place


def _type(tree: dict[str | None, Any]) -> pa.DataType:
    if not tree:
        return pa.string()
    if None in tree:
        return pa.list_(_type(tree[None]))
    return pa.struct([pa.field(name, _type(node)) for name, node in tree.items() if name is not None])


@dataclass(frozen=True, slots=True)
class Known:
    """What pages of a walk looked like."""

    lore: Lore
    schema: pa.Schema
    """The types that Arrow's reader inferred under this lore."""


class Learner:
    """What is known of one walk, shared by the threads that decode its pages."""

    def __init__(self) -> None:
        self.lore = Lore()
        self.known: Known | None = None
        self._matches = self._misses = 0
        self._listed: bool | None = None
        self._lock = threading.Lock()

    def learn(self, new: Lore) -> None:
        """Add to what is known."""
        with self._lock:
            self.lore |= new

    def saw(self, page: Known) -> None:
        """Remember what a page looked like."""
        with self._lock:
            if page.lore != self.lore or self._gives_up:
                return
            known = self.known
            if known is not None and known.lore == page.lore:
                page = Known(page.lore, _wider(known.schema, page.schema))
            self.known = page

    def tried(self, *, matched: bool) -> None:
        """Hear whether a page was like those before it; give up where too few are."""
        with self._lock:
            self._matches += matched
            self._misses += not matched
            if self._gives_up:
                self.known = None

    def lists_summaries(self, body: bytes) -> bool:
        """Say whether summaries are to be written as lists; the first page of a walk tells."""
        with self._lock:
            if self._listed is None:
                self._listed = is_sparse(body)
            return self._listed

    def leave_summaries(self) -> None:
        """Hear that a page could not be read with summaries as lists."""
        with self._lock:
            self._listed, self.known = False, None

    @property
    def _gives_up(self) -> bool:
        return self._misses > _SPARE + self._matches // _WORTH


def _wider(old: pa.Schema, new: pa.Schema) -> pa.Schema:
    """Give the schema that has the keys of both; the old one where they contradict each other."""
    try:
        return pa.unify_schemas([old, new])
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return old


def told_by(error: str, known: Lore, text: Spelled) -> Lore:
    """Learn from the words of Arrow's reader which key changes its type."""
    match = _CHANGED.search(error)
    if match is None:
        raise Odd
    key = _key(match[1].removeprefix("profile/"), text)
    if key in known.nested:
        raise Odd
    if key in known.scalars or match[2] in {"object", "array"} or "array to" in error or "object to" in error:
        return Lore(nested=frozenset({key}))
    return Lore(scalars=frozenset({key}))


def _key(place: str, text: Spelled) -> str:
    """Find the key in a place such as ``profileData/a/b``, where ``a/b`` may be one key or two."""
    for inside in _INSIDE:
        if place.startswith(inside):
            place = place.removeprefix(inside)
            break
    else:
        if place.startswith("events/"):
            return _pick(_tails(place.removeprefix("events/")), text)
    parts = place.split("/")
    return _pick(["/".join(parts[:n]) for n in range(len(parts), 0, -1)], text)


def _tails(place: str) -> list[str]:
    parts = place.split("/")
    return ["/".join(parts[n:]) for n in range(1, len(parts))]


def _pick(candidates: list[str], text: Spelled) -> str:
    for key in candidates:
        if may_be_loose(key) and text.has(key):
            return key
    raise Odd


def may_be_loose(key: str) -> bool:
    """Whether the values of this key can be read as text without harm to the shape of a record."""
    return key not in CONTAINERS and searchable(key) and is_unicode(key)


def told_by_columns(columns: Columns) -> Lore:
    """Learn from a page that had to be read in plain Python."""
    scalars: set[str] = set()
    nested: set[str] = set()
    for path, column in columns.items():
        if isinstance(column, Loose) and path[-2:] != MORE and may_be_loose(path[-1]):
            heads = {cell[1] for cell in column.cells.to_pylist() if cell and cell.startswith(TAG)}
            if heads != {"["}:
                (nested if heads & {"{", "["} else scalars).add(path[-1])
    return Lore(frozenset(scalars), frozenset(nested))
