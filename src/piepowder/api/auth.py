"""Who calls: an API key for everything, or the session of somebody logged in for reading.

A browser sends its session with whatever page asked for it; keys alone may write, so no other page can write for anybody.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase

from piepowder.access.models import User
from piepowder.access.queries import actor_for
from piepowder.http.keys import actor_of_key, presented_key
from piepowder.http.second_factor import lacks_factor
from piepowder.http.sessions import is_over
from piepowder.kernel.actor import Actor

_READS = frozenset({"GET", "HEAD"})


class _Key(AuthBase):
    def __call__(self, request: HttpRequest) -> Actor | None:
        presented = presented_key(request)
        return actor_of_key(presented, now=timezone.now()) if presented else None


class Bearer(_Key):
    """``Authorization: Bearer <key>``."""

    openapi_type = "http"
    openapi_scheme = "bearer"


class KeyHeader(_Key):
    """The same key as ``X-API-Key``, for senders that cannot set the other header."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "X-API-Key"


class Session(AuthBase):
    """The cookie of somebody logged in; it opens reading alone."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        if request.method not in _READS or presented_key(request) or not isinstance(request.user, User):
            return None
        now = timezone.now()
        if is_over(request, now) or lacks_factor(request):
            return None
        return actor_for(request.user, now=now)


READING: list[AuthBase] = [Bearer(), KeyHeader(), Session()]
WRITING: list[AuthBase] = [Bearer(), KeyHeader()]


def caller(request: HttpRequest) -> Actor:
    """The actor that one of the above found."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor
