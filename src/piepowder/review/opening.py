"""Opening cases, many at once: the set-based end of intake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum

from piepowder.database.bulk import gathered, insert_rows
from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.ids import new_id
from piepowder.ledger.operations import Entry, append_rows, fact_row, record
from piepowder.review.case_clocks import CycleRow, Terms, terms_for
from piepowder.review.lanes import lanes_for
from piepowder.review.models import Case, CaseClock, CaseEvent, Queue, SellerViolations
from piepowder.review.priority import rank
from piepowder.review.reference import (
    FALLBACK_QUEUE,
    QueueEntry,
    Reference,
    note_change,
    reference,
)
from piepowder.review.routing import RoutingFacts, route, settled_severity
from piepowder.review.states import CaseEventKind, CaseState, ClockState
from piepowder.review.steps import CLOCK_COLUMNS, EVENT_COLUMNS, clock_row, event_row

HISTORY = timedelta(days=90)
"""How far back routing looks at a seller's violations."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that may need a case: what it is, what is known about it, and what reports say."""

    item_id: UUID
    snapshot_id: UUID
    kind: str
    market: str
    language: str
    seller_ref: str
    policy_code: str = ""
    labels: tuple[tuple[str, float], ...] = ()
    reporter_kind: str = ""
    reports: int = 0
    trust: int = 0
    item_gone: bool = False


_CASE_COLUMNS = (
    "id",
    "item_id",
    "snapshot_id",
    "state",
    "queue_id",
    "lane_id",
    "rank",
    "severity",
    "kind",
    "market",
    "language",
    "seller_ref",
    "policy_code",
    "reports",
    "trust",
    "vendor",
    "item_gone",
    "why_here",
    "opened_at",
    "due_at",
    "at_risk_at",
    "hold_reason",
)


@dataclass(frozen=True, slots=True)
class _Placed:
    wanted: Wanted
    queue: QueueEntry
    severity: int
    policy_code: str
    why: dict[str, Any]


def open_cases(wanted: Sequence[Wanted], *, actor: Actor, at: datetime) -> int:
    """Route each and open its case, unless a rule keeps it without review; returns how many were opened.

    A fixed number of statements however many there are. The caller has made sure that no item has an active case.
    """
    if not wanted:
        return 0
    known = _with_fallback(at)
    placed = _placed(known, wanted, at)
    lanes = lanes_for(known, ((one.queue, one.wanted.language) for one in placed))
    promises: dict[tuple[int, int], tuple[Terms | None, datetime | None, datetime | None]] = {}
    cases, events, clocks, facts = [], [], [], []
    for one in placed:
        key = (one.queue.id, one.severity)
        if key not in promises:
            terms = terms_for(known, one.queue, one.severity)
            promises[key] = (terms, *(terms.due(at, known.calendars) if terms else (None, None)))
        terms, due_at, at_risk_at = promises[key]
        case_id, item = new_id(), one.wanted
        place = rank(due_at, at, one.severity, item.trust, item.reports, item.item_gone)
        cases.append(
            (
                case_id,
                item.item_id,
                item.snapshot_id,
                CaseState.OPEN.value,
                one.queue.id,
                lanes[one.queue.id, item.language].id,
                place,
                one.severity,
                item.kind,
                item.market,
                item.language,
                item.seller_ref,
                one.policy_code,
                item.reports,
                item.trust,
                "",
                item.item_gone,
                one.why,
                at,
                due_at,
                at_risk_at,
                "",
            )
        )
        told = {
            "queue": one.queue.code,
            "severity": one.severity,
            "policy": one.policy_code,
            "clock": terms.as_json() if terms else None,
        }
        events.append(event_row(actor=actor, at=at, case_id=case_id, kind=CaseEventKind.OPENED, body=told))
        if terms:
            clocks.append(clock_row(case_id, _first_cycle(terms, at, due_at, at_risk_at)))
        fact = {
            "item": str(item.item_id),
            "kind": item.kind,
            "market": item.market,
            "language": item.language,
            "queue": one.queue.code,
            "severity": one.severity,
            "policy": one.policy_code,
            "reports": item.reports,
            "due_at": due_at.isoformat() if due_at else None,
            "routing": one.why["version"],
        }
        facts.append(fact_row(actor=actor, at=at, entry=Entry("case.open", "case", str(case_id), fact)))
    with gathered():
        insert_rows(Case, _CASE_COLUMNS, cases)
        insert_rows(CaseEvent, EVENT_COLUMNS, events)
        insert_rows(CaseClock, CLOCK_COLUMNS, clocks)
        append_rows(facts)
    return len(cases)


