"""The database itself keeps decisions as they were made, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from piepowder.decisions.models import Decision, Enforcement, Statement
from piepowder.kernel.ids import new_id
from tests.decisions.conftest import Court, ruling

pytestmark = pytest.mark.django_db


def run(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE decisions_decision SET facts = 'something else entirely'",
        "UPDATE decisions_decision SET outcome = 'no_violation'",
        "UPDATE decisions_decision SET decider_id = NULL",
        "UPDATE decisions_decision SET final_at = decided_at",
        "DELETE FROM decisions_decision",
        "UPDATE decisions_citation SET version_id = version_id + 1",
        "DELETE FROM decisions_citation",
        "UPDATE decisions_statement SET text = 'nothing happened'",
        "UPDATE decisions_statement SET structured = '{}'",
        "DELETE FROM decisions_statement",
        "UPDATE decisions_statementtemplate SET body = ''",
        "DELETE FROM decisions_statementtemplate",
        "UPDATE decisions_enforcement SET measure = 'content_labelled'",
        "UPDATE decisions_enforcement SET ends_at = starts_at",
        "DELETE FROM decisions_enforcement",
    ],
)
def test_what_was_decided_cannot_be_changed_or_removed_by_sql(court: Court, sql: str) -> None:
    court.decide(court.person())
    with pytest.raises(DatabaseError, match=r"never edited|append-only"):
        run(sql)


def test_what_moves_on_may_move_on(court: Court) -> None:
    court.decide(court.person())
    run("UPDATE decisions_enforcement SET state = 'dispatched', dispatched_at = starts_at")
    run("UPDATE decisions_decision SET state = 'superseded'")
    run("UPDATE decisions_statement SET recipient_ref = ''")
    assert Enforcement.objects.get().state == "dispatched"
    assert Statement.objects.get().recipient_ref == ""


def insert_enforcement(decision: Decision, statement_id: object) -> None:
    Enforcement.objects.bulk_create(
        [
            Enforcement(
                decision=decision,
                statement_id=statement_id,
                family="visibility",
                measure="content_demoted",
                target_kind="listing",
                target_external_id="X",
                starts_at=decision.final_at,
            )
        ]
    )


def test_no_restriction_can_be_stored_without_the_statement_of_its_own_decision(court: Court) -> None:
    actor = court.person()
    explained = court.decide(actor)
    unexplained = court.decide(actor, enforcements=())
    for decision, statement_id in ((unexplained, None), (unexplained, explained.statement.pk), (explained, new_id())):
        with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
            insert_enforcement(decision, statement_id)
    with transaction.atomic():
        insert_enforcement(explained, explained.statement.pk)
    assert unexplained.enforcements.count() == 0


def test_only_one_decision_stands_per_case(court: Court) -> None:
    decision = court.decide(court.person())
    copy = Decision.objects.get(pk=decision.pk)
    copy.pk, copy._state.adding = new_id(), True
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_a_violation_without_facts_and_a_decision_without_decider_are_refused(court: Court) -> None:
    decision = court.decide(court.person())
    for changes in ({"facts": ""}, {"decider_id": None}, {"machine": "eye"}):
        copy = Decision.objects.get(pk=decision.pk)
        copy.pk, copy._state.adding, copy.state = new_id(), True, "superseded"
        for name, value in changes.items():
            setattr(copy, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)


def test_a_statement_says_something_or_says_why_not(court: Court) -> None:
    decision = court.decide(court.person(), enforcements=())
    for fields in ({"exclusion": "", "text": ""}, {"exclusion": "no_contact", "text": "words"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Statement.objects.create(
                decision=decision, puid=str(new_id()), language="de", issued_at=decision.decided_at, **fields
            )


def test_an_id_towards_authorities_is_used_once(court: Court) -> None:
    actor = court.person()
    first, second = court.decide(actor), court.decide(actor, enforcements=())
    assert first.statement.puid == first.statement.structured["puid"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.create(
            decision=second,
            puid=first.statement.puid,
            exclusion="no_contact",
            language="de",
            issued_at=second.decided_at,
        )
    assert ruling(first.item).snapshot_id == first.snapshot_id


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL truncates")
@pytest.mark.parametrize("table", ["decisions_decision", "decisions_enforcement", "outbox_message"])
def test_no_table_that_keeps_its_rows_can_be_emptied(court: Court, table: str) -> None:
    with pytest.raises(DatabaseError, match=r"never edited|append-only"):
        run(f"TRUNCATE {table} CASCADE")
