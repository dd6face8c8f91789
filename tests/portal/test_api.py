"""The JSON twin: what the marketplace embeds, with a key that may give links to anybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from piepowder.access.operations import create_key
from piepowder.appeals.models import Appeal
from piepowder.http.keys import forget_keys
from piepowder.kernel.actor import SYSTEM, Scope
from piepowder.kernel.permissions import Permission
from piepowder.portal.models import FirstReading
from tests.decisions.conftest import FACTS
from tests.portal.conftest import Fair


def sender(fair: Fair, *permissions: Permission, scope: Scope | None = None) -> Client:
    forget_keys()
    made = create_key(
        actor=SYSTEM,
        name=f"shop {permissions[0]} {bool(scope)}",
        permissions=frozenset(permissions),
        scope=scope or Scope(),
        expires_at=fair.now + timedelta(days=30),
        at=fair.now,
    )
    return Client(headers={"Authorization": f"Bearer {made.secret}"})


@pytest.fixture
def shop(fair: Fair) -> Client:
    return sender(fair, Permission.PORTAL_LINK)


def ask(client: Client, place: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/portal/{place}", query)
    assert answer.get("Cache-Control") == "no-store, private" or answer.status_code >= 400
    return answer


def test_a_link_is_made_opened_and_taken_back(fair: Fair, shop: Client) -> None:
    asked = {"kind": "seller", "ref": "S-1", "language": "zh-Hans", "hours": 2}
    made = shop.post("/api/v1/portal-links", asked, content_type="application/json")
    assert made.status_code == 201
    path = made.json()["url"].split("8000")[-1]
    browser = Client()
    assert browser.get(path)["Location"] == "/portal/overview/"
    assert browser.get("/portal/overview/")["Content-Language"] == "zh-hans"
    back = shop.post("/api/v1/portal-links/revoke", {"kind": "seller", "ref": "S-1"}, content_type="application/json")
    assert back.json() == {"visits": 1}
    assert Client().get(path).status_code == 403


def test_a_link_for_nobody_is_not_made(shop: Client) -> None:
    for asked in (
        {},
        {"kind": "staff", "ref": "1"},
        {"kind": "seller", "ref": ""},
        {"kind": "seller", "ref": "a\nb"},
        {"kind": "seller", "ref": "S-1", "hours": 0},
        {"kind": "seller", "ref": "S-1", "extra": 1},
    ):
        answer = shop.post("/api/v1/portal-links", asked, content_type="application/json")
        assert answer.status_code == 422, asked
        assert answer.json()["problems"]


def test_another_key_reads_nothing(fair: Fair) -> None:
    client = sender(fair, Permission.ITEM_VIEW, Permission.APPEAL_FILE)
    for place in ("overview", "items", "decisions", "appeals", "account", "letters"):
        assert ask(client, f"seller:S-1/{place}").status_code == 403
    narrow = sender(fair, Permission.PORTAL_LINK, scope=Scope(markets=frozenset({"DE"})))
    assert ask(narrow, "seller:S-1/overview").status_code == 403


def test_the_twin_tells_what_the_pages_tell_and_of_one_seller_alone(fair: Fair, shop: Client) -> None:
    mine = fair.decided(fair.court.item(title="Mine qxone"))
    theirs = fair.decided(fair.court.item(title="Theirs qxtwo", seller_ref="S-2"))
    told = ask(shop, "seller:S-1/overview").json()
    assert told["restricted_items"] == 1
    assert told["items"][0]["decision"] == str(mine.pk)
    assert ask(shop, f"seller:S-1/decisions/{mine.pk}").json()["facts"] == FACTS
    assert ask(shop, f"seller:S-1/decisions/{theirs.pk}").status_code == 404
    for place in ("overview", "items", "decisions", "appeals", "account", "letters"):
        answer = ask(shop, f"seller:S-1/{place}")
        assert answer.status_code == 200
        assert b"qxtwo" not in answer.content
    for subject in ("seller:", "S-1", "reporter:S-1", "seller:S-1%00", "seller:" + "x" * 201):
        assert ask(shop, f"{subject}/overview").status_code == 404
    assert ask(shop, "seller:S/1/decisions").json()["rows"] == []


def test_reading_is_kept_only_when_the_marketplace_says_so(fair: Fair, shop: Client) -> None:
    decision = fair.decided()
    ask(shop, f"seller:S-1/decisions/{decision.pk}")
    assert not FirstReading.objects.exists()
    ask(shop, f"seller:S-1/decisions/{decision.pk}", read="true")
    assert FirstReading.objects.get().through == "api"


def test_an_appeal_is_filed_once_and_withdrawn(fair: Fair, shop: Client) -> None:
    decision = fair.decided()
    asked = {"decision": str(decision.pk), "text": "It is a pen.", "evidence": ["https://shop.example/invoice.pdf"]}
    told = {"content_type": "application/json", "headers": {"Idempotency-Key": "k-1"}}
    first = shop.post("/api/v1/portal/seller:S-1/appeals", asked, **told)
    assert first.status_code == 201
    assert shop.post("/api/v1/portal/seller:S-1/appeals", asked, **told).json() == first.json()
    appeal = Appeal.objects.get()
    assert appeal.source.startswith("key:")
    assert appeal.complainant_ref == "S-1"
    again = shop.post("/api/v1/portal/seller:S-1/appeals", asked, content_type="application/json")
    assert again.status_code == 409
    assert again.json()["code"] == "already_appealed"
    stranger = shop.post(f"/api/v1/portal/seller:S-2/appeals/{appeal.pk}/withdraw", {}, content_type="application/json")
    assert stranger.status_code == 404
    more = {"text": "One thing more."}
    place = f"/api/v1/portal/seller:S-1/appeals/{appeal.pk}"
    assert shop.post(f"{place}/evidence", more, content_type="application/json").status_code == 200
    assert shop.post(f"{place}/answer", more, content_type="application/json").json()["code"] == "nothing_asked"
    assert shop.post(f"{place}/withdraw", {}, content_type="application/json").json()["state"] == "withdrawn"


def test_an_appeal_for_another_seller_s_decision_is_not_filed(fair: Fair, shop: Client) -> None:
    decision = fair.decided()
    asked = {"decision": str(decision.pk), "text": "It is mine."}
    answer = shop.post("/api/v1/portal/seller:S-2/appeals", asked, content_type="application/json")
    assert answer.status_code == 404
    assert not Appeal.objects.exists()
