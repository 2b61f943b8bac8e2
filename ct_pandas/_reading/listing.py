"""The names that CleverTap lists for a project, and the one that a misspelt event was meant to be.

CleverTap, GET Schema (developer.clevertap.com/docs/get-schema): ``/getSchema?type=events`` and
``type=userProperties`` list them "along with their meta and properties". Which keys the properties stand
under is not shown there, so they are looked for by shape.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from ct_pandas import _wire
from ct_pandas._account import Account
from ct_pandas._paging.crew import Crew
from ct_pandas._progress import Bar
from ct_pandas._transport.scrub import scrub
from ct_pandas._transport.sending import transport
from ct_pandas.errors import ClevertapError, QueryError

PATIENCE: Final = 20.0  # seconds: names are a convenience, and not worth the wait that a download is
NOT_EXPORTED: Final = (
    "It keeps some events of its own, such as notifications, out of exports. Read people by something else "
    "that they did, with event_summary=True: the columns events.<name>.* say how often, first and last."
)
_NAME_KEYS: Final = ("name", "eventName", "event_name", "propertyName", "displayName")
_TYPE_KEYS: Final = ("dataType", "data_type", "propertyType", "type")


def listed(account: Account) -> tuple[dict[str, Mapping[str, str]], dict[str, str]]:
    """Return the events with their properties, and the attributes; raises where CleverTap does not say."""
    events = {name: _properties(entry) for name, entry in _named(_entries(account, "events"))}
    attributes = {name: _kind(entry) for name, entry in _named(_entries(account, "userProperties"))}
    return dict(events), attributes


@contextlib.contextmanager
def suggesting(event: str | None, account: Account) -> Iterator[None]:
    """Add to the refusal of an event what to do: the name that was perhaps meant, or another way."""
    try:
        yield
    except QueryError as error:
        hint = _hint(event, account, str(error).lower())
        if not hint:
            raise
        refused = QueryError(f"{error} {hint}", status=error.status, code=error.code)
    else:
        return
    raise refused from None


def _hint(event: str | None, account: Account, said: str) -> str:
    if "export not allowed" in said:
        return NOT_EXPORTED
    if event is None or "invalid event" not in said:
        return ""
    near = None
    with contextlib.suppress(ClevertapError):
        near = closest(event, listed(account)[0])
    near = near and scrub(near, account.passcode)
    return f"Did you mean {near!r}?" if near and near != event else "ct.schema() lists the names."


def _entries(account: Account, kind: Literal["events", "userProperties"]) -> list[Any]:
    request, most = _wire.schema(kind), min(account.max_wait, PATIENCE)
    replies: list[_wire.Reply] = []
    crew = Crew(Bar(False, desc="names", unit="names"))
    crew.run(lambda: replies.append(transport(account).send(request, cancel=crew.cancel, max_wait=most)))
    listed = _wire.small_json(replies[0]).get(kind)
    if not isinstance(listed, list):
        raise ClevertapError("CleverTap does not list the names of this project.", status=replies[0].status)
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


def closest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that is nearest, if any is near."""
    folded = {each.casefold(): each for each in names}
    close = difflib.get_close_matches(name.strip().casefold(), folded, 1, 0.7)
    return folded[close[0]] if close else None
