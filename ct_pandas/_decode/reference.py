"""A whole page in plain Python: the meaning of every page, and the way out where Arrow is not exact."""

from __future__ import annotations

import codecs
import json
from typing import Any

from ct_pandas._decode.flatten import Kind, columns_of
from ct_pandas._decode.page import Page, cursor_of
from ct_pandas._shown import counted


class NotJSON(ValueError):  # noqa: N818 - the name says what is wrong with the body
    """The body is cut, is not JSON, or is not an answer of this API; asking again may help."""


class NotRecords(NotJSON):
    """The body is JSON of this API, but what stands for its records is none: asking again will not help."""


def decode(body: bytes, kind: Kind) -> Page:
    """Decode a page without Arrow's reader."""
    answer = _answer(body)
    records = answer.get("records") or []
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise NotRecords("CleverTap's answer is JSON, but its records are not a list of objects.")
    return Page(cursor_of(answer.get("next_cursor")), len(records), columns_of(records, kind))


def _answer(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body.removeprefix(codecs.BOM_UTF8).decode())
    except (ValueError, RecursionError) as error:
        raise NotJSON(f"The answer is cut or is not JSON ({counted(len(body), 'byte')}).") from error
    if not isinstance(answer, dict):
        raise NotJSON("The answer is JSON, but not an object.")
    return answer
