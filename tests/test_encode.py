"""What becomes of every value of a frame, and of times without a zone."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import uuid
import zoneinfo
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_pandas._records.encode import encode
from ct_pandas._records.stamps import stamps
from ct_pandas._records.times import Times

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def sent(column: Any, zone: str | None = "UTC", dtype: Any = None) -> list[Any]:
    """Return what is sent, and see that both ways to write it agree."""
    cells = encode(pd.Series(column, dtype=dtype), Times(zone))
    values = cells.values()
    assert [None if one is None else json.loads(one) for one in cells.json().to_pylist()] == values
    assert [None if one is None else type(json.loads(one)) for one in cells.json().to_pylist()] == [
        None if one is None else type(one) for one in values
    ]
    return values


def fault(value: Any) -> str:
    """Return why a value cannot be sent."""
    cells = encode(pd.Series([value, "fine"], dtype=object), Times("UTC"))
    assert list(cells.faults) == [0]
    assert cells.present.tolist() == [True, True]
    assert cells.faults[0].fix
    return cells.faults[0].reason


@pytest.mark.parametrize(
    ("column", "dtype", "expected"),
    [
        ([1, 2], "int64", [1, 2]),
        ([2**64 - 1], "uint64", [2**64 - 1]),
        ([1, None], "Int64", [1, None]),
        ([True, None], "boolean", [True, None]),
        ([True, False], "bool", [True, False]),
        ([1.5, None], "float64", [1.5, None]),
        ([2.0, 1e300], "float64", [2.0, 1e300]),
        ([0.5, None], "Float32", [0.5, None]),
        ([0.5], "float16", [0.5]),
        (["a", None], "str", ["a", None]),
        (['"\\\n', "ü 😀"], "string[python]", ['"\\\n', "ü 😀"]),
        (["a", "b", None], "category", ["a", "b", None]),
        (pd.Categorical([3, None]), None, [3, None]),
        (pd.Categorical(pd.to_datetime(["1970-01-02"])), None, ["$D_86400"]),
        (pd.arrays.SparseArray([0, 5]), None, [0, 5]),
        ([1, None], "int64[pyarrow]", [1, None]),
        ([1.0, None], "double[pyarrow]", [1.0, None]),
        ([True, None], "bool[pyarrow]", [True, None]),
        (["x", None], pd.ArrowDtype(pa.large_string()), ["x", None]),
        (["x", None], pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string())), ["x", None]),
        ([None], pd.ArrowDtype(pa.null()), [None]),
        ([dt.date(1970, 1, 2), None], pd.ArrowDtype(pa.date32()), ["$D_86400", None]),
        ([dt.datetime(1970, 1, 1)], pd.ArrowDtype(pa.timestamp("ns", "UTC")), ["$D_0"]),  # noqa: DTZ001  (naive on purpose)
        ([[1, None, 2], None], pd.ArrowDtype(pa.list_(pa.int64())), [[1, 2], None]),
        ([{"a": 1, "b": None}], pd.ArrowDtype(pa.struct([("a", pa.int8()), ("b", pa.int8())])), [{"a": 1}]),
        ([[("k", 1)]], pd.ArrowDtype(pa.map_(pa.string(), pa.int64())), [{"k": 1}]),
        ([decimal.Decimal("1.50")], pd.ArrowDtype(pa.decimal128(10, 2)), [1.5]),
    ],
)
def test_every_type_of_column(column: Any, dtype: Any, expected: list[Any]) -> None:
    """Each pandas, NumPy and Arrow type is sent as the table says; missing cells are left out."""
    assert sent(column, dtype=dtype) == expected


class Colour(enum.StrEnum):
    """Text with another face."""

    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int8(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(False), False),
        (np.str_("x"), "x"),
        (Colour.RED, "red"),
        (2**70, 2**70),
        (decimal.Decimal("12.00"), 12),
        (decimal.Decimal("0.1"), 0.1),
        (decimal.Decimal("1E+2"), 100),
        (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (("a", None, float("nan")), ["a"]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({1}), [1]),
        (np.array([1, 2]), [1, 2]),
        (np.array(5), 5),
        (np.ma.array([[1, 2], [3, 4]], mask=[[False, True], [True, True]]), [[1]]),
        (np.ma.masked, None),
        (np.array(["1970-01-02"], "datetime64[s]"), ["$D_86400"]),
        (pd.Series(["x"]), ["x"]),
        ([], []),
        ([None], None),
        ({"$add": ["a", pd.NA]}, {"$add": ["a"]}),
        ({"email": ["News"], "none": None}, {"email": ["News"]}),
        ([{"Category": "books", "Quantity": np.int64(1)}], [{"Category": "books", "Quantity": 1}]),
        (dt.date(1969, 12, 31), "$D_-86400"),
        (pd.Timestamp("1969-12-31 23:59:59.5", tz="UTC"), "$D_-1"),
        (dt.datetime(2025, 1, 1, 1, tzinfo=BERLIN), "$D_1735689600"),
        (np.datetime64("1970-01-01T00:00:01.9"), "$D_1"),
    ],
)
def test_every_kind_of_object(value: Any, expected: Any) -> None:
    """Each Python and NumPy value in a column of objects is sent as the table says."""
    assert sent([value, 1], dtype=object)[0] == expected
    assert type(sent([value, 1], dtype=object)[0]) is type(expected)


@pytest.mark.parametrize(
    "value", [None, float("nan"), pd.NA, pd.NaT, np.datetime64("NaT", "us"), decimal.Decimal("NaN")]
)
def test_nothing_is_sent_for_what_is_missing(value: Any) -> None:
    """Every way to say that there is no value is left out, never sent as null or text."""
    cells = encode(pd.Series([value, "x", 1], dtype=object), Times("UTC"))
    assert cells.present.tolist() == [False, True, True]
    assert cells.values() == [None, "x", 1]


def _itself() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    "value",
    [
        b"x",
        1j,
        dt.timedelta(1),
        np.timedelta64(1, "s"),
        dt.time(1),
        pd.Period("2025-01"),
        pd.Interval(0, 1),
        float("inf"),
        decimal.Decimal("Infinity"),
        decimal.Decimal("1E+999999"),
        "\ud800",
        {1.5: "x"},
        {True: "x"},
        {1: "x", "1": "y"},
        {"\ud800": 1},
        [b"x"],
        object(),
        _itself(),
        pd.DataFrame({"a": [1]}),
        np.datetime64(2**60, "s"),
        pytest.param(10**5000, id="huge"),
        {10**5000: 1},
    ],
)
def test_what_cannot_be_sent_is_a_problem_of_that_cell(value: Any) -> None:
    """A value without a form in JSON is found, with a fix, and does not crash."""
    assert fault(value)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["\ud800", "x"], dtype=pd.StringDtype("python")),
        pd.Series([[("a", 1), ("a", 2)], [("a", 1)]], dtype=pd.ArrowDtype(pa.map_(pa.string(), pa.int64()))),
    ],
)
def test_a_cell_without_a_form_spoils_no_other(column: pd.Series) -> None:
    """Half a surrogate pair, a key that stands twice: a problem of that cell, whatever the column's type."""
    assert list(encode(column, Times("UTC")).faults) == [0]


