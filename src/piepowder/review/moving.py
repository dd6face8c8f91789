"""Moving a case without deciding it: release, skip, hold, resume, transfer, escalate, reprioritise, close.

What somebody has in hand they move by their lease. By ``case_id`` a person moves what waits, and with
``case:reassign`` also what another holds. Every step is one transaction with its event and its fact.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.kernel.actor import SYSTEM, Actor, ActorKind
from piepowder.kernel.errors import Conflict, NotFound, Refused
from piepowder.kernel.permissions import Permission
from piepowder.review.allowances import skips_left
from piepowder.review.case_clocks import terms_for
from piepowder.review.hands import HANDS, end_hold, let_go, put_back
from piepowder.review.lanes import lanes_for
from piepowder.review.leases import given_reason, locked_case, locked_lease, require_in_scope
from piepowder.review.models import Case, Draft, Lease, Skip
from piepowder.review.questions import Ask, put_question
from piepowder.review.reference import QueueEntry, reference
from piepowder.review.standing import user_id_of
from piepowder.review.states import CASE_FLOW, CaseEventKind, CaseState
from piepowder.review.steps import take_step, write_clock

SKIPPED_FOR = timedelta(hours=24)


class UnknownQueue(NotFound):
    code = "unknown_queue"


class QueueClosed(Refused):
    code = "queue_closed"


class NoEscalationQueue(Refused):
    code = "no_escalation_queue"


class BadHold(Refused):
    code = "bad_hold"


class SkipsSpent(Conflict):
    """The person has passed as often as they may on one of their days; the case stays in their hands."""

    code = "skips_spent"


class BadSeverity(Refused):
    code = "bad_severity"


def release(
    *, actor: Actor, at: datetime, reason: str = "", lease_id: UUID | None = None, case_id: UUID | None = None
) -> Case:
    """Put the case back for anybody. A lead may take it out of another's hands by ``case_id``, with a reason."""
    with transaction.atomic():
        case, lease = _in_hand(actor, at, lease_id, case_id, Permission.CASE_CLAIM)
        CASE_FLOW.step("release", CaseState(case.state))
        body = {"reason": reason.strip()[:300], "person": _holder(case)}
        kind = CaseEventKind.RELEASED
        take_step(actor=actor, at=at, case=case, kind=kind, verb="case.release", lease=_pk(lease), body=body)
        let_go(case, at=at, lease=lease)
        put_back(case)
        case.save(update_fields=HANDS)
    return case


def skip(*, actor: Actor, lease_id: UUID, at: datetime, reason: str) -> Case:
    """Pass on the case: it goes back for others and is not offered to this person again for a day.

    Raises ``SkipsSpent`` when they have passed as often as they may on one of their days.
    """
    why = given_reason(reason)
    with transaction.atomic():
        case, lease = _in_hand(actor, at, lease_id, None, Permission.CASE_SKIP)
        CASE_FLOW.step("skip", CaseState(case.state))
        user = user_id_of(actor)
        if not skips_left(user, at):
            raise SkipsSpent(_("you have passed on as many cases today as you may"))
        Skip.objects.create(case_id=case.pk, user_id=user, reason=why[:200], at=at, until=at + SKIPPED_FOR)
        body, kind = {"reason": why}, CaseEventKind.SKIPPED
        take_step(actor=actor, at=at, case=case, kind=kind, verb="case.skip", lease=_pk(lease), body=body)
        let_go(case, at=at, lease=lease)
        put_back(case)
        case.save(update_fields=HANDS)
    return case


def hold(
    *, actor: Actor, lease_id: UUID, at: datetime, until: datetime, reason: str = "", question: Ask | None = None
) -> Case:
    """Let the case wait for something outside; its clock stands still until it is resumed, at ``until`` at the latest.

    With a ``question`` its answer ends the hold before that. The case stays with the person's vendor meanwhile, and what
    they typed is kept.
    """
    why = question.reason() if question is not None and not reason.strip() else given_reason(reason)
    if until <= at:
        raise BadHold(_("a hold ends in the future"))
    with transaction.atomic():
        case, lease = _in_hand(actor, at, lease_id, None, Permission.CASE_HOLD)
        case.state = CASE_FLOW.step("hold", CaseState(case.state))
        case.hold_until, case.hold_reason = until, why
        body = {"reason": why, "until": until.isoformat()}
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.HELD, verb="case.hold", lease=_pk(lease), body=body)
        let_go(case, at=at, lease=lease)
        if question is not None:
            put_question(case, question, actor=actor, at=at, until=until)
        write_clock(case, now=at)
        case.save(update_fields=[*HANDS, *_CLOCK])
    return case


def resume(*, actor: Actor, case_id: UUID, at: datetime) -> Case:
    """End a hold: the case waits for anybody again and its clock runs on with what was left."""
    with transaction.atomic():
        case = locked_case(case_id)
        if actor.kind is not ActorKind.SYSTEM:
            require_in_scope(actor, Permission.CASE_HOLD, case)
        CASE_FLOW.step("resume", CaseState(case.state))
        end_hold(case, actor=actor, at=at)
    return case


def resume_due(*, now: datetime, limit: int = 200) -> int:
    """End the holds that have run out; returns how many."""
    with transaction.atomic():
        due = Case.objects.filter(state=CaseState.HELD, hold_until__lte=now).order_by("hold_until", "id")
        cases = list(due.select_for_update(skip_locked=True, no_key=True)[:limit])
        for case in cases:
            end_hold(case, actor=SYSTEM, at=now)
    return len(cases)


