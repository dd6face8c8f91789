"""Undo: within the grace period everything is taken back at once; afterwards nothing is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from piepowder.decisions.events import DecisionWithdrawn
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.operations import NoSuchDecision, TooLate, decide, decide_by_machine, withdraw
from piepowder.decisions.queries import undoable
from piepowder.kernel.errors import Forbidden
from piepowder.kernel.flow import WrongState
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Delivery, Message
from piepowder.outbox.taking import endpoints_with_due, take
from piepowder.review.deciding import reopen
from piepowder.review.models import Case, CaseEvent
from piepowder.review.opening import violations_of
from tests.decisions.conftest import Court, cleared, ruling

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)


def take_all_due(now: Any) -> None:
    for endpoint in endpoints_with_due(now):
        take(endpoint_id=endpoint, now=now)


def test_undo_takes_back_decision_restriction_messages_and_count_and_hands_the_case_back(
    court: Court, heard: list[Any]
) -> None:
    actor = court.person()
    decision = court.decide(actor)
    undone = withdraw(actor=actor, decision_id=decision.pk, at=court.now + timedelta(seconds=3))
    decision.refresh_from_db()
    assert (decision.state, decision.withdrawn_at) == ("withdrawn", court.now + timedelta(seconds=3))
    assert decision.enforcements.get().state == "cancelled"
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    assert violations_of(["S-1"], court.now) == {}
    case = Case.objects.get(pk=decision.case_id)
    assert (case.state, str(case.holder_id)) == ("claimed", actor.ref)
    assert undone.case is not None
    assert undone.case.lease.user_id == int(actor.ref)
    assert CaseEvent.objects.filter(case=case, kind="reopened").count() == 1
    assert isinstance(heard[-1], DecisionWithdrawn)
    fact = Fact.objects.get(verb="decision.withdraw")
    assert (fact.subject_id, fact.vendor, fact.body["enforcements"]) == (str(decision.pk), "house", 1)


def test_the_last_instant_before_the_decision_is_final_is_in_time_and_the_next_is_not(court: Court) -> None:
    actor = court.person()
    early, late = court.decide(actor), court.decide(actor)
    withdraw(actor=actor, decision_id=early.pk, at=early.final_at - TICK)
    before = Fact.objects.count()
    with pytest.raises(TooLate) as refused:
        withdraw(actor=actor, decision_id=late.pk, at=late.final_at)
    assert refused.value.code == "too_late"
    late.refresh_from_db()
    assert (late.state, late.enforcements.get().state) == ("issued", "scheduled")
    assert Fact.objects.count() == before


def test_what_was_taken_to_be_sent_cannot_be_taken_back_whatever_the_clock_says(court: Court, heard: list[Any]) -> None:
    actor = court.person()
    decision = court.decide(actor)
    take_all_due(decision.final_at)
    with pytest.raises(TooLate):
        withdraw(actor=actor, decision_id=decision.pk, at=decision.final_at - TICK)
    decision.refresh_from_db()
    assert decision.state == "issued"
    assert Case.objects.get(pk=decision.case_id).state == "decided"
    assert violations_of(["S-1"], court.now) == {"S-1": 1}


def test_nothing_is_taken_before_the_decision_is_final_and_a_withdrawn_one_never(
    court: Court, heard: list[Any]
) -> None:
    actor = court.person()
    decision = court.decide(actor)
    take_all_due(decision.final_at - TICK)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}
    withdraw(actor=actor, decision_id=decision.pk, at=decision.final_at - TICK)
    take_all_due(decision.final_at + timedelta(days=1))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Enforcement.objects.get().state == "cancelled"


def test_a_decision_is_withdrawn_once(court: Court) -> None:
    actor = court.person()
    decision = court.decide(actor)
    withdraw(actor=actor, decision_id=decision.pk, at=court.now)
    with pytest.raises(WrongState):
        withdraw(actor=actor, decision_id=decision.pk, at=court.now)
    with pytest.raises(NoSuchDecision):
        withdraw(actor=actor, decision_id=new_id(), at=court.now)


def test_only_the_decider_or_whoever_may_withdraw_any_undoes(court: Court) -> None:
    decider, colleague = court.person(), court.person()
    lead = court.person("house", Permission.DECISION_WITHDRAW_ANY)
    foreign_lead = court.person("acme", Permission.DECISION_WITHDRAW_ANY)
    decision = court.decide(decider)
    for other in (colleague, foreign_lead):
        with pytest.raises(Forbidden):
            withdraw(actor=other, decision_id=decision.pk, at=court.now)
    withdraw(actor=lead, decision_id=decision.pk, at=court.now)
    case = Case.objects.get(pk=decision.case_id)
    assert (case.state, case.holder_id) == ("open", None)


def test_a_cleared_item_is_not_cleared_when_that_is_undone(court: Court) -> None:
    actor, case = court.person(), court.case()
    claim = court.claim(actor, case)
    decision = decide(actor=actor, lease_id=claim.lease_id, ruling=cleared(case.snapshot_id), at=court.now)
    withdraw(actor=actor, decision_id=decision.pk, at=court.now)
    assert Delivery.objects.get().state == "cancelled"
    assert violations_of(["S-1"], court.now) == {}


def test_the_next_decision_on_the_case_refers_to_the_withdrawn_one(court: Court) -> None:
    actor = court.person()
    first = court.decide(actor)
    lease = withdraw(actor=actor, decision_id=first.pk, at=court.now).case.lease  # type: ignore[union-attr]
    second = decide(
        actor=actor, lease_id=lease.pk, ruling=cleared(first.snapshot_id), at=court.now + timedelta(seconds=5)
    )
    assert second.supersedes_id == first.pk
    first.refresh_from_db()
    assert first.state == "withdrawn"


def test_undoable_lists_the_actors_own_decisions_until_they_are_final(court: Court) -> None:
    actor, other = court.person(), court.person()
    decision, gone = court.decide(actor), court.decide(actor)
    court.decide(other)
    withdraw(actor=actor, decision_id=gone.pk, at=court.now)
    assert [row.decision_id for row in undoable(actor, decision.final_at - TICK)] == [decision.pk]
    assert undoable(actor, decision.final_at) == []


def test_a_restriction_is_in_force_once_its_message_was_taken_and_the_record_says_that_nobody_was_told(
    court: Court, heard: list[Any]
) -> None:
    decision = court.decide(court.person())
    # The statement goes first; until it is out the restriction waits behind it.
    take_all_due(decision.final_at)
    assert Enforcement.objects.get().state == "scheduled"
    Delivery.objects.filter(message__topic="statement.issued").update(
        state="delivered", taken_until=None, finished_at=decision.final_at
    )
    later = decision.final_at + timedelta(seconds=1)
    take_all_due(later)
    row = Enforcement.objects.get()
    assert (row.state, row.dispatched_at) == ("dispatched", later)
    fact = Fact.objects.get(verb="enforcement.dispatch")
    assert (fact.subject_id, fact.vendor, fact.body["told"]) == (str(row.pk), "house", False)


def test_a_later_decision_on_a_case_reopened_by_appeal_supersedes_and_reverses(court: Court, heard: list[Any]) -> None:
    actor = court.person()
    first = court.decide(actor)
    Delivery.objects.filter(message__topic="statement.issued").update(
        state="delivered", tried_since=first.final_at, finished_at=first.final_at
    )
    take_all_due(first.final_at)
    later = first.final_at + timedelta(days=3)
    case = reopen(actor=actor, case_id=first.case_id, at=later, reason="appeal", hand_back=True)
    second = decide(actor=actor, lease_id=case.lease.pk, ruling=cleared(first.snapshot_id), at=later)
    first.refresh_from_db()
    assert (first.state, second.supersedes_id) == ("superseded", first.pk)
    row = first.enforcements.get()
    assert (row.state, row.reversed_at) == ("reversed", later)
    reversal = Message.objects.get(topic="enforcement.reversed")
    assert reversal.body["enforcement"] == str(row.pk)
    assert violations_of(["S-1"], later) == {}
    assert Decision.objects.filter(case=case, state="issued").count() == 1


def test_a_superseded_restriction_that_never_left_is_cancelled_and_nobody_hears_of_it(court: Court) -> None:
    actor = court.person()
    machine = court.person("house", Permission.DECISION_ISSUE_MACHINE)
    item = court.item()
    first = decide_by_machine(
        actor=machine, item_id=item.pk, ruling=ruling(item), machine="eye", version="2", at=court.now
    )
    second = decide_by_machine(
        actor=machine, item_id=item.pk, ruling=cleared(first.snapshot_id), machine="eye", version="3", at=court.now
    )
    first.refresh_from_db()
    assert (first.state, second.supersedes_id) == ("superseded", first.pk)
    assert first.enforcements.get().state == "cancelled"
    assert not Message.objects.filter(topic="enforcement.reversed").exists()
    assert undoable(actor, court.now) == []
