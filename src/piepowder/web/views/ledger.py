"""The record of facts, searched."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from piepowder.access.queries import facts_visible_to
from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.ledger.models import Fact
from piepowder.ledger.queries import head, oldest_unsealed_at
from piepowder.web.filters import end_of, start_of
from piepowder.web.paging import paged


@screen()
def ledger(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.LEDGER_VIEW)
    shown = {
        "page": paged(request, _filtered(facts_visible_to(actor), request)),
        "filters": request.GET,
        "head": head(),
        "unsealed_since": oldest_unsealed_at(),
    }
    return render(request, "web/ledger/search.html", shown)


def _filtered(facts: QuerySet[Fact], request: HttpRequest) -> QuerySet[Fact]:
    for name, column in (("verb", "verb"), ("actor", "actor_ref"), ("subject", "subject_id"), ("vendor", "vendor")):
        if typed := request.GET.get(name, "").strip():
            facts = facts.filter(**{f"{column}__startswith" if name == "verb" else column: typed})
    if (since := start_of(request.GET.get("since", ""))) is not None:
        facts = facts.filter(at__gte=since)
    if (until := end_of(request.GET.get("until", ""))) is not None:
        facts = facts.filter(at__lt=until)
    return facts
