"""Where people are logged in, and how that ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction

from piepowder.access.models import User
from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


def sessions_of(user: User) -> list[UserSession]:
    """Where ``user`` is logged in, latest seen first; sessions that have run out are forgotten on the way."""
    return sorted(UserSession.objects.purge_and_list(user), key=lambda one: (one.last_seen_at, one.pk), reverse=True)


@transaction.atomic
def end_sessions(*, actor: Actor, user: User, at: datetime, only: Sequence[int] | None = None, keep: str = "") -> int:
    """End the sessions of ``user`` (their own, or of somebody whom ``actor`` manages); returns how many.

    ``only`` names some of them by id; ``keep`` is the key of one that goes on.
    """
    if actor.ref != str(user.pk):
        require(actor, Permission.PERSON_EDIT, Place(vendor=user.vendor.code))
    rows = UserSession.objects.filter(user=user).exclude(session_key=keep)
    if only is not None:
        rows = rows.filter(pk__in=only)
    ended = list(rows)
    for session in ended:
        session.end()
    if ended:
        record(
            actor=actor,
            at=at,
            verb="person.end_sessions",
            subject_kind="person",
            subject_id=user.pk,
            vendor=user.vendor.code,
            sessions=len(ended),
        )
    return len(ended)
