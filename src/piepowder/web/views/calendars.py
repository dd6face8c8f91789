"""Working calendars: the week, holidays, special days, versions, and what a new version would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
from piepowder.review.calendar_preview import Publication, preview_of, publications, year_of
from piepowder.review.calendars import built
from piepowder.review.models import Calendar, CalendarVersion, SlaTarget
from piepowder.review.promises import check_calendar
from piepowder.review.reference import checked
from piepowder.web.calendar_form import CalendarForm, calendar_initial, year_picture
from piepowder.web.filters import number


@dataclass(frozen=True, slots=True)
class CalendarLine:
    calendar: Calendar
    newest: CalendarVersion
    hours_a_week: float
    versions: int
    targets: int


@screen()
def calendars(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require_whole(actor, Permission.QUEUE_VIEW)
    versions: dict[int, list[CalendarVersion]] = {}
    for version in CalendarVersion.objects.order_by("number"):
        versions.setdefault(version.calendar_id, []).append(version)
    used = dict(SlaTarget.objects.exclude(calendar=None).order_by().values_list("calendar").annotate(count=Count("id")))
    lines = [
        CalendarLine(one, some[-1], _week_hours(some[-1]), len(some), used.get(one.pk, 0))
        for one in Calendar.objects.all()
        if (some := versions.get(one.pk))
    ]
    may_edit = holds_whole(actor, Permission.QUEUE_EDIT)
    return render(request, "web/calendars/list.html", {"lines": lines, "may_edit": may_edit})


def _week_hours(version: CalendarVersion) -> float:
    week = built(version).weekly
    return sum(end - start for day in week for start, end in day) / 3600


@screen("GET", "HEAD", "POST")
def calendar(request: HttpRequest, code: str = "") -> HttpResponse:
    """One calendar; posting previews what was typed, or publishes it with ``do=publish``."""
    actor = actor_of(request)
    require_whole(actor, Permission.QUEUE_EDIT if not code or request.method == "POST" else Permission.QUEUE_VIEW)
    versions = list(CalendarVersion.objects.filter(calendar__code=code).select_related("calendar").order_by("-number"))
    if code and not versions:
        raise NotFound(_("there is no calendar with this code"))
    shown_number = number(request.GET.get("version", "")) if code else None
    chosen = next((one for one in versions if one.number == shown_number), versions[0] if versions else None)
    form = CalendarForm(request.POST or None, initial=calendar_initial(chosen))
    if code:
        form.fields["code"].disabled = True
    shown: dict[str, Any] = {"form": form, "chosen": chosen, "versions": _told(code, versions)}
    if request.method == "POST" and form.is_valid():
        try:
            shown |= _previewed(form)
            if request.POST.get("do") == "publish":
                version = _publish(request, form)
                messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
                return redirect("calendar", version.calendar.code)
        except PiepowderError as refused:
            form.complain(refused)
    elif request.method != "POST" and chosen is not None:
        shown |= _year(_values_of(chosen), request)
    shown["may_edit"] = holds_whole(actor, Permission.QUEUE_EDIT)
    return render(request, "web/calendars/calendar.html", shown, status=422 if form.errors else 200)


def _told(code: str, versions: Sequence[CalendarVersion]) -> list[tuple[CalendarVersion, Publication | None]]:
    told = publications(code) if versions else {}
    return [(version, told.get(version.number)) for version in versions]


def _previewed(form: CalendarForm) -> dict[str, Any]:
    now = timezone.now()
    values = form.values()
    calendar = check_calendar(**values)
    due = preview_of(checked(), form.cleaned_data["code"], calendar, form.cleaned_data["effective_from"], now=now)
    days = year_of(
        calendar, now.year, country=values["country"], region=values["region"], overrides=values["overrides"]
    )
    return {"due": due, "year": now.year, "picture": year_picture(days)}


def _publish(request: HttpRequest, form: CalendarForm) -> CalendarVersion:
    return review.publish_calendar(
        actor=actor_of(request),
        at=timezone.now(),
        code=form.cleaned_data["code"],
        name=form.cleaned_data["name"].strip(),
        effective_from=form.cleaned_data["effective_from"],
        **form.values(),
    )


def _year(values: Mapping[str, Any], request: HttpRequest) -> dict[str, Any]:
    year = number(request.GET.get("year", "")) or timezone.localdate().year
    year = min(max(year, 2020), 2050)
    calendar = check_calendar(**values)
    days = year_of(calendar, year, country=values["country"], region=values["region"], overrides=values["overrides"])
    return {"year": year, "picture": year_picture(days)}


def _values_of(version: CalendarVersion) -> dict[str, Any]:
    return {
        "timezone": version.timezone,
        "weekly": version.weekly,
        "country": version.country,
        "region": version.region,
        "overrides": version.overrides,
    }
