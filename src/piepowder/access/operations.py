"""The writers of access: the organisation, its people, what they may do, and keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from piepowder.access.models import ApiKey, Grant, Role, Site, Team, User, Vendor
from piepowder.access.queries import mandates_of, permissions_named
from piepowder.access.roles import SHIPPED
from piepowder.access.states import VendorKind
from piepowder.access.visibility import NotPermitted, require
from piepowder.database.fitting import refuse_unfit
from piepowder.kernel.actor import EVERYWHERE, Actor, Place, Scope
from piepowder.kernel.errors import Conflict, FieldProblem, Malformed
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


class EmailTaken(Conflict):
    code = "email_taken"


class CodeTaken(Conflict):
    code = "code_taken"


@transaction.atomic
def create_vendor(*, actor: Actor, code: str, name: str, kind: str, at: datetime) -> Vendor:
    require(actor, Permission.PERSON_EDIT, Place(vendor=code))
    if kind not in VendorKind.values:
        raise _bad("/kind", "unknown", f"a vendor is {' or '.join(VendorKind.values)}, not '{kind}'")
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
    _check_timezone(timezone)
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


@dataclass(frozen=True, slots=True)
class PersonFields:
    """What is known of a person; ``site`` and ``team`` must belong to ``vendor``."""

    email: str
    name: str
    vendor: Vendor
    site: Site | None = None
    team: Team | None = None
    languages: Sequence[str] = ()
    interface_language: str = "en"
    timezone: str = "UTC"


@transaction.atomic
def add_person(*, actor: Actor, fields: PersonFields, at: datetime, password: str | None = None) -> User:
    """Add a person. Without ``password`` they set their own through the reset link."""
    require(actor, Permission.PERSON_EDIT, Place(vendor=fields.vendor.code))
    _check_person(fields)
    if User.objects.filter(email__iexact=fields.email).exists():
        raise EmailTaken(f"somebody already logs in as {fields.email}")
    user = User()
    _fill(user, fields)
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(password, user)
        user.set_password(password)
    user.save()
    record(
        actor=actor,
        at=at,
        verb="person.add",
        subject_kind="person",
        subject_id=user.pk,
        vendor=fields.vendor.code,
        site=fields.site.code if fields.site else "",
        team=fields.team.code if fields.team else "",
        languages=sorted(fields.languages),
    )
    return user


@transaction.atomic
def change_person(*, actor: Actor, user: User, fields: PersonFields, at: datetime) -> User:
    """Change what is known of a person.

    Moving them to another vendor needs the permission for both, and all that their roles come to there.
    """
    _check_managing(actor, user)
    _check_person(fields)
    if User.objects.filter(email__iexact=fields.email).exclude(pk=user.pk).exists():
        raise EmailTaken(f"somebody already logs in as {fields.email}")
    _fill(user, fields)
    _check_managing(actor, user)
    user.save()
    record(
        actor=actor,
        at=at,
        verb="person.change",
        subject_kind="person",
        subject_id=user.pk,
        vendor=fields.vendor.code,
        site=fields.site.code if fields.site else "",
        team=fields.team.code if fields.team else "",
        languages=sorted(fields.languages),
    )
    return user


@transaction.atomic
def set_person_active(*, actor: Actor, user: User, active: bool, at: datetime) -> None:
    """Let a person in or out; one who is out cannot log in and has no mandate. Nobody can lock themselves out."""
    _check_managing(actor, user)
    if not active and actor.ref == str(user.pk):
        raise Conflict("you cannot deactivate yourself: ask another administrator")
    if user.is_active == active:
        return
    User.objects.filter(pk=user.pk).update(is_active=active)
    user.is_active = active
    verb = "person.activate" if active else "person.deactivate"
    record(actor=actor, at=at, verb=verb, subject_kind="person", subject_id=user.pk, vendor=user.vendor.code)


@transaction.atomic
def change_preferences(*, actor: Actor, user: User, interface_language: str, timezone: str, theme: str) -> None:
    """A person's own choices about how the screens look; not worth a fact."""
    if actor.ref != str(user.pk):
        raise NotPermitted("these are somebody else's settings")
    _check_timezone(timezone)
    user.interface_language, user.timezone, user.theme = interface_language, timezone, theme
    user.save(update_fields=["interface_language", "timezone", "theme"])


