"""Kinds of item, what can happen to one from outside, and who reports."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    SELLER = "seller", _("seller")
    LISTING = "listing", _("listing")
    SHORT_VIDEO = "short_video", _("short video")
    LIVESTREAM = "livestream", _("livestream")
    TEXT = "text", _("text")
    DOCUMENT = "document", _("document")
    IP_CLAIM = "ip_claim", _("IP claim")


class ItemState(models.TextChoices):
    LIVE = "live", _("live")
    WITHDRAWN = "withdrawn", _("withdrawn")
    DELETED = "deleted", _("deleted")


class Submission(models.TextChoices):
    """What a submission says about the item; each one keeps a snapshot."""

    SUBMITTED = "submitted", _("submitted")
    UPDATED = "updated", _("updated")
    WITHDRAWN = "withdrawn", _("withdrawn")
    DELETED = "deleted", _("deleted")


STATE_AFTER = {
    Submission.SUBMITTED.value: ItemState.LIVE.value,
    Submission.UPDATED.value: ItemState.LIVE.value,
    Submission.WITHDRAWN.value: ItemState.WITHDRAWN.value,
    Submission.DELETED.value: ItemState.DELETED.value,
}
"""The marketplace says how things stand; whatever it says last is so, from every state."""


class MediaState(models.TextChoices):
    PENDING = "pending", _("waiting to be fetched")
    STORED = "stored", _("stored")
    FAILED = "failed", _("could not be fetched")
    REFUSED = "refused", _("refused")
    LINKED = "linked", _("live, not kept")


class ReporterKind(models.TextChoices):
    USER = "user", _("user")
    RIGHTS_HOLDER = "rights_holder", _("rights holder")
    TRUSTED_FLAGGER = "trusted_flagger", _("trusted flagger")
    AUTHORITY = "authority", _("authority")
    ANONYMOUS = "anonymous", _("without a name")


class PausedWhose(models.TextChoices):
    REPORTER = "reporter", _("reporter")
    SELLER = "seller", _("seller")


class PausedWhat(models.TextChoices):
    NOTICES = "notices", _("notices")
    COMPLAINTS = "complaints", _("complaints")


class TraitKind(models.TextChoices):
    """By what two seller accounts can be told to belong together."""

    EMAIL = "email", _("e-mail address")
    PHONE = "phone", _("phone number")
    DEVICE = "device", _("device")
    PAYOUT = "payout", _("payout account")
    TAX = "tax", _("tax or register number")
    ADDRESS = "address", _("postal address")


class MomentKind(models.TextChoices):
    SNAPSHOT = "snapshot", _("picture")
    TRANSCRIPT = "transcript", _("speech")
    CHAT = "chat", _("chat")
    ENDED = "ended", _("end of the stream")
