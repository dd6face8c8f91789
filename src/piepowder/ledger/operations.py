"""Appending facts and sealing them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from piepowder.database.bulk import insert_rows
from piepowder.kernel.actor import Actor
from piepowder.kernel.canonical import canonical_json, digest
from piepowder.ledger.models import Block, Fact, Seal, Unsealed

GENESIS = "0" * 64
BLOCK_SIZE = 5_000

# One number in PostgreSQL's space of advisory locks: whoever holds it is the sealer.
_SEALER_LOCK = 7_190_316


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact about to be recorded. ``vendor`` defaults to the actor's."""

    verb: str
    subject_kind: str
    subject_id: str
    body: Mapping[str, Any] = field(default_factory=dict)
    vendor: str | None = None


def record(
    *,
    actor: Actor,
    at: datetime,
    verb: str,
    subject_kind: str,
    subject_id: object,
    vendor: str | None = None,
    **body: Any,
) -> None:
    """Append one fact in the caller's transaction; ``body`` must be JSON and hold no personal data."""
    record_many(actor=actor, at=at, entries=[Entry(verb, subject_kind, str(subject_id), body, vendor)])


def record_many(*, actor: Actor, at: datetime, entries: Iterable[Entry]) -> None:
    """Append several facts of one actor and one moment, in order."""
    append_rows([fact_row(actor=actor, at=at, entry=entry) for entry in entries])


def append_rows(rows: Sequence[Sequence[Any]]) -> None:
    """Append rows made by ``fact_row``, possibly of many actors and moments, in order."""
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction of what it tells")
    insert_rows(Fact, _COLUMNS, rows)


_COLUMNS = ("at", "verb", "actor_kind", "actor_ref", "subject_kind", "subject_id", "vendor", "body", "digest")


def fact_row(*, actor: Actor, at: datetime, entry: Entry) -> tuple[Any, ...]:
    """The row of one fact, with the digest of its content."""
    at = at.astimezone(UTC)
    vendor = actor.vendor if entry.vendor is None else entry.vendor
    body = dict(entry.body)
    content = content_digest(
        at, entry.verb, actor.kind.value, actor.ref, entry.subject_kind, entry.subject_id, vendor, body
    )
    return (at, entry.verb, actor.kind.value, actor.ref, entry.subject_kind, entry.subject_id, vendor, body, content)


def content_digest(
    at: datetime,
    verb: str,
    actor_kind: str,
    actor_ref: str,
    subject_kind: str,
    subject_id: str,
    vendor: str,
    body: Mapping[str, Any],
) -> str:
    """SHA-256 over what a fact says; the same from the values being written and from the row read back."""
    return digest(_content(at, verb, actor_kind, actor_ref, subject_kind, subject_id, vendor, body))


def content_around_subject(*, actor: Actor, at: datetime, entry: Entry) -> tuple[str, str]:
    """What is digested before and after the subject's id, for a statement that learns the id in the database itself.

    ``sha256(before || id || after)`` there is the digest of the fact; ``entry.subject_id`` stands for it, so it must
    occur nowhere else in what the fact says.
    """
    vendor = actor.vendor if entry.vendor is None else entry.vendor
    content = _content(
        at, entry.verb, actor.kind.value, actor.ref, entry.subject_kind, entry.subject_id, vendor, entry.body
    )
    before, after = canonical_json(content).decode().split(entry.subject_id)
    return before, after


def _content(
    at: datetime,
    verb: str,
    actor_kind: str,
    actor_ref: str,
    subject_kind: str,
    subject_id: str,
    vendor: str,
    body: Mapping[str, Any],
) -> list[Any]:
    return [_told(at), verb, actor_kind, actor_ref, subject_kind, subject_id, vendor, dict(body)]


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@transaction.atomic
def seal(*, at: datetime, limit: int = BLOCK_SIZE) -> Block | None:
    """Give the facts committed since the last call their positions, as one block; ``None`` when there are none.

    Only one sealer works at a time: another call returns ``None`` at once on PostgreSQL and waits its turn on SQLite.
    """
    if not _only_sealer():
        return None
    ids = list(Unsealed.objects.order_by("fact_id").values_list("fact_id", flat=True)[:limit])
    if not ids:
        return None
    facts = list(Fact.objects.filter(id__in=ids).order_by("id").values_list("id", "digest"))
    if not facts:
        return None
    last = Block.objects.order_by("-number").first()
    number, first, previous = (last.number + 1, last.last_position + 1, last.hash) if last else (1, 1, GENESIS)
    block = Block.objects.create(
        number=number,
        first_position=first,
        last_position=first + len(facts) - 1,
        previous_hash=previous,
        hash=block_hash(previous, number, first, at, [content for _, content in facts]),
        sealed_at=at,
    )
    seals = [(first + index, fact_id, number) for index, (fact_id, _) in enumerate(facts)]
    insert_rows(Seal, ("position", "fact_id", "block_id"), seals)
    # The mark of a fact that is gone stays, for `verify` to tell.
    Unsealed.objects.filter(fact_id__in=[fact_id for fact_id, _ in facts]).delete()
    return block


def unmark_sealed() -> int:
    """After a restore, forget the marks that the trigger made for facts whose seals came along."""
    return Unsealed.objects.filter(fact_id__in=Seal.objects.values("fact_id")).delete()[0]


def block_hash(previous: str, number: int, first_position: int, sealed_at: datetime, digests: Sequence[str]) -> str:
    """SHA-256 over the block before, the block's own place and time, and the digests in order of position."""
    hasher = hashlib.sha256(f"{previous}:{number}:{first_position}:{_told(sealed_at)}:".encode())
    for content in digests:
        hasher.update(content.encode())
    return hasher.hexdigest()


def _only_sealer() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER_LOCK])
        return bool(cursor.fetchone()[0])
