"""Setting up who is told of enforcements and statements."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.outbox.models import Endpoint
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(log_in: LogIn) -> Client:
    return log_in("admin")


FORM = {
    "code": "shop", "name": "The shop", "url": "https://203.0.113.9/hook", "topics": "enforcement.applied",
    "timeout_s": "10", "concurrency": "8", "active": "on",
}  # fmt: skip


def secret_on(page: bytes) -> str:
    shown = re.search(r'id="secret">([^<]+)<', page.decode())
    assert shown is not None
    return shown[1]


def test_a_new_receiver_shows_its_secret_once(admin: Client) -> None:
    made = admin.post(reverse("receiver_add"), {**FORM, "url": "https://93.184.216.34/hook"})
    receiver = Endpoint.objects.get(code="shop")
    assert secret_on(made.content) == receiver.secrets[0]["secret"]
    assert made["Cache-Control"] == "no-store"
    page = admin.get(reverse("receiver_edit", args=["shop"]))
    assert receiver.secrets[0]["secret"] not in page.content.decode()
    assert receiver.topics == ["enforcement.applied"]


def test_what_cannot_be_is_told_beside_its_field_and_what_was_typed_stays(admin: Client) -> None:
    page = admin.post(reverse("receiver_add"), {**FORM, "url": "http://127.0.0.1/hook", "timeout_s": "0"})
    told = page.content.decode()
    assert page.status_code == 422
    assert "The shop" in told
    assert told.count("invalid-feedback") >= 2
    assert not Endpoint.objects.filter(code="shop").exists()


def test_a_receiver_is_changed_and_gets_a_new_secret_beside_the_old(admin: Client) -> None:
    admin.post(reverse("receiver_add"), {**FORM, "url": "https://93.184.216.34/hook"})
    changed = {**FORM, "name": "Renamed", "url": "https://93.184.216.34/other"}
    answer = admin.post(reverse("receiver_edit", args=["shop"]), changed)
    assert answer.status_code == 302
    old = Endpoint.objects.get(code="shop").secrets[0]["secret"]
    rotated = admin.post(
        reverse("receiver_secret", args=["shop"]),
        urlencode({"overlap_h": "24"}),
        content_type="application/x-www-form-urlencoded",
    )
    kept = [entry["secret"] for entry in Endpoint.objects.get(code="shop").secrets]
    assert kept == [secret_on(rotated.content), old]
    assert Endpoint.objects.get(code="shop").name == "Renamed"


def test_only_who_may_set_them_up_gets_there(admin: Client, log_in: LogIn) -> None:
    admin.post(reverse("receiver_add"), {**FORM, "url": "https://93.184.216.34/hook"})
    for name in ("bpo", "moderator"):
        client = log_in(name)
        assert client.get(reverse("receiver_edit", args=["shop"])).status_code == 403
        assert client.post(reverse("receiver_secret", args=["shop"]), {"overlap_h": "1"}).status_code == 403
