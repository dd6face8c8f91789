"""Triggers that hold the line in the database itself, for both databases, as migration operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import migrations

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


def frozen_columns(table: str, columns: Sequence[str]) -> migrations.RunPython:
    """Refuse to delete or truncate rows of ``table`` and to change any of ``columns``; the other columns may move on."""
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
    changed_sqlite = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
    return per_database(
        postgresql=[
            f"""CREATE OR REPLACE FUNCTION {table}_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP IN ('DELETE', 'TRUNCATE') OR {changed} THEN
                RAISE EXCEPTION '{table} is superseded, never edited' USING ERRCODE = 'restrict_violation';
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
            BEGIN SELECT RAISE(ABORT, '{table} is superseded, never edited'); END""",
            f"""CREATE TRIGGER {table}_frozen_delete BEFORE DELETE ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is superseded, never edited'); END""",
        ],
    )


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
