"""What becomes of every column of a frame that is sent."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ct_pandas._frame.order import FURTHER
from ct_pandas._query.names import COLUMN_OF
from ct_pandas._records import provenance, reads
from ct_pandas._records.identity import ID_KEYS, Ids, Source, at_column, at_level, in_more
from ct_pandas._records.keywords import Keywords
from ct_pandas._records.roles import NAMELESS, THE_EVENT, THE_ID, THE_TIME, Role, role_of
from ct_pandas._shown import shown
from ct_pandas._unicode import is_unicode
from ct_pandas.errors import ValidationError


@dataclass(frozen=True)
class Field:
    """A column that is sent: where it stands, its name, and the key it is sent as."""

    at: int
    label: Any
    key: str


@dataclass(frozen=True)
class Outgoing:
    """A frame together with what becomes of its columns."""

    frame: pd.DataFrame
    keywords: Keywords
    fields: tuple[Field, ...]
    ids: Ids
    ts: int | None = None
    event_at: int | None = None
    named: dict[str, int] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)  # why columns are not sent
    original: pd.DataFrame | None = None

    @property
    def kind(self) -> str:
        """What is sent: ``"profile"``, ``"event"`` or ``"token"``."""
        return self.keywords.kind

    def label(self, at: int | None) -> Any:
        """Return the name of a column."""
        return None if at is None else self.frame.columns[at]


def outgoing(frame: pd.DataFrame, keywords: Keywords) -> Outgoing:
    """Say what becomes of every column; raises ``ValidationError`` where keywords do not fit it."""
    if isinstance(frame.columns, pd.MultiIndex):
        raise ValidationError("The columns have several levels; flatten them to one name each first.")
    if keywords.kind == "token":
        return _tokens(frame, keywords)
    if keywords.columns is None and keywords.kind == "profile" and provenance.is_download(frame):
        raise ValidationError(
            "This frame was downloaded, so you must choose what to send back: "
            'columns=["profileData.plan", ...] (names as in the frame, or bare) sends these columns; '
            'columns="changed" sends only the cells that you changed; columns="all" sends every attribute.'
        )
    ids, id_columns = ids_of(frame, keywords)
    event_at = None if keywords.event_column is None else _at(frame, keywords.event_column, "event_column")
    ts = _ts(frame, keywords)
    taken = dict.fromkeys(id_columns, THE_ID)
    taken |= {ts: THE_TIME} if ts is not None else {}
    taken |= {event_at: THE_EVENT} if event_at is not None else {}
    roles = [
        Role(None, taken[at]) if at in taken else role for at, role in enumerate(_roles(frame, keywords))
    ]
    original = reads.original_of(frame, keywords.original) if keywords.changed else None
    fields = _chosen(frame, keywords, roles)
    _one_column_per_key(fields)
    sent = {one.at for one in fields}
    left = {at: role.why or "not chosen" for at, role in enumerate(roles) if at not in sent}
    return Outgoing(frame, keywords, tuple(fields), ids, ts, event_at, left=left, original=original)


def _roles(frame: pd.DataFrame, keywords: Keywords) -> list[Role]:
    downloaded = provenance.is_download(frame)
    of_events = downloaded and provenance.is_of_events(frame)
    read = reads.columns_read(frame)
    return [
        role_of(
            provenance.whole_name(frame, label),
            keywords.kind,
            downloaded=downloaded,
            of_events=of_events,
            was_read=label in read,
        )
        for label in frame.columns
    ]


def _tokens(frame: pd.DataFrame, keywords: Keywords) -> Outgoing:
    for role, what in (("token", "tokens"), ("object_id", "devices' objectId")):
        if getattr(keywords, role) is None:
            raise ValidationError(f"{role}= must name the column of the {what}.")
    found = {
        role: _of_token(frame, keywords, role) for role in ("object_id", "token", "type", "p256dh", "auth")
    }
    named = {role: at for role, at in found.items() if at is not None}
    label, at = keywords.object_id, found["object_id"]
    ids = Ids((at_level("objectId", label) if at is None else at_column("objectId", at, label),))
    left = {at: "not part of a token" for at in range(frame.shape[1]) if at not in named.values()}
    return Outgoing(frame, keywords, (), ids, named=named, left=left)


def _of_token(frame: pd.DataFrame, keywords: Keywords, role: str) -> int | None:
    """Return the position of the column of one part of a token, ``None`` where there need not be one."""
    label = getattr(keywords, role)
    if role == "type" and keywords.token_type is not None:
        return None
    if label not in frame.columns:
        if role == "type":
            raise ValidationError(
                f"type={label!r}: there is no such column. Give one type for all rows, such as "
                'upload_tokens("fcm"), or name the column of types with type=.'
            )
        if role == "object_id" and label in frame.index.names:
            return None
        if role in ("p256dh", "auth") and label in (None, role):
            return None
    return _at(frame, label, role)


def _at(frame: pd.DataFrame, label: Any, keyword: str) -> int:
    """Return the position of the one column of this name."""
    places = [at for at, one in enumerate(frame.columns) if same_label(one, label)]
    if len(places) == 1:
        return places[0]
    if places:
        raise ValidationError(f"{keyword}={label!r}: {len(places)} columns have this name.")
    raise ValidationError(f"{keyword}={label!r}: there is no such column.{_near(frame, label)}")


def same_label(one: Any, label: Any) -> bool:
    """Whether two names of columns are one; ``True`` is not 1, and a missing name is like no other."""
    if one is pd.NA or label is pd.NA:
        return False
    return isinstance(one, bool) == isinstance(label, bool) and bool(one == label)


def _near(frame: pd.DataFrame, label: Any) -> str:
    names = {str(one).rpartition(".")[2]: one for one in frame.columns} | {
        str(one): one for one in frame.columns
    }
    near = difflib.get_close_matches(str(label), list(names), n=1)
    return f" Did you mean {names[near[0]]!r}?" if near else ""


def ids_of(frame: pd.DataFrame, keywords: Keywords) -> tuple[Ids, list[int]]:
    """Return where the ids stand, and which columns are ids and so no attributes."""
    columns = [at for at, label in enumerate(frame.columns) if isinstance(label, str) and label in ID_KEYS]
    if keywords.identity is not None or keywords.id_type is not None:
        name = keywords.identity if keywords.identity is not None else keywords.id_type
        key = keywords.id_type or (name if name in ID_KEYS else "identity")
        if name not in frame.columns and name in frame.index.names:
            return Ids((at_level(str(key), name),)), columns
        if name not in frame.columns and keywords.identity is None:
            raise ValidationError(
                f"id_type={name!r} says what ids are sent as: name their column too, with identity=."
            )
        at = _at(frame, name, "identity")
        return Ids((at_column(str(key), at, name),)), [*columns, at]
    return Ids(tuple(_usual_sources(frame))), columns


def ids_before(original: pd.DataFrame, keywords: Keywords) -> Ids:
    """Return where ids stand in the frame as it was read: under the same name, else the usual ones."""
    name = keywords.identity
    if name is None or name in original.columns or name in original.index.names:
        return ids_of(original, keywords)[0]
    return Ids(tuple(_usual_sources(original)))


def _usual_sources(frame: pd.DataFrame) -> Iterable[Source]:
    for key in ID_KEYS:
        if key in frame.columns:
            yield at_column(key, _at(frame, key, "identity"), key)
        if key in frame.index.names:
            yield at_level(key, key)
    for at, label in enumerate(frame.columns):
        if isinstance(label, str) and label.startswith("platformInfo.") and label.endswith(".objectId"):
            yield at_column("objectId", at, label)
    if FURTHER in frame.columns:
        yield in_more(_at(frame, FURTHER, "identity"))


def _ts(frame: pd.DataFrame, keywords: Keywords) -> int | None:
    if keywords.ts is not None:
        return _at(frame, keywords.ts, "ts")
    if "ts" not in frame.columns or provenance.whole_name(frame, "ts") != "ts":
        if keywords.kind == "event" and "ts" in frame.index.names:
            raise ValidationError(
                "The index has a level 'ts', and an event sent without its time would count as "
                "happening now. Make it a column with reset_index(), or drop it."
            )
        return None
    if keywords.kind == "event":
        return _at(frame, "ts", "ts")
    everything = keywords.columns is None or isinstance(keywords.columns, str)
    if everything and not (keywords.changed and provenance.is_of_events(frame)):
        raise ValidationError(
            "The frame has a column 'ts', which for a profile means the date of its creation and is never "
            'sent unasked. Give ts="ts" if you mean that, or name what to send with columns=[...].'
        )
    return None


def _chosen(frame: pd.DataFrame, keywords: Keywords, roles: list[Role]) -> list[Field]:
    if keywords.columns is None or isinstance(keywords.columns, str):
        for at, role in enumerate(roles):
            if role.why == NAMELESS:
                raise ValidationError(
                    f"The column at position {at} has no name under which it can be sent (it is "
                    f"{frame.columns[at]!r}). Name or drop it, or name what to send with "
                    "columns=[...]."
                )
        return [_field(frame, at, role) for at, role in enumerate(roles) if role.is_sent_unasked]
    places: dict[int, None] = {}
    for name in keywords.columns:
        places.update(dict.fromkeys(_places(frame, name, keywords.kind, roles)))
    return [_field(frame, at, roles[at]) for at in places if roles[at].key is not None]


def _field(frame: pd.DataFrame, at: int, role: Role) -> Field:
    if not is_unicode(str(role.key)):
        raise ValidationError(
            f"The column {frame.columns[at]!r} cannot be sent: its name is not valid Unicode."
        )
    return Field(at, frame.columns[at], str(role.key))


def _places(frame: pd.DataFrame, name: Any, kind: str, roles: list[Role]) -> list[int]:
    """Return the columns that a name means: as in the frame, else bare, else as it is sent."""
    prefix = "event_props." if kind == "event" else "profileData."
    sent_as = COLUMN_OF.get(name) if kind == "profile" else None
    for label in (name, f"{prefix}{name}" if isinstance(name, str) else name, sent_as):
        places = [at for at, one in enumerate(frame.columns) if label is not None and same_label(one, label)]
        if places:
            break
    else:
        if name in frame.index.names and name in ID_KEYS:
            return []
        raise ValidationError(f"columns=: there is no column {shown(name)}.{_near(frame, name)}")
    role = roles[places[0]]
    if role.key is None and role.why not in (THE_ID, THE_TIME, THE_EVENT):
        raise ValidationError(f"columns=: {label!r} cannot be sent: {role.why}.")
    return places


def _one_column_per_key(fields: list[Field]) -> None:
    seen: dict[str, Field] = {}
    for one in fields:
        other = seen.setdefault(one.key, one)
        if other is not one:
            raise ValidationError(
                f"The columns {other.label!r} and {one.label!r} would both be sent as {one.key!r}. Rename or "
                "drop one, or name what to send with columns=[...]."
            )
