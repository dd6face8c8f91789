"""Many rows at once: what goes in comes out, by the fast way and by the small one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from piepowder.database.bulk import gathered, insert_rows
from piepowder.intake.models import Detection, Item, Reporter, Snapshot
from piepowder.intake.states import ReporterKind
from piepowder.kernel.ids import new_id

COLUMNS = ("id", "kind", "external_ref", "name", "email", "areas", "suspended_at", "trust", "awarded_by")
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
odd = st.sampled_from(["\\", "\\N", "\\.", "\t", "a\nb\r\n", "\\t", "'\"", "é漢😀", "\x1f\x7f\u2028", ""])
json_texts = st.recursive(
    texts | odd | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


class TestBulk(TestCase):
    @given(
        st.lists(
            st.tuples(texts | odd, st.lists(json_texts, max_size=3), st.none() | st.datetimes(timezones=st.just(UTC)))
        ),
        st.sampled_from([0, 30]),
    )
    def test_every_text_list_and_time_comes_back_as_it_went_in(
        self, values: list[tuple[str, list[Any], datetime | None]], more: int
    ) -> None:
        values = values + [("", [], None)] * more
        rows = [
            (new_id(), ReporterKind.USER, str(new_id()), name, "", areas, moment, 7, "")
            for name, areas, moment in values
        ]
        assert insert_rows(Reporter, COLUMNS, rows) == len(rows)
        stored = {row[0]: row[1:] for row in Reporter.objects.values_list(*COLUMNS)}
        assert stored == {row[0]: row[1:] for row in rows}


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 100])
def test_numbers_and_times_of_other_zones_are_kept(now: datetime, count: int) -> None:
    item, snapshot = new_id(), new_id()
    east = now.astimezone(timezone(timedelta(hours=5, minutes=30)))
    Item.objects.create(
        id=item, kind="listing", external_id="L", market="DE", language="de", received_at=now, updated_at=now
    )
    Snapshot.objects.create(
        id=snapshot, item_id=item, number=1, submission="submitted", schema_version=1, content={}, digest="", received_at=now,
        source="",
    )  # fmt: skip
    columns = ("item_id", "snapshot_id", "model", "version", "label", "policy_code", "score", "spans", "found_at")
    score = 0.1 + 0.2
    rows = [(item, snapshot, "m", "1", "x", "", score, [{"start": 1}], east)] * count
    assert insert_rows(Detection, columns, iter(rows)) == count
    assert set(Detection.objects.values_list("score", "found_at")) == {(score, now)}
    assert Detection.objects.first().spans == [{"start": 1}]  # type: ignore[union-attr]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [2, 100])
def test_a_broken_constraint_is_django_s_own_error_by_either_way(count: int) -> None:
    rows = [(new_id(), "user", "the same", "", "", [], None, 7, "")] * count
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Reporter, COLUMNS, rows)
    assert Reporter.objects.count() == 0


def reporters(count: int, name: str = "") -> list[tuple[Any, ...]]:
    return [(new_id(), "user", str(new_id()), name or "%s; 'quoted' %d", "", ["%s"], None, 7, "") for _ in range(count)]


@pytest.mark.django_db
def test_rows_gathered_in_a_block_are_there_after_it_however_many_they_were() -> None:
    with gathered():
        insert_rows(Reporter, COLUMNS, reporters(2))
        with gathered():
            insert_rows(Reporter, COLUMNS, reporters(1))
        insert_rows(Reporter, COLUMNS, reporters(100))
        insert_rows(Reporter, COLUMNS, reporters(3))
    assert Reporter.objects.filter(name="%s; 'quoted' %d", areas=["%s"]).count() == 106


@pytest.mark.django_db
def test_few_rows_of_several_tables_are_one_message_on_postgresql() -> None:
    with CaptureQueriesContext(connection) as queries, gathered():
        insert_rows(Reporter, COLUMNS, reporters(2))
        insert_rows(Reporter, COLUMNS, reporters(1))
    assert len(queries) == (1 if connection.vendor == "postgresql" else 2)


@pytest.mark.django_db
def test_a_block_that_fails_sends_nothing_and_leaves_nothing_waiting() -> None:
    def fail() -> None:
        with gathered():
            insert_rows(Reporter, COLUMNS, reporters(1, "lost"))
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"), transaction.atomic():
        fail()
    insert_rows(Reporter, COLUMNS, reporters(1, "kept"))
    assert list(Reporter.objects.values_list("name", flat=True)) == ["kept"]
