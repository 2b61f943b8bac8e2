"""Rules of the one schema: a dataset restores the frame that memory gives, whatever came and when."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.api.extensions import no_default

from ct_pandas._decode.decoder import Page, PageDecoder
from ct_pandas._download import restoring
from ct_pandas._download.dataset import Dataset
from ct_pandas._download.packing import Packing
from ct_pandas._download.seen import Seen
from ct_pandas._frame import backends, frame
from ct_pandas._frame.persons import page_keys
from ct_pandas._frame.selection import Selection

from strategies import EVENTS, PEOPLE, bodies

MANY = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
ZONES = st.sampled_from([None, "Asia/Kolkata", "Europe/Berlin"])


def through_disk(
    pages: list[Page],
    kind: Any,
    zone: str | None,
    columns: Any = None,
    backend: Any = no_default,
    *,
    most: int | None = None,
) -> pd.DataFrame:
    """Write pages as a dataset and restore the frame."""
    chosen = None if columns is None else Selection.of(columns)
    packing = Packing(lambda: pages, kind=kind, timezone=zone, columns=chosen, max_rows=most)
    with tempfile.TemporaryDirectory() as directory:
        dataset = Dataset(Path(directory))
        dataset.write(packing.fields, packing.tables(), {"attrs": {"clevertap": {}}})
        return restoring.frame_of(list(dataset.tables()), dataset.schema, backends.of(backend))


def in_memory(
    pages: list[Page], kind: Any, zone: str | None, columns: Any = None, backend: Any = no_default
) -> pd.DataFrame:
    """Build the frame as a read does."""
    return frame.build(pages, kind=kind, timezone=zone, columns=columns, dtype_backend=backend, dedupe=False)


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Compare names, order, types and every value, with its type."""
    assert list(left.columns) == list(right.columns)
    assert left.dtypes.tolist() == right.dtypes.tolist()
    for name in left.columns:
        assert list(map(repr, left[name])) == list(map(repr, right[name])), name


@MANY
@given(
    st.lists(bodies(EVENTS), max_size=4), ZONES, st.sampled_from([no_default, "numpy_nullable", "pyarrow"])
)
def test_events_come_back_from_disk_as_they_are_in_memory(
    found: list[bytes], zone: str | None, backend: Any
) -> None:
    """Any records in any pages: the same columns in the same order, the same types, the same values."""
    decoder = PageDecoder("events")
    pages = [decoder.decode(body) for body in found]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(
            through_disk(pages, "events", zone, None, backend),
            in_memory(pages, "events", zone, None, backend),
        )


@MANY
@given(st.lists(bodies(PEOPLE), max_size=4), ZONES)
def test_people_come_back_from_disk_once_and_first(found: list[bytes], zone: str | None) -> None:
    """Of several copies of a person the first one stays, with all the columns that came."""
    decoder = PageDecoder("people")
    pages = [decoder.decode(body) for body in found]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stored = through_disk(pages, "people", zone)
        keys = [key for page in pages for key in page_keys(page, "people").to_pylist()]
        first = [position for position, key in enumerate(keys) if key not in keys[:position]]
        assert len(stored) == len(first)
        if len(first) == len(keys):
            same(stored, in_memory(pages, "people", zone))


@MANY
@given(st.lists(bodies(EVENTS), max_size=3), st.integers(1, 8))
def test_rows_beyond_those_wanted_leave_no_trace(found: list[bytes], most: int) -> None:
    """With max_rows columns and types are those of the rows that stay, as they are in memory."""
    decoder = PageDecoder("events")
    pages = [decoder.decode(body) for body in found]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(
            through_disk(pages, "events", "Asia/Kolkata", most=most),
            frame.build(pages, kind="events", timezone="Asia/Kolkata", most=most),
        )


def events(*records: dict[str, Any]) -> list[Page]:
    """Make a page of each record."""
    import json

    decoder = PageDecoder("events")
    return [decoder.decode(json.dumps({"status": "success", "records": [each]}).encode()) for each in records]


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([1, 2.5], "fraction"),
        ([1, "x"], "json"),
        ([[1], None], "json"),
        ([2**70, 1], "json"),
        (["$D_0", "$D_1700000000"], "time"),
        (["$D_0", "x"], "text"),
        ([True, None], "truth"),
        ([None, 7], "whole"),
        ([None, None], "json"),
        ([2**60, 0.5], "json"),
    ],
)
def test_a_type_is_decided_over_all_pages(values: list[Any], form: str) -> None:
    """However late a column appears or its type changes, there is one schema, and nothing is rounded."""
    pages = events(*({"ts": 1_700_000_000, "event_props": {"a": value}} for value in values))
    packing = Packing(lambda: pages, kind="events", timezone=None, columns=None, max_rows=None)
    forms = {field.name: field.form for field in packing.fields}
    assert forms.get("event_props.a", "json") == form
    same(through_disk(pages, "events", "Asia/Kolkata"), in_memory(pages, "events", "Asia/Kolkata"))


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("end", [99991231235959, 253402300799, -62135596800])
@pytest.mark.filterwarnings("ignore::ct_pandas.errors.ClevertapWarning")
def test_a_time_at_the_end_of_the_calendar_is_what_it_is_in_memory(zone: str | None, end: int) -> None:
    """Also where it stands on a page of its own."""
    pages = events(*({"profile": {"identity": "a"}, "ts": ts} for ts in (end, 20251023140416)))
    same(through_disk(pages, "events", zone), in_memory(pages, "events", zone))


def test_columns_that_never_came_exist_on_disk_too() -> None:
    """A column named in columns= that never came is there, all missing, with one warning."""
    pages = events({"ts": 1_700_000_000})
    with pytest.warns(UserWarning, match="event_props.none"):
        stored = through_disk(pages, "events", None, ["ts", "event_props.none"])
    assert list(stored.columns) == ["ts", "event_props.none"]
    assert stored["event_props.none"].isna().all()


@given(st.lists(st.lists(st.integers(0, 40).map(str), max_size=30), max_size=12))
def test_the_first_copy_is_told_from_the_later_ones(pages: list[list[str]]) -> None:
    """Everybody is new exactly once, however the copies fall on pages."""
    seen = Seen()
    told = [bool(new) for keys in pages for new in seen.first(pa.array(keys, pa.string()))]
    flat = [key for keys in pages for key in keys]
    assert told == [key not in flat[:position] for position, key in enumerate(flat)]


def test_people_are_remembered_in_a_few_bytes() -> None:
    """What is kept per person is eight bytes, and the runs stay few."""
    seen = Seen()
    for start in range(0, 200_000, 5_000):
        seen.first(pa.array([f"i:{n}" for n in range(start, start + 5_000)]))
    assert sum(run.nbytes for run in seen._runs) == 8 * 200_000
    assert len(seen._runs) < 12
    assert all(np.all(np.diff(run.astype(object)) > 0) for run in seen._runs[-1:])
