"""Four eyes: rulings with certain measures become decisions only when a second person has approved them.

What is urgent does not wait (``agreement.part``): it is issued at once and shown for approval afterwards; only measures
on the account wait even then, and are issued as a decision of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.options import chosen
from piepowder.access.queries import actor_for, reporting_line
from piepowder.access.visibility import NotPermitted, require
from piepowder.database.prepared import Prepared
from piepowder.decisions import panels
from piepowder.decisions.deciding import NewerSnapshot, issue, locked_item
from piepowder.decisions.issuing import Bench
from piepowder.decisions.models import Decision, Proposal
from piepowder.decisions.options import FOUR_EYES
from piepowder.decisions.ruling import Ruling, as_draft, as_json, from_json
from piepowder.decisions.states import PROPOSAL_FLOW, ProposalState
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Place
from piepowder.kernel.errors import Forbidden, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.joint import await_approval, close_approved, keep_for, send_back, take_proposal_back
from piepowder.review.leases import given_reason, locked_case
from piepowder.review.models import Allowance, Case, Draft, Queue
from piepowder.review.operations import AnotherCaseOpen, reopen
from piepowder.review.states import CaseState


class NoSuchProposal(NotFound):
    code = "no_such_proposal"


class OwnProposal(Forbidden):
    """Nobody approves their own."""

    code = "own_proposal"


def asked_of(actor: Actor) -> frozenset[str]:
    """The measures that wait for approval when ``actor`` orders them: everybody's, and those set for this person."""
    own = _own_measures.first(int(actor.ref))
    return frozenset([*chosen(FOUR_EYES), *(own or ())])


_own_measures = Prepared(
    lambda user: Allowance.objects.filter(user_id=user).values_list("four_eyes", flat=True), Allowance.user
)


def propose(
    *,
    actor: Actor,
    case: Case,
    ruling: Ruling,
    why: Sequence[str],
    at: datetime,
    handling_ms: int,
    lease_id: UUID | None = None,
    issued: Decision | None = None,
    urgent: bool = False,
) -> Proposal:
    """Keep a ruling that waits for approval. By ``lease_id`` the case waits with it; without, it was decided already.

    ``issued`` is an urgent decision that is only shown for approval.
    """
    if lease_id is not None:
        await_approval(actor=actor, lease_id=lease_id, at=at)
    proposal = Proposal.objects.create(
        case=case,
        proposer_id=int(actor.ref),
        vendor=actor.vendor,
        ruling=as_json(ruling),
        why=list(why),
        handling_ms=handling_ms,
        proposed_at=at,
        decision=issued,
        urgent=urgent,
    )
    told: dict[str, Any] = {
        "case": str(case.pk),
        "why": list(why),
        "urgent": urgent,
        "decision": str(issued.pk) if issued else None,
    }
    record(actor=actor, at=at, verb="proposal.make", subject_kind="proposal", subject_id=proposal.pk, **told)
    return proposal


@transaction.atomic
def approve(*, actor: Actor, proposal_id: UUID, at: datetime, confirm_older: bool = False) -> Decision:
    """Approve somebody else's ruling: the decision is issued in the proposer's name, and leaves as any other does.

    Raises ``OwnProposal``, ``NotPermitted``, ``WrongState`` when somebody was faster, and ``NewerSnapshot`` when the item
    has changed since, unless ``confirm_older`` says that the approver knows; then nothing changes.
    """
    proposal, item, case = _locked(actor, proposal_id, Permission.DECISION_APPROVE)
    _require_other(actor, proposal)
    if proposal.decision is not None:
        decision = proposal.decision
    else:
        ruling = from_json(proposal.ruling)
        if item.snapshot_id != ruling.snapshot_id and not (confirm_older or ruling.confirm_older_snapshot):
            raise NewerSnapshot(
                _("the item has changed since this was proposed; look at it, or confirm the older version")
            )
        decision = _issued(actor, proposal, item, case, replace(ruling, confirm_older_snapshot=True), at)
    _settle(proposal, "approve", actor=actor, at=at, decision=decision)
    return decision


def _issued(actor: Actor, proposal: Proposal, item: Item, case: Case, ruling: Ruling, at: datetime) -> Decision:
    proposer = User.objects.select_related("vendor", "site", "team").get(pk=proposal.proposer_id)
    waits = case.state != CaseState.DECIDED
    if waits:
        close_approved(actor=actor, case_id=case.pk, at=at)
    panel = panels.sitting(case.pk) if waits else None
    bench = Bench(
        actor=actor_for(proposer, now=at),
        by=actor,
        case_id=case.pk if waits else None,
        queue=case.queue.code,
        decider_id=proposer.pk,
        handling_ms=proposal.handling_ms if waits else None,
        urgent=case.severity == 0,
        others=tuple(one.user_id for one in panels.standing(panel)) if panel is not None else (),
    )
    decision = issue(bench, item, ruling, at, case if waits else None, beside=None if waits else case)
    if panel is not None:
        panels.adjudicated(panel, decision=decision, actor=actor, at=at)
    return decision


