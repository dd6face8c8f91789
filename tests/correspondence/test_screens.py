"""Letters on their screens: the list, one in full, the words with preview and test, and beside what they are about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.correspondence.models import Letter, LetterTemplate
from piepowder.correspondence.operations import Recipient, RecipientKind, Words, publish_letter_template, send
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM
from piepowder.outbox.models import Delivery, Message
from tests.correspondence.conftest import ENGLISH, VALUES, WARNED
from tests.web.conftest import LogIn, log_in, town

__all__ = ["log_in", "town"]

pytestmark = pytest.mark.django_db

WORDS = reverse("letter_template", args=["report.decided", "en", "message"])
HARD = (
    "Notwithstanding the aforementioned considerations regarding the applicability of contractual provisions, "
    "the organisation reserves the possibility of subsequently reconsidering its previous determination."
)
Warn = Callable[..., Letter]


@pytest.fixture
def warn(town: datetime) -> Warn:
    """A warning to a seller of the town about one of their items."""
    publish_letter_template(actor=SYSTEM, event=WARNED.code, language="en", words=ENGLISH, at=town)
    item = Item.objects.get(external_id="L-1001")

    def one(name: str = "Ann", **changes: Any) -> Letter:
        given: dict[str, Any] = {
            "actor": SYSTEM,
            "event": WARNED.code,
            "recipient": Recipient(RecipientKind.SELLER, "S-7", "ann@shop.example", name),
            "about": ("seller", "S-7"),
            "values": VALUES,
            "at": town,
            "item_id": item.pk,
        }
        return send(**{**given, **changes})

    return one


def typed(page: Client, **changes: Any) -> dict[str, Any]:
    shown = page.get(WORDS).context
    form = shown["form"]
    told = {"subject": form.subject, "body": form.body, "base": str(shown["base"])}
    return told | {phrase.name: phrase.text for group in form.groups for phrase in group.phrases} | changes


def test_a_letter_is_shown_as_it_was_sent_and_taken_along_as_text(log_in: LogIn, warn: Warn) -> None:
    letter = warn()
    page = log_in("admin")

    shown = page.get(reverse("letter", args=[letter.pk])).content.decode()
    text = page.get(reverse("letter_text", args=[letter.pk]))

    assert "Seller Terms 4.2 was broken. It counts until 1 May 2026." in shown
    assert letter.text in text.content.decode()
    assert text["Content-Disposition"] == f'attachment; filename="letter-{letter.pk}.txt"'


def test_the_list_is_narrowed_by_who_what_and_how_far_it_got(log_in: LogIn, warn: Warn, town: datetime) -> None:
    waiting, arrived = warn(), warn("Bob", recipient=Recipient(RecipientKind.SELLER, "S-8", name="Bob"))
    Delivery.objects.filter(message=arrived.message).update(state="delivered", tried_since=town, finished_at=town)
    page = log_in("admin")

    def found(**filters: str) -> set[Any]:
        return {row.pk for row in page.get(reverse("letters"), filters).context["page"].rows}

    assert found() == {waiting.pk, arrived.pk}
    assert found(who="S-8") == found(who="bo") == found(progress="kept") == {arrived.pk}
    assert found(who="ANN@shop.example") == found(progress="waiting") == {waiting.pk}
    assert found(about="L-1001", event=WARNED.code, kind="seller") == {waiting.pk, arrived.pk}
    assert found(event="report.received") == found(channel="email") == found(until="2020-01-01") == set()


def test_the_list_costs_the_same_however_long_it_is(
    log_in: LogIn, warn: Warn, django_assert_num_queries: Callable[..., Any]
) -> None:
    page = log_in("admin")
    warn()
    page.get(reverse("letters"))
    for _ in range(5):
        warn()
    with django_assert_num_queries(4):
        page.get(reverse("letters"))


def test_a_letter_that_has_not_left_is_taken_back_and_one_that_has_is_not(
    log_in: LogIn, warn: Warn, town: datetime
) -> None:
    first, second = warn(), warn()
    Delivery.objects.filter(message=second.message).update(state="delivered", tried_since=town, finished_at=town)
    page = log_in("admin")

    assert page.post(reverse("letter_cancel", args=[first.pk])).status_code == 302
    assert Delivery.objects.get(message=first.message).state == "cancelled"
    assert page.post(reverse("letter_cancel", args=[second.pk])).status_code == 409
    assert "Take back" not in page.get(reverse("letter", args=[second.pk])).content.decode()


def test_letters_stand_beside_the_item_the_seller_and_the_decision_for_those_who_may_read_them(
    log_in: LogIn, warn: Warn
) -> None:
    letter = warn()
    link = reverse("letter", args=[letter.pk])
    item = reverse("item", args=[letter.item_id])

    assert link in log_in("admin").get(item).content.decode()
    assert link in log_in("admin").get(reverse("seller", args=["S-7"])).content.decode()
    assert link not in log_in("moderator").get(item).content.decode()
    assert log_in("moderator").get(link).status_code == 403
    assert log_in("bpolead").get(reverse("letters")).status_code == 403


def test_the_next_words_are_previewed_measured_compared_and_published(log_in: LogIn, town: datetime) -> None:
    page = log_in("admin")
    form = typed(page)
    changed = form | {"body": f"{form['body']}\n\n{HARD}", "choice.automation": "decided"}

    shown = page.post(WORDS, changed | {"do": "preview"})

    text = shown.content.decode()
    assert f'<mark class="hard-to-read" title="hard to read">{HARD}</mark>' in text
    assert "software decided without a person" in text
    assert [change.label for change in shown.context["changes"]] == ["Body"]
    assert LetterTemplate.objects.filter(event="report.decided", language="en").count() == 1
    assert page.post(WORDS, changed | {"do": "publish"}).status_code == 302
    newest = LetterTemplate.objects.filter(event="report.decided", language="en").latest("number")
    assert (newest.number, newest.body.endswith(HARD)) == (2, True)
    older = page.get(reverse("letter_template_version", args=["report.decided", "en", "message", 1]))
    assert "No letter was written with it yet." in older.content.decode()


def test_what_cannot_be_used_is_named_at_its_place_and_what_was_typed_is_kept(log_in: LogIn, town: datetime) -> None:
    page = log_in("admin")
    form = typed(page, body="Only {{ nonsense }} and {{ broken", **{"phrase.outcome.noted": ""})

    answer = page.post(WORDS, form | {"do": "publish"})

    assert answer.status_code == 422
    assert set(answer.context["form"].problems) == {"body"}
    assert "Only {{ nonsense }} and {{ broken" in answer.content.decode()
    assert page.post(WORDS, typed(page, **{"phrase.outcome.noted": ""}) | {"do": "publish"}).status_code == 422


def test_words_published_meanwhile_are_not_overwritten_unseen(log_in: LogIn, town: datetime) -> None:
    page = log_in("admin")
    mine, theirs = typed(page, subject="Mine {{ reference }}"), typed(page, subject="Theirs {{ reference }}")
    page.post(WORDS, theirs | {"do": "publish"})

    answer = page.post(WORDS, mine | {"do": "publish"})

    assert answer.status_code == 409
    assert "Mine {{ reference }}" in answer.content.decode()


def test_a_test_goes_to_oneself_alone_and_is_no_letter(log_in: LogIn, town: datetime) -> None:
    page = log_in("admin")

    page.post(WORDS, typed(page) | {"do": "test"})

    mail = Message.objects.get(topic="mail")
    assert mail.recipient == "admin@market.example"
    assert "Test: What we decided about your report" in mail.letter
    assert not Letter.objects.exists()


def test_every_kind_of_letter_is_listed_with_its_languages(
    log_in: LogIn, town: datetime, django_assert_num_queries: Callable[..., Any]
) -> None:
    page = log_in("admin")
    page.get(reverse("letter_templates"))
    with django_assert_num_queries(4):
        shown = page.get(reverse("letter_templates")).content.decode()

    assert WORDS in shown
    assert "none: this letter cannot be sent" in shown
    assert log_in("moderator").get(reverse("letter_templates")).status_code == 403


def test_a_language_without_words_begins_with_the_english_ones(log_in: LogIn, town: datetime) -> None:
    page = log_in("admin")
    address = reverse("letter_template", args=["report.decided", "nl", "message"])

    assert "What we decided about your report" in page.get(address).context["form"].subject
    assert page.get(reverse("letter_template", args=["no.such", "en", "message"])).status_code == 404


def test_statements_are_measured_too(log_in: LogIn, town: datetime) -> None:
    shown = log_in("admin").get(reverse("statement_template", args=["de"]))

    assert shown.context["readable"].level.measure == "amstad"
    assert "Flesch for German (Amstad)" in shown.content.decode()


def test_words_of_a_letter_are_for_the_whole_house(words: None, now: datetime) -> None:
    words_there = LetterTemplate.objects.filter(event=WARNED.code, language="en")
    publish_letter_template(
        actor=SYSTEM, event=WARNED.code, language="en", words=Words("{{ rule }}", "{{ rule }} {{ how }}", ENGLISH.phrases), at=now
    )  # fmt: skip
    assert list(words_there.order_by("number").values_list("number", flat=True)) == [1, 2]
