"""People come in by invitation: they are added with a role, and a link lets them set their first password."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from piepowder.access.giving import check_giving
from piepowder.access.models import Invitation, Role, User
from piepowder.access.options import chosen
from piepowder.access.people import PersonFields, add_unchecked, check_password
from piepowder.access.queries import actor_for, mandates_of, permissions_named
from piepowder.access.rights import give_unchecked, reach_at
from piepowder.access.sessions import end_sessions
from piepowder.access.visibility import NotPermitted, require, scope_q, visible
from piepowder.kernel.actor import Actor, Place, Scope
from piepowder.kernel.errors import Conflict, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.ledger.operations import record


class LinkDead(NotFound):
    """The same for a link that never was, was used, was withdrawn or is too old: nobody learns which."""

    code = "invitation_dead"


class NotOpen(Conflict):
    code = "invitation_closed"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation just made; ``secret`` belongs into its link and is kept nowhere."""

    invitation: Invitation
    secret: str


@transaction.atomic
def invite(
    *,
    actor: Actor,
    fields: PersonFields,
    role: Role,
    scope: Scope,
    at: datetime,
    grant_expires_at: datetime | None = None,
) -> Invited:
    """Add a person with a role, and make the link they come in by; nobody gives what they do not hold there.

    With ``person:edit`` anywhere that it reaches; with ``person:invite`` only into one's own vendor.
    """
    require_inviting(actor, fields.vendor.code)
    check_giving(actor, permissions_named(role.permissions), reach_at(fields.vendor, scope))
    user = add_unchecked(actor=actor, fields=fields, at=at)
    give_unchecked(actor=actor, user=user, role=role, scope=scope, at=at, expires_at=grant_expires_at)
    return _open(actor, user, at)


@transaction.atomic
def invite_again(*, actor: Actor, user: User, at: datetime) -> Invited:
    """A new link for somebody who has not come in yet, in whatever way; an earlier one stops working.

    Whoever has the link can become that person, so it is given only for what the actor holds there themselves.
    """
    require_inviting(actor, user.vendor.code)
    for mandate in mandates_of(user, now=at):
        check_giving(actor, mandate.permissions, mandate.scope)
    if user.has_usable_password() or user.last_login is not None or not user.is_active:
        raise NotOpen("this person has come in already, or is switched off")
    Invitation.objects.filter(user=user, accepted_at__isnull=True, revoked_at__isnull=True).update(revoked_at=at)
    return _open(actor, user, at)


@transaction.atomic
def revoke_invitation(*, actor: Actor, invitation: Invitation, at: datetime) -> None:
    """Take an invitation back: its link stops working, and the person, who never came in, is switched off."""
    user = invitation.user
    require_inviting(actor, user.vendor.code)
    open_still = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True)
    if not open_still.update(revoked_at=at):
        raise NotOpen("this invitation is no longer open")
    if not user.has_usable_password() and user.last_login is None:
        User.objects.filter(pk=user.pk).update(is_active=False)
        end_sessions(actor=actor, user=user, at=at)
    _keep(actor, at, "invitation.revoke", user)


def invitation_behind(secret: str, *, at: datetime) -> Invitation:
    """The open invitation that ``secret`` belongs to; raises ``LinkDead``."""
    found = (
        Invitation.objects.select_related("user__vendor", "user__site", "user__team")
        .filter(
            secret_hash=_hashed(secret),
            accepted_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=at,
            user__is_active=True,
        )
        .first()
    )
    if found is None:
        raise LinkDead("this link does not work, or no longer")
    return found


@transaction.atomic
def accept_invitation(*, secret: str, password: str, at: datetime) -> User:
    """Set the first password by the link; it works once. Raises ``LinkDead``, or ``Malformed`` for a weak password."""
    invitation = invitation_behind(secret, at=at)
    user = invitation.user
    check_password(password, user)
    if not Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).update(accepted_at=at):
        raise LinkDead("this link does not work, or no longer")
    user.set_password(password)
    user.save(update_fields=["password"])
    _keep(actor_for(user, now=at), at, "invitation.accept", user)
    return user


def invitations_visible_to(actor: Actor) -> QuerySet[Invitation]:
    """The open invitations into the vendors that ``actor`` may invite into, newest first."""
    scope = scope_q(actor, Permission.PERSON_EDIT, vendor="user__vendor__code")
    if not actor.scopes(Permission.PERSON_EDIT) and actor.may(Permission.PERSON_INVITE):
        scope = scope_q(actor, Permission.PERSON_INVITE, vendor="user__vendor__code")
        rows = Invitation.objects.filter(user__vendor__code=actor.vendor)
    else:
        rows = Invitation.objects.all()
    rows = rows.filter(accepted_at__isnull=True, revoked_at__isnull=True)
    people = rows.select_related("user__vendor", "invited_by__vendor").prefetch_related("user__grants__role")
    return visible(people, scope).order_by("-sent_at", "-id")


def may_invite(actor: Actor) -> bool:
    return actor.may(Permission.PERSON_EDIT) or actor.may(Permission.PERSON_INVITE)


def require_inviting(actor: Actor, vendor: str) -> None:
    """Raise ``NotPermitted`` unless ``actor`` may invite people of ``vendor``."""
    place = Place(vendor=vendor)
    if actor.may(Permission.PERSON_EDIT, place):
        return
    require(actor, Permission.PERSON_INVITE, place)
    if actor.vendor != vendor:
        raise NotPermitted("with person:invite you invite people of your own vendor")


def _open(actor: Actor, user: User, at: datetime) -> Invited:
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        user=user,
        secret_hash=_hashed(secret),
        invited_by=User.objects.filter(pk=actor.ref).first() if actor.ref.isdigit() else None,
        sent_at=at,
        expires_at=at + timedelta(days=chosen("accounts.invitation_days")),
    )
    _keep(actor, at, "invitation.send", user)
    return Invited(invitation, secret)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _keep(actor: Actor, at: datetime, verb: str, user: User) -> None:
    record(actor=actor, at=at, verb=verb, subject_kind="person", subject_id=user.pk, vendor=user.vendor.code)
