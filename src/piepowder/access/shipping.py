"""The roles that a version ships with, brought into an installation that may have edited its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from piepowder.access.models import Role
from piepowder.access.rights import write_role
from piepowder.access.roles import SHIPPED
from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor, ActorKind
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact

_KEEPS_THE_KEYS = "administrator"


@dataclass(frozen=True, slots=True)
class ShippedRoles:
    """What became of the shipped roles. ``widened`` and ``left`` hold permissions by role: those that were added, and
    those that a role which was edited here does not have and was not given."""

    created: tuple[str, ...]
    widened: Mapping[str, tuple[str, ...]]
    left: Mapping[str, tuple[str, ...]]


@transaction.atomic
def load_shipped_roles(*, actor: Actor, at: datetime) -> ShippedRoles:
    """Create the shipped roles that are not there, and add what this version ships them with to those that are still as
    an earlier one shipped them.

    A role that was edited stays as it was edited. Only the administrators get, even then, what no version before knew:
    nobody can give a permission that nobody holds.
    """
    require(actor, Permission.ROLE_EDIT)
    known = {role.code: role for role in Role.objects.all()}
    # Asked before anything is written here, which would be heard of by then.
    unheard_of = _unheard_of({one.value for one in SHIPPED[_KEEPS_THE_KEYS][1]})
    created: list[str] = []
    widened: dict[str, tuple[str, ...]] = {}
    left: dict[str, tuple[str, ...]] = {}
    for code, (name, permissions) in SHIPPED.items():
        role, wanted = known.get(code), {one.value for one in permissions}
        if role is None:
            write_role(actor=actor, code=code, name=name, permissions=wanted, at=at, shipped=True)
            created.append(code)
        elif missing := wanted - set(role.permissions):
            as_shipped = _is_as_shipped(role)
            added = missing if as_shipped else missing & unheard_of if code == _KEEPS_THE_KEYS else set()
            if added:
                both = [*role.permissions, *added]
                write_role(actor=actor, code=code, name=role.name, permissions=both, at=at, shipped=as_shipped)
                widened[code] = tuple(sorted(added))
            if missing - added:
                left[code] = tuple(sorted(missing - added))
    return ShippedRoles(tuple(created), widened, left)


def _is_as_shipped(role: Role) -> bool:
    """Whether the role still allows what a version before shipped it with."""
    saved = Fact.objects.filter(verb="role.save", subject_id=role.code).order_by("id")
    shipped = saved.filter(body__shipped=True).last()
    if shipped is None:
        # Before roles said so, the first to write one was the installation itself.
        first = saved.first()
        shipped = first if first is not None and first.actor_kind == ActorKind.SYSTEM else None
    return shipped is not None and sorted(shipped.body["permissions"]) == sorted(role.permissions)


def _unheard_of(permissions: set[str]) -> set[str]:
    """Those of ``permissions`` that no role here has ever had."""
    had: set[str] = set()
    for body in Fact.objects.filter(verb="role.save").values_list("body", flat=True):
        had.update(body["permissions"], body["before"])
    return permissions - had
