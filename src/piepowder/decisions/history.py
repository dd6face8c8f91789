"""What became of sellers and items: violations by policy and month, restrictions in force, the last word on each item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from piepowder.access.visibility import scope_q, visible
from piepowder.decisions.listing import DecisionRow, Imposed, decision_row, imposed, with_parts
from piepowder.decisions.models import Citation, Decision, Enforcement
from piepowder.decisions.states import DecisionState, EnforcementState, Outcome
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission

MONTHS: Final = 12
_MOST_VIOLATIONS = 1_000


@dataclass(frozen=True, slots=True)
class PolicyHistory:
    """How often a seller broke one policy. ``months`` are the last twelve, the current one last."""

    code: str
    count: int
    last_at: datetime
    months: tuple[int, ...]


def violations_by_policy(actor: Actor, seller_ref: str, *, now: datetime) -> list[PolicyHistory]:
    """The seller's violations of the last twelve months by the policy that each mainly rests on, the most frequent first.

    Counted over what ``actor`` may know of, every vendor's. One query.
    """
    if not seller_ref:
        return []
    since = _month_before(now, MONTHS - 1)
    scope = scope_q(actor, Permission.DECISION_VIEW, market="decision__market", language="decision__language")
    rows = visible(Citation.objects.all(), scope).filter(
        primary=True,
        decision__item__seller_ref=seller_ref,
        decision__outcome=Outcome.VIOLATION,
        decision__state=DecisionState.ISSUED,
        decision__decided_at__gte=since,
    )
    # What was approved beside an urgent decision is about the same violation.
    rows = rows.exclude(decision__case__isnull=True, decision__proposal__isnull=False)
    found: dict[str, list[datetime]] = {}
    for code, at in rows.order_by("-decision__decided_at").values_list("version__policy__code", "decision__decided_at")[
        :_MOST_VIOLATIONS
    ]:
        found.setdefault(code, []).append(at)
    return [
        _policy_history(code, times, now) for code, times in sorted(found.items(), key=lambda p: (-len(p[1]), p[0]))
    ]


def _policy_history(code: str, times: Sequence[datetime], now: datetime) -> PolicyHistory:
    months = [0] * MONTHS
    for at in times:
        months[MONTHS - 1 - _months_between(at, now)] += 1
    return PolicyHistory(code, len(times), times[0], tuple(months))


def _months_between(earlier: datetime, later: datetime) -> int:
    return max(0, min(MONTHS - 1, (later.year - earlier.year) * 12 + later.month - earlier.month))


def _month_before(now: datetime, months: int) -> datetime:
    """The beginning of the month so many months before that of ``now``."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def in_force(actor: Actor, seller_refs: Iterable[str], *, now: datetime) -> dict[str, tuple[Imposed, ...]]:
    """The restrictions on the accounts of these sellers that hold now or are about to, by seller. One query."""
    refs = sorted(set(seller_refs) - {""})
    if not refs:
        return {}
    scope = scope_q(actor, Permission.DECISION_VIEW, market="decision__market", language="decision__language")
    rows = visible(Enforcement.objects.all(), scope).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        target_kind=Kind.SELLER,
        target_external_id__in=refs,
        state__in=(EnforcementState.SCHEDULED, EnforcementState.DISPATCHED),
    )
    found: dict[str, list[Enforcement]] = {}
    for row in rows.order_by("-starts_at", "id"):
        found.setdefault(row.target_external_id, []).append(row)
    return {ref: imposed(some, False) for ref, some in found.items()}


def last_decisions(actor: Actor, item_ids: Iterable[UUID]) -> dict[UUID, DecisionRow]:
    """The newest decision about each item that still stands, as ``actor`` may see it. Three queries."""
    ids = list(item_ids)
    if not ids:
        return {}
    newest = Decision.objects.filter(item_id=OuterRef("item_id"), state=DecisionState.ISSUED).order_by(
        "-decided_at", "-id"
    )
    scope = scope_q(actor, Permission.DECISION_VIEW, market="market", language="language")
    rows = visible(with_parts(), scope).filter(item_id__in=ids, pk=Subquery(newest.values("pk")[:1]))
    return {row.item_id: decision_row(row, actor) for row in rows}


def last_judged_number(item_id: UUID, before: int) -> int | None:
    """The number of the last snapshot before ``before`` on which a decision stands. One query."""
    rows = Decision.objects.filter(item_id=item_id, snapshot__number__lt=before)
    judged = rows.exclude(state=DecisionState.WITHDRAWN).order_by("-snapshot__number")
    return judged.values_list("snapshot__number", flat=True).first()
