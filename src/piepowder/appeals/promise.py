"""The clock of an appeal: what is promised to the complainant, without the time in which they are asked something."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from piepowder.access.options import chosen
from piepowder.appeals.models import Appeal
from piepowder.appeals.options import CALENDAR, TARGET_HOURS
from piepowder.kernel.clocks import ClockEvent, ClockState, EventKind, Timeline, fold
from piepowder.review.calendars import ROUND_THE_CLOCK
from piepowder.review.reference import reference

AT_RISK_PERCENT: Final = 75
_ASKED: Final = "complainant"


def promised() -> tuple[int, str]:
    """The target in seconds and the calendar in which a complaint filed now is counted."""
    return chosen(TARGET_HOURS) * 3600, chosen(CALENDAR)


def clock_of(appeal: Appeal, now: datetime) -> ClockState:
    """The appeal's clock as of ``now``, from when it was filed, its questions, and when it ended."""
    events = [ClockEvent(appeal.filed_at, EventKind.CREATED)]
    for question in appeal.questions.all():
        events.append(ClockEvent(question.asked_at, EventKind.PAUSE, _ASKED))
        if question.answered_at is not None:
            events.append(ClockEvent(question.answered_at, EventKind.RESUME, _ASKED))
    if appeal.ended_at is not None:
        events.append(ClockEvent(appeal.ended_at, EventKind.RESOLVED))
    return fold(
        events,
        target_seconds=appeal.target_s,
        calendar=_calendar(appeal.calendar),
        now=now,
        at_risk=[AT_RISK_PERCENT],
    )


def write_clock(appeal: Appeal, now: datetime) -> None:
    """Set what the desk sorts and colours by; the caller saves ``CLOCK_FIELDS``."""
    state = clock_of(appeal, now)
    appeal.due_at = state.due_at
    appeal.at_risk_at = state.current.at_risk[0][1] if state.current.at_risk else None
    appeal.kept = state.current.met if appeal.ended_at is not None else None


CLOCK_FIELDS: Final = ("due_at", "at_risk_at", "kept")


def _calendar(code: str) -> Timeline:
    return reference().calendars.get(code, ROUND_THE_CLOCK)
