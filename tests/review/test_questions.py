"""Held cases that wait for an answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import Actor, ActorKind, Mandate, Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Message
from piepowder.review import operations as review
from piepowder.review.models import Case, Question
from piepowder.review.questions import open_questions, questions_of
from tests.review.conftest import BENCH, LEAD, Court

ANSWERS = LEAD | {Permission.QUESTION_ANSWER}


def ask(court: Court, person: Actor, to: str = "policy", text: str = "Is a toy gun a weapon?") -> Case:
    claim = court.claim(person)
    until = court.now + timedelta(days=2)
    question = review.Ask(to, text)
    return review.hold(actor=person, lease_id=claim.lease_id, at=court.now, until=until, question=question)


def test_an_answer_ends_the_hold_and_the_case_returns_to_who_asked(court: Court) -> None:
    court.queue()
    court.case()
    person, other, answerer = court.person(), court.person(), court.person(permissions=ANSWERS)
    case = ask(court, person)
    assert (case.state, case.hold_reason != "") == ("held", True)
    court.pass_time(minutes=9)
    row = review.answer(actor=answerer, at=court.now, case_id=case.pk, text=" Not if it is orange. ")
    assert (row.answer, row.answered_by, row.answered_at) == ("Not if it is orange.", answerer.ref, court.now)
    stored = Case.objects.get()
    assert (stored.state, stored.reserved_for_id) == ("open", int(person.ref))
    assert review.claim_next(actor=other, at=court.now) is None
    assert court.claim(person).case.pk == case.pk
    (line,) = questions_of(person, case.pk)
    assert (line.answer, line.mine) == ("Not if it is orange.", True)


def test_the_answer_for_somebody_who_left_goes_to_whoever_is_there(court: Court) -> None:
    court.queue()
    court.case()
    person, other = court.person(), court.person()
    case = ask(court, person)
    review.set_availability(actor=person, state="offline", at=court.now)
    review.answer(actor=court.person(permissions=ANSWERS), at=court.now, case_id=case.pk, text="Yes.")
    assert court.claim(other).case.pk == case.pk


def test_a_question_to_the_seller_leaves_through_the_outbox_and_is_answered_with_a_key(court: Court) -> None:
    court.queue()
    court.case(seller_ref="S-9", external_id="L-9")
    person = court.person()
    case = ask(court, person, to="seller", text="Which brand is it?")
    message = Message.objects.get(topic="case.question")
    question = Question.objects.get()
    assert message.body["text"] == "Which brand is it?"
    assert (message.body["item"], message.body["seller"]) == ({"kind": "listing", "id": "L-9"}, "S-9")
    assert (message.body["question"], message.body["case"]) == (str(question.pk), str(case.pk))
    key = Actor(ActorKind.KEY, "market", mandates=(Mandate(frozenset({Permission.QUESTION_ANSWER})),))
    review.answer(actor=key, at=court.now, case_id=case.pk, question_id=question.pk, text="Acme")
    assert Case.objects.get().state == "open"


def test_a_question_is_answered_once(court: Court) -> None:
    court.queue()
    court.case()
    case = ask(court, court.person())
    answerer = court.person(permissions=ANSWERS)
    review.answer(actor=answerer, at=court.now, case_id=case.pk, text="Yes.")
    with pytest.raises(review.AlreadyAnswered):
        review.answer(actor=answerer, at=court.now, case_id=case.pk, text="No.")
    assert Question.objects.get().answer == "Yes."


def test_an_answer_after_the_hold_is_kept_and_changes_nothing_else(court: Court) -> None:
    court.queue()
    court.case()
    person = court.person()
    case = ask(court, person)
    review.resume(actor=person, case_id=case.pk, at=court.now)
    claim = court.claim(person)
    review.answer(actor=court.person(permissions=ANSWERS), at=court.now, case_id=case.pk, text="Yes.")
    assert Case.objects.get().state == "claimed"
    review.heartbeat(actor=person, lease_id=claim.lease_id, at=court.now)
    assert questions_of(person, case.pk)[0].answer == "Yes."


@pytest.mark.parametrize(("to", "text"), [("oracle", "Will it rain?"), ("legal", "  "), ("legal", "x" * 2_001)])
def test_what_cannot_be_asked_leaves_the_case_in_hand(court: Court, to: str, text: str) -> None:
    court.queue()
    court.case()
    with pytest.raises(review.BadQuestion):
        ask(court, court.person(), to=to, text=text)
    assert (Case.objects.get().state, Question.objects.count()) == ("claimed", 0)


def test_neither_question_nor_answer_stands_in_the_ledger(court: Court) -> None:
    court.queue()
    court.case()
    case = ask(court, court.person(), to="seller", text="Is Ms Fox your daughter?")
    review.answer(actor=court.person(permissions=ANSWERS), at=court.now, case_id=case.pk, text="Ms Fox is.")
    assert not any("Fox" in str(body) for body in Fact.objects.values_list("body", flat=True))


def test_questions_of_another_vendor_are_neither_seen_nor_answered(court: Court) -> None:
    court.queue()
    court.case()
    case = ask(court, court.person(vendor="acme"))
    stranger = court.person(vendor="zenith", permissions=ANSWERS)
    assert (open_questions(stranger), questions_of(stranger, case.pk)) == ([], [])
    with pytest.raises(review.NoSuchQuestion):
        review.answer(actor=stranger, at=court.now, case_id=case.pk, text="Yes.")
    own = court.person(vendor="acme", permissions=ANSWERS)
    assert [line.case_id for line in open_questions(own)] == [case.pk]
    house = court.person(permissions=ANSWERS)
    assert [line.vendor for line in open_questions(house, to="policy")] == ["acme"]
    assert open_questions(house, to="legal") == []
    with pytest.raises(NotPermitted):
        review.answer(actor=court.person(permissions=BENCH), at=court.now, case_id=case.pk, text="Yes.")
    assert own.scopes(Permission.QUESTION_ANSWER) == (Scope(vendors=frozenset({"acme"})),)
