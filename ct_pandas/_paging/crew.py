"""Threads at work for the caller's thread, which moves the bar, hears Ctrl-C and can call everything off.

Nothing that the caller sees is changed by a worker: workers post what they found, the minder keeps it.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable

from ct_pandas._progress import BEAT, Bar
from ct_pandas._transport.line import hang_up
from ct_pandas._transport.sending import Cancelled
from ct_pandas._unbroken import tell, unbroken

LAST_LOOK = 0.5  # seconds that called-off work is waited for


class Crew:
    """Workers and the one who minds them.

    Parameters
    ----------
    bar
        Moved at least twice a second while anybody works; whatever it raises calls everything off.
    saying
        What the bar says when nothing is waited for.
    """

    def __init__(self, bar: Bar, saying: Callable[[], str] = lambda: "") -> None:
        self.bar = bar
        self.cancel = threading.Event()
        self._saying = saying
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._note = ("", 0.0)
        self._failures: list[BaseException] = []

    def run(self, *jobs: Callable[[], object]) -> None:
        """Run jobs side by side to their ends, or raise what stopped them."""
        threads: list[threading.Thread] = []
        try:
            for job in jobs:
                self._start(job, threads)
            while _working(threads):
                with contextlib.suppress(queue.Empty):
                    self._inbox.get(timeout=BEAT)()
                self.bar.beat(0, self._note_now())
                hang_up()
        except BaseException:
            with unbroken():  # an impatient second Ctrl-C must not leave anybody at work
                self.cancel.set()
                self._settle(threads)
            raise
        self._settle(threads)
        if self._failures:
            raise self._failures[0]

    def post(self, what: Callable[[], None]) -> None:
        """Hand work to the minding thread and wait until it is done; called by workers."""
        done: queue.SimpleQueue[None] = queue.SimpleQueue()  # which no interrupt can leave half told

        def settle() -> None:
            self._note = ("", 0.0)  # what was waited for has come
            try:
                what()
            except BaseException:
                self.call_off()  # before the worker hears of it: what follows must not be kept alone
                raise
            finally:
                done.put(None)

        if self.cancel.is_set():
            raise Cancelled
        self._inbox.put(settle)
        while True:
            with contextlib.suppress(queue.Empty):
                return done.get(timeout=BEAT)
            if self.cancel.is_set():
                raise Cancelled

    def call_off(self) -> None:
        """Have everybody end what they do."""
        tell(self.cancel)

    def waits(self, word: str, seconds: float) -> None:
        """Say on the bar what is being waited for."""
        self._note = (word, time.monotonic() + max(seconds, 2 * BEAT))

    def _start(self, job: Callable[[], object], threads: list[threading.Thread]) -> None:
        def work() -> None:
            try:
                job()
            except Cancelled:
                pass
            except BaseException as error:  # noqa: BLE001  (the minding thread raises it)
                self._failures.append(error)
                self.cancel.set()
            finally:
                self._inbox.put(lambda: None)  # wakes the minding thread

        thread = threading.Thread(target=work, daemon=True, name="ct_pandas")
        with unbroken():
            threads.append(thread)
            thread.start()

    def _note_now(self) -> str:
        word, until = self._note
        said = self._saying()
        waiting = word if time.monotonic() < until else ""
        return ", ".join(part for part in (said, waiting) if part)

    def _settle(self, threads: list[threading.Thread]) -> None:
        """Keep what was already found; end the requests that nobody waits for any more."""
        last = time.monotonic() + LAST_LOOK
        while (working := _working(threads)) and time.monotonic() < last:
            hang_up()
            with unbroken():
                working[0].join(LAST_LOOK / 20)
        with contextlib.suppress(queue.Empty):
            while True:
                self._inbox.get_nowait()()


def _working(threads: list[threading.Thread]) -> list[threading.Thread]:
    with unbroken():
        return [one for one in threads if one.is_alive()]
