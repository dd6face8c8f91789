"""The rooms of traders, ends of service, buyers, holds, retention and erasure, and the API beside them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from piepowder.access.models import User
from piepowder.access.operations import create_key
from piepowder.correspondence.operations import load_shipped_letters
from piepowder.decisions.models import Decision
from piepowder.duties.due import due_before
from piepowder.duties.models import Buyer, BuyersInformed, Erasure, Hold, RetentionChoice, Termination, Trader
from piepowder.duties.people_jobs import erase, tell_buyers
from piepowder.kernel.actor import EVERYWHERE, SYSTEM
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import seal
from piepowder.policy import packs
from piepowder.policy.models import Pack
from tests.decisions.conftest import Court, policy
from tests.duties.people import officer

ALL = (
    Permission.DUTY_VIEW,
    Permission.TRADER_EDIT,
    Permission.BUYERS_INFORM,
    Permission.HOLD_EDIT,
    Permission.ERASURE_RUN,
    Permission.DECISION_ISSUE_DIRECT,
    Permission.DECISION_APPROVE,
)


@pytest.fixture
def now() -> datetime:
    """Screens read the clock themselves."""
    return datetime.now(UTC) - timedelta(minutes=5)


@pytest.fixture
def desk(court: Court, now: datetime) -> Iterator[Client]:
    for code in ("eu_dsa", "us_inform", "p2b"):
        Pack.objects.create(code=code, on=True, changed_at=now, changed_by="test")
    packs.forget()
    policy("V-1", ground="terms", category="CONSUMER_INFORMATION", keywords=[], kinds=["seller"])
    load_shipped_letters(actor=SYSTEM, at=now)
    yield walk_in(officer(*ALL).ref)
    packs.forget()


def walk_in(ref: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=ref))
    return client


def shown(client: Client, name: str, *arguments: object, query: str = "") -> str:
    answer = client.get(reverse(name, args=arguments) + query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_a_trader_is_asked_checked_and_put_right_on_screen(desk: Client) -> None:
    asked = desk.post(
        reverse("duties_trader_ask"), {"seller": "S-9", "kind": "company", "market": "de", "language": "en"}
    )
    trader = Trader.objects.get()
    assert asked.status_code == 302
    page = shown(desk, "duties_trader", trader.pk)
    assert "Number in the register" in page
    assert "missing" in page
    assert "S-9" in shown(desk, "duties_traders", query="?q=S-9&state=requested")
    assert desk.post(reverse("duties_trader_ask"), {"seller": "S-8", "kind": "company"}).status_code == 422
    refused = desk.post(reverse("duties_trader_do", args=(trader.pk, "verify")))
    assert refused.status_code == 409 or refused.status_code == 400
    assert desk.post(reverse("duties_trader_do", args=(trader.pk, "dance"))).status_code == 404
    desk.post(reverse("duties_trader_do", args=(trader.pk, "suspend")))
    assert Decision.objects.get().statement.text
    assert "Suspended by" in shown(desk, "duties_trader", trader.pk)


def test_an_end_of_service_is_announced_approved_by_another_and_called_off(desk: Client, court: Court) -> None:
    typed = {
        "seller": "S-9",
        "market": "DE",
        "language": "en",
        "policy": "V-1",
        "facts": "Buyers received copies of a branded charger instead of the original.",
    }
    assert desk.post(reverse("duties_termination_announce"), typed | {"facts": "bad"}).status_code == 422
    assert desk.post(reverse("duties_termination_announce"), typed).status_code == 302
    one = Termination.objects.get()
    assert "A second person approves this" in shown(desk, "duties_termination", one.pk)
    other = walk_in(officer(*ALL).ref)
    assert other.post(reverse("duties_termination_do", args=(one.pk, "approve"))).status_code == 302
    early = other.post(reverse("duties_termination_do", args=(one.pk, "carry-out")))
    assert "The notice has not passed" in early.content.decode()
    other.post(reverse("duties_termination_do", args=(one.pk, "call-off")), {"why": "The invoices are genuine."})
    assert "The invoices are genuine." in shown(desk, "duties_termination", one.pk)
    assert "called off" in shown(desk, "duties_terminations", query="?state=called_off")


def test_buyers_are_added_by_table_told_and_seen_one_by_one(desk: Client, court: Court) -> None:
    decision = court.decide(court.person(), court.case(court.item(title="Glow pen")))
    typed = {"decision": str(decision.pk), "trader": "Volt & Co", "redress": "Send it back."}
    assert desk.post(reverse("duties_campaign_open"), typed).status_code == 302
    campaign = BuyersInformed.objects.get()
    bought = court.now.date().isoformat()
    table = f"order,buyer,name,email,language,bought_on\nO-1,B-1,Omar Haddad,omar@mail.example,en,{bought}\nO-2,,,,,{bought}\n"
    way = reverse("duties_campaign_do", args=(campaign.pk, "buyers"))
    desk.post(way, {"table": SimpleUploadedFile("buyers.csv", table.encode())})
    assert desk.post(way, {"table": SimpleUploadedFile("buyers.csv", b"\xff\xfe")}).status_code == 422
    desk.post(reverse("duties_campaign_do", args=(campaign.pk, "start")))
    tell_buyers(now=datetime.now(UTC))
    page = shown(desk, "duties_campaign", campaign.pk)
    assert "Omar Haddad" in page
    assert "waiting" in page
    assert "What is published" in page
    assert "Omar Haddad" not in shown(desk, "duties_campaign", campaign.pk, query="?state=no_contact")
    assert "Glow pen" in shown(desk, "duties_campaigns")


def test_a_hold_is_placed_and_released_on_screen(desk: Client) -> None:
    desk.post(reverse("duties_hold_place"), {"kind": "seller", "ref": "S-9", "reason": "A court asks for it."})
    hold = Hold.objects.get()
    assert "A court asks for it." in shown(desk, "duties_holds")
    desk.post(reverse("duties_hold_release", args=(hold.pk,)), {"why": "Done."})
    assert "Nothing is held" in shown(desk, "duties_holds")
    assert "Done." in shown(desk, "duties_holds", query="?all=1&q=S-9&kind=seller")


def test_a_rule_is_tried_before_it_is_chosen(desk: Client, court: Court) -> None:
    court.report(court.item())
    page = shown(desk, "duties_retention", query="?try=reports&months=6")
    assert "Nothing is that old." in page
    assert not RetentionChoice.objects.exists()
    today = datetime.now(UTC).date().isoformat()
    desk.post(reverse("duties_retention"), {"code": "reports", "months": "6", "from_on": today, "pack": ""})
    assert "kept for 6 months" in shown(desk, "duties_retention")


def test_a_request_shows_what_goes_and_stays_before_anything_is_changed(desk: Client, court: Court) -> None:
    seller = court.item("seller", external_id="S-1", title="Zuzanna Kowalczyk Keramik")
    court.snapshot(seller, {"name": "Zuzanna Kowalczyk"})
    listing = court.item(title="Vase")
    court.decide(court.person(), court.case(listing))
    typed = {"kind": "seller", "ref": "S-1", "asked_by": "person", "addresses": "z@mail.example"}
    assert desk.post(reverse("duties_erasure_request"), typed | {"addresses": "nowhere"}).status_code == 422
    desk.post(reverse("duties_erasure_request"), typed)
    one = Erasure.objects.get()
    page = shown(desk, "duties_erasure", one.pk)
    assert "Will be emptied" in page
    assert "still open to a complaint" in page
    seller.refresh_from_db()
    assert seller.title
    desk.post(reverse("duties_erasure_do", args=(one.pk, "run")))
    seal(at=datetime.now(UTC))
    erase(now=datetime.now(UTC))
    page = shown(desk, "duties_erasure", one.pk)
    assert "Was emptied" in page
    assert "whole:" in page
    seller.refresh_from_db()
    assert seller.title == ""
    for name, argument in (("item", seller.pk), ("item", listing.pk)):
        assert walk_in(officer(Permission.ITEM_VIEW).ref).get(reverse(name, args=(argument,))).status_code == 200


def test_whoever_may_not_finds_the_doors_shut(desk: Client) -> None:
    stranger = walk_in(officer(Permission.CASE_VIEW).ref)
    for name in ("duties_traders", "duties_terminations", "duties_campaigns", "duties_holds", "duties_erasures"):
        assert stranger.get(reverse(name)).status_code == 403, name
    looker = walk_in(officer(Permission.DUTY_VIEW).ref)
    assert looker.get(reverse("duties_traders")).status_code == 200
    assert looker.post(
        reverse("duties_trader_ask"), {"seller": "S", "kind": "company", "market": "DE", "language": "en"}
    )
    assert not Trader.objects.exists()


@pytest.mark.parametrize("name", ["duties_traders", "duties_terminations", "duties_campaigns", "duties_holds"])
def test_a_longer_list_asks_no_more_questions(
    desk: Client, court: Court, name: str, django_assert_max_num_queries: Any
) -> None:
    decision = court.decide(court.person())
    announcer = User.objects.order_by("pk").first()
    for n in range(12):
        told = {"market": "DE", "seller_ref": f"Q-{n}"}
        Trader.objects.create(**told, language="en", requested_at=court.now)
        Termination.objects.create(
            **told,
            item=decision.item,
            policy_code="V-1",
            ground="terms",
            facts="x",
            state="called_off",
            informed_at=court.now,
            earliest_at=court.now,
            effective_at=court.now,
            announced_by=announcer,
        )
        Hold.objects.create(kind="seller", ref=f"Q-{n}", reason="x", placed_at=court.now, placed_by="1")
    campaign = BuyersInformed.objects.create(
        decision=decision,
        item=decision.item,
        market="DE",
        product="Pen",
        redress="x",
        learned_at=court.now,
        bought_since=court.now.date(),
        due_at=court.now,
        opened_by="1",
        opened_at=court.now,
    )
    Buyer.objects.create(campaign=campaign, order_ref="O", language="en", bought_on=court.now.date())
    desk.get(reverse(name))
    with django_assert_max_num_queries(12):
        desk.get(reverse(name))


def test_every_clock_stands_in_the_one_list_of_what_is_due(desk: Client, court: Court) -> None:
    desk.post(reverse("duties_trader_ask"), {"seller": "S-9", "kind": "company", "market": "DE", "language": "en"})
    desk.post(reverse("duties_erasure_request"), {"kind": "seller", "ref": "S-1", "asked_by": "person"})
    found = due_before(officer(*ALL), until=datetime.now(UTC) + timedelta(days=90), limit=50)
    assert {one.kind for one in found} >= {"trader", "erasure"}
    for one in found:
        assert desk.get(reverse(one.route, args=one.args)).status_code == 200
    assert due_before(officer(Permission.CASE_VIEW), until=datetime.now(UTC) + timedelta(days=90), limit=50) == []


def test_the_marketplace_gives_by_the_api_what_traders_gave_it(desk: Client, court: Court) -> None:
    key = create_key(
        actor=SYSTEM,
        name="shop",
        permissions=[Permission.TRADER_EDIT.value, Permission.BUYERS_INFORM.value, Permission.ERASURE_RUN.value],
        scope=EVERYWHERE,
        at=court.now,
        expires_at=court.now + timedelta(days=9),
    )
    headers = {"Authorization": f"Bearer {key.secret}"}

    def post(path: str, **body: Any) -> Any:
        return Client().post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    asked = post("traders", seller="S/9", kind="individual", market="DE", language="en")
    assert asked.status_code == 200, asked.content
    assert "id_document" in asked.json()["missing"]
    given = post("traders/fields", seller="S/9", fields=[{"code": "name", "value": "Ada"}])
    assert "name" not in given.json()["missing"]
    wrong = post("traders/fields", seller="S/9", fields=[{"code": "shoe_size", "value": "44"}])
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_trader")
    sold = {"seller": "US-1", "on": court.now.date().isoformat(), "sales": 250, "gross_cents": 900_000}
    assert post("traders/sales", days=[sold]).json() == {"became_high_volume": 1}
    assert post("traders/end", seller="S/9", on=court.now.date().isoformat()).json()["state"] == "ended"
    read = Client().get("/api/v1/traders?seller=S/9", headers=headers)
    assert read.json()["state"] == "ended"
    assert post("traders/certify", seller="nobody").status_code == 404
    asked = post("erasures", kind="buyer", ref="B-1", addresses=["b@mail.example"])
    assert asked.json()["state"] == "requested"
    assert Client().get(f"/api/v1/erasures/{asked.json()['id']}", headers=headers).json()["stays"] == 0
    assert post("traders", seller="S\0", market="DE").status_code == 422
    assert Client().get("/api/v1/traders?seller=S%00", headers=headers).status_code == 422
    half = b'{"seller": "\\ud800", "market": "DE"}'
    assert Client().post("/api/v1/traders", half, "application/json", headers=headers).status_code == 422
