"""Hypothesis strategies: answers of the API with everything odd in them, as text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

COMMON = st.sampled_from(
    ["x", "y", "plan", "email", "count", "platform", "objectId", "ts", "a/b", "a", "b", "", " ", "é", 'q"x',
     "x\\", "\\", "null", "[]", "\n", "\U0001f600"]
)  # fmt: skip
UNLIKELY = st.sampled_from([",", ", ", ":", "]", "events", "profile", "profileData", "platformInfo"])
KEYS = st.integers(0, 49).flatmap(lambda n: UNLIKELY if n == 0 else COMMON)
TEXTS = st.one_of(
    st.sampled_from(
        ["", "x", "007", "true", "null", "NaN", "2016-03-01", "2016-03-01T10:20:30", "2016-03-01 10:20:30Z",
         "$D_0", "$D_1615618122", "$D_99999999999999", "$D_x", ', "x":', ":1", "\x00", "\x02",
         "é", "\U0001f600", '"x":2', "],", "1", "İ"]
    ),
    st.text(max_size=4),
)  # fmt: skip
RARE = st.sampled_from(["\ud800", "\x01", "\x01{", float("nan"), float("inf"), 1e22, 10**400])
NUMBERS = st.one_of(
    st.sampled_from(
        [0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 10**30, 1.0, 2.5, -0.0, 1e300, 1e16]
    ),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
SCALARS = st.integers(0, 99).flatmap(
    lambda n: RARE if n == 0 else st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
)


@dataclass(frozen=True)
class Pairs:
    """A JSON object that may hold a key twice."""

    pairs: tuple[tuple[str, Any], ...]


def objects(values: st.SearchStrategy[Any], keys: st.SearchStrategy[str] = KEYS) -> st.SearchStrategy[Pairs]:
    """Make objects whose keys are mostly unique."""
    pairs = st.lists(st.tuples(keys, values), max_size=4)
    unique = st.lists(st.tuples(keys, values), max_size=4, unique_by=lambda pair: pair[0])
    return st.integers(0, 199).flatmap(lambda n: pairs if n == 0 else unique).map(tuple).map(Pairs)


VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=4)
TIMES = st.sampled_from([1457271567, 1457271567000, 20151023140416, None, "2016-03-01", 1.5])
FIELDS = st.sampled_from(["count", "first_seen", "last_seen"])
SUMMARY = objects(
    st.integers(0, 99).flatmap(lambda n: VALUES if n == 0 else objects(TIMES, FIELDS)),
    st.sampled_from(["Charged", "App Launched", "x", "a/b", "", "count"]),
)
FULL = st.permutations(["count", "first_seen", "last_seen"]).flatmap(
    lambda names: st.tuples(*(st.integers(-9, 2**40).map(lambda n, name=name: (name, n)) for name in names))
)
NAMED = st.one_of(
    COMMON, TEXTS, st.sampled_from(["2016-03-01", "count", "event_name", 'q":{"count":1}', "},"])
)
FULL_SUMMARY = objects(
    st.integers(0, 99).flatmap(lambda n: VALUES if n == 0 else FULL.map(Pairs)), st.one_of(NAMED, NAMED, KEYS)
)
DEVICE = objects(
    st.one_of(TEXTS, SCALARS, VALUES), st.sampled_from(["objectId", "os_version", "push_token", "ls", "x"])
).flatmap(
    lambda device: st.sampled_from(["iOS", "iOS", "iOS", "Web", "Web", "Android", "", None, "x.y"]).map(
        lambda platform: Pairs((("platform", platform), *device.pairs))
    )
)


@st.composite
def _record(draw: st.DrawFn, parts: dict[str, st.SearchStrategy[Any]]) -> Pairs:
    """Draw some parts in any order, each as it should be or as anything at all."""
    pairs = []
    for key in draw(st.permutations(list(parts))):
        if draw(st.integers(0, 3)):
            odd = draw(st.integers(0, 199)) == 0
            pairs.append((key, draw(VALUES if odd else parts[key])))
    extra = draw(objects(VALUES)).pairs if draw(st.integers(0, 5)) == 0 else ()
    return Pairs((*pairs, *(pair for pair in extra if pair[0] not in parts)))


PERSON_PARTS = {
    "identity": TEXTS,
    "phone": st.one_of(NUMBERS, TEXTS),
    "objectId": TEXTS,
    "profileData": st.one_of(objects(SCALARS), objects(VALUES), st.none()),
    "platformInfo": st.one_of(st.lists(DEVICE, max_size=4), st.none()),
    "events": st.one_of(SUMMARY, st.none()),
    "df": objects(NUMBERS),
}
PEOPLE = _record(PERSON_PARTS)
SUMMED = _record(
    {
        "events": st.one_of(FULL_SUMMARY, FULL_SUMMARY, FULL_SUMMARY, st.none()),
        "identity": TEXTS,
        "profileData": st.integers(0, 19).flatmap(lambda n: objects(FULL_SUMMARY if n == 0 else TEXTS)),
    }
)
"""People with a summary of events as the API writes it, for the most part."""

EVENTS = _record(
    {
        "profile": PEOPLE,
        "ts": TIMES,
        "event_props": objects(VALUES),
        "session_props": objects(TEXTS),
    }
)


def write(value: Any, *, ascii_only: bool = False, space: str = "") -> str:
    """Write JSON; a key that stands twice is written twice."""
    if isinstance(value, Pairs):
        cells = (
            write(key, ascii_only=ascii_only)
            + f"{space}:{space}"
            + write(item, ascii_only=ascii_only, space=space)
            for key, item in value.pairs
        )
        return "{" + space + f",{space}".join(cells) + "}"
    if isinstance(value, list):
        cells = (write(item, ascii_only=ascii_only, space=space) for item in value)
        return "[" + f"{space},".join(cells) + space + "]"
    try:
        text = json.dumps(value, ensure_ascii=ascii_only)
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


@st.composite
def bodies(draw: st.DrawFn, record: st.SearchStrategy[Pairs], max_size: int = 6) -> bytes:
    """Write a page of records, with its envelope in any order and any spacing."""
    records = draw(st.lists(record, max_size=max_size))
    envelope = [("status", "success"), ("next_cursor", draw(st.sampled_from(["abc%3D", "", "2016-03-01"])))]
    pairs = draw(st.permutations([*envelope, ("records", records)]))
    space = draw(st.sampled_from(["", "", " ", "\n", "\r\n\t"]))
    return write(Pairs(tuple(pairs)), ascii_only=draw(st.booleans()), space=space).encode()
