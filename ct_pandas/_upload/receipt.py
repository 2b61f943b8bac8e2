"""The answer to an upload, read by position: which record of the call was accepted, refused, or neither.

"Working with User Profiles API", Example response format: ``status`` (success, partial, fail), ``processed``,
``unprocessed``; all three come with HTTP 200. An error ends in ``Skipped record number : N``, counted from 1
within the call; the record that it echoes may have been altered, so it is never looked at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from ct_pandas._faces import coded, visible
from ct_pandas._failures import Verdict, by_words, failure, status_of
from ct_pandas._transport.scrub import scrub
from ct_pandas._wire import Reply

_NUMBER = re.compile(r"skipped record ?(?:number|no\.?|#)? ?[:#=-]? ?(\d{1,9})", re.IGNORECASE)
_MARKS = " .,;:-"
_MOST = 2**63  # what a column of codes holds
OWN_WORDS = re.compile(r"the whole call was refused with HTTP \d{3}|refused without a reason")
SHOWN = 300  # characters of a server's text that are kept

Refusal = tuple[Any, str]


@dataclass
class Receipt:
    """What an answer says of each record of a call, by its place from 0.

    A place that stands in neither ``refused`` nor ``unknown`` was accepted.
    """

    refused: dict[int, Refusal] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)


def read(reply: Reply, size: int, secret: str = "") -> Receipt:
    """Read the answer to a call of so many records.

    Parameters
    ----------
    reply
        The answer: 2xx, or a 4xx that is no matter of login or throttling.
    size
        How many records were sent.
    secret
        What must not be kept of a server's text: the passcode.
    """
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        body = None
    if reply.status < 400 and _is_at_work(body, reply.status):
        return Receipt(unknown=dict.fromkeys(range(size), "CleverTap was still at work on this call"))
    if reply.status >= 400 or _is_refused_whole(body):
        return Receipt(refused=dict.fromkeys(range(size), _of_call(body, reply.status, secret)))
    if not isinstance(body, dict):
        return Receipt(unknown=dict.fromkeys(range(size), "the answer is not one of CleverTap's"))
    return _of_records(body, size, secret)


def _is_refused_whole(body: object) -> bool:
    """Tell whether an answer refuses the call as such: a failure that speaks of no record."""
    said = isinstance(body, dict) and "processed" not in body and "unprocessed" not in body
    return said and failure(body) is not None


def _is_at_work(body: object, status: int) -> bool:
    """Tell whether an answer says that the call is not done yet: it may be carried out after all."""
    found = failure(body) if _is_refused_whole(body) else None
    return found is not None and by_words("upload", status, found) is Verdict.PREPARING


def _of_call(body: object, status: int, secret: str) -> Refusal:
    said = body if isinstance(body, dict) else {}
    text = _text(said.get("error"), secret) or f"the whole call was refused with HTTP {status}"
    return _code(said.get("code", status), secret), text


def _of_records(body: dict[str, Any], size: int, secret: str) -> Receipt:
    named: dict[int, Refusal] = {}
    unnamed: list[Refusal] = []
    items = body.get("unprocessed")
    for item in items if isinstance(items, list) else []:
        place, refusal = _item(item, secret)
        if place is None or not 1 <= place <= size:
            unnamed.append(refusal)
        else:
            named.setdefault(place - 1, refusal)
    others = [place for place in range(size) if place not in named]
    processed = _count(body.get("processed"))
    status = status_of(body)
    if not unnamed and status in ("success", "partial") and processed is not None:
        if len(others) <= processed <= size:
            return Receipt(refused=named)
    elif processed == 0 and (len(unnamed) == len(others) if unnamed else body.get("error")):
        return Receipt(refused=named | dict.fromkeys(others, _common(unnamed, body, secret)))
    return Receipt(named, dict.fromkeys(others, _unaccounted(unnamed)))


def _item(item: object, secret: str) -> tuple[int | None, Refusal]:
    said = item if isinstance(item, dict) else {"error": item}
    number, reason = _numbered(_scrubbed(said.get("error"), secret))
    return number, (_code(said.get("code"), secret), _cut(reason) or "refused without a reason")


def _numbered(text: str) -> tuple[int | None, str]:
    """Part an error from the number of its record, which stands last: before it, a value may be repeated."""
    plain = " ".join(text.split())
    found = list(_NUMBER.finditer(plain))[-1:]
    if not found:
        return None, text
    before, behind = plain[: found[0].start()], plain[found[0].end() :]
    return int(found[0][1]), f"{before.rstrip(_MARKS)} {behind.lstrip(_MARKS)}".strip()


def _common(unnamed: list[Refusal], body: dict[str, Any], secret: str) -> Refusal:
    """Return why all the others were refused; one code only where it is the same for all."""
    distinct = list(dict.fromkeys(unnamed))
    if len(distinct) == 1:
        return distinct[0]
    if distinct:
        return None, "one of: " + "; ".join(f"{text} ({code})" for code, text in distinct)[:SHOWN]
    return _code(body.get("code"), secret), _text(body.get("error"), secret)


def _unaccounted(unnamed: list[Refusal]) -> str:
    if not unnamed:
        return "the answer does not account for this row"
    codes = ", ".join(sorted({coded(code) or "none" for code, _ in unnamed}))
    return f"the answer refuses some rows (code {codes}) without saying which"


def _text(value: object, secret: str) -> str:
    return _cut(_scrubbed(value, secret))


def _scrubbed(value: object, secret: str) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return scrub(text, secret)


def _cut(text: str) -> str:
    """Shorten a server's words, and spell what would rule the terminal in which they are printed."""
    text = visible(text[: SHOWN + 1])
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _code(value: object, secret: str) -> Any:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int) and abs(value) < _MOST:
        return value
    text = scrub(str(value), secret)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else visible(text[:40])


def _count(value: object) -> int | None:
    found = _code(value, "")
    return found if isinstance(found, int) else None
