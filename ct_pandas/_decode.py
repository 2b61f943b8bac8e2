"""Bytes of a page → columns."""

from __future__ import annotations

from ct_pandas import _reference
from ct_pandas._envelope import peek
from ct_pandas._flatten import Kind
from ct_pandas._page import Page
from ct_pandas._reference import NotJSON

__all__ = ["NotJSON", "Page", "PageDecoder", "peek"]


class PageDecoder:
    """Decode the pages of one walk, from any number of threads.

    Parameters
    ----------
    kind
        ``"people"`` for profiles.json, ``"events"`` for events.json, ``"person"`` for profile.json.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def decode(self, body: bytes) -> Page:
        """Decode one answer.

        Raises
        ------
        NotJSON
            If the body is cut, is not JSON, or holds something else than records.
        """
        return _reference.decode(body, self.kind)
