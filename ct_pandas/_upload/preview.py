"""A look at what an upload would send, before it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas._account import Account
from ct_pandas._faces import NO_FORMULAS, STYLE
from ct_pandas._limits import Limits
from ct_pandas._records.batches import records
from ct_pandas._records.identity import Person
from ct_pandas._records.keywords import Keywords
from ct_pandas._records.outgoing import Outgoing, outgoing
from ct_pandas._records.pieces import Piece, Pieces
from ct_pandas._records.times import Times
from ct_pandas._shown import counted, shown, whole_number
from ct_pandas._upload.checking import account_known, refuse_pseudonyms
from ct_pandas._upload.looked_up import look_up, sample
from ct_pandas._upload.preview_html import masked, masked_json, table
from ct_pandas._validate.findings import labels
from ct_pandas._validate.validate import look, nothing_to_send
from ct_pandas.errors import ValidationError

SHOWN_CHANGES = 10
_NOBODY_TO_LOOK_UP = "No id was looked up: CleverTap finds people by identity and objectId only."
_ALL_LEFT_OUT = "As they are, none of them would be sent: df.clevertap.validate() says what is wrong."
_LEFT_OUT = "Rows that would not be sent are left out here: df.clevertap.validate() says what is wrong."

Record = dict[str, Any]


@dataclass(frozen=True)
class Preview:
    """What an upload would send.

    Attributes
    ----------
    records
        The first records exactly as they would be sent.
    columns
        What every column becomes: ``column``, ``dtype``, ``sent_as``, ``note`` and the number of ``cells``.
    changes
        With ``columns="changed"``: every cell that differs, ``old`` beside ``new``; else ``None``.
    rows
        How many rows have something to send.
    checked, missing
        How many ids were looked up, and how many of them do not exist and would become new profiles.
    """

    kind: str
    records: list[Record]
    columns: pd.DataFrame
    changes: pd.DataFrame | None
    rows: int
    total: int
    checked: int
    missing: int
    where: str
    notes: tuple[str, ...]

    def sentence(self) -> str:
        """Say in a line what would be sent, and where to."""
        to = f" to {self.where}" if self.where else ""
        rows = counted(self.total, "row has", "rows have")
        return f"{self.rows:,} of {rows} {self.kind}s to send{to}."

    def said_of_ids(self) -> str:
        """Say how many of the ids that were looked up do not exist."""
        if not self.checked:
            return ""
        one = "id looked up does not exist and would become a new profile"
        several = "ids looked up do not exist and would become new profiles"
        return f"{self.missing:,} of {counted(self.checked, one, several)}."

    def __repr__(self) -> str:
        lines = [f"Preview: {self.sentence()}", self.said_of_ids(), *self.notes]
        lines += [masked_json(record) for record in self.records]
        lines.append(self._sent().to_string(index=False))
        lines.append(self._rest())
        return "\n".join(line for line in lines if line)

    def _repr_html_(self) -> str:
        said = "".join(
            f'<p class="ct-head">{escape(one)}</p>'
            for one in (self.sentence(), self.said_of_ids(), *self.notes)
            if one
        )
        shown = "".join(f"<pre>{escape(masked_json(record, indent=1))}</pre>" for record in self.records)
        sent = table(self._sent(), "What is sent")
        rest = self.columns.loc[self.columns["cells"] == 0, ["column", "note"]]
        left = f"<details><summary>{escape(self._rest())}</summary>{table(rest, '')}</details>"
        first = (
            f"<details open><summary>The first records, ids hidden</summary>{shown}</details>"
            if shown
            else ""
        )
        body = f"{said}{self._changes_html()}{sent}{left if len(rest) else ''}{first}"
        return f'<div class="ct-report {NO_FORMULAS}">{STYLE}{body}</div>'

    def _sent(self) -> pd.DataFrame:
        """Return the columns of which anything is sent."""
        return self.columns.loc[self.columns["cells"] > 0, ["column", "dtype", "sent_as", "cells"]]

    def _rest(self) -> str:
        idle = int((self.columns["cells"] == 0).sum())
        return f"{idle} of {len(self.columns)} columns are not sent: see .columns" if idle else ""

    def _changes_html(self) -> str:
        if self.changes is None:
            return ""
        first = self.changes.head(SHOWN_CHANGES).copy()
        for name in ("old", "new"):
            first[name] = [
                masked(str(column).rpartition(".")[2], value)
                for column, value in zip(first["column"], first[name], strict=True)
            ]
        more = (
            f" (first {SHOWN_CHANGES} of {len(self.changes):,})" if len(self.changes) > SHOWN_CHANGES else ""
        )
        return table(first.drop(columns="row"), f"What changes{more}: old beside new")


def preview(
    frame: pd.DataFrame,
    keywords: Keywords,
    account: Account | None,
    *,
    n: int,
    check: int,
    invalid: str,
) -> Preview:
    """Return a look at an upload; see the accessor for the keywords."""
    n, check = _whole("n", n), _whole("check", check)
    known = account_known(account, needed=check > 0)
    going = outgoing(frame, keywords)
    pieces = Pieces(going, Times(known.timezone if known else None))
    seen = _Seen(going, known, n, invalid)
    for piece in pieces.cut():
        refuse_pseudonyms(piece)
        seen.add(piece)
    people = sample(pieces, seen.rows, check) if check else []
    checked, missing = look_up(people, known) if known and people else (0, 0)
    events = counted(seen.rows, "event has", "events have")
    ids = counted(seen.rows, "id begins or ends", "ids begin or end")
    untimed = (
        f"{seen.untimed:,} of {events} no time, and would get the time of arrival: name the column of times "
        "with ts=."
    )
    padded = f"{seen.padded:,} of {ids} with a blank, which makes a different id: .str.strip() removes it."
    found = {
        untimed: seen.untimed > 0,
        padded: seen.padded > 0,
        _LEFT_OUT if seen.made else _ALL_LEFT_OUT: seen.has_left_out,
        _NOBODY_TO_LOOK_UP: bool(check and seen.rows and not people),
    }
    return Preview(
        keywords.kind,
        seen.made if seen.anybody else [],
        _columns(going, seen.cells),
        _joined(seen.changes) if keywords.changed else None,
        seen.rows,
        len(frame),
        checked,
        missing,
        where=f"{known.account_id} ({known.place})" if known else "",
        notes=tuple(said for said, holds in found.items() if holds),
    )


@dataclass
class _Seen:
    """What was seen of the pieces so far, of which at most ``n`` records are made."""

    going: Outgoing
    account: Account | None
    n: int
    invalid: str
    made: list[Record] = field(default_factory=list)
    changes: list[pd.DataFrame] = field(default_factory=list)
    rows: int = 0
    untimed: int = 0
    padded: int = 0
    anybody: bool = False
    has_left_out: bool = False
    held: set[Person] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cells = np.zeros(len(self.going.fields), "int64")

    def add(self, piece: Piece) -> None:
        """Look at a further piece."""
        busy = ~nothing_to_send(piece, self.going)
        named = np.array([one is not None for one in piece.people.ids], bool)
        self.rows += int((busy & named).sum())
        padded = np.array([one is not None and one != one.strip() for one in piece.people.ids], bool)
        self.padded += int((busy & padded).sum())
        if self.going.kind == "event":
            seconds = enumerate(piece.seconds or [None] * len(piece))
            untimed = [one is None and at not in piece.second_faults for at, one in seconds]
            self.untimed += int((busy & named & np.array(untimed, bool)).sum())
        self.anybody |= bool(named.any() or piece.people.faults)
        self.cells += np.array([int(one.present.sum()) for one in piece.cells], "int64")
        self.changes += list(_changes_of(piece, self.going))
        if len(self.made) < self.n:
            left = _left_out(piece, self.going, self.account, self.invalid, self.held)
            self.has_left_out |= bool(left.any())
            self._make(piece, busy & ~left)

    def _make(self, piece: Piece, busy: npt.NDArray[np.bool_]) -> None:
        taken = np.flatnonzero(busy)[: self.n - len(self.made)].tolist()
        if taken:
            every = records(piece, self.going)
            self.made += [json.loads(every[at]) for at in taken]


def _left_out(piece: Piece, going: Outgoing, account: Account | None, invalid: str, held: set[Person]) -> Any:
    """Tell which rows an upload would not send: those with a problem, and what they hold back.

    ``held`` are the people of whom an earlier row is left out; those of this slice are added.
    """
    left = np.zeros(len(piece), bool)
    for one in look(piece, going, account.limits if account else Limits.DOCUMENTED):
        if one.keeps_back(invalid):
            left[one.places] = True
    for at, person in enumerate(piece.people.everybody()):
        if person is not None and left[at]:
            held.add(person)
        elif person in held:
            left[at] = True
    return left


def _whole(keyword: str, value: Any) -> int:
    number = whole_number(value)
    if number is None or number < 0:
        raise ValidationError(f"{keyword}={shown(value)} is not a whole number of at least 0.")
    return number


def _columns(going: Outgoing, cells: Any) -> pd.DataFrame:
    """Return what every column becomes, in the order of the frame."""
    sent = {one.at: (one.key, int(count)) for one, count in zip(going.fields, cells, strict=True)}
    sent |= {at: (f"tokenData: {role}", len(going.frame)) for role, at in going.named.items()}
    rows = []
    for at, (label, dtype) in enumerate(zip(going.frame.columns, going.frame.dtypes, strict=True)):
        key, count = sent.get(at, (None, 0))
        rows.append((label, str(dtype), key, going.left.get(at, ""), count))
    made = pd.DataFrame(rows, columns=["column", "dtype", "sent_as", "note", "cells"], dtype=object)
    return made.astype({"dtype": "str", "note": "str", "cells": "int64"})


def _changes_of(piece: Piece, going: Outgoing) -> Iterator[pd.DataFrame]:
    for one, cells, found in zip(going.fields, piece.cells, piece.differences, strict=False):
        at = np.flatnonzero(found.changed | found.emptied)
        if not len(at):
            continue
        old = found.old.values() if found.old is not None else [None] * len(piece)
        new = cells.values()
        positions = piece.positions[at]
        yield pd.DataFrame(
            {
                "position": positions,
                "row": labels(going.frame.index, positions),
                "column": pd.Series([one.label] * len(at), dtype=object),
                "old": pd.Series([old[place] for place in at.tolist()], dtype=object),
                "new": pd.Series([new[place] for place in at.tolist()], dtype=object),
            }
        )


def _joined(changes: list[pd.DataFrame]) -> pd.DataFrame:
    if not changes:
        return pd.DataFrame(columns=["position", "row", "column", "old", "new"])
    return pd.concat(changes).sort_values("position", kind="stable", ignore_index=True)
