"""The clock of a case: due, at risk, late, and the same when told again from the events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.ledger.models import Fact
from piepowder.review import operations as review
from piepowder.review.jobs import mark_breaches, resume_held
from piepowder.review.models import Case, CaseClock, CaseEvent
from tests.review.conftest import LEAD, Court

OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def office(court: Court, **values: Any) -> None:
    given: dict[str, Any] = {"code": "office", "name": "Office", "timezone": "UTC", "weekly": OFFICE, **values}
    review.publish_calendar(actor=SYSTEM, at=court.now, **given)


def hold(court: Court, actor: Actor, hours: float = 1) -> None:
    lease_id = court.claim(actor).lease_id
    until = court.now + timedelta(hours=hours)
    review.hold(actor=actor, lease_id=lease_id, at=court.now, until=until, reason="waits")


def decide(court: Court, actor: Actor) -> None:
    claim = court.claim(actor)
    review.close_for_decision(actor=actor, case_id=claim.case.pk, lease_id=claim.lease_id, at=court.now)


def test_business_time_leaves_out_nights_weekends_and_holidays(court: Court) -> None:
    office(court, country="DE")
    court.queue(target_s=10 * 3600, calendar="office")
    court.now = datetime(2026, 4, 30, 15, 0, tzinfo=UTC)  # Thursday; Friday is Labour Day in Germany
    case = court.case()
    assert case.due_at == datetime(2026, 5, 4, 17, 0, tzinfo=UTC)
    assert case.at_risk_at == datetime(2026, 5, 4, 14, 30, tzinfo=UTC)


def test_a_hold_stops_the_clock_and_resuming_gives_what_was_left(court: Court) -> None:
    court.queue(target_s=3600)
    case = court.case()
    lead = court.person(permissions=LEAD)
    court.pass_time(minutes=10)
    hold(court, lead)
    held = Case.objects.get()
    clock = CaseClock.objects.get()
    assert (held.due_at, held.at_risk_at, clock.due_at) == (None, None, None)
    assert (clock.state, clock.remaining_s) == ("paused", 50 * 60)
    court.pass_time(minutes=30)
    review.resume(actor=lead, case_id=case.pk, at=court.now)
    back = Case.objects.get()
    assert back.due_at == case.opened_at + timedelta(minutes=90)
    assert (CaseClock.objects.get().state, CaseClock.objects.get().remaining_s) == ("running", None)


def test_a_resumed_case_ranks_by_its_new_due_time(court: Court) -> None:
    court.queue(target_s=3600)
    case = court.case()
    lead = court.person(permissions=LEAD)
    hold(court, lead)
    court.pass_time(minutes=30)
    review.resume(actor=lead, case_id=case.pk, at=court.now)
    assert Case.objects.get().rank == case.rank + 30 * 60 * 1000


def test_lateness_is_recorded_at_exactly_the_due_time_and_once(court: Court) -> None:
    court.queue(target_s=3600)
    case = court.case()
    court.pass_time(minutes=59)
    assert mark_breaches(now=court.now) == 0
    court.pass_time(minutes=7)
    assert mark_breaches(now=court.now) == 1
    assert mark_breaches(now=court.now) == 0
    clock = CaseClock.objects.get()
    assert (clock.state, clock.breached_at) == ("breached", case.due_at)
    assert CaseEvent.objects.get(kind="breached").at == court.now
    assert Fact.objects.filter(verb="case.breach", subject_id=str(case.pk)).count() == 1


def test_a_late_decision_is_late_even_if_no_job_had_run(court: Court) -> None:
    court.queue(target_s=3600)
    case = court.case()
    court.pass_time(hours=2)
    decide(court, court.person())
    clock = CaseClock.objects.get()
    assert (clock.state, clock.breached_at, clock.ended_at) == ("breached", case.due_at, court.now)
    assert CaseEvent.objects.filter(kind="breached").count() == 1
    assert mark_breaches(now=court.now) == 0


def test_a_decision_at_the_due_instant_is_in_time(court: Court) -> None:
    court.queue(target_s=3600)
    court.case()
    court.pass_time(hours=1)
    decide(court, court.person())
    clock = CaseClock.objects.get()
    assert (clock.state, clock.breached_at, clock.remaining_s) == ("met", None, 0)


def test_reopening_continues_with_what_was_left(court: Court) -> None:
    court.queue(target_s=3600)
    case = court.case()
    person = court.person()
    court.pass_time(minutes=20)
    decide(court, person)
    court.pass_time(days=2)
    review.reopen(actor=person, case_id=case.pk, at=court.now, reason="undone")
    first, second = CaseClock.objects.order_by("cycle")
    assert (first.state, second.state) == ("met", "running")
    assert Case.objects.get().due_at == second.due_at == court.now + timedelta(minutes=40)


def test_reopening_restarts_where_the_queue_says_so(court: Court) -> None:
    court.queue(target_s=3600, reopening="restart")
    case = court.case()
    person = court.person()
    court.pass_time(minutes=20)
    decide(court, person)
    court.pass_time(days=2)
    review.reopen(actor=person, case_id=case.pk, at=court.now, reason="undone")
    second = CaseClock.objects.get(cycle=2)
    assert (second.started_at, second.due_at) == (court.now, court.now + timedelta(hours=1))


def test_a_transfer_brings_the_other_promise_and_keeps_the_time_used(court: Court) -> None:
    court.queue("general", target_s=3600)
    court.queue("quick", target_s=1200)
    case = court.case()
    court.pass_time(minutes=5)
    review.transfer(
        actor=court.person(permissions=LEAD), case_id=case.pk, at=court.now, queue_code="quick", reason="urgent"
    )
    assert Case.objects.get().due_at == case.opened_at + timedelta(minutes=20)
    assert CaseClock.objects.count() == 1


def test_a_transfer_into_another_calendar_starts_a_cycle_of_its_own(court: Court) -> None:
    office(court)
    court.queue("general", target_s=3600)
    court.queue("back-office", target_s=7200, calendar="office")
    case = court.case()
    court.pass_time(minutes=5)
    lead = court.person(permissions=LEAD)
    review.transfer(actor=lead, case_id=case.pk, at=court.now, queue_code="back-office", reason="theirs")
    first, second = CaseClock.objects.order_by("cycle")
    assert (first.state, first.ended_at) == ("cancelled", court.now)
    assert (second.calendar, second.started_at, second.due_at) == ("office", court.now, court.now + timedelta(hours=2))
    assert Case.objects.get().due_at == second.due_at


def test_a_transfer_to_a_queue_without_a_promise_ends_the_clock(court: Court) -> None:
    court.queue("general", target_s=3600)
    court.queue("library", target_s=None)
    case = court.case()
    lead = court.person(permissions=LEAD)
    review.transfer(actor=lead, case_id=case.pk, at=court.now, queue_code="library", reason="no hurry")
    assert Case.objects.get().due_at is None
    assert CaseClock.objects.get().state == "cancelled"


def test_a_case_closed_without_decision_is_neither_met_nor_late(court: Court) -> None:
    court.queue(target_s=3600)
    case = court.case()
    review.close(actor=court.person(permissions=LEAD), case_id=case.pk, at=court.now, reason="a mistake")
    assert CaseClock.objects.get().state == "cancelled"
    court.pass_time(hours=2)
    assert mark_breaches(now=court.now) == 0


def test_a_new_calendar_version_moves_the_due_times_of_open_cases(court: Court) -> None:
    office(court)
    court.queue(target_s=12 * 3600, calendar="office")
    case = court.case()  # Wednesday 10:00, due on Thursday at 14:00
    assert case.due_at == datetime(2026, 3, 5, 14, 0, tzinfo=UTC)
    office(court, overrides={"2026-03-05": []})
    assert Case.objects.get().due_at == datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
    assert CaseClock.objects.get().due_at == datetime(2026, 3, 6, 14, 0, tzinfo=UTC)


def test_a_calendar_that_never_opens_is_refused(court: Court) -> None:
    with pytest.raises(review.BadSetup):
        office(court, weekly={})
    with pytest.raises(review.BadSetup):
        office(court, timezone="Mars/Olympus")


def test_a_new_target_is_for_cases_to_come(court: Court) -> None:
    court.queue(target_s=3600)
    case = court.case()
    court.queue(target_s=60)
    assert Case.objects.get().due_at == case.due_at
    assert court.case().due_at == court.now + timedelta(seconds=60)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    course=st.lists(
        st.tuples(st.sampled_from(["hold", "resume", "decide", "reopen", "graver", "sweep"]), st.integers(0, 2_400)),
        max_size=9,
    )
)
def test_whatever_happens_the_clock_told_again_from_its_events_is_the_one_stored(
    court: Court, course: list[tuple[str, int]]
) -> None:
    """And it agrees with a plain count of the seconds that ran, kept beside it."""
    court.now = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    court.queue(target_s=None)
    targets = {3: 3600, 2: 2400, 1: 1500, 0: 900}
    for severity, target_s in targets.items():
        review.set_target(actor=SYSTEM, at=court.now, queue_code="general", severity=severity, target_s=target_s)
    case = court.case()
    lead = court.person(permissions=LEAD)
    used, severity, state = 0, 3, "open"
    for step, seconds in course:
        court.pass_time(seconds=seconds)
        used += seconds if state == "open" else 0
        review.set_availability(actor=lead, state="available", at=court.now)
        if step == "hold" and state == "open":
            claim = review.claim_case(actor=lead, case_id=case.pk, at=court.now)
            until = court.now + timedelta(days=9)
            review.hold(actor=lead, lease_id=claim.lease_id, at=court.now, until=until, reason="waits")
            state = "held"
        elif step == "resume" and state == "held":
            review.resume(actor=lead, case_id=case.pk, at=court.now)
            state = "open"
        elif step == "decide" and state == "open":
            claim = review.claim_case(actor=lead, case_id=case.pk, at=court.now)
            review.close_for_decision(actor=lead, case_id=case.pk, lease_id=claim.lease_id, at=court.now)
            state = "decided"
        elif step == "reopen" and state == "decided":
            review.reopen(actor=lead, case_id=case.pk, at=court.now, reason="undone")
            state = "open"
        elif step == "graver" and state == "open" and severity:
            severity -= 1
            review.reprioritise(actor=lead, case_id=case.pk, at=court.now, severity=severity, reason="worse")
        elif step == "sweep":
            mark_breaches(now=court.now)
        if state == "open":
            left = timedelta(seconds=targets[severity] - used)
            due_at = Case.objects.get(pk=case.pk).due_at
            assert due_at is not None
            # Once used up, a target stays due when it was, whatever stands still afterwards.
            assert due_at == court.now + left if left > timedelta() else due_at <= court.now
    mark_breaches(now=court.now)
    stored = list(CaseClock.objects.filter(case=case).order_by("cycle").values())
    before = Case.objects.get(pk=case.pk)
    review.recompute_clock(case_id=case.pk, now=court.now)
    assert list(CaseClock.objects.filter(case=case).order_by("cycle").values()) == stored
    after = Case.objects.get(pk=case.pk)
    assert (after.due_at, after.at_risk_at, after.rank) == (before.due_at, before.at_risk_at, before.rank)


def test_recomputing_mends_what_was_tampered_with(court: Court) -> None:
    court.queue(target_s=3600)
    case = court.case()
    CaseClock.objects.update(due_at=court.now, target_s=1)
    Case.objects.update(due_at=None, rank=0)
    review.recompute_clock(case_id=case.pk, now=court.now)
    mended = Case.objects.get()
    assert (mended.due_at, mended.rank) == (case.due_at, case.rank)
    assert CaseClock.objects.get().due_at == case.due_at


def test_a_held_case_resumed_by_the_job_counts_from_then(court: Court) -> None:
    court.queue(target_s=3600)
    court.case()
    hold(court, court.person(), hours=1)
    court.pass_time(hours=1, minutes=3)
    resume_held(now=court.now)
    assert Case.objects.get().due_at == court.now + timedelta(hours=1)
