"""Carrying the ledger's head out of the house."""

from __future__ import annotations

from piepowder.ledger.events import HeadPublished
from piepowder.outbox.models import Endpoint
from piepowder.outbox.operations import enqueue

TOPIC = "ledger.head"


def on_head_published(event: HeadPublished) -> None:
    """Send the head to the endpoints that name its topic.

    Endpoints that take every topic are left out: sending leaves facts of its own, so a quiet house would talk for ever.
    """
    if not any(TOPIC in topics for topics in Endpoint.objects.filter(active=True).values_list("topics", flat=True)):
        return
    body = {"block": event.block, "position": event.position, "hash": event.hash}
    enqueue(topic=TOPIC, order_key="ledger", body=body, at=event.at, not_before=event.at)
