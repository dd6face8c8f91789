"""Decisions, the policies they cite, what they enforce, and the statements of reasons."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from piepowder.decisions.states import (
    DecisionState,
    EnforcementState,
    Exclusion,
    Family,
    LineState,
    Outcome,
    PanelState,
    ProposalState,
    Source,
)
from piepowder.intake.models import Item, Snapshot
from piepowder.kernel.ids import new_id
from piepowder.policy.models import PolicyVersion
from piepowder.policy.states import Ground
from piepowder.review.models import Case


class Decision(models.Model):
    """What was ruled about one snapshot, by a person or a machine. Superseded or withdrawn, never edited."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    ground = models.CharField(max_length=10, choices=Ground.choices, blank=True)
    facts = models.TextField(blank=True)
    """The facts relied on, about this item."""
    facts_key = models.CharField(max_length=32, blank=True)
    """Digest of the facts without what names the item: equal for texts that only repeat each other."""
    evidence = models.JSONField(default=list)
    """Digests of the media that were before the decider."""
    note = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=DecisionState.choices, default=DecisionState.ISSUED)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    decided_at = models.DateTimeField()
    final_at = models.DateTimeField()
    """End of the grace period: until then the decision can be withdrawn and nothing leaves."""
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    overturned_at = models.DateTimeField(null=True, blank=True)
    """When a complaint, a court or the organisation itself undid it after it was final."""
    reporting_line = models.JSONField(default=list)
    """Ids of the managers, at the time, of everybody who had a part in it: the decider's first, nearest first."""
    decider = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        db_index=False,
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions_approved",
        db_index=False,
    )
    """Who approved it, where four eyes were asked for."""
    batch = models.UUIDField(null=True, blank=True)
    """Shared by decisions that were taken together; the id of their ``Batch`` when there is one."""
    machine = models.CharField(max_length=100, blank=True)
    """Name of the model or rule that decided alone."""
    machine_version = models.CharField(max_length=60, blank=True)
    automated_detection = models.BooleanField()
    source = models.CharField(max_length=16, choices=Source.choices)
    """What made us look: a notice or our own initiative."""
    vendor = models.CharField(max_length=40, blank=True)
    site = models.CharField(max_length=40, blank=True)
    team = models.CharField(max_length=40, blank=True)
    queue = models.CharField(max_length=40, blank=True)
    market = models.CharField(max_length=10)
    language = models.CharField(max_length=10)
    handling_ms = models.PositiveIntegerField(null=True, blank=True)
    """From claim to decision, by a person."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decider__isnull=False, machine="") | (Q(decider__isnull=True) & ~Q(machine="")),
                name="decided_by_person_or_machine",
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.NO_VIOLATION) | (~Q(ground="") & ~Q(facts="")),
                name="violation_has_ground_and_facts",
            ),
            models.CheckConstraint(
                condition=Q(state=DecisionState.WITHDRAWN, withdrawn_at__isnull=False)
                | (~Q(state=DecisionState.WITHDRAWN) & Q(withdrawn_at__isnull=True)),
                name="withdrawn_decision_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state=DecisionState.OVERTURNED, overturned_at__isnull=False)
                | (~Q(state=DecisionState.OVERTURNED) & Q(overturned_at__isnull=True)),
                name="overturned_decision_has_time",
            ),
            models.CheckConstraint(condition=Q(final_at__gte=models.F("decided_at")), name="final_after_decided"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(state=DecisionState.ISSUED), name="one_decision_stands_per_case"
            ),
        ]
        indexes = [
            models.Index(fields=["-decided_at", "-id"], name="decision_by_time"),
            models.Index(fields=["item", "-decided_at"], name="decision_by_item"),
            models.Index(fields=["decider", "-decided_at"], name="decision_by_decider"),
            models.Index(fields=["vendor", "-decided_at"], name="decision_by_vendor"),
            models.Index(fields=["facts_key", "-decided_at"], name="decision_by_facts", condition=~Q(facts_key="")),
        ]


class Citation(models.Model):
    """A policy version that a decision rests on."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="citations", db_index=False)
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="citations")
    primary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "version"], name="cited_once"),
            models.UniqueConstraint(fields=["decision"], condition=Q(primary=True), name="one_primary_citation"),
        ]


class StatementTemplate(models.Model):
    """The words around the reasons, in one language; a new version replaces, none is edited."""

    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    phrases = models.JSONField()
    """The sentences that go into the body's places, and the names of months and countries; see ``wording.py``."""
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["language", "number"], name="template_number")]


class Statement(models.Model):
    """The statement of reasons of one decision (DSA Art. 17), or the recorded exclusion in its place."""

    id = models.UUIDField(primary_key=True, default=new_id)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="statement")
    puid = models.CharField(max_length=64, unique=True)
    """Our id of it towards authorities; minted once, never reused."""
    template = models.ForeignKey(StatementTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    exclusion = models.CharField(max_length=30, choices=Exclusion.choices, blank=True)
    recipient_ref = models.CharField(max_length=200, blank=True)
    """The marketplace's id of the recipient; can be emptied by erasure."""
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    structured = models.JSONField(default=dict)
    """The same reasons in fields, from which the Transparency Database's payload is made."""
    complaint_until = models.DateField(null=True, blank=True)
    """The last day for an internal complaint, as the text says it; computed by ``deadline_rule``."""
    deadline_rule = models.CharField(max_length=80, blank=True)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(exclusion="", template__isnull=False, complaint_until__isnull=False) & ~Q(text=""))
                | (~Q(exclusion="") & Q(text="")),
                name="statement_or_exclusion",
            )
        ]


