"""Whoever settles a proposal has managers, too."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0005_erasure")]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="settled_line",
            field=models.JSONField(blank=True, null=True),
        ),
    ]
