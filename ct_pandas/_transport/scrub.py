"""Takes secrets and ids out of a server's words, which may echo what was sent to it."""

from __future__ import annotations

import html
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator

from ct_pandas._failures import Failure
from ct_pandas._personal import hidden
from ct_pandas._wire import Request

SHOWN = 300  # characters of a server's text that a message repeats
HIDDEN = "***"
READ = 20_000  # characters of it that are looked at: more than could shrink to what is shown
CODE = 40  # characters of a code
TELLING = 4  # characters from which on a value may point to somebody


def scrub(text: str, passcode: str, request: Request | None = None) -> str:
    """Return a text without the passcode, the id that a request asked for, and the values that it sent."""
    values: set[str] = set()
    if request is not None and request.label == "profile":
        value = request.query.partition("=")[2]
        values |= {value, urllib.parse.unquote(value)}
    if request is not None and request.label == "upload":
        values.update(values_of(json.loads(request.body or b"{}").get("d")))
    return without(_hide(text, _every_face(passcode)) if passcode else text, values)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text without these words, however they are spelled, and in whatever case."""
    return _hide(text, {face for secret in secrets if secret for face in _faces(secret)})


def _hide(text: str, faces: set[str]) -> str:
    lowered = text.lower()
    for face in sorted((face for face in faces if face.lower() in lowered), key=len, reverse=True):
        text = re.sub(re.escape(face), HIDDEN, text, flags=re.IGNORECASE)
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


def _faces(secret: str) -> set[str]:
    """Give the usual ways in which a server may write what it was sent: plain, in addresses, HTML, JSON."""
    if secret.isalnum() and secret.isascii():
        return {secret}
    return {
        secret,
        urllib.parse.quote(secret, safe=""),
        html.escape(secret),
        json.dumps(secret)[1:-1],
    }


def _every_face(secret: str) -> set[str]:
    """Give every way, of a secret that must not be seen in any."""
    written, marked = json.dumps(secret)[1:-1], html.escape(secret)
    return _faces(secret) | {
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        html.escape(secret, quote=False),
        marked.replace("&#x27;", "&#39;"),
        marked.replace("&#x27;", "&apos;"),
        html.escape(written),
        written.replace("/", "\\/"),
        json.dumps(written)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        urllib.parse.quote(urllib.parse.quote(secret, safe=""), safe=""),
        "".join(f"%{byte:02x}" for byte in secret.encode("utf-8", "surrogatepass")),
        "".join(f"&#{ord(letter)};" for letter in secret),
        "".join(f"&#x{ord(letter):x};" for letter in secret),
        "".join(f"\\u{ord(letter):04x}" for letter in secret),
    }


def said(passcode: str, request: Request, found: Failure | None) -> str:
    """Return what an error repeats of a server's own words: no more than a line, and nobody's address."""
    if found is None:
        return ""
    code = "" if found.code is None else f" (code {shown_code(found.code, passcode, request)})"
    text = hidden(scrub(found.text[:READ], passcode, request), lambda _: HIDDEN)
    if not text:
        return code
    return f" CleverTap says: {text[:SHOWN] + '…' * (len(text) > SHOWN)!r}{code}."


def code_of(found: Failure | None, passcode: str) -> int | str | None:
    """Return the code of a failure as an error holds it."""
    code = None if found is None else found.code
    return shown_code(code, passcode) if isinstance(code, str) else code


def shown_code(code: int | str, passcode: str, request: Request | None = None) -> str:
    """Return a code as a message shows it: words of a server may be long, and hold what rules a terminal."""
    text = hidden(scrub(str(code)[:READ], passcode, request), lambda _: HIDDEN)
    plain = len(text) <= CODE and text.isprintable()
    return text if plain else f"{text[:CODE]!r}…"
