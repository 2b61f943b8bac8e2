"""The faces of a report, its tables, and what they never show."""

from __future__ import annotations

import re
import warnings
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

import ct_pandas as ct

from scripted import Answer, Scripted, Seen

LIMITS = ct.Limits(3, 32, "characters", 120, 63, uploads_in_flight=3)


def refused(number: int, code: Any, text: str) -> dict[str, Any]:
    """Return an item of ``unprocessed``."""
    return {"status": "fail", "code": code, "error": f"{text}Skipped record number : {number}", "record": {}}


@pytest.fixture
def report(scripted: Scripted) -> ct.UploadReport:
    """Give a report with every status."""
    odd = "Value <img src=x> of 'Secret Name', secret@example.com, +14155551234 is not valid."

    def answer(seen: Seen) -> Any:
        number = len(scripted.seen)
        if number == 1:
            items = [refused(1, 515, "Email secret@example.com is not valid."), refused(3, "X<1>", odd)]
            return {"status": "partial", "processed": 1, "unprocessed": items}
        if number == 2:
            return Answer(reset=True)
        return {"status": "success", "processed": len(seen.json["d"]), "unprocessed": []}

    scripted.answers = answer
    index = pd.MultiIndex.from_tuples([("k", 1)] * 4 + [("l", i) for i in range(6)], names=["a", "b"])
    frame = pd.DataFrame(
        {
            "identity": ["Secret0", "p1", "p2", "p3", "p4", "p5", "p3", "p7", "p8", None],
            "Secret <col>": "secret value",
            "when": pd.Timestamp("2025-01-01", tz="UTC"),
        },
        index=index,
    )
    with warnings.catch_warnings(action="ignore", category=ct.UploadWarning):
        return frame.clevertap.upload_events(
            "E", progress=False, invalid="skip", account=scripted.account(limits=LIMITS)
        )


def test_every_row_has_exactly_one_status(report: ct.UploadReport) -> None:
    """The counts add up, and the tables agree with them."""
    assert report.counts == {"accepted": 3, "refused": 2, "not_sent": 2, "unknown": 3}
    assert report.rows["status"].value_counts().to_dict() == report.counts
    assert list(report.rows.columns) == ["status", "code", "reason", "request"]
    assert len(report.failed) == 4
    assert len(report.unknown) == 3
    assert not report.ok


def test_tables_carry_the_frames_own_index(report: ct.UploadReport) -> None:
    """Duplicates and several levels included."""
    assert report.rows.index.names == ["a", "b"]
    assert report.rows.index.tolist()[:4] == [("k", 1)] * 4
    assert report.problems["row"].tolist()[0] == ("k", 1)
    assert report.failed.columns.tolist() == ["identity", "Secret <col>", "when"]


def test_problems_say_why_for_every_row_to_look_at(report: ct.UploadReport) -> None:
    """By position, once each here, with what to do."""
    assert report.problems["position"].tolist() == [0, 2, 3, 4, 5, 6, 9]
    assert report.problems["reason"].notna().all()
    assert report.problems["code"].tolist()[:2] == [515, "X<1>"]
    assert report.rows["reason"].iloc[9].startswith("invalid")
    assert report.rows["reason"].iloc[6].startswith("held back")


def test_faces_name_account_region_and_rows(report: ct.UploadReport) -> None:
    """And the counts, in both faces."""
    for face in (repr(report), report._repr_html_()):
        assert "TEST-1" in face
        assert report.region in face
        assert "3 of 10 events" in face
        assert report.account == "TEST-1"


def test_faces_show_position_column_and_code_only(report: ct.UploadReport) -> None:
    """No value of the frame, not even where a server's words repeat one."""
    with pytest.raises(ct.UploadError) as caught:
        report.raise_if_failed()
    for face in (repr(report), report._repr_html_(), str(caught.value)):
        assert "secret@example.com" not in face
        assert "Secret Name" not in face
        assert "4155551234" not in face
        assert "Secret0" not in face
        assert "secret value" not in face
        assert "pass-CODE-1" not in face
    assert "E-mail invalid" in report._repr_html_()
    assert caught.value.report is report


def test_faces_do_not_repeat_what_a_server_says_of_a_row(scripted: Scripted) -> None:
    """Neither a name in its words nor an address in its code."""
    item = refused(1, "E secret@example.com", "Ana Geheim (cust-77) is not welcome. ")
    scripted.answers = lambda _: {"status": "fail", "processed": 0, "unprocessed": [item]}
    frame = pd.DataFrame({"identity": ["cust-77"], "who": ["Ana Geheim"]})
    with pytest.warns(ct.UploadWarning) as caught:
        report = frame.clevertap.upload(progress=False, account=scripted.account())
    for face in (repr(report), report._repr_html_(), str(caught[0].message)):
        assert not any(word in face for word in ("Geheim", "cust-77", "secret@"))
    assert "report.problems has CleverTap's words" in repr(report)


