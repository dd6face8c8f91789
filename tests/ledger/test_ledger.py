"""The record of facts: appended with what they tell, sealed in order, and any tampering is found."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from piepowder.kernel.actor import SYSTEM
from piepowder.ledger.models import Fact, Seal
from piepowder.ledger.operations import record, seal
from piepowder.ledger.queries import Head, head, verify

pytestmark = pytest.mark.django_db


def write(now: datetime, count: int) -> None:
    for number in range(count):
        record(
            actor=SYSTEM, at=now, verb="case.open", subject_kind="case", subject_id=f"c{number}", severity=number % 4
        )


def tamper(sql: str) -> None:
    """Do what an owner of the database could do: switch the triggers off first."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql)
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ledger_%'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute("PRAGMA defer_foreign_keys = ON")
        cursor.execute(sql)
        for _, definition in triggers:
            cursor.execute(definition)


@pytest.mark.parametrize("sql", ["UPDATE ledger_fact SET verb = 'x'", "DELETE FROM ledger_fact"])
def test_the_database_itself_refuses_to_change_a_fact(now: datetime, sql: str) -> None:
    write(now, 1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_positions_are_gap_free_across_blocks_and_an_untouched_ledger_is_whole(now: datetime) -> None:
    for _ in range(3):
        write(now, 4)
        seal(at=now)
    write(now, 40)
    seal(at=now, limit=25)
    seal(at=now, limit=25)
    assert list(Seal.objects.order_by("position").values_list("position", flat=True)) == list(range(1, 53))
    verdict = verify(now=now)
    assert (verdict.problems, verdict.facts, verdict.blocks) == ([], 52, 5)


def test_sealing_nothing_makes_no_block(now: datetime) -> None:
    assert seal(at=now) is None


_SEALED = "SELECT fact_id FROM ledger_seal"


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (
            "UPDATE ledger_fact SET verb = 'case.forget' WHERE id = (SELECT fact_id FROM ledger_seal WHERE position = 3)",
            "was edited",
        ),
        ("DELETE FROM ledger_seal WHERE position = 2", "lost, gained or moved"),
        ("UPDATE ledger_seal SET position = position + 100 WHERE position > 4", "lost, gained or moved"),
        ("DELETE FROM ledger_unsealed", "neither sealed nor waiting"),
        ("UPDATE ledger_block SET sealed_at = '2020-01-01 00:00:00+00:00'", "does not hash"),
        (f"DELETE FROM ledger_fact WHERE id NOT IN ({_SEALED})", "are gone"),
        (
            f"INSERT INTO ledger_seal (position, fact_id, block_id) SELECT 1000 + MIN(id), MIN(id), 1 FROM ledger_fact"
            f" WHERE id NOT IN ({_SEALED})",
            "outside every block",
        ),
    ],
)
def test_an_edit_a_deletion_a_shift_and_a_hidden_fact_are_found(now: datetime, sql: str, found: str) -> None:
    write(now, 6)
    seal(at=now)
    write(now, 2)
    tamper(sql)
    assert any(found in problem for problem in verify(now=now).problems)


def test_a_fact_that_vanished_before_it_was_sealed_neither_stops_the_sealer_nor_is_forgotten(now: datetime) -> None:
    write(now, 1)
    tamper("DELETE FROM ledger_fact")
    assert seal(at=now) is None
    write(now, 2)
    seal(at=now)
    verdict = verify(now=now)
    assert verdict.facts == 2
    assert any("are gone" in problem for problem in verdict.problems)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite replaces rows")
def test_the_database_refuses_to_replace_a_fact(now: datetime) -> None:
    write(now, 1)
    sql = "INSERT OR REPLACE INTO ledger_fact SELECT * FROM ledger_fact"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("value", [0.5, 5.0, 1e-7, 2**63, "é\u2028\U0001f600", {"b": 1, "a": [True, None]}])
def test_what_a_database_writes_differently_still_has_the_digest_of_the_fact(now: datetime, value: object) -> None:
    record(actor=SYSTEM, at=now, verb="case.open", subject_kind="case", subject_id="c", found=value)
    seal(at=now)
    assert verify(now=now).problems == []


def test_two_facts_that_change_places_are_found(now: datetime) -> None:
    write(now, 6)
    seal(at=now)
    first, second = Seal.objects.order_by("position").values_list("fact_id", flat=True)[:2]
    tamper("UPDATE ledger_seal SET position = -1 WHERE position = 1")
    tamper("UPDATE ledger_seal SET position = 1 WHERE position = 2")
    tamper("UPDATE ledger_seal SET position = 2 WHERE position = -1")
    assert list(Seal.objects.order_by("position").values_list("fact_id", flat=True)[:2]) == [second, first]
    assert any("does not hash" in problem for problem in verify(now=now).problems)


def test_a_cut_tail_is_found_through_the_published_head(now: datetime) -> None:
    write(now, 3)
    seal(at=now)
    write(now, 3)
    seal(at=now)
    published = head()
    tamper("DELETE FROM ledger_seal WHERE position > 3")
    tamper("DELETE FROM ledger_fact WHERE id NOT IN (SELECT fact_id FROM ledger_seal)")
    tamper("DELETE FROM ledger_block WHERE number = 2")
    assert verify(now=now).problems == []
    assert any("tail was cut" in problem for problem in verify(now=now, published=[published]).problems)


def test_a_rewritten_chain_differs_from_the_published_head(now: datetime) -> None:
    write(now, 3)
    seal(at=now)
    forged = Head(head().block, head().position, "f" * 64)
    assert any("not the one that was published" in p for p in verify(now=now, published=[forged]).problems)


def test_facts_left_unsealed_too_long_are_reported(now: datetime) -> None:
    write(now, 1)
    assert verify(now=now + timedelta(seconds=5)).problems == []
    assert any("unsealed since" in p for p in verify(now=now + timedelta(minutes=5)).problems)


def test_a_fact_that_rolls_back_with_its_operation_leaves_no_trace(now: datetime) -> None:
    with pytest.raises(ValueError, match="stop"), transaction.atomic():
        write(now, 1)
        raise ValueError("stop")
    assert Fact.objects.count() == 0
    assert seal(at=now) is None
