"""Pseudonyms for what points to a person: the same value, the same pseudonym, so joins still work."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import secrets
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ct_pandas._frame.order import REQUESTED
from ct_pandas._frame.stored import restored
from ct_pandas._personal import hidden, identifies, in_written, is_personal, reaches
from ct_pandas._records.identity import id_text
from ct_pandas._records.keywords import check_names
from ct_pandas._records.plain import Unsendable, is_missing
from ct_pandas._records.provenance import ATTRS, PSEUDONYM, notes
from ct_pandas.errors import ClevertapError, ValidationError

_OWN_IDS = ("person", REQUESTED)  # so views, tables of people and read_profile call their ids
_PROPERTIES = ("event_props.", "session_props.")
_NAMES = 1_000  # of keys that are remembered while a column is redacted


def redact(frame: pd.DataFrame, salt: str | bytes | None, keep: Iterable[Any]) -> pd.DataFrame:
    """Return a copy in which what points to a person is a pseudonym; see the accessor."""
    if not isinstance(keep, Iterable) or (isinstance(keep, pd.Series) and keep.name is not None):
        raise ValidationError(f"keep= takes a list of names of columns, not {type(keep).__name__}.")
    names = [keep] if isinstance(keep, str) else list(keep)
    check_names("keep", names)
    kept = set(names)
    unknown = [name for name in kept if name not in frame.columns and name not in frame.index.names]
    if unknown:
        raise ValidationError(f"keep=: there is no column {unknown[0]!r}.")
    frame = restored(frame)
    pen = _Pen(user_salt() if salt is None else salt)
    columns = [column if label in kept else pen.column(label, column) for label, column in frame.items()]
    redacted = pd.concat(columns, axis=1) if columns else frame.copy()
    redacted.columns = frame.columns
    redacted.index = _index(frame.index, kept, pen)
    redacted.attrs = {**frame.attrs, ATTRS: _notes(frame)}
    return redacted


def _notes(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the frame's notes without filters, which may name people, and without the read."""
    said = {key: value for key, value in notes(frame).items() if key != "read"}
    query = said.get("query")
    if isinstance(query, dict):
        said["query"] = {key: query[key] for key in ("event_name", "from", "to") if key in query}
    return said | {"redacted": True}


def _index(index: pd.Index, kept: set[Any], pen: _Pen) -> pd.Index:
    levels = [index.get_level_values(at) for at in range(index.nlevels)]
    done = [level if level.name in kept else pen.level(level) for level in levels]
    if all(one is other for one, other in zip(done, levels, strict=True)):
        return index
    return done[0] if index.nlevels == 1 else pd.MultiIndex.from_arrays(done, names=index.names)


