"""The appeal desk as people see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from piepowder.access import options
from piepowder.access.models import Choice, Grant, Role, User
from piepowder.appeals.models import Appeal, OutOfCourtBody, OutOfCourtCase, Restitution
from piepowder.appeals.operations import Complainant, conclude, take
from piepowder.correspondence.models import Letter
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import EnforcementOrder
from piepowder.intake.models import Snapshot
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.web.appeals_forms import conclude_initial
from tests.appeals.conftest import REASONS, TEXT, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    """Twenty days ago: screens read the clock themselves, and what they show was decided not long since."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)


SPECIALIST = (
    Permission.APPEAL_VIEW,
    Permission.APPEAL_HEAR,
    Permission.DECISION_VIEW,
    Permission.ITEM_VIEW,
    Permission.REPORT_VIEW,
    Permission.POLICY_VIEW,
    Permission.DECISION_OVERTURN,
    Permission.DECISION_ISSUE_DIRECT,
    Permission.OUT_OF_COURT_EDIT,
    Permission.PERSON_VIEW,
)


def sit_down(desk: Desk, *extra: Permission) -> tuple[Client, Actor]:
    """Somebody of the house at their screen, with what an appeals specialist may do."""
    actor = desk.court.person()
    number = Role.objects.count()
    role = Role.objects.create(code=f"r{number}", name="Specialist", permissions=[*SPECIALIST, *extra])
    Grant.objects.create(user_id=int(actor.ref), role=role, granted_at=desk.court.now)
    client = Client()
    client.force_login(User.objects.get(pk=int(actor.ref)))
    return client, actor


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    found: str = answer.content.decode()
    return found


def test_from_the_desk_to_the_answer(desk: Desk) -> None:
    decision = desk.decision()
    appeal = desk.file(decision)
    client, actor = sit_down(desk)
    assert "Take the next one" in text_of(client.get(reverse("appeals")))
    taken = client.post(reverse("appeals_next"))
    assert taken["Location"] == reverse("appeal", args=[appeal.pk])
    page = text_of(client.get(taken["Location"]))
    for words in (TEXT, "disposable vape", "Tobacco, e-cigarettes", "Conclude and answer", "Person 1 house"):
        assert words in page
    ended = client.post(reverse("appeal_conclude", args=[appeal.pk]), {"outcome": "overturned", "reasons": REASONS})
    assert ended["Location"] == reverse("appeal", args=[appeal.pk])
    decision.refresh_from_db()
    appeal.refresh_from_db()
    assert (decision.state, appeal.hearer_id) == ("overturned", int(actor.ref))
    after = text_of(client.get(reverse("appeal", args=[appeal.pk])))
    assert REASONS in after
    assert Letter.objects.get(event="appeal.concluded").subject in after
    left = text_of(client.get(reverse("restitutions")))
    assert "That time cannot be given back" in left
    task = Restitution.objects.get(kind="time")
    client.post(reverse("restitution_finish", args=[task.pk]), {"note": "Gave a voucher."})
    assert "Gave a voucher." in text_of(client.get(reverse("restitutions") + "?state=done"))
    assert "Person 1 house" in text_of(client.get(reverse("appeal_audits")))


