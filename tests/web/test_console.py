"""The console from behind: what each request does and answers."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from piepowder.decisions.models import Decision
from piepowder.intake.operations import receive
from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact
from piepowder.review.allowances import forget as forget_limits
from piepowder.review.models import Allowance, Case, CaseEvent, Draft, Exposure, Lease, Presence, Queue
from piepowder.review.operations import claim_case, set_availability
from piepowder.review.reference import forget
from tests.web.conftest import ActorOf, LogIn
from tests.web.town import LISTINGS, parsed

PART = {"HX-Request": "true"}
FACTS = "The title says replica and the logo is copied from the brand."


@pytest.fixture
def moderator(log_in: LogIn) -> Client:
    return log_in("moderator")


def take(client: Client, external_id: str) -> UUID:
    """Claim one certain case and return its lease."""
    case = Case.objects.get(item__external_id=external_id)
    answer = client.post(reverse("console_claim", args=[case.pk]))
    assert answer.status_code == 302, answer.content
    return Lease.objects.get(case=case).pk


def ruling(lease: UUID, **values: Any) -> dict[str, Any]:
    return {"snapshot": Lease.objects.get(pk=lease).case.snapshot_id, "outcome": "no_violation", **values}


def counterfeit(lease: UUID, **values: Any) -> dict[str, Any]:
    return ruling(
        lease,
        outcome="violation",
        policy=["C-1.1"],
        ground="illegal",
        facts=FACTS,
        order=["visibility:content_removed"],
        **values,
    )


def test_starting_takes_the_gravest_case_and_counts_the_person_as_available(moderator: Client) -> None:
    answer = moderator.post(reverse("console_next"))
    lease = Lease.objects.select_related("case__item").get()
    assert answer["Location"] == reverse("console_case", args=[lease.pk])
    assert lease.case.item.external_id == "L-1001"
    assert Presence.objects.get(user=lease.user).state == "available"


def test_opening_or_reloading_the_page_of_a_case_takes_no_other_case(moderator: Client) -> None:
    moderator.post(reverse("console_next"))
    lease = Lease.objects.get()
    for address in (
        reverse("console"),
        reverse("console_case", args=[lease.pk]),
        reverse("console_case", args=[lease.pk]),
    ):
        assert moderator.get(address).status_code == 200
    assert Lease.objects.count() == 1
    assert CaseEvent.objects.filter(kind="viewed", lease=lease.pk).count() == 1


def test_the_bench_shows_the_item_its_marks_reports_detections_and_a_proposal_with_its_reason(
    moderator: Client,
) -> None:
    page = moderator.get(reverse("console_case", args=[take(moderator, "L-1001")])).content.decode()
    mark = '<mark class="is-single" title="text-risk 4.2: counterfeit 94 %">'
    assert f"{mark}AAA quality replica</mark> handbag" in page
    assert f"{mark}replica with all logos</mark>" in page
    assert "This is a copy of our registered bag." in page
    assert "text-risk found “counterfeit” (94 %)" in page
    assert 'value="visibility:content_removed" checked' in page
    assert "The seller has no violation in the last 90 days." in page
    assert "rights@lumiere.example" not in page


def test_the_page_of_a_case_needs_no_more_queries_than_it_did(
    moderator: Client, django_assert_max_num_queries: Any
) -> None:
    address = reverse("console_case", args=[take(moderator, "L-1001")])
    moderator.get(address)
    with django_assert_max_num_queries(48):
        moderator.get(address)


def test_deciding_answers_with_the_next_case_and_a_way_to_undo(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    answer = moderator.post(reverse("console_decide", args=[lease]), ruling(lease), headers=PART)
    decision = Decision.objects.get()
    following = Lease.objects.get()
    page = answer.content.decode()
    assert (decision.outcome, decision.item.external_id) == ("no_violation", "L-1002")
    assert answer["HX-Push-Url"] == reverse("console_case", args=[following.pk])
    assert f'data-lease="{following.pk}"' in page
    assert reverse("console_undo", args=[decision.pk]) in page
    assert "data-until" in page


def test_a_violation_is_stored_with_policy_ground_facts_and_the_edited_enforcement(moderator: Client) -> None:
    lease = take(moderator, "L-1003")
    typed = ruling(
        lease,
        outcome="violation",
        policy=["M-1", "U-1"],
        ground="terms",
        facts=FACTS,
        note="see the attribute",
        order=["visibility:content_disabled", "account:suspended"],
        where="DE",
        **{"days-account:suspended": "7", "days-visibility:content_disabled": ""},
    )
    moderator.post(reverse("console_decide", args=[lease]), typed, headers=PART)
    decision = Decision.objects.get()
    enforcements = {e.measure: e for e in decision.enforcements.all()}
    assert [c.version.policy.code for c in decision.citations.order_by("-primary")] == ["M-1", "U-1"]
    assert (decision.ground, decision.facts, decision.note) == ("terms", FACTS, "see the attribute")
    assert set(enforcements) == {"content_disabled", "suspended"}
    assert enforcements["content_disabled"].ends_at is None
    assert enforcements["suspended"].ends_at is not None
    assert enforcements["suspended"].territories == ["DE"]


def test_what_restricts_gravely_takes_effect_at_once_and_says_so(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    page = moderator.post(reverse("console_decide", args=[lease]), counterfeit(lease), headers=PART).content.decode()
    assert "It takes effect at once." in page
    assert "data-until" not in page


def test_a_ruling_with_a_fault_is_refused_in_words_and_leaves_the_case_in_hand(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    typed = counterfeit(lease) | {"facts": "no"}
    answer = moderator.post(reverse("console_decide", args=[lease]), typed, headers=PART)
    page = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#toasts")
    assert "The decision cannot stand as it is" in page
    assert "Facts: say in at least 20 characters" in page
    assert Lease.objects.filter(pk=lease).exists()
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"snapshot": "x"},
        {"days-visibility:content_removed": "soon"},
        {"days-visibility:content_removed": "9" * 5_000},
        {"note": "a\0b"},
    ],
)
def test_what_no_form_of_ours_would_send_is_refused_without_a_crash(moderator: Client, broken: dict[str, str]) -> None:
    lease = take(moderator, "L-1001")
    answer = moderator.post(reverse("console_decide", args=[lease]), counterfeit(lease) | broken, headers=PART)
    assert answer.status_code == 422
    assert not Decision.objects.exists()


def test_a_lost_lease_is_said_and_the_draft_comes_back_with_the_case(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    case = Lease.objects.get(pk=lease).case
    draft = {"outcome": "violation", "policies": ["C-1.1"], "facts": FACTS}
    saved = moderator.post(reverse("console_draft", args=[lease]), json.dumps(draft), content_type="application/json")
    Lease.objects.filter(pk=lease).update(expires_at=timezone.now())
    beat = moderator.post(reverse("console_beat", args=[lease]), headers=PART)
    decided = moderator.post(reverse("console_decide", args=[lease]), counterfeit(lease), headers=PART)
    assert (saved.status_code, beat.status_code, decided.status_code) == (204, 409, 409)
    assert 'data-code="lease_lost"' in decided.content.decode()
    assert not Decision.objects.exists()
    Lease.objects.all().delete()
    Case.objects.filter(pk=case.pk).update(state="open", holder=None, vendor="", claimed_at=None)
    moderator.post(reverse("console_claim", args=[case.pk]))
    page = moderator.get(reverse("console_case", args=[Lease.objects.get().pk])).content.decode()
    assert FACTS in page


def test_a_draft_that_is_none_is_refused(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    for body in ("not json", "[1, 2]", "[" * 100_000, '{"a": NaN}', '{"a": "\\u0000"}', f'{{"a": "{"x" * 300_000}"}}'):
        answer = moderator.post(reverse("console_draft", args=[lease]), body, content_type="application/json")
        assert answer.status_code == 422
    assert not Draft.objects.exists()


def test_undo_brings_the_case_back_with_everything_that_was_typed(moderator: Client) -> None:
    lease = take(moderator, "L-1003")
    typed = ruling(
        lease,
        outcome="violation",
        policy=["M-1"],
        ground="terms",
        facts=FACTS,
        note="n",
        order=["visibility:content_labelled"],
    )
    moderator.post(reverse("console_decide", args=[lease]), typed, headers=PART)
    waiting = Lease.objects.get()
    decision = Decision.objects.get()
    answer = moderator.post(reverse("console_undo", args=[decision.pk]), {"then": str(waiting.pk)}, headers=PART)
    decision.refresh_from_db()
    back = Lease.objects.exclude(pk=waiting.pk).get()
    draft = Draft.objects.get(case=decision.case).content
    assert decision.state == "withdrawn"
    assert answer["HX-Push-Url"] == reverse("console_case", args=[back.pk])
    assert (draft["policies"], draft["facts"], draft["note"]) == (["M-1"], FACTS, "n")
    assert draft["orders"] == {"visibility:content_labelled": ""}
    again = moderator.post(
        reverse("console_decide", args=[back.pk]), ruling(back.pk, then=str(waiting.pk)), headers=PART
    )
    assert again["HX-Push-Url"] == reverse("console_case", args=[waiting.pk])


def test_too_late_is_too_late_and_says_what_to_do(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    moderator.post(reverse("console_decide", args=[lease]), counterfeit(lease), headers=PART)
    answer = moderator.post(reverse("console_undo", args=[Decision.objects.get().pk]), headers=PART)
    assert answer.status_code == 409
    assert "Ask a lead to reverse the decision instead." in answer.content.decode()


def test_a_newer_version_is_told_by_the_heartbeat_and_must_be_seen_or_confirmed(
    moderator: Client, town: datetime
) -> None:
    lease = take(moderator, "L-1002")
    before = moderator.post(reverse("console_beat", args=[lease]), headers=PART).json()
    seen = ruling(lease)
    newer = {**LISTINGS[1], "kind": "listing", "market": "DE", "language": "en", "submission": "updated"}
    newer["content"] = {**LISTINGS[1]["content"], "title": "Cotton scarf, machine woven"}
    receive(actor=SYSTEM, submissions=[parsed(newer)], at=timezone.now())
    after = moderator.post(reverse("console_beat", args=[lease]), headers=PART).json()
    refused = moderator.post(reverse("console_decide", args=[lease]), seen, headers=PART)
    assert before["snapshot"] == str(seen["snapshot"]) != after["snapshot"]
    assert (refused.status_code, 'data-code="newer_snapshot"' in refused.content.decode()) == (409, True)
    page = moderator.get(reverse("console_case", args=[lease])).content.decode()
    assert "machine woven" in page
    assert "<del>hand</del>" in page
    confirmed = moderator.post(reverse("console_decide", args=[lease]), {**seen, "confirm_older": "1"}, headers=PART)
    assert confirmed.status_code == 200
    assert Decision.objects.get().snapshot_id == seen["snapshot"]


@pytest.mark.parametrize(
    ("way", "said", "event"),
    [
        ("skip", {"reason": "I know the seller"}, "skipped"),
        ("hold", {"reason": "asked the seller", "minutes": "30"}, "held"),
        ("transfer", {"reason": "wrong queue", "queue": "reported"}, "transferred"),
        ("escalate", {"reason": "danger"}, "escalated"),
        ("release", {"reason": "break"}, "released"),
    ],
)
def test_every_way_of_leaving_a_case_takes_its_reason(
    moderator: Client, way: str, said: dict[str, str], event: str
) -> None:
    lease = take(moderator, "L-1002")
    answer = moderator.post(reverse("console_leave", args=[lease, way]), said, headers=PART)
    told = CaseEvent.objects.get(kind=event)
    assert answer.status_code == 200
    assert told.body["reason"] == said["reason"]
    assert Lease.objects.filter(case=told.case).count() == 0
    assert Lease.objects.count() == (0 if way == "release" else 1)


def test_leaving_without_a_reason_or_by_no_known_way_is_refused(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    assert (
        moderator.post(reverse("console_leave", args=[lease, "skip"]), {"reason": " "}, headers=PART).status_code == 400
    )
    assert (
        moderator.post(reverse("console_leave", args=[lease, "sell"]), {"reason": "x"}, headers=PART).status_code == 404
    )
    assert Lease.objects.filter(pk=lease).exists()


@pytest.mark.parametrize("minutes", ["9" * 5_000, "99999999999", "999999999", "-1", "soon", ""])
def test_a_hold_that_no_calendar_has_is_refused(moderator: Client, minutes: str) -> None:
    lease = take(moderator, "L-1001")
    typed = {"reason": "waiting for the seller", "minutes": minutes}
    answer = moderator.post(reverse("console_leave", args=[lease, "hold"]), typed)
    assert answer.status_code == 422
    assert Lease.objects.filter(pk=lease).exists()


def test_an_address_that_names_no_lease_of_theirs_as_the_next_one_opens_the_case_all_the_same(
    moderator: Client,
) -> None:
    lease = take(moderator, "L-1001")
    for then in ("garbage", "00000000-0000-0000-0000-000000000000"):
        answer = moderator.get(reverse("console_case", args=[lease]), {"then": then})
        assert answer.status_code == 200
        assert 'data-then=""' in answer.content.decode()


def test_a_person_without_the_permission_is_not_offered_the_way(log_in: LogIn) -> None:
    bpo = log_in("bpo")
    page = bpo.get(reverse("console_case", args=[take(bpo, "L-1002")])).content.decode()
    assert 'data-dialog="skip"' in page
    assert 'data-dialog="transfer"' not in page


def test_the_lease_of_somebody_else_opens_nothing(log_in: LogIn, actor_of: ActorOf, moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    stranger = log_in("bpo")
    for name in ("console_case", "console_policies"):
        assert stranger.get(reverse(name, args=[lease])).status_code == 409
    for name in ("console_beat", "console_draft", "console_decide", "console_reveal"):
        assert stranger.post(reverse(name, args=[lease]), "{}", content_type="application/json").status_code in (
            409,
            422,
        )
    assert Lease.objects.filter(pk=lease).exists()


def test_an_empty_bench_says_what_would_be_here(log_in: LogIn, actor_of: ActorOf) -> None:
    every = list(Case.objects.order_by("id"))
    for login, cases in (("lead", every[:3]), ("moderator", every[3:])):
        actor = actor_of(login)
        set_availability(actor=actor, state="available", at=timezone.now())
        for case in cases:
            claim_case(actor=actor, case_id=case.pk, at=timezone.now())
    page = log_in("bpo").post(reverse("console_next")).content.decode()
    assert "No case is waiting for you" in page
    assert "Check again" in page


def test_whoever_went_on_a_break_decides_the_last_case_and_gets_no_other(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    moderator.post(reverse("availability"), {"state": "break"})
    page = moderator.post(reverse("console_decide", args=[lease]), ruling(lease), headers=PART).content.decode()
    assert Decision.objects.count() == 1
    assert not Lease.objects.exists()
    assert "You are not available" in page
    assert "data-until" in page


def test_search_finds_policies_for_the_kind_of_item_and_one_can_be_read_in_full(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    hits = moderator.get(
        reverse("console_policies", args=[lease]), {"text": "counterfeit"}, headers=PART
    ).content.decode()
    full = moderator.get(reverse("console_policy", args=[lease, "C-1.1"]), headers=PART).content.decode()
    missing = moderator.get(reverse("console_policy", args=[lease, "Z-9"]), headers=PART)
    assert 'data-code="C-1.1"' in hits
    assert "Goods that carry a trade mark" in full
    assert 'name="order" value="visibility:content_removed" checked' in full
    assert missing.status_code == 404


def test_looking_at_a_picture_is_recorded(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    media = Lease.objects.get(pk=lease).case.snapshot.media.first()
    assert media is not None
    answer = moderator.post(reverse("console_reveal", args=[lease]), {"digest": media.stored_id})
    fact = Fact.objects.get(verb="media.reveal")
    assert (answer.status_code, fact.body["media"]) == (204, media.stored_id)
    assert moderator.post(reverse("console_reveal", args=[lease]), {"digest": "0" * 64}).status_code == 404


def ahead(client: Client, lease: UUID) -> tuple[UUID, str]:
    """The lease of the case taken ahead, and its stamp as the page has it."""
    answer = client.post(reverse("console_ahead", args=[lease]), headers=PART)
    assert answer.status_code == 200
    found = re.search(r'data-stamp="([^"]+)"', answer.content.decode())
    assert found is not None
    return UUID(answer["X-Ahead"]), found[1]


def test_the_case_taken_ahead_is_shown_at_once_and_its_work_begins_then(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    ready, stamp = ahead(moderator, lease)
    before = Lease.objects.get(pk=ready)
    assert (before.ahead, before.shown_at) == (True, None)
    assert not CaseEvent.objects.filter(kind="viewed", lease=ready).exists()
    typed = ruling(lease, ahead=str(ready), ahead_stamp=stamp)
    answer = moderator.post(reverse("console_decide", args=[lease]), typed, headers=PART)
    after = Lease.objects.get(pk=ready)
    assert answer["X-Ahead"] == str(ready)
    assert answer["HX-Push-Url"] == reverse("console_case", args=[ready])
    assert 'id="console"' not in answer.content.decode()
    assert (after.ahead, after.taken_at > before.taken_at) == (False, True)
    assert after.case.claimed_at == after.taken_at
    assert CaseEvent.objects.filter(kind="viewed", lease=ready).count() == 1


def test_a_case_that_changed_since_it_was_taken_ahead_is_drawn_anew(moderator: Client) -> None:
    lease = take(moderator, "L-1003")
    ready, _stamp = ahead(moderator, lease)
    typed = ruling(lease, ahead=str(ready), ahead_stamp="as it was")
    answer = moderator.post(reverse("console_decide", args=[lease]), typed, headers=PART)
    assert not answer.has_header("X-Ahead")
    assert f'data-lease="{ready}"' in answer.content.decode()


def test_nobody_has_more_than_one_case_ahead_and_none_beyond_what_they_may_hold(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    assert ahead(moderator, lease)[0] == ahead(moderator, lease)[0]
    assert Lease.objects.filter(ahead=True).count() == 1
    moderator.post(reverse("console_ahead_back"))
    Allowance.objects.create(user=Lease.objects.get().user, in_hand=1)
    forget_limits()
    answer = moderator.post(reverse("console_ahead", args=[lease]), headers=PART)
    assert (answer.status_code, Lease.objects.count()) == (204, 1)


@pytest.mark.parametrize("gone", ["break", "closed"])
def test_a_case_taken_ahead_goes_back_unseen_when_its_person_does_not_stay(moderator: Client, gone: str) -> None:
    lease = take(moderator, "L-1002")
    ready = Lease.objects.get(pk=ahead(moderator, lease)[0])
    if gone == "break":
        moderator.post(reverse("availability"), {"state": "break"})
    else:
        moderator.post(reverse("console_ahead_back"))
    ready.case.refresh_from_db()
    released = CaseEvent.objects.get(case=ready.case, kind="released")
    assert (ready.case.state, released.body["reason"]) == ("open", "taken ahead and not needed")
    assert not Exposure.objects.filter(severity=ready.case.severity).exists()
    assert Lease.objects.get().pk == lease


def test_no_case_is_taken_ahead_while_urgent_work_waits_and_one_taken_gives_way_to_it(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    ready, stamp = ahead(moderator, lease)
    urgent = Case.objects.filter(state="open").exclude(lease=ready).order_by("-rank").first()
    assert urgent is not None
    Queue.objects.filter(pk=urgent.queue_id).update(preempts=True)
    Case.objects.filter(pk=urgent.pk).update(severity=0)
    forget()
    typed = ruling(lease, ahead=str(ready), ahead_stamp=stamp)
    answer = moderator.post(reverse("console_decide", args=[lease]), typed, headers=PART)
    taken = Lease.objects.get()
    assert (taken.case_id, taken.ahead) == (urgent.pk, False)
    assert f'data-lease="{taken.pk}"' in answer.content.decode()


def test_whoever_holds_no_case_takes_none_ahead(moderator: Client, log_in: LogIn) -> None:
    lease = take(moderator, "L-1002")
    assert log_in("bpo").post(reverse("console_ahead", args=[lease]), headers=PART).status_code == 409
    assert Lease.objects.count() == 1


def test_where_a_queue_hides_enforcement_it_is_neither_shown_nor_chosen_but_follows_the_policy(
    moderator: Client,
) -> None:
    lease = take(moderator, "L-1003")
    Queue.objects.update(shows_enforcement=False)
    shown = moderator.get(reverse("console_policy", args=[lease, "M-1"]), headers=PART).content.decode()
    assert 'name="order"' not in shown
    typed = ruling(lease, outcome="violation", policy=["M-1"], ground="terms", facts=FACTS, order=["account:suspended"])
    moderator.post(reverse("console_decide", args=[lease]), typed, headers=PART)
    assert [one.measure for one in Decision.objects.get().enforcements.all()] == ["content_disabled"]
