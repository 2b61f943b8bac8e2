"""Which names and values point to a person: e-mail, phone, names, tokens and ids."""

from __future__ import annotations

import re
from collections.abc import Callable

from ct_pandas._records.rules import EMAIL

# Within one word, because projects write "phonenumber", "mobileno" and "customeremail" as well.
_REACHED_BY = re.compile(
    r"email|whatsapp|msisdn|(?:phone|mobile|contact)(?:no|nr|num|number|id)?$|^(?:mail|tel|tokens?)$"
)
_NAMED_BY = frozenset({"name", "firstname", "lastname", "surname", "fullname", "nickname", "username"})
_ID_WORDS = frozenset(
    {
        "id",
        "ids",
        "identity",
        "identities",
        "guid",
        "uuid",
        "objectid",
        "fbid",
        "gpid",
        "userid",
        "customerid",
    }
)
_WHOLE = frozenset({"objectId", "p256dh", "auth", "FBID", "GPID", "badKs", "all_identities", "dob", "DOB"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ONE_WORD = re.compile(r"e-mail|whatsapp", re.IGNORECASE)
_EMAIL = re.compile(EMAIL)
_ADDRESS = re.compile(r"""[^\s@,;:<>()"'/?=&{}\[\]|]+@([^\s@.,;:<>()"'/?=&{}\[\]|]+\.)+[^\W\d_]{2,}""")
_PHONE = re.compile(r"\+\d[\d\s().-]{5,}\d")


def words(name: str) -> list[str]:
    """Return the words of a name, however they are joined."""
    joined = _ONE_WORD.sub(lambda found: found[0].replace("-", "").capitalize(), name)
    return [word.lower() for word in _WORDS.findall(joined)]


def reaches(name: str) -> bool:
    """Tell whether a name says that its values reach a person: addresses, numbers, tokens."""
    return any(map(_REACHED_BY.search, words(name)))


def is_personal(name: str) -> bool:
    """Tell whether a name says that its values reach, name or identify a person."""
    if name in _WHOLE or reaches(name):
        return True
    found = set(words(name))
    return bool(found & _NAMED_BY) or bool(found & _ID_WORDS)


def hidden(text: str, hide: Callable[[str], str]) -> str:
    """Return a text with ``hide`` of every e-mail address and international phone number in it."""
    if "@" not in text and "+" not in text:
        return text
    if _EMAIL.fullmatch(text):
        return hide(text)
    for pattern in (_ADDRESS, _PHONE):
        text = pattern.sub(lambda found: hide(found[0]), text)
    return text
