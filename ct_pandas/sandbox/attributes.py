"""What is known of each person: custom attributes of every kind that real accounts hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from ct_pandas.sandbox.cast import Cast
from ct_pandas.sandbox.days import DAY, Ints
from ct_pandas.sandbox.tracks import MISSING
from ct_pandas.sandbox.vocabulary import CITIES, FIRST, HOSTS, LAST

Values: TypeAlias = list[Any]

_NICKNAMES = ("NaN", "None", "", "true", "null", "Teapot", "1e5", " spaced ", "-", "<b>bold</b>")
_COMPANIES = ("Smith &amp; Samples", "Null &amp; Void Ltd", "Fiction GmbH", "<img src=x onerror=alert(1)>")
_INTERESTS: tuple[list[str], ...] = (
    ["tea"],
    ["tea", "sport"],
    ["coffee", "home"],
    [],
    ["sport", "home", "tea"],
    ["Café"],
)


class Pen:
    """Draws columns of values for `count` people."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self.count, self.rng = count, rng

    def pick(self, values: Sequence[Any], shares: Sequence[float] | None = None) -> Values:
        """Draw one of a few values for everybody."""
        return [values[code] for code in self.rng.choice(len(values), self.count, p=shares).tolist()]

    def gaps(self, values: Values, share: float) -> Values:
        """Leave a share of people without the attribute."""
        gone = (self.rng.random(self.count) < share).tolist()
        return [MISSING if missing else value for value, missing in zip(values, gone, strict=True)]

    def mixed(self, one: Values, other: Values, share: float) -> Values:
        """Take a share of the values from another column."""
        swap = (self.rng.random(self.count) < share).tolist()
        return [b if swapped else a for a, b, swapped in zip(one, other, swap, strict=True)]


