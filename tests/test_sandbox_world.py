"""The sandbox's world: the same for the same seed, with every kind of value and its story."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ct_pandas.sandbox
from ct_pandas.sandbox.cast import NEW_VERSION, OLD_VERSION
from ct_pandas.sandbox.days import DAY, ProjectZone
from ct_pandas.sandbox.tracks import MISSING
from ct_pandas.sandbox.world import World

WEEK = 7 * DAY


@pytest.fixture(scope="module")
def world() -> World:
    """Draw the default world."""
    return World()


@pytest.fixture(scope="module")
def records(world: World) -> list[dict[str, Any]]:
    """Make everybody's record."""
    return [world.people.record(row, app=True, profile=True) for row in range(len(world.people))]


def values(records: list[dict[str, Any]], name: str) -> list[Any]:
    """Collect one custom attribute."""
    return [data[name] for one in records if (data := one.get("profileData")) and name in data]


def test_same_seed_same_world() -> None:
    """Equal seeds give equal people and events; another seed gives others."""
    one, same, other = World(40, 7), World(40, 7), World(40, 8)
    shown = [[w.people.record(row, app=True, profile=True) for row in range(40)] for w in (one, same, other)]
    assert shown[0] == shown[1] != shown[2]
    assert [t.epoch.tolist() for t in one.tracks.values()] == [t.epoch.tolist() for t in same.tracks.values()]


@pytest.mark.parametrize("users", [0, 1, 3])
def test_small_worlds(users: int) -> None:
    """A world of nobody, or of few, is a world."""
    assert len(World(users, examples=False).people) == users


def test_every_kind_of_value(records: list[dict[str, Any]]) -> None:
    """Attributes are of all kinds that real accounts hold."""
    kinds = {name: {type(one) for one in values(records, name)} for name in ("Level", "Newsletter", "Größe")}
    assert kinds == {"Level": {int, str}, "Newsletter": {bool}, "Größe": {str, int}}
    assert set(values(records, "Is Paid")) == {"true", "false"}
    assert {type(one) for one in values(records, "Lifetime Value")} == {float}
    assert all(isinstance(one, list) for one in values(records, "Interests"))
    assert {"NaN", "None", "", "true"} <= set(values(records, "Nickname"))
    assert {"007", "04109"} <= set(values(records, "Postcode"))
    assert "2016-03-01" in values(records, "Birthday")
    assert "$D_0" in values(records, "Last Visit")
    assert all(re.fullmatch(r"\$D_\d+", one) for one in values(records, "Signup Date"))
    assert "never" in values(records, "Renewal")
    assert min(values(records, "Loyalty Card")) > 2**53
    assert any("&amp;" in one for one in values(records, "Company"))
    assert values(records, "email")
    assert values(records, "city")


def test_top_level_oddities(records: list[dict[str, Any]]) -> None:
    """Records lack what real ones lack, and have what real ones have."""
    keys = Counter(key for one in records for key in one)
    assert {"badKs", "df", "all_identities", "phone", "email", "name", "objectId"} <= set(keys)
    assert all(count < len(records) for key, count in keys.items() if key != "platformInfo")
    assert any(one.get("profileData", 0) is None for one in records)
    assert any("identity" in one and "profileData" not in one for one in records)
    assert any(one.get("identity", "").startswith("[") for one in records)
    assert {type(one["phone"]) for one in records if "phone" in one} == {int}
    anonymous = [one for one in records if "identity" not in one and "email" not in one]
    assert 0.08 < len(anonymous) / len(records) < 0.16
    assert all("profileData" not in one for one in anonymous)


def test_devices(records: list[dict[str, Any]]) -> None:
    """Some people have two devices of a platform, one that names none, one without a token."""
    owned = [one["platformInfo"] for one in records]
    platforms = [[device.get("platform") for device in devices] for devices in owned]
    assert {"Android", "iOS", "Web"} <= {name for names in platforms for name in names}
    assert any(len(names) > len(set(names)) for names in platforms)
    assert any(None in names for names in platforms)
    apps = [device for devices in owned for device in devices if "make" in device]
    assert 0 < sum("push_token" not in device for device in apps) < len(apps) / 2
    ids = Counter(device["objectId"] for devices in owned[:2000] for device in devices)
    assert set(ids.values()) == {1}


def test_nobody_is_real(records: list[dict[str, Any]]) -> None:
    """Addresses are under example domains and phone numbers in the reserved blocks."""
    drawn = records[:2000]
    assert all(re.search(r"@example\.(com|org|net)$", one["email"]) for one in drawn if "email" in one)
    phones = [str(one["phone"]) for one in drawn if "phone" in one]
    assert all(re.fullmatch(r"1\d{3}55501\d\d", phone) for phone in phones)
    assert len(set(phones)) == len(phones)


def test_bad_phone_numbers_are_about_half(records: list[dict[str, Any]]) -> None:
    """Mending ``Contact Number`` is worth a tutorial."""
    kept = values(records, "Contact Number")
    bad = [one for one in kept if not re.fullmatch(r"\+\d{11}", str(one))]
    assert 0.4 < len(bad) / len(kept) < 0.6
    assert any(isinstance(one, int) for one in kept)


