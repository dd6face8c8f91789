"""Pictures and films leave only for those who may see the item, in parts, and can do nothing in the browser."""

from __future__ import annotations

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from piepowder.access.models import Grant, Role, User
from piepowder.intake.models import StoredMedia
from piepowder.intake.operations import store_upload
from piepowder.kernel.actor import SYSTEM
from tests.web.conftest import LogIn


@pytest.fixture
def stored(town: object) -> StoredMedia:
    used = StoredMedia.objects.order_by("digest").first()
    assert used is not None
    return used


def body(answer: HttpResponseBase) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_picture_is_given_whole_and_harmless(log_in: LogIn, stored: StoredMedia) -> None:
    answer = log_in("moderator").get(reverse("media", args=[stored.digest]))
    assert answer.status_code == 200
    assert len(body(answer)) == stored.size
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Disposition"].startswith("inline")
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-9", 0, 9), ("bytes=10-", 10, -1), ("bytes=-5", -5, -1), ("bytes=3-99999999", 3, -1)],
)
def test_a_range_is_given_as_asked(log_in: LogIn, stored: StoredMedia, asked: str, first: int, last: int) -> None:
    client, address = log_in("moderator"), reverse("media", args=[stored.digest])
    whole = body(client.get(address))
    part = client.get(address, headers={"Range": asked})
    start, end = first % stored.size, last % stored.size
    assert part.status_code == 206
    assert body(part) == whole[start : end + 1]
    assert part["Content-Range"] == f"bytes {start}-{end}/{stored.size}"


@pytest.mark.parametrize("asked", ["bytes=-", "items=0-4", "bytes=0-4,6-9", f"bytes=0-{'9' * 5_000}"])
def test_a_range_that_cannot_be_read_gives_the_whole(log_in: LogIn, stored: StoredMedia, asked: str) -> None:
    answer = log_in("moderator").get(reverse("media", args=[stored.digest]), headers={"Range": asked})
    assert (answer.status_code, len(body(answer))) == (200, stored.size)


def test_a_range_past_the_end_and_one_that_runs_backwards(log_in: LogIn, stored: StoredMedia) -> None:
    client, address = log_in("moderator"), reverse("media", args=[stored.digest])
    beyond = client.get(address, headers={"Range": f"bytes={stored.size}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{stored.size}")
    backwards = client.get(address, headers={"Range": "bytes=9-3"})
    assert (backwards.status_code, len(body(backwards))) == (200, stored.size)


def test_what_has_not_changed_is_not_sent_again(log_in: LogIn, stored: StoredMedia) -> None:
    answer = log_in("moderator").get(
        reverse("media", args=[stored.digest]), headers={"If-None-Match": f'"{stored.digest}"'}
    )
    assert answer.status_code == 304


def test_a_document_is_only_ever_saved(log_in: LogIn, stored: StoredMedia) -> None:
    StoredMedia.objects.filter(pk=stored.pk).update(content_type="application/pdf")
    answer = log_in("moderator").get(reverse("media", args=[stored.digest]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert len(body(answer)) == stored.size


def test_nobody_sees_media_of_items_outside_their_markets(log_in: LogIn, stored: StoredMedia) -> None:
    user = User.objects.get(email="moderator@market.example")
    Grant.objects.filter(user=user, role=Role.objects.get(code="moderator")).update(markets=["FR"])
    assert log_in("moderator").get(reverse("media", args=[stored.digest])).status_code == 404


def test_an_upload_that_no_item_uses_is_nobodys_to_see(log_in: LogIn, stored: StoredMedia) -> None:
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
        "a5f645400000000049454e44ae426082"
    )
    unused = store_upload(actor=SYSTEM, content=pixel, at=timezone.now())
    assert log_in("admin").get(reverse("media", args=[unused.digest])).status_code == 404


def test_without_a_login_there_is_no_picture(stored: StoredMedia) -> None:
    assert Client().get(reverse("media", args=[stored.digest])).status_code == 302
