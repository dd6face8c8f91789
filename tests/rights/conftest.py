"""A right of Lumière, items that use it, and the people of the IP desk."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piepowder.access.models import User, Vendor
from piepowder.access.states import VendorKind
from piepowder.correspondence.operations import load_shipped_letters
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import EnforcementOrder, Ruling, load_shipped_templates, rule_directly
from piepowder.intake.models import Item, StoredMedia
from piepowder.intake.operations import receive, store_upload
from piepowder.intake.schemas import Submitted, parse_submission
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Mandate, Scope
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Policy, PolicyText, PolicyVersion
from piepowder.rights.models import Claim, Right
from piepowder.rights.operations import Filed, RightFields, Sender, file_claims, register_right, settle_right

OWNER = "R-1"
FIELDS: dict[str, Any] = {
    "type": "trademark",
    "number": "018 123 456",
    "title": "LUMIÈRE",
    "office": "EUIPO",
    "territories": ("EU",),
    "categories": ("Fashion",),
    "owner_ref": OWNER,
    "owner_name": "Lumière SA",
    "owner_email": "rights@lumiere.example",
    "agent_ref": "A-1",
    "agent_name": "Brand Guard Ltd",
    "agent_email": "agent@guard.example",
}


@dataclass
class Desk:
    """Makes what a test needs; everything happens at ``now``, each step a minute after the last."""

    now: datetime
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def clock(self) -> datetime:
        return self.now + timedelta(minutes=next(self.numbers))

    def person(self, *permissions: Permission, **scope: set[str]) -> Actor:
        number = next(self.numbers)
        vendor = Vendor.objects.get(code="house")
        user = User.objects.create(email=f"p{number}@house.example", name=f"Person {number}", vendor=vendor)
        limits = Scope(**{name: frozenset(values) for name, values in scope.items()})
        return Actor(ActorKind.PERSON, str(user.pk), (Mandate(frozenset(permissions), limits),), "house")

    def key(self, *permissions: Permission, **scope: set[str]) -> Actor:
        limits = Scope(**{name: frozenset(values) for name, values in scope.items()})
        return Actor(ActorKind.KEY, "pk_test", (Mandate(frozenset(permissions), limits),))

    def items(self, *refs: str, **changes: Any) -> list[Item]:
        raw = [
            {
                "kind": "listing",
                "id": ref,
                "market": "DE",
                "language": "en",
                "seller": "S-7",
                "content": {"title": f"Bag {ref}", "category": "Fashion > Bags"},
                **changes,
            }
            for ref in refs
        ]
        receive(actor=SYSTEM, submissions=[parsed(one) for one in raw], at=self.clock)
        return [Item.objects.get(external_id=ref) for ref in refs]

    def right(self, **changes: Any) -> Right:
        keeper = self.person(Permission.RIGHT_EDIT)
        right = register_right(actor=keeper, fields=RightFields(**{**FIELDS, **changes}), at=self.clock)
        return settle_right(actor=keeper, right_id=right.pk, way="verify", at=self.clock)

    def claim(self, right: Right, *locations: str, **changes: Any) -> Filed:
        said: dict[str, Any] = {
            "sender": Sender(right.owner_ref),
            "reason": "The logo on the bag is our registered sign; no licence was given.",
            "good_faith": True,
            "at": self.clock,
            "actor": self.key(Permission.REPORT_SUBMIT),
        }
        return file_claims(right_id=right.pk, locations=locations, **{**said, **changes})

    def decide(self, item: Item, outcome: str = "violation") -> Decision:
        judge = self.person(Permission.DECISION_ISSUE_DIRECT, Permission.CASE_DECIDE, Permission.DECISION_VIEW)
        assert item.snapshot_id
        found = outcome == "violation"
        ruling = Ruling(
            outcome=outcome,
            snapshot_id=item.snapshot_id,
            policy_codes=("C-1",) if found else (),
            ground="illegal" if found else "",
            facts="Picture 1 shows the registered logo." if found else "",
            enforcements=(EnforcementOrder("visibility", "content_removed"),) if found else (),
        )
        decision = rule_directly(actor=judge, item_id=item.pk, ruling=ruling, at=self.clock)
        self.now += timedelta(minutes=5)
        return decision

    def upload(self, content: bytes = b"") -> StoredMedia:
        return store_upload(actor=SYSTEM, content=content or png(next(self.numbers)), at=self.clock)


def parsed(raw: dict[str, Any]) -> Submitted:
    given = parse_submission(raw)
    assert isinstance(given, Submitted), given
    return given


def png(width: int) -> bytes:
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (width, 2), (200, 30, 60)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def desk(db: None, now: datetime) -> Desk:
    Vendor.objects.create(code="house", name="The Market", kind=VendorKind.IN_HOUSE)
    load_shipped_templates(actor=SYSTEM, at=now)
    load_shipped_letters(actor=SYSTEM, at=now)
    policy = Policy.objects.create(code="C-1")
    version = PolicyVersion.objects.create(
        policy=policy,
        number=1,
        effective_from=now.date() - timedelta(days=90),
        severity=1,
        ground="illegal",
        legal_reference="Regulation (EU) 2017/1001 Art. 9",
        terms_clause="4.1",
        category="INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        keywords=["TRADEMARK_INFRINGEMENT"],
        published_at=now,
        published_by="test",
    )
    PolicyText.objects.create(
        version=version,
        language="en",
        title="Counterfeit goods",
        rule="No copies.",
        recipient_text="Copies are forbidden.",
    )
    return Desk(now)


@pytest.fixture
def claimed(desk: Desk) -> Callable[..., Claim]:
    """One claim on one listing of S-7."""

    def make(ref: str = "L-1", right: Right | None = None) -> Claim:
        desk.items(ref)
        desk.claim(right or desk.right(), ref)
        return Claim.objects.select_related("item", "report", "right", "batch").get(item__external_id=ref)

    return make
