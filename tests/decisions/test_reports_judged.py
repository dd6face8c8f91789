"""Reporters learn from decisions whether they were right: each report is judged once, and unjudged when it is undone."""

from __future__ import annotations

from datetime import timedelta

from piepowder.decisions.operations import decide, withdraw
from piepowder.intake.models import Report, Reporter
from piepowder.review.claiming import claim_case
from tests.decisions.conftest import Court, ruling


def test_a_decision_judges_the_reports_that_came_before_it(court: Court) -> None:
    item = court.item()
    court.report(item)
    court.decide(court.person(), court.case(item))
    report = Report.objects.get()
    assert (report.founded, report.judged_at) == (True, court.now)
    assert Reporter.objects.get().weigh_at == court.now


def test_no_violation_makes_a_report_unfounded(court: Court) -> None:
    item = court.item()
    court.report(item)
    nothing = {"policy_codes": (), "ground": "", "enforcements": ()}
    court.decide(court.person(), court.case(item), outcome="no_violation", **nothing)
    assert Report.objects.get().founded is False


def test_undoing_unjudges_and_leaves_what_was_judged_before(court: Court) -> None:
    item, ann = court.item(), court.person()
    first = court.report(item)
    court.decide(ann, court.case(item))
    second = court.report(item)
    Report.objects.filter(pk=second.pk).update(received_at=court.now + timedelta(hours=1))
    later = court.now + timedelta(hours=2)
    claim = claim_case(actor=ann, case_id=court.case(item).pk, at=later)
    decision = decide(actor=ann, lease_id=claim.lease_id, ruling=ruling(item), at=later)
    assert Report.objects.get(pk=second.pk).judged_at == later
    withdraw(actor=ann, decision_id=decision.pk, at=later + timedelta(seconds=1))
    assert Report.objects.get(pk=second.pk).founded is None
    assert Report.objects.get(pk=first.pk).founded is True
