"""What happens by itself in this package."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from piepowder.portal.models import Visit

_KEPT_AFTER = timedelta(days=7)


def tidy(*, now: datetime) -> int:
    """Forget visits that ended a week ago, and whom they were of."""
    over = Q(until__lt=now - _KEPT_AFTER) | Q(ended_at__lt=now - _KEPT_AFTER)
    return Visit.objects.filter(over).delete()[0]
