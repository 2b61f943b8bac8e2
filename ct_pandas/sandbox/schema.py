"""Names of events, their properties and profile attributes (CleverTap, "GET Schema").

The page says what is listed, not how; the outer keys are those that public clients read.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ct_pandas.sandbox.answers import Answer, Refused, fail, success
from ct_pandas.sandbox.tracks import MISSING, Track
from ct_pandas.sandbox.vocabulary import SYSTEM_EVENTS
from ct_pandas.sandbox.world import World

_SAMPLE: Final = 200
_STANDARD: Final = ("Name", "Email", "Phone", "Gender", "Age", "Education", "Employed", "Married", "DOB")


def schema(world: World, kind: str) -> Answer:
    """Answer ``/getSchema?type=events`` or ``userProperties``."""
    if kind == "events":
        return success({"status": "success", "events": [_event(track) for track in world.tracks.values()]})
    if kind == "userProperties":
        return success({"status": "success", "userProperties": _attributes(world)})
    raise Refused(fail("Invalid type", 400, 400))


def _event(track: Track) -> dict[str, Any]:
    rows = np.arange(min(len(track), _SAMPLE))
    properties = [
        {"name": name, "dataType": _type(track.property_values(name, rows))}
        for name in track.property_names()
    ]
    kind = "System" if track.name in SYSTEM_EVENTS or track.name == "Charged" else "Custom"
    return {"name": track.name, "type": kind, "status": "Active", "properties": properties}


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
