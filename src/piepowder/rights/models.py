"""Registered rights, the notices sent on them, the claims these became, and what sellers answer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from piepowder.intake.models import Item, Report, StoredMedia
from piepowder.kernel.ids import new_id
from piepowder.policy.dsa import MARKET_GROUPS
from piepowder.rights.states import (
    CounterGround,
    CounterState,
    LineState,
    RightState,
    RightType,
    SenderKind,
)

# The largest first.
_GROUPS = sorted(MARKET_GROUPS.items(), key=lambda one: -len(one[1]))


class Right(models.Model):
    """A right that somebody owns, as far as it was shown to us; names and addresses are personal data."""

    id = models.UUIDField(primary_key=True, default=new_id)
    type = models.CharField(max_length=24, choices=RightType.choices)
    number = models.CharField(max_length=100, blank=True)
    """As the register has it; empty where there is no register."""
    number_key = models.CharField(max_length=100, blank=True)
    """The number without spaces and signs, by which it is found."""
    title = models.CharField(max_length=300)
    """What is protected: the sign, the work, the product."""
    office = models.CharField(max_length=100, blank=True)
    """The register: EUIPO, WIPO, DPMA …"""
    territories = models.JSONField(default=list)
    """Country codes; empty means everywhere."""
    classes = models.JSONField(default=list)
    """Classes of the register (Nice, Locarno), for the reader."""
    categories = models.JSONField(default=list)
    """Beginnings of the marketplace's categories that it covers; empty means all."""
    owner_ref = models.CharField(max_length=200)
    """By what the marketplace knows the owner; can be emptied by erasure."""
    owner_name = models.CharField(max_length=200, blank=True)
    owner_email = models.EmailField(blank=True)
    agent_ref = models.CharField(max_length=200, blank=True)
    agent_name = models.CharField(max_length=200, blank=True)
    agent_email = models.EmailField(blank=True)
    agent_until = models.DateField(null=True, blank=True)
    """The last day of the agent's authorisation; none is open."""
    expires_on = models.DateField(null=True, blank=True)
    """The last day of protection; none is not known or without end."""
    language = models.CharField(max_length=10, default="en")
    """In which the owner is written to."""
    state = models.CharField(max_length=10, choices=RightState.choices, default=RightState.SUBMITTED)
    registered_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=80)

    class Meta:
        db_table = "rights_right"
        constraints = [
            models.UniqueConstraint(
                fields=["type", "office", "number_key"],
                condition=~Q(number_key="") & ~Q(state=RightState.RETIRED),
                name="right_registered_once",
            ),
            models.CheckConstraint(
                condition=~Q(state=RightState.VERIFIED) | Q(verified_at__isnull=False, verified_by__isnull=False),
                name="verified_right_has_person",
            ),
            models.CheckConstraint(
                condition=Q(state=RightState.RETIRED, retired_at__isnull=False)
                | (~Q(state=RightState.RETIRED) & Q(retired_at__isnull=True)),
                name="retired_right_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["owner_ref"], name="right_by_owner"),
            models.Index(fields=["agent_ref"], name="right_by_agent", condition=~Q(agent_ref="")),
            models.Index(fields=["number_key"], name="right_by_number", condition=~Q(number_key="")),
        ]

    @property
    def places(self) -> list[str]:
        """The territories as people name them: ``EU`` for all of its countries."""
        held = set(self.territories)
        group = next((name for name, countries in _GROUPS if held >= set(countries)), "")
        return [group, *sorted(held - set(MARKET_GROUPS[group]))] if group else sorted(held)


class RightEvidence(models.Model):
    """A file that shows the right or the agent's authorisation."""

    right = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="files", db_index=False)
    stored = models.ForeignKey(StoredMedia, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=13, choices=[("right", "right"), ("authorisation", "authorisation")])
    added_at = models.DateTimeField()

    class Meta:
        db_table = "rights_right_evidence"
        constraints = [models.UniqueConstraint(fields=["right", "stored"], name="right_evidence_once")]


