"""The database's side of sending: take what is due, record what came of it, take back what a dead worker held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from piepowder.database.bulk import insert_rows
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.events import publish
from piepowder.ledger.operations import Entry, record_many
from piepowder.outbox.backoff import LONGEST_RETRY_AFTER, allowance, next_attempt, rest_after
from piepowder.outbox.endpoints import private_allowed, secrets_in_force
from piepowder.outbox.envelope import envelope, headers
from piepowder.outbox.events import DeliveryFinished, DeliveryTaken
from piepowder.outbox.models import Attempt, Delivery, Endpoint, Message
from piepowder.outbox.operations import MAIL
from piepowder.outbox.parcels import Outcome, Parcel
from piepowder.outbox.states import DELIVERY_FLOW, UNFINISHED, Channel, DeliveryState

GRACE_OF_LEASE = timedelta(seconds=30)
"""How long after the endpoint's own time-out a taken delivery is believed to be held by a living worker."""

KEPT_AT_ONCE = 200
"""How many messages without a receiver are passed in one transaction; nothing is sent for them."""

_UNANSWERED = "no answer was recorded: the worker that sent it stopped"
_MOVED = (
    *("state", "taken_until", "finished_at", "next_attempt_at"),
    *("failures", "holds_order", "last_status", "last_problem"),
)
_PATIENT_STATUS = {429, 503}


def endpoints_with_due(now: datetime) -> list[int]:
    """The active endpoints that are not resting and have something due."""
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), state=DeliveryState.PENDING, next_attempt_at__lte=now)
    rested = Q(rests_until__isnull=True) | Q(rests_until__lte=now)
    return list(Endpoint.objects.filter(rested, Exists(due), active=True).order_by("id").values_list("id", flat=True))


def heads_due(endpoint_id: int, now: datetime) -> QuerySet[Delivery]:
    """What may be sent now, urgent and oldest first: due, and with nothing unfinished before it in its order."""
    before = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        order_key=OuterRef("order_key"),
        sequence__lt=OuterRef("sequence"),
        state__in=UNFINISHED,
        holds_order=True,
    )
    due = Delivery.objects.filter(endpoint=endpoint_id, state=DeliveryState.PENDING, next_attempt_at__lte=now)
    return due.filter(~Exists(before)).order_by("-urgent", "next_attempt_at", "id")


@transaction.atomic
def take(*, endpoint_id: int, now: datetime) -> list[Parcel]:
    """Take what this endpoint may be sent now, each with a lease, and tell the packages above.

    The endpoint's row is locked meanwhile, so that several workers together keep to its limit; a worker that finds it
    locked takes nothing this time.
    """
    endpoint = (
        Endpoint.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=endpoint_id, active=True).first()
    )
    if endpoint is None or (endpoint.rests_until is not None and endpoint.rests_until > now):
        return []
    room = KEPT_AT_ONCE
    if endpoint.channel != Channel.NONE:
        under_way = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.TAKEN).count()
        room = allowance(failures=endpoint.failures, concurrency=endpoint.concurrency) - under_way
    if room <= 0:
        return []
    rows = list(
        heads_due(endpoint_id, now).select_for_update(skip_locked=True, of=("self",)).select_related("message")[:room]
    )
    taken_until = now + timedelta(seconds=endpoint.timeout_s) + GRACE_OF_LEASE
    first_time = [row for row in rows if row.tried_since is None]
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DELIVERY_FLOW.target("take"),
        taken_until=taken_until,
        tried_since=Coalesce("tried_since", Value(now, output_field=DateTimeField())),
        attempts=F("attempts") + 1,
    )
    for row in first_time:
        message = row.message
        publish(DeliveryTaken(message.pk, message.topic, message.group_ref, now, row.pk, endpoint.code))
    return [_parcel(endpoint, row, row.attempts + 1, now, taken_until) for row in rows]


def _parcel(endpoint: Endpoint, row: Delivery, number: int, now: datetime, taken_until: datetime) -> Parcel:
    message = row.message
    payload = b""
    head: tuple[tuple[str, str], ...] = ()
    if endpoint.channel == Channel.WEBHOOK:
        payload = envelope(
            event_id=message.pk,
            topic=message.topic,
            sequence=row.sequence,
            order_key=row.order_key,
            occurred_at=message.created_at,
            body=message.body,
        )
        head = headers(
            event_id=message.pk,
            topic=message.topic,
            sequence=row.sequence,
            attempt=number,
            secrets=secrets_in_force(endpoint, now),
            at=now,
            payload=payload,
        )
    elif endpoint.channel == Channel.EMAIL:
        payload = message.letter.encode()
    return Parcel(
        delivery_id=row.pk,
        event_id=message.pk,
        endpoint_id=endpoint.pk,
        channel=endpoint.channel,
        number=number,
        taken_at=now,
        taken_until=taken_until,
        timeout_s=endpoint.timeout_s,
        url=endpoint.url,
        allow_private=private_allowed(endpoint.allow_private),
        headers=head,
        payload=payload,
        recipient=message.recipient,
    )


@transaction.atomic
def record_outcomes(*, answers: Sequence[tuple[Parcel, Outcome]], now: datetime, jitter: Callable[[], float]) -> int:
    """Write down attempts and what follows from each; returns how many counted.

    An outcome counts only while its lease is the one that stands: otherwise the delivery was given to somebody else, who
    will tell. ``jitter`` gives numbers in [0, 1).
    """
    outcomes = {parcel.delivery_id: (parcel, outcome) for parcel, outcome in answers}
    rows = _locked(Delivery.objects.filter(pk__in=list(outcomes)))
    held = [row for row in rows if row.taken_until == outcomes[row.pk][0].taken_until]
    _settle([(row, outcomes[row.pk][1]) for row in held], now, jitter)
    _blame([(row.endpoint_id, outcomes[row.pk][1]) for row in held], now)
    return len(held)


