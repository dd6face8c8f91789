"""The policy tree, its versions and their texts. Versions are superseded, never edited."""

from __future__ import annotations

from django.db import models

from piepowder.policy.states import Ground, LadderMode, ProposedState, Severity


class Policy(models.Model):
    """A node of the tree: a family, or a leaf that a decision can cite. Its code never changes and is never reused."""

    code = models.CharField(max_length=40, unique=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)
    kinds = models.JSONField(default=list)
    """Kinds of item a leaf applies to; empty means all."""
    is_leaf = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "code"]


class PolicyVersion(models.Model):
    """What a policy says from a date on, in some markets (an empty list means all)."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    effective_from = models.DateField()
    markets = models.JSONField(default=list)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    ground = models.CharField(max_length=10, choices=Ground.choices)
    legal_reference = models.CharField(max_length=300, blank=True)
    terms_clause = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=80, blank=True)
    """Category of the DSA Transparency Database, without its prefix."""
    keywords = models.JSONField(default=list)
    default_enforcement = models.JSONField(default=list)
    """List of ``{"family": …, "measure": …, "duration_days": int | null}``."""
    sensitive_media = models.BooleanField(default=False)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["policy", "number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_number"),
            models.CheckConstraint(condition=models.Q(severity__lte=3), name="policy_severity_0_to_3"),
        ]


class PolicyText(models.Model):
    """The words of one version in one language."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="texts")
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    rule = models.TextField(blank=True)
    examples_good = models.JSONField(default=list)
    examples_bad = models.JSONField(default=list)
    reviewer_note = models.TextField(blank=True)
    recipient_text = models.TextField(blank=True)

    class Meta:
        ordering = ["version", "language"]
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="policy_text_language")]


class Proposed(models.Model):
    """A version that is being written: changed freely until somebody else approves it and it is published."""

    policy_code = models.CharField(max_length=40)
    content = models.JSONField()
    """As ``drafts.Draft`` writes and reads it, unfinished parts and all."""
    state = models.CharField(max_length=10, choices=ProposedState.choices, default=ProposedState.DRAFT)
    author = models.CharField(max_length=80)
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    version = models.OneToOneField(PolicyVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="draft")

    class Meta:
        ordering = ["-saved_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy_code"],
                condition=models.Q(state__in=["draft", "submitted"]),
                name="one_proposed_version_per_policy",
            )
        ]


class Ladder(models.Model):
    """A points ladder: how violations add up, and what follows; see ``standing``."""

    code = models.CharField(max_length=40, unique=True)
    mode = models.CharField(max_length=6, choices=LadderMode.choices, default=LadderMode.OFF)

    class Meta:
        ordering = ["code"]


class LadderVersion(models.Model):
    """What a ladder says from an instant on; superseded, never edited."""

    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    effective_from = models.DateTimeField()
    content = models.JSONField()
    """As ``standing.ladder`` reads it."""
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["ladder", "number"]
        constraints = [models.UniqueConstraint(fields=["ladder", "number"], name="ladder_version_number")]


class Pack(models.Model):
    """A body of law that the organisation chose to keep, from a day to a day; what it asks is in ``packs.py``."""

    code = models.CharField(max_length=40, unique=True)
    on = models.BooleanField(default=False)
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    choices = models.JSONField(default=dict, blank=True)
    """Limits of its own where the law leaves or allows a choice, by rule code."""
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["code"]
