"""What happened to sellers, as events that an evaluation reads; where that left them; and what followed from it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from piepowder.decisions.models import Decision
from piepowder.kernel.ids import new_id
from piepowder.policy.models import Ladder, LadderVersion
from piepowder.policy.states import LadderMode
from piepowder.standing.states import HoldReason, Part, SanctionState, Undone


class LadderSwitch(models.Model):
    """That a ladder was switched, from when its count goes, and how far past decisions were taken into account."""

    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="switches")
    mode = models.CharField(max_length=6, choices=LadderMode.choices)
    at = models.DateTimeField()
    counts_from = models.DateTimeField()
    """Earlier than ``at`` when violations of the past days count."""
    by = models.CharField(max_length=80)
    adopted_to = models.DateTimeField(null=True, blank=True)
    """Decisions from ``counts_from`` up to here have been looked at."""
    adopted_at = models.DateTimeField(null=True, blank=True)
    """When all were; nothing follows from a ladder before."""

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["id"], name="switch_to_adopt", condition=Q(adopted_at__isnull=True))]


class Account(models.Model):
    """A seller of whom something is known here. Erasure empties the reference; the rest names nobody."""

    id = models.UUIDField(primary_key=True, default=new_id)
    seller_ref = models.CharField(max_length=200, unique=True, null=True)  # erased ones are no equals
    market = models.CharField(max_length=10)
    """Where the seller was first seen; a ladder's rules of that market hold for the thresholds."""
    language = models.CharField(max_length=10)


class Entry(models.Model):
    """A violation that counts, as it was decided. What it costs is worked out by each ladder."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="entry")
    at = models.DateTimeField()
    """From when it counts: when its decision is final, or when that of the decision it replaces was."""
    reasons = models.JSONField()
    """Codes of the policies cited, the main one first."""
    severity = models.PositiveSmallIntegerField()
    market = models.CharField(max_length=10)
    batch = models.CharField(max_length=36, blank=True)
    chosen = models.JSONField(default=dict, blank=True)
    """Points that a person chose within a rule's range, by ladder."""
    undone_at = models.DateTimeField(null=True, blank=True)
    undone = models.CharField(max_length=10, choices=Undone.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(undone="", undone_at__isnull=True) | (~Q(undone="") & Q(undone_at__isnull=False)),
                name="undone_entry_says_how",
            )
        ]
        indexes = [models.Index(fields=["at"], name="entry_by_time")]


class Hold(models.Model):
    """The points of an entry wait for the end of an appeal or a correction."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=10, choices=HoldReason.choices)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "reason"], condition=Q(until__isnull=True), name="held_once_at_a_time"
            )
        ]


class CreditGiven(models.Model):
    """What a seller earned back, told by the marketplace. What it is worth is worked out by each ladder."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    reference = models.CharField(max_length=100, unique=True)
    """The sender's own id of it; the same again changes nothing."""
    kind = models.CharField(max_length=10)
    quantity = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)


class PointsAdjustment(models.Model):
    """Points that a person gave or took off, with the reason."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="adjustments")
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="adjustments")
    counter = models.CharField(max_length=40)
    points = models.IntegerField()
    days = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(points=0), name="adjustment_changes_something")]


class Tally(models.Model):
    """Where a seller stands on a ladder, as last worked out: for lists, and to know what changes by itself when."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="tallies")
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="tallies")
    score = models.IntegerField(null=True, blank=True)
    strikes = models.JSONField(default=dict, blank=True)
    burden = models.IntegerField(default=0)
    """Points away from the start; orders sellers alike on every ladder."""
    reached = models.CharField(max_length=40, blank=True)
    """Code of the furthest threshold that is reached."""
    worked_out_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=40, blank=True)
    """Code of the error for which the last attempt failed; it is tried again."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "ladder"], name="one_tally_per_ladder")]
        indexes = [
            models.Index(fields=["next_at"], name="tally_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["ladder", "-burden", "id"], name="tally_by_burden"),
        ]


class Sanction(models.Model):
    """What followed from a threshold: a warning, measures by a decision of their own, or what a person has to decide."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="sanctions")
    version = models.ForeignKey(LadderVersion, on_delete=models.PROTECT, related_name="sanctions")
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="sanctions")
    counter = models.CharField(max_length=40)
    threshold = models.CharField(max_length=40)
    part = models.CharField(max_length=8, choices=Part.choices)
    measures = models.JSONField(default=list)
    at = models.DateTimeField()
    """When the threshold was reached."""
    by_ref = models.CharField(max_length=40)
    """The entry or adjustment with which it was."""
    score = models.IntegerField()
    basis = models.JSONField(default=list)
    """Refs of what counted then."""
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=SanctionState.choices)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="sanction")
    warned_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=40, blank=True)
    """Code of the error for which it could not be imposed; it is tried again."""
    settled_by = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    """Why a person decided against it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "ladder", "counter", "threshold", "part", "by_ref", "at"], name="sanctioned_once"
            ),
            models.CheckConstraint(
                condition=~Q(state=SanctionState.IN_FORCE) | Q(decision__isnull=False),
                name="sanction_in_force_has_decision",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="sanction_waiting", condition=Q(state=SanctionState.WAITING))
        ]
