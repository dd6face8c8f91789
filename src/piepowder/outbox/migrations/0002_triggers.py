"""Attempts never change; a message and the place of a delivery in its order stay what they were when it was enqueued."""

from __future__ import annotations

from django.db import migrations

from piepowder.database.triggers import append_only, frozen_columns


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        append_only("outbox_attempt"),
        frozen_columns("outbox_message", ["id", "topic", "order_key", "group_ref", "body", "created_at"]),
        frozen_columns("outbox_delivery", ["id", "message_id", "endpoint_id", "order_key", "sequence", "created_at"]),
    ]
