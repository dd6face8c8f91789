"""What the worker sweeps: rows say themselves what is due, so a job that ran late or twice changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from piepowder.review.assigning import free_reserved
from piepowder.review.availability import fade
from piepowder.review.hands import expire
from piepowder.review.models import CaseClock, SetupChange
from piepowder.review.moving import resume_due
from piepowder.review.states import ClockState
from piepowder.review.steps import write_breaches

_AT_ONCE = 1_000
_SEEN_BY_ALL = timedelta(days=1)


def expire_leases(*, now: datetime) -> int:
    """Cases whose holder fell silent wait for anybody again."""
    return expire(now=now)


def resume_held(*, now: datetime) -> int:
    """Holds that have run out end."""
    return resume_due(now=now)


def free_reserved_cases(*, now: datetime) -> int:
    """What was kept for somebody who did not come for it waits for anybody."""
    return free_reserved(now=now)


def mark_breaches(*, now: datetime) -> int:
    """Clocks that were not stopped by their due time are late, since exactly then."""
    with transaction.atomic():
        due = CaseClock.objects.filter(state=ClockState.RUNNING, due_at__lte=now).order_by("due_at", "id")
        late = list(due.select_for_update(skip_locked=True)[:_AT_ONCE])
        CaseClock.objects.filter(pk__in=[clock.pk for clock in late]).update(
            state=ClockState.BREACHED, breached_at=F("due_at")
        )
        write_breaches([(clock.case_id, clock.cycle, clock.due_at) for clock in late if clock.due_at], now=now)
    return len(late)


def tidy_changes(*, now: datetime) -> int:
    """Notes of changes that every process has long seen are dropped; each process then looks at the set-up once more."""
    gone, _ = SetupChange.objects.filter(at__lt=now - _SEEN_BY_ALL).delete()
    return gone


def fade_presence(*, now: datetime) -> int:
    """People of whom nothing is heard are offline."""
    return fade(now=now)
