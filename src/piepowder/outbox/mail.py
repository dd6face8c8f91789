"""Django's mail goes through the outbox: a password reset survives a mail server that is down."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from piepowder.kernel.ids import new_id
from piepowder.outbox.letters import sealed
from piepowder.outbox.operations import MAIL, Outgoing, enqueue_many


class OutboxBackend(BaseEmailBackend):
    """Enqueues each mail, once for each recipient, in the transaction of whoever sends it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        at = timezone.now()
        outgoing = []
        for email in email_messages:
            for recipient in email.recipients():
                ref = new_id()
                letter = sealed(email, ref)
                outgoing.append(
                    Outgoing(MAIL, str(ref), {}, not_before=at, recipient=recipient, urgent=True, letter=letter, id=ref)
                )
        enqueue_many(outgoing=outgoing, at=at)
        return sum(1 for email in email_messages if email.recipients())
