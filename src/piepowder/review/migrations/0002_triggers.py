"""The steps of a case and of a person's availability never change; the busy tables leave room for updates in place."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from piepowder.database.triggers import append_only

# Cases and leases are rewritten all day: spare room in each page and an eager vacuum keep claiming even.
BUSY = ("review_case", "review_lease")


def leave_room(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in BUSY:
        schema_editor.execute(
            f"ALTER TABLE {table} SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, "
            "autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.02)"
        )


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial")]

    operations = [
        append_only("review_caseevent"),
        append_only("review_availabilityevent"),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]
