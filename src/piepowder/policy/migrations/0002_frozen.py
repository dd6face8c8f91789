"""A version and its words are superseded, never edited; a code keeps its meaning for ever."""

from django.db import migrations

from piepowder.database.triggers import append_only, frozen_columns


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]

    operations = [
        append_only("policy_policyversion"),
        append_only("policy_policytext"),
        frozen_columns("policy_policy", ["code", "is_leaf"]),
    ]
