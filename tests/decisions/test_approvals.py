"""Four eyes: what one person proposes another approves, and what is urgent does not wait for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.decisions.agreement import part
from piepowder.decisions.history import violations_by_policy
from piepowder.decisions.models import Decision, Proposal
from piepowder.decisions.operations import (
    EnforcementOrder,
    Judged,
    NeedsPeople,
    NewerSnapshot,
    NoSuchProposal,
    OwnProposal,
    approve,
    decide_by_machine,
    judge,
    refuse,
    withdraw_proposal,
)
from piepowder.decisions.pace import pace_by
from piepowder.kernel.actor import Actor, ActorKind, Mandate
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.review.claiming import claim_next
from piepowder.review.listing import CaseFilters
from piepowder.review.models import Allowance, Case, Draft
from piepowder.review.operations import MissingReason
from tests.decisions.conftest import REMOVED, Court, ruling

CLOSED = EnforcementOrder("account", "terminated")
APPROVES = Permission.DECISION_APPROVE


def close_account(court: Court, actor: Actor, case: Case | None = None, **changes: Any) -> Judged:
    claim = court.claim(actor, case)
    made = ruling(claim.case.item, **{"enforcements": (REMOVED, CLOSED), **changes})
    return judge(actor=actor, lease_id=claim.lease_id, ruling=made, at=court.now)


def proposed(court: Court, actor: Actor, case: Case | None = None) -> Proposal:
    judged = close_account(court, actor, case)
    assert judged.proposal is not None
    assert judged.decision is None
    return judged.proposal


def test_a_ruling_that_closes_an_account_waits_and_nothing_leaves(court: Court) -> None:
    ann, case = court.person(), court.case()
    due = case.due_at
    proposal = proposed(court, ann, case)
    case.refresh_from_db()
    assert (case.state, str(case.holder_id), case.due_at) == ("proposed", ann.ref, due)
    assert proposal.why == ["account:terminated"]
    assert Decision.objects.count() == 0
    assert claim_next(actor=court.person(), at=court.now) is None


def test_approval_issues_it_in_the_proposers_name_and_keeps_who_approved(court: Court) -> None:
    ann, lead = court.person(), court.person("house", APPROVES)
    proposal = proposed(court, ann)
    later = court.now + timedelta(minutes=9)
    decision = approve(actor=lead, proposal_id=proposal.pk, at=later)
    assert (str(decision.decider_id), str(decision.approver_id)) == (ann.ref, lead.ref)
    assert (decision.handling_ms, decision.decided_at) == (42_000, later)
    assert sorted(one.measure for one in decision.enforcements.all()) == ["content_removed", "terminated"]
    assert decision.statement.text
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decision_id) == ("approved", decision.pk)
    assert Case.objects.get().state == "decided"


def test_nobody_approves_their_own_nor_without_the_permission_nor_another_vendors(court: Court) -> None:
    lead = court.person("house", APPROVES)
    proposal = proposed(court, lead)
    with pytest.raises(OwnProposal):
        approve(actor=lead, proposal_id=proposal.pk, at=court.now)
    with pytest.raises(OwnProposal):
        refuse(actor=lead, proposal_id=proposal.pk, at=court.now, reason="No.")
    for stranger in (court.person(), court.person("acme", APPROVES)):
        with pytest.raises(NoSuchProposal):
            approve(actor=stranger, proposal_id=proposal.pk, at=court.now)
    assert Decision.objects.count() == 0


def test_sent_back_it_is_open_again_first_for_the_proposer_with_what_they_had_typed(court: Court) -> None:
    ann, bob, lead = court.person(), court.person(), court.person("house", APPROVES)
    proposal = proposed(court, ann)
    refuse(actor=lead, proposal_id=proposal.pk, at=court.now, reason="A warning will do.")
    case = Case.objects.get()
    assert case.state == "open"
    assert claim_next(actor=bob, at=court.now) is None
    claim = claim_next(actor=ann, at=court.now)
    assert claim is not None
    assert claim.case.pk == case.pk
    draft = Draft.objects.get(case=case).content
    assert draft["orders"] == {"visibility:content_removed": "", "account:terminated": ""}
    proposal.refresh_from_db()
    assert (proposal.state, proposal.reason) == ("sent_back", "A warning will do.")


def test_what_was_sent_back_is_anybodys_when_the_proposer_stays_away(court: Court) -> None:
    bob, lead = court.person(), court.person("house", APPROVES)
    proposal = proposed(court, court.person())
    refuse(actor=lead, proposal_id=proposal.pk, at=court.now, reason="No.")
    assert claim_next(actor=bob, at=court.now + timedelta(minutes=31)) is not None


def test_sending_back_needs_a_reason(court: Court) -> None:
    proposal = proposed(court, court.person())
    with pytest.raises(MissingReason):
        refuse(actor=court.person("house", APPROVES), proposal_id=proposal.pk, at=court.now, reason=" ")


def test_a_newer_snapshot_is_told_before_it_is_approved(court: Court) -> None:
    lead, case = court.person("house", APPROVES), court.case()
    proposal = proposed(court, court.person(), case)
    court.snapshot(case.item, {"title": "Another pen"})
    with pytest.raises(NewerSnapshot):
        approve(actor=lead, proposal_id=proposal.pk, at=court.now)
    decision = approve(actor=lead, proposal_id=proposal.pk, at=court.now, confirm_older=True)
    assert decision.snapshot.number == 1


def test_who_proposed_can_take_it_back_until_it_is_settled(court: Court) -> None:
    ann, lead = court.person(), court.person("house", APPROVES)
    proposal = proposed(court, ann)
    with pytest.raises(NotPermitted):
        withdraw_proposal(actor=lead, proposal_id=proposal.pk, at=court.now)
    lease = withdraw_proposal(actor=ann, proposal_id=proposal.pk, at=court.now)
    case = Case.objects.get()
    assert (case.state, case.lease.pk) == ("claimed", lease)
    assert Draft.objects.get(case=case).content["facts"]
    with pytest.raises(WrongState):
        approve(actor=lead, proposal_id=proposal.pk, at=court.now)


def test_a_proposal_is_settled_once(court: Court) -> None:
    lead, other = court.person("house", APPROVES), court.person("house", APPROVES)
    proposal = proposed(court, court.person())
    approve(actor=lead, proposal_id=proposal.pk, at=court.now)
    for again in (
        lambda: approve(actor=other, proposal_id=proposal.pk, at=court.now),
        lambda: refuse(actor=other, proposal_id=proposal.pk, at=court.now, reason="No."),
    ):
        with pytest.raises(WrongState):
            again()


def test_measures_can_be_set_to_wait_for_one_person(court: Court) -> None:
    newcomer, veteran = court.person(), court.person()
    Allowance.objects.create(user_id=int(newcomer.ref), four_eyes=["visibility:content_removed"])
    assert close_account(court, newcomer, enforcements=(REMOVED,)).proposal is not None
    assert close_account(court, veteran, enforcements=(REMOVED,)).decision is not None


def test_grave_harm_disappears_at_once_and_only_the_account_waits(court: Court) -> None:
    lead, case = court.person("house", APPROVES), court.case()
    Case.objects.filter(pk=case.pk).update(severity=0)
    judged = close_account(court, court.person(), case)
    assert judged.decision is not None
    assert judged.proposal is not None
    assert [one.measure for one in judged.decision.enforcements.all()] == ["content_removed"]
    assert judged.decision.final_at == judged.decision.decided_at
    second = approve(actor=lead, proposal_id=judged.proposal.pk, at=court.now + timedelta(minutes=5))
    assert [one.measure for one in second.enforcements.all()] == ["terminated"]
    assert second.statement.text
    judged.decision.refresh_from_db()
    assert (judged.decision.state, second.state) == ("issued", "issued")
    reader = court.person("house", Permission.BOARD_VIEW, Permission.DECISION_VIEW)
    later = court.now + timedelta(minutes=6)
    assert [one.decided for one in pace_by(reader, later, filters=CaseFilters()).values()] == [1]
    assert [one.count for one in violations_by_policy(reader, case.seller_ref, now=later)] == [1]


def test_a_live_measure_that_asks_for_four_eyes_is_issued_and_approved_afterwards(court: Court) -> None:
    ann, lead = court.person(), court.person("house", APPROVES)
    Allowance.objects.create(user_id=int(ann.ref), four_eyes=["visibility:content_removed"])
    case = court.case(court.item("livestream"))
    judged = close_account(court, ann, case, enforcements=(REMOVED,))
    assert judged.decision is not None
    assert judged.proposal is not None
    assert judged.proposal.decision_id == judged.decision.pk
    approve(actor=lead, proposal_id=judged.proposal.pk, at=court.now)
    assert Decision.objects.count() == 1


def test_an_urgent_decision_that_is_not_approved_is_judged_anew_and_replaced(court: Court) -> None:
    ann, lead = court.person(), court.person("house", APPROVES)
    Allowance.objects.create(user_id=int(ann.ref), four_eyes=["visibility:content_removed"])
    case = court.case(court.item("livestream"))
    judged = close_account(court, ann, case, enforcements=(REMOVED,))
    assert judged.proposal is not None
    assert judged.decision is not None
    refuse(actor=lead, proposal_id=judged.proposal.pk, at=court.now, reason="It was a toy.")
    claim = claim_next(actor=ann, at=court.now)
    assert claim is not None
    made = replace(ruling(case.item), enforcements=())
    again = judge(actor=ann, lease_id=claim.lease_id, ruling=made, at=court.now + timedelta(minutes=1))
    assert again.decision is not None
    assert again.decision.supersedes_id == judged.decision.pk


def test_what_two_people_ruled_independently_needs_no_third(court: Court) -> None:
    case = court.case()
    for person, expected in ((court.person(), False), (court.person(), True)):
        claim = court.claim(person, case)
        made = ruling(case.item, enforcements=(CLOSED,))
        judged = judge(actor=person, lease_id=claim.lease_id, ruling=made, at=court.now, second=True)
        assert (judged.decision is not None) is expected
    assert Proposal.objects.count() == 0


def test_a_machine_alone_cannot_order_what_asks_for_two_people(court: Court) -> None:
    machine = Actor(ActorKind.KEY, "k", (Mandate(frozenset({Permission.DECISION_ISSUE_MACHINE})),))
    item = court.item()
    with pytest.raises(NeedsPeople):
        decide_by_machine(
            actor=machine,
            item_id=item.pk,
            ruling=ruling(item, enforcements=(CLOSED,)),
            machine="eye",
            version="1",
            at=court.now,
        )


@pytest.mark.parametrize("urgent", [False, True])
def test_every_restriction_is_either_issued_or_waits(urgent: bool) -> None:
    orders = (REMOVED, EnforcementOrder("monetary", "payments_suspended"), CLOSED)
    for asked in ((), ("account:terminated",), ("visibility:content_removed",), tuple(one.key for one in orders)):
        parting = part(orders, asked, urgent=urgent)
        assert sorted([*parting.now, *parting.waiting], key=str) == sorted(orders, key=str)
        assert bool(parting.asking) == bool(asked)
        assert all(one.family == "account" for one in parting.waiting) or not urgent
