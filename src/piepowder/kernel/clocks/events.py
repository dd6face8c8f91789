"""The values an SLA clock is made of: events in, states out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

AT_RISK_PERCENT = (50, 75, 90)


class EventKind(StrEnum):
    """What can happen to a clock."""

    CREATED = "created"
    PAUSE = "pause"
    RESUME = "resume"
    PRIORITY = "priority"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CANCELLED = "cancelled"


class PriorityChange(StrEnum):
    """What a change of target does to the time already used."""

    CARRY_ELAPSED = "carry_elapsed"
    RESTART_AT_CHANGE = "restart_at_change"
    PROPORTIONAL = "proportional"


class Reopen(StrEnum):
    """What reopening does to the clock."""

    CONTINUE = "continue"
    RESTART = "restart"


class ClockStatus(StrEnum):
    """Where a clock stands; a breach stays even if the target is relaxed afterwards."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """One fact about the clock. ``reason`` is for pauses; a resume without one ends them all.

    ``target_s`` is the new target of a change of priority.
    """

    at: datetime
    kind: EventKind
    reason: str | None = None
    target_s: int | Fraction | None = None


@dataclass(frozen=True, slots=True)
class ClockRule:
    """The choices a policy makes for its clocks."""

    priority_change: PriorityChange = PriorityChange.CARRY_ELAPSED
    reopen: Reopen = Reopen.CONTINUE


@dataclass(frozen=True, slots=True)
class TargetChange:
    """A change of target: what had been used in the cycle by then, and when the clock was due until it came."""

    at: datetime
    elapsed_s: float
    target_s: float
    due_before: datetime | None


@dataclass(frozen=True, slots=True)
class Cycle:
    """One stretch from opening to resolution; the outcome of a finished one never changes.

    Breach seconds run from ``breached_at`` on: counted ones by the calendar, wall ones by any clock, both without
    pauses.
    """

    number: int
    started_at: datetime
    stopped_at: datetime | None
    target_s: float
    due_at: datetime | None
    status: ClockStatus
    elapsed_s: float
    remaining_s: float
    breached_at: datetime | None
    breach_s: float
    breach_wall_s: float
    at_risk: tuple[tuple[int, datetime | None], ...]

    @property
    def met(self) -> bool | None:
        """Whether the cycle was kept; unknown while it is open and not late."""
        if self.breached_at is not None:
            return False
        return True if self.status is ClockStatus.MET else None


@dataclass(frozen=True, slots=True)
class ClockState:
    """A clock as of ``now``: its current cycle, the finished ones before it and the changes of target."""

    current: Cycle
    finished: tuple[Cycle, ...]
    changes: tuple[TargetChange, ...]

    @property
    def status(self) -> ClockStatus:
        """Running, paused, met, breached or cancelled."""
        return self.current.status

    @property
    def due_at(self) -> datetime | None:
        """When the budget is used up; nothing while a pause has no end."""
        return self.current.due_at

    @property
    def breached_at(self) -> datetime | None:
        """When the current cycle was first late."""
        return self.current.breached_at

    @property
    def cleared(self) -> bool:
        """Whether the clock was cancelled rather than stopped or still open."""
        return self.current.status is ClockStatus.CANCELLED

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """All cycles, the first one first."""
        return (*self.finished, self.current)

    @property
    def ever_breached(self) -> bool:
        """Whether any cycle was late."""
        return any(cycle.breached_at is not None for cycle in self.cycles)
