"""Ends of the whole service for a seller: announced, in effect, taken back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from piepowder.decisions.models import Decision
from piepowder.duties.terminations.states import NoNotice, TerminationState
from piepowder.intake.models import Item
from piepowder.kernel.ids import new_id


class Termination(models.Model):
    """One end of the whole service, from its statement to its effect. What the seller entrusted us with is kept."""

    id = models.UUIDField(primary_key=True, default=new_id)
    seller_ref = models.CharField(max_length=200)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    """The seller as an item: what is ruled on."""
    market = models.CharField(max_length=10)
    policy_code = models.CharField(max_length=40)
    ground = models.CharField(max_length=10)
    facts = models.TextField()
    """Specific facts, with what notices of others said (Art. 4(5)); emptied by erasure."""
    exception = models.CharField(max_length=12, choices=NoNotice.choices, blank=True)
    exception_reason = models.TextField(blank=True)
    """Why the exception holds; emptied by erasure."""
    exception_evidence = models.JSONField(default=list)
    """What shows it: ids of decisions or orders, digests of stored files."""
    state = models.CharField(max_length=10, choices=TerminationState.choices, default=TerminationState.ANNOUNCED)
    informed_at = models.DateTimeField()
    earliest_at = models.DateTimeField()
    """Before this it cannot take effect."""
    effective_at = models.DateTimeField()
    rule = models.CharField(max_length=80, blank=True)
    """How ``earliest_at`` was computed."""
    announced_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    """Who else approved it, where four eyes are asked for to end an account."""
    letter = models.UUIDField(null=True, blank=True)
    """The statement as it was sent."""
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The decision by which it took effect."""
    problem = models.CharField(max_length=40, blank=True)
    """Code of what kept it from taking effect at its time; a person carries it out."""
    kept_until = models.DateField(null=True, blank=True)
    """Until when all that belongs to the seller is kept, so that it can be given back."""
    settled_at = models.DateTimeField(null=True, blank=True)
    called_off_why = models.CharField(max_length=500, blank=True)
    """Emptied by erasure."""

    class Meta:
        ordering = ["-informed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["seller_ref"], condition=Q(state=TerminationState.ANNOUNCED), name="one_announced_termination"
            ),
            models.CheckConstraint(
                condition=Q(effective_at__gte=models.F("earliest_at")), name="termination_not_before_earliest"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("announced_by")),
                name="termination_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(exception="") | ~Q(exception_reason=""), name="termination_exception_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[TerminationState.EFFECTIVE, TerminationState.REINSTATED])
                | Q(decision__isnull=False),
                name="effective_termination_has_decision",
            ),
        ]
        indexes = [
            models.Index(
                fields=["effective_at"], name="termination_due", condition=Q(state=TerminationState.ANNOUNCED)
            ),
        ]
