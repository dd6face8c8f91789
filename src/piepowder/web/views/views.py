"""Keeping the filters and columns of a page under a name."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.views import remove_view, save_view
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.web.views.me import back_to


@screen("POST")
def view_save(request: HttpRequest) -> HttpResponse:
    said = request.POST
    save_view(
        actor=actor_of(request),
        page=said.get("page", ""),
        name=said.get("name", ""),
        query=said.get("query", ""),
        shared=said.get("shared") == "1",
        at=timezone.now(),
    )
    messages.success(request, _("The view is kept."))
    return back_to(request, "home")


@screen("POST")
def view_remove(request: HttpRequest, view_id: int) -> HttpResponse:
    remove_view(actor=actor_of(request), view_id=view_id, at=timezone.now())
    messages.success(request, _("The view is removed."))
    return back_to(request, "home")
