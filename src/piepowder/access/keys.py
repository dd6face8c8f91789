"""Keys for the API."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from piepowder.access.giving import bad, check_giving, require_within
from piepowder.access.models import ApiKey, User
from piepowder.access.queries import permissions_named
from piepowder.access.visibility import require
from piepowder.database.fitting import refuse_unfit
from piepowder.kernel.actor import EVERYWHERE, Actor, Scope
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record

MOST_PER_MINUTE = 10_000_000


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; ``secret`` is shown once and kept nowhere."""

    key: ApiKey
    secret: str


@transaction.atomic
def create_key(
    *,
    actor: Actor,
    name: str,
    permissions: Iterable[str],
    at: datetime,
    expires_at: datetime,
    scope: Scope = EVERYWHERE,
    rate_per_minute: int = 60_000,
) -> NewKey:
    """Make an API key; nobody gives a key what they do not hold themselves."""
    require(actor, Permission.KEY_EDIT)
    if expires_at <= at:
        raise bad("/expires_at", "past", "a key must expire in the future")
    wanted = permissions_named(sorted(set(permissions)))
    if not wanted:
        raise bad("/permissions", "required", "a key needs at least one permission that exists")
    check_giving(actor, wanted, scope)
    if not 1 <= rate_per_minute <= MOST_PER_MINUTE:
        raise bad("/rate_per_minute", "out_of_range", f"a key sends 1 to {MOST_PER_MINUTE} requests a minute")
    prefix, secret = f"pp{secrets.token_hex(5)}", secrets.token_urlsafe(32)
    key = ApiKey(
        name=name,
        prefix=prefix,
        secret_hash=hash_secret(secret),
        permissions=sorted(wanted),
        vendors=sorted(scope.vendors),
        queues=sorted(scope.queues),
        markets=sorted(scope.markets),
        languages=sorted(scope.languages),
        rate_per_minute=rate_per_minute,
        created_at=at,
        expires_at=expires_at,
        created_by=User.objects.filter(pk=actor.ref).first() if actor.ref.isdigit() else None,
    )
    refuse_unfit(key)
    key.save(force_insert=True)
    record(
        actor=actor,
        at=at,
        verb="key.create",
        subject_kind="key",
        subject_id=prefix,
        permissions=sorted(wanted),
        expires_at=expires_at,
    )
    return NewKey(key, f"{prefix}.{secret}")


@transaction.atomic
def revoke_key(*, actor: Actor, key: ApiKey, at: datetime) -> None:
    reach = Scope(*map(frozenset, (key.vendors, key.queues, key.markets, key.languages)))
    require_within(actor, Permission.KEY_EDIT, reach)
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at):
        record(actor=actor, at=at, verb="key.revoke", subject_kind="key", subject_id=key.prefix)


def hash_secret(secret: str) -> str:
    """SHA-256 in hex. The secret is 256 random bits, so a slow password hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).hexdigest()
