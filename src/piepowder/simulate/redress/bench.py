"""Who acts, when it is, and what there is to pick from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import QuerySet

from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.intake.models import Item
from piepowder.intake.states import ItemState
from piepowder.kernel.actor import Actor, ActorKind, Mandate
from piepowder.kernel.permissions import Permission
from piepowder.policy.dsa import EEA_MARKETS
from piepowder.simulate.chance import Chance
from piepowder.simulate.founding import Founded, founded
from piepowder.simulate.plan import PersonPlan, people

T = TypeVar("T")

OUTSIDER = Actor(
    ActorKind.OUTSIDER,
    "demonstration",
    (Mandate(frozenset({Permission.APPEAL_FILE, Permission.REPORT_SUBMIT, Permission.MEDIA_UPLOAD})),),
)
"""Whoever comes in from outside."""


@dataclass(slots=True)
class Bench:
    """Everybody by role, at the end of a history. ``taken`` are decisions that something was already done about."""

    seed: int
    now: datetime
    plans: list[PersonPlan] = field(init=False)
    who: Founded = field(init=False)
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.plans = people(Chance(self.seed, "people"))
        self.who = founded(self.plans, at=self.now)

    def person(self, role: str) -> Actor:
        """The well-known person of a role."""
        return self.who.people[next(plan.key for plan in self.plans if plan.role == role)]

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def decisions(self, name: str, outcome: str = Outcome.VIOLATION, **where: Any) -> Iterator[Decision]:
        """Decisions that stand, final for two days, in an order drawn under ``name``; each is given out once."""
        rows = Decision.objects.filter(
            state=DecisionState.ISSUED,
            outcome=outcome,
            machine="",
            market__in=EEA_MARKETS,
            final_at__lte=self.ago(2),
            final_at__gte=self.ago(12),
            **where,
        )
        found = list(rows.select_related("item").order_by("item__kind", "item__external_id", "decided_at"))
        yield from (one for one in drawn(found, Chance(self.seed, name)) if self._take(str(one.item_id)))

    def listings(self, **where: Any) -> QuerySet[Item]:
        """Offers that can be seen, in a fixed order."""
        rows = Item.objects.filter(kind="listing", state=ItemState.LIVE, market__in=EEA_MARKETS, **where)
        return rows.select_related("snapshot").exclude(seller_ref="").order_by("external_id")

    def _take(self, key: str) -> bool:
        new = key not in self.taken
        self.taken.add(key)
        return new


def drawn(among: list[T], chance: Chance) -> Iterator[T]:
    """All of ``among``, in an order drawn by chance."""
    left = list(among)
    while left:
        yield left.pop(chance.whole(0, len(left) - 1))
