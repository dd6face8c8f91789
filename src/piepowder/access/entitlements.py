"""Who holds what, where, until when: the rows of an access review, and how they differ from the last one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from piepowder.access.models import AccessReview, ApiKey, Grant, User
from piepowder.access.queries import keys_visible_to, people_visible_to, permissions_named
from piepowder.access.second_factor import factors_of
from piepowder.access.states import VendorKind
from piepowder.access.visibility import require
from piepowder.kernel.actor import Actor
from piepowder.kernel.permissions import Permission

EXPIRING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Holding:
    """One grant of a person, or one API key, with everything that it allows."""

    kind: str
    """``person`` or ``key``."""
    ref: str
    """The person's number or the key's prefix: how the ledger names them."""
    name: str
    email: str
    vendor: str
    site: str
    active: bool
    role: str
    """Code of the role; empty for a key."""
    permissions: tuple[str, ...]
    vendors: tuple[str, ...]
    queues: tuple[str, ...]
    markets: tuple[str, ...]
    languages: tuple[str, ...]
    given_at: datetime
    expires_at: datetime | None
    last_login: datetime | None
    """For a key, when it was last used."""
    factors: tuple[str, ...]

    def expires_soon(self, now: datetime) -> bool:
        return self.expires_at is not None and now < self.expires_at <= now + EXPIRING

    def over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def kept(self) -> list[Any]:
        """As a review keeps it: references and codes only."""
        return [
            *(self.kind, self.ref, self.role),
            *(list(part) for part in (self.vendors, self.queues, self.markets, self.languages, self.permissions)),
            self.expires_at.isoformat() if self.expires_at else "",
            self.active,
        ]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is held now and was not at the last review, and the other way round (as ``Holding.kept``)."""

    since: AccessReview | None
    added: tuple[Holding, ...]
    gone: tuple[list[Any], ...]


def coverage(actor: Actor) -> list[str]:
    """The vendors that ``actor`` reviews; empty means all. Raises ``NotPermitted`` when they review none."""
    require(actor, Permission.ACCESS_REVIEW)
    scopes = actor.scopes(Permission.ACCESS_REVIEW)
    if any(not scope.vendors for scope in scopes):
        return []
    return sorted({code for scope in scopes for code in scope.vendors})


def holdings(actor: Actor) -> list[Holding]:
    """Every grant of the people whom ``actor`` reviews, by name, then their API keys. Also of those switched off:
    whoever lets them in again gives them all of it back."""
    covered = coverage(actor)
    people = people_visible_to(actor)
    if covered:
        people = people.filter(vendor__code__in=covered)
    users = list(people)
    factors = factors_of([user.pk for user in users])
    grants: dict[int, list[Grant]] = {}
    for grant in Grant.objects.filter(user__in=[user.pk for user in users]).select_related("role").order_by("id"):
        grants.setdefault(grant.user_id, []).append(grant)
    found = [_of_person(user, grant, factors) for user in users for grant in grants.get(user.pk, ())]
    keys = [key for key in keys_visible_to(actor) if key.revoked_at is None]
    return found + [_of_key(key) for key in keys if not covered or set(key.vendors) & set(covered)]


def difference(now: Sequence[Holding], last: AccessReview | None) -> Difference:
    """How ``now`` differs from what was reviewed last; without an earlier review nothing has been compared."""
    if last is None:
        return Difference(None, (), ())
    before, after = _by_text(last.holdings), {str(one.kept()): one for one in now}
    added = tuple(one for text, one in after.items() if text not in before)
    return Difference(last, added, tuple(kept for text, kept in before.items() if text not in after))


def last_review(actor: Actor) -> AccessReview | None:
    """The latest review of exactly what ``actor`` reviews."""
    covered = coverage(actor)
    rows = AccessReview.objects.select_related("reviewed_by").order_by("-reviewed_at", "-id")
    return next((review for review in rows if sorted(review.vendors) == covered), None)


def _by_text(kept: Iterable[list[Any]]) -> dict[str, list[Any]]:
    return {str(one): one for one in kept}


def _of_person(user: User, grant: Grant, factors: dict[int, list[str]]) -> Holding:
    bpo = user.vendor.kind == VendorKind.BPO
    return Holding(
        kind="person",
        ref=str(user.pk),
        name=user.name,
        email=user.email,
        vendor=user.vendor.code,
        site=user.site.code if user.site else "",
        active=user.is_active,
        role=grant.role.code,
        permissions=tuple(sorted(one.value for one in permissions_named(grant.role.permissions))),
        vendors=(user.vendor.code,) if bpo else tuple(grant.vendors),
        queues=tuple(grant.queues),
        markets=tuple(grant.markets),
        languages=tuple(grant.languages),
        given_at=grant.granted_at,
        expires_at=grant.expires_at,
        last_login=user.last_login,
        factors=tuple(factors.get(user.pk, ())),
    )


def _of_key(key: ApiKey) -> Holding:
    return Holding(
        kind="key",
        ref=key.prefix,
        name=key.name,
        email="",
        vendor="",
        site="",
        active=True,
        role="",
        permissions=tuple(sorted(one.value for one in permissions_named(key.permissions))),
        vendors=tuple(key.vendors),
        queues=tuple(key.queues),
        markets=tuple(key.markets),
        languages=tuple(key.languages),
        given_at=key.created_at,
        expires_at=key.expires_at,
        last_login=key.last_used_at,
        factors=(),
    )
