"""Background sweeps; ``wiring`` says how often each runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from piepowder.intake import fetching, weighing
from piepowder.intake.models import Reply

KEEP_REPLIES = timedelta(days=7)


def fetch_media(*, now: datetime, limit: int = 64) -> int:
    """Try the media that are due; several processes may run this at once and never fetch one thing at the same time."""
    return fetching.fetch_due(now=now, limit=limit)


def tidy(*, now: datetime) -> int:
    """Drop answers to idempotency keys older than a week, and half-written files of processes that died."""
    deleted, _ = Reply.objects.filter(created_at__lt=now - KEEP_REPLIES).delete()
    return deleted + fetching.forget_leftovers(now=now)


def weigh_reporters(*, now: datetime) -> int:
    """Reporters of whom a report was judged are weighed anew, and their open cases with them."""
    return weighing.weigh_due(now=now)
