"""What this process remembers of its reads, so that what changed since can be told.

A short token travels in ``attrs``, which pandas copies on every operation; it copies itself as itself, so it
lives exactly as long as some frame that came from the read. What it stands for is kept here: a view of the
frame as it was read, which costs no memory until the frame is changed, and is let go with the token. Only
lists and objects are made anew, from what they came from, because they can be changed inside of their cells.
"""

from __future__ import annotations

import contextlib
import functools
import marshal
import secrets
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from ct_pandas._frame.order import FURTHER
from ct_pandas._records import provenance
from ct_pandas._records.identity import id_texts
from ct_pandas._records.roles import THE_ID, role_of
from ct_pandas.errors import ValidationError

READS_REMEMBERED = 8


class ReadToken(str):  # noqa: SLOT000  (slots would leave no room for weak references)
    """Names a read; a copy of it is itself, in JSON it is plain text."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


@dataclass(frozen=True)
class _Read:
    frame: pd.DataFrame
    columns: frozenset[Any]
    objects: frozenset[Any]
    anew: Mapping[Any, Callable[[], Any]]
    origin: provenance.Origin | None

    def among(self, ids: set[str]) -> set[str]:
        """Return which of the ids stand in a column of their own."""
        labels = [one for one in self.frame if one == "identity" or str(one).split(".")[-1] == "objectId"]
        return set().union(*(ids.intersection(id_texts(self.frame[label])[0]) for label in labels))

    def original(self) -> pd.DataFrame:
        """Return the frame as it was read."""
        frame = self.frame.copy(deep=False)
        for label, make in self.anew.items():
            frame[label] = pd.Series(make(), index=frame.index, dtype=object)
        return frame


_reads: dict[str, _Read] = {}
_lock = threading.RLock()  # a finalizer may run while it is held


def remember(frame: pd.DataFrame, anew: Mapping[Any, Callable[[], Any]] | None = None) -> str:
    """Remember a frame as it was read; returns the token to put into its notes.

    Only columns that could be sent back are kept, of the last few reads, and no longer than a frame that came
    from the read lives. ``anew`` makes columns of lists and objects once more; others are written down. The
    notes of the frame say which account it was read from.
    """
    token = ReadToken(secrets.token_hex(6))
    extra = [at for at, label in enumerate(frame.columns) if not _matters(label)]
    kept = frame.drop(columns=frame.columns[extra]) if extra else frame.copy(deep=False)
    kept.attrs = {}
    makes = {}
    for label, kind in kept.dtypes.items():
        if kind == np.dtype(object) and not str(label).startswith("platformInfo."):
            with contextlib.suppress(ValueError):  # nested too deep: its cells stay shared
                makes[label] = (anew or {}).get(label) or _written_down(kept[label])
    weakref.finalize(token, _forget, str(token))
    objects = frozenset(label for label, kind in frame.dtypes.items() if kind == np.dtype(object))
    with _lock:
        _reads[str(token)] = _Read(kept, frozenset(frame.columns), objects, makes, provenance.origin(frame))
        while len(_reads) > READS_REMEMBERED:
            del _reads[next(iter(_reads))]
    return token


def _written_down(column: pd.Series) -> Callable[[], Any]:
    """Write cells down, and return what reads them back: of all copies the quickest to make."""
    return functools.partial(marshal.loads, marshal.dumps(column.tolist()))


def _matters(label: Any) -> bool:
    if str(label).startswith("platformInfo."):
        return str(label).endswith(".objectId") or label == FURTHER
    role = role_of(label, "profile", downloaded=True, of_events=False, was_read=True)
    return role.key is not None or role.why == THE_ID


def _forget(token: str) -> None:
    with _lock:
        _reads.pop(token, None)


def _read_of(frame: pd.DataFrame) -> _Read | None:
    with _lock:
        return _reads.get(str(provenance.notes(frame).get("read")))


def any_elsewhere(here: provenance.Origin) -> bool:
    """Tell whether anything was read from another account, as far as this process remembers."""
    with _lock:
        return any(read.origin not in (None, here) for read in _reads.values())


def people_elsewhere(ids: set[str], here: provenance.Origin) -> dict[str, provenance.Origin]:
    """Return which ids were read from other accounts and not from ``here``, each with that account.

    As far as this process remembers.
    """
    with _lock:
        known = list(_reads.values())
    away = [(read, read.origin) for read in known if read.origin is not None and read.origin != here]
    found = {one: origin for read, origin in away for one in read.among(ids)}
    if not found:
        return {}
    mine = set().union(*(read.among(set(found)) for read in known if read.origin == here))
    return {one: origin for one, origin in found.items() if one not in mine}


def columns_read(frame: pd.DataFrame) -> frozenset[Any]:
    """Return the names that came with the download of a frame, as far as this process remembers."""
    read = _read_of(frame)
    return read.columns if read else frozenset()


def objects_read(frame: pd.DataFrame) -> frozenset[Any]:
    """Return the columns that were read as lists, objects or mixed types, as far as is remembered."""
    read = _read_of(frame)
    if read is None:
        return frozenset()
    kept = read.original()  # of those that may go back, it tells whether anything was in them
    return frozenset(one for one in read.objects if one not in kept or kept[one].notna().any())


def original_of(frame: pd.DataFrame, original: Any) -> pd.DataFrame:
    """Return the frame as it was read: the one given, else the one remembered."""
    if original is not None:
        if not isinstance(original, pd.DataFrame):
            raise ValidationError(f"original= takes a pandas DataFrame, not {type(original)}.")
        return original
    read = _read_of(frame)
    if read is None:
        raise ValidationError(
            'columns="changed" needs the frame as it was read, and this process no longer knows it: the '
            "frame was not read here, was made by merge or concat, or was read too long ago. Give the frame "
            "as it was read: original=..."
        )
    return read.original()
