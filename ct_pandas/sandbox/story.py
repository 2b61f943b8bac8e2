"""What the people did: sessions first, and every other event out of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ct_pandas.sandbox.cast import ANDROID, FIRST_DAY, LAST_DAY, NEW_VERSION, OLD_VERSION, WEB, Bools, Cast
from ct_pandas.sandbox.days import DAY, Ints, ProjectZone
from ct_pandas.sandbox.purchases import purchase_columns
from ct_pandas.sandbox.tracks import Choice, Column, Numbers, Track
from ct_pandas.sandbox.vocabulary import PRODUCTS, SESSIONS

_SESSION_SHARES = (0.62, 0.0, 0.12, 0.18, 0.08)


class Sessions(NamedTuple):
    """Every visit of everybody: who, when, on which device, how they came."""

    person: Ints
    epoch: Ints
    device: Ints
    source: Ints
    first: Bools

    def at(self, rows: Ints | Bools, delay: Ints | int = 0) -> Sessions:
        """Take some visits, `delay` seconds later."""
        return Sessions(
            self.person[rows],
            self.epoch[rows] + delay,
            self.device[rows],
            self.source[rows],
            self.first[rows],
        )

    def joined(self, other: Sessions) -> Sessions:
        """Put two sets of visits together."""
        return Sessions(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


def tell(cast: Cast, devices: Ints, zone: ProjectZone, rng: np.random.Generator) -> dict[str, Track]:
    """Draw all events.

    Parameters
    ----------
    cast
        Who the people are and how long they stay.
    devices
        How many devices each person has.
    zone
        The project's time zone.
    rng
        The seeded source of chance.
    """
    teller = _Teller(cast, zone, rng)
    visits = teller.visits(devices)
    births = teller.births(visits)
    views = teller.later(visits, rng.poisson(1.2, len(visits.person)), 20)
    views = teller.twice(views, 0.002)
    carts = teller.part(views, 0.3, 45)
    buys = teller.part(carts, np.where(cast.campaign[carts.person], 0.3, 0.48), 200)
    seen = teller.part(visits, 0.16, -30)
    leaving = teller.departures(visits)
    happened: dict[str, tuple[Sessions, Mapping[str, Choice]]] = {
        "App Launched": (visits, {}),
        "App Installed": (births, {"Install": Choice(np.zeros(len(births.person), np.int64), ["y"])}),
        "Product Viewed": (views, teller.product(views)),
        "Added To Cart": (carts, {**teller.product(carts), "Quantity": teller.quantity(carts)}),
        "Charged": (buys, purchase_columns(buys.epoch, rng)),
        "UTM Visited": (visits.at((visits.source > 0) & (visits.source != 3)), {}),
        "App Uninstalled": (leaving, {}),
        "Notification Sent": (seen._replace(epoch=seen.epoch - 60), teller.message(seen)),
        "Notification Viewed": (seen, teller.message(seen)),
        "Notification Clicked": (teller.part(seen, 0.3, 30), {}),
        "Channel Unsubscribed": (teller.part(leaving, 0.1, -3600), {}),
    }
    return {name: teller.track(name, rows, props) for name, (rows, props) in happened.items()}


class _Teller:
    def __init__(self, cast: Cast, zone: ProjectZone, rng: np.random.Generator) -> None:
        self._cast, self._zone, self._rng = cast, zone, rng
        self._start, self._end = zone.midnight(FIRST_DAY), zone.midnight(LAST_DAY) + DAY

    def visits(self, devices: Ints) -> Sessions:
        """Draw the visits of each stay: the first at birth, more while young than later."""
        cast, rng = self._cast, self._rng
        counts = 1 + rng.poisson((cast.leaves - cast.born) / DAY * cast.often)
        person = np.repeat(np.arange(len(cast)), counts)
        first = np.zeros(len(person), bool)
        first[np.cumsum(counts) - counts] = True
        along = (rng.random(len(person)) ** 1.3 * (cast.leaves - cast.born)[person]) // DAY * DAY
        wobble = rng.normal(0, 5400, len(person))
        epoch = cast.born[person] + np.where(first, 0, np.maximum(along + wobble, 600)).astype(np.int64)
        source = rng.choice(len(SESSIONS), len(person), p=_SESSION_SHARES)
        source = np.where(first & cast.campaign[person], 1, source)
        device = np.where(rng.random(len(person)) < 0.8, 0, rng.integers(0, devices[person]))
        inside = (epoch >= self._start) & (epoch < self._end - 3600)
        return Sessions(person, epoch, device, source, first).at(inside)

    def later(self, rows: Sessions, counts: Ints, gap: int) -> Sessions:
        """Repeat visits `counts` times, each some time later."""
        index = np.repeat(np.arange(len(counts)), counts)
        return rows.at(index, gap + self._rng.integers(0, 900, len(index)))

    def part(self, rows: Sessions, share: Any, delay: int) -> Sessions:
        """Take a share of visits, `delay` seconds later."""
        return rows.at(self._rng.random(len(rows.person)) < share, delay)

    def twice(self, rows: Sessions, share: float) -> Sessions:
        """Record a few occurrences twice, as real exports do."""
        return rows.joined(self.part(rows, share, 0))

    def births(self, visits: Sessions) -> Sessions:
        """Take the installations: first visits of people who came inside the world's days."""
        app = self._cast.platform[visits.person] != WEB
        return visits.at(visits.first & app, -5)

    def departures(self, visits: Sessions) -> Sessions:
        """Draw who uninstalls: half of those that leave before the world's last days."""
        cast = self._cast
        app = (cast.platform != WEB) & (cast.leaves < self._end - 3 * DAY) & (cast.leaves > self._start)
        gone = np.flatnonzero(app & np.isin(np.arange(len(cast)), visits.person))
        gone = gone[self._rng.random(len(gone)) < 0.5]
        none = np.zeros(len(gone), np.int64)
        return Sessions(gone, cast.leaves[gone] + DAY, none, none, none.astype(bool))

    def product(self, rows: Sessions) -> dict[str, Choice]:
        """Draw which product was looked at."""
        popularity = np.arange(len(PRODUCTS), 0, -1)
        codes = self._rng.choice(len(PRODUCTS), len(rows.person), p=popularity / popularity.sum())
        return {
            "Product name": Choice(codes, [name for name, _, _ in PRODUCTS]),
            "Category": Choice(codes, [category for _, category, _ in PRODUCTS]),
            "Price": Choice(codes, [price for _, _, price in PRODUCTS]),
        }

    def quantity(self, rows: Sessions) -> Choice:
        """Draw quantities; one client sent them as text."""
        return Choice(self._rng.choice(4, len(rows.person), p=[0.6, 0.25, 0.1, 0.05]), [1, 2, 3, "1"])

    def message(self, rows: Sessions) -> dict[str, Choice]:
        """Draw which message was shown."""
        codes = self._rng.integers(0, 3, len(rows.person))
        return {"Campaign name": Choice(codes, ["Come back", "Cart reminder", "Tea & Friends &amp; You"])}

    def track(self, name: str, rows: Sessions, props: Mapping[str, Choice]) -> Track:
        """Sort occurrences by time and dress them with what every SDK event carries."""
        order = np.argsort(rows.epoch, kind="stable")
        rows = rows.at(order)
        dressed = {
            **{key: Choice(column.codes[order], column.values) for key, column in props.items()},
            **self._sdk(rows),
        }
        return Track(
            name,
            self._zone,
            person=rows.person,
            epoch=rows.epoch,
            device=rows.device,
            props=dressed,
            session=Choice(rows.source, SESSIONS),
        )

    def _sdk(self, rows: Sessions) -> dict[str, Column]:
        cast = self._cast
        web = cast.platform[rows.person] == WEB
        new = rows.epoch + 10 >= cast.adopted[rows.person]
        version = np.where(web, -1, np.where(new, 1, 0))
        return {
            "CT Source": Choice(web.astype(np.int64), ["Mobile", "Web"]),
            "CT App Version": Choice(version, [OLD_VERSION, NEW_VERSION]),
            "CT Session Id": Numbers(rows.epoch // 1200 * 1200),
            "Replayed": Choice((cast.platform[rows.person] == ANDROID).astype(np.int64), [True, "false"]),
        }
