"""How long one request is tried, and how long to wait before the next attempt."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
from collections.abc import Mapping

from ct_pandas._failures import Verdict
from ct_pandas._wire import Reply

WAITED = frozenset((Verdict.PREPARING, Verdict.THROTTLED, Verdict.SERVER, Verdict.GARBLED))
# First wait and longest wait in seconds; the first look at what is prepared comes within half a second.
PREPARED, OTHERS = (0.2, 15.0), (0.4, 60.0)
GROWTH = 1.6
ROOM = 60.0  # seconds, or a tenth of max_wait: what is kept for the answer to a write


class Tries:
    """The attempts of one request."""

    def __init__(self, max_wait: float) -> None:
        self._max_wait = max_wait
        self.number = 0
        self.spent = 0.0
        self.slowest = 0.0
        self.reached = False
        self.asked: float | None = None  # what the server last asked to wait

    @property
    def left(self) -> float:
        """Seconds that may still be spent."""
        return self._max_wait - self.spent

    def took(self, seconds: float) -> None:
        """Hear how long an attempt took."""
        self.spent += seconds
        self.slowest = max(self.slowest, seconds)

    def pause(
        self, verdict: Verdict, reply: Reply | None, now: float, *, write: bool = False
    ) -> float | None:
        """Return the seconds to wait, or ``None`` to give up; ``now`` is the time on this machine's wall.

        A write is not tried once more with less time than an answer takes: refused so far, it would end
        without anybody knowing whether it was carried out.
        """
        self.number += 1
        if verdict not in WAITED:
            return None
        pause = self._growing(verdict)
        left = self.left - max(min(ROOM, self._max_wait / 10), 2 * self.slowest) if write else self.left
        self.asked = None if reply is None else retry_after(reply.headers, now)
        if self.asked is not None:
            pause = max(self.asked, min(pause, OTHERS[0]))  # "at once" does not mean a hot loop
        elif 0 < left < pause:
            pause = left * 0.9  # one last look before the time is up
        return pause if pause < left and left > 0.05 else None

    def _growing(self, verdict: Verdict) -> float:
        import tenacity  # noqa: PLC0415  (only a request that has to wait pays for it)

        first, most = PREPARED if verdict is Verdict.PREPARING else OTHERS
        state = tenacity.RetryCallState(None, None, (), {})  # type: ignore[arg-type]
        state.attempt_number = self.number
        jitter = random.uniform(0.8, 1.2)  # noqa: S311  (spreads retries; no secret depends on it)
        return float(tenacity.wait_exponential(multiplier=first, exp_base=GROWTH, max=most)(state)) * jitter


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds of a ``Retry-After`` header, given as a number or as a date.

    A date is read against the server's own ``Date``, so that a clock that is wrong here does no harm.
    """
    value = (headers.get("Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    when, there = _instant(value), _instant(headers.get("Date") or "")
    return None if when is None else max(0.0, when - (now if there is None else there))


def _instant(value: str) -> float | None:
    try:
        when = email.utils.parsedate_to_datetime(value)
        return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
