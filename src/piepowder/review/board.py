"""The live board: what waits where, how old it is, how late, and who is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case as Choice
from django.db.models import Count, F, IntegerField, Min, Q, When

from piepowder.access.visibility import require, scope_q, visible
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.review.listing import seen_cases
from piepowder.review.models import Presence
from piepowder.review.reference import QueueEntry, reference
from piepowder.review.states import ACTIVE_STATES, Availability, CaseState

AGE_BANDS: tuple[timedelta, ...] = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=24),
)
"""Upper ends of the bands of age in which waiting cases are counted; the last band has none."""


@dataclass(slots=True)
class Tally:
    """Open work of one place. ``at_risk`` and ``late`` count waiting and claimed cases alike; ``ages`` those that wait."""

    waiting: int = 0
    in_progress: int = 0
    held: int = 0
    at_risk: int = 0
    late: int = 0
    oldest_at: datetime | None = None
    """When the oldest of those that wait was opened."""
    ages: list[int] = field(default_factory=lambda: [0] * (len(AGE_BANDS) + 1))
    people: set[int] = field(default_factory=set)
    """Who has a case of it in hand."""

    @property
    def open(self) -> int:
        return self.waiting + self.in_progress + self.held

    def add(self, other: Tally) -> None:
        self.waiting += other.waiting
        self.in_progress += other.in_progress
        self.held += other.held
        self.at_risk += other.at_risk
        self.late += other.late
        self.ages = [mine + theirs for mine, theirs in zip(self.ages, other.ages, strict=True)]
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
    cells = [(row, _tally(row)) for row in _cells(actor, now)]
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


Cell = Mapping[str, Any]


def _cells(actor: Actor, now: datetime) -> Iterable[Cell]:
    """Open work grouped as finely as the board shows it: the one scan over open cases."""
    edges = [now, *(now - band for band in AGE_BANDS)]
    waits = Q(state=CaseState.OPEN)
    ages = {f"age_{place}": Count("id", filter=waits & _between(edges, place)) for place in range(len(AGE_BANDS) + 1)}
    cells = (
        seen_cases(actor, Permission.BOARD_VIEW)
        .filter(state__in=ACTIVE_STATES)
        .annotate(worker=Choice(When(state=CaseState.CLAIMED, then=F("holder_id")), output_field=IntegerField()))
        .values("queue_id", "market", "language", "vendor", "worker")
        .annotate(
            waiting=Count("id", filter=waits),
            in_progress=Count("id", filter=Q(state=CaseState.CLAIMED)),
            held=Count("id", filter=Q(state=CaseState.HELD)),
            at_risk=Count("id", filter=Q(at_risk_at__lte=now, due_at__gt=now)),
            late=Count("id", filter=Q(due_at__lte=now)),
            oldest=Min("opened_at", filter=waits),
            **ages,
        )
        .order_by("queue_id", "market", "language", "vendor", "worker")
    )
    return list(cells)


def _between(edges: Sequence[datetime], place: int) -> Q:
    younger = Q(opened_at__lte=edges[place]) if place else Q()
    return younger & Q(opened_at__gt=edges[place + 1]) if place + 1 < len(edges) else younger


def _tally(row: Cell) -> Tally:
    return Tally(
        waiting=row["waiting"],
        in_progress=row["in_progress"],
        held=row["held"],
        at_risk=row["at_risk"],
        late=row["late"],
        oldest_at=row["oldest"],
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


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody who is there. ``in_hand`` counts the cases they hold at the moment."""

    user_id: int
    name: str
    state: str
    since: datetime
    seen_at: datetime
    vendor: str
    site: str
    team: str
    languages: tuple[str, ...]
    in_hand: int


def people_online(actor: Actor, now: datetime) -> list[PersonLine]:
    """Who is there in the actor's scope, by state, then by how long; whoever holds cases while offline is there too.

    ``now`` bounds nothing here but the reading of ``since``; silence is turned into offline by a job. One query.
    """
    require(actor, Permission.AVAILABILITY_VIEW, Place(vendor=actor.vendor))
    scope = scope_q(actor, Permission.AVAILABILITY_VIEW, vendor="user__vendor__code")
    rows = (
        visible(Presence.objects.all(), scope)
        .select_related("user__vendor", "user__site", "user__team")
        .annotate(in_hand=Count("user__leases", filter=Q(user__leases__expires_at__gt=now)))
        .filter(~Q(state=Availability.OFFLINE) | Q(in_hand__gt=0))
        .order_by("state", "since", "user_id")
    )
    return [
        PersonLine(
            user_id=row.user_id,
            name=row.user.name,
            state=row.state,
            since=row.since,
            seen_at=row.seen_at,
            vendor=row.user.vendor.code,
            site=row.user.site.code if row.user.site else "",
            team=row.user.team.code if row.user.team else "",
            languages=tuple(row.user.languages),
            in_hand=row.in_hand,
        )
        for row in rows
    ]