class _Pen:
    """Writes pseudonyms under one salt."""

    def __init__(self, salt: str | bytes) -> None:
        secret = salt.encode() if isinstance(salt, str) else salt
        if not isinstance(secret, bytes):
            raise ValidationError(f"salt= takes text or bytes, not {type(salt).__name__}.")
        if not secret:
            raise ValidationError("salt= is empty: pseudonyms could be guessed.")
        self._blank = hashlib.blake2b(digest_size=8, key=hashlib.sha256(secret).digest())
        self._known: dict[str, str] = {}

    def pseudonym(self, text: str) -> str:
        """Return the pseudonym of a text."""
        found = self._known.get(text)
        if found is None:
            digest = self._blank.copy()
            digest.update(text.encode("utf-8", "surrogatepass"))
            found = self._known[text] = PSEUDONYM + digest.hexdigest()
        return found

    def column(self, label: Any, column: pd.Series) -> pd.Series:
        """Return a column with pseudonyms where its name or its values point to a person."""
        if pd.api.types.is_bool_dtype(column.dtype):
            return column  # whether somebody has an address is no address
        if _is_personal_column(str(label)):
            return pd.Series(self.values(column), index=column.index, name=column.name)
        tell = _of_a_property if str(label).startswith(_PROPERTIES) else is_personal
        names = functools.lru_cache(_NAMES)(tell)  # objects have the same few keys, millions of times
        if isinstance(column.dtype, pd.CategoricalDtype):
            categories = self.column("", pd.Series(column.cat.categories))
            return column.cat.rename_categories(categories.tolist())
        if isinstance(column.dtype, pd.StringDtype):
            return _text(column, lambda text: self._in_text(text, names))
        if not _may_hold_text(column.dtype):
            return column
        values = list(column)
        done = [self._within(value, names) for value in values]
        same = all(one is other for one, other in zip(values, done, strict=True))
        if same:
            return column
        with contextlib.suppress(pa.ArrowException, TypeError, ValueError):  # numbers that are text now
            return pd.Series(done, column.index, column.dtype, column.name)
        return pd.Series(done, column.index, object, column.name)

    def level(self, level: pd.Index) -> pd.Index:
        """Return a level of an index, as if it were a column."""
        column = level.to_series(index=pd.RangeIndex(len(level)))
        done = self.column(level.name, column)
        return level if done is column else pd.Index(done, name=level.name)

    def values(self, values: pd.Series) -> Any:
        """Return the pseudonyms of values; what is missing stays missing."""
        if values.dtype.kind in "iu":
            values = values.astype("str")
        if isinstance(values.dtype, pd.StringDtype):
            return _text(values, self._hidden).array
        done = [self._hidden(value) for value in values]
        if not all(one is None or isinstance(one, str) for one in done):
            return pd.Series(done, dtype=object).array
        kind: Any = values.dtype
        text = isinstance(kind, pd.ArrowDtype) and pd.api.types.is_string_dtype(kind)
        return pd.array(done, dtype=kind if text else "str")

    def _hidden(self, value: Any) -> Any:
        """Return a pseudonym for a value, or for each of several."""
        if isinstance(value, str):
            return self.pseudonym(str.__str__(value)) if value.strip() else None
        if isinstance(value, dict):
            return {key: self._hidden(one) for key, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset | np.ndarray):
            return [self._hidden(one) for one in value]
        if isinstance(value, bool | np.bool_):
            return value
        if is_missing(value):
            return None
        try:
            text = id_text(value)
        except Unsendable:
            text = str(value)
        return None if text is None else self.pseudonym(text)

    def _within(self, value: Any, names: Callable[[str], bool]) -> Any:
        """Return a value of another column: addresses in it, and what its keys call personal, are hidden."""
        if isinstance(value, str):
            return self._in_text(value, names)
        if isinstance(value, dict):
            return {
                self._within(key, names): self._hidden(one) if names(str(key)) else self._within(one, names)
                for key, one in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset | np.ndarray):
            parts = list(value)
            done = [self._within(one, names) for one in parts]
            return value if all(one is other for one, other in zip(done, parts, strict=True)) else done
        return value

    def _in_text(self, text: str, names: Callable[[str], bool]) -> str:
        """Return a text with its addresses hidden; of lists and objects, as files hold them, by keys too."""
        return hidden(in_written(text, lambda value: self._within(value, names)), self.pseudonym)


def _may_hold_text(kind: Any) -> bool:
    if isinstance(kind, pd.ArrowDtype):
        arrow = kind.pyarrow_dtype
        return (
            pd.api.types.is_string_dtype(kind) or pa.types.is_nested(arrow) or pa.types.is_dictionary(arrow)
        )
    return pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind)


def _text(column: pd.Series, change: Callable[[str], str | None]) -> pd.Series:
    """Return a column of text with every text changed; equal ones are looked at once."""
    codes, different = pd.factorize(column)
    words = different.tolist()
    made = [change(word) for word in words]
    if made == words:
        return column
    kind: Any = column.dtype
    values = pd.array(made, dtype=kind).take(codes, allow_fill=True)
    return pd.Series(values, index=column.index, name=column.name)


def _of_a_property(name: str) -> bool:
    return reaches(name) or identifies(name)


def _is_personal_column(label: str) -> bool:
    """Tell by a column's name; of properties, only what reaches a person: a product has a name, too."""
    group, _, name = label.rpartition(".")
    if label.startswith(_PROPERTIES):
        return _of_a_property(name)
    if label.startswith("events."):
        return False
    if label in _OWN_IDS:
        return True
    if label.startswith("platformInfo."):
        return is_personal(name)
    return is_personal(label.removeprefix("profileData.") if group else label)


def user_salt() -> bytes:
    """Return this user's salt, made once and kept outside of notebooks, readable by its owner only."""
    why = ": this user has no home folder"
    with contextlib.suppress(RuntimeError):  # as of a user without a name, in a container
        path = _config() / "redact-salt"
        try:
            return _kept_salt(path)
        except OSError as error:
            why = f" in {str(path)!r}: {error.strerror}"
    raise ClevertapError(
        f"The salt of the pseudonyms cannot be saved{why}. Give "
        "salt=, a text that you keep secret, or set XDG_CONFIG_HOME to a folder of yours."
    )


def _kept_salt(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(part, path)  # fails where another process was first, whose salt then counts
        except FileExistsError:
            pass
        except OSError:
            part.replace(path)
            return path.read_bytes().strip()
        part.unlink()
    return path.read_bytes().strip()


def _config() -> Path:
    """Return the folder for this package's settings, as the platform has it."""
    if os.environ.get("XDG_CONFIG_HOME"):
        return Path(os.environ["XDG_CONFIG_HOME"]) / "ct_pandas"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "ct_pandas"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "ct_pandas"
    return Path.home() / ".config" / "ct_pandas"
