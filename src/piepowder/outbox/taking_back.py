"""Taking messages back before they have left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.kernel.actor import SYSTEM, Actor
from piepowder.kernel.errors import Conflict
from piepowder.ledger.operations import Entry, record_many
from piepowder.outbox.models import Delivery, Message
from piepowder.outbox.states import DELIVERY_FLOW, DeliveryState


class TooLate(Conflict):
    code = "too_late"


@transaction.atomic
def cancel_group(*, group_ref: str, at: datetime) -> bool:
    """Take back every message of ``group_ref``, or none of them.

    Returns whether there was anything to take back; raises ``TooLate`` when any delivery of the group was ever taken,
    even if its attempt failed: the receiver may have acted on it.
    """
    return _take_back(Delivery.objects.filter(message__group_ref=group_ref), SYSTEM, at)


@transaction.atomic
def cancel_message(*, actor: Actor, message_id: UUID, at: datetime) -> bool:
    """Take one message back, whatever group it belongs to; see ``cancel_group``. The caller asks who may."""
    return _take_back(Delivery.objects.filter(message=message_id), actor, at)


def _take_back(among: QuerySet[Delivery], actor: Actor, at: datetime) -> bool:
    group = among.exclude(state=DeliveryState.CANCELLED)
    sources = DELIVERY_FLOW.sources("cancel")
    # A row that is locked is being taken. Waiting for it could wait for a transaction that waits for the caller's: the
    # taker's listeners touch the very rows that the caller has just withdrawn.
    locked = group.select_for_update(of=("self",), skip_locked=True).select_related("message")
    rows = [row for row in locked.order_by("id") if row.state in sources and row.tried_since is None]
    if len(rows) != group.count():
        raise TooLate(_("it is on its way already and can no longer be taken back"))
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DELIVERY_FLOW.target("cancel"), finished_at=at
    )
    _record(actor, at, dict.fromkeys(row.message for row in rows))
    return bool(rows)


def _record(actor: Actor, at: datetime, messages: Iterable[Message]) -> None:
    entries = [
        Entry("message.cancel", "message", str(m.pk), {"topic": m.topic, "group": m.group_ref}) for m in messages
    ]
    record_many(actor=actor, at=at, entries=entries)
