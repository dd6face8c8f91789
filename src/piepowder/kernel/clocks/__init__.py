"""Clocks: working calendars and service-level clocks, as pure functions of plain values.

Start at :func:`due_at` for the deadline of something new, :func:`fold` for a clock with pauses, changes of priority
and reopenings, :func:`conversation` for the first-response, next-response and resolution clocks of one case, and
:mod:`~piepowder.kernel.clocks.vectors` to check any of them against reference cases. Nothing here reads the clock on
the wall: ``now`` is an argument.

    holidays = public_holidays("PH", None, [2026])
    calendar = Calendar.of(tz="Asia/Manila", weekly={"mon": [("09:00", "18:00")]}, holidays=holidays)
    due = due_at(opened_at, 4 * 3600, calendar)
"""

from piepowder.kernel.clocks.calendars import Calendar, CalendarError, CalendarHistory, public_holidays
from piepowder.kernel.clocks.events import (
    AT_RISK_PERCENT,
    ClockEvent,
    ClockRule,
    ClockState,
    ClockStatus,
    Cycle,
    EventKind,
    PriorityChange,
    Reopen,
    TargetChange,
)
from piepowder.kernel.clocks.multi import Conversation, Happening, Message, Targets, conversation
from piepowder.kernel.clocks.sla import NotStarted, due_at, due_many, elapsed_seconds, fold
from piepowder.kernel.clocks.timeline import NeverDue, Timeline, timeline_of

__all__ = [
    "AT_RISK_PERCENT",
    "Calendar",
    "CalendarError",
    "CalendarHistory",
    "ClockEvent",
    "ClockRule",
    "ClockState",
    "ClockStatus",
    "Conversation",
    "Cycle",
    "EventKind",
    "Happening",
    "Message",
    "NeverDue",
    "NotStarted",
    "PriorityChange",
    "Reopen",
    "TargetChange",
    "Targets",
    "Timeline",
    "conversation",
    "due_at",
    "due_many",
    "elapsed_seconds",
    "fold",
    "public_holidays",
    "timeline_of",
]
