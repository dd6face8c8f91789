"""Many rows at once, as fast as each database takes them: COPY on PostgreSQL, ``executemany`` on SQLite.

The ORM's ``bulk_create`` spends most of its time building SQL; intake writes five tables per item and cannot afford it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models

# Below this many rows one INSERT with several VALUES is quicker than the three round trips of COPY.
_COPY_FROM = 24


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert ``rows`` (values in the order of ``columns``, which are column names) and return how many they were.

    Values are Python values: ``UUID``, aware ``datetime``, ``dict``/``list`` for JSON columns, numbers, strings, ``None``.
    No model method and no ``auto_now`` is called, and every column without a database default must be named.
    """
    adapters = [_adapter(model, column) for column in columns]
    adapted = [
        [value if adapt is None or value is None else adapt(value) for adapt, value in zip(adapters, row, strict=True)]
        for row in rows
    ]
    if not adapted:
        return 0
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(adapted) >= _COPY_FROM:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in adapted:
                    copy.write_row(row)
        elif connection.vendor == "postgresql":
            marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
            sql = f"INSERT INTO {table} ({names}) VALUES " + ", ".join([marks] * len(adapted))  # noqa: S608
            cursor.execute(sql, [value for row in adapted for value in row])
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", adapted)  # noqa: S608
    return len(adapted)


def _adapter(model: type[models.Model], column: str) -> Callable[[Any], Any] | None:
    field = next(f for f in model._meta.concrete_fields if f.column == column)
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.JSONField):
        return _json
    if connection.vendor == "sqlite":
        if isinstance(target, models.UUIDField):
            return _hex
        if isinstance(target, models.DateTimeField):
            return _sqlite_time
        if isinstance(target, models.DateField):
            return str
        if isinstance(target, models.DecimalField):
            return lambda value: target.get_db_prep_save(value, connection)
    return None


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


def _hex(value: UUID) -> str:
    return value.hex


def _sqlite_time(value: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(value))
