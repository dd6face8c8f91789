"""How long what is kept, what was emptied for that, and who asked for an erasure with what result."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from piepowder.database.personal import SubjectKind
from piepowder.duties.retention.states import AskedBy, ErasureState
from piepowder.kernel.ids import new_id


class RetentionChoice(models.Model):
    """How many months one kind of data is kept, from a day on; superseded by a later one, never edited."""

    code = models.CharField(max_length=60)
    pack = models.CharField(max_length=40, blank=True)
    """The body of law it rests on: in force only while the pack is; empty holds always."""
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    """None keeps it without end."""
    from_on = models.DateField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["code", "-from_on", "-id"]
        indexes = [models.Index(fields=["code", "-from_on"], name="retention_choice_by_code")]


class RetentionRun(models.Model):
    """One passage of one rule: what was due, and what was emptied of it."""

    code = models.CharField(max_length=60)
    at = models.DateTimeField()
    before = models.DateTimeField()
    """What is older than this was due."""
    emptied = models.PositiveIntegerField()
    held = models.PositiveIntegerField(default=0)
    """Rows that stayed because something holds them."""

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["-at", "-id"], name="retention_run_by_time")]


class Erasure(models.Model):
    """One request to erase what is known of a person, and what became of it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    subject_kind = models.CharField(max_length=12, choices=SubjectKind.choices)
    subject_ref = models.CharField(max_length=200, blank=True)
    """Emptied when it is done, except the reference of a seller, which only the marketplace can resolve."""
    addresses = models.JSONField(default=list)
    """E-mail addresses known of the person, to look by; emptied when it is done."""
    asked_by = models.CharField(max_length=12, choices=AskedBy.choices)
    state = models.CharField(max_length=10, choices=ErasureState.choices, default=ErasureState.REQUESTED)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=80)
    due_on = models.DateField()
    """The answer is due within a month (Regulation (EU) 2016/679, Art. 12(3))."""
    erased_at = models.DateTimeField(null=True, blank=True)
    emptied = models.JSONField(default=list)
    """``[place, rows]`` of what was emptied."""
    stays = models.JSONField(default=list)
    """``[place, rows, code of why, until]`` of what stays."""
    proof = models.JSONField(default=dict)
    """The ledger's head afterwards, and that it verified."""
    refused_why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=ErasureState.REFUSED) | ~Q(refused_why=""), name="refused_erasure_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state=ErasureState.DONE) | Q(erased_at__isnull=False, addresses=[]),
                name="done_erasure_is_empty",
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="erasure_due", condition=Q(erased_at__isnull=True))]
