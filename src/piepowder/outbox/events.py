"""What the outbox tells the packages above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DeliveryTaken:
    """A delivery was taken for the first time: from here on the receiver may know, and taking back is too late.

    Published inside the transaction that takes it, once per delivery, so once per endpoint that a message goes to.
    """

    message_id: UUID
    topic: str
    group_ref: str
    at: datetime
    delivery_id: UUID
    endpoint: str


@dataclass(frozen=True, slots=True)
class DeliveryFinished:
    """A delivery was delivered or became a dead letter; after a replay it can finish again."""

    message_id: UUID
    topic: str
    group_ref: str
    at: datetime
    delivery_id: UUID
    endpoint: str
    delivered: bool
