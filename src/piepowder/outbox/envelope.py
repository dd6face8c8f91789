"""What a receiver gets: the body, byte for byte, and its headers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from piepowder.kernel.canonical import canonical_json
from piepowder.outbox.signing import signature_header


def envelope(*, event_id: UUID, topic: str, sequence: int, order_key: str, occurred_at: datetime, body: Any) -> bytes:
    """The bytes that are signed and sent; the same at every attempt, because nothing in them is about the attempt."""
    return canonical_json(
        {
            "id": str(event_id),
            "topic": topic,
            "sequence": sequence,
            "order_key": order_key,
            "occurred_at": occurred_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "body": body,
        }
    )


def headers(
    *, event_id: UUID, topic: str, sequence: int, attempt: int, secrets: Sequence[str], at: datetime, payload: bytes
) -> tuple[tuple[str, str], ...]:
    """The headers of one attempt at ``at``, signed by every secret in force."""
    return (
        ("Content-Type", "application/json"),
        ("User-Agent", "Piepowder"),
        ("Accept-Encoding", "identity"),
        ("Piepowder-Event-Id", str(event_id)),
        ("Piepowder-Topic", topic),
        ("Piepowder-Sequence", str(sequence)),
        ("Piepowder-Attempt", str(attempt)),
        ("Piepowder-Signature", signature_header(secrets, at, str(event_id), payload)),
    )
