"""Statements that are put together once and used often.

Django builds and compiles a queryset anew at each use, which costs several times what the database needs to answer by
primary key. A prepared statement is compiled once per database; each call only puts its values in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.subqueries import DeleteQuery, UpdateQuery

from piepowder.database.direct import run

Row = TypeVar("Row")


class Given(Expression):
    """The place of one value in a prepared statement, written like any value: ``filter(pk=Given(0, Case.id))``."""

    def __init__(self, place: int, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.place = place
        self.is_saved = False

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved: Any = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        resolved.is_saved = for_save
        return resolved

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def for_database(self, value: Any, connection: Any) -> Any:
        if self.is_saved:
            return self.output_field.get_db_prep_save(value, connection)
        return self.output_field.get_db_prep_value(value, connection)


class _Statement:
    """What reading and writing share: the fields of the places, and one compiled statement per kind of database."""

    def __init__(self, fields: Sequence[Any]) -> None:
        # On the class a field is found behind a descriptor.
        self._fields: tuple[Field[Any, Any], ...] = tuple(getattr(one, "field", one) for one in fields)

    def _places(self) -> list[Given]:
        return [Given(place, field) for place, field in enumerate(self._fields)]


@dataclass(frozen=True, slots=True)
class _Reading:
    sql: str
    parameters: tuple[Any, ...]
    converters: Any
    """What columns go through on their way from the database, by their place."""
    convert: Any
    made: Callable[[tuple[Any, ...]], Any]


class Prepared(_Statement, Generic[Row]):
    """A queryset with ``Given`` places, compiled once: call it with the values, in order, for the list of its rows.

    ``build`` gets one ``Given`` for each of ``fields`` (``Case.id``, ``Lease.user``). What the queryset says otherwise
    (related rows, order, limit, locks, ``values_list``) stays as it is; places inside ``__in`` or a slice, prefetching,
    ``values`` and annotations on models are not possible.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], *fields: Any) -> None:
        super().__init__(fields)
        self._build = build
        self._compiled: dict[str, _Reading] = {}

    def __call__(self, *values: Any) -> list[Row]:
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._compiled.get(connection.vendor) or self._compile(connection)
        parameters = [
            one.for_database(values[one.place], connection) if isinstance(one, Given) else one
            for one in compiled.parameters
        ]
        rows = run(connection, compiled.sql, parameters).fetchall()
        if not rows:
            return []
        if compiled.converters:
            rows = map(tuple, compiled.convert(rows, compiled.converters, connection))
        return [compiled.made(row) for row in rows]

    def first(self, *values: Any) -> Row | None:
        """The first row, or nothing."""
        rows = self(*values)
        return rows[0] if rows else None

    def _compile(self, connection: Any) -> _Reading:
        rows: Any = self._build(*self._places())
        compiler = rows.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_named in compiler.select])
        made = _as_values(rows) if rows._fields is not None else _as_models(rows, compiler)
        compiled = self._compiled[connection.vendor] = _Reading(sql, tuple(parameters), converters, _applied, made)
        return compiled


def _applied(rows: Any, converters: Any, connection: Any) -> Any:
    every = list(converters.items())
    for row in map(list, rows):
        for place, (functions, expression) in every:
            value = row[place]
            for function in functions:
                value = function(value, expression, connection)
            row[place] = value
        yield row


def _as_values(rows: Any) -> Callable[[tuple[Any, ...]], Any]:
    flat = rows._iterable_class.__name__ == "FlatValuesListIterable"
    return (lambda row: row[0]) if flat else (lambda row: row)


def _as_models(rows: Any, compiler: Any) -> Callable[[tuple[Any, ...]], Model]:
    told = compiler.klass_info
    model, places = told["model"], told["select_fields"]
    start, end = places[0], places[-1] + 1
    names = [column[0].target.attname for column in compiler.select[start:end]]
    related: Any = get_related_populators(told, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # of 5.2

    def made(row: tuple[Any, ...]) -> Model:
        one: Model = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
        for populator in related:
            populator.populate(row, one)
        return one

    return made


class Change(_Statement):
    """An update or a deletion compiled once: call it with its values for the number of rows it found.

    ``build`` gets the places and returns the queryset of the rows; for an update with what becomes of their columns. The
    values are given in the order of ``fields``.
    """

    def __init__(self, build: Callable[..., tuple[QuerySet[Any, Any], dict[str, Any] | None]], *fields: Any) -> None:
        super().__init__(fields)
        self._build = build
        self._compiled: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def __call__(self, *values: Any) -> int:
        connection = connections[DEFAULT_DB_ALIAS]
        sql, parameters = self._compiled.get(connection.vendor) or self._compile(connection)
        put_in = [
            one.for_database(values[one.place], connection) if isinstance(one, Given) else one for one in parameters
        ]
        return int(run(connection, sql, put_in).rowcount)

    def _compile(self, connection: Any) -> tuple[str, tuple[Any, ...]]:
        rows, becomes = self._build(*self._places())
        if becomes is None:
            query: Any = rows.query.chain(DeleteQuery)
        else:
            query = rows.query.chain(UpdateQuery)
            query.clear_ordering(force=True)
            query.add_update_values(becomes)
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        self._compiled[connection.vendor] = sql, tuple(parameters)
        return self._compiled[connection.vendor]
