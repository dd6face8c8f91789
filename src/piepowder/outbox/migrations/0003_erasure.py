"""What a message said, and what its receiver answered, can be erased; that it left, when and where to stays."""

from __future__ import annotations

from django.db import migrations

from piepowder.database.triggers import append_only, frozen_columns, undone

MESSAGE = ["id", "topic", "order_key", "group_ref", "body", "created_at"]
ATTEMPT = "id delivery_id number at took_ms delivered status problem answer".split()


class Migration(migrations.Migration):
    dependencies = [("outbox", "0002_triggers")]

    operations = [
        undone(frozen_columns("outbox_message", MESSAGE)),
        frozen_columns("outbox_message", MESSAGE, {"body": ()}),
        undone(append_only("outbox_attempt")),
        frozen_columns("outbox_attempt", ATTEMPT, {"answer": None, "problem": None}, said="append-only"),
    ]
