"""The notebooks: small, readable where no widget is drawn, about invented people only, and running."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ct_pandas import _account, _magic, _sandbox

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
KILOBYTES = 250
QUESTIONS = 8
DESCRIBED = 10

EMAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
EXAMPLE_HOST = re.compile(r"(?:[\w-]+\.)*example\.(?:com|org|net)")
PHONE = re.compile(r"(?<![\w.])(?:\+|00)?1?[ (]*[2-9]\d\d[ )-]*\d{3}-?\d{4}(?![\w.])")
RESERVED = re.compile(r"\d{3}55501\d\d$")
SECRETS = {
    "a port of this machine": r"(?:127\.0\.0\.1|localhost):\d+",
    "a path of this machine": r"(?:/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\)",
    "a key or passcode": r"(?<![\w-])[0-9a-f]{32}(?!\w)",
    "a token": r"(?:fcm|apns|gcm):\w{8,}",
}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    """Give each notebook's file."""
    return Path(request.param)


@pytest.fixture
def cells(path: Path) -> list[dict[str, Any]]:
    """Give its cells."""
    return list(json.loads(path.read_text("utf-8"))["cells"])


def shown(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Give every text of the outputs that a reader, or a program, finds in the file."""
    for cell in cells:
        for output in cell.get("outputs", ()):
            yield "".join(output.get("text", ""))
            for kind, value in output.get("data", {}).items():
                if not kind.startswith("image/"):
                    yield "".join(value) if isinstance(value, list | str) else json.dumps(value)


def test_there_is_a_notebook_for_each_question() -> None:
    """They are numbered in the order of reading."""
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, QUESTIONS + 1)]


def test_it_opens_without_asking_for_a_kernel_and_keeps_no_widget(path: Path) -> None:
    """JupyterLab asks for a kernel where none is named; a widget's saved state may hold what was typed."""
    metadata = json.loads(path.read_text("utf-8"))["metadata"]
    assert metadata["kernelspec"]["name"] == "python3"
    assert "widgets" not in metadata


def test_it_is_small(path: Path) -> None:
    """A notebook is read on a phone, and every clone carries it."""
    assert path.stat().st_size < KILOBYTES * 1024


def test_its_outputs_are_saved_and_clean(cells: list[dict[str, Any]]) -> None:
    """A reader without a kernel sees results: no error, no warning, nothing that only a widget draws."""
    assert any(cell.get("outputs") for cell in cells)
    for cell in cells:
        for output in cell.get("outputs", ()):
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", output["text"]
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


def test_every_drawing_is_described(cells: list[dict[str, Any]]) -> None:
    """Who cannot see it hears on the site what it shows, not the name of a file."""
    for cell in cells:
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", ())):
            assert len(cell["metadata"]["mystnb"]["image"]["alt"].split()) >= DESCRIBED


def test_it_shows_invented_people_only(cells: list[dict[str, Any]]) -> None:
    """Addresses are of the example domains, phone numbers of the reserved 555-01xx blocks."""
    text = "\n".join([*shown(cells), *("".join(cell["source"]) for cell in cells)])
    hosts = {found.group(1) for found in EMAIL.finditer(text)}
    assert all(EXAMPLE_HOST.fullmatch(host) for host in hosts), hosts
    phones = {found.group() for found in PHONE.finditer(text)}
    assert all(RESERVED.search(re.sub(r"\D", "", phone)) for phone in phones), phones


def test_the_eye_for_people_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patterns of the test above do find what they look for."""
    for people in ("Someone <someone@mail.test>", "+1 (415) 867-5309", "0014158675309", "4158675309"):
        found = [{"cell_type": "code", "source": "", "outputs": [{"text": people}]}]
        with pytest.raises(AssertionError):
            test_it_shows_invented_people_only(found)
    test_it_shows_invented_people_only([{"source": "a@b.example.org +12055550153 2055550153", "outputs": []}])


@pytest.mark.parametrize("what", SECRETS)
def test_it_shows_nothing_of_the_machine_it_ran_on(cells: list[dict[str, Any]], what: str) -> None:
    """Outputs are the same on every machine, and hold no secret."""
    for text in shown(cells):
        assert not re.search(SECRETS[what], text), text[:200]


def test_it_asks_for_nothing(cells: list[dict[str, Any]]) -> None:
    """A prompt would stop a run from top to bottom."""
    for cell in cells:
        if cell["cell_type"] == "code":
            names = {node.id for node in ast.walk(ast.parse(code_of(cell))) if isinstance(node, ast.Name)}
            assert not names & {"input", "getpass"}


def test_its_links_lead_somewhere(path: Path, cells: list[dict[str, Any]]) -> None:
    """Links to other notebooks and pictures are files of the repository."""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            for target in re.findall(r"\]\(([^)#\s]+)", "".join(cell["source"])):
                assert "://" in target or (path.parent / target).exists(), target


def test_what_looks_for_sockets_left_open_finds_its_way() -> None:
    """The tool that saves the notebooks ends with a look into the package's own rooms."""
    source = ast.parse((ROOT / "docs" / "execute_notebooks.py").read_text("utf-8"))
    (code,) = [
        ast.literal_eval(node.value)
        for node in source.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LEFTOVERS"
    ]
    start = "import ct_pandas as ct; ct.connect_sandbox(users=9); ct.count_profiles('Charged', '2025-10')\n"
    done = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def code_of(cell: dict[str, Any]) -> str:
    """Return a cell's Python; magics are none."""
    lines = [] if is_query(cell) else cell["source"]
    return "".join(line for line in lines if not line.startswith("%"))


def is_query(cell: dict[str, Any]) -> bool:
    """Tell whether a cell is a query for the cell magic."""
    return "".join(cell["source"]).startswith("%%clevertap")


@pytest.fixture
def sandbox_of_its_own() -> Iterator[None]:
    """Start without a sandbox, and leave none: notebooks write into theirs."""
    _sandbox._stop()
    _sandbox._running.clear()
    _sandbox._worlds.clear()
    yield
    _sandbox._stop()
    _sandbox._running.clear()
    _sandbox._worlds.clear()
    _account._default.clear()


@pytest.mark.usefixtures("sandbox_of_its_own")
def test_it_runs_from_top_to_bottom(
    cells: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell runs, in order, without an error or a warning, and every last line can be displayed."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        for cell in cells:
            if is_query(cell):
                line, *body = cell["source"]
                names |= _magic.run(line.removeprefix("%%clevertap"), "".join(body), names)
            elif cell["cell_type"] == "code":
                run(code_of(cell), names)
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def run(code: str, names: dict[str, Any]) -> None:
    """Run a cell as a kernel does: all of it, then show the value of its last line."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        repr(value)
        getattr(value, "_repr_html_", str)()
