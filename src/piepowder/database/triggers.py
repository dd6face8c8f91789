"""Triggers that hold the line in the database itself, for both databases, as migration operations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import migrations

ERASED = "[erased]"
"""What stands where words were erased that a constraint wants to be there."""

_TRIGGER = re.compile(r"CREATE TRIGGER (?P<name>\w+)\s.*?\sON (?P<table>\w+)", re.DOTALL)


def append_only(table: str) -> migrations.RunPython:
    """Refuse every UPDATE and DELETE (and, on PostgreSQL, TRUNCATE) on ``table``, whoever asks."""
    return per_database(
        postgresql=[
            f"""CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
            f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_append_only()""",
            f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()""",
        ],
        sqlite=[
            f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
            for verb in ("UPDATE", "DELETE")
        ],
    )


def frozen_columns(
    table: str,
    columns: Sequence[str],
    erasable: Mapping[str, Sequence[str] | None] | None = None,
    said: str = "superseded, never edited",
) -> migrations.RunPython:
    """Refuse to delete or truncate rows of ``table`` and to change any of ``columns``; the other columns may move on.

    Those in ``erasable`` may lose what they say, and nothing else: words become empty or ``ERASED``; of JSON with keys
    exactly these keys go; JSON without keys (an empty sequence) becomes ``{}``.
    """
    erasable = erasable or {}
    changed = " OR ".join(_changed_postgresql(column, erasable) for column in columns)
    changed_sqlite = " OR ".join(_changed_sqlite(column, erasable) for column in columns)
    return per_database(
        postgresql=[
            f"""CREATE OR REPLACE FUNCTION {table}_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP IN ('DELETE', 'TRUNCATE') OR {changed} THEN
                RAISE EXCEPTION '{table} is {said}' USING ERRCODE = 'restrict_violation';
              END IF;
              RETURN NEW;
            END $$""",
            f"""CREATE TRIGGER {table}_frozen_columns BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_frozen()""",
            f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_frozen()""",
        ],
        sqlite=[
            f"""CREATE TRIGGER {table}_frozen_update BEFORE UPDATE ON {table} WHEN {changed_sqlite}
            BEGIN SELECT RAISE(ABORT, '{table} is {said}'); END""",
            f"""CREATE TRIGGER {table}_frozen_delete BEFORE DELETE ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is {said}'); END""",
        ],
    )


def _changed_postgresql(column: str, erasable: Mapping[str, Sequence[str] | None]) -> str:
    changed = f"NEW.{column} IS DISTINCT FROM OLD.{column}"
    if column not in erasable:
        return changed
    keys = erasable[column]
    if keys is None:
        return f"({changed} AND NEW.{column} NOT IN ('', '{ERASED}'))"
    if not keys:
        return f"({changed} AND NEW.{column}::text <> '{{}}')"
    listed = ", ".join(f"'{key}'" for key in keys)
    return f"({changed} AND NEW.{column} IS DISTINCT FROM (OLD.{column} - ARRAY[{listed}]))"


def _changed_sqlite(column: str, erasable: Mapping[str, Sequence[str] | None]) -> str:
    changed = f"NEW.{column} IS NOT OLD.{column}"
    if column not in erasable:
        return changed
    keys = erasable[column]
    if keys is None:
        return f"({changed} AND NEW.{column} NOT IN ('', '{ERASED}'))"
    if not keys:
        return f"({changed} AND NEW.{column} <> '{{}}')"
    listed = ", ".join(f"'$.{key}'" for key in keys)
    return f"({changed} AND NEW.{column} IS NOT json_remove(OLD.{column}, {listed}))"


def per_database(*, postgresql: Sequence[str], sqlite: Sequence[str]) -> migrations.RunPython:
    """Run the statements of the database at hand; going back drops the triggers that they create."""
    statements = {"postgresql": postgresql, "sqlite": sqlite}

    def forwards(apps: Any, schema_editor: Any) -> None:
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement)

    def backwards(apps: Any, schema_editor: Any) -> None:
        vendor = schema_editor.connection.vendor
        for found in filter(None, (_TRIGGER.search(statement) for statement in statements[vendor])):
            on_table = f" ON {found['table']}" if vendor == "postgresql" else ""
            schema_editor.execute(f"DROP TRIGGER {found['name']}{on_table}")

    return migrations.RunPython(forwards, backwards)


def undone(operation: migrations.RunPython) -> migrations.RunPython:
    """The same operation the other way round: SQLite rebuilds a table to change it, and its triggers must make way."""
    assert operation.reverse_code is not None
    return migrations.RunPython(operation.reverse_code, operation.code)
