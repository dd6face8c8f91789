"""Appeals with those who may not hear them, what both sides bring forward, and what is left to do when they end."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from piepowder.appeals.states import (
    OPEN_STATES,
    AppealOutcome,
    AppealState,
    AuditState,
    BarReason,
    Basis,
    CaseOutcome,
    CaseState,
    ComplainantKind,
    Omission,
    Side,
    StepKind,
    TaskState,
)
from piepowder.decisions.models import Decision
from piepowder.intake.models import Report, StoredMedia
from piepowder.kernel.ids import new_id

PERSON = settings.AUTH_USER_MODEL


class Appeal(models.Model):
    """A complaint against one decision by somebody whom it concerns (DSA Art. 20); the hearer is always a person."""

    id = models.UUIDField(primary_key=True, default=new_id)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="appeals")
    decider_id_then = models.BigIntegerField(null=True, blank=True)
    """Who decided, copied from the decision: what the bars begin with. Nobody for a machine."""
    stage = models.PositiveSmallIntegerField(default=1)
    complainant_kind = models.CharField(max_length=10, choices=ComplainantKind.choices)
    complainant_ref = models.CharField(max_length=200, blank=True)
    """The seller's id at the marketplace, or our id of the reporter; can be emptied by erasure."""
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, blank=True, related_name="appeals")
    basis = models.CharField(max_length=20, choices=Basis.choices)
    text = models.TextField()
    """What the complainant says is wrong: personal data, emptied by erasure."""
    language = models.CharField(max_length=10)
    """In which they write and are answered."""
    source = models.CharField(max_length=80)
    """Through whom it came: a key, the portal, a person at the desk."""
    until = models.DateField()
    """The last day on which it could be filed."""
    rule = models.CharField(max_length=80)
    """How that day was counted."""
    state = models.CharField(max_length=10, choices=AppealState.choices, default=AppealState.FILED)
    filed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    """When the promise is broken; nothing while it waits on the complainant."""
    at_risk_at = models.DateTimeField(null=True, blank=True)
    target_s = models.PositiveIntegerField()
    calendar = models.CharField(max_length=40, blank=True)
    """In which the target is counted, as chosen when it was filed."""
    kept = models.BooleanField(null=True, blank=True)
    """Whether the promise was kept, once it ended."""
    hearer = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="appeals_heard")
    taken_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=AppealOutcome.choices, blank=True)
    omission = models.CharField(max_length=20, choices=Omission.choices, blank=True)
    reasons = models.TextField(blank=True)
    """Why, as the complainant reads it; can be emptied by erasure."""
    unfounded = models.BooleanField(default=False)
    """The hearer found it manifestly unfounded (DSA Art. 23(2))."""
    replacement = models.OneToOneField(
        Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="made_on_appeal"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "stage", "complainant_kind", "complainant_ref"],
                condition=~Q(complainant_ref=""),
                name="one_appeal_per_decision_and_stage",
            ),
            models.CheckConstraint(condition=Q(stage__in=[1, 2]), name="appeal_stage_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[AppealState.CONCLUDED, AppealState.OMITTED, AppealState.IN_HAND])
                | Q(hearer__isnull=False),
                name="appeal_heard_by_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[AppealState.FILED, AppealState.ADMITTED]) | Q(hearer__isnull=True),
                name="appeal_waits_without_hearer",
            ),
            models.CheckConstraint(
                condition=Q(state__in=list(OPEN_STATES), ended_at__isnull=True)
                | (~Q(state__in=list(OPEN_STATES)) & Q(ended_at__isnull=False)),
                name="ended_appeal_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state=AppealState.CONCLUDED, outcome__in=["upheld", "overturned", "modified"])
                | (Q(state=AppealState.OMITTED, outcome=AppealOutcome.OMITTED) & ~Q(omission=""))
                | (~Q(state__in=[AppealState.CONCLUDED, AppealState.OMITTED]) & Q(outcome="", omission="")),
                name="appeal_outcome_by_state",
            ),
            models.CheckConstraint(
                condition=Q(replacement__isnull=True) | Q(outcome__in=["overturned", "modified"]),
                name="replacement_only_if_changed",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="appeal_waiting", condition=Q(state="admitted")),
            models.Index(fields=["-filed_at", "-id"], name="appeal_by_time"),
            models.Index(fields=["complainant_kind", "complainant_ref", "-filed_at"], name="appeal_by_complainant"),
            models.Index(fields=["hearer", "-filed_at"], name="appeal_by_hearer"),
        ]


