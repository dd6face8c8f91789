"""Rows that wait to be inserted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import models

from piepowder.database.bulk import insert_rows
from piepowder.decisions.models import Decision, Enforcement, Statement
from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.ledger.operations import Entry, append_rows, fact_row
from piepowder.review.models import CaseEvent
from piepowder.review.states import CaseEventKind
from piepowder.review.steps import EVENT_COLUMNS, event_row

TOGETHER = 4_000
"""Facts that are kept back before everything that will not change any more is inserted."""


class Pages:
    """What does not change any more waits here until there is enough of it; facts and events keep their order."""

    def __init__(self) -> None:
        self._done: dict[type[models.Model], list[models.Model]] = {}
        self._facts: list[tuple[Any, ...]] = []
        self._events: list[tuple[Any, ...]] = []

    def done(self, row: models.Model) -> None:
        """Keep a row in its final state."""
        self._done.setdefault(type(row), []).append(row)

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
        """Insert everything that waits. Keys may point at rows that come later: they are checked at the commit."""
        # Except that a restriction must find the statement that explains it, and the statement its decision.
        late = {Decision: 1, Statement: 2, Enforcement: 3}
        for model, rows in sorted(self._done.items(), key=lambda pair: late.get(pair[0], 0)):
            columns, names = _columns(model)
            insert_rows(model, columns, _values(rows, names))
        insert_rows(CaseEvent, EVENT_COLUMNS, self._events)
        append_rows(self._facts)
        self._done, self._facts, self._events = {}, [], []


@lru_cache(maxsize=64)
def _columns(model: type[models.Model]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    return tuple(str(field.column) for field in fields), tuple(field.attname for field in fields)


def _values(rows: Iterable[models.Model], names: Sequence[str]) -> Iterable[list[Any]]:
    return ([getattr(row, name) for name in names] for row in rows)
