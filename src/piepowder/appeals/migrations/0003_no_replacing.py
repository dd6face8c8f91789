"""SQLite takes a row that ``INSERT OR REPLACE`` pushes aside without asking the triggers about deletion.

So a bar could be turned against somebody else, or an appeal begin anew under its old number; it is refused before that.
PostgreSQL knows no such statement: what it does on a conflict is an update, which its triggers see.
"""

from __future__ import annotations

from django.db import migrations

from piepowder.database.triggers import per_database

SAME = {
    "appeals_bar": "b.id = NEW.id OR (b.appeal_id = NEW.appeal_id AND b.user_id = NEW.user_id AND b.why = NEW.why)",
    "appeals_appeal": """b.id = NEW.id OR (b.decision_id = NEW.decision_id AND b.stage = NEW.stage
        AND b.complainant_kind = NEW.complainant_kind AND b.complainant_ref = NEW.complainant_ref
        AND NEW.complainant_ref <> '')""",
}


class Migration(migrations.Migration):
    dependencies = [("appeals", "0002_bars")]

    operations = [
        per_database(
            postgresql=[],
            sqlite=[
                f"""CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
                WHEN EXISTS (SELECT 1 FROM {table} b WHERE {same})
                BEGIN SELECT RAISE(ABORT, '{table} is never replaced'); END"""
                for table, same in SAME.items()
            ],
        )
    ]
