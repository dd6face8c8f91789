"""Messages and deliveries in bulk, as outbox's operations and its sender leave them where nobody has subscribed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piepowder.decisions.models import Enforcement
from piepowder.decisions.states import EnforcementState
from piepowder.kernel.actor import SYSTEM
from piepowder.kernel.ids import new_id
from piepowder.outbox.models import Attempt, Counter, Delivery, Endpoint, Message
from piepowder.outbox.states import Channel, DeliveryState
from piepowder.outbox.taking import KEPT_AT_ONCE
from piepowder.simulate.bulk.pages import Pages


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be enqueued; ``enforcement`` is the restriction it tells about, if any, and ``vendor`` who ordered it."""

    ref: UUID
    topic: str
    order_key: str
    group: str
    body: dict[str, Any]
    not_before: datetime
    vendor: str
    enforcement: Enforcement | None


@dataclass(slots=True)
class _Underway:
    delivery: Delivery
    told: Outgoing


class Post:
    """All messages. A history has no receivers: everything goes to the place that keeps what nobody takes."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.waiting: dict[UUID, _Underway] = {}
        self._counters: dict[str, int] = {}
        self._kept: Endpoint | None = None

    def enqueue(self, messages: Sequence[Outgoing], *, at: datetime, urgent: bool) -> None:
        kept = self._endpoint(at)
        for one in messages:
            number = self._counters[one.order_key] = self._counters.get(one.order_key, 0) + 1
            self.pages.done(
                Message(
                    id=one.ref,
                    topic=one.topic,
                    order_key=one.order_key,
                    group_ref=one.group,
                    body=one.body,
                    created_at=at,
                )
            )
            delivery = Delivery(
                id=new_id(),
                message_id=one.ref,
                endpoint_id=kept.pk,
                order_key=one.order_key,
                sequence=number,
                urgent=urgent,
                not_before=one.not_before,
                next_attempt_at=one.not_before,
                created_at=at,
            )
            self.waiting[delivery.pk] = _Underway(delivery, one)
            told = {"topic": one.topic, "order_key": one.order_key, "group": one.group, "endpoints": [kept.code]}
            self.pages.fact(SYSTEM, at, "message.enqueue", "message", one.ref, told)

    def cancel(self, group: str, at: datetime) -> None:
        """Take back every message of a group; none of them has been taken yet."""
        for under in [one for one in self.waiting.values() if one.told.group == group]:
            under.delivery.state, under.delivery.finished_at = DeliveryState.CANCELLED, at
            told = {"topic": under.told.topic, "group": group}
            self.pages.fact(SYSTEM, at, "message.cancel", "message", under.told.ref, told)
            self._over(under)

    def settle(self, now: datetime) -> None:
        """Pass on everything that is due, in order per item."""
        while due := self._heads(now)[:KEPT_AT_ONCE]:
            for under in due:
                self._take(under, now)
            for under in sorted(due, key=lambda one: one.delivery.pk):
                self._deliver(under, now)

    def finish(self) -> None:
        """Hand over what still waits, and the counters."""
        for under in list(self.waiting.values()):
            self._over(under)
        for order_key, last in self._counters.items():
            self.pages.done(Counter(endpoint_id=self._endpoint_known().pk, order_key=order_key, last=last))

    def _heads(self, now: datetime) -> list[_Underway]:
        first: dict[str, _Underway] = {}
        for under in self.waiting.values():
            before = first.get(under.told.order_key)
            if before is None or under.delivery.sequence < before.delivery.sequence:
                first[under.told.order_key] = under
        due = [under for under in first.values() if under.delivery.next_attempt_at <= now]
        return sorted(due, key=lambda one: (not one.delivery.urgent, one.delivery.next_attempt_at, one.delivery.pk))

    def _take(self, under: _Underway, now: datetime) -> None:
        delivery, row = under.delivery, under.told.enforcement
        delivery.tried_since, delivery.attempts = now, 1
        if row is not None:
            row.state, row.dispatched_at = EnforcementState.DISPATCHED, now
            body = {"decision": under.told.group, "told": False}
            self.pages.fact(SYSTEM, now, "enforcement.dispatch", "enforcement", row.pk, body, under.told.vendor)

    def _deliver(self, under: _Underway, now: datetime) -> None:
        delivery = under.delivery
        delivery.state, delivery.finished_at = DeliveryState.DELIVERED, now
        body = {
            "delivery": str(delivery.pk),
            "topic": under.told.topic,
            "endpoint": self._endpoint_known().code,
            "sequence": delivery.sequence,
            "attempts": 1,
            "status": None,
        }
        self.pages.fact(SYSTEM, now, "delivery.deliver", "message", under.told.ref, body)
        self.pages.done(Attempt(delivery_id=delivery.pk, number=1, at=now, took_ms=0, delivered=True))
        self._over(under)

    def _over(self, under: _Underway) -> None:
        del self.waiting[under.delivery.pk]
        self.pages.done(under.delivery)
        cancelled = under.delivery.state == DeliveryState.CANCELLED
        if under.told.enforcement is not None and not cancelled:
            self.pages.done(under.told.enforcement)

    def _endpoint(self, at: datetime) -> Endpoint:
        if self._kept is None:
            name = "Kept here: no receiver is set up"
            self._kept = Endpoint.objects.create(
                code="kept", name=name, channel=Channel.NONE, created_at=at, timeout_s=30
            )
        return self._kept

    def _endpoint_known(self) -> Endpoint:
        assert self._kept is not None, "nothing was enqueued yet"
        return self._kept
