"""A look at a whole frame before anything is sent: what would be refused, and what nobody can have meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ct_pandas import _account
from ct_pandas._account import Account
from ct_pandas._limits import Limits
from ct_pandas._records import provenance, rules
from ct_pandas._records.keywords import Keywords
from ct_pandas._records.outgoing import Outgoing, outgoing
from ct_pandas._records.pieces import Piece, Pieces
from ct_pandas._records.times import Times
from ct_pandas._shown import counted
from ct_pandas._upload import doubts
from ct_pandas._upload.doubts import Doubts
from ct_pandas._upload.retyped import retyped
from ct_pandas._validate.findings import Finding, table
from ct_pandas._validate.validate import look, nothing_to_send
from ct_pandas.errors import ClevertapError, ValidationError

Found = list[tuple[npt.NDArray[np.int64], Finding]]


@dataclass
class Check:
    """What a look at a frame found."""

    found: Found = field(default_factory=list)
    idle: list[npt.NDArray[np.int64]] = field(default_factory=list)
    anybody: bool = False
    doubts: Doubts = field(default_factory=Doubts)

    @property
    def nobody(self) -> bool:
        """Whether there is something to send, and no row says whose it is."""
        return self.doubts.busy > 0 and not self.anybody

    def kept_back(self, invalid: str) -> npt.NDArray[np.int64]:
        """Return the rows that are not sent because of a problem."""
        chosen = [rows for rows, one in self.found if one.keeps_back(invalid)]
        return np.unique(np.concatenate(chosen)) if chosen else np.zeros(0, "int64")


def check(pieces: Pieces, limits: Limits, rows: npt.NDArray[np.int64] | None = None) -> Check:
    """Look at a whole frame, or at these rows of it."""
    done = Check()
    going = pieces.outgoing
    held = frozenset() if provenance.notes(going.frame) else pieces.held_values
    suspected = doubts.suspected(going) | held
    for piece in pieces.cut(rows):
        idle = nothing_to_send(piece, going)
        refuse_pseudonyms(piece)
        done.idle.append(piece.positions[idle])
        strange = 0 if piece.strangers is None else int((piece.strangers & ~idle).sum())
        texts = doubts.texts(piece, going, suspected) if suspected else {}
        kept, changed = doubts.kept(piece, going), retyped(piece, going, pieces.times.zone)
        done.doubts.add(Doubts(int((~idle).sum()), strange, kept=kept, texts=texts, retyped=changed))
        done.anybody |= bool(piece.people.faults) or any(value is not None for value in piece.people.ids)
        done.found.extend((piece.positions[one.places], one) for one in look(piece, going, limits))
    done.doubts.meets_nobody = pieces.meets_nobody
    done.doubts.held = frozenset(going.label(at) for at in held)
    return done


def refuse_pseudonyms(piece: Piece) -> None:
    """Refuse a frame that was redacted: merge and concat lose the note, the pseudonyms stay."""
    texts = (cells.text for cells in piece.cells if cells.text is not None)
    if provenance.has_pseudonyms(piece.people.ids) or any(map(provenance.is_pseudonym, texts)):
        raise provenance.redacted()


def problems(frame: pd.DataFrame, keywords: Keywords, account: Account | None) -> pd.DataFrame:
    """Return all problems of a frame; sends nothing and needs no account."""
    known = account_known(account)
    pieces = Pieces(outgoing(frame, keywords), Times(known.timezone if known else None))
    done = check(pieces, known.limits if known else Limits.DOCUMENTED)
    done.doubts.refuse()
    found = table(done.found, frame.index)
    return no_identity(pieces.outgoing) if done.nobody else found


def account_known(account: Account | None, *, needed: bool = False) -> Account | None:
    """Return the account given, or the default one; ``None`` where there is none and none is needed."""
    try:
        return _account.resolve(account)
    except ClevertapError:
        if needed or account is not None:
            raise
        return None


def no_identity(going: Outgoing) -> pd.DataFrame:
    """One problem, not one per row: the frame as a whole says of nobody whose row it is."""
    looked = ", ".join(dict.fromkeys(repr(source.label) for source in going.ids.sources)) or "no such column"
    reason = f"no id in any row: looked for identity, objectId, FBID, GPID and found {looked}"
    of_tokens = going.kind == "token"
    fix = f"name the column with {'object_id' if of_tokens else 'identity'}="
    code = (rules.TOKEN_OBJECT_ID if of_tokens else rules.NO_IDENTITY).code
    first = np.zeros(1, "int64")
    return table([(first, Finding(first, None, code, reason, None, [fix]))], going.frame.index)


def nobody(found: pd.DataFrame) -> ValidationError:
    """Return the error that says so."""
    return ValidationError(f"Nothing was sent: {found['reason'][0]}; {found['fix'][0]}.", problems=found)


def summary(found: pd.DataFrame, total: int) -> str:
    """Say how many rows would be refused, and why most of them."""
    rows = found["position"].nunique()
    groups = found.groupby(["column", "code", "reason"], dropna=False, sort=False).size()
    kinds = groups.reset_index(name="rows").sort_values("rows", ascending=False, kind="stable")
    named = "; ".join(_kind(one) for one in kinds.head(5).itertuples())
    more = f"; and {counted(len(kinds) - 5, 'more kind')}" if len(kinds) > 5 else ""
    one = "row would be refused, so nothing was sent"
    refused = counted(total, one, "rows would be refused, so nothing was sent")
    return (
        f"{rows:,} of {refused}. {named}{more}. "
        'All of them are in .problems of this error; correct them, or give invalid="skip" to send the rest '
        'or invalid="send" to let CleverTap judge.'
    )


def _kind(one: Any) -> str:
    column = "" if pd.isna(one.column) else f"column {one.column!r}: "
    code = "" if pd.isna(one.code) else f" (code {one.code})"
    return f"{column}{one.reason}{code}, {counted(one.rows, 'row')}"