def test_modifying_begins_with_the_decision_as_it_was(desk: Desk) -> None:
    appeal = desk.file(desk.decision())
    client, actor = sit_down(desk)
    take(actor=desk.hearer(), appeal_id=appeal.pk, at=desk.later)
    client.post(reverse("appeal_move", args=[appeal.pk]), {"way": "give_back"})
    assert Appeal.objects.get().state == "in_hand"
    Appeal.objects.update(state="admitted", hearer=None, taken_at=None)
    client.post(reverse("appeal_move", args=[appeal.pk]), {"way": "take"})
    page = text_of(client.get(reverse("appeal", args=[appeal.pk])))
    assert 'value="visibility:content_removed" class="form-check-input" id="id_measures_0" checked' in page
    said = {
        "outcome": "modified",
        "reasons": REASONS,
        "policy_codes": "R-2",
        "ground": "illegal",
        "facts": "Picture 2 shows a vape beside the highlighter.",
        "measures": ["visibility:content_labelled"],
        "days": "14",
    }
    client.post(reverse("appeal_conclude", args=[appeal.pk]), said)
    new = Decision.objects.get(pk=Appeal.objects.get().replacement_id)
    row = new.enforcements.get()
    assert (row.measure, row.ends_at - row.starts_at) == ("content_labelled", timedelta(days=14))
    assert new.decider_id == int(actor.ref)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(desk: Desk) -> None:
    appeal = desk.file(desk.decision())
    client, _actor = sit_down(desk)
    client.post(reverse("appeals_next"))
    answer = client.post(
        reverse("appeal_conclude", args=[appeal.pk]), {"outcome": "modified", "reasons": REASONS, "facts": "Too short"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Too short" in page
    assert "a violation cites at least one policy" in page
    assert Appeal.objects.get().state == "in_hand"


def test_whoever_decided_sees_why_they_cannot_hear_it(desk: Desk) -> None:
    client, actor = sit_down(desk)
    appeal = desk.file(desk.decision(actor))
    page = text_of(client.get(reverse("appeal", args=[appeal.pk])))
    assert "You cannot hear this appeal" in page
    assert "Take it in hand" not in page
    answer = client.post(reverse("appeal_move", args=[appeal.pk]), {"way": "take"})
    assert answer.status_code == 403
    assert "No appeal waits that you may hear." in text_of(client.post(reverse("appeals_next"), follow=True))


def test_who_decided_is_hidden_until_the_end_where_that_is_chosen(desk: Desk) -> None:
    Choice.objects.create(key="appeals.blind", value=True, changed_at=desk.court.now, changed_by="test")
    options.forget()
    appeal = desk.file(desk.decision())
    client, actor = sit_down(desk)
    address = reverse("appeal", args=[appeal.pk])
    hidden = text_of(client.get(address))
    assert "Person 1 house" not in hidden
    assert "hidden until the appeal has ended" in hidden
    take(actor=desk_actor(actor), appeal_id=appeal.pk, at=timezone.now())
    conclude(actor=desk_actor(actor), appeal_id=appeal.pk, outcome="upheld", reasons=REASONS, at=timezone.now())
    assert "Person 1 house" in text_of(client.get(address))


def desk_actor(actor: Actor) -> Actor:
    """The same person with what their role gives."""
    from piepowder.access.queries import actor_for

    return actor_for(User.objects.get(pk=int(actor.ref)), now=timezone.now())


def test_the_page_shows_the_item_as_it_was_judged_and_what_changed_since(desk: Desk) -> None:
    decision = desk.decision()
    desk.court.snapshot(decision.item, {"title": "A harmless crayon"})
    appeal = desk.file(decision)
    client, _actor = sit_down(desk)
    page = text_of(client.get(reverse("appeal", args=[appeal.pk])))
    assert "What has changed since" in page
    assert "crayon" in page
    assert Snapshot.objects.count() == 2


def test_a_question_rests_the_clock_and_the_answer_is_kept(desk: Desk) -> None:
    appeal = desk.file(desk.decision(), at=timezone.now())
    client, _actor = sit_down(desk)
    client.post(reverse("appeals_next"))
    client.post(reverse("appeal_say", args=[appeal.pk]), {"way": "ask", "text": "Which pen is it?"})
    assert "waits on the complainant" in text_of(client.get(reverse("appeals")))
    client.post(reverse("appeal_say", args=[appeal.pk]), {"way": "answer", "text": "The yellow one."})
    client.post(reverse("appeal_say", args=[appeal.pk]), {"way": "add", "text": "The maker lists no such pen."})
    page = text_of(client.get(reverse("appeal", args=[appeal.pk])))
    for words in ("Which pen is it?", "The yellow one.", "The maker lists no such pen."):
        assert words in page


def test_the_queries_of_the_desk_do_not_grow_with_its_length(desk: Desk) -> None:
    client, _actor = sit_down(desk)
    counts = []
    for _more in range(2):
        desk.file(desk.decision())
        client.get(reverse("appeals"))
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(reverse("appeals")))
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 14


def test_the_numbers_say_how_often_decisions_fall_and_by_whom(desk: Desk) -> None:
    now = timezone.now()
    client, actor = sit_down(desk)
    for outcome in ("upheld", "overturned"):
        appeal = desk.file(desk.decision(), at=now - timedelta(hours=30))
        take(actor=desk_actor(actor), appeal_id=appeal.pk, at=now)
        conclude(actor=desk_actor(actor), appeal_id=appeal.pk, outcome=outcome, reasons=REASONS, at=now)
    desk.decision()
    page = text_of(client.get(reverse("appeals_board")))
    assert "R-2" in page
    assert "67 %" in page  # two of three decisions were appealed against
    assert "50 %" in page  # and one of two fell
    assert "30.0 h" in page
    assert "Person 2 house" in text_of(client.get(reverse("appeals_board") + "?by=reviewer"))
    assert "house" in text_of(client.get(reverse("appeals_board") + "?by=vendor"))
    assert "No decision was taken" in text_of(client.get(reverse("appeals_board") + "?by=rule"))


def test_a_modification_begins_with_how_long_and_where_it_was(desk: Desk) -> None:
    week = EnforcementOrder("visibility", "content_removed", territories=("DE",), days=7)
    initial = conclude_initial(desk.file(desk.decision(enforcements=(week,))))
    assert (initial["days"], initial["territories"]) == (7, ["DE"])
    other = EnforcementOrder("monetary", "suspension", territories=("DE",))
    initial = conclude_initial(desk.file(desk.decision(enforcements=(week, other))))
    assert (initial["days"], initial["territories"]) == (None, ["DE"])


def test_a_dispute_out_of_court_from_the_register_to_what_we_did_about_it(desk: Desk) -> None:
    decision = desk.decision()
    client, _actor = sit_down(desk)
    body = {"name": "Settlement House", "member_state": "ie", "languages": "en, de", "active": "on"}
    client.post(reverse("out_of_court_body_add"), body)
    long = {
        "name": "Another",
        "member_state": "IE",
        "email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.eu",
    }
    assert client.post(reverse("out_of_court_body_add"), long).status_code == 422
    kept, received = OutOfCourtBody.objects.get(), desk.later.date()
    assert kept.member_state == "IE"
    opened = client.post(
        reverse("out_of_court_open", args=[decision.pk]),
        {"body": kept.pk, "reference": "SH-17", "complainant_kind": "recipient", "received_on": f"{received}"},
    )
    case = OutOfCourtCase.objects.get()
    assert opened["Location"] == reverse("out_of_court_case", args=[case.pk])
    assert case.due_on == received + timedelta(days=90)
    client.post(opened["Location"], {"way": "extend"})
    assert OutOfCourtCase.objects.get().due_on == received + timedelta(days=180)
    decided = {"outcome": "reversed", "decided_on": f"{received + timedelta(days=3)}"}
    outcome = {"way": "decide", **decided, "fees": "150.00", "currency": "EUR"}
    client.post(opened["Location"], outcome)
    assert "Overturn and restore" in text_of(client.get(opened["Location"]))
    client.post(opened["Location"], {"way": "implement"})
    decision.refresh_from_db()
    case.refresh_from_db()
    assert (decision.state, case.implemented) == ("overturned", True)
    assert case.restitutions.count() == 2
    assert "SH-17" in text_of(client.get(reverse("out_of_court")))


def test_a_reporters_appeal_begins_with_the_policy_that_they_named(desk: Desk) -> None:
    item = desk.court.item()
    report = desk.court.report(item)
    report.policy_code = "R-2"
    report.save(update_fields=["policy_code"])
    appeal = desk.file(desk.no_action(item), complainant=Complainant("reporter", report.reporter.external_ref))
    client, _actor = sit_down(desk)
    client.post(reverse("appeals_next"))
    page = text_of(client.get(reverse("appeal", args=[appeal.pk])))
    assert "What is decided when you overturn" in page
    assert 'value="R-2"' in page
    assert "This is forbidden." in page
