"""What lies around a case, as the screens give it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.access.models import User
from piepowder.decisions.models import Decision, FactsTemplate
from piepowder.intake.models import Item
from piepowder.intake.operations import receive
from piepowder.kernel.actor import SYSTEM
from piepowder.review.models import Case, Mention, Note
from tests.web.conftest import ActorOf, LogIn
from tests.web.test_console import PART, counterfeit, ruling, take
from tests.web.town import LISTINGS, parsed


@pytest.fixture
def moderator(log_in: LogIn) -> Client:
    return log_in("moderator")


def note(client: Client, **values: Any) -> str:
    return client.post(reverse("note_write"), values, headers=PART).content.decode()


@pytest.mark.parametrize(
    ("part", "queries", "shown"),
    [
        ("seller", 26, "Bags &amp; More GmbH"),
        ("related", 30, "Power bank 100000 mAh super fast"),
        ("history", 14, "claimed"),
    ],
)
def test_a_part_is_fetched_when_its_tab_opens_with_few_queries(
    moderator: Client, part: str, queries: int, shown: str, django_assert_max_num_queries: Any
) -> None:
    address = reverse("console_part", args=[take(moderator, "L-1001"), part])
    moderator.get(address)
    with django_assert_max_num_queries(queries):
        page = moderator.get(address).content.decode()
    assert shown in page
    assert moderator.get(address.replace(part, "weather")).status_code == 404


def test_related_items_say_how_they_stand(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    moderator.post(reverse("console_decide", args=[lease]), ruling(lease), headers=PART)
    lease = take(moderator, "L-1004")
    page = moderator.get(reverse("console_part", args=[lease, "related"])).content.decode()
    assert "Set of six mugs" in page
    assert "pending" in page
    assert "the same media, the same seller" in page
    assert "no violation" in page


def test_a_note_about_the_seller_opens_the_notes_of_the_next_case_of_the_seller(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    case = Case.objects.get(item__external_id="L-1001")
    page = note(moderator, case=case.pk, seller="S-7", about="seller", text="Ask for the <b>invoice</b>")
    assert "Ask for the &lt;b&gt;invoice&lt;/b&gt;" in page
    moderator.post(reverse("console_leave", args=[lease, "release"]), {"reason": "break"})
    page = moderator.get(reverse("console_case", args=[take(moderator, "L-1003")])).content.decode()
    assert 'id="tab-notes" aria-controls="panel-notes" aria-selected="true"' in page
    assert "invoice" in page
    assert "Mona Moderator" in page


def test_notes_without_a_script_go_back_to_their_page(moderator: Client) -> None:
    case = Case.objects.get(item__external_id="L-1001")
    address = reverse("case", args=[case.pk])
    answer = moderator.post(
        reverse("note_write"),
        {"case": case.pk, "about": "case", "text": "Hello @Leo Lead"},
        headers={"Referer": f"http://testserver{address}"},
    )
    assert answer["Location"] == f"http://testserver{address}"
    for page in (address, reverse("item", args=[case.item_id])):
        assert "Hello @Leo Lead" in moderator.get(page).content.decode()
    elsewhere = moderator.post(
        reverse("note_remove", args=[Note.objects.get().pk]), headers={"Referer": "//evil.example/"}
    )
    assert elsewhere["Location"] == reverse("home")


def test_whoever_is_called_sees_it_in_the_bell_until_they_have_seen_it(log_in: LogIn, moderator: Client) -> None:
    case = Case.objects.get(item__external_id="L-1001")
    note(moderator, case=case.pk, about="case", text="What do you think, @Leo Lead?")
    lead = log_in("lead")
    assert "1 note calls you" in lead.get(reverse("mentions_bell")).content.decode()
    assert "What do you think" in lead.get(reverse("mentions")).content.decode()
    lead.post(reverse("mentions_seen"), {"note": Mention.objects.get().note_id})
    assert "0 notes call you" in lead.get(reverse("mentions_bell")).content.decode()


def test_only_people_of_the_own_vendor_are_offered_to_a_vendor(log_in: LogIn) -> None:
    offered = log_in("bpo").get(reverse("note_people"), {"q": "l"}).json()["people"]
    assert [one["name"] for one in offered] == ["Lars Lead"]
    assert {one["name"] for one in log_in("moderator").get(reverse("note_people")).json()["people"]} >= {"Leo Lead"}


def test_choosing_a_policy_offers_its_beginnings_filled_from_the_item(moderator: Client) -> None:
    page = moderator.get(reverse("console_case", args=[take(moderator, "L-1001")])).content.decode()
    assert 'data-beginning="1"' in page
    assert "“AAA quality replica handbag, looks just like the real one” carries [… logo or name]" in page
    assert "Price: 89.00 EUR." in page


def test_a_decision_with_a_part_left_open_is_refused_and_says_which(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    said = {**counterfeit(lease), "facts": "The bag carries [… logo] and is sold as a replica of the real one."}
    answer = moderator.post(reverse("console_decide", args=[lease]), said, headers=PART)
    assert answer.status_code == 422
    assert "[… logo]" in answer.content.decode()
    assert not Decision.objects.exists()


def test_a_text_that_was_written_before_is_told_while_it_is_typed_and_on_the_decision(moderator: Client) -> None:
    lease = take(moderator, "L-1001")
    moderator.post(reverse("console_decide", args=[lease]), counterfeit(lease), headers=PART)
    made, lease = Decision.objects.get(), take(moderator, "L-1003")
    told = moderator.post(reverse("console_repeated", args=[lease]), {"facts": f"{made.facts} 12"}).content.decode()
    assert "You wrote this 1 time in 30 days" in told
    said = {**counterfeit(lease), "policy": ["M-1"], "ground": "terms"}
    assert moderator.post(reverse("console_decide", args=[lease]), said, headers=PART).status_code == 200
    page = moderator.get(reverse("decision", args=[made.pk])).content.decode()
    assert "The same text stands in 1 other decision of the last 30 days" in page


def test_repeated_facts_are_listed_with_who_wrote_them(log_in: LogIn, moderator: Client) -> None:
    for ref in ("L-1001", "L-1003"):
        lease = take(moderator, ref)
        said = counterfeit(lease) if ref == "L-1001" else {**counterfeit(lease), "policy": ["M-1"], "ground": "terms"}
        moderator.post(reverse("console_decide", args=[lease]), said, headers=PART)
    page = log_in("lead").get(reverse("facts_repeated"), {"least": 2}).content.decode()
    assert "Mona Moderator" in page
    assert "The title says replica" in page
    assert "Mona" not in log_in("bpolead").get(reverse("facts_repeated"), {"least": 1}).content.decode()


def test_the_difference_is_to_the_version_that_was_judged(moderator: Client) -> None:
    lease = take(moderator, "L-1002")
    moderator.post(reverse("console_decide", args=[lease]), ruling(lease), headers=PART)
    for description in ("Woven in Porto from cotton.", "Woven in Braga from polyester."):
        raw = {"kind": "listing", "market": "DE", "language": "en", **LISTINGS[1]}
        raw["content"] = {**LISTINGS[1]["content"], "description": description}
        receive(actor=SYSTEM, submissions=[parsed(raw)], at=datetime.now(UTC))
    page = moderator.get(reverse("item", args=[Item.objects.get(external_id="L-1002").pk])).content.decode()
    assert "Since version 1, the last one that was judged" in page
    assert "<del>Porto</del>" in page
    assert "<ins>Braga</ins>" in page


def test_a_template_is_written_tried_on_an_item_and_taken_away(log_in: LogIn) -> None:
    admin = log_in("admin")
    said = {
        "policy_code": "C-1.1",
        "language": "en",
        "title": "Fake",
        "text": "{title}: […]",
        "position": 0,
        "active": "on",
    }
    tried = admin.post(reverse("facts_template_add"), {**said, "item": "L-1004", "way": "preview"}).content.decode()
    assert "Garden chair, oak: […]" in tried
    assert not FactsTemplate.objects.filter(title="Fake").exists()
    assert admin.post(reverse("facts_template_add"), {**said, "text": "{price}"}).status_code == 200
    assert admin.post(reverse("facts_template_add"), said).status_code == 302
    made = FactsTemplate.objects.get(title="Fake")
    assert "Fake" in admin.get(reverse("facts_templates"), {"policy": "C-1"}).content.decode()
    admin.post(reverse("facts_template_remove", args=[made.pk]))
    assert admin.get(reverse("facts_template_edit", args=[made.pk])).status_code == 404
    assert log_in("moderator").get(reverse("facts_templates")).status_code == 403


@pytest.mark.parametrize(("name", "queries"), [("facts_templates", 12), ("facts_repeated", 10), ("mentions", 9)])
def test_a_list_takes_the_same_few_queries(
    name: str, queries: int, log_in: LogIn, moderator: Client, django_assert_max_num_queries: Any
) -> None:
    case = Case.objects.get(item__external_id="L-1001")
    for number in range(3):
        note(moderator, case=case.pk, about="case", text=f"{number} @Ada Admin")
    lease = take(moderator, "L-1001")
    moderator.post(reverse("console_decide", args=[lease]), counterfeit(lease), headers=PART)
    admin = log_in("admin")
    admin.get(reverse(name))
    with django_assert_max_num_queries(queries):
        assert admin.get(reverse(name), {"least": 1}).status_code == 200


def test_another_vendor_s_notes_are_nowhere(log_in: LogIn, actor_of: ActorOf) -> None:
    case = Case.objects.get(item__external_id="L-1001")
    note(log_in("bpo"), case=case.pk, seller="S-7", about="seller", text="From the north, @Lars Lead")
    other = log_in("other")
    for address in (reverse("seller", args=["S-7"]), reverse("item", args=[case.item_id]), reverse("mentions")):
        assert "From the north" not in other.get(address).content.decode()
    assert other.post(reverse("note_remove", args=[Note.objects.get().pk])).status_code == 404
    assert User.objects.get(email="bpolead@market.example").mentions.count() == 1
