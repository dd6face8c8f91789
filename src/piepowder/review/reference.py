"""What hardly ever changes and is needed for every case: queues, lanes, targets, calendars, routing, policy severities.

Each process keeps a copy, so that neither intake nor claiming asks the database about it item by item. A change made
in this process is seen at once, one made elsewhere after at most ``KEPT_S``, and so is a new version of a policy.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from piepowder.kernel.clocks import Timeline
from piepowder.policy.queries import versions_in_force
from piepowder.review.calendars import timelines
from piepowder.review.models import CalendarVersion, Lane, Queue, RoutingVersion, SetupChange, SlaTarget
from piepowder.review.routing import RuleSet, compile_rules

KEPT_S = 2.0
FALLBACK_QUEUE = "general"


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A queue as claiming and opening need it."""

    id: int
    code: str
    name: str
    skill: str
    vendors: frozenset[str]
    lease_s: int
    reopening: str
    escalates_to: int | None
    active: bool
    adjudicates_to: int | None = None
    preempts: bool = False

    def is_worked_by(self, vendor: str) -> bool:
        return not self.vendors or vendor in self.vendors


@dataclass(frozen=True, slots=True)
class LaneEntry:
    id: int
    queue_id: int
    language: str
    skill: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a queue promises for one severity; an empty ``calendar`` counts every hour."""

    target_s: int
    calendar: str
    at_risk_percent: int


@dataclass(frozen=True, slots=True)
class Reference:
    """One consistent copy."""

    queues: dict[int, QueueEntry]
    by_code: dict[str, QueueEntry]
    lanes: dict[tuple[int, str, str], LaneEntry]
    targets: dict[tuple[int, int], Target]
    calendars: dict[str, Timeline]
    rules: RuleSet
    changes: int = 0
    """The sum of the ids of all ``SetupChange`` rows when it was loaded: another sum, another set-up."""
    severities: dict[tuple[str, str, date], int | None] = field(default_factory=dict)
    reaches: dict[Any, Any] = field(default_factory=dict)
    """What ``standing.reach`` worked out from this copy, by whom and what was asked."""
    skills: dict[int, tuple[tuple[str, datetime, datetime | None], ...]] = field(default_factory=dict)
    """The eligibilities of people asked for so far: skill, since, until."""

    def policy_severities(self, wanted: Iterable[tuple[str, str]], at: datetime) -> dict[tuple[str, str], int | None]:
        """The severity of each (policy code, market) in force at ``at``; ``None`` for what is not in force."""
        on = at.date()
        found = {pair: self.severities.get((*pair, on), _UNKNOWN) for pair in set(wanted)}
        missing: dict[str, list[str]] = {}
        for code, market in (pair for pair, severity in found.items() if severity == _UNKNOWN):
            missing.setdefault(market, []).append(code)
        for market, codes in sorted(missing.items()):
            versions = versions_in_force(codes, market=market, at=at)
            for code in codes:
                severity = versions[code].severity if code in versions else None
                found[code, market] = self.severities[code, market, on] = severity
        return found


_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class _Kept:
    looked_at: float
    copy: Reference


_kept: _Kept | None = None


def reference() -> Reference:
    """The copy at hand. Every ``KEPT_S`` one query asks whether it is still good; it is loaded again only if it is not."""
    if _kept is None or time.monotonic() - _kept.looked_at > KEPT_S:
        return checked()
    return at_hand()


def at_hand() -> Reference:
    """The copy at hand as it is, for somebody who finds out by themselves whether ``Reference.changes`` still holds."""
    if _changed_in_this_transaction():
        return _loaded()
    return _kept.copy if _kept is not None else checked()


def checked() -> Reference:
    """The copy that is good now. One query when nothing changed, six otherwise."""
    global _kept
    if _changed_in_this_transaction():
        return _loaded()
    good = _kept is not None and _kept.copy.changes == _changes()
    _kept = _Kept(time.monotonic(), _kept.copy if _kept is not None and good else _loaded())
    _kept.copy.severities.clear()
    return _kept.copy


def forget() -> None:
    """Drop the copy; the next use loads it again."""
    global _kept
    _kept = None


def note_change() -> None:
    """Tell all processes that something of this was changed; called in the transaction that changes it.

    Until it commits this transaction reads afresh and keeps nothing: another thread must not see what may yet be rolled
    back, and neither must this one afterwards.
    """
    SetupChange.objects.create()
    transaction.on_commit(forget)


def _changes() -> int:
    # The sum, because ids are given out before commit: the newest alone would miss one that commits late.
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(id), 0) FROM review_setupchange")
        return int(cursor.fetchone()[0])


def _changed_in_this_transaction() -> bool:
    return any(entry[1] is forget for entry in connection.run_on_commit)


def _loaded() -> Reference:
    changes = _changes()  # First, so that what changes while loading is noticed afterwards.
    queues = {queue.pk: _queue_entry(queue) for queue in Queue.objects.order_by("position", "code")}
    lanes = [LaneEntry(*row) for row in Lane.objects.order_by("id").values_list("id", "queue_id", "language", "skill")]
    targets = SlaTarget.objects.select_related("calendar")
    versions = CalendarVersion.objects.select_related("calendar").order_by("calendar__code", "number")
    published = RoutingVersion.objects.order_by("-number").first()
    number, rules = (published.number, published.rules) if published else (0, [])
    return Reference(
        changes=changes,
        queues=queues,
        by_code={queue.code: queue for queue in queues.values()},
        lanes={(lane.queue_id, lane.language, lane.skill): lane for lane in lanes},
        targets={(row.queue_id, row.severity): _target(row) for row in targets},
        calendars=timelines(versions),
        rules=compile_rules(number, rules, fallback=_fallback(queues.values())),
    )


def _fallback(queues: Collection[QueueEntry]) -> str:
    """The queue for what no rule matches: ``general`` if there is one, else the first active queue."""
    active = [queue.code for queue in queues if queue.active]
    return FALLBACK_QUEUE if FALLBACK_QUEUE in active or not active else active[0]


def _queue_entry(queue: Queue) -> QueueEntry:
    return QueueEntry(
        id=queue.pk,
        code=queue.code,
        name=queue.name,
        skill=queue.skill,
        vendors=frozenset(queue.vendors),
        lease_s=queue.lease_s,
        reopening=queue.reopening,
        escalates_to=queue.escalates_to_id,
        active=queue.active,
        adjudicates_to=queue.adjudicates_to_id,
        preempts=queue.preempts,
    )


def _target(row: SlaTarget) -> Target:
    return Target(row.target_s, row.calendar.code if row.calendar else "", round(row.at_risk_share * 100))
