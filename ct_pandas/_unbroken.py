"""What Ctrl-C must not cut in two. Standard library only."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Hear an interrupt after the block instead of in it. For short blocks.

    Python's threads and events are written in Python: an interrupt while their locks change hands leaves one
    held for ever, or raises ``RuntimeError``. An import that is cut short leaves modules that cannot be
    imported again in this process. Python gives signals to the main thread alone: elsewhere nothing changes.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if heard:
            before(*heard[0])


def tell(event: threading.Event) -> None:
    """Set an event."""
    with unbroken():
        event.set()
