"""The clock of a case: what was promised when, told from the events of the case alone.

Every event that sets or changes a promise carries it in ``body["clock"]`` (target, calendar, share at which the case is
at risk, what reopening does), ``null`` where the queue promises nothing. The rest follows:

- holding pauses the clock, resuming and moving on run it again; a decision stops it, closing cancels it;
- reopening continues or restarts it, as the queue said when the clock started;
- a new target in the same calendar keeps the time already used; a move to another calendar cancels the cycle and starts
  a new one, since hours of two calendars cannot be added.

The rows of ``CaseClock`` are always written from this, so ``recompute_clock`` finds what is stored or mends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from piepowder.kernel.clocks import ClockEvent, ClockRule, EventKind, Reopen, Timeline, due_at, fold
from piepowder.review.reference import QueueEntry, Reference
from piepowder.review.states import CaseEventKind, ClockState


class Step(NamedTuple):
    """One event of a case, as far as clocks look."""

    kind: str
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """A promise: how long, in which calendar, when it is at risk, what reopening does to it."""

    target_s: int
    calendar: str
    at_risk_percent: int
    reopening: str

    def as_json(self) -> dict[str, Any]:
        return {
            "target_s": self.target_s,
            "calendar": self.calendar,
            "at_risk_percent": self.at_risk_percent,
            "reopening": self.reopening,
        }

    def due(self, started_at: datetime, calendars: Mapping[str, Timeline]) -> tuple[datetime, datetime]:
        """When a fresh clock is due, and from when it is at risk."""
        line = calendars[self.calendar]
        due = due_at(started_at, self.target_s, line)
        return due, due_at(started_at, -(-self.target_s * self.at_risk_percent // 100), line)


def terms_for(known: Reference, queue: QueueEntry, severity: int) -> Terms | None:
    """What ``queue`` promises for a case of ``severity``, or nothing."""
    target = known.targets.get((queue.id, severity))
    if target is None:
        return None
    return Terms(target.target_s, target.calendar, target.at_risk_percent, queue.reopening)


@dataclass(frozen=True, slots=True)
class CycleRow:
    """One cycle as ``CaseClock`` stores it."""

    cycle: int
    started_at: datetime
    target_s: int
    calendar: str
    at_risk_percent: int
    due_at: datetime | None
    at_risk_at: datetime | None
    remaining_s: float | None
    state: str
    breached_at: datetime | None
    ended_at: datetime | None


def cycles(steps: Iterable[Step], *, calendars: Mapping[str, Timeline], now: datetime) -> list[CycleRow]:
    """Every cycle of the clock as of ``now``, the first one first; none where nothing was ever promised."""
    rows: list[CycleRow] = []
    for segment in _segments(steps):
        state = fold(
            segment.events,
            target_seconds=segment.first_target_s,
            calendar=calendars[segment.calendar],
            now=now,
            rule=ClockRule(reopen=Reopen(segment.reopening)),
            at_risk=(segment.at_risk_percent,),
        )
        for cycle in state.cycles:
            status = ClockState(cycle.status.value)
            runs = status is ClockState.RUNNING or (status is ClockState.BREACHED and cycle.stopped_at is None)
            rows.append(
                CycleRow(
                    cycle=len(rows) + 1,
                    started_at=cycle.started_at,
                    target_s=round(cycle.target_s),
                    calendar=segment.calendar,
                    at_risk_percent=segment.at_risk_percent,
                    due_at=cycle.due_at,
                    at_risk_at=cycle.at_risk[0][1] if cycle.at_risk else None,
                    remaining_s=None if runs else cycle.remaining_s,
                    state=status,
                    breached_at=cycle.breached_at,
                    ended_at=cycle.stopped_at,
                )
            )
    return rows


@dataclass(slots=True)
class _Segment:
    """Cycles in one calendar."""

    first_target_s: int
    calendar: str
    reopening: str
    at_risk_percent: int
    events: list[ClockEvent]


_CLOCK_EVENTS: dict[str, EventKind] = {
    CaseEventKind.HELD: EventKind.PAUSE,
    CaseEventKind.RESUMED: EventKind.RESUME,
    CaseEventKind.TRANSFERRED: EventKind.RESUME,
    CaseEventKind.ESCALATED: EventKind.RESUME,
    CaseEventKind.DECIDED: EventKind.RESOLVED,
    CaseEventKind.REOPENED: EventKind.REOPENED,
    CaseEventKind.CLOSED: EventKind.CANCELLED,
}
CLOCK_STEPS = (*_CLOCK_EVENTS, CaseEventKind.OPENED, CaseEventKind.REPRIORITISED, CaseEventKind.SPLIT)
"""The kinds of event that can touch a clock."""


def _segments(steps: Iterable[Step]) -> Sequence[_Segment]:
    segments: list[_Segment] = []
    current: _Segment | None = None
    for step in steps:
        if current is not None and step.kind in _CLOCK_EVENTS:
            current.events.append(ClockEvent(step.at, _CLOCK_EVENTS[step.kind]))
        if "clock" not in step.body:
            continue
        terms = Terms(**step.body["clock"]) if step.body["clock"] else None
        if current is not None and terms is not None and terms.calendar == current.calendar:
            current.events.append(ClockEvent(step.at, EventKind.PRIORITY, target_s=terms.target_s))
            current.at_risk_percent = terms.at_risk_percent
            continue
        if current is not None:
            current.events.append(ClockEvent(step.at, EventKind.CANCELLED))
            current = None
        if terms is not None:
            started = ClockEvent(step.at, EventKind.CREATED)
            current = _Segment(terms.target_s, terms.calendar, terms.reopening, terms.at_risk_percent, [started])
            segments.append(current)
    return segments
