"""How the work stands, live."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.review.queries import waiting_board


@screen()
def board(request: HttpRequest) -> HttpResponse:
    shown = {"board": waiting_board(actor_of(request), now=timezone.now())}
    return render(request, "web/queues/board.html", shown)


@screen()
def board_live(request: HttpRequest) -> HttpResponse:
    """The moving part of the board; 304 when nothing has moved since the reader's last look."""
    part = render_to_string(
        "web/queues/_board.html", {"board": waiting_board(actor_of(request), now=timezone.now())}, request
    )
    tag = f'"{hashlib.sha256(part.encode()).hexdigest()[:24]}"'
    response = HttpResponse(status=304) if request.headers.get("If-None-Match") == tag else HttpResponse(part)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response
