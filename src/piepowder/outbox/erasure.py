"""What the outbox knows of people: what messages say, whom e-mails go to, and what receivers answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from piepowder.database.personal import Age, Emptying, Part, Subject, declare, said
from piepowder.outbox.models import Attempt, Delivery, Message
from piepowder.outbox.states import DeliveryState

_ON_THE_WAY = [DeliveryState.PENDING, DeliveryState.TAKEN]
EMPTY = {"body": {}, "recipient": "", "letter": ""}


def messages_emptied(rows: QuerySet[Message]) -> Iterator[Emptying]:
    """Have messages say nothing any more; those on their way stay until they have arrived or were given up."""
    waiting = Delivery.objects.filter(state__in=_ON_THE_WAY).values("message")
    yield Emptying(_("messages on their way"), rows.filter(pk__in=waiting), stays="being_sent")
    gone = rows.exclude(pk__in=waiting)
    yield Emptying(_("answers of receivers"), Attempt.objects.filter(delivery__message__in=gone), {"answer": ""})
    yield Emptying(_("messages that were sent"), gone, EMPTY)


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    wanted = Q(pk__in=[])
    for address in subject.addresses:
        wanted |= Q(recipient__iexact=address)
    yield from messages_emptied(Message.objects.filter(wanted & ~Q(recipient="")))


def _old(before: datetime, at: datetime) -> Iterable[Emptying]:
    return messages_emptied(Message.objects.filter(created_at__lt=before))


declare(
    Part(
        package="outbox",
        columns=said(
            personal={
                "outbox_message": "body recipient letter",
                "outbox_attempt": "answer",
            },
            reference={
                "outbox_message": "order_key group_ref",
                "outbox_delivery": "order_key",
                "outbox_counter": "order_key",
            },
            plain={
                "outbox_endpoint": "code name url secrets topics",
                "outbox_message": "topic",
                "outbox_delivery": "last_problem",
                "outbox_attempt": "problem",
            },
        ),
        of=_of,
        ages=(Age("messages", _("Messages that left, and what receivers answered"), _old, counted_from=_("enqueued")),),
    )
)
