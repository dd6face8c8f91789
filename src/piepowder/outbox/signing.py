"""How a webhook is signed and how its receiver checks it; pure functions.

The signature is HMAC-SHA256 over ``timestamp.event_id.body``. The event id is covered so that a recorded body cannot be
sent again under a new id, the timestamp so that it cannot be sent again much later.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=5)
_PREFIX = "pps_"


def new_secret() -> str:
    """A fresh signing secret, 256 bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def signature(secret: str, timestamp: int, event_id: str, body: bytes) -> str:
    """The hex signature by one secret; the secret's characters are the key, prefix included."""
    signed = b".".join([str(timestamp).encode(), event_id.encode(), body])
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signature_header(secrets: Sequence[str], at: datetime, event_id: str, body: bytes) -> str:
    """The value of ``Piepowder-Signature``: the time, then one ``v1`` for each secret in force."""
    timestamp = int(at.timestamp())
    return ",".join([f"t={timestamp}", *(f"v1={signature(secret, timestamp, event_id, body)}" for secret in secrets)])


def verify(
    header: str, secret: str, event_id: str, body: bytes, *, now: datetime, tolerance: timedelta = TOLERANCE
) -> bool:
    """Whether ``header`` holds a signature by ``secret`` that is at most ``tolerance`` away from ``now``."""
    timestamp, candidates = _read(header)
    if timestamp is None or abs(now.astimezone(UTC).timestamp() - timestamp) > tolerance.total_seconds():
        return False
    expected = signature(secret, timestamp, event_id, body).encode()
    return any(hmac.compare_digest(expected, candidate.encode()) for candidate in candidates)


def _read(header: str) -> tuple[int | None, list[str]]:
    timestamp: int | None = None
    candidates = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdecimal() and len(value) <= 12:
            timestamp = int(value)
        elif name == "v1":
            candidates.append(value)
    return timestamp, candidates
