"""Words in which somebody may be named can be erased from decisions, statements and opinions, and nothing else of them."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from piepowder.database.triggers import frozen_columns, undone

triggers = import_module("piepowder.decisions.migrations.0002_triggers")
redress = import_module("piepowder.decisions.migrations.0004_redress")

DECISION = [*redress.FROZEN_BEFORE, "reporting_line"]
STATEMENT = triggers.STATEMENT.split()
ENFORCEMENT = triggers.ENFORCEMENT.split()
OPINION = "id panel_id case_id user_id vendor ruling outcome policy_code handling_ms at".split()
OTHERS = tuple(f"decision_{family}_other" for family in ("visibility", "monetary", "provision", "account"))


class Migration(migrations.Migration):
    dependencies = [("decisions", "0004_redress")]

    operations = [
        undone(frozen_columns("decisions_decision", DECISION)),
        frozen_columns("decisions_decision", DECISION, {"facts": None, "note": None}),
        undone(frozen_columns("decisions_statement", STATEMENT)),
        frozen_columns(
            "decisions_statement",
            STATEMENT,
            {"subject": None, "text": None, "structured": ("decision_facts", *OTHERS)},
        ),
        undone(frozen_columns("decisions_enforcement", ENFORCEMENT)),
        frozen_columns("decisions_enforcement", ENFORCEMENT, {"description": None}),
        undone(frozen_columns("decisions_opinion", OPINION)),
        frozen_columns("decisions_opinion", OPINION, {"ruling": ("facts", "note")}),
    ]
