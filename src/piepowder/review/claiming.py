"""Claiming: the best case somebody may work on, given to exactly one person.

On PostgreSQL one statement does it: the first few cases of each lane from the lane's index, merged, the best one locked
(``SKIP LOCKED``: what another claims at this moment is passed over, never waited for), then updated by its primary key
together with its lease and events. On SQLite there is one writer at a time, so the same steps follow one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.database.bulk import insert_rows
from piepowder.database.turns import turn
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict
from piepowder.kernel.flow import WrongState
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review import claim_statement
from piepowder.review.leases import NoSuchCase, expire
from piepowder.review.models import Case, CaseEvent, Lease, Presence
from piepowder.review.reference import Reference, at_hand, checked, reference
from piepowder.review.standing import Reach, reach, user_id_of, valid_skills
from piepowder.review.states import CASE_FLOW, Availability, CaseEventKind, CaseState
from piepowder.review.steps import EVENT_COLUMNS, event_row


class NotAvailable(Conflict):
    code = "not_available"


class NotEligible(Conflict):
    code = "not_eligible"


@dataclass(frozen=True, slots=True)
class Claim:
    """A case in somebody's hands. ``lease_id`` is the token that every further step must present."""

    case: Case
    lease_id: UUID
    expires_at: datetime


def claim_next(*, actor: Actor, at: datetime, queues: Sequence[str] = (), offered: UUID | None = None) -> Claim | None:
    """Take the best waiting case that ``actor`` may work on; ``None`` when there is none.

    ``queues`` narrows the choice to those codes; ``offered`` is a case shown before (``offer_next``), which is taken if
    it still waits. Every call is a lease of its own: two tabs of one person get two cases. Raises ``NotAvailable``
    unless the person has set themselves available, ``NotPermitted`` without ``case:claim``.
    """
    require(actor, Permission.CASE_CLAIM)
    user = user_id_of(actor)
    if offered is not None:
        try:
            return claim_case(actor=actor, case_id=offered, at=at)
        except (WrongState, NotEligible, NoSuchCase):
            pass  # Somebody was faster, or it moved on: the next best will do.
    claim = _taken(at_hand(), actor, user, queues, at)
    if claim is None:
        _require_available(user)
        known = checked()
        claim = _taken(known, actor, user, queues, at)
        if claim is None and expire(now=at, limit=50):
            claim = _taken(known, actor, user, queues, at)
    return claim


def claim_case(*, actor: Actor, case_id: UUID, at: datetime) -> Claim:
    """Take this very case, as from a search. Raises ``WrongState`` when it does not wait, ``NotEligible``, ``NoSuchCase``."""
    require(actor, Permission.CASE_CLAIM)
    user = user_id_of(actor)
    with transaction.atomic():
        _require_available(user)
        case = Case.objects.select_for_update(no_key=True).filter(pk=case_id).first()
        if case is None:
            raise NoSuchCase(_("there is no such case"))
        CASE_FLOW.step("claim", CaseState(case.state))
        if not _reach(actor, user, at).covers(case.lane_id, case.market):
            raise NotEligible(_("this case asks for a queue, market, language or skill that you do not have"))
        return hand_over(case, actor=actor, user=user, at=at)


def offer_next(*, actor: Actor, at: datetime, queues: Sequence[str] = ()) -> Case | None:
    """The case that ``claim_next`` would give now, shown but not taken; that it was offered is recorded."""
    require(actor, Permission.CASE_CLAIM)
    user = user_id_of(actor)
    within = _reach(actor, user, at, queues)
    with transaction.atomic():
        _require_available(user)
        best = claim_statement.best_waiting(within, user, at) if within else None
        if best is None:
            return None
        case = Case.objects.get(pk=best)
        if case.first_offered_at is None:
            Case.objects.filter(pk=best).update(first_offered_at=at)
        row = event_row(actor=actor, at=at, case_id=best, kind=CaseEventKind.OFFERED)
        insert_rows(CaseEvent, EVENT_COLUMNS, [row])
        record(actor=actor, at=at, verb="case.offer", subject_kind="case", subject_id=best)
    return case


def hand_over(case: Case, *, actor: Actor, user: int, at: datetime) -> Claim:
    """Give a locked, waiting case to a person: the steps of a claim one after another."""
    lease_id, queue = new_id(), reference().queues[case.queue_id]
    case.state, case.holder_id, case.vendor, case.claimed_at = CaseState.CLAIMED, user, actor.vendor, at
    case.first_claimed_at = case.first_claimed_at or at
    case.first_offered_at = case.first_offered_at or at
    case.save(update_fields=["state", "holder", "vendor", "claimed_at", "first_claimed_at", "first_offered_at"])
    expires_at = at + timedelta(seconds=queue.lease_s)
    insert_rows(
        Lease,
        ("id", "case_id", "user_id", "taken_at", "beaten_at", "length_s", "expires_at"),
        [(lease_id, case.pk, user, at, at, queue.lease_s, expires_at)],
    )
    kinds = (CaseEventKind.OFFERED, CaseEventKind.CLAIMED)
    rows = [event_row(actor=actor, at=at, case_id=case.pk, kind=kind, lease=lease_id) for kind in kinds]
    insert_rows(CaseEvent, EVENT_COLUMNS, rows)
    record(actor=actor, at=at, verb="case.claim", subject_kind="case", subject_id=case.pk, lease=str(lease_id))
    return Claim(case, lease_id, expires_at)


def _taken(known: Reference, actor: Actor, user: int, queues: Sequence[str], at: datetime) -> Claim | None:
    """The best case by what ``known`` says; nothing at all when the set-up has changed since it was loaded."""
    within = reach(known, actor, valid_skills(known, user, at), queues)
    if not within:
        return None
    if connection.vendor == "postgresql":
        return _taken_at_once(known, actor, user, within, at)
    with turn(), transaction.atomic():
        if not _is_available(user) or known.changes != checked().changes:
            return None
        best = claim_statement.best_waiting(within, user, at)
        return hand_over(Case.objects.get(pk=best), actor=actor, user=user, at=at) if best else None


def _taken_at_once(known: Reference, actor: Actor, user: int, within: Reach, at: datetime) -> Claim | None:
    """The PostgreSQL way: one statement, which is its own transaction."""
    lease_id = new_id()
    values = claim_statement.values(
        actor=actor, user=user, within=within, lease_id=lease_id, changes=known.changes, at=at
    )
    with connection.cursor() as cursor:
        for look in claim_statement.LOOKS:
            cursor.execute(claim_statement.claim(within, look), values)
            row = cursor.fetchone()
            if row is not None:
                case, expires_at = claim_statement.read(row)
                return Claim(case, lease_id, expires_at)
    return None


def _reach(actor: Actor, user: int, at: datetime, queues: Sequence[str] = ()) -> Reach:
    known = checked()
    return reach(known, actor, valid_skills(known, user, at), queues)


def _is_available(user: int) -> bool:
    return Presence.objects.filter(user_id=user, state=Availability.AVAILABLE).exists()


def _require_available(user: int) -> None:
    if not _is_available(user):
        raise NotAvailable(_("set yourself available before you take a case"))
