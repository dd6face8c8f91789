"""Correcting an item and sending it in again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from piepowder.intake.custom_schemas import publish_item_schema
from piepowder.intake.models import Item, Snapshot
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.canonical import canonical_json
from piepowder.outbox.models import Message
from piepowder.portal.item_fields import KINDS, ItemField, fields_of
from piepowder.portal.item_form import ItemForm
from piepowder.portal.limits import forget_limits
from piepowder.portal.models import Resubmission
from piepowder.review.models import Case
from tests.decisions.conftest import cleared
from tests.portal.conftest import PNG, Fair

CONTENT = {
    "title": "Vape pen",
    "description": "A pen.",
    "price": {"amount": 1299, "currency": "EUR"},
    "images": ["https://shop.example/1.jpg", "https://shop.example/2.jpg"],
    "attributes": {"ean_kept": "x", "material": "steel"},
}
FORM = {
    "title": "Fountain pen",
    "description": "A fountain pen with ink.",
    "price__amount": "12,49",
    "price__currency": "EUR",
    "images__keep": ["1"],
    "condition": "new",
    "note": "It was never a vape.",
}


def listing(fair: Fair, **changes: Any) -> Item:
    item = fair.court.item(title="Vape pen", **changes)
    fair.court.snapshot(item, CONTENT)
    return item


def test_a_corrected_item_is_a_new_submission_with_a_case_and_a_message(fair: Fair) -> None:
    item = listing(fair)
    decision = fair.decided(item)
    browser = fair.browser()
    page = browser.get(f"/portal/items/{item.pk}/correct").text
    assert 'value="12.99"' in page
    assert "Vape pen" in page
    files = {"images__new": [SimpleUploadedFile("new.png", PNG)]}
    assert browser.post(f"/portal/items/{item.pk}/correct", FORM | files).status_code == 302
    row = Resubmission.objects.get()
    content = Snapshot.objects.get(pk=row.snapshot_id).content
    assert content["title"] == "Fountain pen"
    assert content["price"] == {"amount": 1249, "currency": "EUR"}
    assert content["images"][0] == "https://shop.example/2.jpg"
    assert content["images"][1].startswith("sha256:")
    assert content["attributes"] == CONTENT["attributes"]
    assert (row.decision_id, row.ref, row.note) == (decision.pk, "S-1", "It was never a vape.")
    message = Message.objects.get(topic="item.resubmitted")
    assert message.body["content"] == content
    assert message.body["item"]["snapshot"] == 3
    assert Case.objects.filter(item=item, state="open", snapshot=row.snapshot_id).exists()
    assert "being looked at" in browser.get(f"/portal/items/{item.pk}/").text


def test_when_the_correction_is_accepted_the_restriction_ends(fair: Fair) -> None:
    item = listing(fair)
    decision = fair.decided(item)
    browser = fair.browser()
    browser.post(f"/portal/items/{item.pk}/correct", FORM)
    case = Case.objects.get(item=item, state="open")
    actor = fair.court.person(everywhere=True)
    assert case.snapshot_id
    fair.court.now = fair.now
    claim = fair.court.claim(actor, case)
    from piepowder.decisions.operations import decide

    decide(actor=actor, lease_id=claim.lease_id, ruling=cleared(case.snapshot_id), at=fair.now)
    assert "1 item is restricted" in browser.get("/portal/overview/").text
    fair.now = fair.now.replace(minute=30)
    assert "0 items are restricted" in browser.get("/portal/overview/").text
    assert "your correction was accepted" in browser.get(f"/portal/decisions/{decision.pk}/").text
    page = browser.get(f"/portal/items/{item.pk}/").text
    assert "accepted" in page
    assert "not restricted" in page


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"title": ""}, "This field is required."),
    ({"price__amount": "twelve"}, "Enter a number."),
    ({"price__amount": "-1"}, "greater than or equal to 0"),
    ({"condition": "stolen"}, "Select a valid choice"),
    ({"gtin": "4006381333932"}, "ends in the wrong check digit"),
    ({"images__keep": ["7"]}, "Select a valid choice"),
    ({"title": "x" * 301}, "at most 300 characters"),
)


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(fair: Fair) -> None:
    item, browser = listing(fair), fair.browser()
    for changed, said in WRONG:
        forget_limits()
        answer = browser.post(f"/portal/items/{item.pk}/correct", FORM | changed)
        assert answer.status_code == 422, changed
        assert said in answer.text
        assert "It was never a vape." in answer.text
    assert not Resubmission.objects.exists()


def test_saying_the_same_again_is_no_correction(fair: Fair) -> None:
    item = listing(fair)
    browser = fair.browser()
    assert browser.post(f"/portal/items/{item.pk}/correct", FORM).status_code == 302
    again = browser.post(f"/portal/items/{item.pk}/correct", FORM | {"images__keep": ["0"]})
    assert again.status_code == 409
    assert "Nothing has changed" in again.text
    assert "It was never a vape." in again.text


def test_a_file_that_cannot_be_kept_costs_nothing_typed(fair: Fair) -> None:
    item = listing(fair)
    files = {"images__new": [SimpleUploadedFile("page.png", b"<html>")]}
    answer = fair.browser().post(f"/portal/items/{item.pk}/correct", FORM | files)
    assert answer.status_code == 422
    assert "page.png cannot be kept" in answer.text
    assert "Fountain pen" in answer.text


def test_the_marketplace_s_own_fields_are_asked_for_and_checked(fair: Fair) -> None:
    fields = [
        {"name": "material", "type": "choice", "choices": ["steel", "wood"], "labels": {"en": "Material"}},
        {"name": "safe_from", "type": "date", "labels": {"en": "Safe from", "zh-Hans": "安全日期"}},
        {"name": "title", "type": "text", "labels": {"en": "Second title"}, "required": True},
    ]
    publish_item_schema(actor=SYSTEM, at=fair.now, kind="listing", fields=fields)
    item = listing(fair)
    browser = fair.browser()
    assert "Material" in browser.get(f"/portal/items/{item.pk}/correct").text
    lacking = browser.post(f"/portal/items/{item.pk}/correct", FORM)
    assert lacking.status_code == 422
    assert "This field is required." in lacking.text
    own = {"own_material": "wood", "own_safe_from": "2026-05-01", "own_title": "Two"}
    assert browser.post(f"/portal/items/{item.pk}/correct", FORM | own).status_code == 302
    content = Snapshot.objects.get(pk=Resubmission.objects.get().snapshot_id).content
    assert content["title"] == "Fountain pen"
    assert content["attributes"] == {"ean_kept": "x", "material": "wood", "safe_from": "2026-05-01", "title": "Two"}


def test_hidden_fields_cannot_be_smuggled_in(fair: Fair) -> None:
    item = listing(fair)
    smuggled = FORM | {"seller": "S-2", "market": "FR", "kind": "seller", "id": "X", "attributes": "y", "brand": "Acme"}
    assert fair.browser().post(f"/portal/items/{item.pk}/correct", smuggled).status_code == 302
    item.refresh_from_db()
    assert (item.seller_ref, item.market, item.kind) == ("S-1", "DE", "listing")
    assert item.snapshot
    assert item.snapshot.content["brand"] == "Acme"


def test_what_cannot_be_corrected_here_says_so(fair: Fair) -> None:
    stream = fair.court.item("livestream", title="Live")
    gone = listing(fair, state="deleted")
    browser: Client = fair.browser()
    for item in (stream, gone):
        assert browser.get(f"/portal/items/{item.pk}/correct").status_code == 409
        assert "Correct and send in again" not in browser.get(f"/portal/items/{item.pk}/").text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_s_form_gives_back_what_it_was_filled_with(db: None, kind: str) -> None:
    content = {
        "listing": CONTENT,
        "short_video": {"video": "https://x.example/v.mp4", "caption": "C", "duration_s": 3.5, "promotes": ["L-1"]},
        "text": {"body": "Good", "text_type": "review", "rating": 4, "about": {"kind": "listing", "id": "L-1"}},
        "document": {"doc_type": "licence", "file": "https://x.example/a.pdf", "expires_on": "2027-01-01"},
    }[kind]
    shown = ItemForm(kind, content)
    typed: dict[str, Any] = {name: shown.get_initial_for_field(field, name) for name, field in shown.fields.items()}
    sent = {name: value for name, value in typed.items() if value not in (None, "", False)}
    form = ItemForm(kind, content, _query(sent))
    assert form.is_valid(), form.errors
    assert form.corrected({}) == content
    assert all(one.label for one in fields_of(kind))


def _query(sent: dict[str, Any]) -> Any:
    from django.http import QueryDict

    query = QueryDict(mutable=True)
    for name, value in sent.items():
        query.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
    return query


@pytest.mark.parametrize(("typed", "kept"), [("12", 12), ("1.5", 1.5), ("1e300", 1e300), ("9007199254740993", 2.0**53)])
def test_a_number_is_kept_as_every_reader_can_read_it(monkeypatch: pytest.MonkeyPatch, typed: str, kept: float) -> None:
    width = ItemField("width", "number", "Width", required=False, own=True)
    monkeypatch.setattr("piepowder.portal.item_form.fields_of", lambda kind: (width,))
    form = ItemForm("listing", {}, QueryDict(f"own_width={typed}"))
    assert form.is_valid()
    content = form.corrected({})
    assert content == {"attributes": {"width": kept}}
    assert canonical_json(content)
