"""Who must prove themselves twice, and by what they can."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q

from piepowder.access.account_options import ALL_ROLES
from piepowder.access.giving import check_managing
from piepowder.access.models import Grant, User
from piepowder.access.options import chosen
from piepowder.access.sessions import end_sessions
from piepowder.kernel.actor import Actor
from piepowder.ledger.operations import record

_PROVES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def must_prove_twice(user: User, *, now: datetime) -> bool:
    """Whether the organisation asks a second factor of somebody with the roles of ``user``."""
    asked = chosen("accounts.mfa_required")
    if not asked:
        return False
    if ALL_ROLES in asked:
        return True
    in_force = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return Grant.objects.filter(in_force, user=user, role__code__in=asked).exists()


def can_prove_twice(user: User) -> bool:
    """Whether ``user`` has a second factor; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type__in=_PROVES).exists())


def factors_of(users: Iterable[int]) -> dict[int, list[str]]:
    """The kinds of second factor that each of these people has; who has none is left out."""
    found: dict[int, list[str]] = {}
    rows = Authenticator.objects.filter(user__in=list(users), type__in=_PROVES).order_by("type")
    for user_id, kind in rows.values_list("user_id", "type").distinct():
        found.setdefault(user_id, []).append(kind)
    return found


@transaction.atomic
def record_second_factor(*, actor: Actor, at: datetime, change: str, method: str) -> None:
    """Keep that a person added, removed or renewed a second factor of their own."""
    verb = {"add": "factor.add", "remove": "factor.remove", "renew": "factor.renew"}[change]
    record(actor=actor, at=at, verb=verb, subject_kind="person", subject_id=actor.ref, method=method)


@transaction.atomic
def remove_second_factor(*, actor: Actor, user: User, at: datetime) -> None:
    """Free somebody who lost their second factor; they are logged out everywhere and set up a new one."""
    check_managing(actor, user)
    gone = Authenticator.objects.filter(user=user)
    methods = sorted(set(gone.values_list("type", flat=True)))
    if not methods:
        return
    gone.delete()
    end_sessions(actor=actor, user=user, at=at)
    record(
        actor=actor,
        at=at,
        verb="factor.take_away",
        subject_kind="person",
        subject_id=user.pk,
        vendor=user.vendor.code,
        methods=methods,
    )
