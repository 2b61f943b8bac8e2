"""What the text of a page says where Arrow's types cannot: found, and rewritten, without parsing the page.

A quote inside a JSON string is always escaped, so an unescaped ``"key":`` is that key wherever it stands,
with one exception: what stands *between* two strings (``"a", ":b"`` holds ``", ":``) begins with one of
``, : ] }``. Keys that begin so are not searched for.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from json.encoder import encode_basestring
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ct_pandas._decode.columns import TAG

_SAMPLE = 16_384
_LONG = 4_096  # bytes of a key from which on Arrow's search may take the square of its length
SPACE = rb"[ \t\r\n]*"
_WHOLE = rb"-?[0-9]+" + SPACE + rb"[,}]"
_SCALAR = rb"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,4})?|true|false)"
_BEHIND = SPACE + rb"[,}]"
_ESCAPED_KEY = re.compile(rb'(?s)\\.(?:[^"\\]|\\.)*"' + SPACE + rb":")
_NULL_BEHIND_GAP = re.compile(rb"null(?<=[\[, \t\r\n]null)")
_NULL_AFTER_OBJECT = re.compile(rb"\}" + SPACE + rb"," + SPACE + rb"null")
_GAP = re.compile(r"[ \t\r\n,]*")
_TAGGED = json.dumps(TAG)[1:-1].encode()
_AS_TEXT = rb'\1"' + _TAGGED.replace(b"\\", rb"\\") + rb'\2"'
_parse = json.JSONDecoder().raw_decode


class Odd(Exception):  # noqa: N818 - no error: the page has to be read another way
    """A page that cannot be proven exact on this path."""


def _one(body: bytes) -> pa.Array:
    """Give bytes as the one value of an Arrow array, without a copy."""
    ends = pa.array([0, len(body)], pa.int64()).buffers()[1]
    return pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(body)])


def searchable(key: str) -> bool:
    """Whether an unescaped ``"key":`` can be nothing but this key."""
    return key.lstrip(" \t\r\n")[:1] not in {",", ":", "]", "}"}


class Spelled:
    """The text of one page.

    Parameters
    ----------
    body
        Its bytes. What is asked of them, but for ``is_object``, presumes that they are valid UTF-8.
    listed
        Whether summaries were written as lists here.
    """

    def __init__(self, body: bytes, *, listed: bool = False) -> None:
        self.body, self.listed = body, listed
        self._text = _one(body)

    @property
    def is_object(self) -> bool:
        """Whether this is an object in valid UTF-8; Arrow's reader takes other bytes, and crashes on null."""
        try:
            self._text.view(pa.large_string()).validate(full=True)  # makes no text, and holds no GIL
        except pa.ArrowInvalid:
            return False
        return self.body.lstrip(b" \t\r\n")[:1] == b"{"

    def _count(self, pattern: bytes) -> int:
        """Count matches with Arrow, which is several times as fast as ``re`` and holds no GIL."""
        return int(pc.count_substring_regex(self._text, pattern)[0].as_py())

    def replaced(self, pattern: bytes, by: bytes) -> Spelled:
        """Give the page with every match of a pattern replaced, with Arrow."""
        return Spelled(pc.replace_substring_regex(self._text, pattern, by)[0].as_buffer().to_pybytes())

    def _holds(self, words: bytes, behind: bytes = b"") -> bool:
        """Whether these words may stand in the page, and a match of a pattern behind them.

        A search halts at every byte that begins as it does, so the end of the words that begins with the
        rarest byte is looked for first.
        """
        ends = range(max(0, len(words) - 64), len(words))
        rarest = min(ends, key=lambda i: (words[i] > 127, self._frequency[words[i]]))
        return self._matches(re.escape(words[rarest:]) + behind) and (
            rarest == 0 or len(words) > _LONG or self._matches(re.escape(words) + behind)
        )

    def _matches(self, pattern: bytes) -> bool:
        """Whether there may be a match; a pattern that is too long for Arrow is not looked for."""
        try:
            return bool(pc.match_substring_regex(self._text, pattern)[0].as_py())
        except pa.ArrowInvalid:
            return True

    @cached_property
    def _frequency(self) -> npt.NDArray[np.int64]:
        """How often each byte stands in the beginning of the page."""
        return np.bincount(np.frombuffer(self.body[:_SAMPLE], np.uint8), minlength=256)

    @cached_property
    def _has_escapes(self) -> bool:
        return b"\\" in self.body

    @cached_property
    def _escaped(self) -> dict[str, set[bytes]]:
        """Find the keys that are written with escapes: each with its spellings."""
        found: dict[str, set[bytes]] = {}
        if not self._has_escapes or not self._matches(_ESCAPED_KEY.pattern):
            return found
        for match in _ESCAPED_KEY.finditer(self.body):
            start = self.body.rfind(b'"', 0, match.start()) + 1
            raw = self.body[start : match.end()].rpartition(b'"')[0]
            try:
                found.setdefault(json.loads(b'"' + raw + b'"'), set()).add(raw)
            except ValueError:
                continue  # not a key: text between two strings
        return found

    def _spellings(self, keys: Iterable[str]) -> list[bytes]:
        """Give the ways in which these keys are spelled."""
        raw = {json.dumps(key, ensure_ascii=False)[1:-1].encode() for key in keys}
        return sorted(raw | {spelling for key in keys for spelling in self._escaped.get(key, ())})

    def _stands(self, key: str, value: bytes) -> bool:
        """Whether this value stands behind this key, anywhere in the page.

        A key that only ends alike is found too, and looked at again.
        """
        behind = SPACE + b":" + SPACE + value
        loosely = any(self._holds(spelling + b'"', behind) for spelling in self._spellings([key]))
        return loosely and self._pattern([key], value).search(self.body) is not None

    def _pattern(self, keys: Iterable[str], value: bytes) -> re.Pattern[bytes]:
        """Match these keys, however they are spelled, and what stands behind them."""
        names = [self._quoted(re.escape(spelling)) for spelling in self._spellings(keys)]
        key = b'"' + (names[0] if len(names) == 1 else b"(?:" + b"|".join(names) + b")")
        return re.compile(b"(" + key + SPACE + b":" + SPACE + b")" + value)

    def _quoted(self, name: bytes) -> bytes:
        """Match a key up to its second quote; the first one must be none that is escaped within a string.

        It is looked at last, because a pattern that begins with plain text is searched for much faster.
        """
        return name + b'"' + (rb'(?<!\\"' + name + b'")' if self._has_escapes else b"")

    @cached_property
    def has_null_word(self) -> bool:
        """Whether null stands anywhere in the page."""
        return self._holds(b"null")

    @cached_property
    def has_null_in_list(self) -> bool:
        """Whether a list may hold null: in an object, null stands behind a colon."""
        if not self.has_null_word:
            return False
        if self._count(b":null") + self._count(b": null") == self._count(b"null"):
            return False
        return any(
            self.body[max(0, match.start() - 64) : match.start()].rstrip(b" \t\r\n")[-1:] in {b"", b"[", b","}
            for match in _NULL_BEHIND_GAP.finditer(self.body)
        )

    @cached_property
    def has_null_object(self) -> bool:
        """Whether null may stand among records or devices."""
        if not self.has_null_in_list:
            return False
        first = self._pattern(["records", "platformInfo"], rb"\[" + SPACE + rb"null")
        return _NULL_AFTER_OBJECT.search(self.body) is not None or first.search(self.body) is not None

    def has(self, key: str) -> bool:
        """Whether this key stands anywhere in the page."""
        return self._stands(key, b"")

    def has_whole(self, key: str) -> bool:
        """Whether a number without point and exponent stands behind this key, anywhere in the page."""
        return not searchable(key) or self._stands(key, _WHOLE)

    def has_null(self, key: str) -> bool:
        """Whether null stands behind this key, anywhere in the page."""
        return not searchable(key) or self._stands(key, rb"null")

    def has_list(self, key: str) -> bool:
        """Whether a list stands behind this key, anywhere in the page."""
        return self._stands(key, rb"\[")

    def lists(self, key: str) -> list[int]:
        """Tell where each list behind this key begins, in the order of the page."""
        return [match.end(1) for match in self._pattern([key], rb"(?=\[)").finditer(self.body)]

    def lists_at(self, starts: list[int]) -> Iterator[list[Any]]:
        """Parse these lists."""
        for i in range(len(starts)):
            try:
                yield _parse(self._between(starts, i), 0)[0]
            except (ValueError, RecursionError):
                raise Odd from None

    def elements_at(self, starts: list[int], picked: Iterable[tuple[int, list[int]]]) -> Iterator[str]:
        """Give some elements of some of these lists as a list in JSON text, as they came."""
        for i, elements in picked:
            spans = list(_spans(self._between(starts, i), elements[-1]))
            yield "[" + ",".join([spans[element] for element in elements]) + "]"

    def _between(self, starts: list[int], i: int) -> str:
        return self.body[starts[i] : starts[i + 1] if i + 1 < len(starts) else None].decode()

    def tagged(self, scalars: frozenset[str], nested: frozenset[str]) -> bytes | pa.Buffer:
        """Give the page with the values of these keys as text: what is no string becomes tagged JSON text.

        ``nested`` keys may hold objects and lists; ``scalars`` hold numbers and truths, which is cheaper.
        """
        if not scalars and not nested:
            return self.body
        if self._has_escapes and self._holds(_TAGGED):
            raise Odd
        body = self.body
        if nested:
            body = "".join(self._tag_nested(body.decode(), nested)).encode()
        return self._tag_scalars(body, scalars) if scalars else body

    def _tag_scalars(self, body: bytes, keys: frozenset[str]) -> bytes | pa.Buffer:
        """Do it with Arrow, unless a key stands at the end of another one, behind an escaped quote."""
        names = b'"(?:' + b"|".join(map(re.escape, self._spellings(keys))) + b')"' + SPACE + b":"
        if not self._has_escapes or not self._matches(rb"\\" + names):
            pattern = b"(" + names + SPACE + b")" + _SCALAR + b"(" + _BEHIND + b")"
            with contextlib.suppress(pa.ArrowInvalid):  # too long a pattern
                return pc.replace_substring_regex(_one(body), pattern, _AS_TEXT + rb"\3")[0].as_buffer()
        return self._pattern(keys, _SCALAR + b"(?=" + _BEHIND + b")").sub(_AS_TEXT, body)

    def _tag_nested(self, text: str, keys: frozenset[str]) -> Iterator[str]:
        at = 0
        pattern = re.compile(self._pattern(keys, b"").pattern.decode(), re.ASCII)
        for match in pattern.finditer(text):
            start = match.end()
            if start < at or text[start : start + 1] in {'"', "n"}:
                continue  # within a value that is text already; text; or null
            try:
                end = _parse(text, start)[1]
            except (ValueError, RecursionError):
                raise Odd from None
            yield text[at:start]
            yield f'"{_TAGGED.decode()}{encode_basestring(text[start:end])[1:]}'
            at = end
        yield text[at:]


def _spans(text: str, last: int) -> Iterator[str]:
    """Give the text of each element of the list that the text begins with, up to one of them."""
    end = 1
    for _ in range(last + 1):
        start = _GAP.match(text, end).end()  # type: ignore[union-attr]
        try:
            end = _parse(text, start)[1]
        except (ValueError, RecursionError):
            raise Odd from None
        yield text[start:end]
