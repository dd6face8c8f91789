"""Leases: proof that somebody is at work on a case, kept alive by heartbeats; how they end, ``hands.py`` says.

Whoever changes a case that is held locks the lease first and the case second, always in this order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import Actor, ActorKind, Place
from piepowder.kernel.errors import Conflict, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Case, Draft, Lease, Presence
from piepowder.review.reference import reference
from piepowder.review.standing import user_id_of
from piepowder.review.states import CaseState

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
        row = _terms.first(lease_id)
        if row is None or row[0] != user or row[1] <= at:
            raise LeaseLost(_("this case is no longer yours: the lease has ended"))
        expires_at = at + timedelta(seconds=row[2])
        if not Lease.objects.filter(pk=lease_id).update(beaten_at=at, expires_at=expires_at):
            raise LeaseLost(_("this case is no longer yours: the lease has just ended"))
        Presence.objects.filter(user_id=user, seen_at__lt=at - _SEEN_EVERY).update(seen_at=at)
    return expires_at


_terms = Prepared(
    lambda lease_id: Lease.objects.filter(pk=lease_id).values_list("user_id", "expires_at", "length_s"), Lease.id
)


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
    lease = _locked.first(lease_id)
    if lease is None or lease.user_id != user or lease.expires_at <= at:
        raise LeaseLost(_("this case is no longer yours: the lease has ended"))
    return lease


_locked = Prepared(
    lambda lease_id: (
        Lease.objects.select_related("case__queue")
        .select_for_update(of=("self", "case"), no_key=True)
        .filter(pk=lease_id)
    ),
    Lease.id,
)


def locked_case(case_id: UUID) -> Case:
    """The case, locked after its lease if it has one; raises ``NoSuchCase``."""
    list(Lease.objects.filter(case_id=case_id).select_for_update().values_list("pk"))
    case = Case.objects.filter(pk=case_id).select_for_update(no_key=True).first()
    if case is None:
        raise NoSuchCase(_("there is no such case"))
    return case


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
