"""Counting what streams of statements say, now and before."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from piepowder.access.options import chosen
from piepowder.interop.models import Submission
from piepowder.interop.options import MONITOR_DAYS
from piepowder.interop.states import SubmissionState
from piepowder.interop.streams import MEASURES, Comparison, compare

RECENT_DAYS = 3


def compared_streams(*, now: datetime, recent_days: int = RECENT_DAYS) -> tuple[Comparison, ...]:
    """The last days held against those before them; eight queries, whatever the number of statements."""
    begins = now - timedelta(days=recent_days)
    before = begins - timedelta(days=chosen(MONITOR_DAYS))
    return compare(_counts(begins, now), _counts(before, begins))


def _counts(begins: datetime, ends: datetime) -> dict[tuple[str, str, str], int]:
    rows = Submission.objects.filter(decided_at__gte=begins, decided_at__lt=ends).exclude(
        state=SubmissionState.NOT_NEEDED
    )
    return {
        (stream, measure, value): count
        for measure in MEASURES
        for stream, value, count in rows.values_list("stream", measure).annotate(n=Count("id")).order_by()
    }
