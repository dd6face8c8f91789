"""How the work stands, live."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.permissions import Permission
from piepowder.review.queries import AGE_BANDS, people_online, waiting_board
from piepowder.web.words import band_names


def _shown(actor: Actor) -> dict[str, object]:
    now = timezone.now()
    named = actor.may(Permission.AVAILABILITY_VIEW, Place(vendor=actor.vendor))
    return {
        "board": waiting_board(actor, now=now),
        "people": people_online(actor, now=now) if named else (),
        "may_see_people": actor.may(Permission.PERSON_VIEW, Place(vendor=actor.vendor)),
        "bands": band_names(AGE_BANDS),
    }


@screen()
def board(request: HttpRequest) -> HttpResponse:
    return render(request, "web/queues/board.html", _shown(actor_of(request)))


@screen()
def board_live(request: HttpRequest) -> HttpResponse:
    """The moving part of the board; 304 when nothing has moved since the reader's last look."""
    part = render_to_string("web/queues/_board.html", _shown(actor_of(request)), request)
    tag = f'"{hashlib.sha256(part.encode()).hexdigest()[:24]}"'
    response = HttpResponse(status=304) if request.headers.get("If-None-Match") == tag else HttpResponse(part)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response
