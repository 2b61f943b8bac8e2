"""Which names and values point to a person: e-mail, phone, names, tokens and ids."""

from __future__ import annotations

import re
from collections.abc import Callable

from ct_pandas._records.rules import EMAIL

_REACHED_BY = frozenset(
    {"email", "mail", "phone", "mobile", "msisdn", "telephone", "tel", "whatsapp", "contact"}
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
_WHOLE = frozenset({"objectId", "FBID", "GPID", "badKs", "all_identities", "dob", "DOB"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_EMAIL = re.compile(EMAIL)
_ADDRESS = re.compile(r"""[^\s@,;:<>()"'/?=&{}\[\]|]+@([^\s@.,;:<>()"'/?=&{}\[\]|]+\.)+[^\W\d_]{2,}""")
_PHONE = re.compile(r"\+\d[\d\s().-]{5,}\d")


def words(name: str) -> list[str]:
    """Return the words of a name, however they are joined."""
    return [
        word.lower() for word in _WORDS.findall(name.replace("E-mail", "Email").replace("e-mail", "email"))
    ]


def reaches(name: str) -> bool:
    """Tell whether a name says that its values reach a person: addresses, numbers, tokens."""
    found = set(words(name))
    return bool(found & _REACHED_BY) or "token" in found or "tokens" in found


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
