"""E-mails as text (RFC 5322). The event's id is the message id, so that whoever gets one twice can see it."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime, parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage


def message_id(event_id: UUID) -> str:
    """The ``Message-ID`` of an event's e-mail."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{event_id}@{address.rpartition('@')[2] or 'localhost'}>"


def letter_of(event_id: UUID, recipient: str, body: dict[str, Any], at: datetime) -> str:
    """The letter to ``recipient`` that says the body's ``subject`` and ``text``; raises ``KeyError`` without them."""
    email = EmailMessage(
        subject=" ".join(str(body["subject"]).split()),
        body=str(body["text"]),
        to=[recipient],
        headers={"Date": format_datetime(at), "Auto-Submitted": "auto-generated"},
    )
    return sealed(email, event_id)


def sealed(email: EmailMessage, event_id: UUID) -> str:
    """``email`` as the text that leaves, carrying the event's id."""
    email.extra_headers["Message-ID"] = message_id(event_id)
    text = email.message().as_bytes().decode("utf-8", "replace")
    return re.sub(r"\r?\n", "\r\n", text)
