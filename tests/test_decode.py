"""Bytes of a page → columns: Arrow and plain Python say the same."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from frames import frame_of
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ct_pandas import _wire
from ct_pandas._decode import arrow as _arrow
from ct_pandas._decode import decoder as _decode
from ct_pandas._decode import lore as _lore
from ct_pandas._decode import reference
from ct_pandas._decode import spelled as _spelled
from ct_pandas._decode.decoder import NotJSON, PageDecoder
from ct_pandas._decode.lore import Learner
from ct_pandas._decode.page import Page
from ct_pandas._decode.spelled import Odd, Spelled, searchable

from strategies import EVENTS, PEOPLE, SUMMED, bodies

SLOW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def told(page: Page) -> dict[tuple[str, ...], str]:
    """Spell a page out: types, order of keys and all."""
    return {path: repr(column.to_pylist()) for path, column in page.columns.items()}


def same(pages: list[bytes], kind: Any) -> None:
    """Compare both ways to read the pages of one walk.

    A column of an earlier page may stand on a later one that has it only as missing: no frame shows that.
    """
    learner, seen = Learner(), set()
    for body in [*pages, *pages[::-1]]:  # the second time, each is like those before it
        expected = reference.decode(body, kind)
        seen |= set(expected.columns)
        try:
            page = _arrow.decode(body, kind, learner)
        except Odd:
            event("odd")
            continue
        event("exact")
        extra = set(page.columns) - set(expected.columns)
        assert extra <= seen
        assert all(page.columns[path].null_count == page.rows for path in extra)
        assert {path: told for path, told in told(page).items() if path not in extra} == told(expected)
        assert (page.rows, page.next_cursor) == (expected.rows, expected.next_cursor)


@SLOW
@given(st.lists(bodies(PEOPLE), min_size=1, max_size=3))
def test_people_are_read_exactly(pages: list[bytes]) -> None:
    """Arrow gives what json.loads gives, value by value, whatever earlier pages taught."""
    same(pages, "people")


@SLOW
@given(st.lists(bodies(EVENTS), min_size=1, max_size=3))
def test_events_are_read_exactly(pages: list[bytes]) -> None:
    """Arrow gives what json.loads gives, also for the profile embedded in an event."""
    same(pages, "events")


@SLOW
@given(st.lists(bodies(SUMMED), min_size=1, max_size=3))
def test_summaries_of_few_events_are_read_exactly(pages: list[bytes]) -> None:
    """Written as lists for Arrow's reader, summaries say what they said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_lore, "is_sparse", bool)
        same(pages, "people")


def page_of(*records: Any, **envelope: Any) -> bytes:
    """Write a page as a server would."""
    return json.dumps({"status": "success", **envelope, "records": list(records)}).encode()


def arrow(
    body: bytes, kind: Any = "people", learner: Learner | None = None
) -> dict[tuple[str, ...], list[Any]]:
    """Read a page with Arrow alone, and spell its columns out."""
    page = _arrow.decode(body, kind, learner or Learner())
    assert told(page) == told(reference.decode(body, kind))
    return {path: column.to_pylist() for path, column in page.columns.items()}


@pytest.mark.parametrize(
    "values",
    [
        ["2016-03-01", "2016-03-02"],
        [["2016-03-01"], []],
        [1, "1", True, 1.5, None],
        [1, 2.0, 2.5],
        [2**53 + 1, 0.5],
        [2**63, 1],
        [10**30],
        [[None, None, "a"], [None]],
        [[], [1, 2.5]],
        [[1], "a"],
        [{"a": 1}, {"b": None}],
        [{"x": {"x": 1}}, {"x": 2}],
        [[{"a": 1}, {"b": 2}]],
        ["\x00", ""],
    ],
)
def test_odd_values_stay_on_the_arrow_path(values: list[Any]) -> None:
    """One odd attribute costs its own column, not the page, and every value stays as it came."""
    found = arrow(page_of(*({"identity": "1", "profileData": {"x": value, "y": 1}} for value in values)))
    assert repr(found["profileData", "x"]) == repr(values)


