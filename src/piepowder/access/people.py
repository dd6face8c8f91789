"""People: who is added, changed, let in and out, and what is kept of their coming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from piepowder.access.giving import bad, check_managing, check_timezone
from piepowder.access.managers import part_from_line
from piepowder.access.models import Site, Team, User, Vendor
from piepowder.access.sessions import end_sessions
from piepowder.access.visibility import NotPermitted, require
from piepowder.database.fitting import refuse_unfit
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import Conflict
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


class EmailTaken(Conflict):
    code = "email_taken"


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
    return add_unchecked(actor=actor, fields=fields, at=at, password=password)


def add_unchecked(*, actor: Actor, fields: PersonFields, at: datetime, password: str | None = None) -> User:
    """``add_person`` for an operation of this package that has asked for the permission itself."""
    _check_person(fields)
    if User.objects.filter(email__iexact=fields.email).exists():
        raise EmailTaken(f"somebody already logs in as {fields.email}")
    user = User()
    _fill(user, fields)
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
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
    check_managing(actor, user)
    _check_person(fields)
    if User.objects.filter(email__iexact=fields.email).exclude(pk=user.pk).exists():
        raise EmailTaken(f"somebody already logs in as {fields.email}")
    moves = user.vendor_id != fields.vendor.pk
    _fill(user, fields)
    check_managing(actor, user)
    user.save()
    if moves:
        part_from_line(actor=actor, user=user, at=at)
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
    """Let a person in or out; one who is out is logged out everywhere at once, cannot log in and has no mandate.

    Nobody can lock themselves out.
    """
    check_managing(actor, user)
    if not active and actor.ref == str(user.pk):
        raise Conflict("you cannot deactivate yourself: ask another administrator")
    if user.is_active == active:
        return
    User.objects.filter(pk=user.pk).update(is_active=active)
    user.is_active = active
    verb = "person.activate" if active else "person.deactivate"
    record(actor=actor, at=at, verb=verb, subject_kind="person", subject_id=user.pk, vendor=user.vendor.code)
    if not active:
        end_sessions(actor=actor, user=user, at=at)


@transaction.atomic
def change_preferences(*, actor: Actor, user: User, interface_language: str, timezone: str, theme: str) -> None:
    """A person's own choices about how the screens look; not worth a fact."""
    if actor.ref != str(user.pk):
        raise NotPermitted("these are somebody else's settings")
    check_timezone(timezone)
    user.interface_language, user.timezone, user.theme = interface_language, timezone, theme
    user.save(update_fields=["interface_language", "timezone", "theme"])


@transaction.atomic
def set_password(*, actor: Actor, user: User, password: str, at: datetime) -> None:
    """Set a person's password, as themselves or as somebody who manages people there."""
    if actor.ref != str(user.pk):
        check_managing(actor, user)
    check_password(password, user)
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
        raise bad("/email", "not_an_email", f"'{fields.email}' is not an e-mail address") from None
    if not fields.name.strip():
        raise bad("/name", "required", "a person needs a name")
    if fields.site and fields.site.vendor_id != fields.vendor.pk:
        raise bad("/site", "other_vendor", f"site {fields.site.code} does not belong to {fields.vendor.code}")
    if fields.team and (fields.site is None or fields.team.site_id != fields.site.pk):
        raise bad("/team", "other_site", f"team {fields.team.code} is not at the site given")
    check_timezone(fields.timezone)


def check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise bad("/password", "weak", " ".join(error.messages)) from None
