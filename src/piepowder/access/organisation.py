"""Vendors, their sites and teams."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from piepowder.access.giving import CodeTaken, bad, check_timezone, require_within
from piepowder.access.models import Site, Team, Vendor
from piepowder.access.states import VendorKind
from piepowder.access.visibility import require
from piepowder.database.fitting import refuse_unfit
from piepowder.kernel.actor import EVERYWHERE, Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


@transaction.atomic
def create_vendor(*, actor: Actor, code: str, name: str, kind: str, at: datetime) -> Vendor:
    require(actor, Permission.PERSON_EDIT, Place(vendor=code))
    if kind not in VendorKind.values:
        raise bad("/kind", "unknown", f"a vendor is {' or '.join(VendorKind.values)}, not '{kind}'")
    if Vendor.objects.filter(code=code).exists():
        raise CodeTaken(f"there is already a vendor '{code}'")
    vendor = Vendor(code=code, name=name, kind=kind)
    refuse_unfit(vendor)
    vendor.save(force_insert=True)
    record(actor=actor, at=at, verb="vendor.create", subject_kind="vendor", subject_id=code, vendor=code, kind=kind)
    return vendor


@transaction.atomic
def create_site(
    *, actor: Actor, vendor: Vendor, code: str, name: str, country: str, timezone: str, at: datetime, region: str = ""
) -> Site:
    require(actor, Permission.PERSON_EDIT, Place(vendor=vendor.code))
    check_timezone(timezone)
    if Site.objects.filter(code=code).exists():
        raise CodeTaken(f"there is already a site '{code}'")
    site = Site(vendor=vendor, code=code, name=name, country=country, region=region, timezone=timezone)
    refuse_unfit(site)
    site.save(force_insert=True)
    record(actor=actor, at=at, verb="site.create", subject_kind="site", subject_id=code, vendor=vendor.code)
    return site


@transaction.atomic
def create_team(*, actor: Actor, site: Site, code: str, name: str, at: datetime) -> Team:
    require(actor, Permission.PERSON_EDIT, Place(vendor=site.vendor.code))
    if Team.objects.filter(code=code).exists():
        raise CodeTaken(f"there is already a team '{code}'")
    team = Team(site=site, code=code, name=name)
    refuse_unfit(team)
    team.save(force_insert=True)
    record(actor=actor, at=at, verb="team.create", subject_kind="team", subject_id=code, vendor=site.vendor.code)
    return team


@transaction.atomic
def change_vendor(*, actor: Actor, vendor: Vendor, name: str, kind: str, at: datetime) -> Vendor:
    """Rename a vendor, or say that it is of another kind; its code stays, because everything refers to it.

    The kind decides how far every grant there reaches, so only those who manage everybody change it.
    """
    require(actor, Permission.PERSON_EDIT, Place(vendor=vendor.code))
    if kind not in VendorKind.values:
        raise bad("/kind", "unknown", f"a vendor is {' or '.join(VendorKind.values)}, not '{kind}'")
    if kind != vendor.kind:
        require_within(actor, Permission.PERSON_EDIT, EVERYWHERE)
    vendor.name, vendor.kind = name, kind
    refuse_unfit(vendor)
    vendor.save(update_fields=["name", "kind"])
    record(
        actor=actor,
        at=at,
        verb="vendor.change",
        subject_kind="vendor",
        subject_id=vendor.code,
        vendor=vendor.code,
        kind=kind,
    )
    return vendor


@transaction.atomic
def change_site(
    *, actor: Actor, site: Site, name: str, country: str, timezone: str, at: datetime, region: str = ""
) -> Site:
    require(actor, Permission.PERSON_EDIT, Place(vendor=site.vendor.code))
    check_timezone(timezone)
    site.name, site.country, site.region, site.timezone = name, country, region, timezone
    refuse_unfit(site)
    site.save(update_fields=["name", "country", "region", "timezone"])
    record(actor=actor, at=at, verb="site.change", subject_kind="site", subject_id=site.code, vendor=site.vendor.code)
    return site


@transaction.atomic
def change_team(*, actor: Actor, team: Team, name: str, at: datetime) -> Team:
    vendor = team.site.vendor.code
    require(actor, Permission.PERSON_EDIT, Place(vendor=vendor))
    team.name = name
    refuse_unfit(team)
    team.save(update_fields=["name"])
    record(actor=actor, at=at, verb="team.change", subject_kind="team", subject_id=team.code, vendor=vendor)
    return team
