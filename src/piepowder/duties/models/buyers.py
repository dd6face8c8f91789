"""Campaigns by which buyers learn that what they bought was illegal, and each buyer told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from piepowder.decisions.models import Decision
from piepowder.duties.buyers.states import BuyerState, CampaignState
from piepowder.intake.models import Item
from piepowder.kernel.ids import new_id


class BuyersInformed(models.Model):
    """Telling the buyers of one product or service that it was illegal (DSA Art. 32)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="buyers_informed")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    market = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=CampaignState.choices, default=CampaignState.COLLECTING)
    product = models.CharField(max_length=300)
    trader = models.TextField(blank=True)
    """Who sold it, as buyers are told; emptied by erasure."""
    redress = models.TextField()
    """What buyers can do, as they are told."""
    learned_at = models.DateTimeField()
    bought_since = models.DateField()
    """The first day of the six months before."""
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)
    """When the marketplace was asked for the buyers."""
    notice = models.TextField(blank=True)
    """What is published for those without a contact; emptied by erasure of the trader."""
    published_at = models.DateTimeField(null=True, blank=True)
    published_url = models.CharField(max_length=500, blank=True)
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["due_at"], name="buyers_due", condition=Q(finished_at__isnull=True)),
        ]


class Buyer(models.Model):
    """One buyer of the product: personal data from the marketplace, emptied by erasure and by retention."""

    id = models.UUIDField(primary_key=True, default=new_id)
    campaign = models.ForeignKey(BuyersInformed, on_delete=models.PROTECT, related_name="buyers", db_index=False)
    order_ref = models.CharField(max_length=200)
    buyer_ref = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10)
    bought_on = models.DateField()
    state = models.CharField(max_length=10, choices=BuyerState.choices, default=BuyerState.WAITING)
    letter = models.UUIDField(null=True, blank=True)
    """The letter as it was sent; its deliveries prove the dispatch."""
    told_at = models.DateTimeField(null=True, blank=True)
    correction = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["campaign", "id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "order_ref"], name="buyer_once_per_order")]
        indexes = [
            models.Index(fields=["campaign", "state", "id"], name="buyer_by_state"),
            models.Index(fields=["buyer_ref"], name="buyer_by_ref", condition=~Q(buyer_ref="")),
        ]