@transaction.atomic
def reclaim(*, now: datetime, jitter: Callable[[], float]) -> int:
    """Take back what is held past its lease: its worker was killed. It is sent again, under the same event id."""
    late = Delivery.objects.filter(state=DeliveryState.TAKEN, taken_until__lte=now)
    rows = _locked(late, skip_locked=True)
    lost = Outcome(delivered=False, took_ms=0, problem=_UNANSWERED)
    _settle([(row, lost) for row in rows], now, jitter)
    return len(rows)


def _locked(rows: QuerySet[Delivery], *, skip_locked: bool = False) -> list[Delivery]:
    return list(
        rows.select_for_update(of=("self",), skip_locked=skip_locked)
        .filter(state=DeliveryState.TAKEN)
        .select_related("message", "endpoint")
        .order_by("id")
    )


def _settle(ends: Sequence[tuple[Delivery, Outcome]], now: datetime, jitter: Callable[[], float]) -> None:
    """Move each delivery on from its attempt. The rows are locked and taken."""
    facts = []
    for row, outcome in ends:
        row.taken_until = None
        row.last_status, row.last_problem = outcome.status, outcome.problem
        if outcome.delivered:
            row.state, row.finished_at = DELIVERY_FLOW.target("deliver"), now
        else:
            _fail(row, outcome, now, jitter())
        if row.finished_at is not None:
            facts.append(_finished_fact(row))
    _store(ends)
    insert_rows(
        Attempt,
        ("delivery_id", "number", "at", "took_ms", "delivered", "status", "problem", "answer"),
        [(r.pk, r.attempts, now, o.took_ms, o.delivered, o.status, o.problem, o.answer) for r, o in ends],
    )
    _erase_sign_in_letters([row.message_id for row, outcome in ends if outcome.delivered])
    record_many(actor=SYSTEM, at=now, entries=facts)
    for row, outcome in ends:
        if row.finished_at is not None:
            message = row.message
            publish(
                DeliveryFinished(
                    message.pk, message.topic, message.group_ref, now, row.pk, row.endpoint.code, outcome.delivered
                )
            )


def _store(ends: Sequence[tuple[Delivery, Outcome]]) -> None:
    """Successes are alike and go in one statement per status; failures each have a time of their own."""
    delivered: dict[int | None, list[UUID]] = {}
    for row, outcome in ends:
        if outcome.delivered:
            delivered.setdefault(outcome.status, []).append(row.pk)
            done_at = row.finished_at
        else:
            row.save(update_fields=_MOVED)
    for status, refs in delivered.items():
        Delivery.objects.filter(pk__in=refs).update(
            state=DELIVERY_FLOW.target("deliver"),
            taken_until=None,
            finished_at=done_at,
            last_status=status,
            last_problem="",
        )


def _fail(row: Delivery, outcome: Outcome, now: datetime, jitter: float) -> None:
    assert row.tried_since is not None
    row.failures += 1
    again = None
    if not outcome.final:
        again = next_attempt(
            failures=row.failures, tried_since=row.tried_since, now=now, jitter=jitter, retry_after=outcome.retry_after
        )
    if again is None:
        row.state, row.finished_at = DELIVERY_FLOW.target("bury"), now
        return
    row.state, row.next_attempt_at = DELIVERY_FLOW.target("retry"), again
    if row.replayed_at is not None:
        row.holds_order = False


def _finished_fact(row: Delivery) -> Entry:
    verb = "delivery.deliver" if row.state == DeliveryState.DELIVERED else "delivery.bury"
    body = {
        "delivery": str(row.pk),
        "topic": row.message.topic,
        "endpoint": row.endpoint.code,
        "sequence": row.sequence,
        "attempts": row.attempts,
        "status": row.last_status,
    }
    return Entry(verb, "message", str(row.message_id), body)


def _erase_sign_in_letters(message_ids: Iterable[UUID]) -> None:
    """Mails of Django hold links that sign somebody in; once delivered they need not lie here."""
    Message.objects.filter(pk__in=list(message_ids), topic=MAIL).exclude(letter="").update(letter="")


def _blame(ends: Sequence[tuple[int, Outcome]], now: datetime) -> None:
    """Keep each endpoint's count of failures in a row, and how long it rests for them."""
    by_endpoint: dict[int, list[Outcome]] = {}
    for endpoint_id, outcome in ends:
        by_endpoint.setdefault(endpoint_id, []).append(outcome)
    for endpoint_id, outcomes in sorted(by_endpoint.items()):
        rest = max((_asked_rest(outcome) for outcome in outcomes), default=timedelta(0))
        if any(outcome.delivered for outcome in outcomes):
            changed = Endpoint.objects.filter(pk=endpoint_id).exclude(failures=0, rests_until__isnull=True)
            changed.update(failures=0, rests_until=now + rest if rest else None)
            continue
        endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
        endpoint.failures += len(outcomes)
        rest = max(rest, rest_after(endpoint.failures))
        endpoint.rests_until = now + rest if rest else endpoint.rests_until
        endpoint.save(update_fields=["failures", "rests_until"])


def _asked_rest(outcome: Outcome) -> timedelta:
    if outcome.status not in _PATIENT_STATUS or outcome.retry_after is None:
        return timedelta(0)
    return min(outcome.retry_after, LONGEST_RETRY_AFTER)
