"""Who may complain, about what, until when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from piepowder.access.models import Choice
from piepowder.appeals.models import Appeal, Evidence
from piepowder.appeals.operations import (
    AlreadyAppealed,
    BadAppeal,
    Complainant,
    NotAppealable,
    NotComplainant,
    TooLateToAppeal,
)
from piepowder.appeals.queries import appealable
from piepowder.correspondence.models import Letter
from piepowder.decisions.operations import withdraw
from piepowder.intake.models import Report, Reporter
from piepowder.kernel.errors import Forbidden
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.appeals.conftest import TEXT, Desk

pytestmark = pytest.mark.django_db


def choose(key: str, value: Any, desk: Desk) -> None:
    Choice.objects.create(key=key, value=value, changed_at=desk.court.now, changed_by="test")


def test_the_seller_files_waits_to_be_heard_and_gets_a_receipt_that_names_the_day_of_the_answer(desk: Desk) -> None:
    decision = desk.decision()
    appeal = desk.file(decision, evidence=["https://pens.example/picture-3"])
    assert (appeal.state, appeal.stage, appeal.basis) == ("admitted", 1, "visibility")
    assert appeal.due_at == desk.later + timedelta(hours=240)
    assert Evidence.objects.get().url == "https://pens.example/picture-3"
    letter = Letter.objects.get()
    assert (letter.event, letter.recipient_kind, letter.recipient_ref) == ("appeal.received", "seller", "S-1")
    assert "24 March 2026" in letter.text


def test_nothing_that_a_person_typed_or_is_stands_in_the_ledger(desk: Desk) -> None:
    desk.file(desk.decision())
    fact = Fact.objects.get(verb="appeal.file")
    assert "S-1" not in str(fact.body)
    assert TEXT not in str(fact.body)


def test_whoever_the_decision_does_not_concern_is_refused(desk: Desk) -> None:
    decision = desk.decision()
    for other in (Complainant("recipient", "S-2"), Complainant("recipient", ""), Complainant("reporter", "r-7")):
        with pytest.raises(NotComplainant):
            desk.file(decision, complainant=other)


def test_the_reporter_complains_that_nothing_was_done(desk: Desk) -> None:
    item = desk.court.item()
    report = desk.court.report(item)
    appeal = desk.file(desk.no_action(item), complainant=Complainant("reporter", report.reporter.external_ref))
    assert (appeal.basis, appeal.report_id) == ("no_action", report.pk)


def test_a_trusted_flagger_has_a_basis_of_its_own(desk: Desk) -> None:
    item = desk.court.item()
    report = desk.court.report(item, kind="trusted_flagger")
    appeal = desk.file(desk.no_action(item), complainant=Complainant("reporter", report.reporter.external_ref))
    assert appeal.basis == "no_action_flagger"


def test_the_seller_has_nothing_to_complain_about_when_nothing_was_found(desk: Desk) -> None:
    with pytest.raises(NotAppealable):
        desk.file(desk.no_action(desk.court.item()))


def test_a_report_that_came_after_the_decision_is_not_answered_by_it(desk: Desk) -> None:
    item = desk.court.item()
    decision = desk.no_action(item)
    report = desk.court.report(item)
    Report.objects.filter(pk=report.pk).update(received_at=desk.court.now + timedelta(days=1))
    reporter = Reporter.objects.get()
    with pytest.raises(NotComplainant):
        desk.file(decision, complainant=Complainant("reporter", reporter.external_ref))


def test_before_it_is_final_and_after_it_was_withdrawn_there_is_nothing_to_appeal(desk: Desk) -> None:
    decision = desk.court.decide(actor := desk.court.person())
    with pytest.raises(NotAppealable):
        desk.file(decision, at=decision.final_at - timedelta(seconds=1))
    withdraw(actor=actor, decision_id=decision.pk, at=desk.court.now)
    with pytest.raises(NotAppealable):
        desk.file(decision)


def test_the_last_day_is_counted_to_its_last_hour_and_the_next_is_too_late(desk: Desk) -> None:
    decision = desk.decision()
    may = appealable(decision, Complainant("recipient", "S-1"), desk.later)
    # Six months from 4 March is 4 September 2026, a Friday.
    assert (may.until, may.stage, may.allowed) == (date(2026, 9, 4), 1, True)
    late = decision.final_at.replace(month=9, day=6, hour=12)
    with pytest.raises(TooLateToAppeal):
        desk.file(decision, at=late)
    assert desk.file(decision, at=late - timedelta(days=1, hours=12)).until == date(2026, 9, 4)


def test_no_choice_shortens_the_window_in_the_eu(desk: Desk) -> None:
    choose("appeals.window_months", 1, desk)
    choose("appeals.days_elsewhere", 14, desk)
    decision = desk.decision()
    assert appealable(decision, Complainant("recipient", "S-1"), desk.later).until == date(2026, 9, 4)


def test_one_appeal_per_decision_stage_and_complainant(desk: Desk) -> None:
    decision = desk.decision()
    desk.file(decision)
    with pytest.raises(AlreadyAppealed):
        desk.file(decision)
    assert Appeal.objects.count() == 1


def test_seller_and_reporter_may_both_complain_about_one_decision(desk: Desk) -> None:
    item = desk.court.item()
    report = desk.court.report(item)
    decision = desk.decision(None, item)
    desk.file(decision)
    desk.file(decision, complainant=Complainant("reporter", report.reporter.external_ref))
    assert Appeal.objects.count() == 2


def test_everything_that_is_wrong_is_said_at_once(desk: Desk) -> None:
    with pytest.raises(BadAppeal) as refused:
        desk.file(desk.decision(), text=" ", evidence=["a" * 64, "file:///etc/passwd"], basis="revenge")
    pointers = [problem.pointer for problem in refused.value.problems]
    assert pointers == ["/text", "/evidence/0", "/evidence/1", "/basis"]


def test_filing_asks_for_the_permission(desk: Desk) -> None:
    decision = desk.decision()
    with pytest.raises(Forbidden):
        desk.file(decision, actor=desk.court.person())
    assert desk.file(decision, actor=desk.court.person("house", Permission.APPEAL_FILE)).source.startswith("person:")


def test_where_a_person_admits_first_it_waits_for_that(desk: Desk) -> None:
    choose("appeals.admit_at_once", False, desk)
    assert desk.file(desk.decision()).state == "filed"
