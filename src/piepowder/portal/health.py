"""The health of a seller's account, laid out for the seller: where they stand, what comes next, what expires when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from piepowder.portal.languages import text_language
from piepowder.portal.links import Subject, SubjectKind
from piepowder.portal.overview import decisions_listed
from piepowder.portal.retelling import wording_in
from piepowder.standing.explaining import EntryLine, Forecast
from piepowder.standing.queries import CountLine, Health, SanctionLine, health

WIDTH: Final = 600
"""Of the drawn scale, in its own units."""
_ROOM: Final = 12


@dataclass(frozen=True, slots=True)
class Tick:
    """A milestone on the scale at ``x``."""

    x: float
    at: int
    title: str
    reached: bool
    is_next: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """One count, drawn: where the score lies between ``low`` and ``high``, and where the milestones are."""

    title: str
    falling: bool
    score: int
    low: int
    high: int
    x: float
    ticks: tuple[Tick, ...]
    next_at: int | None
    next_title: str

    @property
    def filled(self) -> float:
        """How far the bar reaches."""
        return round(self.x - _ROOM, 1)

    @property
    def distance(self) -> int | None:
        """How many points the next milestone is away."""
        return None if self.next_at is None else abs(self.next_at - self.score)


@dataclass(frozen=True, slots=True)
class Counted:
    """One thing that counts. ``decision_id`` only where its reasons are told."""

    title: str
    rule: str
    points: int
    left: int
    state: str
    since: datetime
    until: datetime | None
    why: tuple[str, ...]
    decision_id: UUID | None


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed from a milestone, in words."""

    title: str
    state: str
    texts: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    decision_id: UUID | None


@dataclass(frozen=True, slots=True)
class Healthy:
    """Where the seller stands on one ladder."""

    title: str
    note: str
    scales: tuple[Scale, ...]
    counted: tuple[Counted, ...]
    expired: tuple[Counted, ...]
    followed: tuple[Followed, ...]
    ahead: tuple[Forecast, ...]


def healths(subject: Subject, *, at: datetime) -> tuple[Healthy, ...]:
    """One for each ladder that counts; none for a guest who came for one decision only."""
    if subject.kind != SubjectKind.SELLER or not subject.ref or subject.only:
        return ()
    language = text_language()
    found = health(subject.ref, at, language=language)
    if not found:
        return ()
    cited = {entry.decision_id for one in found for entry in one.entries if entry.decision_id}
    cited |= {sanction.decision_id for one in found for sanction in one.sanctions if sanction.decision_id}
    told = set(decisions_listed(subject, at).filter(pk__in=cited).values_list("pk", flat=True))
    phrases = wording_in(language).phrases
    return tuple(_healthy(one, told, phrases) for one in found)


def _healthy(one: Health, told: set[UUID], phrases: Mapping[str, str]) -> Healthy:
    counted = [_counted(entry, told) for entry in one.entries]
    return Healthy(
        title=one.title,
        note=one.note,
        scales=tuple(scale(count, one.title) for count in one.counts),
        counted=tuple(entry for entry in counted if entry.state != "expired"),
        expired=tuple(entry for entry in counted if entry.state == "expired"),
        followed=tuple(_followed(sanction, told, phrases) for sanction in one.sanctions),
        ahead=one.ways_back,
    )


def scale(count: CountLine, ladder: str) -> Scale:
    """Where everything lies on the picture; all milestones are on it, and so is the score."""
    marks = [one.at for one in count.thresholds]
    values = [count.score, count.start, *marks]
    low, high = min(values), max(values)
    if high == low:
        high = low + 1
    return Scale(
        title=count.title or ladder,
        falling=count.direction == "falling",
        score=count.score,
        low=low,
        high=high,
        x=_at(count.score, low, high),
        ticks=tuple(_ticks(count, low, high)),
        next_at=count.next_at,
        next_title=count.next_title,
    )


def _ticks(count: CountLine, low: int, high: int) -> Iterable[Tick]:
    for one in count.thresholds:
        yield Tick(_at(one.at, low, high), one.at, one.title, one.reached, one.at == count.next_at)


def _at(value: int, low: int, high: int) -> float:
    return round(_ROOM + (WIDTH - 2 * _ROOM) * (value - low) / (high - low), 1)


def _counted(entry: EntryLine, told: set[UUID]) -> Counted:
    return Counted(
        title=entry.item_title or entry.item_external_id,
        rule=entry.rule,
        points=entry.points,
        left=entry.left,
        state=entry.state,
        since=entry.since,
        until=entry.until,
        why=entry.why,
        decision_id=entry.decision_id if entry.decision_id in told else None,
    )


def _followed(sanction: SanctionLine, told: set[UUID], phrases: Mapping[str, str]) -> Followed:
    named = [
        phrases.get(f"measure.{one['family']}.{one['measure']}", "").replace(
            "{description}", one.get("description", "")
        )
        for one in sanction.measures
    ]
    return Followed(
        title=sanction.title,
        state=sanction.state,
        texts=tuple(text for text in named if text),
        starts_at=sanction.starts_at,
        ends_at=sanction.ends_at,
        decision_id=sanction.decision_id if sanction.decision_id in told else None,
    )
