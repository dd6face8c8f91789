"""Letters, the health of the account, bodies out of court, and what can be downloaded."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from piepowder.appeals.models import OutOfCourtBody, OutOfCourtCase
from piepowder.portal import account_data as plain
from piepowder.portal.complaints import appeals_of, complaint_of
from piepowder.portal.health import healths
from piepowder.portal.languages import language_name, text_language
from piepowder.portal.letters import letter_of, letters_of
from piepowder.portal.limits import spend
from piepowder.portal.links import SubjectKind
from piepowder.portal.overview import account_restrictions
from piepowder.portal.pages import page
from piepowder.portal.paging import paged
from piepowder.portal.reading import note_reading
from piepowder.portal.retelling import tell
from piepowder.portal.taking_along import everything, printed
from piepowder.portal.theirs import decision_of
from piepowder.portal.visits import Guest

_ANYBODY = tuple(SubjectKind)


@page()
def account(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    now = timezone.now()
    shown = {
        "here": "account",
        "healths": healths(guest.subject, at=now),
        "restrictions": account_restrictions(guest.subject, at=now, language=text_language()),
    }
    return render(request, "portal/account.html", shown)


@page(kinds=_ANYBODY)
def letters(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    shown = {"here": "letters", "page": paged(request, letters_of(guest.subject, timezone.now()))}
    return render(request, "portal/letters.html", shown)


@page(kinds=_ANYBODY)
def letter(request: HttpRequest, guest: Guest, letter_id: UUID) -> HttpResponseBase:
    found = letter_of(guest.subject, letter_id, timezone.now())
    return render(request, "portal/letter.html", {"here": "letters", "letter": found})


@page(kinds=_ANYBODY, within_one=True)
def out_of_court(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    """The certified bodies that can still take a case, and the guest's own cases before them."""
    now = timezone.now()
    bodies = [
        {
            "name": one.name,
            "member_state": one.member_state,
            "spoken": ", ".join(language_name(code) for code in one.languages),
            "subjects": one.subjects,
            "url": one.url if one.url.startswith(("https://", "http://")) else "",
            "email": one.email,
        }
        for one in OutOfCourtBody.objects.filter(active=True)[:500]
        if one.certified_until is None or one.certified_until >= now.date()
    ]
    mine = appeals_of(guest.subject, now).order_by()
    cases = OutOfCourtCase.objects.filter(appeal__in=mine).select_related("body", "decision__item")[:20]
    return render(request, "portal/out_of_court.html", {"bodies": bodies, "cases": cases, "here": "appeals"})


@page(within_one=True)
def decision_file(request: HttpRequest, guest: Guest, decision_id: UUID, form: str) -> HttpResponseBase:
    """One decision to print, or as data."""
    if form not in ("html", "json"):
        raise Http404
    now, language = timezone.now(), text_language()
    found = decision_of(guest.subject, decision_id, now)
    note_reading(
        actor=guest.actor, subject=guest.subject, decision=found, language=language, through="download", at=now
    )
    told = tell(found, at=now, language=language)
    if form == "html":
        response = HttpResponse(printed(told), content_type="text/html; charset=utf-8")
    else:
        data = plain.told(told, complaint_of(guest.subject, found, at=now))
        response = HttpResponse(json.dumps(data, ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="decision-{found.pk}.{form}"'
    return response


@page()
def everything_file(request: HttpRequest, guest: Guest) -> HttpResponseBase:
    """All that is told here, in one file."""
    spend("download", guest.who)
    now = timezone.now()
    file = everything(guest.subject, at=now, language=text_language())
    return FileResponse(file, as_attachment=True, filename=f"account-{now:%Y-%m-%d}.zip")
