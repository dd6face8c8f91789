"""Freeing somebody who lost a second factor, or whose account elsewhere is no longer theirs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.operations import remove_second_factor, unlink
from piepowder.access.queries import person_visible_to
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen


@screen("POST")
def person_factors_remove(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    remove_second_factor(actor=actor, user=user, at=timezone.now())
    messages.success(request, _("The second factor is removed, and the person is logged out everywhere."))
    return redirect("person", user.pk)


@screen("POST")
def person_unlink(request: HttpRequest, person_id: int) -> HttpResponse:
    actor = actor_of(request)
    user = person_visible_to(actor, person_id)
    unlink(actor=actor, user=user, at=timezone.now())
    messages.success(request, _("The links to single sign-on are removed."))
    return redirect("person", user.pk)
