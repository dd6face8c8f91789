"""All rows as lines of JSON, the same on both databases, so that a backup of one can be restored into the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import connection, models

from piepowder.database.bulk import insert_rows
from piepowder.kernel.errors import Conflict

_CHUNK = 2_000
# Rebuilt by the framework or by triggers, or worthless after a move.
_LEFT_OUT = {"contenttypes.ContentType", "auth.Permission", "sessions.Session", "ledger.Unsealed"}


class NotEmpty(Conflict):
    """The database to restore into already holds rows."""

    code = "not_empty"


def tables(registry: Apps) -> list[type[models.Model]]:
    """Every table of ``registry`` that a backup holds, many-to-many ones included, each after those it refers to.

    Foreign keys are checked at commit, but triggers look at rows of other tables as each row comes in.
    """
    found = [
        model
        for model in registry.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label not in _LEFT_OUT
    ]
    ordered: list[type[models.Model]] = []
    for model in sorted(found, key=lambda model: model._meta.db_table):
        _place(model, found, ordered, frozenset())
    return ordered


def _place(
    model: type[models.Model],
    among: Sequence[type[models.Model]],
    ordered: list[type[models.Model]],
    above: frozenset[type[models.Model]],
) -> None:
    """Put ``model`` behind everything it refers to; two tables that refer to each other stand in either order."""
    if model in ordered or model in above or model not in among:
        return
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):
            _place(field.related_model, among, ordered, above | {model})
    ordered.append(model)


def dump_table(model: type[models.Model]) -> Iterator[bytes]:
    """A first line with the column names, then one line per row."""
    fields = model._meta.concrete_fields
    yield orjson.dumps([field.column for field in fields])
    names = [field.attname for field in fields]
    for row in model._default_manager.order_by("pk").values_list(*names).iterator(chunk_size=_CHUNK):
        yield orjson.dumps(row, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be written to a backup")


def load_table(
    model: type[models.Model], lines: Iterator[bytes], progress: Callable[[int], None] = lambda _: None
) -> int:
    """Insert what ``dump_table`` wrote of the same table; returns the number of rows."""
    columns: list[str] = orjson.loads(next(lines))
    fields = {field.column: field for field in model._meta.concrete_fields}
    readers = [_reader(fields[column]) for column in columns]
    done = 0
    while chunk := list(islice(lines, _CHUNK)):
        rows = [[read(value) for read, value in zip(readers, row, strict=True)] for row in map(orjson.loads, chunk)]
        done += insert_rows(model, columns, rows)
        progress(done)
    return done


def _reader(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
    kinds: Sequence[tuple[type[models.Field[Any, Any]], Callable[[Any], Any]]] = (
        (models.UUIDField, UUID),
        (models.DateTimeField, datetime.fromisoformat),
        (models.DateField, date.fromisoformat),
        (models.DecimalField, Decimal),
    )
    for kind, read in kinds:
        if isinstance(target, kind):
            return lambda value, read=read: None if value is None else read(value)  # type: ignore[misc]
    return lambda value: value


def require_empty(found: Iterable[type[models.Model]]) -> None:
    """Raise ``NotEmpty`` when any table of a backup has a row (reference rows that migrations write do not count)."""
    for model in found:
        if model._meta.app_label in {"sites", "auth"}:
            continue
        if model._default_manager.exists():
            raise NotEmpty(f"{model._meta.db_table} already holds rows: restore into an empty database")


def reset_sequences(found: Sequence[type[models.Model]]) -> None:
    """After all tables: PostgreSQL's sequences go on where the rows end."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(found)):
            cursor.execute(statement)
