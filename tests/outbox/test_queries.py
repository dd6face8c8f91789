"""The pages about deliveries, and who may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from piepowder.access.visibility import NotPermitted
from piepowder.outbox.dispatcher import Dispatcher
from piepowder.outbox.models import Delivery
from piepowder.outbox.operations import NoSuchDelivery, bury, forget_recipient, replay
from piepowder.outbox.queries import (
    PAGE_SIZE,
    DeliveryFilters,
    dead_letters,
    deliveries,
    delivery_log,
    endpoint_health,
    lag,
)
from tests.outbox.conftest import ADMINISTRATOR, NOBODY, ONE_VENDORS_LEAD
from tests.outbox.receiver import Orders, Receiver

pytestmark = pytest.mark.django_db
ALL = DeliveryFilters()


def test_dead_letters_are_listed_latest_first_in_pages_of_constant_cost(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    connect(receiver)
    receiver.orders = Orders(fail=1_000, status=410)
    for number in range(PAGE_SIZE + 3):
        at = now + timedelta(minutes=number)
        post(order_key=f"item-{number}", at=at)
        dispatcher.settle(now=at)
    with django_assert_num_queries(1):
        first = dead_letters(ADMINISTRATOR, filters=ALL)
    second = dead_letters(ADMINISTRATOR, filters=ALL, page=2)
    keys = [row.order_key for row in (*first.rows, *second.rows)]
    assert keys == [f"item-{number}" for number in range(PAGE_SIZE + 2, -1, -1)]
    assert (len(first.rows), first.has_next, second.has_next) == (PAGE_SIZE, True, False)
    assert first.rows[0].verbs == ("replay",)


def test_deliveries_are_found_by_event_group_item_state_topic_and_endpoint(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver, code="a")
    connect(receiver, code="b", topics=["statement.issued"])
    wanted = post(order_key="item-7", group_ref="decision-7", topic="statement.issued")
    dispatcher.settle(now=now)
    post(order_key="item-8", group_ref="decision-8")

    def found(**filters: str) -> int:
        return len(deliveries(ADMINISTRATOR, filters=DeliveryFilters(**filters)).rows)

    assert found() == 3
    assert [found(text=text) for text in (str(wanted.id), "decision-7", "item-7", " item-8 ", "item")] == [
        2,
        2,
        2,
        1,
        0,
    ]
    assert [found(state="pending"), found(endpoint="b"), found(topic="enforcement.applied")] == [1, 1, 1]


def test_the_log_of_a_delivery_shows_every_attempt_and_the_body(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    connect(receiver)
    post()
    receiver.orders = Orders(fail=1, status=500)
    dispatcher.settle(now=now)
    dispatcher.settle(now=now + timedelta(seconds=2))
    ref = Delivery.objects.get().pk
    with django_assert_num_queries(2):
        log = delivery_log(ADMINISTRATOR, delivery_id=ref)
    assert [(a.number, a.status, a.delivered, a.problem, a.answer) for a in log.attempts] == [
        (1, 500, False, "answered 500", '{"status": 500}'),
        (2, 200, True, "", '{"status": 200}'),
    ]
    assert (log.body, log.delivery.state, log.not_before) == ({"measure": "content_removed"}, "delivered", now)
    with pytest.raises(NoSuchDelivery):
        delivery_log(ADMINISTRATOR, delivery_id=uuid4())


def test_health_tells_what_waits_what_failed_and_how_often(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    connect(receiver, concurrency=1)
    connect(receiver, code="idle", topics=["none.such"])
    post(order_key="item-1")
    receiver.orders = Orders(fail=3, status=500)
    for seconds in (0, 2, 6, 14):
        dispatcher.settle(now=now + timedelta(seconds=seconds))
    post(order_key="item-2", not_before=now + timedelta(seconds=20))
    post(order_key="item-3", not_before=now + timedelta(days=1))
    then = now + timedelta(seconds=30)
    with django_assert_num_queries(4):
        idle, shop = endpoint_health(ADMINISTRATOR, now=then)
    assert (shop.code, shop.unfinished, shop.dead, shop.oldest_due_at) == ("shop", 2, 0, now + timedelta(seconds=20))
    assert (shop.attempts_24h, shop.success_rate_24h, shop.failures_in_a_row) == (4, 0.25, 0)
    assert (shop.last_problem, shop.last_problem_at) == ("answered 500", now + timedelta(seconds=6))
    assert (idle.attempts_24h, idle.success_rate_24h, idle.oldest_due_at, idle.last_problem) == (0, None, None, "")
    with django_assert_num_queries(3):
        assert [(line.endpoint, line.unfinished, line.dead, line.oldest_due_s) for line in lag(now=then)] == [
            ("idle", 0, 0, 0.0),
            ("shop", 2, 0, 10.0),
        ]
    assert endpoint_health(ADMINISTRATOR, now=now + timedelta(days=2))[1].success_rate_24h is None


@pytest.mark.parametrize("actor", [NOBODY, ONE_VENDORS_LEAD])
def test_the_outbox_is_closed_to_whoever_answers_for_one_vendor_only(
    actor: Any, connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, now: datetime
) -> None:
    connect(receiver)
    post()
    ref = Delivery.objects.get().pk
    attempts: list[Callable[[], Any]] = [
        lambda: deliveries(actor, filters=ALL),
        lambda: dead_letters(actor, filters=ALL),
        lambda: delivery_log(actor, delivery_id=ref),
        lambda: endpoint_health(actor, now=now),
        lambda: replay(actor=actor, delivery_id=ref, at=now),
        lambda: bury(actor=actor, delivery_id=ref, at=now),
        lambda: forget_recipient(actor=actor, addresses=[], at=now),
    ]
    for attempt in attempts:
        with pytest.raises(NotPermitted):
            attempt()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE outbox_attempt SET status = 200",
        "DELETE FROM outbox_attempt",
        "UPDATE outbox_message SET body = '[]'",
        "UPDATE outbox_message SET topic = 'x'",
        "DELETE FROM outbox_message WHERE 1 = 1",
        "UPDATE outbox_delivery SET sequence = sequence + 1",
    ],
)
def test_the_database_itself_keeps_what_was_said_and_tried(
    sql: str, connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher,
    now: datetime,
) -> None:  # fmt: skip
    connect(receiver)
    post()
    receiver.orders = Orders(fail=1)
    dispatcher.settle(now=now)
    with pytest.raises(DatabaseError, match=r"append-only|never edited"), transaction.atomic():
        connection.cursor().execute(sql)
