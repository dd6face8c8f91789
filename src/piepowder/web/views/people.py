"""Who works here, what they may do, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.models import Grant, Site, Team, User
from piepowder.access.operations import (
    PersonFields,
    add_person,
    change_person,
    give,
    set_manager,
    set_person_active,
    take_back,
)
from piepowder.access.queries import people_visible_to, person_visible_to, roles_visible_to, vendors_visible_to
from piepowder.access.second_factor import factors_of
from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Actor, Place
from piepowder.kernel.errors import FieldProblem, Malformed, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.review.models import Presence
from piepowder.review.operations import grant_eligibility, revoke_eligibility
from piepowder.web.forms import EligibilityForm, GrantForm, PersonForm, person_initial
from piepowder.web.paging import paged
from piepowder.web.views.sessions import seen_sessions


@screen()
def people(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.PERSON_VIEW)
    found = _filtered(people_visible_to(actor), request).prefetch_related("grants__role")
    page = paged(request, found)
    shown = {
        "page": page,
        "presence": _presence(actor, page.rows),
        "vendors": vendors_visible_to(actor),
        "filters": request.GET,
        "may_edit": actor.may(Permission.PERSON_EDIT),
        "roles": roles_visible_to(actor),
    }
    return render(request, "web/people/list.html", shown)


def _filtered(rows: QuerySet[User], request: HttpRequest) -> QuerySet[User]:
    named = ("text", "vendor", "language", "role")
    text, vendor, language, role = (request.GET.get(name, "").strip() for name in named)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(email__icontains=text))
    if vendor:
        rows = rows.filter(vendor__code=vendor)
    if language:
        rows = rows.filter(languages__icontains=f'"{language}"')
    if role:
        rows = rows.filter(pk__in=Grant.objects.filter(role__code=role).values("user_id"))
    if request.GET.get("state") != "all":
        rows = rows.filter(is_active=request.GET.get("state") != "inactive")
    return rows


def _presence(actor: Actor, rows: Sequence[User]) -> dict[int, Presence]:
    """The availability of those in ``rows`` for whom ``actor`` may see it."""
    seen = [p.pk for p in rows if actor.may(Permission.AVAILABILITY_VIEW, Place(vendor=p.vendor.code))]
    return {presence.user_id: presence for presence in Presence.objects.filter(user_id__in=seen)}


@screen()
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    return _person_page(request, person_visible_to(actor_of(request), person_id))


def _person_page(request: HttpRequest, user: User, grant_form: GrantForm | None = None) -> HttpResponse:
    actor = actor_of(request)
    may_edit = actor.may(Permission.PERSON_EDIT, Place(vendor=user.vendor.code))
    roles = roles_visible_to(actor) if may_edit else None
    if grant_form is None and roles is not None:
        grant_form = GrantForm(roles=roles)
    shown = {
        "user": user,
        "grants": user.grants.select_related("role"),
        "eligibilities": user.eligibilities.all(),
        "presence": _presence(actor, [user]).get(user.pk),
        "may_edit": may_edit,
        "grant_form": grant_form,
        "eligibility_form": EligibilityForm() if may_edit else None,
        "now": timezone.now(),
        **(_ways_in(user) if may_edit else {}),
    }
    return render(request, "web/people/person.html", shown, status=422 if grant_form and grant_form.errors else 200)


def _ways_in(user: User) -> dict[str, Any]:
    """How the person comes in and where they are in, for those who manage them."""
    return {
        "sessions": seen_sessions(user),
        "factors": factors_of([user.pk]).get(user.pk, []),
        "links": SocialAccount.objects.filter(user=user).count(),
        "invited": not user.has_usable_password() and user.is_active,
    }


@screen("GET", "HEAD", "POST")
def person_add(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.PERSON_EDIT)
    form = PersonForm(
        request.POST or None, vendors=vendors_visible_to(actor), initial={"timezone": "UTC", "interface_language": "en"}
    )
    if form.is_valid():
        try:
            with transaction.atomic():
                user = add_person(actor=actor, fields=_fields(actor, form), at=timezone.now())
                _set_manager(actor, user, form)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("%(name)s is added. Give them a role and send the link.") % {"name": user.name})
            return redirect("person", user.pk)
    return render(request, "web/people/edit.html", {"form": form}, status=422 if form.errors else 200)


@screen("GET", "HEAD", "POST")
def person_edit(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    require(actor, Permission.PERSON_EDIT, Place(vendor=user.vendor.code))
    form = PersonForm(request.POST or None, vendors=vendors_visible_to(actor), initial=person_initial(user))
    if form.is_valid():
        try:
            with transaction.atomic():
                change_person(actor=actor, user=user, fields=_fields(actor, form), at=timezone.now())
                _set_manager(actor, user, form)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("person", user.pk)
    return render(request, "web/people/edit.html", {"form": form, "edited": user}, status=422 if form.errors else 200)


def _fields(actor: Actor, form: PersonForm) -> PersonFields:
    typed = form.cleaned_data
    return PersonFields(
        email=typed["email"],
        name=typed["name"],
        vendor=vendors_visible_to(actor).get(code=typed["vendor"]),
        site=Site.objects.filter(code=typed["site"]).first(),
        team=Team.objects.filter(code=typed["team"]).first(),
        languages=typed["languages"],
        interface_language=typed["interface_language"],
        timezone=typed["timezone"],
    )


def _set_manager(actor: Actor, user: User, form: PersonForm) -> None:
    address = form.cleaned_data["manager"]
    manager = people_visible_to(actor).filter(email__iexact=address).first() if address else None
    if address and manager is None:
        problem = FieldProblem("/manager", "unknown", _("You know of nobody with this address."))
        raise Malformed(problem.detail, problems=[problem])
    set_manager(actor=actor, user=user, manager=manager, at=timezone.now())


@screen("POST")
def person_active(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    set_person_active(actor=actor, user=user, active=request.POST.get("active") == "1", at=timezone.now())
    return redirect("person", user.pk)


@screen("POST")
def person_link(request: HttpRequest, person_id: int) -> HttpResponse:
    """Send the person the link with which they set their password."""
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    require(actor, Permission.PERSON_EDIT, Place(vendor=user.vendor.code))
    form = ResetPasswordForm({"email": user.email})
    if form.is_valid():
        form.save(request)
    messages.success(request, _("A link to set the password is on its way to %(email)s.") % {"email": user.email})
    return redirect("person", user.pk)


@screen("POST")
def grant_give(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    roles = roles_visible_to(actor)
    form = GrantForm(request.POST, roles=roles)
    if form.is_valid():
        try:
            give(
                actor=actor,
                user=user,
                role=roles.get(code=form.cleaned_data["role"]),
                scope=form.scope(),
                at=timezone.now(),
                expires_at=form.cleaned_data["expires_at"],
            )
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The role is given."))
            return redirect("person", user.pk)
    return _person_page(request, user, form)


@screen("POST")
def grant_take_back(request: HttpRequest, person_id: int, grant_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    grant = get_object_or_404(Grant.objects.select_related("role", "user__vendor"), pk=grant_id, user=user)
    take_back(actor=actor, grant=grant, at=timezone.now())
    return redirect("person", user.pk)


@screen("POST")
def eligibility_give(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    form = EligibilityForm(request.POST)
    if not form.is_valid():
        raise Malformed(_("a skill is one word of letters, digits and hyphens"))
    typed = form.cleaned_data
    grant_eligibility(actor=actor, at=timezone.now(), user_id=user.pk, skill=typed["skill"], expires_at=typed["ends"])
    return redirect("person", user.pk)


@screen("POST")
def eligibility_take_back(request: HttpRequest, person_id: int, skill: str) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    revoke_eligibility(actor=actor, at=timezone.now(), user_id=user.pk, skill=skill)
    return redirect("person", user.pk)


@screen()
def vendors(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.PERSON_VIEW)
    seen = list(vendors_visible_to(actor))
    shown = {
        "vendors": seen,
        "editable": {one.pk for one in seen if actor.may(Permission.PERSON_EDIT, Place(vendor=one.code))},
        "may_add": any(not scope.vendors for scope in actor.scopes(Permission.PERSON_EDIT)),
    }
    return render(request, "web/people/vendors.html", shown)
