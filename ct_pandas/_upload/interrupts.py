"""What an impatient user does: press Ctrl-C once more while the first one is being dealt with."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

DEAF = 10.0  # seconds: more than an upload needs to end, and no user is locked in where an interrupt got lost


@contextlib.contextmanager
def only_the_first_interrupt() -> Iterator[None]:
    """Let one interrupt end the block; those that follow it closely are not heard until the block has ended.

    The end of an upload waits a little for answers on their way and accounts for every row: cut short, it
    would forget what was sent. Python gives signals to the main thread alone, so elsewhere nothing changes.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    until = 0.0

    def heard(number: int, frame: FrameType | None) -> None:
        nonlocal until
        if time.monotonic() < until:
            return
        try:
            before(number, frame)
        except BaseException:
            until = time.monotonic() + DEAF
            raise

    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is heard:
            signal.signal(signal.SIGINT, before)