def test_what_is_learned_holds_for_the_walk() -> None:
    """A key that was odd on one page is read as text on the next, without a failed attempt first."""
    learner = Learner()
    arrow(page_of({"profileData": {"x": 1}}, {"profileData": {"x": "a"}}), learner=learner)
    assert learner.lore.scalars == {"x"}
    assert arrow(page_of({"profileData": {"x": 5}}), learner=learner) == {("profileData", "x"): [5]}


def walk(*bodies: bytes, kind: Any = "people") -> list[bool]:
    """Read pages one after the other, exactly; tell of each whether its types were inferred."""
    learner, inferred = Learner(), []
    with pytest.MonkeyPatch.context() as patch:
        anew = _arrow._anew
        patch.setattr(_arrow, "_anew", lambda *args: (inferred.append(True), anew(*args))[1])
        for number, body in enumerate(bodies):
            page = _arrow.decode(body, kind, learner)
            assert told(page) == told(reference.decode(body, kind))
            assert page.next_cursor == reference.decode(body, kind).next_cursor
            inferred[number:] = [bool(inferred[number:])]
    return inferred


DEVICE = {"platform": "iOS"}
ONE = {"identity": "1", "profileData": {"x": 1, "y": ["a"], "z": 0.5}, "platformInfo": [DEVICE]}


@pytest.mark.parametrize(
    "second",
    [
        ONE,
        {},
        {"identity": "2"},
        {"profileData": {"y": [None, "b"]}},
        {"profileData": {"y": []}, "platformInfo": []},
        {"profileData": {"z": 2.0}},
    ],
)
def test_a_page_like_those_before_it_is_not_inferred_again(second: dict[str, Any]) -> None:
    """Types are inferred once per walk, and a page that has fewer keys is read with them as well."""
    first, last = page_of(ONE, next_cursor="a"), page_of(ONE)
    assert walk(first, page_of(ONE, second, next_cursor="b"), last) == [True, False, False]


@pytest.mark.parametrize(
    "second",
    [
        {"profileData": {"x": 1.5}},
        {"profileData": {"x": "1"}},
        {"profileData": {"x": None}},
        {"profileData": {"z": 2}},
        {"profileData": {"y": ["a", 1]}},
        {"profileData": None, "identity": None},
        {"profileData": {}, "identity": "null"},
        {"profileData": {"new": 1}},
        {"new": {}},
        {"platformInfo": [{"platform": "iOS", "objectId": "a"}]},
    ],
)
def test_a_page_unlike_those_before_it_is_exact_too(second: dict[str, Any]) -> None:
    """A new key, another type or a null that only the text tells makes types be inferred anew."""
    assert walk(page_of(ONE), page_of(second)) == [True, True]
    assert walk(page_of(ONE), page_of(ONE), page_of(second), page_of(ONE, second))[:3] == [True, False, True]


def test_pages_that_stay_unlike_are_soon_not_compared() -> None:
    """Where every page has keys of its own, no time is lost by trying the schema of those before."""
    learner = Learner()
    for number in range(6):
        _arrow.decode(page_of({f"k{number}": 1}), "people", learner)
        assert (learner.known is None) == (number > 3)


def test_a_null_beside_devices_is_odd() -> None:
    """A null where a device should be is left to plain Python, whatever earlier pages were."""
    learner = Learner()
    arrow(page_of(ONE), learner=learner)
    with pytest.raises(Odd):
        _arrow.decode(page_of({"platformInfo": [None, DEVICE]}), "people", learner)


def full(*events: str) -> dict[str, Any]:
    """Make a person with a summary of these events, as the API writes one."""
    return {"events": {event: {"count": 1, "first_seen": 5, "last_seen": 9} for event in events}}


def listed(*bodies: bytes) -> list[bool | None]:
    """Read pages of a walk, exactly; tell after each whether summaries are written as lists."""
    learner, lists = Learner(), []
    for body in bodies:
        with contextlib.suppress(Odd):
            arrow(body, learner=learner)
        lists.append(learner._listed)
    return lists


