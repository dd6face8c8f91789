"""What people do about statements that did not go by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.intake.models import Item
from piepowder.interop.line import halt, standing
from piepowder.interop.models import Line, Submission
from piepowder.interop.operations import (
    BadToken,
    NoSuchSubmission,
    NotSecondPerson,
    ReasonNeeded,
    TokenFromEnvironment,
    give_up,
    override,
    resume,
    retry,
    switch_token,
)
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.flow import WrongState
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.interop.conftest import DUE, Desk

pytestmark = pytest.mark.django_db
WHY = "The address belongs to the company itself."


@pytest.fixture
def officer(desk: Desk) -> Actor:
    return desk.court.person("house", Permission.SUBMISSION_EDIT, Permission.SUBMISSION_VIEW, everywhere=True)


def blocked(desk: Desk, **changes: Any) -> Submission:
    submission = desk.decide(facts="Write to shop@pens.example and see picture 2.", **changes)
    desk.turns()
    submission.refresh_from_db()
    return submission


def test_personal_data_stop_a_statement_until_a_second_person_lets_it_pass(desk: Desk, officer: Actor) -> None:
    submission = blocked(desk)
    assert submission.state == "blocked"
    assert [(one["field"], one["kind"]) for one in submission.found] == [("decision_facts", "email")]
    assert "pens.example" not in str(submission.found)
    decider = submission.statement.decision.decider
    assert decider is not None
    himself = Actor(officer.kind, str(decider.pk), officer.mandates)
    for refused in (himself, SYSTEM):
        with pytest.raises(NotSecondPerson):
            override(actor=refused, submission_id=submission.pk, reason=WHY, at=desk.now)
    with pytest.raises(ReasonNeeded):
        override(actor=officer, submission_id=submission.pk, reason="fine", at=desk.now)
    override(actor=officer, submission_id=submission.pk, reason=WHY, at=desk.now)
    desk.turns(DUE + timedelta(minutes=1))
    submission.refresh_from_db()
    assert (submission.state, submission.overridden_by_id) == ("sent", int(officer.ref))
    assert desk.stored() == [submission.puid]
    fact = Fact.objects.get(verb="submission.override")
    assert fact.body == {"kinds": ["email"]}
    with pytest.raises(WrongState):
        override(actor=officer, submission_id=submission.pk, reason=WHY, at=desk.now)


def test_the_sellers_own_name_is_found_in_the_facts(desk: Desk) -> None:
    item = desk.court.item("seller", external_id="S-9", seller_ref="S-9", title="Pens")
    assert item.snapshot is not None
    desk.court.snapshot(item, {"name": "Pens", "legal_name": "Erika Beispiel e.K."})
    assert Item.objects.get(external_id="S-9").snapshot.content["legal_name"]  # type: ignore[union-attr]
    submission = desk.decide(
        item={"seller_ref": "S-9"}, facts="The seller erika  beispiel e.K. shows a vape in picture 2."
    )
    desk.turns()
    submission.refresh_from_db()
    assert [one["kind"] for one in submission.found] == ["name"]


@pytest.mark.parametrize(("kind", "state"), [("company", "sent"), ("sole_trader", "blocked")])
def test_the_name_of_a_shop_is_looked_for_where_it_may_be_a_persons(desk: Desk, kind: str, state: str) -> None:
    item = desk.court.item("seller", external_id="S-9", seller_ref="S-9", title="Erika's Pens")
    desk.court.snapshot(item, {"name": "Erika's Pens", "legal_name": "Pens GmbH", "business_type": kind})
    submission = desk.decide(item={"seller_ref": "S-9"}, facts="Picture 2 reads Erika's Pens over a row of vapes.")
    desk.turns()
    submission.refresh_from_db()
    assert submission.state == state


def test_what_is_given_up_can_be_taken_up_again(desk: Desk, officer: Actor) -> None:
    submission = blocked(desk)
    give_up(actor=officer, submission_id=submission.pk, reason=WHY, at=desk.now)
    desk.turns(timedelta(days=1))
    assert desk.stored() == []
    retry(actor=officer, submission_id=submission.pk, at=desk.now)
    desk.turns(timedelta(days=1))
    submission.refresh_from_db()
    assert submission.state == "blocked"
    with pytest.raises(WrongState):
        retry(actor=officer, submission_id=submission.pk, at=desk.now)
    with pytest.raises(NoSuchSubmission):
        retry(actor=officer, submission_id=new_id(), at=desk.now)


def test_a_token_is_switched_at_once_and_ends_the_halt(desk: Desk, officer: Actor, settings: Any) -> None:
    settings.DSA_TOKEN = ""
    switch_token(actor=officer, token="a", at=desk.now)
    submission = desk.decide()
    desk.simulator.replace_token("a", "next")
    desk.turns()
    assert standing().halted_at == desk.now + DUE
    switch_token(actor=officer, token=" next ", at=desk.now)
    # The attempt that was under way with the old token comes back refused: the new one is not halted by it.
    assert halt(token="a", problem="answered 401", at=desk.now) is False
    desk.turns(DUE + timedelta(minutes=1))
    submission.refresh_from_db()
    assert (submission.state, standing().halted_at) == ("sent", None)
    assert "next" not in str(list(Fact.objects.values_list("body", flat=True)))


def test_a_halted_token_can_be_tried_again(desk: Desk, officer: Actor) -> None:
    desk.decide()
    desk.simulator.trouble(401)
    desk.turns()
    assert standing().halted_at is not None
    resume(actor=officer, at=desk.now)
    desk.turns()
    assert len(desk.stored()) == 1


@pytest.mark.parametrize("token", ["", "  ", "two words", "schlüssel", "x" * 2_001])
def test_what_cannot_be_a_token_is_refused(desk: Desk, officer: Actor, settings: Any, token: str) -> None:
    settings.DSA_TOKEN = ""
    with pytest.raises(BadToken):
        switch_token(actor=officer, token=token, at=desk.now)
    assert not Line.objects.exists()


def test_a_token_of_the_environment_is_changed_there(desk: Desk, officer: Actor) -> None:
    with pytest.raises(TokenFromEnvironment):
        switch_token(actor=officer, token="b", at=desk.now)


def test_one_vendors_people_may_do_none_of_it(desk: Desk, now: datetime) -> None:
    lead = desk.court.person("acme", Permission.SUBMISSION_EDIT)
    submission = blocked(desk)
    for call in (
        lambda: override(actor=lead, submission_id=submission.pk, reason=WHY, at=now),
        lambda: retry(actor=lead, submission_id=submission.pk, at=now),
        lambda: give_up(actor=lead, submission_id=submission.pk, reason=WHY, at=now),
        lambda: switch_token(actor=lead, token="b", at=now),
        lambda: resume(actor=lead, at=now),
    ):
        with pytest.raises(NotPermitted):
            call()
