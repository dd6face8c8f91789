"""Facts, blocks and seals never change; every new fact is marked as unsealed by the database itself."""

from __future__ import annotations

from django.db import migrations

from piepowder.database.triggers import append_only, per_database


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        append_only("ledger_fact"),
        append_only("ledger_block"),
        append_only("ledger_seal"),
        per_database(
            postgresql=[
                """CREATE OR REPLACE FUNCTION ledger_mark_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN INSERT INTO ledger_unsealed (fact_id) SELECT id FROM new_facts; RETURN NULL; END $$""",
                """CREATE TRIGGER ledger_fact_unsealed AFTER INSERT ON ledger_fact
                REFERENCING NEW TABLE AS new_facts FOR EACH STATEMENT EXECUTE FUNCTION ledger_mark_unsealed()""",
            ],
            sqlite=[
                """CREATE TRIGGER ledger_fact_unsealed AFTER INSERT ON ledger_fact
                BEGIN INSERT INTO ledger_unsealed (fact_id) VALUES (NEW.id); END""",
            ],
        ),
    ]
