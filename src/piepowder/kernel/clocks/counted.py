"""Open time along a timeline without the spans in which a clock stands still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from piepowder.kernel.clocks.calendars import merged
from piepowder.kernel.clocks.events import ClockEvent, EventKind
from piepowder.kernel.clocks.timeline import Timeline, micros

ENDLESS = 1 << 62
Span = tuple[int, int]


def pause_spans(events: Iterable[ClockEvent]) -> tuple[Span, ...]:
    """The union of all pauses, an open one ending at :data:`ENDLESS`.

    A second pause for a reason that already holds and a resume without a pause change nothing. A pause and a resume
    at one instant cancel out whichever comes first, so that the order of arrival cannot matter.
    """
    since: dict[str | None, int] = {}
    spans: list[Span] = []
    changes = sorted((event for event in events if event.kind in _PAUSING), key=attrgetter("at"))
    for at, together in groupby(changes, key=attrgetter("at")):
        now = micros(at)
        opened, closed = _netted(list(together), bool(since))
        for reason in since.keys() if None in closed else closed & since.keys():
            spans.append((since[reason], now))
        since = {} if None in closed else {reason: start for reason, start in since.items() if reason not in closed}
        for reason in opened:
            since.setdefault(reason, now)
    return merged(spans + [(start, ENDLESS) for start in since.values()])


_PAUSING = frozenset({EventKind.PAUSE, EventKind.RESUME})


def _netted(together: list[ClockEvent], paused: bool) -> tuple[set[str | None], set[str | None]]:
    """Which reasons begin and which end at one instant, once those that do both are struck out."""
    opened = {event.reason for event in together if event.kind is EventKind.PAUSE}
    closed = {event.reason for event in together if event.kind is EventKind.RESUME}
    if None in closed:
        # A resume of everything: a paused clock stays paused for what begins now, a running one runs on.
        return (opened, closed) if paused else (set(), closed)
    return opened - closed, closed - opened


@dataclass(frozen=True, slots=True)
class CountedTime:
    """A timeline with blocked spans, sorted and disjoint, in which nothing counts."""

    line: Timeline
    blocked: tuple[Span, ...]

    def pieces(self, start: int, end: int = ENDLESS) -> Iterator[Span]:
        """The unblocked parts of ``[start, end)``."""
        for block_start, block_end in self.blocked:
            if block_start >= end:
                break
            if start < block_start:
                yield start, block_start
            start = max(start, block_end)
        if start < end:
            yield start, end

    def elapsed(self, start: int, end: int) -> int:
        """Time counted in ``[start, end)``."""
        return sum(self.line.between(first, last) for first, last in self.pieces(start, end))

    def unblocked(self, start: int, end: int) -> int:
        """Wall time in ``[start, end)`` outside the blocked spans."""
        return sum(last - first for first, last in self.pieces(start, end))

    def exhausted_at(self, start: int, budget: int) -> int | None:
        """The instant at which ``budget`` is used up, or nothing if an endless block comes first."""
        if budget <= 0:
            return start
        for first, last in self.pieces(start):
            available = budget if last == ENDLESS else self.line.between(first, last)
            if budget <= available:
                return self.line.advance(first, budget)
            budget -= available
        return None

    def late_from(self, due: int | None) -> int | None:
        """The first unblocked instant from the due one on: waiting on others makes nobody late."""
        if due is None:
            return None
        for first, _ in self.pieces(due):
            return first
        return None

    def is_blocked(self, at: int) -> bool:
        """Whether the clock stands still at ``at``."""
        return any(first <= at < last for first, last in self.blocked)
