"""Which names and values point to a person: e-mail, phone, names, tokens and ids."""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

from ct_pandas._unicode import is_unicode

EMAIL = r'[^\s@,;:<>()"]+@([^\s@.,;:<>()"]+\.)+[^\s@.,;:<>()"]+'
# Within one word, because projects write "phonenumber", "mobileno" and "customeremail" as well.
_REACHED_BY = re.compile(
    r"email|whatsapp|msisdn|(?:phone|mobile|contact)(?:(?:no|nr|num|number|id)s?)?$"
    r"|^cell(?:no|nr|num|number)?$|^(?:mail|tel)$|tokens?$"
)
_SEVERAL = frozenset({"phones", "mobiles", "contacts", "cells", "mails", "tels"})  # events count them
_NAMED_BY = re.compile(
    r"(?:first|last|sur|full|nick|user|middle|given|family|display|customer|contact|father|mother|maiden)?names?"
)
_WHOSE = r"(?:user|customer|client|member|device|visitor|person|profile|login|subscriber|fb|gp)"
_ID = re.compile(rf"(?:{_WHOSE}|object)?(?:id|guid|uuid)s?|identit(?:y|ies)|gaid|idfa|idfv")
_ID_OF_A_PERSON = re.compile(
    rf"(?:{_WHOSE}(?:id|guid|uuid)s?|identit(?:y|ies))\d*$|^(?:all_?identities|gaid|idfa|idfv)$"
)
_WHOLE = frozenset({"objectId", "p256dh", "auth", "FBID", "GPID", "badKs", "all_identities", "dob", "DOB"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IDS = re.compile(r"IDs(?![a-z])")
_ONE_WORD = re.compile(r"e-mail|whatsapp", re.IGNORECASE)
_EMAIL = re.compile(EMAIL)
# In a text, or in an address of the web. What stands before the sign is tried from its beginning only, and
# no sign is part of it, so that no text takes longer than its length.
_NOT = r"""\s@\uff20,;:<>()"'/?=&{}\[\]|"""
_ADDRESS = re.compile(
    rf"(?:(?<![^{_NOT}])|(?<=%40))(?:[^{_NOT}%]|%(?!40))++(?:[@\uff20]|%40)"
    rf"(?:[^{_NOT}%.]{{1,63}}\.)+[^\W\d_]{{2,}}"
)
_ESCAPED = re.compile(r"(?:[^\\]++|\\[\\'nrtxuU])*+")
_PHONE = re.compile(r"(?<!\d)(?:[+\uff0b]|%2B)\d[\d\s().\-\u2010-\u2015\u2212]{5,}\d", re.IGNORECASE)


def words(name: str) -> list[str]:
    """Return the words of a name, however they are joined."""
    joined = _ONE_WORD.sub(lambda found: found[0].replace("-", "").capitalize(), name)
    joined = _IDS.sub("Ids", joined)
    return [word.lower() for word in _WORDS.findall(joined)]


def reaches(name: str) -> bool:
    """Tell whether a name says that its values reach a person: addresses, numbers, tokens."""
    return any(map(_REACHED_BY.search, words(name)))


def identifies(name: str) -> bool:
    """Tell whether a name says that its values are a person's ids; ``Order ID`` is a thing's."""
    return name == "objectId" or _ID_OF_A_PERSON.search("".join(words(name))) is not None


def is_personal(name: str) -> bool:
    """Tell whether a name says that its values reach, name or identify a person."""
    if name in _WHOLE or reaches(name) or identifies(name):
        return True
    found = words(name)
    several = bool(found) and found[-1] in _SEVERAL
    return several or any(_NAMED_BY.fullmatch(word) or _ID.fullmatch(word) for word in found)


def hidden(text: str, hide: Callable[[str], str]) -> str:
    """Return a text with ``hide`` of every e-mail address and international phone number in it."""
    if "@" not in text and "+" not in text and "%" not in text and text.isascii():
        return text
    if _EMAIL.fullmatch(text):
        return hide(text)
    for pattern in (_ADDRESS, _PHONE):
        text = pattern.sub(lambda found: hide(found[0]), text)
    return text


def in_written(text: str, change: Callable[[Any], Any]) -> str:
    """Return the text of an object or a list with its value changed, and any other text as it is.

    As JSON writes it, or as Python does: that is what ``to_csv`` makes of them.
    """
    if not text.startswith(("[", "{")):
        return text
    forms: tuple[tuple[Callable[[str], Any], Callable[[Any], str]], ...] = (
        (json.loads, _as_json),
        (_literal, repr),
    )
    for read, write in forms:
        with contextlib.suppress(ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            value = read(text)
            done = change(value)
            return text if done == value else write(done)
    return text


def _as_json(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written if is_unicode(written) else json.dumps(value)


def _literal(text: str) -> Any:
    """Read what Python wrote; other escapes than its own would be warned of, in whatever thread."""
    if _ESCAPED.fullmatch(text) is None:
        raise ValueError("not written by Python")
    return ast.literal_eval(text)
