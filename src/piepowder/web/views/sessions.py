"""Where somebody is logged in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from piepowder.access.models import User
from piepowder.access.operations import end_sessions
from piepowder.access.queries import person_visible_to
from piepowder.access.sessions import sessions_of
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.web.filters import number
from piepowder.web.views.me import person_of

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A session as a person recognises it."""

    pk: int
    device: str
    address: str
    began_at: datetime
    seen_at: datetime
    here: bool


def seen_sessions(user: User, current: str = "") -> list[Seen]:
    """The sessions of ``user``; ``current`` is the key of the one that looks."""
    return [
        Seen(one.pk, device_of(one.user_agent), one.ip, one.created_at, one.last_seen_at, one.session_key == current)
        for one in sessions_of(user)
    ]


def device_of(user_agent: str) -> str:
    """Browser and system in two words; the browser's own account of itself when neither is known."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    told = ", ".join(filter(None, (browser, system)))
    return told or re.sub(r"[/ ].*", "", user_agent)[:40] or _("unknown device")


@screen()
def my_sessions(request: HttpRequest) -> HttpResponse:
    found = seen_sessions(person_of(request), request.session.session_key or "")
    return render(request, "usersessions/usersession_list.html", {"sessions": found})


@screen("POST")
def my_sessions_end(request: HttpRequest) -> HttpResponse:
    """End one session, or all but the one that asks."""
    user, current = person_of(request), request.session.session_key or ""
    only = number(request.POST.get("session", ""))
    ended = end_sessions(
        actor=actor_of(request), user=user, at=timezone.now(), only=None if only is None else [only], keep=current
    )
    messages.success(request, _told(ended))
    return redirect("usersessions_list")


@screen("POST")
def person_sessions_end(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    only = number(request.POST.get("session", ""))
    ended = end_sessions(actor=actor, user=user, at=timezone.now(), only=None if only is None else [only])
    messages.success(request, _told(ended))
    return redirect("person", user.pk)


def _told(ended: int) -> str:
    return ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", ended) % {"count": ended}
