"""Orders of authorities, what each of them names, what was searched for them, and what was disclosed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from piepowder.decisions.models import Decision
from piepowder.duties.states import LineOrigin, LineState, OrderKind, OrderState
from piepowder.intake.models import Item
from piepowder.kernel.ids import new_id


class Order(models.Model):
    """An order to act (DSA Art. 9; GPSR Art. 22(4)) or to give information (Art. 10), as an authority sent it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=12, choices=OrderKind.choices)
    reference = models.CharField(max_length=100)
    """The authority's own number of it."""
    country = models.CharField(max_length=2)
    """The Member State of the authority."""
    authority = models.CharField(max_length=200)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_email = models.EmailField(blank=True)
    """Who signed and where the answers go; can be emptied by erasure."""
    language = models.CharField(max_length=10)
    legal_basis = models.CharField(max_length=300, blank=True)
    reasons = models.TextField(blank=True)
    """The authority's statement of reasons; can name people, and can be emptied by erasure."""
    territories = models.JSONField(default=list)
    """Country codes; empty means that the order does not say."""
    redress = models.TextField(blank=True)
    """What the order says about redress."""
    category = models.CharField(max_length=80, blank=True)
    """Category of illegal content, as the transparency report names it."""
    identifiers = models.JSONField(default=dict)
    """What identical content is known by: ``{"gtin": […], "brand": …, "model": …, "title": …}``, from the order alone."""
    identical_until = models.DateField(null=True, blank=True)
    """Until when identical content is looked for, if the order asks for that (GPSR Art. 22(5))."""
    subject_ref = models.CharField(max_length=200, blank=True)
    """The seller about whom information is asked; can be emptied by erasure."""
    notify_not_before = models.DateTimeField(null=True, blank=True)
    """Until when the authority asked not to tell the user."""
    missing = models.JSONField(default=list)
    """Codes of the elements that the law asks for and the order lacks."""
    state = models.CharField(max_length=10, choices=OrderState.choices, default=OrderState.RECEIVED)
    received_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    effect_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    declined_why = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    due_rule = models.CharField(max_length=80, blank=True)
    """How ``due_at`` was computed, with the version of the calendar."""
    entered_by = models.CharField(max_length=80)
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["country", "authority", "reference"], name="order_once"),
            models.CheckConstraint(
                condition=Q(effect_at__isnull=True) | Q(effect_at__gte=models.F("received_at")),
                name="order_effect_after_receipt",
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.EFFECTED) | Q(effect_at__isnull=False), name="effected_order_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.CLOSED) | Q(replied_at__isnull=False), name="answered_order_has_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="order_due", condition=Q(state__in=[OrderState.RECEIVED, OrderState.CLARIFYING])
            ),
            models.Index(fields=["identical_until"], name="order_looks_on", condition=Q(identical_until__isnull=False)),
        ]


class OrderLine(models.Model):
    """One thing that an order is about, and what became of it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    origin = models.CharField(max_length=10, choices=LineOrigin.choices, default=LineOrigin.NAMED)
    location = models.CharField(max_length=2000)
    """The exact address or the marketplace's id, as the order gives it."""
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    matched_on = models.JSONField(default=list)
    """By which identifiers of the order something identical was found."""
    state = models.CharField(max_length=12, choices=LineState.choices, default=LineState.OPEN)
    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="order_line"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    told_user_at = models.DateTimeField(null=True, blank=True)
    """When the letter to the affected user was written; it leaves when the authority lets it."""
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.UniqueConstraint(fields=["order", "item"], name="order_line_item"),
            models.CheckConstraint(
                condition=Q(state=LineState.OPEN, settled_at__isnull=True)
                | (~Q(state=LineState.OPEN) & Q(settled_at__isnull=False)),
                name="settled_order_line_has_time",
            ),
        ]


class IdenticalSearch(models.Model):
    """One search for what is identical: the log of what was asked and how much was found. Insert-only."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="searches")
    at = models.DateTimeField()
    identifiers = models.JSONField()
    """What was searched for at the time."""
    looked_at = models.PositiveIntegerField()
    found = models.PositiveIntegerField()

    class Meta:
        ordering = ["-at", "-id"]


class Disclosure(models.Model):
    """What was given to an authority on its order for information, to whom and when. Insert-only but for the recipient."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disclosures")
    fields = models.JSONField()
    """Names of what was given, never its values."""
    recipient = models.CharField(max_length=200)
    """Name or address of whoever received it; can be emptied by erasure."""
    digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of the file that was handed over, if it was one."""
    disclosed_at = models.DateTimeField()
    disclosed_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-disclosed_at", "-id"]
