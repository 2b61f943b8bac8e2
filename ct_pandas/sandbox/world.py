"""The account's whole content: people, devices and months of events, the same for the same seed."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ct_pandas.sandbox.attributes import (
    custom_attributes,
    demographics_of,
    emails_of,
    identities_of,
    names_of,
    phone_numbers,
)
from ct_pandas.sandbox.cast import FIRST_DAY, LAST_DAY, Cast, draw_cast
from ct_pandas.sandbox.days import Ints, ProjectZone
from ct_pandas.sandbox.devices import device_counts, draw_devices, draw_extras
from ct_pandas.sandbox.documented import add_documented
from ct_pandas.sandbox.people import ABSENT, NULL, PRESENT, Columns, People
from ct_pandas.sandbox.story import tell
from ct_pandas.sandbox.tracks import MISSING, Track
from ct_pandas.sandbox.vocabulary import CITIES


class World:
    """People and events.

    Parameters
    ----------
    users
        How many people to draw.
    seed
        Equal seeds give equal worlds.
    timezone
        IANA name of the project's time zone.
    examples
        Whether the people and events of the API's documentation are there too.
    """

    def __init__(
        self, users: int = 2000, seed: int = 0, timezone: str = "Asia/Kolkata", *, examples: bool = True
    ) -> None:
        self.seed, self.zone = seed, ProjectZone(timezone)
        self.first_day, self.last_day = FIRST_DAY, LAST_DAY
        self.lock = threading.RLock()
        rng = np.random.default_rng(seed)
        cast = draw_cast(users, rng, self.zone)
        extra = draw_extras(users, rng)
        self.tracks: dict[str, Track] = tell(cast, device_counts(extra), self.zone, rng)
        self.people = _populate(cast, extra, self.tracks["App Launched"], rng)
        if examples:
            add_documented(self)

    def track(self, name: str) -> Track:
        """Give the track of an event, made anew when nobody did it yet."""
        if name not in self.tracks:
            self.tracks[name] = Track.empty(name, self.zone)
        return self.tracks[name]

    def summary(self, person: int) -> dict[str, dict[str, int]]:
        """Summarise all events of a person, times in epoch seconds."""
        seen = ((name, track.seen(person)) for name, track in self.tracks.items())
        return {
            name: {"count": one[0], "first_seen": one[1], "last_seen": one[2]} for name, one in seen if one
        }


def _populate(cast: Cast, extra: Ints, launches: Track, rng: np.random.Generator) -> People:
    count = len(cast)
    last_seen = cast.born.copy()
    np.maximum.at(last_seen, launches.person, launches.epoch)
    phones = phone_numbers(count)
    attributes = custom_attributes(cast, phones, last_seen, rng)
    demographics = demographics_of(count, rng)
    known = cast.known.tolist()
    forms = _profile_forms(known, rng)
    present = [form == PRESENT for form in forms]
    top, devices = _top(count, known, phones, rng), draw_devices(cast, extra, rng)
    top["objectId"] = _where([owned[0]["objectId"] for owned in devices], (rng.random(count) < 0.9).tolist())
    return People(
        top=Columns(top),
        attributes=Columns({name: _where(column, present) for name, column in attributes.items()}),
        demographics=Columns({name: _where(column, known) for name, column in demographics.items()}),
        places=[CITIES[code] for code in cast.city.tolist()],
        devices=devices,
        profile_data=forms,
    )


def _top(count: int, known: list[bool], phones: list[int], rng: np.random.Generator) -> dict[str, list[Any]]:
    names = names_of(count, rng)
    emails = emails_of(names, rng)
    identities = identities_of(emails, phones, rng)
    chance = rng.random((4, count))
    every = [[identity, email] for identity, email in zip(identities, emails, strict=True)]
    columns = {
        "identity": _where(identities, known),
        "email": _where(emails, (chance[0] < 0.93).tolist()),
        "phone": _where(phones, (chance[1] < 0.8).tolist()),
        "name": _where(names, (chance[1] < 0.95).tolist()),
        "all_identities": _where(every, (chance[2] < 0.25).tolist()),
        "badKs": _where([["FB:1"]] * count, (chance[2] > 0.98).tolist()),
    }
    columns = {name: _where(column, known) for name, column in columns.items()}
    bits: list[Any] = [{"0": i % 97, "1": 2 * (i % 97), "2": 320} for i in range(count)]
    return {**columns, "df": _where(bits, (chance[3] < 0.3).tolist())}


def _profile_forms(known: list[bool], rng: np.random.Generator) -> list[str]:
    chance = rng.random(len(known)).tolist()
    return [
        ABSENT if not person or draw < 0.01 else NULL if draw < 0.014 else PRESENT
        for person, draw in zip(known, chance, strict=True)
    ]


def _where(column: list[Any], kept: list[bool]) -> list[Any]:
    return [value if keep else MISSING for value, keep in zip(column, kept, strict=True)]
