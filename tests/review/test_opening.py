"""What arrives becomes a case, or joins the one that is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from piepowder.review import operations as review
from piepowder.review.models import Case, CaseClock, CaseEvent, Lane, Queue
from tests.review.conftest import LEAD, Court


def test_a_new_item_opens_a_case_with_lane_promise_clock_event_and_fact(court: Court) -> None:
    queue = court.queue(target_s=3600)
    case = court.case(language="de", market="AT", seller_ref="s1")
    assert (case.state, case.queue_id, case.severity) == ("open", queue.pk, 3)
    assert (case.market, case.language, case.seller_ref) == ("AT", "de", "s1")
    assert Lane.objects.get(pk=case.lane_id).language == "de"
    assert (case.opened_at, case.due_at) == (court.now, court.now + timedelta(hours=1))
    assert case.at_risk_at == court.now + timedelta(minutes=45)
    clock = CaseClock.objects.get(case=case)
    assert (clock.cycle, clock.state, clock.due_at, clock.target_s) == (1, "running", case.due_at, 3600)
    event = CaseEvent.objects.get(case=case)
    assert (event.kind, event.at, event.body["queue"]) == ("opened", court.now, "general")
    fact = Fact.objects.get(verb="case.open")
    assert (fact.subject_id, fact.body["item"]) == (str(case.pk), str(case.item_id))


def test_the_first_rule_that_matches_wins_and_why_is_stored(court: Court) -> None:
    court.queue("fakes")
    court.queue("rest")
    court.policy("IP-1.2", 2)
    court.route_all(
        {"name": "French", "when": {"market": ["FR"]}, "then": {"queue": "rest"}},
        {"name": "Fakes", "when": {"policy": ["IP"], "kind": ["listing"]}, "then": {"queue": "fakes", "severity": 1}},
        {"name": "Never reached", "when": {}, "then": {"queue": "rest"}},
    )
    case = court.case(market="DE", detections=(("logo", "IP-1.2", 0.8), ("blur", "", 0.99)))
    assert (case.queue.code, case.severity, case.policy_code) == ("fakes", 1, "IP-1.2")
    assert case.why_here == {
        "by": "rule",
        "version": 1,
        "rule": 2,
        "name": "Fakes",
        "matched": [
            {"condition": "kind", "value": "listing"},
            {"condition": "policy", "value": "IP-1.2", "asked": "IP"},
        ],
    }


def test_a_rule_may_keep_items_without_review_but_never_what_was_reported(court: Court) -> None:
    court.queue()
    court.route_all({"name": "Quiet", "when": {"kind": ["text"]}, "then": {"queue": None}})
    item = court.item(kind="text")
    court.arrive(court.arrival(item))
    assert not Case.objects.exists()
    court.report(item)
    assert Case.objects.get().why_here == {"by": "fallback", "version": 1}


def test_without_any_setup_work_still_waits_somewhere(court: Court) -> None:
    case = court.case()
    assert case.queue.code == "general"
    assert (case.due_at, CaseClock.objects.count()) == (None, 0)
    court.case()
    assert Queue.objects.count() == 1


def test_what_is_routed_to_a_queue_closed_since_goes_to_the_fallback_and_says_so(court: Court) -> None:
    court.queue("general")
    court.queue("video")
    court.route_all({"name": "Videos", "when": {"kind": ["short_video"]}, "then": {"queue": "video"}})
    court.queue("video", active=False)
    case = court.case(kind="short_video")
    assert (case.queue.code, case.why_here["instead_of"]) == ("general", "video")


def test_the_graver_of_rule_and_policy_sets_the_severity(court: Court) -> None:
    court.queue()
    court.policy("P-1.1", 0)
    court.policy("P-1.2", 3)
    court.route_all({"name": "All", "then": {"queue": "general", "severity": 2}})
    assert court.case(detections=(("gun", "P-1.1", 0.5),)).severity == 0
    assert court.case(detections=(("toy", "P-1.2", 0.5),)).severity == 2
    assert court.case(detections=(("odd", "unknown", 0.5),)).severity == 2


def test_a_policy_that_the_rule_names_brings_its_own_severity(court: Court) -> None:
    court.queue()
    court.policy("P-1.1", 1)
    court.route_all({"name": "Guns", "when": {"label": "gun"}, "then": {"queue": "general", "policy": "P-1.1"}})
    case = court.case(detections=(("gun", "", 0.7),))
    assert (case.policy_code, case.severity) == ("P-1.1", 1)


def test_a_seller_with_recent_violations_is_routed_by_them_and_old_ones_are_forgotten(court: Court) -> None:
    court.queue("general")
    court.queue("repeat")
    court.route_all(
        {"name": "Repeat", "when": {"seller_violations_at_least": 2}, "then": {"queue": "repeat"}},
    )
    review.note_violation(seller_ref="bad", at=court.now - timedelta(days=91))
    review.note_violation(seller_ref="bad", at=court.now - timedelta(days=80))
    assert court.case(seller_ref="bad").queue.code == "general"
    review.note_violation(seller_ref="bad", at=court.now)
    assert court.case(seller_ref="bad").queue.code == "repeat"
    review.note_violation(seller_ref="bad", at=court.now, count=-1)
    assert court.case(seller_ref="bad").queue.code == "general"


def test_a_newer_snapshot_appears_in_the_open_case(court: Court) -> None:
    court.queue()
    case = court.case()
    court.pass_time(minutes=3)
    snapshot = court.newer(case.item)
    assert Case.objects.get().snapshot_id == snapshot.pk
    event = CaseEvent.objects.get(kind="snapshot_arrived")
    assert (event.at, event.body["number"], event.body["submission"]) == (court.now, 2, "updated")
    assert Fact.objects.filter(verb="case.snapshot", subject_id=str(case.pk)).count() == 1


def test_a_changed_item_whose_case_is_decided_gets_a_new_case(court: Court) -> None:
    court.queue()
    case = court.case()
    person = court.person()
    claim = court.claim(person)
    review.close_for_decision(actor=person, case_id=case.pk, lease_id=claim.lease_id, at=court.now)
    court.newer(case.item)
    assert sorted(Case.objects.values_list("state", flat=True)) == ["decided", "open"]


def test_an_item_that_did_not_change_opens_nothing_unless_something_was_detected(court: Court) -> None:
    court.queue()
    item = court.item()
    quiet = court.arrival(item, is_new_item=False, content_changed=False)
    court.arrive(quiet)
    assert not Case.objects.exists()
    court.arrive(court.arrival(item, is_new_item=False, content_changed=False, detections=(("gun", "", 0.9),)))
    assert Case.objects.count() == 1


def test_a_withdrawn_item_keeps_its_case_which_waits_longer_until_it_is_back(court: Court) -> None:
    court.queue()
    case = court.case()
    court.pass_time(minutes=1)
    court.newer(case.item, "deleted")
    gone = Case.objects.get()
    assert (gone.state, gone.item_gone) == ("open", True)
    assert gone.rank > case.rank
    court.newer(case.item, "submitted")
    back = Case.objects.get()
    assert (back.item_gone, back.rank) == (False, case.rank)


def test_a_grave_case_loses_nothing_when_its_item_is_gone(court: Court) -> None:
    court.queue()
    court.policy("M-1.1", 1)
    case = court.case(detections=(("x", "M-1.1", 0.9),))
    court.newer(case.item, "withdrawn")
    assert Case.objects.get().rank == case.rank


def test_an_item_deleted_before_anybody_saw_it_opens_nothing(court: Court) -> None:
    court.queue()
    item = court.item()
    court.arrive(court.arrival(item, submission="deleted"))
    assert not Case.objects.exists()


def test_reports_join_the_open_case_and_bring_it_forward(court: Court) -> None:
    court.queue()
    case = court.case()
    court.report(case.item, trust=30)
    court.report(case.item, trust=90)
    court.report(case.item, trust=10)
    joined = Case.objects.get()
    assert (joined.reports, joined.trust) == (3, 90)
    assert joined.rank < case.rank
    assert CaseEvent.objects.filter(case=case, kind="report_joined").count() == 3


def test_a_report_on_an_item_without_a_case_opens_one_routed_by_the_report(court: Court) -> None:
    court.queue("general")
    court.queue("notices")
    court.policy("H-1.1", 1)
    court.route_all(
        {"name": "Flaggers", "when": {"reporter": ["trusted_flagger"]}, "then": {"queue": "notices"}},
        {"name": "Quiet", "when": {"reported": False}, "then": {"queue": None}},
    )
    item, other = court.item(), court.item()
    court.arrive(court.arrival(item), court.arrival(other))
    assert not Case.objects.exists()
    court.report(item, other, reporter_kind="trusted_flagger", trust=95, policy_code="H-1.1")
    assert set(Case.objects.values_list("queue__code", "severity", "reports", "trust", "policy_code")) == {
        ("notices", 1, 1, 95, "H-1.1")
    }


def test_two_reports_of_one_item_at_once_open_one_case(court: Court) -> None:
    court.queue()
    item = court.item()
    court.report(item, item)
    assert Case.objects.get().reports == 2


def test_a_graver_suspicion_makes_an_open_case_graver_with_its_promise(court: Court) -> None:
    court.queue(target_s=None)
    review.set_target(actor=SYSTEM, at=court.now, queue_code="general", severity=3, target_s=7200)
    review.set_target(actor=SYSTEM, at=court.now, queue_code="general", severity=0, target_s=600)
    court.policy("M-1.1", 0)
    case = court.case()
    court.pass_time(minutes=2)
    court.report(case.item, policy_code="M-1.1")
    graver = Case.objects.get()
    assert (graver.severity, graver.policy_code) == (0, "M-1.1")
    assert graver.due_at == case.opened_at + timedelta(minutes=10)
    assert graver.rank < case.rank
    assert CaseClock.objects.get().due_at == graver.due_at


def test_a_report_reaches_the_case_that_somebody_is_working_on(court: Court) -> None:
    court.queue()
    case = court.case()
    claim = court.claim(court.person())
    court.report(case.item)
    working = Case.objects.get()
    assert (working.state, working.reports) == ("claimed", 1)
    assert working.lease.pk == claim.lease_id


def test_a_thousand_items_take_as_many_statements_as_ten(
    court: Court, django_assert_max_num_queries: Any, settled: Any
) -> None:
    court.queue()
    court.policy("P-1.1", 2)
    court.route_all({"name": "All", "when": {"seller_violations_at_least": 1}, "then": {"queue": "general"}})
    court.case(language="en", detections=(("gun", "P-1.1", 0.9),))
    arrivals = [court.arrival(court.item(), detections=(("gun", "P-1.1", 0.9),)) for _ in range(120)]
    settled()
    court.arrive(*arrivals[:20])
    # The seller's history, and one insert for each of case, event, clock and fact.
    with django_assert_max_num_queries(5):
        court.arrive(*arrivals[20:])
    assert Case.objects.count() == 121


def test_a_change_of_skill_takes_the_waiting_cases_along(court: Court) -> None:
    court.queue()
    case = court.case()
    court.queue(skill="ip")
    person = court.person()
    assert review.claim_next(actor=person, at=court.now) is None
    review.grant_eligibility(actor=SYSTEM, at=court.now, user_id=int(person.ref), skill="ip")
    assert court.claim(person).case.pk == case.pk


def test_one_bad_rule_is_refused_with_its_place_and_nothing_is_published(court: Court) -> None:
    court.queue()
    try:
        court.route_all({"name": "", "when": {"kind": ["listing", "boat"]}, "then": {"queue": "nowhere"}})
    except review.BadRouting as refused:
        found = {(problem.pointer, problem.code) for problem in refused.problems}
    assert found == {
        ("/0/name", "missing"),
        ("/0/when/kind/1", "unknown_value"),
        ("/0/then/queue", "unknown_queue"),
    }
    assert court.case().why_here["version"] == 0


def test_a_lead_sets_the_severity_and_the_promise_follows(court: Court) -> None:
    court.queue(target_s=None)
    for severity, target_s in ((1, 600), (3, 7200)):
        review.set_target(actor=SYSTEM, at=court.now, queue_code="general", severity=severity, target_s=target_s)
    case = court.case()
    lead = court.person(permissions=LEAD)
    court.pass_time(minutes=1)
    review.reprioritise(actor=lead, case_id=case.pk, at=court.now, severity=1, reason="on the news")
    assert Case.objects.get().due_at == case.opened_at + timedelta(minutes=10)
