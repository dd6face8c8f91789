"""What a person has before them: the case in hand, their open leases, their day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.review.leases import LeaseLost
from piepowder.review.models import AvailabilityEvent, Case, Draft, Lease, Presence, Skip
from piepowder.review.reference import reference
from piepowder.review.standing import user_id_of
from piepowder.review.states import Availability, CaseState


@dataclass(frozen=True, slots=True)
class ConsoleCase:
    """The case in hand. ``draft`` is what the person had typed into it before, ``reports`` how many joined."""

    lease_id: UUID
    expires_at: datetime
    lease_s: int
    grace_s: int
    case_id: UUID
    item_id: UUID
    snapshot_id: UUID
    external_id: str
    title: str
    kind: str
    market: str
    language: str
    seller_ref: str
    queue_code: str
    queue_name: str
    severity: int
    policy_code: str
    reports: int
    trust: int
    why_here: dict[str, Any]
    item_gone: bool
    opened_at: datetime
    claimed_at: datetime | None
    due_at: datetime | None
    at_risk_at: datetime | None
    draft: dict[str, Any]


def console_case(actor: Actor, lease_id: UUID, *, now: datetime) -> ConsoleCase:
    """The case that ``actor`` holds by this lease; raises ``LeaseLost`` when it is no longer theirs. Two queries."""
    lease = Lease.objects.filter(pk=lease_id).select_related("case__item", "case__queue").first()
    if (
        lease is None
        or actor.kind is not ActorKind.PERSON
        or lease.user_id != user_id_of(actor)
        or lease.expires_at <= now
    ):
        raise LeaseLost(_("this case is no longer yours: the lease has ended"))
    case = lease.case
    draft = Draft.objects.filter(case_id=case.pk, user_id=lease.user_id).values_list("content", flat=True).first()
    return ConsoleCase(
        lease_id=lease.pk,
        expires_at=lease.expires_at,
        lease_s=lease.length_s,
        grace_s=case.queue.grace_s,
        case_id=case.pk,
        item_id=case.item_id,
        snapshot_id=case.snapshot_id,
        external_id=case.item.external_id,
        title=case.item.title,
        kind=case.kind,
        market=case.market,
        language=case.language,
        seller_ref=case.seller_ref,
        queue_code=case.queue.code,
        queue_name=case.queue.name,
        severity=case.severity,
        policy_code=case.policy_code,
        reports=case.reports,
        trust=case.trust,
        why_here=case.why_here,
        item_gone=case.item_gone,
        opened_at=case.opened_at,
        claimed_at=case.claimed_at,
        due_at=case.due_at,
        at_risk_at=case.at_risk_at,
        draft=draft or {},
    )


@dataclass(frozen=True, slots=True)
class OpenLease:
    """A case in hand, as a line."""

    lease_id: UUID
    case_id: UUID
    item_id: UUID
    external_id: str
    title: str
    kind: str
    queue_code: str
    queue_name: str
    severity: int
    taken_at: datetime
    expires_at: datetime
    due_at: datetime | None
    at_risk_at: datetime | None


def open_leases(actor: Actor, now: datetime) -> list[OpenLease]:
    """What the person has in hand, the longest held first. One query."""
    if actor.kind is not ActorKind.PERSON:
        return []
    leases = Lease.objects.filter(user_id=user_id_of(actor), expires_at__gt=now).select_related("case__item")
    return [_open_lease(lease) for lease in leases.order_by("taken_at", "id")]


def _open_lease(lease: Lease) -> OpenLease:
    case = lease.case
    queue = reference().queues[case.queue_id]
    return OpenLease(
        lease_id=lease.pk,
        case_id=case.pk,
        item_id=case.item_id,
        external_id=case.item.external_id,
        title=case.item.title,
        kind=case.kind,
        queue_code=queue.code,
        queue_name=queue.name,
        severity=case.severity,
        taken_at=lease.taken_at,
        expires_at=lease.expires_at,
        due_at=case.due_at,
        at_risk_at=case.at_risk_at,
    )


def own_presence(actor: Actor) -> Presence | None:
    """The person's own availability, nothing before it was ever set. One query."""
    return Presence.objects.filter(user_id=user_id_of(actor)).first() if actor.kind is ActorKind.PERSON else None


@dataclass(frozen=True, slots=True)
class MyDay:
    """The person's own day so far. ``aht_s`` is the mean time from claim to decision, ``None`` before the first one."""

    since: datetime
    decided: int
    aht_s: float | None
    in_hand: int
    held: int
    skipped: int
    seconds: dict[str, float]
    """Time spent in each state of availability."""

    @property
    def available_s(self) -> float:
        return self.seconds.get(Availability.AVAILABLE, 0.0)


def my_day(actor: Actor, now: datetime) -> MyDay:
    """What the person has done since their local midnight. Six queries."""
    user = User.objects.only("timezone").get(pk=user_id_of(actor))
    since = now.astimezone(ZoneInfo(user.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = Case.objects.filter(holder_id=user.pk)
    # Nobody works on one claim for longer than a day; the bound lets the index answer.
    decided = mine.filter(claimed_at__gte=since - timedelta(days=1), state=CaseState.DECIDED, decided_at__gte=since)
    spans = decided.values_list("claimed_at", "decided_at")
    took = [(end - start).total_seconds() for start, end in spans if start is not None and end is not None]
    return MyDay(
        since=since,
        decided=len(took),
        aht_s=sum(took) / len(took) if took else None,
        in_hand=Lease.objects.filter(user_id=user.pk, expires_at__gt=now).count(),
        held=mine.filter(state=CaseState.HELD).count(),
        skipped=Skip.objects.filter(user_id=user.pk, at__gte=since).count(),
        seconds=_time_in_states(user.pk, since, now),
    )


def _time_in_states(user_id: int, since: datetime, now: datetime) -> dict[str, float]:
    """From the events of the day and the last one before it."""
    events = AvailabilityEvent.objects.filter(user_id=user_id, at__lte=now).order_by("-at", "-id")
    spent: dict[str, float] = {}
    until = now
    for state, at in events.values_list("state", "at")[:1_000]:
        spent[state] = spent.get(state, 0.0) + max(0.0, (until - max(at, since)).total_seconds())
        until = max(at, since)
        if at <= since:
            break
    return spent
