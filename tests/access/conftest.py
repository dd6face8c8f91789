"""A marketplace with an in-house vendor and two BPOs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from piepowder.access.models import Role, Site, Team, User, Vendor
from piepowder.access.operations import (
    PersonFields,
    add_person,
    create_site,
    create_team,
    create_vendor,
    give,
    load_shipped_roles,
)
from piepowder.access.queries import actor_for
from piepowder.kernel.actor import EVERYWHERE, SYSTEM, Actor, Scope


@dataclass
class Organisation:
    now: datetime
    vendors: dict[str, Vendor] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)

    def person(self, email: str, role: str, vendor: str = "house", scope: Scope = EVERYWHERE) -> User:
        fields = PersonFields(
            email=email, name=email.split("@")[0].title(), vendor=self.vendors[vendor], site=self.sites[vendor]
        )
        user = add_person(actor=SYSTEM, fields=fields, at=self.now, password="correct horse battery")
        give(actor=SYSTEM, user=user, role=Role.objects.get(code=role), scope=scope, at=self.now)
        return user

    def actor(self, user: User) -> Actor:
        return actor_for(User.objects.get(pk=user.pk), now=self.now)


@pytest.fixture
def organisation(db: None, now: datetime) -> Organisation:
    load_shipped_roles(actor=SYSTEM, at=now)
    built = Organisation(now)
    for code, kind in (("house", "in_house"), ("acme", "bpo"), ("zenith", "bpo")):
        vendor = create_vendor(actor=SYSTEM, code=code, name=code.title(), kind=kind, at=now)
        site = create_site(
            actor=SYSTEM,
            vendor=vendor,
            code=f"{code}-1",
            name=f"{code} one",
            country="DE",
            timezone="Europe/Berlin",
            at=now,
        )
        built.vendors[code], built.sites[code] = vendor, site
        built.teams[code] = create_team(actor=SYSTEM, site=site, code=f"{code}-t", name=f"{code} team", at=now)
    return built


Build = Callable[..., User]
