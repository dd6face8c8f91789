"""The letters that were sent to whoever visits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from piepowder.correspondence.models import Letter
from piepowder.correspondence.queries import letters_to
from piepowder.outbox.states import DeliveryState
from piepowder.portal.links import Subject
from piepowder.portal.visits import NoSuchThing


def letters_of(subject: Subject, at: datetime) -> QuerySet[Letter]:
    """What was sent to them, the newest first: not what still waits, and not what was taken back before it left."""
    rows = letters_to(subject.kind, subject.ref) if subject.ref and not subject.only else Letter.objects.none()
    rows = rows.filter(not_before__lte=at).exclude(text="")
    return rows.exclude(message__deliveries__state=DeliveryState.CANCELLED)


def letter_of(subject: Subject, letter_id: UUID, at: datetime) -> Letter:
    found = letters_of(subject, at).filter(pk=letter_id).first()
    if found is None:
        raise NoSuchThing(_("there is no such letter"))
    return found
