"""What the pages about deliveries show, and what monitoring asks."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.outbox.models import Attempt, Delivery, Endpoint
from piepowder.outbox.operations import NoSuchDelivery
from piepowder.outbox.reach import require_everywhere
from piepowder.outbox.states import DELIVERY_FLOW, UNFINISHED, DeliveryState

PAGE_SIZE = 50
_HEALTH_SPAN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class DeliveryFilters:
    """What to list; an empty field does not narrow. ``text`` is an event id, a group or an order key, whole."""

    state: str = ""
    endpoint: str = ""
    topic: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    id: UUID
    event_id: UUID
    topic: str
    order_key: str
    group_ref: str
    endpoint: str
    channel: str
    sequence: int
    state: str
    attempts: int
    last_status: int | None
    last_problem: str
    created_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None
    verbs: tuple[str, ...]
    """What the state allows, by the flow table."""


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    rows: tuple[DeliveryRow, ...]
    number: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class AttemptRow:
    number: int
    at: datetime
    took_ms: int
    delivered: bool
    status: int | None
    problem: str
    answer: str


@dataclass(frozen=True, slots=True)
class DeliveryLog:
    """One delivery, the body it carries, and every attempt, oldest first."""

    delivery: DeliveryRow
    body: Any
    not_before: datetime
    replayed_at: datetime | None
    attempts: tuple[AttemptRow, ...]


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """How one endpoint does. ``success_rate_24h`` is successful attempts over all, ``None`` when there were none."""

    code: str
    name: str
    channel: str
    active: bool
    unfinished: int
    dead: int
    oldest_due_at: datetime | None
    attempts_24h: int
    success_rate_24h: float | None
    failures_in_a_row: int
    rests_until: datetime | None
    last_problem: str
    last_problem_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lag:
    """What waits for one endpoint: for metrics."""

    endpoint: str
    unfinished: int
    dead: int
    oldest_due_s: float


def deliveries(actor: Actor, *, filters: DeliveryFilters, page: int = 1) -> DeliveryPage:
    """Deliveries, newest first; needs ``outbox:view`` over all vendors. Pages count from 1."""
    require_everywhere(actor, Permission.OUTBOX_VIEW)
    rows = _narrowed(filters).order_by("-created_at", "id")
    return _page(rows, page)


def dead_letters(actor: Actor, *, filters: DeliveryFilters, page: int = 1) -> DeliveryPage:
    """What was given up, latest first; needs ``outbox:view`` over all vendors. The state in ``filters`` is left aside."""
    require_everywhere(actor, Permission.OUTBOX_VIEW)
    dead = DeliveryFilters(DeliveryState.DEAD, filters.endpoint, filters.topic, filters.text)
    return _page(_narrowed(dead).order_by("-finished_at", "id"), page)


def delivery_log(actor: Actor, *, delivery_id: UUID) -> DeliveryLog:
    """One delivery with its attempts; needs ``outbox:view`` over all vendors, raises ``NoSuchDelivery``."""
    require_everywhere(actor, Permission.OUTBOX_VIEW)
    row = Delivery.objects.select_related("message", "endpoint").filter(pk=delivery_id).first()
    if row is None:
        raise NoSuchDelivery(_("there is no such delivery"))
    attempts = tuple(
        AttemptRow(a.number, a.at, a.took_ms, a.delivered, a.status, a.problem, a.answer)
        for a in row.log.order_by("number")
    )
    return DeliveryLog(_row(row), row.message.body, row.not_before, row.replayed_at, attempts)


def endpoint_health(actor: Actor, *, now: datetime) -> tuple[EndpointHealth, ...]:
    """Every endpoint by code, with the last 24 hours; needs ``outbox:view`` over all vendors."""
    require_everywhere(actor, Permission.OUTBOX_VIEW)
    waiting, dead = _waiting(now), _dead()
    recent = {
        endpoint_id: (tries, good, failed_at)
        for endpoint_id, tries, good, failed_at in Attempt.objects.filter(at__gt=now - _HEALTH_SPAN)
        .values_list("delivery__endpoint")
        .annotate(
            tries=Count("id"),
            good=Count("id", filter=Q(delivered=True)),
            failed_at=Max("at", filter=Q(delivered=False)),
        )
        .order_by()
    }
    problem = Attempt.objects.filter(delivery__endpoint=OuterRef("pk"), delivered=False, at__gt=now - _HEALTH_SPAN)
    endpoints = Endpoint.objects.annotate(last_problem=Subquery(problem.order_by("-at", "-id").values("problem")[:1]))
    health = []
    for endpoint in endpoints.order_by("code"):
        unfinished, oldest = waiting.get(endpoint.pk, (0, None))
        tries, good, failed_at = recent.get(endpoint.pk, (0, 0, None))
        health.append(
            EndpointHealth(
                code=endpoint.code,
                name=endpoint.name,
                channel=endpoint.channel,
                active=endpoint.active,
                unfinished=unfinished,
                dead=dead.get(endpoint.pk, 0),
                oldest_due_at=oldest,
                attempts_24h=tries,
                success_rate_24h=good / tries if tries else None,
                failures_in_a_row=endpoint.failures,
                rests_until=endpoint.rests_until if endpoint.rests_until and endpoint.rests_until > now else None,
                last_problem=endpoint.last_problem or "",
                last_problem_at=failed_at,
            )
        )
    return tuple(health)


def lag(*, now: datetime) -> tuple[Lag, ...]:
    """What waits for each endpoint, by code. It names no message, so it asks for no actor."""
    waiting, dead = _waiting(now), _dead()
    lags = []
    for ref, code in Endpoint.objects.order_by("code").values_list("id", "code"):
        unfinished, oldest = waiting.get(ref, (0, None))
        behind = (now - oldest).total_seconds() if oldest else 0.0
        lags.append(Lag(code, unfinished, dead.get(ref, 0), max(behind, 0.0)))
    return tuple(lags)


def _waiting(now: datetime) -> dict[int, tuple[int, datetime | None]]:
    """How much is unfinished per endpoint, and since when the oldest of it has been due."""
    rows = Delivery.objects.filter(state__in=UNFINISHED).values_list("endpoint").order_by()
    counted = rows.annotate(unfinished=Count("id"), oldest=Min("not_before", filter=Q(not_before__lte=now)))
    return {endpoint_id: (unfinished, oldest) for endpoint_id, unfinished, oldest in counted}


def _dead() -> dict[int, int]:
    rows = Delivery.objects.filter(state=DeliveryState.DEAD).values_list("endpoint")
    return dict(rows.annotate(dead=Count("id")).order_by())


def _narrowed(filters: DeliveryFilters) -> QuerySet[Delivery]:
    rows = Delivery.objects.select_related("message", "endpoint")
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.endpoint:
        rows = rows.filter(endpoint__code=filters.endpoint)
    if filters.topic:
        rows = rows.filter(message__topic=filters.topic)
    if filters.text:
        text = filters.text.strip()
        wanted = Q(message__group_ref=text) | Q(order_key=text)
        with contextlib.suppress(ValueError):
            wanted |= Q(message=UUID(text))
        rows = rows.filter(wanted)
    return rows


def _page(rows: QuerySet[Delivery], page: int) -> DeliveryPage:
    start = (max(page, 1) - 1) * PAGE_SIZE
    found = list(rows[start : start + PAGE_SIZE + 1])
    return DeliveryPage(tuple(_row(row) for row in found[:PAGE_SIZE]), max(page, 1), len(found) > PAGE_SIZE)


def _row(row: Delivery) -> DeliveryRow:
    return DeliveryRow(
        id=row.pk,
        event_id=row.message_id,
        topic=row.message.topic,
        order_key=row.order_key,
        group_ref=row.message.group_ref,
        endpoint=row.endpoint.code,
        channel=row.endpoint.channel,
        sequence=row.sequence,
        state=row.state,
        attempts=row.attempts,
        last_status=row.last_status,
        last_problem=row.last_problem,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        finished_at=row.finished_at,
        verbs=DELIVERY_FLOW.allowed(DeliveryState(row.state)),
    )
