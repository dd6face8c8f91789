"""How appeals end, and what is undone, restored, told and left to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from piepowder.appeals.events import AppealConcluded, AppealFiled, AppealWithdrawn
from piepowder.appeals.models import Appeal, AuditRequest, Restitution
from piepowder.appeals.operations import (
    AlreadyAppealed,
    BadAppeal,
    Barred,
    BodyFields,
    Complainant,
    NotHearer,
    TooLateToAppeal,
    conclude,
    finish_audit,
    finish_task,
    refuse_admission,
    save_body,
    take,
    withdraw_appeal,
)
from piepowder.appeals.queries import complaints_of
from piepowder.correspondence.models import Letter
from piepowder.decisions.models import Decision, Enforcement
from piepowder.decisions.operations import EnforcementOrder, NeedsPeople
from piepowder.intake.models import Report
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.events import subscribe
from piepowder.kernel.flow import WrongState
from piepowder.kernel.permissions import Permission
from piepowder.outbox.models import Message
from piepowder.review.opening import violations_of
from tests.appeals.conftest import REASONS, Desk, leave
from tests.decisions.conftest import ruling

pytestmark = pytest.mark.django_db

WARNED = EnforcementOrder("visibility", "content_labelled")


def heard(desk: Desk, decision: Decision, **changes: Any) -> tuple[Actor, Appeal]:
    """A hearer with an appeal against ``decision`` in hand."""
    hearer = desk.hearer()
    appeal = desk.file(decision, **changes)
    return hearer, take(actor=hearer, appeal_id=appeal.pk, at=desk.later)


def end(desk: Desk, hearer: Actor, appeal: Appeal, outcome: str, **changes: Any) -> Appeal:
    fields: dict[str, Any] = {"reasons": REASONS, "at": desk.later + timedelta(hours=2)}
    return conclude(actor=hearer, appeal_id=appeal.pk, outcome=outcome, **{**fields, **changes})


def test_upheld_leaves_everything_as_it_is_and_says_why(desk: Desk) -> None:
    save_body(actor=SYSTEM, fields=BodyFields("Settlement House", "IE", url="https://settle.example"), at=desk.later)
    decision = desk.decision()
    done = end(desk, *heard(desk, decision), "upheld")
    decision.refresh_from_db()
    assert (done.state, decision.state, done.kept) == ("concluded", "issued", True)
    letter = Letter.objects.get(event="appeal.concluded")
    assert "Our decision stands." in letter.text
    assert REASONS in letter.text
    assert "Settlement House (IE): https://settle.example" in letter.text
    assert "once more until 13 April 2026" in letter.text
    assert not Restitution.objects.exists()
    assert not AuditRequest.objects.exists()


def test_overturned_restores_the_item_the_counts_and_the_reports_and_lists_what_is_left_to_do(desk: Desk) -> None:
    item = desk.court.item()
    desk.court.report(item)
    decision = desk.decision(None, item)
    row = Enforcement.objects.get()
    assert (row.state, violations_of(["S-1"], desk.later)) == ("dispatched", {"S-1": 1})
    done = end(desk, *heard(desk, decision), "overturned")
    decision.refresh_from_db()
    row.refresh_from_db()
    assert (decision.state, row.state, done.outcome) == ("overturned", "reversed", "overturned")
    assert violations_of(["S-1"], desk.later) == {}
    assert Report.objects.get().judged_at is None
    told = Message.objects.get(topic="enforcement.reversed")
    assert (told.body["enforcement"], told.body["still"]) == (str(row.pk), [])
    tasks = {(task.kind, task.text_code) for task in Restitution.objects.all()}
    assert tasks == {("message", "statement_was_sent"), ("time", "was_restricted")}
    assert AuditRequest.objects.get().decision_id == decision.pk
    assert "what it restricted is restored" in Letter.objects.get(event="appeal.concluded").text


def test_modified_puts_a_new_decision_with_its_own_statement_in_place_at_once(desk: Desk) -> None:
    decision = desk.decision()
    hearer, appeal = heard(desk, decision)
    milder = ruling(decision.item, enforcements=(WARNED,))
    done = end(desk, hearer, appeal, "modified", replacement=milder)
    new = Decision.objects.get(pk=done.replacement_id)
    assert (new.supersedes_id, new.decider_id, new.state) == (decision.pk, int(hearer.ref), "issued")
    assert new.final_at == new.decided_at
    assert new.statement.puid != decision.statement.puid
    leave(done.ended_at)
    states = dict(Enforcement.objects.values_list("measure", "state"))
    assert states == {"content_removed": "reversed", "content_labelled": "dispatched"}
    assert violations_of(["S-1"], desk.later) == {"S-1": 1}


def test_the_reversal_names_what_still_holds_the_same_item(desk: Desk) -> None:
    decision = desk.decision()
    hearer, appeal = heard(desk, decision)
    done = end(desk, hearer, appeal, "modified", replacement=ruling(decision.item))
    new = Enforcement.objects.get(decision=done.replacement_id)
    assert Message.objects.get(topic="enforcement.reversed").body["still"] == [str(new.pk)]


def test_a_reporter_who_was_right_gets_the_item_restricted(desk: Desk) -> None:
    item = desk.court.item()
    report = desk.court.report(item)
    decision = desk.no_action(item)
    hearer, appeal = heard(desk, decision, complainant=Complainant("reporter", report.reporter.external_ref))
    with pytest.raises(BadAppeal):
        end(desk, hearer, appeal, "overturned")
    done = end(desk, hearer, appeal, "overturned", replacement=ruling(item))
    report.refresh_from_db()
    assert (report.founded, done.replacement.source) == (True, "notice")
    letter = Letter.objects.get(event="appeal.concluded")
    assert letter.recipient_kind == "reporter"
    assert "have acted on your report" in letter.text


def test_a_measure_that_asks_for_two_people_is_not_imposed_on_appeal_by_one(desk: Desk) -> None:
    item = desk.court.item()
    report = desk.court.report(item)
    decision = desk.no_action(item)
    hearer, appeal = heard(desk, decision, complainant=Complainant("reporter", report.reporter.external_ref))
    grave = ruling(item, enforcements=(EnforcementOrder("account", "terminated"),))
    with pytest.raises(NeedsPeople):
        end(desk, hearer, appeal, "overturned", replacement=grave)
    decision.refresh_from_db()
    assert decision.state == "issued"


def test_what_is_omitted_says_why_and_counts_against_who_complains_without_ground(desk: Desk) -> None:
    hearer, appeal = heard(desk, desk.decision())
    with pytest.raises(BadAppeal):
        end(desk, hearer, appeal, "omitted")
    done = end(desk, hearer, appeal, "omitted", omission="abusive", unfounded=True)
    assert (done.state, done.omission) == ("omitted", "abusive")
    assert "We do not decide on your complaint." in Letter.objects.get(event="appeal.concluded").text
    counted = complaints_of("recipient", "S-1", since=desk.court.now, until=desk.later + timedelta(days=1))
    assert (counted.filed, counted.ended, counted.unfounded) == (1, 1, 1)


def test_refusing_admission_is_for_somebody_who_had_no_part_in_the_decision(desk: Desk) -> None:
    decider, other = desk.hearer(), desk.hearer()
    appeal = desk.file(desk.decision(decider))
    refused: dict[str, Any] = {"why": "no_reasons", "reasons": REASONS, "at": desk.later}
    with pytest.raises(Barred):
        refuse_admission(actor=decider, appeal_id=appeal.pk, **refused)
    done = refuse_admission(actor=other, appeal_id=appeal.pk, **refused)
    assert (done.state, done.hearer_id) == ("omitted", int(other.ref))


def test_only_the_hearer_concludes_and_only_once(desk: Desk) -> None:
    hearer, appeal = heard(desk, desk.decision())
    with pytest.raises(NotHearer):
        end(desk, desk.hearer(), appeal, "upheld")
    end(desk, hearer, appeal, "upheld")
    with pytest.raises(NotHearer):
        end(desk, hearer, appeal, "overturned")


def test_the_second_stage_is_open_for_thirty_days_and_the_first_hearer_is_barred_from_it(desk: Desk) -> None:
    decision = desk.decision()
    first_hearer, appeal = heard(desk, decision)
    done = end(desk, first_hearer, appeal, "upheld")
    assert done.ended_at is not None
    second = desk.file(decision, at=done.ended_at + timedelta(days=29))
    assert second.stage == 2
    with pytest.raises(Barred):
        take(actor=first_hearer, appeal_id=second.pk, at=desk.later)
    with pytest.raises(AlreadyAppealed):
        desk.file(decision, at=done.ended_at + timedelta(days=29))


def test_after_those_thirty_days_it_is_too_late(desk: Desk) -> None:
    decision = desk.decision()
    done = end(desk, *heard(desk, decision), "upheld")
    assert done.ended_at is not None
    with pytest.raises(TooLateToAppeal):
        desk.file(decision, at=done.ended_at + timedelta(days=32))


def test_the_new_decision_can_be_appealed_in_its_turn_but_not_heard_by_who_made_it(desk: Desk) -> None:
    decision = desk.decision(decider := desk.hearer())
    hearer, appeal = heard(desk, decision)
    done = end(desk, hearer, appeal, "modified", replacement=ruling(decision.item, enforcements=(WARNED,)))
    again = desk.file(done.replacement, at=desk.later + timedelta(days=1))
    for actor in (hearer, decider):
        with pytest.raises(Barred):
            take(actor=actor, appeal_id=again.pk, at=desk.later)


def test_taking_a_complaint_back_ends_it_and_is_confirmed(desk: Desk) -> None:
    _hearer, appeal = heard(desk, desk.decision())
    done = withdraw_appeal(actor=SYSTEM, appeal_id=appeal.pk, at=desk.later)
    assert (done.state, Letter.objects.filter(event="appeal.withdrawn").count()) == ("withdrawn", 1)
    with pytest.raises(WrongState):
        withdraw_appeal(actor=SYSTEM, appeal_id=appeal.pk, at=desk.later)


def test_a_decision_that_fell_meanwhile_cannot_be_upheld_or_overturned_again(desk: Desk) -> None:
    item = desk.court.item()
    report = desk.court.report(item)
    decision = desk.decision(None, item)
    reporter = Complainant("reporter", report.reporter.external_ref)
    hearer, appeal = heard(desk, decision, complainant=reporter)
    end(desk, *heard(desk, decision), "overturned")
    with pytest.raises(BadAppeal):
        end(desk, hearer, appeal, "upheld")
    assert end(desk, hearer, appeal, "omitted", omission="moot").state == "omitted"


def test_nothing_of_it_happens_when_one_part_fails(desk: Desk) -> None:
    """The letter is the last step: without its words everything before it is as if it had not been."""
    decision = desk.decision()
    hearer, appeal = heard(desk, decision)

    def fail(event: AppealConcluded) -> None:
        raise ZeroDivisionError

    subscribe(AppealConcluded, fail)
    with pytest.raises(ZeroDivisionError):
        end(desk, hearer, appeal, "overturned")
    decision.refresh_from_db()
    appeal.refresh_from_db()
    assert (decision.state, appeal.state, Enforcement.objects.get().state) == ("issued", "in_hand", "dispatched")
    assert not Message.objects.filter(topic="enforcement.reversed").exists()
    assert not Restitution.objects.exists()


def test_tasks_and_audits_are_finished_by_people(desk: Desk) -> None:
    hearer, appeal = heard(desk, desk.decision())
    end(desk, hearer, appeal, "overturned")
    task = Restitution.objects.filter(kind="message").get()
    done = finish_task(actor=hearer, task_id=task.pk, note="Told the seller by phone.", at=desk.later)
    assert (done.state, done.done_by_id) == ("done", int(hearer.ref))
    with pytest.raises(WrongState):
        finish_task(actor=hearer, task_id=task.pk, note="Again.", at=desk.later)
    lead = desk.court.person("house", Permission.APPEAL_VIEW, Permission.APPEAL_ASSIGN)
    assert finish_audit(actor=lead, appeal_id=appeal.pk, at=desk.later).state == "done"


def test_packages_above_hear_of_every_step(desk: Desk) -> None:
    heard_of: list[Any] = []
    for kind in (AppealFiled, AppealConcluded, AppealWithdrawn):
        subscribe(kind, heard_of.append)
    end(desk, *heard(desk, desk.decision()), "upheld")
    _hearer, other = heard(desk, desk.decision())
    withdraw_appeal(actor=SYSTEM, appeal_id=other.pk, at=desk.later)
    assert [type(one) for one in heard_of] == [AppealFiled, AppealConcluded, AppealFiled, AppealWithdrawn]
