"""Every case in the actor's scope as rows of text, streamed, and the record that it left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime

from django.db import transaction

from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor
from piepowder.kernel.cells import cell
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.review.listing import CaseFilters, CaseRow, stream_cases

COLUMNS = tuple(field.name for field in fields(CaseRow))


def export_cases(*, actor: Actor, filters: CaseFilters, at: datetime) -> Iterator[tuple[str, ...]]:
    """The header, then every case that matches, newest first, each exactly once.

    The export is recorded in the ledger before the first row is read. Raises ``NotPermitted`` at once, not at the first
    row.
    """
    require(actor, Permission.BOARD_EXPORT)
    asked = {name: _plain(value) for name, value in asdict(filters).items() if value not in ("", None)}
    # What was searched for in titles may be a name.
    if "text" in asked:
        asked["text"] = "…"
    with transaction.atomic():
        record(
            actor=actor,
            at=at,
            verb="cases.export",
            subject_kind="export",
            subject_id="cases",
            filters=asked,
            until=at.isoformat(),
        )
    return _lines(actor, filters)


def _lines(actor: Actor, filters: CaseFilters) -> Iterator[tuple[str, ...]]:
    yield COLUMNS
    for row in stream_cases(actor, filters):
        yield tuple(cell(getattr(row, name)) for name in COLUMNS)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
