"""A small court: two vendors, three policies, one queue, and items that come up before it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from piepowder.access.models import User, Vendor
from piepowder.access.states import VendorKind
from piepowder.decisions.operations import (
    EnforcementOrder,
    Ruling,
    decide,
    load_shipped_templates,
    on_delivery_taken,
)
from piepowder.intake.models import Detection, Item, ItemMedia, Report, Reporter, Snapshot, StoredMedia
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Mandate, Scope
from piepowder.kernel.events import _listeners, subscribe
from piepowder.kernel.permissions import Permission
from piepowder.outbox.events import DeliveryTaken
from piepowder.policy.models import Policy, PolicyText, PolicyVersion
from piepowder.review import reference
from piepowder.review.claiming import Claim, claim_case
from piepowder.review.models import Case, Presence, Queue
from piepowder.review.opening import Wanted, open_cases

BENCH = frozenset({Permission.CASE_CLAIM, Permission.CASE_DECIDE, Permission.DECISION_VIEW, Permission.CASE_VIEW})
FACTS = "Picture 2 shows a disposable vape in the shape of a highlighter."
REMOVED = EnforcementOrder("visibility", "content_removed")


@dataclass
class Court:
    """Makes what a test needs; ``now`` is the time at which everything happens unless said otherwise."""

    now: datetime
    queue: Queue
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def person(self, vendor: str = "house", *extra: Permission, everywhere: bool = False) -> Actor:
        number = next(self.numbers)
        row = Vendor.objects.get(code=vendor)
        user = User.objects.create(email=f"p{number}@{vendor}.example", name=f"Person {number} {vendor}", vendor=row)
        Presence.objects.create(user=user, state="available", since=self.now, seen_at=self.now)
        scope = Scope() if everywhere else Scope(vendors=frozenset({vendor}))
        mandate = Mandate(BENCH | set(extra), scope)
        return Actor(
            ActorKind.PERSON,
            str(user.pk),
            (mandate,),
            vendor,
            f"{vendor}-1",
            f"{vendor}-t",
            frozenset({"de", "en", "pl"}),
        )

    def item(self, kind: str = "listing", **changes: Any) -> Item:
        number = next(self.numbers)
        fields = {
            "external_id": f"X-{number}",
            "market": "DE",
            "language": "de",
            "seller_ref": "S-1",
            "title": f"Pen {number}",
            "received_at": self.now - timedelta(days=2),
            "updated_at": self.now - timedelta(days=2),
        }
        item = Item.objects.create(kind=kind, **{**fields, **changes})
        self.snapshot(item)
        return item

    def snapshot(self, item: Item, content: dict[str, Any] | None = None) -> Snapshot:
        number = item.snapshots.count() + 1
        snapshot = Snapshot.objects.create(
            item=item,
            number=number,
            submission="submitted",
            schema_version=1,
            content=content or {"title": item.title},
            digest=f"{number:064d}",
            received_at=item.received_at,
            source="test",
        )
        Item.objects.filter(pk=item.pk).update(snapshot=snapshot)
        item.refresh_from_db()
        return snapshot

    def media(self, item: Item, *digests: str) -> None:
        assert item.snapshot_id
        for position, digest in enumerate(digests):
            stored = StoredMedia.objects.create(digest=digest, content_type="image/png", size=1, stored_at=self.now)
            ItemMedia.objects.create(
                snapshot_id=item.snapshot_id, position=position, role="image", stored=stored, state="stored"
            )
        ItemMedia.objects.create(snapshot_id=item.snapshot_id, position=len(digests), role="image", state="failed")

    def report(self, item: Item, kind: str = "user", name: str = "", **changes: Any) -> Report:
        number = next(self.numbers)
        reporter = Reporter.objects.create(kind=kind, external_ref=f"r-{number}", name=name, **changes)
        return Report.objects.create(
            reference=f"n-{number}",
            digest=f"{number:064d}",
            item=item,
            snapshot_id=item.snapshot_id,
            reporter=reporter,
            basis="illegal",
            reason="This is forbidden.",
            good_faith=True,
            received_at=self.now,
            source="test",
        )

    def detection(self, item: Item, policy_code: str = "") -> None:
        Detection.objects.create(
            item=item,
            snapshot_id=item.snapshot_id,
            model="eye",
            version="2",
            label="vape",
            policy_code=policy_code,
            score=0.9,
            found_at=self.now,
        )

    def case(self, item: Item | None = None) -> Case:
        item = item or self.item()
        assert item.snapshot_id
        wanted = Wanted(
            item_id=item.pk,
            snapshot_id=item.snapshot_id,
            kind=item.kind,
            market=item.market,
            language=item.language,
            seller_ref=item.seller_ref,
        )
        with transaction.atomic():
            open_cases([wanted], actor=SYSTEM, at=self.now - timedelta(minutes=30))
        return Case.objects.get(item=item, state="open")

    def claim(self, actor: Actor, case: Case | None = None, before: timedelta = timedelta(seconds=42)) -> Claim:
        case = case or self.case()
        return claim_case(actor=actor, case_id=case.pk, at=self.now - before)

    def decide(self, actor: Actor, case: Case | None = None, at: datetime | None = None, **changes: Any) -> Any:
        claim = self.claim(actor, case)
        made = replace(ruling(Case.objects.get(pk=claim.case.pk).item), **changes)
        return decide(actor=actor, lease_id=claim.lease_id, ruling=made, at=at or self.now)


def ruling(item: Item, **changes: Any) -> Ruling:
    """A violation of R-2 that removes the item."""
    assert item.snapshot_id
    fields: dict[str, Any] = {
        "outcome": "violation",
        "snapshot_id": item.snapshot_id,
        "policy_codes": ("R-2",),
        "ground": "illegal",
        "facts": FACTS,
        "note": "typed in haste",
        "enforcements": (REMOVED,),
    }
    return Ruling(**{**fields, **changes})


def cleared(snapshot_id: UUID) -> Ruling:
    return Ruling(outcome="no_violation", snapshot_id=snapshot_id)


def policy(code: str, *, markets: list[str] | None = None, number: int = 1, **changes: Any) -> PolicyVersion:
    node, _ = Policy.objects.get_or_create(code=code, defaults={"kinds": changes.pop("kinds", [])})
    fields = {
        "effective_from": date(2026, 1, 1),
        "severity": 2,
        "ground": "illegal",
        "legal_reference": "Directive 2014/40/EU",
        "terms_clause": "Seller Terms 4.2",
        "category": "UNSAFE_AND_PROHIBITED_PRODUCTS",
        "keywords": ["PROHIBITED_PRODUCTS"],
        "default_enforcement": [{"family": "visibility", "measure": "content_removed", "duration_days": None}],
        "published_at": datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        "published_by": "system",
    }
    version = PolicyVersion.objects.create(policy=node, number=number, markets=markets or [], **{**fields, **changes})
    PolicyText.objects.create(
        version=version,
        language="en",
        title=f"Forbidden goods {code}",
        rule="Tobacco, e-cigarettes and refill liquids may not be offered here.",
        recipient_text="You offered goods that may not be sold here.",
    )
    return version


@pytest.fixture
def court_without_templates(db: None, now: datetime) -> Iterator[Court]:
    for code, kind in (("house", VendorKind.IN_HOUSE), ("acme", VendorKind.BPO)):
        Vendor.objects.create(code=code, name=code.title(), kind=kind)
    policy("R-2")
    policy("T-1", ground="terms", legal_reference="", category="OTHER_VIOLATION_TC", keywords=["NUDITY"])
    policy("K-9", kinds=["text"])
    queue = Queue.objects.create(code="general", name="General", grace_s=10)
    reference.forget()
    yield Court(now, queue)
    reference.forget()


@pytest.fixture
def court(court_without_templates: Court, now: datetime) -> Court:
    load_shipped_templates(actor=SYSTEM, at=now)
    return court_without_templates


@pytest.fixture
def heard() -> Iterator[list[object]]:
    """Every event that is published, with the outbox's heard by decisions as the program has it."""
    from piepowder.decisions.events import DecisionIssued, DecisionWithdrawn

    before = dict(_listeners)
    _listeners.clear()
    events: list[object] = []
    for kind in (DecisionIssued, DecisionWithdrawn):
        subscribe(kind, events.append)
    subscribe(DeliveryTaken, on_delivery_taken)
    yield events
    _listeners.clear()
    _listeners.update(before)
