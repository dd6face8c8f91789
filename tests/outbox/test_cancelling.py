"""What has not been taken can be taken back: all of a decision's messages, or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from piepowder.ledger.models import Fact
from piepowder.outbox.dispatcher import Dispatcher
from piepowder.outbox.models import Delivery, Message
from piepowder.outbox.operations import TooLate, cancel_group
from tests.outbox.receiver import Orders, Receiver

pytestmark = pytest.mark.django_db


def test_within_the_grace_period_everything_of_a_decision_is_taken_back(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver, code="a")
    connect(receiver, code="b")
    grace = now + timedelta(seconds=10)
    post(group_ref="decision-1", not_before=grace)
    post(group_ref="decision-1", not_before=grace, topic="statement.issued")
    other = post(group_ref="decision-2", not_before=grace)
    assert cancel_group(group_ref="decision-1", at=now) is True
    assert cancel_group(group_ref="decision-1", at=now) is False
    dispatcher.settle(now=grace)
    assert receiver.event_ids == [str(other.id)] * 2
    assert Delivery.objects.filter(state="cancelled").count() == 4
    assert Fact.objects.filter(verb="message.cancel").count() == 2


def test_what_is_cancelled_leaves_a_gap_in_the_numbers_and_holds_nobody_up(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post()
    post(group_ref="decision-1")
    post()
    cancel_group(group_ref="decision-1", at=now)
    dispatcher.settle(now=now)
    assert [request.sequence for request in receiver.received] == [1, 3]


def test_once_one_message_was_taken_none_of_its_decision_is_taken_back(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post(group_ref="decision-1")
    post(group_ref="decision-1", not_before=now + timedelta(seconds=60))
    dispatcher.settle(now=now)
    with pytest.raises(TooLate):
        cancel_group(group_ref="decision-1", at=now)
    dispatcher.settle(now=now + timedelta(seconds=60))
    assert len(receiver.received) == 2


def test_an_attempt_that_failed_may_have_been_heard_so_it_is_too_late(
    connect: Callable[..., Any], post: Callable[..., Any], receiver: Receiver, dispatcher: Dispatcher, now: datetime
) -> None:
    connect(receiver)
    post(group_ref="decision-1")
    receiver.orders = Orders(refuse=1)
    dispatcher.settle(now=now)
    assert Delivery.objects.get().state == "pending"
    with pytest.raises(TooLate):
        cancel_group(group_ref="decision-1", at=now)


def test_a_decision_without_messages_has_nothing_to_take_back(now: datetime) -> None:
    assert cancel_group(group_ref="decision-9", at=now) is False
    assert Message.objects.count() == 0
