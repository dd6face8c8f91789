"""Whether something is still pending anywhere: an item, or anything under a policy. One query each.

*Pending* is what has a case that waits, is worked on, is on hold or awaits approval. The answer covers what the asker
may see, and says when that is not everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case as Choice
from django.db.models import Count, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from piepowder.access.visibility import require
from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState
from piepowder.intake.models import Item
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.review.listing import of_policy, seen_cases
from piepowder.review.models import Case
from piepowder.review.reference import reference
from piepowder.review.states import ACTIVE_STATES, CaseState

_HOUR = timedelta(hours=1)
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class PendingCase:
    """One case of the item. ``ahead`` counts what is handed out before it in its queue, while it waits.

    ``expected_at`` is when its turn comes if the queue goes on as in the last hour; ``None`` when nothing was decided
    there, or when it does not wait.
    """

    case_id: UUID
    kind: str
    external_id: str
    state: str
    queue_code: str
    queue_name: str
    person: str
    severity: int
    opened_at: datetime
    due_at: datetime | None
    hold_until: datetime | None
    decided_at: datetime | None
    ahead: int | None
    expected_at: datetime | None

    @property
    def is_pending(self) -> bool:
        return self.state in ACTIVE_STATES


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """``everything`` is false when the asker sees only a part, so that "no" means "not as far as you may see"."""

    item: str
    pending: bool
    cases: tuple[PendingCase, ...]
    asked_at: datetime
    everything: bool


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """Pending cases suspected of the policy or of one below it, by state and by queue."""

    policy: str
    pending: int
    by_state: tuple[tuple[str, int], ...]
    by_queue: tuple[tuple[str, str, int], ...]
    oldest_at: datetime | None
    asked_at: datetime
    everything: bool


def item_pending(actor: Actor, item: str, now: datetime) -> ItemAnswer:
    """Where the items with this id of the marketplace's stand: what is pending first, then the latest of what ended."""
    require(actor, Permission.CASE_VIEW)
    decided = Decision.objects.filter(queue=OuterRef("queue__code"), decided_at__gt=now - _HOUR, decider__isnull=False)
    decided = decided.exclude(state=DecisionState.WITHDRAWN)
    # The lanes of the queue lead into the index of what waits.
    waiting = Case.objects.filter(state=CaseState.OPEN, lane__queue_id=OuterRef("queue_id")).filter(
        Q(rank__lt=OuterRef("rank")) | Q(rank=OuterRef("rank"), id__lt=OuterRef("id"))
    )
    # By the unique key of items, which begins with the kind; a join would go through the cases.
    items = Item.objects.filter(kind__in=Kind.values, external_id=item)
    cases = (
        seen_cases(actor)
        .filter(item_id__in=items.values("id"))
        .annotate(pace=_number(decided), ahead=_number(waiting), ended=_ENDED)
        .select_related("item", "holder")
        .order_by("ended", "-opened_at", "-id")
    )
    rows = tuple(_row(case, now) for case in cases[:_SHOWN])
    return ItemAnswer(
        item, any(row.is_pending for row in rows), rows, now, _sees_everything(actor, Permission.CASE_VIEW)
    )


def policy_pending(actor: Actor, policy: str, now: datetime) -> PolicyAnswer:
    """How many pending cases there are under a policy or a family of policies."""
    require(actor, Permission.BOARD_VIEW)
    cases = seen_cases(actor, Permission.BOARD_VIEW).filter(of_policy(policy), state__in=ACTIVE_STATES)
    counted = cases.values_list("state", "queue_id").annotate(number=Count("id"), oldest=Min("opened_at"))
    states: dict[str, int] = {}
    queues: dict[int, int] = {}
    oldest: datetime | None = None
    for state, queue_id, number, since in counted.order_by("state", "queue_id"):
        states[state] = states.get(state, 0) + number
        queues[queue_id] = queues.get(queue_id, 0) + number
        oldest = min(since, oldest or since)
    known = reference().queues
    return PolicyAnswer(
        policy=policy,
        pending=sum(states.values()),
        by_state=tuple((state.value, states.get(state, 0)) for state in ACTIVE_STATES),
        by_queue=tuple((known[ref].code, known[ref].name, number) for ref, number in queues.items()),
        oldest_at=oldest,
        asked_at=now,
        everything=_sees_everything(actor, Permission.BOARD_VIEW),
    )


def _number(rows: QuerySet[Case] | QuerySet[Decision]) -> Coalesce:
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


_ENDED = Choice(When(state__in=ACTIVE_STATES, then=Value(0)), default=Value(1), output_field=IntegerField())


def _row(case: Case, now: datetime) -> PendingCase:
    queue = reference().queues[case.queue_id]
    waits = case.state == CaseState.OPEN
    ahead, pace = getattr(case, "ahead"), getattr(case, "pace")  # noqa: B009
    return PendingCase(
        case_id=case.pk,
        kind=case.kind,
        external_id=case.item.external_id,
        state=case.state,
        queue_code=queue.code,
        queue_name=queue.name,
        person=case.holder.name if case.holder and not waits else "",
        severity=case.severity,
        opened_at=case.opened_at,
        due_at=case.due_at,
        hold_until=case.hold_until,
        decided_at=case.decided_at,
        ahead=ahead if waits else None,
        expected_at=now + _HOUR * (ahead + 1) / pace if waits and pace else None,
    )


def _sees_everything(actor: Actor, permission: Permission) -> bool:
    return any(
        not (scope.vendors or scope.queues or scope.markets or scope.languages) for scope in actor.scopes(permission)
    )
