"""Saves the present values of what an upload is about to change, as Parquet that can be uploaded back."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas._account import Account
from ct_pandas._frame.order import REQUESTED
from ct_pandas._query.names import COLUMN_OF
from ct_pandas._reading.profiles import read_profile
from ct_pandas._records.identity import READABLE, Person
from ct_pandas._records.pieces import Pieces
from ct_pandas._records.plain import Unsendable, is_missing, plain
from ct_pandas._records.provenance import ATTRS
from ct_pandas._records.roles import EXISTS
from ct_pandas._records.times import Times
from ct_pandas._storage.files import check_place, path_named, replacing
from ct_pandas.errors import ClevertapError, DownloadError, ProfileNotFoundWarning, ValidationError


@dataclass(frozen=True)
class Saved:
    """Who is in a backup with which attributes, and what they had."""

    people: Mapping[Person, frozenset[str]]
    frame: pd.DataFrame


def save(
    path: Any,
    pieces: Pieces,
    rows: npt.NDArray[np.int64],
    account: Account,
    *,
    progress: Any,
    earlier: Saved | None,
) -> Saved:
    """Write what the people of these rows have now, in the attributes that are about to be sent.

    One request per person. A person who does not exist has ``clevertap.exists`` false and no values. A retry
    adds what the ``earlier`` rows of the same upload did not concern: other people, and a person once more
    with what else changes.
    """
    target = path_named(path, "backup", "a file")
    if earlier is None:
        with _usable(target):
            _check_free(target)
    people, wanted = _about_to_change(pieces, rows)
    before = Saved({}, pd.DataFrame()) if earlier is None else earlier
    lacking: dict[tuple[str, tuple[str, ...]], list[str]] = {}  # ids by their kind and what to save of them
    for key, value in people:
        had = before.people.get((key, value))
        lacks = tuple(one for one in wanted if had is None or one not in had)
        if lacks or had is None:
            lacking.setdefault((key, lacks), []).append(value)
    if earlier is not None and not lacking:
        return earlier
    parts = [before.frame] * (earlier is not None) + [
        _present(key, ids, list(lacks), account, progress) for (key, lacks), ids in lacking.items()
    ]
    found = (
        pd.concat(_alike(parts), ignore_index=True)
        if parts
        else pd.DataFrame({"identity": pd.Series(dtype="str")})
    )
    frame = _plain_columns(found)
    frame.attrs[ATTRS] = {
        "kind": "backup",
        "account": account.account_id,
        "region": account.place,
        "rows": len(frame),
        "missing": int((~frame[EXISTS]).sum()) if len(frame) else 0,
        "saved_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "json_columns": frame.attrs.pop("json_columns", []),
    }
    with _usable(target), replacing(target) as file:
        frame.to_parquet(file, index=False)
    saved = {one: before.people.get(one, frozenset()).union(wanted) for one in people}
    return Saved({**before.people, **saved}, found)


def _alike(parts: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Keep values as they came where a column has another type in another part: pandas would change one."""
    kinds: dict[str, set[str]] = {}
    for part in parts:
        for name, kind in part.dtypes.items():
            kinds.setdefault(str(name), set()).add(str(kind))
    mixed = [name for name, several in kinds.items() if len(several) > 1]
    return [part.astype({name: object for name in mixed if name in part}) for part in parts]


@contextlib.contextmanager
def _usable(target: Path) -> Iterator[None]:
    """Say of a file that cannot be written why that is, and that the upload has not begun."""
    try:
        yield
    except OSError as error:
        raise ClevertapError(
            f"backup={str(target)!r} cannot be written: {error.strerror or error}. Nothing was sent."
        ) from None


def _check_free(target: Path) -> None:
    """Refuse a path that cannot be written or overwrites something, before anybody is looked up."""
    if target.exists() and not target.is_file():
        raise ValidationError(f"backup={str(target)!r} exists, but is not a file. Nothing was sent.")
    if target.exists() and target.stat().st_size:
        raise ValidationError(
            f"backup={str(target)!r} exists already and may hold the only copy of earlier values. Name "
            "another file, or remove it first. Nothing was sent."
        )
    if not target.parent.is_dir():
        raise ValidationError(f"backup={str(target)!r}: there is no such folder. Nothing was sent.")
    check_place(target)


def _about_to_change(pieces: Pieces, rows: npt.NDArray[np.int64]) -> tuple[list[Person], list[str]]:
    """Return the people of these rows, and the keys of what is sent for any of them."""
    found: dict[Person, None] = {}
    keys: dict[str, None] = {}
    for piece in pieces.cut(rows):
        for field, cells in zip(pieces.outgoing.fields, piece.cells, strict=True):
            if cells.present.any():
                keys[field.key] = None
        found.update({person: None for person in piece.people.everybody() if person is not None})
    unreadable = sorted({key for key, _ in found} - set(READABLE))
    if unreadable:
        raise ValidationError(
            f"backup= cannot read profiles by {', '.join(unreadable)}: CleverTap looks them up by identity "
            "or objectId only. Nothing was sent."
        )
    return list(found), list(keys)


def _present(key: str, ids: list[str], wanted: list[str], account: Account, progress: Any) -> pd.DataFrame:
    """Return a row per id, with the attributes that are about to change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProfileNotFoundWarning)
        try:
            read = read_profile(
                **{READABLE[key]: ids}, event_summary=False, progress=progress, account=account
            )
        except DownloadError as error:  # speaks of going on with this read; it is the upload that can
            raise (error.__context__ if isinstance(error.__context__, ClevertapError) else error) from None
    columns = [name for name in (_column_of(one, read) for one in wanted) if name is not None]
    kept = read[list(dict.fromkeys(columns))]
    kept = kept.reindex(pd.Index(ids, name=REQUESTED, dtype=kept.index.dtype if len(kept) else None))
    kept.insert(0, key, pd.Series(ids, dtype="str", index=kept.index))
    kept.insert(1, EXISTS, np.isin(np.array(ids, object), np.array(list(read.index), object)))
    return kept.reset_index(drop=True)


def _column_of(key: str, read: pd.DataFrame) -> str | None:
    for name in (COLUMN_OF.get(key), f"profileData.{key}"):
        if name in read.columns:
            return name
    return None


def _plain_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that Parquet can hold: what is mixed or nested becomes JSON text, and is named."""
    marked = [name for name in frame.columns if frame[name].dtype == object]
    texts = {name: pd.array([_json(value) for value in frame[name]], dtype="str") for name in marked}
    plain = frame.assign(**texts)
    plain.attrs = {"json_columns": marked}
    return plain


def _json(value: Any) -> str | None:
    """Return a value as JSON text; a time, which stands beside other types here, as it is sent."""
    if is_missing(value):
        return None
    try:
        return json.dumps(plain(value, Times(None)), ensure_ascii=False)
    except Unsendable:  # kept as it came: whoever uploads the backup is told of it
        return json.dumps(value, default=str)
