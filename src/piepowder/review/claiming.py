"""Claiming: the best case somebody may work on, given to exactly one person.

On PostgreSQL one statement does it: the first few cases of each lane from the lane's index, merged, the best one locked
(``SKIP LOCKED``: what another claims at this moment is passed over, never waited for), then updated by its primary key
together with its lease and events. On SQLite there is one writer at a time, so the same steps follow one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.database.bulk import insert_rows
from piepowder.database.prepared import Change, Prepared
from piepowder.database.turns import turn
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict
from piepowder.kernel.flow import WrongState
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import Entry, record, record_many
from piepowder.review import claim_statement
from piepowder.review.allowances import Limits, limits_of
from piepowder.review.assigning import free_reserved
from piepowder.review.exposure import SEVERITIES
from piepowder.review.hands import expire, hands_full, in_hand, mark_viewed, new_lease, put_aside
from piepowder.review.leases import NoSuchCase
from piepowder.review.models import Case, CaseEvent, Lease, Presence, Skip
from piepowder.review.reference import Reference, at_hand, checked, reference
from piepowder.review.standing import Reach, Wish, reach, user_id_of, valid_skills, wish
from piepowder.review.states import CASE_FLOW, Availability, CaseEventKind, CaseState, SkipKind
from piepowder.review.steps import EVENT_COLUMNS, event_row

_COLLISIONS = 8
"""How often one person's claims of the same moment may meet before it counts as an error."""


class NotAvailable(Conflict):
    code = "not_available"


class NotEligible(Conflict):
    code = "not_eligible"


class Reserved(Conflict):
    code = "reserved"


class ExposureSpent(Conflict):
    """Cases wait, but of severities of which the person has seen enough today."""

    code = "exposure_spent"


def _field(attname: str) -> Any:
    return next(field for field in Case._meta.concrete_fields if field.attname == attname)


@dataclass(frozen=True, slots=True)
class Claim:
    """A case in somebody's hands. ``lease_id`` is the token that every further step must present."""

    case: Case
    lease_id: UUID
    expires_at: datetime


def claim_next(
    *,
    actor: Actor,
    at: datetime,
    queues: Sequence[str] = (),
    offered: UUID | None = None,
    starred: Sequence[str] = (),
    seen: bool = False,
) -> Claim | None:
    """Take the best waiting case that ``actor`` may work on; ``None`` when there is none.

    First come the gravest cases of queues that preempt, then what is reserved for the person, then the queues in
    ``starred`` (codes), then all others. ``queues`` narrows the choice to those codes; ``offered`` is a case shown before
    (``offer_next``), which is taken if it still waits. Every call is a lease of its own: two tabs of one person get two
    cases. Severities of which the person has seen enough today are passed over. With ``seen`` the case is before the
    person's eyes from now on, as ``mark_viewed`` says it, in the same step. Raises ``NotAvailable`` unless the
    person has set themselves available, ``HandsFull`` when they have as many cases as they may, ``ExposureSpent`` when
    only cases wait that they should not see today, ``NotPermitted`` without ``case:claim``.
    """
    require(actor, Permission.CASE_CLAIM)
    user = user_id_of(actor)
    if offered is not None:
        with suppress(WrongState, NotEligible, NoSuchCase, Reserved, ExposureSpent):
            return _seen(claim_case(actor=actor, case_id=offered, at=at), actor, at, seen=seen)
        # Somebody was faster, or it moved on: the next best will do.
    asked = _Asked(actor, user, tuple(queues), tuple(starred), at, limits_of(user, at), seen=seen)
    claim = _taken(at_hand(), asked)
    if claim is None:
        _require_available(user)
        known = checked()
        claim = _taken(known, asked)
        if claim is None and expire(now=at, limit=50) + free_reserved(now=at, limit=50):
            claim = _taken(known, asked)
        if claim is None:
            _say_why_not(known, asked)
    return claim


def claim_urgent(*, actor: Actor, at: datetime) -> Claim | None:
    """Take the first of the gravest cases in queues that preempt; ``None`` when none waits within reach."""
    require(actor, Permission.CASE_CLAIM)
    user = user_id_of(actor)
    codes = tuple(code for code, queue in checked().by_code.items() if queue.preempts)
    limits = limits_of(user, at)
    if not codes or 0 not in limits.severities:
        return None
    asked = _Asked(actor, user, codes, (), at, limits, only_gravest=True)
    claim = _taken(checked(), asked)
    if claim is None:
        _require_available(user)
        _require_a_hand(user, limits)
    return claim