def came_back(world: World, people: list[int], born: dict[int, int], week: int) -> float:
    """Give the share of people who came in a week of their own, the first being 0."""
    end = world.zone.midnight(20251231) + DAY
    old = {one for one in people if born[one] + (week + 1) * WEEK <= end}
    launches = world.tracks["App Launched"]
    pairs = zip(launches.person.tolist(), launches.epoch.tolist(), strict=True)
    return len({p for p, t in pairs if p in old and (t - born[p]) // WEEK == week}) / len(old)


def installed(world: World, **wanted: Any) -> list[int]:
    """Name who installed the app with a version, on a platform, out of the campaign or not."""
    track = world.tracks["App Installed"]
    rows = np.arange(len(track))
    version, campaign = (
        track.property_values("CT App Version", rows),
        track.session_values("utm_campaign", rows),
    )
    people = track.person.tolist()
    traits = [
        {
            "version": version[row],
            "campaign": campaign[row] == "Monsoon Sale",
            "platform": world.people.devices[people[row]][0]["platform"],
        }
        for row in rows.tolist()
    ]
    return [one for one, have in zip(people, traits, strict=True) if wanted.items() <= have.items()]


def births(world: World) -> dict[int, int]:
    """Give when everybody installed the app."""
    track = world.tracks["App Installed"]
    return dict(zip(track.person.tolist(), track.epoch.tolist(), strict=True))


def test_campaign_brings_people_who_leave(world: World) -> None:
    """Of the campaign's people fewer than half as many come back as of the others."""
    born = births(world)
    campaign, others = installed(world, campaign=True), installed(world, campaign=False)
    assert came_back(world, campaign, born, 1) == pytest.approx(0.24, abs=0.02)
    assert came_back(world, others, born, 1) == pytest.approx(0.52, abs=0.02)
    assert came_back(world, campaign, born, 4) < 0.08
    assert came_back(world, others, born, 4) > 0.3


def test_release_hurts_android_only(world: World) -> None:
    """Version 5.0.1 keeps a third of Android's people and as many of iOS's as before."""
    born = births(world)

    def second_week(platform: str, version: str) -> float:
        people = installed(world, platform=platform, version=version, campaign=False)
        return came_back(world, people, born, 1)

    assert second_week("Android", OLD_VERSION) == pytest.approx(0.61, abs=0.03)
    assert second_week("Android", NEW_VERSION) == pytest.approx(0.21, abs=0.03)
    assert abs(second_week("iOS", OLD_VERSION) - second_week("iOS", NEW_VERSION)) < 0.1


def test_purchases_add_up(world: World) -> None:
    """The amount of a purchase is the sum of its items."""
    track = world.tracks["Charged"]
    for row in range(50):
        props = track.props(row)
        total = sum(item["Price"] * item["Quantity"] for item in props["Items"])
        assert props["Amount"] == pytest.approx(total, abs=0.01)


def test_summary_agrees_with_events(world: World) -> None:
    """What a record says of an event is what was recorded of it."""
    track = world.tracks["Charged"]
    person = int(track.person[0])
    epochs = track.epoch[track.person == person]
    told = world.summary(person)["Charged"]
    assert told == {"count": len(epochs), "first_seen": int(epochs.min()), "last_seen": int(epochs.max())}


def test_some_views_are_recorded_twice(world: World) -> None:
    """Exports hold duplicates, as real ones do."""
    track = world.tracks["Product Viewed"]
    assert len(set(zip(track.person.tolist(), track.epoch.tolist(), strict=True))) < len(track)


def test_columns_of_people_grow() -> None:
    """A person who came later has no value in older columns."""
    people = World(3).people
    assert people.attributes.get("Plan", 10**6) is MISSING
    assert people.attributes.get("no such", 0) is MISSING


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_project_time_follows_the_zone(zone: str) -> None:
    """Stamps and days agree with the standard library on both sides of every clock change."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    epochs = np.arange(1_740_000_000, 1_775_000_000, 1801, dtype=np.int64)
    expected = [datetime.fromtimestamp(e, ZoneInfo(zone)).strftime("%Y%m%d%H%M%S") for e in epochs.tolist()]
    project = ProjectZone(zone)
    assert [str(stamp) for stamp in project.stamps(epochs).tolist()] == expected
    assert [str(day) for day in project.days(epochs).tolist()] == [one[:8] for one in expected]


def test_sandbox_imports_nothing_of_the_client() -> None:
    """The API's rules are stated twice, so that a shared mistake cannot hide."""
    folder = Path(str(ct_pandas.sandbox.__file__)).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = [name for name in names if name.startswith("ct_pandas")]
            assert all(name.startswith("ct_pandas.sandbox") for name in ours), path.name
            assert not {"pandas", "pyarrow", "requests"} & {name.partition(".")[0] for name in names}, (
                path.name
            )
