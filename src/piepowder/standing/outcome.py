"""What an evaluation says: the score, each entry with its reasons, and which sanctions are due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from piepowder.standing.shape import Counter, Threshold
from piepowder.standing.valuing import Valued


class EntryState(StrEnum):
    PENDING = "pending"
    """Waits for a correction or an appeal before it counts."""
    HELD = "held"
    COUNTING = "counting"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Entry:
    """One violation or adjustment on one counter, as it stands now."""

    ref: str
    counter: str
    points: int
    left: int
    """What is left of the points after what was earned back."""
    state: EntryState
    since: datetime
    until: datetime | None
    valued: Valued | None = None
    """How the points of a violation came about; ``None`` for an adjustment."""


@dataclass(frozen=True, slots=True)
class Earning:
    """Points that a credit gave back, perhaps fewer than it would have without a limit."""

    ref: str
    counter: str
    kind: str
    at: datetime
    points: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A threshold that was reached while the ladder was in force, and until when what follows holds."""

    counter: str
    threshold: Threshold
    at: datetime
    by: str
    """Ref of the entry with which it was reached."""
    score: int
    basis: tuple[str, ...]
    """Refs of the entries that counted then, earliest first."""
    starts_at: datetime
    """Later than ``at`` while a warning has to come first."""
    recovered_at: datetime | None = None
    """When the score was back."""

    @property
    def dropped(self) -> bool:
        """The score recovered before the measures began."""
        return self.recovered_at is not None and self.recovered_at <= self.starts_at and self.starts_at > self.at

    def ends_at(self) -> datetime | None:
        """When the automatic measures end; ``None`` while they hold until the score recovers."""
        if self.threshold.until_recovered:
            return self.recovered_at
        days = self.threshold.days
        return self.starts_at + timedelta(days=days) if days else self.starts_at

    def in_force(self, now: datetime) -> bool:
        """Whether automatic measures hold at ``now``."""
        if not self.threshold.automatic or self.dropped or self.starts_at > now:
            return False
        ends = self.ends_at()
        return ends is None or now < ends

    def awaits_person(self, now: datetime) -> bool:
        """Whether measures for good are to be decided by a person; no longer once the score has recovered."""
        return bool(self.threshold.by_person) and self.starts_at <= now and self.recovered_at is None


@dataclass(frozen=True, slots=True)
class Reached:
    """A threshold of the ladder as it is now, and whether the score is beyond it."""

    counter: str
    threshold: Threshold
    beyond: bool


@dataclass(frozen=True, slots=True)
class Count:
    """One counter as it stands."""

    counter: Counter
    score: int
    burden: int
    """Points away from the start."""
    peak: int
    """The score furthest from the start so far."""
    next_threshold: Threshold | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a seller stands on a ladder at one moment."""

    counts: tuple[Count, ...]
    entries: tuple[Entry, ...]
    earnings: tuple[Earning, ...]
    thresholds: tuple[Reached, ...]
    sanctions: tuple[Due, ...]
    """All that ever became due, earliest first; ``in_force`` says which hold."""
    next_expiry: datetime | None
    next_change: datetime | None
    """When something changes by itself next."""

    @property
    def score(self) -> int | None:
        """Of the ladder's points; ``None`` when it counts strikes only."""
        return next((one.score for one in self.counts if one.counter.code == "points"), None)

    @property
    def strikes(self) -> Mapping[str, int]:
        return {one.counter.code: one.score for one in self.counts if one.counter.code != "points"}

    @property
    def next_threshold(self) -> Threshold | None:
        """Of the points, else of the first strikes."""
        return self.counts[0].next_threshold if self.counts else None
