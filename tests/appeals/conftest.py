"""A court with an appeal desk: decisions that are final and have left, people who hear, letters that can be written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.access.models import Grant, Role
from piepowder.appeals.models import Appeal
from piepowder.appeals.operations import Complainant, file
from piepowder.correspondence.operations import load_shipped_letters
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import on_delivery_taken
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.events import _listeners, subscribe
from piepowder.kernel.permissions import Permission
from piepowder.outbox.events import DeliveryTaken
from piepowder.outbox.models import Delivery
from piepowder.outbox.taking import endpoints_with_due, take
from tests.decisions.conftest import Court, court, court_without_templates

__all__ = ["Desk", "court", "court_without_templates"]

HEARS = (Permission.APPEAL_VIEW, Permission.APPEAL_HEAR, Permission.DECISION_OVERTURN, Permission.DECISION_ISSUE_DIRECT)
TEXT = "The pen in the picture is an ordinary highlighter; please look at picture 3."
REASONS = "Picture 3 shows an ordinary highlighter with its cap off; it holds no liquid."


@dataclass
class Desk:
    """What a test about appeals needs; ``later`` is ten days after the decisions, when appeals are filed."""

    court: Court

    @property
    def later(self) -> datetime:
        return self.court.now + timedelta(days=10)

    def hearer(self, vendor: str = "house", *extra: Permission, everywhere: bool = True) -> Actor:
        actor = self.court.person(vendor, *HEARS, *extra, everywhere=everywhere)
        role, _ = Role.objects.get_or_create(code="hearer", defaults={"name": "Hearer", "permissions": list(HEARS)})
        Grant.objects.create(user_id=int(actor.ref), role=role, granted_at=self.court.now)
        return actor

    def decision(self, actor: Actor | None = None, item: Item | None = None, **changes: Any) -> Decision:
        """A decision of a moderator whose messages have left and whose restrictions are in force."""
        case = self.court.case(item) if item else None
        decision = self.court.decide(actor or self.court.person(), case, **changes)
        assert isinstance(decision, Decision)
        leave(decision.final_at)
        return decision

    def no_action(self, item: Item, actor: Actor | None = None) -> Decision:
        nothing = {"policy_codes": (), "ground": "", "facts": "", "enforcements": ()}
        return self.decision(actor, item, outcome="no_violation", **nothing)

    def file(self, decision: Decision, at: datetime | None = None, **changes: Any) -> Appeal:
        fields: dict[str, Any] = {
            "actor": SYSTEM,
            "decision_id": decision.pk,
            "complainant": Complainant("recipient", decision.item.seller_ref),
            "text": TEXT,
            "language": "en",
            "at": at or self.later,
        }
        return file(**{**fields, **changes})


def leave(now: datetime) -> None:
    """Deliver everything that is due, in order, until nothing more is."""
    while endpoints := endpoints_with_due(now):
        for endpoint in endpoints:
            take(endpoint_id=endpoint, now=now)
        Delivery.objects.filter(state="taken").update(state="delivered", taken_until=None, finished_at=now)


@pytest.fixture
def desk(court: Court) -> Iterator[Desk]:
    load_shipped_letters(actor=SYSTEM, at=court.now)
    before = {kind: list(listeners) for kind, listeners in _listeners.items()}
    subscribe(DeliveryTaken, on_delivery_taken)
    yield Desk(court)
    _listeners.clear()
    _listeners.update(before)
