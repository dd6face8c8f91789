"""Items, the snapshots they leave, their media, detections that came with them, and reports about them."""

from __future__ import annotations

from django.db import models

from piepowder.intake.states import (
    ItemState,
    Kind,
    MediaState,
    MomentKind,
    PausedWhat,
    PausedWhose,
    ReporterKind,
    Submission,
    TraitKind,
)
from piepowder.kernel.ids import new_id


class Item(models.Model):
    """Something that is moderated, known by the marketplace's own id."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    external_id = models.CharField(max_length=200)
    market = models.CharField(max_length=10)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.LIVE)
    seller_ref = models.CharField(max_length=200, blank=True)
    """The marketplace's id of the seller or creator behind the item; a seller's own id for a seller."""
    title = models.CharField(max_length=300, blank=True)
    title_key = models.CharField(max_length=16, blank=True)
    """Digest of the words of the title in any order, without numbers and signs: equal for items named alike."""
    snapshot = models.ForeignKey("Snapshot", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    """The newest one."""
    received_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "intake_item"
        # The id first: a look-up is quick even while the database knows nothing about how the kinds are distributed.
        constraints = [models.UniqueConstraint(fields=["external_id", "kind"], name="item_by_external_id")]
        indexes = [
            models.Index(fields=["seller_ref", "kind"], name="item_by_seller"),
            models.Index(fields=["title_key"], name="item_by_title_key", condition=~models.Q(title_key="")),
        ]


class Snapshot(models.Model):
    """What an item said at one submission; decisions point at the snapshot they judged."""

    id = models.UUIDField(primary_key=True, default=new_id)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="snapshots", db_index=False)
    number = models.PositiveIntegerField()
    submission = models.CharField(max_length=10, choices=Submission.choices)
    schema_version = models.PositiveSmallIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    """Over the content and over what came with it: market, language, seller, relations."""
    occurred_at = models.DateTimeField(null=True, blank=True)
    """When it happened on the marketplace, if the sender said so."""
    received_at = models.DateTimeField()
    source = models.CharField(max_length=80)

    class Meta:
        db_table = "intake_snapshot"
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="snapshot_number")]


class Relation(models.Model):
    """That one item belongs to, promotes or concerns another, which may not have arrived yet."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="relations", db_index=False)
    role = models.CharField(max_length=20)
    """``sold_by``, ``promotes``, ``about``, ``document_of``, ``claims_against`` …"""
    to_kind = models.CharField(max_length=12, choices=Kind.choices)
    to_external_id = models.CharField(max_length=200)

    class Meta:
        db_table = "intake_relation"
        constraints = [
            models.UniqueConstraint(fields=["item", "role", "to_kind", "to_external_id"], name="relation_once")
        ]
        indexes = [models.Index(fields=["to_external_id", "to_kind"], name="relation_backwards")]


class StoredMedia(models.Model):
    """Bytes kept by their digest, so that evidence outlives the seller's deletion."""

    digest = models.CharField(max_length=64, primary_key=True)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    stored_at = models.DateTimeField()

    class Meta:
        db_table = "intake_stored_media"


class ItemMedia(models.Model):
    """A picture, film or document of one snapshot, from its address to its stored bytes."""

    id = models.UUIDField(primary_key=True, default=new_id)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="media", db_index=False)
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=20)
    """``image``, ``video``, ``stream``, ``document``, ``thumbnail``."""
    url = models.CharField(max_length=2000, blank=True)
    stored = models.ForeignKey(StoredMedia, on_delete=models.PROTECT, null=True, blank=True, related_name="uses")
    state = models.CharField(max_length=10, choices=MediaState.choices, default=MediaState.PENDING)
    problem = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    """When the next attempt to fetch it may start; doubles as the fetcher's lease."""

    class Meta:
        db_table = "intake_item_media"
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "position"], name="media_position"),
            models.CheckConstraint(
                condition=~models.Q(state=MediaState.STORED) | models.Q(stored__isnull=False),
                name="stored_media_is_there",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="media_due", condition=models.Q(state=MediaState.PENDING)),
        ]


class Detection(models.Model):
    """What a model, classifier or rule outside or inside found in an item."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="detections")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="detections", db_index=False)
    model = models.CharField(max_length=100)
    version = models.CharField(max_length=60)
    label = models.CharField(max_length=100)
    policy_code = models.CharField(max_length=40, blank=True)
    score = models.FloatField()
    """In 0…1."""
    spans = models.JSONField(default=list)
    """Where: ``{"field": …, "start": …, "end": …}`` or ``{"media": …, "at_s": …}``."""
    found_at = models.DateTimeField()

    class Meta:
        db_table = "intake_detection"
        constraints = [
            models.CheckConstraint(condition=models.Q(score__gte=0, score__lte=1), name="detection_score_0_to_1")
        ]


class Reporter(models.Model):
    """Who reports. Name and contact are personal data and can be emptied; the row stays."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=20, choices=ReporterKind.choices)
    external_ref = models.CharField(max_length=200)
    """The marketplace's id of the person, the trusted flagger's or authority's code, or one of our making."""
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    areas = models.JSONField(default=list)
    """A trusted flagger's designated areas, as policy codes; empty means all."""
    awarded_by = models.CharField(max_length=100, blank=True)
    """The Digital Services Coordinator that gave the status of trusted flagger."""
    valid_until = models.DateField(null=True, blank=True)
    """The last day of that status; none is open."""
    suspended_at = models.DateTimeField(null=True, blank=True)
    trust = models.PositiveSmallIntegerField(default=50)
    """In 0…100; weighs the priority of what the reporter sends."""
    weigh_at = models.DateTimeField(null=True, blank=True)
    """Since when the trust is to be worked out anew, because a report of theirs was judged."""

    class Meta:
        db_table = "intake_reporter"
        constraints = [models.UniqueConstraint(fields=["kind", "external_ref"], name="reporter_once")]
        indexes = [
            models.Index(fields=["weigh_at"], name="reporter_to_weigh", condition=models.Q(weigh_at__isnull=False))
        ]


