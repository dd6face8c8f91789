"""How much one person may have in hand, how often they may pass, and what comes first for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from piepowder.access.models import User
from piepowder.access.options import choose
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.review import operations as review
from piepowder.review.allowances import skips_left
from piepowder.review.desk import assigned_to, left_behind, open_leases, reached_queues
from piepowder.review.jobs import expire_leases, free_reserved_cases
from piepowder.review.models import Case, CaseEvent, Draft, Lease, Queue, Skip
from piepowder.review.setup import BadSetup
from piepowder.review.states import SkipKind
from piepowder.review.urgent import urgent_for
from tests.review.conftest import LEAD, Court

P = Permission
URGENT = {"name": "grave", "when": {"policy": ["P-0"]}, "then": {"queue": "urgent"}}


def choose_in_hand(court: Court, count: int) -> None:
    choose(actor=SYSTEM, at=court.now, values={"bench.in_hand": count})


# In hand.


def test_full_hands_are_refused_and_told_what_is_in_them(court: Court) -> None:
    court.queue()
    choose_in_hand(court, 2)
    for title in ("Red lamp", "Blue lamp", "Green lamp"):
        court.case(title=title)
    person = court.person()
    first = court.claim(person)
    court.claim(person)
    with pytest.raises(review.HandsFull, match=r"Red lamp.*Blue lamp"):
        review.claim_next(actor=person, at=court.now)
    waiting = Case.objects.get(state="open")
    with pytest.raises(review.HandsFull):
        review.claim_case(actor=person, case_id=waiting.pk, at=court.now)
    until = court.now + timedelta(hours=1)
    review.hold(actor=person, lease_id=first.lease_id, at=court.now, until=until, reason="waits")
    assert court.claim(person).case.pk == waiting.pk


def test_full_hands_matter_even_when_nothing_waits(court: Court) -> None:
    court.queue()
    choose_in_hand(court, 1)
    court.case()
    person = court.person()
    court.claim(person)
    with pytest.raises(review.HandsFull):
        review.claim_next(actor=person, at=court.now)


def test_a_lease_that_has_run_out_does_not_fill_the_hands(court: Court) -> None:
    court.queue(lease_s=60)
    choose_in_hand(court, 1)
    court.case()
    person = court.person()
    lost = court.claim(person)
    court.pass_time(seconds=61)
    again = court.claim(person)
    assert again.lease_id != lost.lease_id


def test_a_limit_of_ones_own_goes_before_the_organisations(court: Court) -> None:
    court.queue()
    choose_in_hand(court, 1)
    for _ in range(3):
        court.case()
    person, lead = court.person(), court.person(permissions=LEAD | {P.ALLOWANCE_EDIT})
    review.set_allowance(
        actor=lead, at=court.now, user_id=int(person.ref), in_hand=3, skips_a_day=None, exposure_minutes={}
    )
    assert len({court.claim(person).case.pk for _ in range(3)}) == 3


def test_an_undone_decision_comes_back_into_full_hands(court: Court) -> None:
    court.queue()
    choose_in_hand(court, 1)
    case = court.case()
    court.case()
    person = court.person()
    claim = court.claim(person)
    review.close_for_decision(actor=person, case_id=case.pk, lease_id=claim.lease_id, at=court.now)
    court.claim(person)
    back = review.reopen(actor=person, case_id=case.pk, at=court.now, reason="undone", hand_back=True)
    assert Lease.objects.filter(user_id=int(person.ref)).count() == 2
    assert back.lease.user_id == int(person.ref)


def test_two_leases_of_one_person_never_have_the_same_number(court: Court) -> None:
    court.queue()
    for _ in range(4):
        court.case()
    person = court.person()
    one, two, _three = (court.claim(person) for _ in range(3))
    review.release(actor=person, lease_id=one.lease_id, at=court.now)
    review.release(actor=person, lease_id=two.lease_id, at=court.now)
    court.claim(person)
    numbers = list(Lease.objects.order_by("number").values_list("number", flat=True))
    assert numbers == [3, 4]


# Skips.


def test_skips_are_counted_on_the_persons_own_day_and_then_refused(court: Court) -> None:
    court.queue()
    choose(actor=SYSTEM, at=court.now, values={"bench.skips_a_day": 2})
    cases = [court.case() for _ in range(4)]
    person = court.person()
    User.objects.filter(pk=int(person.ref)).update(timezone="Pacific/Auckland")
    for left in (2, 1):
        assert skips_left(int(person.ref), court.now) == left
        review.skip(actor=person, lease_id=court.claim(person).lease_id, at=court.now, reason="no")
    claim = court.claim(person)
    with pytest.raises(review.SkipsSpent):
        review.skip(actor=person, lease_id=claim.lease_id, at=court.now, reason="no")
    assert Case.objects.get(pk=claim.case.pk).state == "claimed"
    # Their midnight is eleven in the morning here.
    court.pass_time(minutes=55)
    expire_leases(now=court.now)
    review.set_availability(actor=person, state="available", at=court.pass_time(minutes=6))
    review.skip(actor=person, lease_id=court.claim(person).lease_id, at=court.now, reason="no")
    assert skips_left(int(person.ref), court.now) == 1
    assert len(cases) == 4


def test_an_opinion_given_is_no_skip(court: Court) -> None:
    court.queue()
    case, person = court.case(), court.person()
    later = court.now + timedelta(days=1)
    Skip.objects.create(case=case, user_id=int(person.ref), kind=SkipKind.OPINED, at=court.now, until=later)
    assert skips_left(int(person.ref), court.now) == 20
    assert review.claim_next(actor=person, at=court.now) is None


# What comes first.


def test_starred_queues_come_first_while_they_have_work(court: Court) -> None:
    court.queue("alpha")
    court.queue("beta", position=1)
    court.route_all({"name": "docs", "when": {"kind": ["document"]}, "then": {"queue": "beta"}})
    first = court.case()
    court.pass_time(minutes=5)
    document = court.case(kind="document")
    person = court.person()
    given = [court.claim(person, starred=["beta"]).case.pk for _ in range(2)]
    assert given == [document.pk, first.pk]
    assert [(one.code, one.waiting) for one in reached_queues(person, court.now)] == [("alpha", 0), ("beta", 0)]


def test_the_gravest_of_a_preempting_queue_goes_before_everything(court: Court) -> None:
    court.policy("P-0", 0)
    court.queue("general")
    court.queue("urgent", position=1, preempts=True)
    court.route_all(URGENT)
    person = court.person()
    overdue = court.case()
    Case.objects.filter(pk=overdue.pk).update(rank=0)
    assigned = court.case()
    lead = court.person(permissions=LEAD)
    review.assign(actor=lead, at=court.now, case_id=assigned.pk, user_id=int(person.ref), reason="yours")
    court.pass_time(minutes=1)
    grave = court.case(detections=(("weapon", "P-0", 0.9),))
    given = [court.claim(person, starred=["general"]).case.pk for _ in range(3)]
    assert given == [grave.pk, assigned.pk, overdue.pk]


def test_urgent_work_is_announced_only_beside_milder_work_and_only_within_reach(
    court: Court, django_assert_num_queries: Any, settled: Any
) -> None:
    court.policy("P-0", 0)
    court.queue("general")
    person = court.person()
    mild = court.case()
    court.claim(person)
    settled()
    urgent_for(person, now=court.now)
    with django_assert_num_queries(0):  # No queue preempts, so nothing is looked for.
        assert urgent_for(person, now=court.now, beside=mild.pk) is None
    court.queue("urgent", position=1, preempts=True)
    court.route_all(URGENT)
    grave = court.case(detections=(("weapon", "P-0", 0.9),), title="A gun")
    found = urgent_for(person, now=court.now, beside=mild.pk)
    assert found is not None
    assert (found.case_id, found.title, found.queue_name) == (grave.pk, "A gun", "Urgent")
    assert urgent_for(court.person(languages=("de",)), now=court.now) is None
    taken = review.take_urgent(actor=person, at=court.now)
    assert taken.case.pk == grave.pk
    court.case(detections=(("weapon", "P-0", 0.9),))
    assert urgent_for(person, now=court.now, beside=grave.pk) is None


def test_taking_urgent_work_keeps_the_case_at_hand_or_gives_it_back_when_hands_are_full(court: Court) -> None:
    court.policy("P-0", 0)
    court.queue("general")
    court.queue("urgent", position=1, preempts=True)
    court.route_all(URGENT)
    choose_in_hand(court, 2)
    court.case()
    person = court.person()
    mild = court.claim(person)
    review.save_draft(actor=person, lease_id=mild.lease_id, content={"facts": "half"}, at=court.now)
    court.case(detections=(("weapon", "P-0", 0.9),))
    review.take_urgent(actor=person, at=court.now, lease_id=mild.lease_id)
    assert {lease.lease_id for lease in open_leases(person, court.now)} >= {mild.lease_id}
    second = court.case(detections=(("weapon", "P-0", 0.9),))
    assert review.take_urgent(actor=person, at=court.now, lease_id=mild.lease_id).case.pk == second.pk
    assert Case.objects.get(pk=mild.case.pk).state == "open"
    assert Draft.objects.get().content == {"facts": "half"}


def test_urgent_work_that_is_gone_changes_nothing(court: Court) -> None:
    court.queue("general")
    court.queue("urgent", position=1, preempts=True)
    choose_in_hand(court, 1)
    court.case()
    person = court.person()
    claim = court.claim(person)
    for lease_id in (claim.lease_id, None):
        with pytest.raises((review.UrgentGone, review.HandsFull)):
            review.take_urgent(actor=person, at=court.now, lease_id=lease_id)
        assert Lease.objects.get().pk == claim.lease_id


# Assigned.


def test_an_assigned_case_is_that_persons_next_and_nobody_elses_until_then(court: Court) -> None:
    court.queue()
    court.case()
    wanted = court.case()
    person, other, lead = court.person(), court.person(), court.person(permissions=LEAD)
    review.assign(actor=lead, at=court.now, case_id=wanted.pk, user_id=int(person.ref), reason="knows the seller")
    assert [line.case_id for line in assigned_to(person, court.now)] == [wanted.pk]
    assert assigned_to(other, court.now) == []
    with pytest.raises(review.Reserved):
        review.claim_case(actor=other, case_id=wanted.pk, at=court.now)
    assert court.claim(other).case.pk != wanted.pk
    assert review.claim_next(actor=other, at=court.now) is None
    taken = court.claim(person)
    assert (taken.case.pk, taken.case.reserved_for_id) == (wanted.pk, None)
    fact = Fact.objects.get(verb="case.assign")
    assert (fact.body["to"], "reason" in fact.body) == (person.ref, False)
    assert CaseEvent.objects.get(kind="assigned").body["reason"] == "knows the seller"


def test_nobody_came_for_it_so_anybody_may_take_it(court: Court) -> None:
    court.queue()
    case = court.case()
    person, other, lead = court.person(), court.person(), court.person(permissions=LEAD)
    review.assign(actor=lead, at=court.now, case_id=case.pk, user_id=int(person.ref), reason="yours")
    assert free_reserved_cases(now=court.pass_time(hours=1)) == 0
    assert free_reserved_cases(now=court.pass_time(hours=1)) == 1
    review.set_availability(actor=other, state="available", at=court.now)
    assert court.claim(other).case.pk == case.pk


def test_assigning_takes_a_case_out_of_anothers_hands_and_ends_a_hold(court: Court) -> None:
    court.queue()
    case = court.case()
    person, other, lead = court.person(), court.person(), court.person(permissions=LEAD)
    claim = court.claim(other)
    review.assign(actor=lead, at=court.now, case_id=case.pk, user_id=int(person.ref), reason="r")
    with pytest.raises(review.LeaseLost):
        review.heartbeat(actor=other, lease_id=claim.lease_id, at=court.now)
    again = court.claim(person)
    until = court.now + timedelta(days=1)
    review.hold(actor=person, lease_id=again.lease_id, at=court.now, until=until, reason="waits")
    review.assign(actor=lead, at=court.now, case_id=case.pk, user_id=int(other.ref), reason="r")
    assert court.claim(other).case.pk == case.pk
    review.close_for_decision(actor=other, case_id=case.pk, lease_id=Lease.objects.get().pk, at=court.now)
    with pytest.raises(WrongState):
        review.assign(actor=lead, at=court.now, case_id=case.pk, user_id=int(person.ref), reason="r")


def test_a_case_is_assigned_only_to_who_may_take_it_and_only_by_their_lead(court: Court) -> None:
    court.queue()
    case = court.case(language="de")
    lead = court.person(permissions=LEAD)
    english, german = court.person(), court.person(languages=("de",))
    with pytest.raises(review.CannotTakeIt):
        review.assign(actor=lead, at=court.now, case_id=case.pk, user_id=int(english.ref), reason="r")
    with pytest.raises(NotPermitted):
        review.assign(actor=german, at=court.now, case_id=case.pk, user_id=int(german.ref), reason="mine")
    stranger = court.person(vendor="zenith", languages=("de",))
    acme = court.person(vendor="acme", permissions=LEAD)
    with pytest.raises(NotPermitted):
        review.assign(actor=acme, at=court.now, case_id=case.pk, user_id=int(stranger.ref), reason="r")
    assert Case.objects.get().reserved_for_id is None


@pytest.mark.parametrize("way", ["release", "expire"])
def test_a_reservation_ends_with_the_claim(court: Court, way: str) -> None:
    court.queue()
    case = court.case()
    person, other, lead = court.person(), court.person(), court.person(permissions=LEAD)
    review.assign(actor=lead, at=court.now, case_id=case.pk, user_id=int(person.ref), reason="yours")
    claim = court.claim(person)
    if way == "release":
        review.release(actor=person, lease_id=claim.lease_id, at=court.now)
    else:
        expire_leases(now=court.pass_time(seconds=300))
        review.set_availability(actor=other, state="available", at=court.now)
    assert court.claim(other).case.pk == case.pk


# What a dead browser leaves.


def test_what_was_in_hand_and_typed_is_found_again_on_the_desk(court: Court) -> None:
    court.queue()
    case = court.case()
    person = court.person()
    claim = court.claim(person)
    review.save_draft(actor=person, lease_id=claim.lease_id, content={"facts": "half a sen"}, at=court.now)
    (lease,) = open_leases(person, court.now)
    assert (lease.lease_id, lease.drafted) == (claim.lease_id, True)
    court.pass_time(seconds=300)
    expire_leases(now=court.now)
    assert open_leases(person, court.now) == []
    assert [line.case_id for line in left_behind(person)] == [case.pk]
    assert left_behind(court.person()) == []


# Queues.


def test_a_queue_keeps_what_is_said_about_opinions_enforcement_and_urgency(court: Court) -> None:
    court.queue("judges")
    queue = court.queue(
        "panel",
        opinions=3,
        agreeing=2,
        adjudicates_to="judges",
        shows_enforcement=False,
        preempts=True,
    )
    stored = Queue.objects.select_related("adjudicates_to").get(pk=queue.pk)
    assert stored.adjudicates_to is not None
    assert (stored.opinions, stored.agreeing, stored.adjudicates_to.code) == (3, 2, "judges")
    assert (stored.shows_enforcement, stored.preempts) == (False, True)
    told = Fact.objects.filter(verb="queue.save").latest("id").body
    assert (told["opinions"], told["agreeing"], told["adjudicates_to"], told["preempts"]) == (3, 2, "judges", True)


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"opinions": 0}, "/opinions"),
        ({"opinions": 2, "agreeing": 3}, "/agreeing"),
        ({"opinions": 4, "agreeing": 2}, "/agreeing"),
        ({"adjudicates_to": "panel"}, "/adjudicates_to"),
    ],
)
def test_a_panel_that_could_not_decide_is_refused(court: Court, values: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadSetup) as refused:
        court.queue("panel", **values)
    assert pointer in {problem.pointer for problem in refused.value.problems}


def test_passing_over_what_was_seen_enough_stays_within_the_index(court: Court) -> None:
    court.queue()
    if connection.vendor != "sqlite":
        pytest.skip("the planner of PostgreSQL chooses by statistics that a test does not have")
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN QUERY PLAN SELECT w.id FROM review_case w WHERE w.state = 'open' AND w.reserved_for_id IS NULL"
            " AND w.lane_id = 1 AND w.severity IN (2, 3) ORDER BY w.rank, w.id LIMIT 1"
        )
        plan = " ".join(row[-1] for row in cursor.fetchall())
    assert "USING INDEX case_lane_rank (lane_id=?)" in plan
    assert "TEMP B-TREE" not in plan
