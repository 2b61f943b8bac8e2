"""What a stored download belongs to: whom it asks, and for what. Never the passcode."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ct_pandas import _wire
from ct_pandas._account import Account
from ct_pandas._decode.flatten import Kind
from ct_pandas._frame.selection import Selection
from ct_pandas.errors import ClevertapError

VALUE_SHOWN = 200  # characters of a value that a message repeats


@dataclass(frozen=True)
class Belonging:
    """What two downloads must have in common to be one."""

    host: str
    account_id: str
    query: Mapping[str, Any]
    rows: _wire.Rows
    columns: tuple[str, ...] | None
    event_summary: bool
    max_rows: int | None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Belonging:
        """Read back what ``written`` gave; raises ``ValueError`` where another version wrote it."""
        try:
            columns = stored["columns"]
            return cls(**{**stored, "columns": None if columns is None else tuple(columns)})
        except (KeyError, TypeError) as error:
            raise ValueError("not a version of this that is known") from error

    @property
    def selection(self) -> Selection | None:
        """The columns that were asked for; ``None`` for all."""
        return None if self.columns is None else Selection.of(self.columns)

    @property
    def kind(self) -> Kind:
        """What the rows of the frame are."""
        return "events" if self.rows == "event" else "people"

    def written(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return asdict(self)

    def check(self, stored: Belonging, directory: Path) -> None:
        """Refuse to mix two downloads, and name what is different."""
        mine, theirs = self._compared(), stored._compared()
        different = [name for name in mine if mine[name] != theirs[name]]
        if not different:
            return
        told = "; ".join(
            f"{name} is {_short(theirs[name])} there, {_short(mine[name])} here" for name in different
        )
        raise ClevertapError(
            f"{str(directory)!r} holds another download: {told}. Give another directory; "
            f"ct.resume({str(directory)!r}) continues the one that is there."
        )

    def is_of(self, account: Account) -> bool:
        """Whether the download is this account's."""
        return (account.host, account.account_id) == (self.host, self.account_id)

    def check_account(self, account: Account, directory: Path) -> None:
        """Refuse to go on with another account's download."""
        if self.is_of(account):
            return
        raise ClevertapError(
            f"The download in {str(directory)!r} belongs to account {self.account_id} at "
            f"{self.host}; the connected account is {account.account_id} at {account.host}. "
            f"Connect to {self.account_id} first, with ct.connect()."
        )

    def _compared(self) -> dict[str, Any]:
        return {name: json.loads(json.dumps(value, sort_keys=True)) for name, value in self.written().items()}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_SHOWN else text[:VALUE_SHOWN] + "…"
