"""Every decision in the actor's scope, of one moment, and the record that it left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.database.snapshot import read_apart
from piepowder.decisions.listing import ORDERS, DecisionFilters, decisions_matching
from piepowder.decisions.models import Citation, Decision, Enforcement
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission
from piepowder.kernel.table import Table
from piepowder.ledger.operations import record
from piepowder.review.export import UnknownColumn, asked_for

VALUES: Mapping[str, str] = {
    "decision_id": "id",
    "case_id": "case_id",
    "item_id": "item_id",
    "item_kind": "item__kind",
    "item_external_id": "item__external_id",
    "seller": "item__seller_ref",
    "market": "market",
    "language": "language",
    "decided_at": "decided_at",
    "final_at": "final_at",
    "state": "state",
    "outcome": "outcome",
    "ground": "ground",
    "policies": "id",
    "facts": "facts",
    "note": "note",
    "enforcements": "id",
    "source": "source",
    "automated_detection": "automated_detection",
    "machine": "machine",
    "machine_version": "machine_version",
    "decider_id": "decider_id",
    "decider": "decider__name",
    "vendor": "vendor",
    "site": "site",
    "team": "team",
    "queue": "queue",
    "handling_ms": "handling_ms",
    "title": "item__title",
}
"""Each column with where it stands. Whatever ``decision:export`` covers is the actor's own, so nothing is left out."""
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
    reading = read_apart(found.count, lambda: _rows(found.order_by(*ORDERS[order]), columns))
    return Table("decisions", tuple(columns), reading.total, reading.rows)


def _rows(found: QuerySet[Decision], columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """Plain values and no objects: a million of them are made in an export."""
    rows = found.select_related(None).prefetch_related(None).values_list("id", *(VALUES[name] for name in columns))
    gathered = [(place, _GATHERED[name]) for place, name in enumerate(columns) if name in _GATHERED]
    reading = iter(rows.iterator(_CHUNK))
    while chunk := list(islice(reading, _CHUNK)):
        words = [(place, gather([row[0] for row in chunk])) for place, gather in gathered]
        for ref, *values in chunk:
            for place, by_decision in words:
                values[place] = by_decision.get(ref, "")
            yield tuple(values)


def _policies(refs: Sequence[UUID]) -> dict[UUID, str]:
    cited = Citation.objects.filter(decision_id__in=refs).order_by("-primary", "id")
    found: dict[UUID, str] = {}
    for ref, code in cited.values_list("decision_id", "version__policy__code"):
        found[ref] = f"{found[ref]} {code}" if ref in found else code
    return found


def _enforcements(refs: Sequence[UUID]) -> dict[UUID, str]:
    imposed = Enforcement.objects.filter(decision_id__in=refs).order_by("family", "measure", "id")
    found: dict[UUID, str] = {}
    for ref, family, measure, state in imposed.values_list("decision_id", "family", "measure", "state"):
        told = f"{family} {measure} ({state})"
        found[ref] = f"{found[ref]}; {told}" if ref in found else told
    return found


_GATHERED = {"policies": _policies, "enforcements": _enforcements}
