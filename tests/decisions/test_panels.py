"""Several people judge a case, each without knowing of the others."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from piepowder.decisions.agreement import Sense, Verdict, verdict
from piepowder.decisions.models import Decision, Opinion, Panel
from piepowder.decisions.operations import (
    CaseTaken,
    Judged,
    OpinionGiven,
    TooLate,
    decide_by_machine,
    judge,
    take_back,
    withdraw,
)
from piepowder.kernel.actor import Actor, ActorKind, Mandate
from piepowder.kernel.permissions import Permission
from piepowder.review import reference
from piepowder.review.claiming import NotEligible, claim_case, claim_next
from piepowder.review.models import Case, CaseEvent, Draft, Queue
from piepowder.review.notebook import notes_around
from piepowder.review.operations import About, write_note
from piepowder.review.timeline import timeline
from tests.decisions.conftest import REMOVED, Court, cleared, ruling

ADJUDICATES = Permission.CASE_ADJUDICATE


@pytest.fixture
def panel(court: Court) -> Court:
    """The court with two of three people who must agree."""
    Queue.objects.filter(pk=court.queue.pk).update(opinions=3, agreeing=2)
    reference.forget()
    return court


def say(court: Court, actor: Actor, case: Case, *, clears: bool = False, after: int = 0, **changes: Any) -> Judged:
    """What ``actor`` says about the case ``after`` so many seconds, having looked at it for 42 of them."""
    at = court.now + timedelta(seconds=after)
    claim = claim_case(actor=actor, case_id=case.pk, at=at - timedelta(seconds=42))
    second = changes.pop("second", False)
    item = Case.objects.get(pk=case.pk).item
    made = cleared(item.snapshot_id) if clears and item.snapshot_id else replace(ruling(item), **changes)
    return judge(actor=actor, lease_id=claim.lease_id, ruling=made, at=at, second=second)


def test_the_first_opinion_decides_nothing_and_the_case_waits_for_somebody_else(panel: Court) -> None:
    ann, bob = panel.person(), panel.person()
    case = panel.case()
    judged = say(panel, ann, case)
    case.refresh_from_db()
    assert judged.decision is None
    assert judged.opinion is not None
    assert (case.state, case.holder_id, case.vendor) == ("open", None, "")
    assert judged.opinion.handling_ms == 42_000
    assert claim_next(actor=ann, at=panel.now) is None
    with pytest.raises(NotEligible):
        claim_case(actor=ann, case_id=case.pk, at=panel.now)
    claim = claim_next(actor=bob, at=panel.now)
    assert claim is not None
    assert claim.case.pk == case.pk


def test_as_soon_as_enough_agree_the_last_of_them_decides(panel: Court) -> None:
    ann, bob = panel.person(), panel.person("acme")
    case = panel.case()
    say(panel, ann, case)
    judged = say(panel, bob, case, after=100, facts="Another view: the nozzle of a disposable vape is to be seen.")
    decision = judged.decision
    assert decision is not None
    assert (str(decision.decider_id), decision.vendor, decision.handling_ms) == (bob.ref, "acme", 42_000)
    assert set(decision.panel.given.values_list("user_id", flat=True)) == {int(ann.ref), int(bob.ref)}
    case.refresh_from_db()
    assert case.state == "decided"
    assert decision.panel.state == "agreed"


def test_the_clock_runs_on_between_opinions(panel: Court) -> None:
    case = panel.case()
    before = Case.objects.values_list("due_at", "rank").get(pk=case.pk)
    say(panel, panel.person(), case)
    assert Case.objects.values_list("due_at", "rank").get(pk=case.pk) == before


def test_different_measures_are_no_agreement(panel: Court) -> None:
    case = panel.case()
    say(panel, panel.person(), case)
    assert say(panel, panel.person(), case, after=60, enforcements=()).decision is None


def test_when_agreement_is_impossible_only_an_adjudicator_gets_the_case_and_decides_alone(panel: Court) -> None:
    first, other, third = panel.person(), panel.person(), panel.person()
    adjudicator = panel.person("house", ADJUDICATES)
    case = panel.case()
    say(panel, first, case)
    say(panel, other, case, clears=True, after=60)
    judged = say(panel, third, case, after=120, enforcements=())
    assert judged.split
    assert judged.decision is None
    case.refresh_from_db()
    assert case.state == "open"
    assert case.split_at == panel.now + timedelta(seconds=120)
    later = panel.now + timedelta(seconds=200)
    assert claim_next(actor=panel.person(), at=later) is None
    claim = claim_next(actor=adjudicator, at=later)
    assert claim is not None
    assert claim.case.pk == case.pk
    done = judge(actor=adjudicator, lease_id=claim.lease_id, ruling=cleared(case.snapshot_id), at=later)
    assert done.decision is not None
    assert done.opinion is None
    assert done.decision.panel.given.count() == 3


def test_cases_without_agreement_go_to_the_queue_that_adjudicates(panel: Court) -> None:
    above = Queue.objects.create(code="court", name="Court")
    Queue.objects.filter(pk=panel.queue.pk).update(opinions=2, agreeing=2, adjudicates_to=above)
    reference.forget()
    case, judge_of_court = panel.case(), panel.person()
    say(panel, panel.person(), case)
    assert say(panel, panel.person(), case, clears=True, after=60).split
    case.refresh_from_db()
    assert case.queue_id == above.pk
    assert say(panel, judge_of_court, case, after=120).decision is not None


def test_who_gave_an_opinion_does_not_adjudicate(panel: Court) -> None:
    Queue.objects.filter(pk=panel.queue.pk).update(opinions=2, agreeing=2)
    reference.forget()
    lead = panel.person("house", ADJUDICATES)
    case = panel.case()
    say(panel, lead, case)
    say(panel, panel.person(), case, clears=True, after=60)
    assert claim_next(actor=lead, at=panel.now + timedelta(seconds=120)) is None


def test_nobody_is_told_of_an_opinion_before_they_have_spoken(panel: Court) -> None:
    ann, bob = panel.person(), panel.person()
    lead = panel.person("house", ADJUDICATES)
    case = panel.case()
    say(panel, ann, case)
    kinds = [line.kind for line in timeline(bob, case.pk)]
    assert kinds == ["opened"]
    assert "opined" in [line.kind for line in timeline(lead, case.pk)]
    assert "opined" in [line.kind for line in timeline(ann, case.pk)]
    claim = claim_case(actor=lead, case_id=case.pk, at=panel.now)
    assert "opined" not in [line.kind for line in timeline(lead, case.pk)]
    judge(actor=lead, lease_id=claim.lease_id, ruling=ruling(case.item), at=panel.now)
    assert "opined" in [line.kind for line in timeline(bob, case.pk)]


def test_a_note_on_the_case_by_somebody_who_judged_it_is_read_only_afterwards(panel: Court) -> None:
    ann, bob = (panel.person("house", Permission.NOTE_WRITE) for _ in range(2))
    case = panel.case()
    about = About(kind="case", case_id=case.pk)
    write_note(actor=ann, about=about, text="Clearly a vape, I say.", at=panel.now)
    seen = lambda: [one.text for one in notes_around(bob, now=panel.now, case_id=case.pk).comments]  # noqa: E731
    assert seen() == ["Clearly a vape, I say."]
    say(panel, ann, case)
    assert seen() == []
    say(panel, bob, case, after=60)
    assert seen() == ["Clearly a vape, I say."]


def test_a_reviewer_asks_for_a_second_opinion_and_agreement_decides(court: Court) -> None:
    ann, bob = court.person(), court.person()
    case = court.case()
    assert say(court, ann, case, second=True).decision is None
    assert say(court, bob, case, after=60).decision is not None


def test_a_second_opinion_that_differs_is_adjudicated(court: Court) -> None:
    case = court.case()
    say(court, court.person(), case, second=True)
    assert say(court, court.person(), case, clears=True, after=60).split


def test_an_opinion_can_be_taken_back_while_nobody_went_on_from_it(panel: Court) -> None:
    ann = panel.person()
    case = panel.case()
    judged = say(panel, ann, case)
    assert judged.opinion is not None
    take_back(actor=ann, opinion_id=judged.opinion.pk, at=panel.now + timedelta(seconds=5))
    case.refresh_from_db()
    assert (case.state, str(case.holder_id)) == ("claimed", ann.ref)
    assert Draft.objects.get(case=case).content["facts"] == ruling(case.item).facts
    again = judge(
        actor=ann,
        lease_id=case.lease.pk,
        ruling=cleared(case.snapshot_id),
        at=panel.now + timedelta(seconds=8),
    )
    assert again.opinion is not None
    assert Opinion.objects.filter(withdrawn_at__isnull=True).get().outcome == "no_violation"


def test_an_opinion_stays_when_another_has_the_case_or_the_time_is_over(panel: Court) -> None:
    ann, case = panel.person(), panel.case()
    judged = say(panel, ann, case)
    assert judged.opinion is not None
    with pytest.raises(TooLate):
        take_back(actor=ann, opinion_id=judged.opinion.pk, at=panel.now + timedelta(seconds=10))
    claim_case(actor=panel.person(), case_id=case.pk, at=panel.now)
    with pytest.raises(TooLate):
        take_back(actor=ann, opinion_id=judged.opinion.pk, at=panel.now + timedelta(seconds=1))


def test_a_taken_back_request_for_a_second_opinion_leaves_an_ordinary_case(court: Court) -> None:
    ann, case = court.person(), court.case()
    judged = say(court, ann, case, second=True)
    assert judged.opinion is not None
    lease = take_back(actor=ann, opinion_id=judged.opinion.pk, at=court.now)
    alone = judge(actor=ann, lease_id=lease, ruling=ruling(case.item), at=court.now)
    assert alone.decision is not None
    assert alone.opinion is None


def test_undoing_an_agreed_decision_takes_ones_opinion_back_and_leaves_the_others(panel: Court) -> None:
    ann, bob = panel.person(), panel.person()
    case = panel.case()
    say(panel, ann, case)
    judged = say(panel, bob, case, after=60)
    assert judged.decision is not None
    undone = withdraw(actor=bob, decision_id=judged.decision.pk, at=panel.now + timedelta(seconds=65))
    assert undone.case is not None
    assert Panel.objects.get().state == "open"
    assert [str(one.user_id) for one in Opinion.objects.filter(withdrawn_at__isnull=True)] == [ann.ref]
    again = judge(
        actor=bob, lease_id=undone.case.lease.pk, ruling=ruling(case.item), at=panel.now + timedelta(seconds=70)
    )
    assert again.decision is not None


def test_an_adjudicator_who_undoes_has_the_differing_opinions_again(court: Court) -> None:
    lead, case = court.person("house", ADJUDICATES), court.case()
    say(court, court.person(), case, second=True)
    say(court, court.person(), case, clears=True, after=60)
    done = say(court, lead, case, after=120)
    assert done.decision is not None
    undone = withdraw(actor=lead, decision_id=done.decision.pk, at=court.now + timedelta(seconds=121))
    assert undone.case is not None
    assert Panel.objects.get().state == "split"
    at = court.now + timedelta(seconds=125)
    assert judge(actor=lead, lease_id=undone.case.lease.pk, ruling=ruling(case.item), at=at).decision is not None


def test_when_a_lead_takes_the_decision_back_the_case_is_judged_anew_by_anybody(panel: Court) -> None:
    ann, bob = panel.person(), panel.person()
    lead = panel.person("house", Permission.DECISION_WITHDRAW_ANY)
    case = panel.case()
    say(panel, ann, case)
    judged = say(panel, bob, case, after=60)
    assert judged.decision is not None
    withdraw(actor=lead, decision_id=judged.decision.pk, at=panel.now + timedelta(seconds=61))
    say(panel, ann, case, after=120)
    assert list(Panel.objects.order_by("round").values_list("round", "state")) == [(1, "void"), (2, "open")]


def test_a_machine_does_not_cut_a_panel_short(panel: Court) -> None:
    case = panel.case()
    say(panel, panel.person(), case)
    machine = Actor(ActorKind.KEY, "k", (Mandate(frozenset({Permission.DECISION_ISSUE_MACHINE})),))
    with pytest.raises(CaseTaken):
        decide_by_machine(
            actor=machine, ruling=cleared(case.snapshot_id), machine="eye", version="1", at=panel.now, case_id=case.pk
        )


def test_a_case_that_was_assigned_to_somebody_who_spoke_is_not_judged_by_them_twice(panel: Court) -> None:
    ann, case = panel.person(), panel.case()
    say(panel, ann, case)
    from piepowder.review.claiming import hand_over

    claim = hand_over(Case.objects.get(pk=case.pk), actor=ann, user=int(ann.ref), at=panel.now)
    with pytest.raises(OpinionGiven):
        judge(actor=ann, lease_id=claim.lease_id, ruling=ruling(case.item), at=panel.now)
    assert Decision.objects.count() == 0


def test_queues_that_hide_enforcements_take_what_the_policy_says(court: Court) -> None:
    Queue.objects.filter(pk=court.queue.pk).update(shows_enforcement=False)
    case = court.case()
    judged = say(court, court.person(), case, enforcements=())
    assert judged.decision is not None
    assert [one.measure for one in judged.decision.enforcements.all()] == [REMOVED.measure]


def test_what_was_said_stays_out_of_the_events_until_all_have_spoken(panel: Court) -> None:
    case = panel.case()
    say(panel, panel.person(), case)
    body = CaseEvent.objects.get(case=case, kind="opined").body
    assert body == {}


@pytest.mark.parametrize("seed", range(300))
def test_for_any_panel_the_outcome_is_as_the_rule_says(seed: int) -> None:
    """Against the plain reading of the rule: try every way in which the missing people could still speak."""
    chance = random.Random(seed)
    opinions = chance.randint(1, 5)
    agreeing = chance.randint(1, opinions)
    senses = [Sense("violation", code, frozenset()) for code in "abc"]
    given: list[Sense] = []
    while (found := verdict(given, opinions=opinions, agreeing=agreeing)) is Verdict.WAITING:
        assert len(given) < opinions
        given.append(chance.choice(senses))
    largest = max((given.count(one) for one in senses), default=0)
    assert (found is Verdict.AGREED) == (largest >= agreeing)
    if found is Verdict.SPLIT:
        missing = opinions - len(given)
        assert all(given.count(one) + missing < agreeing for one in senses)
    earlier = given[:-1]
    assert all(earlier.count(one) < agreeing for one in senses)