EVENTS_OF_MANY = [f"Event {number}" for number in range(60)]


def test_a_summary_of_few_events_takes_the_time_of_those() -> None:
    """Where each person did few of many events, no field is kept for every event; else one is."""
    few, many = (
        page_of(*(full(*EVENTS_OF_MANY[n : n + each]) for n in range(60 - each))) for each in (2, 30)
    )
    assert listed(few, many) == [True, True]
    assert listed(many, few) == [False, False]
    assert listed(page_of(ONE), few) == [False, False]


@pytest.mark.parametrize(
    "person",
    [
        {},
        {"events": {}},
        {"events": None},
        {"events": {"A": {"last_seen": -1, "first_seen": 2, "count": 3}}},
        full('a "quoted" name', "Ä", "back\\slash", "2016-03-01", "event_name", "count", ":{", ", "),
        full(*EVENTS_OF_MANY),
        {"profileData": {"x": '"events":{"A":{"count":1}}', "y": {"number": 1}}},
    ],
)
@pytest.mark.parametrize("space", ["", " "])
def test_summaries_are_lists_whatever_is_in_them(person: dict[str, Any], space: str) -> None:
    """Any name, any order, and nobody's summary."""
    people = [full(event) for event in EVENTS_OF_MANY]
    text = json.dumps({"records": [*people, person]}, separators=(f",{space}", f":{space}"))
    assert listed(text.encode(), text.encode()) == [True, True]


@pytest.mark.parametrize(
    "person",
    [
        {"events": {"A": {"count": 1}}},
        {"events": {"A": {}}},
        {"events": {"A": {"count": None, "first_seen": 1, "last_seen": 2}}},
        {"events": {"A": {"count": 1.5, "first_seen": 1, "last_seen": 2}}},
        {"events": {"A": {"count": 1, "first_seen": 1, "last_seen": 2, "more": 3}}},
        {"events": {"A": {"count": 1, "first_seen": 1, "event_name": "B", "last_seen": 2}}},
        {"events": {"A": {"count": 1, "first_seen": 1, "last_seen": "2016-03-01"}}},
        {"events": {"A": 5}},
        {"events": []},
        {"events": [{}]},
        {"events": [{"event_name": "A", "count": 1, "first_seen": 1, "last_seen": 2}]},
        {"profileData": full("A")},
        {"profileData": {"events": {}}},
        {"profileData": {"events": {"A": 1}}},
        {"platformInfo": [{"platform": "iOS", "events": {}}]},
        {"profileData": {"A": {"count": 1, "first_seen": 5, "last_seen": 9}}},
    ],
)
def test_what_is_no_summary_is_never_taken_for_one(person: dict[str, Any]) -> None:
    """What the API does not write, or writes in another place, ends the lists of this walk."""
    page = page_of(*(full(event) for event in EVENTS_OF_MANY))
    odd = page_of(person, *(full(event) for event in EVENTS_OF_MANY))
    assert listed(odd) == [False]
    assert listed(page, odd, page) == [True, False, False]


def test_an_event_that_stands_twice_counts_as_its_last() -> None:
    """As json.loads has it."""
    page = page_of(*(full(event) for event in EVENTS_OF_MANY))
    twice = page.replace(
        b'"Event 3": {', b'"Event 2": {"count": 7, "first_seen": 1, "last_seen": 1}, "Event 2": {'
    )
    assert listed(page, twice) == [True, False]


@pytest.mark.parametrize("text", ["]", ":-[", "}{", '"]', '\\"]', "[" * 99, "]" * 99, "\\", '["'])
def test_brackets_in_text_nest_nothing(text: str) -> None:
    """What people write leaves no page to plain Python."""
    found = arrow(page_of({"profileData": {"x": text, "y": "a", text: "b"}}))
    assert found["profileData", "x"] == [text]


