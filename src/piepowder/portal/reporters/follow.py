"""Following one's own reports, and complaining about what was decided, also when nothing was done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.appeals.appealing import appealable
from piepowder.appeals.operations import file
from piepowder.kernel.errors import PiepowderError
from piepowder.portal.limits import spend
from piepowder.portal.links import SubjectKind
from piepowder.portal.pages import page
from piepowder.portal.paging import paged
from piepowder.portal.reporters.following import (
    complainant_of,
    decision_on,
    notice_of,
    place_of,
    report_of,
    reports_of,
    title_of,
)
from piepowder.portal.reporters.forms import ComplaintForm
from piepowder.portal.reporters.uploads import Files, take_files
from piepowder.portal.uploads import refuse_too_much
from piepowder.portal.visits import Guest

READERS = (SubjectKind.REPORTER, SubjectKind.BUYER, SubjectKind.RIGHTS_OWNER)


@page(kinds=READERS)
def reports(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    """What the guest reported, the last first. Two queries whatever their number."""
    rows = reports_of(guest.subject).select_related("item").order_by("-received_at", "-pk").distinct()
    return render(request, "portal/reporters/reports.html", {"page": paged(request, rows), "here": "reports"})


@page(kinds=READERS, within_one=True)
def report(request: HttpRequest, guest: Guest, report_id: UUID) -> HttpResponseBase:
    """One notice: where it stands, what was decided about each item, and what can be done."""
    shown = {
        "notice": notice_of(guest.subject, report_id, timezone.now()),
        "just_complained": request.GET.get("complained") == "1",
        "here": "reports",
    }
    return render(request, "portal/reporters/report.html", shown)


@page("GET", "HEAD", "POST", kinds=READERS, within_one=True)
def complain(request: HttpRequest, guest: Guest, report_id: UUID) -> HttpResponseBase:
    """Complain about the decision on one reported item; what was typed stays until it was taken in."""
    refuse_too_much(request)
    now = timezone.now()
    one = report_of(guest.subject, report_id)
    decision = decision_on(one, now)
    may = appealable(decision, complainant_of(one), now)
    form, files = ComplaintForm(request.POST or None), Files()
    if request.method == "POST":
        spend("send", str(guest.visit))
        files = take_files(request, guest.actor, now)
        for problem in files.problems:
            form.add_error(None, problem)
        if form.is_valid():
            try:
                file(
                    actor=guest.actor,
                    decision_id=decision.pk,
                    complainant=complainant_of(one),
                    text=form.cleaned_data["text"],
                    evidence=files.digests,
                    language=one.language or guest.subject.language,
                    at=now,
                )
            except PiepowderError as error:
                form.complain(error)
            else:
                response = redirect("portal:report", one.pk)
                response["Location"] += "?complained=1"
                return response
    shown: dict[str, Any] = {
        "form": form,
        "files": files.carried,
        "report": one,
        "title": title_of(one.item),
        "place": place_of(one),
        "may": may,
        "why_not": "" if may.allowed else _why_not(may.problem),
        "acted": decision.outcome != "no_violation",
    }
    return _drawn(request, shown, form)


def _drawn(request: HttpRequest, shown: dict[str, Any], form: ComplaintForm) -> HttpResponse:
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "portal/reporters/complain.html", shown, status=status)


def _why_not(problem: str) -> str:
    return {
        "already_appealed": _("You have complained about this decision already."),
        "too_late_to_appeal": _("The time to complain to us has ended."),
    }.get(problem, _("There is nothing to complain about here any more."))
