"""What the text of a page says where Arrow's types cannot: found, and rewritten, without parsing the page.

A quote inside a JSON string is always escaped, so an unescaped ``"key":`` is that key wherever it stands,
with one exception: what stands *between* two strings (``"a", ":b"`` holds ``", ":``) begins with one of
``, : ] }``. Keys that begin so are not searched for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from json.encoder import encode_basestring
from typing import Any

from ct_pandas._columns import TAG

_SPACE = rb"[ \t\r\n]*"
_WHOLE = rb"-?[0-9]+" + _SPACE + rb"[,}]"
_SCALAR = (
    rb"(-?(?:0|[1-9][0-9]{0,400})(?:\.[0-9]{1,400})?(?:[eE][-+]?[0-9]{1,4})?|true|false)"
    rb"(?=" + _SPACE + rb"[,}])"
)
_ESCAPED_KEY = re.compile(rb'\\.(?:[^"\\]|\\.)*"' + _SPACE + rb":", re.DOTALL)
_TAGGED = json.dumps(TAG)[1:-1]
_scan = json.JSONDecoder().scan_once


class Odd(Exception):  # noqa: N818 - no error: the page has to be read another way
    """This page cannot be proven exact on this path."""


def searchable(key: str) -> bool:
    """Whether an unescaped ``"key":`` can be nothing but this key."""
    return key.lstrip(" \t\r\n")[:1] not in {",", ":", "]", "}"}


class Spelled:
    """The text of one page.

    Parameters
    ----------
    body
        Bytes that are valid UTF-8.
    """

    def __init__(self, body: bytes) -> None:
        self.body = body

    @cached_property
    def _escaped(self) -> dict[str, set[bytes]]:
        """Find the keys that are written with escapes: each with its spellings."""
        found: dict[str, set[bytes]] = {}
        for match in _ESCAPED_KEY.finditer(self.body):
            start = self.body.rfind(b'"', 0, match.start()) + 1
            raw = self.body[start : match.end()].rpartition(b'"')[0]
            try:
                found.setdefault(json.loads(b'"' + raw + b'"'), set()).add(raw)
            except ValueError:
                continue  # not a key: text between two strings
        return found

    def _pattern(self, keys: Iterable[str], value: bytes) -> re.Pattern[bytes]:
        """Match these keys, however they are spelled, and what stands behind them."""
        raw = {json.dumps(key, ensure_ascii=False)[1:-1].encode() for key in keys}
        raw |= {spelling for key in keys for spelling in self._escaped.get(key, ())}
        names = b"|".join(map(re.escape, sorted(raw)))
        return re.compile(rb'("(?<!\\")(?:' + names + rb')"' + _SPACE + rb":" + _SPACE + rb")" + value)

    @cached_property
    def has_null_word(self) -> bool:
        """Whether null stands anywhere in the page."""
        return b"null" in self.body

    def has(self, key: str) -> bool:
        """Whether this key stands anywhere in the page."""
        return self._pattern([key], b"").search(self.body) is not None

    def has_whole(self, key: str) -> bool:
        """Whether a number without point and exponent stands behind this key, anywhere in the page."""
        return not searchable(key) or self._pattern([key], _WHOLE).search(self.body) is not None

    def has_null(self, key: str) -> bool:
        """Whether null stands behind this key, anywhere in the page."""
        return not searchable(key) or self._pattern([key], rb"null").search(self.body) is not None

    def lists(self, key: str) -> list[Any]:
        """Give every list that stands behind this key, in the order of the page, not yet parsed."""
        starts = [match.end(1) for match in self._pattern([key], rb"(?=\[)").finditer(self.body)]
        return [self.body[a:b] for a, b in zip(starts, [*starts[1:], len(self.body)], strict=True)]

    def tagged(self, scalars: frozenset[str], nested: frozenset[str]) -> bytes:
        """Give the page with the values of these keys as text: what is no string becomes tagged JSON text.

        ``nested`` keys may hold objects and lists; ``scalars`` hold numbers and truths, which is cheaper.
        """
        if not scalars and not nested:
            return self.body
        if _TAGGED.encode() in self.body:
            raise Odd
        body = self.body
        if nested:
            body = "".join(self._tag_nested(body.decode(), nested)).encode()
        if scalars:
            body = self._pattern(scalars, _SCALAR).sub(rb'\1"\\' + _TAGGED.encode()[1:] + rb'\2"', body)
        return body

    def _tag_nested(self, text: str, keys: frozenset[str]) -> Iterator[str]:
        at = 0
        pattern = re.compile(self._pattern(keys, b"").pattern.decode(), re.ASCII)
        for match in pattern.finditer(text):
            start = match.end()
            if start < at or text[start : start + 1] in {'"', "n"}:
                continue  # within a value that is text already; text; or null
            try:
                end = _scan(text, start)[1]
            except (StopIteration, ValueError, RecursionError):
                raise Odd from None
            yield text[at:start]
            yield f'"{_TAGGED}{encode_basestring(text[start:end])[1:]}'
            at = end
        yield text[at:]


def first_list(text: bytes) -> list[Any]:
    """Parse the list that the text begins with, and nothing behind it."""
    try:
        return _scan(text.decode(), 0)[0]  # type: ignore[no-any-return]
    except (StopIteration, ValueError, RecursionError):
        raise Odd from None