def claim_case(*, actor: Actor, case_id: UUID, at: datetime) -> Claim:
    """Take this very case, as from a search.

    Raises ``WrongState`` when it does not wait, ``NotEligible``, ``Reserved`` while it is somebody else's to take,
    ``HandsFull``, ``ExposureSpent``, ``NoSuchCase``.
    """
    require(actor, Permission.CASE_CLAIM)
    user = user_id_of(actor)
    limits = limits_of(user, at)
    # A lease that ran out unnoticed is given back first, whoever it was that held it.
    if Lease.objects.filter(case_id=case_id, expires_at__lte=at).exists():
        expire(now=at)
    with transaction.atomic():
        _require_available(user)
        case = Case.objects.select_for_update(no_key=True).filter(pk=case_id).first()
        if case is None:
            raise NoSuchCase(_("there is no such case"))
        CASE_FLOW.step("claim", CaseState(case.state))
        if not _reach(actor, user, at).covers(case.lane_id, case.market):
            raise NotEligible(_("this case asks for a queue, market, language or skill that you do not have"))
        if Skip.objects.filter(case_id=case_id, user_id=user, kind=SkipKind.OPINED, until__gt=at).exists():
            raise NotEligible(_("you have given your opinion on this case; somebody else goes on"))
        if case.reserved_for_id not in (None, user) and case.reserved_until is not None and case.reserved_until > at:
            raise Reserved(_("this case is assigned to somebody else for now"))
        if case.severity not in limits.severities:
            raise ExposureSpent(_("you have seen enough cases of this severity today"))
        _require_a_hand(user, limits)
        return hand_over(case, actor=actor, user=user, at=at)


def offer_next(*, actor: Actor, at: datetime, queues: Sequence[str] = (), starred: Sequence[str] = ()) -> Case | None:
    """The case that ``claim_next`` would give now, shown but not taken; that it was offered is recorded."""
    require(actor, Permission.CASE_CLAIM)
    user = user_id_of(actor)
    asked = _Asked(actor, user, tuple(queues), tuple(starred), at, limits_of(user, at))
    with transaction.atomic():
        _require_available(user)
        best = claim_statement.best_waiting(asked.wish(checked()), user, at)
        if best is None:
            return None
        case = Case.objects.get(pk=best)
        if case.first_offered_at is None:
            Case.objects.filter(pk=best).update(first_offered_at=at)
        row = event_row(actor=actor, at=at, case_id=best, kind=CaseEventKind.OFFERED)
        insert_rows(CaseEvent, EVENT_COLUMNS, [row])
        record(actor=actor, at=at, verb="case.offer", subject_kind="case", subject_id=best)
    return case


def hand_over(case: Case, *, actor: Actor, user: int, at: datetime, seen: bool = False) -> Claim:
    """Give a locked, waiting case to a person: the steps of a claim one after another; ``seen`` adds that they look."""
    queue = reference().queues[case.queue_id]
    case.state, case.holder_id, case.vendor, case.claimed_at = CaseState.CLAIMED, user, actor.vendor, at
    case.first_claimed_at = case.first_claimed_at or at
    case.first_offered_at = case.first_offered_at or at
    case.reserved_for_id, case.reserved_until = None, None
    if seen:
        case.first_viewed_at = case.first_viewed_at or at
        put_aside(user, at=at)
    _write_taken(*(getattr(case, name) for name in _TAKEN), case.pk)
    lease_id = new_lease(case.pk, user=user, length_s=queue.lease_s, at=at, seen=seen)
    expires_at = at + timedelta(seconds=queue.lease_s)
    kinds = (CaseEventKind.OFFERED, CaseEventKind.CLAIMED, *([CaseEventKind.VIEWED] if seen else []))
    rows = [event_row(actor=actor, at=at, case_id=case.pk, kind=kind, lease=lease_id) for kind in kinds]
    insert_rows(CaseEvent, EVENT_COLUMNS, rows)
    told = {"lease": str(lease_id)}
    verbs = ("case.claim", *(["case.view"] if seen else []))
    record_many(actor=actor, at=at, entries=[Entry(verb, "case", str(case.pk), told) for verb in verbs])
    return Claim(case, lease_id, expires_at)


