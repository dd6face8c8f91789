"""Inviting people, and coming in by an invitation."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from piepowder.access.giving import holds
from piepowder.access.invitations import invitation_behind, invitations_visible_to, may_invite
from piepowder.access.models import Role, Site, Team, Vendor
from piepowder.access.operations import (
    Invited,
    PersonFields,
    accept_invitation,
    invite,
    invite_again,
    revoke_invitation,
)
from piepowder.access.queries import permissions_named, person_visible_to, vendors_visible_to
from piepowder.access.rights import reach_at
from piepowder.access.visibility import NotPermitted
from piepowder.http.identity import actor_of
from piepowder.http.invitations import link_of, post_invitation
from piepowder.http.pages import problem_of, problem_page, screen
from piepowder.kernel.actor import Actor, Place, Scope
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.account_forms import InvitationForm
from piepowder.web.paging import paged


def _require(actor: Actor) -> None:
    if not may_invite(actor):
        raise NotPermitted("this needs the permission person:invite")


@screen()
def invitations(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    _require(actor)
    shown = {"page": paged(request, invitations_visible_to(actor)), "now": timezone.now()}
    return render(request, "web/accounts/invitations.html", shown)


@screen("GET", "HEAD", "POST")
def invitation_add(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    _require(actor)
    vendors = _vendors(actor)
    form = InvitationForm(
        request.POST or None,
        vendors=vendors,
        roles=_roles(actor, vendors),
        initial={"interface_language": request.LANGUAGE_CODE},
    )
    if form.is_valid():
        try:
            with transaction.atomic():
                typed = form.cleaned_data
                made = invite(
                    actor=actor,
                    fields=_fields(form, vendors),
                    role=Role.objects.get(code=typed["role"]),
                    scope=form.scope(),
                    at=timezone.now(),
                    grant_expires_at=typed["expires_at"],
                )
                post_invitation(made)
        except PiepowderError as error:
            form.complain(error)
        else:
            return _made(request, made)
    return render(request, "web/accounts/invite.html", {"form": form}, status=422 if form.errors else 200)


def _vendors(actor: Actor) -> list[Vendor]:
    """The vendors that ``actor`` may invite into."""
    if not actor.may(Permission.PERSON_EDIT):
        return list(Vendor.objects.filter(code=actor.vendor).prefetch_related("sites__teams"))
    edits = [one for one in vendors_visible_to(actor) if actor.may(Permission.PERSON_EDIT, Place(vendor=one.code))]
    return list(edits)


def _roles(actor: Actor, vendors: list[Vendor]) -> list[Role]:
    """The roles that ``actor`` could give somewhere: all that a role holds they hold themselves."""
    reaches = {reach_at(vendor, Scope()) for vendor in vendors}
    own = {scope for mandate in actor.mandates for scope in [mandate.scope]}
    return [
        role
        for role in Role.objects.order_by("code")
        if any(all(holds(actor, one, reach) for one in permissions_named(role.permissions)) for reach in reaches | own)
    ]


def _fields(form: InvitationForm, vendors: list[Vendor]) -> PersonFields:
    typed = form.cleaned_data
    vendor, site, team = typed["place"].split("/")
    place = Site.objects.filter(code=site).first()
    return PersonFields(
        email=typed["email"],
        name=typed["name"],
        vendor=next(one for one in vendors if one.code == vendor),
        site=place,
        team=Team.objects.filter(code=team).first(),
        languages=typed["speaks"],
        interface_language=typed["interface_language"],
        timezone=place.timezone if place else "UTC",
    )


def _made(request: HttpRequest, made: Invited) -> HttpResponse:
    """The link, shown this once: where no mail server is set up it is handed over by hand."""
    shown = {"invitation": made.invitation, "link": link_of(made), "mails": bool(settings.SMTP_URL)}
    response = render(request, "web/accounts/invited.html", shown)
    response["Cache-Control"] = "no-store"
    return response


@screen("POST")
def invitation_again(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    with transaction.atomic():
        made = invite_again(actor=actor, user=user, at=timezone.now())
        post_invitation(made)
    return _made(request, made)


@screen("POST")
def invitation_revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    actor = actor_of(request)
    _require(actor)
    invitation = get_object_or_404(invitations_visible_to(actor), pk=invitation_id)
    revoke_invitation(actor=actor, invitation=invitation, at=timezone.now())
    messages.success(request, _("The invitation is taken back: its link works no more."))
    return redirect("invitations")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Without a login: the first password is set with the link alone."""
    problems: list[str] = []
    try:
        invitation = invitation_behind(secret, at=timezone.now())
        if request.method == "POST":
            password = request.POST.get("password1", "")
            if password != request.POST.get("password2", ""):
                problems.append(_("The two passwords differ."))
            else:
                accept_invitation(secret=secret, password=password, at=timezone.now())
                messages.success(request, _("Your password is set: log in with it."))
                return redirect("account_login")
    except PiepowderError as error:
        if error.status == 404:
            return _dead(request, error)
        problems += [problem.detail for problem in error.problems] or [error.detail]
    shown = {"invitation": invitation, "problems": problems}
    response = render(request, "web/accounts/accept.html", shown, status=422 if problems else 200)
    # The address is a secret: it is not told to any page that is opened from here.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _dead(request: HttpRequest, error: PiepowderError) -> HttpResponse:
    if request.user.is_authenticated:
        return problem_page(request, problem_of(error))
    return render(request, "web/accounts/dead_link.html", status=404)
