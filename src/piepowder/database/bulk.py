"""Many rows at once, as fast as each database takes them: COPY on PostgreSQL, ``executemany`` on SQLite.

The ORM's ``bulk_create`` spends most of its time building SQL; intake writes five tables per item and cannot afford it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models

from piepowder.database.direct import run

_COPY_AT_ONCE = 500

# Below this many rows one INSERT with several VALUES is quicker than the three round trips of COPY.
_COPY_FROM = 24


@contextmanager
def gathered() -> Iterator[None]:
    """Send the few rows that several ``insert_rows`` in this block insert as one message at its end, not one by one.

    For a single item most of the time is the way to the server and back. Nothing in the block may read what it inserts.
    Where it does not pay (many rows, SQLite) it changes nothing.
    """
    if connection.vendor != "postgresql" or _waiting.get() is not None:
        yield
        return
    statements: list[tuple[str, list[Any]]] = []
    token = _waiting.set(statements)
    try:
        yield
    finally:
        _waiting.reset(token)
    _send(statements)


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert ``rows`` (values in the order of ``columns``, which are column names) and return how many they were.

    Values are Python values: ``UUID``, aware ``datetime``, ``dict``/``list`` for JSON columns, numbers, strings, ``None``.
    No model method and no ``auto_now`` is called, and every column without a database default must be named.
    """
    table, names, adapters = _shape(model, tuple(columns), connection.vendor)
    adapted = [_adapted(adapters, row) for row in rows] if any(adapters) else list(rows)
    if not adapted:
        return 0
    if connection.vendor != "postgresql":
        marks = ", ".join(["%s"] * len(columns))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        if len(adapted) == 1:
            run(connection, sql, adapted[0])
            return 1
        with connection.cursor() as cursor:
            cursor.executemany(sql, adapted)
        return len(adapted)
    waiting = _waiting.get()
    if len(adapted) < _COPY_FROM:
        marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
        sql = f"INSERT INTO {table} ({names}) VALUES " + ", ".join([marks] * len(adapted))  # noqa: S608
        statement = (sql, [value for row in adapted for value in row])
        if waiting is None:
            _send([statement])
        else:
            waiting.append(statement)
        return len(adapted)
    if waiting:
        _send(waiting)
        waiting.clear()
    # Django turns the driver's errors into its own only in the methods that it knows; ``copy`` is none of them.
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for start in range(0, len(adapted), _COPY_AT_ONCE):
            copy.write("".join(map(_copy_line, adapted[start : start + _COPY_AT_ONCE])))
    return len(adapted)


_waiting: ContextVar[list[tuple[str, list[Any]]] | None] = ContextVar("bulk_waiting", default=None)


def _send(statements: Sequence[tuple[str, list[Any]]]) -> None:
    """Send them as one message.

    The driver remembers how to fill in a statement only while it has few values, so each is filled in on its own.
    """
    if statements:
        with connection.cursor() as cursor:
            with connection.wrap_database_errors:
                filled = [cursor.cursor.mogrify(sql, values) for sql, values in statements]
            cursor.execute("; ".join(filled))


Adapter = Callable[[Any], Any] | None


@lru_cache(maxsize=256)
def _shape(model: type[models.Model], columns: tuple[str, ...], vendor: str) -> tuple[str, str, tuple[Adapter, ...]]:
    """Quoted table, quoted columns, and what each value goes through on its way to this sort of database."""
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    return table, names, tuple(_adapter(model, column, vendor) for column in columns)


def _adapted(adapters: Sequence[Adapter], row: Sequence[Any]) -> list[Any]:
    return [
        value if adapt is None or value is None else adapt(value) for adapt, value in zip(adapters, row, strict=True)
    ]


def _adapter(model: type[models.Model], column: str, vendor: str) -> Adapter:
    field = next(f for f in model._meta.concrete_fields if f.column == column)
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.JSONField):
        return _json
    if vendor == "sqlite":
        if isinstance(target, models.UUIDField):
            return _hex
        if isinstance(target, models.DateTimeField):
            return _sqlite_time
        if isinstance(target, models.DateField):
            return str
        if isinstance(target, models.DecimalField):
            return lambda value: target.get_db_prep_save(value, connection)
    return None


def _copy_line(row: Sequence[Any]) -> str:
    """A row in COPY's text format; three times as fast as the driver, which looks up a way to write every single value."""
    return "\t".join([_CELLS.get(type(value), _other_cell)(value) for value in row]) + "\n"


def _text_cell(value: str) -> str:
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)


def _other_cell(value: Any) -> str:
    """Of enums, decimals and dates."""
    return _text_cell(str(value))


@lru_cache(maxsize=1_000)
def _time_cell(value: datetime) -> str:
    return value.isoformat()


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_CELLS: dict[type, Callable[[Any], str]] = {
    str: _text_cell,
    UUID: lambda value: str(value.hex),
    datetime: _time_cell,
    type(None): lambda value: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
}


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


def _hex(value: UUID) -> str:
    return value.hex


@lru_cache(maxsize=1_000)
def _sqlite_time(value: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(value))
