"""What a person has before them: the case in hand, their open leases, their day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.review.allowances import limits_of
from piepowder.review.exposure import Share, midnight, shares
from piepowder.review.leases import LeaseLost
from piepowder.review.models import AvailabilityEvent, Case, Draft, Lease, Presence, Skip
from piepowder.review.reference import reference
from piepowder.review.standing import reach, user_id_of, valid_skills
from piepowder.review.states import Availability, CaseState, SkipKind


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
    hides_enforcement: bool
    """Whether the enforcement follows from the policy, unseen by who judges here."""
    draft: dict[str, Any]


def console_case(actor: Actor, lease_id: UUID, *, now: datetime) -> ConsoleCase:
    """The case that ``actor`` holds by this lease; raises ``LeaseLost`` when it is no longer theirs. Two queries."""
    lease = _lease.first(lease_id)
    if (
        lease is None
        or actor.kind is not ActorKind.PERSON
        or lease.user_id != user_id_of(actor)
        or lease.expires_at <= now
    ):
        raise LeaseLost(_("this case is no longer yours: the lease has ended"))
    case = lease.case
    draft = _draft.first(case.pk, lease.user_id)
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
        hides_enforcement=not case.queue.shows_enforcement,
        draft=draft or {},
    )


_lease = Prepared(
    lambda lease_id: Lease.objects.filter(pk=lease_id).select_related("case__item", "case__queue"), Lease.id
)
_draft = Prepared(
    lambda case_id, user: Draft.objects.filter(case_id=case_id, user_id=user).values_list("content", flat=True),
    Draft.case,
    Draft.user,
)


@dataclass(frozen=True, slots=True)
class OpenLease:
    """A case in hand, as a line; ``drafted`` says that something was typed into it."""

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
    drafted: bool = False


def open_leases(actor: Actor, now: datetime) -> list[OpenLease]:
    """What the person has in hand, the longest held first. One query."""
    if actor.kind is not ActorKind.PERSON:
        return []
    user = user_id_of(actor)
    typed = Draft.objects.filter(case_id=OuterRef("case_id"), user_id=user)
    leases = Lease.objects.filter(user_id=user, expires_at__gt=now).select_related("case__item")
    leases = leases.annotate(drafted=Exists(typed))
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
        drafted=bool(getattr(lease, "drafted", False)),
    )


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A case that waits for one person: assigned to them, or left behind half judged."""

    case_id: UUID
    title: str
    queue_name: str
    severity: int
    due_at: datetime | None
    at_risk_at: datetime | None
    since: datetime | None
    """When what was typed into it was saved; nothing for an assigned case."""
    until: datetime | None
    """Until when it is kept for them."""


def assigned_to(actor: Actor, now: datetime, *, limit: int = 20) -> list[WaitingLine]:
    """What waits for the person alone, the most pressing first. One query."""
    if actor.kind is not ActorKind.PERSON:
        return []
    own = Case.objects.filter(reserved_for=user_id_of(actor), reserved_until__gt=now, state=CaseState.OPEN)
    return [_waiting(case) for case in own.select_related("item").order_by("rank", "id")[:limit]]


def left_behind(actor: Actor, *, limit: int = 10) -> list[WaitingLine]:
    """Waiting cases that the person had begun to judge and lost, as when a browser dies for long. One query."""
    if actor.kind is not ActorKind.PERSON:
        return []
    user = user_id_of(actor)
    drafts = Draft.objects.filter(user_id=user, case__state=CaseState.OPEN).select_related("case__item")
    free = drafts.filter(Q(case__reserved_for=None) | Q(case__reserved_for=user))
    return [_waiting(draft.case, since=draft.saved_at) for draft in free.order_by("-saved_at", "id")[:limit]]


def _waiting(case: Case, *, since: datetime | None = None) -> WaitingLine:
    return WaitingLine(
        case_id=case.pk,
        title=case.item.title or case.item.external_id,
        queue_name=reference().queues[case.queue_id].name,
        severity=case.severity,
        due_at=case.due_at,
        at_risk_at=case.at_risk_at,
        since=since,
        until=case.reserved_until,
    )


@dataclass(frozen=True, slots=True)
class ReachedQueue:
    """A queue one may take cases from, and how many wait there within reach."""

    code: str
    name: str
    waiting: int
    preempts: bool


def reached_queues(actor: Actor, now: datetime) -> list[ReachedQueue]:
    """The queues within the person's reach, in the order of the board. At most two queries."""
    if actor.kind is not ActorKind.PERSON:
        return []
    known = reference()
    within = reach(known, actor, valid_skills(known, user_id_of(actor), now))
    of_lane = {lane.id: lane.queue_id for lane in known.lanes.values()}
    waiting: Counter[int] = Counter()
    rows = Case.objects.filter(state=CaseState.OPEN, reserved_for=None, lane__in=within.all_lanes)
    for lane, market, count in rows.values_list("lane", "market").annotate(Count("pk")).order_by():
        if within.covers(lane, market):
            waiting[of_lane[lane]] += count
    reached = {of_lane[lane] for lane in within.all_lanes}
    queues = [queue for queue in known.queues.values() if queue.id in reached]
    return [ReachedQueue(queue.code, queue.name, waiting[queue.id], queue.preempts) for queue in queues]


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
    exposure: tuple[Share, ...]
    """Time before cases of each severity, beside its budget."""

    @property
    def available_s(self) -> float:
        return self.seconds.get(Availability.AVAILABLE, 0.0)


def my_day(actor: Actor, now: datetime) -> MyDay:
    """What the person has done since their local midnight. At most seven queries."""
    user = user_id_of(actor)
    limits = limits_of(user, now)
    since = midnight(now, limits.timezone)
    mine = Case.objects.filter(holder_id=user)
    # Nobody works on one claim for longer than a day; the bound lets the index answer.
    decided = mine.filter(claimed_at__gte=since - timedelta(days=1), state=CaseState.DECIDED, decided_at__gte=since)
    spans = decided.values_list("claimed_at", "decided_at")
    took = [(end - start).total_seconds() for start, end in spans if start is not None and end is not None]
    return MyDay(
        since=since,
        decided=len(took),
        aht_s=sum(took) / len(took) if took else None,
        in_hand=Lease.objects.filter(user_id=user, expires_at__gt=now).count(),
        held=mine.filter(state=CaseState.HELD).count(),
        skipped=Skip.objects.filter(user_id=user, kind=SkipKind.SKIPPED, at__gte=since).count(),
        seconds=_time_in_states(user, since, now),
        exposure=shares(limits.budget, limits.spent),
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
