"""The words of letters are superseded, letters are kept as they were sent; only erasure empties them."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from piepowder.database.triggers import append_only, frozen_columns

ERASABLE = {"name": None, "address": None, "subject": None, "text": None, "places": []}


class Migration(migrations.Migration):
    dependencies: ClassVar = [("correspondence", "0001_initial")]

    operations: ClassVar = [
        append_only("correspondence_lettertemplate"),
        frozen_columns(
            "correspondence_letter",
            [
                "id", "event", "recipient_kind", "recipient_ref", "language", "channel", "template_id", "about_kind",
                "about_ref", "item_id", "message_id", "vendor", "market", "created_at", "not_before", *ERASABLE,
            ],
            ERASABLE,
            said="kept as it was sent",
        ),
    ]  # fmt: skip