@pytest.mark.parametrize("depth", [40, 100_000])
@pytest.mark.parametrize("start", ['{"x":', '{"n":{"x":', '{"identity":'])
@pytest.mark.parametrize("ends", ["[]", "{}"])
def test_deep_nesting_never_reaches_the_reader(depth: int, start: str, ends: str) -> None:
    """It would crash; brackets in text between the others hide nothing."""
    open_, close = (ends[0], ends[1]) if ends == "[]" else ('{"a":', "}")
    deep = open_ * depth + "1" + close * depth
    hidden = '["]",' * depth + "1" + ',"["]' * depth
    for value in (deep, hidden):
        body = f'{{"records":[{start}{value}{"}" * start.count("{")}]}}'.encode()
        learner = Learner()
        arrow(page_of(ONE), learner=learner)
        for _ in range(2):
            with pytest.raises(Odd):
                _arrow.decode(body, "people", learner)
            learner = Learner()


@pytest.mark.parametrize("place", ["profileData", "platformInfo"])
@pytest.mark.parametrize("length", [399, 400, 401, 4301])
@pytest.mark.parametrize("start", ["", "-", "0."])
def test_numbers_of_any_length_are_read_alike(start: str, length: int, place: str) -> None:
    """``json.loads`` takes no more than 4,300 digits of a whole number: none becomes text that it refuses."""
    values = ["t" * 500, start + "7" * (length - len(start)), "1.5"]
    records = [
        f'{{"odd":{value}}}' if place == "profileData" else f'[{{"platform":"iOS","odd":{value}}}]'
        for value in (f'"{values[0]}"', *values[1:])
    ]
    body = '{"records":[' + ",".join(f'{{"{place}":{record}}}' for record in records) + "]}"
    try:
        expected = told(reference.decode(body.encode(), "people"))
    except NotJSON:
        with pytest.raises(Odd):
            _arrow.decode(body.encode(), "people", Learner())
        return
    if length < 400:
        arrow(body.encode())
    assert told(PageDecoder("people").decode(body.encode())) == expected


def test_an_attribute_named_like_the_cursor_leaves_it_alone() -> None:
    """What is read as text for an attribute's sake is a number still where the page itself has that key."""
    people = [{"profileData": {"next_cursor": value}} for value in (1, "a")]
    assert _arrow.decode(page_of(*people, next_cursor=5), "people", Learner()).next_cursor == "5"


@pytest.mark.parametrize("more", [{"a": [1]}, [{}], 0.5, "2016-03-01", None])
def test_what_else_stands_beside_the_records_is_not_read(more: Any) -> None:
    """Of the rest of a page the cursor counts alone: nothing else there makes a page odd."""
    page = _arrow.decode(page_of({"identity": "a"}, next_cursor="a%3D", meta=more), "people", Learner())
    assert (page.rows, page.next_cursor) == (1, "a%3D")


def test_a_long_text_beside_numbers_is_no_number() -> None:
    """Texts of any length stand beside numbers without a page in plain Python."""
    for text in ("t" * 3_000, "7" * 3_000, "-" + "7" * 401):
        assert arrow(page_of({"profileData": {"x": 1}}, {"profileData": {"x": text}})) == {
            ("profileData", "x"): [1, text]
        }


def test_a_list_called_events_is_no_summary_unless_it_was_written_as_one() -> None:
    """What only looks like a summary that was rewritten for Arrow stays the list that came."""
    listed = [{"event_name": "Charged", "count": 1}]
    page = page_of({"identity": "a", "events": listed}, {"identity": "b", "pad": "x" * 200_000})
    found = PageDecoder("people").decode(page)
    assert found.columns["events",].to_pylist() == [listed, None]


def test_a_key_in_a_name_is_no_key() -> None:
    """Only keys are rewritten, not text that looks like one."""
    tricky = '"x": 1, \\"x\\": 2'
    found = arrow(page_of({"profileData": {"x": 1, "y": tricky}}, {"profileData": {"x": "b", "y": 'x": 3'}}))
    assert found == {("profileData", "x"): [1, "b"], ("profileData", "y"): [tricky, 'x": 3']}


