"""Whether an uploaded record is right: the API's rules, its codes, and the texts it was seen to answer.

CleverTap, "Working with User Profiles API" (codes 514 to 535, sizes), "API Errors" (509 to 528), "Upload
Events". Where the documentation names no code, 555 stands for "Miscellaneous".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ct_pandas.sandbox.switches import Switches
from ct_pandas.sandbox.vocabulary import SYSTEM_EVENTS

IDENTITIES: Final = ("identity", "objectId", "FBID", "GPID")
STANDARD: Final = frozenset(
    ("Name", "Email", "Phone", "Gender", "Age", "DOB", "Education", "Employed", "Married", "Tz", "Photo")
)
OPERATIONS: Final = frozenset(("$add", "$remove", "$incr", "$decr", "$delete"))
CATEGORIES: Final = ("category-unsubscribe", "category-resubscribe")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_OLDEST_AGE: Final = 150
_LAST_EPOCH: Final = 99_999_999_999
_TOKEN_TYPES: Final = ("apns", "gcm", "fcm", "wns", "mpns", "chrome")
_PREFIXES: Final = {"__": ("fcm", "gcm"), "-": ("apns",), "~": ("wns", "mpns")}
_PROFILE: Final = "Profile data is incorrect. "


class Flaw(NamedTuple):
    """Why a record is refused."""

    code: int
    text: str

    def at(self, number: int) -> str:
        """Word it for the record with this number, the first being 1."""
        return f"{self.text}Skipped record number : {number}"


@dataclass(frozen=True)
class Sizes:
    """The sizes that an account allows."""

    records: int
    key: int
    key_unit: str
    value: int
    attributes: int
    tokens: int = 100

    def too_long(self, key: str) -> bool:
        """Tell whether a key is too long, in characters or in bytes."""
        return len(key if self.key_unit == "characters" else key.encode()) > self.key


SIZES: Final = {
    "documented": Sizes(records=100, key=32, key_unit="characters", value=120, attributes=63),
    "current": Sizes(records=1000, key=120, key_unit="bytes", value=512, attributes=256),
}


class Judge:
    """Judges records, one by one.

    Parameters
    ----------
    switches
        Which limits and which kinds of tokens hold.
    """

    def __init__(self, switches: Switches) -> None:
        self._switches, self._sizes = switches, SIZES[switches.limits]

    def flaw(self, record: Any) -> Flaw | None:
        """Give what is wrong with a record, the first thing found."""
        return next(self._flaws(record), None)

    def _flaws(self, record: Any) -> Iterator[Flaw]:
        kind = record.get("type") if isinstance(record, dict) else None
        if kind == "token":
            yield from self._token(record)
        elif kind in ("profile", "event"):
            yield from _identified(record)
            yield from _timed(record)
            yield from self._profile(record) if kind == "profile" else self._event(record)
        else:
            yield Flaw(524, "Data is neither an event nor a profile. ")

    def _profile(self, record: Mapping[str, Any]) -> Iterator[Flaw]:
        data = record.get("profileData")
        if not isinstance(data, dict):
            yield Flaw(524, "Data is neither an event nor a profile. profileData is missing. ")
            return
        yield from _standard(data)
        yield from _operated(data)
        yield from self._sized(data)

    def _sized(self, data: Mapping[str, Any]) -> Iterator[Flaw]:
        sizes = self._sizes
        if len(custom_keys(data)) > sizes.attributes:
            yield Flaw(555, f"{_PROFILE}More than {sizes.attributes} custom attributes.")
        for key, value in data.items():
            if sizes.too_long(key):
                yield Flaw(555, f"{_PROFILE}Attribute key is longer than {sizes.key} {sizes.key_unit}.")
            if any(len(text.encode()) > sizes.value for text in _texts(value)):
                yield Flaw(555, f"{_PROFILE}Attribute value is longer than {sizes.value} bytes.")
            if isinstance(value, dict) and not _known_object(key, value):
                yield Flaw(555, f"{_PROFILE}Nested objects are not supported.")

    def _event(self, record: Mapping[str, Any]) -> Iterator[Flaw]:
        name, data = record.get("evtName"), record.get("evtData")
        if not isinstance(name, str) or not name.strip():
            yield Flaw(509, "Event Name is incorrect. ErrorCode: 509 - Event name is mandatory. ")
        elif name in SYSTEM_EVENTS:
            text = "Event Name is incorrect. ErrorCode: 513 - Trying to raise a restricted system event. "
            yield Flaw(513, text)
        elif name in self._switches.discarded_events:
            yield Flaw(528, "Event Name is incorrect. ErrorCode: 528 - Trying to raise a discarded event. ")
        if not isinstance(data, dict) or any(isinstance(value, dict) for value in data.values()):
            yield Flaw(512, "Event structure is not valid. ")
        elif len(data) > self._switches.event_properties:
            yield Flaw(522, f"More than {self._switches.event_properties} event properties. ")

    def _token(self, record: Mapping[str, Any]) -> Iterator[Flaw]:
        object_id, data = record.get("objectId"), record.get("tokenData")
        if not _is_object_id(object_id):
            yield Flaw(530, "Invalid objectId. ")
        elif not isinstance(data, dict):
            yield Flaw(531, "Invalid token data. ")
        elif not isinstance(data.get("id"), str) or not data["id"]:
            yield Flaw(532, "Token 'id' is not present. ")
        elif not data.get("type"):
            yield Flaw(533, "Token 'type' is not present. ")
        elif not self._fits(str(object_id), data["type"]):
            yield Flaw(534, "Token 'type' is not valid for 'objectId'. ")
        elif data["type"] == "chrome" and not _has_keys(data.get("keys")):
            yield Flaw(535, "Invalid token data. ")

    def _fits(self, object_id: str, kind: Any) -> bool:
        """Tell whether a kind of token suits a device; what its id begins with names the platform."""
        if kind not in (_TOKEN_TYPES if self._switches.all_token_types else _TOKEN_TYPES[:3]):
            return False
        fitting = [kinds for prefix, kinds in _PREFIXES.items() if object_id.startswith(prefix)]
        return not fitting or kind in fitting[0]


def custom_keys(data: Mapping[str, Any]) -> list[str]:
    """List the keys that are neither standard nor about consent."""
    return [
        key for key in data if key not in STANDARD and key not in CATEGORIES and not key.startswith("MSG-")
    ]


def is_operation(value: Any) -> bool:
    """Tell whether a value is one of the operators, such as ``{"$incr": 1}``."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in OPERATIONS


