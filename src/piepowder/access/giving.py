"""Nobody gives what they do not hold: the checks behind roles, grants, keys and managing people."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from piepowder.access.models import User
from piepowder.access.queries import mandates_of
from piepowder.access.visibility import NotPermitted, require
from piepowder.kernel.actor import Actor, Place, Scope
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed
from piepowder.kernel.permissions import Permission


class CodeTaken(Conflict):
    code = "code_taken"


def require_within(actor: Actor, permission: Permission, scope: Scope) -> None:
    if not holds(actor, permission, scope):
        raise NotPermitted(f"this needs the permission {permission.value} for everything that it would reach")


def holds(actor: Actor, permission: Permission, scope: Scope) -> bool:
    return any(contains(own, scope) for own in actor.scopes(permission))


def check_giving(actor: Actor, permissions: frozenset[Permission], scope: Scope) -> None:
    for permission in sorted(permissions):
        if not holds(actor, permission, scope):
            raise NotPermitted(f"you cannot give {permission.value} there: you do not hold it there yourself")


def check_managing(actor: Actor, user: User) -> None:
    """Who manages a person could become them (by their address or password), so they must hold all that person holds.

    Somebody who cannot log in counts with what they would hold again: whoever manages them can let them in.
    """
    require(actor, Permission.PERSON_EDIT, Place(vendor=user.vendor.code))
    for mandate in mandates_of(user, now=datetime.now(UTC)):
        check_giving(actor, mandate.permissions, mandate.scope)


def contains(outer: Scope, inner: Scope) -> bool:
    pairs = (
        (outer.vendors, inner.vendors),
        (outer.queues, inner.queues),
        (outer.markets, inner.markets),
        (outer.languages, inner.languages),
    )
    return all(not wide or (bool(narrow) and narrow <= wide) for wide, narrow in pairs)


def check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise bad("/timezone", "unknown", f"'{name}' is not a time zone; try one like Europe/Berlin") from None


def bad(pointer: str, code: str, detail: str) -> Malformed:
    return Malformed(detail, problems=[FieldProblem(pointer, code, detail)])
