"""Who somebody is, and who is there."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from piepowder.access.models import ApiKey, Grant, Role, User, Vendor
from piepowder.access.states import VendorKind
from piepowder.access.visibility import scope_q, visible
from piepowder.database.prepared import Prepared
from piepowder.kernel.actor import Actor, ActorKind, Mandate, Scope
from piepowder.kernel.errors import NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact

_KNOWN = {permission.value for permission in Permission}


def actor_for(user: User, *, now: datetime) -> Actor:
    """The actor that ``user`` is: their grants in force, with a BPO person always narrowed to their own vendor."""
    return Actor(
        kind=ActorKind.PERSON,
        ref=str(user.pk),
        mandates=mandates_of(user, now=now) if user.is_active else (),
        vendor=user.vendor.code,
        site=user.site.code if user.site else "",
        team=user.team.code if user.team else "",
        languages=frozenset(user.languages),
    )


def mandates_of(user: User, *, now: datetime) -> tuple[Mandate, ...]:
    """What ``user``'s grants in force give, whether or not they may log in."""
    return tuple(_mandate(grant, user.vendor.code, user.vendor.kind) for grant in _grants_in_force(user.pk, now))


_grants_in_force = Prepared(
    lambda user, now: Grant.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now), user_id=user
    ).select_related("role"),
    Grant.user,
    Grant.expires_at,
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


_STEPS = 5
"""So many managers are read at once; a longer line takes another query."""


def reporting_line(user_id: int) -> list[int]:
    """The managers above somebody, nearest first; a circle ends where it would begin again."""
    line: list[int] = []
    current: int | None = user_id
    while current is not None:
        steps = _managers_above.first(current) or ()
        for step in steps:
            if step is None or step == user_id or step in line:
                return line
            line.append(step)
        current = line[-1] if steps else None
    return line


_managers_above = Prepared(
    lambda user: User.objects.filter(pk=user).values_list(
        *("__".join(["manager"] * depth) + "_id" for depth in range(1, _STEPS + 1))
    ),
    User.id,
)


def people_visible_to(actor: Actor) -> QuerySet[User]:
    """The people ``actor`` may see, by name."""
    scope = scope_q(actor, Permission.PERSON_VIEW, vendor="vendor__code")
    return visible(User.objects.select_related("vendor", "site", "team"), scope).order_by("name", "id")


class NoSuchPerson(NotFound):
    code = "unknown_person"


def person_visible_to(actor: Actor, person_id: int) -> User:
    """One person; raises ``NoSuchPerson`` also for somebody whom ``actor`` may not see."""
    person = people_visible_to(actor).filter(pk=person_id).first()
    if person is None:
        raise NoSuchPerson("there is nobody with this number whom you may see")
    return person


def vendors_visible_to(actor: Actor) -> QuerySet[Vendor]:
    """The vendors whose people ``actor`` may see, with their sites and teams and the number of active people."""
    scope = scope_q(actor, Permission.PERSON_VIEW, vendor="code")
    active = Count("people", filter=Q(people__is_active=True))
    return visible(Vendor.objects.annotate(active=active), scope).prefetch_related("sites__teams").order_by("code")


def roles_visible_to(actor: Actor) -> QuerySet[Role]:
    """Every role, for those who may look at roles; none for others."""
    may = actor.may(Permission.ROLE_VIEW) or actor.may(Permission.ROLE_EDIT)
    return (Role.objects.all() if may else Role.objects.none()).order_by("code")


def keys_visible_to(actor: Actor) -> list[ApiKey]:
    """The API keys that reach no vendor outside ``actor``'s own scope, newest first."""
    scopes = actor.scopes(Permission.KEY_EDIT)
    keys = (
        ApiKey.objects.select_related("created_by").order_by("-created_at", "id") if scopes else ApiKey.objects.none()
    )
    return [
        key for key in keys if any(not s.vendors or (key.vendors and set(key.vendors) <= s.vendors) for s in scopes)
    ]


def facts_visible_to(actor: Actor) -> QuerySet[Fact]:
    """The facts of the vendors that ``actor`` may read the ledger for, newest first."""
    scope = scope_q(actor, Permission.LEDGER_VIEW, vendor="vendor")
    return visible(Fact.objects.select_related("seal"), scope).order_by("-id")
