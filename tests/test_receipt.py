"""The answer to an upload, read by position."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ct_pandas._upload.receipt import Receipt, read
from ct_pandas._wire import Reply


def receipt(body: Any, size: int = 3, status: int = 200) -> Receipt:
    """Read an answer to a call of three records."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(Reply(status, {}, raw), size, "pass-CODE-1")


def refusal(number: object, code: Any = 515, text: str = "Email is not valid.") -> dict[str, Any]:
    """Return an item of ``unprocessed``, with an echo that is not what was sent."""
    return {
        "status": "fail",
        "code": code,
        "error": f"{text}{number}",
        "record": {"identity": "someone else"},
    }


def skipped(number: int, **kw: Any) -> dict[str, Any]:
    """Return an item in the words of the live API."""
    return refusal(f"Skipped record number : {number}", **kw)


def accepted(found: Receipt, size: int = 3) -> list[int]:
    """Return the places that neither are refused nor unknown."""
    return [place for place in range(size) if place not in found.refused and place not in found.unknown]


def test_the_last_number_counts() -> None:
    """An error may repeat what was sent, and that may read like the end of an error."""
    words = "Event name skipped record number 1 is restricted. Skipped record number : 3"
    found = receipt({"status": "partial", "processed": 2, "unprocessed": [refusal("", text=words)]})
    assert found.refused == {2: (515, "Event name skipped record number 1 is restricted")}
    assert accepted(found) == [0, 1]


def test_long_errors_are_read_in_no_time() -> None:
    """Made to hurt: their length does not square the time."""
    for words in ("." * 200_000, "skipped record" + " " * 200_000, "skipped record number " * 20_000):
        item = refusal("Skipped record number : 2", text=words)
        found = receipt({"status": "partial", "processed": 2, "unprocessed": [item]})
        assert accepted(found) == [0, 2]
        assert len(found.refused[1][1]) <= 301


def test_a_code_beyond_64_bits_is_text() -> None:
    """A column of codes holds no more."""
    found = receipt({"status": "partial", "processed": 2, "unprocessed": [skipped(1, code=2**63)]})
    assert found.refused[0][0] == str(2**63)


def test_success() -> None:
    """All accounted for."""
    assert accepted(receipt({"status": "success", "processed": 3, "unprocessed": []})) == [0, 1, 2]


@pytest.mark.parametrize(
    "words",
    [
        "Skipped record number : 2",
        " Skipped record number : 2",
        "Skipped record number:2",
        "skipped record number  2.",
        "Skipped record no. 2",
    ],
)
def test_numbers_count_from_one(words: str) -> None:
    """The number is the place in this call, and it is no part of the reason."""
    found = receipt({"status": "partial", "processed": 2, "unprocessed": [refusal(words)]})
    assert accepted(found) == [0, 2]
    assert found.refused[1] == (515, "Email is not valid")


def test_several_refusals_have_their_own_reasons() -> None:
    """In any order."""
    items = [skipped(3, code="516", text="Phone."), skipped(1)]
    found = receipt({"status": "partial", "processed": 1, "unprocessed": items})
    assert accepted(found) == [1]
    assert found.refused == {2: (516, "Phone"), 0: (515, "Email is not valid")}


def test_all_refused() -> None:
    """Status fail with every record named."""
    body = {"status": "fail", "processed": 0, "unprocessed": [skipped(n) for n in (1, 2, 3)]}
    assert sorted(receipt(body).refused) == [0, 1, 2]


def test_none_processed() -> None:
    """With a reason for the call, all are refused; without one, nothing is said of any row."""
    silent: dict[str, Any] = {"status": "fail", "processed": 0, "unprocessed": []}
    assert sorted(receipt(silent).unknown) == [0, 1, 2]
    found = receipt(silent | {"error": "Account is suspended", "code": 403})
    assert found.refused == dict.fromkeys(range(3), (403, "Account is suspended"))


