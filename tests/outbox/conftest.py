"""What tests of the outbox share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from piepowder.kernel.actor import Actor, ActorKind, Mandate, Scope
from piepowder.kernel.events import _listeners
from piepowder.kernel.permissions import Permission
from piepowder.outbox.dispatcher import Dispatcher
from piepowder.outbox.endpoints import Issued
from piepowder.outbox.models import Message
from piepowder.outbox.operations import enqueue, save_endpoint
from piepowder.outbox.sending import close_connections
from tests.outbox.receiver import Receiver

OUTBOX = frozenset({Permission.OUTBOX_VIEW, Permission.OUTBOX_REPLAY, Permission.ENDPOINT_EDIT})
ADMINISTRATOR = Actor(kind=ActorKind.PERSON, ref="1", mandates=(Mandate(OUTBOX),))
ONE_VENDORS_LEAD = Actor(
    kind=ActorKind.PERSON, ref="2", vendor="lumen", mandates=(Mandate(OUTBOX, Scope(vendors=frozenset({"lumen"}))),)
)
NOBODY = Actor(kind=ActorKind.PERSON, ref="3")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver().start()
    yield one
    one.stop()
    close_connections()


@pytest.fixture
def dispatcher() -> Dispatcher:
    """One without spread in its waits, so that times can be reckoned."""
    return Dispatcher(jitter=lambda: 0.5)


@pytest.fixture
def connect(now: datetime) -> Callable[..., Issued]:
    """Make an endpoint for a receiver, which then knows the secret."""

    def make(receiver: Receiver, code: str = "shop", **options: Any) -> Issued:
        options = {"url": receiver.url, "allow_private": True, "timeout_s": 5, **options}
        issued = save_endpoint(actor=ADMINISTRATOR, at=now, code=code, name=code.title(), **options)
        receiver.secrets.append(issued.secret)
        return issued

    return make


@pytest.fixture
def post(now: datetime) -> Callable[..., Message]:
    """Enqueue one message about an item, due at once."""

    def make(order_key: str = "item-1", **options: Any) -> Message:
        options = {"topic": "enforcement.applied", "body": {"measure": "content_removed"}, "at": now, **options}
        return enqueue(order_key=order_key, **{"not_before": options["at"], **options})

    return make


@pytest.fixture
def listeners() -> Iterator[dict[type[Any], list[Callable[[Any], None]]]]:
    """The table of listeners, empty; whatever the application had subscribed is back afterwards."""
    before = dict(_listeners)
    _listeners.clear()
    yield _listeners
    _listeners.clear()
    _listeners.update(before)
