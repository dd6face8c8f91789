"""Taking letters back before they have left."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from piepowder.access.visibility import require
from piepowder.correspondence.models import Letter
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record
from piepowder.outbox.operations import cancel_group, cancel_message


class NoSuchLetter(NotFound):
    code = "no_such_letter"


@transaction.atomic
def cancel(*, group_ref: str, at: datetime) -> bool:
    """Take back everything that was put on its way under ``group_ref``, letters and other messages; see ``cancel_group``.

    Returns whether there was anything; raises ``TooLate`` when any of it was taken to be sent.
    """
    return cancel_group(group_ref=group_ref, at=at)


@transaction.atomic
def cancel_letter(*, actor: Actor, letter_id: UUID, at: datetime) -> Letter:
    """Take one letter back; it stays on record as cancelled. Raises ``TooLate`` once it was taken to be sent."""
    letter = Letter.objects.filter(pk=letter_id).first()
    if letter is None:
        raise NoSuchLetter(_("there is no such letter"))
    require(actor, Permission.LETTER_EDIT, Place(vendor=letter.vendor, market=letter.market))
    if cancel_message(actor=actor, message_id=letter.message_id, at=at):
        record(
            actor=actor,
            at=at,
            verb="letter.cancel",
            subject_kind="letter",
            subject_id=letter.pk,
            vendor=letter.vendor,
            event=letter.event,
        )
    return letter
