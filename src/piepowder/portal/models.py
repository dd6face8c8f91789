"""Visits of people from outside, what they read first, what they are writing, and what they sent again."""

from __future__ import annotations

from django.db import models

from piepowder.decisions.models import Decision
from piepowder.intake.models import Item, Snapshot, StoredMedia
from piepowder.kernel.ids import new_id


class Visit(models.Model):
    """One browser that came in through a link, until it leaves, is idle for too long, or is shut out."""

    id = models.UUIDField(primary_key=True, default=new_id)
    key_hash = models.CharField(max_length=64, unique=True)
    """Of the secret in the browser's cookie, which is kept nowhere."""
    kind = models.CharField(max_length=12)
    ref = models.CharField(max_length=200, blank=True)
    """The marketplace's id of the person; can be emptied by erasure, which ends the visit."""
    only = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10)
    link = models.UUIDField()
    link_minted_at = models.DateTimeField()
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["until"], name="visit_by_end")]


class ShutOut(models.Model):
    """Links given to somebody up to a moment, and the visits that came through them, no longer work."""

    kind = models.CharField(max_length=12)
    ref = models.CharField(max_length=200)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "ref"], name="shut_out_once")]


class FirstReading(models.Model):
    """When somebody first opened what was decided about them: from then on they know of it for certain."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="readings")
    kind = models.CharField(max_length=12)
    ref = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10)
    through = models.CharField(max_length=10)
    """``portal``, ``download`` or ``api``."""
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "kind", "ref"], name="first_reading_once")]


class AppealDraft(models.Model):
    """A complaint that is being written; it waits between steps and visits until it is sent or thrown away."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=12)
    ref = models.CharField(max_length=200, blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "ref", "decision"], name="appeal_draft_once")]


class DraftFile(models.Model):
    """A file that goes with a draft, under the name it had."""

    draft = models.ForeignKey(AppealDraft, on_delete=models.CASCADE, related_name="files")
    stored = models.ForeignKey(StoredMedia, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=150, blank=True)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["draft", "stored"], name="draft_file_once")]


class Resubmission(models.Model):
    """That a seller corrected an item here and sent it in again."""

    id = models.UUIDField(primary_key=True, default=new_id)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="resubmissions")
    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="resubmission")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The decision it answers."""
    ref = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    """What the seller says was corrected."""
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
