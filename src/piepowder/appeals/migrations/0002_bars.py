"""Nobody hears their own decision, nor do their managers: the database itself refuses, whoever asks.

The triggers look at tables of this package only: SQLite could not rebuild another one that a trigger reads.
"""

from __future__ import annotations

from django.db import migrations

from piepowder.database.triggers import append_only, frozen_columns, per_database

APPEAL = (
    "id decision_id decider_id_then stage complainant_kind complainant_ref report_id basis text language source until rule "
    "filed_at target_s calendar"
)
EVIDENCE = "id appeal_id side text url user_id added_at"
QUESTION = "id appeal_id text user_id asked_at"

BARRED = """NEW.hearer_id IS NOT NULL AND (
    NEW.hearer_id = NEW.decider_id_then
    OR EXISTS (SELECT 1 FROM appeals_bar b WHERE b.appeal_id = NEW.id AND b.user_id = NEW.hearer_id)
    OR (NEW.decider_id_then IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM appeals_bar b
        WHERE b.appeal_id = NEW.id AND b.user_id = NEW.decider_id_then AND b.why = 'decider')))"""
BEGINS_HEARD = "NEW.hearer_id IS NOT NULL OR NEW.state NOT IN ('filed', 'admitted')"
HEARD_BY = "EXISTS (SELECT 1 FROM appeals_appeal a WHERE a.id = NEW.appeal_id AND a.hearer_id = NEW.user_id)"
ENDED = "OLD.state IN ('concluded', 'omitted', 'withdrawn')"
KEPT = "state hearer_id outcome omission replacement_id ended_at unfounded kept".split()
CHANGED = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in KEPT)
CHANGED_SQLITE = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in KEPT)
REWRITTEN = "(NEW.reasons <> OLD.reasons AND NEW.reasons NOT IN ('', '[erased]'))"

SAID_BARRED = "whoever decided, and their managers, cannot hear the appeal"
SAID_BEGINS = "an appeal begins with nobody hearing it"
SAID_HEARD = "the appeal is taken from somebody before they are barred from it"
SAID_ENDED = "an appeal that has ended stays as it is"


def refuse(condition: str, said: str) -> str:
    return f"IF {condition} THEN RAISE EXCEPTION '{said}' USING ERRCODE = 'restrict_violation'; END IF;"


def abort(name: str, event: str, table: str, condition: str, said: str) -> str:
    return f"""CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition}
        BEGIN SELECT RAISE(ABORT, '{said}'); END"""


class Migration(migrations.Migration):
    dependencies = [("appeals", "0001_initial")]

    operations = [
        frozen_columns("appeals_appeal", APPEAL.split(), {"text": None, "complainant_ref": None}),
        append_only("appeals_bar"),
        append_only("appeals_step"),
        frozen_columns("appeals_evidence", EVIDENCE.split(), {"text": None, "url": None}),
        frozen_columns("appeals_question", QUESTION.split(), {"text": None}),
        per_database(
            postgresql=[
                f"""CREATE OR REPLACE FUNCTION appeals_appeal_heard() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  IF TG_OP = 'INSERT' THEN
                    {refuse(BEGINS_HEARD, SAID_BEGINS)}
                  ELSE
                    {refuse(f"{ENDED} AND ({CHANGED} OR {REWRITTEN})", SAID_ENDED)}
                    {refuse(BARRED, SAID_BARRED)}
                  END IF;
                  RETURN NEW;
                END $$""",
                """CREATE TRIGGER appeals_appeal_heard BEFORE INSERT OR UPDATE ON appeals_appeal
                FOR EACH ROW EXECUTE FUNCTION appeals_appeal_heard()""",
                f"""CREATE OR REPLACE FUNCTION appeals_bar_comes_first() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  {refuse(HEARD_BY, SAID_HEARD)}
                  RETURN NEW;
                END $$""",
                """CREATE TRIGGER appeals_bar_comes_first BEFORE INSERT ON appeals_bar
                FOR EACH ROW EXECUTE FUNCTION appeals_bar_comes_first()""",
            ],
            sqlite=[
                abort("appeals_appeal_begins", "INSERT", "appeals_appeal", BEGINS_HEARD, SAID_BEGINS),
                abort("appeals_appeal_heard", "UPDATE", "appeals_appeal", BARRED, SAID_BARRED),
                abort(
                    "appeals_appeal_ended",
                    "UPDATE",
                    "appeals_appeal",
                    f"{ENDED} AND ({CHANGED_SQLITE} OR {REWRITTEN})",
                    SAID_ENDED,
                ),
                abort("appeals_bar_comes_first", "INSERT", "appeals_bar", HEARD_BY, SAID_HEARD),
            ],
        ),
    ]
