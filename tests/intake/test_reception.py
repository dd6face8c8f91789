"""Items come in: once, in order, with their past kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from piepowder.access.visibility import NotPermitted
from piepowder.intake.custom_schemas import custom_fields
from piepowder.intake.events import ItemsReceived
from piepowder.intake.media import store_upload
from piepowder.intake.models import Detection, Item, ItemMedia, Relation, Snapshot
from piepowder.intake.operations import receive
from piepowder.intake.outcomes import Result
from piepowder.kernel import events
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.intake.conftest import Submit, actor_with, listing, parsed, png

pytestmark = pytest.mark.django_db


def bare(ref: str, submission: str) -> dict[str, Any]:
    raw = listing(ref, submission=submission)
    del raw["content"]
    return raw


def test_a_new_item_is_stored_with_its_first_snapshot_and_told_upwards(submit: Submit, heard: list[Any]) -> None:
    (outcome,) = submit(listing(content={"images": ["https://x/a.jpg", "https://x/b.jpg"]}))
    item = Item.objects.select_related("snapshot").get()
    assert (outcome.result, outcome.item_id, outcome.snapshot_number) == (Result.CREATED, item.id, 1)
    assert (item.external_id, item.market, item.language, item.seller_ref, item.title, item.state) == (
        "L-1", "DE", "de", "S-1", "Walnut lamp", "live",
    )  # fmt: skip
    assert item.snapshot is not None
    assert item.snapshot.content["price"] == {"amount": 1299, "currency": "EUR"}
    assert [(m.position, m.role, m.url, m.state) for m in ItemMedia.objects.order_by("position")] == [
        (0, "image", "https://x/a.jpg", "pending"),
        (1, "image", "https://x/b.jpg", "pending"),
    ]
    (event,) = heard
    assert isinstance(event, ItemsReceived)
    (arrival,) = event.arrivals
    assert (arrival.item_id, arrival.snapshot_id, arrival.is_new_item) == (item.id, item.snapshot.id, True)


def test_the_same_again_leaves_no_snapshot_no_fact_and_no_event(submit: Submit, heard: list[Any]) -> None:
    (first,) = submit(listing())
    heard.clear()
    facts = Fact.objects.count()
    (again,) = submit(listing(submission="updated"))
    assert again.result is Result.UNCHANGED
    assert (again.item_id, again.snapshot_id) == (first.item_id, first.snapshot_id)
    assert (Snapshot.objects.count(), Fact.objects.count(), heard) == (1, facts, [])


def test_changed_content_is_a_newer_snapshot_and_the_older_stays(submit: Submit, heard: list[Any]) -> None:
    submit(listing())
    (outcome,) = submit(listing(market="AT", content={"title": "Oak lamp"}))
    assert (outcome.result, outcome.snapshot_number) == (Result.UPDATED, 2)
    assert list(Snapshot.objects.order_by("number").values_list("content__title", flat=True)) == [
        "Walnut lamp",
        "Oak lamp",
    ]
    item = Item.objects.get()
    assert (item.title, item.market, item.snapshot_id) == ("Oak lamp", "AT", outcome.snapshot_id)
    arrival = heard[-1].arrivals[0]
    assert (arrival.is_new_item, arrival.content_changed, arrival.snapshot_number) == (False, True, 2)


@pytest.mark.parametrize(("submission", "state"), [("withdrawn", "withdrawn"), ("deleted", "deleted")])
def test_a_withdrawal_repeats_what_the_item_said_and_keeps_its_media(
    submit: Submit, sender: Actor, now: datetime, submission: str, state: str
) -> None:
    digest = store_upload(actor=sender, content=png(), at=now).digest
    submit(listing(content={"images": [f"sha256:{digest}", "https://x/late.jpg"]}))
    (outcome,) = submit(bare("L-1", submission))
    assert (outcome.result, outcome.snapshot_number) == (Result.UPDATED, 2)
    snapshot = Snapshot.objects.get(number=2)
    assert (snapshot.submission, snapshot.content["title"]) == (submission, "Walnut lamp")
    assert Item.objects.get().state == state
    kept = ItemMedia.objects.filter(snapshot=snapshot).order_by("position").values_list("stored_id", "url", "state")
    assert list(kept) == [(digest, "", "stored"), (None, "https://x/late.jpg", "pending")]
    (again,) = submit(bare("L-1", submission))
    assert again.result is Result.UNCHANGED


def test_what_was_withdrawn_can_come_back(submit: Submit) -> None:
    submit(listing())
    submit(bare("L-1", "withdrawn"))
    (outcome,) = submit(listing())
    assert (outcome.result, outcome.snapshot_number, Item.objects.get().state) == (Result.UPDATED, 3, "live")


def test_a_withdrawal_of_something_unknown_is_refused_and_takes_nothing_with_it(submit: Submit) -> None:
    refused, stored = submit(bare("L-9", "deleted"), listing("L-1"))
    assert [(p.pointer, p.code) for p in refused.problems] == [("/id", "unknown_item")]
    assert stored.result is Result.CREATED
    assert Item.objects.count() == 1


def test_one_item_several_times_in_one_call_is_handled_in_order_and_told_once(submit: Submit, heard: list[Any]) -> None:
    outcomes = submit(
        listing(content={"title": "one"}),
        listing("L-2"),
        listing(content={"title": "two"}),
        listing(content={"title": "two"}),
        bare("L-1", "withdrawn"),
        bare("L-1", "deleted"),
    )
    assert [outcome.result.value for outcome in outcomes] == [
        "created", "created", "updated", "unchanged", "updated", "updated",
    ]  # fmt: skip
    assert [outcome.snapshot_number for outcome in outcomes] == [1, 1, 2, 2, 3, 4]
    first = Item.objects.get(external_id="L-1")
    assert (first.title, first.state) == ("two", "deleted")
    contents = Snapshot.objects.filter(item=first).order_by("number").values_list("content__title", flat=True)
    assert list(contents) == ["one", "two", "two", "two"]
    (event,) = heard
    assert sorted((a.external_id, a.snapshot_number, a.is_new_item) for a in event.arrivals) == [
        ("L-1", 4, True),
        ("L-2", 1, True),
    ]


def test_media_of_a_withdrawal_in_the_same_call_are_those_of_the_snapshot_before(submit: Submit) -> None:
    submit(listing(content={"images": ["https://x/a.jpg"]}), bare("L-1", "withdrawn"), bare("L-1", "deleted"))
    assert list(ItemMedia.objects.order_by("snapshot__number").values_list("snapshot__number", "url")) == [
        (1, "https://x/a.jpg"), (2, "https://x/a.jpg"), (3, "https://x/a.jpg"),
    ]  # fmt: skip


def test_relations_are_those_of_the_newest_submission(submit: Submit) -> None:
    video: dict[str, Any] = {"kind": "short_video", "id": "V-1", "market": "DE", "language": "de"}
    content = {"video": "https://x/v.mp4"}
    submit({**video, "content": {**content, "promotes": ["L-1", "L-2"]}})
    submit({**video, "content": {**content, "promotes": ["L-2", "L-3"]}})
    submit({**video, "submission": "withdrawn"})
    assert set(Relation.objects.values_list("role", "to_kind", "to_external_id")) == {
        ("promotes", "listing", "L-2"),
        ("promotes", "listing", "L-3"),
    }


def found(label: str, score: float = 0.5, **more: Any) -> dict[str, Any]:
    return {"model": "text", "version": "3", "label": label, "score": score, **more}


def test_detections_come_with_an_item_or_later_and_each_is_kept_once(submit: Submit, heard: list[Any]) -> None:
    span = {"field": "title", "start": 0, "end": 6}
    submit(listing(detections=[found("weapon", 0.9, spans=[span])]))
    assert heard[-1].arrivals[0].detections == (("weapon", "", 0.9),)
    (later,) = submit(listing(detections=[found("weapon", 0.9), found("drug", 0.4)]))
    assert (later.result, later.snapshot_number) == (Result.UPDATED, 1)
    arrival = heard[-1].arrivals[0]
    assert (arrival.content_changed, arrival.detections) == (False, (("drug", "", 0.4),))
    (again,) = submit(listing(detections=[found("drug", 0.4)]))
    assert again.result is Result.UNCHANGED
    assert list(Detection.objects.order_by("id").values_list("label", "spans")) == [("weapon", [span]), ("drug", [])]


def test_a_detection_of_an_unknown_policy_is_refused_at_its_place(submit: Submit) -> None:
    (outcome,) = submit(listing(detections=[found("a"), found("b", policy="NO-1")]))
    assert [(p.pointer, p.code) for p in outcome.problems] == [("/detections/1/policy", "unknown_policy")]
    assert Item.objects.count() == 0


def test_a_digest_that_was_never_uploaded_is_refused(submit: Submit) -> None:
    (outcome,) = submit(listing(content={"images": ["sha256:" + "0" * 64]}))
    assert outcome.problems[0].code == "unknown_upload"


def test_an_actor_submits_only_where_they_may_and_cannot_pull_an_item_out_of_another_market(submit: Submit) -> None:
    german = actor_with(Permission.ITEM_SUBMIT, markets={"DE"})
    submit(listing("L-fr", market="FR", language="fr"))
    stolen, foreign, own = submit(listing("L-fr"), listing("L-2", market="FR"), listing("L-3"), actor=german)
    assert [p.code for p in (*stolen.problems, *foreign.problems)] == ["not_permitted", "not_permitted"]
    assert own.result is Result.CREATED
    assert Item.objects.get(external_id="L-fr").market == "FR"


def test_whoever_may_submit_nothing_is_turned_away_as_a_whole(now: datetime) -> None:
    with pytest.raises(NotPermitted):
        receive(actor=actor_with(Permission.ITEM_VIEW), submissions=[parsed(listing())], at=now)


def test_the_ledger_holds_references_and_digests_and_nothing_of_the_content(submit: Submit) -> None:
    raw = listing("user-anna@example.org", content={"title": "Anna's secret"}, detections=[found("x")])
    (outcome,) = submit(raw)
    (fact,) = Fact.objects.filter(verb="item.receive")
    assert (fact.subject_id, fact.body["snapshot"]) == (str(outcome.item_id), str(outcome.snapshot_id))
    assert fact.body["digest"] == Snapshot.objects.get().digest
    assert "nna" not in str(fact.body)


def test_what_a_listener_refuses_leaves_nothing_behind(submit: Submit) -> None:
    def refuse(event: ItemsReceived) -> None:
        raise ValueError("no room")

    events.subscribe(ItemsReceived, refuse)
    with pytest.raises(ValueError, match="no room"):
        submit(listing())
    assert (Item.objects.count(), Fact.objects.count()) == (0, 0)


@pytest.mark.parametrize("known", [False, True])
def test_a_hundred_items_take_as_many_queries_as_ten(submit: Submit, now: datetime, known: bool) -> None:
    def raw(count: int, title: str) -> list[dict[str, Any]]:
        images = ["https://x/a.jpg"]
        one = {"title": title, "images": images}
        return [listing(f"{count}-{n}", content=one, detections=[found("x")]) for n in range(count)]

    custom_fields("listing")  # Kept by the process for a moment, whoever asks first.
    counted = []
    for count in (30, 300):
        if known:
            submit(*raw(count, "before"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            submit(*raw(count, "after"))
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 16


def test_when_it_happened_is_kept_beside_when_it_came(submit: Submit, now: datetime) -> None:
    submit(listing(occurred_at="2026-03-01T12:00:00+02:00"), at=now + timedelta(hours=1))
    snapshot = Snapshot.objects.get()
    assert snapshot.occurred_at is not None
    assert (snapshot.occurred_at.isoformat(), snapshot.received_at) == (
        "2026-03-01T10:00:00+00:00",
        now + timedelta(hours=1),
    )
