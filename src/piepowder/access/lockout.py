"""Locking after failures to log in: by account, whether it exists or not, and by the address they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac

from piepowder.access.giving import require_within
from piepowder.access.models import LoginLock, User
from piepowder.access.options import chosen
from piepowder.access.states import LockKind
from piepowder.access.visibility import require, scope_q, visible
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody trying to log in: what they typed as e-mail address, and the network address they come from."""

    email: str
    address: str

    def subjects(self) -> list[tuple[LockKind, str]]:
        """The account and the address under the names they are kept by; what is empty is not kept."""
        both = ((LockKind.ACCOUNT, self.email.strip().lower()), (LockKind.ADDRESS, self.address))
        return [(kind, _kept_as(kind, told)) for kind, told in both if told]


@dataclass(frozen=True, slots=True)
class Failures:
    """So many failures in a row, from ``first_at`` to ``last_at``; ``locked_until`` once they are too many."""

    count: int
    first_at: datetime
    last_at: datetime
    locked_until: datetime | None


def after_failure(before: Failures | None, *, at: datetime, limit: int, minutes: int) -> Failures:
    """``before`` with one failure more. Failures further apart than ``minutes`` do not add up, and after a lock has
    run out they are counted anew."""
    over = before is None or at - before.last_at > timedelta(minutes=minutes)
    if not over and before is not None and before.locked_until is not None and before.locked_until <= at:
        over = True
    count, first_at = (1, at) if over or before is None else (before.count + 1, before.first_at)
    locked_until = at + timedelta(minutes=minutes) if count >= limit else None
    return Failures(count, first_at, at, locked_until)


def locked_until(attempt: Attempt, *, at: datetime) -> datetime | None:
    """Until when the account or the address is locked, if one of them is."""
    named = Q(pk__in=[])
    for kind, subject in attempt.subjects():
        named |= Q(kind=kind, subject=subject)
    found = LoginLock.objects.filter(named, locked_until__gt=at).values_list("locked_until", flat=True)
    return max((until for until in found if until is not None), default=None)


@transaction.atomic
def note_failure(*, attempt: Attempt, at: datetime) -> None:
    """Count a failure, and lock when there are too many."""
    user = User.objects.select_related("vendor").filter(email__iexact=attempt.email.strip()).first()
    minutes = chosen("accounts.lock_minutes")
    for kind, subject in attempt.subjects():
        limit = chosen("accounts.lock_after" if kind is LockKind.ACCOUNT else "accounts.lock_address_after")
        owner = user if kind is LockKind.ACCOUNT else None
        told = {"user": owner, "failures": 0, "first_at": at, "last_at": at}
        LoginLock.objects.get_or_create(kind=kind, subject=subject, defaults=told)
        row = LoginLock.objects.select_for_update().get(kind=kind, subject=subject)
        before = Failures(row.failures, row.first_at, row.last_at, row.locked_until) if row.failures else None
        now = after_failure(before, at=at, limit=limit, minutes=minutes)
        fresh = now.locked_until is not None and (row.locked_until is None or row.locked_until <= at)
        row.failures, row.first_at, row.last_at, row.locked_until = now.count, now.first_at, at, now.locked_until
        row.user = owner
        row.save()
        if fresh:
            _keep(SYSTEM, at, "account.lock", row)


@transaction.atomic
def forgive(*, attempt: Attempt) -> None:
    """Forget the failures of an account whose owner has come in; those of the address stand."""
    for kind, subject in attempt.subjects():
        if kind is LockKind.ACCOUNT:
            LoginLock.objects.filter(kind=kind, subject=subject).delete()


@transaction.atomic
def unlock(*, actor: Actor, lock: LoginLock, at: datetime) -> None:
    """Let an account or an address try again. What belongs to nobody here is for those who manage everybody."""
    if lock.user is None:
        require_within(actor, Permission.PERSON_EDIT, EVERYWHERE)
    else:
        require(actor, Permission.PERSON_EDIT, Place(vendor=lock.user.vendor.code))
    _keep(actor, at, "account.unlock", lock)
    lock.delete()


def locks_visible_to(actor: Actor, *, at: datetime) -> QuerySet[LoginLock]:
    """What is locked now, as far as ``actor`` manages those people; addresses only for those who manage everybody."""
    scope = scope_q(actor, Permission.PERSON_EDIT, vendor="user__vendor__code")
    locked = LoginLock.objects.filter(locked_until__gt=at).select_related("user__vendor")
    return visible(locked, scope).order_by("-last_at", "-id")


def tidy_locks(*, at: datetime) -> int:
    """Forget failures that no longer count."""
    old = at - timedelta(minutes=chosen("accounts.lock_minutes"))
    free = Q(locked_until__isnull=True) | Q(locked_until__lte=at)
    return LoginLock.objects.filter(free, last_at__lt=old).delete()[0]


def _keep(actor: Actor, at: datetime, verb: str, lock: LoginLock) -> None:
    if lock.user is not None:
        who: dict[str, Any] = {"subject_kind": "person", "subject_id": lock.user.pk, "vendor": lock.user.vendor.code}
    else:
        who = {"subject_kind": lock.kind, "subject_id": lock.subject[:16]}
    record(actor=actor, at=at, verb=verb, failures=lock.failures, kind=lock.kind, **who)


def _kept_as(kind: LockKind, told: str) -> str:
    return salted_hmac(f"piepowder.login.{kind}", told, algorithm="sha256").hexdigest()