@transaction.atomic
def load_shipped_roles(*, actor: Actor, at: datetime) -> int:
    """Create the shipped roles that are not there; an edited role stays as it was edited."""
    require(actor, Permission.ROLE_EDIT)
    known = set(Role.objects.values_list("code", flat=True))
    for code, (name, permissions) in SHIPPED.items():
        if code not in known:
            save_role(actor=actor, code=code, name=name, permissions=[p.value for p in permissions], at=at)
    return len(SHIPPED) - len(known & set(SHIPPED))


@transaction.atomic
def save_role(*, actor: Actor, code: str, name: str, permissions: Iterable[str], at: datetime) -> Role:
    """Create a role or change what it allows. Nobody can put into a role what they do not hold themselves.

    A role means the same at every vendor, so the right to edit one must be without limits.
    """
    _require_within(actor, Permission.ROLE_EDIT, EVERYWHERE)
    wanted = sorted(set(permissions))
    unknown = [value for value in wanted if value not in {p.value for p in Permission}]
    if unknown:
        raise _bad("/permissions", "unknown", f"there is no permission '{unknown[0]}'")
    before = Role.objects.filter(code=code).first()
    added = set(wanted) - set(before.permissions if before else [])
    _check_giving(actor, permissions_named(sorted(added)), EVERYWHERE)
    role = Role(pk=before.pk if before else None, code=code, name=name, permissions=wanted)
    refuse_unfit(role)
    role.save()
    record(
        actor=actor,
        at=at,
        verb="role.save",
        subject_kind="role",
        subject_id=code,
        permissions=wanted,
        before=before.permissions if before else [],
    )
    return role


@transaction.atomic
def give(
    *, actor: Actor, user: User, role: Role, scope: Scope, at: datetime, expires_at: datetime | None = None
) -> Grant:
    """Give a person a role within a scope; nobody gives what they do not hold there themselves."""
    require(actor, Permission.PERSON_EDIT, Place(vendor=user.vendor.code))
    narrowed = frozenset({user.vendor.code}) if user.vendor.kind == VendorKind.BPO else scope.vendors
    _check_giving(
        actor, permissions_named(role.permissions), Scope(narrowed, scope.queues, scope.markets, scope.languages)
    )
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
    _check_managing(actor, grant.user)
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


def _require_within(actor: Actor, permission: Permission, scope: Scope) -> None:
    if not _holds(actor, permission, scope):
        raise NotPermitted(f"this needs the permission {permission.value} for everything that it would reach")


def _holds(actor: Actor, permission: Permission, scope: Scope) -> bool:
    return any(_contains(own, scope) for own in actor.scopes(permission))


def _check_giving(actor: Actor, permissions: frozenset[Permission], scope: Scope) -> None:
    for permission in sorted(permissions):
        if not _holds(actor, permission, scope):
            raise NotPermitted(f"you cannot give {permission.value} there: you do not hold it there yourself")


def _check_managing(actor: Actor, user: User) -> None:
    """Who manages a person could become them (by their address or password), so they must hold all that person holds.

    Somebody who cannot log in counts with what they would hold again: whoever manages them can let them in.
    """
    require(actor, Permission.PERSON_EDIT, Place(vendor=user.vendor.code))
    for mandate in mandates_of(user, now=datetime.now(UTC)):
        _check_giving(actor, mandate.permissions, mandate.scope)


def _contains(outer: Scope, inner: Scope) -> bool:
    pairs = (
        (outer.vendors, inner.vendors),
        (outer.queues, inner.queues),
        (outer.markets, inner.markets),
        (outer.languages, inner.languages),
    )
    return all(not wide or (bool(narrow) and narrow <= wide) for wide, narrow in pairs)


