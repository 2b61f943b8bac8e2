"""The columns that were asked for, and what the API need not send for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ct_pandas._frame.order import DEVICE
from ct_pandas._shown import shown
from ct_pandas.errors import ArgumentError

_APP = ("platformInfo.", *DEVICE)
_EVENTS = ("events.",)
_PROFILE = ("profileData.",)


@dataclass(frozen=True)
class Selection:
    """Names of columns, in which ``*`` stands for any text.

    Examples
    --------
    >>> chosen = Selection.of(["identity", "profileData.*"])
    >>> chosen.keeps("profileData.plan"), chosen.keeps("email")
    (True, False)
    >>> chosen.flags
    {'app': False, 'events': False, 'profile': True}
    """

    patterns: tuple[str, ...]

    @classmethod
    def of(cls, columns: str | Iterable[str]) -> Selection:
        """Make a selection of one name, or of several."""
        several = isinstance(columns, Iterable) and not isinstance(columns, str)
        patterns: tuple[Any, ...] = tuple(columns) if several else (columns,)
        for pattern in patterns:
            if not isinstance(pattern, str) or not pattern:
                raise ArgumentError(f"columns= takes names such as 'profileData.plan', not {shown(pattern)}.")
        return cls(tuple(dict.fromkeys(patterns)))

    def keeps(self, name: str) -> bool:
        """Whether a column of this name was asked for."""
        return self._pattern.fullmatch(name) is not None

    def absent(self, names: Iterable[str]) -> list[str]:
        """Give the names that were spelled out and are not among ``names``."""
        there = set(names)
        return [pattern for pattern in self.patterns if "*" not in pattern and pattern not in there]

    @property
    def flags(self) -> dict[str, bool]:
        """What the API must send (CleverTap, Get User Profiles API: ``app``, ``events``, ``profile``)."""
        needs = {"app": _APP, "events": _EVENTS, "profile": _PROFILE}
        return {flag: any(self._may_match(start) for start in starts) for flag, starts in needs.items()}

    def _may_match(self, start: str) -> bool:
        """Whether a name that starts so may be asked for."""
        for pattern in self.patterns:
            literal, star, _ = pattern.partition("*")
            if literal.startswith(start) or (star and start.startswith(literal)):
                return True
        return False

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = (".*".join(map(re.escape, pattern.split("*"))) for pattern in self.patterns)
        return re.compile("|".join(parts) or r"(?!)", re.DOTALL)
