"""Who does something, and where they may do it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from piepowder.kernel.permissions import Permission


class ActorKind(StrEnum):
    PERSON = "person"
    KEY = "key"
    MACHINE = "machine"
    SYSTEM = "system"
    OUTSIDER = "outsider"
    """Somebody from outside in the portal; ``ref`` is their visit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing stands, in stable codes; an empty code means that the dimension does not apply to it."""

    vendor: str = ""
    queue: str = ""
    market: str = ""
    language: str = ""


ANYWHERE = Place()


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the world a grant covers; an empty set means all of that dimension."""

    vendors: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    markets: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    def covers(self, place: Place) -> bool:
        return (
            _within(place.vendor, self.vendors)
            and _within(place.queue, self.queues)
            and _within(place.market, self.markets)
            and _within(place.language, self.languages)
        )


EVERYWHERE = Scope()


def _within(code: str, allowed: frozenset[str]) -> bool:
    return not code or not allowed or code in allowed


@dataclass(frozen=True, slots=True)
class Mandate:
    """A set of permissions together with the scope they hold in."""

    permissions: frozenset[Permission]
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, key, model or process behind an operation.

    ``ref`` is the stable reference that the ledger keeps (a user's id, a key's prefix, a model's name); it carries no
    personal data. ``vendor``, ``site`` and ``team`` are the codes of the moment, copied into what the actor decides.
    """

    kind: ActorKind
    ref: str
    mandates: tuple[Mandate, ...] = ()
    vendor: str = ""
    site: str = ""
    team: str = ""
    languages: frozenset[str] = frozenset()

    def may(self, permission: Permission, place: Place = ANYWHERE) -> bool:
        """Whether any mandate gives ``permission`` at ``place``."""
        if self.kind is ActorKind.SYSTEM:
            return True
        return any(permission in mandate.permissions and mandate.scope.covers(place) for mandate in self.mandates)

    def scopes(self, permission: Permission) -> tuple[Scope, ...]:
        """The scopes in which the actor holds ``permission``; the system holds everything everywhere."""
        if self.kind is ActorKind.SYSTEM:
            return (EVERYWHERE,)
        return tuple(mandate.scope for mandate in self.mandates if permission in mandate.permissions)


SYSTEM = Actor(kind=ActorKind.SYSTEM, ref="system")
