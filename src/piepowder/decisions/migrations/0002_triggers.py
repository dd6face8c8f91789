"""Decisions, statements and restrictions are superseded, never edited: the database itself refuses, whoever asks."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from piepowder.database.triggers import append_only, frozen_columns

DECISION = (
    "id case_id item_id snapshot_id outcome ground facts evidence note supersedes_id decided_at final_at decider_id machine "
    "machine_version automated_detection source vendor site team queue market language handling_ms"
)
STATEMENT = (
    "id decision_id puid template_id exclusion language subject text structured complaint_until deadline_rule issued_at"
)
ENFORCEMENT = (
    "id decision_id statement_id family measure description target_kind target_external_id territories starts_at ends_at"
)

# A restriction is explained by the statement of its own decision, and only a violation restricts.
EXPLAINED = """
    SELECT 1 FROM decisions_statement s JOIN decisions_decision d ON d.id = s.decision_id
    WHERE s.id = NEW.statement_id AND d.id = NEW.decision_id AND d.outcome = 'violation'
"""
SAID = "a restriction needs the statement of its own decision"
EXPLAIN = {
    "postgresql": [
        f"""CREATE OR REPLACE FUNCTION decisions_enforcement_explained() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NOT EXISTS ({EXPLAINED}) THEN RAISE EXCEPTION '{SAID}' USING ERRCODE = 'restrict_violation'; END IF;
          RETURN NEW;
        END $$""",
        """CREATE TRIGGER decisions_enforcement_explained BEFORE INSERT ON decisions_enforcement
        FOR EACH ROW EXECUTE FUNCTION decisions_enforcement_explained()""",
    ],
    "sqlite": [
        f"""CREATE TRIGGER decisions_enforcement_explained BEFORE INSERT ON decisions_enforcement
        WHEN NOT EXISTS ({EXPLAINED}) BEGIN SELECT RAISE(ABORT, '{SAID}'); END""",
    ],
}


def explain(apps: Any, schema_editor: Any) -> None:
    for statement in EXPLAIN[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unexplain(apps: Any, schema_editor: Any) -> None:
    on_table = " ON decisions_enforcement" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER decisions_enforcement_explained{on_table}")


class Migration(migrations.Migration):
    dependencies = [("decisions", "0001_initial")]

    operations = [
        frozen_columns("decisions_decision", DECISION.split()),
        append_only("decisions_citation"),
        append_only("decisions_statementtemplate"),
        frozen_columns("decisions_statement", STATEMENT.split()),
        frozen_columns("decisions_enforcement", ENFORCEMENT.split()),
        migrations.RunPython(explain, migrations.RunPython.noop),
    ]
