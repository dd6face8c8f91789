"""Related items decided together, and many cases decided at once by a lead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from piepowder.access.visibility import NotPermitted
from piepowder.decisions.batches import lines_of
from piepowder.decisions.models import Batch, Decision
from piepowder.decisions.operations import (
    BatchBegun,
    EnforcementOrder,
    NoCases,
    NoSuchBatch,
    judge_together,
    open_batch,
    plan_batch,
    run_batch,
    withdraw_together,
)
from piepowder.decisions.together import Joined, cases_to_join
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Case
from piepowder.review.operations import claim_case, skip
from tests.decisions.conftest import FACTS, Court, ruling

DECIDES_MANY = Permission.CASE_DECIDE_MANY
OTHER_FACTS = "The second picture shows the nozzle and the tank of a vape."


def joined(case: Case, facts: str = OTHER_FACTS) -> Joined:
    return Joined(case.pk, case.snapshot_id, facts)


def test_open_cases_of_the_same_seller_media_or_title_can_join(court: Court) -> None:
    ann = court.person("house", Permission.CASE_SKIP)
    first = court.item(title_key="pen")
    court.media(first, "a" * 64)
    twin = court.item(title_key="pen")
    stranger_with_same_title = court.item(seller_ref="S-2", title_key="pen")
    court.item(seller_ref="S-3", title_key="mug")
    for item in (twin, stranger_with_same_title):
        court.case(item)
    passed_on = court.case(court.item())
    court.case(court.item(seller_ref="S-3"))
    held = court.claim(ann, passed_on)
    skip(actor=ann, lease_id=held.lease_id, at=court.now, reason="I know them.")
    found = cases_to_join(ann, court.case(first).pk, at=court.now)
    assert [(one.item_id, one.why) for one in found] == [
        (twin.pk, ("seller", "title")),
        (stranger_with_same_title.pk, ("title",)),
    ]


def test_together_each_has_its_own_facts_and_one_that_cannot_be_decided_stops_no_other(court: Court) -> None:
    ann, bob = court.person(), court.person()
    cases = [court.case() for _ in range(3)]
    claim = court.claim(ann, cases[0])
    claim_case(actor=bob, case_id=cases[1].pk, at=court.now)
    told = judge_together(
        actor=ann,
        lease_id=claim.lease_id,
        ruling=ruling(cases[0].item),
        others=[joined(cases[1]), joined(cases[2])],
        at=court.now,
    )
    assert [one.case_id for one in told] == [case.pk for case in cases]
    assert told[1].error is not None
    assert told[1].error.code == "wrong_state"
    decisions = Decision.objects.order_by("id")
    assert [one.facts for one in decisions] == [FACTS, OTHER_FACTS]
    assert len({one.batch for one in decisions}) == 1
    assert decisions[0].batch is not None
    assert [one.handling_ms for one in decisions] == [42_000, None]


def test_undoing_takes_all_of_it_back_and_puts_only_the_first_in_hand(court: Court) -> None:
    ann, cases = court.person(), [court.case() for _ in range(3)]
    claim = court.claim(ann, cases[0])
    others = [joined(case) for case in cases[1:]]
    told = judge_together(actor=ann, lease_id=claim.lease_id, ruling=ruling(cases[0].item), others=others, at=court.now)
    assert told[0].judged is not None
    assert told[0].judged.decision is not None
    undone = withdraw_together(actor=ann, decision_id=told[0].judged.decision.pk, at=court.now + timedelta(seconds=3))
    assert (undone.others, undone.stayed) == (2, 0)
    assert [Case.objects.get(pk=case.pk).state for case in cases] == ["claimed", "open", "open"]


def lead_of(court: Court, vendor: str = "house") -> Actor:
    return court.person(vendor, DECIDES_MANY)


def planned(court: Court, lead: Actor, cases: list[Case], **changes: Any) -> Batch:
    batch = open_batch(actor=lead, case_ids=[case.pk for case in cases], at=court.now)
    facts_of: dict[UUID, str] = {case.pk: f"{FACTS} {case.item.title}" for case in cases}
    made = ruling(cases[0].item, **changes)
    return plan_batch(actor=lead, batch_id=batch.pk, ruling=made, facts=FACTS, facts_of=facts_of, at=court.now)


def test_a_lead_decides_many_and_is_told_of_each(court: Court) -> None:
    lead = lead_of(court)
    cases = [court.case() for _ in range(4)]
    batch = planned(court, lead, cases)
    claim_case(actor=court.person(), case_id=cases[1].pk, at=court.now)
    court.snapshot(cases[2].item, {"title": "Changed"})
    progress = run_batch(actor=lead, batch_id=batch.pk, at=court.now, limit=50)
    assert (progress.decided, progress.skipped, progress.planned) == (2, 2, 0)
    lines = list(lines_of(batch))
    assert [(line.state, line.problem) for line in lines] == [
        ("decided", ""),
        ("skipped", "wrong_state"),
        ("skipped", "newer_snapshot"),
        ("decided", ""),
    ]
    assert {one.batch for one in Decision.objects.all()} == {batch.pk}
    assert {one.facts for one in Decision.objects.all()} == {f"{FACTS} {cases[n].item.title}" for n in (0, 3)}


def test_going_on_with_a_batch_decides_nothing_twice(court: Court) -> None:
    lead = lead_of(court)
    batch = planned(court, lead, [court.case() for _ in range(3)])
    for expected in (2, 3, 3):
        assert run_batch(actor=lead, batch_id=batch.pk, at=court.now, limit=2).decided == expected
    assert Decision.objects.count() == 3
    with pytest.raises(BatchBegun):
        plan_batch(actor=lead, batch_id=batch.pk, ruling=ruling(court.item()), facts="", facts_of={}, at=court.now)


def test_four_eyes_hold_for_many_as_for_one(court: Court) -> None:
    lead = lead_of(court)
    batch = planned(court, lead, [court.case()], enforcements=(EnforcementOrder("account", "terminated"),))
    assert run_batch(actor=lead, batch_id=batch.pk, at=court.now, limit=9).proposed == 1
    assert Decision.objects.count() == 0


def test_what_cannot_stand_is_told_in_words_and_the_case_waits_on(court: Court) -> None:
    lead, case = lead_of(court), court.case()
    batch = planned(court, lead, [case], policy_codes=("K-9",))
    run_batch(actor=lead, batch_id=batch.pk, at=court.now, limit=9)
    line = lines_of(batch).get()
    assert (line.problem, line.detail) == ("bad_ruling", "this policy is not made for this kind of item")
    assert Case.objects.get(pk=case.pk).state == "open"


def test_a_case_that_is_left_out_is_not_decided(court: Court) -> None:
    lead, cases = lead_of(court), [court.case(), court.case()]
    batch = planned(court, lead, cases)
    made = ruling(cases[0].item)
    plan_batch(actor=lead, batch_id=batch.pk, ruling=made, facts="", facts_of={}, left_out=[cases[0].pk], at=court.now)
    run_batch(actor=lead, batch_id=batch.pk, at=court.now, limit=9)
    assert [(line.state, line.problem) for line in lines_of(batch)] == [("skipped", "left_out"), ("decided", "")]


def test_only_cases_in_reach_are_gathered_and_only_by_who_may(court: Court) -> None:
    theirs = court.case()
    claim_case(actor=court.person("acme"), case_id=theirs.pk, at=court.now)
    lead, free = lead_of(court), court.case()
    batch = open_batch(actor=lead, case_ids=[theirs.pk, free.pk], at=court.now)
    assert [line.case_id for line in lines_of(batch)] == [free.pk]
    with pytest.raises(NoCases):
        open_batch(actor=lead, case_ids=[theirs.pk], at=court.now)
    with pytest.raises(NotPermitted):
        open_batch(actor=court.person(), case_ids=[free.pk], at=court.now)
    with pytest.raises(NoSuchBatch):
        run_batch(actor=lead_of(court), batch_id=batch.pk, at=court.now, limit=1)