class Enforcement(models.Model):
    """One restriction that a decision puts on an item or its seller.

    It cannot be stored without its statement: no restriction commits unexplained. Its id is also the id of the message
    that tells the marketplace, so that what is taken from the outbox says by itself which restriction is in force.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="enforcements", db_index=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="enforcements", db_index=False)
    family = models.CharField(max_length=10, choices=Family.choices)
    measure = models.CharField(max_length=40)
    description = models.CharField(max_length=500, blank=True)
    """What is meant by the measure ``other``."""
    target_kind = models.CharField(max_length=12)
    target_external_id = models.CharField(max_length=200)
    """What is restricted: the item itself, or its seller for an account measure."""
    territories = models.JSONField(default=list)
    """Country codes; empty means everywhere the marketplace sells."""
    state = models.CharField(max_length=10, choices=EnforcementState.choices, default=EnforcementState.SCHEDULED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    reversed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")), name="ends_after_start"
            ),
            models.UniqueConstraint(fields=["decision", "family", "measure"], name="enforced_once_per_decision"),
        ]
        indexes = [models.Index(fields=["target_kind", "target_external_id"], name="enforcement_by_target")]


class Panel(models.Model):
    """One round of opinions about a case, with the rule it began under, whatever becomes of its queue meanwhile."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="panels")
    round = models.PositiveSmallIntegerField(default=1)
    """Grows each time the case is judged anew."""
    opinions = models.PositiveSmallIntegerField()
    """How many people give theirs at most."""
    agreeing = models.PositiveSmallIntegerField()
    """How many of them must agree."""
    asked = models.BooleanField(default=False)
    """Somebody asked for a second opinion; the queue itself does not."""
    state = models.CharField(max_length=6, choices=PanelState.choices, default=PanelState.OPEN)
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="panel")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="panel_round"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(state__in=[PanelState.OPEN, PanelState.SPLIT]), name="one_panel_sits"
            ),
            models.CheckConstraint(
                condition=Q(agreeing__gte=1, agreeing__lte=models.F("opinions")), name="panel_agreeing_within_opinions"
            ),
        ]


class Opinion(models.Model):
    """What one of several people would rule, given without knowing what the others said; never edited."""

    id = models.UUIDField(primary_key=True, default=new_id)
    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="given")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="opinions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="opinions")
    vendor = models.CharField(max_length=40)
    ruling = models.JSONField()
    """The whole ruling, as ``ruling.py`` writes and reads it."""
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    policy_code = models.CharField(max_length=40, blank=True)
    """The one it mainly rests on."""
    handling_ms = models.PositiveIntegerField()
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    """The person took it back before anybody went on from it."""

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "user"], condition=Q(withdrawn_at__isnull=True), name="opinion_once"
            )
        ]


class Proposal(models.Model):
    """A ruling that waits for a second person's approval before it becomes a decision."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="proposals")
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals")
    vendor = models.CharField(max_length=40)
    ruling = models.JSONField()
    why = models.JSONField(default=list)
    """The measures that ask for approval, as ``family:measure``."""
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.PENDING)
    handling_ms = models.PositiveIntegerField()
    proposed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_line = models.JSONField(null=True, blank=True)
    """Ids of the managers of whoever settled it, at that time, nearest first."""
    reason = models.CharField(max_length=500, blank=True)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="proposal")
    """What became of it; while it is still pending, the urgent decision that did not wait for approval."""
    urgent = models.BooleanField(default=False)
    """Grave or live: what could not wait was issued at once, the rest is in ``ruling``."""

    class Meta:
        ordering = ["proposed_at", "id"]
        indexes = [models.Index(fields=["proposed_at", "id"], name="proposal_pending", condition=Q(state="pending"))]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(state=ProposalState.PENDING), name="one_pending_proposal_per_case"
            ),
            models.CheckConstraint(
                condition=~Q(state=ProposalState.APPROVED) | ~Q(settled_by=models.F("proposer")),
                name="nobody_approves_their_own",
            ),
        ]


class Batch(models.Model):
    """Cases that one person decides together with one ruling; its id is the ``batch`` of the decisions."""

    id = models.UUIDField(primary_key=True, default=new_id)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batches")
    vendor = models.CharField(max_length=40)
    ruling = models.JSONField(default=dict)
    """What is shared: the ruling without facts and snapshot; empty until it is planned."""
    facts = models.TextField(blank=True)
    """With places such as ``{title}``, filled per case."""
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["-opened_at", "-id"]


class BatchLine(models.Model):
    """One case of a batch: what is to be said about it, and what became of it."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+", db_index=False)
    """What was looked at."""
    facts = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=LineState.choices, default=LineState.PLANNED)
    left_out = models.BooleanField(default=False)
    problem = models.CharField(max_length=40, blank=True)
    """Code of the error for which it was skipped."""
    detail = models.CharField(max_length=500, blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["batch", "position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "case"], name="case_once_per_batch"),
            models.UniqueConstraint(fields=["batch", "position"], name="line_position"),
        ]


class FactsTemplate(models.Model):
    """A beginning for the facts of a violation; its places are filled from the item, the rest by the person."""

    policy_code = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=100)
    text = models.TextField()
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["policy_code", "language", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["policy_code", "language", "title"], name="facts_template_once")]


class ActionMapping(models.Model):
    """What the marketplace's systems call a measure, told in the message about it; see ``mapping.py``."""

    family = models.CharField(max_length=10, choices=Family.choices)
    measure = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, blank=True)
    """The kind of item it is for; empty for all kinds that have none of their own."""
    action = models.CharField(max_length=100)
    """The receiver's name for it."""
    parameters = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["family", "measure", "kind"]
        constraints = [models.UniqueConstraint(fields=["family", "measure", "kind"], name="mapping_once")]
