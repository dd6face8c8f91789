"""The numbers of the appeal desk: what waits and how long, whether promises are kept, and whose decisions fall.

A rate is of a cohort: decisions of a span of time, what of them was appealed against since, and how that ended. Its
denominator for the overturn rate are appeals that ended on their merits; those omitted or taken back say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Concat

from piepowder.access.models import User
from piepowder.access.visibility import require, scope_q, visible
from piepowder.appeals.listing import appeal_scope
from piepowder.appeals.models import Appeal
from piepowder.appeals.proportions import Share
from piepowder.appeals.states import CHANGED, OPEN_STATES, AppealState
from piepowder.decisions.models import Decision
from piepowder.decisions.states import DecisionState, Outcome
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission

AGES: Final = (1, 3, 7, 14)
"""Upper bounds of the ages in days; the last group is everything older."""
BY: Final = ("policy", "vendor", "reviewer", "rule")
_MOST_LINES: Final = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is open: ``ages`` by the bounds of ``AGES`` and one more group."""

    filed: int
    admitted: int
    in_hand: int
    late: int
    at_risk: int
    resting: int
    oldest_at: datetime | None
    ages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """Of the appeals that ended in a span: how, how fast, and whether in time."""

    upheld: int
    overturned: int
    modified: int
    omitted: int
    withdrawn: int
    newly_restricted: int
    """A complaint about no action led to a restriction."""
    kept: Share
    changed: Share
    median_hours: float | None


@dataclass(frozen=True, slots=True)
class Rate:
    """One line of a table of rates. ``key`` can be filtered by; ``label`` is read."""

    key: str
    label: str
    decisions: int
    appealed: Share
    changed: Share


def waiting(actor: Actor, *, now: datetime) -> Waiting:
    """What is open of what ``actor`` may see. Two queries."""
    require(actor, Permission.APPEAL_VIEW)
    rows = visible(Appeal.objects.filter(state__in=list(OPEN_STATES)), appeal_scope(actor))
    late = Q(due_at__lte=now)
    counted = rows.aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in OPEN_STATES},
        late=Count("pk", filter=late),
        at_risk=Count("pk", filter=Q(at_risk_at__lte=now) & ~late),
        resting=Count("pk", filter=Q(due_at__isnull=True)),
    )
    filed = sorted(rows.values_list("filed_at", flat=True))
    return Waiting(**counted, oldest_at=filed[0] if filed else None, ages=_ages(filed, now))


def ended(actor: Actor, *, since: datetime, until: datetime) -> Ended:
    """How the appeals ended that ended from ``since`` on and before ``until``. Two queries."""
    require(actor, Permission.APPEAL_VIEW)
    rows = visible(Appeal.objects.filter(ended_at__gte=since, ended_at__lt=until), appeal_scope(actor))
    counted: dict[str, int] = rows.aggregate(
        **{
            outcome: Count("pk", filter=Q(outcome=outcome))
            for outcome in ("upheld", "overturned", "modified", "omitted")
        },
        withdrawn=Count("pk", filter=Q(state=AppealState.WITHDRAWN)),
        newly_restricted=Count("pk", filter=Q(replacement__isnull=False, decision__outcome=Outcome.NO_VIOLATION)),
        judged=Count("pk", filter=Q(kept__isnull=False) & ~Q(state=AppealState.WITHDRAWN)),
        in_time=Count("pk", filter=Q(kept=True) & ~Q(state=AppealState.WITHDRAWN)),
    )
    judged, in_time = counted.pop("judged"), counted.pop("in_time")
    changed = counted["overturned"] + counted["modified"]
    spans = rows.exclude(state=AppealState.WITHDRAWN).values_list("filed_at", "ended_at")
    hours = [(end - start) / timedelta(hours=1) for start, end in spans if end is not None]
    return Ended(
        **counted,
        kept=Share(in_time, judged),
        changed=Share(changed, changed + counted["upheld"]),
        median_hours=median(hours) if hours else None,
    )


def rates(actor: Actor, by: str, *, since: datetime, until: datetime) -> list[Rate]:
    """Appeal rate and overturn rate of the decisions taken in the span, by what they rest on or who took them.

    ``by`` is one of ``BY``; ``rule`` is a machine with its version. People are named only to those who may see them.
    """
    require(actor, Permission.APPEAL_VIEW)
    if by == "reviewer":
        require(actor, Permission.PERSON_VIEW)
    rows = visible(Decision.objects.filter(decided_at__gte=since, decided_at__lt=until), _decisions(actor))
    rows = rows.exclude(state=DecisionState.WITHDRAWN)
    grouped = _grouped(rows, by)
    heard = Q(appeals__outcome__in=["upheld", *CHANGED])
    lines = grouped.annotate(
        decisions=Count("pk", distinct=True),
        appealed=Count("appeals__decision_id", distinct=True),
        heard=Count("appeals__pk", filter=heard, distinct=True),
        changed=Count("appeals__pk", filter=Q(appeals__outcome__in=list(CHANGED)), distinct=True),
    ).order_by("-appealed", "-decisions", "key")[:_MOST_LINES]
    found = list(lines)
    labels = _labels(actor, by, [row["key"] for row in found])
    return [
        Rate(
            key=str(row["key"]),
            label=labels.get(row["key"], str(row["key"])),
            decisions=row["decisions"],
            appealed=Share(row["appealed"], row["decisions"]),
            changed=Share(row["changed"], row["heard"]),
        )
        for row in found
        if by != "reviewer" or row["key"] in labels
    ]


def _decisions(actor: Actor) -> Q:
    return scope_q(actor, Permission.APPEAL_VIEW, vendor="vendor", queue="queue", market="market", language="language")


def _grouped(rows: QuerySet[Decision], by: str) -> QuerySet[Any, Any]:
    if by == "policy":
        return rows.filter(citations__primary=True).values(key=F("citations__version__policy__code"))
    if by == "vendor":
        return rows.exclude(vendor="").values(key=F("vendor"))
    if by == "reviewer":
        return rows.filter(decider__isnull=False).values(key=F("decider_id"))
    return rows.exclude(machine="").values(key=Concat("machine", Value(" "), "machine_version"))


def _labels(actor: Actor, by: str, keys: Iterable[Any]) -> dict[Any, str]:
    if by != "reviewer":
        return {}
    scope = scope_q(actor, Permission.PERSON_VIEW, vendor="vendor__code")
    return dict(visible(User.objects.filter(pk__in=list(keys)), scope).values_list("pk", "name"))


def _ages(filed: Iterable[datetime], now: datetime) -> tuple[int, ...]:
    counts = [0] * (len(AGES) + 1)
    for at in filed:
        days = (now - at) / timedelta(days=1)
        counts[next((index for index, bound in enumerate(AGES) if days < bound), len(AGES))] += 1
    return tuple(counts)
