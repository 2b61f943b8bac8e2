"""Takes secrets and ids out of a server's words, which may echo what was sent to it."""

from __future__ import annotations

import html
import json
import urllib.parse
from collections.abc import Iterable, Iterator

from ct_pandas._wire import Failure, Request

SHOWN = 300  # characters of a server's text that a message repeats
HIDDEN = "***"
TELLING = 4  # characters from which on a value may point to somebody


def scrub(text: str, passcode: str, request: Request | None = None) -> str:
    """Return a text without the passcode, the id that a request asked for, and the values that it sent."""
    secrets = {passcode}
    if request is not None and request.label == "profile":
        value = request.query.partition("=")[2]
        secrets |= {value, urllib.parse.unquote(value)}
    if request is not None and request.label == "upload":
        secrets.update(values_of(json.loads(request.body or b"{}").get("d")))
    return without(text, secrets)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text without these words, however they are spelled."""
    faces = {face for secret in secrets if secret for face in _faces(secret)}
    for face in sorted(faces, key=len, reverse=True):
        text = text.replace(face, HIDDEN)
    return text


def values_of(value: object) -> Iterator[str]:
    """Give the values of records that are long enough to point to somebody."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from () if key in ("type", "evtName") else values_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from values_of(one)
    elif isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) >= TELLING:
        yield from (str(value), str(value).lstrip("+"))


def _faces(secret: str) -> Iterator[str]:
    """Give every way in which a server may write what it was sent."""
    yield secret
    yield urllib.parse.quote(secret, safe="")
    yield html.escape(secret)
    yield json.dumps(secret)[1:-1]


def said(passcode: str, request: Request, found: Failure | None) -> str:
    """Return what an error repeats of a server's own words."""
    if found is None:
        return ""
    code = "" if found.code is None else f" (code {scrub(str(found.code), passcode, request)})"
    text = scrub(found.text, passcode, request)
    if not text:
        return code
    return f" CleverTap says: {text[:SHOWN] + '…' * (len(text) > SHOWN)!r}{code}."
