"""Where a frame came from, as far as the frame itself says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._account import Account
from ct_pandas._frame import views
from ct_pandas._records.identity import ID_KEYS
from ct_pandas._records.roles import TAKEN
from ct_pandas.errors import ValidationError

ATTRS = "clevertap"
# Columns that only a download has; merge and concat lose attrs, names stay.
_READ_NAMES = re.compile(
    r"(profileData|platformInfo|event_props|session_props)\..+|events\..+\.(count|first_seen|last_seen)"
)
Origin: TypeAlias = tuple[str, str]
"""The id of an account, and its place."""
PSEUDONYM = "redacted-"
_PSEUDONYM = re.compile(PSEUDONYM + "[0-9a-f]{16}")


def notes(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what a reader or ``redact`` noted on a frame."""
    found = frame.attrs.get(ATTRS)
    return found if isinstance(found, dict) else {}


def origin(frame: pd.DataFrame) -> Origin | None:
    """Return the account that a frame was read from, where its notes say so."""
    said = notes(frame)
    account, place = said.get("account"), said.get("region")
    return (account, place) if isinstance(account, str) and isinstance(place, str) else None


def is_download(frame: pd.DataFrame) -> bool:
    """Tell whether a frame was downloaded, by its notes or the names of its columns."""
    if notes(frame).get("kind") in ("people", "events", "backup"):
        return True
    return any(map(is_name_read, frame.columns))


def is_name_read(name: Any) -> bool:
    """Tell whether only a download has a column of this name."""
    return isinstance(name, str) and _READ_NAMES.fullmatch(name) is not None


def is_of_events(frame: pd.DataFrame) -> bool:
    """Tell whether the rows of a downloaded frame are events.

    Without notes by its columns: of people neither properties of an event stand in it, nor a device beside a
    time. Whatever a frame that somebody made is called, its rows are no events that were read.
    """
    kind = notes(frame).get("kind")
    if kind is not None:
        return bool(kind == "events")
    names = {name for name in frame.columns if isinstance(name, str)}
    if any(name.startswith(("event_props.", "session_props.")) for name in names):
        return True
    return names >= {"ts", "platform"} and is_download(frame)


def attributes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the view of a frame's attributes.

    One that would pass for an id keeps its whole name, so that no upload goes to somebody else. Where others
    are called like something else, such as ``email``, the notes say so.
    """
    found = views.profile(frame, whole=ID_KEYS)
    taken = [name for name in found.columns if name in TAKEN]
    if notes(frame) and taken:
        found.attrs = {**found.attrs, ATTRS: {**notes(found), "bare": taken}}
    return found


def whole_name(frame: pd.DataFrame, label: Any) -> Any:
    """Return the name of a column; of an attribute that a view gives the name of something else, its own."""
    bare = isinstance(label, str) and label in notes(frame).get("bare", ())
    return f"profileData.{label}" if bare else label


def has_pseudonyms(ids: Iterable[str | None]) -> bool:
    """Tell whether ids are pseudonyms; merge and concat lose the note, the ids stay."""
    return any(one is not None and _PSEUDONYM.fullmatch(one) for one in ids if one and one[0] == "r")


def is_pseudonym(text: pa.Array) -> bool:
    """Tell whether any text of a column is a pseudonym."""
    alike = text.filter(pc.starts_with(text, PSEUDONYM))  # few columns have any, and it is quickly told
    return bool(pc.any(pc.match_substring_regex(alike, f"^{_PSEUDONYM.pattern}$")).as_py())


def redacted() -> ValidationError:
    """Return the error about a redacted frame."""
    return ValidationError(
        "This frame was redacted: its ids and contact data are pseudonyms, and sending them would create "
        "profiles that belong to nobody. Upload the frame that it was made from."
    )


def guard(frame: pd.DataFrame, original: Any, account: Account, *, named: bool) -> None:
    """Refuse a redacted frame, and one of another account unless the account is named in the call.

    A frame that lost its notes, in a merge or a file, comes from where its ``original`` was read.
    """
    if notes(frame).get("redacted"):
        raise redacted()
    if named:
        return
    _of_account(frame, account, "This frame was downloaded from account")
    if isinstance(original, pd.DataFrame):
        _of_account(original, account, "The frame of original= was downloaded from account")


def _of_account(frame: pd.DataFrame, account: Account, said_first: str) -> None:
    said = notes(frame)
    other, place = said.get("account"), said.get("region") or account.place
    if other is None or (other, place) == (account.account_id, account.place):
        return
    raise ValidationError(
        f"{said_first} {other} ({place}), and this upload would go to {account.account_id} "
        f"({account.place}). If you mean that, give account=."
    )
