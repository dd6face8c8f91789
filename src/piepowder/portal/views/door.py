"""Opening a link, choosing a language, leaving."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from piepowder.http.client_address import client_address
from piepowder.portal.limits import spend
from piepowder.portal.links import SubjectKind, opened
from piepowder.portal.pages import COOKIE, LANGUAGE_COOKIE, forget, interface_language, open_page, remember
from piepowder.portal.visits import Guest, VisitOver, choose_language, come_in, guest_of, leave

_YEAR_S = 365 * 24 * 3600


@open_page("GET", "HEAD", "POST")
def open_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Begin a visit. Who is here as somebody else is asked first, so that no link changes under their hands whose pages
    these are."""
    now = timezone.now()
    spend("open", client_address(request))
    link = opened(token, now)
    here = _guest(request)
    if (
        request.method != "POST"
        and here is not None
        and (here.subject.kind, here.subject.ref)
        != (
            link.subject.kind,
            link.subject.ref,
        )
    ):
        return render(request, "portal/change.html", {"here": here.subject, "there": link.subject, "token": token})
    if request.method == "HEAD":
        return HttpResponse()
    guest, key = come_in(token=token, at=now)
    if here is not None:
        leave(guest=here, at=now)
    response = redirect(front_of(guest))
    remember(response, COOKIE, key)
    return response


@open_page("GET", "HEAD")
def front(request: HttpRequest) -> HttpResponseBase:
    """To the guest's own first page; whoever has no link is told how to get one, and what can be done without."""
    here = _guest(request)
    if here is None:
        return render(request, "portal/without.html")
    return redirect(front_of(here))


@open_page("POST")
def leave_portal(request: HttpRequest) -> HttpResponseBase:
    here = _guest(request)
    if here is not None:
        leave(guest=here, at=timezone.now())
    response = render(request, "portal/left.html")
    forget(response, COOKIE)
    return response


@open_page("POST")
def language(request: HttpRequest) -> HttpResponseBase:
    chosen = interface_language(request.POST.get("language", ""))
    here = _guest(request)
    if here is not None:
        choose_language(guest=here, language=chosen)
    wanted = request.POST.get("next", "")
    local = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/portal/")
    response = redirect(wanted if local else reverse("portal:front"))
    remember(response, LANGUAGE_COOKIE, chosen, seconds=_YEAR_S)
    return response


def front_of(guest: Guest) -> str:
    """Where a visit begins."""
    if guest.subject.kind == SubjectKind.SELLER:
        return reverse("portal:decision", args=[guest.subject.only]) if guest.subject.only else reverse("portal:home")
    if guest.subject.only:
        return reverse("portal:report", args=[guest.subject.only])
    return reverse(_FRONTS[SubjectKind(guest.subject.kind)])


_FRONTS = {
    SubjectKind.REPORTER: "portal:reports",
    SubjectKind.BUYER: "portal:reports",
    SubjectKind.RIGHTS_OWNER: "portal:rights",
}
"""The first pages of those who are not sellers."""


def _guest(request: HttpRequest) -> Guest | None:
    try:
        return guest_of(request.COOKIES.get(COOKIE, ""), at=timezone.now())
    except VisitOver:
        return None