class Pause(models.Model):
    """That somebody's notices or complaints are received but not looked at for a time."""

    whose = models.CharField(max_length=10, choices=PausedWhose.choices)
    ref = models.CharField(max_length=200)
    """Our id of the reporter, or the marketplace's of the seller."""
    what = models.CharField(max_length=10, choices=PausedWhat.choices)
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        db_table = "intake_pause"
        constraints = [models.UniqueConstraint(fields=["whose", "ref", "what"], name="pause_once")]


class Report(models.Model):
    """A notice that an item breaks the law or the terms (DSA Art. 16)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    reference = models.CharField(max_length=200)
    """The sender's id of the notice, or its digest; a notice about several items is one report for each."""
    digest = models.CharField(max_length=64)
    """Over what the notice says: the same notice twice is one, whatever its reference."""
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="reports")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+", db_index=False)
    """The newest one when the report came."""
    reporter = models.ForeignKey(Reporter, on_delete=models.PROTECT, related_name="reports")
    basis = models.CharField(max_length=10)
    """``illegal`` or ``terms``: what the reporter says it breaks."""
    policy_code = models.CharField(max_length=40, blank=True)
    reason = models.TextField()
    locations = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    good_faith = models.BooleanField()
    language = models.CharField(max_length=10, blank=True)
    received_at = models.DateTimeField()
    source = models.CharField(max_length=80)
    founded = models.BooleanField(null=True, blank=True)
    """Whether the decision that followed found a violation; null until then, and again when it is withdrawn."""
    judged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "intake_report"
        constraints = [
            models.UniqueConstraint(fields=["source", "reference", "item"], name="report_by_reference"),
            models.UniqueConstraint(fields=["digest", "item"], name="report_by_digest"),
        ]
        indexes = [
            models.Index(
                fields=["reporter", "-judged_at"], name="report_judged", condition=models.Q(judged_at__isnull=False)
            ),
        ]


class ReportEvidence(models.Model):
    """An uploaded file that a report brings forward; kept, and seen by those who may read the report."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="files", db_index=False)
    stored = models.ForeignKey(StoredMedia, on_delete=models.PROTECT, related_name="evidence_in")

    class Meta:
        db_table = "intake_report_evidence"
        constraints = [models.UniqueConstraint(fields=["report", "stored"], name="report_evidence_once")]


class Trait(models.Model):
    """Something a seller says of itself by which two accounts can be told to be one: e-mail, phone, device, payout.

    Only a keyed digest is kept for comparing, and a shortened form for showing.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="traits", db_index=False)
    kind = models.CharField(max_length=12, choices=TraitKind.choices)
    digest = models.CharField(max_length=32)
    shown = models.CharField(max_length=80)
    """Such as ``a…@mail.example``."""

    class Meta:
        db_table = "intake_trait"
        constraints = [models.UniqueConstraint(fields=["item", "kind", "digest"], name="trait_once")]
        indexes = [models.Index(fields=["kind", "digest"], name="trait_shared")]


class Moment(models.Model):
    """A picture or a line of speech from a livestream that is on, at its place in the stream; what it says never changes."""

    id = models.UUIDField(primary_key=True, default=new_id)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="moments", db_index=False)
    kind = models.CharField(max_length=10, choices=MomentKind.choices)
    reference = models.CharField(max_length=200)
    """The sender's id of it: the same moment twice is one."""
    at_ms = models.PositiveBigIntegerField()
    """Since the start of the stream."""
    text = models.TextField(blank=True)
    url = models.CharField(max_length=2000, blank=True)
    stored = models.ForeignKey(StoredMedia, on_delete=models.PROTECT, null=True, blank=True, related_name="moments")
    state = models.CharField(max_length=10, choices=MediaState.choices, blank=True)
    """How its picture stands; empty for what is said."""
    problem = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    """When the next attempt to fetch the picture may start; doubles as the fetcher's lease."""
    received_at = models.DateTimeField()
    source = models.CharField(max_length=80)

    class Meta:
        db_table = "intake_moment"
        constraints = [
            models.UniqueConstraint(fields=["item", "reference"], name="moment_once"),
            models.CheckConstraint(
                condition=~models.Q(state=MediaState.STORED) | models.Q(stored__isnull=False),
                name="stored_moment_is_there",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "at_ms", "id"], name="moment_in_stream"),
            models.Index(fields=["due_at"], name="moment_due", condition=models.Q(state=MediaState.PENDING)),
        ]


class ItemSchema(models.Model):
    """The fields that an organisation adds to a kind of item, as one published version."""

    kind = models.CharField(max_length=12, choices=Kind.choices)
    number = models.PositiveIntegerField()
    fields = models.JSONField()
    """List of fields, see ``schemas/custom.py``; their values arrive in ``attributes``."""
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)

    class Meta:
        db_table = "intake_item_schema"
        ordering = ["kind", "-number"]
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="item_schema_number")]


class Reply(models.Model):
    """What was answered to an idempotency key, so that a repeated request gets the same answer and does nothing."""

    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "intake_reply"
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="reply_once")]
        indexes = [models.Index(fields=["created_at"], name="reply_age")]
