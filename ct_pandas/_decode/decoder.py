"""Bytes of a page → columns."""

from __future__ import annotations

from ct_pandas._decode import arrow, reference
from ct_pandas._decode.flatten import Kind
from ct_pandas._decode.lore import Learner, told_by_columns
from ct_pandas._decode.page import Page
from ct_pandas._decode.reference import NotJSON, NotRecords
from ct_pandas._decode.spelled import Odd

__all__ = ["NotJSON", "NotRecords", "Page", "PageDecoder"]

_SMALL = 98_304
"""Below this size plain Python is as fast."""


class PageDecoder:
    """Decode the pages of one walk, from any number of threads.

    What is odd on one page is remembered for the next ones, so that it costs time once.

    Parameters
    ----------
    kind
        ``"people"`` for profiles.json, ``"events"`` for events.json.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._learner = Learner()

    def decode(self, body: bytes) -> Page:
        """Decode one answer: the same values that ``json.loads`` gives, as columns.

        Raises
        ------
        NotJSON
            If the body is cut, is not JSON, or holds something else than records.
        """
        if len(body) < _SMALL:
            return reference.decode(body, self.kind)
        try:
            return arrow.decode(body, self.kind, self._learner)
        except Odd:
            page = reference.decode(body, self.kind)
        self._learner.learn(told_by_columns(page.columns))
        return page
