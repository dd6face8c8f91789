"""Publishing the fields that an organisation adds to a kind of item, and the ones in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from piepowder.access.visibility import require_whole
from piepowder.intake.models import ItemSchema
from piepowder.intake.schemas.custom import CustomField, definition_problems, fields_of
from piepowder.intake.states import Kind
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import FieldProblem, Malformed
from piepowder.kernel.kept import Kept
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

KEPT_S = 2.0


class BadItemSchema(Malformed):
    code = "bad_item_schema"


def publish_item_schema(*, actor: Actor, at: datetime, kind: str, fields: Any) -> ItemSchema:
    """Have items of ``kind`` keep to ``fields`` from now on; what came before stays as it came.

    Raises ``BadItemSchema`` with a pointer to each fault.
    """
    require_whole(actor, Permission.SCHEMA_EDIT)
    found = definition_problems(fields)
    if kind not in Kind.values:
        found.insert(0, FieldProblem("/kind", "unknown_kind", _("there is no such kind of item")))
    if found:
        raise BadItemSchema(_("these fields cannot be published"), problems=found)
    with transaction.atomic():
        last = ItemSchema.objects.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0
        schema = ItemSchema.objects.create(
            kind=kind, number=last + 1, fields=fields, published_at=at, published_by=actor.ref
        )
        record(
            actor=actor,
            at=at,
            verb="item_schema.publish",
            subject_kind="item_schema",
            subject_id=kind,
            number=schema.number,
            fields=[one["name"] for one in fields],
        )
    forget()
    return schema


def custom_fields(kind: str) -> tuple[CustomField, ...]:
    """The added fields of a kind, in order; mostly without a query."""
    return _in_force().get(kind, ())


def forget() -> None:
    """Read the schemas anew at the next question."""
    _in_force.forget()


def _load() -> Mapping[str, tuple[CustomField, ...]]:
    newest = {row.kind: row.fields for row in ItemSchema.objects.order_by("kind", "number")}
    return {kind: fields_of(fields) for kind, fields in newest.items() if fields}


_in_force: Kept[Mapping[str, tuple[CustomField, ...]]] = Kept(_load, KEPT_S)
