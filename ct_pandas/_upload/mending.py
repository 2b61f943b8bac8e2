"""Puts mended rows back into the frame that they came from."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas._frame import stored
from ct_pandas._records.identity import Ids, Person
from ct_pandas._records.plain import is_missing
from ct_pandas._shown import counted
from ct_pandas.errors import ValidationError

Positions = npt.NDArray[np.int64]


def mend(
    frame: pd.DataFrame, mended: pd.DataFrame, failed: Positions, ids: Ids
) -> tuple[pd.DataFrame, Positions]:
    """Return the frame with mended rows in place of those that failed, and where they stand.

    Rows are found by their label. Where several failed rows share one, all of them must be there; they are
    told apart by whose they are, and those that this does not tell stand in the order of the frame.
    """
    if not isinstance(mended, pd.DataFrame):
        raise ValidationError(f"retry() takes the mended rows as a pandas DataFrame, not {type(mended)}.")
    if mended.columns.is_unique and set(mended.columns) == set(frame.columns):
        mended = mended[frame.columns]
    if list(mended.columns) != list(frame.columns):
        wrong = [one for one in frame.columns if one not in mended] or [
            one for one in mended.columns if one not in frame
        ]
        raise ValidationError(
            "The mended rows must have the columns of the frame that was sent, no more and no less"
            + (f": see {wrong[0]!r}." if wrong else ".")
        )
    rows = _places(frame, mended, failed, ids)
    # Values of JSON text where the mended rows have values in its place.
    frame = stored.restored(frame, but=[name for name in mended.columns if stored.is_text(mended[name])])
    columns = [_replaced(frame.iloc[:, at], mended.iloc[:, at], rows) for at in range(frame.shape[1])]
    whole = pd.concat(columns, axis=1) if columns else frame.copy()
    whole.columns, whole.attrs = frame.columns, frame.attrs
    return whole, rows


def _places(frame: pd.DataFrame, mended_rows: pd.DataFrame, failed: Positions, ids: Ids) -> Positions:
    index, mended = frame.index, mended_rows.index
    places: dict[Any, list[int]] = {}
    for at in failed.tolist():
        places.setdefault(_key(index[at]), []).append(at)
    wanted: dict[Any, list[int]] = {}
    for at, label in enumerate(mended):
        wanted.setdefault(_key(label), []).append(at)
    for label, given in wanted.items():
        there = len(places.get(label, ()))
        if len(given) != there:
            what = (
                "is not among the failed rows"
                if not there
                else f"has a label that stands for {counted(there, 'failed row')}, not {len(given)}"
            )
            # Named by its position: a label may be an e-mail address.
            raise ValidationError(
                f"Row {given[0]} of the rows given to retry() {what}. Take the rows from .failed "
                "of the latest report and keep their labels"
                + (", all rows of a label together." if there else ".")
            )
    found = np.empty(len(mended), "int64")
    for label, given in wanted.items():
        found[given] = places[label]
    shared = [label for label in wanted if len(places[label]) > 1]
    try:
        people = ids.of(mended_rows.iloc[_all(wanted, shared)]).everybody()
    except KeyError:  # the ids stood in a level of the index that the mended rows have no more
        return found
    before, after = iter(ids.of(frame.iloc[_all(places, shared)]).everybody()), iter(people)
    for label in shared:
        several = places[label]
        was, now = ([next(one) for _ in several] for one in (before, after))
        found[wanted[label]] = _paired(was, now, several)
    return found


def _all(rows: dict[Any, list[int]], shared: list[Any]) -> list[int]:
    return [at for label in shared for at in rows[label]]


def _paired(failed: list[Person | None], mended: list[Person | None], places: list[int]) -> list[int]:
    """Give each mended row the place of a failed row of the same person, else the next that is left."""
    of_person: dict[Person | None, deque[int]] = {}
    for place, person in zip(places, failed, strict=True):
        of_person.setdefault(person, deque()).append(place)
    found = {
        at: of_person[person].popleft()
        for at, person in enumerate(mended)
        if person is not None and of_person.get(person)
    }
    taken = set(found.values())
    rest = iter([place for place in places if place not in taken])
    return [found[at] if at in found else next(rest) for at in range(len(places))]


def _key(label: Any) -> Any:
    """Return a label as a key; one that is missing, as another in its place would be."""
    if isinstance(label, tuple):
        return tuple(map(_key, label))
    return None if is_missing(label) else label


def _replaced(column: pd.Series, mended: pd.Series, rows: Positions) -> pd.Series:
    """Return a column with new values in some rows; of two types, as objects, so that none is converted.

    The rows are taken from both and never assigned: pandas fills the gaps of an Arrow dictionary then.
    """
    if column.dtype != mended.dtype:
        column, mended = _dense(column).astype(object), _dense(mended).astype(object)
    order = np.arange(len(column))
    order[rows] = len(column) + np.arange(len(rows))
    return pd.concat([column, mended], ignore_index=True).iloc[order].set_axis(column.index)


def _dense(column: pd.Series) -> pd.Series:
    array: Any = column.array
    return pd.Series(array.to_dense(), column.index) if isinstance(column.dtype, pd.SparseDtype) else column
