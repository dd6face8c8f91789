"""Which seller accounts are told to be linked, and which items lie near one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.intake.links import COMMON_ABOVE, linked_accounts, surroundings_of
from piepowder.intake.models import Item, Trait
from piepowder.intake.operations import receive, store_upload
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Mandate, Scope
from piepowder.kernel.permissions import Permission

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
EVERYWHERE = Actor(ActorKind.PERSON, "1", (Mandate(frozenset({Permission.ITEM_VIEW}), Scope()),))
IN_FRANCE = Actor(
    ActorKind.PERSON, "2", (Mandate(frozenset({Permission.ITEM_VIEW}), Scope(markets=frozenset({"FR"}))),)
)


def bring(at: datetime, kind: str, ref: str, seller: str = "S-1", market: str = "DE", **content: Any) -> None:
    raw = {"kind": kind, "id": ref, "market": market, "language": "en", "seller": seller, "content": content}
    given = parse_submission(raw)
    assert isinstance(given, Submitted), given
    receive(actor=SYSTEM, submissions=[given], at=at)


def seller(at: datetime, ref: str, market: str = "DE", **content: Any) -> None:
    bring(at, "seller", ref, ref, market, name=f"Shop {ref}", **content)


@pytest.mark.django_db
def test_sellers_that_share_a_trait_are_linked_through_it_and_the_closest_stands_first(now: datetime) -> None:
    seller(now, "S-1", email="a@x.example", phone="+49 151 123456", attributes={"iban": "DE02120300"})
    seller(now, "S-2", email="b@x.example", phone="+49 151 123456")
    seller(now, "S-3", email="A@x.example", phone="+49 151 123456")
    seller(now, "S-4", email="c@x.example")
    links = linked_accounts(EVERYWHERE, "S-1")
    assert [(one.ref, [t.kind for t in one.through]) for one in links.accounts] == [
        ("S-3", ["email", "phone"]),
        ("S-2", ["phone"]),
    ]
    assert links.accounts[0].through[1].accounts == 3
    assert linked_accounts(EVERYWHERE, "S-4").accounts == ()


@pytest.mark.django_db
def test_what_too_many_share_is_told_and_links_nobody(now: datetime, django_assert_num_queries: Any) -> None:
    seller(now, "S-0", email="shared@x.example", phone="+49 151 123456")
    seller(now, "S-1", email="own@x.example", phone="+49 151 123456")
    shared = Trait.objects.get(item__external_id="S-0", kind="email")
    for number in range(COMMON_ABOVE):
        item = Item.objects.create(
            kind="seller", external_id=f"X-{number}", market="DE", language="en", received_at=now, updated_at=now
        )
        Trait.objects.create(item=item, kind="email", digest=shared.digest, shown=shared.shown)
    with django_assert_num_queries(2):
        links = linked_accounts(EVERYWHERE, "S-0")
    assert [one.ref for one in links.accounts] == ["S-1"]
    assert [(one.kind, one.shown, one.is_common) for one in links.common] == [("email", "s…@x.example", True)]


@pytest.mark.django_db
def test_accounts_out_of_sight_are_not_linked(now: datetime) -> None:
    seller(now, "S-1", market="FR", email="a@x.example")
    seller(now, "S-2", market="DE", email="a@x.example")
    assert linked_accounts(IN_FRANCE, "S-1").accounts == ()
    assert linked_accounts(IN_FRANCE, "S-2").accounts == ()
    assert [one.ref for one in linked_accounts(EVERYWHERE, "S-2").accounts] == ["S-1"]


@pytest.mark.django_db
def test_items_near_one_say_why_and_show_their_first_picture(now: datetime, django_assert_max_num_queries: Any) -> None:
    digest = store_upload(actor=SYSTEM, content=PIXEL, at=now).digest
    picture = f"sha256:{digest}"
    bring(now, "listing", "L-1", title="Red leather bag", images=[picture])
    bring(now, "listing", "L-2", "S-2", title="Bag, leather, RED 2")
    bring(now, "listing", "L-3", "S-3", title="Something else", images=[picture])
    bring(now, "listing", "L-4", title="Oak chair of the same shop")
    bring(now, "listing", "L-5", "S-5", title="Stranger")
    bring(now, "text", "T-1", "S-6", body="I bought it", text_type="review", about={"kind": "listing", "id": "L-1"})
    one = Item.objects.get(external_id="L-1")
    with django_assert_max_num_queries(12):
        found = surroundings_of(EVERYWHERE, one.pk)
    near = {alike.item.external_id: (alike.why, alike.thumbnail) for alike in found.alike}
    assert near == {
        "T-1": (("about",), ""),
        "L-2": (("same_words",), ""),
        "L-3": (("same_media",), digest),
        "L-4": (("same_seller",), ""),
    }
    assert [(gone.kind, gone.external_id) for gone in found.missing] == [("seller", "S-1")]


@pytest.mark.django_db
def test_near_items_are_few_and_the_last_changed_are_kept(now: datetime) -> None:
    for number in range(15):
        bring(now + timedelta(minutes=number), "listing", f"L-{number}", f"S-{number}", title="Red leather bag")
    one = Item.objects.get(external_id="L-0")
    refs = [alike.item.external_id for alike in surroundings_of(EVERYWHERE, one.pk, limit=3).alike]
    assert refs == ["L-14", "L-13", "L-12"]
