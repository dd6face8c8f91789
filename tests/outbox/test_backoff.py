"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.outbox.backoff import (
    LONGEST_REST,
    LONGEST_RETRY_AFTER,
    TRIP,
    WINDOW,
    allowance,
    next_attempt,
    rest_after,
    schedule,
)


def test_the_schedule_covers_exactly_72_hours_and_never_waits_longer_than_four() -> None:
    tries = schedule()
    assert tries[-1].elapsed == timedelta(hours=72)
    assert max(line.wait for line in tries) == timedelta(hours=4)
    assert [line.number for line in tries] == list(range(1, len(tries) + 1))


def test_a_receiver_that_was_down_for_five_seconds_or_five_minutes_is_reached_soon_after() -> None:
    times = [line.elapsed for line in schedule()]
    assert min(t for t in times if t >= timedelta(seconds=5)) < timedelta(seconds=10)
    assert min(t for t in times if t >= timedelta(minutes=5)) < timedelta(minutes=10)


def test_waits_grow_until_the_last_is_cut_at_the_end_of_the_window() -> None:
    waits = [line.wait for line in schedule()][1:-1]
    assert all(first <= second for first, second in pairwise(waits))


@given(
    failures=st.integers(1, 200),
    passed=st.integers(0, 72 * 3600 - 1),
    jitter=st.floats(0, 1, exclude_max=True),
    asked=st.none() | st.integers(0, 10**9),
)
def test_the_next_attempt_lies_in_the_future_and_never_past_the_window(
    failures: int, passed: int, jitter: float, asked: int | None
) -> None:
    began = datetime(2026, 3, 4)
    now = began + timedelta(seconds=passed)
    retry_after = None if asked is None else timedelta(seconds=asked)
    again = next_attempt(failures=failures, tried_since=began, now=now, jitter=jitter, retry_after=retry_after)
    assert again is not None
    assert now < again <= began + WINDOW
    assert again - now <= max(timedelta(hours=5), LONGEST_RETRY_AFTER)


def test_after_the_window_it_is_given_up(now: datetime) -> None:
    assert next_attempt(failures=3, tried_since=now - WINDOW, now=now, jitter=0.5) is None


@pytest.mark.parametrize(("asked_s", "waited_s"), [(0, 2), (90, 90), (10_000_000, 3600)])
def test_a_receiver_may_ask_for_a_longer_wait_up_to_an_hour(now: datetime, asked_s: int, waited_s: int) -> None:
    asked = timedelta(seconds=asked_s)
    again = next_attempt(failures=1, tried_since=now, now=now, jitter=0.5, retry_after=asked)
    assert again == now + timedelta(seconds=waited_s)


def test_an_endpoint_in_trouble_gets_one_attempt_at_a_time_with_growing_rests() -> None:
    assert [allowance(failures=n, concurrency=8) for n in (0, TRIP - 1, TRIP)] == [8, 8, 1]
    rests = [rest_after(n) for n in range(40)]
    assert rests[TRIP - 1] == timedelta(0)
    assert all(first <= second for first, second in pairwise(rests))
    assert rests[-1] == LONGEST_REST
