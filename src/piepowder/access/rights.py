"""Roles, and who has which of them where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from piepowder.access.giving import bad, check_giving, check_managing, require_within
from piepowder.access.models import Grant, Role, User, Vendor
from piepowder.access.queries import permissions_named
from piepowder.access.states import VendorKind
from piepowder.access.visibility import require
from piepowder.database.fitting import refuse_unfit
from piepowder.kernel.actor import EVERYWHERE, Actor, Place, Scope
from piepowder.kernel.errors import Conflict
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


class RoleMoved(Conflict):
    code = "role_moved"


@transaction.atomic
def save_role(*, actor: Actor, code: str, name: str, permissions: Iterable[str], at: datetime) -> Role:
    """Create a role or change what it allows. Nobody can put into a role what they do not hold themselves.

    A role means the same at every vendor, so the right to edit one must be without limits.
    """
    return write_role(actor=actor, code=code, name=name, permissions=permissions, at=at)


def write_role(
    *, actor: Actor, code: str, name: str, permissions: Iterable[str], at: datetime, shipped: bool = False
) -> Role:
    """``save_role``; with ``shipped`` the fact says that the role is as this version ships it."""
    require_within(actor, Permission.ROLE_EDIT, EVERYWHERE)
    wanted = sorted(set(permissions))
    unknown = [value for value in wanted if value not in {p.value for p in Permission}]
    if unknown:
        raise bad("/permissions", "unknown", f"there is no permission '{unknown[0]}'")
    before = Role.objects.filter(code=code).first()
    added = set(wanted) - set(before.permissions if before else [])
    check_giving(actor, permissions_named(sorted(added)), EVERYWHERE)
    role = Role(pk=before.pk if before else None, code=code, name=name, permissions=wanted)
    refuse_unfit(role)
    role.save()
    told: dict[str, Any] = {"permissions": wanted, "before": before.permissions if before else []}
    if shipped:
        told["shipped"] = True
    record(actor=actor, at=at, verb="role.save", subject_kind="role", subject_id=code, **told)
    return role


@transaction.atomic
def save_roles(
    *, actor: Actor, wanted: Mapping[str, Iterable[str]], seen: Mapping[str, Iterable[str]], at: datetime
) -> list[str]:
    """Change what several roles allow, all of them or none; returns the codes of those that changed.

    ``seen`` is what each role allowed when the change was made up; raises ``RoleMoved`` when that is no longer so.
    """
    changed = []
    roles = {role.code: role for role in Role.objects.select_for_update().filter(code__in=list(wanted))}
    for code in sorted(wanted):
        role = roles.get(code)
        if role is None or sorted(role.permissions) != sorted(seen.get(code, ())):
            raise RoleMoved(f"the role '{code}' has changed since the page was loaded")
        if set(wanted[code]) != set(role.permissions):
            save_role(actor=actor, code=code, name=role.name, permissions=wanted[code], at=at)
            changed.append(code)
    return changed


@transaction.atomic
def give(
    *, actor: Actor, user: User, role: Role, scope: Scope, at: datetime, expires_at: datetime | None = None
) -> Grant:
    """Give a person a role within a scope; nobody gives what they do not hold there themselves."""
    require(actor, Permission.PERSON_EDIT, Place(vendor=user.vendor.code))
    check_giving(actor, permissions_named(role.permissions), reach_at(user.vendor, scope))
    return give_unchecked(actor=actor, user=user, role=role, scope=scope, at=at, expires_at=expires_at)


def reach_at(vendor: Vendor, scope: Scope) -> Scope:
    """What ``scope`` comes to for somebody of ``vendor``: at a BPO never more than that vendor."""
    vendors = frozenset({vendor.code}) if vendor.kind == VendorKind.BPO else scope.vendors
    return Scope(vendors, scope.queues, scope.markets, scope.languages)


def give_unchecked(
    *, actor: Actor, user: User, role: Role, scope: Scope, at: datetime, expires_at: datetime | None = None
) -> Grant:
    """``give`` for an operation of this package that has checked the giving itself."""
    grant = Grant.objects.create(
        user=user,
        role=role,
        vendors=sorted(scope.vendors),
        queues=sorted(scope.queues),
        markets=sorted(scope.markets),
        languages=sorted(scope.languages),
        expires_at=expires_at,
        granted_at=at,
    )
    record(
        actor=actor,
        at=at,
        verb="grant.give",
        subject_kind="person",
        subject_id=user.pk,
        vendor=user.vendor.code,
        role=role.code,
        vendors=grant.vendors,
        queues=grant.queues,
        markets=grant.markets,
        languages=grant.languages,
        expires_at=expires_at,
    )
    return grant


@transaction.atomic
def take_back(*, actor: Actor, grant: Grant, at: datetime) -> None:
    check_managing(actor, grant.user)
    if actor.ref == str(grant.user_id) and Permission.PERSON_EDIT.value in grant.role.permissions:
        raise Conflict("you cannot take your own right to manage people: ask another administrator")
    record(
        actor=actor,
        at=at,
        verb="grant.take_back",
        subject_kind="person",
        subject_id=grant.user_id,
        vendor=grant.user.vendor.code,
        role=grant.role.code,
    )
    grant.delete()
