"""The way to an identity provider, and what it needs to know of us."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from allauth.socialaccount.providers.openid_connect import views as oidc
from allauth.socialaccount.providers.saml import views as saml
from allauth.socialaccount.providers.saml.utils import build_saml_config, get_app_or_404
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from lxml.etree import LxmlError
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from requests import RequestException

logger = logging.getLogger("piepowder.http.sso")


def oidc_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider; one that does not answer as it should is nobody's fault here."""
    try:
        led: HttpResponse = oidc.login(request, provider_id)
    except (RequestException, ValueError, KeyError) as error:
        logger.warning("the identity provider %s cannot be used: %s", provider_id, error)
        return render(request, "socialaccount/authentication_error.html", status=502)
    return led


def _named(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """``view`` for what anybody may send: also without a Host, and answers that are no XML or forbidden in it."""

    @wraps(view)
    def answer(request: HttpRequest, organization_slug: str) -> HttpResponseBase:
        request.META.setdefault("HTTP_HOST", request.get_host())
        try:
            return view(request, organization_slug=organization_slug)
        except (LxmlError, ValueError, PermissionDenied, OneLogin_Saml2_Error) as error:
            logger.warning("what came for the identity provider %s cannot be read: %s", organization_slug, error)
            return render(request, "socialaccount/authentication_error.html", status=400)

    return answer


saml_login = _named(saml.login)
saml_answer = _named(saml.acs)
saml_finish = _named(saml.finish_acs)


@require_safe
def saml_metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Our name, and where answers are to be sent."""
    app = get_app_or_404(request, organization_slug)
    told = build_saml_config(request, app.settings, organization_slug)
    del told["sp"]["singleLogoutService"]
    settings = OneLogin_Saml2_Settings(settings=told, sp_validation_only=True)
    return HttpResponse(settings.get_sp_metadata(), content_type="text/xml")


def saml_no_logout(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """There is no logging out from outside: such a request need not be signed, so any page could send it."""
    raise Http404
