"""The cell magic ``%%clevertap df``: a query as the cell's body, a frame in ``df``."""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import keyword
import shlex
import tokenize
import traceback
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from ct_pandas import _json_lines
from ct_pandas._query.query import Query, as_query
from ct_pandas._reading.readers import read_clevertap_events
from ct_pandas.errors import QueryError

_FILE: Final = "<%%clevertap>"
_USAGE: Final = "%%clevertap df [--rows profile|event] [--max-rows N] [--parallel N] [--no-progress]"


class CellError(QueryError):
    """A cell that is wrong, with the line of its body where that can be told."""

    def __init__(self, message: str, body: str = "", line: int | None = None, **answer: Any) -> None:
        self.line = line
        lines = body.splitlines()
        if line is not None and 1 <= line <= len(lines):
            message = f"Line {line} of the query: {message}\n\n{_around(lines, line)}"
        super().__init__(message, **answer)

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show the message alone: what led here is the magic, and not the user's."""
        return [f"QueryError: {self}"]


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CellError(f"{message}. Usage: {_USAGE}, with the query below.")


def load(shell: Any) -> None:
    """Give IPython the magic."""

    def clevertap(line: str, cell: str = "") -> None:
        """Read the query below, in CleverTap's JSON form or as Python, into the variable named above."""
        shell.user_ns.update(run(line, cell, shell.user_ns))

    shell.register_magic_function(clevertap, "cell", "clevertap")


def run(line: str, body: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out the magic: the variables it sets."""
    asked = _arguments(line)
    query = read_body(body, names)
    try:
        frame = read_clevertap_events(
            query,
            rows=asked.rows,
            max_rows=asked.max_rows,
            parallel=asked.parallel,
            progress=not asked.no_progress,
        )
    except QueryError as error:
        line_of_event = _line_of_event(body, query)
        raise CellError(str(error), body, line_of_event, status=error.status, code=error.code) from None
    return {asked.name: frame}


def read_body(body: str, names: Mapping[str, Any]) -> Query:
    """Read a cell's body: CleverTap's JSON, or a Python expression that gives a query."""
    if not body.strip():
        raise CellError(f"The cell holds no query. Usage: {_USAGE}, with the query below.")
    if body.lstrip().startswith("{"):
        return _of_json(body)
    return _of_python(body, names)


def _arguments(line: str) -> argparse.Namespace:
    parser = _Arguments(prog="%%clevertap", add_help=False)
    parser.add_argument("name")
    parser.add_argument("--rows", choices=("profile", "event"), default="profile")
    parser.add_argument("--max-rows", type=int)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--no-progress", action="store_true")
    try:
        words = shlex.split(line)
    except ValueError as error:
        parser.error(str(error))
    asked = parser.parse_args(words)
    if not asked.name.isidentifier() or keyword.iskeyword(asked.name):
        parser.error(f"{asked.name!r} is not a name for a variable")
    return asked


def _of_json(body: str) -> Query:
    try:
        document = json.loads(body, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        document = _as_literal(body)
        if document is None:
            raise CellError(f"this is not JSON: {error.msg}.", body, error.lineno) from None
    except _TwiceError as twice:
        line = _json_lines.second(body, str(twice))
        raise CellError(f"the key {str(twice)!r} appears here a second time.", body, line) from None
    try:
        return as_query(document)
    except QueryError as error:
        raise CellError(str(error), body, _json_lines.line_of(body, str(error))) from None


def _of_python(body: str, names: Mapping[str, Any]) -> Query:
    import ct_pandas  # noqa: PLC0415  (the package is loading this module)

    text = body.rstrip()
    try:
        code = compile(f"(\n{text}\n)", _FILE, "eval")
    except SyntaxError as error:
        line = error.lineno - 1 if error.lineno and error.lineno > 1 else _unclosed(text)
        raise CellError(f"this is not a Python expression: {error.msg}.", body, line) from None
    try:
        # The cell is the user's own code, run with the user's own names as any other cell.
        found = eval(code, {"ct": ct_pandas, "Query": Query, **names})  # noqa: S307
        if isinstance(found, Query | Mapping):
            return as_query(found)
    except Exception as error:  # noqa: BLE001  (whatever the cell raises is told at its line)
        frames = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _FILE
        ]
        line = frames[-1] - 1 if frames and frames[-1] else None
        said = str(error) if isinstance(error, QueryError) else f"{type(error).__name__}: {error}"
        raise CellError(said, body, line) from None
    raise CellError(f"The cell gives a {type(found).__name__}, which is not a query.")


def _line_of_event(body: str, query: Query) -> int | None:
    """Find the line that spells the event, which is what CleverTap mostly refuses."""
    spelt = [f"{quote}{query.event}{quote}" for quote in "\"'"]
    lines = enumerate(body.splitlines(), 1)
    return next((number for number, line in lines if any(each in line for each in spelt)), None)


def _unclosed(text: str) -> int | None:
    """Find the line of the bracket that is never closed."""
    lines: list[int] = []
    with contextlib.suppress(tokenize.TokenError):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.string in ("(", "[", "{"):
                lines.append(token.start[0])
            elif token.string in (")", "]", "}"):
                del lines[-1:]
    return lines[-1] if lines else None


class _TwiceError(Exception):
    """A key that stands twice in one object; JSON would drop the first without a word."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _as_literal(body: str) -> Any:
    """Read a Python dict, which differs from JSON in its quotes, its True, and a comma at the end."""
    try:
        found = ast.literal_eval(body.strip())
    except (ValueError, SyntaxError):
        return None
    return found if isinstance(found, dict) else None


def _around(lines: list[str], line: int) -> str:
    shown = range(max(1, line - 1), min(len(lines), line + 1) + 1)
    return "\n".join(f"{'-->' if n == line else '   '} {n:>3} | {lines[n - 1]}" for n in shown)
