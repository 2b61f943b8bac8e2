"""%%clevertap: a query in a cell, a frame in a variable, an error at its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import ct_pandas as ct
from ct_pandas._json_lines import line_of, spots
from ct_pandas._magic import CellError, read_body, run

JSON = """{
  "event_name": "Charged",
  "event_properties": [
    {"name": "Amount",
     "operator": "greater_than",
     "value": 100}
  ],
  "from": 20251001,
  "to": 20251031
}"""
QUERY = ct.Query("Charged", "2025-10").where("Amount", ">", 100)


@pytest.fixture
def sandbox() -> Iterator[None]:
    """Make a sandbox the default account."""
    with ct.Sandbox(users=200) as running:
        from ct_pandas import _account

        _account.set_default(running.account)
        yield


@pytest.mark.parametrize(
    "body",
    [
        JSON,
        f"\n{JSON}\n",
        JSON.replace('"', "'").replace("100}", "100,}"),
        'Query("Charged", "2025-10").where("Amount", ">", 100)',
        '\nct.Query("Charged", "2025-10")\n.where("Amount", ">", 100)\n',
        "mine",
    ],
)
def test_bodies(body: str) -> None:
    """The body is the documentation's JSON, a Python dict, or any expression that gives a query."""
    assert read_body(body, {"mine": QUERY}) == QUERY


def broken(old: str, new: str) -> str:
    """Break one thing in the JSON."""
    assert old in JSON
    return JSON.replace(old, new)


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        (broken('"greater_than"', '"gt"'), 5, "Did you mean '>'"),
        (broken('"operator"', '"oprator"'), 5, "Did you mean 'operator'"),
        (broken('"event_name"', '"event_nam"'), 2, "Did you mean 'event_name'"),
        (broken('"event_properties"', '"props"'), 3, "Did you mean 'event_properties'"),
        (broken("100}", '"100"}'), 6, "compares numbers"),
        (broken("20251031", "20250931"), 9, "end="),
        (broken("20251001", '"soon"'), 8, "start="),
        (broken('"Charged",', '"Charged"'), 3, "not JSON"),
        (broken('"to": 20251031', '"from": 20251031'), 9, "second time"),
        (
            'Query("Charged", "2025-10")\n.where("Amount", ">", 100)\n.where("City", "gt", 3)',
            3,
            "'gt' is not an operator",
        ),
        ('Query("Charged", "2025-10")\n.where("Amount" ">", 100', 2, "Python expression"),
        ('Query("Charged", "2025-10")\n.wher("Amount", ">", 100)', 2, "AttributeError"),
        ("nothing_of_this_name", 1, "NameError"),
    ],
)
def test_errors_point_at_the_line(body: str, line: int, said: str) -> None:
    """The message names the line of the body, shows it, and says what is wrong."""
    with pytest.raises(CellError, match=f"Line {line} of the query") as refused:
        read_body(body, {})
    assert said in str(refused.value)
    assert f"--> {line:>3} | {body.splitlines()[line - 1]}" in str(refused.value)


def test_the_second_of_two_filters_is_found() -> None:
    """A filter that looks like its neighbour is told apart by its place."""
    body = """{"event_name": "A", "from": 20251001, "to": 20251001,
      "event_properties": [
        {"name": "x", "operator": "equals", "value": 1},
        {"name": "x", "operator": "greater", "value": 1}]}"""
    with pytest.raises(CellError, match="Line 4"):
        read_body(body, {})


@pytest.mark.parametrize("body", ["", "  \n", "3", "None", "{}", "Query()", "[1]"])
def test_bodies_without_a_query(body: str) -> None:
    """A body that gives no query, or one for everybody, is refused."""
    with pytest.raises(ct.QueryError):
        read_body(body, {})


@pytest.mark.parametrize(
    "line", ["", "1df", "class", "df --rows device", "df extra", "df --max-rows many", 'df "']
)
def test_the_line_is_checked(line: str) -> None:
    """What stands beside the magic's name is a variable and known options; else the usage is shown, once."""
    with pytest.raises(CellError, match="Usage: %%clevertap df") as refused:
        run(line, JSON, {})
    assert str(refused.value).count("Usage") == 1


@pytest.mark.usefixtures("sandbox")
def test_an_event_that_clevertap_refuses_is_found() -> None:
    """What only CleverTap can refuse, a misspelt event, is shown at its line, too, with its code."""
    with pytest.raises(CellError, match=r"(?s)Line 2 of the query: .*Did you mean 'Charged'") as refused:
        run("df --no-progress", broken("Charged", "Chraged"), {})
    assert refused.value.code == 400


@pytest.mark.usefixtures("sandbox")
def test_a_frame_in_a_variable() -> None:
    """The magic leaves a frame in the variable it names, of people or of events."""
    people = run("df --no-progress", JSON, {})["df"]
    events = run("found --rows event --no-progress --max-rows 5", JSON, {})["found"]
    assert isinstance(people, pd.DataFrame)
    assert people.attrs["clevertap"]["kind"] == "people"
    assert len(events) == 5
    assert people.attrs["clevertap"]["query"] == QUERY.to_cql()


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Give a real IPython that keeps no history."""
    quiet = Config({"HistoryManager": {"enabled": False}})
    return InteractiveShell(config=quiet, ipython_dir=str(tmp_path))


@pytest.mark.usefixtures("sandbox")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_in_ipython(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """%load_ext brings the magic; its error is short, and no frame of the magic's own is shown."""
    shell.run_line_magic("load_ext", "ct_pandas")
    shell.run_cell(f"%%clevertap df --no-progress\n{JSON}").raise_error()
    assert isinstance(shell.user_ns["df"], pd.DataFrame)
    failed = shell.run_cell("%%clevertap df\n" + broken('"greater_than"', '"gt"'))
    assert isinstance(failed.error_in_exec, ct.QueryError)
    shown = capsys.readouterr()
    assert "Line 5 of the query" in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err


def test_spots_survive_broken_json() -> None:
    """Places are found as far as the text can be read."""
    assert [spot.place for spot in spots('{"a": [{"b": 1}, 2')] == [
        "",
        "a",
        "a",
        "a[0]",
        "a[0].b",
        "a[0].b",
        "a[1]",
    ]
    assert line_of("", "anything") is None
