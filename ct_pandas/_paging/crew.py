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
            threads.extend(self._start(job) for job in jobs)
            while any(thread.is_alive() for thread in threads):
                with contextlib.suppress(queue.Empty):
                    self._inbox.get(timeout=BEAT)()
                self.bar.beat(0, self._note_now())
                hang_up()
        except BaseException:
            self.cancel.set()
            self._settle(threads)
            raise
        self._settle(threads)
        if self._failures:
            raise self._failures[0]

    def post(self, what: Callable[[], None]) -> None:
        """Hand work to the minding thread and wait until it is done; called by workers."""
        done = threading.Event()

        def settle() -> None:
            self._note = ("", 0.0)  # what was waited for has come
            try:
                what()
            except BaseException:
                self.cancel.set()  # before the worker hears of it: what follows must not be kept alone
                raise
            finally:
                done.set()

        if self.cancel.is_set():
            raise Cancelled
        self._inbox.put(settle)
        while not done.wait(BEAT):
            if self.cancel.is_set():
                raise Cancelled

    def waits(self, word: str, seconds: float) -> None:
        """Say on the bar what is being waited for."""
        self._note = (word, time.monotonic() + max(seconds, 2 * BEAT))

    def _start(self, job: Callable[[], object]) -> threading.Thread:
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
        thread.start()
        return thread

    def _note_now(self) -> str:
        word, until = self._note
        said = self._saying()
        waiting = word if time.monotonic() < until else ""
        return ", ".join(part for part in (said, waiting) if part)

    def _settle(self, threads: list[threading.Thread]) -> None:
        """Keep what was already found; end the requests that nobody waits for any more."""
        last = time.monotonic() + LAST_LOOK
        while (working := [one for one in threads if one.is_alive()]) and time.monotonic() < last:
            hang_up()
            working[0].join(LAST_LOOK / 20)
        with contextlib.suppress(queue.Empty):
            while True:
                self._inbox.get_nowait()()
