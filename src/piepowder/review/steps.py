"""Writing down one step of a case: its event, its fact in the ledger, and what it does to the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from piepowder.database.bulk import insert_rows
from piepowder.database.prepared import Change, Prepared
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.ledger.operations import Entry, append_rows, fact_row, record
from piepowder.review.case_clocks import CLOCK_STEPS, CycleRow, Step, cycles
from piepowder.review.models import Case, CaseClock, CaseEvent
from piepowder.review.priority import rank
from piepowder.review.reference import reference
from piepowder.review.states import CaseEventKind

EVENT_COLUMNS = ("case_id", "kind", "at", "actor_kind", "actor_ref", "vendor", "lease", "body")
CLOCK_COLUMNS = (
    "case_id",
    "metric",
    "cycle",
    "started_at",
    "target_s",
    "calendar",
    "at_risk_percent",
    "due_at",
    "remaining_s",
    "state",
    "breached_at",
    "ended_at",
)
METRIC = "decision"

# Words typed by people stay with the case: the ledger holds no text that somebody may ask us to erase.
_NOT_FOR_THE_LEDGER = {"reason"}


def event_row(
    *,
    actor: Actor,
    at: datetime,
    case_id: UUID,
    kind: CaseEventKind,
    lease: UUID | None = None,
    body: Mapping[str, Any] | None = None,
    vendor: str | None = None,
) -> tuple[Any, ...]:
    """The row of one event, in the order of ``EVENT_COLUMNS``; ``vendor`` defaults to the actor's."""
    of_vendor = actor.vendor if vendor is None else vendor
    return (case_id, kind.value, at, actor.kind.value, actor.ref, of_vendor, lease, dict(body or {}))


def take_step(
    *,
    actor: Actor,
    at: datetime,
    case: Case,
    kind: CaseEventKind,
    verb: str,
    lease: UUID | None = None,
    body: Mapping[str, Any] | None = None,
) -> None:
    """Append the event and its fact ``verb``."""
    body = dict(body or {})
    insert_rows(
        CaseEvent, EVENT_COLUMNS, [event_row(actor=actor, at=at, case_id=case.pk, kind=kind, lease=lease, body=body)]
    )
    told = {key: value for key, value in body.items() if key not in _NOT_FOR_THE_LEDGER}
    if lease is not None:
        told["lease"] = str(lease)
    record(actor=actor, at=at, verb=verb, subject_kind="case", subject_id=case.pk, **told)


def write_clock(case: Case, *, now: datetime) -> None:
    """Bring the clock rows of ``case`` to what its events say, and set its ``due_at``, ``at_risk_at`` and ``rank``.

    The caller holds the case's lock, has written the events up to ``now`` and saves the case.
    """
    rows = _told_by_events(case.pk, now)
    _store(case.pk, rows, now)
    last = rows[-1] if rows else None
    case.due_at = last.due_at if last else None
    case.at_risk_at = last.at_risk_at if last else None
    case.rank = rank_of(case)


def rank_of(case: Case) -> int:
    """The rank of ``case`` as it stands."""
    return rank(case.due_at, case.opened_at, case.severity, case.trust, case.reports, case.item_gone)


def _told_by_events(case_id: UUID, now: datetime) -> list[CycleRow]:
    steps = [Step(*row) for row in _clock_steps(case_id)]
    return cycles(steps, calendars=reference().calendars, now=now)


_clock_steps = Prepared(
    lambda case_id: (
        CaseEvent.objects.filter(case_id=case_id, kind__in=CLOCK_STEPS)
        .order_by("at", "id")
        .values_list("kind", "at", "body")
    ),
    CaseEvent.case,
)
_clocks = Prepared(lambda case_id: CaseClock.objects.filter(case_id=case_id, metric=METRIC), CaseClock.case)


_TOLD = CLOCK_COLUMNS[3:]
_write_cycle = Change(
    lambda *places: (CaseClock.objects.filter(pk=places[-1]), dict(zip(_TOLD, places[:-1], strict=True))),
    *(CaseClock._meta.get_field(name) for name in _TOLD),
    CaseClock.id,
)


def _store(case_id: UUID, rows: list[CycleRow], now: datetime) -> None:
    stored = {clock.cycle: clock for clock in _clocks(case_id)}
    late = [row for row in rows if row.breached_at and not (row.cycle in stored and stored[row.cycle].breached_at)]
    for row in rows:
        if row.cycle not in stored:
            insert_rows(CaseClock, CLOCK_COLUMNS, [clock_row(case_id, row)])
            continue
        clock = stored[row.cycle]
        before = [getattr(clock, name) for name in _TOLD]
        after = list(clock_row(case_id, row)[3:])
        if before != after:
            _write_cycle(*after, clock.pk)
    write_breaches([(case_id, row.cycle, row.breached_at) for row in late if row.breached_at], now=now)


def clock_row(case_id: UUID, row: CycleRow) -> tuple[Any, ...]:
    """The row of one cycle, in the order of ``CLOCK_COLUMNS``."""
    return (
        case_id,
        METRIC,
        row.cycle,
        row.started_at,
        row.target_s,
        row.calendar,
        row.at_risk_percent,
        row.due_at,
        row.remaining_s,
        row.state,
        row.breached_at,
        row.ended_at,
    )


def write_breaches(breaches: list[tuple[UUID, int, datetime]], *, now: datetime) -> None:
    """Append an event and a fact for each cycle (case, number, since when) that was found late."""
    events, facts = [], []
    for case_id, cycle, breached_at in breaches:
        body = {"cycle": cycle, "breached_at": breached_at.isoformat()}
        events.append(event_row(actor=SYSTEM, at=now, case_id=case_id, kind=CaseEventKind.BREACHED, body=body))
        facts.append(fact_row(actor=SYSTEM, at=now, entry=Entry("case.breach", "case", str(case_id), body)))
    insert_rows(CaseEvent, EVENT_COLUMNS, events)
    append_rows(facts)