def _first_cycle(terms: Terms, at: datetime, due_at: datetime | None, at_risk_at: datetime | None) -> CycleRow:
    return CycleRow(
        cycle=1,
        started_at=at,
        target_s=terms.target_s,
        calendar=terms.calendar,
        at_risk_percent=terms.at_risk_percent,
        due_at=due_at,
        at_risk_at=at_risk_at,
        remaining_s=None,
        state=ClockState.RUNNING.value,
        breached_at=None,
        ended_at=None,
    )


def _placed(known: Reference, wanted: Sequence[Wanted], at: datetime) -> list[_Placed]:
    """Where each goes; what a rule keeps without review is left out."""
    suspected = {(one.policy_code, one.market) for one in wanted if one.policy_code}
    severities = known.policy_severities(suspected, at)
    history = violations_of({one.seller_ref for one in wanted}, at) if known.rules.asks_seller_history else {}
    placed: list[_Placed] = []
    for one in wanted:
        facts = RoutingFacts(
            kind=one.kind,
            market=one.market,
            language=one.language,
            policy_code=one.policy_code,
            severity=severities.get((one.policy_code, one.market)),
            labels=one.labels,
            reporter_kind=one.reporter_kind,
            seller_violations=history.get(one.seller_ref, 0),
        )
        to = route(known.rules, facts)
        if to.queue is None:
            continue
        queue, why = known.by_code.get(to.queue), to.why
        if queue is None or not queue.active:
            # The queue was closed after the rules were published: nothing is lost, and why_here says so.
            queue, why = known.by_code[known.rules.fallback], {**why, "instead_of": to.queue}
        code = to.policy_code or one.policy_code
        by_policy = facts.severity
        if code != one.policy_code:
            by_policy = known.policy_severities([(code, one.market)], at)[code, one.market]
        placed.append(_Placed(one, queue, settled_severity(to.severity, by_policy), code, why))
    return placed


def violations_of(sellers: Iterable[str], at: datetime) -> dict[str, int]:
    """How many decisions of the last 90 days found a violation, by seller; sellers without any are left out."""
    asked = sorted(set(sellers) - {""})
    since = (at - HISTORY).astimezone(UTC).date()
    if len(asked) == 1:
        return {seller: total for seller, total in _violations_of_one(asked[0], since) if total}
    found: dict[str, int] = {}
    for start in range(0, len(asked), 1_000):
        rows = SellerViolations.objects.filter(seller_ref__in=asked[start : start + 1_000], on__gt=since)
        found.update(rows.values_list("seller_ref").annotate(total=Sum("count")).order_by())
    return {seller: total for seller, total in found.items() if total}


_violations_of_one = Prepared(
    lambda seller, since: (
        SellerViolations.objects.filter(seller_ref=seller, on__gt=since)
        .values_list("seller_ref")
        .annotate(total=Sum("count"))
        .order_by()
    ),
    SellerViolations.seller_ref,
    SellerViolations.on,
)


def day_of(at: datetime) -> date:
    """The day under which a violation is counted."""
    return at.astimezone(UTC).date()


def _with_fallback(at: datetime) -> Reference:
    """The reference copy, in which the fallback queue exists: work that arrives before any set-up still waits somewhere."""
    known = reference()
    fallback = known.by_code.get(known.rules.fallback)
    if fallback is not None and fallback.active:
        return known
    queue, made = Queue.objects.get_or_create(code=FALLBACK_QUEUE, defaults={"name": "General", "position": 1_000})
    if not queue.active:
        Queue.objects.filter(pk=queue.pk).update(active=True)
    record(actor=SYSTEM, at=at, verb="queue.save", subject_kind="queue", subject_id=queue.code, fallback=True, new=made)
    note_change()
    return reference()
