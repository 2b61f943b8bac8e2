"""Frames of records, for tests: decoded and built as a walk does it."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from ct_pandas._decode.decoder import PageDecoder
from ct_pandas._decode.page import Page
from ct_pandas._frame.frame import build


def pages_of(*pages: list[Any], kind: Any = "people") -> list[Page]:
    """Decode pages of records, as one walk."""
    decoder = PageDecoder(kind)
    return [decoder.decode(json.dumps({"records": records}).encode()) for records in pages]


def frame_of(*pages: list[Any], kind: Any = "people", **options: Any) -> pd.DataFrame:
    """Build the frame of pages of records."""
    return build(pages_of(*pages, kind=kind), kind=kind, **options)
