"""Cases in bulk: opening, claiming, moving, clocks, as review's operations leave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from piepowder.access.models import User
from piepowder.intake.models import Item
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.ids import new_id
from piepowder.policy.library import shipped_tree
from piepowder.review.case_clocks import CLOCK_STEPS, Step, Terms, cycles, terms_for
from piepowder.review.exposure import local_day, seconds_at
from piepowder.review.lanes import lanes_for
from piepowder.review.models import (
    AvailabilityEvent,
    Case,
    CaseClock,
    Exposure,
    Lease,
    Presence,
    SellerViolations,
    Skip,
)
from piepowder.review.moving import SKIPPED_FOR
from piepowder.review.opening import day_of
from piepowder.review.reference import LaneEntry, QueueEntry, Reference
from piepowder.review.routing import RoutingFacts, route, settled_severity
from piepowder.review.states import CaseEventKind, CaseState, ClockState
from piepowder.review.steps import CLOCK_COLUMNS, clock_row, rank_of
from piepowder.simulate.bulk.pages import Pages


@dataclass(slots=True)
class Open:
    """A case in memory, with the part of its events that clocks are told from."""

    case: Case
    steps: list[Step] = field(default_factory=list)
    clocks: list[CaseClock] = field(default_factory=list)
    lease: Lease | None = None


class Desk:
    """All cases. Those that are over stay here until the end, because a decision may still be taken back."""

    def __init__(self, pages: Pages, known: Reference) -> None:
        self.pages = pages
        self.known = known
        self.active: dict[UUID, Open] = {}
        """By item."""
        self.over: list[Open] = []
        self.violations: Counter[tuple[str, date]] = Counter()
        self.presences: dict[int, Presence] = {}
        self.hands: dict[int, list[Lease]] = {}
        """What each person has in hand."""
        self.exposures: dict[tuple[int, date, int], Exposure] = {}
        self._zones: dict[int, str] = {}
        self._sellers: Counter[str] = Counter()
        self._severities: dict[tuple[str, str], int | None] = {}
        self._lanes: dict[tuple[int, str], LaneEntry] = {}
        self._running: dict[UUID, CaseClock] = {}
        """The running clock of each case, in the order in which they were started."""

    # What comes from intake.

    def open(
        self, item: Item, *, actor: Actor, at: datetime, policy: str, labels: tuple[tuple[str, float], ...] = (),
        reporter: str = "", reports: int = 0, trust: int = 0,
    ) -> None:  # fmt: skip
        """Route and open a case, unless the rules keep the item without review."""
        known = self.known
        severity = self._severity(policy, item.market, at)
        facts = RoutingFacts(
            kind=item.kind,
            market=item.market,
            language=item.language,
            policy_code=policy,
            severity=severity,
            labels=labels,
            reporter_kind=reporter,
            seller_violations=self._violations_of(item.seller_ref),
        )
        to = route(known.rules, facts)
        if to.queue is None:
            return
        queue = known.by_code[to.queue]
        case = Case(
            id=new_id(),
            item_id=item.pk,
            snapshot_id=snapshot_of(item),
            queue_id=queue.id,
            lane_id=self._lane(queue, item.language).id,
            rank=0,
            severity=settled_severity(to.severity, severity),
            kind=item.kind,
            market=item.market,
            language=item.language,
            seller_ref=item.seller_ref,
            policy_code=policy,
            reports=reports,
            trust=trust,
            why_here=to.why,
            opened_at=at,
        )
        one = self.active[item.pk] = Open(case)
        self.pages.begun(case)
        terms = terms_for(known, queue, case.severity)
        if terms:
            case.due_at, case.at_risk_at = terms.due(at, known.calendars)
        case.rank = rank_of(case)
        told = {"queue": queue.code, "severity": case.severity, "policy": policy, "clock": _promised(terms)}
        self._event(one, actor, at, CaseEventKind.OPENED, told)
        if terms:
            self._start_clock(one, terms, at)
        fact = {
            "item": str(item.pk),
            "kind": item.kind,
            "market": item.market,
            "language": item.language,
            "queue": queue.code,
            "severity": case.severity,
            "policy": policy,
            "reports": reports,
            "due_at": case.due_at.isoformat() if case.due_at else None,
            "routing": to.why["version"],
        }
        self.pages.fact(actor, at, "case.open", "case", case.pk, fact)

    def show(self, one: Open, item: Item, *, actor: Actor, at: datetime, number: int, submission: str) -> None:
        """A newer snapshot arrives in an active case."""
        case = one.case
        case.snapshot_id, case.item_gone = snapshot_of(item), submission != "updated"
        case.rank = rank_of(case)
        body = {"snapshot": str(item.snapshot_id), "number": number, "submission": submission, "changed": True}
        self._event(one, actor, at, CaseEventKind.SNAPSHOT_ARRIVED, body)
        self.pages.fact(actor, at, "case.snapshot", "case", case.pk, body)

    def join(
        self, one: Open, *, actor: Actor, at: datetime, report: UUID, reporter: str, policy: str, trust: int
    ) -> None:
        """A report joins an active case, and may make it graver."""
        case = one.case
        case.reports += 1
        case.trust = max(case.trust, trust)
        case.policy_code = case.policy_code or policy
        body = {"report": str(report), "reporter": reporter, "policy": policy}
        self._step(one, actor, at, CaseEventKind.REPORT_JOINED, "case.join", body=body)
        graver = self._severity(policy, case.market, at)
        if graver is not None and graver < case.severity:
            case.severity, case.policy_code = graver, policy
            terms = terms_for(self.known, self.known.queues[case.queue_id], graver)
            told = {"severity": graver, "policy": policy, "clock": _promised(terms)}
            self._step(one, actor, at, CaseEventKind.REPRIORITISED, "case.reprioritise", body=told)
            self._tell_clock(one, at)
        case.rank = rank_of(case)

    # What people do.

    def claim(self, one: Open, *, actor: Actor, at: datetime) -> None:
        case, user = one.case, int(actor.ref)
        queue = self.known.queues[case.queue_id]
        case.state, case.holder_id, case.vendor, case.claimed_at = CaseState.CLAIMED, user, actor.vendor, at
        case.first_claimed_at = case.first_claimed_at or at
        case.first_offered_at = case.first_offered_at or at
        expires_at = at + timedelta(seconds=queue.lease_s)
        one.lease = Lease(
            id=new_id(),
            case_id=case.pk,
            user_id=user,
            taken_at=at,
            beaten_at=at,
            length_s=queue.lease_s,
            expires_at=expires_at,
            number=max((one.number or 0 for one in self.hands.get(user, ())), default=0) + 1,
            shown_s=0.0,
        )
        self.hands.setdefault(user, []).append(one.lease)
        for kind in (CaseEventKind.OFFERED, CaseEventKind.CLAIMED):
            self._event(one, actor, at, kind, {}, lease=one.lease.pk)
        told = {"lease": str(one.lease.pk)}
        self.pages.fact(actor, at, "case.claim", "case", case.pk, told)

    def view(self, one: Open, *, actor: Actor, at: datetime) -> None:
        lease = _live(one)
        for other in self.hands[lease.user_id]:
            if other is not lease and other.shown_at is not None:
                other.shown_s += max(0.0, (at - other.shown_at).total_seconds())
                other.shown_at = None
        lease.shown_at = lease.shown_at or at
        one.case.first_viewed_at = one.case.first_viewed_at or at
        self._step(one, actor, at, CaseEventKind.VIEWED, "case.view", lease=_lease(one))

    def decide(self, one: Open, *, actor: Actor, at: datetime) -> None:
        """Close the case; without a lease a machine decides."""
        case = one.case
        case.state, case.decided_at = CaseState.DECIDED, at
        lease = one.lease.pk if one.lease else None
        self._step(one, actor, at, CaseEventKind.DECIDED, "case.decide", lease=lease)
        self._let_go(one, at)
        self._tell_clock(one, at)
        del self.active[case.item_id]
        self.over.append(one)

    def reopen(self, one: Open, *, actor: Actor, at: datetime, reason: str) -> None:
        """Take it up again and give it back to who decided it."""
        case = one.case
        self.over.remove(one)
        self.active[case.item_id] = one
        case.state = CaseState.OPEN
        self._step(one, actor, at, CaseEventKind.REOPENED, "case.reopen", body={"reason": reason})
        case.decided_at, case.holder_id, case.vendor, case.claimed_at = None, None, "", None
        self._tell_clock(one, at)
        self.claim(one, actor=actor, at=at)

    def skip(self, one: Open, *, actor: Actor, at: datetime, reason: str) -> None:
        until = at + SKIPPED_FOR
        self.pages.done(Skip(case_id=one.case.pk, user_id=int(actor.ref), reason=reason, at=at, until=until))
        self._step(one, actor, at, CaseEventKind.SKIPPED, "case.skip", lease=_lease(one), body={"reason": reason})
        self._let_go(one, at)
        _put_back(one)

    def release(self, one: Open, *, actor: Actor, at: datetime) -> None:
        body = {"reason": "", "person": _holder(one.case)}
        self._step(one, actor, at, CaseEventKind.RELEASED, "case.release", lease=_lease(one), body=body)
        self._let_go(one, at)
        _put_back(one)

    def hold(self, one: Open, *, actor: Actor, at: datetime, until: datetime, reason: str) -> None:
        case = one.case
        case.state, case.hold_until, case.hold_reason = CaseState.HELD, until, reason
        body = {"reason": reason, "until": until.isoformat()}
        self._step(one, actor, at, CaseEventKind.HELD, "case.hold", lease=_lease(one), body=body)
        self._let_go(one, at)
        self._tell_clock(one, at)

    def move(
        self, one: Open, queue: QueueEntry, *, actor: Actor, at: datetime, kind: CaseEventKind, verb: str, reason: str
    ) -> None:
        """Transfer or escalate."""
        case = one.case
        came_from = self.known.queues[case.queue_id].code
        body = {
            "reason": reason,
            "from": came_from,
            "queue": queue.code,
            "severity": case.severity,
            "person": _holder(case),
            "clock": _promised(terms_for(self.known, queue, case.severity)),
        }
        self._step(one, actor, at, kind, verb, lease=_lease(one), body=body)
        self._let_go(one, at)
        case.queue_id, case.lane_id = queue.id, self._lane(queue, case.language).id
        routed = case.why_here.get("routed") or case.why_here
        case.why_here = {"by": kind.value, "from": came_from, "version": routed.get("version", 0), "routed": routed}
        _put_back(one)
        self._tell_clock(one, at)

    def available(self, *, actor: Actor, state: str, at: datetime, source: str) -> None:
        user = int(actor.ref)
        presence = self.presences.get(user)
        if presence is not None and presence.state == state:
            presence.seen_at = max(at, presence.seen_at)
            return
        if presence is None:
            presence = self.presences[user] = Presence(user_id=user)
        presence.state, presence.since, presence.seen_at = state, at, at
        site = actor.site
        self.pages.done(
            AvailabilityEvent(user_id=user, state=state, at=at, vendor=actor.vendor, site=site, source=source)
        )
        told = {"state": state, "source": source, "site": site}
        self.pages.fact(actor, at, "availability.set", "person", user, told)

    # What the worker does.

    def expire(self, now: datetime) -> None:
        late = [one for one in self.active.values() if one.lease is not None and one.lease.expires_at <= now]
        for one in sorted(late, key=lambda one: _live(one).expires_at):
            lease, case = _live(one), one.case
            body = {"person": str(lease.user_id), "ended_at": lease.expires_at.isoformat()}
            kind = CaseEventKind.EXPIRED
            self._event(one, SYSTEM, now, kind, body, lease=lease.pk, vendor=case.vendor)
            told = {"lease": str(lease.pk), "person": str(lease.user_id)}
            self.pages.fact(SYSTEM, now, "case.expire", "case", case.pk, told, case.vendor)
            case.state, case.holder_id, case.vendor, case.claimed_at = CaseState.OPEN, None, "", None
            self._let_go(one, now, acted=False)

    def resume(self, now: datetime) -> None:
        held = [one for one in self.active.values() if one.case.state == CaseState.HELD and _held_until(one) <= now]
        for one in sorted(held, key=_held_until):
            self._step(one, SYSTEM, now, CaseEventKind.RESUMED, "case.resume")
            _put_back(one)
            self._tell_clock(one, now)

    def mark_breaches(self, now: datetime) -> None:
        late = [clock for clock in self._running.values() if clock.due_at is not None and clock.due_at <= now]
        for clock in sorted(late, key=lambda clock: clock.due_at or now):
            assert clock.due_at is not None
            clock.state, clock.breached_at = ClockState.BREACHED, clock.due_at
            del self._running[clock.case_id]
            self.pages.breach(clock.case_id, clock.cycle, clock.due_at, now)

    def note_violation(self, seller_ref: str, at: datetime, count: int = 1) -> None:
        if seller_ref:
            self.violations[seller_ref, day_of(at)] += count
            self._sellers[seller_ref] += count

    def finish(self) -> None:
        """Hand over everything that could have changed until now."""
        for one in [*self.over, *self.active.values()]:
            for clock in one.clocks:
                self.pages.done(clock)
            if one.lease is not None:
                self.pages.done(one.lease)
        for presence in self.presences.values():
            self.pages.done(presence)
        for day in self.exposures.values():
            self.pages.done(day)
        for (seller_ref, on), count in self.violations.items():
            self.pages.done(SellerViolations(seller_ref=seller_ref, on=on, count=count))

    def _let_go(self, one: Open, at: datetime, *, acted: bool = True) -> None:
        """The lease ends, and what its holder was exposed to is counted."""
        lease = one.lease
        if lease is None:
            return
        one.lease = None
        self.hands[lease.user_id].remove(lease)
        if lease.user_id not in self._zones:
            self._zones = dict(User.objects.values_list("pk", "timezone"))
        until = at if acted else lease.beaten_at
        on, severity = local_day(until, self._zones[lease.user_id]), one.case.severity
        day = self.exposures.get((lease.user_id, on, severity))
        if day is None:
            day = Exposure(user_id=lease.user_id, on=on, severity=severity, cases=0, seconds=0, revealed=0)
            self.exposures[lease.user_id, on, severity] = day
        day.cases += 1
        day.seconds += round(
            seconds_at(
                taken_at=lease.taken_at, shown_at=lease.shown_at, shown_s=lease.shown_s, until=until, acted=acted
            )
        )

    def _severity(self, policy: str, market: str, at: datetime) -> int | None:
        """Of a suspected policy. The shipped versions are all in force before a history begins, so one look is enough."""
        if not policy:
            return None
        if (policy, market) not in self._severities:
            self._severities |= self.known.policy_severities(((node.code, market) for node in shipped_tree()), at)
        return self._severities[policy, market]

    def _violations_of(self, seller_ref: str) -> int:
        # A history is shorter than the time that routing looks back.
        return self._sellers[seller_ref] if seller_ref else 0

    def _lane(self, queue: QueueEntry, language: str) -> LaneEntry:
        key = (queue.id, language)
        if key not in self._lanes:
            self._lanes |= lanes_for(self.known, [(queue, language)])
        return self._lanes[key]

    def _step(
        self, one: Open, actor: Actor, at: datetime, kind: CaseEventKind, verb: str, *, lease: UUID | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """The event and its fact, which holds no words of people."""
        self._event(one, actor, at, kind, body or {}, lease=lease)
        told = {key: value for key, value in (body or {}).items() if key != "reason"}
        if lease is not None:
            told["lease"] = str(lease)
        self.pages.fact(actor, at, verb, "case", one.case.pk, told)

    def _event(
        self, one: Open, actor: Actor, at: datetime, kind: CaseEventKind, body: Mapping[str, Any], *,
        lease: UUID | None = None, vendor: str | None = None,
    ) -> None:  # fmt: skip
        if kind in CLOCK_STEPS:
            one.steps.append(Step(kind.value, at, body))
        self.pages.event(actor, at, one.case.pk, kind, lease=lease, body=body, vendor=vendor)

    def _start_clock(self, one: Open, terms: Terms, at: datetime) -> None:
        clock = CaseClock(
            case_id=one.case.pk,
            started_at=at,
            target_s=terms.target_s,
            calendar=terms.calendar,
            at_risk_percent=terms.at_risk_percent,
            due_at=one.case.due_at,
        )
        one.clocks.append(clock)
        self._running[one.case.pk] = clock

    def _tell_clock(self, one: Open, now: datetime) -> None:
        """Bring the clocks to what the events say, and the case to what the last of them says."""
        case = one.case
        rows = cycles(one.steps, calendars=self.known.calendars, now=now)
        before = [clock.breached_at for clock in one.clocks]
        for number, row in enumerate(rows):
            if number == len(one.clocks):
                one.clocks.append(CaseClock(case_id=case.pk))
            for name, value in zip(CLOCK_COLUMNS, clock_row(case.pk, row), strict=True):
                setattr(one.clocks[number], name, value)
            if row.breached_at and not (number < len(before) and before[number]):
                self.pages.breach(case.pk, row.cycle, row.breached_at, now)
        self._running.pop(case.pk, None)
        if rows and one.clocks[-1].state == ClockState.RUNNING:
            self._running[case.pk] = one.clocks[-1]
        case.due_at, case.at_risk_at = (rows[-1].due_at, rows[-1].at_risk_at) if rows else (None, None)
        case.rank = rank_of(case)


def snapshot_of(item: Item) -> UUID:
    assert item.snapshot_id is not None, "an item is stored together with its first snapshot"
    return item.snapshot_id


def _promised(terms: Terms | None) -> dict[str, Any] | None:
    return terms.as_json() if terms else None


def _put_back(one: Open) -> None:
    case = one.case
    case.state, case.holder_id, case.vendor, case.claimed_at = CaseState.OPEN, None, "", None
    case.hold_until, case.hold_reason = None, ""
    one.lease = None


def _live(one: Open) -> Lease:
    assert one.lease is not None, "nobody has this case in hand"
    return one.lease


def _lease(one: Open) -> UUID:
    return _live(one).pk


def _holder(case: Case) -> str:
    return str(case.holder_id) if case.holder_id else ""


def _held_until(one: Open) -> datetime:
    assert one.case.hold_until is not None, "a held case says until when"
    return one.case.hold_until
