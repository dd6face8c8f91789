"""What the screens read: all of it within the actor's scope, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from piepowder.intake.operations import report
from piepowder.intake.queries import (
    NoSuchItem,
    item_by_external_id,
    item_card,
    related_items,
    reports_about,
    seller_items,
    seller_standing,
)
from piepowder.intake.schemas import Notice, parse_notice
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from tests.intake.conftest import Submit, actor_with, listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def french() -> Actor:
    return actor_with(Permission.ITEM_VIEW, Permission.REPORT_VIEW, markets={"FR"})


def seller(ref: str = "S-1", **changes: Any) -> dict[str, Any]:
    return {"kind": "seller", "id": ref, "market": "DE", "language": "de", "content": {"name": "Lux GmbH"}, **changes}


def send_report(now: datetime, ref: str, reason: str, **reporter: Any) -> None:
    wire = {
        "reporter": {"kind": "user", "name": "Ada", "email": "ada@example.org", **reporter},
        "items": [{"kind": "listing", "id": ref}],
        "basis": "illegal",
        "reason": reason,
        "good_faith": True,
    }
    notice = parse_notice(wire)
    assert isinstance(notice, Notice)
    report(actor=SYSTEM, notice=notice, at=now)


def queries(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def test_a_card_shows_the_newest_snapshot_or_the_one_asked_for(submit: Submit, reader: Actor, now: datetime) -> None:
    found = {"model": "m", "version": "1", "label": "spam", "score": 0.7}
    (first,) = submit(listing(content={"images": ["https://x/a.jpg"]}, detections=[found]))
    submit(listing(content={"title": "Oak lamp"}), at=now + timedelta(hours=1))
    assert first.item_id is not None
    newest = item_card(reader, first.item_id)
    assert (newest.number, newest.newest_number, newest.content["title"], newest.media) == (2, 2, "Oak lamp", ())
    assert newest.detections == ()
    old = item_card(reader, first.item_id, number=1)
    assert (old.number, old.content["title"], [m.url for m in old.media]) == (1, "Walnut lamp", ["https://x/a.jpg"])
    assert [(d.label, d.score) for d in old.detections] == [("spam", 0.7)]
    assert [line.number for line in old.snapshots] == [2, 1]
    with pytest.raises(NoSuchItem):
        item_card(reader, first.item_id, number=3)


def test_an_item_out_of_scope_is_as_good_as_none(submit: Submit, reader: Actor, french: Actor) -> None:
    (outcome,) = submit(listing())
    item_id = outcome.item_id
    assert item_id is not None
    assert item_by_external_id(reader, "listing", "L-1") == item_id
    for actor, asked in ((french, item_id), (actor_with(Permission.ITEM_SUBMIT), item_id), (reader, new_id())):
        for call in (item_card, related_items, reports_about):
            with pytest.raises(NoSuchItem):
                call(actor, asked)
    with pytest.raises(NoSuchItem):
        item_by_external_id(french, "listing", "L-1")
    assert seller_items(french, "S-1") == []
    assert (seller_standing(french, "S-1").items, seller_standing(french, "S-1").name) == (0, "")


def test_relations_are_seen_from_both_ends_and_before_the_other_end_has_come(submit: Submit, reader: Actor) -> None:
    video: dict[str, Any] = {"kind": "short_video", "id": "V-1", "market": "DE", "language": "de", "seller": "S-1"}
    video["content"] = {"video": "https://x/v.mp4", "caption": "Look", "promotes": ["L-1", "L-9"]}
    submit(seller(), listing(), video)

    def named(kind: str, ref: str) -> list[tuple[str, bool, str, str]]:
        related = related_items(reader, item_by_external_id(reader, kind, ref))
        return [(one.role, one.outward, one.external_id, one.title) for one in related]

    assert named("short_video", "V-1") == [
        ("sold_by", True, "S-1", "Lux GmbH"),
        ("promotes", True, "L-1", "Walnut lamp"),
        ("promotes", True, "L-9", ""),
    ]
    assert named("listing", "L-1") == [("sold_by", True, "S-1", "Lux GmbH"), ("promotes", False, "V-1", "Look")]
    assert named("seller", "S-1") == []


def test_a_related_item_out_of_scope_is_named_without_its_title(submit: Submit, french: Actor) -> None:
    submit(seller(), listing(market="FR", language="fr"))
    (line,) = related_items(french, item_by_external_id(french, "listing", "L-1"))
    assert (line.external_id, line.id, line.title, line.state) == ("S-1", None, "", "")


def test_a_seller_s_items_are_listed_with_their_reports_and_counted(
    submit: Submit, reader: Actor, now: datetime
) -> None:
    submit(seller(), listing("L-1"), listing("L-2"), listing("L-3", seller="S-2"))
    send_report(now, "L-1", "one")
    send_report(now, "L-1", "two")
    assert {(line.external_id, line.reports) for line in seller_items(reader, "S-1")} == {("L-1", 2), ("L-2", 0)}
    standing = seller_standing(reader, "S-1")
    assert (standing.name, standing.items, standing.items_by_kind, standing.reports) == (
        "Lux GmbH",
        2,
        {"listing": 2},
        2,
    )


def test_reports_come_the_weightiest_first_and_without_who_sent_them(
    submit: Submit, reader: Actor, now: datetime
) -> None:
    (outcome,) = submit(listing())
    item_id = outcome.item_id
    assert item_id is not None
    send_report(now, "L-1", "I think so")
    send_report(now, "L-1", "it is ours", kind="rights_holder", id="RH-1")
    lines = reports_about(reader, item_id)
    assert [(line.reporter_kind, line.reason) for line in lines] == [
        ("rights_holder", "it is ours"),
        ("user", "I think so"),
    ]
    for word in ("Ada", "ada@example.org", "RH-1"):
        assert word not in repr(lines)
    assert reports_about(actor_with(Permission.ITEM_VIEW), item_id) == []


def test_no_list_asks_more_of_the_database_when_it_is_longer(submit: Submit, reader: Actor, now: datetime) -> None:
    def fill(count: int, start: int) -> None:
        for number in range(start, start + count):
            submit(listing(f"L-{number}", relations=[{"role": "variant_of", "kind": "listing", "id": "L-0"}]))
        send_report(now, "L-0", f"reason {start}")
        submit(
            listing("L-0", content={"title": f"lamp {start}", "images": [f"https://x/{n}" for n in range(start + 1)]})
        )

    def counts(item_id: UUID) -> list[int]:
        calls: list[Callable[[], object]] = [
            lambda: item_card(reader, item_id),
            lambda: related_items(reader, item_id),
            lambda: seller_items(reader, "S-1"),
            lambda: seller_standing(reader, "S-1"),
            lambda: reports_about(reader, item_id),
        ]
        return [queries(call) for call in calls]

    fill(2, 0)
    item_id = item_by_external_id(reader, "listing", "L-0")
    before = counts(item_id)
    fill(8, 2)
    assert counts(item_id) == before == [5, 4, 1, 3, 2]
