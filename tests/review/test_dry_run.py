"""What other rules and other targets would have done to past work, told from what was known then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from piepowder.decisions import operations as decisions
from piepowder.decisions.ruling import Ruling
from piepowder.intake import operations as intake
from piepowder.intake.schemas import Notice, Submitted, parse_notice, parse_submission
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.ids import new_id
from piepowder.review import operations as review
from piepowder.review.dry_run import NO_REVIEW, DryRun, dry_run
from piepowder.review.explain import explain
from piepowder.review.models import Case, SellerViolations
from piepowder.review.promises import WantedTarget
from piepowder.review.reference import forget, reference
from piepowder.review.target_trial import target_history, trial_of_targets
from tests.review.conftest import Court

KEEP = {"name": "Nothing found", "when": {}, "then": {"queue": None}}


def rule(name: str, queue: str | None, severity: int | None = None, **when: Any) -> dict[str, Any]:
    return {"name": name, "when": when, "then": {"queue": queue, "severity": severity}}


def submit(court: Court, number: str, *found: tuple[str, float], **values: Any) -> Any:
    raw = {
        "kind": "listing", "id": number, "market": "DE", "language": "en", "seller": "S-1",
        "content": {"title": f"Thing {number}", "images": []},
        "detections": [{"model": "m", "version": "1", "label": label, "score": score} for label, score in found],
        **values,
    }  # fmt: skip
    given = parse_submission(raw)
    assert isinstance(given, Submitted), given
    (outcome,) = intake.receive(actor=SYSTEM, submissions=[given], at=court.now)
    return outcome.item_id


def tell(court: Court, number: str, kind: str = "user") -> None:
    notice = parse_notice(
        {
            "reporter": {"kind": kind, "id": f"U-{number}", "name": "Ann", "email": "ann@mail.example"},
            "items": [{"kind": "listing", "id": number}],
            "basis": "terms", "reason": "It should not be sold.", "good_faith": True,
        }
    )  # fmt: skip
    assert isinstance(notice, Notice), notice
    intake.report(actor=SYSTEM, notice=notice, at=court.now)


def run(court: Court, *rules: dict[str, Any], since: datetime | None = None) -> DryRun:
    forget()
    start = since or court.now - timedelta(days=7)
    *_, last = dry_run(reference(), list(rules), start, court.now + timedelta(seconds=1), now=court.now)
    assert isinstance(last, DryRun)
    return last


def counts(found: DryRun) -> dict[tuple[str, str], int]:
    return {pair: move.count for pair, move in found.moves.items()}


def test_it_tells_where_past_work_would_have_gone_and_writes_nothing(court: Court) -> None:
    court.queue("general")
    court.queue("guns")
    court.route_all(rule("All", "general"))
    submit(court, "a", ("gun", 0.9))
    submit(court, "b", ("gun", 0.2))
    court.pass_time(minutes=5)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = run(court, rule("Guns", "guns", label="gun", min_score=0.5), rule("Knives", "guns", label="knife"))
    assert not [query for query in asked if not query["sql"].lstrip().upper().startswith("SELECT")]
    assert counts(found) == {("general", "general"): 1, ("general", "guns"): 1}
    assert [sample.external_id for sample in found.moves["general", "guns"].samples] == ["a"]
    assert (found.rules_before, found.rules_after) == ({1: 2}, {1: 1, 0: 1})
    assert found.rules_after[2] == 0, "a rule that never matches"


def test_it_uses_what_was_known_when_the_case_was_opened(court: Court) -> None:
    court.queue("general")
    court.queue("guns")
    court.route_all(rule("All", "general"))
    submit(court, "a")
    court.pass_time(minutes=5)
    # Only later was the gun found, and only later did anybody report it.
    submit(court, "a", ("gun", 0.9))
    tell(court, "a")
    assert counts(run(court, rule("Guns", "guns", label="gun"), rule("Told", "guns", reported=True))) == {
        ("general", "general"): 1
    }


def test_a_case_opened_by_a_report_is_seen_with_its_reporter(court: Court) -> None:
    court.queue("general")
    court.queue("first")
    court.route_all(rule("Reported", "general", reported=True), KEEP)
    submit(court, "a", ("gun", 0.9))
    court.pass_time(hours=1)
    tell(court, "a", "rights_holder")
    found = run(court, rule("Owners", "first", reporter=["rights_holder"]), KEEP)
    assert counts(found) == {("general", "first"): 1, (NO_REVIEW, NO_REVIEW): 1}


def test_what_was_kept_without_review_can_become_work_and_the_other_way_round(court: Court) -> None:
    court.queue("general")
    court.route_all(rule("Guns", "general", label="gun"), KEEP)
    submit(court, "a", ("gun", 0.9))
    submit(court, "b", ("knife", 0.9))
    found = run(court, rule("Knives", "general", label="knife"), KEEP)
    assert counts(found) == {("general", NO_REVIEW): 1, (NO_REVIEW, "general"): 1}
    assert (found.newly_reviewed, found.newly_unreviewed) == (1, 1)


def test_a_seller_has_the_violations_of_the_days_before(court: Court) -> None:
    court.queue("general")
    court.queue("fraud")
    court.route_all(rule("All", "general"))
    for days, count in ((100, 5), (3, 2), (0, 9)):
        SellerViolations.objects.create(seller_ref="S-1", on=(court.now - timedelta(days=days)).date(), count=count)
    submit(court, "a")
    assert counts(run(court, rule("Repeat", "fraud", seller_violations_at_least=3))) == {("general", "general"): 1}
    assert counts(run(court, rule("Repeat", "fraud", seller_violations_at_least=2))) == {("general", "fraud"): 1}


def decided(court: Court, number: str, *found: tuple[str, float], after_s: float) -> Case:
    item = submit(court, number, *found)
    case = Case.objects.get(item_id=item)
    person = court.person()
    opened = court.now
    court.pass_time(seconds=after_s)
    claim = review.claim_case(actor=person, case_id=case.pk, at=court.now - timedelta(seconds=30))
    ruling = Ruling(outcome="no_violation", snapshot_id=case.snapshot_id)
    decisions.decide(actor=person, lease_id=claim.lease_id, ruling=ruling, at=court.now)
    assert Case.objects.get(pk=case.pk).opened_at == opened
    return case


def test_what_would_have_been_late_is_told_with_the_times_at_which_people_really_decided(court: Court) -> None:
    court.queue("general", target_s=3600)
    court.queue("quick", target_s=600)
    court.route_all(rule("All", "general"))
    decided(court, "a", ("gun", 0.9), after_s=1200)
    decided(court, "b", ("gun", 0.9), after_s=300)
    submit(court, "c", ("gun", 0.9))
    found = run(court, rule("Guns", "quick", label="gun"))
    before, after = found.queues_before["general"], found.queues_after["quick"]
    assert (before.cases, before.in_time, before.late, before.open, before.share) == (3, 2, 0, 1, 1.0)
    assert (after.cases, after.in_time, after.late, after.open, after.share) == (3, 1, 1, 1, 0.5)
    assert [sample.external_id for sample in found.newly_late.samples] == ["a"]
    assert after.handling_s == 60


def test_the_replay_of_the_rules_in_force_agrees_with_the_clocks_that_are_stored(court: Court) -> None:
    court.queue("general", target_s=600)
    court.queue("expert", target_s=900)
    court.route_all(rule("All", "general"))
    decided(court, "a", after_s=700)
    decided(court, "b", after_s=500)
    moved = Case.objects.get(item_id=submit(court, "c"))
    person = court.person()
    claim = review.claim_case(actor=person, case_id=moved.pk, at=court.pass_time(seconds=60))
    review.hold(actor=person, lease_id=claim.lease_id, at=court.now, until=court.now + timedelta(days=1), reason="ask")
    review.resume(actor=person, case_id=moved.pk, at=court.pass_time(hours=5))
    review.transfer(actor=SYSTEM, case_id=moved.pk, at=court.pass_time(seconds=60), queue_code="expert", reason="hard")
    court.pass_time(seconds=700)
    found = run(court, rule("All", "general"))
    tally = found.queues_before["general"]
    assert (tally.in_time, tally.late, tally.open) == (1, 1, 1)
    assert found.queues_before == found.queues_after
    assert found.moved == 0


def test_a_hundred_cases_cost_no_more_queries_than_ten(court: Court) -> None:
    court.queue("general")
    court.route_all(rule("All", "general"))

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            run(court, rule("Guns", "general", label="gun", seller_violations_at_least=1))
        return len(asked)

    for number in range(10):
        submit(court, f"x{number}", ("gun", 0.5))
    few = cost()
    for number in range(40):
        submit(court, f"y{number}", ("gun", 0.5))
    assert cost() == few <= 19


def test_other_targets_are_tried_on_the_cases_there_were(court: Court) -> None:
    court.queue("general", target_s=3600)
    court.route_all(rule("All", "general"))
    decided(court, "a", after_s=1200)
    decided(court, "b", after_s=300)
    forget()
    wanted = {("general", 3): WantedTarget(600)}
    span = court.now - timedelta(days=1), court.now
    cell = trial_of_targets(reference(), wanted, *span, now=court.now)["general", 3]
    assert (cell.before.share, cell.after.share) == (1.0, 0.5)
    none = trial_of_targets(reference(), {("general", 3): None}, *span, now=court.now)["general", 3]
    assert (none.after.cases, none.after.share) == (2, None)


def test_targets_are_changed_together_and_the_ledger_tells_their_history(court: Court) -> None:
    court.queue("general", target_s=3600)
    wanted = {("general", 0): WantedTarget(60), ("general", 1): None, ("general", 2): WantedTarget(3600)}
    assert review.set_targets(actor=SYSTEM, at=court.now, wanted=wanted) == 2
    assert [(one.severity, one.target_s) for one in target_history(limit=2)] == [(1, None), (0, 60)]
    with pytest.raises(review.BadSetup):
        review.set_targets(
            actor=SYSTEM, at=court.now, wanted={("general", 0): WantedTarget(1), ("general", 3): WantedTarget(0)}
        )
    assert target_history(limit=1)[0].severity == 1, "all or none"


def test_a_case_is_explained_by_the_version_that_routed_it(court: Court) -> None:
    court.queue("general")
    court.queue("guns")
    court.route_all(rule("Knives", "guns", label="knife"), rule("Guns", "guns", 1, label="gun", market=["DE"]))
    item = submit(court, "a", ("gun", 0.9))
    court.route_all(rule("All", "general"))
    forget()
    told = explain(SYSTEM, Case.objects.get(item_id=item).pk)
    assert (told.by, told.version, told.current_version, told.rule, told.rule_name) == ("rule", 1, 2, 2, "Guns")
    assert [(one.name, one.value, one.met) for one in told.conditions] == [
        ("market", "DE", True), ("detection", (("gun", 0.9),), True),
    ]  # fmt: skip
    (passed,) = told.passed_over
    assert passed.condition is not None
    assert (passed.name, passed.condition.name, passed.condition.asked, passed.doubtful) == (
        "Knives", "detection", ("knife", None), False,
    )  # fmt: skip
    assert told.parts.severity_lead == timedelta(hours=12)
    assert (told.clocks[0].target_s, told.lane_language) == (3600, "en")


def test_a_moved_case_still_tells_how_it_was_routed(court: Court) -> None:
    court.queue("general")
    court.queue("expert")
    court.route_all(KEEP)
    submit(court, "a")
    tell(court, "a")
    case = Case.objects.get()
    review.transfer(actor=SYSTEM, case_id=case.pk, at=court.now, queue_code="expert", reason="hard")
    forget()
    told = explain(SYSTEM, case.pk)
    assert (told.by, told.moved_from, told.queue, told.rule) == ("transferred", "general", "expert", 0)
    (passed,) = told.passed_over
    assert (passed.condition, passed.doubtful) == (None, False), "a rule that keeps is passed over for a report"


def test_nobody_is_told_about_a_case_they_may_not_see(court: Court) -> None:
    with pytest.raises(review.NoSuchCase):
        explain(court.person(), new_id())
