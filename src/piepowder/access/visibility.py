"""What an actor may do and see: ``require`` before writing, ``visible`` before reading."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from piepowder.kernel.actor import ANYWHERE, Actor, Place, Scope
from piepowder.kernel.errors import Forbidden
from piepowder.kernel.permissions import Permission

M = TypeVar("M", bound=Model)


class NotPermitted(Forbidden):
    code = "not_permitted"


def require(actor: Actor, permission: Permission, place: Place = ANYWHERE) -> None:
    """Raise ``NotPermitted`` unless ``actor`` holds ``permission`` at ``place``."""
    if not actor.may(permission, place):
        raise NotPermitted(f"this needs the permission {permission.value}" + _told(place))


def require_whole(actor: Actor, permission: Permission) -> None:
    """Raise ``NotPermitted`` unless ``actor`` holds ``permission`` everywhere: for what concerns all vendors at once."""
    require(actor, permission)
    if not holds_whole(actor, permission):
        raise NotPermitted(
            f"this needs the permission {permission.value} for all vendors, queues, markets and languages"
        )


def holds_whole(actor: Actor, permission: Permission) -> bool:
    """Whether a mandate without any limit gives ``permission``."""
    return Scope() in actor.scopes(permission)


def _told(place: Place) -> str:
    parts = [f"{name} {value}" for name in ("queue", "market", "language") if (value := getattr(place, name))]
    return f" for {', '.join(parts)}" if parts else ""


def scope_q(
    actor: Actor,
    permission: Permission,
    *,
    vendor: str | None = None,
    queue: str | None = None,
    market: str | None = None,
    language: str | None = None,
    shared: bool = False,
) -> Q:
    """The rows that ``actor`` may see by ``permission``; each argument names the column that holds that code.

    With ``shared`` a row without a vendor (nobody has it yet) is seen by every vendor; without it such a row is seen
    only by those whose scope covers all vendors.
    """
    allowed = Q(pk__in=[])
    for scope in actor.scopes(permission):
        within = Q()
        if vendor and scope.vendors:
            within &= Q(**{f"{vendor}__in": [*scope.vendors, *([""] if shared else [])]})
        if queue and scope.queues:
            within &= Q(**{f"{queue}__in": list(scope.queues)})
        if market and scope.markets:
            within &= Q(**{f"{market}__in": list(scope.markets)})
        if language and scope.languages:
            within &= Q(**{f"{language}__in": list(scope.languages)})
        if not within:
            return Q()
        allowed |= within
    return allowed


def sees(
    actor: Actor,
    permission: Permission,
    *,
    vendor: str | None = None,
    queue: str | None = None,
    market: str | None = None,
    language: str | None = None,
    shared: bool = False,
) -> bool:
    """The same as ``scope_q`` for one row at hand: each argument is the code in that column."""
    return any(
        _holds(vendor, scope.vendors, shared)
        and _holds(queue, scope.queues)
        and _holds(market, scope.markets)
        and _holds(language, scope.languages)
        for scope in actor.scopes(permission)
    )


def _holds(code: str | None, allowed: frozenset[str], shared: bool = False) -> bool:
    return code is None or not allowed or code in allowed or (shared and not code)


def visible(rows: QuerySet[M], scope: Q) -> QuerySet[M]:
    """``rows`` narrowed to ``scope``; reads as the first step of every query."""
    return rows.filter(scope)
