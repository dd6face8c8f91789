"""The live board: what waits where, how old it is, how late, and who is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case as Choice
from django.db.models import CharField, Count, F, IntegerField, Min, Q, QuerySet, When

from piepowder.access.visibility import require, scope_q, visible
from piepowder.database.moments import Epoch
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.review.attendance import PersonLine, people_online
from piepowder.review.listing import CaseFilters, matching_cases
from piepowder.review.models import Case, Presence
from piepowder.review.reference import QueueEntry, reference
from piepowder.review.states import ACTIVE_STATES, Availability, CaseState

AGE_BANDS: tuple[timedelta, ...] = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=24),
)
"""Upper ends of the bands of age in which waiting cases are counted; the last band has none."""
SHARE_BANDS = (0.5, 0.75, 0.9, 1.0)
"""Upper ends of the bands of the share of its target that a case has used; the last band, of late ones, has none."""
DIMENSIONS = ("queue", "market", "language", "vendor", "site", "policy", "severity", "kind")
"""What the board can be broken down by."""
_COLUMN = {"queue": "queue_id", "policy": "policy_code", "site": "worker_site"}
EVERYTHING = CaseFilters()

__all__ = [
    "AGE_BANDS",
    "DIMENSIONS",
    "SHARE_BANDS",
    "Board",
    "Breakdown",
    "Line",
    "PersonLine",
    "QueueLine",
    "Tally",
    "breakdown",
    "people_online",
    "waiting_board",
]


@dataclass(slots=True)
class Tally:
    """Open work of one place. ``at_risk`` and ``late`` count waiting and claimed cases alike; ``ages`` those that wait."""

    waiting: int = 0
    in_progress: int = 0
    held: int = 0
    proposed: int = 0
    """Judged, and waiting for somebody's approval."""
    at_risk: int = 0
    late: int = 0
    oldest_at: datetime | None = None
    """When the oldest of those that wait was opened."""
    ages: list[int] = field(default_factory=lambda: [0] * (len(AGE_BANDS) + 1))
    shares: list[int] = field(default_factory=lambda: [0] * (len(SHARE_BANDS) + 1))
    """What waits or is in hand and is due, by the share used of the time from opening to being due."""
    people: set[int] = field(default_factory=set)
    """Who has a case of it in hand."""

    @property
    def open(self) -> int:
        return self.waiting + self.in_progress + self.held + self.proposed

    def add(self, other: Tally) -> None:
        self.waiting += other.waiting
        self.in_progress += other.in_progress
        self.held += other.held
        self.proposed += other.proposed
        self.at_risk += other.at_risk
        self.late += other.late
        self.ages = [mine + theirs for mine, theirs in zip(self.ages, other.ages, strict=True)]
        self.shares = [mine + theirs for mine, theirs in zip(self.shares, other.shares, strict=True)]
        self.oldest_at = min((at for at in (self.oldest_at, other.oldest_at) if at is not None), default=None)
        self.people |= other.people


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue and what it consists of, the largest parts first."""

    code: str
    name: str
    tally: Tally
    by_market: tuple[tuple[str, Tally], ...]
    by_language: tuple[tuple[str, Tally], ...]
    by_vendor: tuple[tuple[str, Tally], ...]
    """Vendors of those who have cases in hand or on hold; what waits belongs to none."""


@dataclass(frozen=True, slots=True)
class Board:
    queues: tuple[QueueLine, ...]
    total: Tally
    by_market: tuple[tuple[str, Tally], ...]
    by_language: tuple[tuple[str, Tally], ...]
    by_vendor: tuple[tuple[str, Tally], ...]
    people: dict[str, int]
    """How many people are in each state of availability, ``offline`` left out."""

    @property
    def online(self) -> int:
        return sum(self.people.values())


def waiting_board(actor: Actor, now: datetime) -> Board:
    """How the work stands in every queue the actor may see, also in those where nothing waits. Two queries."""
    require(actor, Permission.BOARD_VIEW)
    columns = ("queue_id", "market", "language", "vendor")
    cells = [(row, _tally(row)) for row in _cells(_open(actor, EVERYTHING), now, columns)]
    total = Tally()
    for _, tally in cells:
        total.add(tally)
    return Board(
        queues=tuple(_line(queue, cells) for queue in _queues_seen(actor)),
        total=total,
        by_market=_parts(cells, "market"),
        by_language=_parts(cells, "language"),
        by_vendor=_parts(cells, "vendor"),
        people=_people(actor),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a breakdown; an empty ``code`` gathers what has none, such as the vendor of what nobody has yet."""

    code: str
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Open work by one dimension, the largest part first; queues in their own order, also those without work."""

    by: str
    lines: tuple[Line, ...]
    total: Tally


def breakdown(actor: Actor, now: datetime, *, by: str = "queue", filters: CaseFilters = EVERYTHING) -> Breakdown:
    """The open work that ``filters`` leave, in the actor's scope, by one of ``DIMENSIONS``. One query."""
    require(actor, Permission.BOARD_VIEW)
    column = _COLUMN.get(by, by)
    parts: dict[str, Tally] = {}
    total = Tally()
    for row in _cells(_open(actor, filters), now, (column,)):
        tally = _tally(row)
        total.add(tally)
        parts.setdefault(_code(row[column]), Tally()).add(tally)
    return Breakdown(by, tuple(_queue_lines(actor, parts) if by == "queue" else _other_lines(parts)), total)


def _code(value: object) -> str:
    return "" if value is None else str(value)


