"""Undoing a decision after it was final, and ruling outside any case."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.models import User
from piepowder.access.operations import set_manager
from piepowder.decisions.events import DecisionIssued, DecisionOverturned
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.operations import (
    Apart,
    BadReason,
    EnforcementOrder,
    NoSuchDecision,
    NotFinal,
    decide,
    decide_by_machine,
    on_delivery_taken,
    overturn,
    rule_directly,
    withdraw,
)
from piepowder.decisions.states import Source
from piepowder.intake.models import Report
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.errors import Forbidden
from piepowder.kernel.events import subscribe
from piepowder.kernel.flow import WrongState
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.outbox.events import DeliveryTaken
from piepowder.outbox.models import Delivery, Message
from piepowder.outbox.taking import endpoints_with_due, take
from piepowder.review.models import Case
from piepowder.review.opening import violations_of
from tests.decisions.conftest import Court, cleared, ruling

pytestmark = pytest.mark.django_db

PAID_LATER = EnforcementOrder("monetary", "suspension", days=30)
SUSPENDED = EnforcementOrder("account", "suspended", days=7)


def specialist(court: Court, *extra: Permission) -> Actor:
    return court.person(
        "house", Permission.DECISION_OVERTURN, Permission.DECISION_ISSUE_DIRECT, *extra, everywhere=True
    )


def leave(now: Any) -> None:
    while endpoints := endpoints_with_due(now):
        for endpoint in endpoints:
            take(endpoint_id=endpoint, now=now)
        Delivery.objects.filter(state="taken").update(state="delivered", taken_until=None, finished_at=now)


def test_what_never_left_is_cancelled_and_nobody_hears_of_it(court: Court, heard: list[Any]) -> None:
    decision = court.decide(court.person())
    done = overturn(actor=specialist(court), decision_id=decision.pk, at=decision.final_at, reason="own_review")
    assert [row.state for row in done.reversed] == ["cancelled"]
    assert (done.told, done.tasks) == ((), ())
    assert not Message.objects.filter(topic="enforcement.reversed").exists()
    assert violations_of(["S-1"], court.now) == {}


def test_what_is_in_force_is_reversed_and_what_cannot_be_undone_is_told(court: Court, heard: list[Any]) -> None:
    subscribe(DeliveryTaken, on_delivery_taken)
    decision = court.decide(court.person(), enforcements=(PAID_LATER, SUSPENDED))
    leave(decision.final_at)
    later = decision.final_at + timedelta(days=2)
    done = overturn(actor=specialist(court), decision_id=decision.pk, at=later, reason="court")
    assert {row.state for row in done.reversed} == {"reversed"}
    assert len(done.told) == 2
    told = {(task.kind, task.text_code) for task in done.tasks}
    assert told == {
        ("message", "statement_was_sent"),
        ("time", "was_restricted"),
        ("money", "payments_were_held"),
        ("account", "account_was_restricted"),
    }
    fact = Fact.objects.get(verb="decision.overturn")
    assert (fact.body["reason"], fact.body["enforcements"], fact.vendor) == ("court", 2, "house")


def test_a_replacement_takes_its_place_at_once_with_a_statement_of_its_own(court: Court, heard: list[Any]) -> None:
    events: list[Any] = []
    for kind in (DecisionIssued, DecisionOverturned):
        subscribe(kind, events.append)
    decision = court.decide(court.person())
    actor, later = specialist(court), court.now + timedelta(days=1)
    milder = ruling(decision.item, enforcements=(EnforcementOrder("visibility", "content_labelled"),))
    done = overturn(actor=actor, decision_id=decision.pk, at=later, reason="appeal", replacement=milder)
    assert done.replacement is not None
    assert (done.replacement.supersedes_id, done.replacement.final_at) == (decision.pk, later)
    assert done.replacement.statement.puid != decision.statement.puid
    assert violations_of(["S-1"], later) == {"S-1": 1}
    overturned = events[-1]
    assert (overturned.replacement_id, overturned.outcome) == (done.replacement.pk, "violation")
    assert Decision.objects.get(pk=decision.pk).state == "overturned"


def test_while_it_can_be_withdrawn_it_is_not_overturned(court: Court) -> None:
    actor = court.person()
    decision = court.decide(actor)
    with pytest.raises(NotFinal):
        overturn(actor=specialist(court), decision_id=decision.pk, at=court.now, reason="appeal")
    withdraw(actor=actor, decision_id=decision.pk, at=court.now)
    with pytest.raises(WrongState):
        overturn(actor=specialist(court), decision_id=decision.pk, at=decision.final_at, reason="appeal")


def test_it_is_undone_once_by_whoever_may_and_for_a_reason_that_is_a_code(court: Court) -> None:
    decision = court.decide(court.person())
    actor, at = specialist(court), decision.final_at
    with pytest.raises(Forbidden):
        overturn(actor=court.person(), decision_id=decision.pk, at=at, reason="appeal")
    with pytest.raises(BadReason):
        overturn(actor=actor, decision_id=decision.pk, at=at, reason="Ann Miller asked for it")
    with pytest.raises(NoSuchDecision):
        overturn(actor=actor, decision_id=new_id(), at=at, reason="appeal")
    overturn(actor=actor, decision_id=decision.pk, at=at, reason="appeal")
    with pytest.raises(WrongState):
        overturn(actor=actor, decision_id=decision.pk, at=at, reason="appeal")


def test_reports_are_unjudged_again_and_the_case_stays_worked(court: Court) -> None:
    item = court.item()
    court.report(item)
    case = court.case(item)
    decision = court.decide(court.person(), case)
    overturn(actor=specialist(court), decision_id=decision.pk, at=decision.final_at, reason="appeal")
    assert (Report.objects.get().founded, Report.objects.get().judged_at) == (None, None)
    assert Case.objects.get(pk=case.pk).state == "decided"


def test_a_direct_ruling_leaves_the_items_case_alone_and_names_its_own_source(court: Court) -> None:
    case = court.case()
    decision = rule_directly(
        actor=specialist(court), item_id=case.item_id, ruling=ruling(case.item), at=court.now, source=Source.AUTHORITY
    )
    assert (decision.case_id, decision.source, decision.queue) == (None, "authority", "")
    assert Case.objects.get(pk=case.pk).state == "open"
    assert violations_of(["S-1"], court.now) == {"S-1": 1}
    withdraw(actor=SYSTEM, decision_id=decision.pk, at=court.now)
    assert violations_of(["S-1"], court.now) == {}


def test_a_direct_ruling_is_a_persons_and_ends_only_the_decision_it_names(court: Court) -> None:
    actor, item = specialist(court), court.item()
    first = rule_directly(actor=actor, item_id=item.pk, ruling=ruling(item), at=court.now)
    second = rule_directly(actor=actor, item_id=item.pk, ruling=ruling(item), at=court.now)
    assert Decision.objects.filter(state="issued").count() == 2
    third = rule_directly(
        actor=actor, item_id=item.pk, ruling=cleared(item.snapshot_id), at=court.now, supersedes_id=first.pk
    )
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, third.supersedes_id) == ("superseded", "issued", first.pk)
    with pytest.raises(WrongState):
        rule_directly(actor=actor, item_id=item.pk, ruling=ruling(item), at=court.now, supersedes_id=first.pk)
    for nobody in (SYSTEM, court.person()):
        with pytest.raises(Forbidden):
            rule_directly(actor=nobody, item_id=item.pk, ruling=ruling(item), at=court.now)


def test_a_machines_decision_apart_touches_no_case_no_report_and_no_other_decision(court: Court) -> None:
    machine = court.person("house", Permission.DECISION_ISSUE_MACHINE)
    item = court.item()
    court.report(item)
    case = court.case(item)
    made = [
        decide_by_machine(
            actor=machine,
            item_id=item.pk,
            ruling=ruling(item, enforcements=(SUSPENDED,)),
            machine=f"ladder:{name}",
            version="1",
            at=court.now,
            apart=Apart(),
        )
        for name in ("one", "two")
    ]
    assert [Decision.objects.get(pk=one.pk).state for one in made] == ["issued", "issued"]
    assert Case.objects.get(pk=case.pk).state == "open"
    assert Report.objects.get().judged_at is None


def test_the_reversal_names_what_another_decision_still_restricts(court: Court, heard: list[Any]) -> None:
    actor, item = specialist(court), court.item()
    standing = rule_directly(actor=actor, item_id=item.pk, ruling=ruling(item), at=court.now)
    fallen = rule_directly(actor=actor, item_id=item.pk, ruling=ruling(item), at=court.now)
    leave(fallen.final_at)
    overturn(actor=actor, decision_id=fallen.pk, at=fallen.final_at, reason="own_review")
    body = Message.objects.get(topic="enforcement.reversed").body
    assert body["still"] == [str(Enforcement.objects.get(decision=standing).pk)]


def test_the_managers_of_the_decider_are_stored_with_the_decision_and_cannot_be_changed(court: Court) -> None:
    people = [court.person() for _ in range(8)]
    rows = [User.objects.get(pk=int(one.ref)) for one in people]
    for user, boss in itertools.pairwise(rows):
        set_manager(actor=SYSTEM, user=user, manager=boss, at=court.now)
    decision = court.decide(people[0])
    assert decision.reporting_line == [user.pk for user in rows[1:]]
    claim = court.claim(people[-1])
    alone = decide(actor=people[-1], lease_id=claim.lease_id, ruling=ruling(claim.case.item), at=court.now)
    assert alone.reporting_line == []
