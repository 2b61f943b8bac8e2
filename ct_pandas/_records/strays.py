"""People of another account, in a frame that no longer says which account it was read from."""

from __future__ import annotations

from ct_pandas._account import Account
from ct_pandas._records import provenance, reads
from ct_pandas._records.outgoing import Outgoing
from ct_pandas.errors import ValidationError


def refuse_strays(going: Outgoing, account: Account) -> None:
    """Refuse a download without its notes if people in it were read here from another account only.

    ``merge``, ``join`` and the ``concat`` of two accounts lose the notes; who was read is still remembered.
    """
    frame, here = going.frame, (account.account_id, account.place)
    if provenance.notes(frame).get("account") is not None or not provenance.is_download(frame):
        return
    if not reads.any_elsewhere(here):
        return
    ids = going.ids.of(frame).ids
    others = reads.people_elsewhere({one for one in ids if one is not None}, here)
    found = [others[one] for one in ids if one in others]
    if not found:
        return
    other, place = found[0]
    rows = "1 row is" if len(found) == 1 else f"{len(found):,} rows are"
    raise ValidationError(
        f"A merge or concat lost the notes of this download, and {rows} of people who were read from account "
        f"{other} ({place}). That they were read from {here[0]} ({here[1]}), to which this upload would go, "
        f"is not remembered: a read is, while its frame is there. If they belong there, say so with account=."
    )
