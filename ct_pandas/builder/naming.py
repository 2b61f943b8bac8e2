"""Names to complete and to doubt: what the project's schema lists, as far as it is known."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import ct_pandas as ct
from ct_pandas.builder.choices import KNOWN_NAMES, kind_of


class Naming:
    """What can be completed; empty until the schema has come."""

    def __init__(self) -> None:
        self.schema: ct.Schema | None = None

    def events(self) -> tuple[str, ...]:
        """Give the events of the project."""
        return tuple(self.schema.events) if self.schema else ()

    def names(self, group: str, event: str) -> tuple[str, ...]:
        """Give the names of a group of filters."""
        return tuple(self._listed(group, event))

    def kind(self, group: str, event: str, name: str) -> str | None:
        """Give the kind of value that a name has, where it is listed."""
        listed = self._listed(group, event)
        return kind_of(listed[name]) if listed.get(name) else None

    def doubt_event(self, event: str) -> str:
        """Say so where an event is not listed."""
        if not event.strip() or not self.schema or not self.schema.events or event in self.schema.events:
            return ""
        return _doubt("event", event, self.schema.suggest(event))

    def doubt_name(self, group: str, event: str, name: str) -> str:
        """Say so where a property or an attribute is not listed."""
        listed = self._listed(group, event)
        if (
            group not in ("event_properties", "profile_fields")
            or not name.strip()
            or not listed
            or name in listed
        ):
            return ""
        folded = {each.casefold(): each for each in listed}
        close = difflib.get_close_matches(name.casefold(), folded, 1, 0.7)
        what, of = ("property", " of this event") if group == "event_properties" else ("attribute", "")
        return _doubt(what, name, folded[close[0]] if close else None, of)

    def _listed(self, group: str, event: str) -> Mapping[str, str]:
        if self.schema and group == "event_properties":
            return self.schema.properties(event)
        if self.schema and group == "profile_fields":
            return self.schema.attributes
        return KNOWN_NAMES.get(group, {})


def _doubt(what: str, name: str, meant: str | None, of: str = "") -> str:
    mended = f" Did you mean {meant!r}?" if meant else ""
    return f"CleverTap lists no {what} {name!r}{of}: it would match nobody, or be ignored.{mended}"
