"""What was submitted, and the line to the database."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from piepowder.decisions.models import Statement
from piepowder.interop.states import How, Reversal, SubmissionState, Why
from piepowder.kernel.ids import new_id


class Submission(models.Model):
    """One statement on its way to the Transparency Database, and what is known of it there.

    The payload is the statement's own, which never changes; here stand its digest and what came back.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="submission")
    puid = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=SubmissionState.choices, default=SubmissionState.QUEUED)
    why = models.CharField(max_length=30, choices=Why.choices, blank=True)
    decided_at = models.DateTimeField()
    stream = models.CharField(max_length=120)
    """Who makes such statements: a machine by name, or the people of a vendor."""
    source_type = models.CharField(max_length=40, blank=True)
    category = models.CharField(max_length=100, blank=True)
    automated_detection = models.CharField(max_length=3, blank=True)
    automated_decision = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    taken_until = models.DateTimeField(null=True, blank=True)
    """Until when whoever took it may still settle it; after that nobody knows what became of it."""
    doubted = models.BooleanField(default=False)
    """An attempt once ended without an answer: if the database knows it, then from us."""
    payload_hash = models.CharField(max_length=64, blank=True)
    schema_version = models.CharField(max_length=20, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    lag_s = models.PositiveIntegerField(null=True, blank=True)
    """From the decision until it was submitted."""
    how = models.CharField(max_length=20, choices=How.choices, blank=True)
    uuid = models.CharField(max_length=64, blank=True)
    """The database's id of it."""
    permalink = models.CharField(max_length=500, blank=True)
    made_there_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """Of the last answer; null when there was none."""
    response = models.JSONField(default=dict)
    """What the last answer said about it, without the statement's own words."""
    problem = models.CharField(max_length=300, blank=True)
    errors = models.JSONField(default=list)
    """``{"field", "rule"}`` found here, or ``{"field", "said"}`` by the database."""
    found = models.JSONField(default=list)
    """What looked like personal data: ``{"field", "kind", "start", "end"}``, never the words themselves."""
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    overridden_at = models.DateTimeField(null=True, blank=True)
    override_reason = models.CharField(max_length=500, blank=True)
    given_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    give_up_reason = models.CharField(max_length=500, blank=True)
    reversal = models.CharField(max_length=12, choices=Reversal.choices, blank=True)
    reversed_at = models.DateTimeField(null=True, blank=True)
    """The database takes nothing back: this note is all that says so."""
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["next_at", "id"], name="submission_due", condition=Q(state__in=["queued", "unsure"])),
            models.Index(fields=["taken_until"], name="submission_taken", condition=Q(state="taken")),
            models.Index(fields=["state", "-created_at"], name="submission_by_state"),
            models.Index(fields=["-created_at", "-id"], name="submission_by_time"),
            models.Index(fields=["decided_at"], name="submission_by_decision"),
            models.Index(fields=["sent_at"], name="submission_by_sending", condition=Q(sent_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="not_needed") & ~Q(why="") | ~Q(state="not_needed") & Q(why=""),
                name="not_needed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state="taken", taken_until__isnull=False) | ~Q(state="taken") & Q(taken_until__isnull=True),
                name="taken_submission_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "duplicate"], sent_at__isnull=False) & ~Q(how="")
                | ~Q(state__in=["sent", "duplicate"]) & Q(sent_at__isnull=True),
                name="sent_submission_says_how",
            ),
        ]


class Line(models.Model):
    """The one line to the database: its token, and whether it is halted. There is never a second row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.TextField(blank=True)
    """Kept as it is, because sending needs it; a token in the environment goes before."""
    token_changed_at = models.DateTimeField(null=True, blank=True)
    halted_for = models.CharField(max_length=64, blank=True)
    """Digest of the token that was refused: another token is not halted."""
    halted_at = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    """In a row, of whole attempts."""
    problem = models.CharField(max_length=300, blank=True)
    late_told_at = models.DateTimeField(null=True, blank=True)
    streams_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_line")]
