"""Which cells of a frame differ from the frame as it was read, found by person."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from ct_pandas._frame import stored
from ct_pandas._records import provenance
from ct_pandas._records.encode import Cells, encode
from ct_pandas._records.identity import Ids, People
from ct_pandas._records.roles import role_of
from ct_pandas._records.times import Times

if TYPE_CHECKING:
    from ct_pandas._records.outgoing import Field

Mask = npt.NDArray[np.bool_]
OPEN, SAME, OTHER = 0, 1, 2  # what is known of a cell of somebody with several rows


@dataclass
class Difference:
    """One column of a slice beside what it was."""

    changed: Mask
    emptied: Mask
    old: Cells | None = None


@dataclass
class Beside:
    """The people of a slice as they were read.

    Parameters
    ----------
    frame
        The rows of those who were read.
    names
        Who stands in each row of the slice.
    positions
        Where these rows stand in the frame that is compared.
    codes
        Where each of them stands in ``frame``, -1 for nowhere; None where it has the rows of the slice.
    """

    frame: pd.DataFrame
    names: list[str | None]
    positions: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int64] | None

    @property
    def strangers(self) -> Mask:
        """Which rows are of people who are nowhere in ``frame``."""
        if self.codes is None:
            return np.zeros(len(self.names), bool)
        known = np.array([name is not None for name in self.names], bool)
        return np.asarray((self.codes < 0) & known)


class Original:
    """A frame as it was read, found by person.

    Parameters
    ----------
    frame
        The frame as it was read.
    ids
        Where its ids stand.
    whole, whole_ids
        The frame that is compared with it, and where its ids stand.
    """

    def __init__(self, frame: pd.DataFrame, ids: Ids, whole: pd.DataFrame, whole_ids: Ids) -> None:
        self.frame = stored.restored(frame).copy(deep=False)
        self.frame.attrs = {}  # pandas copies them for every slice of every column
        self.ids, self.whole, self.whole_ids = ids, whole, whole_ids
        self._keys: dict[str | None, list[int]] = {}
        downloaded = provenance.is_download(frame)
        for at, label in enumerate(frame.columns):
            name = provenance.whole_name(frame, label)
            role = role_of(name, "profile", downloaded=downloaded, of_events=False, was_read=False)
            self._keys.setdefault(role.key, []).append(at)
        self._several: dict[str, list[int]] = {}
        self._further: dict[int, pd.Series] = {}
        self._settled: dict[tuple[int, int], npt.NDArray[np.int8]] = {}
        self._places = self._found(_names(ids.of(self.frame)))

    def _found(self, names: list[str | None]) -> pd.Series:
        """Give the last row of each name; keep all rows of those that have several."""
        index = pd.Index(np.array(names, object), dtype=object)
        known = index.notna()
        again: dict[str, list[int]] = {}
        for at in np.flatnonzero(index.duplicated(keep=False) & known).tolist():
            again.setdefault(str(names[at]), []).append(at)
        self._several = again | self._several
        vars(self).pop("_standing", None)  # of those who had several rows as far as was known
        last = known & ~index.duplicated(keep="last")
        return pd.Series(np.flatnonzero(last), index[last])

    def _rows(self, names: list[str | None]) -> npt.NDArray[np.int64]:
        """Give the row of each person, -1 where there is none."""
        wanted = pd.Index(np.array(names, object), dtype=object)
        rows: npt.NDArray[np.int64] = self._places.reindex(wanted, fill_value=-1).to_numpy(copy=True)
        for number, source in enumerate(self.ids.sources[1:]):
            left = [
                place for place in np.flatnonzero(rows < 0).tolist() if _has_key(names[place], source.key)
            ]
            if not left:
                continue  # nobody here is named by what stands in this column
            if number not in self._further:
                texts = source.ids(self.frame)[0]
                self._further[number] = self._found(_names(People([source.key] * len(texts), texts)))
            rows[left] = self._further[number].reindex(wanted[left], fill_value=-1)
        return rows

    def beside(self, people: People, positions: npt.NDArray[np.int64]) -> Beside:
        """Find where each person stood; of several rows of one, the last.

        Who is named by another id than there, as a column was dropped, is found by that one.
        """
        names = _names(people)
        places = self._rows(names)
        found = np.flatnonzero(places >= 0)
        rows = places[found]
        in_a_row = len(rows) and (np.diff(rows) == 1).all()
        part = self.frame.iloc[rows[0] : rows[-1] + 1] if in_a_row else self.frame.iloc[rows]
        if len(found) == len(names):
            return Beside(part, names, positions, None)
        codes = np.full(len(names), -1, "int64")
        codes[found] = np.arange(len(found))
        return Beside(part, names, positions, codes)

    def difference(
        self, one: Field, column: pd.Series, new: Cells, beside: Beside, times: Times
    ) -> Difference:
        """Compare a column with what has its key; a person with several rows, with all of them."""
        place = self._place(one.key, one.label)
        if place is None:
            return Difference(new.present.copy(), np.zeros(len(new), bool))
        was = beside.frame.iloc[:, place]
        old = encode(was, times)
        old = old if beside.codes is None else old.take(beside.codes)
        equal = _equal(new, old)
        for at in new.faults.keys() & old.faults.keys():
            equal[at] = _is(column.iloc[at], was.iloc[at if beside.codes is None else beside.codes[at]])
        if self._several:
            self._settle(equal, beside, (one.at, place), times)
        return Difference(~equal & new.present, ~equal & ~new.present & old.present, old)

    def _settle(self, equal: Mask, beside: Beside, columns: tuple[int, int], times: Times) -> None:
        """Compare the cells of people with several rows with all of them, a column at a time."""
        unequal = [at for at in np.flatnonzero(~equal).tolist() if beside.names[at] in self._several]
        if not unequal:
            return
        settled = self._settled.setdefault(columns, np.full(len(self.whole), OPEN, np.int8))
        rows = beside.positions[unequal]
        people = dict.fromkeys(
            str(beside.names[at]) for at, state in zip(unequal, settled[rows], strict=True) if state == OPEN
        )
        if people:  # all their rows at once, which stand in many slices
            standing = {name: self._standing[name] for name in people}
            before = _forms(self.frame, columns[1], {name: self._several[name] for name in people}, times)
            after = _forms(self._compared, columns[0], standing, times)
            for name, places in standing.items():
                was, now = Counter(before[name]), Counter(after[name])
                same = was.keys() - _instead(was, now).keys()
                settled[places] = [SAME if value in same else OTHER for value in after[name]]
        equal[unequal] = settled[rows] == SAME

    @functools.cached_property
    def _compared(self) -> pd.DataFrame:
        return stored.restored(self.whole)

    @functools.cached_property
    def _standing(self) -> dict[str, list[int]]:
        """Where those who had several rows stand in the frame that is compared."""
        found: dict[str, list[int]] = {}
        for at, name in enumerate(_names(self.whole_ids.of(self._compared))):
            if name in self._several:
                found.setdefault(str(name), []).append(at)
        return found

    def held_values(self, one: Field) -> bool:
        """Tell whether what has the key of a column held lists or objects."""
        place = self._place(one.key, one.label)
        if place is None or self.frame.dtypes.iloc[place] != np.dtype(object):
            return False
        return any(isinstance(value, list | dict | np.ndarray) for value in self.frame.iloc[:, place])

    def _place(self, key: str, label: Any) -> int | None:
        """Give the column that was sent under a key; of several, such as e-mails, the one of that name."""
        places = self._keys.get(key, [])
        named = [at for at in places if self.frame.columns[at] == label] if len(places) > 1 else []
        return next(iter([*named, *places]), None)


def _forms(
    frame: pd.DataFrame, column: int, rows: dict[str, list[int]], times: Times
) -> dict[str, list[Hashable]]:
    """Give what a column holds in the rows of each person, encoded at once."""
    part = frame.iloc[list(itertools.chain.from_iterable(rows.values())), column]
    cells = encode(part, times)
    forms = list(map(_form, cells.values()))
    for at in cells.faults:  # what cannot be sent is no missing value
        forms[at] = type(part.iloc[at]), repr(part.iloc[at])
    each = iter(forms)
    return {name: list(itertools.islice(each, len(places))) for name, places in rows.items()}


def _instead(before: Counter[Any], after: Counter[Any]) -> Counter[Any]:
    """Return what took the place of other values in the rows of somebody who has several.

    Rows cannot be paired: they are sorted, filtered and repeated. So it is what stands more often than before
    where something else stands less often, although no row of theirs is gone.
    """
    gone = after.total() < before.total()
    return Counter() if gone or before <= after else after - before


def _has_key(name: str | None, key: str) -> bool:
    return name is not None and name.startswith(f"{key}\x1f")


def _names(people: People) -> list[str | None]:
    return [
        None if key is None or value is None else f"{key}\x1f{value}"
        for key, value in zip(people.keys, people.ids, strict=True)
    ]


def _is(one: Any, other: Any) -> bool:
    """Whether a value that cannot be sent is still what was read."""
    try:
        return type(one) is type(other) and bool(one == other)
    except (TypeError, ValueError):
        return False


def _equal(new: Cells, old: Cells) -> Mask:
    """Compare cell by cell; one that cannot be sent equals none."""
    equal: Mask = ~new.present & ~old.present
    both = new.present & old.present
    if new.text is not None and old.text is not None:
        equal |= pc.equal(new.text, old.text).fill_null(False).to_numpy(zero_copy_only=False)
    elif new.numbers is not None and old.numbers is not None and new.numbers.dtype == old.numbers.dtype:
        equal |= both & (new.numbers == old.numbers)
    elif both.any():
        ones, others = new.values(), old.values()
        equal[both] = [_form(ones[at]) == _form(others[at]) for at in np.flatnonzero(both).tolist()]
    equal[list(new.faults)] = False
    return equal


def _form(value: Any) -> Hashable:
    """Return what stands for a value that JSON has: equal for equal ones, of which ``True`` is not 1."""
    if isinstance(value, list):
        return list, tuple(map(_form, value))
    if isinstance(value, dict):
        return dict, frozenset((key, _form(one)) for key, one in value.items())
    return (bool, value) if isinstance(value, bool) else value
