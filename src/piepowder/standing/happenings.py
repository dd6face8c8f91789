"""What happens to a seller's standing: the input of an evaluation. What was undone is simply not among it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from piepowder.standing.shape import POINTS, Earned, Ladder


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation that was decided, from ``at`` on. ``reasons`` are the policies cited, the main one first."""

    ref: str
    at: datetime
    reasons: tuple[str, ...]
    severity: int = 2
    market: str = ""
    batch: str = ""
    chosen: int | None = None
    """Points that a person chose within the range of the rule."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Something that earns points back: a training passed, or ``quantity`` orders fulfilled."""

    ref: str
    at: datetime
    kind: Earned
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Points a person gave (above zero) or took off (below), for ``days`` or for good."""

    ref: str
    at: datetime
    points: int
    days: int | None = None
    counter: str = POINTS


@dataclass(frozen=True, slots=True)
class Hold:
    """The points of one violation do not count in this time, because it is corrected or appealed against."""

    ref: str
    at: datetime
    until: datetime | None = None


Event = Violation | Credit | Adjustment | Hold


@dataclass(frozen=True, slots=True)
class Era:
    """An earlier version of the ladder, in force until the next began. It values the violations of its time."""

    since: datetime
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which the ladder was in force; outside of one it only counts."""

    since: datetime
    until: datetime | None = None
