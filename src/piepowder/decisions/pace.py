"""How fast people decide at the moment, and what each of them did today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, QuerySet

from piepowder.access.visibility import require, scope_q, visible
from piepowder.database.moments import Slot
from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.review.inflow import SLOT, SLOTS, slots_begin
from piepowder.review.listing import CaseFilters, of_policy

HOUR = timedelta(hours=1)
_OF_A_CASE = {"decider__isnull": False, "case__isnull": False}
"""By a person, and the one that closed its case: what was approved beside an urgent decision is no work of its own."""
_COLUMN = {
    "queue": "queue",
    "market": "market",
    "language": "language",
    "vendor": "vendor",
    "site": "site",
    "policy": "case__policy_code",
    "severity": "case__severity",
    "kind": "item__kind",
}


@dataclass(frozen=True, slots=True)
class Pace:
    """Decisions by people in the last hour, and the mean time from claim to decision of the ``timed`` ones; ``None``
    without any. What was decided together with others took no time that says anything."""

    decided: int = 0
    aht_s: float | None = None
    timed: int = 0


NO_PACE = Pace()


def pace_by(actor: Actor, now: datetime, *, by: str = "queue", filters: CaseFilters) -> dict[str, Pace]:
    """The last hour's pace in the actor's scope, by what the board is broken down by. One query."""
    column = _COLUMN[by]
    rows = _decided(actor, filters).filter(decided_at__gt=now - HOUR, decided_at__lte=now, **_OF_A_CASE)
    counted = rows.values_list(column).annotate(**_COUNTED).order_by(column)
    return {"" if code is None else str(code): _pace(*told) for code, *told in counted}


def together(paces: Iterable[Pace]) -> Pace:
    """Several paces as one; the mean weighs each by its timed decisions."""
    known = list(paces)
    timed = sum(pace.timed for pace in known)
    took = sum(pace.timed * pace.aht_s for pace in known if pace.aht_s is not None)
    return Pace(sum(pace.decided for pace in known), took / timed if timed else None, timed)


def decisions_lately(actor: Actor, now: datetime, filters: CaseFilters) -> list[int]:
    """Decisions by people in each of the last half hours, as ``review.inflow.arrivals`` counts what came. One query."""
    begin = slots_begin(now)
    rows = _decided(actor, filters).filter(decided_at__gte=begin, decided_at__lte=now, **_OF_A_CASE)
    slot = Slot("decided_at", start_s=int(begin.timestamp()), width_s=int(SLOT.total_seconds()))
    found = dict(rows.annotate(slot=slot).values_list("slot").annotate(number=Count("id")).order_by("slot"))
    return [found.get(number, 0) for number in range(SLOTS)]


def decided_since(actor: Actor, since: datetime, user_ids: Iterable[int]) -> dict[int, Pace]:
    """What these people decided since then, as far as the actor may know who is there. One query."""
    rows = visible(Decision.objects.all(), scope_q(actor, Permission.AVAILABILITY_VIEW, vendor="vendor"))
    rows = rows.filter(decider_id__in=list(user_ids), decided_at__gte=since, case__isnull=False).exclude(
        state=DecisionState.WITHDRAWN
    )
    counted = rows.values_list("decider_id").annotate(**_COUNTED).order_by("decider_id")
    return {person: _pace(*told) for person, *told in counted}


_COUNTED = {"number": Count("id"), "took": Avg("handling_ms"), "timed": Count("handling_ms")}


def _pace(number: int, took: float | None, timed: int) -> Pace:
    return Pace(number, None if took is None else took / 1000, timed)


def _decided(actor: Actor, filters: CaseFilters) -> QuerySet[Decision]:
    require(actor, Permission.BOARD_VIEW)
    scope = scope_q(actor, Permission.BOARD_VIEW, vendor="vendor", queue="queue", market="market", language="language")
    rows = visible(Decision.objects.all(), scope).exclude(state=DecisionState.WITHDRAWN)
    for dimension in ("queue", "market", "language", "vendor", "site", "kind"):
        if value := getattr(filters, dimension):
            rows = rows.filter(**{_COLUMN[dimension]: value})
    if filters.policy:
        rows = rows.filter(of_policy(filters.policy, "case__policy_code"))
    if filters.severity is not None:
        rows = rows.filter(case__severity=filters.severity)
    return rows
