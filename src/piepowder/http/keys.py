"""API key → actor, with its rate limit."""

from __future__ import annotations

import hmac
import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from django.db.models import Q
from django.http import HttpRequest

from piepowder.access.models import ApiKey
from piepowder.access.operations import hash_secret
from piepowder.access.queries import actor_for_key
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import TooMany, Unauthenticated

# A revoked key is refused after this long at most; asking the database for each request would cost a tenth of intake.
_REMEMBERED_S = 5.0
_USED_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class _Known:
    key: ApiKey
    actor: Actor
    read_at: float
    bucket: Bucket


class Bucket:
    """A token bucket: ``rate`` requests a minute, all of which may come at once.

    Each web process has its own, so the limit of a key is divided among them; ``PIEPOWDER_WORKERS`` tells how many.
    """

    def __init__(self, rate_per_minute: float) -> None:
        self.capacity = max(1.0, rate_per_minute)
        self.tokens = self.capacity
        self.filled_at = time.monotonic()
        self._lock = Lock()

    def take(self, now: float) -> float:
        """Take one token; returns 0, or how many seconds to wait."""
        with self._lock:
            per_second = self.capacity / 60
            self.tokens = min(self.capacity, self.tokens + (now - self.filled_at) * per_second)
            self.filled_at = now
            if self.tokens >= 1:
                self.tokens -= 1
                return 0.0
            return (1 - self.tokens) / per_second


_known: dict[str, _Known] = {}


def presented_key(request: HttpRequest) -> str:
    """The key in ``Authorization: Bearer …`` or ``X-API-Key``, empty when there is none."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(token.strip())
    return str(request.META.get("HTTP_X_API_KEY", ""))


def actor_of_key(presented: str, *, now: datetime) -> Actor:
    """The actor behind ``prefix.secret``; raises ``Unauthenticated`` or ``TooMany``."""
    prefix, _, secret = presented.partition(".")
    known = _known.get(prefix)
    if known is None or time.monotonic() - known.read_at > _REMEMBERED_S:
        known = _read(prefix, known)
    key = known.key
    if not hmac.compare_digest(key.secret_hash, hash_secret(secret)):
        raise Unauthenticated("this API key is not known here")
    if key.expires_at <= now:
        raise Unauthenticated(f"this API key expired on {key.expires_at:%Y-%m-%d}")
    wait = known.bucket.take(time.monotonic())
    if wait:
        raise TooMany(
            f"this key may send {key.rate_per_minute} requests a minute", retry_after_s=max(1, round(wait + 0.5))
        )
    if key.last_used_at is None or now - key.last_used_at > _USED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
        key.last_used_at = now
    return known.actor


def _read(prefix: str, before: _Known | None) -> _Known:
    key = ApiKey.objects.filter(prefix=prefix, revoked_at__isnull=True).first()
    if key is None:
        _known.pop(prefix, None)
        raise Unauthenticated("this API key is not known here")
    share = key.rate_per_minute / max(1, int(os.environ.get("PIEPOWDER_WORKERS", "1")))
    bucket = before.bucket if before and before.bucket.capacity == max(1.0, share) else Bucket(share)
    known = _known[prefix] = _Known(key, actor_for_key(key), time.monotonic(), bucket)
    return known


def forget_keys() -> None:
    """Drop what this process remembers of keys."""
    _known.clear()