@pytest.mark.parametrize("code", ["Ana Geheim", "Geheim", 919812345678])
def test_a_code_that_looks_like_none_is_no_code(scripted: Scripted, code: Any) -> None:
    """Words or a long number in its place may be a value: faces hide them, .rows keeps them."""
    item = {"code": code, "error": "no"}
    answers = [
        {"status": "partial", "processed": 1, "unprocessed": [item]},
        {"status": "fail", "processed": 0},
    ]
    scripted.answers = lambda _: {"unprocessed": [item, item]} | answers[len(scripted.seen) - 1]
    frame = pd.DataFrame({"identity": ["a", "b"], "who": ["Ana Geheim", "+919812345678"]})
    for status in ("unknown", "refused"):
        with pytest.warns(ct.UploadWarning) as caught:
            report = frame.clevertap.upload(progress=False, account=scripted.account())
        assert set(report.rows["status"]) == {status}
        for face in (repr(report), report._repr_html_(), str(caught[0].message)):
            assert str(code) not in face
    assert set(map(str, report.rows["code"])) == {str(code)}


def test_errors_do_not_repeat_what_was_sent(scripted: Scripted) -> None:
    """Where a server that refuses the login, or fails, says it."""
    said = "no entry for Ana Geheim, 919812345678"
    scripted.answers = lambda _: Answer({"status": "fail", "error": said, "code": 401}, 401)
    frame = pd.DataFrame({"identity": ["a"], "Name": ["Ana Geheim"], "Phone": ["+919812345678"]})
    with pytest.raises(ct.UploadError) as caught:
        frame.clevertap.upload(progress=False, account=scripted.account())
    assert "no entry for" in str(caught.value)
    assert "Geheim" not in str(caught.value)
    assert "9198" not in str(caught.value)


def test_a_report_on_one_row_does_not_speak_of_several(scripted: Scripted) -> None:
    """Neither in its line nor in its HTML face."""
    scripted.answers = lambda _: {"status": "success", "processed": 1, "unprocessed": []}
    frame = pd.DataFrame({"identity": ["a"], "plan": ["gold"]})
    report = frame.clevertap.upload(progress=False, account=scripted.account())
    assert "1 of 1 profile accepted" in repr(report)
    assert "1 of 1 profile accepted" in report._repr_html_()


class Tags(HTMLParser):
    """Collects tags and sees that they close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Open a tag."""
        self.seen.add(tag)
        self.open.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        assert self.open.pop() == tag


def test_the_html_is_whole_and_escaped(report: ct.UploadReport) -> None:
    """No name of a column and no text of a server is markup."""
    tags = Tags()
    tags.feed(report._repr_html_())
    assert not tags.open
    assert not tags.seen & {"img", "script", "col"}
    assert "img src" not in report._repr_html_()


def test_the_bar_is_said_in_words(report: ct.UploadReport) -> None:
    """Colour is never the only sign."""
    label = re.search(r'aria-label="([^"]+)"', report._repr_html_())
    assert label
    assert label[1] == "10 rows: accepted 3, refused 2, not sent 2, unknown 3"


def test_words_stand_apart_without_style(report: ct.UploadReport) -> None:
    """A page that takes styles away, as GitHub does for notebooks, leaves no "442refused"."""
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", "", report._repr_html_(), flags=re.DOTALL)
    assert "accepted 3 refused 2 not sent 2 unknown 3" in bare


def test_what_to_do_next(report: ct.UploadReport) -> None:
    """Mend, retry, or look: events without an answer are not sent again."""
    face = repr(report)
    assert "report.retry(mended)" in face
    assert "report.unknown" in face


def test_a_good_report_is_short(scripted: Scripted) -> None:
    """No tables, no advice."""
    scripted.answers = lambda seen: {"status": "success", "processed": len(seen.json["d"]), "unprocessed": []}
    frame = pd.DataFrame({"identity": ["a"], "x": [1]})
    report = frame.clevertap.upload(progress=False, account=scripted.account())
    assert repr(report).count("\n") == 0
    assert "<table" not in report._repr_html_()
    report.raise_if_failed()


WORDS = "Profile of Ana Smithson, Bob, is not valid"


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"status": "fail", "error": WORDS, "code": 4002}, 400),
        Answer({"status": "fail", "processed": 0, "unprocessed": [], "error": WORDS, "code": 4002}),
        Answer({"status": "fail", "processed": 0, "unprocessed": [{"code": 4002, "error": WORDS}] * 3}),
    ],
    ids=["whole call", "none processed", "not numbered"],
)
def test_words_of_a_server_stay_in_the_data(scripted: Scripted, answer: Answer) -> None:
    """They may hold a value of any row of the call: faces show the code, ``.problems`` the words."""
    scripted.answers = lambda _: answer
    frame = pd.DataFrame({"identity": ["1", "2", "3"], "Name": ["Cid", "Bob", "Ana Smithson"]})
    with pytest.warns(ct.UploadWarning) as caught:
        report = frame.clevertap.upload(progress=False, account=scripted.account())
    assert report.counts["refused"] == 3
    for face in (repr(report), report._repr_html_(), str(caught[0].message)):
        assert "4002" in face
        assert "Smithson" not in face
        assert "Bob" not in face
    assert report.problems["reason"].tolist() == [WORDS] * 3
