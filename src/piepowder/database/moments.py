"""Times as numbers, for arithmetic inside a query."""

from __future__ import annotations

from typing import Any

from django.db.models import FloatField, Func, IntegerField


class Epoch(Func):
    """Whole seconds since 1970 of a time; null for null.

    SQLite keeps times as text, and Django subtracts them there by calling back into Python for every row.
    """

    output_field = FloatField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **extra
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "floor(EXTRACT(EPOCH FROM %(expressions)s))::double precision"
        return super().as_sql(compiler, connection, template=template, **extra)


class Slot(Func):
    """Which stretch of ``width_s`` seconds after ``start_s`` (seconds since 1970) a time lies in, from 0."""

    output_field = IntegerField()
    arity = 1

    def __init__(self, expression: Any, *, start_s: int, width_s: int) -> None:
        super().__init__(expression, start_s=int(start_s), width_s=int(width_s))

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "((CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) - %(start_s)s) / %(width_s)s)"
        return super().as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "floor((EXTRACT(EPOCH FROM %(expressions)s) - %(start_s)s) / %(width_s)s)::integer"
        return super().as_sql(compiler, connection, template=template, **extra)
