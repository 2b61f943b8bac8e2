"""People of another account, in a frame that no longer says which account it was read from."""

from __future__ import annotations

from collections.abc import Iterable

from ct_pandas._account import Account
from ct_pandas._records import provenance, reads
from ct_pandas._records.outgoing import Outgoing
from ct_pandas._shown import counted
from ct_pandas.errors import ValidationError


def refuse_strays(parts: Iterable[Outgoing], account: Account) -> None:
    """Refuse a download without its notes if people in it were read here from another account only.

    ``merge``, ``join``, the ``concat`` of two accounts and most files lose the notes; who was read is still
    remembered. A frame in partitions is looked through as a whole, so that no part of it is sent before.
    """
    here = (account.account_id, account.place)
    if not reads.any_elsewhere(here):
        return
    found = [origin for part in parts for origin in _strays(part, here)]
    if not found:
        return
    other, place = found[0]
    rows = counted(len(found), "row is", "rows are")
    raise ValidationError(
        "This download lost its notes (attrs), as happens in a merge, a concat or a file, and "
        f"{rows} of people who were read from account {other} ({place}). This upload would go to "
        f"{here[0]} ({here[1]}), and no read of them from there is remembered (a read is "
        "remembered only while its frame exists). If they belong there, give account=."
    )


def _strays(going: Outgoing, here: provenance.Origin) -> list[provenance.Origin]:
    """Return where the people of such rows were read."""
    frame = going.frame
    if provenance.notes(frame).get("account") is not None or not provenance.is_download(frame):
        return []
    ids = [one for one in going.ids.of(frame).ids if one is not None]
    others = reads.people_elsewhere(set(ids), here)
    return [others[one] for one in ids if one in others]
