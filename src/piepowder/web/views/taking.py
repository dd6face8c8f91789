"""Taking work: the urgent case at once, a break, and which queues come first."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.preferences import prefer, preferences_of
from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import Malformed, NotFound
from piepowder.kernel.permissions import Permission
from piepowder.review.operations import release, set_availability, take_urgent
from piepowder.review.queries import open_leases, own_presence
from piepowder.review.states import Availability
from piepowder.review.wellness import rest_of
from piepowder.web.views.console import to_case
from piepowder.web.views.me import back_to, person_of
from piepowder.web.views.queues import queues_visible_to


def _lease(request: HttpRequest) -> UUID | None:
    said = request.POST.get("lease", "")
    try:
        return UUID(said) if said else None
    except ValueError as error:
        raise Malformed(_("a lease is named by its id")) from error


@screen("POST")
def console_urgent(request: HttpRequest) -> HttpResponse:
    """Take the gravest case that waits; the one in hand comes back afterwards."""
    actor, now = actor_of(request), timezone.now()
    require(actor, Permission.CASE_CLAIM)
    lease = _lease(request)
    set_availability(actor=actor, state=Availability.AVAILABLE, at=now)
    claim = take_urgent(actor=actor, at=now, lease_id=lease)
    return to_case(request, claim.lease_id, then=str(lease or ""))


@screen("GET", "HEAD", "POST")
def console_break(request: HttpRequest) -> HttpResponse:
    """Go on a break: what is in hand goes back with its draft, and a page counts down until the break is over."""
    actor, now = actor_of(request), timezone.now()
    require(actor, Permission.CASE_CLAIM)
    if request.method == "POST":
        for lease in open_leases(actor, now=now):
            release(actor=actor, at=now, lease_id=lease.lease_id, reason=_("break"))
        set_availability(actor=actor, state=Availability.BREAK, at=now)
        return redirect("console_break")
    presence, rest = own_presence(actor), rest_of(actor, now)
    on_break = presence is not None and presence.state == Availability.BREAK
    since = presence.since if presence is not None and on_break else now
    shown = {"on_break": on_break, "until": since + timedelta(seconds=rest.break_s), "rest": rest}
    return render(request, "web/console/break.html", shown)


@screen("POST")
def queue_star(request: HttpRequest, code: str) -> HttpResponse:
    """Put a queue among those that come first for the person, or take it out again."""
    actor, now = actor_of(request), timezone.now()
    if not queues_visible_to(actor).filter(code=code).exists():
        raise NotFound(_("there is no queue with this code"))
    starred = [*preferences_of(person_of(request)).starred]
    starred = [one for one in starred if one != code] if code in starred else [*starred, code]
    prefer(actor=actor, at=now, section="starred", values=starred)
    return back_to(request, "queues")
