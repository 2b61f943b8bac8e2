"""Every public name is documented with an example, and every example runs on the sandbox as printed."""

from __future__ import annotations

import doctest
import inspect
import io
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import ct_pandas as ct

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def public() -> Iterator[tuple[str, Any]]:
    """Give every public name, the methods of ``df.clevertap`` included, and what it stands for."""
    for name in ct.__all__:
        yield name, getattr(ct, name)
    for module in (ct.cohorts, ct.plots):
        for name in module.__all__:
            yield f"{module.__name__.rpartition('.')[2]}.{name}", getattr(module, name)
    for name, what in inspect.getmembers(pd.DataFrame.clevertap):
        if not name.startswith("_"):
            yield f"df.clevertap.{name}", what


NAMES = dict(public())


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_an_example(name: str) -> None:
    """A reader who types ``?`` after a name sees how it is used."""
    text = inspect.getdoc(NAMES[name]) or ""
    assert ">>>" in text, f"{name} has no example"
    assert "+SKIP" not in text, f"the example of {name} does not run"


def documented() -> Iterator[tuple[str, Any]]:
    """Give every docstring of the public names that holds examples, those of their methods too."""
    finder = doctest.DocTestFinder(recurse=False)
    for name, what in {"ct_pandas": ct, **NAMES}.items():
        parts = {name: what}
        if inspect.isclass(what):
            parts |= {
                f"{name}.{part}": each for part, each in inspect.getmembers(what) if not part.startswith("_")
            }
        for part, each in parts.items():
            target = each.fget if isinstance(each, property) else each
            for test in finder.find(target, part, module=False, globs={}) if target is not None else ():
                if test.examples:
                    yield part, test


TESTS = dict(documented())


@pytest.mark.parametrize("name", TESTS)
def test_the_example_runs(name: str) -> None:
    """What a docstring shows is what happens."""
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    failed, tried = runner.run(TESTS[name], out=said.write, clear_globs=True)
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    assert tried
    assert not failed, said.getvalue()