MOST_PER_MINUTE = 10_000_000


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; ``secret`` is shown once and kept nowhere."""

    key: ApiKey
    secret: str


@transaction.atomic
def create_key(
    *,
    actor: Actor,
    name: str,
    permissions: Iterable[str],
    at: datetime,
    expires_at: datetime,
    scope: Scope = EVERYWHERE,
    rate_per_minute: int = 60_000,
) -> NewKey:
    """Make an API key; nobody gives a key what they do not hold themselves."""
    require(actor, Permission.KEY_EDIT)
    if expires_at <= at:
        raise _bad("/expires_at", "past", "a key must expire in the future")
    wanted = permissions_named(sorted(set(permissions)))
    if not wanted:
        raise _bad("/permissions", "required", "a key needs at least one permission that exists")
    _check_giving(actor, wanted, scope)
    if not 1 <= rate_per_minute <= MOST_PER_MINUTE:
        raise _bad("/rate_per_minute", "out_of_range", f"a key sends 1 to {MOST_PER_MINUTE} requests a minute")
    prefix, secret = f"pp{secrets.token_hex(5)}", secrets.token_urlsafe(32)
    key = ApiKey(
        name=name,
        prefix=prefix,
        secret_hash=hash_secret(secret),
        permissions=sorted(wanted),
        vendors=sorted(scope.vendors),
        queues=sorted(scope.queues),
        markets=sorted(scope.markets),
        languages=sorted(scope.languages),
        rate_per_minute=rate_per_minute,
        created_at=at,
        expires_at=expires_at,
        created_by=User.objects.filter(pk=actor.ref).first() if actor.ref.isdigit() else None,
    )
    refuse_unfit(key)
    key.save(force_insert=True)
    record(
        actor=actor,
        at=at,
        verb="key.create",
        subject_kind="key",
        subject_id=prefix,
        permissions=sorted(wanted),
        expires_at=expires_at,
    )
    return NewKey(key, f"{prefix}.{secret}")


@transaction.atomic
def revoke_key(*, actor: Actor, key: ApiKey, at: datetime) -> None:
    reach = Scope(*map(frozenset, (key.vendors, key.queues, key.markets, key.languages)))
    _require_within(actor, Permission.KEY_EDIT, reach)
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at):
        record(actor=actor, at=at, verb="key.revoke", subject_kind="key", subject_id=key.prefix)


def hash_secret(secret: str) -> str:
    """SHA-256 in hex. The secret is 256 random bits, so a slow password hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def set_password(*, actor: Actor, user: User, password: str, at: datetime) -> None:
    """Set a person's password, as themselves or as somebody who manages people there."""
    if actor.ref != str(user.pk):
        _check_managing(actor, user)
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record(
        actor=actor,
        at=at,
        verb="person.set_password",
        subject_kind="person",
        subject_id=user.pk,
        vendor=user.vendor.code,
    )


@transaction.atomic
def record_own_password(*, actor: Actor, at: datetime) -> None:
    """Keep that a person set their own password outside ``set_password``, through a mailed link."""
    record(actor=actor, at=at, verb="person.set_password", subject_kind="person", subject_id=actor.ref)


def record_login(*, actor: Actor, at: datetime, succeeded: bool, method: str) -> None:
    """Keep that somebody came in, or tried a known account and failed."""
    with transaction.atomic():
        verb = "person.login" if succeeded else "person.login_failed"
        record(actor=actor, at=at, verb=verb, subject_kind="person", subject_id=actor.ref, method=method)


def _fill(user: User, fields: PersonFields) -> None:
    user.email, user.name = fields.email.lower(), fields.name
    user.vendor, user.site, user.team = fields.vendor, fields.site, fields.team
    user.languages = list(fields.languages)
    user.interface_language, user.timezone = fields.interface_language, fields.timezone
    refuse_unfit(user)


def _check_person(fields: PersonFields) -> None:
    try:
        validate_email(fields.email)
    except ValidationError:
        raise _bad("/email", "not_an_email", f"'{fields.email}' is not an e-mail address") from None
    if not fields.name.strip():
        raise _bad("/name", "required", "a person needs a name")
    if fields.site and fields.site.vendor_id != fields.vendor.pk:
        raise _bad("/site", "other_vendor", f"site {fields.site.code} does not belong to {fields.vendor.code}")
    if fields.team and (fields.site is None or fields.team.site_id != fields.site.pk):
        raise _bad("/team", "other_site", f"team {fields.team.code} is not at the site given")
    _check_timezone(fields.timezone)


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise _bad("/password", "weak", " ".join(error.messages)) from None


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise _bad("/timezone", "unknown", f"'{name}' is not a time zone; try one like Europe/Berlin") from None


def _bad(pointer: str, code: str, detail: str) -> Malformed:
    return Malformed(detail, problems=[FieldProblem(pointer, code, detail)])
