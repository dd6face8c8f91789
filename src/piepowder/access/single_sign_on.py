"""People who come in through the organisation's identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from piepowder.access.giving import check_managing
from piepowder.access.models import Invitation, Role, User, Vendor
from piepowder.access.people import PersonFields, add_person
from piepowder.access.queries import actor_for
from piepowder.access.rights import give
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Actor
from piepowder.ledger.operations import record


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who is added on their first visit although nobody invited them: addresses of these domains, with this role."""

    domains: frozenset[str]
    role: str
    vendor: str

    def covers(self, email: str) -> bool:
        return email.rpartition("@")[2].lower() in self.domains


def expected(email: str) -> User | None:
    """The person who was invited under this address and may come in."""
    return User.objects.select_related("vendor").filter(email__iexact=email, is_active=True).first()


@transaction.atomic
def admit(*, email: str, name: str, welcome: Welcome, at: datetime) -> User | None:
    """Add somebody whom the organisation welcomes uninvited; nobody when the address is not covered or in use."""
    vendor = Vendor.objects.filter(code=welcome.vendor).first()
    role = Role.objects.filter(code=welcome.role).first()
    known = User.objects.filter(email__iexact=email).exists()
    if not welcome.covers(email) or vendor is None or role is None or known:
        return None
    user = add_person(actor=SYSTEM, fields=PersonFields(email=email, name=name or email, vendor=vendor), at=at)
    give(actor=SYSTEM, user=user, role=role, scope=EVERYWHERE, at=at)
    return user


@transaction.atomic
def record_link(*, user: User, provider: str, at: datetime) -> None:
    """Keep that a person is known to an identity provider from now on; their invitation has served its purpose."""
    Invitation.objects.filter(user=user, accepted_at__isnull=True, revoked_at__isnull=True).update(accepted_at=at)
    actor = actor_for(user, now=at)
    told: dict[str, Any] = {"subject_kind": "person", "subject_id": user.pk, "vendor": user.vendor.code}
    record(actor=actor, at=at, verb="person.link", provider=provider, **told)


@transaction.atomic
def unlink(*, actor: Actor, user: User, at: datetime) -> int:
    """Forget which accounts at identity providers belong to ``user``; returns how many."""
    check_managing(actor, user)
    links = SocialAccount.objects.filter(user=user)
    count = int(links.count())
    links.delete()
    if count:
        told: dict[str, Any] = {"subject_kind": "person", "subject_id": user.pk, "vendor": user.vendor.code}
        record(actor=actor, at=at, verb="person.unlink", links=count, **told)
    return count
