"""Every decision in the actor's scope, of one moment, and the record that it left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from operator import attrgetter

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.database.snapshot import read_apart
from piepowder.decisions.listing import ORDERS, DecisionFilters, DecisionRow, decision_row, decisions_matching
from piepowder.decisions.models import Decision
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.kernel.table import Table
from piepowder.ledger.operations import record
from piepowder.review.export import UnknownColumn, asked_for

Value = Callable[[DecisionRow], object]

VALUES: Mapping[str, Value] = {
    "decision_id": attrgetter("id"),
    "case_id": attrgetter("case_id"),
    "item_id": attrgetter("item_id"),
    "item_kind": attrgetter("kind"),
    "item_external_id": attrgetter("external_id"),
    "seller": attrgetter("seller_ref"),
    "market": attrgetter("market"),
    "language": attrgetter("language"),
    "decided_at": attrgetter("decided_at"),
    "final_at": attrgetter("final_at"),
    "state": attrgetter("state"),
    "outcome": attrgetter("outcome"),
    "ground": attrgetter("ground"),
    "policies": lambda row: " ".join(row.policies),
    "facts": attrgetter("facts"),
    "note": attrgetter("note"),
    "enforcements": lambda row: "; ".join(f"{one.family} {one.measure} ({one.state})" for one in row.enforcements),
    "source": attrgetter("source"),
    "automated_detection": attrgetter("automated_detection"),
    "machine": attrgetter("machine"),
    "machine_version": attrgetter("machine_version"),
    "decider_id": attrgetter("decider_id"),
    "decider": attrgetter("decider"),
    "vendor": attrgetter("vendor"),
    "site": attrgetter("site"),
    "team": attrgetter("team"),
    "queue": attrgetter("queue"),
    "handling_ms": attrgetter("handling_ms"),
    "title": attrgetter("title"),
}
COLUMNS = tuple(name for name in VALUES if name != "title")
"""What is exported unless columns are chosen."""
_CHUNK = 2_000


def export_decisions(
    *,
    actor: Actor,
    filters: DecisionFilters,
    at: datetime,
    columns: Sequence[str] = COLUMNS,
    order: str = "oldest",
) -> Table:
    """Every decision that matches at this moment, each exactly once, in ``order``; what lands meanwhile is not in it.

    The export is recorded in the ledger before the first row is read. Raises ``NotPermitted`` and ``UnknownColumn`` at
    once, not at the first row.
    """
    require(actor, Permission.DECISION_EXPORT)
    if order not in ORDERS or not columns or not set(columns) <= set(VALUES):
        raise UnknownColumn(_("there is no such column or order"))
    with transaction.atomic():
        record(
            actor=actor,
            at=at,
            verb="decisions.export",
            subject_kind="export",
            subject_id="decisions",
            filters=asked_for(asdict(filters)),
            columns=list(columns),
            until=at.isoformat(),
        )
    found = decisions_matching(actor, Permission.DECISION_EXPORT, filters).filter(decided_at__lte=at)
    reading = read_apart(found.count, lambda: _rows(actor, found.order_by(*ORDERS[order]), columns))
    return Table("decisions", tuple(columns), reading.total, reading.rows)


def _rows(actor: Actor, found: QuerySet[Decision], columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
    values = [VALUES[name] for name in columns]
    for decision in found.iterator(_CHUNK):
        row = decision_row(decision, actor)
        yield tuple(value(row) for value in values)
