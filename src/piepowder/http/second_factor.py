"""The second factor: whoever must have one is led to set it up, and its secret is not kept in the clear."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.models import User
from piepowder.access.operations import Attempt, note_failure, record_login, record_second_factor
from piepowder.access.options import chosen
from piepowder.access.queries import actor_for
from piepowder.access.second_factor import can_prove_twice, must_prove_twice
from piepowder.http.accounts import refuse_locked
from piepowder.http.client_address import client_address

HAS_FACTOR = "has_second_factor"
_OPEN = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "account_logout",
    "my_language",
    "my_theme",
    "set_language",
    "healthz",
    "readyz",
    "metrics",
}
"""What somebody may open before they have set up the second factor that their role asks for."""


class SecondFactor:
    """Leads people whose role asks for a second factor to set one up, whatever page they wanted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Of the API only reading opens to a session at all, and it asks ``lacks_factor`` itself; the portal knows no log-in.
        if request.path.startswith(("/api/", "/portal/")) or not lacks_factor(request):
            return self.get_response(request)
        if _name_of(request) in _OPEN:
            return self.get_response(request)
        if request.headers.get("HX-Request") == "true":
            response = HttpResponse(status=204)
            response["HX-Redirect"] = "/me/factors/"
            return response
        messages.warning(request, _("Your role asks for a second factor: set one up to go on."))
        return redirect("mfa_index")


def _name_of(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""


def lacks_factor(request: HttpRequest) -> bool:
    """Whether the organisation asks a second factor of whoever is logged in, and they have none."""
    user = request.user
    if not isinstance(user, User) or request.session.get(HAS_FACTOR) == user.pk:
        return False
    if not chosen("accounts.mfa_required"):
        return False
    if chosen("accounts.sso_is_enough") and _came_by_sso(request):
        return False
    if not must_prove_twice(user, now=timezone.now()):
        return False
    if can_prove_twice(user):
        request.session[HAS_FACTOR] = user.pk
        return False
    return True


def _came_by_sso(request: HttpRequest) -> bool:
    methods = request.session.get("account_authentication_methods", [])
    return any(method.get("method") == "socialaccount" for method in methods)


class Code(AuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The code after the password; a locked account takes none, not even the right one."""

    def clean_code(self) -> str:
        refuse_locked(Attempt(self.user.email, client_address(context.request)))
        return str(super().clean_code())


class Factors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """What allauth keeps of a second factor."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that was sealed under another secret key fits no code any more."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"factors:{settings.SECRET_KEY}".encode()).digest()))


def on_factor_added(sender: Any, instance: Authenticator, created: bool, **_: Any) -> None:
    """Told by the row itself, because allauth's own signal comes after the transaction in which it was written."""
    if created and instance.type != Authenticator.Type.RECOVERY_CODES:
        _record(User.objects.select_related("vendor", "site", "team").get(pk=instance.user_id), "add", instance.type)


def on_factor_removed(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    request.session.pop(HAS_FACTOR, None)
    _record(user, "remove", authenticator.type)


def on_factor_renewed(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record(user, "renew", authenticator.type)


def _record(user: User, change: str, method: str) -> None:
    now = timezone.now()
    record_second_factor(actor=actor_for(user, now=now), at=now, change=change, method=method)


@transaction.atomic
def on_factor_failed(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A wrong code counts like a wrong password: whoever tries has the first factor already."""
    now = timezone.now()
    note_failure(attempt=Attempt(user.email, client_address(request)), at=now)
    record_login(actor=actor_for(user, now=now), at=now, succeeded=False, method=authenticator.type)
