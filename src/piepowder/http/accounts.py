"""How allauth behaves here (nobody signs up, people are added), and what is kept of coming and going."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from piepowder.access.models import User
from piepowder.access.operations import record_login, record_own_password
from piepowder.access.queries import actor_for
from piepowder.kernel.permissions import Permission
from piepowder.review.operations import set_availability
from piepowder.review.states import Availability


class ClosedDoor(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link under the public address: the name that a request came by is whatever its sender wrote."""
        asked: str = super().get_reset_password_from_key_url(key)
        return f"{settings.PUBLIC_URL}{urlsplit(asked).path}"


@transaction.atomic
def on_login(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Keep that somebody came in; whoever works cases is available from then on."""
    now = timezone.now()
    actor = actor_for(user, now=now)
    record_login(actor=actor, at=now, succeeded=True, method="password")
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
