"""The first page: for each person the next best thing, and their own day."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from piepowder.access.visibility import require
from piepowder.decisions.queries import DecisionFilters, recent_decisions, undoable
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.review.operations import set_availability, still_here
from piepowder.review.queries import my_day as day_of
from piepowder.review.queries import open_leases, own_presence, waiting_board
from piepowder.review.states import Availability
from piepowder.web.views.me import back_to


@screen()
def home(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    shown: dict[str, object] = {"may_claim": actor.may(Permission.CASE_CLAIM)}
    if shown["may_claim"]:
        shown["day"] = day_of(actor, now=now)
        shown["leases"] = open_leases(actor, now=now)
    if actor.may(Permission.DECISION_VIEW) and shown["may_claim"]:
        mine = DecisionFilters(decider_id=int(actor.ref))
        shown["recent"] = recent_decisions(actor, mine, limit=10).rows
        shown["undoable"] = {one.decision_id for one in undoable(actor, now)}
    if actor.may(Permission.BOARD_VIEW):
        shown["board"] = waiting_board(actor, now=now)
    return render(request, "web/home.html", shown)


@screen()
def my_day(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.CASE_CLAIM)
    return render(request, "web/_day.html", {"day": day_of(actor, now=timezone.now())})


@screen("GET", "HEAD", "POST")
def availability(request: HttpRequest) -> HttpResponse:
    """The switch in the top bar, also a page of its own for browsers without scripts."""
    actor = actor_of(request)
    require(actor, Permission.AVAILABILITY_SET)
    if request.method == "POST":
        set_availability(actor=actor, state=request.POST.get("state", ""), at=timezone.now())
        if request.headers.get("HX-Request") != "true":
            return back_to(request, "home")
    shown = {"presence": own_presence(actor), "states": Availability.choices}
    fragment = request.headers.get("HX-Request") == "true"
    return render(request, "web/_availability.html" if fragment else "web/me/availability.html", shown)


@screen("POST")
def here(request: HttpRequest) -> HttpResponse:
    """A sign of life from an open page."""
    still_here(actor=actor_of(request), at=timezone.now())
    return HttpResponse(status=204)
