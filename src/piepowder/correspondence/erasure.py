"""What letters know of people: everything they say. That one was written, to whom, about what and when stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from piepowder.correspondence.models import Letter
from piepowder.database.personal import Age, Emptying, Part, Subject, SubjectKind, declare, said
from piepowder.outbox.erasure import messages_emptied
from piepowder.outbox.models import Delivery, Message
from piepowder.outbox.states import UNFINISHED

EMPTY: Final = {"name": "", "address": "", "subject": "", "text": "", "places": {}}
_GUARDED: Final = {"item": "item_id", "seller": "recipient_ref", "reporter": "recipient_ref"}


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    return _emptied(_to(subject))


def _to(subject: Subject) -> QuerySet[Letter]:
    kind = "person" if subject.kind == SubjectKind.STAFF else subject.kind
    # Somebody who is known by an address alone is not everybody who was written to without a reference.
    wanted = Q(recipient_kind=kind, recipient_ref=subject.ref) if subject.ref else Q(pk__in=[])
    for address in subject.addresses:
        wanted |= Q(address__iexact=address) & ~Q(address="")
    return Letter.objects.filter(wanted)


def _addresses(subject: Subject) -> list[str]:
    return list(_to(subject).exclude(address="").values_list("address", flat=True).distinct())


def _emptied(rows: QuerySet[Letter]) -> Iterator[Emptying]:
    """What is on its way stays until it has arrived. Messages first: they are found by their letters."""
    yield from messages_emptied(Message.objects.filter(letter_kept__in=rows.values("pk")))
    waiting = Delivery.objects.filter(state__in=UNFINISHED).values("message")
    yield Emptying(_("letters on their way"), rows.filter(message__in=waiting), stays="being_sent")
    yield Emptying(_("letters"), rows.exclude(message__in=waiting), EMPTY, _GUARDED)


def _old(before: datetime, at: datetime) -> Iterator[Emptying]:
    return _emptied(Letter.objects.filter(created_at__lt=before))


declare(
    Part(
        package="correspondence",
        columns=said(
            personal={"correspondence_letter": "name address subject text places"},
            reference={"correspondence_letter": "recipient_ref about_ref"},
            plain={
                "correspondence_letter": "event recipient_kind language channel about_kind vendor market",
                "correspondence_lettertemplate": "event language channel subject body phrases published_by",
            },
        ),
        of=_of,
        addresses=_addresses,
        ages=(Age("letters", _("Letters, as they were sent"), _old, counted_from=_("written")),),
    )
)
