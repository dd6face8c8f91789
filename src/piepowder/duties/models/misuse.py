"""Misuse (DSA Art. 23): what a person called manifest, and the warnings and suspensions that followed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from piepowder.decisions.models import Decision
from piepowder.duties.states import FlagState, MisuseSide, MisuseState
from piepowder.intake.models import Reporter
from piepowder.kernel.ids import new_id


class ManifestFlag(models.Model):
    """That a decision, a notice or a complaint is manifest: illegal, or unfounded. It counts once a person confirmed it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    side = models.CharField(max_length=10, choices=MisuseSide.choices)
    about_id = models.UUIDField()
    """The decision, the report or the appeal."""
    seller_ref = models.CharField(max_length=200, blank=True)
    """Whose content or complaint it is, by the marketplace's id; can be emptied by erasure."""
    reporter = models.ForeignKey(Reporter, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """Whose notice or complaint it is."""
    state = models.CharField(max_length=10, choices=FlagState.choices, default=FlagState.PROPOSED)
    happened_at = models.DateTimeField()
    """When the content was decided on, or the notice or complaint came."""
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=80)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-happened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["side", "about_id"], name="manifest_flag_once"),
            models.CheckConstraint(
                condition=~Q(side=MisuseSide.CONTENT) | Q(reporter__isnull=True), name="content_flag_has_no_reporter"
            ),
            models.CheckConstraint(
                condition=Q(state=FlagState.PROPOSED) | Q(settled_at__isnull=False), name="settled_flag_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["side", "seller_ref", "-happened_at"], name="flag_by_seller"),
            models.Index(fields=["reporter", "-happened_at"], name="flag_by_reporter"),
        ]


class Misuse(models.Model):
    """One proceeding against somebody who misuses the service: warned first, then perhaps suspended for a time."""

    id = models.UUIDField(primary_key=True, default=new_id)
    side = models.CharField(max_length=10, choices=MisuseSide.choices)
    seller_ref = models.CharField(max_length=200, blank=True)
    """Can be emptied by erasure."""
    reporter = models.ForeignKey(Reporter, on_delete=models.PROTECT, null=True, blank=True, related_name="misuses")
    state = models.CharField(max_length=10, choices=MisuseState.choices, default=MisuseState.WARNED)
    factors = models.JSONField()
    """What was weighed (Art. 23(3)), as ``misuse.Factors`` writes it: at the warning and, if it came so far, at the
    suspension."""
    warned_at = models.DateTimeField()
    warned_by = models.CharField(max_length=80)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_by = models.CharField(max_length=80, blank=True)
    suspended_until = models.DateTimeField(null=True, blank=True)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="misuse")
    """The decision that suspends a recipient's account; a notifier's processing is suspended by this row itself."""
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-warned_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(side=MisuseSide.CONTENT) | Q(reporter__isnull=True), name="content_misuse_has_no_reporter"
            ),
            models.CheckConstraint(
                condition=~Q(state=MisuseState.SUSPENDED)
                | Q(suspended_at__isnull=False, suspended_until__gt=models.F("suspended_at")),
                name="suspension_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["side", "seller_ref"], name="misuse_by_seller"),
            models.Index(fields=["suspended_until"], name="misuse_to_end", condition=Q(state="suspended")),
        ]
