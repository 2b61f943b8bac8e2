"""Which names and values point to a person: e-mail, phone, names, tokens and ids."""

from __future__ import annotations

import re
from collections.abc import Callable

EMAIL = r'[^\s@,;:<>()"]+@([^\s@.,;:<>()"]+\.)+[^\s@.,;:<>()"]{2,}'
# Within one word, because projects write "phonenumber", "mobileno" and "customeremail" as well.
_REACHED_BY = re.compile(
    r"email|whatsapp|msisdn|(?:phone|mobile|contact)s?(?:no|nr|num|number|id)?s?$"
    r"|^cells?(?:no|nr|num|number)?$|^(?:mail|tel)s?$|^(?:push|device|fcm|gcm|apns)?tokens?$"
)
_NAMED_BY = re.compile(
    r"(?:first|last|sur|full|nick|user|middle|given|family|display|customer|contact)?names?"
)
_WHOSE = r"(?:user|customer|client|member|device|visitor|person|profile|object|fb|gp)"
_ADS = r"gaid|idfa|idfv|adid"
_ID = re.compile(rf"{_WHOSE}?(?:id|guid|uuid)s?|identit(?:y|ies)|{_ADS}")
_ID_OF_A_PERSON = re.compile(rf"{_WHOSE}(?:id|guid|uuid)s?|identit(?:y|ies)|{_ADS}")
_WHOLE = frozenset({"objectId", "p256dh", "auth", "FBID", "GPID", "badKs", "all_identities", "dob", "DOB"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ONE_WORD = re.compile(r"e-mail|whatsapp", re.IGNORECASE)
_EMAIL = re.compile(EMAIL)
# In a text, or in an address of the web; bounded, so that no text takes longer than its length.
_AT = r"(?:[@\uff20]|%40)"
_NOT = r"""\s@\uff20,;:<>()"'/?=&{}\[\]|"""
_ADDRESS = re.compile(rf"[^{_NOT}]{{1,64}}{_AT}(?:[^{_NOT}.]{{1,63}}\.)+[^\W\d_]{{2,}}")
_PHONE = re.compile(r"(?:[+\uff0b]|%2B)\d[\d\s().\-\u2010-\u2015\u2212/]{5,}\d", re.IGNORECASE)
_MAY_HOLD = re.compile(r"[@+\uff20\uff0b]|%40|%2B", re.IGNORECASE)


def words(name: str) -> list[str]:
    """Return the words of a name, however they are joined."""
    joined = _ONE_WORD.sub(lambda found: found[0].replace("-", "").capitalize(), name)
    return [word.lower() for word in _WORDS.findall(joined)]


def reaches(name: str) -> bool:
    """Tell whether a name says that its values reach a person: addresses, numbers, tokens."""
    return any(map(_REACHED_BY.search, words(name)))


def identifies(name: str) -> bool:
    """Tell whether a name says that its values are a person's ids; ``Order ID`` is a thing's."""
    return _ID_OF_A_PERSON.fullmatch("".join(words(name))) is not None


def is_personal(name: str) -> bool:
    """Tell whether a name says that its values reach, name or identify a person."""
    if name in _WHOLE or reaches(name) or identifies(name):
        return True
    return any(_NAMED_BY.fullmatch(word) or _ID.fullmatch(word) for word in words(name))


def hidden(text: str, hide: Callable[[str], str]) -> str:
    """Return a text with ``hide`` of every e-mail address and international phone number in it."""
    if not _MAY_HOLD.search(text):
        return text
    if _EMAIL.fullmatch(text):
        return hide(text)
    for pattern in (_ADDRESS, _PHONE):
        text = pattern.sub(lambda found: hide(found[0]), text)
    return text
