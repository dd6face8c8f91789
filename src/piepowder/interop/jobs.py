"""What the worker runs for the Transparency Database."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from piepowder.access.options import chosen
from piepowder.interop import line
from piepowder.interop.checking import check, doubt_abandoned
from piepowder.interop.models import Submission
from piepowder.interop.monitor import compared_streams
from piepowder.interop.options import LATE_AFTER, SUBMITS
from piepowder.interop.sending import submit as send
from piepowder.interop.states import STILL_TO_GO
from piepowder.interop.streams import flagged

log = logging.getLogger("piepowder.interop")


def submit(*, now: datetime) -> int:
    """One turn: what was abandoned is asked after, then one batch is sent. Above zero, call again at once."""
    if not chosen(SUBMITS):
        return 0
    return doubt_abandoned(now=now) + check(now=now) + send(now=now)


def watch_lateness(*, now: datetime) -> int:
    """Say, once a day at most, that statements are late."""
    if not chosen(SUBMITS):
        return 0
    before = now - timedelta(hours=chosen(LATE_AFTER))
    late = Submission.objects.filter(state__in=STILL_TO_GO, decided_at__lt=before)
    oldest = late.order_by("decided_at").values_list("decided_at", flat=True).first()
    if oldest is None:
        return 0
    count = late.count()
    if not line.tell_of_lateness(late=count, oldest=oldest, at=now):
        return 0
    log.error("statements of reasons are late for the Transparency Database", extra={"late": count})
    return 1


def watch_streams(*, now: datetime) -> int:
    """Say, once a day at most, that a stream of statements says something else than before."""
    if not chosen(SUBMITS):
        return 0
    changed = flagged(compared_streams(now=now))
    told = [{"stream": one.stream, "measure": one.measure, "value": one.value, "flag": one.flag} for one in changed]
    if not told or not line.tell_of_streams(changed=told, at=now):
        return 0
    log.error("streams of statements of reasons changed", extra={"changed": told})
    return 1
