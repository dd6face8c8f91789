"""Rows that wait to be inserted, and those that were inserted but may still change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, models

from piepowder.database.bulk import insert_rows
from piepowder.decisions.models import Citation, Decision, Enforcement, Statement
from piepowder.intake.models import Detection, Item, ItemMedia, Relation, Report, Reporter, Snapshot, Trait
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.ledger.operations import Entry, append_rows, fact_row
from piepowder.outbox.models import Attempt, Counter, Delivery, Message
from piepowder.review.models import (
    AvailabilityEvent,
    Case,
    CaseClock,
    CaseEvent,
    Exposure,
    Lease,
    Presence,
    SellerViolations,
    Skip,
)
from piepowder.review.states import CaseEventKind
from piepowder.review.steps import EVENT_COLUMNS, event_row

TOGETHER = 12_000
"""Facts that are kept back before everything is inserted."""

# Parents first. As long as a reference is open, SQLite searches the children of every row that comes, table by table.
_ORDER: tuple[type[models.Model], ...] = (
    Reporter, Item, Snapshot, ItemMedia, Detection, Relation, Trait, Report,
    Case, CaseClock, CaseEvent, Lease, Skip, AvailabilityEvent, Presence, Exposure, SellerViolations,
    Decision, Citation, Statement, Enforcement, Message, Delivery, Attempt, Counter,
)  # fmt: skip
_FIXED: Mapping[type[models.Model], frozenset[str]] = {
    Reporter: frozenset({"id", "kind", "external_ref"}),
    Item: frozenset({"id", "kind", "external_id", "received_at"}),
    Report: frozenset(field.attname for field in Report._meta.concrete_fields) - {"founded", "judged_at"},
    Case: frozenset({"id", "item_id", "kind", "market", "language", "seller_ref", "opened_at"}),
}
"""What never changes in rows that may. Of a decision nothing changes but what becomes of it."""


class Pages:
    """Facts and events keep their order; rows of one table keep theirs."""

    def __init__(self) -> None:
        self._waiting: dict[type[models.Model], list[models.Model]] = {}
        self._begun: dict[type[models.Model], list[models.Model]] = {}
        self._standing: dict[type[models.Model], list[tuple[models.Model, tuple[Any, ...]]]] = {}
        self._facts: list[tuple[Any, ...]] = []
        self._events: list[tuple[Any, ...]] = []

    def done(self, row: models.Model) -> None:
        """Keep a row in its final state."""
        self._waiting.setdefault(type(row), []).append(row)

    def begun(self, row: models.Model) -> None:
        """Keep a row that others point at and that may still change; what changes later is brought up to date."""
        self._begun.setdefault(type(row), []).append(row)

    def fact(
        self,
        actor: Actor,
        at: datetime,
        verb: str,
        kind: str,
        ref: object,
        body: Mapping[str, Any],
        vendor: str | None = None,
    ) -> None:
        """Keep one fact."""
        self._facts.append(fact_row(actor=actor, at=at, entry=Entry(verb, kind, str(ref), body, vendor)))

    def event(
        self, actor: Actor, at: datetime, case_id: UUID, kind: CaseEventKind, *, lease: UUID | None = None,
        body: Mapping[str, Any] | None = None, vendor: str | None = None,
    ) -> None:  # fmt: skip
        """Keep one event of a case."""
        row = event_row(actor=actor, at=at, case_id=case_id, kind=kind, lease=lease, body=body, vendor=vendor)
        self._events.append(row)

    def breach(self, case_id: UUID, cycle: int, breached_at: datetime, now: datetime) -> None:
        """Keep that a clock was found late."""
        body = {"cycle": cycle, "breached_at": breached_at.isoformat()}
        self.event(SYSTEM, now, case_id, CaseEventKind.BREACHED, body=body)
        self.fact(SYSTEM, now, "case.breach", "case", case_id, body)

    @property
    def is_full(self) -> bool:
        return len(self._facts) >= TOGETHER

    def insert(self) -> None:
        """Insert everything that waits, and bring up to date what has changed since it was inserted."""
        for model in _ORDER:
            if model is not Item:
                self._bring_up_to_date(model)
            self._insert(model)
            if model is Snapshot:
                # Items and snapshots point at each other: an item is inserted without, and gets its snapshot now.
                self._bring_up_to_date(Item)
        append_rows(self._facts)
        self._facts = []

    def _insert(self, model: type[models.Model]) -> None:
        if model is CaseEvent:
            insert_rows(CaseEvent, EVENT_COLUMNS, self._events)
            self._events = []
            return
        names, columns = _names(model)
        begun, waiting = self._begun.pop(model, []), self._waiting.pop(model, [])
        rows = [[getattr(row, name) for name in names] for row in [*begun, *waiting]]
        if model is Item:
            place = names.index("snapshot_id")
            for row in rows:
                row[place] = None
        insert_rows(model, columns, rows)
        changing = _changing(model)
        places = [names.index(field.attname) for field in changing]
        for one, row in zip(begun, rows, strict=False):
            self._standing.setdefault(model, []).append((one, tuple(row[place] for place in places)))

    def _bring_up_to_date(self, model: type[models.Model]) -> None:
        standing = self._standing.get(model)
        if not standing:
            return
        fields, updates = _changing(model), []
        for place, (row, before) in enumerate(standing):
            after = tuple(getattr(row, field.attname) for field in fields)
            if after != before:
                standing[place] = (row, after)
                values = [field.get_db_prep_save(value, connection) for field, value in zip(fields, after, strict=True)]
                updates.append([*values, _key(row)])
        if updates:
            quote = connection.ops.quote_name
            sets = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
            table = quote(model._meta.db_table)
            with connection.cursor() as cursor:
                cursor.executemany(f"UPDATE {table} SET {sets} WHERE id = %s", updates)  # noqa: S608 - the model's own names


@lru_cache(maxsize=64)
def _names(model: type[models.Model]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    return tuple(field.attname for field in fields), tuple(str(field.column) for field in fields)


@lru_cache(maxsize=8)
def _changing(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    if model is Decision:
        return tuple(field for field in model._meta.concrete_fields if field.attname in ("state", "withdrawn_at"))
    fixed = _FIXED.get(model)
    return tuple(field for field in model._meta.concrete_fields if field.attname not in fixed) if fixed else ()


def _key(row: models.Model) -> Any:
    field = row._meta.pk
    assert field is not None
    return field.get_db_prep_value(row.pk, connection, prepared=False)