class Bar(models.Model):
    """Somebody who may not hear an appeal, and why. Added, never taken away."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="bars", db_index=False)
    user = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=12, choices=BarReason.choices)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["appeal", "user", "why"], name="barred_once")]


class Step(models.Model):
    """One thing that happened to an appeal, in its history; what was said stands elsewhere."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="steps", db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=StepKind.choices)
    user = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["appeal", "at"], name="appeal_steps")]


class Evidence(models.Model):
    """What a side brings forward: words, a file, or a link."""

    id = models.UUIDField(primary_key=True, default=new_id)
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="evidence", db_index=False)
    side = models.CharField(max_length=12, choices=Side.choices)
    text = models.TextField(blank=True)
    """Words: can be emptied by erasure."""
    url = models.CharField(max_length=2000, blank=True)
    stored = models.ForeignKey(StoredMedia, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "id"]
        indexes = [models.Index(fields=["appeal", "added_at"], name="appeal_evidence")]


class Question(models.Model):
    """What the hearer asked the complainant; the promise rests until the answer."""

    id = models.UUIDField(primary_key=True, default=new_id)
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="questions", db_index=False)
    text = models.TextField()
    user = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    """Personal data like the appeal's text; emptied by erasure."""
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["appeal"], condition=Q(answered_at__isnull=True), name="one_open_question_per_appeal"
            )
        ]


class AuditRequest(models.Model):
    """That the decision did not stand on appeal: whoever audits looks at it, its decider and its rule."""

    appeal = models.OneToOneField(Appeal, on_delete=models.PROTECT, related_name="audit_request")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="audit_requests")
    state = models.CharField(max_length=4, choices=AuditState.choices, default=AuditState.OPEN)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-id"]


class OutOfCourtBody(models.Model):
    """A certified body for settling disputes out of court (DSA Art. 21)."""

    name = models.CharField(max_length=200, unique=True)
    member_state = models.CharField(max_length=2)
    languages = models.JSONField(default=list)
    subjects = models.CharField(max_length=300, blank=True)
    """What it is certified for."""
    url = models.CharField(max_length=500, blank=True)
    email = models.EmailField(blank=True)
    certified_until = models.DateField(null=True, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["member_state", "name"]


class OutOfCourtCase(models.Model):
    """A dispute about one decision before such a body, with its clock."""

    id = models.UUIDField(primary_key=True, default=new_id)
    body = models.ForeignKey(OutOfCourtBody, on_delete=models.PROTECT, related_name="cases")
    reference = models.CharField(max_length=100)
    """The body's number of the case."""
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="out_of_court_cases")
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    """The internal complaint before it, if there was one."""
    complainant_kind = models.CharField(max_length=10, choices=ComplainantKind.choices)
    state = models.CharField(max_length=8, choices=CaseState.choices, default=CaseState.OPEN)
    received_on = models.DateField()
    """When the body received the complaint: from then on it has 90 days, in complex cases 180."""
    due_on = models.DateField()
    extended = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=CaseOutcome.choices, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    fees = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    """What it cost us: the body's fees and the other side's reasonable expenses."""
    currency = models.CharField(max_length=3, blank=True)
    implemented = models.BooleanField(null=True, blank=True)
    implemented_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)
    """Words of our own; can be emptied by erasure."""
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["body", "reference"], name="out_of_court_reference"),
            models.CheckConstraint(
                condition=(Q(state=CaseState.DECIDED, ended_on__isnull=False) & ~Q(outcome=""))
                | (~Q(state=CaseState.DECIDED) & Q(outcome="")),
                name="out_of_court_outcome_by_state",
            ),
            models.CheckConstraint(
                condition=Q(implemented_at__isnull=True) | Q(outcome__in=["reversed", "partly"]),
                name="implemented_only_if_reversed",
            ),
        ]


class Restitution(models.Model):
    """What nobody but a person can make good after a decision was undone; see ``decisions.restitution``."""

    id = models.UUIDField(primary_key=True, default=new_id)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="restitutions")
    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, null=True, blank=True, related_name="restitutions")
    case = models.ForeignKey(
        OutOfCourtCase, on_delete=models.PROTECT, null=True, blank=True, related_name="restitutions"
    )
    kind = models.CharField(max_length=20)
    about = models.CharField(max_length=80)
    text_code = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=4, choices=TaskState.choices, default=TaskState.OPEN)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    """What was done; can be emptied by erasure."""

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["created_at", "id"], name="restitution_open", condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=TaskState.DONE, done_at__isnull=False)
                | Q(state=TaskState.OPEN, done_at__isnull=True),
                name="done_restitution_has_time",
            )
        ]
