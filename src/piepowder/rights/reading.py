"""How a claim stands, told from its report, its counter-notice and the decision: in the database, so that lists can ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from piepowder.decisions.models import Decision
from piepowder.rights.models import Claim, CounterNotice
from piepowder.rights.states import CounterState


class ClaimOutcome(models.TextChoices):
    PENDING = "pending", _("not judged yet")
    FOUNDED = "founded", _("founded")
    UNFOUNDED = "unfounded", _("unfounded")
    COUNTERED = "countered", _("countered")
    OVERTURNED = "overturned", _("undone on complaint")


FAILED = (ClaimOutcome.UNFOUNDED, ClaimOutcome.COUNTERED, ClaimOutcome.OVERTURNED)
"""Outcomes that speak against whoever claims."""


def with_outcome(claims: QuerySet[Claim], *, final_at: datetime | None = None) -> QuerySet[Any]:
    """Each claim with its ``outcome``. With ``final_at`` a decision counts only once it can no longer be taken back:
    nobody outside is told of one that may not stand."""
    countered = CounterNotice.objects.filter(claim=OuterRef("pk"), state=CounterState.ACCEPTED)
    judged = Q(report__founded__isnull=False)
    if final_at is not None:
        final = Decision.objects.filter(
            item_id=OuterRef("item_id"), decided_at=OuterRef("report__judged_at"), final_at__lte=final_at
        )
        claims = claims.annotate(is_final=Exists(final))
        judged &= Q(is_final=True)
    return claims.annotate(
        is_countered=Exists(countered),
        outcome=Case(
            When(is_countered=True, then=Value(ClaimOutcome.COUNTERED.value)),
            When(judged & Q(report__founded=True), then=Value(ClaimOutcome.FOUNDED.value)),
            When(judged, then=Value(ClaimOutcome.UNFOUNDED.value)),
            When(overturned_at__isnull=False, then=Value(ClaimOutcome.OVERTURNED.value)),
            default=Value(ClaimOutcome.PENDING.value),
            output_field=CharField(max_length=10),
        ),
        judged_at=F("report__judged_at"),
    )
