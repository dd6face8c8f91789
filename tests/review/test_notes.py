"""Notes between colleagues: what comes back, who reads it, whom it calls, and what the ledger is told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from piepowder.access.models import User
from piepowder.access.visibility import NotPermitted
from piepowder.intake.models import Item, Trait
from piepowder.intake.traits import traits_of
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.review.leases import NoSuchCase
from piepowder.review.models import CaseEvent, Mention, Note
from piepowder.review.notebook import mentions_of, notes_around, people_to_call, unseen_mentions
from piepowder.review.operations import About, BadNote, NoSuchNote, remove_note, see_mention, write_note
from tests.review.conftest import BENCH, LEAD, Court

P = Permission

WRITER = BENCH | {P.NOTE_WRITE, P.ITEM_VIEW}
CHIEF = LEAD | {P.NOTE_WRITE, P.ITEM_VIEW}


@pytest.fixture
def desk(court: Court) -> Court:
    court.queue()
    court.route_all({"name": "all", "when": {}, "then": {"queue": "general"}})
    return court


def person(court: Court, name: str, vendor: str = "house", permissions: frozenset[P] = WRITER) -> Actor:
    return court.person(name, vendor=vendor, permissions=permissions, available=False)


def seller(court: Court, ref: str, **content: Any) -> Item:
    item = court.item(kind="seller", external_id=ref, seller_ref=ref)
    Trait.objects.bulk_create(
        Trait(item=item, kind=one.kind, digest=one.digest, shown=one.shown) for one in traits_of(content)
    )
    return item


def texts(court: Court, actor: Actor, **around: Any) -> list[str]:
    found = notes_around(actor, now=court.now, **around)
    return [note.text for note in (*found.resurfaced, *found.comments)]


def test_a_note_about_the_seller_comes_back_with_every_later_case_of_the_seller(desk: Court) -> None:
    mona = person(desk, "Mona")
    case = desk.case(seller_ref="S-1")
    write_note(actor=mona, about=About("seller", case_id=case.pk), text=" Ask for invoices. ", at=desk.now)
    later, other = desk.case(seller_ref="S-1"), desk.case(seller_ref="S-2")
    assert texts(desk, mona, item_id=later.item_id, seller_ref="S-1") == ["Ask for invoices."]
    assert texts(desk, mona, item_id=other.item_id, seller_ref="S-2") == []
    note = notes_around(mona, now=desk.now, seller_ref="S-1").resurfaced[0]
    assert (note.author, note.at, note.mine, note.about) == ("Mona", desk.now, True, "S-1")


def test_a_note_about_an_address_comes_back_with_another_seller_who_has_it(desk: Court) -> None:
    mona = person(desk, "Mona")
    seller(desk, "S-1", email="anna@mail.example", attributes={"device_id": "AA-BB-CC-DD"})
    seller(desk, "S-2", email="Anna+2@mail.example")
    case = desk.case(seller_ref="S-1")
    trait = next(one for one in notes_around(mona, now=desk.now, seller_ref="S-1").traits if one.kind == "email")
    write_note(
        actor=mona, about=About("email", case_id=case.pk, digest=trait.digest), text="Ring of fakes", at=desk.now
    )
    (note,) = notes_around(mona, now=desk.now, seller_ref="S-2").resurfaced
    assert (note.text, note.about_kind, note.about) == ("Ring of fakes", "email", "a…@mail.example")


def test_a_note_stops_coming_back_when_its_time_is_over(desk: Court) -> None:
    mona = person(desk, "Mona")
    case, until = desk.case(seller_ref="S-1"), desk.now + timedelta(days=7)
    write_note(actor=mona, about=About("seller", case_id=case.pk), text="Papers on the way", at=desk.now, until=until)
    assert texts(desk, mona, seller_ref="S-1") == ["Papers on the way"]
    desk.pass_time(days=7)
    assert texts(desk, mona, seller_ref="S-1") == []


def test_comments_stay_with_the_item_and_stand_in_the_life_of_the_case(desk: Court) -> None:
    mona = person(desk, "Mona")
    case = desk.case()
    write_note(actor=mona, about=About("case", case_id=case.pk), text="Look at picture 2", at=desk.now)
    assert texts(desk, mona, item_id=case.item_id) == texts(desk, mona, case_id=case.pk) == ["Look at picture 2"]
    assert CaseEvent.objects.filter(case=case, kind="noted").count() == 1


def test_notes_are_read_within_the_vendor_and_by_the_house(desk: Court) -> None:
    bea, otto, mona = person(desk, "Bea", "north"), person(desk, "Otto", "south"), person(desk, "Mona")
    case = desk.case(seller_ref="S-1")
    write_note(actor=bea, about=About("seller", case_id=case.pk), text="From the north", at=desk.now)
    write_note(actor=mona, about=About("seller", case_id=case.pk), text="From the house", at=desk.now)
    assert texts(desk, bea, seller_ref="S-1") == ["From the north"]
    assert texts(desk, otto, seller_ref="S-1") == []
    assert texts(desk, mona, seller_ref="S-1") == ["From the house", "From the north"]


def test_the_house_can_write_to_a_vendor_and_is_not_named_there(desk: Court) -> None:
    bea, mona = person(desk, "Bea", "north"), person(desk, "Mona")
    case = desk.case(seller_ref="S-1")
    about = About("seller", case_id=case.pk)
    write_note(actor=mona, about=about, text="@Bea please look", at=desk.now, vendor="north")
    (note,) = notes_around(bea, now=desk.now, seller_ref="S-1").resurfaced
    assert (note.text, note.author, note.may_remove) == ("@Bea please look", "", False)
    assert unseen_mentions(bea) == 1
    with pytest.raises(BadNote):
        write_note(actor=bea, about=about, text="to you", at=desk.now, vendor="house")


def test_a_name_after_an_at_calls_the_person_until_they_have_seen_it(desk: Court) -> None:
    mona, ann, anna = person(desk, "Mona"), person(desk, "Ann Lee"), person(desk, "Ann Leeson")
    case = desk.case()
    note = write_note(
        actor=mona, about=About("case", case_id=case.pk), text="Is this C-1, @ann leeson? (@Mona)", at=desk.now
    )
    assert [unseen_mentions(actor) for actor in (mona, ann, anna)] == [0, 0, 1]
    assert [(line.note.text, line.seen) for line in mentions_of(anna)] == [(note.text, False)]
    assert see_mention(actor=anna, at=desk.now, note_id=note.pk) == 1
    assert see_mention(actor=anna, at=desk.now) == 0
    assert (unseen_mentions(anna), [line.seen for line in mentions_of(anna)]) == (0, [True])


def test_an_address_calls_too_and_nobody_of_another_vendor_is_called_or_offered(desk: Court) -> None:
    bea, ben, otto = person(desk, "Bea", "north"), person(desk, "Ben", "north"), person(desk, "Otto", "south")
    person(desk, "Mona")
    case = desk.case()
    email = User.objects.get(pk=ben.ref).email
    write_note(actor=bea, about=About("case", case_id=case.pk), text=f"@{email} @Otto @Mona", at=desk.now)
    assert set(Mention.objects.values_list("user_id", flat=True)) == {int(ben.ref)}
    assert [one.name for one in people_to_call(bea)] == ["Ben"]
    assert unseen_mentions(otto) == 0


def test_the_author_and_a_lead_take_a_note_away_and_others_do_not(desk: Court) -> None:
    bea, ben, chief = person(desk, "Bea", "north"), person(desk, "Ben", "north"), person(desk, "Lars", "north", CHIEF)
    otto = person(desk, "Otto", "south", CHIEF)
    case = desk.case()
    first, second = (
        write_note(actor=bea, about=About("case", case_id=case.pk), text=text, at=desk.now)
        for text in ("one @Ben", "two")
    )
    with pytest.raises(NotPermitted):
        remove_note(actor=ben, note_id=first.pk, at=desk.now)
    with pytest.raises(NoSuchNote):
        remove_note(actor=otto, note_id=first.pk, at=desk.now)
    remove_note(actor=bea, note_id=first.pk, at=desk.now)
    remove_note(actor=chief, note_id=second.pk, at=desk.now)
    assert texts(desk, bea, case_id=case.pk) == []
    assert (unseen_mentions(ben), mentions_of(ben)) == (0, [])
    with pytest.raises(NoSuchNote):
        remove_note(actor=bea, note_id=first.pk, at=desk.now)


def test_the_ledger_learns_that_there_is_a_note_and_none_of_its_words(desk: Court) -> None:
    mona = person(desk, "Mona")
    case = desk.case(seller_ref="S-1")
    note = write_note(actor=mona, about=About("seller", case_id=case.pk), text="Zebra crossing", at=desk.now)
    remove_note(actor=mona, note_id=note.pk, at=desk.now)
    facts = Fact.objects.filter(subject_kind="note")
    assert [fact.verb for fact in facts.order_by("id")] == ["note.write", "note.remove"]
    assert not any("Zebra" in str(fact.body) or "S-1" in str(fact.body) for fact in facts)


@pytest.mark.parametrize(
    ("about", "text"),
    [
        (About("case"), "no case"),
        (About("seller", seller_ref="nobody"), "no seller"),
        (About("email", digest="0" * 32), "no such address"),
        (About("weather"), "no such thing"),
        (About("seller", seller_ref="S-1"), "  "),
        (About("seller", seller_ref="S-1"), "x" * 4_001),
    ],
)
def test_a_note_about_nothing_or_with_nothing_in_it_is_refused(desk: Court, about: About, text: str) -> None:
    desk.case(seller_ref="S-1")
    with pytest.raises(BadNote):
        write_note(actor=person(desk, "Mona"), about=about, text=text, at=desk.now)
    assert not Note.objects.exists()


def test_who_may_not_write_or_see_the_case_leaves_no_note(desk: Court) -> None:
    case = desk.case()
    about = About("case", case_id=case.pk)
    with pytest.raises(NotPermitted):
        write_note(actor=person(desk, "Rita", permissions=BENCH), about=about, text="hm", at=desk.now)
    type(case).objects.filter(pk=case.pk).update(vendor="south")
    with pytest.raises(NoSuchCase):
        write_note(actor=person(desk, "Bea", "north"), about=about, text="hm", at=desk.now)
    with pytest.raises(BadNote):
        write_note(
            actor=person(desk, "Mona"), about=about, text="hm", at=desk.now, until=desk.now - timedelta(seconds=1)
        )


def test_reading_takes_the_same_two_queries_however_much_was_noted(desk: Court, django_assert_num_queries: Any) -> None:
    mona = person(desk, "Mona")
    seller(desk, "S-1", email="anna@mail.example")
    case = desk.case(seller_ref="S-1")
    for number in range(5):
        write_note(actor=mona, about=About("seller", case_id=case.pk), text=f"note {number}", at=desk.now)
        write_note(actor=mona, about=About("case", case_id=case.pk), text=f"comment {number}", at=desk.now)
    with django_assert_num_queries(2):
        assert notes_around(mona, now=desk.now, item_id=case.item_id, seller_ref="S-1").count == 10
    with django_assert_num_queries(1):
        mentions_of(mona)
    with django_assert_num_queries(1):
        unseen_mentions(mona)
