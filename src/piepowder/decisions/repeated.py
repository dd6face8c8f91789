"""How often facts were written in the same words: the warning at the bench, and the list that QA looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from piepowder.access.visibility import require, scope_q, visible
from piepowder.decisions.boilerplate import facts_key
from piepowder.decisions.circumstances import names_of
from piepowder.decisions.models import Citation, Decision
from piepowder.decisions.states import DecisionState
from piepowder.intake.models import Item
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.permissions import Permission

SPAN: Final = timedelta(days=30)
_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Repetition:
    """How often a text was written in the last 30 days, by the reader and by others whom they may know of."""

    by_me: int = 0
    by_others: int = 0

    @property
    def total(self) -> int:
        return self.by_me + self.by_others


@dataclass(frozen=True, slots=True)
class Example:
    decision_id: UUID
    title: str
    facts: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class RepeatedText:
    """One text as it was repeated. ``writers`` are names or machines with how often each wrote it, most first."""

    key: str
    count: int
    last_at: datetime
    writers: tuple[tuple[str, int], ...]
    policies: tuple[tuple[str, int], ...]
    examples: tuple[Example, ...]


def written_before(actor: Actor, facts: str, item: Item, *, now: datetime) -> Repetition:
    """How often these facts, if given about ``item``, would repeat what stands already. One query."""
    key = facts_key(facts, names_of(item))
    return repetition_of(actor, key, now=now) if key else Repetition()


def repetition_of(actor: Actor, key: str, *, now: datetime, except_for: UUID | None = None) -> Repetition:
    """How often the text with this key was written within ``actor``'s scope. One query."""
    rows = _standing(actor, now).filter(facts_key=key)
    if except_for is not None:
        rows = rows.exclude(pk=except_for)
    me = int(actor.ref) if actor.kind is ActorKind.PERSON else None
    counted = rows.aggregate(mine=Count("pk", filter=Q(decider_id=me, decider_id__isnull=False)), total=Count("pk"))
    return Repetition(counted["mine"], counted["total"] - counted["mine"])


def repeated_facts(
    actor: Actor,
    *,
    now: datetime,
    at_least: int,
    person_id: int | None = None,
    policy: str = "",
    key: str = "",
    people_only: bool = True,
    limit: int = 50,
) -> list[RepeatedText]:
    """Texts of the last 30 days that stand ``at_least`` so often within ``actor``'s scope, most repeated first.

    Four queries, however often each stands.
    """
    require(actor, Permission.DECISION_VIEW)
    rows = _standing(actor, now).exclude(facts_key="")
    if people_only:
        rows = rows.filter(decider__isnull=False)
    if person_id is not None:
        rows = rows.filter(decider_id=person_id)
    if policy:
        rows = rows.filter(pk__in=Citation.objects.filter(version__policy__code=policy).values("decision_id"))
    if key:
        rows = rows.filter(facts_key=key)
    groups = (
        rows.values("facts_key").annotate(count=Count("pk"), last_at=Max("decided_at")).order_by("-count", "facts_key")
    )
    found = list(groups.filter(count__gte=at_least)[:limit])
    keys = [one["facts_key"] for one in found]
    writers = _writers(rows, keys)
    policies = _policies(rows, keys)
    examples = _examples(rows, keys)
    return [
        RepeatedText(
            key=one["facts_key"],
            count=one["count"],
            last_at=one["last_at"],
            writers=tuple(writers.get(one["facts_key"], ())),
            policies=tuple(policies.get(one["facts_key"], ())),
            examples=tuple(examples.get(one["facts_key"], ())),
        )
        for one in found
    ]


def _standing(actor: Actor, now: datetime) -> QuerySet[Decision]:
    scope = scope_q(
        actor, Permission.DECISION_VIEW, vendor="vendor", queue="queue", market="market", language="language"
    )
    rows = visible(Decision.objects.all(), scope).filter(decided_at__gte=now - SPAN)
    return rows.exclude(state=DecisionState.WITHDRAWN)


def _writers(rows: QuerySet[Decision], keys: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    counted = rows.filter(facts_key__in=keys).values_list("facts_key", "decider__name", "machine", "decider_id")
    found: dict[str, list[tuple[str, int]]] = {}
    for key, name, machine, _decider, count in counted.annotate(count=Count("pk")).order_by("-count", "decider__name"):
        found.setdefault(key, []).append((name or machine, count))
    return found


def _policies(rows: QuerySet[Decision], keys: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    cited = Citation.objects.filter(primary=True, decision__in=rows.filter(facts_key__in=keys))
    counted = cited.values_list("decision__facts_key", "version__policy__code").annotate(count=Count("pk"))
    found: dict[str, list[tuple[str, int]]] = {}
    for key, code, count in counted.order_by("-count", "version__policy__code"):
        found.setdefault(key, []).append((code, count))
    return found


def _examples(rows: QuerySet[Decision], keys: Sequence[str]) -> dict[str, list[Example]]:
    """The newest few of each."""
    if not keys:
        return {}
    nth = Window(RowNumber(), partition_by=F("facts_key"), order_by=[F("decided_at").desc(), F("pk").desc()])
    found: dict[str, list[Example]] = {}
    newest = rows.filter(facts_key__in=keys).annotate(nth=nth).filter(nth__lte=_EXAMPLES).order_by("-decided_at", "-id")
    for pk, key, title, ref, facts, at in newest.values_list(
        "pk", "facts_key", "item__title", "item__external_id", "facts", "decided_at"
    ):
        found.setdefault(key, []).append(Example(pk, title or ref, facts, at))
    return found
