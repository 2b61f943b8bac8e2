"""The people and events that the API's own documentation shows, so that its examples can be run.

CleverTap, "Working with User Profiles API": one person who chose pizza in 2015, one who came in 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ct_pandas.sandbox.people import Person
from ct_pandas.sandbox.tracks import Occurrence

if TYPE_CHECKING:
    from ct_pandas.sandbox.world import World


DEVICES: Final[tuple[dict[str, Any], ...]] = (
    {
        "platform": "iOS",
        "os_version": "10.2",
        "app_version": "6.1.3",
        "make": "Apple",
        "model": "iPhone7,2",
        "push_token": "95f98af6ad9a5e714a56c5bf527a78cb1e3eda18d2f23bc8591437d0d8ae71a3",
        "objectId": "-1a063854f83a4c6484285039ecff87cb",
    },
    {"platform": "Web", "objectId": "a8ffcbc9-a747-4ee3-a791-c5e58ad03097"},
)
PIZZA_EPOCH: Final = 1_441_000_000
PIZZA_EVENT: Final = "choseNewFavoriteFood"


def add_documented(world: World) -> None:
    """Add the documentation's people and what they did."""
    pizza = world.people.add(
        Person(top={"identity": "5555555555"}, attributes={"favoriteFood": "pizza"}, devices=_devices())
    )
    scores = {"Last Score": 308, "High Score": 308, "Replayed": True}
    jack = world.people.add(Person(top={"email": "jack@gmail.com"}, attributes=scores, devices=_devices()))
    world.track(PIZZA_EVENT).extend([Occurrence(pizza, PIZZA_EPOCH, 0, {"value": "pizza"}, {})])
    world.track("App Launched").extend(_spread(jack, 10, 1_457_271_567, 1_458_041_215, {}))
    world.track("Charged").extend(_spread(jack, 6, 1_457_962_417, 1_458_041_276, {"Amount": 300}))


def _devices() -> list[dict[str, Any]]:
    return [dict(device) for device in DEVICES]


def _spread(person: int, count: int, first: int, last: int, props: dict[str, Any]) -> list[Occurrence]:
    step = (last - first) // (count - 1)
    epochs = [first + step * i for i in range(count - 1)] + [last]
    return [Occurrence(person, epoch, 0, props, {}) for epoch in epochs]
