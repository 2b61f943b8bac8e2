"""The names of a project: its events, their properties, the attributes of its people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ct_pandas import _account
from ct_pandas._faces import NO_FORMULAS
from ct_pandas._reading.listing import closest, listed
from ct_pandas._reading.readers import read_clevertap_events
from ct_pandas._shown import counted
from ct_pandas.errors import AuthenticationError, ClevertapError, CredentialsError

if TYPE_CHECKING:
    import pandas as pd

    from ct_pandas._account import Account

# What a sample is learnt from where CleverTap does not list its names: everybody launches the app.
SAMPLE_EVENT: Final = "App Launched"
SAMPLE_ROWS: Final = 500
SAMPLE_DAYS: Final = (28, 3 * 365)  # a project that has been quiet is looked at further back


@dataclass(frozen=True)
class Schema:
    """The names to choose from, each with its type, which is empty where CleverTap gives none.

    ``source`` is ``"getSchema"``, or says which sample the names were learnt from. In that case there may be
    more names.

    Examples
    --------
    >>> import ct_pandas as ct
    >>> schema = ct.schema(ct.connect_sandbox())
    >>> schema.suggest("charged")
    'Charged'
    """

    events: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    source: str = "getSchema"

    def properties(self, event: str | None) -> Mapping[str, str]:
        """Give the properties of an event and their types; none for an event that is not listed."""
        return self.events.get(event or "", {})

    def suggest(self, event: str) -> str | None:
        """Give the listed event that a misspelt one was probably meant to be."""
        return closest(event, self.events) if isinstance(event, str) else None

    def to_frame(self) -> pd.DataFrame:
        """Give one row per name: ``kind`` (event, property, attribute), ``event``, ``name``, ``type``."""
        import pandas as pd  # noqa: PLC0415  (whoever wants a frame has it already)

        rows: list[tuple[str, str | None, str, str | None]] = []
        for event, properties in self.events.items():
            rows += [("event", None, event, None)]
            rows += [("property", event, name, kind or None) for name, kind in properties.items()]
        rows += [("attribute", None, name, kind or None) for name, kind in self.attributes.items()]
        return pd.DataFrame(rows, columns=["kind", "event", "name", "type"], dtype="str")

    def __repr__(self) -> str:
        events, attributes = counted(len(self.events), "event"), counted(len(self.attributes), "attribute")
        return f"Schema({events}, {attributes}, from {self.source})"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(na_rep="", index=False, max_rows=60, classes=NO_FORMULAS))


def schema(account: Account | None = None, *, sample: str = SAMPLE_EVENT) -> Schema:
    """List the project's event names, their properties, and the attributes of its people.

    Costs two requests. If CleverTap does not answer them, the names are learnt from up to 500 people who
    recently did ``sample``: the events they ever did, and the attributes they have.

    Parameters
    ----------
    account
        Another account than the default.
    sample
        The event to learn from if CleverTap lists nothing.

    Returns
    -------
    Schema
        ``.events``, ``.properties(event)``, ``.attributes``, ``.suggest(event)``, ``.to_frame()``.

    Raises
    ------
    CredentialsError, AuthenticationError
        There is no account, or its login is refused.

    Notes
    -----
    CleverTap, GET Schema (https://developer.clevertap.com/docs/get-schema).

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> names = ct.schema()
    >>> "Charged" in names.events, names.suggest("Chraged")
    (True, 'Charged')
    """
    resolved = _account.resolve(account)
    try:
        return Schema(*listed(resolved))
    except (CredentialsError, AuthenticationError):
        raise
    except ClevertapError:
        return _learnt(resolved, sample)


def _learnt(account: Account, sample: str) -> Schema:
    """Learn names from a sample: slower, and blind to what nobody in it has."""
    today = dt.datetime.now(dt.UTC).date()
    for days in SAMPLE_DAYS:
        frame = read_clevertap_events(
            sample,
            today - dt.timedelta(days=days),
            today,
            event_summary=True,
            max_rows=SAMPLE_ROWS,
            progress=False,
            account=account,
        )
        if len(frame):
            break
    columns = list(map(str, frame.columns))
    summed = [column for column in columns if column.startswith("events.") and column.endswith(".count")]
    events: dict[str, Mapping[str, str]] = {name[len("events.") : -len(".count")]: {} for name in summed}
    attributes = {
        column.removeprefix("profileData."): _type_of(frame[column])
        for column in columns
        if column.startswith("profileData.")
    }
    people = counted(len(frame), "person", "people")
    return Schema(events, attributes, f"a sample of {people} who did {sample}")


def _type_of(column: pd.Series[Any]) -> str:
    from pandas.api import types  # noqa: PLC0415

    if types.is_bool_dtype(column):
        return "Boolean"
    if types.is_numeric_dtype(column):
        return "Number"
    if types.is_datetime64_any_dtype(column):
        return "Date"
    return "String" if types.is_string_dtype(column) and column.dtype != object else ""
