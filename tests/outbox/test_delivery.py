"""What is enqueued reaches its receiver, whatever the receiver does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.kernel.events import subscribe
from piepowder.outbox.backoff import TRIP, rest_after
from piepowder.outbox.dispatcher import Dispatcher
from piepowder.outbox.events import DeliveryFinished, DeliveryTaken
from piepowder.outbox.models import Attempt, Delivery, Endpoint
from piepowder.outbox.operations import rotate_secret, save_endpoint
from tests.outbox.conftest import ADMINISTRATOR
from tests.outbox.receiver import Orders, Receiver

pytestmark = pytest.mark.django_db


def until_done(dispatcher: Dispatcher, now: datetime) -> datetime:
    """Live through simulated time, from one due moment to the next; returns when nothing was left."""
    for _ in range(500):
        dispatcher.settle(now=now)
        waiting = Delivery.objects.filter(state="pending")
        moments = [max(m, r or m) for m, r in waiting.values_list("next_attempt_at", "endpoint__rests_until")]
        if not moments:
            return now
        # What lies in the past waits for something in the future.
        now = min(moment for moment in moments if moment > now)
    raise AssertionError("it never ended")


def test_a_signed_webhook_arrives_with_its_envelope(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    message = post(body={"measure": "content_removed", "note": "naïve 限制"})
    dispatcher.settle(now=now)
    (request,) = receiver.received
    assert (request.event_id, request.topic, request.sequence, request.attempt) == (
        str(message.id), "enforcement.applied", 1, 1,
    )  # fmt: skip
    assert request.signed_by == [0]
    assert request.body == {
        "id": str(message.id),
        "topic": "enforcement.applied",
        "sequence": 1,
        "order_key": "item-1",
        "occurred_at": "2026-03-04T10:00:00.000000Z",
        "body": {"measure": "content_removed", "note": "naïve 限制"},
    }
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_status, delivery.attempts) == ("delivered", 200, 1)


def test_nothing_leaves_before_its_time(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post(not_before=now + timedelta(seconds=10))
    dispatcher.settle(now=now + timedelta(seconds=9))
    assert receiver.received == []
    dispatcher.settle(now=now + timedelta(seconds=10))
    assert len(receiver.received) == 1


@pytest.mark.parametrize("seconds", [5, 300])
def test_a_receiver_that_is_down_for_a_while_gets_everything_once_it_is_back(
    seconds: int,
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime,
) -> None:  # fmt: skip
    connect(receiver)
    sent = [str(post(order_key=f"item-{number % 3}").id) for number in range(9)]
    receiver.stop()
    moment, back_at = now, now + timedelta(seconds=seconds)
    while moment < back_at:
        dispatcher.settle(now=moment)
        moment += timedelta(seconds=1 if seconds < 60 else 7)
    assert Delivery.objects.filter(state="delivered").count() == 0
    receiver.start()
    done_at = until_done(dispatcher, back_at)
    assert sorted(receiver.event_ids) == sorted(sent)
    assert done_at - now < timedelta(seconds=3 * seconds + 60)
    for key in ("item-0", "item-1", "item-2"):
        assert [r.sequence for r in receiver.received if r.order_key == key] == [1, 2, 3]


def test_every_attempt_carries_the_same_event_id_and_the_same_bytes(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post(body={"price": 1.5, "count": 3, "tags": ["b", "a"]})
    receiver.orders = Orders(fail=2, refuse=1)
    until_done(dispatcher, now)
    assert [request.attempt for request in receiver.received] == [1, 2, 3, 4]
    assert len({request.event_id for request in receiver.received}) == 1
    assert len({str(request.body) for request in receiver.received}) == 1
    assert [request.status for request in receiver.received] == [0, 503, 503, 200]


@pytest.mark.parametrize("status", [302, 400, 401, 404, 408, 409, 429, 500, 503])
def test_any_refusal_is_tried_again_because_it_may_be_a_mistake(
    status: int, receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher,
    now: datetime,
) -> None:  # fmt: skip
    connect(receiver)
    post()
    receiver.orders = Orders(fail=1, status=status, headers=(("Location", receiver.url),))
    until_done(dispatcher, now)
    assert [request.status for request in receiver.received] == [status, 200]
    assert list(Attempt.objects.values_list("status", "delivered")) == [(status, False), (200, True)]


def test_gone_buries_at_once(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post()
    receiver.orders = Orders(fail=1, status=410)
    dispatcher.settle(now=now)
    assert Delivery.objects.get().state == "dead"
    assert len(receiver.received) == 1


def test_a_receiver_that_never_answers_is_tried_for_72_hours_and_then_the_message_is_a_dead_letter(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post()
    receiver.orders = Orders(fail=1_000)
    until_done(dispatcher, now)
    delivery = Delivery.objects.get()
    assert delivery.state == "dead"
    assert delivery.finished_at is not None
    assert delivery.finished_at - now == timedelta(hours=72)
    assert Attempt.objects.count() == len(receiver.received) == delivery.attempts
    assert 25 < delivery.attempts < 50


def test_a_redirect_is_not_followed(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post()
    elsewhere = Receiver().start()
    receiver.orders = Orders(fail=1, status=307, headers=(("Location", elsewhere.url),))
    dispatcher.settle(now=now)
    elsewhere.stop()
    assert elsewhere.received == []
    assert "redirects are not followed" in Delivery.objects.get().last_problem


def test_retry_after_rests_the_endpoint(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver, concurrency=1)
    post(order_key="item-1")
    post(order_key="item-2")
    receiver.orders = Orders(fail=1, status=429, headers=(("Retry-After", "600"),))
    dispatcher.settle(now=now)
    dispatcher.settle(now=now + timedelta(seconds=599))
    assert len(receiver.received) == 1
    until_done(dispatcher, now + timedelta(seconds=600))
    assert len(receiver.accepted) == 2


def test_a_hanging_receiver_holds_up_nobody_else(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    hanging = Receiver().start()
    hanging.orders = Orders(hang_s=60)
    connect(hanging, code="hanging", timeout_s=60, concurrency=3)
    connect(receiver, code="quick")
    for number in range(20):
        post(order_key=f"item-{number}")
    hanging_ids = Delivery.objects.filter(endpoint__code="hanging")
    for _ in range(400):
        dispatcher.turn(now=now)
        if len(receiver.accepted) == 20:
            break
    dispatcher.turn(now=now)
    try:
        assert Delivery.objects.filter(endpoint__code="quick", state="delivered").count() == 20
        assert hanging_ids.filter(state="taken").count() == 3
        assert hanging_ids.filter(state="pending").count() == 17
    finally:
        hanging.orders = Orders()
        hanging.let_go()
        dispatcher.settle(now=now)
        hanging.stop()
    assert hanging_ids.filter(state="delivered").count() == 20


def test_an_answer_that_takes_too_long_is_a_failure(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver, timeout_s=1)
    post()
    receiver.orders = Orders(hang_s=30)
    dispatcher.settle(now=now)
    receiver.let_go()
    assert Delivery.objects.get().last_problem == "no full answer within 1 s"


def test_a_dead_endpoint_is_probed_one_at_a_time_and_recovers_at_the_first_success(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    for number in range(30):
        post(order_key=f"item-{number}")
    receiver.orders = Orders(fail=100)
    dispatcher.settle(now=now)
    endpoint = Endpoint.objects.get()
    failed = len(receiver.received)
    assert endpoint.failures == failed <= 8 + TRIP - 1
    rested_at = now + rest_after(failed)
    assert endpoint.rests_until == rested_at
    dispatcher.settle(now=rested_at - timedelta(milliseconds=1))
    assert len(receiver.received) == failed
    dispatcher.settle(now=rested_at)
    assert len(receiver.received) == failed + 1
    receiver.orders = Orders()
    until_done(dispatcher, rested_at + rest_after(failed + 1))
    assert len(receiver.accepted) == 30
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.rests_until) == (0, None)


def test_secrets_that_overlap_both_sign_until_the_old_one_ends(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    rotated = rotate_secret(actor=ADMINISTRATOR, endpoint_code="shop", overlap=timedelta(hours=1), at=now)
    receiver.secrets.append(rotated.secret)
    post()
    dispatcher.settle(now=now)
    later = now + timedelta(hours=1)
    post(at=later)
    dispatcher.settle(now=later)
    assert [request.signed_by for request in receiver.received] == [[0, 1], [1]]


def test_a_secret_that_leaked_can_be_cut_off_at_once(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    rotated = rotate_secret(actor=ADMINISTRATOR, endpoint_code="shop", overlap=timedelta(0), at=now)
    receiver.secrets.append(rotated.secret)
    post()
    dispatcher.settle(now=now)
    assert [request.signed_by for request in receiver.received] == [[1]]


def test_an_address_that_has_become_private_is_not_reached(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    Endpoint.objects.update(allow_private=False)
    post()
    dispatcher.settle(now=now)
    assert receiver.received == []
    delivery = Delivery.objects.get()
    assert (delivery.state, "private or reserved" in delivery.last_problem) == ("pending", True)


def test_the_packages_above_hear_the_first_taking_and_the_end_once(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime,
    listeners: object,
) -> None:  # fmt: skip
    heard: list[Any] = []
    subscribe(DeliveryTaken, heard.append)
    subscribe(DeliveryFinished, heard.append)
    connect(receiver)
    message = post(group_ref="decision-1")
    receiver.orders = Orders(fail=2)
    until_done(dispatcher, now)
    taken, finished = heard
    assert (taken.message_id, taken.topic, taken.group_ref, taken.at) == (
        message.id, "enforcement.applied", "decision-1", now,
    )  # fmt: skip
    assert (finished.message_id, finished.group_ref, finished.delivered) == (message.id, "decision-1", True)


def test_a_listener_that_fails_keeps_the_message_from_leaving(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime,
    listeners: object,
) -> None:  # fmt: skip
    def refuse(event: DeliveryTaken) -> None:
        raise RuntimeError("not yet")

    subscribe(DeliveryTaken, refuse)
    connect(receiver)
    post()
    with pytest.raises(RuntimeError, match="not yet"):
        dispatcher.turn(now=now)
    assert receiver.received == []
    assert Delivery.objects.get().tried_since is None


def test_without_any_receiver_a_message_still_goes_the_way_of_the_others(
    post: Callable[..., Any], dispatcher: Dispatcher, now: datetime, listeners: object
) -> None:
    heard: list[DeliveryTaken] = []
    subscribe(DeliveryTaken, heard.append)
    post(not_before=now + timedelta(seconds=10), group_ref="decision-1")
    dispatcher.settle(now=now)
    assert heard == []
    dispatcher.settle(now=now + timedelta(seconds=10))
    assert [event.group_ref for event in heard] == ["decision-1"]
    assert Delivery.objects.values_list("endpoint__channel", "state").get() == ("none", "delivered")


def test_an_inactive_endpoint_is_sent_nothing_and_goes_on_where_it_stopped(
    receiver: Receiver, connect: Callable[..., Any], post: Callable[..., Any], dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post()
    options = {"actor": ADMINISTRATOR, "at": now, "code": "shop", "name": "Shop", "url": receiver.url}
    save_endpoint(**options, allow_private=True, active=False)
    dispatcher.settle(now=now)
    assert receiver.received == []
    save_endpoint(**options, allow_private=True, active=True)
    dispatcher.settle(now=now)
    assert len(receiver.received) == 1
    assert receiver.received[0].signed_by == [0]
