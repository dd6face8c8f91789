"""Roles and API keys."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.models import Role
from piepowder.access.operations import create_key, revoke_key, save_role
from piepowder.access.queries import keys_visible_to
from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.web.forms import KeyForm, RoleForm


@screen("GET", "HEAD", "POST")
def role_edit(request: HttpRequest, code: str = "") -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.ROLE_EDIT)
    role = get_object_or_404(Role, code=code) if code else None
    initial = {"code": role.code, "name": role.name, "permissions": role.permissions} if role else {}
    form = RoleForm(request.POST or None, initial=initial)
    if role is not None:
        form.fields["code"].disabled = True
    if form.is_valid():
        try:
            save_role(actor=actor, at=timezone.now(), **form.cleaned_data)
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The role is saved."))
            return redirect("roles")
    return render(
        request, "web/people/role_edit.html", {"form": form, "role": role}, status=422 if form.errors else 200
    )


@screen()
def keys(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.KEY_EDIT)
    return render(request, "web/people/keys.html", {"keys": keys_visible_to(actor), "now": timezone.now()})


@screen("GET", "HEAD", "POST")
def key_add(request: HttpRequest) -> HttpResponse:
    """Make a key; its secret is on the page that answers, and nowhere else ever again."""
    actor = actor_of(request)
    require(actor, Permission.KEY_EDIT)
    form = KeyForm(request.POST or None)
    if form.is_valid():
        typed, now = form.cleaned_data, timezone.now()
        try:
            made = create_key(
                actor=actor,
                name=typed["name"],
                permissions=typed["permissions"],
                at=now,
                expires_at=now + timedelta(days=typed["days"]),
                scope=form.scope(),
                rate_per_minute=typed["rate_per_minute"],
            )
        except PiepowderError as error:
            form.complain(error)
        else:
            response = render(request, "web/people/key_made.html", {"made": made})
            response["Cache-Control"] = "no-store"
            return response
    return render(request, "web/people/key_add.html", {"form": form}, status=422 if form.errors else 200)


@screen("POST")
def key_revoke(request: HttpRequest, prefix: str) -> HttpResponse:
    actor = actor_of(request)
    key = next((key for key in keys_visible_to(actor) if key.prefix == prefix), None)
    if key is None:
        raise Http404
    revoke_key(actor=actor, key=key, at=timezone.now())
    messages.success(request, _("The key is revoked: it works no more."))
    return redirect("keys")
