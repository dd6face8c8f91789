"""What the worker runs for the outbox."""

from __future__ import annotations

import random
from datetime import datetime
from functools import cache

from piepowder.outbox import taking
from piepowder.outbox.dispatcher import Dispatcher


@cache
def the_dispatcher() -> Dispatcher:
    """The one of this process; made on first use, so after any fork."""
    return Dispatcher()


def dispatch(*, now: datetime) -> int:
    """Send what is due; returns how many attempts ended. Called in a loop: above zero, call again at once."""
    return the_dispatcher().turn(now=now)


def reclaim(*, now: datetime) -> int:
    """Give back what a killed worker held; every few seconds."""
    return taking.reclaim(now=now, jitter=random.random)


def finish(*, now: datetime, patience_s: float = 10.0) -> int:
    """Record what is under way and take nothing more; called once, when the worker is asked to stop.

    What is not recorded by then is sent again, under the same event id, once its lease is over.
    """
    return the_dispatcher().finish(now=now, patience_s=patience_s)
