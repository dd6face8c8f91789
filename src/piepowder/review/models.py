"""Queues, routing, cases, who holds them, their events and clocks, and how available people are."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from piepowder.intake.models import Item, Snapshot
from piepowder.kernel.ids import new_id
from piepowder.review.states import (
    ACTIVE_STATES,
    Asked,
    Availability,
    CaseEventKind,
    CaseState,
    ClockState,
    NoteAbout,
    Reopening,
    SkipKind,
)

_ACTIVE = [state.value for state in ACTIVE_STATES]
_FREE = Q(state="open", reserved_for__isnull=True)


class Calendar(models.Model):
    """When business time runs, as versions in force from an instant on."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["code"]


class CalendarVersion(models.Model):
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    effective_from = models.DateTimeField(null=True, blank=True)
    timezone = models.CharField(max_length=64)
    weekly = models.JSONField(default=dict)
    """``{"mon": [["09:00", "17:00"]], …}``; an overnight shift is two windows."""
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=10, blank=True)
    overrides = models.JSONField(default=dict)
    """``{"2026-12-24": [["09:00", "12:00"]], "2026-12-25": []}``; stronger than holidays."""

    class Meta:
        ordering = ["calendar", "number"]
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_number")]


class Queue(models.Model):
    """Where work of one sort waits."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    purpose = models.CharField(max_length=300, blank=True)
    position = models.PositiveIntegerField(default=0)
    skill = models.CharField(max_length=40, blank=True)
    """Skill a person must be eligible for; empty means none."""
    vendors = models.JSONField(default=list)
    """Vendors that work on it; empty means all."""
    lease_s = models.PositiveIntegerField(default=300)
    """How long a claim lasts without a sign of life."""
    grace_s = models.PositiveIntegerField(default=10)
    """How long a decision can be undone before its enforcement leaves."""
    escalates_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reopening = models.CharField(max_length=8, choices=Reopening.choices, default=Reopening.CONTINUE)
    """What reopening does to the clock of a case."""
    opinions = models.PositiveSmallIntegerField(default=1)
    """How many people may judge a case independently of each other; 1 means that one decides alone."""
    agreeing = models.PositiveSmallIntegerField(default=1)
    """How many of them must agree for a decision; when they no longer can, the case is adjudicated."""
    adjudicates_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """Where cases without agreement go."""
    shows_enforcement = models.BooleanField(default=True)
    """Whether those who judge here see and choose the enforcement, or it follows from the policy unseen."""
    preempts = models.BooleanField(default=False)
    """Whether a case that waits here is announced to people who have a milder one in hand."""
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(agreeing__gte=1, agreeing__lte=models.F("opinions")), name="agreeing_within_opinions"
            ),
        ]


class SlaTarget(models.Model):
    """How long a case of one severity may take in one queue."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="targets")
    severity = models.PositiveSmallIntegerField()
    target_s = models.PositiveIntegerField()
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """Business time; ``None`` counts every hour."""
    at_risk_share = models.FloatField(default=0.75)

    class Meta:
        ordering = ["queue", "severity"]
        constraints = [
            models.UniqueConstraint(fields=["queue", "severity"], name="one_target_per_severity"),
            models.CheckConstraint(condition=Q(at_risk_share__gt=0, at_risk_share__lt=1), name="at_risk_share_in_0_1"),
        ]


class Lane(models.Model):
    """Queue × language × skill as one small integer on the case: what claiming looks through."""

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="lanes")
    language = models.CharField(max_length=10)
    skill = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["queue", "language", "skill"]
        constraints = [models.UniqueConstraint(fields=["queue", "language", "skill"], name="lane_once")]


class RoutingVersion(models.Model):
    """The routing rules as published together; the newest is in force, older ones explain older cases."""

    number = models.PositiveIntegerField(unique=True)
    rules = models.JSONField()
    """First match wins; the shape is told in ``routing.py``."""
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-number"]


class RoutingDraft(models.Model):
    """Routing rules that one person is working on, started from a published version; kept until they are published."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="routing_draft")
    base = models.PositiveIntegerField()
    """Number of the version it was started from, 0 when none was published."""
    rules = models.JSONField()
    saved_at = models.DateTimeField()


class SetupChange(models.Model):
    """That queues, lanes, promises, routing or eligibilities changed: processes see by it that their copy has aged.

    Rows are only added, so that two changes at once never wait for each other.
    """

    at = models.DateTimeField(auto_now_add=True)


class Eligibility(models.Model):
    """That a person may work on what asks for a skill."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="eligibilities")
    skill = models.CharField(max_length=40)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=40, default="manual")

    class Meta:
        ordering = ["user", "skill"]
        constraints = [models.UniqueConstraint(fields=["user", "skill"], name="eligible_once")]


