"""Who is there, and what they have before them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from piepowder.access.visibility import require, scope_q, visible
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Lease, Presence
from piepowder.review.reference import reference
from piepowder.review.states import Availability


@dataclass(frozen=True, slots=True)
class InHand:
    """A case somebody has before them; it says which queue and kind, not what stands in it."""

    case_id: UUID
    queue_code: str
    queue_name: str
    kind: str
    severity: int
    since: datetime
    due_at: datetime | None
    at_risk_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody who is there. ``in_hand`` counts the cases they hold at the moment."""

    user_id: int
    name: str
    state: str
    since: datetime
    seen_at: datetime
    vendor: str
    site: str
    team: str
    languages: tuple[str, ...]
    in_hand: int


def people_online(
    actor: Actor, now: datetime, *, vendor: str = "", site: str = "", state: str = ""
) -> list[PersonLine]:
    """Who is there in the actor's scope, by state, then by how long; whoever holds cases while offline is there too.

    ``now`` bounds nothing here but the reading of ``since``; silence is turned into offline by a job. One query.
    """
    require(actor, Permission.AVAILABILITY_VIEW, Place(vendor=actor.vendor))
    scope = scope_q(actor, Permission.AVAILABILITY_VIEW, vendor="user__vendor__code")
    asked = {"user__vendor__code": vendor, "user__site__code": site, "state": state}
    rows = (
        visible(Presence.objects.all(), scope)
        .select_related("user__vendor", "user__site", "user__team")
        .annotate(in_hand=Count("user__leases", filter=Q(user__leases__expires_at__gt=now)))
        .filter(~Q(state=Availability.OFFLINE) | Q(in_hand__gt=0))
        .filter(**{column: value for column, value in asked.items() if value})
        .order_by("state", "since", "user_id")
    )
    return [
        PersonLine(
            user_id=row.user_id,
            name=row.user.name,
            state=row.state,
            since=row.since,
            seen_at=row.seen_at,
            vendor=row.user.vendor.code,
            site=row.user.site.code if row.user.site else "",
            team=row.user.team.code if row.user.team else "",
            languages=tuple(row.user.languages),
            in_hand=row.in_hand,
        )
        for row in rows
    ]


def cases_in_hand(actor: Actor, now: datetime, user_ids: Iterable[int]) -> dict[int, list[InHand]]:
    """What these people have before them, the longest held first, as far as the actor may know them. One query."""
    scope = scope_q(actor, Permission.AVAILABILITY_VIEW, vendor="user__vendor__code")
    leases = visible(Lease.objects.all(), scope).filter(user_id__in=list(user_ids), expires_at__gt=now)
    found: dict[int, list[InHand]] = {}
    queues = reference().queues
    for lease in leases.select_related("case").order_by("taken_at", "id"):
        case = lease.case
        queue = queues[case.queue_id]
        held = InHand(
            case.pk, queue.code, queue.name, case.kind, case.severity, lease.taken_at, case.due_at, case.at_risk_at
        )
        found.setdefault(lease.user_id, []).append(held)
    return found
