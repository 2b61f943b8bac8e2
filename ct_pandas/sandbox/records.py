"""Records as bytes, shaped by the flags of the request and kept until the person changes."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from ct_pandas.sandbox.answers import encoded
from ct_pandas.sandbox.days import Ints
from ct_pandas.sandbox.people import shaped
from ct_pandas.sandbox.switches import Switches
from ct_pandas.sandbox.tracks import Track
from ct_pandas.sandbox.world import World

Key: TypeAlias = tuple[bool, bool, bool, int]

_PEOPLE_ONLY = -1


class Flags(NamedTuple):
    """What a record carries: device details, event summary, custom attributes."""

    app: bool
    events: bool
    profile: bool


class Records:
    """Makes and keeps the bytes of records.

    Parameters
    ----------
    world
        Whom the records are about.
    switches
        How the account behaves.
    """

    def __init__(self, world: World, switches: Switches) -> None:
        self._world, self._switches = world, switches
        self._kept: dict[int, dict[Key, bytes]] = {}
        self._sessions: dict[tuple[Any, ...], bytes] = {}

    def forget(self, person: int) -> None:
        """Drop what was made of a person, who has changed."""
        self._kept.pop(person, None)

    def person(self, person: int, flags: Flags) -> bytes:
        """Give the record of a person with all devices."""
        return self._cached(person, (*flags, _PEOPLE_ONLY))

    def event(self, track: Track, row: int, flags: Flags) -> bytes:
        """Give the record of one occurrence; the person in it is as of now."""
        person = self._cached(int(track.person[row]), (*flags, int(track.device[row])))
        props, session = encoded(track.props(row)), self._session(track.session(row))
        stamp = int(track.stamp[row])
        return b'{"profile":%b,"ts":%d,"event_props":%b,"session_props":%b}' % (person, stamp, props, session)

    def _session(self, session: dict[str, Any]) -> bytes:
        """Write session properties; there are few different ones."""
        key = tuple(session.items())
        if key not in self._sessions:
            self._sessions[key] = encoded(session)
        return self._sessions[key]

    def page(self, track: Track | None, rows: Ints, flags: Flags) -> list[bytes]:
        """Give the records of many rows: people, or the occurrences of a track."""
        if track is None:
            return [self.person(row, flags) for row in rows.tolist()]
        return [self.event(track, row, flags) for row in rows.tolist()]

    def _cached(self, person: int, key: Key) -> bytes:
        kept = self._kept.setdefault(person, {})
        if key not in kept:
            kept[key] = encoded(self._make(person, Flags(*key[:3]), key[3]))
        return kept[key]

    def _make(self, person: int, flags: Flags, device: int) -> dict[str, Any]:
        record = self._world.people.record(person, app=flags.app, profile=flags.profile)
        if device != _PEOPLE_ONLY:
            record = self._flat(record, person, device, app=flags.app)
        if self._switches.phone_as == "string" and "phone" in record:
            record["phone"] = f"+{record['phone']}"
        if flags.events:
            record["events"] = self._summary(person)
        return record

    def _flat(self, record: dict[str, Any], person: int, device: int, *, app: bool) -> dict[str, Any]:
        """Put the one device of an event beside the person's own keys."""
        owned = self._world.people.devices[person]
        record.pop("platformInfo", None)
        return {**record, **shaped(owned[device], app=app)} if device < len(owned) else record

    def _summary(self, person: int) -> dict[str, dict[str, int]]:
        summary = self._world.summary(person)
        for one in summary.values():
            one["first_seen"], one["last_seen"] = (
                self._moment(one["first_seen"]),
                self._moment(one["last_seen"]),
            )
        return summary

    def _moment(self, epoch: int) -> int:
        form = self._switches.seen_as
        if form == "local":
            return self._world.zone.stamp(epoch)
        return epoch * 1000 if form == "milliseconds" else epoch
