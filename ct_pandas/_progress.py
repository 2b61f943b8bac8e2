"""A bar over tqdm: shown, hidden, or any class of the same shape that the caller brings."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Self

from ct_pandas._unbroken import unbroken
from ct_pandas.errors import ArgumentError

BEAT = 0.25  # seconds between two calls of the bar: at least twice a second, waits included


class CalledOff(BaseException):
    """The bar raised: whoever drives it wants the work to end, as an interrupt would."""


class Bar:
    """One bar: closed on success, error and interrupt.

    Parameters
    ----------
    progress
        ``True`` for ``tqdm.auto``, ``False`` for none, or any tqdm-compatible class.
    total
        Rows to come, where that is known.
    desc
        What is under way.
    unit
        What is counted.
    begun
        Rows that an earlier run brought: the bar starts there.
    """

    def __init__(
        self, progress: Any, *, desc: str, unit: str, total: int | None = None, begun: int = 0
    ) -> None:
        made = _class(progress)
        before = {"initial": begun} if begun else {}
        self._ours, self._bar, self._note = progress is True, None, ""
        with self._drawing():
            self._bar = made and made(total=total, desc=desc, unit=f" {unit}", **before)

    def beat(self, rows: int = 0, note: str = "") -> None:
        """Count rows, which may be none, and say what is being waited for."""
        if self._bar is None:
            return
        with self._drawing():
            anew = note != self._note and hasattr(self._bar, "set_postfix_str")
            if anew:
                self._bar.set_postfix_str(note, refresh=False)
                self._note = note
            if not rows and (anew or self._widget() is not None):  # tqdm's clock stands still in a wait
                getattr(self._bar, "refresh", lambda: None)()
            self._bar.update(rows)

    def expect(self, total: int) -> None:
        """Set the total, once it is known."""
        if self._bar is None:
            return
        with self._drawing():
            self._bar.total = total
            if total and (widget := self._widget()) is not None:
                # made without a total, it is a small square that is always full
                widget.max, widget.bar_style, widget.layout.width = total, "", None

    def _widget(self) -> Any:
        """Return what a notebook draws of a bar of our own; ``None`` elsewhere."""
        container = getattr(self._bar, "container", None) if self._ours else None
        return container and container.children[1]

    @contextlib.contextmanager
    def _drawing(self) -> Iterator[None]:
        """Do without a bar of our own that cannot be drawn: nobody sees it, and nobody asked for an end.

        It is drawn whole before an interrupt is heard: one that is half made, or holds tqdm's lock for ever,
        would spoil every later bar of the process.
        """
        try:
            with _calling_off(), unbroken() if self._ours else contextlib.nullcontext():
                yield
        except CalledOff as wish:
            if not self._ours:
                raise
            _give_lock_back()
            if not isinstance(wish.__cause__, Exception):
                raise
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._bar is not None:
            with self._drawing():
                if kind is not None and (widget := self._widget()) is not None:
                    widget.bar_style = "danger"  # without a total, tqdm takes every end for a good one
                self._bar.close()


def _give_lock_back() -> None:
    """Let go of tqdm's lock: its ``refresh`` keeps it where a bar cannot be drawn, and other threads wait."""
    from tqdm import tqdm  # noqa: PLC0415  (a bar was made, or nearly)

    with contextlib.suppress(RuntimeError, AssertionError):  # which this thread does not hold
        tqdm.get_lock().release()  # type: ignore[no-untyped-call]


def say(progress: Any, line: str) -> None:
    """Say a line where the bar was, through ``write`` as tqdm's classes do: it spoils no other bar."""
    write = getattr(_class(progress), "write", None)
    if callable(write):
        _say(write, line, ours=progress is True)


def say_anyway(line: str) -> None:
    """Say a line that is no matter of a bar."""
    _say(print, line, ours=True)


def _say(write: Callable[[str], object], line: str, *, ours: bool) -> None:
    try:
        with unbroken() if ours else contextlib.nullcontext():
            write(line)
    except UnicodeEncodeError:  # a stream of another encoding: the work is done, and does not fail for a dash
        write(line.translate(_PLAIN).encode("ascii", "replace").decode())
    except OSError:
        pass  # nobody reads it any more
    except Exception:
        if not ours:
            raise
        # A stream that was closed; or tqdm draws all bars anew after a line, also one that is half made.


_PLAIN = str.maketrans({"–": "-", "·": "|", "…": "..."})


@contextlib.contextmanager
def _calling_off() -> Iterator[None]:
    """Tell what a bar raises from what goes wrong elsewhere."""
    try:
        yield
    except BaseException as wish:
        raise CalledOff from wish


def checked(progress: Any) -> Any:
    """Return what bars can be made of, or not: said before any work begins."""
    if progress is None or isinstance(progress, bool) or callable(progress):
        return progress
    raise ArgumentError(
        f"progress= takes True, False or a tqdm-compatible class, not {type(progress).__name__}."
    )


def _class(progress: Any) -> Any:
    if progress is False or progress is None:
        return None
    if progress is not True:
        return progress
    if sys.stderr is None:  # as under pythonw: there is nowhere to show it
        return None
    with unbroken():
        from tqdm.auto import tqdm  # noqa: PLC0415  (looks for widgets: only a shown bar pays for it)

    return tqdm
