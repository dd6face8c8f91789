"""Who calls: an API key for everything, or the session of somebody logged in for reading.

A browser sends its session with whatever page asked for it; keys alone may write, so no other page can write for anybody.
"""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from piepowder.access.models import User
from piepowder.access.queries import actor_for
from piepowder.http.keys import actor_of_key, presented_key
from piepowder.http.second_factor import lacks_factor
from piepowder.http.sessions import is_over
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import Forbidden


class Forged(Forbidden):
    """A write with a session but without its token: another page may have asked for it."""

    code = "token_missing"


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
        return self._somebody(request)

    def _somebody(self, request: HttpRequest) -> Actor | None:
        now = timezone.now()
        if is_over(request, now) or lacks_factor(request):
            return None
        return actor_for(cast("User", request.user), now=now)


class AtWork(Session):
    """The cookie of somebody logged in, for what only a person does; writing needs the token against forged requests too
    (``X-CSRFToken``), because a browser sends the cookie with whatever page asks."""

    def __call__(self, request: HttpRequest) -> Actor | None:
        if presented_key(request) or not isinstance(request.user, User):
            return None
        if request.method not in _READS and check_csrf(request) is not None:
            raise Forged("send the token of your session as X-CSRFToken")
        return self._somebody(request)


READING: list[AuthBase] = [Bearer(), KeyHeader(), Session()]
WRITING: list[AuthBase] = [Bearer(), KeyHeader()]
AT_WORK: list[AuthBase] = [AtWork()]


def caller(request: HttpRequest) -> Actor:
    """The actor that one of the above found."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor
