"""Who the people are and how long they stay: the draws behind everybody's records and events.

The story is told in the package's docstring; its numbers stand here, each once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ct_pandas.sandbox.days import DAY, Ints, ProjectZone
from ct_pandas.sandbox.vocabulary import CITY_SHARES

FIRST_DAY: Final = 20250701
LAST_DAY: Final = 20251231
CAMPAIGN_DAYS: Final = (20250818, 20250831)
RELEASE_DAY: Final = 20251020
OLD_VERSION: Final = "4.9.2"
NEW_VERSION: Final = "5.0.1"

ANDROID, IOS, WEB = 0, 1, 2
_PLATFORM_SHARES = (0.58, 0.27, 0.15)
_CAMPAIGN_SHARE, _OLD_SHARE, _ANONYMOUS_SHARE = 0.15, 0.18, 0.12
_ORGANIC_STAY, _CAMPAIGN_STAY, _RELEASE_FACTOR = 75.0, 14.0, 0.25
_ORGANIC_ONCE, _CAMPAIGN_ONCE, _RELEASE_ONCE = 0.2, 0.45, 0.45

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cast:
    """What was drawn for every person, one array per trait."""

    born: Ints
    leaves: Ints
    adopted: Ints
    campaign: Bools
    known: Bools
    platform: Ints
    city: Ints
    often: Floats

    def __len__(self) -> int:
        return len(self.born)


def draw_cast(users: int, rng: np.random.Generator, zone: ProjectZone) -> Cast:
    """Draw everybody's traits.

    Parameters
    ----------
    users
        How many people.
    rng
        The seeded source of chance.
    zone
        The project's time zone; the story's days are days there.
    """
    start, end = zone.midnight(FIRST_DAY), zone.midnight(LAST_DAY) + DAY
    platform = rng.choice(3, users, p=_PLATFORM_SHARES)
    campaign = rng.random(users) < _CAMPAIGN_SHARE
    born = _births(users, rng, zone, campaign)
    stays = _stays(users, rng, campaign)
    adopted = _adoptions(users, rng, zone, born)
    leaves = _released(rng, born, born + stays, adopted, platform == ANDROID)
    return Cast(
        born=born,
        leaves=np.clip(leaves, np.maximum(born, start), end),
        adopted=adopted,
        campaign=campaign,
        known=rng.random(users) >= _ANONYMOUS_SHARE,
        platform=platform,
        city=rng.choice(len(CITY_SHARES), users, p=CITY_SHARES),
        often=rng.gamma(3.0, 0.09, users) + 0.04,
    )


def _births(users: int, rng: np.random.Generator, zone: ProjectZone, campaign: Bools) -> Ints:
    start, end = zone.midnight(FIRST_DAY), zone.midnight(LAST_DAY) + DAY
    first, last = zone.midnight(CAMPAIGN_DAYS[0]), zone.midnight(CAMPAIGN_DAYS[1]) + DAY
    day = start + (rng.random(users) * ((end - start) // DAY)).astype(np.int64) * DAY
    day = np.where(campaign, first + rng.integers(0, (last - first) // DAY, users) * DAY, day)
    old = ~campaign & (rng.random(users) < _OLD_SHARE)
    day = np.where(old, start - rng.integers(1, 365, users) * DAY, day)
    return day + _clock(users, rng)


def _clock(users: int, rng: np.random.Generator) -> Ints:
    """Draw a time of day: mornings and, mostly, evenings."""
    hours = np.where(rng.random(users) < 0.35, rng.normal(9, 2, users), rng.normal(20, 2.2, users))
    return (np.clip(hours, 0.1, 23.8) * 3600).astype(np.int64)


def _stays(users: int, rng: np.random.Generator, campaign: Bools) -> Ints:
    once = rng.random(users) < np.where(campaign, _CAMPAIGN_ONCE, _ORGANIC_ONCE)
    stay = rng.exponential(np.where(campaign, _CAMPAIGN_STAY, _ORGANIC_STAY)) * DAY
    return np.where(once, 1, stay).astype(np.int64)


def _adoptions(users: int, rng: np.random.Generator, zone: ProjectZone, born: Ints) -> Ints:
    """Draw when each phone takes the release: within ten days, or at installation."""
    release = zone.midnight(RELEASE_DAY)
    return np.maximum(born, release + rng.integers(0, 10 * DAY, users))


def _released(rng: np.random.Generator, born: Ints, leaves: Ints, adopted: Ints, android: Bools) -> Ints:
    """Shorten what is left of a stay on Android from the release on."""
    hit = android & (leaves > adopted)
    fresh = hit & (born == adopted) & (rng.random(len(born)) < _RELEASE_ONCE)
    shorter = adopted + ((leaves - adopted) * _RELEASE_FACTOR).astype(np.int64)
    return np.where(fresh, born + 1, np.where(hit, shorter, leaves))
