"""Background sweeps; ``wiring`` says how often each runs."""

from __future__ import annotations

from datetime import datetime

from piepowder.rights.filing import file_waiting
from piepowder.rights.models import ClaimBatch

_LINES = 25
_BATCHES = 4


def file_claims(*, now: datetime) -> int:
    """File some more lines of the oldest notices that are not done; returns how many."""
    waiting = ClaimBatch.objects.filter(done_at__isnull=True).order_by("received_at", "id").values_list("pk", flat=True)
    return sum(file_waiting(batch_id=batch_id, at=now, limit=_LINES) for batch_id in list(waiting[:_BATCHES]))
