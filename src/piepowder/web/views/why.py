"""Why a case is where it is, as a part of the pages that show the case."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from piepowder.access.visibility import holds_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.review.explain import explain


@screen()
def case_why(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The explanation as a piece of a page; it is also what a link to it shows without JavaScript."""
    actor = actor_of(request)
    shown = {"why": explain(actor, case_id), "may_see_rules": holds_whole(actor, Permission.QUEUE_VIEW)}
    template = "web/cases/_why.html" if request.headers.get("HX-Request") == "true" else "web/cases/why.html"
    return render(request, template, shown)
