"""The background work of the half about people and records."""

from __future__ import annotations

from datetime import datetime, timedelta

from piepowder.duties.buyers.telling import tell_waiting
from piepowder.duties.models import Erasure
from piepowder.duties.retention.requests import advance, run_erasure
from piepowder.duties.retention.rules import pass_over
from piepowder.duties.retention.states import ErasureState
from piepowder.duties.terminations.ending import carry_out_due
from piepowder.duties.traders import sweeping
from piepowder.kernel.actor import SYSTEM

ROWS_A_STEP = 2_000
_AGAIN_AFTER = timedelta(days=1)


def keep_traders(*, now: datetime) -> int:
    """Ask for confirmations that are due, suspend who did not answer, delete what may no longer be kept."""
    return sweeping.ask_certifications(at=now) + sweeping.suspend_overdue(at=now) + sweeping.delete_files(at=now)


def end_services(*, now: datetime) -> int:
    """Carry out the ends of service whose notice has passed."""
    return carry_out_due(at=now)


def tell_buyers(*, now: datetime) -> int:
    """Write the next lot of letters to buyers."""
    return tell_waiting(at=now)


def erase(*, now: datetime) -> int:
    """Go on with the oldest erasure that runs; what had to stay is tried again once a day."""
    stale = Erasure.objects.filter(state=ErasureState.PARTLY, erased_at__lte=now - _AGAIN_AFTER).order_by("erased_at")
    for pk in list(stale.values_list("pk", flat=True)[:5]):
        run_erasure(actor=SYSTEM, erasure_id=pk, at=now)
    running = Erasure.objects.filter(state=ErasureState.RUNNING).order_by("requested_at", "id").first()
    return advance(erasure_id=running.pk, at=now, most=ROWS_A_STEP).emptied if running is not None else 0


def retain(*, now: datetime) -> int:
    """Empty what is older than its rule allows."""
    return pass_over(at=now, most=ROWS_A_STEP)
