"""The script of a history: a seeded sequence of steps in the order of time, made without a database.

Three weeks end at ``until``: items arrive, people report them, reviewers come and go, claim, look, rule and err. At the
end the marketplace is alive: cases wait and grow old, some are in hand, some on hold, people are at work.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from piepowder.intake.reporters import TRUST
from piepowder.review.states import CaseEventKind
from piepowder.simulate import habits, steps
from piepowder.simulate.arrivals import arrival_times
from piepowder.simulate.chance import Chance
from piepowder.simulate.floor import Floor, Subject, Waiting
from piepowder.simulate.gallery import Gallery
from piepowder.simulate.house import House, shipped_house
from piepowder.simulate.judgement import Looked, judge, ruling
from piepowder.simulate.marketplace import Arriving, Marketplace
from piepowder.simulate.outside import FLAGGERS
from piepowder.simulate.plan import PersonPlan, people
from piepowder.simulate.reviewers import Reviewer, reviewer
from piepowder.simulate.shifts import Shift, shifts_of
from piepowder.simulate.steps import ItemKey, Said, Step, Truth
from piepowder.simulate.vocabulary import markets

DAYS = 21
_QUIET = timedelta(hours=30)
"""Towards the end fewer hands are free than items come, so that work is waiting when the history ends."""
_SLOWER = 4.0
_CAPACITY = 1.5
"""How much more could be decided than arrives, before that; queues and languages never fit the people perfectly."""
_PROMPT = {0: timedelta(minutes=7), 1: timedelta(minutes=50)}
"""How soon, on average, somebody looks after a grave case that has come in."""
_REVIEWED = 0.72
_IN_A_ROW = 3
_MACHINE = frozenset({"O-2", "M-3", "R-2", "C-1.2", "F-5", "M-5", "F-1"})
_MACHINE_FROM = 0.86


@dataclass(slots=True)
class Worker:
    """A person who takes cases."""

    plan: PersonPlan
    errs: Reviewer
    chance: Chance
    shifts: list[Shift]
    on_shift: Shift | None = None
    available: bool = False
    busy: bool = False
    in_a_row: int = 0
    called: bool = False
    """Whether the case in hand came between two spells of work; the next spell is on the agenda already."""


@dataclass(slots=True)
class History:
    """Play it once: iterate over ``steps()``; ``truths`` grows alongside."""

    seed: int
    items: int
    until: datetime
    gallery: Gallery = field(default_factory=Gallery)
    days: int = DAYS
    unrest: float = 1.0
    """How many times as often as usual people do something else with a case than rule."""
    people: list[PersonPlan] = field(init=False)
    workers: dict[str, Worker] = field(init=False)
    truths: list[Truth] = field(default_factory=list)
    rates: dict[tuple[ItemKey, datetime], float] = field(default_factory=dict)
    """For each ruling of a person that stood, by item and moment: the probability with which they had to get it wrong."""
    subjects: dict[ItemKey, Subject] = field(default_factory=dict)
    since: datetime = field(init=False)
    house: House = field(init=False)
    floor: Floor = field(init=False)
    marketplace: Marketplace = field(init=False)
    _agenda: list[tuple[datetime, int, Callable[[datetime], Iterator[Step]]]] = field(default_factory=list)
    _turn: int = 0

    def __post_init__(self) -> None:
        self.since = self.until - timedelta(days=self.days)
        self.house = shipped_house(tuple(market.code for market in markets()), self.until)
        self.floor = Floor(self.house)
        self.marketplace = Marketplace(Chance(self.seed, "marketplace"), self.gallery)
        self.people = people(Chance(self.seed, "people"))
        self.workers = {}
        for number, plan in enumerate(person for person in self.people if person.works):
            chance = Chance(self.seed, f"worker/{plan.key}")
            shifts = shifts_of(plan, number, chance=chance, start=self.since, end=self.until)
            self.workers[plan.key] = Worker(plan, reviewer(plan, chance), chance, shifts)

    def steps(self) -> Iterator[Step]:
        """Every step of the history, in the order of time."""
        self._prepare()
        while self._agenda and self._agenda[0][0] <= self.until:
            at, _, happens = heapq.heappop(self._agenda)
            yield from happens(at)

    def _prepare(self) -> None:
        chance = Chance(self.seed, "arrivals")
        for at, wave in arrival_times(self.items, chance=chance, since=self.since, until=self.until):
            self._at(at, partial(self._arrives, wave=wave))
        for worker in self.workers.values():
            for shift in worker.shifts:
                self._at(max(shift.starts_at, self.since), partial(self._begins, worker=worker, shift=shift))
        hours = self.days * 24
        for hour in range(1, hours + 1):
            self._at(self.since + timedelta(hours=hour) - timedelta(seconds=1), self._sweeps)
        for worker in self.workers.values():
            last = self.until - timedelta(seconds=worker.chance.whole(15, 230))
            if worker.chance.happens(0.8):
                self._at(last, partial(self._still_at_it, worker=worker))

    def _at(self, at: datetime, happens: Callable[[datetime], Iterator[Step]]) -> None:
        self._turn += 1
        heapq.heappush(self._agenda, (at, self._turn, happens))

    # What comes from outside.

    def _arrives(self, at: datetime, wave: bool) -> Iterator[Step]:
        made = self.marketplace.next_item(at, wave=wave)
        for file in self.gallery.take_new():
            yield steps.Store(at, file)
        yield steps.Receive(at, (made.raw,))
        subject = Subject(
            made.key,
            made.raw["market"],
            made.raw["language"],
            made.key[1] if made.key[0] == "seller" else made.raw.get("seller", ""),
            made.code,
            made.lookalike_of,
            made.facts,
            made.wave,
        )
        self.subjects[made.key] = subject
        self.truths.append(Truth(made.key, 1, made.code, made.wave))
        found = [(one["label"], one.get("policy", ""), one["score"]) for one in made.raw.get("detections", ())]
        suspected = max((one for one in found if one[1]), key=lambda one: one[2], default=("", "", 0.0))
        case = self.floor.wanted(subject, [(label, score) for label, _, score in found], suspected[1], at)
        if case is not None and suspected[1] in _MACHINE and suspected[2] >= _MACHINE_FROM:
            self._at(at + timedelta(milliseconds=900), partial(self._machine, case=case, code=suspected[1]))
        self._rings(subject, at)
        self._later(made, subject, at)

    def _later(self, made: Arriving, subject: Subject, at: datetime) -> None:
        """What will happen to the item after today: somebody reports it, the seller changes it."""
        chance = self.marketplace.chance
        if made.complaint is not None:
            told = partial(self._is_reported, subject=subject, notice=made.complaint.notice)
            self._at(_rounded(at + made.complaint.after), told)
        if made.key[0] == "listing" and chance.happens(0.055):
            submission = chance.weighted(("updated", "withdrawn", "deleted"), (6, 3, 2))
            subject.raw = made.raw
            after = timedelta(hours=0.3 + chance.waiting(20))
            self._at(_rounded(at + after), partial(self._changes, subject=subject, submission=submission))

    def _changes(self, at: datetime, subject: Subject, submission: str) -> Iterator[Step]:
        assert subject.raw is not None
        yield steps.Receive(at, (self.marketplace.changed(subject.raw, submission, at),))
        subject.number += 1
        self.truths.append(Truth(subject.key, subject.number, subject.code, subject.wave))
        subject.gone = submission != "updated"
        subject.raw = None
        if subject.case is not None:
            self.floor.shown(subject, at)
        elif not subject.gone:
            self.floor.wanted(subject, (), "", at)

    def _is_reported(self, at: datetime, subject: Subject, notice: dict[str, Any]) -> Iterator[Step]:
        yield steps.Report(at, notice)
        kind, policy = notice["reporter"]["kind"], notice.get("policy", "")
        trust = TRUST[kind]
        if kind == "trusted_flagger":
            areas = FLAGGERS[notice["reporter"]["id"]][1]
            within = not areas or any(policy == area or policy.startswith(f"{area}-") for area in areas)
            trust = trust if within else TRUST["user"]
        self.floor.reported(subject, reporter=kind, policy=policy, trust=trust, at=at)
        self._rings(subject, at)

    def _rings(self, subject: Subject, at: datetime) -> None:
        """A grave case calls for one of those who are there and may take it."""
        case = subject.case
        soon = _PROMPT.get(case.severity) if case is not None else None
        if case is None or soon is None or case.holder or case.held:
            return
        there = [
            worker for worker in self.workers.values() if worker.available and self.floor.may_take(worker.plan, case)
        ]
        if there:
            worker = there[len(self.subjects) % len(there)]
            after = worker.chance.waiting(soon.total_seconds() * (_SLOWER if at > self.until - _QUIET else 1.0))
            self._at(_rounded(at + timedelta(seconds=20 + after)), partial(self._looks_in, worker=worker))

    def _machine(self, at: datetime, case: Waiting, code: str) -> Iterator[Step]:
        policy = self.house.cites(code, case.subject.market, case.subject.key[0])
        if case.subject.case is case and not case.holder and not case.held and policy is not None:
            yield steps.MachineDecides(at, case.subject.key, ruling(policy, case.subject.facts))
            self.floor.decided(case, violation=True)

    def _sweeps(self, at: datetime) -> Iterator[Step]:
        yield steps.Sweep(at)

    # What people do.

    def _begins(self, at: datetime, worker: Worker, shift: Shift) -> Iterator[Step]:
        worker.on_shift, worker.available = shift, True
        yield steps.Available(at, worker.plan.key, "available", "login")
        for begins, ends, state in shift.pauses:
            if begins > at:
                self._at(_rounded(begins), partial(self._pauses, worker=worker, shift=shift, state=state, until=ends))
        self._at(_rounded(shift.ends_at), partial(self._leaves, worker=worker, shift=shift))
        self._at(
            _rounded(at + timedelta(seconds=20 + worker.chance.waiting(self._gap(at)))),
            partial(self._tries, worker=worker),
        )

    def _pauses(self, at: datetime, worker: Worker, shift: Shift, state: str, until: datetime) -> Iterator[Step]:
        if worker.on_shift is not shift:
            return
        if worker.busy:
            again = partial(self._pauses, worker=worker, shift=shift, state=state, until=until)
            self._at(at + timedelta(seconds=45), again)
            return
        worker.available = False
        yield steps.Available(at, worker.plan.key, state, "person")
        back = max(until, at + timedelta(minutes=5))
        self._at(_rounded(back), partial(self._returns, worker=worker, shift=shift))

    def _returns(self, at: datetime, worker: Worker, shift: Shift) -> Iterator[Step]:
        if worker.on_shift is shift:
            worker.available = True
            yield steps.Available(at, worker.plan.key, "available", "person")

    def _leaves(self, at: datetime, worker: Worker, shift: Shift) -> Iterator[Step]:
        if worker.busy:
            self._at(at + timedelta(seconds=45), partial(self._leaves, worker=worker, shift=shift))
            return
        worker.on_shift, worker.available = None, False
        yield steps.Available(at, worker.plan.key, "offline", "logout")

    def _gap(self, at: datetime) -> float:
        """Mean seconds between two spells of work of one person, so that all together decide a bit more than arrives."""
        per_day = self.items * _REVIEWED / self.days
        hours = len(self.workers) * 5 / 7 * 7.2
        spells = per_day * _CAPACITY / _IN_A_ROW
        slower = _SLOWER if at > self.until - _QUIET else 1.0
        return max(5.0, slower * (hours * 3600 / spells - _IN_A_ROW * 60))

    def _tries(self, at: datetime, worker: Worker) -> Iterator[Step]:
        if worker.on_shift is None:
            return
        if worker.available and not worker.busy:
            worker.in_a_row = worker.chance.whole(1, 2 * _IN_A_ROW - 1)
            if (case := self.floor.take(worker.plan)) is not None:
                yield from self._claims(at, worker, case)
                return
        self._at(
            _rounded(at + timedelta(seconds=worker.chance.waiting(self._gap(at)))), partial(self._tries, worker=worker)
        )

    def _looks_in(self, at: datetime, worker: Worker) -> Iterator[Step]:
        """Take one case between two spells of work."""
        if worker.available and not worker.busy and (case := self.floor.take(worker.plan)) is not None:
            worker.called = True
            yield from self._claims(at, worker, case)

    def _claims(self, at: datetime, worker: Worker, case: Waiting) -> Iterator[Step]:
        worker.busy = True
        yield steps.Claim(at, worker.plan.key, case.subject.key)
        self._at(
            at + timedelta(milliseconds=worker.chance.whole(400, 2_500)), partial(self._looks, worker=worker, case=case)
        )

    def _looks(self, at: datetime, worker: Worker, case: Waiting) -> Iterator[Step]:
        yield steps.View(at, worker.plan.key, case.subject.key)
        handling = habits.handling_s(case.subject.key[0], worker.errs.fatigue, worker.chance)
        self._at(_rounded(at + timedelta(seconds=handling)), partial(self._acts, worker=worker, case=case))

    def _acts(self, at: datetime, worker: Worker, case: Waiting) -> Iterator[Step]:
        """Mostly they rule; sometimes they pass on, put back, hold, move, hand up, or are simply gone."""
        who, item, chance = worker.plan.key, case.subject.key, worker.chance
        what = habits.ending(chance, unrest=self.unrest)
        if at > self.until - _QUIET and chance.happens(0.08):
            what = "hold"
        if what == "skip":
            yield steps.Skip(at, who, item, chance.pick(habits.SKIPS))
            case.passed_on.add(who)
            self.floor.put_back(case, at)
        elif what == "release":
            yield steps.Release(at, who, item)
            self.floor.put_back(case, at)
        elif what == "hold" and case.severity > 0:
            until = _rounded(at + timedelta(hours=chance.between(3, 70)))
            yield steps.Hold(at, who, item, until, chance.pick(habits.HOLDS))
            self.floor.hold(case, at)
            self._at(until + timedelta(milliseconds=1), partial(self._resumes, case=case))
        elif what == "transfer" and worker.plan.role != "external_moderator":
            queue = self.house.known.by_code[chance.pick([one for one in habits.OPEN_QUEUES if one != case.queue.code])]
            yield steps.Transfer(at, who, item, queue.code, chance.pick(habits.MOVES))
            self.floor.move(case, queue, CaseEventKind.TRANSFERRED, at)
        elif what == "escalate" and case.queue.escalates_to is not None:
            yield steps.Escalate(at, who, item, chance.pick(habits.ESCALATES))
            queue = self.house.known.queues[case.queue.escalates_to]
            self.floor.move(case, queue, CaseEventKind.ESCALATED, at)
            self._rings(case.subject, at)
        elif what == "vanish":
            gone_at = at + timedelta(seconds=case.queue.lease_s + 1)
            self._at(gone_at, partial(self._expires, case=case))
        else:
            yield from self._rules(at, worker, case)
            return
        self._goes_on(at, worker)

    def _rules(self, at: datetime, worker: Worker, case: Waiting, *, again: bool = False) -> Iterator[Step]:
        chance = worker.chance
        hours = (at - worker.on_shift.starts_at) / timedelta(hours=1) if worker.on_shift else 8.0
        week = (at - self.since) / timedelta(weeks=1)
        said = judge(_looked(case), worker.errs, self.house, chance=chance, hours=hours, week=week)
        yield steps.Decide(at, worker.plan.key, case.subject.key, said)
        if not again and self._can_undo(case, said) and chance.happens(habits.UNDONE * self.unrest):
            back = at + timedelta(seconds=chance.whole(3, 8))
            self.floor.decided(case, violation=said.outcome == "violation")
            self._at(back, partial(self._takes_back, worker=worker, case=case, said=said))
            return
        self.rates[case.subject.key, at] = self._error_rate(worker, case.subject, hours, week)
        self.floor.decided(case, violation=said.outcome == "violation")
        self._goes_on(at, worker)

    def _error_rate(self, worker: Worker, subject: Subject, hours: float, week: float) -> float:
        if subject.code:
            return worker.errs.miss(subject.code[0], subject.language, hours=hours, week=week)
        return worker.errs.false_alarm(subject.language, hours=hours, week=week)

    def _can_undo(self, case: Waiting, said: Said) -> bool:
        """Whether the decision waits before it leaves; what is urgent does not."""
        severity = min(case.severity, self.house.severity(said.code, case.subject.market) or 0) if said.code else 3
        urgent = severity <= 1 or case.subject.key[0] == "livestream"
        return not (said.enforcements and urgent)

    def _takes_back(self, at: datetime, worker: Worker, case: Waiting, said: Said) -> Iterator[Step]:
        if case.subject.case is not None:
            # Meanwhile somebody reported it and a new case is open: then the first ruling stands.
            self._goes_on(at, worker)
            return
        yield steps.Withdraw(at, worker.plan.key, case.subject.key)
        self.floor.taken_back(case, worker.plan, violation=said.outcome == "violation")
        rules = partial(self._rules, worker=worker, case=case, again=True)
        self._at(at + timedelta(seconds=worker.chance.whole(6, 40)), rules)

    def _expires(self, at: datetime, case: Waiting) -> Iterator[Step]:
        yield steps.ExpireLeases(at)
        self.floor.put_back(case, at)

    def _resumes(self, at: datetime, case: Waiting) -> Iterator[Step]:
        yield steps.ResumeHeld(at)
        self.floor.resume(case, at)

    def _goes_on(self, at: datetime, worker: Worker) -> None:
        worker.busy = False
        if worker.called:
            worker.called = False
            return
        worker.in_a_row -= 1
        wait = worker.chance.between(2, 9) if worker.in_a_row > 0 else worker.chance.waiting(self._gap(at))
        happens = partial(self._next, worker=worker) if worker.in_a_row > 0 else partial(self._tries, worker=worker)
        self._at(_rounded(at + timedelta(seconds=wait)), happens)

    def _next(self, at: datetime, worker: Worker) -> Iterator[Step]:
        case = self.floor.take(worker.plan) if worker.available and not worker.busy else None
        if case is not None:
            yield from self._claims(at, worker, case)
            return
        worker.in_a_row = 0
        self._at(
            _rounded(at + timedelta(seconds=worker.chance.waiting(self._gap(at)))), partial(self._tries, worker=worker)
        )

    def _still_at_it(self, at: datetime, worker: Worker) -> Iterator[Step]:
        """Shortly before the end somebody has a case in hand."""
        if worker.available and not worker.busy and (case := self.floor.take(worker.plan)) is not None:
            worker.busy = True
            yield steps.Claim(at, worker.plan.key, case.subject.key)
            self._at(at + timedelta(milliseconds=1_200), partial(self._only_looks, worker=worker, case=case))

    def _only_looks(self, at: datetime, worker: Worker, case: Waiting) -> Iterator[Step]:
        yield steps.View(at, worker.plan.key, case.subject.key)


def _rounded(at: datetime) -> datetime:
    """To the millisecond, as clocks of real systems tell it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _looked(case: Waiting) -> Looked:
    subject = case.subject
    return Looked(
        kind=subject.key[0],
        market=subject.market,
        language=subject.language,
        code=subject.code,
        lookalike_of=subject.lookalike_of,
        suspected=case.policy_code,
        facts=subject.facts,
    )