def phone_numbers(count: int) -> list[int]:
    """Give numbers that belong to nobody: the reserved 555-01xx block of every area code."""
    return [10_000_000_000 + (200 + i // 100 % 800) * 10_000_000 + 5_550_100 + i % 100 for i in range(count)]


def names_of(count: int, rng: np.random.Generator) -> Values:
    """Draw invented names."""
    pen = Pen(count, rng)
    pairs = zip(pen.pick(FIRST), pen.pick(LAST), strict=True)
    return [f"{first} {last}" for first, last in pairs]


def emails_of(names: Values, rng: np.random.Generator) -> Values:
    """Make addresses under the reserved example domains; a number keeps them apart."""
    hosts = Pen(len(names), rng).pick(HOSTS, (0.7, 0.2, 0.1))
    firsts = [name.split(" ", 1)[0].lower() for name in names]
    return [f"{first}{i:05d}@{host}" for i, (first, host) in enumerate(zip(firsts, hosts, strict=True), 1)]


def identities_of(emails: Values, phones: list[int], rng: np.random.Generator) -> Values:
    """Identify people by e-mail, customer number, phone, digits with leading zeros, or a merged pair."""
    kinds = rng.choice(5, len(emails), p=(0.48, 0.35, 0.1, 0.06, 0.01)).tolist()
    forms = zip(emails, phones, kinds, strict=True)
    return [
        (email, f"CUST-{i:06d}", f"+{phone}", f"{i:07d}", f"[CUST-{i:06d} {email}]")[kind]
        for i, (email, phone, kind) in enumerate(forms, 1)
    ]


def custom_attributes(
    cast: Cast, phones: list[int], last_seen: Ints, rng: np.random.Generator
) -> dict[str, Values]:
    """Draw every custom attribute: name to one value per person.

    Parameters
    ----------
    cast
        Who the people are.
    phones
        Everybody's phone number; it is also kept, often badly, as the attribute ``Contact Number``.
    last_seen
        When each person last came, in epoch seconds.
    rng
        The seeded source of chance.
    """
    count = len(cast)
    pen = Pen(count, rng)
    return {**_plain(pen), **_odd(pen), **_dates(pen, cast, last_seen), **_contact(pen, cast, phones)}


def _plain(pen: Pen) -> dict[str, Values]:
    points = pen.rng.integers(0, 5000, pen.count).tolist()
    spent = np.round(pen.rng.gamma(2.0, 900.0, pen.count), 2).tolist()
    return {
        "Plan": pen.gaps(pen.pick(("free", "silver", "gold"), (0.6, 0.25, 0.15)), 0.05),
        "Customer Type": pen.pick(("Regular", "Platinum", "Trial"), (0.7, 0.1, 0.2)),
        "Points": pen.gaps(points, 0.1),
        "Lifetime Value": spent,
        "Newsletter": pen.gaps(pen.pick((True, False)), 0.2),
        "Is Paid": pen.pick(("true", "false"), (0.3, 0.7)),
        "language": pen.pick(("en", "hi", "de", "fr"), (0.6, 0.25, 0.1, 0.05)),
        "Interests": pen.gaps(pen.pick(_INTERESTS), 0.3),
    }


def _odd(pen: Pen) -> dict[str, Values]:
    levels = pen.rng.integers(1, 30, pen.count).tolist()
    cards = (2**53 + pen.rng.integers(1, 10**9, pen.count)).tolist()
    return {
        "Level": pen.mixed(levels, [str(level) for level in levels], 0.15),
        "Replayed": pen.gaps(pen.pick((True, "true", "false"), (0.6, 0.2, 0.2)), 0.5),
        "Loyalty Card": pen.gaps(cards, 0.7),
        "Postcode": pen.pick(("007", "04109", "400001", "560034", "10001")),
        "Birthday": pen.gaps(pen.pick(("2016-03-01", "1990-12-31", "1985-02-28", "31/01/1979")), 0.4),
        "Nickname": pen.gaps(pen.pick(_NICKNAMES), 0.75),
        "Company": pen.gaps(pen.pick(_COMPANIES, (0.5, 0.3, 0.19, 0.01)), 0.6),
        "Größe": pen.gaps(pen.pick(("S", "M", "L", 42)), 0.5),
    }


def _dates(pen: Pen, cast: Cast, last_seen: Ints) -> dict[str, Values]:
    signup = [f"$D_{epoch}" for epoch in cast.born.tolist()]
    visit = [f"$D_{epoch // DAY * DAY}" for epoch in last_seen.tolist()]
    return {
        "Signup Date": signup,
        "Last Visit": pen.mixed(visit, ["$D_0"] * pen.count, 0.15),
        "Renewal": pen.gaps(pen.mixed(visit, ["never"] * pen.count, 0.1), 0.6),
    }


def _contact(pen: Pen, cast: Cast, phones: list[int]) -> dict[str, Values]:
    form = pen.rng.choice(7, pen.count, p=(0.5, 0.14, 0.12, 0.1, 0.06, 0.05, 0.03)).tolist()
    city = [CITIES[code][2] for code in cast.city.tolist()]
    work = [f"desk{i:05d}@work.example.org" for i in range(1, pen.count + 1)]
    return {
        "Contact Number": [_written(phone, kind) for phone, kind in zip(phones, form, strict=True)],
        "email": pen.gaps(work, 0.8),
        "city": pen.gaps(pen.mixed(city, [name.lower() for name in city], 0.1), 0.25),
    }


def _written(phone: int, form: int) -> Any:
    """Write a phone number as people do: with a plus, without, spaced, with 00, national, not at all."""
    digits = str(phone)
    spaced = f"+{digits[0]} ({digits[1:4]}) {digits[4:7]}-{digits[7:]}"
    return (f"+{digits}", digits, spaced, f"00{digits}", digits[1:], phone, "n/a")[form]


def demographics_of(count: int, rng: np.random.Generator) -> dict[str, Values]:
    """Draw what can be filtered by but is not exported: gender, age, education, work, marriage."""
    pen = Pen(count, rng)
    return {
        "Gender": pen.gaps(pen.pick(("M", "F")), 0.3),
        "Age": pen.gaps(pen.rng.integers(18, 75, count).tolist(), 0.4),
        "Education": pen.gaps(pen.pick(("School", "College", "Graduate"), (0.2, 0.3, 0.5)), 0.5),
        "Employed": pen.gaps(pen.pick(("Y", "N")), 0.5),
        "Married": pen.gaps(pen.pick(("Y", "N")), 0.5),
    }
