"""Queries that are put together once and asked often.

Django builds and compiles a queryset anew at each use, which costs several times what the database needs to answer by
primary key. A prepared query is compiled once per database; each call only puts its values in.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, QuerySet

Row = TypeVar("Row")


class Given(Expression):
    """The place of one value in a prepared query, written like any value: ``filter(pk=Given(0, Case.id))``."""

    def __init__(self, place: int, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.place = place

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def for_database(self, value: Any, connection: Any) -> Any:
        return self.output_field.get_db_prep_value(value, connection)


@dataclass(frozen=True, slots=True)
class _Compiled:
    rows: QuerySet[Any, Any]
    compiler: Any
    sql: str
    parameters: tuple[Any, ...]


class Prepared(Generic[Row]):
    """A queryset with ``Given`` places, compiled once: call it with the values, in order, for the list of its rows.

    ``build`` gets one ``Given`` for each of ``fields`` (``Case.id``, ``Lease.user``). What the queryset says otherwise
    (related rows, order, limit, locks, ``values_list``) stays as it is; places inside ``__in`` or a slice are not possible.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], *fields: Any) -> None:
        self._build = build
        # On the class a field is found behind a descriptor.
        self._fields: tuple[Field[Any, Any], ...] = tuple(getattr(one, "field", one) for one in fields)
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, *values: Any) -> list[Row]:
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._compiled.get(connection.vendor) or self._compile(connection)
        compiler = copy.copy(compiled.compiler)
        compiler.connection = connection
        parameters = tuple(
            one.for_database(values[one.place], connection) if isinstance(one, Given) else one
            for one in compiled.parameters
        )
        compiler.as_sql = lambda *_arguments, **_options: (compiled.sql, parameters)
        return list(_rows_of(compiled.rows, compiler))

    def first(self, *values: Any) -> Row | None:
        """The first row, or nothing."""
        rows = self(*values)
        return rows[0] if rows else None

    def _compile(self, connection: Any) -> _Compiled:
        rows = self._build(*(Given(place, field) for place, field in enumerate(self._fields)))
        compiler = rows.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        compiled = self._compiled[connection.vendor] = _Compiled(rows, compiler, sql, tuple(parameters))
        return compiled


class _Asked:
    """Stands in for a queryset and its query while their rows are read: the compiler is there already."""

    def __init__(self, rows: QuerySet[Any, Any], compiler: Any) -> None:
        self.query = self
        self.db = DEFAULT_DB_ALIAS
        self._rows, self._compiler = rows, compiler

    def get_compiler(self, *_arguments: Any, **_options: Any) -> Any:
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        rows = self.__dict__["_rows"]
        return getattr(rows, name) if hasattr(rows, name) else getattr(rows.query, name)


def _rows_of(rows: Any, compiler: Any) -> Iterator[Any]:
    read: Any = rows._iterable_class
    return iter(read(_Asked(rows, compiler)))
