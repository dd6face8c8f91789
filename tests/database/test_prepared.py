"""A prepared query answers as the queryset it was made from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from piepowder.database.prepared import Prepared
from piepowder.ledger.models import Fact
from piepowder.review.models import Lane, Queue, RoutingVersion, SlaTarget

pytestmark = pytest.mark.django_db


@pytest.fixture
def queues() -> list[Queue]:
    return [Queue.objects.create(code=code, name=code.title(), position=place) for place, code in enumerate("abc")]


def test_it_gives_the_same_rows_each_time_with_other_values(queues: list[Queue]) -> None:
    by_code = Prepared(lambda code: Queue.objects.filter(code=code), Queue.code)
    assert [by_code(code) for code in "abcd"] == [[queues[0]], [queues[1]], [queues[2]], []]
    assert by_code.first("b") == queues[1]
    assert by_code.first("z") is None
    assert by_code("a")[0].name == "A"


def test_related_rows_come_along_without_a_further_query(queues: list[Queue]) -> None:
    Lane.objects.create(queue=queues[1], language="de")
    lane_of = Prepared(lambda queue: Lane.objects.select_related("queue").filter(queue_id=queue), Queue.id)
    lane_of(queues[0].pk)
    with CaptureQueriesContext(connection) as asked:
        assert lane_of(queues[1].pk)[0].queue.code == "b"
    assert len(asked) == 1


def test_order_limit_lists_of_values_and_times_stay_as_they_were_built(queues: list[Queue], now: Any) -> None:
    names = Prepared(
        lambda place: (
            Queue.objects.filter(position__gte=place).order_by("-position").values_list("code", flat=True)[:2]
        ),
        Queue.position,
    )
    assert names(0) == ["c", "b"]
    assert names(2) == ["c"]
    for number in (1, 2):
        RoutingVersion.objects.create(
            number=number, rules=[], published_at=now + timedelta(days=number), published_by="x"
        )
    since = Prepared(
        lambda at: RoutingVersion.objects.filter(published_at__gte=at).values_list("number", "rules"),
        RoutingVersion.published_at,
    )
    assert since(now) == [(2, []), (1, [])]
    assert since(now + timedelta(days=2)) == [(2, [])]


def test_a_lock_is_kept_and_one_value_may_stand_twice(queues: list[Queue]) -> None:
    with transaction.atomic():
        locked = Prepared(
            lambda code: Queue.objects.select_for_update(no_key=True).filter(Q(code=code) | Q(name=code)),
            Queue.code,
        )
        with CaptureQueriesContext(connection) as asked:
            assert locked("c") == [queues[2]]
    if connection.vendor == "postgresql":
        assert "FOR NO KEY UPDATE" in asked[0]["sql"]


def test_rows_read_this_way_can_be_changed_and_saved(queues: list[Queue]) -> None:
    by_code = Prepared(lambda code: Queue.objects.filter(code=code), Queue.code)
    queue = by_code("a")[0]
    queue.purpose = "other"
    queue.save(update_fields=["purpose"])
    assert by_code("a")[0].purpose == "other"
    assert not SlaTarget.objects.exists()
    assert not Fact.objects.exists()