def test_the_first_refusal_of_a_record_stays() -> None:
    """What is said of it a second time is no other record's."""
    body = {"status": "partial", "processed": 2, "unprocessed": [skipped(2), skipped(2) | {"code": 520}]}
    found = receipt(body)
    assert list(found.refused) == [1]
    assert found.refused[1][0] == skipped(2)["code"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "success"},
        {"status": "success", "processed": None},
        {"status": "success", "processed": 1, "unprocessed": []},
        {"status": "success", "processed": 9, "unprocessed": []},
        {"status": "success", "unprocessed": []},
        {"status": "partial", "processed": 2, "unprocessed": []},
        {"status": "fail", "processed": 3, "unprocessed": []},
        {"processed": 3, "unprocessed": []},
        {"status": "partial", "processed": 2, "unprocessed": [refusal("")]},
        {"status": "fail", "processed": 0, "unprocessed": [refusal("")]},
        {"status": "partial", "processed": 2, "unprocessed": [skipped(4)]},
        {"status": "partial", "processed": 2, "unprocessed": [skipped(7)]},
        {"status": "partial", "processed": 2, "unprocessed": [skipped(0)]},
        [],
        b"<html>busy</html>",
        b'{"status": "success", "proc',
    ],
)
def test_what_an_answer_does_not_account_for_is_not_accepted(body: Any) -> None:
    """Nor refused: unknown."""
    found = receipt(body)
    assert sorted(found.unknown) == [0, 1, 2]
    assert not found.refused


def test_named_rows_are_refused_even_where_the_rest_is_unclear() -> None:
    """What is said of a row counts for that row."""
    found = receipt({"status": "partial", "processed": 1, "unprocessed": [skipped(2)]})
    assert sorted(found.refused) == [1]
    assert sorted(found.unknown) == [0, 2]


def test_a_refusal_without_a_number_is_proven_where_nothing_was_processed() -> None:
    """As many refusals as rows: all are refused; one code only where it is one."""
    same = receipt({"status": "fail", "processed": 0, "unprocessed": [refusal(""), refusal("")]}, 2)
    assert same.refused == dict.fromkeys((0, 1), (515, "Email is not valid."))
    mixed = receipt(
        {"status": "fail", "processed": 0, "unprocessed": [refusal(""), refusal("", code=516)]}, 2
    )
    assert [code for code, _ in mixed.refused.values()] == [None, None]


def test_a_whole_call_that_is_refused() -> None:
    """4xx, or a failure that speaks of no record: all refused with its code and text."""
    malformed = {"status": "fail", "error": "Malformed request", "code": 400}
    for status in (400, 200):
        assert receipt(malformed, status=status).refused == dict.fromkeys(
            range(3), (400, "Malformed request")
        )
    assert receipt(b"<html>", status=413).refused[0] == (413, "the whole call was refused with HTTP 413")


@pytest.mark.parametrize("status", [200, 202])
def test_a_call_that_is_still_at_work_is_not_refused(status: int) -> None:
    """It may be carried out after all: rows called refused would be mended and sent a second time."""
    at_work = {"status": "fail", "error": "Request still in progress, please retry later", "code": 2}
    found = receipt(at_work, status=status)
    assert (found.refused, sorted(found.unknown)) == ({}, [0, 1, 2])


@pytest.mark.parametrize("number", ["Skipped record number : 1", ""])
def test_a_servers_text_does_not_rule_the_terminal(number: str) -> None:
    """A table of reasons is printed: no escape clears the screen, no mark turns the line around."""
    evil = "\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}evil\r\n\x07"
    found = receipt({"status": "fail", "processed": 0, "unprocessed": [refusal(number, evil, evil)]}, size=1)
    code, reason = found.refused[0]
    assert "evil" in reason
    assert (reason + code).isprintable()


def test_a_servers_text_does_not_bring_the_passcode_along() -> None:
    """Nor is it kept at any length."""
    found = receipt({"status": "fail", "error": "bad pass-CODE-1 " + "x" * 1000, "code": 400}, status=400)
    assert "pass-CODE-1" not in found.refused[0][1]
    assert len(found.refused[0][1]) < 400
