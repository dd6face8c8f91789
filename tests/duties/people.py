"""A seller, a reporter and a moderator whose traces lie in every table, and a look through the whole database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection, models

from piepowder.access.models import Grant, Role, User, Vendor
from piepowder.database.personal import parts
from piepowder.kernel.actor import Actor, ActorKind, Mandate
from piepowder.kernel.permissions import Permission


def officer(*permissions: Permission) -> Actor:
    """Somebody of the house who may do these things everywhere."""
    vendor, _ = Vendor.objects.get_or_create(code="house", defaults={"name": "House", "kind": "in_house"})
    number = User.objects.count() + 1
    user = User.objects.create(email=f"officer{number}@house.example", name=f"Officer {number}", vendor=vendor)
    role = Role.objects.create(code=f"officer-{number}", name="Officer", permissions=[one.value for one in permissions])
    Grant.objects.create(user=user, role=role, granted_at=user.joined_at)
    return Actor(ActorKind.PERSON, str(user.pk), (Mandate(frozenset(permissions)),), "house")


def text_columns() -> dict[str, models.Field[Any, Any]]:
    """Every column of every table that can hold words, but for closed lists and keys."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.GenericIPAddressField)
    return {
        f"{model._meta.db_table}.{field.column}": field
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, kinds) and not field.choices and not field.is_relation
    }


def all_columns() -> set[str]:
    models_there = apps.get_models(include_auto_created=True)
    return {f"{model._meta.db_table}.{field.column}" for model in models_there for field in model._meta.concrete_fields}


def declared() -> dict[str, str]:
    return {column: nature.value for part in parts() for column, nature in part.columns.items()}


def places_of(*values: str) -> dict[str, list[str]]:
    """Where any of the values still stands: every text of every row of the database is looked through."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, cell in zip(names, row, strict=True):
                    said = _text(cell)
                    for value in values:
                        if value.casefold() in said or _escaped(value) in said:
                            found.setdefault(f"{table}.{name}", []).append(value)
    return found


def _text(cell: object) -> str:
    return (
        bytes(cell).decode("utf-8", "replace").casefold()
        if isinstance(cell, bytes | memoryview)
        else str(cell).casefold()
    )


def _escaped(value: str) -> str:
    return value.encode("ascii", "backslashreplace").decode().casefold()


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)
