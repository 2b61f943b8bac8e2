"""The guides and the reference: every public name has its place, links lead somewhere, numbers are right."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import ct_pandas as ct

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts]
REFERENCE = "\n".join(path.read_text("utf-8") for path in (DOCS / "reference").glob("*.md"))


@pytest.mark.parametrize("name", sorted({*ct.__all__, *ct.cohorts.__all__}))
def test_every_public_name_is_in_the_reference(name: str) -> None:
    """By itself, or among the errors."""
    assert re.search(rf"(?:ct_pandas\.|cohorts\.|: |, ){name}\b", REFERENCE)


@pytest.mark.parametrize("name", ct.__all__)
def test_every_public_name_is_in_the_changelog(name: str) -> None:
    """Who reads what is new learns of all of it."""
    assert re.search(rf"`{name}`", (DOCS.parent / "CHANGELOG.md").read_text("utf-8"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_links_lead_somewhere(path: Path) -> None:
    """A page that is linked is a file of the repository; notebooks are copied beside the pages."""
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8")):
        at = (path.parent / target).resolve()
        moved = DOCS.parent / at.relative_to(DOCS) if at.is_relative_to(DOCS / "notebooks") else at
        assert "://" in target or moved.exists(), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_names_exist(path: Path) -> None:
    """What a page calls ct.something or df.clevertap.something is there."""
    text = path.read_text("utf-8")
    assert {name for name in re.findall(r"\bct\.([A-Za-z]\w*)", text) if not hasattr(ct, name)} == set()
    said = re.findall(r"\bdf\.clevertap\.([a-z_]+)", text)
    assert {name for name in said if not hasattr(pd.DataFrame.clevertap, name)} == set()


def test_every_query_of_the_guide_can_be_built() -> None:
    """The table is copied from."""
    guide = (DOCS / "guides" / "queries.md").read_text("utf-8")
    written = re.findall(r"`((?:ct\.Query\(|\.)[^`]*\))`", guide)
    assert len(written) > 10
    for text in written:
        query = eval(text if text.startswith("ct.") else f'ct.Query("Charged", "2025-10"){text}', {"ct": ct})
        assert isinstance(query, ct.Query)


def test_symptoms_are_quoted_as_they_are_said() -> None:
    """Who searches the page for the message in front of them finds it."""
    package = Path(ct.__file__).parent
    source = "\n".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    source = re.sub(r'"\s*\n\s*f?"', "", source)
    page = (DOCS / "guides" / "symptoms.md").read_text("utf-8")
    quoted = [
        text for line in page.splitlines() if line.startswith("## ") for text in re.findall('"([^"]+)"', line)
    ]
    said = [part.strip(" ,.") for text in quoted for part in text.split("…")]
    long = [part for part in said if len(part.split()) > 3]
    assert len(long) > 5
    assert [part for part in long if part not in source] == []


LIMITS = {
    "profiles or events in an upload call": "upload_records",
    "device tokens in a call": "token_records",
    "length of an attribute's name": "key_length",
    "length of a value": "value_bytes",
    "own attributes of a person": "custom_attributes",
    "uploads in flight": "uploads_in_flight",
    "other requests in flight": "reads_in_flight",
}


@pytest.mark.parametrize("row", LIMITS)
def test_the_limits_are_those_of_the_code(row: str) -> None:
    """The guide's table says the numbers that are kept to."""
    guide = (DOCS / "guides" / "limits.md").read_text("utf-8")
    found = re.search(rf"\| {row} \| (\d+)[^|]*\| (\d+)", guide)
    assert found
    assert [int(number) for number in found.groups()] == [
        getattr(limits, LIMITS[row]) for limits in (ct.Limits.DOCUMENTED, ct.Limits.CURRENT)
    ]
