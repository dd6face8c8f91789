"""Who reports, how often they were right, and how much their word weighs."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.options import chosen
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.intake.operations import suspend_flagger
from piepowder.intake.records import ReporterFilters, reporter_line, reporters_page, reports_of
from piepowder.intake.states import ReporterKind
from piepowder.kernel.permissions import Permission
from piepowder.web.filters import typed
from piepowder.web.paging import SIZE, Page, page_number


@screen()
def reporters(request: HttpRequest) -> HttpResponse:
    """The list; its own two queries whatever its length."""
    asked = typed(request.GET, "kind", "q")
    filters = ReporterFilters(asked["kind"], asked["q"], request.GET.get("suspended") == "1")
    number = page_number(request)
    rows = reporters_page(actor_of(request), filters, offset=(number - 1) * SIZE, limit=SIZE + 1)
    shown = {
        "page": Page(rows[:SIZE], number, len(rows) > SIZE),
        "filters": request.GET,
        "kinds": ReporterKind.choices,
        "window": chosen("reporters.window"),
    }
    return render(request, "web/reporters/list.html", shown)


@screen("GET", "HEAD", "POST")
def reporter(request: HttpRequest, reporter_id: UUID) -> HttpResponse:
    """One reporter with their reports; posting suspends a trusted flagger or gives the priority back."""
    actor = actor_of(request)
    line = reporter_line(actor, reporter_id)
    if request.method == "POST":
        suspended = request.POST.get("suspended") == "1"
        suspend_flagger(actor=actor, reporter_id=reporter_id, suspended=suspended, at=timezone.now())
        messages.success(
            request, _("Their priority is suspended.") if suspended else _("They have their priority back.")
        )
        return redirect("reporter", reporter_id)
    number = page_number(request)
    rows = reports_of(actor, reporter_id, offset=(number - 1) * SIZE, limit=SIZE + 1)
    shown = {
        "reporter": line,
        "page": Page(rows[:SIZE], number, len(rows) > SIZE),
        "may_flag": actor.may(Permission.MISUSE_EDIT),
        "may_suspend": line.kind == ReporterKind.TRUSTED_FLAGGER and actor.may(Permission.PERSON_EDIT),
    }
    return render(request, "web/reporters/reporter.html", shown)
