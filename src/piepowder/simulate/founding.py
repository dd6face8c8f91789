"""Founding the organisation of the plan, through the operations that people would use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from piepowder.access import operations as access
from piepowder.access.models import ApiKey, Role, Site, Team, User, Vendor
from piepowder.access.queries import actor_for, actor_for_key
from piepowder.decisions import operations as decisions
from piepowder.decisions.facts_templates import load_shipped_facts
from piepowder.intake import operations as intake
from piepowder.kernel.actor import SYSTEM, Actor, Scope
from piepowder.kernel.permissions import Permission
from piepowder.outbox import operations as outbox
from piepowder.policy import operations as policy
from piepowder.review import operations as review
from piepowder.simulate.house import calendars
from piepowder.simulate.outside import FLAGGERS, MODEL
from piepowder.simulate.plan import QUEUES, ROUTING, SITES, VENDORS, PersonPlan

MARKETPLACE_KEY = "Marketplace"
MACHINE_KEY = f"Model {MODEL}"
_KEYS: Mapping[str, Sequence[Permission]] = {
    MARKETPLACE_KEY: (
        Permission.ITEM_SUBMIT, Permission.ITEM_VIEW, Permission.MEDIA_UPLOAD, Permission.REPORT_SUBMIT,
        Permission.DECISION_VIEW,
    ),
    MACHINE_KEY: (Permission.ITEM_VIEW, Permission.DECISION_ISSUE_MACHINE),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Founded:
    """Who acts in the history: people by the plan's key, the marketplace's API key, the model's."""

    people: Mapping[str, Actor]
    marketplace: Actor
    machine: Actor
    api_key: str = field(default="", repr=False)
    """The marketplace's key with its secret; known only where it has just been made."""


@transaction.atomic
def found(people: Sequence[PersonPlan], *, password: str, at: datetime) -> Founded:
    """Make vendors, sites, teams, people, queues, promises, routing, keys and a receiver, as of ``at``."""
    access.load_shipped_roles(actor=SYSTEM, at=at)
    policy.load_shipped(actor=SYSTEM, at=at)
    decisions.load_shipped_templates(actor=SYSTEM, at=at)
    load_shipped_facts(actor=SYSTEM, at=at)
    _queues(at)
    _people(people, password, at)
    for ref, (name, areas) in FLAGGERS.items():
        email = f"{ref.lower()}@flaggers.example"
        intake.register_flagger(actor=SYSTEM, external_ref=ref, name=name, email=email, areas=areas, at=at)
    expires_at = at + timedelta(days=365)
    made = {
        name: access.create_key(actor=SYSTEM, name=name, permissions=permissions, at=at, expires_at=expires_at)
        for name, permissions in _KEYS.items()
    }
    outbox.save_endpoint(
        actor=SYSTEM,
        at=at,
        code="marketplace",
        name="Marketplace (not connected)",
        url="http://127.0.0.1:9099/piepowder",
        allow_private=True,
        active=False,
    )
    return replace(founded(people, at=at), api_key=made[MARKETPLACE_KEY].secret)


def founded(people: Sequence[PersonPlan], *, at: datetime) -> Founded:
    """Who acts, of an organisation that was founded before."""
    users = {user.email: user for user in User.objects.select_related("vendor", "site", "team")}
    keys = {key.name: key for key in ApiKey.objects.order_by("created_at")}
    return Founded(
        people={person.key: actor_for(users[person.email], now=at) for person in people},
        marketplace=actor_for_key(keys[MARKETPLACE_KEY]),
        machine=actor_for_key(keys[MACHINE_KEY]),
    )


def _queues(at: datetime) -> None:
    for code, one in calendars().items():
        site = next(site for site in SITES if code.endswith(site.code))
        review.publish_calendar(actor=SYSTEM, at=at, code=code, name=f"Office hours {site.name}", **one)
    for position, plan in enumerate(QUEUES):
        review.save_queue(
            actor=SYSTEM,
            at=at,
            code=plan.code,
            name=plan.name,
            purpose=plan.purpose,
            position=position,
            skill=plan.skill,
            vendors=plan.vendors,
            lease_s=plan.lease_s,
            escalates_to=plan.escalates_to,
        )
        for severity, hours in enumerate(plan.targets_h):
            review.set_target(
                actor=SYSTEM,
                at=at,
                queue_code=plan.code,
                severity=severity,
                target_s=round(hours * 3600),
                calendar_code=plan.calendar,
            )
    review.publish_routing(actor=SYSTEM, at=at, rules=ROUTING)


def _people(people: Sequence[PersonPlan], password: str, at: datetime) -> None:
    vendors: dict[str, Vendor] = {}
    for code, name, kind in VENDORS:
        vendors[code] = access.create_vendor(actor=SYSTEM, code=code, name=name, kind=kind, at=at)
    sites: dict[str, Site] = {}
    teams: dict[str, Team] = {}
    for site in SITES:
        sites[site.code] = access.create_site(
            actor=SYSTEM, vendor=vendors[site.vendor], code=site.code, name=site.name, country=site.country,
            timezone=site.timezone, at=at,
        )  # fmt: skip
        for letter in "ab"[: site.teams]:
            code = f"{site.code}-{letter}"
            name = f"{site.name} {letter.upper()}"
            teams[code] = access.create_team(actor=SYSTEM, site=sites[site.code], code=code, name=name, at=at)
    roles = {role.code: role for role in Role.objects.all()}
    for person in people:
        fields = access.PersonFields(
            email=person.email,
            name=person.name,
            vendor=vendors[person.vendor],
            site=sites[person.site],
            team=teams.get(person.team),
            languages=person.languages,
            interface_language=person.interface_language,
            timezone=sites[person.site].timezone,
        )
        user = access.add_person(actor=SYSTEM, fields=fields, at=at)
        scope = Scope(vendors=_vendors_seen(person), queues=frozenset(person.queues), markets=frozenset(person.markets))
        access.give(actor=SYSTEM, user=user, role=roles[person.role], scope=scope, at=at)
        for skill in person.skills:
            review.grant_eligibility(actor=SYSTEM, at=at, user_id=user.pk, skill=skill, source="simulation")
    # One hash for everybody: hashing sixty times would take longer than all the rest.
    emails = [person.email for person in people]
    User.objects.filter(email__in=emails).update(password=make_password(password), started_on=at.date())


def _vendors_seen(person: PersonPlan) -> frozenset[str]:
    """Leads and moderators of the house see their own vendor; those who steer see all."""
    if person.role in ("moderator", "external_moderator", "team_lead"):
        return frozenset({person.vendor})
    return frozenset()
