"""Livestreams: the frame in which one plays, stepping into it, its timeline, and the wall of all that are on."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from csp.constants import HEADER, NONE, SELF
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language

from piepowder.access.visibility import require
from piepowder.decisions.intervening import intervene
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.queries import item_card
from piepowder.intake.streams import stream_source
from piepowder.kernel.permissions import Permission
from piepowder.review.marks import marks_in
from piepowder.review.operations import LeaseLost
from piepowder.review.queries import console_case
from piepowder.web.bench import just_decided
from piepowder.web.filters import number
from piepowder.web.rulings import ruling_from
from piepowder.web.views.console import _next as next_case
from piepowder.web.views.console import to_case
from piepowder.web.watching import MOST_ON_WALL, is_film, live_for, origins_of, wall_for


@screen()
def live_frame(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """A page with nothing but the player, so that only it may load from where the stream lies.

    Only our own pages can hold it in a frame.
    """
    actor = actor_of(request)
    require(actor, Permission.ITEM_VIEW)
    source = stream_source(actor, item_id)
    shown = {"source": source, "film": is_film(source), "on_wall": request.GET.get("wall") == "1"}
    response = render(request, "web/live/frame.html", shown)
    origins = origins_of(source.url) if source.url else []
    response[HEADER] = _policy(origins)
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _policy(origins: list[str]) -> str:
    """The house's policy, widened by the stream's own origins for film and sound alone."""
    wider: dict[str, Any] = {
        "media-src": [SELF, "blob:", *origins],
        "connect-src": [SELF, *origins],
        "worker-src": [SELF],
        "frame-ancestors": [SELF],
        "form-action": [NONE],
    }
    return str(build_policy(replace=wider))


@screen()
def live_timeline(request: HttpRequest, lease_id: UUID) -> HttpResponse:
    """What has happened in the stream of the case in hand; 304 while that is nothing new, 204 when it is in hand no more."""
    actor, now = actor_of(request), timezone.now()
    try:
        case = console_case(actor, lease_id, now=now)
    except LeaseLost:
        # That is told by the lease itself; this is only asked every other second beside it.
        return HttpResponse(status=204)
    shown = {
        "live": live_for(actor, item_card(actor, case.item_id)),
        "marks": marks_in(actor, case.item_id),
        "language": case.language,
    }
    return _unless_known(request, "web/live/_timeline.html", shown)


@screen("POST")
def live_intervene(request: HttpRequest, lease_id: UUID, way: str) -> HttpResponse:
    """Warn, interrupt or end the stream on what the ruling's form says; then watch it on, or go to the next case."""
    actor, now = actor_of(request), timezone.now()
    done = intervene(
        actor=actor,
        lease_id=lease_id,
        way=way,
        ruling=ruling_from(request.POST),
        minutes=number(request.POST.get("minutes", "")),
        at=now,
    )
    said = {"decision": just_decided(done.decision), "way": way, "watched_on": done.claim is not None}
    toast = render_to_string("web/live/_done.html", said, request)
    if done.claim is not None:
        return to_case(request, done.claim.lease_id, toast)
    return next_case(request, actor, request.POST.get("then", ""), toast)


@screen()
def live_wall(request: HttpRequest) -> HttpResponse:
    """Several streams at once, the most pressing first."""
    return render(request, "web/live/wall.html", _wall(request))


@screen()
def live_wall_state(request: HttpRequest) -> HttpResponse:
    """The wall's words; 304 while they are the same."""
    return _unless_known(request, "web/live/_wall.html", _wall(request))


def _wall(request: HttpRequest) -> dict[str, Any]:
    places = min(MOST_ON_WALL, max(1, number(request.GET.get("places", "")) or 4))
    cards, more = wall_for(actor_of(request), now=timezone.now(), places=places)
    return {"cards": cards, "more": more, "places": places, "choices": range(1, MOST_ON_WALL + 1)}


def _unless_known(request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
    """The fragment, or 304 while what is shown is the same: clocks run in the browser and tokens do not count."""
    tag = f'"{hashlib.sha256(repr((get_language(), shown)).encode()).hexdigest()[:32]}"'
    known = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if known else render(request, template, shown)
    response["ETag"] = tag
    return response
