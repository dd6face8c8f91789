"""The livestreams that somebody could watch now: their cases, in the order in which they would be claimed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from piepowder.access.visibility import require
from piepowder.intake.models import Item
from piepowder.intake.states import ItemState, Kind, MomentKind
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Case, Skip
from piepowder.review.reference import checked
from piepowder.review.standing import reach, user_id_of, valid_skills
from piepowder.review.states import CaseState


@dataclass(frozen=True, slots=True)
class StreamCase:
    """A stream on air with its case; ``lease_id`` when it is in the actor's own hands already."""

    case_id: UUID
    lease_id: UUID | None
    item: Item
    queue_name: str
    severity: int
    reports: int
    policy_code: str
    opened_at: datetime
    due_at: datetime | None
    at_risk_at: datetime | None


def streams_on_air(actor: Actor, *, now: datetime, limit: int) -> tuple[list[StreamCase], int]:
    """The streams whose cases wait where ``actor`` may claim, and those in their own hands; and how many there are.

    What another person watches is not here. Two queries.
    """
    require(actor, Permission.CASE_CLAIM)
    known, user = checked(), user_id_of(actor)
    within = reach(known, actor, valid_skills(known, user, now))
    claimable = Q(lane_id__in=within.lanes)
    for lane, market in within.in_markets:
        claimable |= Q(lane_id=lane, market=market)
    own = Q(state=CaseState.CLAIMED, lease__user_id=user, lease__expires_at__gt=now)
    passed = Exists(Skip.objects.filter(case_id=OuterRef("pk"), user_id=user, until__gt=now))
    free = Q(reserved_for__isnull=True) | Q(reserved_for_id=user) | Q(reserved_until__lte=now)
    rows = (
        Case.objects.filter(kind=Kind.LIVESTREAM, item__state=ItemState.LIVE)
        .filter((Q(state=CaseState.OPEN) & claimable & free & ~passed) | own)
        .exclude(item__moments__kind=MomentKind.ENDED)
    )
    first = rows.select_related("item__snapshot", "queue", "lease").order_by("rank", "id")[:limit]
    return [_line(case) for case in first], rows.count()


def _line(case: Case) -> StreamCase:
    return StreamCase(
        case_id=case.pk,
        lease_id=case.lease.pk if case.state == CaseState.CLAIMED else None,
        item=case.item,
        queue_name=case.queue.name,
        severity=case.severity,
        reports=case.reports,
        policy_code=case.policy_code,
        opened_at=case.opened_at,
        due_at=case.due_at,
        at_risk_at=case.at_risk_at,
    )
