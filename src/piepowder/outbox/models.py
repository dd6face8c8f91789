"""Where things are sent, what is sent, and every attempt."""

from __future__ import annotations

from django.db import models

from piepowder.kernel.ids import new_id
from piepowder.outbox.states import Channel, DeliveryState


class Endpoint(models.Model):
    """A receiver of webhooks, or the one e-mail channel."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    url = models.CharField(max_length=2000, blank=True)
    secrets = models.JSONField(default=list)
    """Newest first: ``{"id", "secret", "created_at", "expires_at" | null}``; every unexpired one signs."""
    topics = models.JSONField(default=list)
    """Topics it receives; empty means all."""
    timeout_s = models.PositiveSmallIntegerField(default=10)
    concurrency = models.PositiveSmallIntegerField(default=8)
    allow_private = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
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
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["group_ref"], name="message_by_group")]


class Delivery(models.Model):
    """One message on its way to one endpoint, in order per ``order_key``."""

    id = models.UUIDField(primary_key=True, default=new_id)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries")
    order_key = models.CharField(max_length=200)
    sequence = models.PositiveBigIntegerField()
    """1, 2, 3 … per endpoint and order key; the body carries it."""
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    not_before = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    taken_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="delivery_once_per_endpoint"),
            models.UniqueConstraint(fields=["endpoint", "order_key", "sequence"], name="delivery_sequence"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at"], name="delivery_due", condition=models.Q(state="pending")
            ),
            models.Index(
                fields=["endpoint", "order_key", "sequence"],
                name="delivery_unfinished",
                condition=models.Q(state__in=["pending", "taken"]),
            ),
            models.Index(fields=["taken_until"], name="delivery_taken", condition=models.Q(state="taken")),
        ]


class Attempt(models.Model):
    """One try, kept as the delivery log."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="log")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["delivery", "number"]


class Counter(models.Model):
    """The last sequence number given out per endpoint and order key."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    order_key = models.CharField(max_length=200)
    last = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "order_key"], name="counter_once")]
