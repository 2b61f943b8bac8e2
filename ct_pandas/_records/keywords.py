"""The keywords of the three uploads, checked as far as they can be without the frame."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from ct_pandas._records.identity import ID_KEYS
from ct_pandas._records.rules import TOKEN_TYPES
from ct_pandas._shown import shown
from ct_pandas._unicode import is_unicode
from ct_pandas.errors import ValidationError

Kind = Literal["profile", "event", "token"]
INVALID = ("raise", "skip", "send")
NAMING = ("identity", "ts", "event_column", "object_id", "token", "type", "p256dh", "auth")


@dataclass(frozen=True, kw_only=True)
class Keywords:
    """What becomes of the columns: the keywords that a dry look and an upload share."""

    kind: Kind
    columns: Any = None
    identity: Any = None
    id_type: str | None = None
    ts: Any = None
    original: Any = None
    event: str | None = None
    event_column: Any = None
    token_type: str | None = None
    object_id: Any = "objectId"
    token: Any = "token"  # noqa: S105  (the name of a column)
    type: Any = "type"
    p256dh: Any = "p256dh"
    auth: Any = "auth"

    def __post_init__(self) -> None:
        for keyword in NAMING:
            _check_name(keyword, getattr(self, keyword))
        if self.id_type is not None and not _is_one_of(self.id_type, ID_KEYS):
            raise ValidationError(f"id_type={shown(self.id_type)} is not one of {', '.join(ID_KEYS)}.")
        if self.kind == "event":
            self._check_event()
        if self.token_type is not None and not _is_one_of(self.token_type, TOKEN_TYPES):
            raise ValidationError(
                f"token_type={shown(self.token_type)} is not one of {', '.join(TOKEN_TYPES)}."
            )
        if isinstance(self.columns, str) and self.columns not in ("all", "changed"):
            raise ValidationError(
                f"columns={self.columns!r}: give a list, such as columns=[{self.columns!r}], "
                '"changed" or "all".'
            )
        if self.columns is not None and not isinstance(self.columns, Iterable):
            raise ValidationError(f"columns= takes a list of names, not {type(self.columns).__name__}.")
        if isinstance(self.columns, pd.Series) and self.columns.name is not None:
            raise ValidationError(
                f"columns= takes a list of names, not a column: columns=[{self.columns.name!r}]."
            )
        if self.columns is not None and not isinstance(self.columns, str):
            object.__setattr__(self, "columns", tuple(self.columns))  # a retry reads them once more
            check_names("columns", self.columns)
        if self.original is not None and not self.changed:
            raise ValidationError(
                'original= is the frame as it was read; it is only used with columns="changed".'
            )

    @property
    def changed(self) -> bool:
        """Whether only cells that differ from what was read are sent."""
        return isinstance(self.columns, str) and self.columns == "changed"

    def _check_event(self) -> None:
        if (self.event is None) == (self.event_column is None):
            raise ValidationError(
                'Give the name of the event for all rows, upload_events("Charged"), or a column of names, '
                "upload_events(event_column=...): exactly one of the two."
            )
        if self.event is not None and (not isinstance(self.event, str) or not self.event.strip()):
            raise ValidationError("The name of the event must be text and not empty.")
        if self.event is not None and not is_unicode(self.event):
            raise ValidationError(f"The name of the event, {self.event!r}, is not valid Unicode.")
        if self.changed:
            raise ValidationError('columns="changed" is for profiles: an event that was sent stays as it is.')


def _check_name(keyword: str, name: Any) -> None:
    """Refuse what names no column, such as the column itself."""
    if not _is_name(name):
        own = getattr(name, "name", None) if isinstance(name, pd.Series | pd.Index) else None
        hint = "" if own is None else f" Give its name: {keyword}={own!r}."
        raise ValidationError(f"{keyword}= takes the name of one column, not {type(name).__name__}.{hint}")


def check_names(keyword: str, names: Iterable[Any]) -> None:
    """Refuse a list of names in which something else stands, such as a further list."""
    wrong = next((one for one in names if not _is_name(one)), None)
    if wrong is not None:
        raise ValidationError(f"{keyword}= takes a list of names, but {shown(wrong)} in it is not a name.")


def _is_name(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return value is not pd.NA


def _is_one_of(value: Any, words: Collection[str]) -> bool:
    return isinstance(value, str) and value in words


def check_invalid(invalid: Any) -> None:
    """Refuse what is no way to treat rows that CleverTap would refuse."""
    if not _is_one_of(invalid, INVALID):
        raise ValidationError(f"invalid={shown(invalid)} is not one of {', '.join(map(repr, INVALID))}.")


_SHARED = frozenset({"dry_run", "invalid", "parallel", "progress", "account"})
_PEOPLE = frozenset({"columns", "identity", "id_type", "ts"})
_OF_KIND: dict[str, frozenset[str]] = {
    "profile": _PEOPLE | {"original"},
    "event": _PEOPLE | {"event", "event_column"},
    "token": frozenset({"token_type", "object_id", "token", "type", "p256dh", "auth"}),
}


def of_kind(kind: str | None, given: dict[str, Any]) -> Keywords:
    """Return the keywords of one kind of upload; those that only matter in sending are left out."""
    if kind is None:
        kind = "event" if {"event", "event_column"} & given.keys() else "profile"
        kind = "token" if (_OF_KIND["token"] & given.keys()) else kind
    if not _is_one_of(kind, _OF_KIND):
        raise ValidationError(f"kind={shown(kind)} is not one of {', '.join(map(repr, _OF_KIND))}.")
    allowed = _OF_KIND[kind] | _SHARED | ({"backup"} if kind == "profile" else set())
    unknown = sorted(given.keys() - allowed)
    if unknown:
        near = difflib.get_close_matches(unknown[0], sorted(allowed), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise TypeError(f"{unknown[0]!r} is not a keyword of an upload of {kind}s.{hint}")
    check_invalid(given.get("invalid", "raise"))
    chosen = {name: value for name, value in given.items() if name in _OF_KIND[kind]}
    return Keywords(kind=kind, **chosen)  # type: ignore[arg-type]  # checked above
