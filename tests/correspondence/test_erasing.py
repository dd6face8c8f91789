"""Erasure empties what a letter said; that it was written stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from piepowder.correspondence import erasure
from piepowder.correspondence.models import Letter
from piepowder.correspondence.queries import letters_to
from piepowder.database.personal import Emptying, Kept, Nature, Part, Subject, parts
from piepowder.duties.retention.emptying import empty
from piepowder.outbox.models import Delivery
from tests.correspondence.conftest import SELLER

Write = Callable[..., Letter]


def part() -> Part:
    return next(one for one in parts() if one.package == "correspondence")


def carry_out(emptyings: Iterable[Emptying]) -> None:
    for one in emptyings:
        if one.becomes and not one.stays:
            one.left().update(**one.becomes)


def test_what_was_written_to_a_person_is_emptied_with_its_message_and_the_row_stays(
    write: Write, now: datetime
) -> None:
    mine, other = write(), write(recipient=replace(SELLER, ref="S-2", email="bob@shop.example"))
    Delivery.objects.update(state="delivered", tried_since=now, finished_at=now)

    carry_out(part().of(Subject("seller", "S-1"), now))

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.name, mine.address, mine.subject, mine.text, mine.places) == ("", "", "", "", {})
    assert (mine.message.body, mine.message.recipient, mine.message.letter) == ({}, "", "")
    assert mine.is_forgotten
    assert letters_to("seller", "S-1").get().event == mine.event
    assert other.text
    assert other.message.body


def test_a_person_is_found_by_the_address_that_was_written_to(write: Write, now: datetime) -> None:
    letter = write(recipient=replace(SELLER, ref="S-9", email="Ann@Shop.example"))
    Delivery.objects.update(state="delivered", tried_since=now, finished_at=now)

    carry_out(part().of(Subject("buyer", "B-1", ("ann@shop.example",)), now))

    letter.refresh_from_db()
    assert letter.is_forgotten
    assert list(part().addresses(Subject("seller", "S-1"))) == []


def test_somebody_known_by_an_address_alone_is_not_everybody_without_a_reference(write: Write, now: datetime) -> None:
    other = write(recipient=replace(SELLER, ref="", email="bob@shop.example"))
    Delivery.objects.update(state="delivered", tried_since=now, finished_at=now)
    asked = Subject("seller", "", ("ann@shop.example",))

    assert part().addresses(asked) == []
    carry_out(part().of(asked, now))

    other.refresh_from_db()
    assert other.text


def test_what_was_written_to_somebody_who_is_held_stays(write: Write, now: datetime) -> None:
    letter, other = write(item_id=None), write(recipient=replace(SELLER, ref="S-2"), item_id=None)
    Delivery.objects.update(state="delivered", tried_since=now, finished_at=now)

    (age,) = part().ages
    empty(age.rows(now + timedelta(days=1), now), [Kept("seller", ["S-1"], "held")], most=100)

    letter.refresh_from_db()
    other.refresh_from_db()
    assert (bool(letter.text), bool(other.text)) == (True, False)


def test_a_letter_on_its_way_stays_until_it_has_arrived(write: Write, now: datetime) -> None:
    letter = write()

    told = list(part().of(Subject("seller", "S-1"), now))
    carry_out(told)

    letter.refresh_from_db()
    assert letter.text
    assert {one.stays for one in told if one.rows.exists()} == {"being_sent"}


def test_a_word_is_said_about_every_column(write: Write) -> None:
    personal = {name for name, nature in part().columns.items() if nature is Nature.PERSONAL}

    assert {f"correspondence_letter.{name}" for name in erasure.EMPTY} == personal
