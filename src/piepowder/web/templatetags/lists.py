"""The menu of saved views."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest

from piepowder.access.views import PAGES, views_of
from piepowder.http.identity import actor_of
from piepowder.kernel.permissions import Permission

register = template.Library()
_PASSING = ("after", "page", "q")
"""Where in a list one is belongs to no view of it."""


@register.inclusion_tag("web/_views.html", takes_context=True)
def saved_views(context: dict[str, Any]) -> dict[str, Any]:
    """The views kept of this page, and a form to keep the present one. One query."""
    request: HttpRequest = context["request"]
    assert request.resolver_match is not None
    page = request.resolver_match.url_name or ""
    if page not in PAGES:
        return {"page": ""}
    actor, query = actor_of(request), request.GET.copy()
    for name in _PASSING:
        query.pop(name, None)
    present = query.urlencode(safe=",")
    return {
        "page": page,
        "path": request.path,
        "full_path": request.get_full_path(),
        "query": present,
        "views": views_of(actor, page),
        "may_share": actor.may(Permission.VIEW_SHARE),
        "csrf_token": context.get("csrf_token"),
    }
