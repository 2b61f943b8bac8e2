"""The face of a preview: records without what names or reaches a person, and tables."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pandas as pd

from ct_pandas._faces import HIDDEN
from ct_pandas._personal import hidden, in_written, is_personal

_KIND_OF_CELL = {"cells": "ct-num", "position": "ct-num", "dtype": "ct-short"}  # what is not to be broken


def masked_json(record: dict[str, Any], indent: int | None = None) -> str:
    """Return a record as JSON for a face."""
    shown = {key: masked(key, value) for key, value in record.items()}
    return json.dumps(shown, ensure_ascii=False, indent=indent, default=str)


def masked(key: str, value: Any) -> Any:
    """Return a value for a face: what names or reaches a person is hidden."""
    if isinstance(value, dict):
        return {name: masked(name, one) for name, one in value.items()}
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124  (NaN)
        return ""
    if key in ("type", "evtName"):
        return value
    if is_personal(key):
        return HIDDEN
    if isinstance(value, list | tuple):
        return [masked(key, one) for one in value]
    if isinstance(value, str):
        return hidden(in_written(value, lambda one: masked(key, one)), lambda _: HIDDEN)
    return value


def table(frame: pd.DataFrame, caption: str) -> str:
    """Return a table in HTML; no index."""
    kinds = [f' class="{_KIND_OF_CELL[name]}"' if name in _KIND_OF_CELL else "" for name in frame.columns]
    head = "".join(f"<th{kind}>{escape(str(name))}</th>" for kind, name in zip(kinds, frame, strict=True))
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{escape('' if one is None else str(one))}</td>"
            for kind, one in zip(kinds, row, strict=True)
        )
        + "</tr>"
        for row in frame.itertuples(index=False)
    )
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{said}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
