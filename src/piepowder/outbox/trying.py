"""Trying an endpoint by hand: one real, signed request whose answer is shown at once; nothing is kept to be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Refused
from piepowder.kernel.ids import new_id
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.outbox.endpoints import NoSuchEndpoint, private_allowed, secrets_in_force
from piepowder.outbox.envelope import envelope, headers
from piepowder.outbox.models import Endpoint
from piepowder.outbox.parcels import Outcome, Parcel
from piepowder.outbox.reach import require_everywhere
from piepowder.outbox.sending import send
from piepowder.outbox.states import Channel


class NotAWebhook(Refused):
    code = "not_a_webhook"


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent, byte for byte, and what came back."""

    payload: str
    headers: tuple[tuple[str, str], ...]
    outcome: Outcome


def try_endpoint(*, actor: Actor, at: datetime, code: str, topic: str, body: dict[str, Any]) -> Tried:
    """Send ``body`` to the endpoint as a message of ``topic`` marked ``test``, and wait for the answer.

    Signed and guarded like every delivery. It takes no place in any order (sequence 0) and stands in no log but the
    ledger. Call it outside a transaction: the other side may take its time. Raises ``NoSuchEndpoint``, ``NotAWebhook``.
    """
    require_everywhere(actor, Permission.ENDPOINT_EDIT)
    endpoint = Endpoint.objects.filter(code=code).first()
    if endpoint is None:
        raise NoSuchEndpoint(_("there is no such endpoint"))
    if endpoint.channel != Channel.WEBHOOK:
        raise NotAWebhook(_("only a webhook can be tried"))
    event_id = new_id()
    payload = envelope(
        event_id=event_id, topic=topic, sequence=0, order_key="test", occurred_at=at, body={**body, "test": True}
    )
    head = headers(
        event_id=event_id,
        topic=topic,
        sequence=0,
        attempt=1,
        secrets=secrets_in_force(endpoint, at),
        at=at,
        payload=payload,
    )
    parcel = Parcel(
        delivery_id=event_id,
        event_id=event_id,
        endpoint_id=endpoint.pk,
        channel=endpoint.channel,
        number=1,
        taken_at=at,
        taken_until=at,
        timeout_s=endpoint.timeout_s,
        url=endpoint.url,
        allow_private=private_allowed(endpoint.allow_private),
        headers=head,
        payload=payload,
    )
    outcome = send(parcel)
    record(
        actor=actor,
        at=at,
        verb="endpoint.try",
        subject_kind="endpoint",
        subject_id=code,
        topic=topic,
        delivered=outcome.delivered,
        status=outcome.status,
    )
    return Tried(payload.decode(), head, outcome)
