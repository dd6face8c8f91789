"""Moving a case without deciding it, deciding it, and taking it up again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piepowder.access.visibility import NotPermitted
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Mandate
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.review import operations as review
from piepowder.review.jobs import expire_leases, resume_held
from piepowder.review.models import Case, CaseEvent, Draft, Lease
from piepowder.review.states import CASE_FLOW, CaseState
from tests.review.conftest import LEAD, Court


@pytest.fixture
def hall(court: Court) -> Court:
    court.queue("appeals", position=1)
    court.queue("general", escalates_to="appeals")
    return court


def test_every_step_leaves_an_event_and_a_fact(hall: Court) -> None:
    case = hall.case()
    lead = hall.person(permissions=LEAD)
    for step in (
        lambda lease: review.release(actor=lead, lease_id=lease, at=hall.now),
        lambda lease: review.hold(
            actor=lead, lease_id=lease, at=hall.now, until=hall.now + timedelta(hours=1), reason="asked legal"
        ),
        lambda lease: review.transfer(actor=lead, lease_id=lease, at=hall.now, queue_code="general", reason="theirs"),
        lambda lease: review.escalate(actor=lead, lease_id=lease, at=hall.now, reason="unsure"),
    ):
        hall.pass_time(seconds=1)
        lease_id = hall.claim(lead).lease_id
        step(lease_id)
        if Case.objects.get().state == "held":
            review.resume(actor=lead, case_id=case.pk, at=hall.now)
    kinds = list(
        CaseEvent.objects.exclude(kind__in=["offered", "claimed"]).order_by("id").values_list("kind", flat=True)
    )
    assert kinds == ["opened", "released", "held", "resumed", "transferred", "escalated"]
    verbs = set(Fact.objects.filter(subject_id=str(case.pk)).values_list("verb", flat=True))
    assert verbs >= {"case.release", "case.hold", "case.resume", "case.transfer", "case.escalate"}
    assert Lease.objects.count() == 0


def test_reasons_stay_with_the_case_and_out_of_the_ledger(hall: Court) -> None:
    hall.case()
    person = hall.person()
    review.skip(actor=person, lease_id=hall.claim(person).lease_id, at=hall.now, reason="my cousin Ada sells it")
    assert CaseEvent.objects.get(kind="skipped").body["reason"] == "my cousin Ada sells it"
    assert "Ada" not in str(Fact.objects.get(verb="case.skip").body)


@pytest.mark.parametrize("verb", ["skip", "hold", "transfer", "escalate"])
def test_passing_work_on_takes_a_reason(hall: Court, verb: str) -> None:
    hall.case()
    person = hall.person()
    lease_id = hall.claim(person).lease_id
    more: dict[str, Any] = {"hold": {"until": hall.now + timedelta(hours=1)}, "transfer": {"queue_code": "appeals"}}
    with pytest.raises(review.MissingReason):
        getattr(review, verb)(actor=person, lease_id=lease_id, at=hall.now, reason="  ", **more.get(verb, {}))
    assert Case.objects.get().state == "claimed"


@pytest.mark.parametrize(
    ("verb", "permission"),
    [
        ("skip", Permission.CASE_SKIP),
        ("hold", Permission.CASE_HOLD),
        ("transfer", Permission.CASE_TRANSFER),
        ("escalate", Permission.CASE_ESCALATE),
    ],
)
def test_each_way_has_a_permission_of_its_own(hall: Court, verb: str, permission: Permission) -> None:
    hall.case()
    person = hall.person(permissions=LEAD - {permission})
    lease_id = hall.claim(person).lease_id
    more: dict[str, Any] = {"hold": {"until": hall.now + timedelta(hours=1)}, "transfer": {"queue_code": "appeals"}}
    with pytest.raises(NotPermitted):
        getattr(review, verb)(actor=person, lease_id=lease_id, at=hall.now, reason="why", **more.get(verb, {}))


def test_a_held_case_stays_with_its_holder_until_the_hold_runs_out(hall: Court) -> None:
    case = hall.case()
    person, other = hall.person(vendor="acme"), hall.person()
    until = hall.now + timedelta(hours=2)
    review.hold(
        actor=person, lease_id=hall.claim(person).lease_id, at=hall.now, until=until, reason="waits for the seller"
    )
    held = Case.objects.get()
    assert (held.state, str(held.holder_id), held.vendor, held.hold_until) == ("held", person.ref, "acme", until)
    assert review.claim_next(actor=other, at=hall.now) is None
    hall.pass_time(hours=2, seconds=-1)
    assert resume_held(now=hall.now) == 0
    hall.pass_time(seconds=1)
    assert resume_held(now=hall.now) == 1
    back = Case.objects.get()
    assert (back.state, back.holder_id, back.vendor, back.hold_reason) == ("open", None, "", "")
    review.set_availability(actor=other, state="available", at=hall.now)
    assert hall.claim(other).case.pk == case.pk


def test_a_hold_ends_in_the_future(hall: Court) -> None:
    hall.case()
    person = hall.person()
    with pytest.raises(review.BadHold):
        review.hold(actor=person, lease_id=hall.claim(person).lease_id, at=hall.now, until=hall.now, reason="now")


def test_a_transfer_changes_queue_lane_and_why(hall: Court) -> None:
    case = hall.case(language="de")
    person = hall.person(languages=("de",))
    lease_id = hall.claim(person).lease_id
    moved = review.transfer(actor=person, lease_id=lease_id, at=hall.now, queue_code="appeals", reason="an appeal")
    assert (moved.queue.code, moved.lane.queue.code, moved.lane.language) == ("appeals", "appeals", "de")
    assert (moved.why_here["from"], moved.why_here["routed"]) == ("general", case.why_here)
    with pytest.raises(review.UnknownQueue):
        review.transfer(actor=hall.person(permissions=LEAD), case_id=case.pk, at=hall.now, queue_code="x", reason="y")


def test_nothing_is_moved_into_a_closed_queue(hall: Court) -> None:
    case = hall.case()
    hall.queue("appeals", position=1, active=False)
    with pytest.raises(review.QueueClosed):
        review.escalate(actor=hall.person(permissions=LEAD), case_id=case.pk, at=hall.now, reason="up")


def test_an_escalation_may_make_a_case_graver_never_lighter(hall: Court) -> None:
    case = hall.case()
    lead = hall.person(permissions=LEAD)
    assert review.escalate(actor=lead, case_id=case.pk, at=hall.now, reason="up", severity=1).severity == 1
    hall.queue("appeals", position=1, escalates_to="general")
    assert review.escalate(actor=lead, case_id=case.pk, at=hall.now, reason="up", severity=3).severity == 1
    hall.queue("general")
    with pytest.raises(review.NoEscalationQueue):
        review.escalate(actor=lead, case_id=case.pk, at=hall.now, reason="up")


def test_a_decision_closes_the_case_and_keeps_who_had_it(hall: Court) -> None:
    case = hall.case()
    person = hall.person(vendor="acme")
    claim = hall.claim(person)
    review.mark_viewed(actor=person, lease_id=claim.lease_id, at=hall.pass_time(seconds=2))
    review.save_draft(actor=person, lease_id=claim.lease_id, content={"note": "hm"}, at=hall.now)
    hall.pass_time(seconds=20)
    decided = review.close_for_decision(actor=person, case_id=case.pk, lease_id=claim.lease_id, at=hall.now)
    stored = Case.objects.get()
    assert (stored.state, stored.decided_at, str(stored.holder_id), stored.vendor) == (
        "decided",
        hall.now,
        person.ref,
        "acme",
    )
    assert decided.claimed_at == claim.case.claimed_at
    assert stored.first_viewed_at == hall.now - timedelta(seconds=20)
    assert (Lease.objects.count(), Draft.objects.count()) == (0, 0)


def test_a_view_is_recorded_once_per_lease(hall: Court) -> None:
    hall.case()
    person = hall.person()
    claim = hall.claim(person)
    for _ in range(3):
        review.mark_viewed(actor=person, lease_id=claim.lease_id, at=hall.pass_time(seconds=1))
    assert CaseEvent.objects.filter(kind="viewed").count() == 1
    assert Case.objects.get().first_viewed_at == hall.now - timedelta(seconds=2)


@pytest.mark.parametrize("trick", ["expired", "foreign", "other case", "made up", "not a person", "swept"])
def test_a_decision_without_a_live_lease_of_ones_own_writes_nothing(hall: Court, trick: str) -> None:
    case = hall.case()
    hall.case()
    person = hall.person()
    claim = hall.claim(person)
    actor, case_id, lease_id = person, case.pk, claim.lease_id
    if trick in ("expired", "swept"):
        hall.pass_time(seconds=300)
        if trick == "swept":
            expire_leases(now=hall.now)
    elif trick == "foreign":
        actor = hall.person()
    elif trick == "other case":
        lease_id = hall.claim(person).lease_id
    elif trick == "made up":
        lease_id = case.item_id
    else:
        actor = Actor(ActorKind.KEY, "key", mandates=person.mandates)
    before = (CaseEvent.objects.count(), Fact.objects.count())
    with pytest.raises(review.LeaseLost):
        review.close_for_decision(actor=actor, case_id=case_id, lease_id=lease_id, at=hall.now)
    assert (CaseEvent.objects.count(), Fact.objects.count()) == before
    assert not Case.objects.filter(state="decided").exists()


def test_a_machine_decides_what_waits_and_nothing_that_somebody_has(hall: Court) -> None:
    case = hall.case()
    machine = Actor(ActorKind.MACHINE, "model-1", mandates=(Mandate(frozenset({Permission.DECISION_ISSUE_MACHINE})),))
    claim = hall.claim(hall.person())
    with pytest.raises(WrongState):
        review.close_for_decision(actor=machine, case_id=case.pk, lease_id=None, at=hall.now)
    other = hall.case()
    assert review.close_for_decision(actor=machine, case_id=other.pk, lease_id=None, at=hall.now).state == "decided"
    assert Lease.objects.get().pk == claim.lease_id


def test_an_undone_decision_gives_the_case_back_to_who_made_it(hall: Court) -> None:
    case = hall.case()
    person = hall.person()
    lease_id = hall.claim(person).lease_id
    review.close_for_decision(actor=person, case_id=case.pk, lease_id=lease_id, at=hall.now)
    hall.pass_time(seconds=5)
    back = review.reopen(actor=person, case_id=case.pk, at=hall.now, reason="undone", hand_back=True)
    assert (back.state, str(back.holder_id), back.lease.user_id) == ("claimed", person.ref, int(person.ref))
    assert back.lease.pk != lease_id
    review.close_for_decision(actor=person, case_id=case.pk, lease_id=back.lease.pk, at=hall.now)


def test_only_who_decided_or_a_lead_takes_a_case_up_again(hall: Court) -> None:
    case = hall.case()
    person = hall.person()
    review.close_for_decision(actor=person, case_id=case.pk, lease_id=hall.claim(person).lease_id, at=hall.now)
    with pytest.raises(NotPermitted):
        review.reopen(actor=hall.person(), case_id=case.pk, at=hall.now, reason="I disagree")
    lead = hall.person(permissions=LEAD)
    assert review.reopen(actor=lead, case_id=case.pk, at=hall.now, reason="new facts").state == "open"


def test_a_case_is_not_reopened_beside_a_newer_one(hall: Court) -> None:
    case = hall.case()
    person = hall.person()
    review.close_for_decision(actor=person, case_id=case.pk, lease_id=hall.claim(person).lease_id, at=hall.now)
    hall.newer(case.item)
    with pytest.raises(review.AnotherCaseOpen):
        review.reopen(actor=person, case_id=case.pk, at=hall.now, reason="undone")


def test_a_draft_outlives_the_lease_and_is_private(hall: Court) -> None:
    case = hall.case()
    person, other = hall.person(), hall.person()
    claim = hall.claim(person)
    review.save_draft(actor=person, lease_id=claim.lease_id, content={"facts": "half a sen"}, at=hall.now)
    hall.pass_time(seconds=300)
    expire_leases(now=hall.now)
    with pytest.raises(review.LeaseLost):
        review.save_draft(actor=person, lease_id=claim.lease_id, content={}, at=hall.now)
    review.save_draft(actor=person, case_id=case.pk, content={"facts": "half a sentence"}, at=hall.now)
    review.save_draft(actor=other, case_id=case.pk, content={"facts": "mine"}, at=hall.now)
    assert Draft.objects.get(user_id=int(person.ref)).content == {"facts": "half a sentence"}


def test_closing_without_a_decision_takes_a_lead_and_ends_the_lease(hall: Court) -> None:
    case = hall.case()
    person = hall.person()
    hall.claim(person)
    with pytest.raises(NotPermitted):
        review.close(actor=person, case_id=case.pk, at=hall.now, reason="test item")
    review.close(actor=hall.person(permissions=LEAD), case_id=case.pk, at=hall.now, reason="test item")
    assert (Case.objects.get().state, Lease.objects.count()) == ("closed", 0)


STEPS = (
    "claim",
    "release",
    "skip",
    "hold",
    "resume",
    "transfer",
    "escalate",
    "decide",
    "reopen",
    "close",
    "expire",
    "report",
    "newer",
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_any_course_of_steps_stays_on_the_flow_table_and_whole(hall: Court, steps: list[str]) -> None:
    case = hall.case()
    lead = hall.person(permissions=LEAD)
    for step in steps:
        before = Case.objects.get(pk=case.pk)
        hall.pass_time(seconds=7)
        review.still_here(actor=lead, at=hall.now)
        allowed = CASE_FLOW.allowed(CaseState(before.state))
        try:
            _take(step, hall, lead, before)
        except PiepowderError:
            assert Case.objects.get(pk=case.pk).state == before.state
        else:
            after = Case.objects.get(pk=case.pk)
            if after.state != before.state:
                assert step in allowed
                assert after.state == CASE_FLOW.target(step)
        after = Case.objects.get(pk=case.pk)
        assert Lease.objects.filter(case=after).exists() == (after.state == "claimed")
        assert (after.vendor == "") == (after.state in ("open", "closed") and after.holder_id is None)
        assert (after.decided_at is not None) == (after.state == "decided")
    Lease.objects.all().delete()
    Case.objects.filter(pk=case.pk).update(state="closed", holder=None)


def _take(step: str, hall: Court, lead: Actor, case: Case) -> None:
    lease = Lease.objects.filter(case=case).values_list("pk", flat=True).first()
    by_lease: dict[str, Any] = {"actor": lead, "at": hall.now, "lease_id": lease or case.pk}
    by_case: dict[str, Any] = {"actor": lead, "at": hall.now, "case_id": case.pk}
    if step == "claim":
        review.claim_case(**by_case)
    elif step == "release":
        review.release(**by_lease)
    elif step == "skip":
        review.skip(**by_lease, reason="r")
    elif step == "hold":
        review.hold(**by_lease, until=hall.now + timedelta(hours=1), reason="r")
    elif step == "resume":
        review.resume(**by_case)
    elif step == "transfer":
        review.transfer(**by_case, queue_code="appeals", reason="r")
    elif step == "escalate":
        review.escalate(**by_case, reason="r")
    elif step == "decide":
        review.close_for_decision(**by_lease, case_id=case.pk)
    elif step == "reopen":
        review.reopen(**by_case, reason="r")
    elif step == "close":
        review.close(**by_case, reason="r")
    elif step == "expire":
        hall.pass_time(seconds=300)
        review.set_availability(actor=lead, state="available", at=hall.now)
        expire_leases(now=hall.now)
    elif step == "report":
        hall.report(case.item)
    else:
        hall.newer(case.item)


def test_the_system_resumes_without_any_permission(hall: Court) -> None:
    case = hall.case()
    person = hall.person()
    until = hall.now + timedelta(hours=1)
    review.hold(actor=person, lease_id=hall.claim(person).lease_id, at=hall.now, until=until, reason="r")
    with pytest.raises(NotPermitted):
        review.resume(actor=hall.person(permissions=frozenset()), case_id=case.pk, at=hall.now)
    assert review.resume(actor=SYSTEM, case_id=case.pk, at=hall.now).state == "open"
