"""Suspected threats to life or safety (DSA Art. 18): the few who may see them, the authorities, what was sent, who looked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from piepowder.duties.states import AuthorityKind, ReportWay, ThreatState
from piepowder.intake.models import Item
from piepowder.kernel.ids import new_id


class LifeAuthority(models.Model):
    """Whom to tell: the law-enforcement or judicial authority of a Member State, or Europol."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=10, choices=AuthorityKind.choices, default=AuthorityKind.NATIONAL)
    country = models.CharField(max_length=2, blank=True)
    """Empty for Europol."""
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=60, blank=True)
    url = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=10, default="en")
    verified_on = models.DateField(null=True, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["country", "name"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "country", "name"], name="life_authority_once"),
            models.CheckConstraint(
                condition=Q(kind=AuthorityKind.EUROPOL, country="") | (Q(kind=AuthorityKind.NATIONAL) & ~Q(country="")),
                name="national_authority_has_country",
            ),
        ]


class Threat(models.Model):
    """A suspicion that somebody's life or safety is in danger."""

    id = models.UUIDField(primary_key=True, default=new_id)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    seller_ref = models.CharField(max_length=200, blank=True)
    """Can be emptied by erasure."""
    country = models.CharField(max_length=2, blank=True)
    """The Member State concerned; empty when it is unclear, and then the one of establishment or Europol is told."""
    summary = models.TextField()
    """What gives rise to the suspicion; can be emptied by erasure once no hold stands."""
    state = models.CharField(max_length=10, choices=ThreatState.choices, default=ThreatState.OPEN)
    learned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    due_rule = models.CharField(max_length=80)
    reported_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_why = models.CharField(max_length=500, blank=True)
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=ThreatState.REPORTED) | Q(reported_at__isnull=False),
                name="reported_threat_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ThreatState.CLOSED) | Q(closed_at__isnull=False), name="closed_threat_has_time"
            ),
        ]


class ThreatReport(models.Model):
    """What an authority was told about a suspected threat, and its receipt."""

    id = models.UUIDField(primary_key=True, default=new_id)
    threat = models.ForeignKey(Threat, on_delete=models.PROTECT, related_name="reports")
    authority = models.ForeignKey(LifeAuthority, on_delete=models.PROTECT, related_name="reports")
    text = models.TextField()
    """As it was sent; can be emptied by erasure once no hold stands."""
    text_digest = models.CharField(max_length=64)
    evidence = models.JSONField(default=list)
    """Digests of the stored media that were handed over."""
    way = models.CharField(max_length=10, choices=ReportWay.choices)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=80)
    receipt = models.CharField(max_length=100, blank=True)
    """The authority's own number for it."""
    received_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-sent_at", "-id"]


class ThreatView(models.Model):
    """That somebody looked at a suspected threat. Insert-only."""

    threat = models.ForeignKey(Threat, on_delete=models.PROTECT, related_name="views")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
