"""Urgent work that cannot wait for the case in hand: announced, and taken at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.errors import Conflict
from piepowder.kernel.permissions import Permission
from piepowder.review import claim_statement
from piepowder.review.allowances import limits_of
from piepowder.review.claiming import Claim, claim_urgent
from piepowder.review.hands import HandsFull
from piepowder.review.models import Case, Lease
from piepowder.review.moving import release
from piepowder.review.reference import reference
from piepowder.review.standing import user_id_of, valid_skills, wish


@dataclass(frozen=True, slots=True)
class UrgentCase:
    """The gravest case that waits within reach, as an announcement says it."""

    case_id: UUID
    title: str
    queue_name: str
    severity: int
    due_at: datetime | None


class UrgentGone(Conflict):
    """Somebody took it meanwhile; nothing has changed."""

    code = "urgent_gone"


def urgent_for(actor: Actor, *, now: datetime, beside: UUID | None = None) -> UrgentCase | None:
    """The SEV0 case of a preempting queue that waits for ``actor``, unless the one ``beside`` (a case) is as grave.

    No query when no queue within reach preempts, otherwise at most four.
    """
    if actor.kind is not ActorKind.PERSON or not actor.may(Permission.CASE_CLAIM):
        return None
    known = reference()
    if not any(queue.preempts for queue in known.queues.values()):
        return None
    user = user_id_of(actor)
    severities = limits_of(user, now).severities
    wanted = wish(known, actor, valid_skills(known, user, now), severities=severities)
    found = claim_statement.urgent_waiting(wanted, user, now) if wanted.urgent else None
    if found is None:
        return None
    rows = Case.objects.filter(pk__in=[found, *([beside] if beside else [])]).select_related("item")
    cases = {case.pk: case for case in rows}
    at_hand, case = cases.get(beside) if beside else None, cases[found]
    if at_hand is not None and at_hand.severity == 0 and known.queues[at_hand.queue_id].preempts:
        return None
    return UrgentCase(
        case_id=case.pk,
        title=case.item.title or case.item.external_id,
        queue_name=known.queues[case.queue_id].name,
        severity=case.severity,
        due_at=case.due_at,
    )


def take_urgent(*, actor: Actor, at: datetime, lease_id: UUID | None = None) -> Claim:
    """Take the urgent case at once; raises ``UrgentGone`` when none waits any more.

    The case of ``lease_id`` stays in hand with its draft. When hands are full, the case that was only taken ahead goes
    back for it, else the one of ``lease_id``, its draft kept.
    """
    try:
        claim = claim_urgent(actor=actor, at=at)
    except HandsFull:
        ahead = Lease.objects.filter(user_id=user_id_of(actor), ahead=True, expires_at__gt=at)
        spared = ahead.values_list("pk", flat=True).first() or lease_id
        if spared is None:
            raise
        with transaction.atomic():
            release(actor=actor, at=at, lease_id=spared)
            return _there(claim_urgent(actor=actor, at=at))
    return _there(claim)


def _there(claim: Claim | None) -> Claim:
    if claim is None:
        raise UrgentGone(_("the urgent case has been taken by somebody else"))
    return claim
