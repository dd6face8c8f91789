"""Adding and changing vendors, their sites and their teams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from piepowder.access.models import Site, Team
from piepowder.access.operations import change_site, change_team, change_vendor, create_site, create_team, create_vendor
from piepowder.access.queries import vendors_visible_to
from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Place
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.account_forms import CodedForm, SiteForm, TeamForm, VendorForm


@screen("GET", "HEAD", "POST")
def vendor_edit(request: HttpRequest, vendor: str = "") -> HttpResponse:
    actor = actor_of(request)
    known = get_object_or_404(vendors_visible_to(actor), code=vendor) if vendor else None
    require(actor, Permission.PERSON_EDIT, Place(vendor=vendor))
    initial = {"code": known.code, "name": known.name, "kind": known.kind} if known else {"kind": "bpo"}
    form = VendorForm(request.POST or None, known=known is not None, initial=initial)

    def save(typed: dict[str, Any]) -> None:
        if known is None:
            create_vendor(actor=actor, at=timezone.now(), **typed)
        else:
            change_vendor(actor=actor, vendor=known, name=typed["name"], kind=typed["kind"], at=timezone.now())

    return _answer(request, form, save, known.name if known else _("Add a vendor"))


@screen("GET", "HEAD", "POST")
def site_edit(request: HttpRequest, vendor: str = "", site: str = "") -> HttpResponse:
    actor = actor_of(request)
    seen = vendors_visible_to(actor)
    known = get_object_or_404(Site.objects.select_related("vendor"), code=site, vendor__in=seen) if site else None
    owner = known.vendor if known else get_object_or_404(seen, code=vendor)
    require(actor, Permission.PERSON_EDIT, Place(vendor=owner.code))
    named = ("code", "name", "country", "region", "timezone")
    initial = {name: getattr(known, name) for name in named} if known else {"timezone": "UTC"}
    form = SiteForm(request.POST or None, known=known is not None, initial=initial)

    def save(typed: dict[str, Any]) -> None:
        if known is None:
            create_site(actor=actor, vendor=owner, at=timezone.now(), **typed)
        else:
            changed = {name: typed[name] for name in named if name != "code"}
            change_site(actor=actor, site=known, at=timezone.now(), **changed)

    return _answer(request, form, save, known.name if known else _("Add a site"), owner.name)


@screen("GET", "HEAD", "POST")
def team_edit(request: HttpRequest, site: str = "", team: str = "") -> HttpResponse:
    actor = actor_of(request)
    seen = vendors_visible_to(actor)
    known = None
    if team:
        known = get_object_or_404(Team.objects.select_related("site__vendor"), code=team, site__vendor__in=seen)
    place = (
        known.site if known else get_object_or_404(Site.objects.select_related("vendor"), code=site, vendor__in=seen)
    )
    require(actor, Permission.PERSON_EDIT, Place(vendor=place.vendor.code))
    initial = {"code": known.code, "name": known.name} if known else {}
    form = TeamForm(request.POST or None, known=known is not None, initial=initial)

    def save(typed: dict[str, Any]) -> None:
        if known is None:
            create_team(actor=actor, site=place, at=timezone.now(), **typed)
        else:
            change_team(actor=actor, team=known, name=typed["name"], at=timezone.now())

    return _answer(request, form, save, known.name if known else _("Add a team"), place.name)


def _answer(
    request: HttpRequest,
    form: CodedForm,
    save: Callable[[dict[str, Any]], None],
    title: str | Promise,
    within: str = "",
) -> HttpResponse:
    if form.is_valid():
        try:
            save(form.cleaned_data)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("vendors")
    shown = {"form": form, "title": title, "within": within}
    return render(request, "web/accounts/place.html", shown, status=422 if form.errors else 200)
