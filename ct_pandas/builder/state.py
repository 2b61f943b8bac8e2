"""What a builder knows, shared between the one who holds it and what is displayed. Never a widget's state."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import zoneinfo
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import ct_pandas as ct
from ct_pandas.builder.composing import Composed
from ct_pandas.builder.naming import Naming

if TYPE_CHECKING:
    import pandas as pd

NO_EVENT: Final = "“Events, each time” needs an event: choose one above, or choose “people, each once”."


@dataclass
class State:
    """A query in the making, and what its last run brought."""

    composed: Composed
    account: ct.Account | None = None
    naming: Naming = field(default_factory=Naming)
    frame: pd.DataFrame | None = None
    error: BaseException | None = None

    def today(self) -> dt.date:
        """Tell the present day in the project's time zone, or in this machine's where that is unknown."""
        zone = None
        with contextlib.suppress(ct.ClevertapError):  # no account yet, or settings that make none
            zone = (self.account or ct.Account.default()).timezone
        return dt.datetime.now(zoneinfo.ZoneInfo(zone) if zone else None).date()

    @property
    def query(self) -> ct.Query:
        """The query; raises ``QueryError`` while something is unfinished."""
        if self.composed.query is None:
            raise ct.QueryError(f"The form is not a query yet. {self._missing}")
        return self.composed.query

    @property
    def sentence(self) -> str:
        """The query in plain English, or what is missing."""
        if self.composed.query is None:
            return f"Not a query yet. {self._missing}"
        return str(self.composed.query)

    def code(self, options: dict[str, object]) -> str:
        """Spell the Python call that reads the query."""
        if self.composed.query is None:
            return f"# Not a query yet. {self._missing}"
        if self.composed.query == ct.Query():
            return "# Choose an event, or add a filter: a query for everybody is never sent."
        if options.get("rows") == "event" and self.composed.query.event is None:
            return f"# {NO_EVENT}"
        spelt = [f"{name}={json.dumps(value)}" for name, value in options.items()]
        if self.account is None:
            return _call(self.composed.query, spelt)
        name, remark = _spelt(self.account)
        return _call(self.composed.query, [*spelt, f"account={name}"], remark)

    @property
    def _missing(self) -> str:
        return " ".join(dict.fromkeys(self.composed.problems.values()))


def _spelt(account: ct.Account) -> tuple[str, str]:
    """Give the name that the notebook has for an account; without one a stand-in, and what it stands for."""
    known = vars(sys.modules["__main__"]).copy()  # cells may add names meanwhile
    for name, value in known.items():
        if isinstance(value, ct.Account) and value == account and not name.startswith("_"):
            return name, ""
    stand_in = "account" if "account" not in known else "its_account"  # never another account by mistake
    return stand_in, f"  # the one handed to the builder: {account.account_id} ({account.place})"


def _call(query: ct.Query, options: list[str], remark: str = "") -> str:
    spelt = query.to_python(width=70)
    line = f"ct.read_clevertap_events({', '.join([spelt, *options])})"
    if "\n" not in line and len(line) <= 88 and not remark:
        return line
    if spelt.startswith("(\n"):  # the call's own brackets keep the chain together
        spelt = "\n".join(line.removeprefix("    ") for line in spelt.splitlines()[1:-1])
    inner = ",\n".join([spelt, *options]) + f",{remark}"
    return "ct.read_clevertap_events(\n" + "\n".join(f"    {line}" for line in inner.splitlines()) + "\n)"
