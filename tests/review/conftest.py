"""A small court: queues, people and items, made through the operations."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from piepowder.access.models import Grant, Role, Site, User, Vendor
from piepowder.intake.events import Arrival, ItemsReceived, ReportArrived, ReportsReceived
from piepowder.intake.models import Item, Snapshot
from piepowder.kernel.actor import SYSTEM, Actor, ActorKind, Mandate, Scope
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.policy.models import Policy, PolicyVersion
from piepowder.review import operations as review
from piepowder.review.intake_listeners import on_items_received, on_reports_received
from piepowder.review.models import Case

P = Permission

BENCH = frozenset(
    {
        P.CASE_VIEW,
        P.CASE_CLAIM,
        P.CASE_DECIDE,
        P.CASE_HOLD,
        P.CASE_TRANSFER,
        P.CASE_ESCALATE,
        P.CASE_SKIP,
        P.DECISION_VIEW,
        P.QUEUE_VIEW,
    }
)
LEAD = BENCH | {
    P.CASE_REASSIGN,
    P.BOARD_VIEW,
    P.BOARD_EXPORT,
    P.PERSON_VIEW,
    P.AVAILABILITY_VIEW,
    P.DECISION_WITHDRAW_ANY,
}


class Court:
    """Makes what a test needs, with a clock of its own."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._numbers = count(1)

    def pass_time(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def vendor(self, code: str = "house", kind: str = "in_house") -> Vendor:
        return Vendor.objects.get_or_create(code=code, defaults={"name": code.title(), "kind": kind})[0]

    def person(
        self,
        name: str = "",
        *,
        vendor: str = "house",
        languages: tuple[str, ...] = ("en",),
        permissions: frozenset[P] = BENCH,
        scope: Scope | None = None,
        available: bool = True,
    ) -> Actor:
        number = next(self._numbers)
        firm = self.vendor(vendor, "in_house" if vendor == "house" else "bpo")
        site, _ = Site.objects.get_or_create(
            code=f"{vendor}-1", defaults={"vendor": firm, "name": "One", "country": "IE", "timezone": "Europe/Dublin"}
        )
        user = User.objects.create(
            email=f"p{number}@{vendor}.example",
            name=name or f"{vendor} person {number}",
            vendor=firm,
            site=site,
            languages=list(languages),
        )
        limits = scope or (Scope() if vendor == "house" else Scope(vendors=frozenset({vendor})))
        self._grant(user, permissions, limits)
        actor = Actor(
            kind=ActorKind.PERSON,
            ref=str(user.pk),
            mandates=(Mandate(permissions, limits),),
            vendor=vendor,
            site=site.code,
            languages=frozenset(languages),
        )
        if available:
            review.set_availability(actor=actor, state="available", at=self.now, source="login")
        return actor

    def _grant(self, user: User, permissions: frozenset[P], limits: Scope) -> None:
        """What the actor may do stands in the database too, where others look it up."""
        names = sorted(permission.value for permission in permissions)
        role, _ = Role.objects.get_or_create(
            code=hashlib.sha256(" ".join(names).encode()).hexdigest()[:40], defaults={"name": "R", "permissions": names}
        )
        places = {name: sorted(getattr(limits, name)) for name in ("vendors", "queues", "markets", "languages")}
        Grant.objects.create(user=user, role=role, granted_at=self.now, **places)

    def queue(self, code: str = "general", *, target_s: int | None = 3600, calendar: str = "", **values: Any) -> Any:
        queue = review.save_queue(actor=SYSTEM, at=self.now, code=code, name=code.title(), **values)
        for severity in range(4) if target_s else ():
            review.set_target(
                actor=SYSTEM,
                at=self.now,
                queue_code=code,
                severity=severity,
                target_s=target_s or 0,
                calendar_code=calendar,
            )
        return queue

    def policy(self, code: str, severity: int) -> PolicyVersion:
        policy = Policy.objects.create(code=code)
        return PolicyVersion.objects.create(
            policy=policy,
            number=1,
            effective_from=date(2026, 1, 1),
            severity=severity,
            ground="terms",
            published_at=self.now,
            published_by="system",
        )

    def route_all(self, *rules: dict[str, Any]) -> None:
        review.publish_routing(actor=SYSTEM, at=self.now, rules=list(rules))

    def item(self, **values: Any) -> Item:
        number = next(self._numbers)
        item = Item.objects.create(
            kind=values.pop("kind", "listing"),
            external_id=values.pop("external_id", f"x{number}"),
            market=values.pop("market", "DE"),
            language=values.pop("language", "en"),
            seller_ref=values.pop("seller_ref", f"seller-{number}"),
            title=values.pop("title", f"Thing {number}"),
            received_at=self.now,
            updated_at=self.now,
            **values,
        )
        self.snapshot(item, 1)
        return item

    def snapshot(self, item: Item, number: int, submission: str = "submitted") -> Snapshot:
        snapshot = Snapshot.objects.create(
            item=item,
            number=number,
            submission=submission,
            schema_version=1,
            content={},
            digest=str(number),
            received_at=self.now,
            source="test",
        )
        item.snapshot = snapshot
        item.save(update_fields=["snapshot"])
        return snapshot

    def arrival(self, item: Item, **values: Any) -> Arrival:
        snapshot = item.snapshot
        assert snapshot is not None
        return Arrival(
            **{
                "item_id": item.pk,
                "snapshot_id": snapshot.pk,
                "snapshot_number": snapshot.number,
                "kind": item.kind,
                "external_id": item.external_id,
                "market": item.market,
                "language": item.language,
                "seller_ref": item.seller_ref,
                "submission": snapshot.submission,
                "is_new_item": snapshot.number == 1,
                "content_changed": True,
                "detections": (),
                "title": item.title,
                **values,
            }
        )

    def arrive(self, *arrivals: Arrival) -> None:
        on_items_received(ItemsReceived(arrivals=arrivals, at=self.now, actor=SYSTEM))

    def case(self, **values: Any) -> Case:
        """A new item and the case that its arrival opens."""
        detections = values.pop("detections", ())
        item = self.item(**values)
        self.arrive(self.arrival(item, detections=detections))
        return Case.objects.get(item=item)

    def newer(self, item: Item, submission: str = "updated", **values: Any) -> Snapshot:
        """A newer snapshot of the item arrives."""
        assert item.snapshot is not None
        snapshot = self.snapshot(item, item.snapshot.number + 1, submission)
        self.arrive(self.arrival(item, **values))
        return snapshot

    def report(self, *items: Item, trust: int = 50, reporter_kind: str = "user", policy_code: str = "") -> None:
        reports = tuple(
            ReportArrived(
                report_id=new_id(),
                item_id=item.pk,
                snapshot_id=item.snapshot_id or new_id(),
                policy_code=policy_code,
                basis="terms",
                reporter_kind=reporter_kind,
                trust=trust,
                kind=item.kind,
                market=item.market,
                language=item.language,
                seller_ref=item.seller_ref,
            )
            for item in items
        )
        on_reports_received(ReportsReceived(reports=reports, at=self.now, actor=SYSTEM))

    def claim(self, actor: Actor, **values: Any) -> review.Claim:
        claim = review.claim_next(actor=actor, at=self.now, **values)
        assert claim is not None, "nothing to claim"
        return claim


@pytest.fixture
def court(db: None, now: datetime) -> Court:
    return Court(now)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.fixture
def settled() -> Any:
    """Have the set-up of the test count as committed, so that the shared copy is kept as it is in a running process."""
    from django.db import connection

    return connection.run_on_commit.clear
