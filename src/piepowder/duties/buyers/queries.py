"""What is read of campaigns."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count

from piepowder.duties.models import Buyer


def totals(campaign_ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """How many buyers of each campaign stand how."""
    rows = (
        Buyer.objects.filter(campaign__in=list(campaign_ids))
        .values_list("campaign", "state")
        .annotate(count=Count("pk"))
    )
    found: dict[UUID, dict[str, int]] = {}
    for campaign, state, count in rows.order_by("campaign", "state"):
        found.setdefault(campaign, {})[state] = count
    return found
