"""Accounts and addresses that are locked after too many failed log-ins."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from piepowder.access.lockout import locks_visible_to
from piepowder.access.operations import unlock
from piepowder.access.visibility import require
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.permissions import Permission
from piepowder.web.paging import paged


@screen()
def locks(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.PERSON_EDIT)
    return render(
        request, "web/accounts/locks.html", {"page": paged(request, locks_visible_to(actor, at=timezone.now()))}
    )


@screen("POST")
def lock_open(request: HttpRequest, lock_id: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    require(actor, Permission.PERSON_EDIT)
    lock = get_object_or_404(locks_visible_to(actor, at=now), pk=lock_id)
    unlock(actor=actor, lock=lock, at=now)
    messages.success(request, _("Unlocked."))
    return redirect("locks")