class ClaimBatch(models.Model):
    """One notice on one right, about one or thousands of items; its lines are filed one by one."""

    id = models.UUIDField(primary_key=True, default=new_id)
    right = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="batches")
    sender_kind = models.CharField(max_length=5, choices=SenderKind.choices)
    sender_ref = models.CharField(max_length=200, blank=True)
    """By what the sender is known; can be emptied by erasure."""
    sender_name = models.CharField(max_length=200, blank=True)
    sender_email = models.EmailField(blank=True)
    reason = models.TextField()
    evidence = models.JSONField(default=list)
    """Addresses and digests of uploads, as in a notice."""
    language = models.CharField(max_length=10, default="en")
    right_stated = models.JSONField()
    """What the register said of the right at that time."""
    policy_code = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=80)
    filed_by = models.JSONField()
    """Who filed it, as kind and reference, in whose name the lines that wait are filed."""
    received_at = models.DateTimeField()
    total = models.PositiveIntegerField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "rights_batch"
        constraints = [
            models.UniqueConstraint(fields=["source", "reference"], name="claim_batch_by_reference"),
            models.UniqueConstraint(fields=["source", "digest"], name="claim_batch_by_digest"),
        ]
        indexes = [
            models.Index(fields=["received_at", "id"], name="claim_batch_to_do", condition=Q(done_at__isnull=True)),
            models.Index(fields=["-received_at", "-id"], name="claim_batch_by_time"),
        ]


class Claim(models.Model):
    """That one report about one item rests on one right."""

    id = models.UUIDField(primary_key=True, default=new_id)
    right = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="claims", db_index=False)
    batch = models.ForeignKey(ClaimBatch, on_delete=models.PROTECT, related_name="claims")
    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="claim")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="claims")
    seller_ref = models.CharField(max_length=200, blank=True)
    """Of the item at the time; can be emptied by erasure."""
    warnings = models.JSONField(default=list)
    """Codes of ``states.Warned``."""
    filed_at = models.DateTimeField()
    overturned_at = models.DateTimeField(null=True, blank=True)
    """When a decision that had found it right was undone; a later decision about the report counts before this."""

    class Meta:
        db_table = "rights_claim"
        indexes = [
            models.Index(fields=["right", "-filed_at", "-id"], name="claim_by_right"),
            models.Index(fields=["-filed_at", "-id"], name="claim_by_time"),
            models.Index(fields=["seller_ref", "right"], name="claim_by_seller", condition=~Q(seller_ref="")),
        ]


class ClaimLine(models.Model):
    """One location of a notice as it was typed, and what became of it."""

    batch = models.ForeignKey(ClaimBatch, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    location = models.CharField(max_length=2000)
    state = models.CharField(max_length=8, choices=LineState.choices, default=LineState.WAITING)
    problem = models.CharField(max_length=40, blank=True)
    """Code of what was wrong with it."""
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, blank=True, related_name="lines")

    class Meta:
        db_table = "rights_line"
        ordering = ["batch", "position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="claim_line_position"),
            models.CheckConstraint(
                condition=~Q(state__in=[LineState.FILED, LineState.KNOWN]) | Q(claim__isnull=False),
                name="filed_line_has_claim",
            ),
        ]


class CounterNotice(models.Model):
    """What a seller answers to a claim, with evidence of being allowed; its text is personal data."""

    id = models.UUIDField(primary_key=True, default=new_id)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="counters")
    seller_ref = models.CharField(max_length=200, blank=True)
    ground = models.CharField(max_length=14, choices=CounterGround.choices)
    text = models.TextField()
    language = models.CharField(max_length=10, default="en")
    state = models.CharField(max_length=9, choices=CounterState.choices, default=CounterState.FILED)
    filed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    answer = models.TextField(blank=True)
    """The reasons that both sides are told."""
    source = models.CharField(max_length=80)

    class Meta:
        db_table = "rights_counter"
        constraints = [
            models.UniqueConstraint(fields=["claim"], condition=Q(state="filed"), name="one_counter_waits_per_claim"),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "rejected"])
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="answered_counter_has_person",
            ),
        ]
        indexes = [models.Index(fields=["filed_at", "id"], name="counter_waiting", condition=Q(state="filed"))]


class CounterEvidence(models.Model):
    """A file that a seller brings against a claim."""

    counter = models.ForeignKey(CounterNotice, on_delete=models.PROTECT, related_name="files", db_index=False)
    stored = models.ForeignKey(StoredMedia, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "rights_counter_evidence"
        constraints = [models.UniqueConstraint(fields=["counter", "stored"], name="counter_evidence_once")]
