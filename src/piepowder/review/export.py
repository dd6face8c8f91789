"""Every case in the actor's scope, of one moment, and the record that it left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from operator import attrgetter

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.database.snapshot import read_apart
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Malformed
from piepowder.kernel.permissions import Permission
from piepowder.kernel.table import Table
from piepowder.ledger.operations import record
from piepowder.review.listing import ORDERS, CaseFilters, CaseRow, matching_cases, stream_cases

COLUMNS = tuple(field.name for field in fields(CaseRow) if field.name != "rank")


class UnknownColumn(Malformed):
    code = "unknown_column"


def export_cases(
    *,
    actor: Actor,
    filters: CaseFilters,
    at: datetime,
    columns: Sequence[str] = COLUMNS,
    order: str = "newest",
) -> Table:
    """Every case that matches at this moment, each exactly once, in ``order``; what changes meanwhile is not in it.

    The export is recorded in the ledger before the first row is read. Raises ``NotPermitted`` and ``UnknownColumn`` at
    once, not at the first row.
    """
    require(actor, Permission.BOARD_EXPORT)
    if order not in ORDERS or not columns or not set(columns) <= set(COLUMNS):
        raise UnknownColumn(_("there is no such column or order"))
    with transaction.atomic():
        record(
            actor=actor,
            at=at,
            verb="cases.export",
            subject_kind="export",
            subject_id="cases",
            filters=asked_for(asdict(filters)),
            columns=list(columns),
            until=at.isoformat(),
        )
    reading = read_apart(
        matching_cases(actor, filters, Permission.BOARD_EXPORT).count, lambda: _rows(actor, filters, columns, order)
    )
    return Table("cases", tuple(columns), reading.total, reading.rows)


def _rows(actor: Actor, filters: CaseFilters, columns: Sequence[str], order: str) -> Iterator[tuple[object, ...]]:
    values = [attrgetter(name) for name in columns]
    for row in stream_cases(actor, filters, order=order):
        yield tuple(value(row) for value in values)


def asked_for(filters: dict[str, object]) -> dict[str, object]:
    """The filters of an export as the ledger keeps them, without the words that were searched for: they may be a name."""
    asked = {name: _plain(value) for name, value in filters.items() if value not in ("", None)}
    return {name: "…" if name == "text" else value for name, value in asked.items()}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