@pytest.mark.parametrize("dtype", ["period[M]", "timedelta64[s]", "complex128"])
def test_columns_without_a_form(dtype: str) -> None:
    """A whole column of a type without a form is a problem in every present cell."""
    cells = encode(
        pd.Series([1, 2])
        .astype(dtype if "period" not in dtype else "int64")
        .pipe(
            lambda s: pd.Series(pd.period_range("2025-01", periods=2, freq="M")) if "period" in dtype else s
        ),
        Times("UTC"),
    )
    assert sorted(cells.faults) == [0, 1]


def test_infinities_are_found_in_columns_of_floats() -> None:
    """An infinity is a problem, its neighbours are sent."""
    cells = encode(pd.Series([1.0, np.inf, np.nan]), Times("UTC"))
    assert list(cells.faults) == [1]
    assert cells.values() == [1.0, None, None]
    assert cells.json().to_pylist() == ["1.0", None, None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_are_rounded_down(unit: str) -> None:
    """Before 1970 as after: the second that has begun."""
    times = pd.Series(pd.to_datetime([-1500, 1500], unit="ms")).astype(f"datetime64[{unit}]")
    expected = ["$D_-2", "$D_1"] if unit != "s" else sent(times)
    assert sent(times) == expected


def test_naive_times_are_the_accounts() -> None:
    """A time without a zone is in the account's, in columns and in objects alike."""
    naive = dt.datetime(2025, 7, 1)  # noqa: DTZ001  (naive on purpose)
    assert (
        sent([naive], "Asia/Kolkata") == sent([naive, "x"], "Asia/Kolkata", object)[:1] == ["$D_1751308200"]
    )


def test_a_change_of_clocks() -> None:
    """A doubled hour is its first occurrence, a missing one moves forward, and that is noted."""
    times = Times("Europe/Berlin")
    column = pd.Series(pd.to_datetime(["2025-10-26 02:30", "2025-03-30 02:30", None]))
    first = dt.datetime(2025, 10, 26, 0, 30, tzinfo=dt.UTC).timestamp()
    moved = dt.datetime(2025, 3, 30, 1, 0, tzinfo=dt.UTC).timestamp()
    assert encode(column, times).values() == [f"$D_{first:.0f}", f"$D_{moved:.0f}", None]
    assert times.moved
    assert not Times("Europe/Berlin").moved
    single = Times("Europe/Berlin")
    objects = pd.Series([*column.dt.to_pydatetime()[:2], None], dtype=object)
    assert encode(objects, single).values() == encode(column, times).values()
    assert single.moved


def test_a_gap_of_half_an_hour() -> None:
    """A single time that was skipped moves to the end of the gap, as in a column of times."""
    skipped = [dt.datetime(2023, 10, 1, 2, 15)]  # noqa: DTZ001  (naive on purpose)
    end = dt.datetime(2023, 9, 30, 15, 30, tzinfo=dt.UTC).timestamp()
    assert sent([*skipped, "x"], "Australia/Lord_Howe", object)[0] == f"$D_{end:.0f}"
    assert sent(skipped, "Australia/Lord_Howe") == [f"$D_{end:.0f}"]


def test_an_unknown_zone_is_noted_only_where_it_matters() -> None:
    """Naive times are UTC where no zone is known; aware ones need none."""
    naive, aware = Times(None), Times(None)
    encode(pd.Series([dt.datetime(2025, 1, 1)]), naive)  # noqa: DTZ001  (naive on purpose)
    encode(pd.Series([dt.datetime(2025, 1, 1, tzinfo=dt.UTC)]), aware)
    encode(pd.Series([pd.NaT, None], dtype="datetime64[us]"), aware)
    assert naive.assumed_utc
    assert not aware.assumed_utc


JSON_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.text(), inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)


