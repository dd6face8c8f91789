"""How allauth behaves here (nobody signs up, people are added), and what is kept of coming and going."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from piepowder.access.lockout import locked_until
from piepowder.access.models import User
from piepowder.access.operations import Attempt, forgive, note_failure, record_login, record_own_password
from piepowder.access.queries import actor_for
from piepowder.http.client_address import client_address
from piepowder.http.sessions import begin, look
from piepowder.kernel.permissions import Permission
from piepowder.review.operations import set_availability
from piepowder.review.states import Availability


class ClosedDoor(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a locked account or address before looking at the password, in the same words whoever it is."""
        refuse_locked(_attempt(request, credentials))
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        note_failure(attempt=_attempt(request, credentials), at=timezone.now())

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether it is their password; every account here is known by its own address alone."""
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link under the public address: the name that a request came by is whatever its sender wrote."""
        asked: str = super().get_reset_password_from_key_url(key)
        return f"{settings.PUBLIC_URL}{urlsplit(asked).path}"


def refuse_locked(attempt: Attempt) -> None:
    """Raise ``ValidationError`` while the account or the address is locked."""
    if locked_until(attempt, at=timezone.now()) is not None:
        raise ValidationError(
            _(
                "There were too many failed log-ins. Wait a while and try again,"
                " or ask your administrator to unlock you."
            ),
            code="locked",
        )


def _attempt(request: HttpRequest, credentials: dict[str, Any]) -> Attempt:
    email = str(credentials.get("email") or credentials.get("username") or "")
    return Attempt(email[:254], client_address(request))


def _way_in(request: HttpRequest) -> str:
    """How the person has come in, by what allauth noted of it."""
    methods = [one.get("method", "") for one in request.session.get("account_authentication_methods", [])]
    return "+".join(dict.fromkeys(filter(None, methods))) or "password"


@transaction.atomic
def on_login(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Keep that somebody came in; whoever works cases is available from then on.

    Only now are their failures forgiven: who has the password alone could else try codes for ever.
    """
    now = timezone.now()
    actor = actor_for(user, now=now)
    forgive(attempt=Attempt(user.email, client_address(request) if "REMOTE_ADDR" in request.META else ""))
    begin(request, now=now)
    if "REMOTE_ADDR" in request.META:
        look(request, now=now)
    record_login(actor=actor, at=now, succeeded=True, method=_way_in(request))
    if actor.may(Permission.CASE_CLAIM):
        set_availability(actor=actor, state=Availability.AVAILABLE, at=now, source="login")


@transaction.atomic
def on_logout(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is None:
        return
    now = timezone.now()
    actor = actor_for(user, now=now)
    if actor.may(Permission.CASE_CLAIM):
        set_availability(actor=actor, state=Availability.OFFLINE, at=now, source="logout")


@transaction.atomic
def on_reset_password(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Keep that somebody set their password through a mailed link."""
    now = timezone.now()
    record_own_password(actor=actor_for(user, now=now), at=now)


def on_failed_login(sender: Any, credentials: dict[str, Any], **_: Any) -> None:
    """Keep that somebody tried a known account; an unknown address is nobody's data to keep."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.select_related("vendor", "site", "team").filter(email__iexact=email).first()
    if user is not None:
        now = timezone.now()
        record_login(actor=actor_for(user, now=now), at=now, succeeded=False, method="password")
