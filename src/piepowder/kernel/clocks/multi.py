"""The three clocks of a conversation: first response, next response and resolution.

- The first response runs from opening to the first public reply; an internal note is not a reply.
- The next response runs from the first message of the other side that is not yet answered, and only once a first
  response was given; further messages do not move it, any public reply stops it.
- Resolving stops every clock; reopening continues or restarts the resolution clock as its rule says. A message that
  came while the case stood resolved waits from the reopening.
- A policy that is deactivated clears the open clocks and keeps the breaches that were recorded.

The rule and the cases are ``sla_multi_clock`` of the reference cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from piepowder.kernel.clocks.events import ClockEvent, ClockRule, ClockState, ClockStatus, EventKind
from piepowder.kernel.clocks.sla import AnyCalendar, NotStarted, fold


class Happening(StrEnum):
    """What a conversation's clocks listen to; anything else leaves them alone."""

    CREATED = "created"
    REOPENED = "reopened"
    AGENT_REPLY = "agent_reply"
    CUSTOMER_MESSAGE = "customer_message"
    PAUSE = "pause"
    RESUME = "resume"
    RESOLVED = "resolved"
    DEACTIVATED = "deactivated"


_ANSWERS = frozenset({Happening.AGENT_REPLY, Happening.RESOLVED})
_OPEN = frozenset({ClockStatus.RUNNING, ClockStatus.PAUSED, ClockStatus.BREACHED})


@dataclass(frozen=True, slots=True)
class Message:
    """One event of the conversation; ``reason`` belongs to pauses."""

    at: datetime
    happening: Happening
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """Seconds allowed to each clock; a clock without a target does not run."""

    first_response_s: int | Fraction | None = None
    next_response_s: int | Fraction | None = None
    resolution_s: int | Fraction | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The clocks as of ``now``.

    ``next_response`` is the running one, if any; ``answered`` are those that were stopped, oldest first.
    """

    first_response: ClockState | None
    next_response: ClockState | None
    resolution: ClockState | None
    answered: tuple[ClockState, ...]

    @property
    def earliest(self) -> str | None:
        """The name of the open clock that is due first; in a tie, the first response before the others."""
        due = [
            (state.due_at, name)
            for name in ("first_response", "next_response", "resolution")
            if (state := getattr(self, name)) is not None and is_open(state) and state.due_at is not None
        ]
        return min(due, key=lambda pair: pair[0])[1] if due else None


def is_open(state: ClockState) -> bool:
    """Whether the clock has neither been stopped nor cleared."""
    return state.status in _OPEN and state.current.stopped_at is None


def conversation(
    messages: Iterable[Message],
    *,
    targets: Targets,
    calendar: AnyCalendar,
    now: datetime,
    rule: ClockRule | None = None,
) -> Conversation:
    """All three clocks as of ``now``. Messages may come in any order; at one instant a reply comes before a message.

    Raises :class:`~piepowder.kernel.clocks.sla.NotStarted` without a ``created`` event.
    """
    known = sorted({it for it in messages if it.at <= now}, key=lambda it: it.at)
    created = next((it.at for it in known if it.happening is Happening.CREATED), None)
    if created is None:
        raise NotStarted("the conversation has no created event up to now")
    ended = next((it.at for it in known if it.happening is Happening.DEACTIVATED), None)
    pauses = [ClockEvent(it.at, EventKind(it.happening), it.reason) for it in known if it.happening in _PAUSING]
    if ended is not None:
        pauses.append(ClockEvent(ended, EventKind.CANCELLED))

    def clock(target: int | Fraction | None, course: Sequence[ClockEvent]) -> ClockState | None:
        if target is None or not course or (ended is not None and course[0].at >= ended):
            return None
        return fold([*course, *pauses], target_seconds=target, calendar=calendar, now=now, rule=rule)

    live = [it for it in known if it.at >= created]
    waits = [clock(targets.next_response_s, wait) for wait in _waits(live)]
    answered = tuple(state for state in waits if state is not None and state.current.stopped_at is not None)
    return Conversation(
        first_response=clock(targets.first_response_s, _first_response(created, live)),
        next_response=next((state for state in waits if state is not None and is_open(state)), None),
        resolution=clock(targets.resolution_s, _resolution(created, live)),
        answered=answered,
    )


_PAUSING = frozenset({Happening.PAUSE, Happening.RESUME})


def _first_response(created: datetime, live: Sequence[Message]) -> list[ClockEvent]:
    """From opening to the first reply, or to the resolution of a case that nobody replied to."""
    course = [ClockEvent(created, EventKind.CREATED)]
    stops = (it.at for it in live if it.happening in (Happening.AGENT_REPLY, Happening.RESOLVED))
    return course + [ClockEvent(at, EventKind.RESOLVED) for at in list(stops)[:1]]


def _resolution(created: datetime, live: Sequence[Message]) -> list[ClockEvent]:
    kinds = {Happening.RESOLVED: EventKind.RESOLVED, Happening.REOPENED: EventKind.REOPENED}
    course = [ClockEvent(it.at, kinds[it.happening]) for it in live if it.happening in kinds]
    return [ClockEvent(created, EventKind.CREATED), *course]


def _waits(live: Sequence[Message]) -> list[list[ClockEvent]]:
    """Every stretch in which the other side waited for an answer, the last one perhaps still open."""
    waits: list[list[ClockEvent]] = []
    responded = resolved = unanswered = waiting = False
    for at, together in groupby(live, key=lambda it: it.at):
        here = {it.happening for it in together}
        responded = responded or Happening.AGENT_REPLY in here
        unanswered = unanswered and not here & _ANSWERS
        if Happening.CUSTOMER_MESSAGE in here:
            # A reply at the same instant answers what came before; a resolution that stands settles this one too.
            unanswered = Happening.RESOLVED not in here or Happening.REOPENED in here
        if (Happening.RESOLVED in here) != (Happening.REOPENED in here):
            resolved = Happening.RESOLVED in here
        owed = responded and unanswered and not resolved
        if waiting and (not owed or here & _ANSWERS):
            waits[-1].append(ClockEvent(at, EventKind.RESOLVED))
            waiting = False
        if owed and not waiting:
            waits.append([ClockEvent(at, EventKind.CREATED)])
            waiting = True
    return waits
