"""Work beside the kernel's main thread, which widgets need for themselves: only so can a click cancel it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ct_pandas.builder.hearing import Hearing

BEAT = 0.2  # seconds between two looks of the form at the progress
_HEARING = Hearing()


class Stopped(KeyboardInterrupt):
    """Raised within a download's progress to end it."""


class Job:
    """One call in a thread of its own.

    Parameters
    ----------
    work
        What to do.
    ended
        Called once, with the result or the exception, and the warnings; should it raise, once more with that.
    stops
        Whether the work looks out for a cancel; what does not is waited for no longer.
    """

    def __init__(
        self,
        work: Callable[[], Any],
        ended: Callable[[Any, BaseException | None, list[str]], None],
        *,
        stops: bool = True,
    ) -> None:
        self._work, self._ended, self.stops = work, ended, stops
        self._stop = threading.Event()
        self._warnings: list[str] = []
        self.thread = threading.Thread(target=self._run, daemon=True, name="ct_pandas builder")

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def cancel(self) -> None:
        """End at the next beat of the progress, which is within half a second."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._stop.is_set()

    @property
    def awaited(self) -> bool:
        """Whether its end is still to come."""
        return self.thread.is_alive() and (self.stops or not self.cancelled)

    def _run(self) -> None:
        result, error = None, None
        try:
            with _HEARING.keep(self._warnings):
                result = self._work()
        except BaseException as raised:  # noqa: BLE001  (the form shows it)
            error = raised
        try:
            self._ended(result, error, self._warnings)
        except Exception as raised:  # noqa: BLE001  (nobody would see it)
            self._ended(None, raised, self._warnings)


def progress_class(job: Callable[[], Job | None], moved: Callable[[int, int | None, str], None]) -> type:
    """Make a tqdm-compatible class that shows progress in the form and stops when its job is cancelled.

    A download that goes on keeps the class it began with, so the job is looked up at every beat.
    """

    class Progress:
        def __init__(self, *_: Any, total: int | None = None, initial: int = 0, **__: Any) -> None:
            self.total, self.n, self._note, self._shown = total, initial, "", 0.0

        def update(self, n: float = 1) -> None:
            self.n += int(n)
            running = job()
            if running is not None and running.cancelled:
                raise Stopped
            if time.monotonic() - self._shown > BEAT:
                self._shown = time.monotonic()
                moved(self.n, self.total, self._note)

        def set_postfix_str(self, said: str = "", refresh: bool = True) -> None:  # noqa: ARG002
            self._note = said

        def refresh(self, *_: Any, **__: Any) -> None:
            self.update(0)

        def close(self) -> None:
            """Leave it to the form to say how it ended."""

    return Progress