_TAKEN = (
    *("state", "holder_id", "vendor", "claimed_at", "first_claimed_at", "first_offered_at", "first_viewed_at"),
    *("reserved_for_id", "reserved_until"),
)
_write_taken = Change(
    lambda *places: (Case.objects.filter(pk=places[-1]), dict(zip(_TAKEN, places[:-1], strict=True))),
    *(_field(name) for name in _TAKEN),
    Case.id,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A claim that is asked for: by whom, when, out of what, and within which limits."""

    actor: Actor
    user: int
    queues: tuple[str, ...]
    starred: tuple[str, ...]
    at: datetime
    limits: Limits
    only_gravest: bool = False
    seen: bool = False

    def wish(self, known: Reference) -> Wish:
        severities = (0,) if self.only_gravest else self.limits.severities
        skills = valid_skills(known, self.user, self.at)
        return wish(known, self.actor, skills, queues=self.queues, starred=self.starred, severities=severities)


def _taken(known: Reference, asked: _Asked) -> Claim | None:
    """The best case by what ``known`` says; nothing at all when the set-up has changed since it was loaded."""
    wanted = asked.wish(known)
    if not wanted.within or not wanted.severities:
        return None
    if connection.vendor == "postgresql":
        return _taken_at_once(known, wanted, asked)
    with turn(), transaction.atomic():
        if not _is_available(asked.user) or known.changes != checked().changes:
            return None
        if in_hand(asked.user)[0] >= asked.limits.in_hand:
            return None
        best = claim_statement.best_waiting(wanted, asked.user, asked.at)
        if best is None:
            return None
        return hand_over(_case(best)[0], actor=asked.actor, user=asked.user, at=asked.at, seen=asked.seen)


def _taken_at_once(known: Reference, wanted: Wish, asked: _Asked) -> Claim | None:
    """The PostgreSQL way: one statement, which is its own transaction."""
    lease_id = new_id()
    values = claim_statement.values(
        actor=asked.actor,
        user=asked.user,
        wish=wanted,
        in_hand=asked.limits.in_hand,
        lease_id=lease_id,
        changes=known.changes,
        at=asked.at,
    )
    for look in claim_statement.LOOKS:
        row = _answer_to(claim_statement.claim(wanted, look), values)
        if row is not None:
            case, expires_at = claim_statement.read(row)
            return _seen(Claim(case, lease_id, expires_at), asked.actor, asked.at, seen=asked.seen)
    return None


def _seen(claim: Claim, actor: Actor, at: datetime, *, seen: bool) -> Claim:
    if seen:
        mark_viewed(actor=actor, lease_id=claim.lease_id, at=at)
    return claim


def _answer_to(statement: str, values: dict[str, Any]) -> tuple[Any, ...] | None:
    """What the statement returns. Two claims of one person at one moment give their leases the same number: one of them
    is refused by the database, and looks again at how much is in hand by then."""
    for attempt in range(_COLLISIONS):
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                row: tuple[Any, ...] | None = cursor.fetchone()
                return row
        except IntegrityError:
            if connection.in_atomic_block or attempt == _COLLISIONS - 1:
                raise
    raise AssertionError("the loop returns or raises")


def _say_why_not(known: Reference, asked: _Asked) -> None:
    """Raise what keeps the person from a case although some wait; return when none does."""
    _require_a_hand(asked.user, asked.limits)
    closed = tuple(one for one in SEVERITIES if one not in asked.limits.severities)
    if closed:
        beyond = replace(asked.wish(known), severities=closed)
        if beyond.within and claim_statement.best_waiting(beyond, asked.user, asked.at) is not None:
            raise ExposureSpent(_("only cases wait of which you have seen enough today"))


def _require_a_hand(user: int, limits: Limits) -> None:
    if in_hand(user)[0] >= limits.in_hand:
        raise hands_full(user, limits.in_hand)


def _reach(actor: Actor, user: int, at: datetime, queues: Sequence[str] = ()) -> Reach:
    known = checked()
    return reach(known, actor, valid_skills(known, user, at), queues)


def _is_available(user: int) -> bool:
    return bool(_available(user))


_available = Prepared(
    lambda user: Presence.objects.filter(user_id=user, state=Availability.AVAILABLE).values_list("pk"), Presence.user
)
_case = Prepared(lambda case_id: Case.objects.filter(pk=case_id), Case.id)


def _require_available(user: int) -> None:
    if not _is_available(user):
        raise NotAvailable(_("set yourself available before you take a case"))