class Case(models.Model):
    """One piece of review work on one item."""

    id = models.UUIDField(primary_key=True, default=new_id)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="cases")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+", db_index=False)
    """The newest one at hand."""
    state = models.CharField(max_length=8, choices=CaseState.choices, default=CaseState.OPEN)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="cases", db_index=False)
    lane = models.ForeignKey(Lane, on_delete=models.PROTECT, related_name="cases", db_index=False)
    rank = models.BigIntegerField()
    """What is claimed first: smaller is sooner. See ``priority.py``."""
    severity = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    market = models.CharField(max_length=10)
    language = models.CharField(max_length=10)
    seller_ref = models.CharField(max_length=200, blank=True)
    policy_code = models.CharField(max_length=40, blank=True)
    """The policy suspected by reports, detections or routing."""
    reports = models.PositiveIntegerField(default=0)
    trust = models.PositiveSmallIntegerField(default=0)
    """The highest trust among its reporters; 0 without reports."""
    vendor = models.CharField(max_length=40, blank=True)
    """Vendor of the holder or decider; empty while nobody has it."""
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cases_held",
        db_index=False,
    )
    """Who works on it, put it on hold, or decided it."""
    item_gone = models.BooleanField(default=False)
    """The item was withdrawn or deleted meanwhile: still to be judged, but less pressing."""
    why_here = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    at_risk_at = models.DateTimeField(null=True, blank=True)
    first_offered_at = models.DateTimeField(null=True, blank=True)
    first_claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    first_viewed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    hold_until = models.DateTimeField(null=True, blank=True)
    hold_reason = models.CharField(max_length=300, blank=True)
    reserved_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cases_reserved",
        db_index=False,
    )
    """Whose it is to take while it waits: assigned by a lead, or answered and back with whoever asked."""
    reserved_until = models.DateTimeField(null=True, blank=True)
    """From then on anybody may take it again."""
    split_at = models.DateTimeField(null=True, blank=True)
    """Since when the opinions about it are known not to agree, so that one person adjudicates."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(state__in=_ACTIVE), name="one_active_case_per_item"),
            models.CheckConstraint(
                condition=Q(state=CaseState.CLAIMED, holder__isnull=False) | ~Q(state=CaseState.CLAIMED),
                name="claimed_case_has_holder",
            ),
            models.CheckConstraint(
                condition=Q(state=CaseState.DECIDED, decided_at__isnull=False) | ~Q(state=CaseState.DECIDED),
                name="decided_case_has_time",
            ),
        ]
        indexes = [
            # Every claim rewrites the row's entry in each index, so there are no more of them than questions asked.
            # The severity comes last: whoever has seen enough of the gravest passes them over within the index.
            models.Index(fields=["lane", "rank", "id", "severity"], name="case_lane_rank", condition=_FREE),
            models.Index(
                fields=["lane", "market", "rank", "id", "severity"], name="case_lane_market_rank", condition=_FREE
            ),
            models.Index(
                fields=["reserved_for", "reserved_until"],
                name="case_reserved",
                condition=Q(reserved_for__isnull=False),
            ),
            models.Index(fields=["seller_ref", "-opened_at"], name="case_by_seller"),
            models.Index(fields=["-opened_at", "-id"], name="case_by_age"),
            models.Index(fields=["holder", "-claimed_at"], name="case_by_holder", condition=Q(holder__isnull=False)),
            models.Index(fields=["hold_until"], name="case_held", condition=Q(state="held")),
        ]


class Lease(models.Model):
    """Who works on a case in which tab, until when. Its id is the token a decision must present."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="lease")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leases", db_index=False)
    number = models.PositiveIntegerField(null=True)
    """Counts up among the leases of one person: two claims of theirs at one moment collide here, so that the limit on
    cases in hand holds. Null only for leases from before there was a limit."""
    taken_at = models.DateTimeField()
    beaten_at = models.DateTimeField()
    """The last heartbeat."""
    length_s = models.PositiveIntegerField()
    """How far each heartbeat moves the end; copied from the queue so that a heartbeat touches this row alone."""
    expires_at = models.DateTimeField(db_index=True)
    shown_at = models.DateTimeField(null=True, blank=True)
    """Since when the case is the one before the person's eyes; null while it is put aside, or was never shown."""
    shown_s = models.FloatField(default=0)
    """How long it was before their eyes until it was put aside."""
    ahead = models.BooleanField(default=False, db_default=False)
    """Taken while another case is judged, and not yet before the person's eyes."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "number"], name="lease_number_once"),
            models.UniqueConstraint(fields=["user"], condition=Q(ahead=True), name="one_lease_ahead"),
        ]


class Draft(models.Model):
    """What a person had typed into a case; kept until the case is decided, so that an expired lease loses nothing."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    content = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="draft_once")]


