"""The names of a project: its events, their properties, the attributes of its people.

CleverTap, GET Schema (developer.clevertap.com/docs/get-schema): ``/getSchema?type=events`` and
``type=userProperties`` list them "along with their meta and properties". Which keys the properties stand
under is not shown there, so they are looked for by shape.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from ct_pandas import _account, _wire
from ct_pandas._readers import read_clevertap_events
from ct_pandas._transport import close, transport
from ct_pandas.errors import AuthenticationError, ClevertapError, CredentialsError

if TYPE_CHECKING:
    import pandas as pd

    from ct_pandas._account import Account

# What a sample is learnt from where CleverTap does not list its names: everybody launches the app.
SAMPLE_EVENT: Final = "App Launched"
SAMPLE_ROWS: Final = 500
SAMPLE_DAYS: Final = (28, 3 * 365)  # a project that has been quiet is looked at further back
PATIENCE: Final = 20.0  # seconds: names are a convenience, and not worth the wait that a download is
_NAME_KEYS: Final = ("name", "eventName", "event_name", "propertyName", "displayName")
_TYPE_KEYS: Final = ("dataType", "data_type", "propertyType", "type")


@dataclass(frozen=True)
class Schema:
    """Names to choose from, each with the type that CleverTap gives, or an empty text.

    ``source`` is ``"getSchema"``, or says which sample the names were learnt from, in which case there may
    be more of them.

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
        return _closest(event, self.events)

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
        return f"Schema({len(self.events)} events, {len(self.attributes)} attributes, from {self.source})"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(na_rep="", index=False, max_rows=60))


def schema(account: Account | None = None, *, sample: str = SAMPLE_EVENT) -> Schema:
    """List the project's event names, their properties, and the attributes of its people.

    Costs two requests. Where CleverTap does not answer them, the names are learnt from up to 500 people who
    did ``sample`` lately: the events they ever did, and the attributes they have.

    Parameters
    ----------
    account
        Another account than the default.
    sample
        The event to learn from where nothing is listed.

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
    CleverTap, GET Schema (developer.clevertap.com/docs/get-schema).

    Examples
    --------
    >>> import ct_pandas as ct
    >>> account = ct.connect_sandbox()
    >>> names = ct.schema()
    >>> "Charged" in names.events, names.suggest("Chraged")
    (True, 'Charged')
    """
    resolved = _account.resolve(account)
    hasty = replace(resolved, max_wait=min(resolved.max_wait, PATIENCE))
    try:
        events = {name: _properties(entry) for name, entry in _named(_listed(hasty, "events"))}
        attributes = {name: _kind(entry) for name, entry in _named(_listed(hasty, "userProperties"))}
    except (CredentialsError, AuthenticationError):
        raise
    except ClevertapError:
        return _learnt(resolved, sample)
    finally:
        if hasty != resolved:
            close(hasty)
    return Schema(events, attributes)


def _listed(account: Account, kind: Literal["events", "userProperties"]) -> list[Any]:
    reply = transport(account).send(_wire.schema(kind))
    try:
        body = json.loads(reply.body)
    except ValueError:
        body = None
    listed = body.get(kind) if isinstance(body, dict) else None
    if reply.status >= 300 or _wire.failure(body) or not isinstance(listed, list):
        raise ClevertapError("CleverTap does not list the names of this project.", status=reply.status)
    return listed


def _named(entries: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    """Give every entry with its name: an object that has one, or a plain text."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry, {}
        elif isinstance(entry, dict) and (name := _first(entry, _NAME_KEYS)):
            yield name, entry


def _properties(event: Any) -> dict[str, str]:
    """Find an event's properties: whichever of its values is a list, or an object, of named things."""
    for key, found in event.items():
        if "propert" in str(key).lower() and isinstance(found, list):
            return {name: _kind(entry) for name, entry in _named(found)}
        if "propert" in str(key).lower() and isinstance(found, dict):
            return {str(name): kind if isinstance(kind, str) else _kind(kind) for name, kind in found.items()}
    return {}


def _kind(entry: Any) -> str:
    return _first(entry, _TYPE_KEYS) if isinstance(entry, dict) else ""


def _first(entry: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((found for key in keys if isinstance(found := entry.get(key), str) and found), "")


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
    counted = [column for column in columns if column.startswith("events.") and column.endswith(".count")]
    events: dict[str, Mapping[str, str]] = {name[len("events.") : -len(".count")]: {} for name in counted}
    attributes = {
        column.removeprefix("profileData."): _type_of(frame[column])
        for column in columns
        if column.startswith("profileData.")
    }
    return Schema(events, attributes, f"a sample of {len(frame)} people who did {sample}")


def _type_of(column: pd.Series[Any]) -> str:
    from pandas.api import types  # noqa: PLC0415

    if types.is_bool_dtype(column):
        return "Boolean"
    if types.is_numeric_dtype(column):
        return "Number"
    if types.is_datetime64_any_dtype(column):
        return "Date"
    return "String" if types.is_string_dtype(column) and column.dtype != object else ""


def _closest(name: str, names: Iterable[str]) -> str | None:
    folded = {each.casefold(): each for each in names}
    close = difflib.get_close_matches(name.strip().casefold(), folded, 1, 0.7)
    return folded[close[0]] if close else None
