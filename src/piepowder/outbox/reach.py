"""Who may look into the outbox."""

from __future__ import annotations

from piepowder.access.visibility import NotPermitted, require
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission


def require_everywhere(actor: Actor, permission: Permission) -> None:
    """Raise ``NotPermitted`` unless ``actor`` holds ``permission`` over all vendors.

    What leaves belongs to the marketplace as a whole: a message tells what any vendor's people decided, so a person
    whose scope is one vendor sees none of it.
    """
    require(actor, permission)
    if all(scope.vendors for scope in actor.scopes(permission)):
        raise NotPermitted(f"this needs the permission {permission.value} for all vendors")
