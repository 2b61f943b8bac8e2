"""What CleverTap says went wrong: its words, its codes and its statuses, and what they mean for who waits.

ERRORS: developer.clevertap.com/docs/api-errors
"""

from __future__ import annotations

import contextlib
import enum
import json
import re
from dataclasses import dataclass, field


class Verdict(enum.Enum):
    """What an answer means for the one who waits for it."""

    FINE = "fine"
    PREPARING = "preparing"
    THROTTLED = "throttled"
    SERVER = "server error"
    GARBLED = "not JSON"
    LOGIN = "login refused"
    REDIRECT = "redirect"
    CURSOR = "cursor lost"
    QUERY = "query refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Failure:
    """What the body of an answer says went wrong. Its face is empty: a server may echo what it was sent."""

    text: str = field(default="", repr=False)
    code: int | str | None = field(default=None, repr=False)


# Words of bodies that say "fail", and codes, which are few and reused and so count after the words (ERRORS).
_WORDS: dict[Verdict, str] = {
    Verdict.QUERY: r"invalid event|export not allowed",
    Verdict.LOGIN: r"invalid credentials|account id is not valid|account id mandatory|passcode invalid"
    r"|unauthori[sz]ed",
    Verdict.THROTTLED: r"too many|throttl|rate.?limit|concurrent request",
    Verdict.PREPARING: r"still in progress|not ready|being prepared",
    Verdict.CURSOR: r"invalid cursor|cursor_invalidated|incorrect usage",
    Verdict.SERVER: r"unknown error|internal server error",
}
_CODES: dict[int | str | None, Verdict] = {
    1: Verdict.THROTTLED,
    2: Verdict.PREPARING,
    3: Verdict.CURSOR,
    401: Verdict.LOGIN,
    429: Verdict.THROTTLED,
    **dict.fromkeys(range(500, 509), Verdict.SERVER),
}
_CARRIED = ("records", "cursor", "record", "count", "req_id")
_REUSED = (1, 2, 3)  # beside other words of profile.json they mean that nobody has the id


def status_of(body: object) -> str | None:
    """Return the word that a body has for its status, in small letters."""
    word = body.get("status") if isinstance(body, dict) else None
    return word.lower() if isinstance(word, str) else None


def failure(body: object) -> Failure | None:
    """Return what a body says went wrong, or ``None`` where it says nothing of the kind."""
    if not isinstance(body, dict):
        return None
    status, error = status_of(body), body.get("error")
    odd = status not in (None, "success", "partial")
    if not odd and not (error and (status != "success" or not carries(body))):
        return None
    code = body.get("code")
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 10:
        code = int(code)
    return Failure(_plain(error), code if isinstance(code, int | str) else None)


def _plain(error: object) -> str:
    """Return an error text; some are a JSON list inside a string."""
    text = error if isinstance(error, str) else "" if error is None else json.dumps(error, ensure_ascii=False)
    with contextlib.suppress(ValueError, RecursionError):
        parts = json.loads(text) if text.startswith("[") else None
        return "; ".join(map(str, parts)) if isinstance(parts, list) else text
    return text


def carries(body: object) -> bool:
    """Tell whether a body holds something that was asked for."""
    return isinstance(body, dict) and not body.keys().isdisjoint(_CARRIED)


def by_status(status: int) -> Verdict:
    """Say what a status means that is no success."""
    if status == 429:
        return Verdict.THROTTLED
    if status in (401, 403):
        return Verdict.LOGIN
    return Verdict.SERVER if status >= 500 else Verdict.FAILED


def by_words(label: str, status: int, found: Failure) -> Verdict:
    """Say what a body means that says what went wrong; ``label`` is what was asked for."""
    if status in (401, 403, 429) or status >= 500:
        return by_status(status)
    text = f"{found.text} {found.code}".lower()  # some codes are words
    meant = next((each for each, words in _WORDS.items() if re.search(words, text)), None)
    nobody = label == "profile" and found.text and found.code in _REUSED
    if meant is None and not nobody:
        meant = _CODES.get(found.code)
    if meant is None and "cursor" in text:
        meant = Verdict.CURSOR
    return Verdict.FAILED if meant is None or (meant is Verdict.CURSOR and label != "page") else meant
