"""How much of the grave somebody sees: counted in minutes, bounded by a budget, never by a feeling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piepowder.access.models import User
from piepowder.access.options import choose
from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.review import operations as review
from piepowder.review.desk import my_day
from piepowder.review.exposure import Budget, Spent, allowed, runs, seconds_at, shares, stretch_s
from piepowder.review.jobs import expire_leases
from piepowder.review.joint import await_approval, close_approved
from piepowder.review.models import Allowance, Case, Exposure
from piepowder.review.wellness import exposure_board, rest_of
from tests.review.conftest import LEAD, Court

WARDEN = LEAD | {Permission.EXPOSURE_VIEW, Permission.ALLOWANCE_EDIT}
T = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def seen(person: Any) -> list[tuple[int, int, int]]:
    rows = Exposure.objects.filter(user_id=int(person.ref)).order_by("severity")
    return list(rows.values_list("severity", "cases", "seconds"))


@pytest.fixture
def grim(court: Court) -> Court:
    court.queue()
    court.policy("P-0", 0)
    court.policy("P-1", 1)
    return court


def grave(court: Court, severity: int = 0) -> Case:
    return court.case(detections=(("weapon", f"P-{severity}", 0.9),))


def look(court: Court, person: Any, seconds: float) -> review.Claim:
    """Take the next case and have it on the screen for so long, with signs of life."""
    claim = court.claim(person)
    review.mark_viewed(actor=person, lease_id=claim.lease_id, at=court.now)
    end = court.now + timedelta(seconds=seconds)
    while court.now + timedelta(seconds=200) < end:
        review.heartbeat(actor=person, lease_id=claim.lease_id, at=court.pass_time(seconds=200))
    court.now = end
    review.heartbeat(actor=person, lease_id=claim.lease_id, at=court.now)
    return claim


def decide(court: Court, person: Any, claim: review.Claim) -> None:
    review.close_for_decision(actor=person, case_id=claim.case.pk, lease_id=claim.lease_id, at=court.now)


def test_a_share_of_a_budget_says_whether_it_is_fine_near_or_over() -> None:
    budget = Budget.of_minutes({"0": 60, "1": 120, "2": None, "3": None}, {"1": 10, "3": 0})
    told = shares(budget, Spent((48 * 60, 599, 90_000, 0)))
    assert [one.state.value for one in told] == ["near", "near", "fine", "over"]
    assert told[2].share is None
    assert allowed(budget, Spent((60 * 60, 0, 0, 0))) == (1, 2)


def test_severities_are_looked_through_in_ranges_without_gaps() -> None:
    assert runs((0, 1, 2, 3)) == ((0, 3),)
    assert runs((0, 2, 3)) == ((0, 0), (2, 3))
    assert runs(()) == ()


def test_time_counts_from_the_first_look_and_only_while_the_case_is_the_one_looked_at() -> None:
    later = T + timedelta(seconds=90)
    assert seconds_at(taken_at=T, shown_at=T + timedelta(seconds=30), shown_s=5, until=later, acted=True) == 65
    assert seconds_at(taken_at=T, shown_at=None, shown_s=12, until=later, acted=True) == 12
    assert seconds_at(taken_at=T, shown_at=None, shown_s=0, until=later, acted=True) == 90
    assert seconds_at(taken_at=T, shown_at=None, shown_s=0, until=later, acted=False) == 0


def test_a_stretch_of_grave_work_reaches_back_to_the_last_rest() -> None:
    def at(minute: float) -> datetime:
        return T + timedelta(minutes=minute)

    spans = [(at(0), at(20)), (at(35), at(50)), (at(52), at(60)), (at(55), at(58))]
    rest = timedelta(minutes=10)
    assert stretch_s(spans, now=at(61), rest=rest) == (15 + 8) * 60
    assert stretch_s(spans, now=at(70), rest=rest) == 0
    assert stretch_s([], now=at(0), rest=rest) == 0


def test_every_way_of_leaving_a_case_counts_what_was_before_the_eyes(grim: Court) -> None:
    until = grim.now + timedelta(days=2)
    grim.queue("appeals", position=1)
    grim.queue("general", escalates_to="appeals")
    person = grim.person()
    leave = {
        "decide": lambda one: decide(grim, person, one),
        "skip": lambda one: review.skip(actor=person, lease_id=one.lease_id, at=grim.now, reason="no"),
        "release": lambda one: review.release(actor=person, lease_id=one.lease_id, at=grim.now),
        "hold": lambda one: review.hold(actor=person, lease_id=one.lease_id, at=grim.now, until=until, reason="w"),
        "transfer": lambda one: review.transfer(
            actor=person, lease_id=one.lease_id, at=grim.now, queue_code="appeals", reason="t"
        ),
    }
    for number, act in enumerate(leave.values(), start=1):
        Case.objects.filter(state="open").update(state="closed")
        grave(grim, 1)
        act(look(grim, person, 40))
        assert seen(person) == [(1, number, 40 * number)]


def test_a_case_that_is_escalated_counts_at_the_severity_it_had(grim: Court) -> None:
    grim.queue("appeals", position=1)
    grim.queue("general", escalates_to="appeals")
    grim.case()
    person = grim.person()
    claim = look(grim, person, 30)
    review.escalate(actor=person, lease_id=claim.lease_id, at=grim.now, reason="up", severity=0)
    assert seen(person) == [(3, 1, 30)]


def test_an_unattended_case_counts_until_the_last_sign_of_life_only(grim: Court) -> None:
    grave(grim)
    person = grim.person()
    look(grim, person, 50)
    grim.pass_time(hours=3)
    expire_leases(now=grim.now)
    assert seen(person) == [(0, 1, 50)]


def test_what_a_lead_takes_away_counts_until_the_last_sign_of_life(grim: Court) -> None:
    case = grave(grim)
    person = grim.person()
    look(grim, person, 50)
    grim.pass_time(seconds=100)
    review.release(actor=grim.person(permissions=LEAD), case_id=case.pk, at=grim.now, reason="gone")
    assert seen(person) == [(0, 1, 50)]


def test_of_two_cases_in_hand_only_the_one_on_the_screen_counts(grim: Court) -> None:
    first, second = grave(grim), grim.case()
    person = grim.person()
    aside = look(grim, person, 30)
    front = look(grim, person, 60)
    assert (aside.case.pk, front.case.pk) == (first.pk, second.pk)
    decide(grim, person, front)
    review.mark_viewed(actor=person, lease_id=aside.lease_id, at=grim.now)
    grim.pass_time(seconds=10)
    decide(grim, person, aside)
    assert seen(person) == [(0, 1, 40), (3, 1, 60)]


def test_the_day_is_the_persons_own(grim: Court) -> None:
    person = grim.person()
    User.objects.filter(pk=int(person.ref)).update(timezone="Pacific/Auckland")
    grave(grim)
    decide(grim, person, look(grim, person, 60))
    assert Exposure.objects.get().on.isoformat() == "2026-03-04"
    grim.now = datetime(2026, 3, 4, 11, 30, tzinfo=UTC)
    grave(grim)
    decide(grim, person, look(grim, person, 60))
    assert Exposure.objects.order_by("on").last().on.isoformat() == "2026-03-05"  # type: ignore[union-attr]


def test_a_spent_budget_brings_milder_work_and_then_says_so(grim: Court) -> None:
    choose(actor=SYSTEM, at=grim.now, values={"wellness.exposure_minutes": {"0": 10, "1": None, "2": None, "3": None}})
    person, fresh = grim.person(), grim.person()
    grave(grim)
    decide(grim, person, look(grim, person, 600))
    for _ in range(12):
        grave(grim)
    mild = grim.case()
    assert grim.claim(person).case.pk == mild.pk
    with pytest.raises(review.ExposureSpent):
        review.claim_next(actor=person, at=grim.now)
    with pytest.raises(review.ExposureSpent):
        review.claim_case(actor=person, case_id=Case.objects.filter(severity=0, state="open")[0].pk, at=grim.now)
    assert grim.claim(fresh).case.severity == 0
    assert my_day(person, grim.now).exposure[0].state == "over"
    grim.pass_time(days=1)
    review.set_availability(actor=person, state="available", at=grim.now)
    assert grim.claim(person).case.severity == 0


def test_a_budget_for_the_middle_leaves_the_gravest_and_the_mildest(grim: Court) -> None:
    choose(actor=SYSTEM, at=grim.now, values={"wellness.exposure_minutes": {"0": None, "1": 0, "2": None, "3": None}})
    middle, top, low = grave(grim, 1), grave(grim, 0), grim.case()
    person = grim.person(scope=Scope(markets=frozenset({"DE"})))
    assert [grim.claim(person).case.pk for _ in range(2)] == [top.pk, low.pk]
    with pytest.raises(review.ExposureSpent):
        review.claim_next(actor=person, at=grim.now)
    assert Case.objects.get(pk=middle.pk).state == "open"


def test_a_lead_lifts_the_budget_for_one_person_and_one_day_with_a_reason(grim: Court) -> None:
    choose(actor=SYSTEM, at=grim.now, values={"wellness.exposure_minutes": {"0": 0, "1": 0, "2": 0, "3": 0}})
    grave(grim)
    grave(grim)
    lead, person = grim.person(permissions=WARDEN), grim.person()
    with pytest.raises(review.MissingReason):
        review.lift_budget(actor=lead, at=grim.now, user_id=int(person.ref), reason=" ")
    with pytest.raises(NotPermitted):
        review.lift_budget(actor=person, at=grim.now, user_id=int(person.ref), reason="I can take it")
    review.lift_budget(actor=lead, at=grim.now, user_id=int(person.ref), reason="nobody else is here")
    assert grim.claim(person).case.severity == 0
    with pytest.raises(review.ExposureSpent):
        review.claim_next(actor=lead, at=grim.now)
    grim.pass_time(days=1)
    review.set_availability(actor=person, state="available", at=grim.now)
    with pytest.raises(review.ExposureSpent):
        review.claim_next(actor=person, at=grim.now)
    fact = Fact.objects.get(verb="allowance.lift")
    assert (fact.subject_id, fact.body) == (person.ref, {"on": "2026-03-04"})


def test_a_budget_of_ones_own_goes_before_the_organisations(grim: Court) -> None:
    lead, person = grim.person(permissions=WARDEN), grim.person()
    review.set_allowance(
        actor=lead, at=grim.now, user_id=int(person.ref), in_hand=None, skips_a_day=None, exposure_minutes={"0": 0}
    )
    grave(grim)
    with pytest.raises(review.ExposureSpent):
        review.claim_next(actor=person, at=grim.now)
    assert grim.claim(lead).case.severity == 0


def test_limits_that_make_no_sense_are_refused_field_by_field(grim: Court) -> None:
    lead, person = grim.person(permissions=WARDEN), grim.person()
    with pytest.raises(review.BadAllowance) as refused:
        review.set_allowance(
            actor=lead,
            at=grim.now,
            user_id=int(person.ref),
            in_hand=0,
            skips_a_day=-1,
            exposure_minutes={"0": 9_999, "7": 5},
        )
    pointers = {problem.pointer for problem in refused.value.problems}
    assert pointers == {"/in_hand", "/skips_a_day", "/exposure_minutes/0", "/exposure_minutes/7"}
    assert not Allowance.objects.exists()


def test_a_break_is_due_after_so_much_grave_work_without_a_rest(grim: Court) -> None:
    choose(actor=SYSTEM, at=grim.now, values={"wellness.break_after_minutes": 5, "wellness.break_minutes": 10})
    person = grim.person()
    for _ in range(2):
        grave(grim, 1)
        decide(grim, person, look(grim, person, 140))
    assert not rest_of(person, grim.now).due
    grave(grim, 1)
    look(grim, person, 30)
    assert rest_of(person, grim.now).due
    grim.pass_time(minutes=11)
    assert not rest_of(person, grim.now).due


def test_waiting_for_an_approval_is_no_grave_work(grim: Court) -> None:
    choose(actor=SYSTEM, at=grim.now, values={"wellness.break_after_minutes": 5, "wellness.break_minutes": 10})
    person = grim.person()
    grave(grim, 1)
    claim = look(grim, person, 120)
    await_approval(actor=person, lease_id=claim.lease_id, at=grim.now)
    grim.pass_time(minutes=9)
    assert rest_of(person, grim.now).stretch_s == 120
    close_approved(actor=person, case_id=claim.case.pk, at=grim.now)
    assert rest_of(person, grim.now).stretch_s == 120
    assert not rest_of(person, grim.pass_time(minutes=1)).stretch_s


def test_a_lead_sees_minutes_and_breaks_of_their_own_vendor_only(grim: Court) -> None:
    ours, theirs = grim.person("Ann", vendor="acme"), grim.person("Zoe", vendor="zenith")
    for person in (ours, theirs):
        grave(grim)
        decide(grim, person, look(grim, person, 120))
    review.set_availability(actor=ours, state="break", at=grim.now)
    review.set_availability(actor=ours, state="available", at=grim.pass_time(minutes=7))
    lead = grim.person(vendor="acme", permissions=WARDEN)
    (line,) = exposure_board(lead, grim.now)
    assert (line.name, line.today[0].spent_s, line.week_s[0], line.cases) == ("Ann", 120, 120, 1)
    assert (line.breaks, line.break_s) == (1, 420)
    house = grim.person(permissions=WARDEN)
    assert {one.name for one in exposure_board(house, grim.now)} == {"Ann", "Zoe"}
    with pytest.raises(NotPermitted):
        exposure_board(ours, grim.now)


def test_the_exposure_board_takes_the_same_number_of_queries_however_many_people(
    grim: Court, django_assert_num_queries: Any
) -> None:
    lead = grim.person(permissions=WARDEN)
    for count in (1, 4):
        for _ in range(count):
            person = grim.person()
            grave(grim)
            decide(grim, person, look(grim, person, 20))
        exposure_board(lead, grim.now)
        with django_assert_num_queries(4):
            exposure_board(lead, grim.now)
