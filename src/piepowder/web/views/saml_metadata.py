"""What an identity provider needs to know of us."""

from __future__ import annotations

from allauth.socialaccount.providers.saml.utils import build_saml_config, get_app_or_404
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from onelogin.saml2.settings import OneLogin_Saml2_Settings


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