@given(st.lists(JSON_VALUES | st.none(), max_size=8))
def test_json_values_are_sent_as_they_are(values: list[Any]) -> None:
    """What JSON can say is said, unchanged: in a column of objects, whatever stands beside it."""
    column = pd.Series(values, dtype=object)
    cells = encode(column, Times("UTC"))
    assert not cells.faults
    assert [None if one is None else json.loads(one) for one in cells.json().to_pylist()] == values


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), max_size=20))
def test_floats_keep_their_value_and_their_type(values: list[float]) -> None:
    """A float comes out as the same float: 1.0 does not become 1."""
    written = encode(pd.Series(values, dtype="float64"), Times("UTC")).json().to_pylist()
    for value, text in zip(values, written, strict=True):
        assert (
            text is None if value != value else (json.loads(text), type(json.loads(text))) == (value, float)  # noqa: PLR0124  (NaN)
        )


def test_what_cannot_be_sent_keeps_no_frames() -> None:
    """A fault is remembered for each cell, and some are shared by all: memory would grow with every one."""
    column = pd.Series([pd.Timestamp("2016-07-12"), float("inf"), 1j], dtype=object)
    faults = [*stamps(column, Times(None))[1].values(), *encode(column, Times(None)).faults.values()]
    assert len(faults) == 5
    assert all(fault.__traceback__ is None for fault in faults)
