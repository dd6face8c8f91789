"""The reason that somebody typed can be erased from the steps of a case; the steps stay."""

from __future__ import annotations

from django.db import migrations

from piepowder.database.triggers import append_only, frozen_columns, undone

EVENT = "id case_id kind at actor_kind actor_ref vendor lease body".split()


class Migration(migrations.Migration):
    dependencies = [("review", "0003_bench")]

    operations = [
        undone(append_only("review_caseevent")),
        frozen_columns("review_caseevent", EVENT, {"body": ("reason",)}, said="append-only"),
    ]
