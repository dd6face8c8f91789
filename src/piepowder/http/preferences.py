"""The person's language and time zone for the length of a request."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from piepowder.access.models import User


class Preferences:
    """Activates what the person chose; before login, the language the browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        user = request.user
        chosen = (
            user.interface_language if isinstance(user, User) else request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        )
        language = chosen if chosen in dict(settings.LANGUAGES) else translation.get_language_from_request(request)
        zone = zoneinfo.ZoneInfo(user.timezone) if isinstance(user, User) else zoneinfo.ZoneInfo("UTC")
        with translation.override(language), timezone.override(zone):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response
