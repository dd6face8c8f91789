"""Following one counter through time, from change to change, as its score moves and thresholds are reached.

Values in, values out. A threshold fires when the score reaches it, and again only after the score had come back by more
than its hysteresis. Points that are held do not fire anything, but do not count as recovered either: whoever appeals in
vain is not punished twice, and nobody recovers by appealing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from piepowder.standing.happenings import Adjustment, Credit, Hold, Span
from piepowder.standing.outcome import Due, Earning, Entry, EntryState
from piepowder.standing.periods import next_monday
from piepowder.standing.shape import Checked, Counter, Earned
from piepowder.standing.valuing import Valued


@dataclass(slots=True)
class _Load:
    """Points of one violation or adjustment, while they are followed."""

    ref: str
    points: int
    since: datetime
    until: datetime | None
    valued: Valued | None = None
    holds: list[Hold] = field(default_factory=list)
    left: int = 0
    counted_at: datetime | None = None
    """Since when it counts, or has counted before it was held."""

    def active(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def held(self, at: datetime) -> bool:
        return any(one.at <= at and (one.until is None or at < one.until) for one in self.holds)

    def state(self, at: datetime) -> EntryState:
        if self.until is not None and self.until <= at:
            return EntryState.EXPIRED
        if self.held(at):
            return EntryState.HELD
        return EntryState.COUNTING if self.since <= at else EntryState.PENDING


@dataclass(frozen=True, slots=True)
class Walked:
    """Where one counter has arrived."""

    burden: int
    peak: int
    entries: tuple[Entry, ...]
    earnings: tuple[Earning, ...]
    dues: tuple[Due, ...]
    beyond: frozenset[str]
    """Codes of the thresholds that the score has reached and not left."""
    next_change: datetime | None


CounterAt = Callable[[datetime], Counter | None]


class Walk:
    """One counter of one seller. ``counter_at`` gives what the ladder said about it at a time."""

    def __init__(
        self,
        code: str,
        counter_at: CounterAt,
        zone: ZoneInfo,
        *,
        valued: Sequence[Valued],
        adjustments: Sequence[Adjustment],
        credits: Sequence[Credit],
        holds: Sequence[Hold],
        turns: Sequence[datetime],
        live: Sequence[Span] | None,
        now: datetime,
    ) -> None:
        self.code, self.counter_at, self.zone, self.now, self.live = code, counter_at, zone, now, live
        self.loads = _loads(valued, adjustments, holds)
        self.relief = sorted((one for one in adjustments if one.points < 0), key=lambda one: (one.at, one.ref))
        self.credits = sorted(credits, key=lambda one: (one.at, one.ref))
        self.earnings: list[Earning] = []
        self.bonus: list[Earning] = []
        self.quantity: dict[Earned, int] = {}
        self.clean_since: datetime | None = None
        self.fired: dict[str, Due] = {}
        self.passed: dict[str, str] = {}
        self.dues: list[Due] = []
        self.peak = self.highest = 0
        self.times: list[datetime] = []
        self._plan(turns)

    def run(self) -> Walked:
        """Walk to ``now``."""
        seen: datetime | None = None
        while self.times and self.times[0] <= self.now:
            at = heapq.heappop(self.times)
            if at != seen:
                seen = at
                self._at(at)
        burden = self._burden(self.now)
        return Walked(
            burden,
            self.highest,
            tuple(self._entry(load) for load in self.loads),
            tuple(self.earnings),
            tuple(self.dues),
            frozenset(self.fired) | frozenset(self.passed),
            min((at for at in self.times if at > self.now), default=None),
        )

    def _plan(self, turns: Sequence[datetime]) -> None:
        times = {self.now, *turns}
        for load in self.loads:
            times |= {load.since, *([load.until] if load.until else [])}
            times |= {moment for hold in load.holds for moment in (hold.at, hold.until) if moment}
        times |= {one.at for one in self.relief} | {one.at for one in self.credits}
        for span in self.live or ():
            times |= {span.since, *([span.until] if span.until else [])}
        self.times = sorted(times)

    def _later(self, at: datetime) -> None:
        heapq.heappush(self.times, at)

    def _at(self, at: datetime) -> None:
        counter = self.counter_at(at)
        if counter is None:
            self._leave(at, set(self.fired))
            return
        for load in self.loads:
            if load.counted_at is None and load.active(at) and not load.held(at):
                load.counted_at = self.clean_since = at
        self._earn(counter, at)
        self._clean(counter, at)
        burden = self._burden(at)
        self.highest = max(self.highest, burden)
        self._recover(counter, at)
        if counter.checked is Checked.WEEKLY:
            self.peak = max(self.peak, burden)
            monday = at.astimezone(self.zone)
            if not (monday.weekday() == 0 and monday.time() == monday.time().min):
                if self.peak:
                    self._later(next_monday(at, self.zone))
                return
            burden, self.peak = self.peak, 0
            if self._burden(at):
                self._later(next_monday(at, self.zone))
        self._fire(counter, burden, at)
        self._recover(counter, at)

    # What is earned back

    def _earn(self, counter: Counter, at: datetime) -> None:
        for relief in [one for one in self.relief if one.at == at]:
            self._give_back(counter, "adjustment", relief.ref, -relief.points, at, relief.days)
        for credit in [one for one in self.credits if one.at == at]:
            rule = counter.credit_rule(credit.kind)
            if rule is None:
                continue
            before = self.quantity.get(credit.kind, 0)
            self.quantity[credit.kind] = before + credit.quantity
            times = (before + credit.quantity) // rule.per - before // rule.per
            self._give_back(
                counter, credit.kind.value, credit.ref, self._within_cap(counter, credit.kind, times, at), at, rule.days
            )

    def _clean(self, counter: Counter, at: datetime) -> None:
        rule = counter.credit_rule(Earned.CLEAN)
        if rule is None or self.clean_since is None or not any(load.left for load in self.loads if load.active(at)):
            return
        due = self.clean_since + timedelta(days=rule.per)
        if due <= at:
            self.clean_since = at
            ref = f"clean:{at.isoformat()}"
            self._give_back(
                counter, Earned.CLEAN.value, ref, self._within_cap(counter, Earned.CLEAN, 1, at), at, rule.days
            )
            due = at + timedelta(days=rule.per)
        self._later(due)

    def _within_cap(self, counter: Counter, kind: Earned, times: int, at: datetime) -> int:
        rule = counter.credit_rule(kind)
        assert rule is not None
        points = rule.points * times
        if rule.cap is None:
            return points
        since = at - timedelta(days=rule.cap_days) if rule.cap_days else None
        spent = sum(one.points for one in self.earnings if one.kind == kind and (since is None or one.at > since))
        return max(0, min(points, rule.cap - spent))

    def _give_back(self, counter: Counter, kind: str, ref: str, points: int, at: datetime, days: int | None) -> None:
        """Take ``points`` off what expires first; what is over lifts the score above its start where there is room."""
        given = 0
        active = [load for load in self.loads if load.left and load.active(at)]
        for load in sorted(active, key=lambda one: (one.until is None, one.until or one.since, one.ref)):
            part = min(load.left, points - given)
            load.left -= part
            given += part
        room = counter.room_above - sum(one.points for one in self.bonus if one.until is None or at < one.until)
        extra = max(0, min(room, points - given))
        until = at + timedelta(days=days) if days else None
        if extra:
            self.bonus.append(Earning(ref, counter.code, kind, at, extra, until))
            if until:
                self._later(until)
        if given + extra:
            self.earnings.append(Earning(ref, counter.code, kind, at, given + extra, until if extra else None))

    # The score and its thresholds

    def _burden(self, at: datetime, *, with_held: bool = False) -> int:
        counting = sum(
            load.left
            for load in self.loads
            if load.active(at) and (not load.held(at) or (with_held and load.counted_at is not None))
        )
        return counting - sum(one.points for one in self.bonus if one.until is None or at < one.until)

    def _recover(self, counter: Counter, at: datetime) -> None:
        burden = self._burden(at, with_held=True)
        known = {one.code: one for one in counter.thresholds}
        back = {
            code
            for code in (*self.fired, *self.passed)
            if code not in known or burden < counter.burden_of(known[code].at) - known[code].hysteresis
        }
        self._leave(at, back)

    def _leave(self, at: datetime, codes: set[str]) -> None:
        for code in sorted(codes):
            self.passed.pop(code, None)
            due = self.fired.pop(code, None)
            if due is not None:
                self.dues[self.dues.index(due)] = replace(due, recovered_at=at)
                # Lower thresholds that it went past are what holds now, if they are still reached.
                self.passed = {lower: by for lower, by in self.passed.items() if by != code}

    def _fire(self, counter: Counter, burden: int, at: datetime) -> None:
        if not self._is_live(at):
            return
        reached = [
            one
            for one in counter.thresholds
            if one.code not in self.fired and one.code not in self.passed and burden >= counter.burden_of(one.at)
        ]
        if not reached:
            return
        highest = max(reached, key=lambda one: (counter.burden_of(one.at), one.code))
        self.passed |= {one.code: highest.code for one in reached if one is not highest}
        # What counted when the score was at its height: now, or at some time in the week that is looked at.
        week = timedelta(days=7 if counter.checked is Checked.WEEKLY else 0)
        basis = [
            (load.counted_at, load.ref)
            for load in self.loads
            if load.left and load.counted_at and not load.held(at) and (load.until is None or load.until > at - week)
        ]
        starts_at = at + timedelta(days=highest.warn_days if not self._warned(at) else 0)
        due = Due(
            counter=counter.code,
            threshold=highest,
            at=at,
            by=max(basis)[1] if basis else "",
            score=counter.score_of(burden),
            basis=tuple(ref for _, ref in basis),
            starts_at=starts_at,
        )
        self.fired[highest.code] = due
        self.dues.append(due)
        if starts_at > at:
            self._later(starts_at)
        ends = due.ends_at()
        if ends is not None and ends > at:
            self._later(ends)

    def _warned(self, at: datetime) -> bool:
        """Whether a warning was given for what still stands."""
        return any((due.threshold.warning or due.starts_at > due.at) and due.at < at for due in self.fired.values())

    def _is_live(self, at: datetime) -> bool:
        return self.live is None or any(
            span.since <= at and (span.until is None or at < span.until) for span in self.live
        )

    def _entry(self, load: _Load) -> Entry:
        return Entry(
            ref=load.ref,
            counter=self.code,
            points=load.points,
            left=load.left,
            state=load.state(self.now),
            since=load.since,
            until=load.until,
            valued=load.valued,
        )


def _loads(valued: Sequence[Valued], adjustments: Sequence[Adjustment], holds: Sequence[Hold]) -> list[_Load]:
    """What weighs, earliest first."""
    held: dict[str, list[Hold]] = {}
    for hold in holds:
        held.setdefault(hold.ref, []).append(hold)
    loads = [
        _Load(one.violation.ref, one.points, one.since, one.until, one, held.get(one.violation.ref, []), one.points)
        for one in valued
    ]
    for one in adjustments:
        if one.points > 0:
            until = one.at + timedelta(days=one.days) if one.days else None
            loads.append(_Load(one.ref, one.points, one.at, until, left=one.points))
    return sorted(loads, key=lambda one: (one.since, one.ref))
