"""Where things are sent, what is sent, and every attempt."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from piepowder.kernel.ids import new_id
from piepowder.outbox.states import Channel, DeliveryState


class Endpoint(models.Model):
    """A receiver of webhooks, the e-mail channel, or the place where a message without a receiver is kept."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    url = models.CharField(max_length=2000, blank=True)
    secrets = models.JSONField(default=list)
    """Newest first: ``{"id", "secret", "created_at", "expires_at" | null}``; every unexpired one signs.

    They are kept as they are, because signing needs them: whoever reads the database can sign. See the reference page.
    """
    topics = models.JSONField(default=list)
    """Topics it receives; empty means all."""
    timeout_s = models.PositiveSmallIntegerField(default=10)
    concurrency = models.PositiveSmallIntegerField(default=8)
    allow_private = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    failures = models.PositiveIntegerField(default=0)
    """Failed attempts since the last success, over all workers: enough of them slow this endpoint down, and no other."""
    rests_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["code"]


class Message(models.Model):
    """One event that leaves: its id is the id that every receiver sees, however often it is sent."""

    id = models.UUIDField(primary_key=True, default=new_id)
    topic = models.CharField(max_length=60)
    """``enforcement.applied``, ``enforcement.reversed``, ``statement.issued``, ``ledger.head`` …"""
    order_key = models.CharField(max_length=200)
    """What order is kept for: the item's id."""
    group_ref = models.CharField(max_length=80, blank=True)
    """What can cancel it before it is taken: the decision's id."""
    body = models.JSONField()
    recipient = models.CharField(max_length=320, blank=True)
    """Address of an e-mail: personal data, emptied by erasure."""
    letter = models.TextField(blank=True)
    """The e-mail as it is sent (RFC 5322): personal data too, emptied by erasure or once a sign-in mail was delivered."""
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["group_ref"], name="message_by_group", condition=~Q(group_ref="")),
            models.Index(fields=["recipient"], name="message_by_recipient", condition=~Q(recipient="")),
        ]


class Delivery(models.Model):
    """One message on its way to one endpoint, in order per ``order_key``."""

    id = models.UUIDField(primary_key=True, default=new_id)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    order_key = models.CharField(max_length=200)
    sequence = models.PositiveBigIntegerField()
    """1, 2, 3 … per endpoint and order key; the body carries it."""
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    urgent = models.BooleanField(default=False)
    """Goes before what waits for the same endpoint, never before what waits for the same order key."""
    holds_order = models.BooleanField(default=True)
    """Whether later ones of the same order key wait for it; a replay stops holding them after its first failure."""
    not_before = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    tried_since = models.DateTimeField(null=True, blank=True)
    """When the present round of attempts began; null means that nobody ever took it, so it can still be cancelled."""
    replayed_at = models.DateTimeField(null=True, blank=True)
    taken_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    """Failed attempts of the present round: the waits grow with them."""
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="delivery_once_per_endpoint"),
            models.UniqueConstraint(fields=["endpoint", "order_key", "sequence"], name="delivery_sequence"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.TAKEN, taken_until__isnull=False, tried_since__isnull=False)
                | (~Q(state=DeliveryState.TAKEN) & Q(taken_until__isnull=True)),
                name="delivery_taken_until_then",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "taken"], finished_at__isnull=True)
                | Q(state__in=["delivered", "dead", "cancelled"], finished_at__isnull=False),
                name="delivery_finished_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "-urgent", "next_attempt_at", "id"],
                name="delivery_due",
                condition=Q(state="pending"),
            ),
            models.Index(
                fields=["endpoint", "order_key", "sequence"],
                name="delivery_unfinished",
                condition=Q(state__in=["pending", "taken"]),
            ),
            models.Index(fields=["endpoint", "taken_until"], name="delivery_taken", condition=Q(state="taken")),
            models.Index(fields=["-finished_at", "id"], name="delivery_dead", condition=Q(state="dead")),
            models.Index(fields=["-created_at", "id"], name="delivery_by_time"),
        ]


class Attempt(models.Model):
    """One try, kept as the delivery log; never changed."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="log", db_index=False)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    delivered = models.BooleanField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number")]
        indexes = [models.Index(fields=["at"], name="attempt_by_time")]


class Counter(models.Model):
    """The last sequence number given out per endpoint and order key."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+", db_index=False)
    order_key = models.CharField(max_length=200)
    last = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "order_key"], name="counter_once")]
