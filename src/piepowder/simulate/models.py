"""What is really true of the synthetic marketplace; nothing outside this package reads it."""

from __future__ import annotations

from django.db import models


class Truth(models.Model):
    """The policy an item really breaks, or none; estimators are checked against it."""

    kind = models.CharField(max_length=12)
    external_id = models.CharField(max_length=200)
    snapshot_number = models.PositiveIntegerField(default=1)
    policy_code = models.CharField(max_length=40, blank=True)
    wave = models.CharField(max_length=40, blank=True)
    """Name of the planted wave it belongs to."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "external_id", "snapshot_number"], name="truth_once")]


class ReviewerTruth(models.Model):
    """How a synthetic reviewer really errs."""

    person = models.CharField(max_length=200, unique=True)
    profile = models.JSONField()
    """Miss and false-alarm rates per policy family and language, fatigue, drift, site effect."""
