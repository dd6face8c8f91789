"""Facts, the blocks that seal them, and the heads that were published."""

from __future__ import annotations

from django.db import models


class Fact(models.Model):
    """Something that happened, written in the transaction in which it happened and never changed.

    It holds references, never personal data. ``vendor`` is the vendor of the actor or subject, for scoping reads.
    """

    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10)
    actor_ref = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80)
    vendor = models.CharField(max_length=40, blank=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "ledger_fact"
        indexes = [
            models.Index(fields=["subject_id", "id"], name="fact_by_subject"),
            models.Index(fields=["verb", "id"], name="fact_by_verb"),
            models.Index(fields=["actor_ref", "id"], name="fact_by_actor"),
            models.Index(fields=["at"], name="fact_by_time"),
        ]


class Unsealed(models.Model):
    """A fact that no block holds yet; a trigger writes the row, the sealer deletes it.

    Ids are given out before commit, so "every id above the last sealed one" would miss a transaction that commits late.
    """

    fact_id = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "ledger_unsealed"


class Block(models.Model):
    """Consecutive positions sealed together; its hash covers the block before it and every digest in it."""

    number = models.BigIntegerField(primary_key=True)
    first_position = models.BigIntegerField(unique=True)
    last_position = models.BigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_block"


class Seal(models.Model):
    """The gap-free position of one fact in commit order."""

    position = models.BigIntegerField(primary_key=True)
    fact = models.OneToOneField(Fact, on_delete=models.PROTECT, related_name="seal")
    block = models.ForeignKey(Block, on_delete=models.PROTECT, related_name="seals", db_index=False)

    class Meta:
        db_table = "ledger_seal"
