"""The end of the whole service is announced thirty days before, and given back when it was wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from piepowder.access.options import choose
from piepowder.correspondence.models import Letter
from piepowder.decisions.events import DecisionOverturned
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.operations import overturn
from piepowder.decisions.options import FOUR_EYES
from piepowder.duties.holds import held
from piepowder.duties.models import Termination
from piepowder.duties.people_listeners import on_decision_overturned
from piepowder.duties.terminations.ending import (
    AlreadyAnnounced,
    Announcement,
    BadTermination,
    NotApproved,
    OwnTermination,
    TooEarly,
    announce,
    approve_termination,
    call_off,
    carry_out,
    carry_out_due,
)
from piepowder.kernel import events
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.policy import packs
from piepowder.policy.models import Pack
from tests.decisions.conftest import policy
from tests.duties.people import officer
from tests.duties.test_traders import desk  # noqa: F401

ANNOUNCED = Announcement(
    seller_ref="S-9",
    market="DE",
    language="en",
    policy_code="T-9",
    facts="Since January buyers received copies of a branded charger instead of the original.",
)


@pytest.fixture
def chief(desk: Actor) -> Actor:  # noqa: F811
    policy("T-9", ground="terms", category="SCAMS_AND_FRAUD", keywords=[], kinds=["seller"])
    return officer(Permission.TRADER_EDIT, Permission.DECISION_ISSUE_DIRECT, Permission.DECISION_OVERTURN)


def alone(now: datetime) -> None:
    choose(actor=SYSTEM, at=now, values={FOUR_EYES: []})


def test_the_service_ends_no_sooner_than_thirty_days_after_the_statement(chief: Actor, now: datetime) -> None:
    with pytest.raises(TooEarly):
        announce(actor=chief, announcement=replace(ANNOUNCED, effective_at=now + timedelta(days=29)), at=now)
    one = announce(actor=chief, announcement=ANNOUNCED, at=now)
    # Told on March 4: thirty days end with Friday, April 3, which is Good Friday only where the calendar says so.
    assert one.effective_at >= datetime.fromisoformat("2026-04-04T00:00:00+00:00")
    letter = Letter.objects.get(pk=one.letter)
    assert "copies of a branded charger" in letter.text
    assert "Seller Terms 4.2" in letter.text
    assert not Decision.objects.exists()
    with pytest.raises(AlreadyAnnounced):
        announce(actor=chief, announcement=ANNOUNCED, at=now)
    with pytest.raises(TooEarly):
        carry_out(actor=chief, termination_id=one.pk, at=one.effective_at - timedelta(seconds=1))


def test_without_the_pack_no_notice_is_asked_for(chief: Actor, now: datetime) -> None:
    Pack.objects.filter(code="p2b").update(on=False)
    packs.forget()
    assert announce(actor=chief, announcement=ANNOUNCED, at=now).effective_at == now


def test_an_exception_needs_a_reason_and_evidence_and_then_no_notice_passes(chief: Actor, now: datetime) -> None:
    bare = replace(ANNOUNCED, exception="repeated")
    with pytest.raises(BadTermination) as refused:
        announce(actor=chief, announcement=bare, at=now)
    assert refused.value.problems[0].pointer == "/exception_reason"
    with pytest.raises(BadTermination):
        announce(actor=chief, announcement=replace(bare, exception_reason="Three times."), at=now)
    proven = replace(bare, exception_reason="Three times.", exception_evidence=("decision 1",))
    assert announce(actor=chief, announcement=proven, at=now).effective_at == now
    assert "infringed repeatedly" in Letter.objects.get(event="termination_announced").text


def test_it_takes_effect_by_itself_keeps_the_data_and_is_given_back_when_overturned(
    chief: Actor, now: datetime
) -> None:
    alone(now)
    one = announce(actor=chief, announcement=ANNOUNCED, at=now)
    assert carry_out_due(at=one.effective_at - timedelta(seconds=1)) == 0
    assert carry_out_due(at=one.effective_at) == 1
    one.refresh_from_db()
    decision = Decision.objects.get()
    assert (one.state, one.decision_id, str(decision.decider_id)) == ("effective", decision.pk, chief.ref)
    assert Enforcement.objects.get().measure == "terminated"
    assert held("seller", "S-9", one.effective_at.date())
    assert held("item", one.item_id, one.effective_at.date())
    events.subscribe(DecisionOverturned, on_decision_overturned)
    overturn(actor=chief, decision_id=decision.pk, at=one.effective_at + timedelta(days=3), reason="appeal")
    one.refresh_from_db()
    assert one.state == "reinstated"
    assert not held("seller", "S-9", one.effective_at.date())
    assert Letter.objects.filter(event="termination_reinstated").count() == 1


def test_where_four_eyes_end_accounts_nothing_happens_before_somebody_else_approved(
    chief: Actor, now: datetime
) -> None:
    one = announce(actor=chief, announcement=ANNOUNCED, at=now)
    assert carry_out_due(at=one.effective_at) == 0
    one.refresh_from_db()
    assert (one.state, one.problem) == ("announced", NotApproved.code)
    approver = officer(Permission.DECISION_APPROVE, Permission.TRADER_EDIT, Permission.DECISION_ISSUE_DIRECT)
    both = officer(Permission.DECISION_APPROVE)
    Termination.objects.filter(pk=one.pk).update(announced_by=int(both.ref))
    with pytest.raises(OwnTermination):
        approve_termination(actor=both, termination_id=one.pk, at=now)
    approve_termination(actor=approver, termination_id=one.pk, at=now)
    assert carry_out(actor=approver, termination_id=one.pk, at=one.effective_at).state == "effective"


def test_a_seller_who_clears_the_facts_up_stays(chief: Actor, now: datetime) -> None:
    one = announce(actor=chief, announcement=ANNOUNCED, at=now)
    with pytest.raises(BadTermination):
        call_off(actor=chief, termination_id=one.pk, why=" ", at=now)
    assert call_off(actor=chief, termination_id=one.pk, why="The invoices are genuine.", at=now).state == "called_off"
    assert "The invoices are genuine." in Letter.objects.get(event="termination_called_off").text
    assert carry_out_due(at=one.effective_at) == 0
    assert not Decision.objects.exists()
