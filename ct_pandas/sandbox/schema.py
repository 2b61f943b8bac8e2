"""Names of events, their properties and profile attributes (CleverTap, "GET Schema").

The page says what is listed, not how; the outer keys are those that public clients read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np

from ct_pandas.sandbox.answers import Answer, Refused, fail, success
from ct_pandas.sandbox.tracks import MISSING, Track
from ct_pandas.sandbox.vocabulary import SYSTEM_EVENTS
from ct_pandas.sandbox.world import World

_SAMPLE: Final = 200
_STANDARD: Final = ("Name", "Email", "Phone", "Gender", "Age", "Education", "Employed", "Married", "DOB")


def schema(world: World, kind: str, discarded: Collection[str]) -> Answer:
    """Answer ``/getSchema?type=events`` or ``userProperties``; discarded events keep their history."""
    if kind == "events":
        events = [_event(track, discarded=track.name in discarded) for track in world.tracks.values()]
        return success({"status": "success", "events": events})
    if kind == "userProperties":
        return success({"status": "success", "userProperties": _attributes(world)})
    raise Refused(fail("Invalid type", 400, 400))


def _event(track: Track, *, discarded: bool) -> dict[str, Any]:
    rows = np.arange(min(len(track), _SAMPLE))
    properties = [
        {"name": name, "dataType": _type(track.property_values(name, rows))}
        for name in track.property_names()
    ]
    kind = "System" if track.name in SYSTEM_EVENTS or track.name == "Charged" else "Custom"
    status = "Discarded" if discarded else "Active"
    return {"name": track.name, "type": kind, "status": status, "properties": properties}


def _attributes(world: World) -> list[dict[str, Any]]:
    custom = world.people.attributes
    standard = [{"name": name, "type": "Standard", "dataType": "String"} for name in _STANDARD]
    return standard + [
        {"name": name, "type": "Custom", "dataType": _type(custom.column(name)[:_SAMPLE])}
        for name in custom.names()
    ]


def _type(values: list[Any]) -> str:
    kinds = {_kind(value) for value in values if value is not MISSING}
    return kinds.pop() if len(kinds) == 1 else "String"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int | float):
        return "Number"
    if isinstance(value, list):
        return "Multi-value"
    return "Date" if str(value).startswith("$D_") else "String"
