"""Leases: who holds a delivery, and whose word about it counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.outbox.dispatcher import Dispatcher
from piepowder.outbox.models import Attempt, Delivery, Endpoint
from piepowder.outbox.parcels import Outcome
from piepowder.outbox.taking import GRACE_OF_LEASE, reclaim, record_outcomes, take
from tests.outbox.receiver import Orders, Receiver

pytestmark = pytest.mark.django_db
FINE = Outcome(delivered=True, took_ms=5, status=200)


def half() -> float:
    return 0.5


@pytest.fixture
def shop(connect: Callable[..., Any], receiver: Receiver) -> Endpoint:
    endpoint: Endpoint = connect(receiver, concurrency=3).endpoint
    return endpoint


def test_several_workers_together_keep_to_the_limit_of_an_endpoint(
    shop: Endpoint, post: Callable[..., Any], now: datetime
) -> None:
    for number in range(9):
        post(order_key=f"item-{number}")
    first = take(endpoint_id=shop.pk, now=now)
    assert (len(first), take(endpoint_id=shop.pk, now=now)) == (3, [])
    record_outcomes(answers=[(parcel, FINE) for parcel in first[:2]], now=now, jitter=half)
    assert len(take(endpoint_id=shop.pk, now=now)) == 2
    assert Delivery.objects.filter(state="taken").count() == 3


def test_a_worker_that_comes_back_after_its_lease_has_no_say_any_more(
    shop: Endpoint, post: Callable[..., Any], now: datetime
) -> None:
    post()
    (slow,) = take(endpoint_id=shop.pk, now=now)
    late = now + timedelta(seconds=shop.timeout_s) + GRACE_OF_LEASE
    assert reclaim(now=late - timedelta(milliseconds=1), jitter=half) == 0
    assert reclaim(now=late, jitter=half) == 1
    assert record_outcomes(answers=[(slow, FINE)], now=late, jitter=half) == 0
    again = late + timedelta(seconds=2)
    (quick,) = take(endpoint_id=shop.pk, now=again)
    assert record_outcomes(answers=[(slow, FINE)], now=again, jitter=half) == 0
    assert (quick.event_id, quick.payload, quick.number) == (slow.event_id, slow.payload, 2)
    assert record_outcomes(answers=[(quick, FINE)], now=again, jitter=half) == 1
    assert record_outcomes(answers=[(quick, FINE)], now=again, jitter=half) == 0
    assert list(Attempt.objects.values_list("number", "delivered")) == [(1, False), (2, True)]


def test_a_worker_that_stopped_is_not_held_against_the_endpoint(
    shop: Endpoint, post: Callable[..., Any], now: datetime
) -> None:
    post()
    take(endpoint_id=shop.pk, now=now)
    reclaim(now=now + timedelta(minutes=5), jitter=half)
    shop.refresh_from_db()
    assert (shop.failures, shop.rests_until) == (0, None)


def test_a_worker_that_is_asked_to_stop_records_what_ends_in_time_and_takes_nothing_more(
    shop: Endpoint, receiver: Receiver, post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    for _ in range(2):
        post()
    receiver.orders = Orders(hang_s=60)
    dispatcher.turn(now=now, patience_s=0)
    receiver.wait_for(1)
    receiver.orders = Orders()
    receiver.let_go()
    assert dispatcher.finish(now=now, patience_s=30) == 1
    assert list(Delivery.objects.order_by("sequence").values_list("state", flat=True)) == ["delivered", "pending"]
    assert dispatcher.finish(now=now, patience_s=30) == 0