def test_a_key_at_the_end_of_another_is_another() -> None:
    """What an escaped quote precedes does not begin a key."""
    records = [{"profileData": {"x": 1, 'a"x': 2}}, {"profileData": {"x": "b", 'a"x': 3, "ax": 4}}]
    assert arrow(page_of(*records)) == {
        ("profileData", "x"): [1, "b"],
        ("profileData", 'a"x'): [2, 3],
        ("profileData", "ax"): [None, 4],
    }


KEYS = st.text('ab"\\ .+(é', max_size=3).filter(searchable)
NUMBERS = st.sampled_from([0, -1, 12, 1.5, -0.0, 1e-7, 1e300, 10**30, True, False, None, "1", '": 1'])


@SLOW
@given(st.dictionaries(KEYS, NUMBERS, max_size=4), st.frozensets(KEYS, min_size=1, max_size=3), st.booleans())
def test_numbers_become_text_in_one_way(
    values: dict[str, Any], keys: frozenset[str], ascii_only: bool
) -> None:
    """Arrow and ``re`` rewrite the same numbers, whatever stands in keys and texts."""
    body = json.dumps({"records": [values, {"z": values}]}, ensure_ascii=ascii_only).encode()
    text = Spelled(body)
    pattern = text._pattern(keys, _spelled._SCALAR + b"(?=" + _spelled._BEHIND + b")")
    assert bytes(text._tag_scalars(body, keys)) == pattern.sub(_spelled._AS_TEXT, body)


@pytest.mark.parametrize("key", [",", ", ", ":", "]"])
def test_a_key_that_may_stand_between_texts_is_not_searched_for(key: str) -> None:
    """``"a", ":b"`` holds ``", ":``: such keys are left to plain Python."""
    body = page_of({"profileData": {key: 1}}, {"profileData": {key: "a", "z": [":b", ":c"]}})
    with pytest.raises(Odd):
        _arrow.decode(body, "people", Learner())
    found = PageDecoder("people").decode(body)
    assert found.columns["profileData", key].to_pylist() == [1, "a"]


DEVICES = [
    {"platform": "iOS", "objectId": "a", "model": "m"},
    {"platform": "iOS", "model": "n", "objectId": "b"},
    {"objectId": "c"},
    {"platform": "Web"},
    {"platform": "", "objectId": "d"},
]


def test_devices() -> None:
    """The first device of each platform is flat; every other one stays as it came, keys in their order."""
    found = arrow(page_of({"identity": "0"}, {"platformInfo": DEVICES}, {"platformInfo": []}))
    assert found == {
        ("identity",): ["0", None, None],
        ("platformInfo", "iOS", "objectId"): [None, "a", None],
        ("platformInfo", "iOS", "model"): [None, "m", None],
        ("platformInfo", "Web", "platform"): [None, "Web", None],
        ("platformInfo", "more"): [None, [DEVICES[1], DEVICES[2], DEVICES[4]], None],
    }


def test_an_attribute_called_like_the_devices_moves_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of that name in another place tells nothing of where devices stand in the text of the page."""
    body = page_of({"profileData": {"platformInfo": ["a"] * 9}}, {"platformInfo": DEVICES})
    monkeypatch.setattr(_decode, "_SMALL", 0)
    assert told(PageDecoder("people").decode(body)) == told(reference.decode(body, "people"))


def test_a_null_of_a_device_makes_a_column() -> None:
    """A field that is null for all devices of a platform exists; one that never came does not."""
    found = arrow(page_of({"platformInfo": [{"platform": "Web", "push_token": None, "objectId": "1"}]}))
    assert found["platformInfo", "Web", "push_token"] == [None]


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"[]", b"5", b'"x"', b"{", b'{"records":[{"a":1}', b'{"records":[{"a":1}]}x',
        b"\xff", b"<html>503</html>",
        b'{"records":[{"a":"\xff"}]}', b'{"records":[1]}', b'{"records":[null]}', b'{"records":{"a":1}}',
        b'{"records":[{"a":tru}]}', b'{"records":[{"a":01}]}', b'{"records":[{"a":"\n"}]}',
        b'{"a":' * 100_000, b'{"records":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"records":[{"a":' + b"9" * 5000 + b"}]}",
    ],
)  # fmt: skip
def test_what_is_no_page_says_so(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that is cut, is not JSON, or is no page is NotJSON on both paths, and never a crash."""
    for small in (0, 10**9):
        monkeypatch.setattr(_decode, "_SMALL", small)
        with pytest.raises(NotJSON):
            PageDecoder("people").decode(body)


