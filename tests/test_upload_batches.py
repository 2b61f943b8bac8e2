"""Rows → records → batches, as properties."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ct_pandas._records import pieces
from ct_pandas._records.batches import Batch, batches
from ct_pandas._records.keywords import Keywords
from ct_pandas._records.outgoing import outgoing
from ct_pandas._records.pieces import Pieces
from ct_pandas._records.times import Times

COUNTED = {"$incr": 1}
CELLS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(COUNTED)


def cut(frame: pd.DataFrame, size: int, wanted: Any = None, **keywords: Any) -> list[Batch]:
    """Return all batches of a frame."""
    going = outgoing(frame, Keywords(**({"kind": "profile"} | keywords)))
    rows = np.ones(len(frame), bool) if wanted is None else np.array(wanted, bool)
    return list(batches(Pieces(going, Times("UTC")).cut(), going, rows, size))


@given(
    st.lists(st.tuples(CELLS, CELLS, st.integers(0, 3), st.booleans()), max_size=40),
    st.integers(1, 7),
    st.integers(1, 50),
)
@example([("x", None, 0, True), (COUNTED, None, 1, True), ("x", None, 2, True)], 2, 1)
@example([("x", None, 0, True)] * 4, 3, 2)
def test_batches_concatenate_back_to_the_input(rows: list[Any], size: int, slice_rows: int) -> None:
    """In order, each row once, at most so many together, whatever the slices; what counts keeps its mark."""
    frame = pd.DataFrame(
        {
            "identity": [f"p{row[2]}" for row in rows],
            "a": pd.Series([row[0] for row in rows], dtype=object),
            "b": pd.Series([row[1] for row in rows], dtype=object),
        }
    )
    wanted = [row[3] for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "ROWS", slice_rows)
        patch.setattr(pieces, "LEAST", 1)
        found = cut(frame, size, wanted)
    assert [len(batch) for batch in found[:-1]] == [size] * (len(found) - 1)
    assert all(0 < len(batch) <= size for batch in found)
    positions = [position for batch in found for position in batch.positions]
    assert positions == np.flatnonzero(np.array(wanted, bool)).tolist()
    for batch in found:
        counting = [COUNTED in rows[position][:2] for position in batch.positions]
        assert batch.once == set(np.flatnonzero(counting))
    records = [record for batch in found for record in json.loads(batch.body())["d"]]
    for position, record in zip(positions, records, strict=True):
        data = {"a": rows[position][0], "b": rows[position][1]}
        assert record == {
            "identity": f"p{rows[position][2]}",
            "type": "profile",
            "profileData": {key: value for key, value in data.items() if value is not None},
        }


def test_rows_of_which_nothing_is_known_are_still_there() -> None:
    """A record without id, time and values keeps its place: answers count by it."""
    frame = pd.DataFrame({"identity": ["a", None, None], "ts": [None, None, 5], "x": [None, None, 1]})
    (batch,) = cut(frame, 10, kind="event", event="E")
    assert json.loads(batch.body())["d"] == [
        {"identity": "a", "type": "event", "evtName": "E", "evtData": {}},
        {"type": "event", "evtName": "E", "evtData": {}},
        {"ts": 5, "type": "event", "evtName": "E", "evtData": {"x": 1.0}},
    ]
    assert batch.once == {0, 1, 2}


def test_an_age_is_whole_though_gaps_made_it_a_float() -> None:
    """The API takes whole ages only."""
    (batch,) = cut(pd.DataFrame({"identity": ["a", "b"], "Age": [34.0, None]}), 10)
    assert b'"Age":34}' in batch.body()


def test_some_records_of_a_batch_keep_their_places() -> None:
    """What must not be repeated is known by its new place."""
    frame = pd.DataFrame({"identity": ["a", "b", "c"], "x": pd.Series([1, {"$incr": 1}, 2], dtype=object)})
    (batch,) = cut(frame, 10)
    part = batch.only([1, 2])
    assert (part.positions, part.people, part.once) == ([1, 2], [("identity", "b"), ("identity", "c")], {0})
    assert not part.repeatable
    assert part.only([1]).repeatable
