"""Legal holds: what must not be erased while somebody may need it as evidence."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.ids import new_id


class HoldOn(models.TextChoices):
    SELLER = "seller", _("seller")
    REPORTER = "reporter", _("reporter")
    ITEM = "item", _("item")
    CASE = "case", _("case")
    REPORT = "report", _("report")
    ORDER = "order", _("order")
    THREAT = "threat", _("threat to life")


class Hold(models.Model):
    """Nothing of what is held is erased, by whatever job or request, until it is released or over."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=8, choices=HoldOn.choices)
    ref = models.CharField(max_length=200)
    """Id of the item, case, report, reporter, order or threat; the marketplace's id of a seller."""
    reason = models.CharField(max_length=500)
    """Emptied by erasure once it is released."""
    source = models.CharField(max_length=40, default="person")
    """``person``, or what holds it by itself: ``order``, ``threat``, ``termination``."""
    until = models.DateField(null=True, blank=True)
    """Its last day; none is open."""
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=80)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=80, blank=True)
    released_why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-placed_at", "-id"]
        constraints = [models.CheckConstraint(condition=~Q(ref="") & ~Q(reason=""), name="hold_says_what_and_why")]
        indexes = [models.Index(fields=["kind", "ref"], name="hold_by_ref", condition=Q(released_at__isnull=True))]
