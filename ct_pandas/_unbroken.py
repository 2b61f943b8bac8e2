"""What Ctrl-C must not cut in two. Standard library only."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Hear an interrupt after the block instead of in it. For short blocks.

    Python's threads and events are written in Python: an interrupt while their locks change hands leaves one
    held for ever, or raises ``RuntimeError``. An import that is cut short leaves modules that cannot be
    imported again in this process. Python gives signals to the main thread alone: elsewhere nothing changes.
    """
    heard: list[tuple[int, FrameType | None]] = []

    def listen(number: int, frame: FrameType | None) -> None:
        heard.append((number, frame))

    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or not heard_by(listen):
        yield
        return
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is listen:
            signal.signal(signal.SIGINT, before)
        if heard:
            before(*heard[0])


def heard_by(handler: Any) -> bool:
    """Have a handler hear interrupts from now on; false in a thread that Python gives no signals to.

    Where Python runs inside of another program, the main thread of ``threading`` need not be that of signals.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    try:
        signal.signal(signal.SIGINT, handler)
    except ValueError:
        return False
    return True


def tell(event: threading.Event) -> None:
    """Set an event."""
    with unbroken():
        event.set()
