"""The clock of a case told once more under other promises, with everything that people did at the times they did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from piepowder.kernel.clocks import Timeline
from piepowder.review.case_clocks import Step, Terms, cycles
from piepowder.review.states import CaseEventKind, ClockState

Promise = Callable[[str, int], Terms | None]
"""What a queue (its code) promises for a severity."""


class Kept(StrEnum):
    """How a promise ended."""

    IN_TIME = "in_time"
    LATE = "late"
    OPEN = "open"
    """Neither decided nor due yet."""
    NONE = "none"
    """Nothing was promised, or the case was closed without a decision in time."""


def promised_anew(steps: Sequence[Step], promise: Promise, *, opened_in: tuple[str, int] | None = None) -> list[Step]:
    """The steps with the promises that ``promise`` would have made.

    ``opened_in`` is the queue and severity that the case would have been opened with. Where somebody moved the case or
    set its severity, it stands from then on as they left it.
    """
    queue, severity = "", 0
    told: list[Step] = []
    for step in steps:
        if step.kind == CaseEventKind.OPENED and opened_in is not None:
            queue, severity = opened_in
        else:
            queue, severity = step.body.get("queue", queue), step.body.get("severity", severity)
        if "clock" in step.body or step.kind == CaseEventKind.OPENED:
            terms = promise(queue, severity)
            step = Step(step.kind, step.at, {**step.body, "clock": terms.as_json() if terms else None})
        told.append(step)
    return told


def kept(steps: Sequence[Step], *, calendars: Mapping[str, Timeline], now: datetime) -> Kept:
    """Whether what was promised in ``steps`` was kept as of ``now``; a case is late when any cycle of its clock was."""
    if simple := _kept_simply(steps, calendars, now):
        return simple
    rows = cycles(steps, calendars=calendars, now=now)
    if any(row.breached_at is not None for row in rows):
        return Kept.LATE
    if not rows or rows[-1].state == ClockState.CANCELLED:
        return Kept.NONE
    return Kept.IN_TIME if rows[-1].state == ClockState.MET else Kept.OPEN


def _kept_simply(steps: Sequence[Step], calendars: Mapping[str, Timeline], now: datetime) -> Kept | None:
    """The answer for a case that was opened and at most decided, as nearly all are; without folding its clock."""
    if not steps or steps[0].kind != CaseEventKind.OPENED or len(steps) > 2:
        return None
    if len(steps) == 2 and (steps[1].kind != CaseEventKind.DECIDED or "clock" in steps[1].body):
        return None
    promised = steps[0].body.get("clock")
    if not promised:
        return Kept.NONE
    due, _at_risk = Terms(**promised).due(steps[0].at, calendars)
    if len(steps) == 2 and steps[1].at <= now:
        return Kept.IN_TIME if steps[1].at <= due else Kept.LATE
    return Kept.LATE if due <= now else Kept.OPEN
