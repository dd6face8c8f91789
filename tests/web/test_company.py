"""Judging in company, seen from the browser: opinions, approvals, related cases together, many at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.decisions.models import Batch, Decision, Opinion, Proposal
from piepowder.review.models import Case, Lease, Queue
from piepowder.review.reference import forget
from tests.web.conftest import LogIn
from tests.web.test_console import FACTS, PART, counterfeit, ruling, take


def closing(lease: UUID, **values: Any) -> dict[str, Any]:
    return {**counterfeit(lease), "order": ["visibility:content_removed", "account:terminated"], **values}


def test_a_second_opinion_is_asked_for_kept_and_can_be_taken_back(log_in: LogIn) -> None:
    moderator = log_in("moderator")
    lease = take(moderator, "L-1004")
    page = moderator.get(reverse("console_case", args=[lease])).content.decode()
    assert 'id="second"' in page
    answer = moderator.post(reverse("console_decide", args=[lease]), ruling(lease, second="1"), headers=PART)
    opinion = Opinion.objects.get()
    assert Decision.objects.count() == 0
    assert "Your opinion is kept" in answer.content.decode()
    back = moderator.post(reverse("opinion_take_back", args=[opinion.pk]))
    assert back["Location"] == reverse("console_case", args=[Lease.objects.get(case=opinion.case).pk])


def test_the_second_person_sees_nothing_of_the_first_and_an_adjudicator_sees_both(log_in: LogIn) -> None:
    first, second, lead = log_in("moderator"), log_in("admin"), log_in("lead")
    lease = take(first, "L-1004")
    first.post(reverse("console_decide", args=[lease]), ruling(lease, second="1", note="I saw it first"))
    lease = take(second, "L-1004")
    case = Lease.objects.get(pk=lease).case
    for page in (
        second.get(reverse("console_case", args=[lease])),
        second.get(reverse("case", args=[case.pk])),
        second.get(reverse("console_part", args=[lease, "history"])),
        second.get(reverse("api:case", args=[case.pk])),
    ):
        text = page.content.decode()
        assert "opinion given" not in text
        assert "I saw it first" not in text
    second.post(
        reverse("console_decide", args=[lease]),
        ruling(lease, outcome="violation", policy=["M-1"], ground="terms", facts="The chair has no oak in it at all."),
    )
    lease = take(lead, "L-1004")
    text = lead.get(reverse("console_case", args=[lease])).content.decode()
    assert "The opinions differ. You decide." in text
    assert "The chair has no oak in it at all." in text
    lead.post(reverse("console_decide", args=[lease]), ruling(lease))
    decision = Decision.objects.get()
    assert "I saw it first" in lead.get(reverse("decision", args=[decision.pk])).content.decode()


def test_a_proposal_is_listed_shown_approved_and_told(log_in: LogIn) -> None:
    moderator, lead = log_in("moderator"), log_in("lead")
    lease = take(moderator, "L-1005")
    answer = moderator.post(reverse("console_decide", args=[lease]), closing(lease), headers=PART)
    assert "waits for approval" in answer.content.decode()
    proposal = Proposal.objects.get()
    assert "Set of six mugs" in lead.get(reverse("proposals")).content.decode()
    page = lead.get(reverse("proposal", args=[proposal.pk])).content.decode()
    assert FACTS in page
    assert "Approve and issue" in page
    assert "Approve and issue" not in moderator.get(reverse("proposal", args=[proposal.pk])).content.decode()
    lead.post(reverse("proposal_settle", args=[proposal.pk]), {"way": "approve"})
    decision = Decision.objects.get()
    assert decision.approver is not None
    assert decision.decider == proposal.proposer
    assert decision.approver.name in lead.get(reverse("decision", args=[decision.pk])).content.decode()


def test_a_proposal_that_comes_back_says_why_and_has_what_was_typed(log_in: LogIn) -> None:
    moderator, lead = log_in("moderator"), log_in("lead")
    lease = take(moderator, "L-1005")
    moderator.post(reverse("console_decide", args=[lease]), closing(lease))
    proposal = Proposal.objects.get()
    empty = lead.post(reverse("proposal_settle", args=[proposal.pk]), {"way": "send_back", "reason": " "})
    assert empty.status_code == 400
    assert "Say in a few words why" in empty.content.decode()
    lead.post(reverse("proposal_settle", args=[proposal.pk]), {"way": "send_back", "reason": "Suspend it instead."})
    moderator.post(reverse("proposal_withdraw", args=[proposal.pk]))
    page = moderator.get(reverse("console_case", args=[take(moderator, "L-1005")])).content.decode()
    assert "Your proposal came back" in page
    assert "Suspend it instead." in page
    assert "account:terminated" in page
    assert FACTS in page


def test_related_cases_are_offered_and_decided_with_the_one_in_hand(log_in: LogIn) -> None:
    moderator = log_in("moderator")
    lease = take(moderator, "L-1004")
    other = Case.objects.get(item__external_id="L-1005")
    part = moderator.get(reverse("console_part", args=[lease, "related"])).content.decode()
    assert f'value="{other.pk}"' in part
    assert "same seller" in part
    join = {"join": [str(other.pk)], f"join-snapshot-{other.pk}": str(other.snapshot_id), f"join-facts-{other.pk}": ""}
    answer = moderator.post(reverse("console_decide", args=[lease]), ruling(lease, **join), headers=PART)
    assert Decision.objects.count() == 2
    assert "Undo all" in answer.content.decode()
    first = Decision.objects.order_by("decided_at", "id").first()
    assert first is not None
    undone = moderator.post(reverse("console_undo", args=[first.pk]), headers=PART)
    assert "1 more decision was taken back with it" in undone.content.decode()
    assert set(Decision.objects.values_list("state", flat=True)) == {"withdrawn"}


@pytest.fixture
def batch(log_in: LogIn) -> tuple[Client, Batch]:
    lead = log_in("lead")
    wanted = Case.objects.filter(item__seller_ref="S-9").order_by("item__external_id")
    answer = lead.post(reverse("bulk_open"), {"case": [str(case.pk) for case in wanted]})
    made = Batch.objects.get()
    assert answer["Location"] == reverse("bulk", args=[made.pk])
    return lead, made


def test_many_are_previewed_decided_and_told_without_javascript(batch: tuple[Client, Batch]) -> None:
    lead, made = batch
    said = {
        "outcome": "violation",
        "policies": "M-1",
        "ground": "terms",
        "order": ["visibility:content_removed"],
        "facts": "The offer “{title}” says something else than its picture shows.",
    }
    lead.post(reverse("bulk_plan", args=[made.pk]), {**said, "run": "0"})
    page = lead.get(reverse("bulk", args=[made.pk])).content.decode()
    assert "The offer “Garden chair, oak” says something else" in page
    assert "Decide 2 cases" in page
    chair = Case.objects.get(item__external_id="L-1004")
    edited = {f"facts-{chair.pk}": "This chair is made of pine, as its picture shows.", "run": "1"}
    lead.post(reverse("bulk_plan", args=[made.pk]), {**said, **edited})
    assert {one.facts for one in Decision.objects.all()} == {
        "This chair is made of pine, as its picture shows.",
        "The offer “Set of six mugs” says something else than its picture shows.",
    }
    table = b"".join(lead.get(reverse("bulk_csv", args=[made.pk])).streaming_content).decode()  # type: ignore[attr-defined]
    assert table.count("decided") == 2
    assert "L-1005" in table


def test_the_page_asks_for_few_at_a_time_and_is_told_how_far_it_is(batch: tuple[Client, Batch]) -> None:
    lead, made = batch
    lead.post(reverse("bulk_plan", args=[made.pk]), {"outcome": "no_violation", "run": "0"})
    told = lead.post(reverse("bulk_run", args=[made.pk]), headers={"Accept": "application/json"}).json()
    assert told == {"total": 2, "done": 2, "planned": 0, "decided": 2, "opined": 0, "proposed": 0, "skipped": 0}
    page = lead.get(reverse("bulk", args=[made.pk])).content.decode()
    assert "Download the outcome as CSV" in page


def test_the_preview_says_what_would_not_be_decided(batch: tuple[Client, Batch], log_in: LogIn) -> None:
    lead, made = batch
    take(log_in("moderator"), "L-1004")
    lead.post(reverse("bulk_plan", args=[made.pk]), {"outcome": "no_violation", "run": "0"})
    page = lead.get(reverse("bulk", args=[made.pk])).content.decode()
    assert "has it in hand" in page
    assert "Decide 1 case" in page


def test_the_preview_needs_no_more_queries_however_many_cases(
    batch: tuple[Client, Batch], django_assert_max_num_queries: Any
) -> None:
    lead, made = batch
    lead.post(reverse("bulk_plan", args=[made.pk]), {"outcome": "no_violation", "run": "0"})
    with django_assert_max_num_queries(32):
        lead.get(reverse("bulk", args=[made.pk]))


def test_a_queue_of_several_says_so_and_not_what_others_said(log_in: LogIn) -> None:
    Queue.objects.filter(code="listings").update(opinions=3, agreeing=2)
    forget()
    moderator = log_in("moderator")
    page = moderator.get(reverse("console_case", args=[take(moderator, "L-1004")])).content.decode()
    assert "2 must agree" in page
    assert "Give your opinion" in page
    assert 'id="second"' not in page
