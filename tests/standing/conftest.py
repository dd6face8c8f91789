"""A small market: one seller, a ladder of three milestones, and violations that are decided one after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from piepowder.correspondence.operations import load_shipped_letters
from piepowder.decisions.models import Decision
from piepowder.decisions.operations import Ruling, decide_by_machine, load_shipped_templates, overturn, withdraw
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.permissions import Permission
from piepowder.review import reference
from piepowder.standing import catalogue
from piepowder.standing.jobs import sweep
from piepowder.standing.models import Sanction, Tally
from piepowder.standing.operations import publish_ladder, switch_ladder
from tests.decisions.conftest import Court, court_without_templates, policy

__all__ = ["court_without_templates"]

DAY = timedelta(days=1)
SUSPENDED = {"family": "account", "measure": "suspended", "days": 28}
CONTENT: dict[str, Any] = {
    "title": {"en": "Test points", "zh-Hans": "测试积分"},
    "points": {
        "expires": {"days": 90},
        "rules": [
            {"code": "grave", "title": "Grave", "reasons": ["C"], "range": [4, 48]},
            {"code": "other", "title": "Other", "reasons": ["*"], "points": 10},
        ],
        "credits": [{"kind": "training", "points": 4}],
        "thresholds": [
            {"code": "t10", "title": "Ten", "at": 10, "warning": True},
            {
                "code": "t20",
                "title": "Twenty",
                "at": 20,
                "measures": [{"family": "visibility", "measure": "content_demoted"}],
            },
            {
                "code": "t40",
                "title": "Forty",
                "at": 40,
                "measures": [SUSPENDED, {"family": "account", "measure": "terminated", "permanent": True}],
            },
        ],
    },
}
FACTS = "Picture 2 shows the logo of a brand that never made such a product."


@dataclass
class Market:
    """Everything happens at ``now``, which a test moves on by ``later``."""

    court: Court
    now: datetime
    numbers: Iterator[int]

    def later(self, days: float) -> None:
        """Time passes, and the sweep runs as it does."""
        self.now += timedelta(days=days)
        self.sweep()

    def sweep(self) -> int:
        return sum(iter(lambda: sweep(now=self.now), 0))

    def switch(self, mode: str = "live", code: str = "test", content: Any = CONTENT, **more: Any) -> None:
        publish_ladder(actor=SYSTEM, code=code, content=content, at=self.now)
        switch_ladder(actor=SYSTEM, code=code, mode=mode, at=self.now, **more)
        self.now += timedelta(minutes=1)
        self.sweep()

    def violation(self, seller: str = "S-1", code: str = "P-1.1", kind: str = "listing", **more: Any) -> Decision:
        item = self.court.item(kind, seller_ref=seller, market="DE", language="en")
        return self.rule(item, code, **more)

    def rule(self, item: Item, code: str = "P-1.1", **more: Any) -> Decision:
        assert item.snapshot_id
        ruling = Ruling(
            outcome="violation",
            snapshot_id=item.snapshot_id,
            policy_codes=(code,),
            ground="terms",
            facts=FACTS,
            **more,
        )
        return decide_by_machine(actor=SYSTEM, item_id=item.pk, ruling=ruling, machine="eye", version="1", at=self.now)

    def cleared(self, item: Item) -> Decision:
        assert item.snapshot_id
        ruling = Ruling(outcome="no_violation", snapshot_id=item.snapshot_id)
        return decide_by_machine(actor=SYSTEM, item_id=item.pk, ruling=ruling, machine="eye", version="1", at=self.now)

    def undo(self, decision_id: UUID) -> None:
        """As is possible by now."""
        decision = Decision.objects.get(pk=decision_id)
        if self.now < decision.final_at:
            withdraw(actor=SYSTEM, decision_id=decision_id, at=self.now)
        else:
            overturn(actor=SYSTEM, decision_id=decision_id, at=self.now, reason="appeal")

    def person(self, *permissions: Permission) -> Actor:
        return self.court.person("house", *permissions, everywhere=True)

    def score(self, seller: str = "S-1", code: str = "test") -> int | None:
        return Tally.objects.get(account__seller_ref=seller, ladder__code=code).score

    def sanctions(self, seller: str = "S-1") -> list[tuple[str, str, str]]:
        rows = Sanction.objects.filter(account__seller_ref=seller).order_by("at", "part", "id")
        return [(row.threshold, row.part, row.state) for row in rows]


@pytest.fixture
def market(court_without_templates: Court, now: datetime) -> Iterator[Market]:
    for code in ("C", "C-1.1", "C-3.1", "M-1", "P-1.1"):
        policy(code, category="OTHER_VIOLATION_TC", keywords=[], severity=2)
    policy("S-1", kinds=["seller"], ground="terms", legal_reference="", category="OTHER_VIOLATION_TC", keywords=[])
    load_shipped_templates(actor=SYSTEM, at=now)
    load_shipped_letters(actor=SYSTEM, at=now)
    reference.forget()
    yield Market(court_without_templates, now, court_without_templates.numbers)
    reference.forget()
    catalogue.forget()
