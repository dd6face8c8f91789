"""Product safety (GPSR Art. 22): the clock of each notice, lists of recalled products, and what was found of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from piepowder.duties.states import RecallMatchState
from piepowder.intake.models import Item, Report
from piepowder.kernel.ids import new_id


class SafetyNotice(models.Model):
    """The clock of one notice about product safety (GPSR Art. 22(8)): from receipt until it is processed."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, primary_key=True, related_name="safety_notice")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    policy_code = models.CharField(max_length=40)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    due_rule = models.CharField(max_length=80)
    processed_at = models.DateTimeField(null=True, blank=True)
    decision_id = models.UUIDField(null=True, blank=True)
    """The decision that processed it."""

    class Meta:
        ordering = ["due_at", "report_id"]
        indexes = [
            models.Index(fields=["due_at"], name="safety_notice_due", condition=Q(processed_at__isnull=True)),
        ]


class RecallList(models.Model):
    """One file of recalled or dangerous products as it was taken in."""

    id = models.UUIDField(primary_key=True, default=new_id)
    source = models.CharField(max_length=40)
    """Such as ``safety_gate``."""
    file_name = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    fresh = models.PositiveIntegerField()
    """How many of them were not known before."""
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=80)
    compared_at = models.DateTimeField(null=True, blank=True)
    """When everything on offer had been held against it."""
    looked_at = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-imported_at", "-id"]


class Recall(models.Model):
    """One recalled or dangerous product as a list describes it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    source = models.CharField(max_length=40)
    number = models.CharField(max_length=60)
    """The alert's number there."""
    taken_from = models.ForeignKey(RecallList, on_delete=models.PROTECT, related_name="recalls")
    product = models.CharField(max_length=300)
    brand = models.CharField(max_length=200, blank=True)
    brand_key = models.CharField(max_length=200, blank=True)
    """The brand as it is compared: lower case, letters and digits."""
    model = models.CharField(max_length=200, blank=True)
    model_key = models.CharField(max_length=200, blank=True)
    gtins = models.JSONField(default=list)
    batch = models.CharField(max_length=300, blank=True)
    risk = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)
    published_on = models.DateField(null=True, blank=True)
    url = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-published_on", "-id"]
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="recall_once")]
        indexes = [models.Index(fields=["brand_key"], name="recall_by_brand", condition=~Q(brand_key=""))]


class RecallMatch(models.Model):
    """That an item looks like a recalled product, on what, and what was made of it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="matches", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    matched_on = models.JSONField()
    """``gtin``, or ``brand`` and ``model``."""
    state = models.CharField(max_length=10, choices=RecallMatchState.choices, default=RecallMatchState.OPEN)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=80, blank=True)
    why = models.CharField(max_length=500, blank=True)
    check_run = models.ForeignKey(
        "RandomCheck", on_delete=models.PROTECT, null=True, blank=True, related_name="matches"
    )
    """The random check that found it; none when a list or a new item did."""

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["recall", "item"], name="recall_match_once")]
        indexes = [models.Index(fields=["found_at"], name="recall_match_open", condition=Q(state="open"))]


class RandomCheck(models.Model):
    """One random check of live items against the lists (DSA Art. 31(3), GPSR Art. 22(7)), with its design. Insert-only."""

    id = models.UUIDField(primary_key=True, default=new_id)
    at = models.DateTimeField()
    seed = models.BigIntegerField()
    population = models.PositiveIntegerField()
    """How many live items the sample was drawn from."""
    looked_at = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    items = models.JSONField()
    """Ids of the items that were drawn."""
    recalls = models.PositiveIntegerField()
    """How many entries of the lists they were held against."""

    class Meta:
        ordering = ["-at", "-id"]


class Looked(models.Model):
    """How far new snapshots have been held against the lists and the standing orders."""

    name = models.CharField(max_length=40, primary_key=True)
    reached = models.UUIDField()
    """The newest snapshot of the last look; snapshots lie in the order of their time."""
    at = models.DateTimeField()
