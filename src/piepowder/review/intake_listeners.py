"""What review does when items and reports arrive: open a case, or tell the one that is open. In intake's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from piepowder.database.bulk import insert_rows
from piepowder.intake.events import Arrival, ItemsReceived, ReportArrived, ReportsReceived
from piepowder.intake.models import Item
from piepowder.intake.states import Submission
from piepowder.kernel.actor import Actor
from piepowder.ledger.operations import Entry, append_rows, fact_row
from piepowder.review.case_clocks import terms_for
from piepowder.review.models import Case, CaseEvent
from piepowder.review.opening import Wanted, open_cases
from piepowder.review.reference import reference
from piepowder.review.states import ACTIVE_STATES, CaseEventKind
from piepowder.review.steps import EVENT_COLUMNS, event_row, rank_of, take_step, write_clock

_GONE = (Submission.WITHDRAWN, Submission.DELETED)
_AT_ONCE = 1_000


def on_items_received(event: ItemsReceived) -> None:
    """Open a case for each new or changed item that has none, and show newer snapshots in those that are open.

    An item that was withdrawn or deleted keeps its open case: the evidence is stored, the seller can still be judged,
    and a deletion must not be a way out. It only waits longer, unless it is grave (``priority.py``).
    """
    active = _active_cases(arrival.item_id for arrival in event.arrivals if not arrival.is_new_item)
    wanted: list[Wanted] = []
    touched: list[tuple[Case, Arrival]] = []
    for arrival in event.arrivals:
        case = active.get(arrival.item_id)
        if case is not None:
            if case.snapshot_id != arrival.snapshot_id:
                touched.append((case, arrival))
        elif arrival.submission not in _GONE and (arrival.content_changed or arrival.detections):
            wanted.append(_wanted(arrival))
    _show_snapshots(touched, actor=event.actor, at=event.at)
    open_cases(wanted, actor=event.actor, at=event.at)


def on_reports_received(event: ReportsReceived) -> None:
    """Join each report to the open case of its item, or open one with what the reports say."""
    active = _active_cases(report.item_id for report in event.reports)
    wanted: dict[UUID, Wanted] = {}
    for report in event.reports:
        case = active.get(report.item_id)
        if case is not None:
            _join(case, report, actor=event.actor, at=event.at)
        elif report.item_id in wanted:
            wanted[report.item_id] = _joined(wanted[report.item_id], report)
        else:
            wanted[report.item_id] = _wanted_by(report)
    open_cases(list(wanted.values()), actor=event.actor, at=event.at)


def _active_cases(item_ids: Iterable[UUID]) -> dict[UUID, Case]:
    """The open cases of these items, locked, by item.

    On PostgreSQL the items are locked first: two processes that bring news of one item must not both find it without
    a case. SQLite has one writer anyway.
    """
    ids = sorted(set(item_ids))
    found: dict[UUID, Case] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        if connection.vendor == "postgresql":
            items = Item.objects.filter(id__in=some).order_by("id").select_for_update(no_key=True)
            list(items.values_list("id", flat=True))
        cases = Case.objects.filter(item_id__in=some, state__in=ACTIVE_STATES).order_by("id")
        found.update({case.item_id: case for case in cases.select_for_update(no_key=True)})
    return found


def _wanted(arrival: Arrival) -> Wanted:
    suspicions = [found for found in arrival.detections if found[1]]
    suspected = max(suspicions, key=lambda found: found[2])[1] if suspicions else ""
    return Wanted(
        item_id=arrival.item_id,
        snapshot_id=arrival.snapshot_id,
        kind=arrival.kind,
        market=arrival.market,
        language=arrival.language,
        seller_ref=arrival.seller_ref,
        policy_code=suspected,
        labels=tuple((label, score) for label, _, score in arrival.detections),
    )


def _wanted_by(report: ReportArrived) -> Wanted:
    return Wanted(
        item_id=report.item_id,
        snapshot_id=report.snapshot_id,
        kind=report.kind,
        market=report.market,
        language=report.language,
        seller_ref=report.seller_ref,
        policy_code=report.policy_code,
        reporter_kind=report.reporter_kind,
        reports=1,
        trust=report.trust,
    )


def _joined(one: Wanted, report: ReportArrived) -> Wanted:
    """The most trusted reporter's kind routes a case that several reports open at once."""
    kind = report.reporter_kind if report.trust > one.trust else one.reporter_kind
    code = one.policy_code or report.policy_code
    trust = max(one.trust, report.trust)
    return replace(one, reporter_kind=kind, policy_code=code, reports=one.reports + 1, trust=trust)


def _show_snapshots(touched: Sequence[tuple[Case, Arrival]], *, actor: Actor, at: datetime) -> None:
    events: list[tuple[Any, ...]] = []
    facts: list[tuple[Any, ...]] = []
    for case, arrival in touched:
        case.snapshot_id = arrival.snapshot_id
        case.item_gone = arrival.submission in _GONE
        case.rank = rank_of(case)
        body = {
            "snapshot": str(arrival.snapshot_id),
            "number": arrival.snapshot_number,
            "submission": arrival.submission,
            "changed": arrival.content_changed,
        }
        kind = CaseEventKind.SNAPSHOT_ARRIVED
        events.append(event_row(actor=actor, at=at, case_id=case.pk, kind=kind, body=body))
        facts.append(fact_row(actor=actor, at=at, entry=Entry("case.snapshot", "case", str(case.pk), body)))
    if touched:
        Case.objects.bulk_update([case for case, _ in touched], ["snapshot", "item_gone", "rank"], batch_size=500)
        insert_rows(CaseEvent, EVENT_COLUMNS, events)
        append_rows(facts)


def _join(case: Case, report: ReportArrived, *, actor: Actor, at: datetime) -> None:
    """One more report on an open case; a graver suspicion than before makes the case graver, with its promise."""
    case.reports += 1
    case.trust = max(case.trust, report.trust)
    case.policy_code = case.policy_code or report.policy_code
    body = {"report": str(report.report_id), "reporter": report.reporter_kind, "policy": report.policy_code}
    take_step(actor=actor, at=at, case=case, kind=CaseEventKind.REPORT_JOINED, verb="case.join", body=body)
    known = reference()
    suspicion = (report.policy_code, case.market)
    graver = known.policy_severities([suspicion], at)[suspicion] if report.policy_code else None
    if graver is not None and graver < case.severity:
        case.severity, case.policy_code = graver, report.policy_code
        terms = terms_for(known, known.queues[case.queue_id], graver)
        told = {"severity": graver, "policy": report.policy_code, "clock": terms.as_json() if terms else None}
        take_step(actor=actor, at=at, case=case, kind=CaseEventKind.REPRIORITISED, verb="case.reprioritise", body=told)
        write_clock(case, now=at)
    case.rank = rank_of(case)
    case.save(update_fields=["reports", "trust", "policy_code", "severity", "rank", "due_at", "at_risk_at"])
