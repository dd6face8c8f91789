"""What access knows of people: those who work here, their ways in, and the frameworks' tables about accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from piepowder.access.models import Grant, Invitation, LoginLock, SavedView, User
from piepowder.database.personal import ERASED, Emptying, Part, Subject, SubjectKind, declare, said

NOWHERE = "@erased.invalid"
"""Addresses must differ from each other; these lead nowhere (RFC 2606)."""

_ACCOUNT_TABLES = (
    ("account", "EmailAddress"),
    ("mfa", "Authenticator"),
    ("socialaccount", "SocialAccount"),
    ("usersessions", "UserSession"),
)


def _people(subject: Subject) -> QuerySet[User]:
    known = subject.kind == SubjectKind.STAFF and subject.ref.isdecimal() and len(subject.ref) < 19
    return User.objects.filter(pk=int(subject.ref)) if known else User.objects.none()


def _addresses(subject: Subject) -> Iterable[str]:
    return [one for one in _people(subject).values_list("email", flat=True) if not one.endswith(NOWHERE)]


def _of(subject: Subject, at: datetime) -> Iterator[Emptying]:
    person = _people(subject)
    if subject.kind != SubjectKind.STAFF:
        return
    yield Emptying(_("account of somebody who can still log in"), person.filter(is_active=True), stays="still_here")
    gone = person.filter(is_active=False)
    yield Emptying(
        _("name, e-mail address and preferences of somebody who has left"),
        gone.exclude(email__endswith=NOWHERE),
        {
            "name": Value(ERASED),
            "email": Concat(Value("erased-"), Cast("pk", CharField()), Value(NOWHERE)),
            "password": Value("!erased"),
            "preferences": {},
            "languages": [],
        },
    )
    for app, name in _ACCOUNT_TABLES:
        rows: QuerySet[Any] = apps.get_model(app, name)._default_manager.filter(user__in=gone)
        yield Emptying(_("ways in and sessions"), rows)
    yield Emptying(_("ways in and sessions"), LoginLock.objects.filter(user__in=gone))
    yield Emptying(_("invitations"), Invitation.objects.filter(user__in=gone))
    yield Emptying(_("saved views"), SavedView.objects.filter(owner__in=gone))
    yield Emptying(_("roles that were held"), Grant.objects.filter(user__in=gone))


declare(
    Part(
        package="access",
        columns=said(
            personal={
                "access_user": "email name password preferences languages",
                "access_savedview": "name query",
                "access_invitation": "secret_hash",
                "access_loginlock": "subject",
                "account_emailaddress": "email",
                "mfa_authenticator": "data",
                "socialaccount_socialaccount": "uid extra_data",
                "usersessions_usersession": "session_key user_agent data ip",
            },
            reference={"access_choice": "changed_by"},
            plain={
                "access_user": "interface_language timezone",
                "access_vendor": "code name",
                "access_site": "code name country region timezone",
                "access_team": "code name",
                "access_role": "code name permissions",
                "access_grant": "vendors queues markets languages",
                "access_apikey": "name prefix secret_hash permissions vendors queues markets languages",
                "access_choice": "key value",
                "access_savedview": "page",
                "access_accessreview": "vendors holdings",
                # Ended with the account and tidied after; what a session holds is signed and names a user by number alone.
                "django_session": "session_key session_data",
                "account_emailconfirmation": "key",
                "socialaccount_socialaccount": "provider",
                "socialaccount_socialapp": "provider provider_id name client_id secret key settings",
                # Tokens of providers are not stored (settings).
                "socialaccount_socialtoken": "token token_secret",
                "auth_permission": "name codename",
                "auth_group": "name",
                "django_content_type": "app_label model",
            },
        ),
        of=_of,
        addresses=_addresses,
    )
)
