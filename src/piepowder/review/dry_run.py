"""Where past work would have gone by other rules, and what would have become of the promises; nothing is written.

``before`` are the rules in force, ``after`` the rules to be tried; both see the same facts (``past_work.py``), so every
difference comes from the rules. Promises are today's, on both sides. The clock of a case is told once more from its own
history (``replay.py``): people are taken to have reached it, held it and decided it when they really did. A queue that
gets more work than it has hands for would in truth be slower; how much work each queue gets stands beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from piepowder.review.case_clocks import Terms, terms_for
from piepowder.review.past_work import PastWork, count_cases, past_cases, past_kept, something_was_kept
from piepowder.review.reference import Reference
from piepowder.review.replay import Kept, kept, promised_anew
from piepowder.review.routing import RoutingFacts, RuleSet, compile_rules, route, settled_severity

MOST = 100_000
SAMPLES = 20
NO_REVIEW = ""
"""Stands where a queue's code would be, for what is kept without review."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where something goes: queue (``NO_REVIEW`` for none), severity, and the number of the rule (0 for the fallback)."""

    queue: str
    severity: int
    rule: int


@dataclass(frozen=True, slots=True)
class Sample:
    item_id: UUID
    case_id: UUID | None
    external_id: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """One arrival under both sets of rules."""

    work: PastWork
    before: Destination
    after: Destination
    kept_before: Kept
    kept_after: Kept

    @property
    def moves(self) -> bool:
        return self.before.queue != self.after.queue


@dataclass(slots=True)
class Move:
    count: int = 0
    samples: list[Sample] = field(default_factory=list)


@dataclass(slots=True)
class QueueTally:
    """What one queue would have had. ``handling_s`` adds up how long its cases really took, from claim to decision."""

    cases: int = 0
    in_time: int = 0
    late: int = 0
    open: int = 0
    handling_s: float = 0.0

    @property
    def share(self) -> float | None:
        """Of the promises that are over, how many were kept."""
        over = self.in_time + self.late
        return self.in_time / over if over else None


@dataclass(slots=True)
class DryRun:
    """What came out. Rules are counted by number; 0 is the fallback."""

    since: datetime
    until: datetime
    total: int = 0
    limited: bool = False
    moves: dict[tuple[str, str], Move] = field(default_factory=dict)
    rules_before: Counter[int] = field(default_factory=Counter)
    rules_after: Counter[int] = field(default_factory=Counter)
    queues_before: dict[str, QueueTally] = field(default_factory=dict)
    queues_after: dict[str, QueueTally] = field(default_factory=dict)
    severities: Counter[tuple[int, int]] = field(default_factory=Counter)
    newly_late: Move = field(default_factory=Move)
    newly_in_time: Move = field(default_factory=Move)

    @property
    def moved(self) -> int:
        return sum(move.count for (before, after), move in self.moves.items() if before != after)

    @property
    def newly_reviewed(self) -> int:
        return sum(move.count for (before, after), move in self.moves.items() if before == NO_REVIEW != after)

    @property
    def newly_unreviewed(self) -> int:
        return sum(move.count for (before, after), move in self.moves.items() if before != NO_REVIEW == after)

    def add(self, one: Replayed) -> None:
        self.total += 1
        self.rules_before[one.before.rule] += 1
        self.rules_after[one.after.rule] += 1
        sample = Sample(one.work.item_id, one.work.case_id, one.work.external_id, one.work.title, one.work.at)
        _count(self.moves.setdefault((one.before.queue, one.after.queue), Move()), sample if one.moves else None)
        if one.before.severity != one.after.severity and NO_REVIEW not in (one.before.queue, one.after.queue):
            self.severities[one.before.severity, one.after.severity] += 1
        _tally(self.queues_before, one.before.queue, one.kept_before, one.work.handling_s)
        _tally(self.queues_after, one.after.queue, one.kept_after, one.work.handling_s)
        if one.kept_after is Kept.LATE and one.kept_before is not Kept.LATE:
            _count(self.newly_late, sample)
        if one.kept_before is Kept.LATE and one.kept_after is not Kept.LATE:
            _count(self.newly_in_time, sample)


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    expected: int


