"""One SLA clock: from the events of a case to when it is due, how much is left and whether it was kept.

The clock is a fold over events, a pure function of them, the calendar and ``now``: events that arrive late, twice or
in another order give the same answer as if they had come in time. The semantics are those of ``meta.semantics`` of
the reference cases:

- time counts while the calendar is open and no reason for pausing holds; reasons overlap as a union;
- the clock is due at the instant its budget is used up; under a pause without an end it has no due time, only time
  left. A budget used up before the pause began stays due when it was;
- a change of priority carries what is used, restarts, or keeps the share that is left; a breach which it causes is
  recorded at the change, never earlier;
- reopening continues the clock without the time it stood resolved, or restarts it and leaves the first outcome alone.

A stop at the due instant is in time; a clock still running at the due instant is breached. If a pause begins at the
due instant, the case is late only from its resumption.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from math import ceil

from piepowder.kernel.clocks.calendars import Calendar, CalendarHistory, merged
from piepowder.kernel.clocks.counted import CountedTime, Span, pause_spans
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
from piepowder.kernel.clocks.timeline import SECOND, Timeline, instant, micros, timeline_of

AnyCalendar = Calendar | CalendarHistory | Timeline


class NotStarted(ValueError):
    """There is no ``created`` event up to ``now``, so there is no clock."""

    code = "clock_not_started"


def due_at(started_at: datetime, target_seconds: int, calendar: AnyCalendar) -> datetime:
    """When a fresh clock is due, in UTC: the plain case without pauses, as intake needs it."""
    line = _line(calendar)
    return instant(line.advance(micros(started_at), target_seconds * SECOND))


def due_many(started_at: Sequence[datetime], target_seconds: int, calendar: AnyCalendar) -> list[datetime]:
    """:func:`due_at` of many starts with one target and calendar, in their order."""
    line = _line(calendar)
    target = target_seconds * SECOND
    advance = line.advance
    return [instant(advance(micros(start), target)) for start in started_at]


def elapsed_seconds(start: datetime, end: datetime, calendar: AnyCalendar) -> float:
    """Open time in ``[start, end)``: the age or the handling time of something in business seconds."""
    return _line(calendar).between(micros(start), micros(end)) / SECOND


def fold(
    events: Iterable[ClockEvent],
    *,
    target_seconds: int | Fraction,
    calendar: AnyCalendar,
    now: datetime,
    rule: ClockRule | None = None,
    at_risk: Sequence[int] = AT_RISK_PERCENT,
) -> ClockState:
    """The clock as of ``now``, from every event up to then in whatever order.

    The clock starts at the first ``created``; ``target_seconds`` is the target until a change of priority brings
    another. ``at_risk`` are the percentages of the target whose using-up is reported with its instant. Raises
    :class:`NotStarted` without a ``created`` event and :class:`~piepowder.kernel.clocks.timeline.NeverDue` if the
    calendar never opens long enough.
    """
    known = {event for event in events if event.at <= now}
    created = min((event.at for event in known if event.kind is EventKind.CREATED), default=None)
    if created is None:
        raise NotStarted("the clock has no created event up to now")
    clock = _Clock(
        line=_line(calendar),
        rule=rule or ClockRule(),
        events=known,
        started=micros(created),
        target=_micros_of(target_seconds),
        at_risk=at_risk,
    )
    course = sorted((event for event in known if event.kind in _COURSE), key=lambda event: event.at)
    for at, together in groupby(course, key=lambda event: event.at):
        clock.take(micros(at), list(together))
    return clock.state(micros(now))


def _line(calendar: AnyCalendar) -> Timeline:
    return calendar if isinstance(calendar, Timeline) else timeline_of(calendar)


def _micros_of(seconds: int | Fraction) -> int:
    if seconds < 0:
        raise ValueError(f"a target of {seconds} seconds is negative")
    return ceil(seconds * SECOND)


_COURSE = frozenset({EventKind.PRIORITY, EventKind.RESOLVED, EventKind.REOPENED, EventKind.CANCELLED})


class _Clock:
    """The state of the fold.

    ``budget`` is what may be counted from ``anchor`` on; ``nominal`` the whole target it is a share of. ``settled``
    is the instant up to which lateness has been recorded: what a later change implies for the time before it is
    not recorded, so no breach is ever back-dated.
    """

    def __init__(
        self,
        *,
        line: Timeline,
        rule: ClockRule,
        events: Collection[ClockEvent],
        started: int,
        target: int,
        at_risk: Sequence[int],
    ) -> None:
        self.line, self.rule, self.events, self.at_risk = line, rule, events, at_risk
        self.time = CountedTime(line, pause_spans(events))
        self.started = self.anchor = self.settled = started
        self.budget = self.nominal = target
        self.late: list[Span] = []
        self.gaps: list[Span] = []
        self.finished: list[Cycle] = []
        self.changes: list[TargetChange] = []
        self.resolved: int | None = None
        self.cancelled: int | None = None
        self.waiting_target: int | None = None

    def take(self, at: int, together: Sequence[ClockEvent]) -> None:
        """Apply what happened at one instant, in an order that depends on nothing but the state.

        The stricter of two targets stands. Resolving and reopening at once leaves an open case open and a resolved
        one resolved.
        """
        if self.cancelled is not None:
            return
        targets = [_new_target(event) for event in together if event.kind is EventKind.PRIORITY]
        for target in sorted(targets, reverse=True):
            self._change_target(at, target)
        kinds = {event.kind for event in together}
        if at >= self.started:
            steps = [(EventKind.RESOLVED, self._resolve), (EventKind.REOPENED, self._reopen)]
            for kind, step in steps if self.resolved is None else reversed(steps):
                if kind in kinds:
                    step(at)
        if EventKind.CANCELLED in kinds:
            self._settle(at)
            self.cancelled = max(at, self.started)

    def state(self, now: int) -> ClockState:
        """The clock at ``now``; the last settling happens here."""
        if self.resolved is not None:
            *before, last = self.finished
            return ClockState(last, tuple(before), tuple(self.changes))
        if self.cancelled is not None:
            cycle = self._cycle(self.time, ClockStatus.CANCELLED, self.cancelled, None)
        else:
            self._settle(now, running=True)
            paused = ClockStatus.PAUSED if self.time.is_blocked(now) else ClockStatus.RUNNING
            cycle = self._cycle(self.time, ClockStatus.BREACHED if self.late else paused, now, None)
        return ClockState(cycle, tuple(self.finished), tuple(self.changes))

    def _change_target(self, at: int, target: int) -> None:
        if at < self.started:
            self.budget = self.nominal = target
            return
        if self.resolved is not None:
            self.waiting_target = target  # The outcome stands; the new target is for the time after a reopening.
            return
        self._settle(at)
        self.changes.append(
            TargetChange(
                at=instant(at),
                elapsed_s=self.time.elapsed(self.started, at) / SECOND,
                target_s=target / SECOND,
                due_before=_optional(self._time_known_at(at).exhausted_at(self.anchor, self.budget)),
            )
        )
        if self.rule.priority_change is PriorityChange.CARRY_ELAPSED:
            self.budget = target
        elif self.rule.priority_change is PriorityChange.RESTART_AT_CHANGE:
            self.anchor, self.budget = at, target
        else:
            left = max(0, self.budget - self.time.elapsed(self.anchor, at))
            share = Fraction(left, self.nominal) if self.nominal else Fraction(0)
            # Whole seconds, upwards: the first second at which the share is used up.
            self.anchor, self.budget = at, ceil(target * share / SECOND) * SECOND
        self.nominal = target

    def _resolve(self, at: int) -> None:
        if self.resolved is not None:
            return
        self._settle(at)
        self.resolved = at
        status = ClockStatus.BREACHED if self.late else ClockStatus.MET
        self.finished.append(self._cycle(self._time_known_at(at), status, at, instant(at)))

    def _reopen(self, at: int) -> None:
        if self.resolved is None:
            return
        if self.rule.reopen is Reopen.CONTINUE:
            self.gaps.append((self.resolved, at))
            self.time = CountedTime(self.line, merged([*pause_spans(self.events), *self.gaps]))
        else:
            self.started = self.anchor = at
            self.budget = self.nominal
            self.late, self.gaps = [], []
        self.settled, self.resolved = at, None
        if self.waiting_target is not None:
            target, self.waiting_target = self.waiting_target, None
            self._change_target(at, target)

    def _settle(self, at: int, *, running: bool = False) -> None:
        """Record the lateness since the last settling. A stop at the due instant is in time, running on is not."""
        late_from = self.time.late_from(self.time.exhausted_at(self.anchor, self.budget))
        if late_from is not None and (late_from < at or (running and late_from == at)):
            self.late.append((max(late_from, self.settled), at))
        self.settled = max(self.settled, at)

    def _time_known_at(self, at: int) -> CountedTime:
        """Counted time as it was known then: a pause that ended later has no end yet."""
        moment = instant(at)
        known = [it for it in self.events if it.at < moment or (it.at == moment and it.kind is EventKind.RESUME)]
        return CountedTime(self.line, merged([*pause_spans(known), *self.gaps]))

    def _cycle(self, time: CountedTime, status: ClockStatus, until: int, stopped_at: datetime | None) -> Cycle:
        left = self.budget - time.elapsed(self.anchor, until)
        cancelled = status is ClockStatus.CANCELLED
        return Cycle(
            number=len(self.finished) + 1,
            started_at=instant(self.started),
            stopped_at=instant(until) if cancelled else stopped_at,
            target_s=self.nominal / SECOND,
            due_at=None if cancelled else _optional(time.exhausted_at(self.anchor, self.budget)),
            status=status,
            elapsed_s=time.elapsed(self.started, until) / SECOND,
            remaining_s=max(0, left) / SECOND,
            breached_at=instant(self.late[0][0]) if self.late else None,
            breach_s=sum(time.elapsed(*span) for span in self.late) / SECOND,
            breach_wall_s=sum(time.unblocked(*span) for span in self.late) / SECOND,
            at_risk=() if cancelled else tuple((share, self._used_at(time, share)) for share in self.at_risk),
        )

    def _used_at(self, time: CountedTime, percent: int) -> datetime | None:
        """When ``percent`` of the target is used up, counting the share a proportional change found used."""
        budget = self.budget - self.nominal + ceil(Fraction(self.nominal * percent, 100))
        return _optional(time.exhausted_at(self.anchor, budget))


def _optional(at: int | None) -> datetime | None:
    return None if at is None else instant(at)


def _new_target(event: ClockEvent) -> int:
    if event.target_s is None:
        raise ValueError(f"the change of priority at {event.at.isoformat()} brings no target")
    return _micros_of(event.target_s)
