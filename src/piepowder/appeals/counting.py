"""How often somebody complains, and how often without any ground: what the rules on misuse count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from piepowder.appeals.models import Appeal
from piepowder.appeals.states import AppealState


@dataclass(frozen=True, slots=True)
class Complaints:
    """Of one complainant in a span of time; ``unfounded`` were found manifestly so by the person who heard them."""

    filed: int
    ended: int
    unfounded: int


def complaints_of(kind: str, ref: str, *, since: datetime, until: datetime) -> Complaints:
    """The complaints that somebody filed from ``since`` on and before ``until``. Not narrowed: the caller knows who asks."""
    rows = Appeal.objects.filter(
        complainant_kind=kind, complainant_ref=ref, filed_at__gte=since, filed_at__lt=until
    ).exclude(complainant_ref="")
    ended = Q(state__in=[AppealState.CONCLUDED, AppealState.OMITTED])
    counted = rows.aggregate(
        filed=Count("pk"), ended=Count("pk", filter=ended), unfounded=Count("pk", filter=Q(unfounded=True))
    )
    return Complaints(**counted)
