"""The way of a case that more than one person judges: what decisions need from review for opinions and approvals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from piepowder.kernel.actor import Actor
from piepowder.review.case_clocks import terms_for
from piepowder.review.claiming import hand_over
from piepowder.review.hands import HANDS, let_go, put_back
from piepowder.review.lanes import lanes_for
from piepowder.review.leases import locked_case, locked_lease
from piepowder.review.models import Case, Draft, Lane, Skip
from piepowder.review.reference import QueueEntry, note_change, reference
from piepowder.review.standing import ADJUDICATION, user_id_of
from piepowder.review.states import CASE_FLOW, CaseEventKind, CaseState, SkipKind
from piepowder.review.steps import take_step, write_clock

NEVER_AGAIN = timedelta(days=36_500)
KEPT_FOR = timedelta(minutes=30)
"""How long a case that was sent back is kept for the person it came from, before anybody may take it."""

_CLOCK = ("due_at", "at_risk_at", "rank")


def put_back_judged(*, actor: Actor, lease_id: UUID, at: datetime) -> Case:
    """The holder has given their opinion: the case waits for somebody else, and is never offered to them again.

    Its clock runs on. Raises ``LeaseLost``.
    """
    with transaction.atomic():
        lease = locked_lease(actor, lease_id, at)
        case = lease.case
        CASE_FLOW.step("opine", CaseState(case.state))
        user, until = user_id_of(actor), at + NEVER_AGAIN
        Skip.objects.create(case_id=case.pk, user_id=user, kind=SkipKind.OPINED, at=at, until=until)
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.OPINED, verb="case.opine", lease=lease_id)
        Draft.objects.filter(case_id=case.pk, user_id=user).delete()
        let_go(case, at=at, lease=lease)
        put_back(case)
        case.save(update_fields=HANDS)
    return case


def take_up_again(*, actor: Actor, case_id: UUID, at: datetime) -> UUID:
    """Give a waiting case back to somebody who takes their opinion back; returns the lease. Raises ``WrongState``."""
    with transaction.atomic():
        case = locked_case(case_id)
        CASE_FLOW.step("claim", CaseState(case.state))
        user = user_id_of(actor)
        Skip.objects.filter(case_id=case.pk, user_id=user, kind=SkipKind.OPINED).delete()
        return hand_over(case, actor=actor, user=user, at=at).lease_id


def adjudicate(*, actor: Actor, case_id: UUID, at: datetime) -> Case:
    """The opinions differ: the case goes where its queue has differing opinions adjudicated, else it waits where it is.

    There only people with ``case:adjudicate`` can claim it. The time already used counts on.
    """
    with transaction.atomic():
        case = locked_case(case_id)
        case.state = CASE_FLOW.step("split", CaseState(case.state))
        known = reference()
        here = known.queues[case.queue_id]
        above = known.queues.get(here.adjudicates_to) if here.adjudicates_to else None
        if above is not None and above.active and above.id != here.id:
            body = {"from": here.code, "queue": above.code, **_promise(case, above)}
            case.queue_id = above.id
            case.lane_id = lanes_for(known, [(above, case.language)])[above.id, case.language].id
        else:
            body = {"from": here.code, "queue": here.code}
            case.lane_id = _lane_of_adjudicators(here, case.language)
        routed = case.why_here.get("routed") or case.why_here
        case.why_here = {
            "by": CaseEventKind.SPLIT.value, "from": here.code, "version": routed.get("version", 0), "routed": routed
        }  # fmt: skip
        case.split_at = at
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.SPLIT, verb="case.split", body=body)
        write_clock(case, now=at)
        case.save(update_fields=["state", "queue", "lane", "why_here", "split_at", *_CLOCK])
    return case


def await_approval(*, actor: Actor, lease_id: UUID, at: datetime) -> Case:
    """The holder has proposed a decision: the case waits for approval, still theirs; its clock runs on."""
    with transaction.atomic():
        lease = locked_lease(actor, lease_id, at)
        case = lease.case
        case.state = CASE_FLOW.step("propose", CaseState(case.state))
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.PROPOSED, verb="case.propose", lease=lease_id)
        let_go(case, at=at, lease=lease)
        case.save(update_fields=["state"])
    return case


def close_approved(*, actor: Actor, case_id: UUID, at: datetime) -> Case:
    """The proposal was approved: the case is decided and its clock stops; it stays with who proposed."""
    with transaction.atomic():
        case = locked_case(case_id)
        case.state, case.decided_at = CASE_FLOW.step("approve", CaseState(case.state)), at
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.DECIDED, verb="case.decide")
        Draft.objects.filter(case_id=case.pk).delete()
        write_clock(case, now=at)
        case.save(update_fields=["state", "decided_at", *_CLOCK])
    return case


def send_back(*, actor: Actor, case_id: UUID, to: int, at: datetime, reason: str) -> Case:
    """The proposal does not stand: the case is open again, for a while only to the person ``to``."""
    with transaction.atomic():
        case = locked_case(case_id)
        CASE_FLOW.step("send_back", CaseState(case.state))
        body = {"reason": reason}
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.SENT_BACK, verb="case.send_back", body=body)
        put_back(case)
        case.reserved_for_id, case.reserved_until = to, at + KEPT_FOR
        case.save(update_fields=HANDS)
    return case


def take_proposal_back(*, actor: Actor, case_id: UUID, at: datetime) -> UUID:
    """Whoever proposed has thought better of it and has the case in hand again; returns the lease."""
    with transaction.atomic():
        case = locked_case(case_id)
        CASE_FLOW.step("send_back", CaseState(case.state))
        body = {"own": True}
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.SENT_BACK, verb="case.send_back", body=body)
        put_back(case)
        return hand_over(case, actor=actor, user=user_id_of(actor), at=at).lease_id


def keep_for(case: Case, user: int, *, at: datetime) -> None:
    """Keep a locked, waiting case for one person for a while."""
    case.reserved_for_id, case.reserved_until = user, at + KEPT_FOR
    case.save(update_fields=["reserved_for", "reserved_until"])


def judge_anew(case: Case) -> None:
    """Forget who has judged a reopened case and that they differed; the caller has locked it and saves it."""
    Skip.objects.filter(case_id=case.pk, kind=SkipKind.OPINED).delete()
    if case.split_at is not None:
        case.split_at = None
        known = reference()
        queue = known.queues[case.queue_id]
        case.lane_id = lanes_for(known, [(queue, case.language)])[queue.id, case.language].id


def _promise(case: Case, queue: QueueEntry) -> dict[str, Any]:
    terms = terms_for(reference(), queue, case.severity)
    return {"clock": terms.as_json() if terms else None}


def _lane_of_adjudicators(queue: QueueEntry, language: str) -> int:
    known = reference().lanes.get((queue.id, language, ADJUDICATION))
    if known is not None:
        return known.id
    lane, made = Lane.objects.get_or_create(queue_id=queue.id, language=language, skill=ADJUDICATION)
    if made:
        note_change()
    return lane.pk