@transaction.atomic
def refuse(*, actor: Actor, proposal_id: UUID, at: datetime, reason: str) -> Proposal:
    """Send a proposal back with the reason: the case is open again, first for the proposer, with what they had typed.

    An urgent decision that was already issued stands until its case, which is open again, is decided anew.
    """
    why = given_reason(reason)
    proposal, _item, case = _locked(actor, proposal_id, Permission.DECISION_APPROVE)
    _require_other(actor, proposal)
    _settle(proposal, "send_back", actor=actor, at=at, decision=proposal.decision, reason=why)
    if case.state == CaseState.PROPOSED:
        send_back(actor=actor, case_id=case.pk, to=proposal.proposer_id, at=at, reason=why)
        _restore(proposal, at)
    elif proposal.decision is not None and case.state == CaseState.DECIDED:
        _judged_anew(proposal, at, why)
    return proposal


def _judged_anew(proposal: Proposal, at: datetime, why: str) -> None:
    """Open the case of an urgent decision again. Where the item has a newer case already, that one is judged instead."""
    try:
        with transaction.atomic():
            case = reopen(actor=SYSTEM, case_id=proposal.case_id, at=at, reason=why)
    except AnotherCaseOpen:
        return
    keep_for(case, proposal.proposer_id, at=at)
    _restore(proposal, at)


@transaction.atomic
def withdraw_proposal(*, actor: Actor, proposal_id: UUID, at: datetime) -> UUID | None:
    """Take one's own proposal back while nobody has settled it; returns the lease, if the case is in hand again."""
    proposal, _item, case = _locked(actor, proposal_id, Permission.CASE_DECIDE)
    if not _is_own(actor, proposal):
        raise NotPermitted(_("only who proposed it can take it back"))
    if proposal.decision is not None:
        raise NotPermitted(_("what was issued at once cannot be taken back"))
    _settle(proposal, "void", actor=actor, at=at)
    if case.state != CaseState.PROPOSED:
        return None
    lease_id = take_proposal_back(actor=actor, case_id=case.pk, at=at)
    _restore(proposal, at)
    return lease_id


def _locked(actor: Actor, proposal_id: UUID, permission: Permission) -> tuple[Proposal, Item, Case]:
    """The pending proposal with its item and case, each locked in intake's order; one out of sight does not exist."""
    rows = Proposal.objects.select_related("case__queue", "proposer__vendor", "decision")
    found = rows.filter(pk=proposal_id).first()
    if found is None or not (
        _is_own(actor, found) or actor.may(permission, place_of_proposal(found, found.case.queue))
    ):
        raise NoSuchProposal(_("there is no such proposal"))
    require(actor, permission, place_of_proposal(found, found.case.queue))
    item = locked_item(found.case.item_id)
    case = locked_case(found.case_id)
    proposal = rows.select_for_update(of=("self",), no_key=True).get(pk=proposal_id)
    PROPOSAL_FLOW.step("approve", ProposalState(proposal.state))
    return proposal, item, case


def place_of_proposal(proposal: Proposal, queue: Queue) -> Place:
    case = proposal.case
    return Place(vendor=proposal.vendor, queue=queue.code, market=case.market, language=case.language)


def _is_own(actor: Actor, proposal: Proposal) -> bool:
    return actor.kind is ActorKind.PERSON and str(proposal.proposer_id) == actor.ref


def _require_other(actor: Actor, proposal: Proposal) -> None:
    if actor.kind is not ActorKind.PERSON or _is_own(actor, proposal):
        raise OwnProposal(_("a second person approves it, not the one who proposed it"))


def _settle(
    proposal: Proposal, verb: str, *, actor: Actor, at: datetime, decision: Decision | None = None, reason: str = ""
) -> None:
    proposal.state = PROPOSAL_FLOW.step(verb, ProposalState(proposal.state))
    proposal.settled_at, proposal.settled_by_id = at, int(actor.ref)
    proposal.settled_line = reporting_line(int(actor.ref))
    proposal.reason, proposal.decision = reason, decision
    proposal.save(update_fields=["state", "settled_at", "settled_by", "settled_line", "reason", "decision"])
    told = {"case": str(proposal.case_id), "decision": str(decision.pk) if decision else None}
    record(
        actor=actor,
        at=at,
        verb=f"proposal.{verb}",
        subject_kind="proposal",
        subject_id=proposal.pk,
        vendor=proposal.vendor,
        **told,
    )


def _restore(proposal: Proposal, at: datetime) -> None:
    content = as_draft(from_json(proposal.ruling))
    Draft.objects.update_or_create(
        case_id=proposal.case_id, user_id=proposal.proposer_id, defaults={"content": content, "saved_at": at}
    )
