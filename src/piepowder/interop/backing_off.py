"""How long to wait after a failure, and how the whole line rests; pure functions."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_ASKED = timedelta(hours=6)
SPREAD = 0.25


def wait(failures: int, jitter: float, asked: timedelta | None = None) -> timedelta:
    """Doubling from five seconds up to an hour, spread by a quarter; longer where ``Retry-After`` asks for it."""
    doubled = min(FIRST_WAIT * (1 << min(max(failures, 1) - 1, 20)), LONGEST_WAIT)
    own = doubled * (1 - SPREAD + 2 * SPREAD * jitter)
    return own if asked is None else max(own, min(asked, LONGEST_ASKED))


def next_try(now: datetime, failures: int, jitter: float, asked: timedelta | None = None) -> datetime:
    """When the line may be used again."""
    return now + wait(failures, jitter, asked)
