"""What is known of a person is emptied everywhere, what must stay says why, and the ledger holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from piepowder.decisions.models import Decision, Statement
from piepowder.decisions.operations import judge_together  # noqa: F401
from piepowder.duties.models import Erasure
from piepowder.duties.retention.requests import (
    advance,
    request_erasure,
    run_erasure,
)
from piepowder.intake.models import Item, Report, Trait
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import seal
from piepowder.ledger.queries import verify
from piepowder.review.models import CaseEvent, Note
from tests.decisions.conftest import Court, court, court_without_templates, ruling  # noqa: F401
from tests.duties.people import all_columns, declared, officer, places_of, text_columns

SELLER = {
    "name": "Zuzanna Kowalczyk Keramik",
    "legal_name": "Zuzanna Kowalczyk",
    "email": "zuzanna@keramik.example",
    "phone": "+48 601 555 019",
    "address": {"lines": ["Ulica Szeroka 17"], "city": "Krosno", "country": "PL"},
}
VALUES = ("Kowalczyk", "zuzanna@keramik", "601 555 019", "Szeroka 17", "Vase of Mrs Z")
LATER = timedelta(days=400)


@pytest.fixture
def clerk(court: Court) -> Any:  # noqa: F811
    return officer(Permission.ERASURE_RUN, Permission.HOLD_EDIT)


@pytest.fixture
def traces(court: Court) -> Item:  # noqa: F811
    """A seller with a listing that was reported, judged and explained, with notes and a reason typed on the way."""
    seller = court.item("seller", external_id="S-1", title=SELLER["name"])
    court.snapshot(seller, SELLER)
    Trait.objects.create(item=seller, kind="email", digest="0" * 32, shown="z…@keramik.example")
    listing = court.item(title="Vase of Mrs Z")
    court.snapshot(listing, {"title": "Vase of Mrs Z", "description": "Ask Zuzanna Kowalczyk, +48 601 555 019"})
    report = court.report(listing, name="Jonas Petersen", email="jonas@reporter.example")
    Report.objects.filter(pk=report.pk).update(reason="Mrs Kowalczyk sells fakes", judged_at=court.now)
    case = court.case(listing)
    person = court.person()
    decision = court.decide(
        person, case, facts="Mrs Kowalczyk of Szeroka 17 offers a copy of a museum's vase.", note="spoke to Kowalczyk"
    )
    with transaction.atomic():
        CaseEvent.objects.create(
            case=case,
            kind="held",
            at=court.now,
            actor_kind="person",
            actor_ref=person.ref,
            body={"reason": "asked Kowalczyk", "until": "x"},
        )
    Note.objects.create(
        about_kind="seller",
        about_ref="S-1",
        case=case,
        author_id=int(person.ref),
        vendor="house",
        text="Kowalczyk again",
        at=court.now,
    )
    assert decision.state == "issued"
    return listing


def run(clerk: Any, at: datetime, kind: str = "seller", ref: str = "S-1", **more: Any) -> Erasure:
    asked = request_erasure(actor=clerk, kind=kind, ref=ref, asked_by="person", at=at, **more)
    run_erasure(actor=clerk, erasure_id=asked.pk, at=at)
    while not advance(erasure_id=asked.pk, at=at, most=7).over:
        pass
    asked.refresh_from_db()
    return asked


def test_every_text_column_is_said_to_be_personal_or_not() -> None:
    said, there = declared(), text_columns()
    assert sorted(set(there) - set(said)) == []
    assert sorted(set(said) - all_columns()) == []


def finish_messages() -> None:
    from piepowder.outbox.models import Delivery

    Delivery.objects.update(state="delivered", finished_at=datetime.fromisoformat("2026-03-05T00:00:00+00:00"))


def test_a_seller_is_erased_everywhere_and_the_ledger_still_verifies(court: Court, clerk: Any, traces: Item) -> None:  # noqa: F811
    finish_messages()
    seal(at=court.now)
    before = {row: Decision.objects.count() for row in ("decisions",)}
    assert places_of(*VALUES)
    erasure = run(clerk, court.now + LATER)
    assert (erasure.state, erasure.stays) == ("done", [])
    assert places_of(*VALUES) == {}
    assert erasure.proof["problems"] == []
    assert verify(now=court.now + LATER, unsealed_limit=LATER * 2).problems == []
    assert {"decisions": Decision.objects.count()} == before
    assert Statement.objects.get().puid
    assert CaseEvent.objects.filter(body__until="x").exists()
