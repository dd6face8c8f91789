"""When to try again, when to give up, and how long an endpoint rests; pure functions.

Every answer but success is tried again over the same 72 hours. A receiver that answers 404 or 401 for ten minutes while
it is being deployed must not lose an enforcement, and from here a mistake in configuration looks the same as a refusal.
Only 410 Gone buries at once: nobody sends it by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(hours=72)
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(hours=4)
LONGEST_RETRY_AFTER = timedelta(hours=1)
SPREAD = 0.25
"""A wait is spread by up to this share on either side, so that what failed together does not come back together."""

TRIP = 5
"""Failures in a row, over all deliveries of an endpoint, after which it gets one attempt at a time, with rests between."""
LONGEST_REST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Try:
    """One line of the schedule: the attempt, the wait before it and the time since the first, all without spread."""

    number: int
    wait: timedelta
    elapsed: timedelta


def wait_after(failures: int) -> timedelta:
    """The wait after the given number of failed attempts (from 1): doubling from two seconds up to four hours."""
    return min(FIRST_WAIT * (1 << min(failures - 1, 20)), LONGEST_WAIT)


def next_attempt(
    *, failures: int, tried_since: datetime, now: datetime, jitter: float, retry_after: timedelta | None = None
) -> datetime | None:
    """When to try again after a failure at ``now``; ``None`` when the window that began at ``tried_since`` is over.

    ``jitter`` lies in [0, 1). The last attempt falls on the end of the window, so that a receiver which comes back in
    its last hours is still reached. A receiver may ask for a longer wait, up to an hour, never for a shorter one.
    """
    end = tried_since + WINDOW
    if now >= end:
        return None
    wait = wait_after(failures) * (1 - SPREAD + 2 * SPREAD * jitter)
    if retry_after is not None:
        wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
    return min(now + wait, end)


def schedule() -> tuple[Try, ...]:
    """All attempts that a delivery gets when its receiver never answers, without spread."""
    tries = [Try(1, timedelta(0), timedelta(0))]
    while tries[-1].elapsed < WINDOW:
        last = tries[-1]
        elapsed = min(last.elapsed + wait_after(last.number), WINDOW)
        tries.append(Try(last.number + 1, elapsed - last.elapsed, elapsed))
    return tuple(tries)


def rest_after(failures: int) -> timedelta:
    """How long an endpoint rests after so many failures in a row; nothing before ``TRIP``."""
    if failures < TRIP:
        return timedelta(0)
    return min(timedelta(seconds=1 << min(failures - TRIP, 10)), LONGEST_REST)


def allowance(*, failures: int, concurrency: int) -> int:
    """How many attempts may be under way at once: one while the endpoint is in trouble."""
    return 1 if failures >= TRIP else concurrency
