"""What happens in a livestream is kept at its place, once, and what is found in it is told at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.intake.events import ItemsReceived
from piepowder.intake.fetching import fetch_due
from piepowder.intake.models import Detection, Item, Moment
from piepowder.intake.moments import MomentsRefused, NoSuchStream
from piepowder.intake.operations import receive_moments, reveal_media, store_upload
from piepowder.intake.queries import NoSuchMedia, media_seen_by
from piepowder.intake.schemas import MomentGiven, parse_moments
from piepowder.intake.streams import ended_among, heard_in, moments_of
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.intake.conftest import Shop, Submit, actor_with, here, png

pytestmark = pytest.mark.django_db

SAID = {"kind": "transcript", "reference": "t-1", "at_ms": 12_000, "text": "Drink it, it is natural"}


def stream(ref: str = "V-1", **changes: Any) -> dict[str, Any]:
    content = {"title": "Live sale", "stream": "https://live.example/a.m3u8", "started_at": "2026-03-04T10:00:00Z"}
    return {
        "kind": "livestream",
        "id": ref,
        "market": "DE",
        "language": "en",
        "seller": "S-1",
        "content": content,
    } | changes


def read(*raw: dict[str, Any]) -> list[MomentGiven]:
    given = parse_moments({"moments": list(raw)})
    assert all(isinstance(one, MomentGiven) for one in given), given
    return [one for one in given if isinstance(one, MomentGiven)]


def tell(actor: Actor, at: datetime, *raw: dict[str, Any], ref: str = "V-1") -> tuple[int, int]:
    kept = receive_moments(actor=actor, kind="livestream", external_id=ref, moments=read(*raw), at=at)
    return kept.new, kept.known


def test_a_moment_counts_once_whatever_comes_under_its_reference_later(
    submit: Submit, sender: Actor, reader: Actor, now: datetime
) -> None:
    submit(stream())
    ended = {"kind": "ended", "reference": "e", "at_ms": 60_000}
    assert tell(sender, now, SAID, SAID | {"text": "the same again"}) == (1, 1)
    assert tell(sender, now, SAID | {"text": "something else"}, ended) == (1, 1)
    item = Item.objects.get()
    assert [(one.kind, one.at_ms, one.text) for one in moments_of(reader, item.pk)] == [
        ("transcript", 12_000, "Drink it, it is natural"),
        ("ended", 60_000, ""),
    ]
    assert ended_among([item.pk]) == {item.pk}
    facts = Fact.objects.filter(verb="item.moments").order_by("id")
    assert [fact.body["moments"] for fact in facts] == [{"transcript": 1}, {"ended": 1}]
    assert not any("natural" in str(fact.body) for fact in facts)


def test_what_was_found_in_speech_is_marked_there_and_told_above(
    submit: Submit, sender: Actor, reader: Actor, now: datetime, heard: list[Any]
) -> None:
    submit(stream())
    heard.clear()
    found = {"model": "ear", "version": "1", "label": "danger", "score": 0.9, "spans": [{"start": 0, "end": 8}]}
    tell(sender, now, SAID | {"detections": [found]})
    tell(sender, now, SAID | {"detections": [found]})
    item = Item.objects.get()
    (line,) = moments_of(reader, item.pk)
    assert (line.labels, line.spans) == (("danger",), ({"start": 0, "end": 8},))
    assert Detection.objects.get().spans == [{"start": 0, "end": 8, "moment": "t-1", "at_s": 12.0}]
    (event,) = heard
    assert isinstance(event, ItemsReceived)
    assert (event.arrivals[0].detections, event.arrivals[0].content_changed) == ((("danger", "", 0.9),), False)
    assert heard_in([item.pk])[item.pk].found == "danger"


def test_pictures_come_by_upload_or_by_address_and_are_evidence_like_any_other(
    submit: Submit, sender: Actor, reader: Actor, now: datetime, shop: Shop, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    submit(stream())
    uploaded = store_upload(actor=sender, content=png(4, 4), at=now)
    shots = [
        {"kind": "snapshot", "reference": "s-1", "at_ms": 1_000, "picture": f"sha256:{uploaded.digest}"},
        {"kind": "snapshot", "reference": "s-2", "at_ms": 2_000, "picture": shop.serve("/shot.png", png(8, 8))},
        {"kind": "snapshot", "reference": "s-3", "at_ms": 3_000, "picture": shop.url("/gone.png")},
    ]
    tell(sender, now, *shots)
    assert fetch_due(now=now + timedelta(seconds=1), limit=5, resolver=here) == 2
    states = list(Moment.objects.order_by("at_ms").values_list("state", "attempts"))
    assert states == [("stored", 0), ("stored", 1), ("pending", 1)]
    item = Item.objects.get()
    for digest in (uploaded.digest, moments_of(reader, item.pk)[1].digest):
        assert media_seen_by(reader, digest).digest == digest
        assert reveal_media(actor=reader, item_id=item.pk, digest=digest, at=now).digest == digest
    with pytest.raises(NoSuchMedia):
        media_seen_by(actor_with(Permission.ITEM_VIEW, markets={"FR"}), uploaded.digest)


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        ({"moments": []}, "/moments", "too_few"),
        ({"moments": [SAID | {"at_ms": -1}]}, "/moments/0/at_ms", "out_of_range"),
        ({"moments": [SAID, SAID | {"kind": "song"}]}, "/moments/1/kind", "not_allowed"),
        ({"moments": [{"kind": "transcript", "reference": "t", "at_ms": 1}]}, "/moments/0/text", "missing"),
        ({"moments": [{"kind": "snapshot", "reference": "s", "at_ms": 1}]}, "/moments/0/picture", "missing"),
        ({"moments": [SAID | {"picture": "https://a.example/b.png"}]}, "/moments/0/picture", "unknown_field"),
        ({"moments": [SAID | {"text": "a\0b"}]}, "/moments/0/text", "bad_text"),
        ({"moments": [SAID | {"colour": "red"}]}, "/moments/0/colour", "unknown_field"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(raw: Any, pointer: str, code: str) -> None:
    (problem,) = parse_moments(raw)
    assert isinstance(problem, FieldProblem)
    assert (problem.pointer, problem.code) == (pointer, code)


def test_what_names_nothing_here_stores_nothing(submit: Submit, sender: Actor, now: datetime) -> None:
    submit(stream())
    unknown = {"kind": "snapshot", "reference": "s", "at_ms": 1, "picture": f"sha256:{'0' * 64}"}
    found = {"model": "ear", "version": "1", "label": "danger", "score": 0.9, "policy": "NONE-1"}
    with pytest.raises(MomentsRefused) as refused:
        tell(sender, now, unknown, SAID | {"detections": [found]})
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [
        ("/moments/0/picture", "unknown_upload"),
        ("/moments/1/detections/0/policy", "unknown_policy"),
    ]
    assert Moment.objects.count() == 0


def test_only_a_livestream_of_the_senders_own_market_has_moments(submit: Submit, sender: Actor, now: datetime) -> None:
    submit(stream())
    for actor, ref in (
        (sender, "V-2"),
        (actor_with(Permission.ITEM_SUBMIT, markets={"FR"}), "V-1"),
    ):
        with pytest.raises(NoSuchStream):
            tell(actor, now, SAID, ref=ref)