def _known_object(key: str, value: dict[str, Any]) -> bool:
    return not value or is_operation(value) or key in CATEGORIES


def _identified(record: Mapping[str, Any]) -> Iterator[Flaw]:
    """Ask for one id; a number is taken for its text, as the real server does."""
    keys = [key for key in IDENTITIES if record.get(key) not in (None, "")]
    if not keys:
        yield Flaw(523, "Identity is missing. ")
    elif keys[0] == "objectId" and not _is_object_id(record["objectId"]):
        yield Flaw(526, "objectId is not valid. ")
    elif not isinstance(record[keys[0]], str | int) or isinstance(record[keys[0]], bool):
        yield Flaw(523, "Identity is not valid. ")


def _is_object_id(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not re.search(r"\s", value)


def _timed(record: Mapping[str, Any]) -> Iterator[Flaw]:
    ts = record.get("ts", 1)
    if not isinstance(ts, int) or isinstance(ts, bool) or not 0 < ts <= _LAST_EPOCH:
        yield Flaw(525, "Timestamp should be present in the Unix Epoch format. ")


def _standard(data: Mapping[str, Any]) -> Iterator[Flaw]:
    """Judge the attributes that CleverTap knows itself."""
    if _wrong(data, "Gender", ("M", "F")):
        yield Flaw(514, f"{_PROFILE}Gender needs to be M/F.")
    if _given(data, "Email") and not (isinstance(data["Email"], str) and _EMAIL.fullmatch(data["Email"])):
        yield Flaw(515, f"{_PROFILE}Email is not valid.")
    if _given(data, "Phone") and not (isinstance(data["Phone"], str) and _PHONE.fullmatch(data["Phone"])):
        yield Flaw(516, f"{_PROFILE}Phone number is not valid.")
    if _wrong(data, "Employed", ("Y", "N")):
        yield Flaw(517, f"{_PROFILE}Employed needs to be Y/N.")
    if _wrong(data, "Education", ("School", "College", "Graduate")):
        yield Flaw(518, f"{_PROFILE}Education needs to be School/College/Graduate..")
    if _wrong(data, "Married", ("Y", "N")):
        yield Flaw(519, f"{_PROFILE}Married needs to be Y/N.")
    if _given(data, "Age") and not _is_age(data["Age"]):
        yield Flaw(520, f"{_PROFILE}Age is invalid.")


def _operated(data: Mapping[str, Any]) -> Iterator[Flaw]:
    """Judge operators: counters take numbers, and a standard attribute can only be deleted."""
    for key, value in data.items():
        operation, wanted = next(iter(value.items())) if is_operation(value) else (None, None)
        if operation in ("$incr", "$decr") and not _is_number(wanted):
            yield Flaw(555, f"{_PROFILE}{operation} takes a number.")
        elif operation and operation != "$delete" and key in STANDARD:
            yield Flaw(555, f"{_PROFILE}{operation} does not work for {key}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _given(data: Mapping[str, Any], key: str) -> bool:
    value = data.get(key)
    return value is not None and not (is_operation(value) and "$delete" in value)


def _wrong(data: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> bool:
    return _given(data, key) and data[key] not in allowed


def _is_age(value: Any) -> bool:
    """Tell whether an age is right; its digits as text were seen to be taken."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,3}", value):
        value = int(value)
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _OLDEST_AGE


def _has_keys(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in ("p256dh", "auth"))


def _texts(value: Any) -> Iterator[str]:
    """Give the texts that are measured: a text, and those inside a list or an object."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
