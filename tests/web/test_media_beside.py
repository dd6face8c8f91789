"""Papers beside what is stated, and pictures beside each other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from piepowder.decisions.operations import decide_by_machine
from piepowder.decisions.ruling import Ruling
from piepowder.intake.models import Item, StoredMedia
from piepowder.intake.operations import receive
from piepowder.intake.queries import item_card
from piepowder.kernel.actor import SYSTEM
from piepowder.web.papers import Papers, papers_for
from piepowder.web.pictures import comparable_with
from tests.web.conftest import LogIn
from tests.web.test_console import take
from tests.web.town import parsed

TODAY = date(2026, 11, 22)


def arrive(kind: str, ref: str, content: dict[str, Any], seller: str = "S-50") -> Item:
    raw = {"kind": kind, "id": ref, "market": "DE", "language": "en", "seller": seller, "content": content}
    receive(actor=SYSTEM, submissions=[parsed(raw)], at=datetime.now(UTC))
    return Item.objects.get(kind=kind, external_id=ref)


def sheet(item: Item, number: int = 0) -> dict[str, tuple[str, str, str]]:
    papers = papers_for(SYSTEM, item_card(SYSTEM, item.pk), today=TODAY)
    assert isinstance(papers, Papers)
    return {row.label: (row.here, row.there, row.verdict) for row in papers.sheets[number].rows}


@pytest.fixture
def seller(town: object) -> Item:
    content = {
        "name": "Nordlicht",
        "legal_name": "Nordlicht Händels GmbH",
        "vat_id": "DE136695976",
        "registration": {"register": "Hamburg", "number": "HRB 12345"},
        "documents": [{"doc_type": "business_registration", "number": "HRB 12345", "expires_on": "2026-12-01"}],
    }
    return arrive("seller", "S-50", content)


def test_a_document_is_held_against_the_sellers_file(seller: Item) -> None:
    content = {
        "doc_type": "business_registration",
        "number": "hrb-12354",
        "issued_on": "2027-01-01",
        "expires_on": "2026-10-01",
        "attributes": {"holder": "NORDLICHT HANDELS", "vat_id": "DE136695975", "iban": "DE89370400440532013000"},
    }
    rows = sheet(arrive("document", "D-50", content))
    assert rows["Holder"] == ("NORDLICHT HANDELS", "Nordlicht Händels GmbH", "same")
    assert rows["Number"] == ("hrb-12354", "HRB 12345", "differs")
    assert {name: rows[name][2] for name in ("Issued on", "Valid until", "VAT number", "Iban")} == {
        "Issued on": "wrong",
        "Valid until": "late",
        "VAT number": "wrong",
        "Iban": "same",
    }


def test_a_seller_shows_each_paper_and_what_expires_soon(seller: Item) -> None:
    assert sheet(seller)["VAT number"] == ("", "DE136695976", "same")
    paper = sheet(seller, 1)
    assert (paper["Number"][2], paper["Valid until"][2]) == ("same", "soon")


def test_a_claim_stands_beside_the_listings_it_is_made_against(seller: Item) -> None:
    arrive("listing", "L-50", {"title": "Walnut lamp", "brand": "Lux"})
    claimed = [{"kind": "listing", "id": "L-50"}, {"kind": "listing", "id": "L-unknown"}]
    content = {"right_type": "trademark", "owner": "Lux Holding", "statement": "Ours.", "claimed_items": claimed}
    claim = arrive("ip_claim", "C-50", content, seller="R-9")
    assert sheet(claim, 1)["Brand"] == ("Lux Holding", "Lux", "hit")
    papers = papers_for(SYSTEM, item_card(SYSTEM, claim.pk), today=TODAY)
    assert papers is not None
    assert "1" in papers.sheets[2].title


def test_a_paper_can_be_read_in_the_console_beside_its_statements(seller: Item, log_in: LogIn) -> None:
    stored = StoredMedia.objects.order_by("digest").first()
    assert stored is not None
    StoredMedia.objects.filter(pk=stored.pk).update(content_type="application/pdf")
    arrive("document", "D-51", {"doc_type": "licence", "file": f"sha256:{stored.digest}", "number": "7"})
    client: Client = log_in("moderator")
    page = client.get(reverse("console_case", args=[take(client, "D-51")])).content.decode()
    assert f'data-pdf="{reverse("media", args=[stored.digest])}"' in page
    assert "The seller&#x27;s file" in page


def test_a_picture_can_be_laid_beside_the_one_judged_last_and_beside_the_claimed(seller: Item) -> None:
    old, new = StoredMedia.objects.filter(content_type="image/png").order_by("digest")[:2]
    item = arrive("listing", "L-60", {"title": "Lamp", "images": [f"sha256:{old.digest}"]})
    snapshot = item.snapshot_id
    assert snapshot is not None
    decide_by_machine(
        actor=SYSTEM,
        ruling=Ruling(outcome="no_violation", snapshot_id=snapshot),
        machine="eye",
        version="1",
        at=datetime.now(UTC),
        item_id=item.pk,
    )
    assert comparable_with(SYSTEM, item_card(SYSTEM, item.pk)) == ()
    arrive("listing", "L-60", {"title": "Lamp, other picture", "images": [f"sha256:{new.digest}"]})
    assert [one.digest for one in comparable_with(SYSTEM, item_card(SYSTEM, item.pk))] == [old.digest]
    content = {
        "right_type": "design",
        "owner": "Lux",
        "statement": "Ours.",
        "claimed_items": [{"kind": "listing", "id": "L-60"}],
        "evidence": [f"sha256:{old.digest}"],
    }
    claim = arrive("ip_claim", "C-60", content, seller="R-9")
    beside = comparable_with(SYSTEM, item_card(SYSTEM, claim.pk))
    assert [(one.digest, one.item_id) for one in beside] == [(new.digest, item.pk)]