def _queue_lines(actor: Actor, parts: dict[str, Tally]) -> Iterable[Line]:
    seen = {str(queue.id): queue for queue in _queues_seen(actor)}
    known = reference().queues
    for ref in [*seen, *(ref for ref in parts if ref not in seen)]:
        queue = known[int(ref)]
        yield Line(queue.code, queue.name, parts.get(ref, Tally()))


def _other_lines(parts: dict[str, Tally]) -> Iterable[Line]:
    for code, tally in sorted(parts.items(), key=lambda part: (-part[1].open, part[0])):
        yield Line(code, code, tally)


def _open(actor: Actor, filters: CaseFilters) -> QuerySet[Case]:
    return matching_cases(actor, filters, Permission.BOARD_VIEW).filter(state__in=ACTIVE_STATES)


Cell = Mapping[str, Any]


def _cells(cases: QuerySet[Case], now: datetime, columns: Sequence[str]) -> Iterable[Cell]:
    """Open work grouped by ``columns`` and by who has it in hand: the one scan over open cases."""
    edges = [now, *(now - band for band in AGE_BANDS)]
    waits, worked_on = Q(state=CaseState.OPEN), Q(state__in=[CaseState.OPEN, CaseState.CLAIMED])
    ages = {f"age_{place}": Count("id", filter=waits & _between(edges, place)) for place in range(len(AGE_BANDS) + 1)}
    shares = {
        f"share_{place}": Count("id", filter=worked_on & _used(now, place)) for place in range(len(SHARE_BANDS) + 1)
    }
    claimed, out = Q(state=CaseState.CLAIMED), ~Q(state=CaseState.OPEN)
    return list(
        cases.annotate(
            worker=Choice(When(claimed, then=F("holder_id")), output_field=IntegerField()),
            worker_site=Choice(When(out, then=F("holder__site__code")), output_field=CharField()),
            allowed_s=Epoch("due_at") - Epoch("opened_at"),
            opened_s=Epoch("opened_at"),
        )
        .values(*columns, "worker")
        .annotate(
            waiting=Count("id", filter=waits),
            in_progress=Count("id", filter=claimed),
            held=Count("id", filter=Q(state=CaseState.HELD)),
            proposed=Count("id", filter=Q(state=CaseState.PROPOSED)),
            at_risk=Count("id", filter=Q(at_risk_at__lte=now, due_at__gt=now)),
            late=Count("id", filter=Q(due_at__lte=now)),
            oldest=Min("opened_at", filter=waits),
            **ages,
            **shares,
        )
        .order_by(*columns, "worker")
    )


def _used(now: datetime, place: int) -> Q:
    """Which cases have used that much of their time: ``opened + share × allowed`` lies before or after ``now``."""
    if place == len(SHARE_BANDS):
        return Q(due_at__lte=now)
    at = now.timestamp()
    used = Q(due_at__gt=now, opened_s__gt=at - F("allowed_s") * SHARE_BANDS[place])
    return used & Q(opened_s__lte=at - F("allowed_s") * SHARE_BANDS[place - 1]) if place else used


def _between(edges: Sequence[datetime], place: int) -> Q:
    younger = Q(opened_at__lte=edges[place]) if place else Q()
    return younger & Q(opened_at__gt=edges[place + 1]) if place + 1 < len(edges) else younger


def _tally(row: Cell) -> Tally:
    return Tally(
        waiting=row["waiting"],
        in_progress=row["in_progress"],
        held=row["held"],
        proposed=row["proposed"],
        at_risk=row["at_risk"],
        late=row["late"],
        oldest_at=row["oldest"],
        shares=[row[f"share_{place}"] for place in range(len(SHARE_BANDS) + 1)],
        ages=[row[f"age_{place}"] for place in range(len(AGE_BANDS) + 1)],
        people={row["worker"]} if row["worker"] is not None else set(),
    )


def _line(queue: QueueEntry, cells: Sequence[tuple[Cell, Tally]]) -> QueueLine:
    own = [(cell, tally) for cell, tally in cells if cell["queue_id"] == queue.id]
    total = Tally()
    for _, tally in own:
        total.add(tally)
    return QueueLine(
        code=queue.code,
        name=queue.name,
        tally=total,
        by_market=_parts(own, "market"),
        by_language=_parts(own, "language"),
        by_vendor=_parts(own, "vendor"),
    )


def _parts(cells: Sequence[tuple[Cell, Tally]], name: str) -> tuple[tuple[str, Tally], ...]:
    parts: dict[str, Tally] = {}
    for cell, tally in cells:
        key = str(cell[name])
        if key:
            parts.setdefault(key, Tally()).add(tally)
    return tuple(sorted(parts.items(), key=lambda part: (-part[1].open, part[0])))


def _queues_seen(actor: Actor) -> list[QueueEntry]:
    scopes = actor.scopes(Permission.BOARD_VIEW)
    return [
        queue
        for queue in reference().queues.values()
        if queue.active
        and any(
            (not scope.queues or queue.code in scope.queues)
            and (not scope.vendors or any(queue.is_worked_by(vendor) for vendor in scope.vendors))
            for scope in scopes
        )
    ]


def _people(actor: Actor) -> dict[str, int]:
    seen = visible(Presence.objects.all(), scope_q(actor, Permission.BOARD_VIEW, vendor="user__vendor__code"))
    counted = seen.exclude(state=Availability.OFFLINE).values_list("state").annotate(number=Count("id"))
    return dict(counted.order_by("state"))