def transfer(
    *,
    actor: Actor,
    at: datetime,
    queue_code: str,
    reason: str,
    lease_id: UUID | None = None,
    case_id: UUID | None = None,
) -> Case:
    """Move the case to another queue, with that queue's promise; the time already used counts on."""
    why = given_reason(reason)
    with transaction.atomic():
        case, lease = _in_hand(actor, at, lease_id, case_id, Permission.CASE_TRANSFER)
        queue = reference().by_code.get(queue_code)
        if queue is None:
            raise UnknownQueue(_("there is no queue '%(code)s'") % {"code": queue_code})
        CASE_FLOW.step("transfer", CaseState(case.state))
        let_go(case, at=at, lease=lease)
        _move(case, queue, actor, at, CaseEventKind.TRANSFERRED, "case.transfer", _pk(lease), why)
    return case


def escalate(
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    severity: int | None = None,
    lease_id: UUID | None = None,
    case_id: UUID | None = None,
) -> Case:
    """Hand the case up to the queue that its queue escalates to, graver if ``severity`` says so."""
    why = given_reason(reason)
    _check_severity(severity)
    with transaction.atomic():
        case, lease = _in_hand(actor, at, lease_id, case_id, Permission.CASE_ESCALATE)
        known = reference()
        above = known.queues[case.queue_id].escalates_to
        if above is None:
            raise NoEscalationQueue(_("this queue has none to escalate to"))
        CASE_FLOW.step("escalate", CaseState(case.state))
        let_go(case, at=at, lease=lease)
        if severity is not None:
            case.severity = min(case.severity, severity)
        _move(case, known.queues[above], actor, at, CaseEventKind.ESCALATED, "case.escalate", _pk(lease), why)
    return case


def reprioritise(*, actor: Actor, case_id: UUID, at: datetime, severity: int, reason: str) -> Case:
    """Set the severity of an open case, and with it the promise; whoever holds it keeps it."""
    why = given_reason(reason)
    _check_severity(severity)
    with transaction.atomic():
        case = locked_case(case_id)
        require_in_scope(actor, Permission.CASE_REASSIGN, case)
        CASE_FLOW.step("close", CaseState(case.state))  # Whatever may still be closed may still be made graver.
        case.severity = severity
        body = {"reason": why, "severity": severity, **_promise(case, reference().queues[case.queue_id])}
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.REPRIORITISED, verb="case.reprioritise", body=body)
        write_clock(case, now=at)
        case.save(update_fields=["severity", *_CLOCK])
    return case


def close(*, actor: Actor, case_id: UUID, at: datetime, reason: str) -> Case:
    """End the case without a decision, as when it was opened by mistake; its clock is cancelled."""
    why = given_reason(reason)
    with transaction.atomic():
        case = locked_case(case_id)
        require_in_scope(actor, Permission.CASE_REASSIGN, case)
        case.state = CASE_FLOW.step("close", CaseState(case.state))
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.CLOSED, verb="case.close", body={"reason": why})
        let_go(case, at=at)
        Draft.objects.filter(case_id=case.pk).delete()
        write_clock(case, now=at)
        case.save(update_fields=["state", *_CLOCK])
    return case


_CLOCK = ("due_at", "at_risk_at", "rank")


def _in_hand(
    actor: Actor, at: datetime, lease_id: UUID | None, case_id: UUID | None, permission: Permission
) -> tuple[Case, Lease | None]:
    """The locked case and the lease it is moved by; see the module for who may."""
    if lease_id is not None:
        lease = locked_lease(actor, lease_id, at)
        require_in_scope(actor, permission, lease.case)
        return lease.case, lease
    assert case_id is not None, "a case is moved by its lease or by its id"
    case = locked_case(case_id)
    waits = case.state == CaseState.OPEN
    require_in_scope(actor, permission if waits else Permission.CASE_REASSIGN, case)
    return case, None


def _move(
    case: Case,
    queue: QueueEntry,
    actor: Actor,
    at: datetime,
    kind: CaseEventKind,
    verb: str,
    lease: UUID | None,
    reason: str,
) -> None:
    if not queue.active:
        raise QueueClosed(_("the queue '%(code)s' is closed") % {"code": queue.code})
    known = reference()
    came_from = known.queues[case.queue_id].code
    body = {
        "reason": reason,
        "from": came_from,
        "queue": queue.code,
        "severity": case.severity,
        "person": _holder(case),
        **_promise(case, queue),
    }
    take_step(actor=actor, at=at, case=case, kind=kind, verb=verb, lease=lease, body=body)
    case.queue_id = queue.id
    case.lane_id = lanes_for(known, [(queue, case.language)])[queue.id, case.language].id
    routed = case.why_here.get("routed") or case.why_here
    case.why_here = {"by": kind.value, "from": came_from, "version": routed.get("version", 0), "routed": routed}
    put_back(case)
    write_clock(case, now=at)
    case.save(update_fields=[*HANDS, *_CLOCK, "queue", "lane", "severity", "why_here"])


def _promise(case: Case, queue: QueueEntry) -> dict[str, Any]:
    terms = terms_for(reference(), queue, case.severity)
    return {"clock": terms.as_json() if terms else None}


def _pk(lease: Lease | None) -> UUID | None:
    return lease.pk if lease is not None else None


def _holder(case: Case) -> str:
    return str(case.holder_id) if case.holder_id else ""


def _check_severity(severity: int | None) -> None:
    if severity is not None and severity not in (0, 1, 2, 3):
        raise BadSeverity(_("a severity is 0, 1, 2 or 3"))
