"""A frame does not depend on the pages that it came in, nor on the way they were decoded."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
import pytest
from frames import frame_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from ct_pandas._decode import decoder as _decode
from ct_pandas._decode.decoder import PageDecoder
from ct_pandas._frame.frame import build
from ct_pandas.errors import ClevertapWarning

from strategies import EVENTS, PEOPLE, Pairs, write

SLOW = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


@st.composite
def cut(draw: st.DrawFn, record: st.SearchStrategy[Pairs]) -> tuple[list[bytes], list[bytes]]:
    """Draw records, all on one page and cut into several."""
    records = [write(item) for item in draw(st.lists(record, min_size=1, max_size=8))]
    ends = sorted(draw(st.lists(st.integers(0, len(records)), max_size=3)))
    cuts = zip([0, *ends], [*ends, len(records)], strict=True)
    return [_page(records)], [_page(records[a:b]) for a, b in cuts]


def _page(records: list[str]) -> bytes:
    return ('{"records":[' + ",".join(records) + "]}").encode()


def _frame(bodies: list[bytes], kind: Any, small: int) -> pd.DataFrame:
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", ClevertapWarning)
        patch.setattr(_decode, "_SMALL", small)
        decoder = PageDecoder(kind)
        return build([decoder.decode(body) for body in bodies], kind=kind, timezone="Asia/Kolkata")


def _same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert_frame_equal(one, other)
    for name in one:
        if one[name].dtype == object:
            assert repr(one[name].tolist()) == repr(other[name].tolist())


@SLOW
@given(cut(PEOPLE))
def test_people_do_not_depend_on_pages(pages: tuple[list[bytes], list[bytes]]) -> None:
    """Any page size, and either way to decode, gives the same frame."""
    expected = _frame(pages[0], "people", 10**9)
    _same(_frame(pages[0], "people", 0), expected)
    _same(_frame(pages[1], "people", 0), expected)


@SLOW
@given(cut(EVENTS))
def test_events_do_not_depend_on_pages(pages: tuple[list[bytes], list[bytes]]) -> None:
    """Any page size, and either way to decode, gives the same frame."""
    expected = _frame(pages[0], "events", 10**9)
    _same(_frame(pages[0], "events", 0), expected)
    _same(_frame(pages[1], "events", 0), expected)


@SLOW
@given(st.lists(EVENTS, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_types_do_not_depend_on_the_order_of_pages(records: list[Pairs], dice: Any) -> None:
    """Pages in another order give the same columns and types, and the same rows in that order."""
    bodies = [_page([write(record)]) for record in records]
    order = list(range(len(bodies)))
    dice.shuffle(order)
    expected = _frame(bodies, "events", 10**9).iloc[order].reset_index(drop=True)
    _same(_frame([bodies[i] for i in order], "events", 10**9), expected)


@pytest.mark.parametrize(
    "records",
    [
        [{"identity": "1", "profileData": {"x": None}}, {"identity": "2", "profileData": {"x": 5}}],
        [{"identity": "1"}, {"identity": "2", "profileData": {"x": None}}],
        [{"identity": "1", "profileData": {"x": 1}}, {"identity": "2", "profileData": {"y": 1}}],
    ],
)
def test_columns_of_the_first_rows_do_not_depend_on_pages(records: list[dict[str, Any]]) -> None:
    """With max_rows: what was on the last page beside the last row that is wanted leaves no trace."""
    together, apart = frame_of(records, most=1), frame_of(*[[record] for record in records], most=1)
    assert_frame_equal(together, apart)


@pytest.mark.parametrize("small", [0, 10**6])
def test_a_whole_nought_has_no_sign(small: int) -> None:
    """Beside a fraction, on its page or another, the whole number -0 is 0; the fraction -0.0 stays."""
    numbers = enumerate(["-0", "1.5", "-0.0"])
    records = [f'{{"identity": "{n}", "profileData": {{"v": {number}}}}}' for n, number in numbers]
    for pages in ([records], [records[:1], records[1:]]):
        values = _frame([_page(page) for page in pages], "people", small)["profileData.v"]
        assert repr(values.tolist()) == "[0.0, 1.5, -0.0]"
