"""Traders' files: what is asked of each, what they gave, and what they sold through the marketplace's own payment."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from piepowder.decisions.models import Decision
from piepowder.duties.traders.states import FieldState, TraderKind, TraderState
from piepowder.intake.models import StoredMedia
from piepowder.kernel.ids import new_id


class Trader(models.Model):
    """The file of one seller (DSA Art. 30; INFORM Consumers Act). The row outlives what was given."""

    id = models.UUIDField(primary_key=True, default=new_id)
    seller_ref = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=TraderKind.choices, default=TraderKind.COMPANY)
    market = models.CharField(max_length=10)
    language = models.CharField(max_length=10)
    packs = models.JSONField(default=list)
    """Codes of the packs under which it is kept: ``eu_dsa``, ``us_inform``."""
    state = models.CharField(max_length=10, choices=TraderState.choices, default=TraderState.REQUESTED)
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    """Until when somebody must act: the trader while it is asked for, we while it is to be checked."""
    due_rule = models.CharField(max_length=80, blank=True)
    given_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    certify_on = models.DateField(null=True, blank=True)
    """When it is next to be confirmed."""
    remedy_text = models.TextField(blank=True)
    """What was asked to be put right; emptied by erasure."""
    high_volume_since = models.DateField(null=True, blank=True)
    """Since when the trader is a high-volume seller; see ``volume.py``."""
    disclosed_since = models.DateField(null=True, blank=True)
    """Since when buyers must be told who it is."""
    suspension = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The decision that suspends it now."""
    ended_on = models.DateField(null=True, blank=True)
    delete_on = models.DateField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["seller_ref"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=TraderState.ENDED) | Q(ended_on__isnull=False, delete_on__isnull=False),
                name="ended_trader_has_days",
            ),
            models.CheckConstraint(
                condition=~Q(state=TraderState.DELETED) | Q(deleted_at__isnull=False), name="deleted_trader_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="trader_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["certify_on"], name="trader_to_certify", condition=Q(state=TraderState.VERIFIED)),
            models.Index(fields=["delete_on"], name="trader_to_delete", condition=Q(state=TraderState.ENDED)),
        ]


class TraderField(models.Model):
    """One thing that a trader gave, with what checking it said; deleted with the file."""

    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="fields")
    code = models.CharField(max_length=40)
    value = models.TextField(blank=True)
    """As given; emptied by erasure."""
    stored = models.ForeignKey(
        StoredMedia, on_delete=models.PROTECT, null=True, blank=True, related_name="trader_fields"
    )
    """The copy of a document."""
    state = models.CharField(max_length=10, choices=FieldState.choices, default=FieldState.GIVEN)
    check_code = models.CharField(max_length=40, blank=True)
    """What the form of it says by itself: ``ok``, ``bad_checksum`` …; empty when nothing can be said."""
    why = models.CharField(max_length=500, blank=True)
    """Why it was rejected; emptied by erasure."""
    given_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["trader", "code"]
        constraints = [models.UniqueConstraint(fields=["trader", "code"], name="trader_field_once")]


class TraderSales(models.Model):
    """What one trader sold on one day, new and unused, through the marketplace's own payment (15 USC 45f(f)(3))."""

    trader = models.ForeignKey(Trader, on_delete=models.CASCADE, related_name="sales")
    on = models.DateField()
    sales = models.PositiveIntegerField()
    gross_cents = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["trader", "on"]
        constraints = [models.UniqueConstraint(fields=["trader", "on"], name="trader_sales_day")]
