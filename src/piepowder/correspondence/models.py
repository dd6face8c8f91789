"""The words of letters, and every letter as it was sent."""

from __future__ import annotations

from django.db import models

from piepowder.correspondence.states import LetterChannel, RecipientKind
from piepowder.intake.models import Item
from piepowder.kernel.ids import new_id
from piepowder.outbox.models import Message


class LetterTemplate(models.Model):
    """The words of one kind of letter in one language and channel; a new version replaces, none is edited."""

    event = models.CharField(max_length=60)
    """Code of the ``LetterKind``."""
    language = models.CharField(max_length=10)
    channel = models.CharField(max_length=10, choices=LetterChannel.choices)
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    phrases = models.JSONField(default=dict)
    """Words for the places whose value is a code: ``{place: {value: words}}``."""
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "language", "channel", "number"], name="letter_template_number")
        ]


class Letter(models.Model):
    """What we wrote to somebody, exactly as it was sent; never edited. Erasure leaves that it was written, not what."""

    id = models.UUIDField(primary_key=True, default=new_id)
    event = models.CharField(max_length=60)
    recipient_kind = models.CharField(max_length=12, choices=RecipientKind.choices)
    recipient_ref = models.CharField(max_length=200, blank=True)
    """Who it is for, by the id that the marketplace or we know them by."""
    name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=320, blank=True)
    language = models.CharField(max_length=10)
    channel = models.CharField(max_length=10, choices=LetterChannel.choices)
    template = models.ForeignKey(LetterTemplate, on_delete=models.PROTECT, related_name="letters")
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    places = models.JSONField(default=dict)
    """What stood in the template's places."""
    about_kind = models.CharField(max_length=30)
    about_ref = models.CharField(max_length=200, blank=True)
    """``decision``, ``report``, ``appeal``, ``seller`` … and its id."""
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="letters")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="letter_kept")
    """Its way out; the deliveries there say how far it got."""
    vendor = models.CharField(max_length=40, blank=True)
    """Whose person's act caused it."""
    market = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="letter_by_time"),
            models.Index(fields=["recipient_kind", "recipient_ref", "-created_at"], name="letter_by_recipient"),
            models.Index(fields=["about_kind", "about_ref", "-created_at"], name="letter_by_about"),
            models.Index(fields=["event", "-created_at"], name="letter_by_event"),
        ]

    @property
    def is_forgotten(self) -> bool:
        """Whether erasure has emptied it; no letter is sent without words."""
        return not self.text