def replay_rules(
    known: Reference,
    rules: list[dict[str, object]],
    since: datetime,
    until: datetime,
    *,
    now: datetime,
    limit: int = MOST,
) -> Iterator[list[Replayed]]:
    """Every arrival of ``[since, until)`` under the rules in force and under ``rules``, in chunks; pure evaluation."""
    after = compile_rules(0, rules, fallback=known.rules.fallback)
    yield from _of_rule_sets(known, known.rules, after, since, until, now=now, limit=limit)


def dry_run(
    known: Reference,
    rules: list[dict[str, object]],
    since: datetime,
    until: datetime,
    *,
    now: datetime,
    limit: int = MOST,
) -> Iterator[Progress | DryRun]:
    """How far it is, after every chunk, and at the end what came out."""
    run = DryRun(since, until)
    expected = min(count_cases(since, until), limit)
    yield Progress(0, expected)
    for chunk in replay_rules(known, rules, since, until, now=now, limit=limit):
        for one in chunk:
            run.add(one)
        yield Progress(run.total, max(expected, run.total))
    run.limited = run.total >= limit
    yield run


def _of_rule_sets(
    known: Reference, before: RuleSet, after: RuleSet, since: datetime, until: datetime, *, now: datetime, limit: int
) -> Iterator[list[Replayed]]:
    left = limit
    for chunk in past_cases(known, since, until, limit=limit):
        yield [_replayed(known, before, after, work, now) for work in chunk]
        left -= len(chunk)
    if left > 0 and something_was_kept(since, until):
        for chunk in past_kept(known, since, until, limit=left):
            yield [_replayed(known, before, after, work, now) for work in chunk]


def _replayed(known: Reference, before: RuleSet, after: RuleSet, work: PastWork, now: datetime) -> Replayed:
    first, second = destination(known, before, work.facts, work.at), destination(known, after, work.facts, work.at)
    kept_first = _kept(known, work, first, now)
    same = (first.queue, first.severity) == (second.queue, second.severity)
    return Replayed(work, first, second, kept_first, kept_first if same else _kept(known, work, second, now))


def destination(known: Reference, rules: RuleSet, facts: RoutingFacts, at: datetime) -> Destination:
    """Where ``rules`` send it, as opening a case works it out."""
    to = route(rules, facts)
    number = to.why.get("rule", 0)
    code = to.policy_code or facts.policy_code
    by_policy = facts.severity
    if code != facts.policy_code:
        by_policy = known.policy_severities([(code, facts.market)], at)[code, facts.market]
    severity = settled_severity(to.severity, by_policy)
    if to.queue is None:
        return Destination(NO_REVIEW, severity, number)
    queue = known.by_code.get(to.queue)
    return Destination(to.queue if queue is not None and queue.active else rules.fallback, severity, number)


def promise_of(known: Reference, queue: str, severity: int) -> Terms | None:
    """What the queue promises today."""
    entry = known.by_code.get(queue)
    return terms_for(known, entry, severity) if entry else None


def _kept(known: Reference, work: PastWork, to: Destination, now: datetime) -> Kept:
    if not work.steps or to.queue == NO_REVIEW:
        return Kept.NONE
    steps = promised_anew(
        work.steps, lambda queue, severity: promise_of(known, queue, severity), opened_in=(to.queue, to.severity)
    )
    return kept(steps, calendars=known.calendars, now=now)


def _count(move: Move, sample: Sample | None) -> None:
    move.count += 1
    if sample is not None and len(move.samples) < SAMPLES:
        move.samples.append(sample)


def _tally(tallies: dict[str, QueueTally], queue: str, how: Kept, handling_s: float | None) -> None:
    tally = tallies.setdefault(queue, QueueTally())
    tally.cases += 1
    tally.in_time += how is Kept.IN_TIME
    tally.late += how is Kept.LATE
    tally.open += how is Kept.OPEN
    tally.handling_s += handling_s or 0.0
