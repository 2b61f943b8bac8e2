"""Rules of the bar as a notebook draws it: its share, its colour and its clock are true."""

from __future__ import annotations

from typing import Any

import pytest
import tqdm.auto
import tqdm.notebook

from ct_pandas._progress import Bar


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let bars be those of a notebook; return them as they are made."""
    made: list[Any] = []

    class Drawn(tqdm.notebook.tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options, display=False)
            made.append(self)

    monkeypatch.setattr(tqdm.auto, "tqdm", Drawn)
    return made


def test_a_total_that_comes_later_is_drawn(drawn: list[Any]) -> None:
    """92 of 230 rows fill two fifths of the bar, and no longer the square of a bar without an end."""
    with Bar(True, desc="people", unit="rows") as bar:
        bar.beat(92)
        widget = drawn[0].container.children[1]
        assert widget.layout.width == "20px"
        bar.expect(230)
        bar.beat(0)
        assert (widget.value, widget.max, widget.bar_style, widget.layout.width) == (92, 230, "", None)
        bar.beat(138)
    assert widget.bar_style == "success"


@pytest.mark.parametrize("stopped_by", [ValueError, KeyboardInterrupt])
def test_no_green_bar_above_an_error(drawn: list[Any], stopped_by: type[BaseException]) -> None:
    """A bar that does not know its total ends red, too, where the work did not end."""
    bar = Bar(True, desc="people", unit="rows")
    bar.beat(92)
    with pytest.raises(stopped_by), bar:
        raise stopped_by
    assert drawn[0].container.children[1].bar_style == "danger"


def test_the_clock_goes_on_in_a_wait(drawn: list[Any]) -> None:
    """A bar whose time stands still for ten minutes looks dead."""
    with Bar(True, desc="people", unit="rows") as bar:
        bar.beat(92, "preparing")
        drawn[0].start_t -= 75
        bar.beat(0, "preparing")
        assert "[01:15" in drawn[0].container.children[2].value
