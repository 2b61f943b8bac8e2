"""The ids of an upload that are looked up before it, to see whether these people are there."""

from __future__ import annotations

import itertools
import warnings

import numpy as np

from ct_pandas._account import Account
from ct_pandas._records.identity import READABLE, Person
from ct_pandas._records.pieces import Pieces
from ct_pandas._validate.validate import nothing_to_send
from ct_pandas.errors import ProfileNotFoundWarning


def sample(pieces: Pieces, rows: int, check: int) -> list[Person]:
    """Return ids spread evenly over the rows that have something to send, each once."""
    step = max(1, rows // check)
    found: dict[Person, None] = {}
    seen = itertools.count()
    for piece in pieces.cut():
        for at in np.flatnonzero(~nothing_to_send(piece, pieces.outgoing)).tolist():
            person = piece.people.person(at)
            if next(seen) % step == 0 and person is not None and person[0] in READABLE:
                found[person] = None
                if len(found) >= check:
                    return list(found)
    return list(found)


def look_up(people: list[Person], account: Account) -> tuple[int, int]:
    """Return how many ids were looked up, and how many of them do not exist. One request each."""
    from ct_pandas._reading.profiles import read_profile  # noqa: PLC0415  (another room, entered only when asked for)

    there = 0
    for key, keyword in READABLE.items():
        ids = [value for one, value in people if one == key]
        if ids:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ProfileNotFoundWarning)
                there += len(
                    read_profile(**{keyword: ids}, event_summary=False, progress=False, account=account)
                )
    return len(people), len(people) - there
