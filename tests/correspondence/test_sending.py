"""A letter is kept exactly as it goes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from piepowder.correspondence.models import Letter
from piepowder.correspondence.operations import (
    Draft,
    MissingPlace,
    NoLetterTemplate,
    NoSuchLetterKind,
    RecipientKind,
    Words,
    publish_letter_template,
    send_many,
)
from piepowder.correspondence.queries import letters_about, letters_to, visible_letters
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Mandate, Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.outbox.models import Delivery, Message
from piepowder.outbox.operations import save_endpoint
from tests.correspondence.conftest import ENGLISH, SELLER, VALUES, WARNED

Write = Callable[..., Letter]


def test_the_letter_is_kept_as_it_is_sent(write: Write, now: datetime) -> None:
    letter = write()

    kept = letters_to("seller", "S-1").get()
    assert kept.subject == "A warning about Seller Terms 4.2"
    assert "Dear Ann,\n\nSeller Terms 4.2 was broken. It counts until 1 May 2026. Software found it." in kept.text
    assert list(letters_about("seller", "S-1")) == [letter]
    sent = Message.objects.get(topic="letter.sent")
    assert (sent.body["subject"], sent.body["text"]) == (kept.subject, kept.text)
    assert sent.body["recipient"] == {
        "kind": "seller",
        "id": "S-1",
        "known_as": "S-1",
        "name": "Ann",
        "email": "ann@shop.example",
    }


def test_a_day_and_a_moment_are_written_in_the_language_of_the_letter(write: Write) -> None:
    letter = write(recipient=replace(SELLER, language="de"), values={**VALUES, "rule": "2026-05-01T08:30:00+02:00"})

    assert letter.language == "de"
    assert "bis 1. Mai 2026" in letter.text
    assert "1. Mai 2026 06:30 (UTC)" in letter.text


@pytest.mark.parametrize(("wanted", "got"), [("de-AT", "de"), ("fr", "en"), ("", "en"), ("DE", "de")])
def test_words_are_those_of_the_nearest_language(write: Write, wanted: str, got: str) -> None:
    assert write(recipient=replace(SELLER, language=wanted)).language == got


@pytest.mark.parametrize("missing", ["rule", "until", "how"])
def test_a_value_that_is_left_out_is_named_and_nothing_is_sent(write: Write, missing: str) -> None:
    with pytest.raises(MissingPlace) as refused:
        write(values={place: value for place, value in VALUES.items() if place != missing})

    assert [problem.pointer for problem in refused.value.problems] == [f"/values/{missing}"]
    assert not Letter.objects.exists()
    assert not Message.objects.filter(topic="letter.sent").exists()


def test_a_code_that_is_none_is_refused(write: Write) -> None:
    with pytest.raises(MissingPlace) as refused:
        write(values={**VALUES, "how": "dice"})

    assert refused.value.problems[0].detail == "one of: person, machine"


def test_no_letter_is_written_without_words_or_of_an_unknown_kind(write: Write) -> None:
    with pytest.raises(NoSuchLetterKind):
        write(event="test.nothing")


@pytest.mark.django_db
def test_a_kind_without_words_is_refused(now: datetime) -> None:
    draft = Draft(WARNED.code, SELLER, ("seller", "S-1"), VALUES)

    with pytest.raises(NoLetterTemplate):
        send_many(actor=SYSTEM, drafts=[draft], at=now)


def test_the_ledger_says_that_it_was_written_and_nothing_about_the_person(write: Write) -> None:
    letter = write()

    fact = Fact.objects.get(verb="letter.send")
    assert (fact.subject_id, fact.body["event"]) == (str(letter.pk), WARNED.code)
    told = str(list(Fact.objects.values_list("subject_id", "body")))
    assert not any(word in told for word in ("S-1", "Ann", "shop.example", "Seller Terms"))


def test_what_a_value_says_is_not_read_as_a_place(write: Write) -> None:
    letter = write(values={**VALUES, "rule": "{{ name }} {{ until }}"})

    assert letter.subject == "A warning about {{ name }} {{ until }}"


def test_it_goes_by_e_mail_only_where_an_e_mail_endpoint_names_the_topic(write: Write, now: datetime) -> None:
    through_the_marketplace = write()
    save_endpoint(
        actor=SYSTEM, code="email", name="E-mail", channel="email", url="", topics=["letter.sent"], at=now
    )  # fmt: skip
    mailed = write()

    assert (through_the_marketplace.channel, through_the_marketplace.message.recipient) == ("message", "")
    assert (mailed.channel, mailed.message.recipient) == ("email", "ann@shop.example")
    assert "Subject: A warning about Seller Terms 4.2" in mailed.message.letter


def test_an_e_mail_has_its_own_words_where_there_are_any_in_the_language(write: Write, now: datetime) -> None:
    save_endpoint(
        actor=SYSTEM, code="email", name="E-mail", channel="email", url="", topics=["letter.sent"], at=now
    )  # fmt: skip
    long = Words("By mail: {{ rule }}", ENGLISH.body, ENGLISH.phrases)
    publish_letter_template(actor=SYSTEM, event=WARNED.code, language="en", channel="email", words=long, at=now)

    assert write().subject == "By mail: Seller Terms 4.2"
    assert write(recipient=replace(SELLER, language="de")).subject == "Verwarnung: Seller Terms 4.2"
    assert write(recipient=replace(SELLER, email="")).subject == "A warning about Seller Terms 4.2"


def test_one_that_waits_for_its_day_holds_up_no_other(write: Write, now: datetime) -> None:
    later = write(not_before=now + timedelta(days=30))
    first, second = write(), write()

    keys = {letter.pk: Delivery.objects.get(message=letter.message).order_key for letter in (later, first, second)}
    assert keys[first.pk] == keys[second.pk] != keys[later.pk]


def test_many_letters_cost_no_more_queries_than_two(write: Write, now: datetime) -> None:
    write()
    drafts = [
        Draft(WARNED.code, replace(SELLER, ref=f"S-{number}"), ("seller", f"S-{number}"), VALUES)
        for number in range(22)
    ]
    with CaptureQueriesContext(connection) as few:
        send_many(actor=SYSTEM, drafts=drafts[:2], at=now)
    with CaptureQueriesContext(connection) as many:
        send_many(actor=SYSTEM, drafts=drafts[2:], at=now)

    assert len(many) == len(few)


def test_letters_to_reporters_are_for_those_who_may_know_who_reports(write: Write) -> None:
    to_seller, to_reporter = write(), write(recipient=replace(SELLER, kind=RecipientKind.REPORTER))

    def seen(*permissions: Permission, **scope: frozenset[str]) -> set[Letter]:
        return set(visible_letters(Actor(ActorKind.PERSON, "1", (Mandate(frozenset(permissions), Scope(**scope)),))))

    assert seen(Permission.LETTER_VIEW, Permission.REPORT_VIEW) == {to_seller, to_reporter}
    assert seen(Permission.LETTER_VIEW) == {to_seller}
    assert seen(Permission.REPORT_VIEW) == set()
    assert seen(Permission.LETTER_VIEW, Permission.REPORT_VIEW, vendors=frozenset({"acme"})) == set()


def test_the_database_itself_refuses_to_change_a_letter(write: Write) -> None:
    letter = write()

    for change in ("text = 'otherwise'", "subject = 'otherwise'", "places = '{\"rule\": 1}'", "event = 'other'"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE correspondence_letter SET {change}")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM correspondence_letter")
    letter.refresh_from_db()
    assert letter.subject == "A warning about Seller Terms 4.2"
