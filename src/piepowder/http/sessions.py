"""How long a session lasts, and the list of sessions that people see."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from piepowder.access.models import User
from piepowder.access.options import chosen
from piepowder.http.client_address import client_address

CAME_IN_AT = "came_in_at"
_LOOK_EVERY_S = 60.0
_MOST_KEPT = 50_000

# When this process last looked at a session: with this, a page costs no query for it, and a minute one.
_looked: dict[str, float] = {}


class Sessions:
    """Logs out whoever has been in, or idle, for longer than the organisation lets them; notes who is seen where."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/") and isinstance(request.user, User):
            now = timezone.now()
            if is_over(request, now):
                logout(request)
            else:
                look(request, now=now)
        return self.get_response(request)


def is_over(request: HttpRequest, now: datetime) -> bool:
    """Whether the session has lasted, or been idle, for longer than the organisation lets it."""
    came = request.session.get(CAME_IN_AT)
    if came is None:
        return False
    if now.timestamp() - came > chosen("accounts.session_hours") * 3600:
        return True
    idle = chosen("accounts.idle_minutes")
    if not idle or time.monotonic() - _looked.get(request.session.session_key or "", -_LOOK_EVERY_S) < _LOOK_EVERY_S:
        return False
    seen = UserSession.objects.filter(session_key=request.session.session_key).values_list("last_seen_at", flat=True)
    return any(now - last > timedelta(minutes=idle) for last in seen)


def look(request: HttpRequest, *, now: datetime) -> None:
    """Note that the session behind ``request`` is in use, once a minute at most."""
    key = request.session.session_key
    if not key or time.monotonic() - _looked.get(key, -_LOOK_EVERY_S) < _LOOK_EVERY_S:
        return
    if len(_looked) >= _MOST_KEPT:
        _looked.clear()
    _looked[key] = time.monotonic()
    longest = UserSession._meta.get_field("user_agent").max_length
    told = {
        "user": request.user,
        "ip": client_address(request),
        "user_agent": request.headers.get("User-Agent", "")[:longest],
        "last_seen_at": now,
    }
    if not UserSession.objects.filter(session_key=key).update(**told):
        UserSession.objects.get_or_create(session_key=key, defaults={**told, "created_at": now})


def begin(request: HttpRequest, *, now: datetime) -> None:
    """Start the clock of a session in which somebody has just come in."""
    request.session[CAME_IN_AT] = int(now.timestamp())


def forget_sessions() -> None:
    """Look at every session anew."""
    _looked.clear()
