"""Media are fetched after the commit, kept by digest, and what is missing says why."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from piepowder.access.visibility import NotPermitted
from piepowder.intake import fetching
from piepowder.intake.fetching import BACKOFF, LEASE, claim, fetch_due
from piepowder.intake.jobs import tidy
from piepowder.intake.media import MediaRefused, NoSuchMedia, open_media, storage_name
from piepowder.intake.models import ItemMedia, StoredMedia
from piepowder.intake.operations import reveal_media, store_upload
from piepowder.intake.queries import media_seen_by
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from tests.intake.conftest import Shop, Submit, actor_with, here, listing, png

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open_network(settings: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    settings.MEDIA_LIMIT_BYTES = 1_048_576


def states() -> list[tuple[str, str]]:
    return list(ItemMedia.objects.order_by("position").values_list("state", "problem"))


def test_what_an_item_names_is_fetched_stored_by_digest_and_served(
    submit: Submit, shop: Shop, now: datetime, reader: Actor
) -> None:
    submit(listing(content={"images": [shop.serve("/a.png", png(5, 4)), shop.serve("/same.png", png(5, 4))]}))
    assert fetch_due(now=now, limit=10, resolver=here) == 2
    assert states() == [("stored", ""), ("stored", "")]
    stored = StoredMedia.objects.get()
    assert (stored.content_type, stored.width, stored.height, stored.size) == ("image/png", 5, 4, len(png(5, 4)))
    with open_media(media_seen_by(reader, stored.digest).digest) as file:
        assert file.read() == png(5, 4)
    assert fetch_due(now=now + timedelta(days=1), limit=10, resolver=here) == 0
    assert {fact.body["state"] for fact in Fact.objects.filter(verb="media.fetch")} == {"stored"}


def test_each_medium_has_its_own_fate_and_says_it_in_words(submit: Submit, shop: Shop, now: datetime) -> None:
    images = [
        shop.serve("/good.png", png()),
        shop.serve("/page.png", b"<html></html>"),
        shop.serve("/large.png", png() + b"\0" * 2_000_000),
        shop.url("/missing.png"),
        "http://elsewhere.example/a.png",
    ]
    submit(listing(content={"images": images}))

    def resolver(host: str, port: int) -> list[str]:
        return here(host, port) if host == "shop.example" else []

    assert fetch_due(now=now, limit=10, resolver=resolver) == 5
    assert states() == [
        ("stored", ""),
        ("refused", "it is no picture, film, sound or PDF of a kind that is kept"),
        ("refused", "the file is larger than 1 MB"),
        ("pending", "the server answered with 404"),
        ("pending", "the name elsewhere.example has no address"),
    ]


def test_private_addresses_are_refused_unless_the_house_allows_them(
    submit: Submit, shop: Shop, now: datetime, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    submit(listing(content={"images": ["http://inside.example/a.png", shop.serve("/b.png", png())]}))
    fetch_due(now=now, limit=10, resolver=here)
    assert [state for state, _ in states()] == ["refused", "refused"]
    assert states()[0][1] == "inside.example is at a private or reserved address"
    assert shop.asked == []


def test_what_fails_is_tried_later_and_later_and_then_given_up(submit: Submit, shop: Shop, now: datetime) -> None:
    submit(listing(content={"images": [shop.url("/missing.png")]}))
    at = now
    for number, pause in enumerate(BACKOFF, 1):
        assert fetch_due(now=at, limit=5, resolver=here) == 1
        row = ItemMedia.objects.get()
        assert (row.state, row.attempts) == ("pending", number)
        assert row.due_at is not None
        assert timedelta(0) <= row.due_at - at - pause < timedelta(seconds=20)
        assert fetch_due(now=at + pause / 2, limit=5, resolver=here) == 0
        at = row.due_at
    fetch_due(now=at, limit=5, resolver=here)
    assert states() == [("failed", "the server answered with 404")]
    assert Fact.objects.get(verb="media.fetch").body["state"] == "failed"


def test_what_was_missing_is_stored_when_it_appears(submit: Submit, shop: Shop, now: datetime) -> None:
    submit(listing(content={"images": [shop.url("/late.png")]}))
    fetch_due(now=now, limit=5, resolver=here)
    shop.serve("/late.png", png())
    fetch_due(now=now + timedelta(hours=1), limit=5, resolver=here)
    assert states() == [("stored", "")]


def test_a_claimed_row_is_nobody_else_s_until_the_lease_ends(submit: Submit, now: datetime) -> None:
    submit(listing(content={"images": [f"https://x/{n}.png" for n in range(5)]}))
    first = claim(now=now, limit=3)
    second = claim(now=now, limit=9)
    assert (len(first), len(second), len(claim(now=now, limit=9))) == (3, 2, 0)
    assert {one.id for one in first}.isdisjoint(one.id for one in second)
    assert len(claim(now=now + LEASE, limit=9)) == 5


def test_a_fetch_that_ends_after_its_lease_changes_nothing(
    submit: Submit, shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(listing(content={"images": [shop.serve("/a.png", b"<html>")]}))
    slow = fetching.fetch

    def fetch_slowly(*args: Any, **kwargs: Any) -> Any:
        try:
            return slow(*args, **kwargs)
        finally:
            ItemMedia.objects.update(attempts=2, due_at=now + 2 * LEASE)

    monkeypatch.setattr(fetching, "THREADS", 1)
    monkeypatch.setattr(fetching.ThreadPoolExecutor, "map", lambda pool, call, rows: map(call, rows))
    monkeypatch.setattr(fetching, "fetch", fetch_slowly)
    fetch_due(now=now, limit=1, resolver=here)
    assert states() == [("pending", "")]


def test_a_live_stream_is_named_and_not_fetched(submit: Submit, shop: Shop, now: datetime) -> None:
    content = {"title": "Sale", "stream": shop.url("/live.m3u8")}
    submit({"kind": "livestream", "id": "V-1", "market": "DE", "language": "de", "content": content})
    assert fetch_due(now=now, limit=5, resolver=here) == 0
    assert states() == [("linked", "")]


def test_an_upload_is_kept_once_and_belongs_to_the_item_that_names_it(
    submit: Submit, sender: Actor, reader: Actor, now: datetime
) -> None:
    first = store_upload(actor=sender, content=png(), at=now)
    again = store_upload(actor=sender, content=BytesIO(png()), at=now + timedelta(days=1))
    assert first.digest == again.digest
    assert StoredMedia.objects.get().stored_at == now
    assert Fact.objects.filter(verb="media.upload").count() == 1
    with pytest.raises(NoSuchMedia):
        media_seen_by(reader, first.digest)
    submit(listing(content={"images": [f"sha256:{first.digest}"]}))
    assert media_seen_by(reader, first.digest).digest == first.digest
    with pytest.raises(NoSuchMedia):
        media_seen_by(actor_with(Permission.ITEM_VIEW, markets={"FR"}), first.digest)


@pytest.mark.parametrize(
    ("content", "cause"),
    [(b"<svg/>", "no picture"), (b"", "empty"), (png() + b"\0" * 1_048_576, "larger than 1 MB")],
)
def test_an_upload_that_is_not_kept_is_refused_with_the_cause(
    sender: Actor, now: datetime, content: bytes, cause: str, tmp_path: Path
) -> None:
    with pytest.raises(MediaRefused, match=cause):
        store_upload(actor=sender, content=content, at=now)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_uploading_needs_its_permission(now: datetime) -> None:
    with pytest.raises(NotPermitted):
        store_upload(actor=actor_with(Permission.ITEM_SUBMIT), content=png(), at=now)


def test_a_file_stands_under_its_digest_whole_or_not_at_all(sender: Actor, now: datetime, tmp_path: Path) -> None:
    digest = store_upload(actor=sender, content=png(), at=now).digest
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [str(path.relative_to(tmp_path / "media")) for path in files] == [storage_name(digest)]
    default_storage.delete(storage_name(digest))
    with pytest.raises(NoSuchMedia, match="missing"):
        open_media(digest)


def test_looking_at_hidden_media_is_recorded(submit: Submit, sender: Actor, reader: Actor, now: datetime) -> None:
    digest = store_upload(actor=sender, content=png(), at=now).digest
    (outcome,) = submit(listing(content={"images": [f"sha256:{digest}"]}))
    assert outcome.item_id is not None
    reveal_media(actor=reader, item_id=outcome.item_id, digest=digest, at=now)
    fact = Fact.objects.get(verb="media.reveal")
    assert (fact.subject_id, fact.body) == (str(outcome.item_id), {"media": digest})
    with pytest.raises(NoSuchMedia):
        reveal_media(actor=reader, item_id=outcome.item_id, digest="0" * 64, at=now)
    with pytest.raises(NotPermitted):
        reveal_media(actor=sender, item_id=outcome.item_id, digest=digest, at=now)


def test_half_written_files_of_the_dead_are_cleared_away(now: datetime, tmp_path: Path) -> None:
    import os

    folder = fetching.incoming_folder()
    folder.mkdir(parents=True)
    for name, age in (("incoming-old", timedelta(days=2)), ("incoming-new", timedelta(hours=1))):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, times=2 * ((now - age).timestamp(),))
    assert tidy(now=now) == 1
    assert [path.name for path in folder.iterdir()] == ["incoming-new"]
