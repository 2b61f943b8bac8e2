"""What an impatient user does: press Ctrl-C once more while the first one is being dealt with."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ct_pandas._unbroken import heard_by

DEAF = 10.0  # seconds: more than an upload needs to end, and no user is locked in where an interrupt got lost


@contextlib.contextmanager
def handler_kept() -> Iterator[None]:
    """Leave no handler of ``only_the_first_interrupt`` behind, wherever in it the first interrupt falls.

    That may cut short how it begins or ends, too; the end of this one is not cut, once it was heard.
    """
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        now = signal.getsignal(signal.SIGINT)
        if isinstance(now, _First) and now is not before:
            heard_by(before)


@contextlib.contextmanager
def only_the_first_interrupt() -> Iterator[None]:
    """Let one interrupt end the block; those that follow it closely are not heard until the block has ended.

    The end of an upload waits a little for answers on their way and accounts for every row: cut short, it
    would forget what was sent. Python gives signals to the main thread alone, so elsewhere nothing changes.
    Stands within ``handler_kept``.
    """
    before = signal.getsignal(signal.SIGINT)
    heard = _First(before)
    if not callable(before) or not heard_by(heard):
        yield
        return
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is heard:
            signal.signal(signal.SIGINT, before)


class _First:
    """A handler that hands one interrupt on, and is deaf for a while."""

    def __init__(self, before: Any) -> None:
        self._before, self._until = before, 0.0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if time.monotonic() < self._until:
            return
        try:
            self._before(number, frame)
        except BaseException:
            self._until = time.monotonic() + DEAF
            raise
