"""What the server answers: bytes with a status, and the failures that CleverTap words itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import responses
from math import isfinite
from typing import Any, Final, NoReturn

JSON: Final = "application/json;charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status_line(self) -> str:
        """The status with its reason."""
        return f"{self.status} {responses.get(self.status, 'Status')}"


class Refused(Exception):  # noqa: N818  # it is an answer, not a fault of the program
    """Carries the answer to a request that cannot be done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def encoded(value: Any) -> bytes:
    """Write a value as compact JSON in UTF-8."""
    return _COMPACT.encode(value).encode()


def success(value: Mapping[str, Any]) -> Answer:
    """Answer HTTP 200 with an object."""
    return Answer(encoded(value))


def fail(error: str, code: int | str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer ``status: fail``; many failures are HTTP 200."""
    body = encoded({"status": "fail", "error": error, "code": code})
    return Answer(body, status, headers=headers or {})


def throttled(retry_after: float | None = None) -> Answer:
    """Too many requests at once (CleverTap, "API Request Limit")."""
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return fail("Too many concurrent requests", 429, 429, headers)


def in_progress() -> Answer:
    """Say that the first page is still being prepared."""
    return fail("Request still in progress, please retry later", 2)


def accepted() -> Answer:
    """Say the same by HTTP 202."""
    return fail("Request still in progress, please retry later", 2, 202)


def invalid_cursor() -> Answer:
    """Refuse a cursor that is unknown or has expired."""
    return fail("Invalid cursor", "CURSOR_INVALIDATED")


def incorrect_usage() -> Answer:
    """Refuse a cursor that was encoded twice."""
    return fail("Incorrect Usage", 3)


def malformed() -> Answer:
    """Refuse what is not JSON."""
    return fail("Malformed request", 400, 400)


def read_json(body: bytes) -> Any:
    """Read a body as the standard has JSON: UTF-8, no comments, finite numbers, whole characters.

    Python's reader is more forgiving; a client must not get away with what only Python reads.
    """
    try:
        text = body.decode()
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        if "\\u" in text:
            encoded(value)
    except (ValueError, RecursionError):
        raise Refused(malformed()) from None
    return value


def _no_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)


def _finite(text: str) -> float:
    """Read a number; one beyond what a double holds could not be written again."""
    if not isfinite(number := float(text)):
        raise ValueError(text)
    return number
