"""Counter-notices: the seller shows, a person who had no part answers, and what was wrong is undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.correspondence.models import Letter
from piepowder.decisions.models import Decision, Enforcement
from piepowder.kernel.actor import Actor
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.rights.models import Claim, CounterNotice
from piepowder.rights.operations import (
    AlreadyCountered,
    BadCounter,
    NothingToCounter,
    NotTheSeller,
    OwnDecision,
    answer_counter,
    file_counter,
    withdraw_counter,
)
from piepowder.rights.queries import ClaimFilters, claims_page, owner_scores, strikes_of
from tests.rights.conftest import Desk

Make = Callable[..., Claim]


def seller(desk: Desk) -> Actor:
    return desk.key(Permission.APPEAL_FILE)


def counter(desk: Desk, claim: Claim, **changes: object) -> CounterNotice:
    said = {"seller_ref": "S-7", "ground": "authorised", "text": "Our licence is of 3 January."}
    return file_counter(actor=seller(desk), claim_id=claim.pk, at=desk.clock, **{**said, **changes})  # type: ignore[arg-type]


def hearer(desk: Desk) -> Actor:
    return desk.person(Permission.DECISION_OVERTURN, Permission.RIGHT_VIEW)


def outcome(desk: Desk) -> str:
    return claims_page(desk.person(Permission.RIGHT_VIEW), ClaimFilters(), offset=0, limit=1)[0].outcome  # type: ignore[attr-defined, no-any-return]


def test_accepting_undoes_the_decision_and_tells_both_sides(desk: Desk, claimed: Make) -> None:
    claim = claimed()
    desk.decide(claim.item)
    assert (outcome(desk), strikes_of(["S-7"], now=desk.clock)["S-7"].strikes) == ("founded", 1)
    filed = counter(desk, claim, evidence=[desk.upload().digest])

    answer_counter(
        actor=hearer(desk), counter_id=filed.pk, accepted=True, answer="The licence covers it.", at=desk.clock
    )

    assert Decision.objects.get().state == "overturned"
    assert set(Enforcement.objects.values_list("state", flat=True)) <= {"reversed", "cancelled"}
    assert outcome(desk) == "countered"
    assert strikes_of(["S-7"], now=desk.clock) == {}
    assert (owner_scores(["R-1"])["R-1"].failed, owner_scores(["R-1"])["R-1"].judged) == (1, 1)
    letters = {one.event: one for one in Letter.objects.all()}
    assert letters["counter.answered"].places["outcome"] == "restored"
    assert "The licence covers it." in letters["claim.countered"].text
    assert letters["claim.countered"].recipient_ref == "R-1"


def test_rejecting_changes_nothing_and_says_why(desk: Desk, claimed: Make) -> None:
    claim = claimed()
    desk.decide(claim.item)
    filed = counter(desk, claim)
    answer_counter(
        actor=desk.person(Permission.RIGHT_EDIT),
        counter_id=filed.pk,
        accepted=False,
        answer="It names another brand.",
        at=desk.clock,
    )
    assert (Decision.objects.get().state, outcome(desk)) == ("issued", "founded")
    assert "until" in Letter.objects.get(event="counter.answered").text


def test_nobody_answers_what_is_brought_against_their_own_decision(desk: Desk, claimed: Make) -> None:
    claim = claimed()
    decision = desk.decide(claim.item)
    filed = counter(desk, claim)
    decider = hearer(desk)
    decider = Actor(decider.kind, str(decision.decider_id), decider.mandates, "house")

    with pytest.raises(OwnDecision):
        answer_counter(actor=decider, counter_id=filed.pk, accepted=False, answer="I was right.", at=desk.clock)
    with pytest.raises(OwnDecision):
        key = desk.key(Permission.DECISION_OVERTURN, Permission.RIGHT_EDIT)
        answer_counter(actor=key, counter_id=filed.pk, accepted=True, answer="Automatic.", at=desk.clock)
    with pytest.raises(NotPermitted):
        answer_counter(
            actor=desk.person(Permission.RIGHT_EDIT), counter_id=filed.pk, accepted=True, answer="Yes.", at=desk.clock
        )
    filed.refresh_from_db()
    assert filed.state == "filed"


def test_only_the_seller_answers_and_only_once(desk: Desk, claimed: Make) -> None:
    claim = claimed()
    with pytest.raises(NotTheSeller):
        counter(desk, claim, seller_ref="S-8")
    with pytest.raises(NotTheSeller):
        counter(desk, claim, seller_ref="")
    first = counter(desk, claim)
    with pytest.raises(AlreadyCountered):
        counter(desk, claim)
    withdraw_counter(actor=seller(desk), counter_id=first.pk, seller_ref="S-7", at=desk.clock)
    with pytest.raises(WrongState):
        withdraw_counter(actor=seller(desk), counter_id=first.pk, seller_ref="S-7", at=desk.clock)
    second = counter(desk, claim)
    answer_counter(
        actor=desk.person(Permission.RIGHT_EDIT), counter_id=second.pk, accepted=False, answer="No.", at=desk.clock
    )
    with pytest.raises(AlreadyCountered):
        counter(desk, claim)


def test_a_claim_that_failed_needs_no_answer(desk: Desk, claimed: Make) -> None:
    claim = claimed()
    desk.decide(claim.item, "no_violation")
    assert outcome(desk) == "unfounded"
    with pytest.raises(NothingToCounter):
        counter(desk, claim)


def test_what_an_answer_lacks_is_told(desk: Desk, claimed: Make) -> None:
    claim = claimed()
    for changes in (
        {"ground": "because"},
        {"text": " "},
        {"text": "x" * 20_001},
        {"text": "\0"},
        {"evidence": ["b" * 64]},
    ):
        with pytest.raises(BadCounter):
            counter(desk, claim, **changes)
    with pytest.raises(NotPermitted):
        file_counter(
            actor=desk.key(Permission.RIGHT_VIEW),
            claim_id=claim.pk,
            seller_ref="S-7",
            ground="mistake",
            text="x",
            at=desk.clock,
        )


def test_whoever_was_authorised_once_is_told_of_at_the_next_claim(desk: Desk, claimed: Make) -> None:
    right = desk.right()
    filed = counter(desk, claimed("L-1", right))
    answer_counter(actor=hearer(desk), counter_id=filed.pk, accepted=True, answer="Yes.", at=desk.clock)

    assert claimed("L-2", right).warnings == ["seller_authorised"]


def test_the_ledger_keeps_no_word_of_either_side(desk: Desk, claimed: Make) -> None:
    filed = counter(desk, claimed())
    answer_counter(actor=hearer(desk), counter_id=filed.pk, accepted=False, answer="Qxreason.", at=desk.clock)
    told = str([(fact.subject_id, fact.body) for fact in Fact.objects.all()])
    for secret in ("licence", "Qxreason", "S-7", "Lumi"):
        assert secret not in told
