"""The cases of the script: where each waits, how urgent it is, and who could take it next.

It follows review's own rules (routing, promises, rank), so that what the script says happens can happen.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from piepowder.review.case_clocks import Step as ClockStep
from piepowder.review.case_clocks import cycles
from piepowder.review.priority import rank
from piepowder.review.reference import QueueEntry
from piepowder.review.routing import RoutingFacts, route, settled_severity
from piepowder.review.states import CaseEventKind
from piepowder.simulate.house import House
from piepowder.simulate.plan import PersonPlan
from piepowder.simulate.steps import ItemKey


@dataclass(slots=True)
class Subject:
    """An item as the script knows it, with what is really true of it."""

    key: ItemKey
    market: str
    language: str
    seller_ref: str
    code: str
    lookalike_of: str
    facts: str
    wave: str
    number: int = 1
    gone: bool = False
    raw: dict[str, Any] | None = None
    """What was submitted, for those that will be submitted again."""
    case: Waiting | None = None
    """The active one."""


@dataclass(slots=True)
class Waiting:
    """An active case."""

    subject: Subject
    queue: QueueEntry
    severity: int
    policy_code: str
    opened_at: datetime
    reports: int
    trust: int
    clock: list[ClockStep]
    rank: int = 0
    version: int = 0
    """Counts every change of place, so that an older place in a heap is known to be stale."""
    holder: str = ""
    held: bool = False
    passed_on: set[str] = field(default_factory=set)


_Place = tuple[int, int, int, Waiting]


class Floor:
    """All active cases, by queue and language."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.violations: Counter[str] = Counter()
        self._heaps: dict[tuple[str, str], list[_Place]] = {}
        self._places = 0
        self.opened = 0

    def wanted(
        self, subject: Subject, labels: Iterable[tuple[str, float]], policy: str, at: datetime
    ) -> Waiting | None:
        """Open a case for an item that arrived, unless the rules keep it without review."""
        return self._open(subject, at, policy=policy, labels=tuple(labels))

    def reported(self, subject: Subject, *, reporter: str, policy: str, trust: int, at: datetime) -> None:
        """A report joins the active case, or opens one."""
        case = subject.case
        if case is None:
            self._open(subject, at, policy=policy, reporter=reporter, reports=1, trust=trust)
            return
        case.reports += 1
        case.trust = max(case.trust, trust)
        case.policy_code = case.policy_code or policy
        graver = self.house.severity(policy, subject.market) if policy else None
        if graver is not None and graver < case.severity:
            case.severity, case.policy_code = graver, policy
            self._note(case, CaseEventKind.REPRIORITISED, at, self._promise(case))
        self._place(case, at)

    def shown(self, subject: Subject, at: datetime) -> None:
        """A newer snapshot is in the active case."""
        if subject.case is not None:
            self._place(subject.case, at)

    def take(self, person: PersonPlan) -> Waiting | None:
        """The best waiting case that ``person`` may claim; it is then in their hands."""
        best: _Place | None = None
        for lane in self._lanes_of(person):
            place = self._first(self._heaps[lane], person)
            if place is not None and (best is None or place[:2] < best[:2]):
                best = place
        if best is None:
            return None
        case = best[3]
        case.holder = person.key
        case.version += 1
        return case

    def put_back(self, case: Waiting, at: datetime) -> None:
        case.holder = ""
        self._place(case, at)

    def hold(self, case: Waiting, at: datetime) -> None:
        case.held = True
        self._note(case, CaseEventKind.HELD, at, {})

    def resume(self, case: Waiting, at: datetime) -> None:
        case.held, case.holder = False, ""
        self._note(case, CaseEventKind.RESUMED, at, {})
        self._place(case, at)

    def move(self, case: Waiting, queue: QueueEntry, kind: CaseEventKind, at: datetime) -> None:
        case.queue, case.holder = queue, ""
        self._note(case, kind, at, self._promise(case))
        self._place(case, at)

    def decided(self, case: Waiting, *, violation: bool) -> None:
        case.version += 1
        case.subject.case = None
        if violation and case.subject.seller_ref:
            self.violations[case.subject.seller_ref] += 1

    def taken_back(self, case: Waiting, person: PersonPlan, *, violation: bool) -> None:
        """A decision was withdrawn; the case is in the same hands again."""
        case.subject.case, case.holder = case, person.key
        if violation and case.subject.seller_ref:
            self.violations[case.subject.seller_ref] -= 1

    def _open(
        self, subject: Subject, at: datetime, *, policy: str, labels: tuple[tuple[str, float], ...] = (),
        reporter: str = "", reports: int = 0, trust: int = 0,
    ) -> Waiting | None:  # fmt: skip
        house, kind = self.house, subject.key[0]
        severity = house.severity(policy, subject.market) if policy else None
        facts = RoutingFacts(
            kind=kind,
            market=subject.market,
            language=subject.language,
            policy_code=policy,
            severity=severity,
            labels=labels,
            reporter_kind=reporter,
            seller_violations=self.violations[subject.seller_ref],
        )
        to = route(house.known.rules, facts)
        if to.queue is None:
            return None
        queue = house.known.by_code[to.queue]
        case = Waiting(subject, queue, settled_severity(to.severity, severity), policy, at, reports, trust, [])
        self._note(case, CaseEventKind.OPENED, at, self._promise(case))
        subject.case = case
        self.opened += 1
        self._place(case, at)
        return case

    def _promise(self, case: Waiting) -> dict[str, Any]:
        terms = self.house.terms(case.queue, case.severity)
        return {"clock": terms.as_json() if terms else None}

    def _note(self, case: Waiting, kind: CaseEventKind, at: datetime, body: Mapping[str, Any]) -> None:
        case.clock.append(ClockStep(kind.value, at, body))

    def _place(self, case: Waiting, at: datetime) -> None:
        """Put the case where it waits now, unless somebody has it."""
        case.version += 1
        if case.holder or case.held:
            return
        due_at = cycles(case.clock, calendars=self.house.known.calendars, now=at)[-1].due_at
        case.rank = rank(due_at, case.opened_at, case.severity, case.trust, case.reports, case.subject.gone)
        self._places += 1
        heap = self._heaps.setdefault((case.queue.code, case.subject.language), [])
        heapq.heappush(heap, (case.rank, self._places, case.version, case))

    def may_take(self, person: PersonPlan, case: Waiting) -> bool:
        """Whether ``person`` may work on the case at all."""
        return self._may(person, case.queue.code, case.subject.language) and (
            not person.markets or case.subject.market in person.markets
        )

    def _lanes_of(self, person: PersonPlan) -> list[tuple[str, str]]:
        return [lane for lane in self._heaps if self._may(person, *lane)]

    def _may(self, person: PersonPlan, queue_code: str, language: str) -> bool:
        queue = self.house.known.by_code[queue_code]
        return (
            language in person.languages
            and queue.is_worked_by(person.vendor)
            and (not queue.skill or queue.skill in person.skills)
            and (not person.queues or queue_code in person.queues)
        )

    def _first(self, heap: list[_Place], person: PersonPlan) -> _Place | None:
        """The first place in ``heap`` for this person; stale ones are thrown away, those of others put back."""
        others: list[_Place] = []
        found: _Place | None = None
        while heap:
            place = heap[0]
            case = place[3]
            if place[2] != case.version:
                heapq.heappop(heap)
            elif person.key in case.passed_on or (person.markets and case.subject.market not in person.markets):
                others.append(heapq.heappop(heap))
            else:
                found = place
                break
        for place in others:
            heapq.heappush(heap, place)
        return found
