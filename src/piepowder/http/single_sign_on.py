"""Coming in through the organisation's identity provider: only people who were invited, by an address it vouches for."""

from __future__ import annotations

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone
from requests import Response, Session

from piepowder.access.models import User
from piepowder.access.operations import admit, record_link
from piepowder.access.single_sign_on import Welcome, expected

logger = logging.getLogger("piepowder.http.sso")

_TIMEOUT_S = 10.0


class _NoDetours(Session):
    """Asks the provider and nobody else: an answer that points elsewhere is not followed."""

    def request(self, method: Any, url: Any, **how: Any) -> Response:  # type: ignore[override]
        how["allow_redirects"] = False
        how.setdefault("timeout", _TIMEOUT_S)
        return super().request(method, url, **how)


class InvitedOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Links what the provider says of somebody to the person who was invited under that address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def get_requests_session(self) -> Session:
        return _NoDetours()

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Link on the first visit; a stranger learns only that they are not expected."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise _refused(request)
        if sociallogin.is_existing:
            return
        email, now = _vouched_for(sociallogin), timezone.now()
        user = expected(email) if email else None
        if user is None and email:
            user = _welcomed(sociallogin, email)
        if user is None:
            logger.warning("somebody unexpected came through %s", sociallogin.account.provider)
            raise _refused(request)
        sociallogin.connect(request, user)
        record_link(user=user, provider=sociallogin.account.provider, at=now)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the person has just come in, and the ledger keeps it."""


def _refused(request: HttpRequest) -> ImmediateHttpResponse:
    return ImmediateHttpResponse(render(request, "socialaccount/not_expected.html", status=403))


def _vouched_for(sociallogin: SocialLogin) -> str:
    """The address that the provider says belongs to the person; empty when it says so of none."""
    always = sociallogin.account.get_provider().app.settings.get("email_is_verified") is True
    given = [one for one in sociallogin.email_addresses if one.email and (always or one.verified is True)]
    return str(given[0].email) if given else ""


def _welcomed(sociallogin: SocialLogin, email: str) -> User | None:
    told = sociallogin.account.get_provider().app.settings.get("welcome")
    if not told:
        return None
    welcome = Welcome(frozenset(told["domains"]), told["role"], told["vendor"])
    name = str(getattr(sociallogin.user, "name", "") or "")
    return admit(email=email, name=name, welcome=welcome, at=timezone.now())
