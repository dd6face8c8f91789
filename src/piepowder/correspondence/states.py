"""To whom letters go, by which way, and how far they got."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RecipientKind(models.TextChoices):
    SELLER = "seller", _("seller")
    REPORTER = "reporter", _("reporter")
    BUYER = "buyer", _("buyer")
    AUTHORITY = "authority", _("authority")
    RIGHTS_OWNER = "rights_owner", _("rights owner")
    BODY = "body", _("out-of-court body")
    PERSON = "person", _("person")


class LetterChannel(models.TextChoices):
    """The marketplace forwards every letter in its own way; where it does not, an e-mail endpoint mails it."""

    MESSAGE = "message", _("message of the marketplace")
    EMAIL = "email", _("e-mail")


class Progress(models.TextChoices):
    """How far a letter got, as its deliveries say."""

    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    KEPT = "kept", _("kept here")
    FAILED = "failed", _("not delivered")
    CANCELLED = "cancelled", _("cancelled")
