"""Who somebody is, and who is there."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from piepowder.access.models import ApiKey, Grant, User
from piepowder.access.states import VendorKind
from piepowder.access.visibility import scope_q, visible
from piepowder.kernel.actor import Actor, ActorKind, Mandate, Scope
from piepowder.kernel.permissions import Permission

_KNOWN = {permission.value for permission in Permission}


def actor_for(user: User, *, now: datetime) -> Actor:
    """The actor that ``user`` is: their grants in force, with a BPO person always narrowed to their own vendor."""
    vendor = user.vendor
    grants = Grant.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), user=user).select_related("role")
    mandates = tuple(_mandate(grant, vendor.code, vendor.kind) for grant in grants) if user.is_active else ()
    return Actor(
        kind=ActorKind.PERSON,
        ref=str(user.pk),
        mandates=mandates,
        vendor=vendor.code,
        site=user.site.code if user.site else "",
        team=user.team.code if user.team else "",
        languages=frozenset(user.languages),
    )


def _mandate(grant: Grant, vendor_code: str, vendor_kind: str) -> Mandate:
    vendors = frozenset(grant.vendors)
    if vendor_kind == VendorKind.BPO:
        vendors = frozenset({vendor_code})
    return Mandate(
        permissions=permissions_named(grant.role.permissions),
        scope=Scope(
            vendors=vendors,
            queues=frozenset(grant.queues),
            markets=frozenset(grant.markets),
            languages=frozenset(grant.languages),
        ),
    )


def permissions_named(names: list[str]) -> frozenset[Permission]:
    """The permissions among ``names``; one that a later version dropped is left out, it cannot grant anything."""
    return frozenset(Permission(name) for name in names if name in _KNOWN)


def actor_for_key(key: ApiKey) -> Actor:
    """The actor that an API key is."""
    scope = Scope(
        vendors=frozenset(key.vendors),
        queues=frozenset(key.queues),
        markets=frozenset(key.markets),
        languages=frozenset(key.languages),
    )
    return Actor(kind=ActorKind.KEY, ref=key.prefix, mandates=(Mandate(permissions_named(key.permissions), scope),))


def people_visible_to(actor: Actor) -> QuerySet[User]:
    """The people ``actor`` may see, by name."""
    scope = scope_q(actor, Permission.PERSON_VIEW, vendor="vendor__code")
    return visible(User.objects.select_related("vendor", "site", "team"), scope).order_by("name", "id")
