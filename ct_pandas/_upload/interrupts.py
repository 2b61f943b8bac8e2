"""What an impatient user does: press Ctrl-C once more while the first one is being dealt with."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

from ct_pandas._unbroken import heard_by

DEAF = 10.0  # seconds: more than an upload needs to end, and no user is locked in where an interrupt got lost


@contextlib.contextmanager
def only_the_first_interrupt() -> Iterator[None]:
    """Let one interrupt end the block; those that follow it closely are not heard until the block has ended.

    The end of an upload waits a little for answers on their way and accounts for every row: cut short, it
    would forget what was sent. Python gives signals to the main thread alone, so elsewhere nothing changes.
    """
    before = signal.getsignal(signal.SIGINT)
    until = 0.0

    def heard(number: int, frame: FrameType | None) -> None:
        nonlocal until
        if time.monotonic() < until:
            return
        try:
            before(number, frame)  # type: ignore[misc, operator]  # callable, or not heard
        except BaseException:
            until = time.monotonic() + DEAF
            raise

    if not callable(before) or not heard_by(heard):
        yield
        return
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is heard:
            signal.signal(signal.SIGINT, before)
