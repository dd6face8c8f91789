"""How work is taken: what is found again after a browser died, urgent work, breaks, stars, questions, limits."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from piepowder.access.models import User
from piepowder.access.options import choose
from piepowder.kernel.actor import SYSTEM
from piepowder.review.allowances import forget as forget_limits
from piepowder.review.jobs import expire_leases
from piepowder.review.models import Allowance, Case, Draft, Exposure, Lease, Presence, Question, Queue
from piepowder.review.operations import save_queue, set_availability
from piepowder.review.reference import forget
from tests.web.conftest import ActorOf, LogIn

PART = {"HX-Request": "true"}


def begin(client: Client) -> Lease:
    client.post(reverse("console_next"))
    return Lease.objects.select_related("case__item").latest("taken_at")


def make_urgent(external_id: str) -> Case:
    """A waiting case that becomes the gravest of a queue that preempts."""
    case = Case.objects.select_related("item").get(item__external_id=external_id)
    Case.objects.filter(pk=case.pk).update(severity=0)
    Queue.objects.filter(pk=case.queue_id).update(preempts=True)
    forget()
    return case


def test_whoever_comes_back_after_the_browser_died_finds_what_was_in_hand_and_typed(log_in: LogIn) -> None:
    before = log_in("moderator")
    lease = begin(before)
    typed = {"outcome": "violation", "facts": "The logo is a cop"}
    before.post(
        reverse("console_draft", args=[lease.pk]), json.dumps(typed), content_type="application/json", headers=PART
    )
    del before

    again = log_in("moderator")
    start = again.get(reverse("console")).content.decode()
    assert "In your hands" in start
    assert "begun" in start
    assert reverse("console_case", args=[lease.pk]) in start
    assert "The logo is a cop" in again.get(reverse("console_case", args=[lease.pk])).content.decode()

    Lease.objects.update(expires_at=timezone.now())
    expire_leases(now=timezone.now())
    late = again.get(reverse("console")).content.decode()
    assert "Begun and left" in late
    answer = again.post(reverse("console_claim", args=[lease.case_id]))
    assert "The logo is a cop" in again.get(answer["Location"]).content.decode()
    assert Draft.objects.get().case_id == lease.case_id


def test_the_heartbeat_tells_of_urgent_work_and_the_case_put_aside_comes_back(log_in: LogIn) -> None:
    client = log_in("moderator")
    mild = begin(client)
    beat = client.post(reverse("console_beat", args=[mild.pk]), headers=PART).json()
    assert (beat["urgent"], beat["break_due"]) == (None, False)
    urgent = make_urgent("L-1004")
    told = client.post(reverse("console_beat", args=[mild.pk]), headers=PART).json()["urgent"]
    assert (told["title"], told["severity"]) == (urgent.item.title, 0)
    page = client.get(reverse("console_case", args=[mild.pk])).content.decode()
    assert urgent.item.title in page

    answer = client.post(reverse("console_urgent"), {"lease": mild.pk}, headers=PART)
    taken = Lease.objects.get(case=urgent)
    assert answer["HX-Push-Url"] == reverse("console_case", args=[taken.pk])
    assert f'data-then="{mild.pk}"' in answer.content.decode()
    ruling = {"snapshot": taken.case.snapshot_id, "outcome": "no_violation", "then": mild.pk}
    decided = client.post(reverse("console_decide", args=[taken.pk]), ruling, headers=PART)
    assert decided["HX-Push-Url"] == reverse("console_case", args=[mild.pk])


def test_urgent_work_that_is_gone_is_said_and_the_case_stays(log_in: LogIn) -> None:
    client = log_in("moderator")
    mild = begin(client)
    answer = client.post(reverse("console_urgent"), {"lease": mild.pk}, headers=PART)
    assert (answer.status_code, b"urgent_gone" in answer.content) == (409, True)
    assert Lease.objects.get().pk == mild.pk


def test_a_break_gives_the_case_back_and_counts_down_until_the_person_returns(log_in: LogIn) -> None:
    client = log_in("moderator")
    lease = begin(client)
    client.post(reverse("console_break"))
    assert Presence.objects.get(user=lease.user).state == "break"
    assert not Lease.objects.exists()
    page = client.get(reverse("console_break")).content.decode()
    until = Presence.objects.get(user=lease.user).since + timedelta(minutes=10)
    told = re.search(r'data-until="([^"]+)"', page)
    assert told is not None
    assert datetime.fromisoformat(told[1]) == until
    client.post(reverse("console_next"))
    assert Presence.objects.get(user=lease.user).state == "available"


def test_full_hands_and_a_spent_budget_are_said_kindly(log_in: LogIn) -> None:
    client = log_in("moderator")
    choose(actor=SYSTEM, at=timezone.now(), values={"bench.in_hand": 1})
    begin(client)
    full = client.post(reverse("console_next")).content.decode()
    assert "Your hands are full" in full
    assert "replica handbag" in full
    choose(
        actor=SYSTEM,
        at=timezone.now(),
        values={"bench.in_hand": 5, "wellness.exposure_minutes": {"0": 0, "1": 0, "2": 0, "3": 0}},
    )
    spent = client.post(reverse("console_next")).content.decode()
    assert "You have seen enough of this today" in spent
    assert "ask your lead" in spent


def test_a_starred_queue_comes_first_and_one_queue_can_be_chosen(log_in: LogIn) -> None:
    client = log_in("moderator")
    client.post(reverse("queue_star", args=["reported"]))
    assert User.objects.get(email="moderator@market.example").preferences["starred"] == ["reported"]
    waiting = Case.objects.filter(queue__code="reported", state="open")
    other = Case.objects.filter(queue__code="listings", state="open").order_by("rank").last()
    assert other is not None
    if not waiting.exists():
        reported = Queue.objects.get(code="reported")
        lane = reported.lanes.filter(language=other.language).first() or reported.lanes.create(language=other.language)
        Case.objects.filter(pk=other.pk).update(queue=reported, lane=lane)
        forget()
    assert begin(client).case.queue.code == "reported"
    client.post(reverse("console_next"), {"queue": "listings"})
    assert Lease.objects.latest("taken_at").case.queue.code == "listings"
    client.post(reverse("queue_star", args=["reported"]))
    assert User.objects.get(email="moderator@market.example").preferences["starred"] == []
    assert client.post(reverse("queue_star", args=["nowhere"])).status_code == 404


def test_a_hold_asks_a_question_that_a_lead_answers_and_the_asker_reads(log_in: LogIn, actor_of: ActorOf) -> None:
    client, lead = log_in("moderator"), log_in("lead")
    lease = begin(client)
    asked = {"minutes": "60", "ask_to": "legal", "question": "May we look inside?"}
    client.post(reverse("console_leave", args=[lease.pk, "hold"]), asked)
    question = Question.objects.get()
    assert "May we look inside?" in lead.get(reverse("questions")).content.decode()
    set_availability(actor=actor_of("moderator"), state="available", at=timezone.now())
    lead.post(reverse("question_answer", args=[question.pk]), {"text": "Only from outside."})
    start = client.get(reverse("console")).content.decode()
    assert "Kept for you" in start
    answer = client.post(reverse("console_next"))
    assert "Only from outside." in client.get(answer["Location"]).content.decode()
    assert client.get(reverse("questions")).status_code == 403


def test_a_lead_assigns_from_the_page_of_a_case(log_in: LogIn) -> None:
    lead, client = log_in("lead"), log_in("moderator")
    case = Case.objects.get(item__external_id="L-1005")
    page = lead.get(reverse("case", args=[case.pk])).content.decode()
    assert reverse("case_move", args=[case.pk, "assign"]) in page
    lead.post(reverse("case_move", args=[case.pk, "assign"]), {"person": "moderator@market.example", "reason": "yours"})
    assert "Mona Moderator" in lead.get(reverse("case", args=[case.pk])).content.decode()
    assert begin(client).case_id == case.pk


def test_a_lead_sees_minutes_lifts_a_budget_and_sets_limits_for_their_own_people(log_in: LogIn) -> None:
    bench, lead = log_in("bpo"), log_in("bpolead")
    begin(bench)
    person = Lease.objects.get().user
    bench.post(reverse("console_break"))
    assert Exposure.objects.get(user=person).cases == 1
    assert "Bea Bench" in lead.get(reverse("exposure")).content.decode()
    assert "Bea Bench" not in log_in("other").get(reverse("exposure")).content.decode()
    assert bench.get(reverse("exposure")).status_code == 403
    lead.post(reverse("exposure_lift", args=[person.pk]), {"reason": "alone tonight"})
    allowance = Allowance.objects.get(user=person)
    assert (allowance.lifted_on is not None, allowance.lifted_reason) == (True, "alone tonight")
    form: dict[str, Any] = {"in_hand": "2", "skips_a_day": "", "minutes_0": "15"}
    lead.post(reverse("allowance", args=[person.pk]), form)
    allowance.refresh_from_db()
    assert (allowance.in_hand, allowance.skips_a_day, allowance.exposure_minutes) == (2, None, {"0": 15.0})
    assert lead.post(reverse("allowance", args=[person.pk]), {"in_hand": "0"}).status_code == 422
    assert log_in("other").get(reverse("allowance", args=[person.pk])).status_code == 404
    forget_limits()


def test_the_queue_form_keeps_panels_and_urgency(log_in: LogIn) -> None:
    client = log_in("lead")
    save_queue(actor=SYSTEM, at=timezone.now(), code="judges", name="Judges")
    form = {
        "name": "Listings",
        "position": "0",
        "lease_s": "300",
        "grace_s": "10",
        "reopening": "continue",
        "opinions": "3",
        "agreeing": "2",
        "adjudicates_to": "judges",
        "preempts": "on",
        "active": "on",
    }
    assert client.post(reverse("queue_edit", args=["listings"]), form).status_code == 302
    queue = Queue.objects.select_related("adjudicates_to").get(code="listings")
    assert queue.adjudicates_to is not None
    assert (queue.opinions, queue.agreeing, queue.adjudicates_to.code) == (3, 2, "judges")
    assert (queue.preempts, queue.shows_enforcement) == (True, False)
    answer = client.post(reverse("queue_edit", args=["listings"]), form | {"agreeing": "1"})
    assert (answer.status_code, "more than half" in answer.content.decode()) == (422, True)