class Skip(models.Model):
    """That a case is not offered to a person before ``until``: they passed on it, or have given their opinion."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="skips")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=SkipKind.choices, default=SkipKind.SKIPPED)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "until"], name="skip_by_user")]


class SellerViolations(models.Model):
    """How many decisions of one day found a violation by a seller.

    Routing asks for it; decisions are made in a package above, which writes it through ``note_violation``.
    """

    seller_ref = models.CharField(max_length=200)
    on = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seller_ref", "on"], name="seller_violations_per_day")]


class CaseEvent(models.Model):
    """A step in the life of a case; never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16, choices=CaseEventKind.choices)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_ref = models.CharField(max_length=80)
    vendor = models.CharField(max_length=40, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    body = models.JSONField(default=dict)


class CaseClock(models.Model):
    """One cycle of one clock of a case; recomputable from the events."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    metric = models.CharField(max_length=20, default="decision")
    cycle = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    target_s = models.PositiveIntegerField()
    calendar = models.CharField(max_length=40, blank=True)
    """Code of the calendar it counts in; empty counts every hour."""
    at_risk_percent = models.PositiveSmallIntegerField(default=75)
    due_at = models.DateTimeField(null=True, blank=True)
    """Null while paused, unless it was late before the pause."""
    remaining_s = models.FloatField(null=True, blank=True)
    """What was left of the target when it was paused or stopped; null while running."""
    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    breached_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "metric", "cycle"], name="clock_cycle_once")]
        indexes = [models.Index(fields=["due_at"], name="clock_running_due", condition=Q(state="running"))]


class AvailabilityEvent(models.Model):
    """That a person changed their availability; never changed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="availability_events")
    state = models.CharField(max_length=10, choices=Availability.choices)
    at = models.DateTimeField()
    vendor = models.CharField(max_length=40)
    site = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=20)
    """``person``, ``login``, ``logout``, ``silence``."""

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="availability_by_user")]


class Presence(models.Model):
    """The availability of the moment, for the boards."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presence")
    state = models.CharField(max_length=10, choices=Availability.choices)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["state", "seen_at"], name="presence_by_state")]


class Allowance(models.Model):
    """Limits of one person that differ from the organisation's; null means the organisation's."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="allowance")
    in_hand = models.PositiveSmallIntegerField(null=True, blank=True)
    """How many cases at once."""
    skips_a_day = models.PositiveSmallIntegerField(null=True, blank=True)
    exposure_minutes = models.JSONField(default=dict, blank=True)
    """Minutes a day by severity, such as ``{"0": 20}``."""
    four_eyes = models.JSONField(default=list, blank=True)
    """Measures, as ``family:measure``, that wait for approval when this person orders them, beyond the organisation's."""
    lifted_on = models.DateField(null=True, blank=True)
    """On this day of theirs no budget holds."""
    lifted_reason = models.CharField(max_length=300, blank=True)


class Exposure(models.Model):
    """How long a person had cases of one severity before them on one of their days; counts, never feelings."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exposures")
    on = models.DateField()
    severity = models.PositiveSmallIntegerField()
    cases = models.PositiveIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)
    revealed = models.PositiveIntegerField(default=0)
    """Pictures and films that were uncovered."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "on", "severity"], name="exposure_per_day")]


class Question(models.Model):
    """What a held case waits for an answer to; the answer ends the hold."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="questions")
    to = models.CharField(max_length=12, choices=Asked.choices)
    text = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    vendor = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]


class Note(models.Model):
    """What people tell each other: about a case, or about something that comes back with later cases.

    ``about_ref`` is the case's id, the seller's reference, or the digest of a trait. Read only within ``vendor``, and by
    those who may see every vendor.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    about_kind = models.CharField(max_length=8, choices=NoteAbout.choices)
    about_ref = models.CharField(max_length=200)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    """Where it was written."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    vendor = models.CharField(max_length=40)
    text = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    """It no longer resurfaces from then on."""
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["about_kind", "about_ref", "at"], name="note_about")]


class Mention(models.Model):
    """That a note calls for a person."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="mention_once")]
        indexes = [models.Index(fields=["user"], name="mention_unseen", condition=Q(seen_at__isnull=True))]


class Mark(models.Model):
    """A place in a film or stream that a person marked while judging it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="marks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    vendor = models.CharField(max_length=40)
    media = models.CharField(max_length=64, blank=True)
    """Digest of the film; empty for a stream that is on."""
    at_ms = models.PositiveBigIntegerField()
    until_ms = models.PositiveBigIntegerField(null=True, blank=True)
    text = models.CharField(max_length=300, blank=True)
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["at_ms", "id"]
