"""Order is kept per item and endpoint, and nothing waits for an item or endpoint that is not its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.kernel.flow import WrongState
from piepowder.outbox.dispatcher import Dispatcher
from piepowder.outbox.models import Delivery
from piepowder.outbox.operations import NeverTried, Outgoing, bury, enqueue_many, replay
from tests.outbox.conftest import ADMINISTRATOR
from tests.outbox.receiver import Orders, Receiver
from tests.outbox.test_delivery import until_done

pytestmark = pytest.mark.django_db


def test_each_endpoint_counts_each_item_from_one_without_gaps(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver
) -> None:
    connect(receiver, code="a")
    connect(receiver, code="b", topics=["statement.issued"])
    for key, topic in [("x", "statement.issued"), ("x", "enforcement.applied"), ("y", "statement.issued")] * 2:
        post(order_key=key, topic=topic)
    found = Delivery.objects.order_by("endpoint__code", "order_key", "sequence")
    numbers = [f"{code}{key}{n}" for code, key, n in found.values_list("endpoint__code", "order_key", "sequence")]
    assert numbers == ["ax1", "ax2", "ax3", "ax4", "ay1", "ay2", "bx1", "bx2", "by1", "by2"]


def test_enqueuing_many_numbers_them_like_enqueuing_one_by_one(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, now: datetime
) -> None:
    connect(receiver)
    post(order_key="item-1")
    keys = [f"item-{number % 700}" for number in range(2_500)]
    outgoing = [Outgoing("enforcement.applied", key, {"n": n}, now) for n, key in enumerate(keys)]
    enqueue_many(outgoing=outgoing, at=now)
    rows = Delivery.objects.filter(order_key="item-1").order_by("sequence").values_list("sequence", "message__body")
    assert [(sequence, body.get("n")) for sequence, body in rows] == [(1, None), (2, 1), (3, 701), (4, 1401), (5, 2101)]
    assert Delivery.objects.count() == 2_501


def test_order_is_kept_per_item_across_failures_at_random(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    dice = random.Random(7)
    for _ in range(60):
        post(order_key=f"item-{dice.randrange(6)}")
    moment = now
    for _ in range(12):
        receiver.orders = Orders(fail=dice.randrange(4), refuse=dice.randrange(3))
        dispatcher.settle(now=moment)
        moment += timedelta(seconds=dice.randrange(1, 20))
    receiver.orders = Orders()
    until_done(dispatcher, moment)
    assert len(receiver.received) > 60
    for key in {request.order_key for request in receiver.received}:
        sequences = [request.sequence for request in receiver.received if request.order_key == key]
        assert sequences == sorted(sequences)
        accepted = [request.sequence for request in receiver.accepted if request.order_key == key]
        assert accepted == list(range(1, max(sequences) + 1))


def test_a_later_message_waits_for_one_that_fails_and_other_items_do_not(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver, concurrency=1)
    post(order_key="item-1")
    receiver.orders = Orders(fail=1)
    dispatcher.settle(now=now)
    post(order_key="item-1")
    post(order_key="item-2")
    dispatcher.settle(now=now)
    assert [(r.order_key, r.sequence, r.status) for r in receiver.received] == [("item-1", 1, 503), ("item-2", 1, 200)]


def test_an_urgent_message_goes_before_other_items_but_never_before_its_own(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver, concurrency=1)
    post(order_key="item-1")
    post(order_key="item-2")
    post(order_key="item-2", urgent=True)
    post(order_key="item-3", urgent=True)
    dispatcher.settle(now=now)
    order = [(r.order_key, r.sequence) for r in receiver.received]
    assert order == [("item-3", 1), ("item-1", 1), ("item-2", 1), ("item-2", 2)]


def test_a_dead_letter_releases_what_waited_behind_it(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post()
    post()
    receiver.orders = Orders(fail=1, status=410)
    dispatcher.settle(now=now)
    assert [(r.sequence, r.status) for r in receiver.received] == [(1, 410), (2, 200)]


def test_giving_up_by_hand_releases_what_waited_behind_it(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post()
    post()
    first, second = Delivery.objects.order_by("sequence")
    with pytest.raises(NeverTried):
        bury(actor=ADMINISTRATOR, delivery_id=first.pk, at=now)
    receiver.orders = Orders(fail=1)
    dispatcher.settle(now=now)
    bury(actor=ADMINISTRATOR, delivery_id=first.pk, at=now)
    dispatcher.settle(now=now)
    assert [(r.sequence, r.status) for r in receiver.received] == [(1, 503), (2, 200)]
    with pytest.raises(WrongState):
        bury(actor=ADMINISTRATOR, delivery_id=second.pk, at=now)


def test_a_replay_goes_out_under_the_same_id_and_number_and_is_tried_anew(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    message = post()
    receiver.orders = Orders(fail=1, status=410)
    dispatcher.settle(now=now)
    later = now + timedelta(days=9)
    replay(actor=ADMINISTRATOR, delivery_id=Delivery.objects.get().pk, at=later)
    receiver.orders = Orders(fail=1)
    assert until_done(dispatcher, later) == later + timedelta(seconds=2)
    replay(actor=ADMINISTRATOR, delivery_id=Delivery.objects.get().pk, at=later)
    dispatcher.settle(now=later)
    assert receiver.event_ids == [str(message.id)] * 4
    assert [(r.sequence, r.attempt, r.status) for r in receiver.received] == [
        (1, 1, 410), (1, 2, 503), (1, 3, 200), (1, 4, 200),
    ]  # fmt: skip


def test_a_replay_goes_before_what_waits_but_holds_it_up_only_until_it_fails(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post()
    receiver.orders = Orders(fail=1, status=410)
    dispatcher.settle(now=now)
    post()
    replay(actor=ADMINISTRATOR, delivery_id=Delivery.objects.get(sequence=1).pk, at=now)
    receiver.orders = Orders(fail=1)
    dispatcher.settle(now=now)
    assert [(r.sequence, r.status) for r in receiver.received] == [(1, 410), (1, 503), (2, 200)]


def test_what_is_still_waiting_cannot_be_replayed(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, now: datetime
) -> None:
    connect(receiver)
    post()
    with pytest.raises(WrongState):
        replay(actor=ADMINISTRATOR, delivery_id=Delivery.objects.get().pk, at=now)