@pytest.mark.parametrize("small", [0, 10**9])
def test_a_key_called_like_the_further_devices_is_a_column_of_its_own(
    small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither takes the other's place, on either path."""
    monkeypatch.setattr(_decode, "_SMALL", small)
    frame = frame_of(
        [
            {"identity": "1", "platformInfo.more": True},
            {"identity": "2", "platformInfo": [{"objectId": "z"}], "platformInfo.more": False},
        ]
    )
    assert frame["platformInfo.more"].tolist() == [None, [{"objectId": "z"}]]
    assert frame["platformInfo.more (2)"].tolist() == [True, False]


def test_a_half_surrogate_in_a_key_of_mixed_values_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is learnt of a page that was read in plain Python can be looked for in the next one."""
    monkeypatch.setattr(_decode, "_SMALL", 0)
    odd = b'{"records":[{"profileData":{"k\\ud800":1}},{"profileData":{"k\\ud800":"a"}}]}'
    decoder = PageDecoder("people")
    assert decoder.decode(odd).rows == 2
    for _ in range(3):
        assert decoder.decode(b'{"records":[{"identity":"3"}]}').rows == 1
        assert decoder.decode(odd).rows == 2


@SLOW
@given(bodies(PEOPLE), st.data())
def test_a_damaged_page_never_crashes(body: bytes, data: st.DataObject) -> None:
    """Whatever is done to the bytes, both paths agree: the same columns, or no page."""
    at = data.draw(st.integers(0, len(body)))
    junk = data.draw(
        st.sampled_from([b"", b"\x00", b"\xff", b"}", b"]", b'"', b",", b"null", b"\n", b"\\", b"1"])
    )
    damaged = body[:at] + junk + body[at + data.draw(st.integers(0, 3)) :]
    try:
        expected = told(reference.decode(damaged, "people"))
    except NotJSON:
        expected = None
    try:
        found = told(_arrow.decode(damaged, "people", Learner()))
    except Odd:
        return
    assert found == expected


@SLOW
@given(
    st.one_of(
        st.binary(max_size=40),
        st.text(st.characters(), max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(st.integers(0x7E, 0xFF), max_size=5).map(bytes),
    ),
    st.integers(0, 70),
)
def test_what_is_utf_8_is_what_python_says(data: bytes, ahead: int) -> None:
    """Bytes that are no text are found wherever they stand, and nothing else is."""
    body = b"{" + b" " * ahead + data
    try:
        expected = bool(body.decode())
    except UnicodeDecodeError:
        expected = False
    assert _arrow.Spelled(body).is_object == expected


@SLOW
@given(st.binary(max_size=60))
def test_any_bytes_are_a_page_or_not_json(body: bytes) -> None:
    """No bytes make the decoder fail in another way."""
    with contextlib.suppress(NotJSON):
        PageDecoder("people").decode(body)
    with contextlib.suppress(Odd):
        _arrow.decode(body, "people", Learner())
    _wire.glimpsed_cursor(body)


@SLOW
@given(bodies(PEOPLE))
def test_a_glimpse_is_never_wrong_about_a_cursor(body: bytes) -> None:
    """The cheap look gives the exact cursor or nothing."""
    assert _wire.glimpsed_cursor(body) in {None, reference.decode(body, "people").next_cursor}


def test_a_glimpse_finds_the_cursor_on_either_side() -> None:
    """The cursor of a large page is found before and behind its records, without reading them."""
    records = json.dumps([{"identity": str(i), "tags": ["]", '"next_cursor":"no"']} for i in range(5000)])
    for body in (
        '{"next_cursor":"a%3D","records":%s}',
        '{"records":%s,"status":"success","next_cursor":"a%3D"}',
    ):
        assert _wire.glimpsed_cursor(body.replace("%s", records).encode()) == "a%3D"
    assert _wire.glimpsed_cursor(f'{{"records":{records}}}'.encode()) is None


@pytest.mark.parametrize("small", [0, 10**9])
def test_envelopes_without_records(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cursors, failures and bare successes are pages without rows."""
    monkeypatch.setattr(_decode, "_SMALL", small)
    decode = PageDecoder("events").decode
    for envelope in (
        {"status": "success", "cursor": "a%3D"},
        {"status": "fail", "error": "Request still in progress", "code": 2},
        {"status": "fail", "code": "CURSOR_INVALIDATED"},
    ):
        page = decode(json.dumps(envelope).encode())
        assert (page.next_cursor, page.rows) == (None, 0)
    for empty in (
        b'{"status":"success"}',
        b'{"records":null,"next_cursor":""}',
        b'\xef\xbb\xbf{"records":[]}',
    ):
        page = decode(empty)
        assert (page.rows, page.columns, page.next_cursor) == (0, {}, None)


@SLOW
@given(bodies(PEOPLE))
def test_a_page_survives_a_file(body: bytes) -> None:
    """A page written as an Arrow table comes back as it was."""
    page = reference.decode(body, "people")
    again = Page.from_table(page.to_table())
    assert told(again) == told(page)
    assert (again.rows, again.next_cursor) == (page.rows, page.next_cursor)


def test_threads_may_share_a_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages decoded side by side, each odd in its own way, are what they are alone."""
    monkeypatch.setattr(_decode, "_SMALL", 0)
    bodies = [page_of(*({"profileData": {f"k{n % 5}": v, "x": n}} for v in (n, "a", [n]))) for n in range(40)]
    decoder = PageDecoder("people")
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(decoder.decode, bodies))
    assert [told(page) for page in pages] == [told(reference.decode(body, "people")) for body in bodies]


KEY = st.text(st.sampled_from('abc"\\ .*+?()[]{}|^$-#&~/_0é\U0001f600\n'), max_size=5)


@settings(deadline=None, max_examples=300)
@given(KEY, KEY, st.sampled_from([None, 1, -20, 1.5, "null", True]), st.booleans())
def test_a_value_behind_a_key_is_found_however_it_is_spelled(
    key: str, before: str, value: Any, escaped: bool
) -> None:
    """Keys that end alike, hold what a pattern would take for an operator, or are escaped are told apart."""
    text = Spelled(json.dumps({before: 7, key: value}, ensure_ascii=escaped).encode())
    if searchable(key):
        assert text.has(key)
        assert text.has_null(key) == (value is None)
        assert text.has_whole(key) == (type(value) is int)
    if searchable(before) and before not in {key, ""}:
        assert text.has_whole(before)
        assert not text.has_null(before)


def test_a_key_too_long_for_a_pattern_is_found() -> None:
    """Made to hurt: Arrow's time would be squared, and this test would not end."""
    key = "x" * 200_000
    text = Spelled(json.dumps({key: 1}).encode())
    assert text.has(key)
    assert text.has_whole(key)


@pytest.mark.parametrize("more", ['"c": 2', '"a\\"b": 2'], ids=["plain", "escaped"])
def test_keys_that_arrow_takes_no_pattern_of_are_found(monkeypatch: pytest.MonkeyPatch, more: str) -> None:
    """It refuses one of many long names; each number becomes text all the same."""
    key = "x" * 100

    def refusing(search: Any) -> Any:
        def searched(text: pa.Array, pattern: bytes, *by: bytes) -> Any:
            if len(pattern) > len(key):
                raise pa.ArrowInvalid
            return search(text, pattern, *by)

        return searched

    for name in ("match_substring_regex", "replace_substring_regex"):
        monkeypatch.setattr(pc, name, refusing(getattr(pc, name)))
    page = f'{{"{key}": 1, {more}}}'
    found = bytes(Spelled(page.encode()).tagged(frozenset({key}), frozenset()))
    assert json.loads(found) == json.loads(page) | {key: f"{_spelled.TAG}1"}
