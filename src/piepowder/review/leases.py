"""Leases: proof that somebody is at work on a case, kept alive by heartbeats and given back when they stop.

Whoever changes a case that is held locks the lease first and the case second, always in this order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.database.bulk import insert_rows
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Place
from piepowder.kernel.errors import Conflict, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, append_rows, fact_row
from piepowder.review.models import Case, CaseEvent, Draft, Lease, Presence
from piepowder.review.reference import reference
from piepowder.review.standing import user_id_of
from piepowder.review.states import CaseEventKind, CaseState
from piepowder.review.steps import EVENT_COLUMNS, event_row, take_step

_SEEN_EVERY = timedelta(seconds=30)


class LeaseLost(Conflict):
    """The lease ended, was never the actor's, or belongs to another case: nothing was written."""

    code = "lease_lost"


class NoSuchCase(NotFound):
    code = "unknown_case"


class MissingReason(Refused):
    code = "missing_reason"


def heartbeat(*, actor: Actor, lease_id: UUID, at: datetime) -> datetime:
    """Keep a lease alive and return its new end; raises ``LeaseLost`` once it has ended."""
    user = _person(actor)
    with transaction.atomic():
        row = Lease.objects.filter(pk=lease_id).values_list("user_id", "expires_at", "length_s").first()
        if row is None or row[0] != user or row[1] <= at:
            raise LeaseLost(_("this case is no longer yours: the lease has ended"))
        expires_at = at + timedelta(seconds=row[2])
        if not Lease.objects.filter(pk=lease_id).update(beaten_at=at, expires_at=expires_at):
            raise LeaseLost(_("this case is no longer yours: the lease has just ended"))
        Presence.objects.filter(user_id=user, seen_at__lt=at - _SEEN_EVERY).update(seen_at=at)
    return expires_at


def mark_viewed(*, actor: Actor, lease_id: UUID, at: datetime) -> None:
    """Record that the case was put before the person's eyes: once per lease, and first of all on the case."""
    with transaction.atomic():
        lease = locked_lease(actor, lease_id, at)
        case = lease.case
        seen = CaseEvent.objects.filter(case_id=case.pk, kind=CaseEventKind.VIEWED, lease=lease_id)
        if seen.exists():
            return
        if case.first_viewed_at is None:
            Case.objects.filter(pk=case.pk).update(first_viewed_at=at)
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.VIEWED, verb="case.view", lease=lease_id)


def save_draft(
    *, actor: Actor, content: dict[str, Any], at: datetime, lease_id: UUID | None = None, case_id: UUID | None = None
) -> None:
    """Keep what the person has typed so far, by lease or, when that has ended, by case.

    It is a scratchpad, not a fact: it leaves no trace in the ledger and goes when the case is decided.
    """
    user = _person(actor)
    with transaction.atomic():
        if lease_id is not None:
            case = locked_lease(actor, lease_id, at).case
        else:
            found = Case.objects.filter(pk=case_id).first() if case_id is not None else None
            if found is None or found.state in (CaseState.DECIDED, CaseState.CLOSED):
                raise NoSuchCase(_("there is no such open case"))
            case = found
        require_in_scope(actor, Permission.CASE_DECIDE, case)
        Draft.objects.update_or_create(case_id=case.pk, user_id=user, defaults={"content": content, "saved_at": at})


def locked_lease(actor: Actor, lease_id: UUID, at: datetime) -> Lease:
    """The actor's live lease with its case, both locked; raises ``LeaseLost``."""
    user = _person(actor)
    rows = Lease.objects.select_related("case").select_for_update(of=("self", "case"), no_key=True)
    lease = rows.filter(pk=lease_id).first()
    if lease is None or lease.user_id != user or lease.expires_at <= at:
        raise LeaseLost(_("this case is no longer yours: the lease has ended"))
    return lease


def locked_case(case_id: UUID) -> Case:
    """The case, locked after its lease if it has one; raises ``NoSuchCase``."""
    list(Lease.objects.filter(case_id=case_id).select_for_update().values_list("pk"))
    case = Case.objects.filter(pk=case_id).select_for_update(no_key=True).first()
    if case is None:
        raise NoSuchCase(_("there is no such case"))
    return case


def expire(*, now: datetime, limit: int = 500) -> int:
    """Give back the cases whose leases have ended; returns how many. What others are changing now is left alone."""
    with transaction.atomic():
        ended = Lease.objects.filter(expires_at__lte=now).order_by("expires_at", "id")
        leases = list(ended.select_for_update(skip_locked=True)[:limit])
        if not leases:
            return 0
        cases = Case.objects.filter(pk__in=[lease.case_id for lease in leases], state=CaseState.CLAIMED)
        by_id = {case.pk: case for case in cases.order_by("id").select_for_update(no_key=True)}
        events, facts = [], []
        for lease in leases:
            case = by_id[lease.case_id]
            events.append(
                event_row(
                    actor=SYSTEM,
                    at=now,
                    case_id=case.pk,
                    kind=CaseEventKind.EXPIRED,
                    lease=lease.pk,
                    body={"person": str(lease.user_id), "ended_at": lease.expires_at.isoformat()},
                    vendor=case.vendor,
                )
            )
            told = {"lease": str(lease.pk), "person": str(lease.user_id)}
            entry = Entry("case.expire", "case", str(case.pk), told, case.vendor)
            facts.append(fact_row(actor=SYSTEM, at=now, entry=entry))
        Lease.objects.filter(pk__in=[lease.pk for lease in leases]).delete()
        Case.objects.filter(pk__in=list(by_id)).update(state=CaseState.OPEN, holder=None, vendor="", claimed_at=None)
        insert_rows(CaseEvent, EVENT_COLUMNS, events)
        append_rows(facts)
    return len(leases)


def require_in_scope(actor: Actor, permission: Permission, case: Case) -> None:
    """Raise ``NotPermitted`` unless ``actor`` holds ``permission`` where ``case`` stands."""
    queue = reference().queues[case.queue_id].code
    place = Place(vendor=case.vendor or actor.vendor, queue=queue, market=case.market, language=case.language)
    require(actor, permission, place)


def given_reason(reason: str) -> str:
    """``reason`` without blanks around it; raises ``MissingReason`` when nothing is left."""
    if not reason.strip():
        raise MissingReason(_("say why"))
    return reason.strip()[:300]


def _person(actor: Actor) -> int:
    if actor.kind is not ActorKind.PERSON:
        raise LeaseLost(_("only a person can hold a lease"))
    return user_id_of(actor)
