"""Every decision in the actor's scope as rows of text, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from piepowder.access.visibility import require
from piepowder.decisions.queries import DecisionFilters, DecisionRow, decision_row, decisions_matching
from piepowder.kernel.actor import Actor
from piepowder.kernel.cells import cell
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

COLUMNS = (
    "decision_id",
    "case_id",
    "item_id",
    "item_kind",
    "item_external_id",
    "seller",
    "market",
    "language",
    "decided_at",
    "final_at",
    "state",
    "outcome",
    "ground",
    "policies",
    "facts",
    "note",
    "enforcements",
    "source",
    "automated_detection",
    "machine",
    "machine_version",
    "decider_id",
    "decider",
    "vendor",
    "site",
    "team",
    "queue",
    "handling_ms",
)
_BATCH = 1_000


def export_decisions(*, actor: Actor, filters: DecisionFilters, at: datetime) -> Iterator[tuple[str, ...]]:
    """The header, then every decision up to ``at`` in the order in which they were made, each exactly once.

    Reads on from the last row it gave instead of counting pages, so it needs the same memory for fifty decisions and
    fifty thousand, and decisions that land meanwhile neither shift nor repeat a row. The export is recorded in the
    ledger before the first row is read. Raises ``NotPermitted`` at once, not at the first row.
    """
    require(actor, Permission.DECISION_EXPORT)
    asked = {name: _plain(value) for name, value in asdict(filters).items() if value not in ("", None)}
    # What was searched for in the texts may be a name.
    if "text" in asked:
        asked["text"] = "…"
    with transaction.atomic():
        record(
            actor=actor,
            at=at,
            verb="decisions.export",
            subject_kind="export",
            subject_id="decisions",
            filters=asked,
            until=at.isoformat(),
        )
    return _lines(actor, filters, at)


def _lines(actor: Actor, filters: DecisionFilters, at: datetime) -> Iterator[tuple[str, ...]]:
    yield COLUMNS
    rows = decisions_matching(actor, Permission.DECISION_EXPORT, filters)
    rows = rows.filter(decided_at__lte=at).order_by("decided_at", "id")
    batch = list(rows[:_BATCH])
    while batch:
        for decision in batch:
            yield _line(decision_row(decision, actor))
        last = batch[-1]
        later = Q(decided_at__gt=last.decided_at) | Q(decided_at=last.decided_at, id__gt=last.pk)
        batch = list(rows.filter(later)[:_BATCH]) if len(batch) == _BATCH else []


def _line(row: DecisionRow) -> tuple[str, ...]:
    return tuple(
        cell(value)
        for value in (
            row.id,
            row.case_id,
            row.item_id,
            row.kind,
            row.external_id,
            row.seller_ref,
            row.market,
            row.language,
            row.decided_at,
            row.final_at,
            row.state,
            row.outcome,
            row.ground,
            " ".join(row.policies),
            row.facts,
            row.note,
            "; ".join(f"{one.family} {one.measure} ({one.state})" for one in row.enforcements),
            row.source,
            row.automated_detection,
            row.machine,
            row.machine_version,
            row.decider_id,
            row.decider,
            row.vendor,
            row.site,
            row.team,
            row.queue,
            row.handling_ms,
        )
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
