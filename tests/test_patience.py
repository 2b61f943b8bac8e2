"""Rules of waiting: growing, honouring what the server asks, indifferent to clocks that are wrong."""

from __future__ import annotations

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_pandas._failures import Verdict
from ct_pandas._transport.patience import Tries, retry_after
from ct_pandas._wire import Reply

NOW = 1_760_000_000.0


def dated(seconds: float) -> str:
    """Return a date as HTTP writes it."""
    return email.utils.formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize("wrong", [-86_400.0, -3600.0, 0.0, 7.0, 3600.0, 86_400.0 * 365])
def test_a_date_is_read_against_the_servers_own_clock(wrong: float) -> None:
    """A clock that is wrong here, or jumps, neither stretches a wait nor gives up at once."""
    assert retry_after({"Retry-After": dated(30), "Date": dated(0)}, NOW + wrong) == 30


def test_a_date_without_the_servers_clock_is_read_against_ours() -> None:
    """Without ``Date`` there is only this machine's clock."""
    assert retry_after({"Retry-After": dated(30)}, NOW) == 30
    assert retry_after({"Retry-After": dated(-30)}, NOW) == 0


def test_a_date_without_a_zone_is_utc() -> None:
    """Dates of HTTP are in UTC, whatever this machine's zone."""
    assert retry_after({"Retry-After": dated(30).replace(" GMT", " -0000")}, NOW) == 30


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "99 bottles", "²", "Fri, 99 Foo 2025 99:99:99"])
def test_what_is_no_time_is_no_wish(value: str) -> None:
    """A header that cannot be read is as good as none."""
    assert retry_after({"Retry-After": value}, NOW) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_can_crash_it(value: str, date: str) -> None:
    """Whatever a server writes there, the answer is a number of seconds from 0, or none."""
    found = retry_after({"Retry-After": value, "Date": date}, NOW)
    assert found is None or found >= 0


def test_at_once_is_not_a_hot_loop() -> None:
    """``Retry-After: 0``, or a date that is over, still leaves a breath between two attempts."""
    tries = Tries(900.0)
    pauses = [tries.pause(Verdict.THROTTLED, Reply(429, {"Retry-After": "0"}, b""), NOW) for _ in range(5)]
    assert all(pause is not None and 0.2 <= pause < 1 for pause in pauses)


def test_a_wish_beyond_max_wait_gives_up() -> None:
    """Waiting less than asked would only be refused again."""
    assert Tries(60.0).pause(Verdict.THROTTLED, Reply(429, {"Retry-After": "600"}, b""), NOW) is None


@given(st.floats(0.5, 2000), st.floats(0, 5))
def test_a_write_is_tried_last_with_time_for_an_answer(max_wait: float, each: float) -> None:
    """Rows that were refused for max_wait end as not sent, not as sent without an answer."""
    tries = Tries(max_wait)
    for _ in range(1000):
        tries.took(each)
        pause = tries.pause(Verdict.THROTTLED, None, NOW, write=True)
        if pause is None:
            break
        tries.spent += pause
        assert tries.left >= max(min(60.0, max_wait / 10), 2 * each) * 0.999
    else:
        raise AssertionError("it never gave up")
    assert tries.left < max(min(60.0, max_wait / 10), 2 * each) * 2 + 75


@given(st.integers(1, 60), st.sampled_from([Verdict.SERVER, Verdict.THROTTLED, Verdict.GARBLED]))
def test_waits_start_below_a_second_and_stay_below_their_cap(number: int, verdict: Verdict) -> None:
    """Growing, jittered, never above a minute and its jitter."""
    tries = Tries(1e9)
    pauses = [tries.pause(verdict, None, NOW) or 0 for _ in range(number)]
    assert pauses[0] < 1
    assert max(pauses) <= 72
    assert number < 20 or (pauses[0] < pauses[2] and max(pauses) >= 48)


def test_what_is_prepared_is_looked_at_soon_and_again() -> None:
    """Within half a second at first, then ever later, up to a quarter of a minute and its jitter."""
    tries = Tries(1e9)
    pauses = [tries.pause(Verdict.PREPARING, None, NOW) or 0 for _ in range(30)]
    assert pauses[0] < 0.5 < pauses[5] < 12 <= pauses[-1] <= 18


def test_a_read_is_tried_to_the_end() -> None:
    """Time for an answer is kept for writes alone: nobody has to know what became of a read."""
    read, write = Tries(10.0), Tries(10.0)
    read.took(9.0)
    write.took(9.0)
    assert read.pause(Verdict.SERVER, None, NOW) is not None
    assert write.pause(Verdict.SERVER, None, NOW, write=True) is None
