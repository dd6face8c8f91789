"""The end of a case, and its return: what decisions need from review."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import NotPermitted
from piepowder.database.prepared import Change
from piepowder.intake.models import Item
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Conflict
from piepowder.kernel.permissions import Permission
from piepowder.review.claiming import hand_over
from piepowder.review.hands import let_go
from piepowder.review.joint import judge_anew
from piepowder.review.leases import LeaseLost, given_reason, locked_case, locked_lease, require_in_scope
from piepowder.review.models import Case, Draft, Lease, SellerViolations
from piepowder.review.opening import day_of
from piepowder.review.standing import user_id_of
from piepowder.review.states import ACTIVE_STATES, CASE_FLOW, CaseEventKind, CaseState
from piepowder.review.steps import take_step, write_clock

_REOPENED = (
    *("state", "decided_at", "holder", "vendor", "claimed_at", "due_at", "at_risk_at", "rank"),
    *("lane", "split_at"),
)


class AnotherCaseOpen(Conflict):
    code = "another_case_open"


def close_for_decision(
    *,
    actor: Actor,
    case_id: UUID,
    lease_id: UUID | None,
    at: datetime,
    told: Mapping[str, Any] | None = None,
    lease: Lease | None = None,
) -> Case:
    """Mark the case decided and stop its clock; the caller writes the decision in the same transaction.

    A person presents their lease: one that is foreign, expired or of another case raises ``LeaseLost`` and nothing is
    written. Without a lease a machine decides, and only a case that waits (``WrongState`` otherwise). The case keeps
    holder, vendor and ``claimed_at`` as they were when it was decided. ``told`` stands with the step in the case's history.
    ``lease`` is what ``locked_lease`` returned, where the caller has locked it already.
    """
    with transaction.atomic(savepoint=lease is None):
        if lease is None and lease_id is not None:
            lease = locked_lease(actor, lease_id, at)
        if lease is not None:
            case = lease.case
            if case.pk != case_id:
                raise LeaseLost(_("this lease is for another case"))
            require_in_scope(actor, Permission.CASE_DECIDE, case)
        else:
            case = locked_case(case_id)
            require_in_scope(actor, Permission.DECISION_ISSUE_MACHINE, case)
        verb = "decide" if lease_id is not None else "decide_by_machine"
        case.state, case.decided_at = CASE_FLOW.step(verb, CaseState(case.state)), at
        take_step(
            actor=actor, at=at, case=case, kind=CaseEventKind.DECIDED, verb="case.decide", lease=lease_id, body=told
        )
        let_go(case, at=at, lease=lease)
        _drop_drafts(case.pk)
        write_clock(case, now=at)
        _write_decided(case.state, case.decided_at, case.due_at, case.at_risk_at, case.rank, case.pk)
    return case


_drop_drafts = Change(lambda case: (Draft.objects.filter(case_id=case), None), Draft.case)
_write_decided = Change(
    lambda state, decided_at, due_at, at_risk_at, rank, case: (
        Case.objects.filter(pk=case),
        {"state": state, "decided_at": decided_at, "due_at": due_at, "at_risk_at": at_risk_at, "rank": rank},
    ),
    *(Case.state, Case.decided_at, Case.due_at, Case.at_risk_at, Case.rank, Case.id),
)


def reopen(*, actor: Actor, case_id: UUID, at: datetime, reason: str, hand_back: bool = False) -> Case:
    """Take a decision's case up again; its clock continues or restarts as its queue says.

    With ``hand_back`` it goes straight back to ``actor`` if they had decided it themselves (``case.lease`` is the new
    lease); otherwise it waits for anybody. Raises ``AnotherCaseOpen`` when the item meanwhile has a newer open case,
    ``NotPermitted`` for somebody else's case without ``decision:withdraw_any``.
    """
    why = given_reason(reason)
    with transaction.atomic():
        # The item first, as intake does: news of it must not open a second case at this moment.
        list(Item.objects.filter(cases=case_id).select_for_update(of=("self",), no_key=True).values_list("pk"))
        case = locked_case(case_id)
        own = case.holder_id is not None and str(case.holder_id) == actor.ref
        if own and actor.may(Permission.CASE_DECIDE):
            require_in_scope(actor, Permission.CASE_DECIDE, case)
        elif case.holder_id is None and actor.may(Permission.DECISION_ISSUE_MACHINE):
            require_in_scope(actor, Permission.DECISION_ISSUE_MACHINE, case)
        elif actor.may(Permission.DECISION_WITHDRAW_ANY):
            require_in_scope(actor, Permission.DECISION_WITHDRAW_ANY, case)
        else:
            raise NotPermitted(_("only who decided it, or a lead, takes a case up again"))
        case.state = CASE_FLOW.step("reopen", CaseState(case.state))
        if Case.objects.filter(item_id=case.item_id, state__in=ACTIVE_STATES).exists():
            raise AnotherCaseOpen(_("this item already has a newer open case"))
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.REOPENED, verb="case.reopen", body={"reason": why})
        case.decided_at, case.holder_id, case.vendor, case.claimed_at = None, None, "", None
        if not own:
            judge_anew(case)
        write_clock(case, now=at)
        case.save(update_fields=_REOPENED)
        if hand_back and own:
            hand_over(case, actor=actor, user=user_id_of(actor), at=at)
    return case


def note_violation(*, seller_ref: str, at: datetime, count: int = 1) -> None:
    """Count a decision that found a violation by the seller; a withdrawn one is counted back with ``count=-1``.

    Decisions call it; routing reads it. ``at`` is the time of the decision, also when it is withdrawn later.
    """
    if not seller_ref:
        return
    with transaction.atomic():
        row, _ = SellerViolations.objects.select_for_update().get_or_create(
            seller_ref=seller_ref, on=day_of(at), defaults={"count": 0}
        )
        SellerViolations.objects.filter(pk=row.pk).update(count=max(0, row.count + count))
