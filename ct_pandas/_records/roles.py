"""What a column is to CleverTap, by its name: an attribute or property with its key, or why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ct_pandas._frame.order import DEVICE, REQUESTED
from ct_pandas._query.names import SENT_AS
from ct_pandas._records.identity import ID_KEYS
from ct_pandas._records.plain import is_missing

# Keys of a downloaded record that are the API's own, developer.clevertap.com/docs/get-user-profiles-api.
OWN_KEYS = frozenset({"objectId", "all_identities", "badKs", "df", "id"})
# What reset_index() makes of the index of a frame that was read, sorted, filtered or put together.
OF_INDEX = frozenset({REQUESTED, "index", "level_0", "level_1"})
# What these names mean on a frame that was read is no attribute.
TAKEN = frozenset({*SENT_AS, *OWN_KEYS, *DEVICE, *OF_INDEX, "ts"})
BOOKKEEPING = "clevertap."  # columns that a backup adds for people to read
EXISTS = BOOKKEEPING + "exists"

_NEVER = {
    "platformInfo.": "a device field, never an attribute",
    "events.": "the event summary, never an attribute",
    "session_props.": "a property of a session, never an attribute",
    "event_props.": "a property of an event, not of a person",
    BOOKKEEPING: "a note of the backup",
}
NAMELESS = "a column without a name"
THE_ID = "the id, not also an attribute"
THE_TIME = "the record's own time"
THE_EVENT = "the name of the event"


@dataclass(frozen=True)
class Role:
    """The key that a column is sent as; why it is not, or beside a key, why only where it is named."""

    key: str | None
    why: str = ""

    @property
    def is_sent_unasked(self) -> bool:
        """Whether the column goes along where no columns are named."""
        return self.key is not None and not self.why


def role_of(label: Any, kind: str, *, downloaded: bool, of_events: bool, was_read: bool) -> Role:
    """Say what a column is.

    Parameters
    ----------
    label
        The column's name.
    kind
        ``"profile"`` or ``"event"``.
    downloaded, of_events
        Whether the frame was downloaded, and whether its rows are events.
    was_read
        Whether the column is known to have come with the download, so is not the user's own.
    """
    if is_missing(label):
        return Role(None, NAMELESS)
    name = str(label)
    if name in ID_KEYS:
        return Role(None, THE_ID)
    if kind == "event":
        return _property(name, downloaded=downloaded, of_events=of_events, was_read=was_read)
    return _attribute(name, downloaded=downloaded, of_events=of_events)


def _attribute(name: str, *, downloaded: bool, of_events: bool) -> Role:
    if name in OWN_KEYS:
        return Role(None, "the API's own key, never an attribute")
    if name in SENT_AS:
        return Role(SENT_AS[name])
    if name.startswith("profileData."):
        return Role(name.removeprefix("profileData."))
    for prefix, why in _NEVER.items():
        if name.startswith(prefix) and (downloaded or prefix == "platformInfo."):
            return Role(None, why)
    if of_events and name in DEVICE:
        return Role(None, "a device field, never an attribute")
    if of_events and name == "ts":
        return Role(None, "the time of the event")
    return _of_ones_own(name, downloaded=downloaded)


def _property(name: str, *, downloaded: bool, of_events: bool, was_read: bool) -> Role:
    if name.startswith("event_props."):
        return Role(name.removeprefix("event_props."))
    if not downloaded:
        return Role(name)
    person = name in SENT_AS or name in OWN_KEYS or name.startswith("profileData.")
    if person or any(name.startswith(prefix) for prefix in _NEVER):
        return Role(None, "the person's or the device's, not a property of the event")
    if of_events and name in DEVICE:
        return Role(None, "a device field, not a property of the event")
    if of_events and name == "ts":
        return Role(None, "the time of the event that was read")
    if was_read:
        return Role(None, "came with the download, not your own")
    return _of_ones_own(name, downloaded=downloaded)


def _of_ones_own(name: str, *, downloaded: bool) -> Role:
    of_index = downloaded and name in OF_INDEX
    return Role(name, "the index of what was read, sent only if named in columns=" if of_index else "")
