"""What a download asks for, and how far each of its slices has come. Values only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ct_pandas import _wire
from ct_pandas._paging.enough import Enough


@dataclass(frozen=True)
class Plan:
    """What a download asks for, apart from where its pages go.

    ``slices`` are the queries to walk, ``whole`` the query they are cut from. ``enough`` says after each page
    that is kept whether the caller has what they want; a plan that can have enough has one slice.
    """

    rows: _wire.Rows
    whole: Mapping[str, Any]
    slices: Sequence[Mapping[str, Any]]
    batch_size: int
    flags: _wire.Flags
    lanes: int
    verify: bool
    enough: Enough


@dataclass
class Slice:
    """Some days of a query, and how far their walk has come. Changed only where pages are kept."""

    number: int
    cql: Mapping[str, Any]
    cursor: str | None = None
    rows: int = 0
    pages: int = 0
    done: bool = False
    lost: bool = False
    believed: bool = False  # that it is empty: the count agrees, or there is none
    seen: set[bytes] = field(default_factory=set)

    def restart(self) -> None:
        """Forget the walk so far: the next one starts anew."""
        self._set(cursor=None, rows=0, pages=0, done=False, lost=False, believed=False, seen=set())

    def begin(self, cursor: str) -> None:
        """Stand before the first page; a slice that stops there goes on waiting for the same export."""
        self._set(cursor=cursor, seen={fingerprint(cursor)})

    def advance(self, rows: int, cursor: str | None) -> None:
        """Count a page that is kept; ``cursor`` is the next one to ask for."""
        self._set(rows=self.rows + rows, pages=self.pages + 1, cursor=cursor, done=cursor is None)
        if cursor is not None:
            self.seen.add(fingerprint(cursor))

    @property
    def whole(self) -> bool:
        """Whether its walk came to an end that can be relied on."""
        return self.done and not self.lost and (self.rows > 0 or self.believed)

    def _set(self, **state: Any) -> None:
        """Change all at once: Ctrl-C falls between two statements, and half a change would lose a page."""
        vars(self).update(state)


def fingerprint(cursor: str) -> bytes:
    """Return a few bytes that stand for a cursor, which may be kilobytes long."""
    return hashlib.blake2b(cursor.encode(), digest_size=16).digest()
